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
from witness.generate.geography import Territoire, pick_communes
from witness.generate.streams import Floats, Integers, Streams, pick, rank_within
from witness.generate.structure_numbers import finess_numbers, siren_number, siret_number

ESMS_FRANCE = 36_000
MILLESIMES = (2023, 2024)
# FINESS is extracted in the first days of the year, so that it tells the state at 31/12 of the year before.
EXTRACTIONS = tuple(date(a + 1, 1, 6) for a in MILLESIMES)
CLOSED_BEFORE_SHARE = 0.06
OPENING_RATE = 0.012
CLOSURE_RATE = 0.008
EJ_CHANGE_RATE = 0.012
FIRST_EJ_RANK = 70_000  # out of the five digits that follow the reserved root; overseas, 700 out of three


@dataclass(frozen=True)
class Structures:
    """`et`: one row for each ET, its last state. `ej`: one row for each EJ. `rattachements`: who ran whom, and when."""

    ej: pl.DataFrame
    et: pl.DataFrame
    rattachements: pl.DataFrame


def build(streams: Streams, territoire: Territoire) -> Structures:
    """EJ and ET of a territory."""
    rng = streams.stream("structures")
    dep, cat, closed_before = _establishments(rng, territoire)
    profils = np.array([facts.profils().index(p) for p in facts.texts("categories", "profil")])
    profil = profils[cat]
    statut_codes = facts.texts("statuts", "code")
    statut = pick(rng, facts.matrix("statuts_par_profil", statut_codes)[profil])
    ej, ej_dep, ej_statut = _gestionnaires(rng, dep, statut)
    ej_before, changed_on = _changes(rng, ej, ej_dep, ej_statut, dep, closed_before)
    dates = _dates(rng, len(dep), closed_before, changed_on)

    table_ej = _table_ej(rng, territoire, ej_dep, ej_statut)
    table_et = _table_et(rng, territoire, dep, cat, profil, ej, ej_before, table_ej)
    table_et = table_et.with_columns(
        pl.Series("date_ouverture", dates["ouverture"]),
        pl.Series("date_autorisation", dates["autorisation"]),
        pl.Series("date_fermeture", dates["fermeture"]),
        pl.Series("date_changement_ej", changed_on),
    )
    return Structures(table_ej, table_et, _rattachements(table_et))


def _establishments(rng: np.random.Generator, territoire: Territoire) -> tuple[Integers, Integers, np.ndarray]:
    """The ET to make: département and category of each, and whether it closed before the period."""
    national = facts.table("departements").select(pl.col("population", "part_75_plus").cast(pl.Float64))
    weights = facts.numbers("categories", "effectif_inventaire") * facts.numbers("categories", "part_ouverte")
    inhabitants = territoire.departements["population"].to_numpy().astype(float)
    ages = inhabitants * territoire.departements["part_75_plus"].to_numpy()
    total = float(national["population"].sum())
    total_75 = float((national["population"] * national["part_75_plus"]).sum())
    expected = ESMS_FRANCE * (0.5 * inhabitants / total + 0.5 * ages / total_75)
    deps: list[Integers] = []
    cats: list[Integers] = []
    closed: list[np.ndarray] = []
    for rank, n in enumerate(np.rint(expected).astype(int)):
        n_closed = round(n * CLOSED_BEFORE_SHARE)
        for size, is_closed in ((n, False), (n_closed, True)):
            counts = rng.multinomial(size, weights / weights.sum())
            cats.append(np.repeat(np.arange(len(weights)), counts))
            deps.append(np.full(size, rank))
            closed.append(np.full(size, is_closed))
    return np.concatenate(deps), np.concatenate(cats), np.concatenate(closed)


def _gestionnaires(rng: np.random.Generator, dep: Integers, statut: Integers) -> tuple[Integers, Integers, Integers]:
    """Group the ET of one département and status into EJ of unequal sizes.

    Returns the EJ of each ET, then the département and the status of each EJ.
    """
    size = facts.numbers("statuts", "taille_moyenne")
    ej = np.zeros(len(dep), dtype=np.int64)
    ej_dep: list[int] = []
    ej_statut: list[int] = []
    key = dep * 100 + statut
    order = np.argsort(key, kind="stable")
    bounds = np.flatnonzero(np.diff(key[order])) + 1
    for members in np.split(order, bounds):
        s = int(statut[members[0]])
        n_ej = min(len(members), max(1, int(np.ceil(len(members) / size[s]))))
        choice = pick(rng, 1.0 / np.arange(1, n_ej + 1) ** 0.8, len(members))
        choice[:n_ej] = np.arange(n_ej)
        ej[members] = len(ej_dep) + choice
        ej_dep.extend([int(dep[members[0]])] * n_ej)
        ej_statut.extend([s] * n_ej)
    return ej, np.array(ej_dep), np.array(ej_statut)


