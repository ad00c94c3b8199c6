"""What fails while Dagster works is said in one French sentence, and what is damaged is made again."""

from __future__ import annotations

import os
import shutil
from typing import Any

import dagster as dg
import pytest

from ingest.home import Home
from orchestration import assets, definitions
from orchestration.partitions import all_years_tags
from orchestration.progress import silent
from orchestration.publication import read_current
from orchestration.resources import Warehouse
from orchestration.run import RunFailed, run
from tests.instants import TODAY, now
from tests.integration.orchestration.conftest import Petit
from tests.plugins.failing_disk import Disk

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]
FULL = r"Le disque est plein\. Rien n'est perdu : remédiez-y, puis relancez la même commande\."


def test_a_disk_that_fills_while_dbt_works_is_said_and_nothing_is_published(
    petit: Petit, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(petit.home.root, disk.home.root)  # with what dbt read

    def load_then_fill(home: Home) -> None:
        petit.load_warehouse(home)
        disk.leave(0)

    monkeypatch.setattr(assets, "load_warehouse", load_then_fill)
    with pytest.raises(RunFailed, match=rf"\A{FULL}\Z"):
        run(disk.home, now=now())
    assert read_current(disk.home) is None
    disk.mend()
    monkeypatch.setattr(assets, "load_warehouse", petit.load_warehouse)
    assert run(disk.home, now=now()).version == "v1"


def materialized(home: Home, selection: dg.AssetSelection) -> dg.ExecuteInProcessResult:
    """These assets, as the service makes them: nothing is looked at before."""
    graph = definitions.build(home, Warehouse(home, now(), silent, False))
    with dg.DagsterInstance.ephemeral() as instance:
        chosen: Any = list(graph.assets or [])
        return dg.materialize(
            chosen,
            selection=selection,
            resources=graph.resources,
            instance=instance,
            tags=all_years_tags(TODAY),
            raise_on_error=False,
        )


def test_the_service_builds_a_cut_warehouse_again_and_says_so(petit: Petit, capfd: pytest.CaptureFixture[str]) -> None:
    run(petit.home, now=now())
    os.truncate(petit.home.warehouse, 100_000)
    alone = materialized(petit.home, dg.AssetSelection.assets(dg.AssetKey(["dlnuf", "dlnuf_valeurs"])))
    (failure,) = (e.step_failure_data for e in alone.all_events if e.is_step_failure)
    assert failure.user_failure_data is not None
    said = failure.user_failure_data.description or ""
    assert said.startswith("l'entrepôt (warehouse.duckdb) est illisible. Remède : lancer le traitement entier")
    (petit.home.dbt / "target" / "partial_parse.msgpack").write_bytes(b"abime")
    assert materialized(petit.home, dg.AssetSelection.all()).success
    told = [line for line in capfd.readouterr().err.splitlines() if "WARNING" in line]
    words = ("L'entrepôt (warehouse.duckdb) est illisible : il est refait depuis le lac.",
             "dbt/target/partial_parse.msgpack est abîmé : dbt relit son projet.")  # fmt: skip
    assert [sum(word in line for line in told) for word in words] == [1, 1]
