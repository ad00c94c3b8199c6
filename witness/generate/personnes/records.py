"""What each ET keeps about the persons that it receives: their files, and what is in them.

Belongs here: the true content of the records of a software: files and their local numbers, ratings, projects and
reviews, days of presence and absence, visits at home. Does not belong here: the columns of a product (`channels`),
mistakes about identity (`spellings`).

Days are counted from the first of January of the year, as everywhere in this package.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate.personnes.et_facts import MODALITES, Etablissements
from witness.generate.personnes.person_defects import Journal
from witness.generate.personnes.record_keeping import DOMICILIA, HANDISOFT, NO_SOFTWARE, PROFILS_PH, RESIDALIA, TDDUI
from witness.generate.personnes.sejours import ADMITTED, DAYS, FIRST_DAY, LEFT, STABLE, STILL_THERE, Sejours, absences
from witness.generate.streams import Integers, Streams, rank_within

FICHES, SEJOURS, PRESENCES = "fiches", "sejours", "presences"  # tables of records, for the ledger
ABSENCE_DAYS = 24  # mean length of an absence: the short absences of one person are told as one
DAY_BY_DAY_SHARE = 0.5  # of the ET, those that tell day care day by day: if all did, there would be too many rows
SERAFIN_SHARE, PROJECT_SHARE, REVIEWED_SHARE, VISIT_SHARE = 0.35, 0.86, 0.74, 0.25
# Needs of SERAFIN-PH (J285), finest level, and how often each is met.
BESOINS = {"1.1.1": 9.0, "1.1.2": 2, "1.1.4": 3, "1.1.8": 3, "1.1.10": 6, "1.2.1.1": 8, "1.2.1.2": 9, "1.2.1.3": 6,
           "1.2.1.4": 7, "1.3.2.2": 5, "1.3.3.1": 4, "1.3.3.2": 4, "1.3.4.1": 6, "1.3.5.1": 3}  # fmt: skip
_HT, _AJ, _DOM, _SEA = (MODALITES.index(m) for m in ("HT", "AJ", "DOM", "SEA"))


@dataclass
class Dossiers:
    """Records of a département, as polars tables; a rank points to a row of another table.

    - fiches: rang, personne (rank), et, canal, numero (in the ET).
    - sejours: rang, sejour, fiche, et, canal, numero, admission, entree, sortie (None: it goes on), attendu (day
      planned), est_double (the stay of a file made twice), est_illisible, code_inconnu, sans_modalite (mistakes),
      modalite, motif (-1: none), provenance, evalue (the GIR is told), gir, gir_le.
    - besoins: fiche, et, canal, evaluation, jour, code, valeur.
    - projets, bilans, presences, visites: see `_projets`, `_presences`, `_visites`.
    """

    fiches: pl.DataFrame
    sejours: pl.DataFrame
    besoins: pl.DataFrame
    projets: pl.DataFrame
    bilans: pl.DataFrame
    presences: pl.DataFrame
    visites: pl.DataFrame


def build(
    streams: Streams, name: str, e: Etablissements, s: Sejours, rank: Integers, following: Integers, journal: Journal
) -> Dossiers:
    """Files of the ET that have a software.

    `rank`: the person of each stay. `following`: the row of the stay that follows each one, or -1.
    """
    rng = streams.stream(f"personnes/dossiers/{name}")
    recorded = np.flatnonzero(e.channel[s.et] != NO_SOFTWARE)
    key = rank[recorded] * 100_000 + s.et[recorded]
    distinct, fiche = np.unique(key, return_inverse=True)
    order = rng.permutation(len(distinct))  # local numbers must tell nothing of the persons
    fiche_personne, fiche_et = distinct // 100_000, distinct % 100_000
    doubles = journal.pick("fiche_en_double", FICHES, np.isin(np.arange(len(distinct)), fiche[s.present[recorded]]))
    journal.record("fiche_en_double", FICHES, len(distinct) + np.arange(len(doubles)), "identifiant")
    # The second file follows all others, with a stay of its own.
    fiche_personne = np.concatenate([fiche_personne, fiche_personne[doubles]])
    fiche_et = np.concatenate([fiche_et, fiche_et[doubles]])
    number = np.empty(len(fiche_et), dtype=np.int64)
    order = np.concatenate([order, np.arange(len(distinct), len(fiche_et))])
    number[order] = rank_within(fiche_et[order]) + 1
    fiches = pl.DataFrame(
        {
            "rang": np.arange(len(fiche_et)),
            "personne": fiche_personne,
            "et": fiche_et,
            "canal": pl.Series(e.channel[fiche_et].tolist(), dtype=pl.String),
            "numero": number,
        }
    )
    double_of = np.full(len(distinct), -1)
    double_of[doubles] = len(distinct) + np.arange(len(doubles))
    sejours = _sejours(rng, e, s, recorded, fiche, double_of, following, journal)
    return Dossiers(
        fiches,
        sejours,
        _besoins(rng, e, s, sejours),
        *_projets(rng, e, s, sejours),
        _presences(rng, e, s, sejours, journal),
        _visites(rng, e, s, rank, sejours),
    )


def _sejours(
    rng: np.random.Generator, e: Etablissements, s: Sejours, recorded: Integers, fiche: Integers, doubles: Integers,
    following: Integers, journal: Journal,
) -> pl.DataFrame:  # fmt: skip
    """The stays as the software has them, with the mistakes about their dates."""
    repeated = np.flatnonzero((doubles[fiche] >= 0) & s.present[recorded])
    sejour = np.concatenate([recorded, recorded[repeated]])
    fiche = np.concatenate([fiche, doubles[fiche[repeated]]])
    is_double = np.arange(len(sejour)) >= len(recorded)
    et, kind = s.et[sejour], s.kind[sejour]
    admission, entree, sortie = s.admission[sejour].copy(), s.entree[sejour].copy(), s.sortie[sejour].copy()
    entree[is_double] += rng.integers(0, 3, int(is_double.sum()))
    admitted = kind == ADMITTED
    left = sortie < STILL_THERE
    readable = ~is_double & ~admitted
    taken = np.zeros(len(sejour), dtype=bool)

    def chosen(nature: str, possible: np.ndarray, field_name: str) -> Integers:
        ranks = journal.spoil(nature, SEJOURS, possible & readable & ~taken, field_name)
        taken[ranks] = True
        return ranks

    next_sejour = following[sejour]
    elsewhere = (
        (next_sejour >= 0) & (s.et[np.maximum(next_sejour, 0)] != et) & ~np.isin(s.modalite[sejour], (_DOM, _SEA, _AJ))
    )
    forgotten_rows = chosen(
        "sortie_oubliee", elsewhere & ~np.isin(s.modalite[np.maximum(next_sejour, 0)], (_DOM, _SEA, _AJ)), "sortie"
    )
    sortie[forgotten_rows] = STILL_THERE
    same = (next_sejour >= 0) & (s.et[np.maximum(next_sejour, 0)] == et)
    overlapping = chosen("sejours_chevauchants", same, "sortie")
    sortie[overlapping] = np.minimum(
        s.entree[next_sejour[overlapping]] + rng.integers(5, 40, len(overlapping)), DAYS - 1
    )
    backwards = chosen("fin_avant_debut", left, "sortie")
    sortie[backwards] = entree[backwards] - rng.integers(1, 30, len(backwards))
    future = chosen("date_future", kind == STABLE, "sortie")
    sortie[future] = DAYS + 365 * rng.integers(8, 40, len(future))
    unknown = chosen("code_inconnu", np.isin(e.channel[et], (HANDISOFT, RESIDALIA)), "modalite")
    without_modalite = chosen("modalite_absente", np.isin(e.channel[et], (HANDISOFT, RESIDALIA, TDDUI)), "modalite")
    forgotten = np.zeros(len(sejour), dtype=bool)
    forgotten[forgotten_rows] = True
    permanent = ~np.isin(s.modalite[sejour], (_HT, _AJ)) | (e.profil[et] == "JOUR_PA")
    rated = (s.gir[sejour] > 0) & permanent & ~is_double & ~admitted
    rated &= rank_within(np.where(rated, fiche, -1 - np.arange(len(fiche)))) == 0
    last = np.minimum(np.where(sortie < STILL_THERE, sortie, DAYS), DAYS) - 1
    first = np.maximum(entree, -420)
    table = pl.DataFrame(
        {
            "rang": np.arange(len(sejour)),
            "sejour": sejour,
            "fiche": fiche,
            "et": et,
            "canal": pl.Series(e.channel[et].tolist(), dtype=pl.String),
            "numero": rank_within(et) + 1,
            "admission": admission,
            "entree": pl.Series(np.where(admitted, 0, entree)),
            "attendu": entree,
            "est_admis": admitted,
            "sortie": sortie,
            "est_double": is_double,
            "est_illisible": np.isin(np.arange(len(sejour)), backwards),
            "code_inconnu": np.isin(np.arange(len(sejour)), unknown),
            "sans_modalite": np.isin(np.arange(len(sejour)), without_modalite),
            "sortie_oubliee": forgotten,
            "modalite": s.modalite[sejour],
            "motif": np.where(forgotten | is_double, -1, s.motif[sejour]),
            "provenance": s.provenance[sejour],
            "evalue": rated,
            "gir": s.gir[sejour],
            "gir_le": first + np.floor(rng.random(len(sejour)) * np.maximum(last - first, 1)).astype(np.int64),
        }
    )
    return table.with_columns(
        pl.when("est_admis").then(None).otherwise("entree").alias("entree"),
        pl.when(pl.col("sortie") >= STILL_THERE).then(None).otherwise("sortie").alias("sortie"),
        pl.when("evalue").then("gir").alias("gir"),
        pl.when("evalue").then("gir_le").alias("gir_le"),
    )


def _followed(e: Etablissements, s: Sejours, sejours: pl.DataFrame) -> np.ndarray:
    """Mask of the stays of disabled people that last long enough to have a project."""
    sejour = sejours["sejour"].to_numpy()
    long = (s.days[sejour] > 120) & (s.modalite[sejour] != _HT) & ~sejours["est_double"].to_numpy()
    return long & np.isin(e.profil[s.et[sejour]], PROFILS_PH) & np.isin(e.channel[s.et[sejour]], (HANDISOFT, TDDUI))


def _besoins(rng: np.random.Generator, e: Etablissements, s: Sejours, sejours: pl.DataFrame) -> pl.DataFrame:
    """SERAFIN-PH: the needs that an assessment finds, each with a level from 1 to 4."""
    rows = np.flatnonzero(_followed(e, s, sejours) & (rng.random(len(sejours)) < SERAFIN_SHARE))
    rows = rows[rank_within(sejours["fiche"].to_numpy()[rows]) == 0]
    how_many = rng.integers(2, 7, len(rows))
    weights = np.array(list(BESOINS.values()))
    # The needs found are the first ones of a weighted random order.
    order = np.argsort(rng.exponential(1.0, (len(rows), len(weights))) / weights, axis=1)
    chosen = np.arange(len(weights))[None, :] < how_many[:, None]
    codes = np.array(list(BESOINS), dtype=object)[order[chosen]]
    end = np.minimum(np.where(s.kind[sejours["sejour"].to_numpy()[rows]] == LEFT, 60, DAYS - 5), DAYS)
    repeated = np.repeat(np.arange(len(rows)), how_many)
    base = sejours[rows].select("fiche", "et", "canal")
    return base[repeated].with_columns(
        pl.Series("evaluation", repeated),
        pl.Series("jour", (end - rng.integers(1, 500, len(rows)))[repeated]),
        pl.Series("code", codes.tolist(), dtype=pl.String),
        pl.Series("valeur", rng.integers(1, 5, len(codes))),
    )


def _projets(
    rng: np.random.Generator, e: Etablissements, s: Sejours, sejours: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Projects, and their reviews: a project is to be reviewed once a year (R1.1.7), and most are.

    Projects: projet, fiche, et, canal, type, est_fini, debut, fin, accord_usager, accord_structure. Reviews: projet,
    fiche, et, canal, jour, categorie, prochain.
    """
    rows = np.flatnonzero(_followed(e, s, sejours) & (rng.random(len(sejours)) < PROJECT_SHARE))
    rows = rows[rank_within(sejours["fiche"].to_numpy()[rows]) == 0]
    n = len(rows)
    sejour = sejours["sejour"].to_numpy()[rows]
    finished = ~s.present[sejour]
    end = np.where(finished, np.minimum(s.sortie[sejour], DAYS - 1), 0)
    limit = np.where(finished, end, DAYS - 1)
    start = np.minimum(np.maximum(s.entree[sejour], -1400) + rng.integers(40, 200, n), limit - 30)
    projets = sejours[rows].select("fiche", "et", "canal").with_columns(
        pl.Series("projet", np.arange(n)),
        pl.Series("type", rng.choice(np.array([1, 2, 4, 7]), n, p=[0.2, 0.4, 0.3, 0.1])),
        pl.Series("est_fini", finished),
        pl.Series("debut", start),
        pl.Series("fin", end),
        pl.Series("accord_usager", rng.random(n) < 0.93),
        pl.Series("accord_structure", rng.random(n) < 0.98),
    )  # fmt: skip
    reviewed = rng.random(n) < REVIEWED_SHARE
    day = np.where(reviewed, np.maximum(start, 0), start)
    bound = np.where(reviewed, limit, np.minimum(limit, -1))
    possible = bound - day > 20
    day = day + 10 + np.floor(rng.random(n) * np.maximum(bound - day - 10, 1)).astype(np.int64)
    bilans = projets.select("projet", "fiche", "et", "canal").with_columns(
        pl.Series("jour", day),
        pl.Series("categorie", np.where(finished, 3, rng.integers(1, 3, n))),
        pl.Series("prochain", day + 365),
    )
    return projets, bilans.filter(pl.Series(possible))


