"""The truth written down: one Parquet file a subject, and the long table that answers are compared with.

Belongs here: the files of `verite/` that say what is true. Does not belong here: what deliveries say, and the judgement
of their answers (`answers`).

`elements.parquet` has the key of the resolved layer (unite, unite_id, perimetre, millesime, element_id, composante,
base_temporelle); what does not exist is absent from it. The value of a year is that of its last day; the value of the
year of the last FINESS extraction is that of the day of the extraction.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.activite import places
from witness.generate.answers import KEY, VALUE, text_values
from witness.generate.attributes import GROUPED
from witness.generate.capacites import YEARS
from witness.generate.collectes import aide_sociale
from witness.generate.et_identity import identities
from witness.generate.parquet_pieces import Parquet
from witness.generate.sheet import half_width, is_additive, question_keys, tolerances, unit_of_measure
from witness.generate.streams import Floats
from witness.generate.structures import EXTRACTIONS, MILLESIMES
from witness.generate.world import World

# FINESS dates each change of places, so that an extraction tells the places at the 31 December of six years.
PLACES_YEARS = tuple(range(EXTRACTIONS[0].year - 6, EXTRACTIONS[-1].year))
SCHEMA = {**KEY, **VALUE, "unite_mesure": pl.String, "tolerance_type": pl.String, "tolerance": pl.Float64}
_COMPTES_EJ = ("tx_caf", "tx_vetuste_autres_immo", "tx_vetuste_constructions", "tx_vetuste_installations", "frng")
_IDENTITY_DATES = ("date_autorisation", "date_ouverture")


def write(world: World, folder: Path) -> int:
    """Write every table of the truth; returns the number of rows of `elements.parquet`."""
    for name, table in _tables(world).items():
        table.write_parquet(folder / f"{name}.parquet")
    with Parquet(folder / "elements.parquet", SCHEMA) as out:
        out.add(elements(world))
    return out.n


def _tables(world: World) -> dict[str, pl.DataFrame]:
    s, t = world.structures, world.territoire
    key = s.et.select("et_id", "finess_et")
    ej = s.ej.select("ej_id", "finess_ej")
    internal = ["ej_id", "ej_id_avant", "profil_id", "categorie_id", "et_id"]
    triplets = world.capacites.triplets.join(key, on="et_id", maintain_order="left")
    return {
        "ej": s.ej.drop("ej_id"),
        "et": s.et.drop(internal),
        "rattachements": s.rattachements.join(key, on="et_id", maintain_order="left")
        .join(ej, on="ej_id", maintain_order="left")
        .select("finess_et", "finess_ej", "debut", "fin"),
        "communes": t.communes,
        "population": t.population,
        "aide_sociale": aide_sociale.truth(world.streams),
        "capacites": triplets.with_columns(pl.selectors.float().fill_nan(None)).drop("et_id"),
        "panel": panel(world),
        "coupes": world.coupes.join(key, on="et_id", maintain_order="left").drop("et_id"),
        "comptes_ej": world.comptes_ej.drop("ej_id"),
    }


def panel(world: World) -> pl.DataFrame:
    """Every variable in a column, for every ET and year, the year before the campaigns included."""
    p = world.panel
    columns: dict[str, object] = {
        "finess_et": p.by_et(p.table_et["finess_et"].to_numpy()),
        "millesime": p.year,
        "finess_ej": world.structures.ej["finess_ej"].gather(p.ej.tolist()),
    }
    columns |= {k: pl.Series(v).fill_nan(None) for k, v in p.v.items()}
    columns |= {k: pl.Series(v.tolist(), dtype=pl.String) for k, v in p.t.items()}
    columns |= {k: v.astype("datetime64[D]") for k, v in p.d.items()}
    return pl.DataFrame(columns)


def elements(world: World) -> Iterator[pl.DataFrame]:
    """The long truth, one frame a question, with one row for each key that has a value."""
    yield from _of_the_panel(world)
    yield from _of_places(world)
    for year in (*MILLESIMES, EXTRACTIONS[-1].year):
        yield from _of_identities(world, year)
    accounts = world.comptes_ej.filter(pl.col("millesime").is_in(list(MILLESIMES)))
    for variable in _COMPTES_EJ:
        yield _table(variable, "EJ", accounts["finess_ej"], accounts["millesime"], accounts[variable])


def reference(millesime: int) -> date:
    """The day whose state is told for a year."""
    return date(millesime, 12, 31) if millesime in MILLESIMES else EXTRACTIONS[-1]


def identities_on(world: World, day: date) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """The ET that have opened by a day, and what identifies them on that day, by variable of `faits/elements.csv`."""
    s = world.structures
    et = s.et.filter(pl.col("date_ouverture") <= day)
    change = (pl.col("date_changement_ej") > day).fill_null(False)
    et = et.with_columns(
        pl.when(change).then("ej_id_avant").otherwise("ej_id").alias("ej_id"),
        pl.when(change).then("siret_avant").otherwise("siret").alias("siret"),
    )
    rank = YEARS.index(min(day.year, YEARS[-1]))
    installed = places(s.et, world.capacites)
    present = {m: installed[f"cap_inst_{m}"][et["et_id"].to_numpy(), rank] for m in ("permanent", "ht", "aj")}
    texts = identities(et, s.ej[et["ej_id"].to_list()], present)
    series = {name: pl.Series(values.tolist(), dtype=pl.String) for name, values in texts.items()}
    return et, series | {"id_siret": et["siret"]} | {name: et[name] for name in _IDENTITY_DATES}


def _of_identities(world: World, year: int) -> Iterator[pl.DataFrame]:
    et, texts = identities_on(world, reference(year))
    groups = et["finess_et"].is_in(_groups(world, year).implode())
    for variable, values in texts.items():
        yield _table(variable, "ET", et["finess_et"], year, values)
        yield _table(variable, "ET", et["finess_et"].filter(groups), year, values.filter(groups), "groupe")
    ej = world.structures.ej
    for variable, column in (
        ("id_raison_sociale_ej", "raison_sociale"),
        ("id_siren", "siren"),
        ("id_statut_code", "statut"),
    ):
        yield _table(variable, "EJ", ej["finess_ej"], year, ej[column])


def _groups(world: World, year: int) -> pl.Series:
    """FINESS numbers of the ET that answer for all their sites together."""
    p = world.panel
    return p.table_et["finess_et"].gather(p.et[_answers_grouped(world) & (p.year == year)].tolist())


def _answers_grouped(world: World) -> np.ndarray:
    return world.panel.t["structuration"] == GROUPED


def _of_the_panel(world: World) -> Iterator[pl.DataFrame]:
    """What each ET that is open at the end of a year could answer, for itself, and for its sites together."""
    p = world.panel
    kept = np.isin(p.year, MILLESIMES)
    group = kept & _answers_grouped(world)
    units = p.table_et["finess_et"].gather(p.et.tolist())
    years = pl.Series(p.year)
    installed = places(p.table_et, world.capacites)
    for variable, nature in facts.table("elements").select("variable", "nature").iter_rows():
        if variable == "frng" or variable.startswith("id_") or variable in _IDENTITY_DATES:
            continue
        raw = {"n": p.v, "t": p.t, "d": p.d}[nature][variable]
        values = pl.Series(raw.tolist(), dtype=pl.String) if nature == "t" else pl.Series(raw)
        if variable not in installed:
            yield _table(variable, "ET", units.filter(kept), years.filter(kept), values.filter(kept))
        doubled = values * 2 if is_additive(variable) else values
        yield _table(variable, "ET", units.filter(group), years.filter(group), doubled.filter(group), "groupe")


def _of_places(world: World) -> Iterator[pl.DataFrame]:
    """The places of the ET that are open at the end of each year, and on the day of each extraction of FINESS."""
    et = world.structures.et
    days = [(date(a, 12, 31), a, "stock_3112") for a in PLACES_YEARS] + [(j, j.year, "jour") for j in EXTRACTIONS]
    open_masks = [
        ((et["date_ouverture"] <= j) & (et["date_fermeture"].is_null() | (et["date_fermeture"] > j))).to_numpy()
        for j, _, _ in days
    ]
    for variable, values in places(et, world.capacites).items():
        if variable in question_keys():
            for (day, year, base), is_open in zip(days, open_masks, strict=True):
                rank = YEARS.index(min(max(last_full_year(day), YEARS[0]), YEARS[-1]))
                known = pl.Series(values[is_open, rank])
                yield _table(variable, "ET", et["finess_et"].filter(is_open), year, known, base=base)


def last_full_year(day: date) -> int:
    """The last year that is over on a day."""
    return day.year if (day.month, day.day) == (12, 31) else day.year - 1


def _table(
    variable: str,
    unit: str,
    units: pl.Series,
    years: pl.Series | int,
    values: pl.Series,
    perimetre: str = "site",
    base: str | None = None,
) -> pl.DataFrame:
    element, composante, declared_base = question_keys()[variable]
    nature, threshold = tolerances()[variable]
    table = pl.DataFrame(
        {
            "unite_id": units,
            "millesime": years if isinstance(years, pl.Series) else pl.repeat(years, len(units), eager=True),
            "v": values.fill_nan(None) if values.dtype.is_float() else values,
        }
    ).drop_nulls("v")
    v = table["v"]
    numbers: Floats | None = v.to_numpy() if v.dtype.is_float() else None
    width = None if numbers is None else half_width(variable, numbers)
    tolerance = pl.lit(threshold if nature == "date" and v.dtype == pl.Date else None)
    return table.select(
        pl.lit(unit).alias("unite"),
        "unite_id",
        pl.lit(perimetre).alias("perimetre"),
        pl.col("millesime").cast(pl.Int32),
        pl.lit(element).alias("element_id"),
        pl.lit(composante).alias("composante"),
        pl.lit(base or declared_base).alias("base_temporelle"),
        pl.lit(None if numbers is None else v, dtype=pl.Float64).alias("valeur_nombre"),
        pl.lit(text_values(variable, v) if v.dtype == pl.String else None, dtype=pl.String).alias("valeur_texte"),
        (pl.col("v") if v.dtype == pl.Date else pl.lit(None, dtype=pl.Date)).alias("valeur_date"),
        pl.lit(unit_of_measure(variable)).alias("unite_mesure"),
        pl.lit(nature).alias("tolerance_type"),
        (tolerance if width is None else pl.lit(pl.Series(width))).cast(pl.Float64).alias("tolerance"),
    )
