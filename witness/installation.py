"""An installation as anyone finds it: the files of a home, and what the project declares to people, read as files.

Belongs here: where they stand and how they are read. Does not belong here: judging or timing anything. Nothing of the
pipeline is imported: were it wrong about its own files, the witness would not be wrong with it.
"""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Published:
    """The current publication: its version, and the folder of its tables."""

    version: str
    marts: Path


@dataclass(frozen=True)
class Installation:
    """The home in `root`."""

    root: Path

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def dbt_target(self) -> Path:
        """What dbt leaves of its last run."""
        return self.root / "dbt" / "target"

    @property
    def journal(self) -> Path:
        """When each stage of the last run was at work."""
        return self.root / "journaux" / "mesures.json"

    def score(self, version: str) -> Path:
        """Where the pages look for the score of a publication."""
        return self.root / "score" / f"{version}.json"

    def published(self) -> Published | None:
        """The current publication; None before the first one."""
        pointer = self.root / "publication" / "current.json"
        if not pointer.exists():
            return None
        version = str(json.loads(pointer.read_text(encoding="utf-8"))["version"])
        return Published(version, pointer.parent / version / "marts")

    def landed(self) -> list[dict[str, Any]]:
        """The manifests of the deliveries received, in the order of reception."""
        files = (self.root / "landing").glob("*/[!.]*.json")
        found = [_json(path) for path in files if path.parent.name != "refusees"]
        return sorted(found, key=lambda each: (each["received_at"], each["delivery_id"]))

    def results(self) -> list[dict[str, Any]]:
        """What was made of each delivery: rows read, accepted, rejected, and the files that hold them."""
        return [_json(path) for path in sorted((self.lake / "deliveries").glob("[!.]*.json"))]


def declared(name: str) -> list[dict[str, str]]:
    """Rows of a table that the declarations give to the warehouse (`elements`, `precedence`), as text."""
    with (PROJECT / "dbt_project" / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file whole or not at all: whoever reads it meanwhile sees the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True), encoding="utf-8")
    temporary.replace(path)


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))
