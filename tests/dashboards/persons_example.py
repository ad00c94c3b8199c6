"""The persons of the example publication: aggregates of four départements that delivered their DUI, hidden as they are
when they leave the warehouse.

Belongs here: the counts of the départements, and the rows of the tables. They hold on purpose: a département where few
are accompanied (Corse-du-Sud, 5 persons), small components, an unknown mean, a public present in two départements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl

from data_contracts.disclosure import THRESHOLD
from data_contracts.loading import load_products
from orchestration.publication import small_numbers

POLARS = {"string": pl.String, "integer": pl.Int64, "number": pl.Float64}
REGION = {"59": "32", "62": "32", "02": "32", "67": "44", "2A": "94"}
# Persons present on 31 December, by public, year and département.
PRESENT = {
    ("PA", 2024): {"59": 1840, "62": 930, "02": 214, "67": 760, "2A": 5},
    ("PA", 2023): {"59": 1790, "62": 905},
    ("PH", 2024): {"59": 620, "62": 145},
}
# Components of each distribution: code, label, share of the persons in thousandths.
GIR = [(f"{g}", f"GIR {g}", s) for g, s in zip(range(1, 7), (140, 310, 205, 225, 78, 42), strict=True)]
AGES_PA = [("-60", "Moins de 60 ans", 9), ("60-74", "60 à 74 ans", 108), ("75-84", "75 à 84 ans", 301),
           ("85-94", "85 à 94 ans", 497), ("95+", "95 ans et plus", 85)]  # fmt: skip
AGES_PH = [("0-19", "0 à 19 ans", 312), ("20-39", "20 à 39 ans", 355), ("40-59", "40 à 59 ans", 286),
           ("60+", "60 ans et plus", 47)]  # fmt: skip
SEXES = [("F", "Femmes", 728), ("M", "Hommes", 272)]
MODALITES_PA = [("HP", "Hébergement permanent", 934), ("HT", "Hébergement temporaire", 21),
                ("AJ", "Accueil de jour", 45)]  # fmt: skip
MODALITES_PH = [("INT", "Internat", 420), ("SEMI", "Semi-internat", 372), ("EXT", "Externat", 60),
                ("SEA", "Prestation ou séances", 148)]  # fmt: skip
BESOINS = [
    ("1.1.1", "Besoins en matière de fonctions mentales, psychiques, cognitives et du système nerveux", 918),
    ("1.2.1", "Besoins en lien avec l'entretien personnel", 702),
    ("1.2.2", "Besoins en lien avec les relations et les interactions avec autrui", 655),
    ("1.3.1", "Besoins pour accéder aux droits et à la citoyenneté", 480),
    ("1.3.3", "Besoins pour l'insertion sociale et professionnelle", 361),
    ("1.2.3", "Besoins pour la mobilité", 295),
    ("1.1.9", "Besoins relatifs à la peau et aux structures associées", 14),
]
PROVENANCES = [("DOMICILE", "Domicile", 522), ("ETABLISSEMENT_SANTE", "Établissement de santé", 381),
               ("ESMS", "Autre établissement ou service médico-social", 88), ("INCONNUE", "Inconnue", 9)]  # fmt: skip
MOTIFS = [("124", "L'usager est décédé", 690), ("158", "Admission dans un autre établissement", 171),
          ("110", "Retour à domicile", 118), ("AUTRE", "Autre motif", 21)]  # fmt: skip
REFUS = [("112", "Absence de place disponible", 61), ("113", "Éloignement géographique", 27),
         ("86", "Plateau technique inadapté", 15), ("AUTRE", "Autre motif", 4)]  # fmt: skip
ETAPES = [("demande_decision", 61, 35, 118), ("decision_admission", 74, 21, 190), ("admission_entree", 9, 4, 20),
          ("demande_entree", 148, 66, 301)]  # fmt: skip
# Categories of ESMS in which a step ends, in thousandths of the persons who come to its end.
CATEGORIES = {
    "PA": [("500", "Établissement d'hébergement pour personnes âgées dépendantes", 921),
           ("202", "Résidences autonomie", 66), ("207", "Centre de Jour pour Personnes Agées", 13)],
    "PH": [("183", "Institut médico-éducatif (I.M.E.)", 700), ("255", "Maison d'Accueil Spécialisée (M.A.S.)", 300)],
}  # fmt: skip
OF_DIMENSION = {"gir": 960, "provenance": 251, "motif_sortie": 240}  # whom it tells of, in thousandths of the present
WAITING = {"analyse": 240, "liste_attente": 660, "admissible": 370, "admis": 72}


def _places(domaine: str, annee: int) -> Iterator[tuple[str, str, list[str]]]:
    """Level, territory, the départements that it holds."""
    departements = list(PRESENT[domaine, annee])
    yield "france", "FR", departements
    for region in dict.fromkeys(REGION[d] for d in departements):
        yield "region", region, [d for d in departements if REGION[d] == region]
    for departement in departements:
        yield "departement", departement, [departement]


def _each() -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Key of a territory, and the persons present in each département that it holds."""
    for domaine, annee in PRESENT:
        for niveau, code, departements in _places(domaine, annee):
            key = {"niveau": niveau, "territoire_code": code, "domaine": domaine, "annee": annee}
            yield key, [PRESENT[domaine, annee][d] for d in departements]


