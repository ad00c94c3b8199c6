"""True activity: places of the panel, days, people present, entries and exits.

Belongs here: how much is done. Does not belong here: who the people are (`usagers`) or what it costs (`comptes`).
Rates are never drawn: days are, whole, and a rate is days done over theoretical days (capacité autorisée × jours
d'ouverture), so that every collection that computes the rate finds the same one.
"""

from __future__ import annotations

import calendar

import numpy as np
import polars as pl

from witness.generate.capacites import ANNEES, MODALITES, PERMANENT, Capacites, somme_connue
from witness.generate.panel import Panel
from witness.generate.streams import Flottants, Hasard, bruit, parts, proportions_en_pourcent, rapport, repartir

PROVENANCES = ("domicile", "sante", "esms", "inconnue")
SORTIES = ("deces", "hospitalisation", "domicile", "esms", "inconnue")


def remplir(hasard: Hasard, p: Panel, capacites: Capacites) -> None:
    """Fill the panel with capacities and activity."""
    for nom, valeurs in places(p.table_et, capacites).items():
        p.v[nom] = p.par_et_annee(valeurs)
    _journees(hasard.flux("journees"), p, capacites)
    _trimestres(hasard.flux("trimestres"), p)
    _personnes(hasard.flux("personnes"), p)
    _mouvements(hasard.flux("mouvements"), p)


def places(table_et: pl.DataFrame, capacites: Capacites) -> dict[str, Flottants]:
    """Capacities (n_et, years) by variable, for every ET whether open or not."""
    v: dict[str, Flottants] = {}
    for prefixe, source in (("cap_aut", capacites.autorise), ("cap_inst", capacites.installe)):
        v |= {f"{prefixe}_{m.lower()}": source[m] for m in MODALITES}
        # « Permanent » of the tableau de bord: every place that is neither temporary nor day or night care.
        v[f"{prefixe}_permanent"] = somme_connue(*(source[m] for m in PERMANENT))
        v[f"{prefixe}_total"] = somme_connue(*(source[m] for m in MODALITES))
    v["places_ash"] = capacites.places_ash
    v |= {f"logements_{nom}": valeurs for nom, valeurs in capacites.logements.items()}
    # As FINESS tells places for disabled people: by mode, all that is not residential nor day schooling together.
    handicap = table_et["domaine"].str.starts_with("PH").to_numpy()[:, None]
    modes = {m: v[f"cap_aut_{m}"] for m in ("internat", "semi_internat", "externat")}
    modes["autre"] = somme_connue(*(v[f"cap_aut_{m}"] for m in ("milieu_ordinaire", "ht", "aj")))
    return v | {f"cap_mode_{m}": np.where(handicap, valeurs, np.nan) for m, valeurs in modes.items()}


