"""Decisions of the CDAPH: what each disabled person is entitled to, since when and until when.

Belongs here: decisions, and the right that each one opens. Does not belong here: who waits or stays because of them.

A person has one decision for each type of right (J402). Some decisions are made to expire soon after the year; all the
others last long enough for the same ones to be found expiring, whatever the notice (two, three or six months).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate.personnes.et_facts import YEAR, Etablissements
from witness.generate.personnes.record_keeping import PROFILS_PH
from witness.generate.personnes.sejours import DAYS, FIRST_DAY, STABLE, Sejours
from witness.generate.personnes.waiting import Requests
from witness.generate.streams import Integers, Streams

EXPIRING_SHARE = 0.05
EXPIRES_WITHIN = 74  # days after the year
QUIET = 220  # days after the year during which no other decision ends
_TYPES = {
    "183": "7.1", "192": "7.2", "195": "7.3", "194": "7.4", "188": "7.5", "186": "7.7", "182": "7.8", "196": "7.13",
    "246": "11.5", "249": "11.1", "198": "11.2", "464": "11.3", "255": "13.3", "437": "13.2", "448": "13.2",
    "252": "13.1", "253": "13.1", "382": "13.1", "449": "13.1", "446": "13.4", "445": "13.5",
}  # fmt: skip


@dataclass(frozen=True)
class Decisions:
    """`table`: one row a decision, its dates as days. `of_sejour`, `of_request`: the row of each, -1 without."""

    table: pl.DataFrame
    of_sejour: Integers
    of_request: Integers


def build(streams: Streams, name: str, e: Etablissements, s: Sejours, rank: Integers, requests: Requests) -> Decisions:
    """The decisions behind the stays and the requests of a département.

    Columns of `table`: personne (rank), type, decision, decision_nationale, date_decision, ouverture, echeance, nature,
    creton, pag, expirant.
    """
    rng = streams.stream(f"personnes/decisions/{name}")
    types = sorted({*_TYPES.values(), "7.99", "13.99"})
    et_types = np.array([types.index(_type(c, p)) for c, p in zip(e.categorie, e.profil, strict=True)], dtype=np.int64)
    concerned = np.isin(e.profil, PROFILS_PH)[s.et] & s.oriente
    sejour_keys = np.where(concerned, rank * 100 + et_types[s.et], -1)
    request_keys = np.where(requests.ph, requests.personne * 100 + et_types[requests.et], -1)
    all_keys = np.unique(np.concatenate([sejour_keys, request_keys]))
    all_keys = all_keys[all_keys >= 0]
    n = len(all_keys)
    sejour = _representative(all_keys, sejour_keys, s)
    dates, expiring = _dates(rng, n, sejour, s, all_keys, request_keys, requests)
    entitlement_types = np.array(types, dtype=object)[all_keys % 100]
    age = YEAR - 1970 - (FIRST_DAY.astype(int) + np.where(sejour >= 0, s.birth[np.maximum(sejour, 0)], 0)) / 365.25
    numbers = rng.permutation(n) + 1
    table = pl.DataFrame(
        {
            "personne": all_keys // 100,
            "type": pl.Series(entitlement_types.tolist(), dtype=pl.String),
            "decision": [f"{name}{YEAR % 100}{9_000_000 + i}" for i in numbers],
            "decision_nationale": [f"8{name}{900_000_000 + i}" for i in numbers],
            **dates,
            "creton": np.array([t.startswith("7.") for t in entitlement_types], dtype=bool)
            & (age >= 20)
            & (sejour >= 0),
            "pag": rng.random(n) < 0.02,
            "expirant": expiring,
        }
    )
    return Decisions(table, _row_of(all_keys, sejour_keys), _row_of(all_keys, request_keys))


def _type(categorie: str, profil: str) -> str:
    return _TYPES.get(categorie, "7.99" if profil.startswith("ENFANT") else "13.99")


def _row_of(all_keys: Integers, keys: Integers) -> Integers:
    """The row of each key in `all_keys`, -1 for those that have no key."""
    return np.where(keys >= 0, np.searchsorted(all_keys, keys), -1)


def _representative(all_keys: Integers, keys: Integers, s: Sejours) -> Integers:
    """The stay that dates each decision, preferably one that goes on; -1 when there are only requests."""
    rows = np.flatnonzero(keys >= 0)
    order = rows[np.lexsort((~s.present[rows], keys[rows]))]
    first_rows, ranks = np.unique(keys[order], return_index=True)
    result = np.full(len(all_keys), -1)
    result[np.searchsorted(all_keys, first_rows)] = order[ranks]
    return result


def _dates(
    rng: np.random.Generator,
    n: int,
    sejour: Integers,
    s: Sejours,
    all_keys: Integers,
    keys: Integers,
    requests: Requests,
) -> tuple[dict[str, Integers], np.ndarray]:
    validity = rng.choice(np.array([2, 3, 5, 10]), n, p=[0.15, 0.3, 0.4, 0.15])
    row = np.maximum(sejour, 0)
    older = (sejour >= 0) & (s.kind[row] == STABLE) if len(s) else np.zeros(n, dtype=bool)
    expiring = older & (rng.random(n) < EXPIRING_SHARE)
    # A stay of before the year has a decision that was renewed since; the others, the one that opened the way to them.
    far = DAYS + QUIET
    renewed = far + np.floor(rng.random(n) * (DAYS - 40 + validity * 365 - far)).astype(np.int64)
    echeance = np.where(expiring, DAYS + rng.integers(0, EXPIRES_WITHIN + 1, n), renewed)
    first_request = np.full(n, DAYS)
    rows = np.flatnonzero(keys >= 0)
    np.minimum.at(first_request, np.searchsorted(all_keys, keys[rows]), requests.demande[rows])
    origin = np.where(sejour >= 0, s.admission[row] if len(s) else 0, first_request)
    first = np.minimum(origin, first_request) - rng.integers(15, 300, n)
    validity = np.where(older, validity, np.maximum(validity, 5))
    opening = np.where(older, echeance - validity * 365, first + rng.integers(0, 20, n))
    echeance = np.where(older, echeance, np.maximum(opening + validity * 365, far))
    decision = np.where(older, opening - rng.integers(0, 60, n), first)
    nature = np.where(older & (decision > (s.entree[row] if len(s) else 0)), "6", "1")
    return {
        "date_decision": decision,
        "ouverture": opening,
        "echeance": echeance,
        "nature": nature,
    }, expiring
