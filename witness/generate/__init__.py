"""Synthetic deliveries in the real formats, with the truth they speak of.

Belongs here: an invented médico-social world, drawn from a seed, what each collection says of it, and what was true.
Does not belong here: anything of the pipeline. This package is the witness that judges it: it imports none of our code
outside itself, only libraries, and it holds its own copy of the facts it needs.
Its places are real; no establishment, company or person of it exists: see `structure_numbers` for why its numbers
cannot be anyone's.
"""

from witness.generate.defects import EFFETS, Fidelite, Registre, TauxDefauts, lire_taux
from witness.generate.generator import Bilan, est_faite, generate
from witness.generate.geography import ECHELLES, decrire
from witness.generate.reread import ARefuser, a_refuser, effets

__all__ = [
    "ECHELLES", "EFFETS", "ARefuser", "Bilan", "Fidelite", "Registre", "TauxDefauts", "a_refuser", "decrire", "effets",
    "est_faite", "generate", "lire_taux",
]  # fmt: skip
