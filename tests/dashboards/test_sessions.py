"""The measure of the pages over their socket: what it takes of them, and that a page in error is no measure."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboards import sessions
from ingest.home import Home
from tests.dashboards import publication_example as example

pytestmark = pytest.mark.lent


def test_a_page_is_asked_for_at_its_address() -> None:
    message = BackMsg.FromString(sessions.asked("niveau=region&code=32", "activite"))
    assert (message.rerun_script.page_name, message.rerun_script.query_string) == ("activite", "niveau=region&code=32")


def test_views_changes_and_memory_are_measured_over_an_installation(published_home: Path) -> None:
    found = sessions.measure(Home(published_home), "32", pages=("", "qualite"), sessions=9)
    assert found["sessions"] == 9
    assert set(found["first_view_ms"]) == set(found["change_ms"]) == {"accueil", "qualite"}
    assert min([*found["first_view_ms"].values(), *found["change_ms"].values(), found["cold_ms"]]) > 0
    assert found["memory_mb"]["started"] < found["memory_mb"]["first_session"] <= found["memory_mb"]["sessions"]


def test_a_page_that_ends_in_an_error_stops_the_measure(tmp_path: Path) -> None:
    """A number of rows that is none."""
    folder = example.write_publication(tmp_path)
    path = folder / "marts" / "mart_qualite__livraisons.parquet"
    pl.read_parquet(path).with_columns(n_lues=pl.lit("beaucoup")).write_parquet(path)
    example.describe(folder)
    with pytest.raises(sessions.PageFailed, match="qualite"):
        sessions.measure(Home(tmp_path), "32", pages=("qualite",), sessions=1)
