"""What each publication held of the counts of persons, kept for the next one.

Belongs here: the folder of what is held, reading it, writing it; holding then hiding. Does not belong here: what
holding is (`held_counts`), what hiding is (`small_numbers`).

What is held says what was hidden, so that it stands beside the warehouse and never in a publication.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from data_contracts.disclosure import HELD, WITNESS
from data_contracts.loading import Product
from orchestration.publication import held_counts, small_numbers
from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.manifest import Manifest


def read(folder: Path, previous: Manifest | None, minimum: int) -> dict[str, pl.DataFrame]:
    """What a publication held, by product; nothing when none came before, or when it had another threshold.

    Raises PublicationBlocked: it cannot be read.
    """
    if previous is None or previous.software.get("seuil_personnes") != str(minimum):
        return {}
    frames: dict[str, pl.DataFrame] = {}
    for path in sorted((folder / previous.version).glob("*.parquet")):
        try:
            frames[path.stem] = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise PublicationBlocked(
                "les effectifs que tient la publication précédente sont illisibles.",
                [
                    f"{path} : {error}. Remède : restaurez ce fichier d'une sauvegarde. À défaut, supprimez le dossier "
                    f"{path.parent} : la publication suivante dira les effectifs connus, sans rien tenir, et son "
                    "rapport d'acceptation ce qui a changé de peu de personnes (docs/secret.md)."
                ],
            ) from error
    return frames


def protected(
    products: Sequence[Product],
    frames: Mapping[str, pl.DataFrame],
    former: Mapping[str, pl.DataFrame],
    minimum: int,
    today: date,
    keep: Path,
) -> dict[str, pl.DataFrame]:
    """The rows of products about persons as they may be published, after those of the publication before.

    What is held is written in the folder `keep`. Raises PublicationBlocked.
    """
    rows = _held(products, frames, former, minimum, today, still=False)
    try:
        safe = small_numbers.protected(products, rows, minimum)
    except PublicationBlocked:
        if not former:
            raise
        # What was told before would give what is now to be hidden: what was published stays as it was.
        rows = _held(products, frames, former, minimum, today, still=True)
        safe = small_numbers.protected(products, rows, minimum)
    keep.mkdir(parents=True, exist_ok=True)
    for name, frame in rows.items():
        columns = [c for c in frame.columns if c not in (WITNESS, small_numbers.TOLD)]
        frame.select(columns).with_columns(safe[name][WITNESS]).write_parquet(keep / f"{name}.parquet")
    return safe


def _held(
    products: Sequence[Product],
    frames: Mapping[str, pl.DataFrame],
    former: Mapping[str, pl.DataFrame],
    minimum: int,
    today: date,
    *,
    still: bool,
) -> dict[str, pl.DataFrame]:
    rows: dict[str, pl.DataFrame] = {}
    for together in small_numbers.together(products):
        tables = {
            p.id: small_numbers.Table(frames[p.id], p.disclosure, p.primary_key)
            for p in together
            if p.disclosure is not None
        }
        least = max(small_numbers.threshold_of(t.declared, minimum) for t in tables.values())
        alike = {name: former[name] for name in tables if _is_of(tables[name].frame, former.get(name))}
        rows |= held_counts.hold(tables, alike, least, small_numbers.parents(), today, still=still)
    return rows


def _is_of(frame: pl.DataFrame, former: pl.DataFrame | None) -> bool:
    """Whether what was held has the columns of what is published now."""
    return former is not None and {*frame.columns, HELD, WITNESS} == {*former.columns}


def keep(written: Path, final: Path) -> None:
    """Gives what a publication holds the name of that publication, which stands only afterwards."""
    if final.exists():
        shutil.rmtree(final)  # of a publication that died before it stood
    for path in (*written.iterdir(), written):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    written.rename(final)


def prune(folder: Path, versions: Collection[str]) -> None:
    """Removes what is held for no version that stands."""
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in versions:
            shutil.rmtree(path)
