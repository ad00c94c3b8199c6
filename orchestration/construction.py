"""How the layer is built: whole, or the units that changed since it was last built.

Belongs here: choosing, and recording that a build succeeded. Does not belong here: what a change is
(`ingest.modifications`), running dbt (`assets`).
"""

from __future__ import annotations

import duckdb

from ingest import modifications
from ingest.home import Home
from ingest.pipeline import declarations_digest

# Unit tests prove the formulas, which do not change from one run to the next: `make test` runs them.
_BUILD = ["build", "--exclude-resource-type", "unit_test"]
# What only referentials and declarations make, and the views of answers, are as the last whole build left them.
_UNCHANGED = " ".join(
    (
        "resource_type:seed",
        "path:models/staging",
        "path:models/intermediate/finess",
        "path:models/intermediate/cnsa",
        "path:models/intermediate/observations/obs_*.sql",
    )
)


def build_command(home: Home) -> list[str]:
    """dbt's arguments for what is to be done now."""
    with duckdb.connect(str(home.warehouse)) as connection:
        modifications.prepare(connection)
        todo = modifications.to_build(connection, declarations_digest())
    return [*_BUILD, "--full-refresh"] if todo.everything else [*_BUILD, "--exclude", _UNCHANGED]


def built(home: Home) -> None:
    """The layer is what the deliveries and the declarations of now make it."""
    with duckdb.connect(str(home.warehouse)) as connection:
        modifications.built(connection, declarations_digest())
