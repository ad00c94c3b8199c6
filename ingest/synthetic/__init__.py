"""Synthetic deliveries in the real formats, with the truth they speak of.

Belongs here: an invented médico-social world, drawn from a seed, what each collection says of it, and what was true.
Does not belong here: anything of the pipeline. This package is the witness that judges it: it imports none of our code
outside itself, only libraries, and it holds its own copy of the facts it needs.
Its places are real; no establishment, company or person of it exists: see `identifiants` for why its numbers cannot be
anyone's.
"""

from ingest.synthetic.defauts import EFFETS, Fidelite, Registre, TauxDefauts, lire_taux
from ingest.synthetic.generateur import Bilan, est_faite, generate
from ingest.synthetic.relecture import ARefuser, a_refuser, effets
from ingest.synthetic.territoire import ECHELLES, decrire

__all__ = [
    "ECHELLES", "EFFETS", "ARefuser", "Bilan", "Fidelite", "Registre", "TauxDefauts", "a_refuser", "decrire", "effets",
    "est_faite", "generate", "lire_taux",
]  # fmt: skip
