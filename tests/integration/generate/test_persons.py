"""What the generator writes about persons is received whole: every row is read, and only its mistakes are rejected."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ingest.home import Home
from ingest.pipeline import Result, process_pending
from ingest.protect import keyrings
from ingest.protect.landed_keys import sha256_by_delivery
from ingest.receive.delivery import deliver
from tests.instants import now
from tests.shared import lozere
from witness.generate import Summary

pytestmark = pytest.mark.lent


class Received:
    """A small generation, and what the pipeline made of its files about persons."""

    def __init__(self, root: Path, generation: Path, made: Summary) -> None:
        self.made = made
        self.truth = generation / "verite"
        self.home = Home(root / "var")
        keyrings.create(now=now())
        self.receipts = deliver([generation / "livraisons" / "personnes"], self.home, now=now())
        self.results: list[Result] = process_pending(self.home)
        told = pl.read_parquet(self.truth / "livraisons.parquet")
        self.told = told.filter(pl.col("livraison").str.starts_with("personnes/"))
        names = dict(self.told.select("sha256", "livraison").iter_rows())
        self.names = {delivery: names[sha256] for delivery, sha256 in sha256_by_delivery(self.home).items()}

    def found(self, kind: str) -> pl.DataFrame:
        """Rejects or signalements, by file, table and line."""
        rows = [
            pl.read_parquet(self.home.lake / path) for result in self.results for path in (result.files.get(kind) or ())
        ]
        place = pl.col("delivery_id").replace_strict(self.names, return_dtype=pl.String).alias("livraison")
        return pl.concat(rows, how="diagonal_relaxed").select(place, "entite", pl.col("ligne").cast(pl.Int64), "regle")


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> Received:
    root = tmp_path_factory.mktemp("personnes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLNUF_CLES", str(root / "cles" / "cles.json"))
        return Received(root, *lozere(tmp_path_factory))


def test_every_file_is_received(received):
    assert {receipt.status for receipt in received.receipts} == {"received"}
    assert {result.statut for result in received.results} == {"accepted"}
    assert {result.source for result in received.results} == {
        "dui", "resid_esms", "viatrajectoire_pa", "viatrajectoire_ph", "consentements",
    }  # fmt: skip


def test_as_many_rows_are_read_as_were_written(received):
    expected = {
        (livraison, table): n
        for livraison, table, n in received.told.select("livraison", "table", "n_lignes").iter_rows()
    }
    read = {
        (received.names[result.delivery_id], table): counts["lues"]
        for result in received.results
        for table, counts in result.entities.items()
    }
    assert {key: n for key, n in read.items() if n} == {key: n for key, n in expected.items() if n}


def test_what_is_rejected_is_what_the_ledger_says(received):
    ledger = pl.read_parquet(received.truth / "defauts_personnes.parquet")
    place = ["livraison", "entite", "ligne"]
    asked = set(ledger.filter(pl.col("effet") == "ligne_a_rejeter").select(place).iter_rows())
    assert set(received.found("rejects").select(place).iter_rows()) == asked != set()


def test_what_is_signalled_is_a_mistake_of_the_ledger(received):
    ledger = pl.read_parquet(received.truth / "defauts_personnes.parquet")
    place = ["livraison", "entite", "ligne"]
    strangers = received.found("signalements").join(ledger, on=place, how="anti")
    assert len(strangers) == 0, strangers.group_by("regle").len()
