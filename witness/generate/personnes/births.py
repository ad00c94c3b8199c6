"""Where persons were born, under which code, and who was given the first of January.

Belongs here: places of birth, how often each is one, the other codes that the same place has or had. Does not belong
here: the numbers of persons (`person_numbers`: a number says an invented place of the same département), what a system
writes (`spellings`).

Places are real, persons are not: nobody bears the name or the number that go with them. Shares follow life:

- Born abroad: 8.4 % of the people of France are immigrants (INSEE, « Les immigrés, les descendants d'immigrés », 2012),
  to whom are added French people born abroad, repatriates above all (assumption: 2 %).
- Concentration: 15 % of births were in communes of less than 10 000 inhabitants in 1975, 9 % in 2016; communes of more
  than 50 000 had 44 % and 50 %; 500 communes had 99.6 % of the births of 2016 (INSEE, 2017). 1 369 maternity
  wards in 1975, 498 in 2016 (DREES). Before, birth was at home, in any commune. Paris had 42 000 births in 2016, 5 % of
  all, for 3 % of the people (INSEE). The powers of the population below give these orders of magnitude.
- In the three cities the register, and so the code, is that of an arrondissement; those of the great maternity
  hospitals are heavier (assumption, from where these hospitals are).
- First of January: 14 % of the refugees admitted to the United States in 2009 had this birthday; 416 420 foreigners of
  the German register (about 4 %), most of them from Syria, Turkey and Afghanistan. `faits/pays.csv` spreads countries
  between these and 1/365 (assumption); the shares of countries are of the order of those of elderly immigrants (INSEE).
- Codes: communes of the code officiel géographique (INSEE) absorbed since 2010 (`faits/communes_absorbees.csv`, a
  sample; 2 % of older births: assumption); 20xxx in Corsica before 1976; 985xx in Mayotte before 2011; a birth in
  Algeria, Morocco and Tunisia before independence had a code of 91 to 96, where the country has one of 99 today.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.personnes.person_numbers import ABROAD
from witness.generate.streams import Floats, Integers, pick

NATIVE_SHARE, BORN_ABROAD_SHARE = 0.62, 0.10
PARIS_WEIGHT = 1.7
ABSORBED_SHARE = 0.02
PERIODS = (1950, 1975)  # the births before the first are spread as people are, those since the second in few communes
_POWERS = (0.7, 1.0, 1.5)  # of the population of a commune, by period
_MATERNITIES = {"75114": 5.0, "75112": 4.0, "75113": 3.0, "75115": 3.0, "75110": 3.0, "75120": 3.0, "75118": 2.0,
                "75104": 2.0, "69384": 3.0, "69388": 2.0, "13205": 4.0, "13215": 3.0}  # fmt: skip
# Commune, code of the first arrondissement, first postal code, number of arrondissements.
_CITIES = (("75056", 75101, 75001, 20), ("69123", 69381, 69001, 9), ("13055", 13201, 13001, 16))
CORSICA_UNTIL, MAYOTTE_UNTIL, ALWAYS = 1976, 2011, 9999
_NO_CASE = ""


@dataclass(frozen=True)
class Places:
    """Every place of birth, one row each, département by département, then abroad.

    `table`: code, autre (another code of the same place, or None), cas (the kind of `rates` that writes it), avant (the
    other code is that of births before this year), postal, janvier (share of those born there who were given the first
    of January). `bounds`: first row of each département. `cumulated`: weights summed, by period.
    """

    table: pl.DataFrame
    bounds: Integers
    cumulated: Floats

    def draw(self, rng: np.random.Generator, where: Integers, year: Integers) -> Integers:
        """A row for each person born in the département of rank `where` (`ABROAD`: abroad), that year."""
        period = np.searchsorted(PERIODS, year, side="right")
        rank = np.where(where == ABROAD, len(self.bounds) - 2, where)
        start, end = self.cumulated[period, self.bounds[rank]], self.cumulated[period, self.bounds[rank + 1]]
        draws = start + rng.random(len(where)) * (end - start)
        rows = np.empty(len(where), dtype=np.int64)
        for i in range(len(self.cumulated)):
            those = period == i
            rows[those] = np.searchsorted(self.cumulated[i], draws[those], side="right") - 1
        return np.clip(rows, self.bounds[rank], self.bounds[rank + 1] - 1)

    def written(self, rows: Integers, year: Integers) -> list[pl.Series]:
        """The columns lieu, lieu_autre, lieu_cas and lieu_postal of those born in these places, that year."""
        t = self.table[rows].with_columns(pl.Series("annee", year))
        holds = pl.col("autre").is_not_null() & (pl.col("annee") < pl.col("avant"))
        return t.select(
            pl.col("code").alias("lieu"),
            pl.when(holds).then("autre").alias("lieu_autre"),
            pl.when(holds).then("cas").otherwise(pl.lit(_NO_CASE)).alias("lieu_cas"),
            pl.col("postal").alias("lieu_postal"),
        ).get_columns()


def departements(rng: np.random.Generator, here: int, n: int) -> Integers:
    """Rank of the département of birth, mostly the one of residence; `ABROAD` for a birth abroad."""
    weights = facts.numbers("departements", "population").copy()
    weights[facts.texts("departements", "code").index("75")] *= PARIS_WEIGHT
    weights[here] = 0.0
    chance = rng.random(n)
    elsewhere = pick(rng, weights, n)
    return np.where(chance < NATIVE_SHARE, here, np.where(chance > 1 - BORN_ABROAD_SHARE, ABROAD, elsewhere))


@cache
def places() -> Places:
    """Every place of birth."""
    codes = facts.texts("departements", "code")
    table = pl.concat([_communes(), _arrondissements(), _absorbed()])
    ranks = pl.DataFrame({"departement": codes, "rang": range(len(codes))})
    table = table.join(ranks, on="departement", how="inner", maintain_order="left").sort("rang", maintain_order=True)
    population = table["population"].to_numpy()
    rank = table["rang"].to_numpy()
    weights = np.stack([population**power for power in _POWERS]) * table["facteur"].to_numpy()
    absorbed = (table["cas"] == "lieu_fusionne").fill_null(False).to_numpy()
    for period, share in enumerate((ABSORBED_SHARE, ABSORBED_SHARE, ABSORBED_SHARE / 10)):
        of_others = np.bincount(rank, np.where(absorbed, 0.0, weights[period]), len(codes))
        how_many = np.maximum(np.bincount(rank[absorbed], minlength=len(codes)), 1)
        weights[period, absorbed] = (share * of_others / how_many)[rank[absorbed]]
    abroad = _abroad()
    whole = np.concatenate([weights, np.tile(abroad["part"].to_numpy(), (len(_POWERS), 1))], axis=1)
    bounds = np.append(np.searchsorted(rank, np.arange(len(codes) + 1)), len(rank) + len(abroad))
    columns = ["code", "autre", "cas", "avant", "postal", "janvier"]
    return Places(
        pl.concat([table.select(columns), abroad.select(columns)]),
        bounds,
        np.concatenate([np.zeros((len(_POWERS), 1)), np.cumsum(whole, axis=1)], axis=1),
    )


def first_of_january(rng: np.random.Generator, rows: Integers) -> np.ndarray:
    """Mask of those who were given the first of January for want of a known day, by place of birth."""
    return rng.random(len(rows)) < places().table["janvier"].to_numpy()[rows]


_COLUMNS = {"code": pl.String, "autre": pl.String, "cas": pl.String, "avant": pl.Int64, "postal": pl.String,
            "janvier": pl.Float64, "departement": pl.String, "population": pl.Float64,
            "facteur": pl.Float64}  # fmt: skip


def _communes() -> pl.DataFrame:
    in_cities = [city for city, *_ in _CITIES]
    t = facts.table("communes").filter((pl.col("chef_lieu") == "") & ~pl.col("code").is_in(in_cities))
    corsican, mahoran = pl.col("departement").is_in(["2A", "2B"]), pl.col("departement") == "976"
    return _shaped(
        t,
        autre=pl.when(corsican).then(pl.concat_str(pl.lit("20"), pl.col("code").str.slice(2)))
        .when(mahoran).then(pl.concat_str(pl.lit("985"), pl.col("code").str.slice(3))),
        cas=pl.when(corsican).then(pl.lit("lieu_corse")).when(mahoran).then(pl.lit("lieu_outre_mer")),
        avant=pl.when(corsican).then(CORSICA_UNTIL).otherwise(MAYOTTE_UNTIL),
        postal=pl.col("code_postal"),
        population=pl.col("population"),
    )  # fmt: skip


def _arrondissements() -> pl.DataFrame:
    population = dict(facts.table("communes").select("code", "population").iter_rows())
    rows = [
        {"code": str(first + i), "autre": city, "departement": city[:2], "postal": str(postal + i),
         "population": float(population[city]) / n, "facteur": _MATERNITIES.get(str(first + i), 1.0)}
        for city, first, postal, n in _CITIES for i in range(n)
    ]  # fmt: skip
    t = pl.DataFrame(rows)
    return _shaped(t, cas=pl.lit("lieu_arrondissement"), avant=pl.lit(ALWAYS), facteur=pl.col("facteur"))


def _absorbed() -> pl.DataFrame:
    return _shaped(
        facts.table("communes_absorbees"),
        autre=pl.col("code_actuel"), cas=pl.lit("lieu_fusionne"), avant=pl.lit(ALWAYS),
        postal=pl.lit(None), population=pl.lit(1.0),
    )  # fmt: skip


def _abroad() -> pl.DataFrame:
    told = pl.col("code_ancien") != ""
    return facts.table("pays").select(
        "code",
        pl.when(told).then("code_ancien").alias("autre"),
        pl.when(told).then(pl.lit("lieu_pays")).alias("cas"),
        pl.col("avant").cast(pl.Int64, strict=False),
        pl.lit(None, pl.String).alias("postal"),
        pl.col("part_premier_janvier").cast(pl.Float64).alias("janvier"),
        pl.col("part").cast(pl.Float64),
    )


def _shaped(t: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    by_default = {"janvier": pl.lit(0.0), "facteur": pl.lit(1.0)}
    chosen = {c: columns.get(c, by_default.get(c, pl.col(c))) for c in _COLUMNS}
    return t.select(chosen[c].cast(kind).alias(c) for c, kind in _COLUMNS.items())
