"""Whatever is done to a delivery, it is refused in words, or its counts balance: a few seconds of it (`make fuzz`, for
an hour)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from data_contracts.loading import Contract, load_contracts
from ingest.guard import guarded
from ingest.guard.guarded import Stopped, Work
from ingest.read import UnreadableFile
from tests.fuzz import attempt as attempts
from tests.fuzz.attempt import Received, attempt, received_as
from tests.fuzz.corpus_of import Seed, seeds
from tests.fuzz.mutations import mutated

SEEDS = seeds()


@dataclass(frozen=True, repr=False)
class Range:
    """Where deliveries are written, and how each seed is received."""

    folder: Path
    contracts: dict[str, Contract]
    as_before: dict[str, Received | None]

    def tried(self, seed: Seed, content: bytes) -> str:
        """What became of a delivery made from a seed."""
        path = self.folder / seed.name
        path.write_bytes(content)
        work = Work(attempt, self.contracts, str, lambda _: 0)
        told = guarded.one(work, (path, self.as_before[seed.name]))
        return f"PROBLÈME : {told.what}" if isinstance(told, Stopped) else told


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Range:
    folder, contracts = tmp_path_factory.mktemp("fuzz"), load_contracts()
    as_before = {}
    for seed in SEEDS:
        (folder / seed.name).write_bytes(seed.content)
        as_before[seed.name] = received_as(contracts, folder / seed.name)
    return Range(folder, contracts, as_before)


def test_the_corpus_is_received_and_read_and_holds_every_reader(here: Range) -> None:
    told = {seed.name: here.tried(seed, seed.content) for seed in SEEDS}
    assert {name: said for name, said in told.items() if said != "lu"} == {}
    readers = {received.reader for received in here.as_before.values() if received}
    assert readers >= {
        "csv", "csv_produit", "xlsx", "parquet", "json_records", "finess_json", "finess_xml", "fhir_bundle", "cda",
        "crosstab", "series", "geojson",
    }  # fmt: skip
    personal = {name for name, contract in here.contracts.items() if contract.personal}
    assert personal & {received.source for received in here.as_before.values() if received}


@settings(max_examples=50)
@given(st.sampled_from(SEEDS), st.randoms(use_true_random=False))
def test_a_changed_delivery_is_refused_in_words_or_its_counts_balance(here: Range, seed: Seed, chance: Random) -> None:
    content = mutated(seed.content, chance)
    note(f"{content!r}")
    assert "PROBLÈME" not in here.tried(seed, content)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        pytest.param(UnreadableFile(Path("a"), "abîmé", "le renvoyer"), "refuse", id="a refusal in words"),
        pytest.param(ValueError("imprévu"), "PROBLÈME", id="a traceback"),
    ],
)
def test_what_is_looked_for_is_seen(raised: Exception, said: str, here: Range, monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(*_: Any) -> None:
        raise raised

    monkeypatch.setattr(attempts.judging, "judge", judge)
    name = "cnsa_occupation_2024.csv"
    assert attempt(here.contracts, (here.folder / name, here.as_before[name])).startswith(said)
