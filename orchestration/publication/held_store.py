"""What each publication held of the counts of persons, kept for the next one.

Belongs here: the folder of what is held, reading it, writing it; holding then hiding. Does not belong here: what
holding is (`held_counts`), what hiding is (`small_numbers`).

What is held says what was hidden, so that it stands beside the warehouse and never in a publication.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from data_contracts.disclosure import HELD, WITNESS
from data_contracts.loading import Product
from orchestration.publication import held_counts, small_numbers
from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.manifest import Manifest
from orchestration.publication.product_counts import TOLD
from orchestration.publication.tied_counts import Table


@dataclass(frozen=True)
class Holding:
    """former: what the publication before held, by product. today: the day of this one. keep: the folder where what it
    holds is written, for the next."""

    former: Mapping[str, pl.DataFrame]
    today: date
    keep: Path


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
    products: Sequence[Product], frames: Mapping[str, pl.DataFrame], minimum: int, holding: Holding
) -> dict[str, pl.DataFrame]:
    """The rows of products about persons as they may be published, after those of the publication before.

    Raises PublicationBlocked.
    """
    rows = _held(products, frames, minimum, holding, still=False)
    try:
        safe = small_numbers.protected(products, rows, minimum)
    except PublicationBlocked:
        if not holding.former:
            raise
        # What was told before would give what is now to be hidden: what was published stays as it was.
        rows = _held(products, frames, minimum, holding, still=True)
        safe = small_numbers.protected(products, rows, minimum)
    holding.keep.mkdir(parents=True, exist_ok=True)
    for name, frame in rows.items():
        columns = [c for c in frame.columns if c not in (WITNESS, TOLD)]
        frame.select(columns).with_columns(safe[name][WITNESS]).write_parquet(holding.keep / f"{name}.parquet")
    return safe


def _held(
    products: Sequence[Product], frames: Mapping[str, pl.DataFrame], minimum: int, holding: Holding, *, still: bool
) -> dict[str, pl.DataFrame]:
    rows: dict[str, pl.DataFrame] = {}
    for together in small_numbers.together(products):
        tables = {p.id: Table(frames[p.id], p.disclosure, p.primary_key) for p in together if p.disclosure is not None}
        least = max(small_numbers.threshold_of(t.declared, minimum) for t in tables.values())
        alike = {
            name: held
            for name, table in tables.items()
            if (held := holding.former.get(name)) is not None and _is_of(table.frame, held)
        }
        rows |= held_counts.hold(tables, alike, least, small_numbers.parents(), holding.today, still=still)
    return rows


def _is_of(frame: pl.DataFrame, former: pl.DataFrame) -> bool:
    """Whether what was held has the columns of what is published now."""
    return {*frame.columns, HELD, WITNESS} == {*former.columns}


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
