"""ATIH: the full export of the tableau de bord, 331 columns, with the encoding and the titles of the real one.

Belongs here: the file of a campaign. Does not belong here: its questions, which are facts (`faits/tdb_colonnes.csv`).

The year in the name is that of the campaign; the data are those of the year before.
"""

from __future__ import annotations

from witness.generate import facts
from witness.generate.collectes.contents import fill
from witness.generate.collectes.questionnaire import Questionnaire, respondents
from witness.generate.defects import Fidelity
from witness.generate.sheet import Sheet
from witness.generate.streams import Integers
from witness.generate.world import World

TABLEAU = Fidelity(answering=0.83, empty=0.03, tolerated=0.06, beyond_tolerance=0.012, late=0.4)


def asked_rows(world: World, year: int) -> Integers:
    """The rows that answer the campaign on a year: the same ones in the ATIH export and in its extract by DIAMANT."""
    return respondents(world, f"tdb_esms/{year}", facts.asked_categories(), (year,), TABLEAU.answering)


def filename(year: int) -> str:
    """Name of the file of the campaign on the data of a year."""
    return f"export-tdbesms-{year + 1}-region-agg.csv"


def export(world: World, year: int) -> Sheet:
    """The export of the campaign of `year` + 1."""
    q = Questionnaire(world, asked_rows(world, year))
    fill(q, "tdb_colonnes")
    q.double_grouped()
    return Sheet(
        name=filename(year),
        columns=q.columns,
        key=4,
        units=q.finess_et,
        millesimes=q.years,
        decimal_mark=",",
        encoding="cp1252",
        line_end="\r\n",
        collecte="tdb_esms",
        table="tableau_de_bord",
        document="tdb",
        grouped=q.grouped,
    )
