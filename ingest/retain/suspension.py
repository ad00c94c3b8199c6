"""Suspending the elimination of a person's data, or of everybody's in an ESMS.

Belongs here: finding whom a suspension is about, so that none protects nobody. Does not belong here: the register
itself (`register`), what a suspension does to a date (`due_dates`).
"""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from data_contracts.loading import load_contracts
from data_contracts.person_entities import person_entities
from data_contracts.retention import Conservation
from ingest import pipeline
from ingest.home import Home
from ingest.protect import keyrings, pseudonyms
from ingest.retain import inventory, register
from ingest.retain.register import ALL_PERSONS, WrongSuspension


def suspend(
    home: Home,
    rules: Conservation,
    *,
    finess: str,
    reference: str,
    on: date,
    now: datetime,
    record: str | None = None,
    person: str | None = None,
) -> None:
    """Registers a suspension for the usager of a local record number, for a pseudonym, or else for a whole ESMS.

    Raises:
        WrongSuspension: nobody of that ESMS is known so, or several are, or the reference serves already.
        KeyringProblem: a record number is given, and the keyring is not there.
    """
    secret = keyrings.load(home).pseudonyms if record is not None else None
    asked = {person} if person is not None else set()
    if secret and record is not None:  # the same local number may be that of two persons, in two sources of records
        identifiers = pseudonyms.Pseudonyms(secret.key(pseudonyms.IDENTIFIERS))
        asked = {
            identifiers.of(f"{each.number_domain}|{finess}|{record}")
            for each in person_entities(load_contracts(), "record")
        }
    if asked:
        pipeline.load_warehouse(home)
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            found = [known for known in asked if known and inventory.person_of(connection, rules, finess, known)]
        if len(found) > 1:
            raise WrongSuspension(
                f"Plusieurs dossiers de l'établissement {finess} portent ce numéro, dans des logiciels différents. "
                "Dites lequel par son pseudonyme (--person)."
            )
        person = next(iter(found), None)
        if person is None:
            raise WrongSuspension(
                f"Aucune personne de l'établissement {finess} n'est connue ainsi : la suspension ne protégerait "
                "personne. Vérifiez le n° de dossier ou le pseudonyme, ou suspendez tout l'établissement (--everyone)."
            )
    fingerprint = (secret or keyrings.load(home).pseudonyms).fingerprint if person is not None else None
    register.suspend(
        home,
        reference=reference,
        finess=finess,
        person=person or ALL_PERSONS,
        on=on,
        pseudonyms=fingerprint,
        now=now,
    )
