"""Who asks for a place without staying there: persons, the ET that they ask, the answer so far.

Belongs here: requests that did not lead to a stay, for the elderly and for disabled people, and the persons whom nobody
receives yet. Does not belong here: requests that led to a stay, which are stays (`sejours`), how ViaTrajectoire tells
them (`declared_stays`).

A person asks several ET. Some of those who got a place are still on the lists of other ET.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from witness.generate.personnes.et_facts import Etablissements
from witness.generate.personnes.record_keeping import PA, PH
from witness.generate.personnes.sejours import DAYS, PASSED, Sejours
from witness.generate.streams import Integers, Streams, pick

SENT, SEEN, UNDER_REVIEW, WAITING_LIST, ACCEPTED, REFUSED, CANCELLED, ARCHIVED = range(8)
WAITING_SHARE_PA, WAITING_SHARE_PH = 0.2, 0.12  # persons who wait, per person present
AT_HOME_SHARE = 0.55  # of those who wait for a place for the elderly, how many are helped at home meanwhile
MAX_DELAY = 730


@dataclass
class Requests:
    """Requests, one row each, then the persons that no stay knows.

    Of a request: `personne` (rank), `et` asked, `modalite`, `etat`, day of the request (`demande`) and of its state
    (`statut_le`), `ph` when a MDPH handles it. Of the persons that no stay knows: `birth` and `woman`; their ranks
    follow those of the persons of the stays.
    """

    personne: Integers
    et: Integers
    modalite: Integers
    etat: Integers
    demande: Integers
    statut_le: Integers
    ph: np.ndarray
    birth: Integers
    woman: np.ndarray


@dataclass
class _RequestLists:
    personne: list[Integers]
    et: list[Integers]
    modalite: list[Integers]
    etat: list[Integers]
    demande: list[Integers]
    statut_le: list[Integers]
    ph: list[np.ndarray]


def build(streams: Streams, name: str, e: Etablissements, s: Sejours, rank: Integers) -> Requests:
    """The requests of a département. `rank`: the person of each stay."""
    rng = streams.stream(f"personnes/attentes/{name}")
    d = _RequestLists([], [], [], [], [], [], [])
    n_personnes = int(rank.max()) + 1 if len(rank) else 0
    births: list[Integers] = []
    women: list[np.ndarray] = []
    pa, ph = (np.flatnonzero(e.vt == v) for v in (PA, PH))
    if len(pa):
        _left_over(rng, d, e, s, rank, pa)
    for asked, share, is_ph in ((pa, WAITING_SHARE_PA, False), (ph, WAITING_SHARE_PH, True)):
        if len(asked) == 0:
            continue
        n = round(share * e.presents[asked].sum())
        known, new_persons = _who(rng, e, s, rank, asked, n, is_ph)
        births.append(s.birth[new_persons] + rng.integers(-300, 301, len(new_persons)))
        women.append(s.woman[new_persons])
        who = np.concatenate([known, n_personnes + np.arange(len(new_persons))])
        n_personnes += len(new_persons)
        n_requests = np.minimum(1 + pick(rng, np.array([34.0, 30, 22, 14]), len(who)), len(asked))
        _add(rng, d, e, who, n_requests, asked, is_ph)
    empty = np.array([], dtype=np.int64)
    columns = {c: np.concatenate(v) if v else empty for c, v in vars(d).items()}
    return _without_duplicates(
        Requests(
            **columns,
            birth=np.minimum(np.concatenate(births), -400) if births else empty,
            woman=np.concatenate(women) if women else empty.astype(bool),
        ),
        s,
        rank,
    )


def _who(
    rng: np.random.Generator, e: Etablissements, s: Sejours, rank: Integers, asked: Integers, n: int, is_ph: bool
) -> tuple[Integers, Integers]:
    """Who waits: ranks of persons already known, and stays whose persons are models for those whom nobody knows."""
    profils = (
        ("ENFANT_ETAB", "ENFANT_SERVICE", "ADULTE_SERVICE", "TRAVAIL") if is_ph else ("SOINS_DOMICILE", "AIDE_DOMICILE")
    )
    at_home = np.isin(e.profil, profils)[s.et] & s.present
    if not is_ph:
        at_home &= s.birth < -70 * 365
    known = np.unique(rng.permutation(rank[at_home])[: round(n * (0.3 if is_ph else AT_HOME_SHARE))])
    models = np.flatnonzero(np.isin(s.et, asked))
    return known, rng.choice(models, max(n - len(known), 0)) if len(models) else models


def _add(
    rng: np.random.Generator,
    d: _RequestLists,
    e: Etablissements,
    who: Integers,
    how_many: Integers,
    asked: Integers,
    ph: bool,
) -> None:
    """Add requests of persons who wait, each to different ET."""
    personne = np.repeat(who, how_many)
    n = len(personne)
    et = _distinct(rng, how_many, asked)
    delay = np.minimum(rng.exponential(210.0, len(who)), MAX_DELAY).astype(np.int64) + 3
    demande = DAYS - 1 - np.repeat(delay, how_many)
    state = pick(rng, np.array([10.0, 8, 20, 38, 8, 14, 2, 0]), n)
    state = np.where(ph & (state == CANCELLED), REFUSED, state)
    statut_le = demande + np.floor(rng.random(n) * (DAYS - demande)).astype(np.int64)
    d.personne.append(personne)
    d.et.append(et)
    d.modalite.append(_modalites(rng, e, et))
    d.etat.append(state)
    d.demande.append(demande)
    d.statut_le.append(np.where(state == SENT, demande, statut_le))
    d.ph.append(np.full(n, ph))


def _left_over(
    rng: np.random.Generator, d: _RequestLists, e: Etablissements, s: Sejours, rank: Integers, asked: Integers
) -> None:
    """Add the other requests of those who entered or were admitted in the last two years.

    They are withdrawn, refused, archived, or forgotten.
    """
    recent = np.flatnonzero(np.isin(s.et, asked) & (s.entree >= -DAYS) & (s.kind != PASSED))
    how_many = np.minimum(pick(rng, np.array([35.0, 30, 22, 13]), len(recent)), len(asked) - 1)
    et = _distinct(rng, how_many, asked)
    sejour = np.repeat(recent, how_many)
    n = len(sejour)
    entree = np.minimum(s.entree[sejour], DAYS - 1)
    demande = entree - rng.integers(20, 300, n)
    # A request on the waiting list was forgotten: the list is longer than it should be.
    state = np.array([CANCELLED, REFUSED, ARCHIVED, WAITING_LIST])[pick(rng, np.array([44.0, 34, 14, 8]), n)]
    after = np.minimum(entree + rng.integers(0, 30, n), DAYS - 1)
    before = demande + np.floor(rng.random(n) * (entree - demande)).astype(np.int64)
    d.personne.append(rank[sejour])
    d.et.append(et)
    d.modalite.append(_modalites(rng, e, et))
    d.etat.append(state)
    d.demande.append(demande)
    d.statut_le.append(np.where(np.isin(state, (CANCELLED, ARCHIVED)), after, before))
    d.ph.append(np.full(n, False))


def _distinct(rng: np.random.Generator, how_many: Integers, asked: Integers) -> Integers:
    """The ET that each person asks, all different: neighbours on a circle, from a random start."""
    offset = rng.integers(0, len(asked), len(how_many))
    step = np.arange(how_many.sum()) - np.repeat(np.cumsum(how_many) - how_many, how_many)
    return asked[(np.repeat(offset, how_many) + step) % len(asked)]


def _modalites(rng: np.random.Generator, e: Etablissements, et: Integers) -> Integers:
    """What is asked of each ET, drawn among what it offers."""
    return pick(rng, e.modalites[et] + 1e-9)


def _without_duplicates(a: Requests, s: Sejours, rank: Integers) -> Requests:
    """The requests less those that cannot be.

    A person asks an ET once, and does not ask an ET where they stay or stayed in the year.
    """
    sejour = rank * 100_000 + s.et
    key = a.personne * 100_000 + a.et
    _, first_ones = np.unique(key, return_index=True)
    kept = np.zeros(len(key), dtype=bool)
    kept[first_ones] = True
    kept &= ~np.isin(key, sejour)
    rows = {c: getattr(a, c)[kept] for c in ("personne", "et", "modalite", "etat", "demande", "statut_le", "ph")}
    return Requests(**rows, birth=a.birth, woman=a.woman)
