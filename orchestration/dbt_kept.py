"""What dbt keeps of the project from one run to the next, and whether it is as it was written.

Belongs here: the manifest that the asset graph is drawn from, what dbt read of the project (`partial_parse.msgpack`).
Does not belong here: making them (`dbt_runtime`, `assets`). All else in the folder of dbt is written anew each time.

The manifest bears its SHA-256 in its name: code locations of the Dagster service read it while a run works. What dbt
read is sealed once dbt ended; without a seal, dbt failed or was killed while it could write it, and it is not trusted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.home import Home
from ingest.receive.landing import sha256_of, write_json
from ingest.store import seals


def manifest(home: Home, project: str) -> Path | None:
    """The manifest of the project that has this digest; None when it is not there whole."""
    return next((path for path in _manifests(home).glob(f"{project}-*.json") if _is_whole(path)), None)


def keep_manifest(home: Home, project: str, made: Path) -> Path:
    """Moves the manifest that dbt just made to its place, where it replaces the others."""
    path = _manifests(home) / f"{project}-{sha256_of(made)[:16]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(made, path)
    for other in path.parent.glob("*.json"):
        if other != path:
            other.unlink(missing_ok=True)
    return path


@contextmanager
def in_use(home: Home) -> Iterator[None]:
    """dbt works inside this block: it finds nothing damaged, and what it leaves is sealed when it ended."""
    mend(home)
    _seal(home).unlink(missing_ok=True)
    yield
    if _parsed(home).exists():
        write_json(_seal(home), seals.seal(_parsed(home)))


def mend(home: Home) -> list[str]:
    """Removes what is not as it was written, and says so in French, a sentence each: dbt reads the project again."""
    spoilt: list[Path] = []
    for path in _manifests(home).glob("*.json"):
        if "-" not in path.stem:  # an earlier version kept it, without its SHA-256
            path.unlink()
        elif not _is_whole(path):
            spoilt.append(path)
    parsed, seal = _parsed(home), _seal(home)
    if parsed.exists():
        sealed = _sealed(seal)
        if sealed is None:  # dbt did not end, or an earlier version kept it: nothing is known of what it left
            parsed.unlink()
        elif seals.damage(parsed, sealed):
            spoilt.append(parsed)
    for path in spoilt:
        path.unlink(missing_ok=True)
    return [f"{path.relative_to(home.root)} est abîmé : dbt relit son projet." for path in spoilt]


def _sealed(path: Path) -> seals.Seal | None:
    try:
        node = json.loads(path.read_text(encoding="utf-8"))
        return seals.Seal(bytes=int(node["bytes"]), sha256=str(node["sha256"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _is_whole(path: Path) -> bool:
    return path.stem.endswith(f"-{sha256_of(path)[:16]}")


def _manifests(home: Home) -> Path:
    return home.dbt / "manifest"


def _parsed(home: Home) -> Path:
    return home.dbt / "target" / "partial_parse.msgpack"


def _seal(home: Home) -> Path:
    return home.dbt / "sceau.json"