def _part(present: Sequence[int], thousandths: int) -> int:
    return sum(n * thousandths // 1000 for n in present)


def _split(n: int, components: Sequence[tuple[str, str, int]]) -> list[int]:
    """Persons of each component; the first takes what rounding leaves, so that they add up."""
    counts = [n * share // 1000 for _, _, share in components]
    return [counts[0] + n - sum(counts), *counts[1:]] if counts else []


def _spread(present: Sequence[int], components: Sequence[tuple[str, str, int]]) -> list[int]:
    return [sum(column) for column in zip(*(_split(n, components) for n in present), strict=True)]


def _gir(present: Sequence[int]) -> list[int]:
    return _spread([n * OF_DIMENSION["gir"] // 1000 for n in present], GIR)


def publics_synthese() -> list[dict[str, Any]]:
    rows = []
    for key, present in _each():
        old = key["domaine"] == "PA"
        gone, gir = _part(present, 240), _gir(present) if old else []
        permanent = _spread(present, MODALITES_PA)[0] if old else 0
        points = sum(weight * n for weight, n in zip((1000, 840, 660, 420, 250, 70), gir, strict=False))
        rows.append(
            {
                **key, "n_esms": sum(1 + n // 90 for n in present), "n_personnes": sum(present),
                "n_file_active": sum(present) + gone, "n_entrees": _part(present, 251), "n_sorties": gone,
                "age_moyen_annees": (86.4 if old else 34.1) + len(present) / 10, "n_age": sum(present),
                "gmp": points / sum(gir) if old else None, "n_gir": sum(gir),
                "part_gir_1_2_pct": 100 * sum(gir[:2]) / sum(gir) if old else None,
                "duree_moyenne_sejour_jours": 912.0 if old else None, "n_sorties_datees": _part(present, 232),
                "absence_moyenne_jours": 11.4, "n_absents": _part(present, 388),
                "taux_occupation_hp_pct": 95.3 if old else None, "n_hp": permanent,
                "projets_revus_pct": 63.2, "n_projets": _part(present, 810),
                "places_temporaires": float(2 * len(present)) if old else None, "n_personnes_ht": _part(present, 60),
            }
        )  # fmt: skip
    return rows


def publics_repartition() -> list[dict[str, Any]]:
    rows = []
    for key, present in _each():
        old = key["domaine"] == "PA"
        shown = {
            "gir": GIR if old else [],
            "tranche_age": AGES_PA if old else AGES_PH,
            "sexe": SEXES,
            "modalite": MODALITES_PA if old else MODALITES_PH,
            "besoin_serafin": [] if old else BESOINS,
            "provenance": PROVENANCES,
            "motif_sortie": MOTIFS,
        }
        for dimension, components in shown.items():
            told = [n * OF_DIMENSION.get(dimension, 1000) // 1000 for n in present]
            several = dimension == "besoin_serafin"
            counts = [_part(told, share) for _, _, share in components] if several else _spread(told, components)
            whole = sum(present) if several else sum(counts)
            rows += [
                {
                    **key, "dimension": dimension, "composante": code, "composante_libelle": text, "ordre": order,
                    "n_personnes": n, "part_pct": 100 * n / whole if whole else None,
                }
                for order, ((code, text, _), n) in enumerate(zip(components, counts, strict=True))
            ]  # fmt: skip
    return rows


def parcours_synthese() -> list[dict[str, Any]]:
    return [
        {
            **key, "n_entrees_dui": _part(present, 251), "n_entrees_non_dites_vt": _part(present, 38),
            "n_entrees_non_dites_resid": _part(present, 21) if key["domaine"] == "PA" else None,
            "n_sorties_dui": _part(present, 240), "n_sorties_non_dites_vt": _part(present, 52),
            "n_sorties_non_dites_resid": _part(present, 12) if key["domaine"] == "PA" else None,
            "n_deux_lieux": _part(present, 7), "n_sejours_sans_decision": _part(present, 24),
            "n_decisions_expirant": _part(present, 66), "n_dossiers_papier_en_double": _part(present, 31),
            "n_personnes": sum(present) + _part(present, 240),
        }
        for key, present in _each()
    ]  # fmt: skip


def parcours_delais() -> list[dict[str, Any]]:
    rows = []
    for key, present in _each():
        for order, (step, *days) in enumerate(ETAPES):
            n = _part(present, 251 - 40 * order)
            told = zip(("mediane_jours", "q1_jours", "q3_jours"), days, strict=True)
            delays = {name: float(value) if n else None for name, value in told}
            rows.append({**key, "etape": step, "ordre": order, "n_personnes": n, **delays})
    return rows


def parcours_delais_categories() -> list[dict[str, Any]]:
    """Each category waits longer than the one before; the counts of the steps are those of all categories."""
    rows = []
    for key, present in _each():
        for order, (step, *days) in enumerate(ETAPES):
            counts = _spread([_part([n], 251 - 40 * order) for n in present], CATEGORIES[key["domaine"]])
            for rank, ((code, label, _), n) in enumerate(zip(CATEGORIES[key["domaine"]], counts, strict=True)):
                told = zip(("mediane_jours", "q1_jours", "q3_jours"), days, strict=True)
                delays = {name: float(value + 10 * rank) if n else None for name, value in told}
                rows.append(
                    {
                        **key, "etape": step, "categorie_code": code, "categorie_libelle": label, "ordre": order,
                        "n_personnes": n, **delays,
                    }
                )  # fmt: skip
    return rows


def parcours_listes_attente() -> list[dict[str, Any]]:
    rows = []
    for key, present in _each():
        for status, share in WAITING.items():
            for age, _, of_age in AGES_PA if key["domaine"] == "PA" else AGES_PH:
                n = sum(p * share * of_age // 1_000_000 for p in present)
                rows.append(
                    {
                        **key, "statut": status, "tranche_age": age, "n_personnes": n, "n_dossiers": n + n // 4,
                        "n_dossiers_papier": n // 6, "anciennete_mediane_jours": 120.0 + share if n else None,
                    }
                )  # fmt: skip
    return rows


def parcours_refus() -> list[dict[str, Any]]:
    return [
        {**key, "motif_code": code, "motif_libelle": text, "n_personnes": _part(present, share)}
        for key, present in _each()
        for code, text, share in REFUS
    ]


HELD_ON = date(2026, 11, 20)
TABLES = {
    "mart_publics__synthese": publics_synthese,
    "mart_publics__repartition": publics_repartition,
    "mart_parcours__synthese": parcours_synthese,
    "mart_parcours__delais": parcours_delais,
    "mart_parcours__delais_categories": parcours_delais_categories,
    "mart_parcours__listes_attente": parcours_listes_attente,
    "mart_parcours__refus": parcours_refus,
}


def personnes() -> dict[str, list[dict[str, Any]]]:
    """Rows of the seven tables, as they are published: small counts hidden."""
    products = load_products()
    frames = {
        name: pl.DataFrame(rows(), schema={f.name: POLARS[f.logical_type] for f in products[name].built})
        for name, rows in TABLES.items()
    }
    found = small_numbers.protected([products[name] for name in TABLES], frames, THRESHOLD)
    return {name: frame.with_columns(arrete_le=HELD_ON).to_dicts() for name, frame in found.items()}