def _journees(rng: np.random.Generator, p: Panel, capacites: Capacites) -> None:
    n_et = len(p.table_et)
    bissextile = np.array([calendar.isleap(a) for a in ANNEES])[p.rang_annee]
    ouverture = p.par_et(p.table_et["date_ouverture"].to_numpy().astype("datetime64[D]"))
    debut = np.array([np.datetime64(f"{a}-01-01") for a in ANNEES])[p.rang_annee]
    ouvert = np.clip(1 - (ouverture - debut).astype(int) / 365, 0.02, 1.0)  # opened during the year: fewer days

    base = p.par_et(rng.normal(0, 1, n_et)) * p.fait("ecart_taux") + rng.normal(0, 0.012, len(p))
    jours_type = {"HT": "jours_temporaire", "AJ": "jours_accueil_jour", "NUIT": "jours_accueil_jour"}
    taux_type = {"HT": "taux_temporaire", "AJ": "taux_accueil_jour", "NUIT": "taux_accueil_jour"}
    for m in MODALITES:
        nom = m.lower()
        jours = p.fait(jours_type.get(m, "jours_permanent"))
        jours = np.floor((jours + (bissextile & (jours == 365))) * ouvert)
        ecart = 0.02 if m in PERMANENT else 0.1
        taux = np.clip(p.fait(taux_type.get(m, "taux_permanent")) + base + rng.normal(0, ecart, len(p)), 0.2, 1.08)
        p.v[f"jours_ouverture_{nom}"] = np.where(np.isnan(p.v[f"cap_aut_{nom}"]), np.nan, jours)
        theo = p.v[f"cap_aut_{nom}"] * jours
        p.v[f"journees_theo_{nom}"] = theo
        p.v[f"journees_real_{nom}"] = np.rint(theo * taux)
        p.v[f"tx_occ_{nom}"] = 100 * rapport(p.v[f"journees_real_{nom}"], theo)
    for quoi in ("theo", "real"):
        p.v[f"journees_{quoi}_permanent"] = somme_connue(*(p.v[f"journees_{quoi}_{m.lower()}"] for m in PERMANENT))
        p.v[f"journees_{quoi}"] = somme_connue(*(p.v[f"journees_{quoi}_{m.lower()}"] for m in MODALITES))
    p.v["tx_occ_permanent"] = 100 * rapport(p.v["journees_real_permanent"], p.v["journees_theo_permanent"])
    p.v["tx_occ_global"] = 100 * rapport(p.v["journees_real"], p.v["journees_theo"])
    p.v["journees_financees"] = np.rint(p.v["journees_theo"] * rng.uniform(0.955, 1.0, len(p)))
    p.v["tx_realisation"] = 100 * rapport(p.v["journees_real"], p.v["journees_financees"])

    seances = p.est("SEANCES")
    financees = np.rint(4200 * p.par_et(bruit(rng, n_et, 0.45)) * ouvert)
    p.v["seances_financees"] = np.where(seances, financees, np.nan)
    p.v["seances_realisees"] = np.rint(p.v["seances_financees"] * np.clip(0.94 + base, 0.5, 1.1))
    p.v["tx_realisation_seances"] = 100 * rapport(p.v["seances_realisees"], p.v["seances_financees"])
    p.v["tx_occ_seances"] = p.v["tx_realisation_seances"]
    p.v["tx_occ_global_autres"] = np.where(p.est("EHPAD"), np.nan, p.v["tx_occ_global"])
    p.v["part_seances_non_realisees"] = np.where(seances, 100 * rng.beta(3, 22, len(p)), np.nan)


def _trimestres(rng: np.random.Generator, p: Panel) -> None:
    """Quarters of the EHPAD: their days sum to the year's."""
    jours = np.array([[91 if calendar.isleap(a) else 90, 91, 92, 92] for a in ANNEES])[p.rang_annee]
    theo = p.v["cap_aut_hp"][:, None] * jours
    ehpad = p.est("EHPAD") & (p.v["jours_ouverture_hp"] >= 365)
    poids = np.where(np.isnan(theo), 0.0, theo * (1 + rng.normal(0, 0.012, theo.shape)))
    reel = p.v["journees_real_hp"]
    cumul = np.rint(np.cumsum(poids / np.maximum(poids.sum(axis=1, keepdims=True), 1e-9), axis=1) * reel[:, None])
    par_trimestre = np.diff(cumul, axis=1, prepend=0)
    for q in range(4):
        p.v[f"journees_real_hp_t{q + 1}"] = np.where(ehpad, par_trimestre[:, q], np.nan)
        p.v[f"journees_theo_hp_t{q + 1}"] = np.where(ehpad, theo[:, q], np.nan)
        p.v[f"tx_occ_hp_t{q + 1}"] = np.where(ehpad, 100 * rapport(par_trimestre[:, q], theo[:, q]), np.nan)
    p.v["lits_occupes"] = np.where(ehpad, rapport(reel, p.v["jours_ouverture_hp"]), np.nan)


