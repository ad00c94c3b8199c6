"""CNSA: occupancy of the EHPAD, GMP and PMP, prices, in their open-data layouts.

Belongs here: the columns and file names of these three collections. Does not belong here: budgets (`diamant`).
"""

from __future__ import annotations

import numpy as np

from witness.generate import facts
from witness.generate.collectes.questionnaire import Questionnaire, repondants
from witness.generate.defects import Fidelite
from witness.generate.sheet import Feuille
from witness.generate.structures import MILLESIMES
from witness.generate.world import Monde

EHPAD = ["500"]
OCCUPATION = Fidelite(reponse=0.94, vide=0.015, tolere=0.06, hors_tolerance=0.02, retard=0.4)
GMP = Fidelite(reponse=0.97, vide=0.0, tolere=0.0, hors_tolerance=0.0)
PRIX = Fidelite(reponse=0.95, vide=0.01, tolere=0.0, hors_tolerance=0.015)


def occupation(monde: Monde, annee: int) -> Feuille:
    """Annual layout of 15 columns for the first year, layout of 5 columns (third quarter) for the last."""
    lignes = repondants(monde, f"cnsa_occupation/{annee}", EHPAD, (annee,), OCCUPATION.reponse)
    q = Questionnaire(monde, lignes)
    complet = annee == MILLESIMES[0]
    if complet:
        regions = dict(facts.table("regions").iter_rows())
        departements = dict(facts.table("departements").select("code", "nom").iter_rows())
        q.texte("", np.arange(len(lignes)).astype(str))
        q.texte("CODE_REG", q.et["region"]).texte("NOM_REG", [regions[r] for r in q.et["region"]])
        q.texte("CODE_DPT", q.et["departement"]).texte("NOM_DPT", [departements[d] for d in q.et["departement"]])
    q.texte("FINESS", q.finess_et)
    if complet:
        q.texte("LIBELLE", q.et["raison_sociale_courte"], "id_raison_sociale").caractere(
            "OPTION_TARIFAIRE", "option_tarifaire"
        )
        for t in (1, 2, 3, 4):
            q.nombre(f"TAUX_OCC_TRIMESTRE{t}", f"tx_occ_hp_t{t}", 2)
        q.nombre("NB_LITS_AUTORISES_INSTALLES", "cap_inst_permanent", 0)
        q.nombre(f"NB_LITS_OCC_{annee}", "lits_occupes", 1)
        q.nombre(f"TAUX_OCC_{annee}", "tx_occ_permanent", 2)
    else:
        v = monde.panel.v
        reel = sum((v[f"journees_real_hp_t{t}"] for t in (1, 2, 3)), np.zeros(len(monde.panel)))
        theo = sum((v[f"journees_theo_hp_t{t}"] for t in (1, 2, 3)), np.zeros(len(monde.panel)))
        cumul = 100 * reel / np.where(theo > 0, theo, np.nan)
        q.nombre("TAUX_OCC_TRIMESTRE3", "tx_occ_hp_t3", 2)
        q.nombre("NB_LITS_AUTORISES_INSTALLES", "cap_inst_permanent", 0)
        q.valeurs(f"NB_LITS_OCC_{annee}", np.round(reel / 274, 1), None, 1)
        q.valeurs(f"TAUX_OCC_{annee}", cumul, None, 2)
    return Feuille(
        nom=f"cnsa_occupation_{annee}.csv",
        colonnes=q.colonnes,
        cle=5 if complet else 0,
        unites=q.finess_et,
        millesimes=q.annees,
        collecte="cnsa_occupation",
        table="occupation",
    )


def gmp_pmp(monde: Monde, annee: int) -> Feuille:
    """Validated GMP and PMP (three columns) ; an EHPAD never assessed is absent."""
    lignes = repondants(monde, f"cnsa_gmp_pmp/{annee}", EHPAD, (annee,), GMP.reponse)
    lignes = lignes[~np.isnan(monde.panel.v["gmp_valide"][lignes])]
    q = Questionnaire(monde, lignes)
    q.texte("FINESS ET", q.finess_et).nombre("GMP", "gmp_valide", 2).nombre("PMP", "pmp_valide", 1)
    return Feuille(
        f"cnsa_gmp_pmp_{annee}.csv", q.colonnes, 0, q.finess_et, q.annees, collecte="cnsa_gmp_pmp", table="gmp_pmp"
    )


def prix(monde: Monde, annee: int) -> Feuille:
    """Prices at 31/12, open-data layout of 15 columns."""
    lignes = repondants(monde, f"cnsa_prix_ehpad/{annee}", EHPAD, (annee,), PRIX.reponse)
    q = Questionnaire(monde, lignes)
    q.texte("finessEt", q.finess_et).texte("title", q.et["raison_sociale"], "id_raison_sociale")
    for titre, variable in (
        ("prixHebPermCs", "prix_hp_cs"),
        ("prixHebPermCd", "prix_hp_cd"),
        ("prixHebPermCsa", "prix_hp_cs_ash"),
        ("prixHebPermCda", "prix_hp_cd_ash"),
        ("prixHebTempCs", "prix_ht_cs"),
        ("prixHebTempCd", "prix_ht_cd"),
        ("prixHebTempCsa", "prix_ht_cs_ash"),
        ("prixHebTempCda", "prix_ht_cd_ash"),
        ("tarifHebJour", "prix_aj"),
        ("TARIF_GIR_12", "tarif_gir_12"),
        ("TARIF_GIR_34", "tarif_gir_34"),
        ("TARIF_GIR_56", "tarif_gir_56"),
    ):
        q.nombre(titre, variable, 2)
    q.date("DATE_MAJ", "date_maj_prix")
    nom = f"cnsa_prix_ehpad_{annee}-12-31.csv"
    return Feuille(nom, q.colonnes, 0, q.finess_et, q.annees, collecte="cnsa_prix_ehpad", table="prix")
