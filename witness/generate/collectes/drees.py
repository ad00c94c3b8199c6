"""DREES: structure part of the EHPA survey, every fourth year (2023), for what houses or receives the elderly.

Belongs here: the file of the survey. Does not belong here: its questions, which are facts (`faits/ehpa_colonnes.csv`).
"""

from __future__ import annotations

from witness.generate.collectes.contents import fill
from witness.generate.collectes.questionnaire import Questionnaire, respondents
from witness.generate.defects import Fidelity
from witness.generate.sheet import Sheet
from witness.generate.world import World

CATEGORIES = ["500", "501", "502", "202", "207", "381"]
EHPA = Fidelity(answering=0.8, empty=0.03, tolerated=0.07, beyond_tolerance=0.02, late=0.4)
YEAR = 2023


def ehpa(world: World) -> Sheet:
    """One row per establishment that answered."""
    rows = respondents(world, "drees_ehpa", CATEGORIES, (YEAR,), EHPA.answering)
    q = Questionnaire(world, rows)
    fill(q, "ehpa_colonnes")
    q.double_grouped()
    return Sheet(
        name=f"drees_ehpa_{YEAR}_structure.csv",
        columns=q.columns,
        key=1,
        units=q.finess_et,
        millesimes=q.years,
        collecte="drees_ehpa",
        table="structure",
        grouped=q.grouped,
    )
