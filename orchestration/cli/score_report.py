"""The figures of a score, as people read them in a terminal.

Belongs here: wording. Does not belong here: any figure (`witness.score`).
"""

from __future__ import annotations

from typing import Any

from data_contracts.figures import written
from orchestration.cli.console import number, plural

_RULES = {
    "ca": "le CA d'abord",
    "errd": "l'ERRD d'abord",
    "derniere_recue": "la dernière reçue",
    "majorite": "la majorité",
    "reference": "la référence seule",
}

_STATUSES = {
    "entree_non_dite_vt": "entrées non dites à ViaTrajectoire",
    "entree_non_dite_resid": "entrées non dites à RESID-ESMS",
    "sortie_non_dite_vt": "sorties non dites à ViaTrajectoire",
    "sortie_non_dite_resid": "sorties non dites à RESID-ESMS",
    "deux_lieux": "personnes en deux lieux",
    "sans_decision": "séjours sans décision",
    "decision_expirant": "décisions qui expirent",
}


def of_score(score: dict[str, Any]) -> str:
    """A score, in French."""
    rows, rejects, conflicts = score["lignes"], score["rejets"], score["conflicts"]
    lines = [
        ("Publication", score["version"]),
        ("Valeurs justes", f"{_pct(score['retained_right'])} des "
         f"{number(score['questions_dites_justement'])} questions auxquelles une source au moins répond juste"),
        ("", f"{number(score['dont_absentes'])} d'entre elles restent sans valeur ; "
         f"{number(score['valeurs_sans_verite'])} valeurs retenues n'ont pas de vérité"),
        ("Inconnues", f"{_pct(score['unknown_left_unknown'])} laissées inconnues"),
        ("Conflits", f"précision {_pct(conflicts['precision'])} sur {number(conflicts['annonces'])} annoncés, "
         f"rappel {_pct(conflicts['recall'])} sur {number(conflicts['reels'])} réels"),
        ("Lignes", f"{number(rows['dans_les_fichiers'])} dans les fichiers, {number(score['rows_lost'])} perdues"),
        ("Rejets", f"{number(rejects['merites'])} mérités, {number(rejects['immerites'])} immérités ; "
         f"{number(rejects['a_rejeter_mais_acceptees'])} lignes acceptées auraient dû être rejetées"),
        *_persons(score),
    ]  # fmt: skip
    text = [f"{name:<16} {sentence}" for name, sentence in lines]
    text += _kinds(score["persons"])
    text += ["", f"{'Règle':<24} {'Justes':>9}", f"{'ce système':<24} {_pct(score['retained_right']):>9}"]
    text += [f"{_RULES[rule]:<24} {_pct(share):>9}" for rule, share in score["naive"].items()]
    text += ["", *_groups(score["par_groupe"])]
    if score["devances"]:
        text += ["", "Une règle naïve fait mieux :"]
        text += [
            f"  {x['groupe']} : {_RULES[x['regle']]}, "
            f"{plural(x['n_justes_de_plus'], 'valeur juste', 'valeurs justes')} de plus sur {number(x['n'])}"
            for x in score["devances"]
        ]
    if score["propositions"]:
        text += ["", "À proposer aux propriétaires des données (la source écartée est juste plus souvent) :"]
        text += [
            f"  {x['element_id']} : {x['source_ecartee']} avant {x['source_retenue']}, "
            f"{plural(x['gain'], 'valeur juste', 'valeurs justes')} de plus "
            f"({number(x['n_ecartee_seule_juste'])} contre {number(x['n_retenue_seule_juste'])})"
            for x in score["propositions"][:10]
        ]
    return "\n".join(text)


def _persons(score: dict[str, Any]) -> list[tuple[str, str]]:
    """The lines about matched persons and stays; none when there was nobody."""
    persons, stays = score["persons"], score["stays"]
    if persons is None or stays is None:
        return []
    mixed = plural(persons["groupes_melanges"], "personne en mêle plusieurs", "personnes en mêlent plusieurs")
    several = plural(persons["plusieurs_ins"], "porte plusieurs INS", "portent plusieurs INS")
    opposed = persons["opposants"]
    together = plural(len(opposed["fiches_rapprochees"]), "rapprochée d'une autre", "rapprochées d'une autre")
    return [
        ("Personnes", f"{_pairs(persons)} sur {number(persons['membres'])} fiches ; {mixed}, {several}"),
        ("Opposants", f"{plural(opposed['fiches'], 'fiche', 'fiches')} hors de ce compte, dont {together}"),
        ("Séjours", f"{_pairs(stays)} sur {number(stays['membres'])} déclarations"),
        *(
            ("", f"{_STATUSES[s['statut']]} : précision {_pct(s['precision'])}, rappel {_pct(s['recall'])} "
             f"sur {number(s['reels'])}")
            for s in score["statuses"]
        ),
    ]  # fmt: skip


def _kinds(persons: dict[str, Any] | None) -> list[str]:
    """What each kind of mistake or situation costs to the matching of persons, the most costly first."""
    costly = [each for each in (persons or {}).get("par_nature", ()) if each["manquees"] or each["fausses"]]
    if not costly:
        return []
    width = max(len("Défaut ou situation"), *(len(each["nature"]) for each in costly))
    head = f"{'Défaut ou situation':<{width}} {'précision':>10} {'rappel':>10} {'manquées':>9} {'fausses':>8}"
    rows = [
        f"{each['nature'].replace('_', ' '):<{width}} {_pct(each['precision']):>10} {_pct(each['recall']):>10} "
        f"{number(each['manquees']):>9} {number(each['fausses']):>8}"
        for each in costly
    ]
    return ["", "Ce que coûte chaque défaut, sur les paires de fiches dont l'une est touchée :", head, *rows]


def _pairs(judged: dict[str, Any]) -> str:
    return f"précision {_pct(judged['precision'])}, rappel {_pct(judged['recall'])}"


def _groups(groups: list[dict[str, Any]]) -> list[str]:
    names = ("systeme", *_RULES)
    width = max((len(g["groupe"]) for g in groups), default=6)
    titles = ("système", "CA", "ERRD", "dernière", "majorité", "référence")
    head = f"{'Groupe':<{width}} {'questions':>11} " + " ".join(f"{title:>10}" for title in titles)
    return [
        head,
        *(
            f"{g['groupe']:<{width}} {number(g['n']):>11} " + " ".join(f"{_pct(g[n]):>10}" for n in names)
            for g in groups
        ),
    ]


def _pct(share: float | None) -> str:
    """A share with two decimals, never rounded up to a hundred."""
    if share is None:
        return "–"
    return f"{written(int(share * 10_000) / 100, 2)} %"
