"""The truth, whole: what every collection is a more or less faithful answer about.

Belongs here: the order in which the subjects are drawn. Does not belong here: any draw, any file.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from witness.generate import (
    activite,
    attributes,
    capacites,
    comptes,
    geography,
    panel,
    personnel,
    prix,
    structures,
    usagers,
)
from witness.generate.capacites import Capacites
from witness.generate.geography import Territoire
from witness.generate.panel import Panel
from witness.generate.streams import Hasard
from witness.generate.structures import Structures


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
    t = geography.construire(hasard, departements)
    s = structures.construire(hasard, t)
    c = capacites.construire(hasard, s.et)
    p = panel.construire(s.et)
    activite.remplir(hasard, p, c)
    coupes = usagers.remplir(hasard, p)
    personnel.remplir(hasard, p)
    comptes_ej = comptes.remplir(hasard, p, s.ej)
    prix.remplir(hasard, p)
    attributes.remplir(hasard, p, c.triplets)
    return Monde(hasard, t, s, c, p, coupes, comptes_ej)
