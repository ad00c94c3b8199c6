"""True structures: legal entities (EJ) and establishments or services (ET), with their history.

Belongs here: who exists, where, run by whom, from when to when. Does not belong here: what they do (places, staff).
Categories and legal statuses follow the real national proportions; names are obviously fictitious (« (fictif) »).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.geography import Territoire, tirer_communes
from witness.generate.streams import Entiers, Flottants, Hasard, rang_dans, tirer
from witness.generate.structure_numbers import numero_siren, numero_siret, numeros_finess

ESMS_FRANCE = 36_000
MILLESIMES = (2023, 2024)
# FINESS is extracted in the first days of the year, so that it tells the state at 31/12 of the year before.
EXTRACTIONS = tuple(date(a + 1, 1, 6) for a in MILLESIMES)
PART_FERMES_AVANT = 0.06
TAUX_OUVERTURE = 0.012
TAUX_FERMETURE = 0.008
TAUX_CHANGEMENT_EJ = 0.012
PREMIER_RANG_EJ = 70_000  # of the five digits after the reserved root ; overseas, 700 of three


@dataclass(frozen=True)
class Structures:
    """`et`: one row per ET, its last state ; `ej`: one row per EJ ; `rattachements`: who ran whom, when."""

    ej: pl.DataFrame
    et: pl.DataFrame
    rattachements: pl.DataFrame


def construire(hasard: Hasard, territoire: Territoire) -> Structures:
    """EJ and ET of a territory."""
    rng = hasard.flux("structures")
    dep, cat, ferme_avant = _effectifs(rng, territoire)
    profils = np.array([facts.profils().index(p) for p in facts.textes("categories", "profil")])
    profil = profils[cat]
    codes_statut = facts.textes("statuts", "code")
    statut = tirer(rng, facts.matrice("statuts_par_profil", codes_statut)[profil])
    ej, ej_dep, ej_statut = _gestionnaires(rng, dep, statut)
    ej_avant, change_le = _changements(rng, ej, ej_dep, ej_statut, dep, ferme_avant)
    dates = _dates(rng, len(dep), ferme_avant, change_le)

    table_ej = _table_ej(rng, territoire, ej_dep, ej_statut)
    table_et = _table_et(rng, territoire, dep, cat, profil, ej, ej_avant, table_ej)
    table_et = table_et.with_columns(
        pl.Series("date_ouverture", dates["ouverture"]),
        pl.Series("date_autorisation", dates["autorisation"]),
        pl.Series("date_fermeture", dates["fermeture"]),
        pl.Series("date_changement_ej", change_le),
    )
    return Structures(table_ej, table_et, _rattachements(table_et))


def _effectifs(rng: np.random.Generator, territoire: Territoire) -> tuple[Entiers, Entiers, np.ndarray]:
    """Département, category and « closed before the period » of each ET."""
    national = facts.table("departements").select(pl.col("population", "part_75_plus").cast(pl.Float64))
    poids = facts.nombres("categories", "effectif_inventaire") * facts.nombres("categories", "part_ouverte")
    habitants = territoire.departements["population"].to_numpy().astype(float)
    ages = habitants * territoire.departements["part_75_plus"].to_numpy()
    total = float(national["population"].sum())
    total_75 = float((national["population"] * national["part_75_plus"]).sum())
    attendu = ESMS_FRANCE * (0.5 * habitants / total + 0.5 * ages / total_75)
    deps: list[Entiers] = []
    cats: list[Entiers] = []
    fermes: list[np.ndarray] = []
    for rang, n in enumerate(np.rint(attendu).astype(int)):
        n_ferme = round(n * PART_FERMES_AVANT)
        for taille, ferme in ((n, False), (n_ferme, True)):
            comptes = rng.multinomial(taille, poids / poids.sum())
            cats.append(np.repeat(np.arange(len(poids)), comptes))
            deps.append(np.full(taille, rang))
            fermes.append(np.full(taille, ferme))
    return np.concatenate(deps), np.concatenate(cats), np.concatenate(fermes)


def _gestionnaires(rng: np.random.Generator, dep: Entiers, statut: Entiers) -> tuple[Entiers, Entiers, Entiers]:
    """EJ of each ET ; département and status of each EJ. ET of one département and status share EJ of unequal sizes."""
    taille = facts.nombres("statuts", "taille_moyenne")
    ej = np.zeros(len(dep), dtype=np.int64)
    ej_dep: list[int] = []
    ej_statut: list[int] = []
    cle = dep * 100 + statut
    ordre = np.argsort(cle, kind="stable")
    bornes = np.flatnonzero(np.diff(cle[ordre])) + 1
    for membres in np.split(ordre, bornes):
        s = int(statut[membres[0]])
        n_ej = min(len(membres), max(1, int(np.ceil(len(membres) / taille[s]))))
        choix = tirer(rng, 1.0 / np.arange(1, n_ej + 1) ** 0.8, len(membres))
        choix[:n_ej] = np.arange(n_ej)
        ej[membres] = len(ej_dep) + choix
        ej_dep.extend([int(dep[membres[0]])] * n_ej)
        ej_statut.extend([s] * n_ej)
    return ej, np.array(ej_dep), np.array(ej_statut)


def _changements(
    rng: np.random.Generator, ej: Entiers, ej_dep: Entiers, ej_statut: Entiers, dep: Entiers, ferme: np.ndarray
) -> tuple[Entiers, np.ndarray]:
    """EJ before a change of operator (-1: none), date of the change ; both EJ have the same département and status."""
    avant = np.full(len(ej), -1, dtype=np.int64)
    quand = np.full(len(ej), "NaT", dtype="datetime64[D]")
    candidats = np.flatnonzero((rng.random(len(ej)) < 2 * TAUX_CHANGEMENT_EJ) & ~ferme)
    for i in candidats:
        autres = np.flatnonzero(
            (ej_dep == dep[i]) & (ej_statut == ej_statut[ej[i]]) & (np.arange(len(ej_dep)) != ej[i])
        )
        if len(autres):
            avant[i] = rng.choice(autres)
            quand[i] = np.datetime64(f"{rng.choice(MILLESIMES)}-01-01") + rng.integers(30, 330)
    return avant, quand


def _dates(rng: np.random.Generator, n: int, ferme_avant: np.ndarray, change_le: np.ndarray) -> dict[str, np.ndarray]:
    debut = np.datetime64("1955-01-01")
    ouverture = debut + (rng.beta(2.2, 1.5, n) * 24_800).astype(int)  # until the end of 2022
    fermeture = np.full(n, "NaT", dtype="datetime64[D]")
    apres = np.maximum(ouverture + 365, np.datetime64("2008-01-01"))
    reste = np.maximum((np.datetime64("2022-12-01") - apres).astype(int), 1)
    fermeture[ferme_avant] = (apres + (rng.random(n) * reste).astype(int))[ferme_avant]
    stable = ~ferme_avant & np.isnat(change_le)
    for annee in MILLESIMES:
        jour = np.datetime64(f"{annee}-01-05") + rng.integers(0, 350, n)
        ouvre = stable & (rng.random(n) < TAUX_OUVERTURE)
        ouverture = np.where(ouvre, jour, ouverture)
        stable &= ~ouvre
        fermee = stable & (rng.random(n) < TAUX_FERMETURE)
        fermeture = np.where(fermee, jour, fermeture)
        stable &= ~fermee
    autorisation = ouverture - rng.integers(20, 600, n)
    return {"ouverture": ouverture, "autorisation": autorisation, "fermeture": fermeture}


_NOM_EJ = {
    "02": "Département", "03": "Commune de {c}", "08": "CIAS de {c}", "13": "Centre hospitalier de {c}",
    "14": "Centre hospitalier intercommunal de {c}", "17": "CCAS de {c}", "19": "Etablissement départemental de {c}",
    "21": "Etablissement public communal de {c}", "22": "Etablissement public intercommunal de {c}",
    "43": "MSA {g}", "47": "Mutuelle {g}", "60": "Association {g}", "61": "Association {g}", "63": "Fondation {g}",
    "72": "SARL {g}", "73": "SA {g}", "78": "EURL {g}", "95": "SAS {g}",
}  # fmt: skip


def _table_ej(rng: np.random.Generator, territoire: Territoire, ej_dep: Entiers, ej_statut: Entiers) -> pl.DataFrame:
    n = len(ej_dep)
    dep = territoire.departements[ej_dep.tolist()]
    adresses = _adresses(rng, territoire, ej_dep)
    statuts = facts.table("statuts")[ej_statut.tolist()]
    gestionnaires = facts.listes("gestionnaire")
    noms = [
        _elision(_NOM_EJ[s].format(c=c, g=f"{gestionnaires[i % len(gestionnaires)]} {i // len(gestionnaires) + 1}"))
        + " (fictif)"
        for i, (s, c) in enumerate(zip(statuts["code"], adresses["commune"], strict=True))
    ]
    rangs = rang_dans(ej_dep) + _premier_rang(dep["racine_finess"], PREMIER_RANG_EJ)
    naissance = np.datetime64("1945-01-01") + rng.integers(0, 27_000, n)
    return pl.DataFrame(
        {
            "ej_id": np.arange(n),
            "finess_ej": numeros_finess(dep["racine_finess"], rangs),
            "siren": [numero_siren(i + 1) for i in range(n)],
            "raison_sociale": noms,
            "raison_sociale_courte": [_majuscules(x)[:38].rstrip() for x in noms],
            "departement": dep["code"],
            "region": dep["region"],
            "statut": statuts["code"],
            "statut_agrege": statuts["agregat"],
            "statut_libelle": statuts["libelle"],
            "ape": statuts["ape"],
            "fonction_publique": statuts["fonction_publique"].replace("", None),
            "date_creation": naissance,
        }
    ).hstack(adresses)


def _table_et(
    rng: np.random.Generator,
    territoire: Territoire,
    dep: Entiers,
    cat: Entiers,
    profil: Entiers,
    ej: Entiers,
    ej_avant: Entiers,
    table_ej: pl.DataFrame,
) -> pl.DataFrame:
    n = len(dep)
    departements = territoire.departements[dep.tolist()]
    categories = facts.table("categories")[cat.tolist()]
    adresses = _adresses(rng, territoire, dep)
    mft = facts.table("mft")
    poids: Flottants = np.array([[float(p) * (q == nom) for p, q in mft.select("poids", "profil").iter_rows()]
                                 for nom in facts.profils()])  # fmt: skip
    choix_mft = mft[tirer(rng, poids[profil]).tolist()]
    noms = _noms_et(rng, dep, cat, categories["sigle"].to_list())
    sirens = table_ej["siren"].to_list()
    rangs = rang_dans(ej)
    return pl.DataFrame(
        {
            "et_id": np.arange(n),
            "finess_et": numeros_finess(departements["racine_finess"], rang_dans(dep) + 1),
            "raison_sociale": noms,
            "raison_sociale_courte": [_majuscules(x)[:38].rstrip() for x in noms],
            "departement": departements["code"],
            "region": departements["region"],
            "categorie": categories["code"],
            "categorie_sigle": categories["sigle"],
            "categorie_libelle": categories["libelle"],
            "domaine": categories["domaine"],
            "profil": categories["profil"],
            "profil_id": profil,
            "categorie_id": cat,
            "ej_id": ej,
            "ej_id_avant": ej_avant,
            "finess_ej": table_ej["finess_ej"].gather(ej.tolist()),
            "statut_agrege": table_ej["statut_agrege"].gather(ej.tolist()),
            "siret": [numero_siret(sirens[e], int(r) + 2) for e, r in zip(ej, rangs, strict=True)],
            "siret_avant": [None if e < 0 else numero_siret(sirens[e], 900 + i % 90) for i, e in enumerate(ej_avant)],
            "mft": choix_mft["code"],
            "aide_sociale": choix_mft["aide_sociale"] == "1",
        }
    ).hstack(adresses)


def _noms_et(rng: np.random.Generator, dep: Entiers, cat: Entiers, sigles: list[str]) -> list[str]:
    """« EHPAD des Glycines (fictif) » ; a name already taken in the département also carries an invented place."""
    lieux = facts.listes("lieu")
    suites = facts.listes("commune_debut")
    depart = rng.integers(0, len(lieux), int(dep.max()) + 1)
    rangs = rang_dans(dep * 1000 + cat)
    noms = []
    for sigle, d, rang in zip(sigles, dep, rangs, strict=True):
        tour, place = divmod(int(rang), len(lieux))
        suite = f" {suites[(tour - 1) % len(suites)]}" if tour else ""
        noms.append(f"{sigle} {lieux[(place + int(depart[d])) % len(lieux)]}{suite} (fictif)")
    return noms


def _adresses(rng: np.random.Generator, territoire: Territoire, dep: Entiers) -> pl.DataFrame:
    """Street, commune and coordinates of structures placed in départements (rank in `territoire.departements`)."""
    n = len(dep)
    communes = territoire.communes[tirer_communes(rng, territoire.communes, dep).tolist()]
    voies = facts.listes("voie")
    types = np.array(["R", "AV", "PL", "RTE", "CHE", "ALL"])[tirer(rng, np.array([60.0, 16, 8, 7, 5, 4]), n)]
    numeros = rng.integers(1, 150, n)
    return pl.DataFrame(
        {
            "commune_code": communes["code"],
            "commune": communes["nom"],
            "code_postal": communes["code_postal"],
            "numero_voie": np.where(rng.random(n) < 0.12, 0, numeros),
            "type_voie": types,
            "libelle_voie": [_majuscules(voies[i]) for i in rng.integers(0, len(voies), n)],
            "longitude": np.round(communes["longitude"].to_numpy() + rng.normal(0, 0.012, n), 6),
            "latitude": np.round(communes["latitude"].to_numpy() + rng.normal(0, 0.009, n), 6),
            # 01 99 00 xx xx is one of the ranges that ARCEP keeps for works of fiction.
            "telephone": [f"019900{x:04d}" for x in rng.integers(0, 10_000, n)],
        }
    )


def _rattachements(et: pl.DataFrame) -> pl.DataFrame:
    """One row per (ET, EJ, period), the end excluded and unknown while it lasts."""
    change = pl.col("date_changement_ej")
    avant = et.filter(pl.col("ej_id_avant") >= 0).select(
        "et_id", pl.col("ej_id_avant").alias("ej_id"), pl.col("date_ouverture").alias("debut"), change.alias("fin")
    )
    apres = et.select(
        "et_id", "ej_id", pl.coalesce(change, "date_ouverture").alias("debut"), pl.col("date_fermeture").alias("fin")
    )
    return pl.concat([avant, apres]).sort("et_id", "debut")


def _premier_rang(racines: pl.Series, rang: int) -> Entiers:
    return np.array([rang // 10 ** (len(r) - 3) for r in racines])


def _elision(texte: str) -> str:
    """« de Utopigny » -> « d'Utopigny »."""
    return re.sub(r"\bde (?=[AEIOUÉaeiouyé])", "d'", texte)


def _majuscules(texte: str) -> str:
    """Capitals without accents, as the registers write."""
    decompose = unicodedata.normalize("NFD", texte.upper())
    return "".join(c for c in decompose if not unicodedata.combining(c))