def _personnes(rng: np.random.Generator, p: Panel) -> None:
    """People present at 31/12, entries and exits: present = present before + entries − exits."""
    n_et = len(p.table_et)
    taux = np.clip(np.nan_to_num(p.v["tx_occ_permanent"], nan=90.0) / 100, 0.2, 1.0)
    heberges = np.minimum(np.rint(p.v["cap_inst_permanent"] * taux), p.v["cap_inst_permanent"])
    temporaires = np.rint(p.v["cap_inst_ht"] * 0.7)
    accueillis = np.rint(p.v["cap_inst_aj"] * 2.4)  # a day-care place is shared by several people
    presents = somme_connue(heberges, temporaires, accueillis)
    suivis = np.rint(np.where(p.est("SEANCES"), 210, 85) * p.par_et(bruit(rng, n_et, 0.4)) * bruit(rng, len(p), 0.03))
    presents = np.where(p.est("SEANCES", "AIDE_DOMICILE"), np.maximum(suivis, 5), presents)
    presents = np.where(p.est("RESSOURCE"), np.nan, presents)

    avant = p.precedent()
    nouveau = (avant < 0) & (p.rang_annee > 0)
    presents_avant = np.where(avant >= 0, presents[avant], np.where(nouveau, 0.0, presents))
    sorties = rng.poisson(np.nan_to_num(np.maximum(presents_avant, 0.5)) * p.fait("rotation")).astype(float)
    sorties = np.where(np.isnan(presents), np.nan, np.minimum(sorties, np.maximum(presents_avant, 0)))
    entrees = presents - presents_avant + sorties
    sorties = np.where(entrees < 0, sorties - entrees, sorties)
    p.v["presents_permanent"] = np.where(np.isnan(heberges), np.nan, heberges)
    p.v["presents"] = presents
    p.v["presents_avant"] = presents_avant
    p.v["sorties"] = sorties
    p.v["entrees"] = np.maximum(entrees, 0)
    p.v["file_active"] = presents + sorties
    p.v["dms_jours"] = np.where(
        sorties > 0, np.round(np.minimum(365 / p.fait("rotation") * bruit(rng, len(p), 0.25), 7800), 1), np.nan
    )
    p.v["tx_admission"] = 100 * rapport(p.v["entrees"], p.v["cap_inst_total"])
    p.v["tx_rotation_pers"] = 100 * rapport((p.v["entrees"] + sorties) / 2, presents)
    p.v["tx_rotation_aj"] = np.where(np.isnan(accueillis), np.nan, rng.uniform(20, 90, len(p)))
    femmes = rng.binomial(np.nan_to_num(presents).astype(int), np.where(p.fait("age_moyen") > 60, 0.73, 0.39))
    p.v["femmes"] = np.where(np.isnan(presents), np.nan, femmes)
    p.v["hommes"] = presents - p.v["femmes"]


def _mouvements(rng: np.random.Generator, p: Panel) -> None:
    age = p.fait("age_moyen") > 60
    esperees = {
        "provenance": np.where(age[:, None], [46.0, 34, 17, 3], [57.0, 12, 26, 5]),
        "sortie": np.where(age[:, None], [66.0, 8, 9, 14, 3], [6.0, 8, 38, 41, 7]),
    }
    for nom, classes, total in (("provenance", PROVENANCES, "entrees"), ("sortie", SORTIES, "sorties")):
        comptes = repartir(rng, np.nan_to_num(p.v[total]).astype(np.int64), parts(rng, esperees[nom], 40))
        for i, classe in enumerate(classes):
            p.v[f"{nom}_{classe}"] = proportions_en_pourcent(comptes)[:, i]
    connu = ~np.isnan(p.v["presents"])
    absents = np.where(p.est("EHPAD"), 11, np.where(p.fait("age_moyen") < 20, 17, 21)) * bruit(rng, len(p), 0.3)
    p.v["absences_moyennes"] = np.where(connu & ~p.est("SEANCES"), np.round(absents, 2), np.nan)
    p.v["tx_hospitalisation"] = _part(rng, connu & age, 0.032, 55)
    p.v["tx_protection"] = _part(rng, connu & ~p.est("SEANCES", "AIDE_DOMICILE"), np.where(age, 0.28, 0.45), 25)
    p.v["tx_ash"] = _part(rng, p.v["places_ash"] > 0, np.where(p.est("EHPAD"), 0.22, 0.75), 12)
    enfants = p.est("ENFANT_ETAB")
    p.v["tx_derogation_age"] = _part(rng, connu & enfants, 0.07, 20)
    handicap = p.est("ENFANT_ETAB", "ENFANT_SERVICE", "ADULTE_SOINS", "ADULTE_VIE", "TRAVAIL", "ADULTE_SERVICE")
    orientes = rng.binomial(np.nan_to_num(p.v["presents"]).astype(int), 0.97)
    p.v["nb_orientation_mdph"] = np.where(connu & handicap, orientes, np.nan)
    dehors = rng.binomial(np.nan_to_num(p.v["presents"]).astype(int), 0.11)
    p.v["nb_hors_departement"] = np.where(connu & p.est("EHPAD", "HEBERGEMENT_PA", "JOUR_PA"), dehors, np.nan)


def _part(rng: np.random.Generator, concerne: np.ndarray, moyenne: float | Flottants, force: float) -> Flottants:
    """A percentage around a mean, for the rows concerned."""
    m = np.broadcast_to(np.asarray(moyenne, dtype=float), concerne.shape)
    return np.where(concerne, np.round(100 * rng.beta(m * force, (1 - m) * force), 2), np.nan)
