"""ATIH: full export of the tableau de bord, 331 columns, in the encoding and with the titles of the real one.

Belongs here: the file of a campaign. Does not belong here: its questions, which are facts (`faits/tdb_colonnes.csv`).
The year in the name is the campaign's: the data are those of the year before.
"""

from __future__ import annotations

from witness.generate import facts
from witness.generate.collectes.contents import remplir
from witness.generate.collectes.questionnaire import Questionnaire, repondants
from witness.generate.defects import Fidelite
from witness.generate.sheet import Feuille
from witness.generate.streams import Entiers
from witness.generate.world import Monde

TABLEAU = Fidelite(reponse=0.83, vide=0.03, tolere=0.06, hors_tolerance=0.012, retard=0.4)


def interroges(monde: Monde, annee: int) -> Entiers:
    """Rows that answer the campaign on a year: the same for the ATIH export and for its extract by DIAMANT."""
    return repondants(monde, f"tdb_esms/{annee}", facts.interrogees(), (annee,), TABLEAU.reponse)


def nom(annee: int) -> str:
    """File of the campaign on the data of a year."""
    return f"export-tdbesms-{annee + 1}-region-agg.csv"


def export(monde: Monde, annee: int) -> Feuille:
    """Export of the campaign `annee` + 1."""
    q = Questionnaire(monde, interroges(monde, annee))
    remplir(q, "tdb_colonnes")
    q.regrouper()
    return Feuille(
        nom=nom(annee),
        colonnes=q.colonnes,
        cle=4,
        unites=q.finess_et,
        millesimes=q.annees,
        decimale=",",
        encodage="cp1252",
        fin_de_ligne="\r\n",
        collecte="tdb_esms",
        table="tableau_de_bord",
        document="tdb",
        groupees=q.groupees,
    )