def _presences(
    rng: np.random.Generator, e: Etablissements, s: Sejours, sejours: pl.DataFrame, journal: Journal
) -> pl.DataFrame:
    """Periods of presence and absence.

    Each stay of the year has one period of presence, and within it its periods of absence. In some ET, day care is told
    day by day; such a day starts and ends on itself. Nobody is « present » at home or in sessions. The days of absence
    of an ET, and its days of day care told one by one, are those of the panel.

    Columns: rang, sejour_dit (rank), fiche, et, canal, debut, fin (days), absent, motif (1, 2 or None), prevue,
    facturee.
    """
    sejour = sejours["sejour"].to_numpy()
    there = (s.days[sejour] > 0) & ~np.isin(s.modalite[sejour], (_DOM, _SEA)) & ~sejours["est_double"].to_numpy()
    day_by_day = (
        np.isin(e.channel, (RESIDALIA, HANDISOFT)) & (e.journees_aj > 0) & (rng.random(len(e)) < DAY_BY_DAY_SHARE)
    )
    by_day = there & (s.modalite[sejour] == _AJ) & day_by_day[s.et[sejour]]
    attended, day = _journees(rng, e, s, sejour, np.flatnonzero(by_day))
    rows = np.flatnonzero(there & ~by_day)
    sejour = sejour[rows]
    start, days = np.maximum(s.entree[sejour], 0), s.days[sejour]
    housed = ~np.isin(s.modalite[sejour], (_HT, _AJ))
    who, offset, length = _absences(rng, e, s.et[sejour], np.where(housed, days, 0))
    hospital = rng.random(len(who)) < np.where(np.isin(e.profil[s.et[sejour[who]]], PROFILS_PH), 0.18, 0.6)
    n = len(rows)
    row = np.concatenate([rows, rows[who], attended])
    absent = (np.arange(len(row)) >= n) & (np.arange(len(row)) < n + len(who))
    motif = np.zeros(len(row), dtype=np.int64)
    motif[absent] = np.where(hospital, 1, 2)
    without_motif = journal.spoil("absence_sans_motif", PRESENCES, absent, "motif")
    motif[without_motif] = 0
    table = sejours[row].select(pl.col("rang").alias("sejour_dit"), "fiche", "et", "canal").with_columns(
        pl.Series("rang", np.arange(len(row))),
        pl.Series("debut", np.concatenate([start, start[who] + offset, day])),
        pl.Series("fin", np.concatenate([start + days, start[who] + offset + length, day])),
        pl.Series("absent", absent),
        pl.Series("motif", motif),
        pl.Series("prevue", absent & (motif == 2)),
        pl.Series("facturee", ~absent | (rng.random(len(row)) < 0.4)),
    )  # fmt: skip
    return table.with_columns(pl.when(pl.col("motif") > 0).then("motif").alias("motif"))


