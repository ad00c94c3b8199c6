"""True accounts, by ET and by EJ, in whole cents: result = products − charges, exactly.

Belongs here: money spent and received, the ratios that follow. Does not belong here: prices asked of people (`prix`).
Charges are positive here; the collections that write them negative do so in their file.
`cadre`: which account an ET deposits (ERRD, CA_PA, CA_PH, or none).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.capacites import ANNEES
from witness.generate.panel import Panel
from witness.generate.streams import Flottants, Hasard, bruit, parts, rapport, sauf

GROUPES = ("g1", "g2", "g3")


def remplir(hasard: Hasard, p: Panel, ej: pl.DataFrame) -> pl.DataFrame:
    """Fill the panel with the accounts of the ET ; returns those of the EJ (one row per EJ and year)."""
    rng = hasard.flux("comptes")
    _compte_de_resultat(rng, p)
    _bilan(rng, p)
    _cadres(rng, p, ej)
    return _comptes_ej(rng, p, ej)


def _compte_de_resultat(rng: np.random.Generator, p: Panel) -> None:
    n, n_et = len(p), len(p.table_et)
    inflation = np.array([0.97, 1.0, 1.03])[p.rang_annee]
    g2 = p.v["etp_moyen_annuel"] * p.fait("cout_etp") * p.par_et(bruit(rng, n_et, 0.06)) * inflation
    part = np.column_stack([1 - p.fait("part_g2") - p.fait("part_g3"), p.fait("part_g2"), p.fait("part_g3")])
    part = parts(rng, part, 400)
    charges = np.rint(np.maximum(g2 / part[:, 1], 20_000)[:, None] * part * 100)  # cents
    for i, g in enumerate(GROUPES):
        p.v[f"charges_{g}"] = charges[:, i] / 100
    marge = p.par_et(rng.normal(0.004, 0.025, n_et)) + rng.normal(0, 0.018, n)
    produits_total = charges.sum(axis=1) * (1 + marge)
    part_g1 = p.fait("part_g1_produits")
    parts_produits = parts(rng, np.column_stack([part_g1, (1 - part_g1) * 0.65, (1 - part_g1) * 0.35]), 500)
    produits = np.rint(produits_total[:, None] * parts_produits)
    for i, g in enumerate(GROUPES):
        p.v[f"produits_{g}"] = produits[:, i] / 100
    p.v["charges"] = charges.sum(axis=1) / 100
    p.v["produits"] = produits.sum(axis=1) / 100
    p.v["resultat"] = (produits.sum(axis=1) - charges.sum(axis=1)) / 100
    p.v["frais_siege"] = np.where(p.par_et(rng.random(n_et) < 0.55), np.rint(charges[:, 2] * 0.16) / 100, 0.0)
    p.v["masse_salariale"] = np.round(p.v["charges_g2"] * 0.965, 2)
    p.v["amortissements"] = np.rint(charges[:, 2] * p.par_et(rng.uniform(0.3, 0.55, n_et))) / 100
    p.v["caf"] = p.v["resultat"] + p.v["amortissements"]
    p.v["tx_caf"] = 100 * rapport(p.v["caf"], p.v["produits"])
    p.v["tx_execution_recettes"] = np.round(100 * (1 + rng.normal(0.004, 0.015, n)), 2)
    p.v["tx_execution_depenses"] = np.round(100 * (1 + rng.normal(0.0, 0.018, n)), 2)
    ehpad = p.est("EHPAD")
    for sens, base in (("recettes", [57.0, 12, 31]), ("depenses", [56.0, 12, 32])):
        sections = np.round(100 * parts(rng, np.tile(base, (n, 1)), 400), 2)
        for i, section in enumerate(("hebergement", "dependance", "soins")):
            p.v[f"section_{sens}_{section}"] = np.where(ehpad, sections[:, i], np.nan)
    p.v["tx_dotation_soins"] = np.where(ehpad, np.round(rng.normal(100.5, 2.5, n), 2), np.nan)
    part_soins = p.v["section_depenses_soins"] / 100
    p.v["depenses_personnel_soins"] = np.round(p.v["masse_salariale"] * part_soins, 2)
    p.v["depenses_medicales"] = np.where(ehpad, np.round(p.v["charges_g1"] * 0.07, 2), np.nan)
    p.v["depenses_materiel"] = np.where(ehpad, np.round(p.v["charges_g1"] * 0.02, 2), np.nan)


def _bilan(rng: np.random.Generator, p: Panel) -> None:
    """Fixed assets (gross, written down) behind the rates of wear ; debt and funds."""
    n_et = len(p.table_et)
    brut = p.v["charges_g3"] * p.par_et(rng.uniform(6, 11, n_et))
    for nom, centre in (("constructions", 0.44), ("installations", 0.66), ("autres_immo", 0.63)):
        p.v[f"brut_{nom}"] = np.rint(brut * {"constructions": 1.0, "installations": 0.18, "autres_immo": 0.09}[nom])
        usure = np.clip(p.par_et(rng.normal(centre, 0.13, n_et)) + 0.015 * p.rang_annee, 0.05, 0.97)
        p.v[f"amorti_{nom}"] = np.rint(p.v[f"brut_{nom}"] * usure)
        p.v[f"tx_vetuste_{nom}"] = 100 * rapport(p.v[f"amorti_{nom}"], p.v[f"brut_{nom}"])
    equipement = ("installations", "autres_immo")
    p.v["tx_vetuste_equipements"] = 100 * rapport(
        sum((p.v[f"amorti_{e}"] for e in equipement), np.zeros(len(p))),
        sum((p.v[f"brut_{e}"] for e in equipement), np.zeros(len(p))),
    )


def _cadres(rng: np.random.Generator, p: Panel, ej: pl.DataFrame) -> None:
    cat = p.table_et["categorie_id"].to_numpy()
    part_errd = np.nan_to_num(facts.nombres("categories", "part_errd"))[cat]
    repli = np.array(facts.textes("categories", "cadre"))[cat]
    # An EJ under EPRD is under EPRD for all that it runs: the draw is the EJ's.
    sous_errd = (rng.random(len(ej))[p.ej] < part_errd[p.et]) & (repli[p.et] != "")
    cadre = np.where(sous_errd, "ERRD", repli[p.et]).astype(object)
    p.t["cadre"] = sauf(cadre, cadre == "")
    hospitalier = np.isin(ej["statut"].to_numpy()[p.ej], ["13", "14"])
    simple = rng.random(len(ej))[p.ej] < 0.25
    depot = np.where(hospitalier, "ERCP", np.where(simple, "ERRD simplifié", "ERRD complet")).astype(object)
    p.t["type_depot"] = sauf(depot, ~sous_errd)
    public = ej["statut_agrege"].to_numpy()[p.ej] == "PUBLIC"
    p.t["nomenclature_comptable"] = np.where(hospitalier, "M21", np.where(public, "M22", "PCG")).astype(object)


def _comptes_ej(rng: np.random.Generator, p: Panel, ej: pl.DataFrame) -> pl.DataFrame:
    """Sums of the ET under ERRD of each EJ and year, ratios of those sums ; the ET of an EJ share its funds in days."""
    n_ej = len(ej)
    ej_de = p.ej
    jours = np.round(np.clip(rng.normal(62, 38, n_ej), -60, 260), 1)
    dette = np.round(np.clip(rng.normal(34, 17, n_ej), 0, 95), 2)
    p.v["frng_jours"] = jours[ej_de]
    p.v["tx_endettement"] = dette[ej_de]
    sous_errd = p.t["cadre"] == "ERRD"
    cle = ej_de * len(ANNEES) + p.rang_annee
    taille = n_ej * len(ANNEES)

    def somme(nom: str) -> Flottants:
        return np.bincount(cle[sous_errd], weights=p.v[nom][sous_errd], minlength=taille).astype(float)

    charges = somme("charges")
    garde = charges > 0
    rang = np.flatnonzero(garde)
    ej_id, annee = rang // len(ANNEES), np.array(ANNEES)[rang % len(ANNEES)]
    vetuste = {n: 100 * rapport(somme(f"amorti_{n}"), somme(f"brut_{n}"))[garde]
               for n in ("constructions", "installations", "autres_immo")}  # fmt: skip
    return pl.DataFrame(
        {
            "ej_id": ej_id,
            "finess_ej": ej["finess_ej"].gather(ej_id.tolist()),
            "millesime": annee,
            "id_depot": 150_000 + rang + 7 * (annee - ANNEES[0]),
            "charges": np.round(charges[garde], 2),
            "produits": np.round(somme("produits")[garde], 2),
            "resultat": np.round(somme("resultat")[garde], 2),
            "tx_caf": 100 * rapport(somme("caf")[garde], somme("produits")[garde]),
            **{f"tx_vetuste_{n}": v for n, v in vetuste.items()},
            "frng": np.round(charges[garde] * jours[ej_id] / 365, 2),
            "frng_jours": jours[ej_id],
        }
    )
