"""How right the layer is on synthetic data; its errors are in `dlnuf_exactitude_erreurs`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.exactitude`).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, queries
from dashboards.components import (
    Column,
    download,
    drawing,
    empty,
    figure,
    heading,
    open_base,
    sheet,
)
from dashboards.current import NoPublicationError
from dashboards.exports import CSV_MIME, raw_csv
from dashboards.formats import count, share, whole
from dashboards.labels import label, labels, theme
from dashboards.views import dlnuf_exactitude_erreurs


def show() -> None:
    heading(
        "Exactitude (données synthétiques)",
        "Ce que vaut la résolution quand on connaît la vérité : des livraisons inventées, leurs défauts consignés un à "
        "un, et la couche publiée jugée contre ce qui était vrai.",
    )
    base = open_base()
    score = queries.exactitude(base)
    if score is None:
        empty(
            "Cette publication n'a pas été confrontée à une vérité.",
            "Si elle vient de données synthétiques : `dlnuf score DOSSIER/verite`. Pour des données réelles, "
            "la vérité n'est pas connue : cette page reste vide.",
        )
        return
    _headlines(score)
    _rules(score)
    _persons(score)
    dlnuf_exactitude_erreurs.show(score)
    download(
        "Télécharger les résultats par donnée (CSV)",
        lambda: raw_csv(pl.DataFrame(score["par_element"])),
        f"exactitude_{base.publication.version}.csv",
        CSV_MIME,
        "exactitude_csv",
    )


def is_known() -> bool:
    """Whether the current publication was judged: the menu of developers says so."""
    try:
        return queries.exactitude(queries.current_base()) is not None
    except NoPublicationError:
        return False


def _headlines(score: dict[str, Any]) -> None:
    conflicts, rows = score["conflicts"], score["lignes"]
    first, second, third, fourth = st.columns(4)
    with first:
        stated = count(score["questions_dites_justement"], "question", "questions")
        figure("Valeurs justes", share(score["retained_right"]), f"des {stated} auxquelles une source répond juste")
    with second:
        figure("Inconnues laissées inconnues", share(score["unknown_left_unknown"]), "quand aucune source ne sait")
    with third:
        precision = share(conflicts["precision"])
        figure("Conflits trouvés", share(conflicts["recall"]), f"des conflits réels ; annoncés à raison : {precision}")
    with fourth:
        figure("Lignes perdues", whole(score["rows_lost"]), f"sur {whole(rows['dans_les_fichiers'])} livrées")
    st.caption(
        f"{count(score['dont_absentes'], 'question', 'questions')} auxquelles une source répond juste restent sans "
        f"valeur. {count(score['valeurs_sans_verite'], 'valeur retenue', 'valeurs retenues')} ne correspondent à rien "
        "qui existe : numéro FINESS inconnu, établissement fermé. Les définitions sont dans docs/score.md."
    )


def _rules(score: dict[str, Any]) -> None:
    st.header("À côté de règles naïves", anchor=False)
    st.markdown("La part de valeurs justes qu'obtiendrait, sur les mêmes réponses, une règle que chacun peut imaginer.")
    known = {"systeme": score["retained_right"], **score["naive"]}
    shares = {rule: known[rule] for rule in labels("regle_naive")}
    sheet([{"Règle": label("regle_naive", r), "Valeurs justes": share(s)} for r, s in shares.items()], "Règles")
    groups = score["par_groupe_plusieurs_documents"]
    if not groups:
        st.markdown("Aucune question n'a reçu de réponse de plusieurs documents : toutes les règles se valent.")
        return
    rows = [
        {
            "groupe": theme(g["groupe"]),
            "regle": label("regle_naive", rule),
            "ecart": 1000 * (g[rule] - g["systeme"]),
            "part": f"{share(g[rule])} contre {share(g['systeme'])}",
            "n": whole(g["n"]),
        }
        for g in groups
        for rule in shares
        if rule != "systeme"
    ]
    title = "Valeurs justes de plus ou de moins que ce système, pour 1 000 questions posées par plusieurs documents"
    frame = pl.DataFrame(groups).with_columns(pl.col("groupe").map_elements(theme, return_dtype=pl.String))
    frame = frame.with_columns(pl.col(*shares) * 100)
    columns = {"groupe": "Thème", "n": Column("Questions", 0)}
    columns |= {rule: Column(label("regle_naive", rule), 2, "pct") for rule in shares}
    reading = f"{title}. Bord épais : la règle naïve fait mieux."
    drawing(charts.gaps(rows), title, reading, "regles", frame, columns)


def _persons(score: dict[str, Any]) -> None:
    """Who was brought together; nothing when the generation made nobody."""
    persons, stays = score.get("persons"), score.get("stays")
    if not persons or not stays:
        return
    st.header("Personnes et séjours rapprochés", anchor=False)
    st.markdown(
        "Deux fiches d'une même personne, deux déclarations d'un même séjour : ce qui a été rapproché à raison "
        "(précision), et ce qui devait l'être et l'a été (rappel). "
        f"{count(persons['plusieurs_ins'], 'personne porte', 'personnes portent')} plusieurs INS qualifiées. "
        "Les fiches de qui s'oppose au rapprochement n'en sont pas : "
        f"{count(len(persons['opposants']['fiches_rapprochees']), 'est rapprochée', 'sont rapprochées')} d'une autre."
    )
    judged = [("Personnes", persons, persons["membres"]), ("Séjours", stays, stays["membres"])]
    judged += [(label("statut_sejour", each["statut"]), each, each["reels"]) for each in score.get("statuses") or []]
    rows = [
        {"Ce qui est jugé": name, "Précision": share(e["precision"]), "Rappel": share(e["recall"]), "Nombre": whole(n)}
        for name, e, n in judged
    ]
    sheet(rows, "Personnes et séjours")
    costly = [each for each in persons.get("par_nature") or [] if each["manquees"] or each["fausses"]]
    if costly:
        st.markdown("Ce que coûte chaque défaut ou situation, sur les paires de fiches dont l'une est touchée.")
        kinds = [
            {"Défaut ou situation": label("defaut", each["nature"]), "Précision des paires": share(each["precision"]),
             "Rappel des paires": share(each["recall"]), "Manquées": whole(each["manquees"]),
             "Fausses": whole(each["fausses"]), "Fiches": whole(each["fiches"])}
            for each in costly
        ]  # fmt: skip
        sheet(kinds, "Ce que coûte chaque défaut")
