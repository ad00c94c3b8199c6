"""One damaged value never blocks a publication: every field of every delivery is spoilt at once, and the run publishes.

Case of the field: the SIRET « 2,601E+13 » of a FINESS file that went through a spreadsheet stopped everything. Each
field of each table is given five values that it should not hold, in rows of their own; the fields that make a row, in
the last rows. What the gate out demands is then held by the run itself: a rule that a delivery can break would stop it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from data_contracts.loading import Contract, Field, load_contracts
from data_contracts.titles import title_key
from ingest import judging
from ingest.home import Home
from ingest.protect import keyrings
from ingest.read import LayoutLike, Table, tables_of
from ingest.read.xlsx_file import Knows
from ingest.receive import delivery
from orchestration.run import RunOutcome, run
from tests.instants import NOW
from tests.shared import lozere, read_in_this_process, read_project, with_dbt_read

pytestmark = pytest.mark.lent

NUMBERS = ("-5", "999999999", "1e30", "12abc", "1950,5")
DATES = ("01/01/0001", "31/12/9999", "2999-01-01", "00/00/0000", "05/05/1850")
WRONG = {
    "string": ("2,601E+13", "n'importe quoi", "0", "-1", "A" * 300),
    "integer": NUMBERS, "number": NUMBERS, "date": DATES, "timestamp": DATES,
    "boolean": ("peut-être", "2", "-1", "oui non", "0"),
}  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """A wrong value, where it was put."""

    table: str
    field: Field
    line: int
    value: str


@dataclass
class Spoiler:
    """Reads as the pipeline does, and spoils what was read."""

    contracts: dict[str, Contract] = field(default_factory=load_contracts)
    planted: list[Planted] = field(default_factory=list)

    def read(
        self, path: Path, layout: LayoutLike, entities: Sequence[str], knows: Knows | None = None
    ) -> Iterator[Table]:
        contract = next(c for c in self.contracts.values() if layout in c.layouts)
        for table in tables_of(path, layout, entities, knows):
            yield replace(table, frame=self._spoilt(table, contract, layout.code))

    def _spoilt(self, table: Table, contract: Contract, layout: str) -> pl.DataFrame:
        frame, entity = table.frame, contract.entity(table.entity)
        carried = contract.fields_in(contract.layout(layout), entity)
        delivered = [name for name in frame.columns if not name.startswith("_")]
        titles = {title_key(name): name for name in delivered}
        columns: dict[str, pl.Series] = {}
        for rank, spoilt in enumerate(entity.fields if frame.height >= 12 else ()):
            column = carried.get(spoilt.name)
            names = (str(column), *spoilt.aliases)
            actual = next((titles[title_key(name)] for name in names if title_key(name) in titles), None)
            if actual is None and isinstance(column, int):
                actual = delivered[column - 1]
            if actual is None or actual in columns:
                continue
            values = frame[actual].cast(pl.String).to_list()
            for turn, wrong in enumerate(WRONG[spoilt.logical_type]):
                at = frame.height - 1 - turn if entity.makes_row(spoilt) else (rank * 7 + turn * 3) % frame.height
                values[at] = wrong
                self.planted.append(Planted(f"{contract.id}__{entity.name}", spoilt, frame["_ligne"][at], wrong))
            columns[actual] = pl.Series(actual, values, dtype=pl.String)
        return frame.with_columns(columns.values())


@dataclass(frozen=True)
class Run:
    """What came of a run over spoilt deliveries."""

    outcome: RunOutcome
    home: Home
    planted: list[Planted]


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("porte")
    generation, _ = lozere(tmp_path_factory)
    home, spoiler = with_dbt_read(Home(root / "var"), read_project(tmp_path_factory)), Spoiler()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLNUF_CLES", str(root / "cles" / "cles.json"))
        keyrings.create(now=NOW)
        delivery.deliver([generation / "livraisons"], home, now=NOW)
        read_in_this_process(patch)
        patch.setattr(judging, "tables_of", spoiler.read)
        return Run(run(home, now=NOW), home, spoiler.planted)


def test_the_run_publishes(spoilt: Run) -> None:
    assert len(spoilt.planted) > 4_000
    assert len({(p.table, p.field.name) for p in spoilt.planted}) > 780
    assert spoilt.outcome.published


def test_nothing_disappears(spoilt: Run) -> None:
    with duckdb.connect(str(spoilt.home.warehouse), read_only=True) as warehouse:
        unbalanced = warehouse.sql(
            "select source from raw.livraisons where statut = 'accepted' and n_lues <> n_acceptees + n_rejetees"
        ).fetchall()
        assert unbalanced == []
        refused = warehouse.sql("select count(*) from raw.rejets").fetchall()
        aside = warehouse.sql("select count(*) from raw.signalements where effet = 'non_utilisee'").fetchall()
    assert refused[0][0] > 100
    assert aside[0][0] > 1_000


def test_a_value_outside_its_domain_is_nowhere_in_the_warehouse(spoilt: Run) -> None:
    """Whatever a product demands by a domain, its source demanded: the wrong value is aside, or its row is."""
    contracts = load_contracts()
    told = [p for p in spoilt.planted if p.field.domain and not contracts[p.table.split("__")[0]].personal]
    assert {p.field.domain.name for p in told if p.field.domain} >= {
        "finess", "siret", "commune", "code_postal", "departement", "region", "longitude", "latitude",
    }  # fmt: skip
    kept = []
    with duckdb.connect(str(spoilt.home.warehouse), read_only=True) as warehouse:
        for planted in told:
            pattern, least, most = (planted.field.option(o) for o in ("pattern", "minimum", "maximum"))
            if pattern:
                wrong = f"not regexp_full_match({planted.field.name}, '{pattern}')"
            else:
                wrong = f"not {planted.field.name} between {least} and {most}"
            if warehouse.sql(f"select 1 from raw.{planted.table} where {wrong} limit 1").fetchall():
                kept.append((planted.table, planted.field.name))
    assert kept == []
