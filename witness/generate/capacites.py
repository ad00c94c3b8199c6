"""True capacities: places authorised and installed, by FINESS triplet, year by year.

Belongs here: places. Does not belong here: who occupies them.

A triplet is discipline × mode de fonctionnement × clientèle; `modalite` says which activity it feeds. Some triplets
have no places (home help, consultations): their capacity is unknown, it is not zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.streams import Floats, Integers, Streams, noise
from witness.generate.structures import MILLESIMES

YEARS = (MILLESIMES[0] - 1, *MILLESIMES)  # the year before is what a stale answer repeats
MODALITES = ("HP", "INTERNAT", "SEMI_INTERNAT", "EXTERNAT", "MILIEU_ORDINAIRE", "HT", "AJ", "NUIT")
PERMANENT = ("HP", "INTERNAT", "SEMI_INTERNAT", "EXTERNAT", "MILIEU_ORDINAIRE")
HOUSING_DISCIPLINES = {"925": "f1", "927": "f1bis", "926": "f2"}  # « Hébergement résidence autonomie P.A. F1… »
CHANGE_RATE = 0.05


@dataclass(frozen=True)
class Capacites:
    """`triplets`: one row per ET and triplet, with cap_aut_AAAA, cap_inst_AAAA, places_ash_AAAA, date of change."""

    triplets: pl.DataFrame
    autorise: dict[str, Floats]  # modality -> (n_et, years), NaN when the ET has no such places
    installe: dict[str, Floats]
    places_ash: Floats  # (n_et, years)
    logements: dict[str, Floats]  # f1, f1bis, f2 of the résidences autonomie -> (n_et, years), installed


def build(streams: Streams, et: pl.DataFrame) -> Capacites:
    """Capacities of every ET for each year of `YEARS`."""
    rng = streams.stream("capacites")
    drawn = _draws(rng, et)
    n, n_years = len(drawn["et_id"]), len(YEARS)
    aut = np.repeat(drawn["places"][:, None], n_years, axis=1)
    change_year = np.where(rng.random(n) < CHANGE_RATE, rng.integers(1, n_years, n), n_years)
    change_year = np.where(drawn["places"] >= 8, change_year, n_years)
    variation = np.rint(drawn["places"] * rng.uniform(0.06, 0.22, n)) * np.where(rng.random(n) < 0.7, 1, -1)
    after = np.arange(n_years)[None, :] >= change_year[:, None]
    aut = np.maximum(aut + np.where(after, variation[:, None], 0.0), 1.0)
    aut[np.isnan(drawn["places"])] = np.nan
    change_day = np.full(n, "NaT", dtype="datetime64[D]")
    start = np.array([np.datetime64(f"{a}-01-01") for a in YEARS])
    touched = change_year < n_years
    change_day[touched] = start[change_year[touched]] + rng.integers(20, 320, int(touched.sum()))

    # The FINESS+ sample has as many places installed as authorised in most triplets, fewer in 9 %, more in some.
    chance = rng.random(n)
    gap = np.where(chance < 0.09, -np.maximum(1, np.rint(aut[:, 0] * 0.08)), np.where(chance > 0.9, 1.0, 0.0))
    inst = np.maximum(aut + gap[:, None], 1.0)
    aide_sociale = et["aide_sociale"].to_numpy()[drawn["et_id"]]
    ash_share = np.where(rng.random(n) < 0.7, 1.0, rng.uniform(0.15, 0.7, n))
    housed = np.isin(drawn["modalite"], ("HP", "INTERNAT"))
    ash = np.where((aide_sociale & housed)[:, None], np.rint(aut * ash_share[:, None]), np.nan)

    n_et = len(et)
    triplets = pl.DataFrame(
        {
            "et_id": drawn["et_id"],
            "discipline": drawn["discipline"],
            "mode": drawn["mode"],
            "clientele": drawn["clientele"],
            "modalite": drawn["modalite"],
            **{f"cap_aut_{a}": aut[:, i] for i, a in enumerate(YEARS)},
            **{f"cap_inst_{a}": inst[:, i] for i, a in enumerate(YEARS)},
            **{f"places_ash_{a}": ash[:, i] for i, a in enumerate(YEARS)},
            "date_changement": change_day,
        }
    )
    return Capacites(
        triplets=triplets,
        autorise={m: _sum(aut, drawn["et_id"], drawn["modalite"] == m, n_et) for m in MODALITES},
        installe={m: _sum(inst, drawn["et_id"], drawn["modalite"] == m, n_et) for m in MODALITES},
        logements={
            name: _sum(inst, drawn["et_id"], drawn["discipline"] == d, n_et) for d, name in HOUSING_DISCIPLINES.items()
        },
        places_ash=_sum(ash, drawn["et_id"], aide_sociale & housed, n_et),
    )


def known_sum(*arrays: Floats) -> Floats:
    """Sum of the terms that are known; unknown (NaN) where none is."""
    stack = np.stack(arrays)
    return np.where(np.isnan(stack).all(axis=0), np.nan, np.nansum(stack, axis=0))


def _draws(rng: np.random.Generator, et: pl.DataFrame) -> dict[str, np.ndarray]:
    """The triplets that each ET has, with their places in the first year (NaN: the triplet has no places)."""
    triplets = facts.table("triplets")
    categories = facts.texts("categories", "code")
    means, spreads = facts.numbers("categories", "places_moyennes"), facts.numbers("categories", "places_ecart")
    cat = et["categorie_id"].to_numpy()
    outputs: dict[str, list[np.ndarray]] = {
        c: [] for c in ("et_id", "places", "discipline", "mode", "clientele", "modalite")
    }
    for code in dict.fromkeys(triplets["categorie"]):
        rank = categories.index(code)
        members = np.flatnonzero(cat == rank)
        rows = triplets.filter(pl.col("categorie") == code)
        presence = rows["presence"].cast(pl.Float64).to_numpy()
        share = rows["part"].cast(pl.Float64, strict=False).fill_null(0.0).to_numpy()
        fixed = rows["places"].cast(pl.Float64, strict=False).fill_null(0.0).to_numpy()
        m, k = len(members), len(rows)
        present = rng.random((m, k)) < presence
        weights = share * present * np.exp(rng.normal(0, 0.2, (m, k)))
        sigma = np.sqrt(np.log1p((spreads[rank] / max(means[rank], 1.0)) ** 2))
        total = np.maximum(means[rank] * noise(rng, m, sigma) * np.exp(-(sigma**2) / 2), 4.0)
        places = np.rint(total[:, None] * weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9))
        places += np.where(fixed > 0, np.maximum(1, rng.poisson(np.broadcast_to(fixed, (m, k)))), 0)
        without = (rows["modalite"] == "SANS_PLACE").to_numpy()
        places = np.where(without, np.nan, np.maximum(places, 1.0))
        kept = present.ravel()
        outputs["et_id"].append(np.repeat(members, k)[kept])
        outputs["places"].append(places.ravel()[kept])
        for column in ("discipline", "mode", "clientele", "modalite"):
            outputs[column].append(np.tile(rows[column].to_numpy().astype(str), m)[kept])
    order = np.argsort(np.concatenate(outputs["et_id"]), kind="stable")
    return {c: np.concatenate(v)[order] for c, v in outputs.items()}


def _sum(values: Floats, et_id: Integers, kept: np.ndarray, n_et: int) -> Floats:
    """Sum of the triplets of a mask by ET, as an array (n_et, years); NaN where the ET has none of them."""
    summed = np.zeros((n_et, values.shape[1]))
    counted = np.zeros(n_et)
    np.add.at(summed, et_id[kept], np.nan_to_num(values[kept]))
    np.add.at(counted, et_id[kept], 1)
    summed[counted == 0] = np.nan
    return summed
