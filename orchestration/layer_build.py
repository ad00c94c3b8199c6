"""How the layer is built: as a whole, or only for the units that changed since it was last built.

Belongs here: choosing, and recording that a build succeeded. Does not belong here: what a change is
(`ingest.store.changes`), running dbt (`assets`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from ingest.home import Home
from ingest.store import changes

# Unit tests prove the formulas, which do not change from one run to the next: only `make test` runs them.
_BUILD = ("build", "--exclude-resource-type", "unit_test")
# Models that only depend on referentials and declarations, and views: they are as the last whole build left them.
_DECLARED = (
    "resource_type:seed",
    "staging.finess",
    "staging.insee",
    "intermediate.finess",
    "intermediate.cnsa",
    "intermediate.observations.obs_*",
)
# Models of persons and stays, which are matched over the country. They are left as they are unless a delivery about
# persons came, or an opposition began or ended.
_PERSONS = (
    "staging.personnes",
    "intermediate.personnes",
    "intermediate.sejours",
    "intermediate.evenements",
    "intermediate.dui",
    "dlnuf_sejours",
)


@dataclass(frozen=True)
class Build:
    """What dbt is asked for."""

    command: tuple[str, ...]
    unchanged: str = ""  # dbt selection of what is left as the last build made it


def to_do(home: Home, declarations: str, today: date, *, whole_graph: bool = True) -> Build:
    """What dbt must do. today: the day that its SQL is given. declarations: their digest.

    When everything must be redone, the record of what the layer was built with is erased first: if the build stops on
    the way, the next one redoes everything again. whole_graph: whether every model was asked for. When only some were,
    all of those are built.
    """
    with duckdb.connect(str(home.warehouse)) as connection:
        changes.prepare(connection)
        changes.begin(connection, today)
        todo = changes.to_build(connection, declarations)
        if todo.everything:
            changes.forget(connection)
            return Build((*_BUILD, "--full-refresh"))
    if not whole_graph:
        return Build(_BUILD)
    unchanged = " ".join(_DECLARED if todo.persons else (*_DECLARED, *_PERSONS))
    return Build((*_BUILD, "--exclude", unchanged), unchanged)


def failed(home: Home) -> None:
    """Records that a build stopped on the way: the next one redoes everything, whatever this one left half done."""
    with duckdb.connect(str(home.warehouse)) as connection:
        changes.forget(connection)


def day(home: Home) -> date | None:
    """The day for which the layer was built; None when it was not built to its end, or cannot be read."""
    try:
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            return changes.day(connection)
    except duckdb.Error:
        return None


def built(home: Home, declarations: str) -> None:
    """Records that the layer was built with these declarations, which are those of the moment when dbt began."""
    with duckdb.connect(str(home.warehouse)) as connection:
        changes.built(connection, declarations)
