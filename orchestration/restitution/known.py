"""What is known of one ESMS while something is prepared for it: its persons, their stays, what other systems say.

Belongs here: the shapes, and the simplest questions about them. Does not belong here: where they come from
(`dui_told`).

Identities are never printed: no field of one is in its repr, whatever error shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

# Dates of one event told by two systems within three days are the same date (collections.md §5).
TOLERANCE = timedelta(days=3)
PA, PH = "PA", "PH"
ATTRIBUTION = "1"  # TRE_R327
OTHER_REASON = "AUTRE"  # a free text that no pattern knows


@dataclass(frozen=True)
class Identity:
    """Who a person is, as the software of the ESMS says it."""

    dossier: str = field(repr=False)  # local number
    nom: str | None = field(default=None, repr=False)
    nom_usage: str | None = field(default=None, repr=False)
    prenoms: str | None = field(default=None, repr=False)
    naissance: date | None = field(default=None, repr=False)
    sexe: str | None = field(default=None, repr=False)
    lieu: str | None = field(default=None, repr=False)
    nir: str | None = field(default=None, repr=False)
    ins: str | None = field(default=None, repr=False)
    ins_type: str | None = None
    ins_statut: str | None = None

    @property
    def full_name(self) -> str:
        """Name and first given name, as a person of the ESMS would look for it."""
        first = (self.prenoms or "").replace(",", " ").split()
        return " ".join(filter(None, (self.nom, first[0] if first else None)))

    @property
    def ins_is_qualified(self) -> bool:
        return self.ins is not None and self.ins_statut == "VALI"


@dataclass(frozen=True)
class Stay:
    """A stay as the DUI tells it; beside it, the dates that the other systems give, and what was not told to them."""

    number: str = field(repr=False)  # local number
    modalite: str | None = None
    admission: date | None = None
    entree: date | None = None
    sortie: date | None = None
    mode_entree: str | None = None
    motif_sortie: str | None = None
    resid_entree: date | None = None
    resid_sortie: date | None = None
    vt_entree: date | None = None
    vt_sortie: date | None = None
    vt_entree_to_tell: bool = False
    vt_sortie_to_tell: bool = False
    dossier_vt: str | None = field(default=None, repr=False)  # the application or the task that the stay came from

    def covers(self, first: date, last: date) -> bool:
        """Whether the person was there, some time between two days, both included."""
        return self.entree is not None and self.entree <= last and (self.sortie is None or self.sortie >= first)


@dataclass(frozen=True)
class Droit:
    """A right that a decision opens."""

    type_droit: str | None = None
    ouverture: date | None = None
    echeance: date | None = None


@dataclass(frozen=True)
class Decision:
    """A decision of the CDAPH. cloture: the day on which it is closed, or replaced by another."""

    decision_id: str = field(repr=False)
    id_nat: str | None = field(default=None, repr=False)
    date_decision: date | None = None
    type_decision: str | None = None
    droits: tuple[Droit, ...] = ()
    cloture: date | None = None

    @property
    def opens_a_right(self) -> bool:
        """Whether it gives one; of a type that is not told, it may."""
        return bool(self.droits) and self.type_decision in (None, ATTRIBUTION)

    def is_in_force(self, on: date) -> bool:
        """Whether what it gives had begun on a day, and nothing had closed or replaced it. One that expired is: its
        renewal may be late."""
        begins = min((droit.ouverture or date.min for droit in self.droits), default=date.min)
        return begins <= on and (self.cloture is None or self.cloture > on)

    @property
    def echeance(self) -> date | None:
        """The day on which what it gives ends."""
        ends = [droit.echeance for droit in self.droits if droit.echeance]
        known = [day for day in (max(ends, default=None), self.cloture) if day]
        return min(known, default=None)


@dataclass(frozen=True)
class Orientation:
    """An SDO task of ViaTrajectoire handicap, as it last was."""

    tache_id: str = field(repr=False)
    decision_id: str | None = field(default=None, repr=False)
    id_nat: str | None = field(default=None, repr=False)
    unite_id: str | None = field(default=None, repr=False)
    nom_unite: str | None = None
    categorie_organisation: str | None = None
    temporalite: str | None = None
    accueil_sequentiel: bool | None = None
    mode_prise_en_charge: str | None = None
    type_droit: str | None = None
    statut_esms: str | None = None
    date_statut_esms: date | None = None
    statut_unite: str | None = None


@dataclass(frozen=True)
class Demande:
    """An application of ViaTrajectoire grand âge, as it last was."""

    dossier_vt: str = field(repr=False)
    papier: bool | None = None
    statut: str | None = None
    date_statut: date | None = None
    entree: date | None = None
    sortie: date | None = None
    to_close: bool = False  # a paper file that makes the waiting list longer than it is


@dataclass(frozen=True)
class Resid:
    """What the ESMS last declared of a person to RESID-ESMS and that its DUI does not hold."""

    mois: str
    organisme: str | None = None
    departement_secours: str | None = None
    handicap: str | None = None
    prise_en_charge_anterieure: str | None = None


@dataclass(frozen=True)
class Dossier:
    """One usager of the ESMS."""

    identity: Identity
    departement_domicile: str | None = None
    deces: date | None = None
    sejours: tuple[Stay, ...] = ()
    girs: tuple[tuple[date | None, int], ...] = ()
    decisions: tuple[Decision, ...] = ()
    orientations: tuple[Orientation, ...] = ()
    demandes: tuple[Demande, ...] = ()
    resid: Resid | None = None


@dataclass(frozen=True)
class Mismatch:
    """A mismatch between the systems, about one person of the ESMS."""

    dossier: str = field(repr=False)
    personne: str = field(repr=False)
    sejour: str = field(repr=False)
    nature: str
    constat: str
    dui: str
    resid: str
    viatrajectoire: str
    todo: str


@dataclass(frozen=True)
class Etablissement:
    """One ESMS. opposed: persons left out because an opposition is in force. domaine: PA, PH, or unknown.

    compared: what the other systems say was matched with its DUI; else nothing is known of them. vt_compared: for some
    stay at least, it is known whether ViaTrajectoire was told. hors_dui: persons of ViaTrajectoire whom its DUI does
    not hold, and of whom something is to be done. sans_fiche: stays of its DUI that name nobody whose record is in use.
    """

    finess: str
    nom: str | None = None
    domaine: str | None = None
    exporte_le: date | None = None  # date of the last file of its DUI
    dossiers: tuple[Dossier, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    opposed: int = 0
    compared: bool = True
    vt_compared: bool = True
    hors_dui: tuple[Dossier, ...] = ()
    sans_fiche: tuple[Stay, ...] = ()
    categorie: str | None = None  # of FINESS


@dataclass(frozen=True)
class Doubt:
    """A line of « à confirmer »: what is missing, doubtful or divergent, and what to do."""

    dossier: str = field(repr=False)
    sejour: str = field(repr=False)
    champ: str
    constat: str
    valeur: str = ""
    todo: str = ""
    ligne: str = ""  # of the prepared file; none: about what is not in it, or about the whole
    personne: str = field(default="", repr=False)


def same_day(first: date | None, second: date | None) -> bool:
    """Whether two systems give the same date, within the tolerance; a date that is not given contradicts nothing."""
    return first is None or second is None or abs(first - second) <= TOLERANCE


# As ViaTrajectoire grand âge writes them (contract viatrajectoire_pa): codes are ours.
_STATUSES = {
    "ENVOYEE": "Demande envoyée", "CONSULTEE": "Demande consultée", "EN_ANALYSE": "En cours d'analyse",
    "LISTE_ATTENTE": "Liste d'attente", "ACCEPTEE": "Accord de principe", "ADMISSION": "Admission", "REFUSEE": "Refus",
    "ENTREE": "Entrée", "SORTIE": "Sortie", "ANNULEE": "Annulée", "ARCHIVEE": "Archivé",
}  # fmt: skip


def said_status(code: str | None) -> str:
    """A status of ViaTrajectoire grand âge in its own words; « statut inconnu » when there is none."""
    return _STATUSES.get(code or "", code or "statut inconnu")


def day(value: date | None) -> str:
    """« 31/12/2026 », or nothing."""
    return value.strftime("%d/%m/%Y") if value else ""
