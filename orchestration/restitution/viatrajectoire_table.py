"""What the DUI knows and ViaTrajectoire grand âge was not told: entries, exits, paper files to close, as a table.

Belongs here: the lines of that table. Does not belong here: ViaTrajectoire handicap (`sdo_tasks`), knowing what was not
told.

ViaTrajectoire grand âge has no public interface for this: the ESMS types these lines in its account, or its software
imports them.
"""

from __future__ import annotations

from dataclasses import dataclass

from data_contracts.nomenclatures import read_list
from orchestration.restitution.known import Demande, Dossier, Doubt, Etablissement, Stay, day, said_status
from orchestration.restitution.resid_file import EVERYBODY

COLUMNS = (
    "N° dossier ViaTrajectoire", "FINESS établissement", "N° dossier local", "Nom de naissance", "Prénoms",
    "Date de naissance", "Action", "Statut à porter", "Date d'entrée", "Date de sortie", "Motif de sortie",
    "À confirmer",
)  # fmt: skip
ENTRY, EXIT, CLOSE = "Déclarer l'entrée", "Déclarer la sortie", "Clore le dossier papier"


@dataclass(frozen=True)
class Prepared:
    """The lines to type, and what is to be confirmed."""

    rows: list[tuple[str, ...]]
    doubts: list[Doubt]


def prepare(esms: Etablissement) -> Prepared:
    """One line an event that was not told, and a paper file that stays open; by local number, then who has none."""
    rows: list[tuple[str, ...]] = []
    doubts: list[Doubt] = []
    for dossier in (*sorted(esms.dossiers, key=lambda d: d.identity.dossier), *esms.hors_dui):
        for stay in dossier.sejours:
            if stay.vt_entree_to_tell and stay.entree:
                rows.append(_event(esms, dossier, stay, ENTRY, "ENTREE", len(rows) + 2, doubts))
            if stay.vt_sortie_to_tell and stay.sortie:
                rows.append(_event(esms, dossier, stay, EXIT, "SORTIE", len(rows) + 2, doubts))
        for demande in dossier.demandes:
            if demande.to_close:
                since = f"« {said_status(demande.statut)} » au {day(demande.date_statut) or '?'}"
                who = _who(esms, dossier, demande.dossier_vt)
                why = f"{since} : compte encore dans la liste d'attente"
                rows.append((*who, CLOSE, said_status("ARCHIVEE"), "", "", "", why))
    if esms.opposed:
        said = f"{esms.opposed} personne(s) en opposition, non portée(s)"
        doubts.append(Doubt(EVERYBODY, "", "", said, "", "Voir le registre des oppositions."))
    return Prepared(rows, doubts)


def _event(
    esms: Etablissement, dossier: Dossier, stay: Stay, action: str, statut: str, line: int, doubts: list[Doubt]
) -> tuple[str, ...]:
    number, problems = _application(dossier, stay), []
    if number is None:
        problems.append("dossier ViaTrajectoire à retrouver")
    if statut == "SORTIE" and not _reason(stay):
        problems.append("motif de sortie absent, ou texte non reconnu")
    who = dossier.identity.dossier
    for problem in problems:
        said = problem[0].upper() + problem[1:]
        doubts.append(Doubt(who, stay.number, action, said, "", "À compléter avant l'envoi.", str(line)))
    return (
        *_who(esms, dossier, number or ""), action, said_status(statut), day(stay.entree),
        day(stay.sortie) if statut == "SORTIE" else "", _reason(stay) if statut == "SORTIE" else "",
        ", ".join(problems),
    )  # fmt: skip


def _reason(stay: Stay) -> str:
    """Why the person left, in words; nothing when it is unknown or was not understood."""
    labels = {row["code"]: row["libelle"] for row in read_list("motifs_sortie_libelles")}
    return labels.get(stay.motif_sortie or "", "")


def _who(esms: Etablissement, dossier: Dossier, number: str) -> tuple[str, ...]:
    who = dossier.identity
    return number, esms.finess, who.dossier, who.nom or "", who.prenoms or "", day(who.naissance)


def _application(dossier: Dossier, stay: Stay) -> str | None:
    """The application of this stay: the one it came from, else the only one that is neither paper nor over."""
    if stay.dossier_vt:
        return stay.dossier_vt
    over = ("SORTIE", "ANNULEE", "ARCHIVEE", "REFUSEE")
    still: list[Demande] = [d for d in dossier.demandes if not d.papier and d.statut not in over]
    return still[0].dossier_vt if len(still) == 1 else None
