"""Natural disagreements: what a sender answers in good faith and that is not quite the truth.

Belongs here: answers left empty, capacities not updated, numbers that drift within or beyond the tolerance of their
element, people counted in the next class. Each departure is recorded. Does not belong here: errors (`injection`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from witness.generate.defects import Fidelite, Registre
from witness.generate.sheet import FRACTION_POINT, Colonne, Feuille, tolerances
from witness.generate.streams import Flottants

# Distributions: what one class gains another loses, and they are left empty together.
_REPARTITION = re.compile(
    r"^(gir|age_rh|age|def_principale|def_associee|provenance|sortie|section_recettes|section_depenses)_"
)
_SEXE = ("hommes", "femmes")
# They say what the row is, or are filled in beforehand by the platform: never answered otherwise.
_STRUCTURE = ("structuration", "type_depot", "tdb_011")


def desaccords(feuille: Feuille, rng: np.random.Generator, fidelite: Fidelite, registre: Registre) -> list[Colonne]:
    """Columns as answered: empty, late, drifting within or beyond the tolerance. Each departure is recorded."""
    resultat = list(feuille.colonnes)
    titres = feuille.titres_distincts()
    blocs: dict[str, list[int]] = {}
    deja: dict[str, int] = {}
    for j, colonne in enumerate(feuille.colonnes):
        tolerance = colonne.tolerance()
        variable = colonne.variable
        if variable is not None and colonne.textes is not None and not _est_fixe(variable):
            resultat[j] = _ecrire_autrement(feuille, colonne, titres[j], rng, fidelite, registre)
        if variable is None or tolerance is None:
            continue
        bloc = _REPARTITION.match(variable)
        if bloc is not None or variable in _SEXE:
            blocs.setdefault(bloc.group(1) if bloc else "sexe", []).append(j)
            continue
        vrai = colonne.connus()
        avant = feuille.colonnes[deja[variable]].connus() if variable in deja else np.full(len(feuille), np.nan)
        if np.any(~np.isnan(vrai) & ~np.isnan(avant)):  # asked twice of the same ET: it answers the same, but for a few
            repetition = resultat[deja[variable]].connus()
            valeurs = np.where(rng.random(len(feuille)) < fidelite.vide, vrai, repetition)
            nature = _nature(vrai, valeurs, tolerance, colonne.decimales)
        elif colonne.repondu is not None:
            valeurs = colonne.repondu.copy()
            nature = _nature(vrai, valeurs, tolerance, colonne.decimales)
        else:
            valeurs, nature = _repondre(colonne, tolerance, rng, fidelite)
        deja.setdefault(variable, j)
        _noter_ecarts(feuille, titres[j], variable, nature, vrai, valeurs, registre)
        resultat[j] = replace(colonne, nombres=valeurs)
    for membres in blocs.values():
        _repartir(feuille, resultat, membres, titres, rng, fidelite, registre)
    return resultat


def _est_fixe(variable: str) -> bool:
    return variable in _STRUCTURE or variable.startswith("id_")


def _ecrire_autrement(
    feuille: Feuille, colonne: Colonne, titre: str, rng: np.random.Generator, fidelite: Fidelite, registre: Registre
) -> Colonne:
    """A text or a date left empty, or answered otherwise: another of the answers met, a day near or far."""
    assert colonne.textes is not None
    vrais, textes = colonne.textes, colonne.textes.copy()
    reponses = sorted({str(t) for t in vrais if t is not None})
    seuils = np.cumsum([fidelite.vide, fidelite.tolere if colonne.est_date else 0.0, fidelite.hors_tolerance])
    tirage = rng.random(len(textes))
    choix = rng.integers(0, 1_000_000, len(textes))
    touches = [i for i in np.flatnonzero(tirage < seuils[2]).tolist() if vrais[i] is not None]
    natures = []
    for i in touches:
        if tirage[i] < seuils[0]:
            textes[i] = None
        elif colonne.est_date:
            jours = 1 + choix[i] % 30 if tirage[i] < seuils[1] else 40 + choix[i] % 500
            jour = datetime.strptime(vrais[i], "%d/%m/%Y") - timedelta(days=int(jours))
            textes[i] = jour.strftime("%d/%m/%Y")
        else:
            autres = [r for r in reponses if r != vrais[i]]
            textes[i] = autres[choix[i] % len(autres)] if autres else vrais[i]
        toleree = tirage[i] < seuils[1] and tolerances()[colonne.variable or ""][1] >= 31
        natures.append("vide" if textes[i] is None else "derive_toleree" if toleree else "derive")
    registre.ecarts.append(
        pl.DataFrame(
            {
                "livraison": [feuille.nom] * len(touches),
                "ligne": np.array(touches, dtype=np.int64) + 2,
                "champ": [titre] * len(touches),
                "variable": [colonne.variable or ""] * len(touches),
                "nature": pl.Series(natures, dtype=pl.String),
                "valeur_vraie": pl.Series([None] * len(touches), dtype=pl.Float64),
                "valeur_livree": pl.Series([None] * len(touches), dtype=pl.Float64),
                "texte_vrai": pl.Series([vrais[i] for i in touches], dtype=pl.String),
                "texte_livre": pl.Series([textes[i] for i in touches], dtype=pl.String),
            }
        )
    )
    return replace(colonne, textes=textes)


def _repondre(
    colonne: Colonne, tolerance: Flottants, rng: np.random.Generator, fidelite: Fidelite
) -> tuple[Flottants, np.ndarray]:
    """Answers to one question, and how each departs from the truth."""
    vrai = colonne.connus()
    n = len(vrai)
    tirage, taille, signe = rng.random(n), rng.random(n), np.where(rng.random(n) < 0.5, -1.0, 1.0)
    seuils = np.cumsum([fidelite.vide, fidelite.tolere, fidelite.hors_tolerance])
    derive = np.where(tirage < seuils[1], (0.2 + 0.7 * taille) * tolerance, (1.6 + 3 * taille) * tolerance)
    derive = np.where((tirage >= seuils[1]) & (tolerance == 0), np.maximum(1.0, np.rint(3 * taille)), derive)
    derive_ici = (tirage >= seuils[0]) & (tirage < seuils[2]) & (np.abs(vrai) > 0)
    valeurs = np.where(derive_ici, vrai + signe * derive, vrai)
    if not np.nanmin(vrai, initial=0.0) < 0:
        valeurs = np.where(valeurs < 0, vrai, valeurs)  # a count or a price never drifts below zero
    if colonne.decimales >= 0:
        valeurs = np.round(valeurs, colonne.decimales)
    nature = _nature(vrai, valeurs, tolerance, colonne.decimales)
    if colonne.retardable and colonne.avant is not None:
        tard = (rng.random(n) < fidelite.retard) & ~np.isnan(colonne.avant) & (colonne.avant != vrai)
        valeurs = np.where(tard, colonne.avant, valeurs)
        nature = np.where(tard, "retard", nature)
    vide = (tirage < seuils[0]) & ~np.isnan(vrai)
    return np.where(vide, np.nan, valeurs), np.where(vide, "vide", nature)


def _repartir(
    feuille: Feuille,
    colonnes: list[Colonne],
    membres: list[int],
    titres: list[str],
    rng: np.random.Generator,
    fidelite: Fidelite,
    registre: Registre,
) -> None:
    """Answers to a distribution: all its classes empty, or some of one class counted in another, the sum unchanged."""
    vrais = np.column_stack([colonnes[j].connus() for j in membres])
    valeurs = vrais.copy()
    tolerance = colonnes[membres[0]].tolerance()
    decimales = max(colonnes[membres[0]].decimales, 0)
    pas = 1.0 if tolerance is None or np.isnan(tolerance[0]) else float(tolerance[0])
    tirage = rng.random(len(feuille))
    seuils = np.cumsum([fidelite.vide, fidelite.tolere, fidelite.hors_tolerance])
    valeurs[tirage < seuils[0]] = np.nan
    for i in np.flatnonzero((tirage >= seuils[0]) & (tirage < seuils[2])):
        quantite = (
            round((0.3 + 0.7 * rng.random()) * pas, decimales) if tirage[i] < seuils[1] else round(2.5 * pas, decimales)
        )
        quantite = max(quantite, 1.0) if decimales == 0 else quantite
        donneurs = np.flatnonzero(np.nan_to_num(valeurs[i]) >= quantite)
        if len(donneurs):
            de = int(rng.choice(donneurs))
            vers = de + 1 if de + 1 < len(membres) else de - 1
            valeurs[i, [de, vers]] = np.round(valeurs[i, [de, vers]] + [-quantite, quantite], decimales)
    for rang, j in enumerate(membres):
        tol = colonnes[j].tolerance()
        nature = _nature(
            vrais[:, rang], valeurs[:, rang], np.full(len(feuille), pas) if tol is None else tol, colonnes[j].decimales
        )
        _noter_ecarts(
            feuille, titres[j], colonnes[j].variable or "", nature, vrais[:, rang], valeurs[:, rang], registre
        )
        colonnes[j] = replace(colonnes[j], nombres=valeurs[:, rang])


def _nature(vrai: Flottants, valeurs: Flottants, tolerance: Flottants, decimales: int) -> np.ndarray:
    """« » where the answer is the truth but for its rounding, else how it departs from it."""
    arrondi = 0.5 * 10.0**-decimales + 1e-9 if decimales >= 0 else 6e-5 if decimales == FRACTION_POINT else 1e-9
    with np.errstate(invalid="ignore"):
        loin = np.abs(valeurs - vrai) > arrondi
        derive = np.where(np.abs(valeurs - vrai) <= tolerance + 1e-9, "derive_toleree", "derive")
    return np.where(np.isnan(valeurs), "vide", np.where(loin, derive, ""))


def _noter_ecarts(
    feuille: Feuille,
    titre: str,
    variable: str,
    nature: np.ndarray,
    vrai: np.ndarray,
    valeurs: np.ndarray,
    registre: Registre,
) -> None:
    lignes = np.flatnonzero((nature != "") & ~np.isnan(vrai))
    if len(lignes) == 0:
        return
    registre.ecarts.append(
        pl.DataFrame(
            {
                "livraison": [feuille.nom] * len(lignes),
                "ligne": lignes + 2,
                "champ": [titre] * len(lignes),
                "variable": [variable] * len(lignes),
                "nature": nature[lignes].astype(str),
                "valeur_vraie": vrai[lignes],
                "valeur_livree": valeurs[lignes],
                "texte_vrai": pl.Series([None] * len(lignes), dtype=pl.String),
                "texte_livre": pl.Series([None] * len(lignes), dtype=pl.String),
            }
        ).with_columns(pl.col("valeur_livree").fill_nan(None))
    )
