"""CNSA: occupancy of the EHPAD, GMP and PMP, prices, in their open-data layouts.

Belongs here: the columns and the file names of these three collections. Does not belong here: accounts (`diamant`).
"""

from __future__ import annotations

import numpy as np

from witness.generate import facts
from witness.generate.collectes.questionnaire import Questionnaire, respondents
from witness.generate.defects import Fidelity
from witness.generate.sheet import Sheet
from witness.generate.structures import MILLESIMES
from witness.generate.world import World

EHPAD = ["500"]
OCCUPATION = Fidelity(answering=0.94, empty=0.015, tolerated=0.06, beyond_tolerance=0.02, late=0.4)
GMP = Fidelity(answering=0.97, empty=0.0, tolerated=0.0, beyond_tolerance=0.0)
PRIX = Fidelity(answering=0.95, empty=0.01, tolerated=0.0, beyond_tolerance=0.015)


def occupation(world: World, year: int) -> Sheet:
    """Occupancy of a year.

    The first year has the annual layout of 15 columns, the last one the layout of the third quarter, of 5 columns.
    """
    rows = respondents(world, f"cnsa_occupation/{year}", EHPAD, (year,), OCCUPATION.answering)
    q = Questionnaire(world, rows)
    full = year == MILLESIMES[0]
    if full:
        regions = dict(facts.table("regions").iter_rows())
        departements = dict(facts.table("departements").select("code", "nom").iter_rows())
        q.text("", np.arange(len(rows)).astype(str))
        q.text("CODE_REG", q.et["region"]).text("NOM_REG", [regions[r] for r in q.et["region"]])
        q.text("CODE_DPT", q.et["departement"]).text("NOM_DPT", [departements[d] for d in q.et["departement"]])
    q.text("FINESS", q.finess_et)
    if full:
        q.text("LIBELLE", q.et["raison_sociale_courte"], "id_raison_sociale").panel_text(
            "OPTION_TARIFAIRE", "option_tarifaire"
        )
        for t in (1, 2, 3, 4):
            q.number(f"TAUX_OCC_TRIMESTRE{t}", f"tx_occ_hp_t{t}", 2)
        q.number("NB_LITS_AUTORISES_INSTALLES", "cap_inst_permanent", 0)
        q.number(f"NB_LITS_OCC_{year}", "lits_occupes", 1)
        q.number(f"TAUX_OCC_{year}", "tx_occ_permanent", 2)
    else:
        v = world.panel.v
        real = sum((v[f"journees_real_hp_t{t}"] for t in (1, 2, 3)), np.zeros(len(world.panel)))
        theoretical = sum((v[f"journees_theo_hp_t{t}"] for t in (1, 2, 3)), np.zeros(len(world.panel)))
        cumulated = 100 * real / np.where(theoretical > 0, theoretical, np.nan)
        q.number("TAUX_OCC_TRIMESTRE3", "tx_occ_hp_t3", 2)
        q.number("NB_LITS_AUTORISES_INSTALLES", "cap_inst_permanent", 0)
        q.values(f"NB_LITS_OCC_{year}", np.round(real / 274, 1), None, 1)
        q.values(f"TAUX_OCC_{year}", cumulated, None, 2)
    return Sheet(
        name=f"cnsa_occupation_{year}.csv",
        columns=q.columns,
        key=5 if full else 0,
        units=q.finess_et,
        millesimes=q.years,
        collecte="cnsa_occupation",
        table="occupation",
    )


def gmp_pmp(world: World, year: int) -> Sheet:
    """Validated GMP and PMP, in three columns; an EHPAD that was never assessed is absent."""
    rows = respondents(world, f"cnsa_gmp_pmp/{year}", EHPAD, (year,), GMP.answering)
    rows = rows[~np.isnan(world.panel.v["gmp_valide"][rows])]
    q = Questionnaire(world, rows)
    q.text("FINESS ET", q.finess_et).number("GMP", "gmp_valide", 2).number("PMP", "pmp_valide", 1)
    return Sheet(
        f"cnsa_gmp_pmp_{year}.csv", q.columns, 0, q.finess_et, q.years, collecte="cnsa_gmp_pmp", table="gmp_pmp"
    )


def prix(world: World, year: int) -> Sheet:
    """Prices at 31/12, in the open-data layout of 15 columns."""
    rows = respondents(world, f"cnsa_prix_ehpad/{year}", EHPAD, (year,), PRIX.answering)
    q = Questionnaire(world, rows)
    q.text("finessEt", q.finess_et).text("title", q.et["raison_sociale"], "id_raison_sociale")
    for title, variable in (
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
        q.number(title, variable, 2)
    q.date("DATE_MAJ", "date_maj_prix")
    name = f"cnsa_prix_ehpad_{year}-12-31.csv"
    return Sheet(name, q.columns, 0, q.finess_et, q.years, collecte="cnsa_prix_ehpad", table="prix")
