"""True answers that are not numbers: yes or no, labels and dates that the questionnaires ask for.

Belongs here: texts and dates of the panel. Does not belong here: quantities.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.capacites import ANNEES
from witness.generate.panel import Panel
from witness.generate.streams import Hasard, sauf, tirer

# Yes/no facts asked by the tableau de bord and by the EHPA survey alike, and the share that answers yes.
OUI_NON = {
    "cpom": 0.62, "groupe_electrogene": 0.55, "accessibilite": 0.72, "dui": 0.84, "telesante": 0.46, "ide_nuit": 0.12,
    "convention_had": 0.68, "equipes_mobiles": 0.71, "reseau_sante": 0.44, "demarche_risques": 0.9, "apl": 0.6,
    "plan_bleu": 0.8, "commission_avis": 0.93, "gpmc": 0.5, "pool": 0.33, "mono_site": 0.72, "mono_batiment": 0.5,
    "qvt": 0.6, "sdsi": 0.4, "mssante": 0.58, "dpo": 0.8, "sauvegardes": 0.94, "mode_degrade": 0.6, "dmp": 0.5,
    "interop": 0.55, "espace_usager": 0.2, "rsi": 0.5, "hds": 0.6, "identite": 0.7, "durable": 0.5,
}  # fmt: skip
_OPTION = {"40": "Tarif global avec PUI", "41": "Tarif global sans PUI", "43": "Tarif global sans PUI",
           "44": "Tarif partiel avec PUI", "45": "Tarif partiel sans PUI", "47": "Tarif partiel sans PUI"}  # fmt: skip
GROUPEE = "Site principal et sites secondaires (réponse groupée)"
_STRUCTURATIONS = ("Site unique", "Site principal (réponse séparée)", "Site secondaire (réponse séparée)", GROUPEE)
_CONVENTIONS = {"PUBLIC": ("Fonction publique hospitalière", "Fonction publique territoriale"),
                "PRIVE_NON_LUCRATIF": ("CCN 51", "CCN 66"), "PRIVE_LUCRATIF": ("CCU", "CCU annexe EHPAD")}  # fmt: skip
DATES = ("livret", "contrat_sejour", "reglement", "cvs", "projet", "commission_securite", "evaluation_externe")


def remplir(hasard: Hasard, p: Panel, triplets: pl.DataFrame) -> None:
    """Fill the texts and dates of the panel ; they belong to the ET and hold for all years, dates of acts excepted."""
    rng = hasard.flux("caracteres")
    n_et = len(p.table_et)
    for nom, part in OUI_NON.items():
        p.t[nom] = p.par_et(np.where(rng.random(n_et) < part, "Oui", "Non").astype(object))
    mft = p.table_et["mft"].to_numpy()
    ehpad = p.est("EHPAD")
    options = np.array([_OPTION.get(m, "Tarif partiel sans PUI") for m in mft], dtype=object)
    p.t["option_tarifaire"] = sauf(p.par_et(options), ~ehpad)
    tirages = zip(p.table_et["statut_agrege"], rng.integers(0, 2, n_et), strict=True)
    conventions = np.array([_CONVENTIONS[a][i] for a, i in tirages], dtype=object)
    p.t["convention"] = p.par_et(conventions)
    structuration = np.array(_STRUCTURATIONS, dtype=object)[tirer(rng, np.array([78.0, 10, 9, 3]), n_et)]
    p.t["structuration"] = p.par_et(structuration)
    habilite = p.par_et(p.table_et["aide_sociale"].to_numpy())
    totale = p.v["places_ash"] >= p.v["cap_aut_permanent"]
    pa = p.est("EHPAD", "HEBERGEMENT_PA")
    p.t["habilitation_ash"] = sauf(np.where(habilite, np.where(totale, "totale", "partielle"), "non"), ~pa)
    p.t["medco"] = sauf(np.where(p.v["etp_medco"] > 0, "Oui", "Non"), ~ehpad)
    p.t["unites_specifiques"] = p.par_et(_unites_specifiques(triplets, n_et))
    plateaux = np.array([None, "Salle de kinésithérapie", "Salle de kinésithérapie,Salle Snoezelen"], dtype=object)
    p.t["plateau"] = sauf(p.par_et(plateaux[tirer(rng, np.array([30.0, 45, 25]), n_et)]), ~pa)
    p.t["droit_occupation"] = p.par_et(
        np.array(["Propriétaire", "Locataire", "Mise à disposition"], dtype=object)[
            tirer(rng, np.array([45.0, 45, 10]), n_et)
        ]
    )
    effet = np.datetime64("2017-01-01") + rng.integers(0, 2100, n_et)
    cpom = p.t["cpom"] == "Oui"
    p.d["cpom_effet"] = np.where(cpom, p.par_et(effet), np.datetime64("NaT"))
    p.d["cpom_echeance"] = np.where(cpom, p.par_et(effet + 5 * 365), np.datetime64("NaT"))
    for nom in ("date_autorisation", "date_ouverture"):
        p.d[nom] = p.par_et(p.table_et[nom].to_numpy().astype("datetime64[D]"))
    fin = np.array([np.datetime64(f"{a}-12-31") for a in ANNEES])[p.rang_annee]
    for nom in DATES:
        p.d[nom] = fin - p.par_et(rng.integers(15, 1500, n_et))
    _propres(hasard, p, fin)


def propre(position: str) -> str:
    """Variable of a question that the tableau de bord alone asks, from its position."""
    return f"tdb_{int(position):03d}"


def _propres(hasard: Hasard, p: Panel, fin: np.ndarray) -> None:
    """What only one questionnaire asks for, drawn as `faits/tdb_colonnes.csv` says: any plausible answer is the truth.

    Choices belong to the ET and hold for all years ; quantities are each year's. They exist for the ET asked.
    """
    n, n_et = len(p), len(p.table_et)
    interroges = np.isin(p.table_et["categorie"].to_numpy().astype(str), facts.interrogees())
    for position, _, contenu in facts.table("tdb_colonnes").iter_rows():
        genre, _, reste = contenu.partition(":")
        nom = propre(position)
        rng = hasard.flux(f"propres/{nom}")
        match genre:
            case "oui_non":
                reponses = np.where(rng.random(n_et) < float(reste), "Oui", "Non").astype(object)
                p.t[nom] = p.par_et(sauf(reponses, ~interroges))
            case "choix":
                choix = np.array([c or None for c in reste.split("|")], dtype=object)
                autres = ~interroges & (
                    len(choix) > 1
                )  # the only choice is said of whoever is asked, by whom it may be
                p.t[nom] = p.par_et(sauf(choix[rng.integers(0, len(choix), n_et)], autres))
            case "entier" | "decimal":
                bas, haut = map(int, reste.split("-"))
                tirage = rng.integers(bas, haut + 1, n) if genre == "entier" else np.round(rng.uniform(bas, haut, n), 2)
                p.v[nom] = np.where(p.par_et(interroges), tirage, np.nan)
            case "date":
                jours = fin - p.par_et(rng.integers(20, 3000, n_et))
                p.d[nom] = np.where(p.par_et(interroges), jours, np.datetime64("NaT"))
            case "vide":
                p.v[nom] = np.full(n, np.nan)


def _unites_specifiques(triplets: pl.DataFrame, n_et: int) -> np.ndarray:
    """PASA and UHR that the ET is authorised for, which their disciplines tell (961, 962)."""
    resultat = np.full(n_et, None, dtype=object)
    for discipline, unite in (("961", "PASA"), ("962", "UHR")):
        for e in triplets.filter(pl.col("discipline") == discipline)["et_id"].unique(maintain_order=True):
            resultat[e] = f"{resultat[e]},{unite}" if resultat[e] else unite
    return resultat
