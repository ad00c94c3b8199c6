"""Who the persons are: names, birth, numbers, where they live.

Belongs here: the true identity of each person of a département. Does not belong here: how a system writes it
(`spellings`), where the person stays. No address exists: a person, invented, lives in a commune.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate import facts, geography
from witness.generate.personnes.invented_names import Noms, Repertoire
from witness.generate.personnes.person_numbers import ETRANGER, matricules, places
from witness.generate.personnes.sejours import PREMIER_JOUR
from witness.generate.streams import Entiers, Flottants, Hasard, tirer

PAR_DEPARTEMENT = 10_000_000  # persons are numbered by département
PART_NATIFS, PART_ETRANGERS = 0.64, 0.06
PART_NIA = 0.012  # of those born abroad or not: waiting for their NIR
PART_COMPOSE, PART_DOUBLE_NOM, PART_PARTICULE = 0.07, 0.03, 0.015
PART_NOM_USAGE = 0.55
_PROTECTIONS = ("TUTEUR", "CURATEUR", "MSVG")


@dataclass(frozen=True)
class Personnes:
    """What is known of persons before they have a name ; one row each."""

    naissance: Entiers  # day
    femme: np.ndarray
    protegee: Flottants  # probability of a legal protection
    ailleurs: Flottants  # probability of living in another département
    handicap: np.ndarray  # known to a MDPH
    jumeau: Entiers  # rank of the twin, or -1


def construire(hasard: Hasard, noms: Noms, code: str, p: Personnes) -> pl.DataFrame:
    """Identity of the persons who live, or stay, in the département `code`.

    Columns: personne, date_naissance, femme, nom, nom_usage, prenom, prenoms, lieu, nir, cle, est_nia, mdph, commune,
    postal, departement, protection. Texts keep their accents.
    """
    rng = hasard.flux(f"personnes/etat_civil/{code}")
    codes = facts.textes("departements", "code")
    ici = codes.index(code)
    n = len(p.naissance)
    naissance = PREMIER_JOUR + p.naissance
    annee = naissance.astype("datetime64[Y]").astype(int) + 1970
    mois = naissance.astype("datetime64[M]").astype(int) % 12 + 1
    ou = _departements_de_naissance(rng, ici, n)
    jumeaux = np.flatnonzero(p.jumeau >= 0)
    ou[jumeaux] = ou[np.minimum(jumeaux, p.jumeau[jumeaux])]
    nia = rng.random(n) < np.where(ou == ETRANGER, 8 * PART_NIA, PART_NIA / 2)
    genre = np.where(p.femme, 2, 1) + np.where(nia, 6, 0)
    chiffre, rang = places((genre * 100 + annee % 100) * 100 + mois, ou, ici)
    residence = _communes(rng, ici, codes, p.ailleurs)
    return pl.DataFrame(
        {
            "personne": (ici + 1) * PAR_DEPARTEMENT + np.arange(n) + 1,
            "date_naissance": naissance,
            "femme": p.femme,
            **_noms(rng, noms, p, annee),
            "est_nia": nia,
            "mdph": pl.Series(np.where(p.handicap, 900_000 + np.arange(n), -1)),
            "protection": _protection(rng, p.protegee),
        }
    ).with_columns(
        pl.when(pl.col("mdph") >= 0).then(pl.format("{}{}", pl.lit(code), pl.col("mdph"))).alias("mdph"),
        *residence,
        *matricules(genre, annee, mois, ou, chiffre, rang).get_columns(),
    )


def _departements_de_naissance(rng: np.random.Generator, ici: int, n: int) -> Entiers:
    """Rank of the département of birth, `ETRANGER` abroad: mostly that of residence."""
    poids = facts.nombres("departements", "population").copy()
    poids[ici] = 0.0
    sort = rng.random(n)
    ailleurs = tirer(rng, poids, n)
    return np.where(sort < PART_NATIFS, ici, np.where(sort > 1 - PART_ETRANGERS, ETRANGER, ailleurs))


def _communes(rng: np.random.Generator, ici: int, codes: list[str], ailleurs: Flottants) -> list[pl.Series]:
    """Commune where each lives, its postal code and département."""
    n = len(ailleurs)
    voisins = np.array([(ici + pas) % len(codes) for pas in (-2, -1, 1, 2)])
    rang = np.where(rng.random(n) < ailleurs, voisins[rng.integers(0, len(voisins), n)], ici)
    toutes = geography.communes(codes)
    ou = toutes[geography.tirer_communes(rng, toutes, rang).tolist()]
    return [ou["code"].alias("commune"), ou["code_postal"].alias("postal"), ou["departement"]]


def _noms(rng: np.random.Generator, noms: Noms, p: Personnes, annee: Entiers) -> dict[str, pl.Series]:
    n = len(p.naissance)
    familles = noms.familles
    rang = familles.tirer(rng, n)
    double = np.where(rng.random(n) < PART_DOUBLE_NOM, familles.tirer(rng, n), -1)
    particule = rng.random(n) < PART_PARTICULE
    jumeaux = np.flatnonzero(p.jumeau >= 0)
    premiers = np.minimum(jumeaux, p.jumeau[jumeaux])
    for valeurs in (rang, double, particule):
        valeurs[jumeaux] = valeurs[premiers]
    conjoint = familles.tirer(rng, n)
    usage = rng.random(n) < np.where(p.femme & (annee < 1990), PART_NOM_USAGE, 0.01)
    prenoms = [_prenoms(rng, noms, p.femme, annee) for _ in range(3)]
    # Twins of one sex have two given names.
    meme = p.femme[jumeaux] == p.femme[p.jumeau[jumeaux]]
    seconds = jumeaux[meme & (jumeaux > p.jumeau[jumeaux])]
    decale = (prenoms[0][p.jumeau[seconds]] + 1) % len(noms.feminins.seuils)
    prenoms[0][seconds] = decale
    compose = rng.random(n) < PART_COMPOSE
    autres = rng.integers(0, 3, n)
    table = pl.DataFrame(
        {
            "nom": familles.mots.gather(rang),
            "double": familles.mots.gather(np.maximum(double, 0)),
            "est_double": double >= 0,
            "particule": particule,
            "conjoint": familles.mots.gather(conjoint),
            "usage": usage,
            **{f"p{i}": _textes(noms, r, p.femme) for i, r in enumerate(prenoms)},
            "compose": compose,
            "autres": autres,
        }
    )
    nom = pl.when("est_double").then(pl.concat_str("nom", pl.lit("-"), "double")).otherwise("nom")
    nom = pl.when("particule").then(pl.concat_str(pl.lit("De "), nom)).otherwise(nom)
    prenom = pl.when("compose").then(pl.concat_str("p0", pl.lit("-"), "p1")).otherwise("p0")
    second = (
        pl.when(pl.col("compose") | (pl.col("autres") < 1)).then(pl.lit("")).otherwise(pl.concat_str(pl.lit(" "), "p1"))
    )
    troisieme = pl.when(pl.col("autres") < 2).then(pl.lit("")).otherwise(pl.concat_str(pl.lit(" "), "p2"))
    return table.select(
        nom.alias("nom"),
        pl.when("usage").then("conjoint").alias("nom_usage"),
        prenom.alias("prenom"),
        pl.concat_str(prenom, second, troisieme).alias("prenoms"),
    ).to_dict()


def _prenoms(rng: np.random.Generator, noms: Noms, femme: np.ndarray, annee: Entiers) -> Entiers:
    """Ranks of given names: the frequent ones change with each generation."""
    n = len(femme)
    rangs = np.where(femme, noms.feminins.tirer(rng, n), noms.masculins.tirer(rng, n))
    return (rangs + (annee // 15) * 23) % len(noms.feminins.seuils)


def _textes(noms: Noms, rangs: Entiers, femme: np.ndarray) -> pl.Series:
    def de(repertoire: Repertoire) -> pl.Series:
        return repertoire.mots.gather(rangs)

    return de(noms.feminins).zip_with(pl.Series(femme), de(noms.masculins))


def _protection(rng: np.random.Generator, part: Flottants) -> pl.Series:
    mesure = tirer(rng, np.array([58.0, 34, 8]), len(part))
    mesure = np.where(rng.random(len(part)) < part, mesure, len(_PROTECTIONS))
    return pl.Series([*_PROTECTIONS, None], dtype=pl.String).gather(mesure)
