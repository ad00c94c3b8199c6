"""The form of one ESMS as whoever reads publications may have it: what they hide stays hidden.

Belongs here: a form without what its reader may not know. Does not belong here: what is hidden (`dlnuf_secret`), the
form that its own ESMS is given, which holds everything (`production`).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from ingest import owner_only, returned_forms
from ingest.home import Home
from orchestration.forms import known_columns
from orchestration.forms.filled import fill
from orchestration.forms.form_workbook import workbook
from orchestration.forms.known_columns import Column
from orchestration.forms.production import form_of, stem
from orchestration.restitution import named_files


def write(home: Home, name: str, finess: str, campaign: int, out: Path, *, now: datetime) -> Path:
    """Writes the workbook of a form, as before any answer to its campaign, and says where it is.

    The columns about what `dlnuf_secret` holds of this ESMS, and what its DUI keeps for it, are to be asked: their
    values are for the ESMS itself (profile `esms`), and for those who may read exact numbers of persons.

    Raises:
        UnknownForm, WrongFolder: wrong use. NotReady, NobodyAsked: nothing can be made.
    """
    folder = named_files.folder(out, home)
    form = form_of(name)
    with known_columns.opened(home) as connection:
        [esms] = known_columns.asked(connection, form, finess=finess)
        hidden = _hidden(connection, finess)
        columns = known_columns.columns(connection, form, [finess], campaign - 1, before=True).get(finess, {})
    known = {
        field: column
        for field, column in columns.items()
        if form.asked[field].element not in hidden and not _is_reserved(column)
    }
    path = folder / f"{stem(form.contract.id, campaign, finess)}.xlsx"
    filled = fill(form, esms, campaign, known, now)
    owner_only.write(path, workbook(filled, returned_forms.key(home, make=True), now))
    return path


def _hidden(connection: duckdb.DuckDBPyConnection, finess: str) -> set[str]:
    """The elements whose values of an ESMS stay in the warehouse."""
    rows = connection.execute(
        "SELECT code FROM dlnuf.dlnuf_secret WHERE unite = 'ET' AND genre = 'element' AND unite_id = ?", [finess]
    ).fetchall()
    return {code for (code,) in rows}


def _is_reserved(column: Column) -> bool:
    return any(said.reserved for said in column.candidates)
