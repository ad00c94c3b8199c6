"""The folder of publications: versions, staging folders, reports, and the pointer to the current one.

Belongs here: moves that survive a power cut or a `kill -9` at any instant. Does not belong here: what the files hold
(`snapshot`, `manifest`).

A publication is first written in `.staging-*`, flushed, and renamed to its version. Only then is `current.json`
replaced. So whenever the process dies, `current.json` names a whole folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.manifest import Manifest

POINTER = "current.json"
STAGING = ".staging-"
REPORTS = "rapports"
_VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")

Step = Callable[[str, Path], None]


@dataclass(frozen=True)
class Publication:
    """A published version. `published` is False when the call found that nothing had changed."""

    version: str
    path: Path
    published_at: str
    published: bool = False

    @property
    def manifest(self) -> Manifest:
        """Raises PublicationBlocked when it cannot be read."""
        try:
            return Manifest.read(self.path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PublicationBlocked(
                f"le manifeste de la version {self.version} est illisible ({error}).",
                ["Relancez « dlnuf run » : elle est publiée de nouveau."],
            ) from error


def version_id(now: datetime, content_sha256: str) -> str:
    """The name of a version: UTC instant and first digits of the content, e.g. 20261121T013000Z-1a2b3c4d."""
    return f"{now:%Y%m%dT%H%M%SZ}-{content_sha256[:8]}"


def current(folder: Path) -> Publication | None:
    """The current publication, or None before the first one.

    Raises PublicationBlocked when the pointer is unreadable or names a folder that is not there: somebody touched it.
    """
    pointer = folder / POINTER
    if not pointer.exists():
        return None
    try:
        node = json.loads(pointer.read_text(encoding="utf-8"))
        version, published_at = str(node["version"]), str(node["published_at"])
    except (ValueError, KeyError, TypeError) as error:
        raise PublicationBlocked(
            f"{pointer} est illisible ({error}).",
            ['Réécrivez-le avec une version présente ({"version": "…", "published_at": "…"}), puis relancez.'],
        ) from error
    if not (folder / version).is_dir():
        raise PublicationBlocked(
            f"{pointer} désigne la version {version}, dont le dossier n'existe plus.",
            ["Restaurez ce dossier ou désignez une version présente ; sans current.json, tout est republié."],
        )
    return Publication(version, folder / version, published_at)


def versions(folder: Path) -> list[str]:
    """The versions that stand in the folder, oldest first, whether current or not."""
    entries = folder.iterdir() if folder.exists() else ()
    return sorted(p.name for p in entries if p.is_dir() and _VERSION.fullmatch(p.name))


def open_staging(folder: Path, name: str) -> Path:
    """A new staging folder. What a dead publication left is removed. The caller must hold the lock of the home."""
    folder.mkdir(parents=True, exist_ok=True)
    for abandoned in folder.glob(f"{STAGING}*"):
        shutil.rmtree(abandoned)
    for leftover in folder.glob(f".{POINTER}*"):
        leftover.unlink()
    staging = folder / f"{STAGING}{name}"
    (staging / "marts").mkdir(parents=True)
    (staging / "open_data").mkdir()
    return staging


def seal(staging: Path, final: Path) -> None:
    """Flushes and freezes every file, then gives the folder its final name.

    Files become read-only; folders stay writable so that an owner can still delete an old version.
    """
    for path in sorted(staging.rglob("*")):
        if path.is_file():
            path.chmod(0o444)
        _flush(path)
    _flush(staging)
    staging.rename(final)
    _flush(final.parent)


def point_to(folder: Path, version: str, published_at: str, on_step: Step) -> None:
    """Makes a version current, in one replacement."""
    text = json.dumps({"version": version, "published_at": published_at}, indent=2) + "\n"
    temporary = folder / f".{POINTER}.nouveau"
    temporary.write_text(text, encoding="utf-8")
    _flush(temporary)
    on_step("pointeur_pret", temporary)
    temporary.replace(folder / POINTER)
    _flush(folder)


def save_report(folder: Path, version: str, html: str) -> Path:
    """Keeps the acceptance report of an attempt, published or blocked."""
    path = folder / REPORTS / f"{version}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html, encoding="utf-8")
    return path


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
