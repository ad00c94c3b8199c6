"""The work list of an ESMS: what its systems say differently, and what to do about each.

Belongs here: how each mismatch of `dlnuf_sejours` is said, the table. Does not belong here: finding the mismatches (dbt
does; paper files to archive are found where their names are, in `dui_told`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from orchestration.restitution.known import Etablissement, Mismatch, day

COLUMNS = (
    "FINESS", "N° dossier local", "Personne", "N° séjour", "Écart", "Constat", "DUI", "RESID-ESMS", "ViaTrajectoire",
    "À faire",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A mismatch: the status of `dlnuf_sejours` that says it, how it is called, what is found, what is to be done.

    unknown: the same two texts when the system that was not told has nothing at all about the person.
    """

    status: str
    label: str
    found: str
    todo: str
    unknown: tuple[str, str] | None = None


PAPER = "Dossier papier à archiver"
KINDS = (
    Kind("entree_non_dite_vt", "Entrée non dite à ViaTrajectoire",
         "La personne est entrée d'après le DUI ; ViaTrajectoire la croit encore en attente.",
         "Déclarer l'entrée (prête : « dlnuf prepare viatrajectoire » pour le grand âge, « sdo » pour le handicap).",
         ("La personne est entrée d'après le DUI ; aucune demande ni orientation d'elle ici dans ViaTrajectoire.",
          "Chercher son dossier dans ViaTrajectoire ; sinon, dire qu'elle est entrée sans lui.")),
    Kind("entree_non_dite_resid", "Entrée non dite à RESID-ESMS",
         "La personne est entrée d'après le DUI ; les fichiers RESID-ESMS reçus ne la portent pas.",
         "La porter dans le fichier du mois (« dlnuf prepare resid »)."),
    Kind("sortie_non_dite_vt", "Sortie non dite à ViaTrajectoire",
         "La personne est sortie d'après le DUI ; ViaTrajectoire la croit présente.",
         "Déclarer la sortie et son motif (prête : « dlnuf prepare viatrajectoire » ou « sdo »)."),
    Kind("sortie_non_dite_resid", "Sortie non dite à RESID-ESMS",
         "La personne est sortie d'après le DUI ; RESID-ESMS la croit présente.",
         "Porter la sortie dans le fichier du mois où elle a eu lieu (« dlnuf prepare resid --month »)."),
    Kind("deux_lieux", "Deux lieux en même temps",
         "Un autre établissement dit héberger la personne aux mêmes dates.",
         "Vérifier les dates du séjour ici, et la sortie si elle a eu lieu ; l'autre établissement a la même ligne."),
    Kind("sans_decision", "Séjour sans décision",
         "Aucune décision de la CDAPH connue ne couvre ce séjour.",
         "Récupérer la décision dans ViaTrajectoire (MDPH, n° d'individu, naissance), l'enregistrer dans le DUI."),
    Kind("decision_expirant", "Décision qui expire",
         "La décision de la CDAPH expire dans les trois mois qui suivent l'export du DUI.",
         "Préparer avec la personne le renouvellement auprès de la MDPH."),
)  # fmt: skip


@dataclass(frozen=True)
class Who:
    """Whose a stay is, for its ESMS: local number, name, stay number."""

    dossier: str = field(repr=False)
    personne: str = field(repr=False)
    sejour: str = field(repr=False)


def find(stays: pl.DataFrame, whose: Mapping[str, Who]) -> Iterator[Mismatch]:
    """One mismatch a status that a stay has. whose: stay -> who; the others are of opposed persons."""
    for stay in stays.iter_rows(named=True):
        who = whose.get(stay["sejour_dlnuf_id"])
        for kind in KINDS if who else ():
            if who and stay.get(kind.status):
                yield _mismatch(kind, stay, who)


def paper(who: Who, why: str, said: str) -> Mismatch:
    """A paper file that waits for nothing. why: in words; said: what ViaTrajectoire holds of the person here."""
    todo = "L'archiver : il compte dans la liste d'attente, et rien ne l'archivera à votre place."
    return Mismatch(who.dossier, who.personne, who.sejour, PAPER, why, "", "", said, todo)


def _mismatch(kind: Kind, stay: Mapping[str, Any], who: Who) -> Mismatch:
    found, todo = (kind.found, kind.todo)
    if kind.unknown and not stay.get("est_dit_vt"):
        found, todo = kind.unknown
    dui = _dates(stay, "dui")
    if kind.status == "decision_expirant":
        dui = f"échéance {day(stay['date_echeance_decision'])}"
    return Mismatch(
        dossier=who.dossier,
        personne=who.personne,
        sejour=who.sejour,
        nature=kind.label,
        constat=found,
        dui=dui,
        resid=_dates(stay, "resid"),
        viatrajectoire=_dates(stay, "vt"),
        todo=todo,
    )


def _dates(stay: Mapping[str, Any], system: str) -> str:
    """« admission 25/09/2026, entrée 02/10/2026 »: what a system says of the stay; nothing when it does not know it."""
    said = (
        (label, stay.get(f"{system}_date_{name}"))
        for label, name in (
            ("demande", "demande"),
            ("admission", "admission"),
            ("entrée", "entree"),
            ("sortie", "sortie"),
        )
    )
    return ", ".join(f"{label} {day(on)}" for label, on in said if on)


def prepare(esms: Etablissement) -> list[tuple[str, ...]]:
    """One line a mismatch, kind by kind, as work is done; then by local number, and last who has none."""
    order = {label: position for position, label in enumerate([*(kind.label for kind in KINDS), PAPER])}
    found = sorted(esms.mismatches, key=lambda e: (order[e.nature], not e.dossier, e.dossier, e.sejour))
    return [
        (esms.finess, e.dossier, e.personne, e.sejour, e.nature, e.constat, e.dui, e.resid, e.viatrajectoire, e.todo)
        for e in found
    ]
