"""The sheet of one establishment: its sections, as texts, said once for the page, the printed sheet and the site.

Belongs here: which sections there are, their rows, their wording. Does not belong here: queries (`queries`), how a
section looks (`views.etablissement`, `printed`, `site`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboards import queries
from dashboards.exports import hidden_columns
from dashboards.formats import INCONNU, SECRET, day_text, exact, number, text, whole, with_unit
from dashboards.labels import DATED, composante, dated, label, nomenclature, readable, source
from dashboards.queries import reperes

LEVELS = {"departement": "Département", "region": "Région", "france": "France publiée"}
SHOWN_YEARS = 6  # of the table of trends
CALCULATED = "CALCUL"
_DECIMALS = {"pct": 1, "eur": 2, "places": 0, "personnes": 0, "points": 0}
Marks = dict[tuple[str, str, int], dict[str, Mapping[str, Any]]]
_LARGE = 1000  # euros from which cents say nothing


@dataclass(frozen=True)
class Section:
    """One section. key: in addresses and names of files. rows: title of the column → text; none, and `empty` says why.

    reading: how the table is read.
    """

    key: str
    title: str
    reading: str
    rows: list[dict[str, str]]
    empty: str = "Aucune donnée."
    has_marks: bool = False  # whether its figures stand beside those of the category


@dataclass(frozen=True)
class Sheet:
    """All that is printed of one establishment. closed: what is said when it is not open."""

    finess: str
    name: str
    lead: str
    closed: str
    sections: list[Section]

    @property
    def figures(self) -> list[Section]:
        return [section for section in self.sections if section.has_marks]


@dataclass(frozen=True)
class Known:
    """What is known of one establishment, a row a dictionary, in the order of the queries."""

    figures: list[dict[str, Any]]
    authorised: list[dict[str, Any]]
    events: list[dict[str, Any]]


def read(base: queries.Base, row: Mapping[str, Any]) -> Sheet:
    """The sheet of an establishment. row: its identity (`queries.etablissement`)."""
    marks = reperes.marks(base, row["categorie_code"], row["departement_code"], row["region_code"])
    return sheet(row, known(base, [row["finess_et"]])[row["finess_et"]], by_figure(marks))


def known(base: queries.Base, finess: Sequence[str]) -> dict[str, Known]:
    """What is known of some establishments, read at once."""
    frames = (reperes.figures(base, finess), reperes.autorisations(base, finess), queries.historique(base, finess))
    parts = [frame.rows_by_key("finess_et", named=True, include_key=True) for frame in frames]
    return {each: Known(*(part.get(each, []) for part in parts)) for each in finess}


def by_figure(marks: pl.DataFrame) -> Marks:
    """Marks of one category around one place, by figure and year, then by level."""
    found: Marks = {}
    for mark in marks.iter_rows(named=True):
        found.setdefault((mark["code"], mark["modalite"], mark["millesime"]), {})[mark["niveau"]] = mark
    return found


def sheet(row: Mapping[str, Any], known: Known, marks: Marks) -> Sheet:
    """The sheet of an establishment, from what was read of it and of its category."""
    place = f"{text(row['commune_libelle'])} ({text(row['departement_code'])})"
    return Sheet(
        row["finess_et"],
        text(row["raison_sociale"]),
        f"{text(row['categorie_libelle'])} · {place} · {state(row)}",
        "Cet établissement est fermé : ses valeurs décrivent le passé." if row["est_ouvert"] is False else "",
        [
            identity(row),
            authorised(known.authorised),
            *figure_sections(known.figures, marks, row),
            trend(known.figures),
            history(known.events),
        ],
    )


def state(row: Mapping[str, Any]) -> str:
    closed = f"Fermé le {day_text(row['date_fermeture'])}" if row["date_fermeture"] else "Fermé, date inconnue"
    return {True: "Ouvert", False: closed}.get(row["est_ouvert"], "Ouvert ou fermé : inconnu")


def identity(row: Mapping[str, Any]) -> Section:
    located = row["longitude"] is not None and row["latitude"] is not None
    facts = {
        "Numéro FINESS": row["finess_et"],
        "SIRET": row["siret"],
        "Catégorie": nomenclature("finess_categories", row["categorie_code"]),
        "Domaine": label("domaine", row["domaine"]),
        "Autorité compétente, d'après la catégorie": label("financeur", row["financeur"]),
        "Gestionnaire": f"{text(row['raison_sociale_ej'])} (FINESS {text(row['finess_ej'])})",
        "Statut juridique": nomenclature("finess_statuts_juridiques", row["statut_juridique_code"]),
        "Statut regroupé": label("statut_agrege", row["statut_agrege"]),
        "Fixation des tarifs": nomenclature("finess_modes_tarification", row["mode_tarification_code"]),
        "Adresse": f"{text(row['adresse'])}, {text(row['code_postal'])} {text(row['commune_libelle'])}",
        "EPCI": row["epci_libelle"],
        "Département": f"{text(row['departement_libelle'])} ({text(row['departement_code'])})",
        "Région": row["region_libelle"],
        "Latitude et longitude": f"{number(row['latitude'], 5)} ; {number(row['longitude'], 5)}" if located else None,
        "Places autorisées, dernier millésime connu": with_unit(row["cap_autorisee_totale"], "places"),
        "Places installées, dernier millésime connu": with_unit(row["cap_installee_totale"], "places"),
        "Date d'ouverture": day_text(row["date_ouverture"]),
        "Extraction FINESS": day_text(row["date_extraction"]),
    }
    rows = [{"Information": name, "Valeur": text(value)} for name, value in facts.items()]
    return Section("identite", "Identité", "D'après la dernière extraction FINESS reçue.", rows)


def authorised(triplets: Sequence[Mapping[str, Any]]) -> Section:
    """What is authorised and installed, a triplet a row."""
    rows = [
        {
            "Discipline": nomenclature("finess_disciplines", r["discipline_code"]),
            "Mode de fonctionnement": nomenclature("finess_modes_fonctionnement", r["mode_fonctionnement_code"]),
            "Clientèle": nomenclature("finess_clienteles", r["clientele_code"]),
            "Places autorisées": whole(r["capacite_autorisee"]) if r["est_autorisee"] else "autorisation terminée",
            "Autorisation, dernier acte": day_text(r["date_effet_autorisation"]),
            "Places installées": whole(r["capacite_installee"]) if r["est_installee"] else "non installée",
            "dont habilitées à l'aide sociale": whole(r["capacite_installee_habilitee"]),
            "Installation, dernière date": day_text(r["date_effet_installation"]),
            "Extraction": day_text(r["date_extraction"]),
        }
        for r in triplets
    ]
    return Section(
        "autorisations",
        "Autorisations",
        "Une ligne par triplet FINESS (discipline, mode de fonctionnement, clientèle), à sa dernière extraction. Les "
        "places habilitées à l'aide sociale font partie des places installées.",
        rows,
        "Aucune autorisation n'est connue : livrez les activités FINESS.",
    )


def name_of(row: Mapping[str, Any]) -> str:
    """Name of a figure with its modality: « Capacité autorisée · Hébergement permanent »."""
    if not row["modalite"]:
        return row["libelle"]
    modality = row["modalite_libelle"]
    if not modality:
        is_element = row["code"] in reperes.ELEMENTS
        modality = composante(row["code"], row["modalite"]) if is_element else readable(row["modalite"])
    return f"{row['libelle']} · {modality}"


def value_of(row: Mapping[str, Any]) -> str:
    if "valeur" in hidden_columns(row):
        return SECRET
    is_price = row["unite_mesure"] == "eur" and row["valeur"] is not None and abs(row["valeur"]) < _LARGE
    return with_unit(row["valeur"], row["unite_mesure"], 2 if is_price else None)


def figure_sections(figures: Sequence[Mapping[str, Any]], marks: Marks, row: Mapping[str, Any]) -> list[Section]:
    """The figures of the latest year, a section an axis, each beside the quartiles of its category."""
    latest: dict[tuple[str, str], Mapping[str, Any]] = {}
    for figure in figures:
        latest.setdefault((figure["code"], figure["modalite"]), figure)
    rows: dict[str, list[dict[str, str]]] = {}
    for r in latest.values():
        beside = marks.get((r["code"], r["modalite"], r["millesime"]), {})
        rows.setdefault(r["axe"], []).append(_figure(r, beside))
    if not rows:
        nothing = "Aucun chiffre n'est connu : livrez les collectes, puis `dlnuf run`."
        return [Section("chiffres", "Chiffres", "", [], nothing, has_marks=True)]
    received = {
        f"{title} : {mark['perimetre']}"
        for of_figure in marks.values()
        for level, title in LEVELS.items()
        if (mark := of_figure.get(level)) and mark.get("perimetre")
    }
    reading = (
        "Repères : premier quartile – médiane – troisième quartile des établissements de la même catégorie "
        f"({text(row['categorie_libelle'])}), ouverts la même année ; entre parenthèses, combien ont répondu sur "
        f"combien. Aucun repère de moins de {reperes.FEWEST} établissements. ▲ : hors des seuils d'affichage, à "
        "lire avec prudence." + "".join(f" {each}." for each in sorted(received, reverse=True))
    )
    return [Section(axe, label("axe", axe), reading, listed, has_marks=True) for axe, listed in rows.items()]


def _figure(row: Mapping[str, Any], marks: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    value = value_of(row) + (" ▲" if row["est_atypique"] else "")
    return {
        "Chiffre": name_of(row),
        "Valeur": value,
        "Année": str(row["millesime"]),
        **{title: _mark(marks.get(level), row["unite_mesure"]) for level, title in LEVELS.items()},
        "Source": source(row["source"]) if row["source"] else INCONNU,
        DATED: "calculé" if row["source"] == CALCULATED else dated(row["source"], row["collecte_le"]),
        "Accord et réserves": why(row),
    }


def why(row: Mapping[str, Any]) -> str:
    """Agreement between the answers, then what is to be known before the figure is used."""
    reserves = (
        label("statut", row["statut"]) if row["statut"] else "",
        "valeur du gestionnaire" if row["unite_observation"] == "EJ" else "",
        {"groupe": "groupe de sites", "inconnu": "périmètre non dit"}.get(row["perimetre"] or "", ""),
        label("alerte", row["alerte"]) if row["alerte"] else "",
        f"hors des seuils d'affichage ({_limits(row)})" if row["est_atypique"] else "",
    )
    return " ; ".join(reserve for reserve in reserves if reserve) or "–"


def _limits(row: Mapping[str, Any]) -> str:
    low, high = (exact(row[side], row["unite_mesure"]) for side in ("seuil_min", "seuil_max"))
    if low == INCONNU:
        return f"au plus {high}"
    return f"au moins {low}" if high == INCONNU else f"de {low} à {high}"


def _mark(mark: Mapping[str, Any] | None, unit: str | None) -> str:
    if mark is None:
        return "–"
    decimals = _DECIMALS.get(unit or "")
    if unit == "eur" and abs(mark["mediane"]) >= _LARGE:
        decimals = 0
    low, middle, high = (number(mark[side], decimals) for side in ("q1", "mediane", "q3"))
    return f"{low} – {middle} – {high} ({mark['n']} sur {mark['n_concernes']})"


def trend(figures: Sequence[Mapping[str, Any]]) -> Section:
    """Every figure known in several years, a column a year."""
    years = sorted({row["millesime"] for row in figures})[-SHOWN_YEARS:]
    by_figure: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = {}
    for row in figures:
        by_figure.setdefault((row["code"], row["modalite"]), {})[row["millesime"]] = row
    rows = [
        {"Chiffre": name_of(next(iter(known.values())))}
        | {str(year): value_of(known[year]) if year in known else INCONNU for year in years}
        for known in by_figure.values()
        if sum(1 for row in known.values() if row["valeur"] is not None) > 1
    ]
    return Section(
        "evolution",
        "Évolution",
        "Une colonne par année que les chiffres décrivent ; les années où aucune collecte n'a répondu sont inconnues.",
        rows,
        "Aucun chiffre n'est connu sur deux années.",
    )


def history(events: Sequence[Mapping[str, Any]]) -> Section:
    rows = [
        {
            "Date": day_text(r["date_evenement"]),
            "Évènement": label("evenement", r["evenement"]),
            "Détail": _detail(r),
            "Source": source(r["source"]),
        }
        for r in events
    ]
    return Section(
        "historique",
        "Historique",
        "Un changement constaté entre deux extractions FINESS porte la date de la première qui le montre.",
        rows,
        "Aucun évènement n'est connu : l'historique se construit à mesure que des extractions FINESS sont livrées.",
    )


def _detail(row: Mapping[str, Any]) -> str:
    before, after = text(row["valeur_avant"]), text(row["valeur_apres"])
    if row["evenement"] == "capacite":
        lists = {
            "finess_disciplines": row["discipline_code"],
            "finess_modes_fonctionnement": row["mode_fonctionnement_code"],
            "finess_clienteles": row["clientele_code"],
        }
        where = ", ".join(nomenclature(name, code) for name, code in lists.items() if code)
        return f"{before} → {after} places" + (f" ; {where}" if where else "")
    if row["evenement"] == "changement_ej":
        return f"Gestionnaire {before} → {after} (numéros FINESS)"
    return "–"
