"""What decides what is accepted is found, not listed: the code that judges deliveries, and the files that it reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from ingest import fingerprint
from ingest.home import PROJECT
from ingest.receive import landing
from tests.shared import lozere

MODULES = sorted(fingerprint.judging_modules())
FILES = sorted(fingerprint.judged_by())
# What judging one file of each source loads and opens, said by the interpreter itself, in a process of its own.
WATCHED = """
import json, sys
opened = set()
sys.addaudithook(lambda event, told: opened.add(str(told[0])) if event == "open" else None)
from datetime import date
from pathlib import Path
from data_contracts.loading import load_contracts
from ingest.judging import judge
from ingest.protect.keyrings import create, load
from ingest.validate.chunk import DeliveryFacts
from datetime import UTC, datetime
to_judge = set(sys.modules)
from ingest.read import UnreadableFile
from ingest.receive.recognise import recognise
from ingest.receive.refusals import DeliveryRefused
only_to_recognise = set(sys.modules) - to_judge
scratch, sources = Path(sys.argv[1]), set()
create(now=datetime(2026, 11, 30, tzinfo=UTC))
keyring = load()
contracts = load_contracts()
for rank, path in enumerate(map(Path, sys.argv[2:])):
    try:
        found = recognise(path, contracts, today=date(2026, 11, 30))
    except (DeliveryRefused, UnreadableFile):  # what the territory holds to be refused
        continue
    if (found.contract.id, found.layout.reader) in sources:
        continue
    sources.add((found.contract.id, found.layout.reader))
    facts = DeliveryFacts("essai", found.contract.id, found.millesime, date(2026, 11, 30))
    judge(path, found.contract, found.layout, facts, scratch / str(rank), keyring)
loaded = [m for name, m in sys.modules.items() if name not in only_to_recognise]
modules = [m.__file__ for m in loaded if getattr(m, "__file__", None)]
print(json.dumps({"modules": modules, "opened": sorted(opened), "sources": sorted(s for s, _ in sources)}))
"""


@pytest.mark.parametrize("path", [*MODULES, *FILES], ids=lambda path: str(path.relative_to(PROJECT)))
def test_whatever_decides_moves_the_digest(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def digest() -> str:
        fingerprint.code_digest.cache_clear()
        return fingerprint.code_digest()

    before, real = digest(), landing.sha256_of
    monkeypatch.setattr(landing, "sha256_of", lambda other: "changed" if other == path else real(other))
    assert digest() != before
    monkeypatch.undo()
    assert digest() == before


@pytest.mark.parametrize("library", sorted(fingerprint.libraries()))
def test_another_version_of_a_library_that_reads_moves_the_digest(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def digest() -> str:
        fingerprint.code_digest.cache_clear()
        return fingerprint.code_digest()

    before, real = digest(), fingerprint.libraries()
    monkeypatch.setattr(fingerprint, "libraries", lambda: {**real, library: f"{real[library]}.1"})
    assert digest() != before
    monkeypatch.undo()
    assert digest() == before


def test_the_libraries_that_read_are_those_that_the_readers_import() -> None:
    found = fingerprint.libraries()
    assert {"polars", "pandera", "pyarrow", "openpyxl", "ijson", "stdnum", "yaml"} <= found.keys()
    assert found["polars"] == pl.__version__
    assert {"dagster", "dbt", "streamlit"}.isdisjoint(found)


def test_another_python_moves_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    fingerprint.code_digest.cache_clear()
    before = fingerprint.code_digest()
    monkeypatch.setattr(fingerprint.sys, "version_info", (3, 99, 0))
    fingerprint.code_digest.cache_clear()
    assert fingerprint.code_digest() != before
    monkeypatch.undo()
    fingerprint.code_digest.cache_clear()


@pytest.mark.parametrize("folder", ["models", "macros", "seeds", "tests"])
def test_whatever_the_layer_is_built_and_held_with_makes_it_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """A test of the layer that changes alone too: it would otherwise be passed on nothing."""
    monkeypatch.setattr(fingerprint, "PROJECT", tmp_path)
    monkeypatch.setattr(fingerprint, "DICTIONARY", tmp_path / "DICTIONARY")
    for name in ("PRODUCTS", "SOURCES"):
        monkeypatch.setattr(fingerprint.loading, name, tmp_path / name)
    path = tmp_path / "dbt_project" / folder / "generic" / "une.sql"
    path.parent.mkdir(parents=True)
    path.write_text("select 1", encoding="utf-8")
    before = fingerprint.declarations_digest()
    path.write_text("select 2", encoding="utf-8")
    assert fingerprint.declarations_digest() != before


def test_what_judges_a_delivery_of_each_source_is_in_the_digest(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, _ = lozere(tmp_path_factory)
    deliveries = [p for p in sorted((folder / "livraisons").rglob("*")) if p.is_file()]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(tmp_path), *map(str, deliveries)],
        cwd=PROJECT, env={"DLNUF_CLES": str(tmp_path / "cles.json"), "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    watched = json.loads(done.stdout)
    ours = {Path(m) for m in watched["modules"] if Path(m).is_relative_to(PROJECT / "ingest")}
    ours |= {Path(m) for m in watched["modules"] if Path(m).is_relative_to(PROJECT / "data_contracts")}
    assert ours <= set(MODULES)
    assert len(watched["sources"]) >= 12  # nearly every source has a file in the territory
    declared = {Path(p) for p in watched["opened"] if Path(p).is_relative_to(PROJECT / "data_contracts")}
    declared = {p for p in declared if p.suffix in (".csv", ".yaml") and p.parent.name not in OF_CONTRACTS}
    assert declared - set(FILES) == set()
    assert declared


OF_CONTRACTS = ("sources", "mappings", "nomenclatures")  # in the digest of the contracts that they belong to
