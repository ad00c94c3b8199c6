"""True activity: places of the panel, days, people present, entries and exits.

Belongs here: how much is done. Does not belong here: who the people are (`usagers`) or what it costs (`comptes`).

No rate is drawn. Days are drawn, whole, and a rate is the days done over the theoretical days (capacité autorisée ×
jours d'ouverture): every collection that computes the rate finds the same one.
"""

from __future__ import annotations

import calendar

import numpy as np
import polars as pl

from witness.generate.capacites import MODALITES, PERMANENT, YEARS, Capacites, known_sum
from witness.generate.panel import Panel
from witness.generate.streams import Floats, Streams, noise, percentages, ratio, shares, spread_counts

PROVENANCES = ("domicile", "sante", "esms", "inconnue")
SORTIES = ("deces", "hospitalisation", "domicile", "esms", "inconnue")


def fill(streams: Streams, p: Panel, capacites: Capacites) -> None:
    """Fill the panel with capacities and activity."""
    for name, values in places(p.table_et, capacites).items():
        p.v[name] = p.by_et_and_year(values)
    _journees(streams.stream("journees"), p, capacites)
    _quarters(streams.stream("trimestres"), p)
    _personnes(streams.stream("personnes"), p)
    _mouvements(streams.stream("mouvements"), p)


def places(table_et: pl.DataFrame, capacites: Capacites) -> dict[str, Floats]:
    """Capacities by variable, an array (n_et, years) each, for every ET whether it is open or not."""
    v: dict[str, Floats] = {}
    for prefix, source in (("cap_aut", capacites.autorise), ("cap_inst", capacites.installe)):
        v |= {f"{prefix}_{m.lower()}": source[m] for m in MODALITES}
        # « Permanent » of the tableau de bord: every place that is neither temporary nor day or night care.
        v[f"{prefix}_permanent"] = known_sum(*(source[m] for m in PERMANENT))
        v[f"{prefix}_total"] = known_sum(*(source[m] for m in MODALITES))
    v["places_ash"] = capacites.places_ash
    v |= {f"logements_{name}": values for name, values in capacites.logements.items()}
    # FINESS tells the places for disabled people by mode, and puts together all that is neither internat nor externat.
    handicap = table_et["domaine"].str.starts_with("PH").to_numpy()[:, None]
    modes = {m: v[f"cap_aut_{m}"] for m in ("internat", "semi_internat", "externat")}
    modes["autre"] = known_sum(*(v[f"cap_aut_{m}"] for m in ("milieu_ordinaire", "ht", "aj")))
    return v | {f"cap_mode_{m}": np.where(handicap, values, np.nan) for m, values in modes.items()}