def _changes(
    rng: np.random.Generator, ej: Integers, ej_dep: Integers, ej_statut: Integers, dep: Integers, is_closed: np.ndarray
) -> tuple[Integers, np.ndarray]:
    """Some ET change operator, between two EJ of the same département and status.

    Returns the EJ before the change (-1: none), and the date of the change.
    """
    before = np.full(len(ej), -1, dtype=np.int64)
    moved_on = np.full(len(ej), "NaT", dtype="datetime64[D]")
    candidates = np.flatnonzero((rng.random(len(ej)) < 2 * EJ_CHANGE_RATE) & ~is_closed)
    for i in candidates:
        others = np.flatnonzero(
            (ej_dep == dep[i]) & (ej_statut == ej_statut[ej[i]]) & (np.arange(len(ej_dep)) != ej[i])
        )
        if len(others):
            before[i] = rng.choice(others)
            moved_on[i] = np.datetime64(f"{rng.choice(MILLESIMES)}-01-01") + rng.integers(30, 330)
    return before, moved_on


def _dates(
    rng: np.random.Generator, n: int, closed_before: np.ndarray, changed_on: np.ndarray
) -> dict[str, np.ndarray]:
    start = np.datetime64("1955-01-01")
    opening = start + (rng.beta(2.2, 1.5, n) * 24_800).astype(int)  # until the end of 2022
    closure = np.full(n, "NaT", dtype="datetime64[D]")
    after = np.maximum(opening + 365, np.datetime64("2008-01-01"))
    rest = np.maximum((np.datetime64("2022-12-01") - after).astype(int), 1)
    closure[closed_before] = (after + (rng.random(n) * rest).astype(int))[closed_before]
    stable = ~closed_before & np.isnat(changed_on)
    for year in MILLESIMES:
        day = np.datetime64(f"{year}-01-05") + rng.integers(0, 350, n)
        opens = stable & (rng.random(n) < OPENING_RATE)
        opening = np.where(opens, day, opening)
        stable &= ~opens
        closed = stable & (rng.random(n) < CLOSURE_RATE)
        closure = np.where(closed, day, closure)
        stable &= ~closed
    autorisation = opening - rng.integers(20, 600, n)
    return {"ouverture": opening, "autorisation": autorisation, "fermeture": closure}


_EJ_NAMES = {
    "02": "Département", "03": "Commune de {c}", "08": "CIAS de {c}", "13": "Centre hospitalier de {c}",
    "14": "Centre hospitalier intercommunal de {c}", "17": "CCAS de {c}", "19": "Etablissement départemental de {c}",
    "21": "Etablissement public communal de {c}", "22": "Etablissement public intercommunal de {c}",
    "43": "MSA {g}", "47": "Mutuelle {g}", "60": "Association {g}", "61": "Association {g}", "63": "Fondation {g}",
    "72": "SARL {g}", "73": "SA {g}", "78": "EURL {g}", "95": "SAS {g}",
}  # fmt: skip


def _table_ej(rng: np.random.Generator, territoire: Territoire, ej_dep: Integers, ej_statut: Integers) -> pl.DataFrame:
    n = len(ej_dep)
    dep = territoire.departements[ej_dep.tolist()]
    addresses = _addresses(rng, territoire, ej_dep)
    statuts = facts.table("statuts")[ej_statut.tolist()]
    gestionnaires = facts.words("gestionnaire")
    names = [
        _elision(_EJ_NAMES[s].format(c=c, g=f"{gestionnaires[i % len(gestionnaires)]} {i // len(gestionnaires) + 1}"))
        + " (fictif)"
        for i, (s, c) in enumerate(zip(statuts["code"], addresses["commune"], strict=True))
    ]
    ranks = rank_within(ej_dep) + _first_rank(dep["racine_finess"], FIRST_EJ_RANK)
    birth = np.datetime64("1945-01-01") + rng.integers(0, 27_000, n)
    return pl.DataFrame(
        {
            "ej_id": np.arange(n),
            "finess_ej": finess_numbers(dep["racine_finess"], ranks),
            "siren": [siren_number(i + 1) for i in range(n)],
            "raison_sociale": names,
            "raison_sociale_courte": [_capitals(x)[:38].rstrip() for x in names],
            "departement": dep["code"],
            "region": dep["region"],
            "statut": statuts["code"],
            "statut_agrege": statuts["agregat"],
            "statut_libelle": statuts["libelle"],
            "ape": statuts["ape"],
            "fonction_publique": statuts["fonction_publique"].replace("", None),
            "date_creation": birth,
        }
    ).hstack(addresses)


