"""A small publication, coherent from one table to the next, written from the product contracts' own columns.

Belongs here: the establishments, answers and deliveries of the example, and what the marts must say of them.
It holds on purpose: unknowns, conflicts, an atypical value, establishments without coordinates, a closed one, accents,
apostrophes, quotes, an overseas and a Corsican département, a département whose figures are all unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl

from data_contracts.indicators import TERRITOIRES, published
from data_contracts.loading import load_products
from ingest.store import seals
from tests.dashboards.persons_example import personnes

POLARS = {
    "string": pl.String, "integer": pl.Int64, "number": pl.Float64, "boolean": pl.Boolean, "date": pl.Date,
    "timestamp": pl.Datetime("us"),
}  # fmt: skip
REGIONS = {"32": "Hauts-de-France", "44": "Grand Est", "94": "Corse", "04": "La Réunion"}
DEPARTEMENTS = {
    "59": ("Nord", "32"), "62": ("Pas-de-Calais", "32"), "02": ("Aisne", "32"), "67": ("Bas-Rhin", "44"),
    "2A": ("Corse-du-Sud", "94"), "974": ("La Réunion", "04"),
}  # fmt: skip
CATEGORIES = {
    "500": ("Etablissement d'hébergement pour personnes âgées dépendantes", "PA", "ARS_CD"),
    "202": ("Résidences autonomie", "PA", "CD"),
    "183": ("Institut Médico-Educatif (I.M.E.)", "PH_ENFANT", "ARS"),
    "255": ("Maison d'Accueil Spécialisée (M.A.S.)", "PH_ADULTE", "ARS"),
    "354": ("Service de Soins Infirmiers A Domicile (S.S.I.A.D)", "MULTI", "ARS"),
    "355": ("Centre Hospitalier (C.H.)", "AUTRE", "NON_DEFINI"),
}
# The EPCI of the commune of each establishment, by département; elsewhere it is unknown.
EPCI = {"59": ("200093201", "Métropole européenne de Lille"), "62": ("200033579", "CU d'Arras")}
# Population of 75 and over on 1 January 2022, none for Corse-du-Sud: unknown.
POPULATION = {"59": 215_000.0, "62": 130_000.0, "02": 52_000.0, "67": 98_000.0, "2A": None, "974": 41_000.0}

MIMOSAS, ERABLES, JEANNE, ELOI = "590782553", "590800017", "590800025", "590800033"
MAS, SSIAD, HIRSON, BETHESDA, SERENU, VANILLE, HOPITAL = (
    "620800011", "620800029", "020800019", "670800018", "2A0800012", "970400019", "590800041",
)  # fmt: skip
# finess, name, category, commune, département, longitude, latitude, authorised, installed, open, closed on
ESTABLISHMENTS = (
    (MIMOSAS, "EHPAD L'Œuvre des Mimosas", "500", "Lille", "59", 3.0635, 50.6320, 82.0, 78.0, True, None),
    (ERABLES, "IME « Les Érables »", "183", "Roubaix", "59", 3.1810, 50.6901, 60.0, 60.0, True, None),
    (JEANNE, "Résidence Jeanne d'Arc", "202", "Villeneuve-d'Ascq", "59", None, None, 45.0, 45.0, True, None),
    (ELOI, "EHPAD Saint-Éloi", "500", "Dunkerque", "59", 2.3772, 51.0347, 40.0, None, False, date(2021, 6, 30)),
    (MAS, "MAS du Ternois", "255", "Arras", "62", 2.7775, 50.2910, 48.0, 46.0, True, None),
    (SSIAD, "SSIAD de l'Artois", "354", "Béthune", "62", 2.6410, 50.5300, 90.0, None, True, None),
    (HIRSON, "EHPAD d'Hirson", "500", "Hirson", "02", 4.0830, 49.9210, None, None, True, None),
    (BETHESDA, "EHPAD Bethesda", "500", "Strasbourg", "67", 7.7521, 48.5734, 110.0, 108.0, True, None),
    (SERENU, "EHPAD U Serenu", "500", "Ajaccio", "2A", 8.7369, 41.9192, 60.0, 60.0, True, None),
    (VANILLE, "EHPAD Fleurs de vanille", "500", "Saint-Denis", "974", 55.4504, -20.8789, 80.0, 80.0, True, None),
    (HOPITAL, "Centre hospitalier de Lille", "355", "Lille", "59", 3.04, 50.61, None, None, True, None),
)


@dataclass(frozen=True)
class Answer:
    """One answer to a question. motif: None for the one that is retained."""

    source: str
    collecte: str
    valeur: float | str
    motif: str | None = None
    ecart: float | None = None
    est_dans_tolerance: bool | None = None
    delivery_id: str = ""
    ligne: int = 12
    collecte_le: date = date(2023, 5, 31)
    alerte: str | None = None

    @property
    def livraison(self) -> str:
        return self.delivery_id or f"liv-{self.source}"


@dataclass(frozen=True)
class Datum:
    """A question put to a unit, and the answers, the retained one first."""

    unite_id: str
    element_id: str
    libelle: str
    groupe: str
    unite_mesure: str
    base: str
    statut: str
    reponses: tuple[Answer, ...]
    millesime: int = 2022
    composante: str = ""
    perimetre: str = "site"
    unite: str = "ET"
    est_ratio_derive: bool = False
    regle: str = "Première source à avoir répondu dans l'ordre FINESS>CNSA_EPRD_ERRD>TDB_ATIH."
    tolerance: str = "exact"
    action_conflit: str = "SIGNAL_ESMS"


OFFRE, ACTIVITE, RH = "2-Offre / capacité", "3-Activité", "7-Ressources humaines"
LONE = "Seule réponse reçue."
CAPACITE = "Places installées – permanent"
DATA = (
    Datum(MIMOSAS, "CAP_INST_HP", CAPACITE, OFFRE, "places", "stock_3112", "divergent", (
        Answer("finess", "FINESS", 78.0, collecte_le=date(2022, 12, 31)),
        Answer("tdb_esms", "TDB_ATIH", 78.0, "rang_inferieur", 0.0, True, ligne=41),
        Answer("errd", "CNSA_EPRD_ERRD", 80.0, "rang_inferieur", -2.0, False, ligne=7),
    ), action_conflit="SIGNAL_AUTORITE"),
    Datum(MIMOSAS, "CAP_INST_HP", CAPACITE, OFFRE, "places", "stock_3112", "unique", (
        Answer("errd", "CNSA_EPRD_ERRD", 160.0),
    ), perimetre="groupe", regle=LONE),
    Datum(MIMOSAS, "NB_PERS_3112", "Personnes accompagnées au 31/12", ACTIVITE, "personnes", "stock_3112",
          "divergent", (
        Answer("errd", "CNSA_EPRD_ERRD", 76.0),
        Answer("tdb_esms", "TDB_ATIH", 70.0, "rang_inferieur", 6.0, False, ligne=41),
        Answer("errd", "CNSA_EPRD_ERRD", 75.0, "remplacee", 1.0, False, "liv-errd-ancienne", 7, date(2023, 4, 30)),
    )),
    Datum(MIMOSAS, "TX_OCC_HP", "Taux d'occupation – hébergement permanent", ACTIVITE, "pct", "flux_annee", "tolere", (
        Answer("errd", "CNSA_EPRD_ERRD", 96.4),
        Answer("tdb_esms", "TDB_ATIH", 96.9, "rang_inferieur", -0.5, True, ligne=41),
    ), est_ratio_derive=True, tolerance="points 1"),
    Datum(MIMOSAS, "TX_ABSENTEISME", "Taux d'absentéisme (hors formation)", RH, "pct", "exercice", "unique", (
        Answer("tdb_esms", "TDB_ATIH", 48.2, alerte="hors bornes de plausibilité (0 à 40)", ligne=41),
    ), regle=LONE),
    Datum(MIMOSAS, "PRIX_HP_CS", "Prix HP chambre seule", "9-Tarifs", "eur", "validite", "concordant", (
        Answer("cnsa_prix_ehpad", "CNSA_PRIXESMS", 68.5, collecte_le=date(2023, 12, 31), ligne=3021),
        Answer("drees_ehpa", "DREES_EHPA", 68.5, "rang_inferieur", 0.0, True, ligne=88),
    ), millesime=2023),
    Datum(MIMOSAS, "REPART_GIR", "Répartition par GIR 1 à 6", "4-Personnes accompagnées et besoins (agrégats)", "pct",
          "stock_3112", "unique", (Answer("tdb_esms", "TDB_ATIH", 18.25, ligne=41),), composante="GIR_1", regle=LONE),
    Datum(MIMOSAS, "DATE_OUVERTURE", "Date d'ouverture", "1-Identité / structure", "date", "validite", "unique", (
        Answer("finess", "FINESS", "1987-09-01"),
    ), regle=LONE),
    Datum(MIMOSAS, "CATEGORIE_ET", "Catégorie d'établissement", "1-Identité / structure", "code", "validite",
          "unique", (
        Answer("finess", "FINESS", "500"),
    ), regle=LONE),
    Datum(MAS, "ETP_TOTAL", "ETP total", RH, "etp", "exercice", "divergent", (
        Answer("errd", "CNSA_EPRD_ERRD", 61.4),
        Answer("tdb_esms", "TDB_ATIH", 72.0, "rang_inferieur", -10.6, False, ligne=77),
    ), tolerance="relatif 2 %"),
    Datum(BETHESDA, "TX_OCC_HP", "Taux d'occupation – hébergement permanent", ACTIVITE, "pct", "flux_annee", "unique", (
        Answer("cnsa_occupation", "CNSA_EPRD_ERRD", 91.0),
    ), est_ratio_derive=True, regle=LONE),
    Datum("590000014", "RESULTAT_NET", "Résultat net comptable", "8-Finances", "eur", "exercice", "divergent", (
        Answer("errd", "CNSA_EPRD_ERRD", -125_430.0),
        Answer("tdb_esms", "TDB_ATIH", 12_000.0, "rang_inferieur", -137_430.0, False, ligne=5),
    ), unite="EJ", tolerance="relatif 1 %"),
)  # fmt: skip
ENTERED = {"TDB_ATIH", "DREES_EHPA", "CNSA_EPRD_ERRD", "CNSA_PRIXESMS", "GALAAD"}


def write_publication(home: Path, version: str = "2026-11-20T180000Z-ab12cd34") -> Path:
    """Write the example as the current publication of a home; returns its folder."""
    folder = home / "publication" / version
    (folder / "marts").mkdir(parents=True)
    (folder / "open_data").mkdir()
    products = load_products()
    tables = marts()
    for name, rows in tables.items():
        product = products.get(name)
        schema = {f.name: POLARS[f.logical_type] for f in product.fields} if product else LAYER[name]
        unexpected = {column for row in rows for column in row} - set(schema)
        assert not unexpected, f"{name} : colonnes absentes du contrat {sorted(unexpected)}"
        frame = pl.DataFrame([{c: row.get(c) for c in schema} for row in rows], schema=schema)
        frame.write_parquet(folder / "marts" / f"{name}.parquet")
    resources = []
    for name in ("mart_etablissements__fiche", "mart_territoires__synthese"):
        target = folder / "open_data" / f"{name}.parquet"
        target.write_bytes((folder / "marts" / f"{name}.parquet").read_bytes())
        product = products[name]
        fields = [
            {"name": f.name, "type": f.logical_type, "title": f.title, "description": f.description, "unit": f.unit}
            for f in product.fields
        ]
        resources.append(
            {
                "name": name, "path": target.name, "title": product.title, "description": product.description,
                "bytes": target.stat().st_size, "rowCount": len(tables[name]),
                "usageWarnings": list(product.usage_warnings),
                "schema": {"fields": fields, "primaryKey": list(product.primary_key)},
            }
        )  # fmt: skip
    (folder / "open_data" / "datapackage.json").write_text(json.dumps({"resources": resources}), encoding="utf-8")
    describe(folder)
    point_to(home, version)
    return folder


def describe(folder: Path, previous_version: str | None = None) -> None:
    """Write the manifest of what the folder of a publication holds."""
    manifest = folder / "manifest.json"
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and p != manifest]
    sealed = [{"path": p.relative_to(folder).as_posix(), **seals.seal(p)} for p in paths]
    content = {
        "version": folder.name,
        "previous_version": previous_version,
        "files": [each for each in sealed if each["path"].endswith(".parquet")],
        "documents": [each for each in sealed if not each["path"].endswith(".parquet")],
        "software": {"seuil_personnes": "11"},
    }
    manifest.write_text(json.dumps(content), encoding="utf-8")


def point_to(home: Path, version: str, published_at: str = "2026-11-20T18:00:00+00:00") -> None:
    """Make a version current, as the publisher does: write beside, then replace."""
    pointer = home / "publication" / "current.json"
    waiting = pointer.with_suffix(".tmp")
    waiting.write_text(json.dumps({"version": version, "published_at": published_at}), encoding="utf-8")
    waiting.replace(pointer)


def marts() -> dict[str, list[dict[str, Any]]]:
    """Rows of every table of the publication."""
    return {
        "mart_etablissements__fiche": fiches(),
        "mart_etablissements__historique": historique(),
        "mart_etablissements__autorisations": autorisations(),
        "mart_territoires__contours": contours(),
        "mart_etablissements__valeurs": valeurs(),
        "mart_indicateurs__esms": indicateurs(),
        "mart_indicateurs__territoires": indicateurs_territoires(),
        "mart_territoires__synthese": synthese(),
        "mart_territoires__categories": categories(),
        "mart_dlnuf__redondance": redondance(),
        "mart_dlnuf__saisies_evitees": saisies_evitees(),
        "mart_dlnuf__conflits": conflits(),
        "mart_dlnuf__preremplissage_esms": preremplissage_esms(),
        "mart_dlnuf__questions": questions(),
        "mart_qualite__non_regression": non_regression(),
        "mart_qualite__livraisons": livraisons(),
        "mart_qualite__regles": regles(),
        "dlnuf_valeurs": retained(),
        "dlnuf_reponses_ecartees": discarded(),
        **personnes(),
    }


def fiches() -> list[dict[str, Any]]:
    rows = []
    for finess, name, category, commune, departement, lon, lat, cap_aut, cap_inst, is_open, closed in ESTABLISHMENTS:
        text, domaine, financeur = CATEGORIES[category]
        dep, region = DEPARTEMENTS[departement]
        rows.append(
            {
                "finess_et": finess, "finess_ej": "590000014", "raison_sociale": name,
                "raison_sociale_ej": "Association L'Étoile du Nord", "siret": None, "categorie_code": category,
                "categorie_libelle": text, "domaine": domaine, "financeur": financeur, "statut_juridique_code": "60",
                "statut_agrege": "PriveNonLucratif", "mode_tarification_code": "47", "adresse": "12 rue de l'Église",
                "code_postal": f"{departement[:2]}000", "commune_code": f"{departement}001",
                "commune_declaree_code": f"{departement}001", "commune_libelle": commune,
                "epci_code": EPCI.get(departement, (None, None))[0],
                "epci_libelle": EPCI.get(departement, (None, None))[1],
                "departement_code": departement, "departement_libelle": dep, "region_code": region,
                "region_libelle": REGIONS[region], "longitude": lon, "latitude": lat,
                "date_ouverture": date(1987, 9, 1), "date_fermeture": closed, "est_ouvert": is_open,
                "est_esms": category != "355", "cap_autorisee_totale": cap_aut, "cap_installee_totale": cap_inst,
                "date_extraction": date(2026, 11, 1),
            }
        )  # fmt: skip
    return rows


def historique() -> list[dict[str, Any]]:
    events = (
        (MIMOSAS, "ouverture", date(1987, 9, 1), None, None),
        (MIMOSAS, "changement_ej", date(2019, 1, 1), "590799995", "590000014"),
        (MIMOSAS, "capacite", date(2021, 3, 15), "74", "78"),
        (ELOI, "ouverture", date(1962, 1, 1), None, None),
        (ELOI, "fermeture", date(2021, 6, 30), None, None),
    )
    return [
        {
            "evenement_id": f"ev{i}", "finess_et": finess, "evenement": kind, "date_evenement": day,
            "discipline_code": "924" if kind == "capacite" else None,
            "mode_fonctionnement_code": "11" if kind == "capacite" else None,
            "clientele_code": "711" if kind == "capacite" else None,
            "valeur_avant": before, "valeur_apres": after, "source": "finess", "delivery_id": "liv-finess",
        }
        for i, (finess, kind, day, before, after) in enumerate(events)
    ]  # fmt: skip


def autorisations() -> list[dict[str, Any]]:
    """One that stands and one that ended, whose places are unknown."""
    common = {
        "finess_et": MIMOSAS, "clientele_code": "711", "date_extraction": date(2026, 11, 1),
        "delivery_id": "liv-finess",
    }  # fmt: skip
    return [
        {
            **common, "discipline_code": "924", "mode_fonctionnement_code": "11", "est_autorisee": True,
            "est_installee": True, "capacite_autorisee": 82.0, "capacite_installee": 78.0,
            "capacite_installee_habilitee": 40.0, "date_effet_autorisation": date(2017, 1, 4),
            "date_effet_installation": date(2021, 3, 15),
        },
        {
            **common, "discipline_code": "657", "mode_fonctionnement_code": "21", "est_autorisee": False,
            "est_installee": False, "date_effet_autorisation": date(2019, 6, 30),
        },
    ]  # fmt: skip


def contours() -> list[dict[str, Any]]:
    """Two départements side by side, and the commune of the establishments of the first."""
    squares = {
        ("departement", "59", "Nord", "59"): (2.0, 50.0, 4.0, 51.2),
        ("departement", "62", "Pas-de-Calais", "62"): (1.5, 50.0, 2.0, 51.0),
        ("commune", "59001", "Lille", "59"): (2.9, 50.5, 3.2, 50.8),
    }
    return [
        {
            "niveau": niveau, "territoire_code": code, "territoire_libelle": name, "departement_code": departement,
            "millesime": 2026, "delivery_id": "liv-contours",
            "polygones": json.dumps([[[[w, s], [e, s], [e, n], [w, n], [w, s]]]]),
        }
        for (niveau, code, name, departement), (w, s, e, n) in squares.items()
    ]  # fmt: skip


def _key(d: Datum) -> dict[str, Any]:
    return {
        "unite": d.unite, "unite_id": d.unite_id, "perimetre": d.perimetre, "millesime": d.millesime,
        "element_id": d.element_id, "composante": d.composante, "base_temporelle": d.base,
    }  # fmt: skip


def _value(answer: Answer) -> dict[str, Any]:
    v = answer.valeur
    if not isinstance(v, str):
        return {"valeur_nombre": v, "valeur": str(int(v)) if v == int(v) else str(v)}
    is_date = len(v) == 10 and v[4] == "-"
    return {"valeur_date": date.fromisoformat(v), "valeur": v} if is_date else {"valeur_texte": v, "valeur": v}


def _current(d: Datum) -> list[Answer]:
    return [a for a in d.reponses if a.motif != "remplacee"]


def retained() -> list[dict[str, Any]]:
    return [
        {
            **_key(d), **_value(d.reponses[0]), "unite_mesure": d.unite_mesure, "source": d.reponses[0].source,
            "collecte": d.reponses[0].collecte, "regle": d.regle, "statut": d.statut, "n_reponses": len(_current(d)),
            "n_collectes": len({a.collecte for a in _current(d)}), "delivery_id": d.reponses[0].livraison,
            "ligne": d.reponses[0].ligne, "collecte_le": d.reponses[0].collecte_le, "alerte": d.reponses[0].alerte,
            "dictionnaire_version": "1.0.0",
        }
        for d in DATA
    ]  # fmt: skip


def discarded() -> list[dict[str, Any]]:
    return [
        {
            **_key(d), **_value(a), "source": a.source, "collecte": a.collecte, "delivery_id": a.livraison,
            "ligne": a.ligne, "collecte_le": a.collecte_le, "motif": a.motif, "ecart": a.ecart,
            "est_dans_tolerance": a.est_dans_tolerance, "alerte": a.alerte,
        }
        for d in DATA
        for a in d.reponses[1:]
    ]  # fmt: skip


def valeurs() -> list[dict[str, Any]]:
    rows = []
    for d, row in zip(DATA, retained(), strict=True):
        if d.unite == "ET":
            kept = {k: v for k, v in row.items() if k not in ("unite", "unite_id", "valeur_texte", "valeur_date")}
            for column in ("delivery_id", "ligne", "dictionnaire_version"):
                kept.pop(column)
            extra = {
                "element_libelle": d.libelle,
                "groupe": d.groupe,
                "classe_donnee": "services",
                "ouverture": "ouvert",
            }
            rows.append({"finess_et": d.unite_id, **kept, **extra})
    return rows


def conflits() -> list[dict[str, Any]]:
    place = {f["finess_et"]: (f["departement_code"], f["region_code"]) for f in fiches()}
    return [
        {
            **_key(d), "finess_et": d.unite_id if d.unite == "ET" else None,
            "departement_code": place.get(d.unite_id, ("59", "32"))[0],
            "region_code": place.get(d.unite_id, ("59", "32"))[1], "element_libelle": d.libelle, "groupe": d.groupe,
            "classe_donnee": "services", "ouverture": "ouvert", "valeur_retenue": _value(d.reponses[0])["valeur"],
            "source_retenue": d.reponses[0].source, "valeur_ecartee": _value(a)["valeur"], "source_ecartee": a.source,
            "unite_mesure": d.unite_mesure, "ecart": a.ecart, "tolerance": d.tolerance,
            "action_conflit": d.action_conflit, "motif": a.motif, "delivery_id": a.livraison, "ligne": a.ligne,
        }
        for d in DATA
        for a in _current(d)[1:]
        if a.est_dans_tolerance is False
    ]  # fmt: skip


def redondance() -> list[dict[str, Any]]:
    rows = []
    for element in dict.fromkeys((d.element_id, d.millesime) for d in DATA):
        same = [d for d in DATA if (d.element_id, d.millesime) == element]
        entered = [{a.collecte for a in _current(d) if a.collecte in ENTERED} for d in same]
        rows.append(
            {
                "element_id": element[0], "element_libelle": same[0].libelle, "groupe": same[0].groupe,
                "est_ratio_derive": same[0].est_ratio_derive, "millesime": element[1], "n_collectes_qui_demandent": 4,
                "n_unites": len({d.unite_id for d in same}), "n_reponses": sum(map(len, entered)),
                "n_saisies_evitables": None if same[0].est_ratio_derive else sum(max(len(e) - 1, 0) for e in entered),
                **{f"n_{s}": sum(d.statut == t for d in same)
                   for s, t in (("concordant", "concordant"), ("tolere", "tolere"), ("divergent", "divergent"))},
            }
        )  # fmt: skip
    return rows


def saisies_evitees() -> list[dict[str, Any]]:
    rows = []
    counted = [d for d in DATA if d.unite == "ET" and not d.est_ratio_derive]
    for unit, year in dict.fromkeys((d.unite_id, d.millesime) for d in counted):
        entered = [
            len({a.collecte for a in _current(d) if a.collecte in ENTERED})
            for d in counted
            if (d.unite_id, d.millesime) == (unit, year)
        ]
        answers, values = sum(entered), sum(n > 0 for n in entered)
        if answers:
            rows.append(
                {
                    "finess_et": unit, "millesime": year, "n_reponses": answers, "n_valeurs": values,
                    "n_saisies_evitees": answers - values,
                    "n_saisies_evitees_entre_collectes": answers - values, "n_saisies_evitees_dans_collecte": 0,
                    "part_evitee_pct": 100 * (answers - values) / answers,
                }
            )  # fmt: skip
    return rows


FORMS = {"tdb_esms": "Tableau de bord de la performance", "drees_ehpa": "Enquête EHPA"}
# FINESS, form, columns prefilled (of them, from the DUI), to confirm (likewise), to ask, not asked.
FILLED = (
    (MIMOSAS, "tdb_esms", 60, 5, 20, 2, 220, 28),
    (MIMOSAS, "drees_ehpa", 50, 10, 10, 0, 43, 0),
    (ERABLES, "tdb_esms", 30, 0, 12, 0, 200, 86),
    (MAS, "tdb_esms", 20, 0, 8, 0, 220, 80),
    (BETHESDA, "drees_ehpa", 40, 0, 20, 0, 43, 0),
)


def preremplissage_esms() -> list[dict[str, Any]]:
    departements = {row[0]: row[4] for row in ESTABLISHMENTS}
    return [
        {
            "formulaire": form, "formulaire_libelle": FORMS[form], "finess_et": finess,
            "departement_code": departements[finess], "millesime": 2023, "n_champs": filled + confirm + ask,
            "n_preremplis": filled, "n_a_confirmer": confirm, "n_a_demander": ask, "n_non_demandes": not_asked,
            "n_depuis_dui": dui, "n_dui_a_confirmer": dui_confirm,
            "part_preremplie_pct": 100 * filled / (filled + confirm + ask),
        }
        for finess, form, filled, dui, confirm, dui_confirm, ask, not_asked in FILLED
    ]  # fmt: skip


def questions() -> list[dict[str, Any]]:
    """One that two forms ask, one that nobody else answers."""
    return [
        {
            "question_code": code, "element_libelle": label, "groupe": OFFRE, "millesime": 2023, "formulaires": forms,
            "n_formulaires": forms.count(";") + 1, "n_collectes_qui_demandent": 4, "peuvent_repondre": able,
            "ont_repondu": heard, "n_champs": 10, "n_preremplis": filled, "n_a_confirmer": 10 - filled - ask,
            "n_a_demander": ask, "n_depuis_dui": 0, "part_preremplie_pct": 10.0 * filled,
            "part_a_confirmer_pct": 10.0 * (10 - filled - ask), "part_a_demander_pct": 10.0 * ask,
            "est_sans_autre_source": ask == 10, "est_demandee_plusieurs_fois": ";" in forms,
        }
        for code, label, forms, able, heard, filled, ask in (
            ("CAP_INST_HP", CAPACITE, "drees_ehpa ; tdb_esms", "FINESS ; TDB_ATIH", "FINESS ; TDB_ATIH", 8, 1),
            ("PLATEAU_TECHNIQUE", "Plateau technique", "drees_ehpa", "DREES_EHPA", None, 0, 10),
        )
    ]  # fmt: skip


def non_regression() -> list[dict[str, Any]]:
    """EHPA would lose the agreement of one field; the tableau de bord nothing."""
    return [
        {
            "formulaire": form, "formulaire_libelle": FORMS[form], "champ": field, "rang": rank, "element_id": element,
            "element_libelle": label, "millesime": 2023, "n_repondants": 50, "n_lignes_rejetees": 0,
            "n_repondants_fournis": 50, "n_esms_fournis": 60, "n_recues": 50, "n_mises_de_cote": 0,
            "n_fournies_repondants": 50, "n_fournies": 55, "n_dune_autre_source": 10, "n_corrigees": 0,
            "n_comparables": 50, "n_en_accord": agreed,
        }
        for form, field, rank, element, label, agreed in (
            ("drees_ehpa", "cap_installee_hp", 20, "CAP_INST_HP", CAPACITE, 30),
            ("drees_ehpa", "nb_chambres", 28, "NB_CHAMBRES_TOT", "Chambres", 50),
            ("tdb_esms", "cap_installee_hp", 40, "CAP_INST_HP", CAPACITE, 49),
        )
    ]  # fmt: skip


def indicateurs() -> list[dict[str, Any]]:
    base = {"finess_et": MIMOSAS, "millesime": 2022, "modalite": "", "perimetre": "site", "unite_observation": "ET"}
    return [
        {**base, "indicateur_code": "TO_HP", "indicateur_libelle": "Taux d'occupation en hébergement permanent",
         "axe": "activite", "valeur": 96.4, "unite_mesure": "pct", "est_calcule": False, "valeur_livree": 96.4,
         "source": "errd", "statut": "tolere", "est_atypique": False, "seuil_min": None, "seuil_max": 120.0},
        {**base, "indicateur_code": "ABSENT", "indicateur_libelle": "Taux d'absentéisme hors formation", "axe": "rh",
         "valeur": 48.2, "unite_mesure": "pct", "est_calcule": False, "valeur_livree": 48.2, "source": "tdb_esms",
         "statut": "unique", "est_atypique": True, "seuil_min": 0.0, "seuil_max": 30.0},
        {**base, "indicateur_code": "CAF", "indicateur_libelle": "Taux de CAF", "axe": "finances", "valeur": None,
         "unite_mesure": "pct", "est_calcule": None, "source": None, "statut": None, "est_atypique": None,
         "seuil_min": -21.0, "seuil_max": 21.0},
        {**base, "indicateur_code": "FRNG", "indicateur_libelle": "Fonds de roulement net global", "axe": "finances",
         "valeur": 1_234_567.0, "unite_mesure": "eur", "est_calcule": True, "source": "CALCUL", "statut": "calcule",
         "est_atypique": False, "unite_observation": "EJ", "seuil_min": None, "seuil_max": None},
    ]  # fmt: skip


def _territories() -> list[tuple[str, str, str, str | None, list[str]]]:
    """niveau, code, label, region, départements."""
    return [
        ("france", "FR", "France", None, list(DEPARTEMENTS)),
        *[("region", c, n, c, [d for d, (_, r) in DEPARTEMENTS.items() if r == c]) for c, n in REGIONS.items()],
        *[("departement", c, n, r, [c]) for c, (n, r) in DEPARTEMENTS.items()],
    ]


def _sum(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) if known else None


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


def _open_in(departements: list[str]) -> list[dict[str, Any]]:
    return [f for f in fiches() if f["departement_code"] in departements and f["est_esms"] and f["est_ouvert"]]


# Answers behind the medians of 2022; 2025 has begun with one answer only, which must not stand for the country.
OCCUPATION = {"59": [96.4, 94.0], "62": [92.5], "67": [91.0], "974": [99.5]}
PRICES = {"59": [68.5, 71.2], "62": [62.0], "67": [66.9], "2A": [64.25]}


def synthese() -> list[dict[str, Any]]:
    rows = []
    for niveau, code, nom, region, deps in _territories():
        found = [f for f in fiches() if f["departement_code"] in deps and f["est_esms"]]
        ouverts = _open_in(deps)
        own = [d for d in DATA if d.unite == "ET" and d.unite_id in {f["finess_et"] for f in found}]
        for year in (2022, 2025):
            last = year == 2025
            rows.append(
                {
                    "niveau": niveau, "territoire_code": code, "territoire_libelle": nom, "region_code": region,
                    "millesime": year, "date_parc": date(year, 12, 31), "n_et": len(found),
                    "n_et_ouverts": len(ouverts),
                    "n_ej": 1, "cap_autorisee": _sum(f["cap_autorisee_totale"] for f in ouverts),
                    "n_et_cap_autorisee": sum(f["cap_autorisee_totale"] is not None for f in ouverts),
                    "cap_installee": _sum(f["cap_installee_totale"] for f in ouverts),
                    "n_et_cap_installee": sum(f["cap_installee_totale"] is not None for f in ouverts),
                    "n_valeurs": 0 if last else len(own), "n_conflits": sum(d.statut == "divergent" for d in own),
                    "n_saisies_demandees": 0, "n_saisies_evitees": 0,
                    "population_75_plus": _sum(POPULATION[d] for d in deps), "millesime_population": 2022,
                }
            )  # fmt: skip
    return rows


def indicateurs_territoires() -> list[dict[str, Any]]:
    """Figures of territories. The région and France of the example were received in part."""
    declared = {i.code: i for i in published(TERRITOIRES)}
    rows = []
    for niveau, code, nom, region, deps in _territories():
        homes = [f for f in _open_in(deps) if f["categorie_code"] == "500"]
        installed = [f["cap_installee_totale"] for f in homes if f["cap_installee_totale"] is not None]
        places, people = _sum(installed), _sum(POPULATION[d] for d in deps)
        covered = bool(homes) and len(installed) * 2 >= len(homes)
        ouverts = _open_in(deps)
        known = [f["cap_installee_totale"] for f in ouverts if f["cap_installee_totale"] is not None]
        occupation = [v for d in deps for v in OCCUPATION.get(d, [])]
        prices = [v for d in deps for v in PRICES.get(d, [])]
        figures: list[tuple[str, int, float | None, int | None, int | None, dict[str, Any]]] = [
            (
                "EQ_EHPAD75",
                2026,
                1000 * places / people if places and people and covered else None,
                len(installed),
                len(homes),
                {"numerateur": places, "denominateur": people, "millesime_denominateur": 2022},
            ),
            ("TO_HP_MED", 2022, _median(occupation), len(occupation), max(len(homes), len(occupation)), {}),
            ("PRIX_MED_CS", 2022, _median(prices), len(prices), max(len(homes), len(prices)), {}),
            ("TO_HP_MED", 2025, 40.0 if "59" in deps else None, int("59" in deps), len(homes), {}),
            *[("N_ESMS", year, float(len(ouverts)), len(ouverts), len(ouverts), {}) for year in (2022, 2025)],
            *[("CAP_INST", year, _sum(known), len(known), len(ouverts), {}) for year in (2022, 2025)],
            ("POP_75P", 2022, people, None, None, {}),
        ]
        for indicateur, year, value, answers, concerned, more in figures:
            partial = concerned is not None and answers is not None and answers < concerned
            is_sum = indicateur in ("EQ_EHPAD75", "CAP_INST")
            said = f"places connues pour {answers} établissements sur {concerned}" if partial and is_sum else None
            missing = None if niveau == "departement" else f"{len(deps)} départements reçus sur 101"
            rows.append(
                {
                    "niveau": niveau, "territoire_code": code, "territoire_libelle": nom, "region_code": region,
                    "millesime": year, "indicateur_code": indicateur,
                    "indicateur_libelle": declared[indicateur].label, "unite_mesure": declared[indicateur].unit,
                    "valeur": value, "n_repondants": answers, "n_concernes": concerned,
                    "est_couvert": value is not None,
                    "alerte": f"Partiel : {said} ; la valeur est un minimum." if said else None,
                    "perimetre": missing if answers is not None else None,
                    "date_reference": date(year, 12, 31) if answers is not None else None,
                    "est_atypique": None if value is None else indicateur == "EQ_EHPAD75" and value < 30, **more,
                }
            )  # fmt: skip
    for dep, (epci, nom) in EPCI.items():
        n = len(_open_in([dep]))
        rows.append(
            {
                "niveau": "epci", "territoire_code": epci, "territoire_libelle": nom, "region_code": "32",
                "departement_code": dep, "millesime": 2022, "indicateur_code": "N_ESMS",
                "indicateur_libelle": declared["N_ESMS"].label, "unite_mesure": "nombre", "valeur": float(n),
                "n_repondants": n, "n_concernes": n, "est_couvert": True, "date_reference": date(2022, 12, 31),
            }
        )  # fmt: skip
    return rows


def categories() -> list[dict[str, Any]]:
    rows = []
    of_epci = [("epci", code, nom, None, [dep]) for dep, (code, nom) in EPCI.items()]
    for niveau, code, nom, _, deps in [*_territories(), *of_epci]:
        found = _open_in(deps)
        for category in dict.fromkeys(f["categorie_code"] for f in found):
            own = [f for f in found if f["categorie_code"] == category]
            text, domaine, financeur = CATEGORIES[category]
            rows.append(
                {
                    "niveau": niveau, "territoire_code": code, "territoire_libelle": nom,
                    "departement_code": deps[0] if niveau in ("departement", "epci") else None,
                    "categorie_code": category,
                    "categorie_libelle": text, "domaine": domaine, "financeur": financeur, "n_et_ouverts": len(own),
                    "cap_autorisee": _sum(f["cap_autorisee_totale"] for f in own),
                    "n_et_cap_autorisee": sum(f["cap_autorisee_totale"] is not None for f in own),
                    "cap_installee": _sum(f["cap_installee_totale"] for f in own),
                    "n_et_cap_installee": sum(f["cap_installee_totale"] is not None for f in own),
                }
            )  # fmt: skip
    return rows


def livraisons() -> list[dict[str, Any]]:
    known = (
        ("liv-finess", "finess", "finess-structures.json.gz", "accepted", 12_450, 12_441, 9, 130, "2022, 2023, 2026"),
        ("liv-tdb_esms", "tdb_esms", "export-tdbesms-2022-région.csv", "accepted", 310, 302, 8, 57, "2022"),
        ("liv-errd", "errd", "ANN_ERRD_EJ_ET_2023_06_07.CSV", "accepted", 420, 420, 0, 12, "2022"),
        ("liv-errd-ancienne", "errd", "ANN_ERRD_EJ_ET_2023_05_02.CSV", "accepted", 400, 399, 1, 11, "2022"),
        ("liv-cnsa_prix_ehpad", "cnsa_prix_ehpad", "prix_ehpad_2023.parquet", "accepted", 6531, 6510, 21, 0, "2023"),
        ("liv-drees_ehpa", "drees_ehpa", "ehpa.csv", "accepted", 90, 90, 0, 0, "2023"),
        ("liv-refusee", None, "suivi [copie] *v2*.xlsx", "refused", None, None, None, None, None),
    )
    return [
        {
            "delivery_id": delivery, "source": source, "contrat_version": "1.0.0" if source else None,
            "forme": "csv" if source else None, "nom_fichier": name, "recu_le": datetime(2026, 11, 2 + i, 9, 30),
            "collecte_le": date(2023, 5, 31) if source else None, "statut": status,
            "motif": None if source else "En-tête inconnu : colonne « Nb lits » de trop, « FINESS » absente.\n"
            "Remède : reprendre le modèle de la collecte.",
            "n_lues": read, "n_acceptees": accepted, "n_rejetees": rejected, "n_signalements": flags,
            "millesimes": years,
            "colonnes_absentes": "Commentaire ; Téléphone" if delivery == "liv-drees_ehpa" else None,
        }
        for i, (delivery, source, name, status, read, accepted, rejected, flags, years) in enumerate(known)
    ]  # fmt: skip


def regles() -> list[dict[str, Any]]:
    known = (
        ("cnsa_prix_ehpad", "prix", "prix_heb_perm_cs", "valeur obligatoire absente", "rejet", 21, None,
         "Renseigner le prix."),
        ("tdb_esms", "tableau_de_bord", "tx_absenteisme", "hors bornes de plausibilité (0 à 40)", "conservee", 14,
         "48,2", "Vérifier l'unité et la saisie."),
        ("finess", "et", "(ligne)", "La capacité installée dépasse trois fois la capacité autorisée.", "rejet", 9,
         "cap_inst <= cap_aut * 3", "Corriger la capacité dans FINESS."),
        ("tdb_esms", "tableau_de_bord", "finess_et", "clé de contrôle FINESS inexacte", "conservee", 3,
         "59078255*", None),
    )  # fmt: skip
    return [
        {
            "source": source, "entite": entity, "champ": name, "regle": rule, "effet": effect, "n_lignes": lines,
            "n_livraisons": 1, "exemple_valeur": example, "remede": remedy,
        }
        for source, entity, name, rule, effect, lines, example, remedy in known
    ]  # fmt: skip


_KEY_SCHEMA = {
    "unite": pl.String, "unite_id": pl.String, "perimetre": pl.String, "millesime": pl.Int64, "element_id": pl.String,
    "composante": pl.String, "base_temporelle": pl.String, "valeur_nombre": pl.Float64, "valeur_texte": pl.String,
    "valeur_date": pl.Date, "valeur": pl.String,
}  # fmt: skip
LAYER = {
    "dlnuf_valeurs": {
        **_KEY_SCHEMA, "unite_mesure": pl.String, "source": pl.String, "collecte": pl.String, "regle": pl.String,
        "statut": pl.String, "n_reponses": pl.Int64, "n_collectes": pl.Int64, "delivery_id": pl.String,
        "ligne": pl.Int64, "collecte_le": pl.Date, "alerte": pl.String, "dictionnaire_version": pl.String,
    },
    "dlnuf_reponses_ecartees": {
        **_KEY_SCHEMA, "source": pl.String, "collecte": pl.String, "delivery_id": pl.String, "ligne": pl.Int64,
        "collecte_le": pl.Date, "motif": pl.String, "ecart": pl.Float64, "est_dans_tolerance": pl.Boolean,
        "alerte": pl.String,
    },
}  # fmt: skip
