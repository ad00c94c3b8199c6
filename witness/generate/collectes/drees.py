"""DREES: structure part of the EHPA survey, every fourth year (2023), for what houses or receives the elderly.

Belongs here: the file of the survey. Does not belong here: its questions, which are facts (`faits/ehpa_colonnes.csv`).
"""

from __future__ import annotations

from witness.generate.collectes.contents import remplir
from witness.generate.collectes.questionnaire import Questionnaire, repondants
from witness.generate.defects import Fidelite
from witness.generate.sheet import Feuille
from witness.generate.world import Monde

CATEGORIES = ["500", "501", "502", "202", "207", "381"]
EHPA = Fidelite(reponse=0.8, vide=0.03, tolere=0.07, hors_tolerance=0.02, retard=0.4)
ANNEE = 2023


def ehpa(monde: Monde) -> Feuille:
    """One row per establishment that answered."""
    lignes = repondants(monde, "drees_ehpa", CATEGORIES, (ANNEE,), EHPA.reponse)
    q = Questionnaire(monde, lignes)
    remplir(q, "ehpa_colonnes")
    q.regrouper()
    return Feuille(
        nom=f"drees_ehpa_{ANNEE}_structure.csv",
        colonnes=q.colonnes,
        cle=1,
        unites=q.finess_et,
        millesimes=q.annees,
        collecte="drees_ehpa",
        table="structure",
        groupees=q.groupees,
    )
