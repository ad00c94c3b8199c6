"""What is damaged in the lake is seen, said, and made again from what was received."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from ingest.home import Home
from ingest.pipeline import damaged, forget, load_warehouse, pending, process_pending
from ingest.receive import landing
from ingest.receive.delivery import deliver
from ingest.store import lake
from tests.instants import now

LINES = (
    "FINESS;TAUX_OCC_TRIMESTRE3;NB_LITS_AUTORISES_INSTALLES;NB_LITS_OCC_2022;TAUX_OCC_2022",
    "010002228;97,5;80;78;96,2",
    "01000;88.1;60;53;87,9",  # rejected: no FINESS
)
Damage = Callable[[Path], object]
DAMAGES: dict[str, Damage] = {
    "overwritten": lambda path: path.write_bytes(b"x" * path.stat().st_size),
    "one byte": lambda path: path.write_bytes(_flipped(path.read_bytes(), 100)),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "deleted": Path.unlink,
}
CUT: dict[str, Damage] = {
    "result cut": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "result of another kind": lambda path: path.write_text("[]", encoding="utf-8"),
    "result of another version": lambda path: path.write_text('{"inconnu": 1}', encoding="utf-8"),
    "result in another encoding": lambda path: path.write_bytes(b"\xff\xfe{"),
}


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One delivery in the lake, with a rejected line."""
    sent = tmp_path / "cnsa_occupation_2022.csv"
    sent.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    found = Home(tmp_path / "var")
    deliver([sent], found, now=now())
    process_pending(found)
    return found


def contents(home: Home) -> dict[str, bytes]:
    paths = [path for path in sorted(home.lake.rglob("*")) if path.is_file()]
    return {path.relative_to(home.lake).as_posix(): path.read_bytes() for path in paths}


def only(home: Home, pattern: str) -> Path:
    (path,) = home.lake.glob(pattern)
    return path


def change(home: Home, **values: object) -> None:
    """Writes other values in the result."""
    path = only(home, "deliveries/*.json")
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


@pytest.mark.parametrize("pattern", ["raw/**/*.parquet", "rejects/**/*.parquet"])
@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_file_is_said_and_made_again(home: Home, kind: str, pattern: str) -> None:
    before = contents(home)
    assert (pending(home), damaged(home)) == ([], [])
    path = only(home, pattern)
    DAMAGES[kind](path)
    made_again(home, before, path.relative_to(home.lake).as_posix())


@pytest.mark.parametrize("kind", CUT)
def test_a_result_that_cannot_be_read_is_made_again(home: Home, kind: str) -> None:
    before = contents(home)
    path = only(home, "deliveries/*.json")
    CUT[kind](path)
    made_again(home, before, path.name)


def made_again(home: Home, before: dict[str, bytes], name: str) -> None:
    (said,) = damaged(home)
    assert said.startswith("cnsa_occupation_2022.csv (cnsa_occupation) est abîmé dans le lac")
    assert said.endswith("relu depuis ce qui a été reçu.")
    assert name in said
    assert damaged(home, source="finess") == []
    (result,) = process_pending(home, millesime=2030)  # of another year: no year is loaded without it
    assert (result.statut, result.lues, result.rejetees) == (lake.ACCEPTED, 2, 1)
    assert contents(home) == before
    assert (pending(home), damaged(home)) == ([], [])
    load_warehouse(home)
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        assert connection.execute("SELECT n_lues, n_rejetees FROM raw.livraisons").fetchall() == [(2, 1)]


def test_files_that_were_written_before_there_were_seals_are_made_again(home: Home) -> None:
    before = contents(home)
    change(home, sceaux={})
    DAMAGES["one byte"](only(home, "raw/**/*.parquet"))
    assert damaged(home) == []
    assert len(process_pending(home)) == 1
    assert contents(home) == before


def test_of_what_was_destroyed_they_are_sealed_as_they_stand(home: Home) -> None:
    change(home, detruite_le="2026-11-01T00:00:00.000000+00:00", sceaux={})
    assert process_pending(home) == []
    DAMAGES["one byte"](only(home, "raw/**/*.parquet"))
    assert len(lake.damage(home)) == 1


@pytest.mark.parametrize("kind", DAMAGES)
def test_what_was_destroyed_and_is_damaged_is_said_and_not_loaded(home: Home, kind: str) -> None:
    change(home, detruite_le="2026-11-01T00:00:00.000000+00:00")
    DAMAGES[kind](only(home, "raw/**/*.parquet"))
    assert process_pending(home) == []
    with pytest.raises(lake.BeyondRepair, match=r"Abîmé dans le lac.*cnsa_occupation.*Remède"):
        load_warehouse(home)


def test_what_was_destroyed_does_not_come_back(home: Home) -> None:
    change(home, detruite_le="2026-11-01T00:00:00.000000+00:00")
    DAMAGES["overwritten"](only(home, "raw/**/*.parquet"))
    assert (pending(home), damaged(home), forget(home)) == ([], [], [])


@pytest.mark.parametrize("pattern", ["raw/**/*.parquet", "deliveries/*.json"])
def test_what_is_lost_on_both_sides_is_refused_in_words(home: Home, pattern: str) -> None:
    (manifest,) = landing.manifests(home)
    landing.bytes_of(home, manifest).unlink()
    only(home, pattern).write_bytes(b"{")
    (result,) = process_pending(home)
    assert result.statut == lake.REFUSED
    assert "« cnsa_occupation_2022.csv » n'est plus là" in str(result.motif)
    assert pending(home) == []


@pytest.mark.parametrize("named", [True, False])
def test_what_was_made_is_forgotten_when_asked_and_made_again(home: Home, named: bool) -> None:
    before = contents(home)
    (manifest,) = landing.manifests(home)
    assert forget(home, "inconnue") == []
    assert forget(home, manifest.delivery_id if named else None) == [manifest]
    assert pending(home) == [manifest]
    process_pending(home)
    assert contents(home) == before


def test_what_cannot_be_read_again_is_not_forgotten(home: Home) -> None:
    before = contents(home)
    (manifest,) = landing.manifests(home)
    landing.bytes_of(home, manifest).unlink()
    assert (forget(home), forget(home, manifest.delivery_id)) == ([], [])
    assert contents(home) == before


def test_what_stopped_its_reader_is_forgotten_only_when_it_is_named(home: Home) -> None:
    (manifest,) = landing.manifests(home)
    change(home, quarantaine="arret")
    assert forget(home) == []
    assert forget(home, manifest.delivery_id) == [manifest]
