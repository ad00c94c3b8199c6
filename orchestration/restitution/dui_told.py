"""One ESMS as its DUI tells it, names included, with what the other systems say of the same persons: in memory only.

Belongs here: putting together the rows read again from its deliveries (`identities`) and what the warehouse knows of
them (`warehouse`). Does not belong here: reading either, deciding what is to be done.

A person with an opposition in force is left out here, once for everything that is prepared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

import polars as pl

from data_contracts.loading import load_contracts
from data_contracts.nomenclatures import read_list
from data_contracts.person_entities import tables_given_back
from ingest.home import Home
from orchestration.restitution import identities, warehouse, work_list
from orchestration.restitution.identities import CLEAR
from orchestration.restitution.known import (
    Decision,
    Demande,
    Dossier,
    Droit,
    Etablissement,
    Identity,
    Mismatch,
    Orientation,
    Resid,
    Stay,
    day,
    said_status,
)
from orchestration.restitution.warehouse import Known, Line
from orchestration.restitution.work_list import Who

# Statuses of a request of ViaTrajectoire grand âge that counts in the waiting list; those of one that is not over.
WAITING = {"ENVOYEE", "CONSULTEE", "EN_ANALYSE", "LISTE_ATTENTE", "ACCEPTEE", "ADMISSION"}
ALIVE = WAITING | {"ENTREE"}
VT_STATUSES = ("entree_non_dite_vt", "sortie_non_dite_vt")  # of `dlnuf_sejours`; NULL: nobody knows
_WHO_IN_VT = {"nom": "nom", "prenoms": "prenoms", "naissance": "date_naissance", "lieu": "commune_naissance"}
# The tables whose formats what is prepared is made of; any other that feeds it says who is in a stay, and no more.
DUI = "dui"
USAGERS, SEJOURS, EVALUATIONS = (DUI, "usagers"), (DUI, "sejours"), (DUI, "evaluations")
DECISIONS, DROITS, REMPLACEES = (DUI, "decisions"), (DUI, "droits_prestations"), (DUI, "decisions_remplacees")
ATTRIBUTION, CLOTURE = "1", "5"  # TRE_R327
RESIDENTS, DEMANDES = ("resid_esms", "residents"), ("viatrajectoire_pa", "demandes")
ORIENTATIONS = ("viatrajectoire_ph", "orientations")
Row = dict[str, Any]
Table = tuple[str, str]  # source, entity
Place = tuple[str, str, int]  # source, delivery, line


def read(home: Home, finess: str, on: date, kind: str) -> Etablissement:
    """The ESMS, from the rows in force of its deliveries. kind: of preparation, which says the tables (`giveBack`).

    Oppositions are those in force on that day.

    Raises:
        NotReady: there is no warehouse, or its DUI was never received.
        NoNames, Unreadable: its names cannot be read.
    """
    tables = tables_given_back(load_contracts(), kind)
    with warehouse.opened(home) as connection:
        known = warehouse.read(connection, finess, on, tables)
    return _Reading(known, _rows(home, known, finess, tables)).establishment(finess)


def _rows(home: Home, known: Known, finess: str, given: Mapping[str, tuple[str, ...]]) -> dict[Table, list[Row]]:
    """Table -> its rows in force, stored and clear columns, each with the `place` it was read from.

    `person` is who it is about; `nom_dit` and `prenoms_dit` are the names, in whatever fields the source says them.
    """
    found: dict[Table, list[Row]] = defaultdict(list)
    for source, tables in given.items():
        wanted: dict[str, list[str]] = {}
        for table in tables:
            for delivery in sorted({delivery for delivery, _ in known.rows.get((source, table), ())}):
                wanted.setdefault(delivery, []).append(table)
        frames = identities.read(home, source, wanted, finess) if wanted else {}
        for table in tables:
            rows = frames.get(table, pl.DataFrame())
            if rows.height:
                entity = load_contracts()[source].entity(table)
                roles = dict(entity.identity)
                names = {f"{said}_dit": f"{CLEAR}{roles[said]}" for said in ("nom", "prenoms") if said in roles}
                # Whose record it is; of a statement that names the record of another table, whose the statement is.
                persons = known.stated if entity.person and entity.person.record else known.persons
                in_force = _in_force(source, rows, known.rows.get((source, table), set()))
                found[source, table] = [
                    {**row, "person": persons.get(row["place"]), **{said: row[name] for said, name in names.items()}}
                    for row in in_force
                ]
    return found


def _in_force(source: str, rows: pl.DataFrame, lines: set[Line]) -> Iterator[Row]:
    for row in rows.iter_rows(named=True):
        if (row["delivery_id"], row["_ligne"]) in lines:
            yield {**row, "place": (source, row["delivery_id"], row["_ligne"])}


@dataclass
class _Reading:
    """Everything in hand, and the ESMS made from it."""

    known: Known
    rows: dict[Table, list[Row]]

    def __post_init__(self) -> None:
        self._leave_out(self.known.opposed)
        self.stay_of: dict[Place, str] = {
            (r["source"], r["delivery_id"], r["ligne"]): r["sejour_dlnuf_id"]
            for r in self.known.declarations.iter_rows(named=True)
        }
        self.matched: dict[str, Row] = {r["sejour_dlnuf_id"]: r for r in self.known.stays.iter_rows(named=True)}
        self.of_stay: dict[str, list[Row]] = defaultdict(list)  # what ViaTrajectoire says of a stay
        self.of_person: dict[Table, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for table in (RESIDENTS, DEMANDES, ORIENTATIONS):
            for row in self.rows[table]:
                if person := self.person(row):
                    self.of_person[table][person].append(row)
                if table != RESIDENTS and (stay := self.stay_of.get(row["place"])):
                    self.of_stay[stay].append(row)
        # Who a person is by the sources that say names, for the rows of those that do not.
        self.named: dict[str, Row] = {}
        for row in chain.from_iterable(rows for table, rows in self.rows.items() if table[0] != DUI):
            if "nom_dit" in row and (person := self.person(row)):
                self.named.setdefault(person, row)
        self.of_usager = {table: _grouped(self.rows[table], "usager_id") for table in (SEJOURS, EVALUATIONS, DECISIONS)}
        self.usagers_of: dict[str, list[Row]] = defaultdict(list)
        for usager in self.rows[USAGERS]:
            if person := self.person(usager):
                self.usagers_of[person].append(usager)
        self.droits = _grouped(self.rows[DROITS], "decision_id")
        self.closed = self._closed()

    def _leave_out(self, opposed: set[str]) -> None:
        """Every row of the persons and usagers who are opposed: in the DUI, by the number of the usager."""
        usagers = {u["usager_id"] for u in self.rows[USAGERS] if {u["person"], u["usager_id"]} & opposed}
        self.n_opposed = len(usagers)
        for table, rows in self.rows.items():
            told = [row for row in rows if row.get("usager_id") not in usagers]
            self.rows[table] = told if table[0] == DUI else [row for row in told if row["person"] not in opposed]

    def _closed(self) -> dict[str, date]:
        """Decision -> the day from which it gives nothing any more: it closes, or another closes or replaces it.

        The rule is that of the staging model of decisions.
        """
        decisions = {row["decision_id"]: row for row in self.rows[DECISIONS]}
        found: dict[str, date] = {}
        for number, row in decisions.items():
            if row["type_decision"] == CLOTURE:
                found[number] = row["date_effet_cloture"] or row["date_decision"] or date.min
        for link in self.rows[REMPLACEES]:
            by, replaced = decisions.get(link["decision_id"]), link["decision_remplacee_id"]
            if by is None or by["type_decision"] not in (ATTRIBUTION, CLOTURE) or replaced == link["decision_id"]:
                continue
            opened = [r["date_ouverture"] for r in self.droits.get(by["decision_id"], []) if r["date_ouverture"]]
            since = found.get(by["decision_id"]) if by["type_decision"] == CLOTURE else min(opened, default=None)
            day_of = since or by["date_decision"] or date.min
            found[replaced] = min(found.get(replaced, day_of), day_of)
        return found

    def person(self, row: Row) -> str | None:
        return row["person"]

    def establishment(self, finess: str) -> Etablissement:
        return Etablissement(
            finess=finess,
            nom=self.known.nom,
            domaine=self.known.domaine,
            categorie=self.known.categorie,
            exporte_le=self.known.exporte_le,
            dossiers=tuple(self.dossier(usager) for usager in self.rows[USAGERS]),
            mismatches=tuple(self.mismatches()),
            hors_dui=tuple(self.only_in_vt()),
            sans_fiche=tuple(self.without_record()),
            opposed=self.n_opposed,
            compared=self.known.compared,
            vt_compared=any(stay[status] is not None for stay in self.matched.values() for status in VT_STATUSES),
        )

    def dossier(self, usager: Row) -> Dossier:
        person = self.person(usager) or ""
        mine = {table: rows.get(usager["usager_id"], []) for table, rows in self.of_usager.items()}
        return Dossier(
            identity=_identity(usager),
            departement_domicile=usager["departement_domicile"],
            deces=usager["date_deces"],
            sejours=tuple(self.stay(row) for row in mine[SEJOURS]),
            girs=tuple((e["date_evaluation"], gir) for e in mine[EVALUATIONS] if (gir := _gir(e)) is not None),
            decisions=tuple(self.decision(row) for row in mine[DECISIONS]),
            orientations=tuple(map(_orientation, self.of_person[ORIENTATIONS].get(person, []))),
            demandes=tuple(map(self.demande, self.of_person[DEMANDES].get(person, []))),
            resid=_last_declared(self.of_person[RESIDENTS].get(person, [])),
        )

    def stay(self, row: Row) -> Stay:
        number = self.stay_of.get(row["place"])
        matched = self.matched.get(number or "", {})
        told = self.of_stay.get(number or "", [])
        return Stay(
            number=row[f"{CLEAR}sejour_id"],
            modalite=row["modalite"],
            admission=row["date_admission"],
            entree=row["date_entree"],
            sortie=row["date_sortie"],
            mode_entree=row["mode_entree"] or row["mode_entree_libelle_code"],
            motif_sortie=row["motif_sortie_code"],
            resid_entree=matched.get("resid_date_entree"),
            resid_sortie=matched.get("resid_date_sortie"),
            vt_entree=matched.get("vt_date_entree"),
            vt_sortie=matched.get("vt_date_sortie"),
            vt_entree_to_tell=bool(matched.get("entree_non_dite_vt")),
            vt_sortie_to_tell=bool(matched.get("sortie_non_dite_vt")),
            dossier_vt=_number(told[0]) if len(told) == 1 else None,
        )

    def decision(self, row: Row) -> Decision:
        droits = self.droits.get(row["decision_id"], [])
        return Decision(
            decision_id=row[f"{CLEAR}decision_id"],
            id_nat=row[f"{CLEAR}id_nat_decision"],
            date_decision=row["date_decision"],
            type_decision=row["type_decision"],
            droits=tuple(Droit(d["type_droit"], d["date_ouverture"], d["date_echeance"]) for d in droits),
            cloture=self.closed.get(row["decision_id"]),
        )

    def demande(self, row: Row) -> Demande:
        return Demande(
            dossier_vt=row[f"{CLEAR}dossier_id"],
            papier=row["papier"],
            statut=row["statut"],
            date_statut=row["date_statut"],
            entree=row["date_entree"],
            sortie=row["date_sortie"],
            to_close=self.is_to_close(row),
        )

    def is_to_close(self, paper: Row) -> bool:
        return self.why_to_close(paper) is not None

    def why_to_close(self, paper: Row) -> str | None:
        """Why a paper file that waits should not any more; None: it is not one, or nothing says so.

        ViaTrajectoire neither cancels it when the person enters somewhere, nor sees that it is there twice.
        """
        if not paper["papier"] or paper["statut"] not in WAITING:
            return None
        person = self.person(paper) or ""
        asked = paper["date_demande"] or date.min
        if any(
            stay["date_entree"] and (stay["date_sortie"] is None or stay["date_sortie"] >= asked)
            for usager in self.usagers_of.get(person, [])
            for stay in self.of_usager[SEJOURS].get(usager["usager_id"], [])
        ):
            return "La personne est déjà entrée ici, d'après le DUI."
        others = [d for d in self.of_person[DEMANDES].get(person, []) if d is not paper and d["statut"] in ALIVE]
        if others:
            return "La personne a ici une autre demande, qui suffit."
        if any(m == paper["modalite"] and on >= asked for m, on in self.known.elsewhere.get(person, [])):
            return "La personne est entrée depuis dans un autre établissement, pour le même accueil."
        return None

    def mismatches(self) -> Iterator[Mismatch]:
        whose = self.whose()
        yield from work_list.find(self.known.stays, whose)
        for row in self.rows[DEMANDES]:
            if why := self.why_to_close(row):
                person = self.person(row)
                who = whose.get(self.stay_of.get(row["place"]) or "") or self.who(person, row)
                others = [d for d in self.of_person[DEMANDES].get(person or "", []) if d is not row]
                said = ", ".join([f"dossier papier {_told(row)}", *(f"dossier {_told(other)}" for other in others)])
                yield work_list.paper(who, why, said)

    def only_in_vt(self) -> Iterator[Dossier]:
        """Persons whose paper file is to be closed and whom the DUI does not hold: who waits is seldom in it."""
        for row in self.rows[DEMANDES]:
            if self.is_to_close(row) and not self.usagers_of.get(self.person(row) or ""):
                who = {name: row[f"{CLEAR}{field}"] for name, field in _WHO_IN_VT.items()}
                yield Dossier(Identity(dossier="", **who), demandes=(self.demande(row),))

    def without_record(self) -> Iterator[Stay]:
        """Stays whose person has no record in use: it was never delivered, or it was taken back since."""
        known = {usager["usager_id"] for usager in self.rows[USAGERS]}
        for row in self.rows[SEJOURS]:
            if row["usager_id"] not in known and not {row["person"], row["usager_id"]} & self.known.opposed:
                yield self.stay(row)

    def who(self, person: str | None, row: Row, sejour: str = "") -> Who:
        """A person as the ESMS knows it; one whom its DUI does not hold, as the other system says it."""
        for usager in self.usagers_of.get(person or "", []):
            identity = _identity(usager)
            return Who(identity.dossier, identity.full_name, sejour)
        named = row if "nom_dit" in row else self.named.get(person or "", {})
        other = Identity("", nom=named.get("nom_dit"), prenoms=named.get("prenoms_dit"))
        return Who("", other.full_name, sejour)

    def whose(self) -> dict[str, Who]:
        """Stay of the layer -> whose it is; of a stay that the DUI does not tell, whom another system says."""
        usagers = {u["usager_id"]: u for u in self.rows[USAGERS]}
        found: dict[str, Who] = {}
        for row in self.rows[SEJOURS]:
            usager = usagers.get(row["usager_id"])
            if usager and (stay := self.stay_of.get(row["place"])):
                identity = _identity(usager)
                found.setdefault(stay, Who(identity.dossier, identity.full_name, row[f"{CLEAR}sejour_id"]))
        known = (DEMANDES, ORIENTATIONS, RESIDENTS)
        others = [table for table in self.rows if table[0] != DUI and table not in known]
        for row in chain.from_iterable(self.rows[table] for table in (*known, *others)):
            if stay := self.stay_of.get(row["place"]):
                found.setdefault(stay, self.who(self.person(row), row))
        return found


def _grouped(rows: list[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row[column] is not None:
            found[row[column]].append(row)
    return found


def _identity(usager: Row) -> Identity:
    return Identity(
        dossier=usager[f"{CLEAR}usager_id"],
        nom=usager[f"{CLEAR}nom_naissance"],
        nom_usage=usager[f"{CLEAR}nom_usage"],
        prenoms=usager[f"{CLEAR}prenoms"],
        naissance=usager[f"{CLEAR}date_naissance"],
        sexe=usager["sexe"],
        lieu=usager[f"{CLEAR}commune_naissance"],
        nir=usager[f"{CLEAR}nir"],
        ins=usager[f"{CLEAR}matricule_ins"],
        ins_type=usager["ins_type"],
        ins_statut=usager["ins_statut"],
    )


def _gir(evaluation: Row) -> int | None:
    """The GIR of an AGGIR evaluation, said as a number or as its code."""
    if evaluation["gir"] is not None:
        return int(evaluation["gir"])
    return next((int(r["gir"]) for r in read_list("gir") if r["code"] == evaluation["resultat"]), None)


def _orientation(row: Row) -> Orientation:
    return Orientation(
        tache_id=row[f"{CLEAR}tache_id"],
        decision_id=row[f"{CLEAR}id_decision"],
        id_nat=row[f"{CLEAR}id_nat_decision"],
        unite_id=row[f"{CLEAR}unite_id"],
        nom_unite=row[f"{CLEAR}nom_unite"],
        categorie_organisation=row["categorie_organisation"],
        temporalite=row["temporalite"],
        accueil_sequentiel=row["accueil_sequentiel"],
        mode_prise_en_charge=row["mode_prise_en_charge"],
        type_droit=row["type_droit"],
        statut_esms=row["statut_esms"],
        date_statut_esms=row["date_statut_esms"],
        statut_unite=row["statut_unite"],
    )


def _last_declared(rows: list[Row]) -> Resid | None:
    if not rows:
        return None
    last = max(rows, key=lambda row: row["mois"])
    return Resid(
        mois=last["mois"],
        organisme=last["organisme_amo"],
        departement_secours=last["departement_secours"],
        handicap=last["type_handicap"],
        prise_en_charge_anterieure=last["prise_en_charge_anterieure"],
    )


def _told(row: Row) -> str:
    """« GA01-0000017 « Liste d'attente » au 01/05/2026 »."""
    return f"{_number(row)} « {said_status(row['statut'])} » au {day(row['date_statut']) or '?'}"


def _number(row: Row) -> str:
    """The number by which ViaTrajectoire knows a file or a task."""
    return row[f"{CLEAR}dossier_id"] if f"{CLEAR}dossier_id" in row else row[f"{CLEAR}tache_id"]
