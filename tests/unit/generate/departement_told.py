"""A département as the generator holds it before anything is written: the truth and what is told, to count in.

Belongs here: making it. Does not belong here: files, which other tests read back.
"""

from __future__ import annotations

from witness.generate.personnes import et_facts, invented_names, persons, record_keeping
from witness.generate.personnes.channels.channel_file import Departement
from witness.generate.personnes.rates import PersonRates
from witness.generate.world import build


def told(code: str, seed: int = 1, rates: PersonRates | None = None) -> Departement:
    """The persons, stays and records of a département that is generated alone."""
    world = build(seed, (code,))
    e = et_facts.build(world, record_keeping.build(world.streams, world.structures.et))
    return persons.departement(world.streams, invented_names.build(world.streams), code, e, rates or PersonRates())
