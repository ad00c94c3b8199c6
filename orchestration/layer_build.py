"""How the layer is built: whole, or the units that changed since it was last built.

Belongs here: choosing, and recording that a build succeeded. Does not belong here: what a change is
(`ingest.store.changes`), running dbt (`assets`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from ingest.home import Home
from ingest.store import changes

# Unit tests prove the formulas, which do not change from one run to the next: `make test` runs them.
_BUILD = ("build", "--exclude-resource-type", "unit_test")
# What only referentials and declarations make, and the views of answers, are as the last whole build left them.
_DECLARED = (
    "resource_type:seed",
    "staging.finess",
    "staging.insee",
    "intermediate.finess",
    "intermediate.cnsa",
    "intermediate.observations.obs_*",
)
# Persons and stays, which are matched over the country: as they are when no delivery, and no day, says otherwise.
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
    """What dbt is to do on a day (the one that its SQL is given), with declarations of this digest.

    When everything is to be redone, the layer is of no declarations until that succeeds. `whole_graph`: every model is
    asked for; when some are, none is left out.
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
    """A build stopped on the way: the next one redoes everything, so that it cannot stop for what this one left."""
    with duckdb.connect(str(home.warehouse)) as connection:
        changes.forget(connection)


def day(home: Home) -> date | None:
    """The day that the layer of the warehouse was built for; None when nobody knows (not to its end, not readable)."""
    try:
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            return changes.day(connection)
    except duckdb.Error:
        return None


def built(home: Home, declarations: str) -> None:
    """The layer is what the deliveries make it with these declarations: those of the moment when dbt began."""
    with duckdb.connect(str(home.warehouse)) as connection:
        changes.built(connection, declarations)
