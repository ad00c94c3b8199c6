"""The columns of a questionnaire, taken from the panel.

Belongs here: choosing the rows (who answers) and turning a variable of the truth into a column of a file.
Does not belong here: which columns a collection has.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from witness.generate.attributes import GROUPED
from witness.generate.sheet import Column, dates, declared, is_additive, unit_of_measure
from witness.generate.streams import Floats, Integers
from witness.generate.world import World


def respondents(
    world: World,
    collecte: str,
    categories: list[str] | None,
    years: tuple[int, ...],
    share: float,
    cadre: str | None = None,
) -> Integers:
    """The rows of the panel that answer a collection.

    They are those of the categories, years and account that it asks, less the ones that do not answer. The draw belongs
    to the collection and the year, so that an ET that does not answer one year may answer the next.
    """
    p = world.panel
    asked = np.isin(p.year, years)
    if categories is not None:
        asked &= np.isin(p.by_et(p.table_et["categorie"].to_numpy().astype(str)), categories)
    if cadre is not None:
        asked &= np.array([c == cadre for c in p.t["cadre"]])
    answering = world.streams.stream(f"reponse/{collecte}").random(len(p)) < share
    return np.flatnonzero(asked & answering)


@dataclass
class Questionnaire:
    """The columns of a questionnaire while they are being gathered, for some rows of the panel."""

    world: World
    rows: Integers
    columns: list[Column] = field(default_factory=list)

    def __post_init__(self) -> None:
        p = self.world.panel
        self.before = p.year_before()[self.rows]
        self.et = p.table_et[p.et[self.rows].tolist()]
        self.ej = self.world.structures.ej[p.ej[self.rows].tolist()]
        self.finess_et = self.et["finess_et"].to_numpy().astype(str)
        self.finess_ej = self.ej["finess_ej"].to_numpy().astype(str)
        self.years = p.year[self.rows]

    def number(self, title: str, variable: str | None, decimals: int, factor: float = 1.0) -> Questionnaire:
        """Add a number of the panel, divided by `factor` to be in the unit of the file."""
        assert variable is not None
        values = self.world.panel.v[variable]
        return self.values(title, values, variable, decimals, factor)

    def values(
        self, title: str, panel: Floats, variable: str | None, decimals: int, factor: float = 1.0
    ) -> Questionnaire:
        """Add a number given for every row of the panel.

        `variable` is the one of `faits/elements.csv` that it answers, if any.
        """
        before = np.where(self.before >= 0, panel[self.before], np.nan) / factor
        self.columns.append(
            Column(
                title,
                numbers=panel[self.rows] / factor + 0.0,  # never « -0 »
                decimals=decimals,
                variable=declared(variable),
                factor=factor,
                before=before,
                may_be_late=variable is not None and variable.startswith("cap_"),
                is_percentage=factor == 1 and unit_of_measure(variable) == "pct",
            )
        )
        return self

    def panel_text(self, title: str, variable: str) -> Questionnaire:
        """Add a text of the panel."""
        texts = self.world.panel.t[variable][self.rows]
        self.columns.append(Column(title, texts=texts, variable=declared(variable)))
        return self

    def date(self, title: str, variable: str, pattern: str = "%d/%m/%Y") -> Questionnaire:
        """Add a date of the panel."""
        values = dates(self.world.panel.d[variable][self.rows], pattern)
        self.columns.append(Column(title, texts=values, variable=declared(variable), is_date=True))
        return self

    def text(self, title: str, values: np.ndarray | pl.Series | list, variable: str | None = None) -> Questionnaire:
        """Add any text, one a row; `variable` is the one of `faits/elements.csv` that it answers, if any."""
        self.columns.append(Column(title, texts=np.array(list(values), dtype=object), variable=declared(variable)))
        return self

    @property
    def grouped(self) -> np.ndarray:
        """Mask of the rows whose ET answers for all its sites together."""
        return self.world.panel.t["structuration"][self.rows] == GROUPED

    def double_grouped(self) -> None:
        """Double the counts and amounts of the grouped answers, which cover two sites of the same size."""
        for column in self.columns:
            if column.numbers is not None and is_additive(column.variable):
                column.numbers = np.where(self.grouped, 2 * column.numbers, column.numbers)
                if column.before is not None:
                    column.before = np.where(self.grouped, 2 * column.before, column.before)