def _journees(
    rng: np.random.Generator, e: Etablissements, s: Sejours, sejour: Integers, rows: Integers
) -> tuple[Integers, Integers]:
    """Rows and days of day care, as many in each ET as the panel says.

    A person comes on the same days of the week, rarely at the week-end.
    """
    days = s.days[sejour[rows]]
    rank = np.repeat(np.arange(len(rows)), days)
    order = rank_within(rank)
    day = np.maximum(s.entree[sejour[rows]], 0)[rank] + order
    weekday = (day + int(FIRST_DAY.astype(int)) + 3) % 7  # 0: Monday
    key = rng.random((len(rows), 7))[rank, weekday] + 0.1 * rng.random(len(rank)) + 2 * (weekday >= 5)
    # Everybody comes at least once, on the day that suits them best.
    best = np.lexsort((key, rank))
    key[best[rank_within(rank[best]) == 0]] = -1
    et = s.et[sejour[rows]][rank]
    ranks = np.lexsort((key, et))
    taken = np.sort(ranks[rank_within(et[ranks]) < np.nan_to_num(e.journees_aj)[et[ranks]]])
    return rows[rank[taken]], day[taken]


def _absences(
    rng: np.random.Generator, e: Etablissements, et: Integers, days: Integers
) -> tuple[Integers, Integers, Integers]:
    """The rows that are away once in the year.

    Returns them with the day on which they leave, counted from the start of the stay, and the length of the absence.
    """
    possible = np.flatnonzero(days >= 10)
    n_et = len(e)
    total = absences(e)
    how_many = np.minimum(np.bincount(et[possible], minlength=n_et), np.maximum(np.rint(total / ABSENCE_DAYS), 1))
    key = rng.random(len(possible)) ** (1 / days[possible])
    order = possible[np.lexsort((-key, et[possible]))]
    who = np.sort(order[rank_within(et[order]) < how_many[et[order]]])
    limit = days[who] - 4
    base = rng.standard_gamma(1.4, len(who)) + 0.05
    scale = np.ones(n_et)
    length = np.ones(len(who))
    for _ in range(6):
        length = np.clip(base * scale[et[who]], 1, limit)
        done = np.bincount(et[who], length, n_et)
        scale *= np.clip(total / np.maximum(done, 1), 1e-3, 1e3)
    cumulated = np.rint(np.cumsum(np.clip(base * scale[et[who]], 1, limit))).astype(np.int64)
    whole = np.maximum(np.diff(cumulated, prepend=0), 1)
    offset = 1 + np.floor(rng.random(len(who)) * np.maximum(days[who] - whole - 2, 1)).astype(np.int64)
    return who, offset, whole


