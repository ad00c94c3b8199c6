"""The whole truth: what every collection is a more or less faithful answer about.

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
from witness.generate.streams import Streams
from witness.generate.structures import Structures


@dataclass(frozen=True)
class World:
    """Everything that is true."""

    streams: Streams
    territoire: Territoire
    structures: Structures
    capacites: Capacites
    panel: Panel
    coupes: pl.DataFrame
    comptes_ej: pl.DataFrame


def build(seed: int, departements: tuple[str, ...]) -> World:
    """Draw the truth of some départements."""
    streams = Streams(seed)
    t = geography.build(streams, departements)
    s = structures.build(streams, t)
    c = capacites.build(streams, s.et)
    p = panel.build(s.et)
    activite.fill(streams, p, c)
    coupes = usagers.fill(streams, p)
    personnel.fill(streams, p)
    comptes_ej = comptes.fill(streams, p, s.ej)
    prix.fill(streams, p)
    attributes.fill(streams, p, c.triplets)
    return World(streams, t, s, c, p, coupes, comptes_ej)