def _journees(rng: np.random.Generator, p: Panel, capacites: Capacites) -> None:
    n_et = len(p.table_et)
    leap = np.array([calendar.isleap(a) for a in YEARS])[p.year_rank]
    opening = p.by_et(p.table_et["date_ouverture"].to_numpy().astype("datetime64[D]"))
    start = np.array([np.datetime64(f"{a}-01-01") for a in YEARS])[p.year_rank]
    open_share = np.clip(1 - (opening - start).astype(int) / 365, 0.02, 1.0)  # opened during the year: fewer days

    base = p.by_et(rng.normal(0, 1, n_et)) * p.fact("ecart_taux") + rng.normal(0, 0.012, len(p))
    days_by_type = {"HT": "jours_temporaire", "AJ": "jours_accueil_jour", "NUIT": "jours_accueil_jour"}
    rates_by_type = {"HT": "taux_temporaire", "AJ": "taux_accueil_jour", "NUIT": "taux_accueil_jour"}
    for m in MODALITES:
        name = m.lower()
        days = p.fact(days_by_type.get(m, "jours_permanent"))
        days = np.floor((days + (leap & (days == 365))) * open_share)
        gap = 0.02 if m in PERMANENT else 0.1
        rate = np.clip(p.fact(rates_by_type.get(m, "taux_permanent")) + base + rng.normal(0, gap, len(p)), 0.2, 1.08)
        p.v[f"jours_ouverture_{name}"] = np.where(np.isnan(p.v[f"cap_aut_{name}"]), np.nan, days)
        theoretical = p.v[f"cap_aut_{name}"] * days
        p.v[f"journees_theo_{name}"] = theoretical
        p.v[f"journees_real_{name}"] = np.rint(theoretical * rate)
        p.v[f"tx_occ_{name}"] = 100 * ratio(p.v[f"journees_real_{name}"], theoretical)
    for side in ("theo", "real"):
        p.v[f"journees_{side}_permanent"] = known_sum(*(p.v[f"journees_{side}_{m.lower()}"] for m in PERMANENT))
        p.v[f"journees_{side}"] = known_sum(*(p.v[f"journees_{side}_{m.lower()}"] for m in MODALITES))
    p.v["tx_occ_permanent"] = 100 * ratio(p.v["journees_real_permanent"], p.v["journees_theo_permanent"])
    p.v["tx_occ_global"] = 100 * ratio(p.v["journees_real"], p.v["journees_theo"])
    p.v["journees_financees"] = np.rint(p.v["journees_theo"] * rng.uniform(0.955, 1.0, len(p)))
    p.v["tx_realisation"] = 100 * ratio(p.v["journees_real"], p.v["journees_financees"])

    seances = p.is_a("SEANCES")
    funded = np.rint(4200 * p.by_et(noise(rng, n_et, 0.45)) * open_share)
    p.v["seances_financees"] = np.where(seances, funded, np.nan)
    p.v["seances_realisees"] = np.rint(p.v["seances_financees"] * np.clip(0.94 + base, 0.5, 1.1))
    p.v["tx_realisation_seances"] = 100 * ratio(p.v["seances_realisees"], p.v["seances_financees"])
    p.v["tx_occ_seances"] = p.v["tx_realisation_seances"]
    p.v["tx_occ_global_autres"] = np.where(p.is_a("EHPAD"), np.nan, p.v["tx_occ_global"])
    p.v["part_seances_non_realisees"] = np.where(seances, 100 * rng.beta(3, 22, len(p)), np.nan)


def _quarters(rng: np.random.Generator, p: Panel) -> None:
    """Fill the quarters of the EHPAD, whose days add up to those of the year."""
    days = np.array([[91 if calendar.isleap(a) else 90, 91, 92, 92] for a in YEARS])[p.year_rank]
    theoretical = p.v["cap_aut_hp"][:, None] * days
    ehpad = p.is_a("EHPAD") & (p.v["jours_ouverture_hp"] >= 365)
    weights = np.where(np.isnan(theoretical), 0.0, theoretical * (1 + rng.normal(0, 0.012, theoretical.shape)))
    done = p.v["journees_real_hp"]
    cumulated = np.rint(
        np.cumsum(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9), axis=1) * done[:, None]
    )
    by_quarter = np.diff(cumulated, axis=1, prepend=0)
    for q in range(4):
        p.v[f"journees_real_hp_t{q + 1}"] = np.where(ehpad, by_quarter[:, q], np.nan)
        p.v[f"journees_theo_hp_t{q + 1}"] = np.where(ehpad, theoretical[:, q], np.nan)
        p.v[f"tx_occ_hp_t{q + 1}"] = np.where(ehpad, 100 * ratio(by_quarter[:, q], theoretical[:, q]), np.nan)
    p.v["lits_occupes"] = np.where(ehpad, ratio(done, p.v["jours_ouverture_hp"]), np.nan)


