"""The two entry points: what a file is, and its rows.

Belongs here: the choice of a reader. Does not belong here: reading (one module for each family of files).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from ingest.read import (
    cda,
    cda_header,
    crosstab,
    csv_file,
    csv_produit,
    fhir,
    finess_json,
    finess_xml,
    geojson,
    json_file,
    parquet_file,
    series,
    xlsx_file,
)
from ingest.read.frames import Document, LayoutLike, Table, UnreadableFile, within_limits
from ingest.read.opening import family

_SNIFF = {
    "csv": csv_file.sniff,
    "xlsx": xlsx_file.sniff,
    "parquet": parquet_file.sniff,
    "json": json_file.sniff,
    "xml": finess_xml.sniff,
}
# Reader named by a layout -> (families of its files, function).
_READ = {
    "csv": (("csv",), csv_file.read),
    "csv_produit": (("csv", "xlsx"), csv_produit.read),
    "xlsx": (("xlsx",), xlsx_file.read),
    "crosstab": (("xlsx",), crosstab.read),
    "series": (("xlsx",), series.read),
    "parquet": (("parquet",), parquet_file.read),
    "json_records": (("json",), json_file.read),
    "geojson": (("json",), geojson.read),
    "finess_json": (("json",), finess_json.read),
    "finess_xml": (("xml",), finess_xml.read),
    "fhir_bundle": (("json",), fhir.read),
    "cda": (("xml", "json"), cda.read),
}
FAMILIES = {reader: families for reader, (families, _) in _READ.items()}


def sniff(path: Path) -> Document:
    """What a delivered file is, from its content, inside its gzip if it has one.

    Raises:
        UnreadableFile: empty, truncated, undecodable, a web page, over a limit, or of no family that is read here.
    """
    with within_limits(path):
        if (header := cda_header.header_of(path)) is not None:
            content = "cda" if header.is_tddui else ""
            facts = {"root": cda_header.ROOT, "content": content, "document": header.code or ""}
            return Document("xml", None, None, facts)
        return _SNIFF[family(path)](path)


def tables_of(
    path: Path, layout: LayoutLike, entities: Sequence[str] | None = None, knows: xlsx_file.Knows | None = None
) -> Iterator[Table]:
    """Rows of the wanted entities of a file (by default all those of the layout), at most 100 000 per table.

    Each entity gives at least one table, which is empty when the file holds no row of it. Rows of one entity come in
    the order of the file (in a workbook, first the table, then what is not read), and `_ligne` is unique among them.

    knows: whether titles are those that the contract expects, to find the table among the sheets of a workbook.

    Raises:
        UnreadableFile: at once, or later when the file turns out to be truncated; what was yielded before must then be
            dropped.
    """
    expected, reader = _READ[layout.reader]
    with within_limits(path):
        # A CDA is recognised by its root first, because its comments and its <title> look like those of a web page.
        actual = "xml" if cda_header.header_of(path) is not None else family(path)
        if actual not in expected:
            wanted = " ou ".join(expected)
            what = f"fichier {actual} là où la forme « {layout.code} » attend {wanted}"
            raise UnreadableFile(path, what, "déposer le fichier d'origine")
        if reader in (xlsx_file.read, csv_produit.read):
            reader = partial(reader, knows=knows)
        yield from reader(path, layout, list(entities or layout.entities))
