"""Workbooks of figures: what `crosstab` and `series` share, from the figures of their sheets to frames.

Belongs here: going through the sheets, framing, what is said of rows that hold no figure. Does not belong here: where a
sheet holds its figures (`crosstab`, `series`), opening, cells to text (`workbook`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ingest.read import workbook
from ingest.read.frames import REMEDY, LayoutLike, Rows, Table, UnreadableFile
from ingest.read.workbook import Row, Sheet
from ingest.read.xlsx_file import is_left

HIDDEN = (
    f"feuille « {{}} » masquée : elle n'est pas lue.{REMEDY}La retirer du classeur ; si elle est à lire, l'afficher."
)
HIDDEN_ROW = f"ligne masquée dans le classeur, lue comme les autres.{REMEDY}Vérifier qu'elle est à déclarer."

Figure = tuple[dict[str, str | None], str, str | None, str | None]  # values, cell or row, defect, remark


def read(
    path: Path, layout: LayoutLike, entity: str, columns: Sequence[str], figures: Callable[[Sheet], Iterator[Figure]]
) -> Iterator[Table]:
    """One row a figure, `_ligne` being its rank and `_chemin` its cell (« 2022!C6 »); an empty cell is a row too."""
    rows = Rows(entity, columns)
    with workbook.opened(path) as sheets:
        for sheet in sheets:
            if is_left(sheet.name, layout.options):
                continue
            for values, place, defect, remark in figures(sheet):
                rows.add(values, path=f"{sheet.name}!{place}", defect=defect, remark=remark)
                if rows.full:
                    yield rows.take()
    if not rows.count:
        raise UnreadableFile(
            path, "classeur sans aucune feuille de données remplie", "vérifier l'export, puis redéposer le classeur"
        )
    if not rows.empty:
        yield rows.take()


def unread(row: Row, names: Sequence[str], reason: str) -> Figure:
    """A row that is no row of figures, whole, under the names of the columns on the left."""
    return dict(zip(names, row.texts, strict=False)), str(row.number), reason, None
