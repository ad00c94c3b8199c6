"""The truth, whole: what every collection is a more or less faithful answer about.

Belongs here: the order in which the subjects are drawn. Does not belong here: any draw, any file.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ingest.synthetic import (
    activite,
    capacites,
    caracteres,
    comptes,
    panel,
    personnel,
    prix,
    structures,
    territoire,
    usagers,
)
from ingest.synthetic.capacites import Capacites
from ingest.synthetic.hasard import Hasard
from ingest.synthetic.panel import Panel
from ingest.synthetic.structures import Structures
from ingest.synthetic.territoire import Territoire


@dataclass(frozen=True)
class Monde:
    """Everything that is true."""

    hasard: Hasard
    territoire: Territoire
    structures: Structures
    capacites: Capacites
    panel: Panel
    coupes: pl.DataFrame
    comptes_ej: pl.DataFrame


def construire(graine: int, departements: tuple[str, ...]) -> Monde:
    """Draw the truth of some départements."""
    hasard = Hasard(graine)
    t = territoire.construire(hasard, departements)
    s = structures.construire(hasard, t)
    c = capacites.construire(hasard, s.et)
    p = panel.construire(s.et)
    activite.remplir(hasard, p, c)
    coupes = usagers.remplir(hasard, p)
    personnel.remplir(hasard, p)
    comptes_ej = comptes.remplir(hasard, p, s.ej)
    prix.remplir(hasard, p)
    caracteres.remplir(hasard, p, c.triplets)
    return Monde(hasard, t, s, c, p, coupes, comptes_ej)
