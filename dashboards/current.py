"""Which publication is current, where its files are, and whether they are those that were published.

Belongs here: the pointer file, the manifest and the descriptor of the open data.
Does not belong here: reading the tables (`queries`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from ingest.home import Home
from ingest.store import seals


class NoPublicationError(Exception):
    """There is nothing to show yet; the message says why."""


@dataclass(frozen=True)
class Publication:
    """One immutable publication."""

    version: str
    published_at: datetime | None
    folder: Path

    def table(self, name: str) -> Path:
        return self.folder / "marts" / f"{name}.parquet"

    def listed_tables(self) -> set[str]:
        """The tables that the publication has, according to its manifest; none when there is no manifest."""
        paths = [Path(f["path"]) for f in _json(self.folder / "manifest.json").get("files") or []]
        return {path.stem for path in paths if path.parts[:1] == ("marts",)}

    def damage(self) -> str | None:
        """A file that is not as it was published, and how, in French; None when all are."""
        manifest = _json(self.folder / "manifest.json")
        try:
            sealed = {f["path"]: seals.Seal(bytes=f["bytes"], sha256=f["sha256"])
                      for f in (*manifest["files"], *manifest["documents"])}  # fmt: skip
        except (KeyError, TypeError):
            return "manifest.json ne se lit pas"
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and name not in (*sealed, "manifest.json"):
                return f"{name} n'est pas d'elle"
        found = ((name, seals.damage(self.folder / name, seal)) for name, seal in sealed.items())
        return next((f"{name}, {what}" for name, what in found if what), None)

    def previous(self) -> Publication | None:
        """The publication that this one took the place of, when its files are still there."""
        version = str(_json(self.folder / "manifest.json").get("previous_version") or "")
        folder = self.folder.parent / version
        if not version or folder.parent != self.folder.parent or not (folder / "marts").is_dir():
            return None
        return Publication(version, _instant(_json(folder / "manifest.json").get("created_at")), folder)

    @property
    def threshold(self) -> int | None:
        """Under how many persons a count was hidden, when the publication says it."""
        written = str((_json(self.folder / "manifest.json").get("software") or {}).get("seuil_personnes"))
        return int(written) if written.isdecimal() else None

    def open_file(self, name: str) -> Path:
        """File of an open dataset. Raises KeyError when the publication does not open it."""
        return {d["name"]: self.folder / "open_data" / d["path"] for d in self.open_datasets()}[name]

    def open_datasets(self) -> list[dict[str, Any]]:
        """The datasets that are open to all and whose files are there.

        They are as in the Data Package descriptor of the publication: name, path, title, description, rowCount, bytes,
        hash, usageWarnings, schema.
        """
        described = _json(self.folder / "open_data" / "datapackage.json").get("resources") or []
        return [d for d in described if (self.folder / "open_data" / d["path"]).is_file()]


@lru_cache(maxsize=8)
def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def current_publication(home: Home | None = None) -> Publication:
    """The publication that current.json names. It is read at each call, so that a new one is seen without a restart.

    Raises:
        NoPublicationError: nothing is published yet, or the pointer cannot be followed.
    """
    root = (home or Home.from_env()).publication
    pointer = root / "current.json"
    try:
        content = json.loads(pointer.read_text(encoding="utf-8"))
        version = str(content["version"])
    except FileNotFoundError:
        raise NoPublicationError("Aucune publication n'est disponible pour l'instant.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise NoPublicationError("Le fichier current.json (publication courante) est illisible.") from None
    folder = root / version
    if folder.parent != root or not (folder / "marts").is_dir():
        raise NoPublicationError(f"La publication {version} est désignée comme courante, mais ses fichiers manquent.")
    return Publication(version, _instant(content.get("published_at")), folder)


def _instant(text: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
