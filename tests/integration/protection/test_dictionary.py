"""A dictionary attack on the lake: what each key that leaks gives to whoever also has the home.

The attacker knows the code, and tries every person of a dictionary, among whom are those that the lake holds. What it
costs is in docs/protection.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product

import polars as pl
import pytest

from data_contracts.loading import load_contracts
from ingest.pipeline import process_pending
from ingest.protect import keyrings, pseudonyms
from ingest.protect.keyrings import KEY_BYTES, Secret
from ingest.receive.delivery import deliver
from tests.instants import now
from tests.integration.protection.conftest import Bureau

NAMES, GIVEN = ("Martin", "Zorglub", "Bernard", "Quetzal", "Dubois"), ("Marie", "Ysm", "Jean", "Bar")
BIRTHS = [date(1937, 11, 1) + timedelta(days=n) for n in range(60)]
HELD = {("Zorglub", "Ysm", date(1937, 11, 23)), ("Quetzal", "Bar", date(1937, 12, 4))}
DOSSIERS = [f"A{n}" for n in range(200)]
HELD_DOSSIERS = {"A12", "A147"}
FINESS = "010000222"


@dataclass(frozen=True)
class Stolen(Secret):
    """What a thief works with: keys of some purposes, and guesses in place of the others."""

    purposes: tuple[str, ...] = ()

    def key(self, purpose: str) -> bytes:
        return super().key(purpose) if purpose in self.purposes else os.urandom(KEY_BYTES)


def persons(lake: pl.DataFrame, secret: Secret) -> set[tuple[str, str, date]]:
    """Those of the dictionary whom the thief recognises: name, given name and birth in one key."""
    guesses = list(product(NAMES, GIVEN, BIRTHS))
    told = pl.DataFrame(guesses, schema={"nom": pl.String, "prenoms": pl.String, "ne_le": pl.Date}, orient="row")
    identity = {"nom": "nom", "prenoms": "prenoms", "naissance": "ne_le"}
    tried = pseudonyms.identity_keys(told, identity, secret)["cle_sans_lieu"]
    assert tried.null_count() == 0
    return {guess for guess, key in zip(guesses, tried, strict=True) if key in lake["cle_sans_lieu"].to_list()}


def dossiers(lake: pl.DataFrame, secret: Secret) -> set[str]:
    """The numbers of the dictionary that the thief recognises."""
    field = load_contracts()["essai_personnes"].entity("usagers").field("usager_id")
    told = pl.DataFrame({"finess_et": FINESS, "usager_id": DOSSIERS})
    tried = pseudonyms.identifier(told, field, secret)
    return {guess for guess, key in zip(DOSSIERS, tried, strict=True) if key in lake["usager_id"].to_list()}


@pytest.mark.parametrize(
    ("stolen", "found", "numbers"),
    [
        (lambda _: (), set(), set()),
        (lambda keyring: (*keyring.encryption,), set(), set()),  # they open files, and make no pseudonym
        (lambda keyring: (pseudonyms.TRAITS,), HELD, set()),
        (lambda keyring: (pseudonyms.IDENTIFIERS,), set(), HELD_DOSSIERS),
        (lambda keyring: (pseudonyms.DELIVERIES,), set(), set()),
        (lambda keyring: (pseudonyms.TRAITS, pseudonyms.IDENTIFIERS), HELD, HELD_DOSSIERS),
    ],
    ids=[
        "no key",
        "keys of encryption",
        "key of traits",
        "key of numbers",
        "key of marks",
        "keys of traits and numbers",
    ],
)
def test_a_dictionary_finds_what_the_stolen_key_was_made_for_and_nothing_without(
    bureau: Bureau, stolen: Callable[[keyrings.Keyring], tuple[str | Secret, ...]], found: set, numbers: set
) -> None:
    rows = [
        (FINESS, number, "", name, given, f"{born:%d/%m/%Y}", "F", "", "02/01/2020", "", "", "2")
        for number, (name, given, born) in zip(sorted(HELD_DOSSIERS), sorted(HELD), strict=True)
    ]
    deliver([bureau.file("essai_2025-01-31.csv", *rows)], bureau.home, now=now())
    process_pending(bureau.home)
    lake = pl.concat(pl.read_parquet(p) for p in (bureau.home.lake / "raw").rglob("*.parquet"))
    assert lake.height == len(HELD)
    keyring = keyrings.load()
    taken = stolen(keyring)
    secrets = [each for each in taken if isinstance(each, Secret)] or [
        Stolen("", "", keyring.pseudonyms._bytes, tuple(map(str, taken)))
    ]
    for secret in secrets:
        assert (persons(lake, secret), dossiers(lake, secret)) == (found, numbers)
