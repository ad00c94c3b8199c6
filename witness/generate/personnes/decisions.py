"""Decisions of the CDAPH: what each disabled person is entitled to, since when, until when.

Belongs here: decisions and the right each opens. Does not belong here: who waits or stays because of them.
One decision per person and type of right (J402). None ends, nor is about to end, in the months after the year but those
that are said to expire: whatever the notice that is given (two, three or six months), the same ones are found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate.personnes.et_facts import ANNEE, Etablissements
from witness.generate.personnes.record_keeping import PROFILS_PH
from witness.generate.personnes.sejours import JOURS, PREMIER_JOUR, STABLE, Sejours
from witness.generate.personnes.waiting import Attentes
from witness.generate.streams import Entiers, Hasard

PART_EXPIRANT = 0.05
EXPIRE_SOUS = 74  # days after the year
TRANQUILLE = 220  # days after the year before which no other ends
_TYPES = {
    "183": "7.1", "192": "7.2", "195": "7.3", "194": "7.4", "188": "7.5", "186": "7.7", "182": "7.8", "196": "7.13",
    "246": "11.5", "249": "11.1", "198": "11.2", "464": "11.3", "255": "13.3", "437": "13.2", "448": "13.2",
    "252": "13.1", "253": "13.1", "382": "13.1", "449": "13.1", "446": "13.4", "445": "13.5",
}  # fmt: skip


@dataclass(frozen=True)
class Decisions:
    """`table`: one row per decision (dates as days) ; the row of each stay and of each request, -1 without."""

    table: pl.DataFrame
    du_sejour: Entiers
    de_l_attente: Entiers


def construire(hasard: Hasard, nom: str, e: Etablissements, s: Sejours, rang: Entiers, attentes: Attentes) -> Decisions:
    """Decisions behind the stays and requests of a département.

    Columns of `table`: personne (rank), type, decision, decision_nationale, date_decision, ouverture, echeance, nature,
    creton, pag, expirant.
    """
    rng = hasard.flux(f"personnes/decisions/{nom}")
    types = sorted({*_TYPES.values(), "7.99", "13.99"})
    type_et = np.array([types.index(_type(c, p)) for c, p in zip(e.categorie, e.profil, strict=True)], dtype=np.int64)
    concerne = np.isin(e.profil, PROFILS_PH)[s.et] & s.oriente
    cle_sejour = np.where(concerne, rang * 100 + type_et[s.et], -1)
    cle_attente = np.where(attentes.ph, attentes.personne * 100 + type_et[attentes.et], -1)
    toutes = np.unique(np.concatenate([cle_sejour, cle_attente]))
    toutes = toutes[toutes >= 0]
    n = len(toutes)
    sejour = _representant(toutes, cle_sejour, s)
    dates, expirant = _dates(rng, n, sejour, s, toutes, cle_attente, attentes)
    type_droit = np.array(types, dtype=object)[toutes % 100]
    age = (
        ANNEE
        - 1970
        - (PREMIER_JOUR.astype(int) + np.where(sejour >= 0, s.naissance[np.maximum(sejour, 0)], 0)) / 365.25
    )
    numeros = rng.permutation(n) + 1
    table = pl.DataFrame(
        {
            "personne": toutes // 100,
            "type": pl.Series(type_droit.tolist(), dtype=pl.String),
            "decision": [f"{nom}{ANNEE % 100}{9_000_000 + i}" for i in numeros],
            "decision_nationale": [f"8{nom}{900_000_000 + i}" for i in numeros],
            **dates,
            "creton": np.array([t.startswith("7.") for t in type_droit], dtype=bool) & (age >= 20) & (sejour >= 0),
            "pag": rng.random(n) < 0.02,
            "expirant": expirant,
        }
    )
    return Decisions(table, _ou(toutes, cle_sejour), _ou(toutes, cle_attente))


def _type(categorie: str, profil: str) -> str:
    return _TYPES.get(categorie, "7.99" if profil.startswith("ENFANT") else "13.99")


def _ou(toutes: Entiers, cles: Entiers) -> Entiers:
    """Row of each key, -1 for those that have none."""
    return np.where(cles >= 0, np.searchsorted(toutes, cles), -1)


def _representant(toutes: Entiers, cles: Entiers, s: Sejours) -> Entiers:
    """The stay that dates a decision: one that goes on, rather ; -1 when there are only requests."""
    lignes = np.flatnonzero(cles >= 0)
    ordre = lignes[np.lexsort((~s.present[lignes], cles[lignes]))]
    premieres, rangs = np.unique(cles[ordre], return_index=True)
    resultat = np.full(len(toutes), -1)
    resultat[np.searchsorted(toutes, premieres)] = ordre[rangs]
    return resultat


def _dates(
    rng: np.random.Generator, n: int, sejour: Entiers, s: Sejours, toutes: Entiers, cles: Entiers, attentes: Attentes
) -> tuple[dict[str, Entiers], np.ndarray]:
    ans = rng.choice(np.array([2, 3, 5, 10]), n, p=[0.15, 0.3, 0.4, 0.15])
    ligne = np.maximum(sejour, 0)
    ancien = (sejour >= 0) & (s.genre[ligne] == STABLE) if len(s) else np.zeros(n, dtype=bool)
    expirant = ancien & (rng.random(n) < PART_EXPIRANT)
    # Of old stays, a decision renewed meanwhile ; of the others, the one that opened the way.
    loin = JOURS + TRANQUILLE
    renouvele = loin + np.floor(rng.random(n) * (JOURS - 40 + ans * 365 - loin)).astype(np.int64)
    echeance = np.where(expirant, JOURS + rng.integers(0, EXPIRE_SOUS + 1, n), renouvele)
    premiere_demande = np.full(n, JOURS)
    lignes = np.flatnonzero(cles >= 0)
    np.minimum.at(premiere_demande, np.searchsorted(toutes, cles[lignes]), attentes.demande[lignes])
    origine = np.where(sejour >= 0, s.admission[ligne] if len(s) else 0, premiere_demande)
    premiere = np.minimum(origine, premiere_demande) - rng.integers(15, 300, n)
    ans = np.where(ancien, ans, np.maximum(ans, 5))
    ouverture = np.where(ancien, echeance - ans * 365, premiere + rng.integers(0, 20, n))
    echeance = np.where(ancien, echeance, np.maximum(ouverture + ans * 365, loin))
    decision = np.where(ancien, ouverture - rng.integers(0, 60, n), premiere)
    nature = np.where(ancien & (decision > (s.entree[ligne] if len(s) else 0)), "6", "1")
    return {
        "date_decision": decision,
        "ouverture": ouverture,
        "echeance": echeance,
        "nature": nature,
    }, expirant
