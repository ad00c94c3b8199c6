"""What a run looks at before it works: whether anything is new, whether the warehouse is free."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import duckdb
import polars as pl
import pytest

from ingest import fingerprint
from ingest.home import Home
from ingest.store import lake
from orchestration import warehouse_state, whole
from orchestration.cli.summary import of_run
from orchestration.lock import is_held, writing
from orchestration.publication.manifest import Manifest, documents_of
from orchestration.publication.publisher import software
from orchestration.run import Anew, UnknownDelivery, UnknownMillesime, nothing_new, run
from orchestration.status import status
from tests.instants import TODAY, now
from tests.patience import PATIENCE_S
from tests.unit.orchestration.samples import publish

_HOLD = (
    f"import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('tenu', flush=True); time.sleep({PATIENCE_S})"
)
_KILLED = (
    "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); "
    "c.execute('CREATE TABLE b AS SELECT range FROM range(9999)'); os._exit(1)"
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
        with pytest.raises(warehouse_state.WarehouseHeld, match=f"autre processus.*PID {holder.pid}"):
            warehouse_state.wait(home, timeout_s=0.5)
        holder.kill()
        warehouse_state.wait(home, timeout_s=PATIENCE_S)


def _cut(home: Home, size: int) -> None:
    os.truncate(home.warehouse, size)


def _of_another(home: Home) -> None:
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("INSERT INTO raw.livraisons (delivery_id) VALUES ('dui-1'), ('refusee-1')")


def _of_nobody(home: Home) -> None:
    home.warehouse.unlink()
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("CREATE TABLE a AS SELECT 1")


DAMAGES: dict[str, tuple[Callable[[Home], object], str]] = {
    "cut": (lambda home: _cut(home, 100_000), "illisible"),
    "cut at its end": (lambda home: _cut(home, home.warehouse.stat().st_size - 100), "illisible|tronqué"),
    "empty": (lambda home: _cut(home, 0), "illisible|rien de chargé"),
    "a text": (lambda home: home.warehouse.write_text("ceci n'est pas une base" * 1000, encoding="utf-8"), "illisible"),
    "of another home": (_of_another, "celui d'un autre dossier"),
    "without deliveries": (_of_nobody, "rien de chargé"),
    "absent": (lambda home: home.warehouse.unlink(), "absent"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_warehouse_is_new_is_said_and_is_built_again(
    current: Home, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.run.execute", lambda home, *_: lake.load(home, {}) or [])
    assert whole.damaged(current) == []
    damage, words = DAMAGES[kind]
    damage(current)
    assert not nothing_new(current, TODAY)
    (said,) = status(current)["damaged"]
    assert re.search(f"L'entrepôt .* ({words}) : il est refait depuis le lac", said)
    outcome = run(current, now=now())
    assert (outcome.nothing_new, outcome.warnings) == (False, [said])
    assert whole.damaged(current) == []
    assert run(current, now=now()).nothing_new


def test_a_warehouse_whose_last_writer_was_killed_is_whole(current: Home) -> None:
    argv = [sys.executable, "-c", _KILLED, str(current.warehouse)]
    subprocess.run(argv, check=False)
    assert current.warehouse.with_name("warehouse.duckdb.wal").exists()
    assert warehouse_state.damage(current) is None


def test_a_warehouse_that_gave_room_back_is_whole(current: Home) -> None:
    for rows in (2_000_000, 1, 1_000_000, 1):
        with duckdb.connect(str(current.warehouse)) as connection:
            connection.execute(f"CREATE OR REPLACE TABLE b AS SELECT random() AS r FROM range({rows})")
    with duckdb.connect(str(current.warehouse), read_only=True) as connection:
        counted = connection.execute("SELECT block_size * total_blocks FROM pragma_database_size()").fetchone()
    assert counted is not None
    assert current.warehouse.stat().st_size < counted[0]
    assert warehouse_state.damage(current) is None


def test_while_another_process_writes_nothing_is_said_damaged(current: Home) -> None:
    current.warehouse.unlink()
    with writing(current):
        assert is_held(current)
        assert status(current)["damaged"] == []
    assert not is_held(current)
    assert len(status(current)["damaged"]) == 1


@pytest.mark.parametrize("kind", ["changed", "added", "lost"])
def test_a_publication_that_somebody_touched_is_said(current: Home, kind: str) -> None:
    path = next(current.publication.glob("*/acceptation.html"))
    {"changed": lambda: path.write_text("retouché", encoding="utf-8"),
     "added": lambda: path.with_name("en_plus.csv").write_text("1", encoding="utf-8"),
     "lost": path.unlink}[kind]()  # fmt: skip
    assert not nothing_new(current, TODAY)
    (said,) = status(current)["damaged"]
    assert said.startswith("Publication endommagée (20261121T053000Z-00000000) : ")


def test_a_publication_without_manifest_is_said_with_its_remedy(current: Home) -> None:
    next(current.publication.glob("*/manifest.json")).unlink()
    (said,) = status(current)["damaged"]
    assert "manifest.json est absent ou illisible" in said
    assert "Elle est publiée de nouveau." in said
    assert not nothing_new(current, TODAY)


def test_all_is_made_anew_when_asked(current: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    monkeypatch.setattr("orchestration.run.execute", lambda home, *_: seen.append(home.warehouse.exists()) or [])
    outcome = run(current, now=now(), anew=Anew())
    assert (seen, outcome.forgotten, outcome.warnings) == ([False], 0, [])
    assert "Refait : 0 livraison relue depuis ce qui a été reçu" in of_run(outcome)


def test_a_delivery_that_is_not_there_cannot_be_made_anew(current: Home) -> None:
    with pytest.raises(UnknownDelivery, match="« inconnue »"):
        run(current, now=now(), anew=Anew("inconnue"))
    assert current.warehouse.exists()


def test_a_good_warehouse_is_kept(home: Home) -> None:
    lake.load(home, {})
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("CREATE TABLE a AS SELECT 1")
    warehouse_state.wait(home)
    assert home.warehouse.exists()
