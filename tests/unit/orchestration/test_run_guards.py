"""What a run looks at before it works: whether anything is new, whether the warehouse is free."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date

import duckdb
import polars as pl
import pytest

from ingest import fingerprint
from ingest.home import Home
from ingest.store import lake
from orchestration.publication.manifest import Manifest, documents_of
from orchestration.publication.publisher import software
from orchestration.run import RunFailed, UnknownMillesime, nothing_new, run, wait_for_warehouse
from tests.instants import TODAY, now
from tests.patience import PATIENCE_S
from tests.unit.orchestration.samples import publish

_HOLD = (
    f"import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('tenu', flush=True); time.sleep({PATIENCE_S})"
)


@pytest.fixture
def current(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A whole publication made by this software from the inputs that are there; no delivery waits."""
    folder = publish(home, "20261121T053000Z-00000000", {})
    (folder / "acceptation.html").write_text("accepté", encoding="utf-8")
    documents = documents_of(folder, ())
    manifest = Manifest(folder.name, "", "", "empreinte", None, "1", software(), {}, (), documents)
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    lake.load(home, {})
    monkeypatch.setattr("ingest.pipeline.pending", lambda _home, *, millesime=None: [])
    monkeypatch.setattr("ingest.fingerprint.inputs_fingerprint", lambda _home, _today: "empreinte")
    return home


def test_nothing_is_new(current: Home) -> None:
    assert nothing_new(current, TODAY)
    outcome = run(current, now=now())
    assert (outcome.nothing_new, outcome.published, outcome.version) == (True, False, "20261121T053000Z-00000000")


@pytest.mark.parametrize("retry", [False, True])
def test_what_is_in_quarantine_is_read_again_when_asked(current: Home, retry: bool) -> None:
    lake.write_result(current, lake.Result("c", "cnsa_occupation", lake.REFUSED, "arrêtée", quarantaine="arret"))
    run(current, now=now(), retry=retry)
    assert [result.quarantaine for result in lake.results(current)] == ([] if retry else ["arret"])


def test_before_the_first_publication_everything_is_new(home: Home) -> None:
    assert not nothing_new(home, TODAY)


def test_a_delivery_that_waits_is_new(current: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.pipeline.pending", lambda _home, *, millesime=None: ["livraison"])
    assert not nothing_new(current, TODAY)


def test_a_declaration_that_changed_is_new(current: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.fingerprint.inputs_fingerprint", lambda _home, _today: "autre")
    assert not nothing_new(current, TODAY)


def test_the_day_an_opposition_begins_is_new(current: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    register = current.lake / "raw" / "registre.parquet"
    register.parent.mkdir(parents=True)
    schema = {"date_effet": pl.Date, "retire_le": pl.Date}
    pl.DataFrame({"date_effet": [date(2026, 11, 22)], "retire_le": [None]}, schema=schema).write_parquet(register)
    files = {"registre": ["raw/registre.parquet"]}
    lake.write_result(current, lake.Result("c", "consentements", lake.ACCEPTED, files=files))
    path = next(current.publication.glob("*/manifest.json"))
    before = fingerprint.inputs_fingerprint(current, date(2026, 11, 21))
    manifest = replace(Manifest.read(path.parent), inputs_fingerprint=before)
    path.write_text(manifest.to_json(), encoding="utf-8")
    assert nothing_new(current, date(2026, 11, 21))
    assert not nothing_new(current, date(2026, 11, 22))


def test_another_version_of_the_software_is_new(current: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.publication.publisher.software", lambda: {"duckdb": "9"})
    assert not nothing_new(current, TODAY)


def test_a_publication_that_was_damaged_is_made_again(current: Home) -> None:
    next(current.publication.glob("*/acceptation.html")).write_text("retouché", encoding="utf-8")
    assert not nothing_new(current, TODAY)


def test_a_year_that_is_no_partition_is_refused_before_anything(current: Home) -> None:
    with pytest.raises(UnknownMillesime, match="1990"):
        run(current, millesime=1990, now=now())


def test_a_warehouse_held_by_somebody_is_waited_for_then_said(home: Home) -> None:
    home.root.mkdir(parents=True)
    argv = [sys.executable, "-c", _HOLD, str(home.warehouse)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "tenu\n"
        with pytest.raises(RunFailed, match=f"autre processus.*PID {holder.pid}"):
            wait_for_warehouse(home, timeout_s=0.5)
        holder.kill()
        wait_for_warehouse(home, timeout_s=PATIENCE_S)


def test_a_warehouse_that_cannot_be_read_is_built_again(home: Home) -> None:
    home.root.mkdir(parents=True)
    home.warehouse.write_bytes(b"ceci n'est pas une base" * 1000)
    wait_for_warehouse(home)
    assert not home.warehouse.exists()


def test_a_good_warehouse_is_kept(home: Home) -> None:
    lake.load(home, {})
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("CREATE TABLE a AS SELECT 1")
    wait_for_warehouse(home)
    assert home.warehouse.exists()
