"""What the tests of the generator share: one généré département, read back without any of our readers."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests import shared
from tests.shared import generated
from witness.generate import Summary

ENCODINGS = {"export-tdbesms": "cp1252", "ANN_CA": "cp1252"}


@dataclass(frozen=True)
class Generation:
    """A generation on disk, and plain ways to read what it wrote."""

    folder: Path
    summary: Summary

    def truth(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "verite" / f"{name}.parquet")

    def raw_lines(self, name: str) -> list[str]:
        """Physical lines of a delivered CSV, without their end of line."""
        encoding = next((e for start, e in ENCODINGS.items() if name.startswith(start)), "utf-8")
        text = (self.folder / "livraisons" / name).read_bytes().decode(encoding)
        return text.replace("\r\n", "\n").removesuffix("\n").split("\n")

    def rows(self, name: str) -> list[list[str]]:
        """Cells of a delivered CSV, titles first."""
        return list(csv.reader(io.StringIO("\n".join(self.raw_lines(name))), delimiter=";"))

    def document(self, name: str) -> dict[str, Any]:
        with gzip.open(self.folder / "livraisons" / name, "rt", encoding="utf-8") as stream:
            return json.load(stream)

    @cached_property
    def ledger(self) -> list[dict[str, str]]:
        with (self.folder / "verite" / "defauts.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream, delimiter=";"))

    @cached_property
    def csv_names(self) -> list[str]:
        """Delivered CSV, those about persons apart."""
        return [n for n in self.summary.deliveries if n.lower().endswith(".csv") and not n.startswith("personnes/")]

    def persons_file(self, start: str) -> str:
        """The delivery about persons whose name starts so, in the first département."""
        return next(n for n in self.summary.deliveries if n.startswith("personnes/") and Path(n).name.startswith(start))


@pytest.fixture(scope="session")
def departement(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    return Generation(*generated(tmp_path_factory, "departement", seed=1))


@pytest.fixture(scope="session")
def lozere(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """A département of few establishments."""
    return Generation(*shared.lozere(tmp_path_factory))


@pytest.fixture(scope="session")
def islands(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """Corsica and overseas: letters in numbers, other roots, other projections."""
    return Generation(*generated(tmp_path_factory, "iles", departements=("2A", "2B", "974", "976"), seed=3))
