"""The floor: DuckDB reads the delivered bytes and writes them as Parquet, in a process of its own.

Belongs here: that alone. Does not belong here: validation, types beyond those of the files, resolution. Nothing that
reads these files and keeps them can take less time.

    python -m witness.bench.floor DELIVERIES OUT -> OUT/plancher.json {"wall_s", "bytes", "rows"}
"""

from __future__ import annotations

import codecs
import json
import sys
import time
from pathlib import Path

import duckdb

THREADS = 2
WORKBOOKS = (".xlsx", ".xlsm")


def readable(path: Path, copies: Path) -> Path:
    """The file, or a copy of it in UTF-8 in `copies`, since this DuckDB reads neither Windows-1252 nor UTF-16."""
    if path.suffix in {".gz", *WORKBOOKS}:
        return path
    content = path.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError:
        encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "cp1252"
        copy = copies / path.name
        copy.write_text(content.decode(encoding, errors="replace"), encoding="utf-8", newline="")
        return copy
    return path


def reading(path: Path) -> str:
    """The DuckDB expression that reads a file: a CSV as texts, a JSON with its types, a workbook as the bytes it is."""
    quoted = "'" + str(path).replace("'", "''") + "'"
    suffixes = {suffix.lower() for suffix in path.suffixes}
    if suffixes & set(WORKBOOKS):
        return f"read_blob({quoted})"
    if suffixes & {".json", ".geojson"}:
        return f"read_json({quoted}, maximum_object_size = 4294967295)"
    return f"read_csv({quoted}, all_varchar = true, strict_mode = false, null_padding = true)"


def main(deliveries: Path, out: Path) -> None:
    """Reads every file under `deliveries`, writes each as Parquet in `out`, and writes how long that took."""
    files = sorted(path for path in deliveries.rglob("*") if path.is_file())
    out.mkdir(parents=True, exist_ok=True)
    sources = [reading(readable(path, out)) for path in files]  # before the clock starts
    rows = 0
    start = time.perf_counter()
    with duckdb.connect(config={"threads": THREADS, "preserve_insertion_order": False}) as connection:
        for number, source in enumerate(sources):
            target = out / f"{number}.parquet"
            copied = connection.execute(f"copy (select * from {source}) to '{target}' (format parquet)").fetchone()
            rows += copied[0] if copied else 0
    wall = time.perf_counter() - start
    said = {"wall_s": wall, "bytes": sum(path.stat().st_size for path in files), "rows": rows}
    (out / "plancher.json").write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
