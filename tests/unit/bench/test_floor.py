"""The floor reads every kind of file that is delivered."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb

from witness.bench import floor


def test_every_file_is_read_as_it_is_and_written(tmp_path: Path) -> None:
    deliveries, out = tmp_path / "livraisons", tmp_path / "sortie"
    (deliveries / "sous").mkdir(parents=True)
    (deliveries / "a.csv").write_bytes("finess;nom\n010000001;Établissement d’Œuvre\n".encode("cp1252"))
    (deliveries / "b.csv").write_bytes("finess;nom\n010000002;Établissement\n010000003;Été\n".encode())
    (deliveries / "b2.txt").write_bytes("\ufeffDOSSIER\tMOTIF\n1\tDÉCÈS\n".encode("utf-16-le"))
    (deliveries / "c.csv.gz").write_bytes(gzip.compress(b"annee;population\n2024;12\n"))
    (deliveries / "sous" / "d.json.gz").write_bytes(
        gzip.compress(b'{"version": "1", "pmej": [{"n": "01"}, {"n": "2"}]}')
    )
    floor.main(deliveries, out)
    said = json.loads((out / "plancher.json").read_text(encoding="utf-8"))
    assert said["rows"] == 1 + 2 + 1 + 1 + 1
    assert said["bytes"] == sum(path.stat().st_size for path in deliveries.rglob("*.*"))
    assert said["wall_s"] > 0
    assert duckdb.execute(f"select * from '{out / '0.parquet'}'").fetchall() == [
        ("010000001", "Établissement d’Œuvre")
    ]  # text, whatever it looks like
    assert duckdb.execute(f"select * from '{out / '2.parquet'}'").fetchall() == [("1", "DÉCÈS")]
