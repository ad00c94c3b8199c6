"""What the figures are compared with: the floor, and the same resolution in pandas.

Belongs here: running the comparisons, and checking that they compare the same thing. Does not belong here: what they
execute (`floor`, `pandas_resolution`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import duckdb

from witness.bench import process_tree
from witness.bench.pandas_resolution import QUESTION, SINGLE
from witness.bench.process_tree import BenchFailed
from witness.installation import Installation

# The columns that are compared, beside those of the question: the value, where it comes from, what is said of it. A gap
# is compared to six decimals, as observations are written.
VALUES = ("valeur_nombre", "valeur_texte", "valeur_date", "source", "delivery_id", "ligne", "regle", "statut",
          "n_reponses", "n_collectes", "unite_mesure", "alerte")  # fmt: skip
LOSERS = ("source", "delivery_id", "ligne", "champ", "valeur_nombre", "valeur_texte", "valeur_date", "motif",
          "est_dans_tolerance", "round(ecart, 6) + 0.0")  # fmt: skip


def floor(deliveries: Path, workshop: Path) -> dict[str, float]:
    """Seconds that DuckDB takes to read the deliveries and write them as Parquet, with the bytes and rows read."""
    module = "witness.bench.floor"
    process_tree.run([sys.executable, "-m", module, deliveries, workshop / "plancher"], workshop / "plancher.log")
    return json.loads((workshop / "plancher" / "plancher.json").read_text(encoding="utf-8"))


def pandas(home: Installation, workshop: Path, *, single_first: bool) -> dict[str, Any]:
    """Seconds and memory that pandas takes to resolve the observations of a home, and how many rows differ."""
    given, made = workshop / "observations", workshop / "pandas"
    export(home, given)
    words = [sys.executable, "-m", "witness.bench.pandas_resolution", given, made]
    try:
        done = process_tree.run([*words, *([SINGLE] if single_first else [])], workshop / "pandas.log")
    except BenchFailed as error:  # there are too many observations for the memory of this machine; the report says so
        return {"wall_s": None, "peak_mb": None, "differences": None, "failed": str(error)}
    wall = json.loads((made / "pandas.json").read_text(encoding="utf-8"))["wall_s"]
    return {"wall_s": wall, "peak_mb": done.peak_mb, "differences": differences(home, made)}


def export(home: Installation, folder: Path) -> None:
    """Write as Parquet what the resolution starts from."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"observations": "intermediate.int_observations"}
    wanted |= {name: f"seeds.{name}" for name in ("elements", "precedence", "ordres")}
    with _warehouse(home) as connection:
        for name, table in wanted.items():
            connection.execute(f"copy (select * from {table}) to '{folder / name}.parquet' (format parquet)")


def _warehouse(home: Installation) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(home.warehouse), read_only=True, config={"threads": 2, "memory_limit": "6GB"})


def differences(home: Installation, made: Path) -> int:
    """Number of rows that one of the two resolutions has and the other has not, over both tables."""
    total = 0
    with _warehouse(home) as connection:
        for table, columns in (("dlnuf_valeurs", VALUES), ("dlnuf_reponses_ecartees", LOSERS)):
            listed = ", ".join([*QUESTION, *columns])
            ours = f"select {listed} from dlnuf.{table}"
            theirs = f"select {listed} from read_parquet('{made / table}.parquet')"
            if not _same(connection, ours, theirs):
                total += _apart(connection, ours, theirs) + _apart(connection, theirs, ours)
    return total


def _same(connection: duckdb.DuckDBPyConnection, ours: str, theirs: str) -> bool:
    """Whether two sets of rows have the same size and the same sum of digests.

    This is much faster than comparing the rows.
    """
    sides = connection.execute(
        "select side, count(*), sum(cast(hash(*columns(* exclude (side))) as hugeint)) from"
        f" (select 1 as side, * from ({ours}) union all select 2, * from ({theirs})) group by side"
    ).fetchall()
    return len(sides) != 1 and len({side[1:] for side in sides}) <= 1


def _apart(connection: duckdb.DuckDBPyConnection, ours: str, theirs: str) -> int:
    counted = connection.execute(f"select count(*) from ({ours} except all {theirs})").fetchone()
    return counted[0] if counted else 0
