"""Synthetic deliveries in the real formats, and the truth that they speak of.

Belongs here: an invented médico-social world drawn from a seed, what each collection says of it, and what was true.
Does not belong here: anything of the pipeline. This package is the witness that judges the pipeline: it imports none of
our code outside itself, only libraries, and it holds its own copy of the facts that it needs.

The places of this world are real. No establishment, company or person of it exists: `structure_numbers` and
`personnes.person_numbers` say why their numbers cannot be anyone's.
"""

from witness.generate.defects import EFFECTS, DefectRates, Fidelity, Ledger, read_rates
from witness.generate.generator import Summary, generate, is_done
from witness.generate.geography import SCALES, describe
from witness.generate.reread import SpoiledDelivery, effects, to_be_refused

__all__ = [
    "EFFECTS", "SCALES", "DefectRates", "Fidelity", "Ledger", "SpoiledDelivery", "Summary", "describe", "effects",
    "generate", "is_done", "read_rates", "to_be_refused",
]  # fmt: skip