def _personnes(rng: np.random.Generator, p: Panel) -> None:
    """Fill the people present at 31/12, the entries and the exits.

    People present are those of the year before, plus the entries, minus the exits.
    """
    n_et = len(p.table_et)
    rate = np.clip(np.nan_to_num(p.v["tx_occ_permanent"], nan=90.0) / 100, 0.2, 1.0)
    housed = np.minimum(np.rint(p.v["cap_inst_permanent"] * rate), p.v["cap_inst_permanent"])
    temporary = np.rint(p.v["cap_inst_ht"] * 0.7)
    by_day = np.rint(p.v["cap_inst_aj"] * 2.4)  # a day-care place is shared by several people
    presents = known_sum(housed, temporary, by_day)
    followed = np.rint(np.where(p.is_a("SEANCES"), 210, 85) * p.by_et(noise(rng, n_et, 0.4)) * noise(rng, len(p), 0.03))
    presents = np.where(p.is_a("SEANCES", "AIDE_DOMICILE"), np.maximum(followed, 5), presents)
    presents = np.where(p.is_a("RESSOURCE"), np.nan, presents)

    before = p.year_before()
    new = (before < 0) & (p.year_rank > 0)
    presents_before = np.where(before >= 0, presents[before], np.where(new, 0.0, presents))
    sorties = rng.poisson(np.nan_to_num(np.maximum(presents_before, 0.5)) * p.fact("rotation")).astype(float)
    sorties = np.where(np.isnan(presents), np.nan, np.minimum(sorties, np.maximum(presents_before, 0)))
    entrees = presents - presents_before + sorties
    sorties = np.where(entrees < 0, sorties - entrees, sorties)
    p.v["presents_permanent"] = np.where(np.isnan(housed), np.nan, housed)
    p.v["presents"] = presents
    p.v["presents_avant"] = presents_before
    p.v["sorties"] = sorties
    p.v["entrees"] = np.maximum(entrees, 0)
    p.v["file_active"] = presents + sorties
    p.v["dms_jours"] = np.where(
        sorties > 0, np.round(np.minimum(365 / p.fact("rotation") * noise(rng, len(p), 0.25), 7800), 1), np.nan
    )
    p.v["tx_admission"] = 100 * ratio(p.v["entrees"], p.v["cap_inst_total"])
    p.v["tx_rotation_pers"] = 100 * ratio((p.v["entrees"] + sorties) / 2, presents)
    p.v["tx_rotation_aj"] = np.where(np.isnan(by_day), np.nan, rng.uniform(20, 90, len(p)))
    women = rng.binomial(np.nan_to_num(presents).astype(int), np.where(p.fact("age_moyen") > 60, 0.73, 0.39))
    p.v["femmes"] = np.where(np.isnan(presents), np.nan, women)
    p.v["hommes"] = presents - p.v["femmes"]


def _mouvements(rng: np.random.Generator, p: Panel) -> None:
    age = p.fact("age_moyen") > 60
    expected = {
        "provenance": np.where(age[:, None], [46.0, 34, 17, 3], [57.0, 12, 26, 5]),
        "sortie": np.where(age[:, None], [66.0, 8, 9, 14, 3], [6.0, 8, 38, 41, 7]),
    }
    for name, classes, total in (("provenance", PROVENANCES, "entrees"), ("sortie", SORTIES, "sorties")):
        counts = spread_counts(rng, np.nan_to_num(p.v[total]).astype(np.int64), shares(rng, expected[name], 40))
        for i, item in enumerate(classes):
            p.v[f"{name}_{item}"] = percentages(counts)[:, i]
    known = ~np.isnan(p.v["presents"])
    away = np.where(p.is_a("EHPAD"), 11, np.where(p.fact("age_moyen") < 20, 17, 21)) * noise(rng, len(p), 0.3)
    p.v["absences_moyennes"] = np.where(known & ~p.is_a("SEANCES"), np.round(away, 2), np.nan)
    p.v["tx_hospitalisation"] = _share(rng, known & age, 0.032, 55)
    p.v["tx_protection"] = _share(rng, known & ~p.is_a("SEANCES", "AIDE_DOMICILE"), np.where(age, 0.28, 0.45), 25)
    p.v["tx_ash"] = _share(rng, p.v["places_ash"] > 0, np.where(p.is_a("EHPAD"), 0.22, 0.75), 12)
    children = p.is_a("ENFANT_ETAB")
    p.v["tx_derogation_age"] = _share(rng, known & children, 0.07, 20)
    handicap = p.is_a("ENFANT_ETAB", "ENFANT_SERVICE", "ADULTE_SOINS", "ADULTE_VIE", "TRAVAIL", "ADULTE_SERVICE")
    orientes = rng.binomial(np.nan_to_num(p.v["presents"]).astype(int), 0.97)
    p.v["nb_orientation_mdph"] = np.where(known & handicap, orientes, np.nan)
    outside = rng.binomial(np.nan_to_num(p.v["presents"]).astype(int), 0.11)
    p.v["nb_hors_departement"] = np.where(known & p.is_a("EHPAD", "HEBERGEMENT_PA", "JOUR_PA"), outside, np.nan)


def _share(rng: np.random.Generator, concerned: np.ndarray, mean: float | Floats, strength: float) -> Floats:
    """A percentage drawn around a mean for the rows concerned, unknown (NaN) for the others."""
    m = np.broadcast_to(np.asarray(mean, dtype=float), concerned.shape)
    return np.where(concerned, np.round(100 * rng.beta(m * strength, (1 - m) * strength), 2), np.nan)
