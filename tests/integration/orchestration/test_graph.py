"""The whole asset graph of the project, as a text that a reviewer reads: keys, groups, what each waits for, its checks.

To accept a change: DLNUF_ACCEPT_GRAPH=1 pytest tests/integration/orchestration/test_graph.py, then read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest

from data_contracts.loading import load_contracts
from ingest.home import Home
from orchestration import dbt_runtime
from orchestration.assets import POOL
from orchestration.automation import WHOLE_JOB
from orchestration.definitions import build
from orchestration.resources import Warehouse
from tests.instants import NOW

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

SNAPSHOT = Path(__file__).with_name("graph.txt")


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    home = Home(tmp_path_factory.mktemp("graphe"))
    with pytest.MonkeyPatch.context() as patch:
        for name in dbt_runtime.environment(home):
            patch.setenv(name, "")
        return build(home, Warehouse(home, NOW))


def test_the_graph_is_the_one_that_was_reviewed(definitions: dg.Definitions) -> None:
    drawn = draw(definitions)
    if os.environ.get("DLNUF_ACCEPT_GRAPH"):
        SNAPSHOT.write_text(drawn, encoding="utf-8")
    assert drawn == SNAPSHOT.read_text(encoding="utf-8"), __doc__


def test_the_whole_is_a_loadable_code_location(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)
    assert {job.name for job in definitions.resolve_all_job_defs()} >= {WHOLE_JOB}


def test_one_partitioned_asset_a_source(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    partitioned = {key.path[-1] for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned}
    assert partitioned == set(load_contracts())


def test_every_step_is_in_the_pool_of_one(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def(WHOLE_JOB)
    readers_of_json = {"raw_bilan_des_lignes", "raw_livraisons_acceptees", "publication_acceptation"}
    assert {node.name for node in job.nodes if not node.definition.pools} == readers_of_json  # pyright: ignore[reportAttributeAccessIssue] - every node of an asset job is an op
    assert {pool for node in job.nodes for pool in node.definition.pools} == {POOL}  # pyright: ignore[reportAttributeAccessIssue] - same


def draw(definitions: dg.Definitions) -> str:
    """One asset a paragraph, in the order of names; the tests of dbt are its checks."""
    graph = definitions.resolve_asset_graph()
    lines: list[str] = []
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        kind = " (par millésime)" if node.is_partitioned else ""
        lines.append(f"{key.to_user_string()} [{node.group_name}]{kind}")
        lines += [f"  <- {parent.to_user_string()}" for parent in sorted(node.parent_keys)]
        lines += [f"  ? {check.name}" for check in sorted(node.check_keys, key=lambda check: check.name)]
    return "\n".join(lines) + "\n"
