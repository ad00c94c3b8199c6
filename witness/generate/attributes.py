"""True answers that are not numbers: yes or no, labels and dates that the questionnaires ask for.

Belongs here: texts and dates of the panel. Does not belong here: quantities.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.capacites import YEARS
from witness.generate.panel import Panel
from witness.generate.streams import Streams, blanked, pick

# Yes/no facts asked by the tableau de bord and by the EHPA survey alike, and the share that answers yes.
YES_NO = {
    "cpom": 0.62, "groupe_electrogene": 0.55, "accessibilite": 0.72, "dui": 0.84, "telesante": 0.46, "ide_nuit": 0.12,
    "convention_had": 0.68, "equipes_mobiles": 0.71, "reseau_sante": 0.44, "demarche_risques": 0.9, "apl": 0.6,
    "plan_bleu": 0.8, "commission_avis": 0.93, "gpmc": 0.5, "pool": 0.33, "mono_site": 0.72, "mono_batiment": 0.5,
    "qvt": 0.6, "sdsi": 0.4, "mssante": 0.58, "dpo": 0.8, "sauvegardes": 0.94, "mode_degrade": 0.6, "dmp": 0.5,
    "interop": 0.55, "espace_usager": 0.2, "rsi": 0.5, "hds": 0.6, "identite": 0.7, "durable": 0.5,
}  # fmt: skip
_OPTION = {"40": "Tarif global avec PUI", "41": "Tarif global sans PUI", "43": "Tarif global sans PUI",
           "44": "Tarif partiel avec PUI", "45": "Tarif partiel sans PUI", "47": "Tarif partiel sans PUI"}  # fmt: skip
GROUPED = "Site principal et sites secondaires (réponse groupée)"
_STRUCTURATIONS = ("Site unique", "Site principal (réponse séparée)", "Site secondaire (réponse séparée)", GROUPED)
_CONVENTIONS = {"PUBLIC": ("Fonction publique hospitalière", "Fonction publique territoriale"),
                "PRIVE_NON_LUCRATIF": ("CCN 51", "CCN 66"), "PRIVE_LUCRATIF": ("CCU", "CCU annexe EHPAD")}  # fmt: skip
DATES = ("livret", "contrat_sejour", "reglement", "cvs", "projet", "commission_securite", "evaluation_externe")


def fill(streams: Streams, p: Panel, triplets: pl.DataFrame) -> None:
    """Fill the texts and the dates of the panel.

    They belong to the ET and hold for all years, except the dates of acts, which are those of each year.
    """
    rng = streams.stream("caracteres")
    n_et = len(p.table_et)
    for name, share in YES_NO.items():
        p.t[name] = p.by_et(np.where(rng.random(n_et) < share, "Oui", "Non").astype(object))
    mft = p.table_et["mft"].to_numpy()
    ehpad = p.is_a("EHPAD")
    options = np.array([_OPTION.get(m, "Tarif partiel sans PUI") for m in mft], dtype=object)
    p.t["option_tarifaire"] = blanked(p.by_et(options), ~ehpad)
    draws = zip(p.table_et["statut_agrege"], rng.integers(0, 2, n_et), strict=True)
    conventions = np.array([_CONVENTIONS[a][i] for a, i in draws], dtype=object)
    p.t["convention"] = p.by_et(conventions)
    structuration = np.array(_STRUCTURATIONS, dtype=object)[pick(rng, np.array([78.0, 10, 9, 3]), n_et)]
    p.t["structuration"] = p.by_et(structuration)
    habilite = p.by_et(p.table_et["aide_sociale"].to_numpy())
    entire = p.v["places_ash"] >= p.v["cap_aut_permanent"]
    pa = p.is_a("EHPAD", "HEBERGEMENT_PA")
    p.t["habilitation_ash"] = blanked(np.where(habilite, np.where(entire, "totale", "partielle"), "non"), ~pa)
    p.t["medco"] = blanked(np.where(p.v["etp_medco"] > 0, "Oui", "Non"), ~ehpad)
    p.t["unites_specifiques"] = p.by_et(_specific_units(triplets, n_et))
    plateaux = np.array([None, "Salle de kinésithérapie", "Salle de kinésithérapie,Salle Snoezelen"], dtype=object)
    p.t["plateau"] = blanked(p.by_et(plateaux[pick(rng, np.array([30.0, 45, 25]), n_et)]), ~pa)
    p.t["droit_occupation"] = p.by_et(
        np.array(["Propriétaire", "Locataire", "Mise à disposition"], dtype=object)[
            pick(rng, np.array([45.0, 45, 10]), n_et)
        ]
    )
    start_dates = np.datetime64("2017-01-01") + rng.integers(0, 2100, n_et)
    cpom = p.t["cpom"] == "Oui"
    p.d["cpom_effet"] = np.where(cpom, p.by_et(start_dates), np.datetime64("NaT"))
    p.d["cpom_echeance"] = np.where(cpom, p.by_et(start_dates + 5 * 365), np.datetime64("NaT"))
    for name in ("date_autorisation", "date_ouverture"):
        p.d[name] = p.by_et(p.table_et[name].to_numpy().astype("datetime64[D]"))
    end = np.array([np.datetime64(f"{a}-12-31") for a in YEARS])[p.year_rank]
    for name in DATES:
        p.d[name] = end - p.by_et(rng.integers(15, 1500, n_et))
    _own_questions(streams, p, end)


def own_question(position: str) -> str:
    """Name of the variable of a question that the tableau de bord alone asks, made from its position."""
    return f"tdb_{int(position):03d}"


def _own_questions(streams: Streams, p: Panel, end: np.ndarray) -> None:
    """Draw the answers to the questions that the tableau de bord alone asks, as `faits/tdb_colonnes.csv` says.

    Nothing else in this world depends on them: any plausible answer is the truth. Choices belong to the ET and hold for
    all years; quantities are those of each year. They exist for the ET that the tableau de bord asks.
    """
    n, n_et = len(p), len(p.table_et)
    asked = np.isin(p.table_et["categorie"].to_numpy().astype(str), facts.asked_categories())
    for position, _, content in facts.table("tdb_colonnes").iter_rows():
        kind, _, rest = content.partition(":")
        name = own_question(position)
        rng = streams.stream(f"propres/{name}")
        match kind:
            case "oui_non":
                answers = np.where(rng.random(n_et) < float(rest), "Oui", "Non").astype(object)
                p.t[name] = p.by_et(blanked(answers, ~asked))
            case "choix":
                choice = np.array([c or None for c in rest.split("|")], dtype=object)
                not_asked = ~asked & (len(choice) > 1)  # a choice of one word is true of every ET, asked or not
                p.t[name] = p.by_et(blanked(choice[rng.integers(0, len(choice), n_et)], not_asked))
            case "entier" | "decimal":
                low, high = map(int, rest.split("-"))
                draw = rng.integers(low, high + 1, n) if kind == "entier" else np.round(rng.uniform(low, high, n), 2)
                p.v[name] = np.where(p.by_et(asked), draw, np.nan)
            case "date":
                days = end - p.by_et(rng.integers(20, 3000, n_et))
                p.d[name] = np.where(p.by_et(asked), days, np.datetime64("NaT"))
            case "vide":
                p.v[name] = np.full(n, np.nan)


def _specific_units(triplets: pl.DataFrame, n_et: int) -> np.ndarray:
    """The units (PASA, UHR) that each ET is authorised for, told by the disciplines 961 and 962 of its triplets."""
    result = np.full(n_et, None, dtype=object)
    for discipline, unit in (("961", "PASA"), ("962", "UHR")):
        for e in triplets.filter(pl.col("discipline") == discipline)["et_id"].unique(maintain_order=True):
            result[e] = f"{result[e]},{unit}" if result[e] else unit
    return result