def _visites(
    rng: np.random.Generator, e: Etablissements, s: Sejours, rank: Integers, sejours: pl.DataFrame
) -> pl.DataFrame:
    """Visits at home of the last fortnight.

    Columns: sejour_dit, fiche, et, canal, jour, debut, fin (minutes), etat, vraie, uid_commun. `vraie` numbers the true
    visits: both services tell a visit that they make together, either under one number of the shared diary
    (`uid_commun`) or under two.
    """
    sejour = sejours["sejour"].to_numpy()
    at_home = np.isin(e.profil[s.et[sejour]], ("SOINS_DOMICILE", "AIDE_DOMICILE")) & s.present[sejour]
    at_home &= ~sejours["est_double"].to_numpy() & np.isin(e.channel[s.et[sejour]], (DOMICILIA, TDDUI))
    rows = np.flatnonzero(at_home & (rng.random(len(sejours)) < VISIT_SHARE))
    rows = np.repeat(rows, 2)
    n = len(rows)
    day = np.maximum(DAYS - rng.integers(1, 15, n), s.entree[sejour[rows]])
    start = 7 * 60 + 15 * rng.integers(0, 48, n)
    length = 15 * rng.integers(1, 7, n)
    state = rng.choice(np.array(["R", "V", "P", "A"], dtype=object), n, p=[0.82, 0.08, 0.04, 0.06])
    base = pl.DataFrame(
        {
            "ligne": rows,
            "jour": day,
            "debut": start,
            "fin": start + length,
            "etat": pl.Series(state.tolist(), dtype=pl.String),
            "present": state == "R",
            "vraie": np.arange(n),
            "uid_commun": np.zeros(n, dtype=bool),
        }
    )
    # The nurses and the home help make some visits together: the other service tells them too.
    other = np.full(int(rank.max()) + 1 if len(rank) else 1, -1)
    told_by_home_help = np.flatnonzero(at_home & (e.profil[s.et[sejour]] == "AIDE_DOMICILE"))
    other[rank[sejour[told_by_home_help]]] = told_by_home_help
    nursing = e.profil[s.et[sejour[rows]]] == "SOINS_DOMICILE"
    elsewhere = other[rank[sejour[rows]]]
    communes = np.flatnonzero(nursing & (elsewhere >= 0) & (rng.random(n) < 0.3))
    same_number = rng.random(len(communes)) < 0.5
    base = base.with_columns(pl.Series("uid_commun", np.isin(np.arange(n), communes[same_number])))
    told_again = base[communes].with_columns(pl.Series("ligne", elsewhere[communes]))
    visites = pl.concat([base, told_again])
    told = sejours.select(pl.col("rang").alias("sejour_dit"), "fiche", "et", "canal")[visites["ligne"].to_numpy()]
    visites = told.hstack(visites.drop("ligne")).with_row_index("rang")
    # One service cannot tell twice the same visit under the same number.
    return visites.with_columns(
        pl.col("rang").cast(pl.Int64), numero=pl.Series(rank_within(visites["et"].to_numpy()) + 1)
    )
