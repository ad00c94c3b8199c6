"""When the data of a person may go, class by class: pure functions over frames.

Belongs here: the arithmetic of the rules. Does not belong here: reading rows (`inventory`), what is done with a date.

contacts   finess_et, personne, dernier_contact, vu_le, en_cours, annee_naissance, date_deces    one row a person
parts      finess_et, personne, classe, en_vigueur                                               one row or more a class
result     finess_et, personne, classe, debut, fin, raison: `fin` is the first day on which the data may go, NULL while
           they may not, and `raison` then says why
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from data_contracts.retention import Conservation, Rule
from ingest.retain.register import ALL_PERSONS, Suspension

STILL_THERE, IN_FORCE, SUSPENDED, KEPT = "séjour en cours", "en vigueur", "suspension", "conservation définitive"
PERSON = ("finess_et", "personne")


def due_dates(
    contacts: pl.DataFrame, parts: pl.DataFrame, rules: Conservation, suspensions: Sequence[Suspension], on: date
) -> pl.DataFrame:
    """One row a person and class. Last contact unknown: time begins with the last file that speaks of the person."""
    rows = (
        parts.group_by(*PERSON, "classe")
        .agg(pl.col("en_vigueur").any())
        .join(contacts, on=PERSON, how="left")
        .with_columns(debut=pl.coalesce("dernier_contact", "vu_le"))
        .with_columns(fin=_own_end(rules))
    )
    follow = [code for code, rule in rules.rules.items() if rule.follows_others]
    others = pl.col("fin").filter(~pl.col("classe").is_in(follow)).max().over(PERSON)
    rows = rows.with_columns(
        fin=pl.when(pl.col("classe").is_in(follow)).then(pl.max_horizontal("fin", others)).otherwise("fin")
    )
    rows = _postponed(rows, suspensions, on)
    kept = [code for code, rule in rules.rules.items() if rule.fate == "conservation"]
    reason = (
        pl.when("en_cours").then(pl.lit(STILL_THERE))
        .when(pl.col("suspendue")).then(pl.lit(SUSPENDED))
        .when("en_vigueur").then(pl.lit(IN_FORCE))
        .when(pl.col("classe").is_in(kept)).then(pl.lit(KEPT))
    )  # fmt: skip
    return (
        rows.with_columns(raison=reason)
        .with_columns(fin=pl.when(pl.col("raison").is_null()).then("fin"))
        .select(*PERSON, "classe", "debut", "fin", "raison")
        .sort(*PERSON, "classe")
    )


def _own_end(rules: Conservation) -> pl.Expr:
    """The end that the rule of the class gives by itself."""
    end = pl.lit(None, pl.Date)
    for code, rule in rules.rules.items():
        end = pl.when(pl.col("classe") == code).then(_end_of(rule)).otherwise(end)
    return end


def _end_of(rule: Rule) -> pl.Expr:
    end = pl.col("debut").dt.offset_by(rule.active.offset)
    if rule.archive:
        end = end.dt.offset_by(rule.archive.offset)
    if rule.birthday:  # only the year of birth is stored: the end of the year is never too early
        end = pl.max_horizontal(end, pl.date(pl.col("annee_naissance") + rule.birthday + 1, 1, 1))
    if rule.after_death and rule.died_within:
        soon = pl.col("date_deces") < pl.col("debut").dt.offset_by(rule.died_within.offset)
        # A death before the last contact contradicts it: the later of the two is believed, which is never too early.
        after = pl.max_horizontal("date_deces", "debut").dt.offset_by(rule.after_death.offset)
        end = pl.when(soon.fill_null(False)).then(pl.min_horizontal(end, after)).otherwise(end)
    return end


def _postponed(rows: pl.DataFrame, suspensions: Sequence[Suspension], on: date) -> pl.DataFrame:
    """Time does not run during a suspension; one that is not lifted on that day stops everything."""
    days: dict[tuple[str, str], int] = {}
    stopped: set[tuple[str, str]] = set()
    for held in suspensions:
        key = (held.finess_et, held.person)
        if held.until is None or held.until > on:
            stopped.add(key)
        else:
            days[key] = days.get(key, 0) + max((held.until - held.since).days, 0)
    schema = {"finess_et": pl.String, "cle": pl.String, "jours": pl.Int64, "arret": pl.Boolean}
    table = pl.DataFrame(
        [(f, p, days.get((f, p), 0), (f, p) in stopped) for f, p in sorted({*days, *stopped})], schema, orient="row"
    )
    alone = table.filter(pl.col("cle") != ALL_PERSONS).rename({"cle": "personne", "jours": "j1", "arret": "a1"})
    whole = table.filter(pl.col("cle") == ALL_PERSONS).drop("cle").rename({"jours": "j2", "arret": "a2"})
    rows = rows.join(alone, on=PERSON, how="left").join(whole, on="finess_et", how="left")
    late = pl.col("j1").fill_null(0) + pl.col("j2").fill_null(0)
    return rows.with_columns(
        fin=pl.col("fin") + pl.duration(days=late),
        suspendue=pl.col("a1").fill_null(False) | pl.col("a2").fill_null(False),
    )
