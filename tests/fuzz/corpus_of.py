"""The corpus: a few lines of each kind of delivery that the generator makes, and of every other form that is read.

Belongs here: making the files of `corpus/`, which are committed, and reading them. Does not belong here: what is done
to them (`mutations`), what is expected (`attempt`). `python -m tests.fuzz.corpus_of` writes them again.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from data_contracts.loading import load_contracts
from tests.fuzz.attempt import received_as

FOLDER = Path(__file__).resolve().parent / "corpus"
_LINES, _RECORDS = 6, 4


@dataclass(frozen=True)
class Seed:
    """A small valid delivery. name: its own, which may say its year."""

    name: str
    content: bytes = field(repr=False)


def seeds() -> list[Seed]:
    """The corpus, in the order of its names."""
    return [Seed(path.name, path.read_bytes()) for path in sorted(FOLDER.iterdir())]


def short(content: bytes) -> bytes:
    """The beginning of a delivery, still whole: its first lines, records or resources (the first of each kind)."""
    if content.startswith(b"\x1f\x8b"):
        return gzip.compress(short(gzip.decompress(content)), mtime=0)
    if content.startswith(codecs.BOM_UTF16_LE):
        return short(content.decode("utf-16").encode()).decode().encode("utf-16")
    if content.lstrip()[:1] == b"[":
        return json.dumps(json.loads(content)[:_RECORDS], ensure_ascii=False).encode()
    if content.lstrip()[:1] == b"{":
        return json.dumps(_short_object(json.loads(content)), ensure_ascii=False).encode()
    return b"".join(content.splitlines(keepends=True)[:_LINES])


def _short_object(whole: dict[str, Any]) -> dict[str, Any]:
    if "entry" not in whole:
        return {key: value[:1] if isinstance(value, list) else value for key, value in whole.items()}
    of_kind: dict[str, Any] = {}
    for entry in whole["entry"]:
        resource = entry["resource"]
        kind = f"{resource['resourceType']} {resource.get('meta', {}).get('profile')}"
        of_kind.setdefault(kind, entry)
    return {**whole, "entry": list(of_kind.values())}


def _others() -> dict[str, bytes]:
    """Forms that the generator does not make: workbooks, Parquet, FINESS XML and CSV, CDA."""
    import polars as pl
    from openpyxl import Workbook

    from tests.unit.readers import examples, test_crosstab, test_finess_csv, test_finess_xml, test_series

    prices = pl.DataFrame(
        {
            "finess_et": ["010002228", "010004059", None],
            "prix_heb_perm_cs": [61.25, 70.5, float("nan")],
            "departement": ["01", "01", "2A"],
            "libdepartement": ["Ain", "Ain", "Corse-du-Sud"],
            "dateouv": [date(1999, 1, 4), None, date(2020, 12, 31)],
        }
    )
    occupation, workbook, parquet = Workbook(), io.BytesIO(), io.BytesIO()
    assert occupation.active is not None
    occupation.active.append(["FINESS", "TAUX_OCC_TRIMESTRE3", "NB_LITS_AUTORISES_INSTALLES", "TAUX_OCC_2022"])
    occupation.active.append(["010002228", 97.5, 80, 96.2])
    occupation.active.append(["010004059", "88,1", 60, None])
    occupation.save(workbook)
    population = test_crosstab.table([("01", "Ain", *test_crosstab.numbers(1))])
    prices.write_parquet(parquet)
    return {
        "cnsa_occupation_2023.xlsx": workbook.getvalue(),
        "estim-pop-dep-sexe-aq.xlsx": test_crosstab.book(test_crosstab.sheet_of(2024, population)),
        "drees_aide_sociale.xlsx": test_series.book(("Tab5-pa", test_series.HOME)),
        "prix-ehpad-2023.parquet": parquet.getvalue(),
        "etalab-cs1100507-stock-20230110-0335.csv": test_finess_csv.FILE.encode(),
        "finess_cs1400105_stock_20260108-0435.xml": test_finess_xml.EQUIPMENTS.encode(),
        "tddui_dossier.json": examples.as_bytes(examples.bundle(*examples.dossier())),
        "tddui_cda.xml": examples.CDA.encode(),
        "tddui_documents.json": examples.as_bytes(
            examples.bundle(examples.entry("d1", examples.document_reference(examples.CDA.encode())))
        ),
    }


def main() -> None:
    """Writes the corpus again."""
    from witness.generate import generate, to_be_refused

    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    contracts, known = load_contracts(), set()
    with tempfile.TemporaryDirectory() as made:
        generate(made, departements=("48",), seed=3)
        spoiled = {Path(each.livraison).name for each in to_be_refused(Path(made))}
        for path in sorted((Path(made) / "livraisons").rglob("*")):
            if path.is_file() and path.name not in spoiled and path.suffix != ".xlsx":  # cut, no workbook is one
                kept = FOLDER / path.name
                kept.write_bytes(short(path.read_bytes()))
                received = received_as(contracts, kept)
                kind = (received.source, received.layout) if received else None
                if kind is None or kind in known:
                    kept.unlink()
                known.add(kind)
    for name, content in _others().items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