def _table_et(
    rng: np.random.Generator,
    territoire: Territoire,
    dep: Integers,
    cat: Integers,
    profil: Integers,
    ej: Integers,
    ej_before: Integers,
    table_ej: pl.DataFrame,
) -> pl.DataFrame:
    n = len(dep)
    departements = territoire.departements[dep.tolist()]
    categories = facts.table("categories")[cat.tolist()]
    addresses = _addresses(rng, territoire, dep)
    mft = facts.table("mft")
    weights: Floats = np.array([[float(p) * (q == name) for p, q in mft.select("poids", "profil").iter_rows()]
                                 for name in facts.profils()])  # fmt: skip
    chosen_mft = mft[pick(rng, weights[profil]).tolist()]
    names = _et_names(rng, dep, cat, categories["sigle"].to_list())
    sirens = table_ej["siren"].to_list()
    ranks = rank_within(ej)
    return pl.DataFrame(
        {
            "et_id": np.arange(n),
            "finess_et": finess_numbers(departements["racine_finess"], rank_within(dep) + 1),
            "raison_sociale": names,
            "raison_sociale_courte": [_capitals(x)[:38].rstrip() for x in names],
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
            "ej_id_avant": ej_before,
            "finess_ej": table_ej["finess_ej"].gather(ej.tolist()),
            "statut_agrege": table_ej["statut_agrege"].gather(ej.tolist()),
            "siret": [siret_number(sirens[e], int(r) + 2) for e, r in zip(ej, ranks, strict=True)],
            "siret_avant": [None if e < 0 else siret_number(sirens[e], 900 + i % 90) for i, e in enumerate(ej_before)],
            "mft": chosen_mft["code"],
            "aide_sociale": chosen_mft["aide_sociale"] == "1",
        }
    ).hstack(addresses)


def _et_names(rng: np.random.Generator, dep: Integers, cat: Integers, sigles: list[str]) -> list[str]:
    """Names such as « EHPAD des Glycines (fictif) ».

    A name that is already taken in the département also carries an invented place.
    """
    place_names = facts.words("lieu")
    suffixes = facts.words("commune_debut")
    offset = rng.integers(0, len(place_names), int(dep.max()) + 1)
    ranks = rank_within(dep * 1000 + cat)
    names = []
    for sigle, d, rank in zip(sigles, dep, ranks, strict=True):
        turn, place = divmod(int(rank), len(place_names))
        suffix = f" {suffixes[(turn - 1) % len(suffixes)]}" if turn else ""
        names.append(f"{sigle} {place_names[(place + int(offset[d])) % len(place_names)]}{suffix} (fictif)")
    return names


def _addresses(rng: np.random.Generator, territoire: Territoire, dep: Integers) -> pl.DataFrame:
    """Street, commune and coordinates of structures in départements, given by rank in `territoire.departements`."""
    n = len(dep)
    communes = territoire.communes[pick_communes(rng, territoire.communes, dep).tolist()]
    streets = facts.words("voie")
    types = np.array(["R", "AV", "PL", "RTE", "CHE", "ALL"])[pick(rng, np.array([60.0, 16, 8, 7, 5, 4]), n)]
    numbers = rng.integers(1, 150, n)
    return pl.DataFrame(
        {
            "commune_code": communes["code"],
            "commune": communes["nom"],
            "code_postal": communes["code_postal"],
            "numero_voie": np.where(rng.random(n) < 0.12, 0, numbers),
            "type_voie": types,
            "libelle_voie": [_capitals(streets[i]) for i in rng.integers(0, len(streets), n)],
            "longitude": np.round(communes["longitude"].to_numpy() + rng.normal(0, 0.012, n), 6),
            "latitude": np.round(communes["latitude"].to_numpy() + rng.normal(0, 0.009, n), 6),
            # 01 99 00 xx xx is one of the ranges that ARCEP keeps for works of fiction.
            "telephone": [f"019900{x:04d}" for x in rng.integers(0, 10_000, n)],
        }
    )


def _rattachements(et: pl.DataFrame) -> pl.DataFrame:
    """One row for each ET, EJ and period. The end is excluded, and unknown as long as the period lasts."""
    change = pl.col("date_changement_ej")
    before = et.filter(pl.col("ej_id_avant") >= 0).select(
        "et_id", pl.col("ej_id_avant").alias("ej_id"), pl.col("date_ouverture").alias("debut"), change.alias("fin")
    )
    after = et.select(
        "et_id", "ej_id", pl.coalesce(change, "date_ouverture").alias("debut"), pl.col("date_fermeture").alias("fin")
    )
    return pl.concat([before, after]).sort("et_id", "debut")


def _first_rank(roots: pl.Series, rank: int) -> Integers:
    return np.array([rank // 10 ** (len(r) - 3) for r in roots])


def _elision(text: str) -> str:
    """« de Utopigny » becomes « d'Utopigny »."""
    return re.sub(r"\bde (?=[AEIOUÉaeiouyé])", "d'", text)


def _capitals(text: str) -> str:
    """Capitals without accents, as the registers write."""
    decomposed = unicodedata.normalize("NFD", text.upper())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
