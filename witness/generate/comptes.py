"""True accounts, by ET and by EJ, in whole cents: the result is exactly the products minus the charges.

Belongs here: money spent and received, and the ratios that follow. Does not belong here: the prices that people pay
(`prix`).

Charges are positive here; the collections that write them negative do so in their file. `cadre` is the account that an
ET deposits: ERRD, CA_PA, CA_PH, or none.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.capacites import YEARS
from witness.generate.panel import Panel
from witness.generate.streams import Floats, Streams, blanked, noise, ratio, shares

GROUPES = ("g1", "g2", "g3")


def fill(streams: Streams, p: Panel, ej: pl.DataFrame) -> pl.DataFrame:
    """Fill the panel with the accounts of the ET; returns those of the EJ, one row for each EJ and year."""
    rng = streams.stream("comptes")
    _compte_de_resultat(rng, p)
    _bilan(rng, p)
    _cadres(rng, p, ej)
    return _comptes_ej(rng, p, ej)


def _compte_de_resultat(rng: np.random.Generator, p: Panel) -> None:
    n, n_et = len(p), len(p.table_et)
    inflation = np.array([0.97, 1.0, 1.03])[p.year_rank]
    g2 = p.v["etp_moyen_annuel"] * p.fact("cout_etp") * p.by_et(noise(rng, n_et, 0.06)) * inflation
    share = np.column_stack([1 - p.fact("part_g2") - p.fact("part_g3"), p.fact("part_g2"), p.fact("part_g3")])
    share = shares(rng, share, 400)
    charges = np.rint(np.maximum(g2 / share[:, 1], 20_000)[:, None] * share * 100)  # cents
    for i, g in enumerate(GROUPES):
        p.v[f"charges_{g}"] = charges[:, i] / 100
    margin = p.by_et(rng.normal(0.004, 0.025, n_et)) + rng.normal(0, 0.018, n)
    produits_total = charges.sum(axis=1) * (1 + margin)
    g1_share = p.fact("part_g1_produits")
    produits_shares = shares(rng, np.column_stack([g1_share, (1 - g1_share) * 0.65, (1 - g1_share) * 0.35]), 500)
    produits = np.rint(produits_total[:, None] * produits_shares)
    for i, g in enumerate(GROUPES):
        p.v[f"produits_{g}"] = produits[:, i] / 100
    p.v["charges"] = charges.sum(axis=1) / 100
    p.v["produits"] = produits.sum(axis=1) / 100
    p.v["resultat"] = (produits.sum(axis=1) - charges.sum(axis=1)) / 100
    p.v["frais_siege"] = np.where(p.by_et(rng.random(n_et) < 0.55), np.rint(charges[:, 2] * 0.16) / 100, 0.0)
    p.v["masse_salariale"] = np.round(p.v["charges_g2"] * 0.965, 2)
    p.v["amortissements"] = np.rint(charges[:, 2] * p.by_et(rng.uniform(0.3, 0.55, n_et))) / 100
    p.v["caf"] = p.v["resultat"] + p.v["amortissements"]
    p.v["tx_caf"] = 100 * ratio(p.v["caf"], p.v["produits"])
    p.v["tx_execution_recettes"] = np.round(100 * (1 + rng.normal(0.004, 0.015, n)), 2)
    p.v["tx_execution_depenses"] = np.round(100 * (1 + rng.normal(0.0, 0.018, n)), 2)
    ehpad = p.is_a("EHPAD")
    for direction, base in (("recettes", [57.0, 12, 31]), ("depenses", [56.0, 12, 32])):
        sections = np.round(100 * shares(rng, np.tile(base, (n, 1)), 400), 2)
        for i, section in enumerate(("hebergement", "dependance", "soins")):
            p.v[f"section_{direction}_{section}"] = np.where(ehpad, sections[:, i], np.nan)
    p.v["tx_dotation_soins"] = np.where(ehpad, np.round(rng.normal(100.5, 2.5, n), 2), np.nan)
    care_share = p.v["section_depenses_soins"] / 100
    p.v["depenses_personnel_soins"] = np.round(p.v["masse_salariale"] * care_share, 2)
    p.v["depenses_medicales"] = np.where(ehpad, np.round(p.v["charges_g1"] * 0.07, 2), np.nan)
    p.v["depenses_materiel"] = np.where(ehpad, np.round(p.v["charges_g1"] * 0.02, 2), np.nan)


def _bilan(rng: np.random.Generator, p: Panel) -> None:
    """Fill the fixed assets, gross and written down, from which the rates of wear are computed."""
    n_et = len(p.table_et)
    gross = p.v["charges_g3"] * p.by_et(rng.uniform(6, 11, n_et))
    for name, centre in (("constructions", 0.44), ("installations", 0.66), ("autres_immo", 0.63)):
        p.v[f"brut_{name}"] = np.rint(gross * {"constructions": 1.0, "installations": 0.18, "autres_immo": 0.09}[name])
        wear = np.clip(p.by_et(rng.normal(centre, 0.13, n_et)) + 0.015 * p.year_rank, 0.05, 0.97)
        p.v[f"amorti_{name}"] = np.rint(p.v[f"brut_{name}"] * wear)
        p.v[f"tx_vetuste_{name}"] = 100 * ratio(p.v[f"amorti_{name}"], p.v[f"brut_{name}"])
    equipment = ("installations", "autres_immo")
    p.v["tx_vetuste_equipements"] = 100 * ratio(
        sum((p.v[f"amorti_{e}"] for e in equipment), np.zeros(len(p))),
        sum((p.v[f"brut_{e}"] for e in equipment), np.zeros(len(p))),
    )


def _cadres(rng: np.random.Generator, p: Panel, ej: pl.DataFrame) -> None:
    cat = p.table_et["categorie_id"].to_numpy()
    errd_share = np.nan_to_num(facts.numbers("categories", "part_errd"))[cat]
    fallback = np.array(facts.texts("categories", "cadre"))[cat]
    # The draw belongs to the EJ: an EJ that deposits an ERRD does so for everything that it runs.
    under_errd = (rng.random(len(ej))[p.ej] < errd_share[p.et]) & (fallback[p.et] != "")
    cadre = np.where(under_errd, "ERRD", fallback[p.et]).astype(object)
    p.t["cadre"] = blanked(cadre, cadre == "")
    hospital = np.isin(ej["statut"].to_numpy()[p.ej], ["13", "14"])
    simple = rng.random(len(ej))[p.ej] < 0.25
    depot = np.where(hospital, "ERCP", np.where(simple, "ERRD simplifié", "ERRD complet")).astype(object)
    p.t["type_depot"] = blanked(depot, ~under_errd)
    public = ej["statut_agrege"].to_numpy()[p.ej] == "PUBLIC"
    p.t["nomenclature_comptable"] = np.where(hospital, "M21", np.where(public, "M22", "PCG")).astype(object)


def _comptes_ej(rng: np.random.Generator, p: Panel, ej: pl.DataFrame) -> pl.DataFrame:
    """For each EJ and year, the sums of its ET under ERRD and the ratios of those sums.

    The working capital in days and the debt ratio are drawn for the EJ, and are the same for all its ET.
    """
    n_ej = len(ej)
    ej_of = p.ej
    days = np.round(np.clip(rng.normal(62, 38, n_ej), -60, 260), 1)
    debt = np.round(np.clip(rng.normal(34, 17, n_ej), 0, 95), 2)
    p.v["frng_jours"] = days[ej_of]
    p.v["tx_endettement"] = debt[ej_of]
    under_errd = p.t["cadre"] == "ERRD"
    key = ej_of * len(YEARS) + p.year_rank
    size = n_ej * len(YEARS)

    def summed(name: str) -> Floats:
        return np.bincount(key[under_errd], weights=p.v[name][under_errd], minlength=size).astype(float)

    charges = summed("charges")
    kept = charges > 0
    rank = np.flatnonzero(kept)
    ej_id, year = rank // len(YEARS), np.array(YEARS)[rank % len(YEARS)]
    vetuste = {n: 100 * ratio(summed(f"amorti_{n}"), summed(f"brut_{n}"))[kept]
               for n in ("constructions", "installations", "autres_immo")}  # fmt: skip
    return pl.DataFrame(
        {
            "ej_id": ej_id,
            "finess_ej": ej["finess_ej"].gather(ej_id.tolist()),
            "millesime": year,
            "id_depot": 150_000 + rank + 7 * (year - YEARS[0]),
            "charges": np.round(charges[kept], 2),
            "produits": np.round(summed("produits")[kept], 2),
            "resultat": np.round(summed("resultat")[kept], 2),
            "tx_caf": 100 * ratio(summed("caf")[kept], summed("produits")[kept]),
            **{f"tx_vetuste_{n}": v for n, v in vetuste.items()},
            "frng": np.round(charges[kept] * days[ej_id] / 365, 2),
            "frng_jours": days[ej_id],
        }
    )
