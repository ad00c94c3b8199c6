"""Forms of many ESMS, given out from a home and given back to it, and what its layer says of them.

Belongs here: giving out, reading the layer. Does not belong here: what is done to a form in between, assertions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from data_contracts.collection_forms import Form
from ingest.home import Home
from ingest.returned_forms import key
from orchestration.forms import known_columns, production
from orchestration.forms.filled import FilledForm, fill
from orchestration.forms.form_workbook import FormWorkbooks
from orchestration.forms.known_columns import Esms

Layer = dict[tuple[str, ...], tuple[Any, ...]]
_BATCH = 100


def later(home: Home) -> datetime:
    """A day after the last answer that the home received: forms come back after what filled them."""
    ((last,),) = _rows(home.warehouse, "SELECT max(greatest(recu_le, collecte_le)) FROM raw.livraisons")
    return last.replace(tzinfo=UTC) + timedelta(days=1)


def asked(home: Home, form: Form, most: int) -> list[Esms]:
    """Some of the ESMS that a form asks, in equal parts of each public."""
    with known_columns.opened(home) as connection:
        esms = known_columns.asked(connection, form)
    publics = dict.fromkeys(each.public for each in esms)
    sorted_so = [each for public in publics for each in esms if each.public == public]
    return sorted(sorted_so[:: max(1, len(esms) // most)][:most], key=lambda each: each.finess)


def given_out(
    home: Home, form: Form, esms: list[Esms], campaign: int, on: datetime, folder: Path
) -> Iterator[tuple[Path, FilledForm]]:
    """The workbook of each, in a folder, and what it was filled with."""
    folder.mkdir(parents=True, exist_ok=True)
    workbooks = FormWorkbooks(form, key(home, make=True))
    with known_columns.opened(home) as connection:
        for start in range(0, len(esms), _BATCH):
            batch = esms[start : start + _BATCH]
            numbers = [each.finess for each in batch]
            columns = known_columns.columns(connection, form, numbers, campaign - 1, before=False)
            own = known_columns.told(connection, form, numbers, campaign - 1)
            for each in batch:
                filled = fill(form, each, campaign, columns.get(each.finess, {}), on, own.get(each.finess))
                path = folder / f"{production.stem(form.contract.id, campaign, each.finess)}.xlsx"
                path.write_bytes(workbooks.of(filled, on))
                yield path, filled


def layer(warehouse: Path, finess: Iterable[str], year: int) -> Layer:
    """ESMS, element, component, time basis, perimeter -> value, source, status of what is retained of a year."""
    rows = _rows(
        warehouse,
        """SELECT unite_id, element_id, composante, base_temporelle, perimetre, valeur, source, statut
           FROM dlnuf.dlnuf_valeurs
           WHERE unite = 'ET' AND millesime = $1 AND unite_id IN (SELECT unnest($2::VARCHAR[]))""",
        year, list(finess),
    )  # fmt: skip
    return {row[:5]: row[5:] for row in rows}


def _rows(warehouse: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(query, list(values)).fetchall()
