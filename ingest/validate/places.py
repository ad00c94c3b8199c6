"""The places that a row names: whether they exist, whether they existed at the time, whether they agree.

Belongs here: codes of communes, départements, regions, postal codes, from the value domains of the fields
(`data_contracts/value_domains.yaml`). Does not belong here: how a code was written (`ingest.validate.rewritings`),
coordinates (`ingest.validate.coordinates`), what a remark costs (`ingest.validate.chunk`).

A code that never existed is set aside. A code of another time is kept and signalled, and so are places that contradict
each other, because the row does not say which of them is wrong. When a row is later than the code officiel that the
project knows, an unknown code may be new: it is kept and signalled, unless it begins with no département.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from data_contracts import territoires
from data_contracts.loading import Entity, Field
from ingest.validate.rewritings import postal_departements

NEVER = "code de {} qui n'a jamais existé"
UNKNOWN = f"code de {{}} inconnu du code officiel géographique {territoires.COG}"
OUT_OF_DATE = "code de {} hors de sa période d'existence"
APART = "{} et {} ne se correspondent pas"
_VERIFY = "Vérifier l'adresse ; les deux valeurs sont conservées."
_LABELS = {
    "commune": "commune", "commune_ou_ancienne": "commune", "commune_finess": "commune", "departement": "département",
    "departement_ou_regroupement": "département", "departement_finess": "département", "region": "région",
    "code_postal": "code postal", "domicile": "domicile",
}  # fmt: skip


@dataclass(frozen=True)
class Remark:
    """What is said of one field of some rows.

    hit: the rows, as a mask. wrong: the value cannot be used; otherwise it is kept, or replaced by `value` (typed, one
    for each row). remedy: in French, one for all rows or one for each.
    """

    field: Field
    hit: pl.Series
    rule: str
    remedy: str | pl.Series
    wrong: bool = False
    value: pl.Series | None = None


@dataclass(frozen=True)
class Places:
    """The remarks on the places of rows, and where each row is.

    departement: the one on which the places of the row agree, else NULL. witnesses: how many of its places name it.
    """

    remarks: list[Remark]
    departement: pl.Series
    witnesses: pl.Series


def judge(typed: pl.DataFrame, entity: Entity, fields: list[Field], since: pl.Expr, until: pl.Expr) -> Places:
    """Judges the places of rows. A value that is not written as its domain demands is left to other checks.

    since, until: the first and last day that a row may be about (a file of 2019 received in 2026 may use the codes of
    either year).
    """
    named = [(f, f.domain.place or "") for f in fields if f.domain and f.domain.place in _LABELS]
    rows = typed.with_columns(since=since, until=until).select(
        "since", "until",
        *(pl.when(pl.col(f.name).str.contains(f.domain.pattern or "")).then(f.name) for f, _ in named if f.domain),
    )  # fmt: skip
    official = _official(rows, named)
    remarks: list[Remark] = []
    for field, place in named:
        problems = list(_existence(rows, field, place, official[field.name]))
        for remark in problems:
            if remark.wrong:  # a code that is no place cannot contradict the others
                official[field.name] = official[field.name].set(remark.hit, None)
        remarks += problems
    first: dict[str, Field] = {}  # the first of several fields of one kind is the place of the row itself
    for field, place in named:
        first.setdefault(place, field)
    departement, witnesses, apart = _agreement(
        rows, first, {place: official[field.name] for place, field in first.items()}
    )
    if not first.keys() & {"commune", "commune_finess", "departement", "departement_finess"}:
        departement = _of_finess(typed, entity)
        witnesses = departement.is_not_null().cast(pl.Int8)
    return Places(remarks + apart, departement, witnesses)


def _official(rows: pl.DataFrame, named: list[tuple[Field, str]]) -> dict[str, pl.Series]:
    """Field -> the official codes it names. Départements of FINESS are translated, and prefixed to its communes."""
    official = {field.name: rows[field.name] for field, _ in named}
    departement = pl.repeat(None, rows.height, dtype=pl.String, eager=True)
    for field, place in named:
        if place == "departement_finess":
            official[field.name] = departement = _mapped(official[field.name], territoires.finess_departements())
    for field, place in named:
        if place == "commune_finess":
            pair = pl.DataFrame({"d": departement, "c": official[field.name]})
            official[field.name] = pair.select(pl.col("d").str.head(2) + pl.col("c")).to_series()
    return official


def _existence(rows: pl.DataFrame, field: Field, place: str, code: pl.Series) -> Iterator[Remark]:
    """Remarks on codes that never existed, are not known yet, or did not exist on the day of the row."""
    label = _LABELS[place]
    if place == "departement_finess":
        wrong = rows[field.name].is_not_null() & code.is_null()
        yield Remark(field, wrong, NEVER.format(label), f"Corriger « {field.title} ».", wrong=True)
        return
    if place in ("code_postal", "domicile"):  # nothing else is said of where a person lives
        of_none = [c for c in code.drop_nulls().unique() if not postal_departements(c)]
        wrong = _in(code, of_none)
        if place == "domicile":
            wrong &= ~code.is_in(territoires.commune_codes().implode()).fill_null(False)
        rule = f"{label} dont le début n'est celui d'aucun département"
        yield Remark(field, wrong, rule, f"Corriger « {field.title} ».", wrong=True)
        return
    if place in ("departement", "departement_ou_regroupement", "region"):
        nature = "region" if place == "region" else "departement"
        current = set(territoires.region_of().values()) if nature == "region" else territoires.departements()
        ended = territoires.former(nature)
        code = code.to_frame("c").select(pl.when(pl.col("c").str.contains(r"^\d")).then("c")).to_series()
        yield from _unknown(rows, field, label, code, code.is_not_null() & ~_in(code, [*current, *ended]), past=True)
        for gone, end in ended.items():
            late = (code == gone).fill_null(False) & (rows["since"] >= end).fill_null(False)
            yield Remark(field, late, OUT_OF_DATE.format(label), f"Ce code a cessé le {end:%d/%m/%Y}.")
        return
    unknown = code.is_not_null() & ~code.is_in(territoires.commune_codes().implode())
    yield from _unknown(rows, field, label, code, unknown, past=False)
    if place != "commune_ou_ancienne":
        yield from _out_of_date(rows, field, label, code)


def _unknown(
    rows: pl.DataFrame, field: Field, label: str, code: pl.Series, unknown: pl.Series, *, past: bool
) -> Iterator[Remark]:
    """Remarks on unknown codes. past: any code may be new when the row is late, not only one of a known département."""
    if not unknown.any():
        return
    departement = code.to_frame("c").select(territoires.departement_of(pl.col("c"))).to_series()
    later = (rows["until"] > date(territoires.COG, 12, 31)).fill_null(False)
    perhaps_new = unknown & later & (_in(departement, territoires.departements()) if not past else later)
    yield Remark(
        field, unknown & ~perhaps_new, NEVER.format(label),
        f"Corriger « {field.title} » d'après le code officiel géographique.", wrong=True,
    )  # fmt: skip
    yield Remark(
        field, perhaps_new, UNKNOWN.format(label),
        "Vérifier le code ; s'il est nouveau, mettre à jour les lieux du projet (docs/contracts.md).",
    )  # fmt: skip


def _out_of_date(rows: pl.DataFrame, field: Field, label: str, code: pl.Series) -> Iterator[Remark]:
    """The remark on codes of communes that did not exist at the time of the row.

    Most codes have always existed: only the others are looked at.
    """
    dated = territoires.dated_communes()
    asked = pl.DataFrame({"code": code, "since": rows["since"], "until": rows["until"]}).with_row_index("rang")
    periods = asked.join(dated, on="code", how="inner")
    lived = (pl.col("debut").is_null() | (pl.col("debut") <= pl.col("until"))) & (
        pl.col("fin").is_null() | (pl.col("fin") > pl.col("since"))
    )
    other_day = periods.filter(~lived.fill_null(True).any().over("rang")).sort("rang", "debut", nulls_last=False)
    if not other_day.height:
        return
    past = other_day.filter((pl.col("debut") <= pl.col("until")).fill_null(True)).group_by("rang").last()
    to_come = other_day.join(past, on="rang", how="anti").group_by("rang").first()
    new = pl.when(pl.col("code_actuel") == territoires.SHARED).then(
        pl.lit("son territoire a été partagé : choisir la commune d'aujourd'hui")
    ).otherwise(pl.format("le code d'aujourd'hui est {}", "code_actuel"))  # fmt: skip
    ended, created = (pl.col(name).dt.to_string("%d/%m/%Y") for name in ("fin", "debut"))
    judged = pl.concat(
        [
            past.select("rang", remedy=pl.format("Code éteint le {} : {}.", ended, new)),
            to_come.select("rang", remedy=pl.format("Code d'une commune créée le {}.", created)),
        ]
    )
    remedies = asked.select("rang").join(judged, on="rang", how="left", maintain_order="left")
    yield Remark(field, remedies["remedy"].is_not_null(), OUT_OF_DATE.format(label), remedies["remedy"])


def _agreement(
    rows: pl.DataFrame, by_place: dict[str, Field], codes: dict[str, pl.Series]
) -> tuple[pl.Series, pl.Series, list[Remark]]:
    """The département on which the places of each row agree, how many name it, and the remarks where they disagree."""
    communes = [p for p in ("commune", "commune_finess") if p in codes]
    owns = [p for p in ("departement", "departement_finess") if p in codes]
    nothing = pl.lit(None, pl.String)
    official = pl.DataFrame(codes or {"rien": pl.repeat(None, rows.height, dtype=pl.String, eager=True)})
    commune, own = (pl.coalesce(*places, nothing) for places in (communes, owns))
    # A commune may have changed département: its old code is right with its old département, and with today's.
    then = territoires.departement_of(commune)
    present = {code for place in communes for code in codes[place].unique()}
    carried = territoires.carried()
    moved = {code: carried[code] for code in present & carried.keys()}
    now = territoires.departement_of(commune.replace(moved)) if moved else then
    compared = official.with_columns(then=then, now=now, own=own).select("then", "now", "own")
    compared = compared.with_columns(
        apart=(pl.col("own") != pl.col("then")) & (pl.col("own") != pl.col("now")),
        departement=pl.coalesce("own", "now"),
    )
    apart = compared["apart"].fill_null(False)
    remarks: list[Remark] = []
    if "commune" in codes and owns:  # the short code of FINESS holds no département that could contradict
        remarks.append(Remark(by_place["commune"], apart, APART.format("commune", "département"), _VERIFY))
    departement = compared["departement"].set(apart, None)
    witnesses = compared.select(sum(pl.col(c).is_not_null().cast(pl.Int8) for c in ("own", "now"))).to_series()
    if "commune" not in codes:  # the short code of FINESS was prefixed by the département: both are one witness
        witnesses = witnesses.clip(upper_bound=1)
    if "code_postal" in codes:
        other = _postal(by_place["code_postal"], codes["code_postal"], compared, apart)
        witnesses += (codes["code_postal"].is_not_null() & ~other.hit).cast(pl.Int8)
        remarks.append(other)
    if "region" in codes:
        current = _in(codes["region"], set(territoires.region_of().values()))
        other = (codes["region"] != _mapped(departement, territoires.region_of())).fill_null(False) & current
        remarks.append(Remark(by_place["region"], other, APART.format("région", "département"), _VERIFY))
    return departement, witnesses, remarks


def _postal(field: Field, postal: pl.Series, compared: pl.DataFrame, apart: pl.Series) -> Remark:
    """The remark on postal codes of another département than the row, except those of post offices across a border."""
    pairs = pl.DataFrame({"postal": postal, "then": compared["then"], "departement": compared["departement"]})
    distinct = pairs.unique()
    other = [
        departement is not None and postal is not None
        and not {departement, then} & {*postal_departements(postal), *_served(postal)}
        for postal, then, departement in distinct.select("postal", "then", "departement").iter_rows()
    ]  # fmt: skip
    judged = pairs.join(
        distinct.with_columns(other=pl.Series(other, dtype=pl.Boolean)), on=pairs.columns, how="left", nulls_equal=True,
        maintain_order="left",
    )  # fmt: skip
    return Remark(field, judged["other"] & ~apart, APART.format("code postal", "département"), _VERIFY)


def _served(postal: str) -> set[str]:
    """Départements across the border that the post office of this code serves."""
    return {departement for code, departement in territoires.border_postal_codes() if code == postal}


def _of_finess(typed: pl.DataFrame, entity: Entity) -> pl.Series:
    """The département with which the FINESS number of a row begins; used when the row names no place itself.

    Overseas, the fourth character says it (9701 is Guadeloupe, 9805 is Mayotte).
    """
    keyed = [f.name for f in entity.fields if f.domain and f.domain.name == "finess" and f.primary_key_position]
    if not keyed or keyed[0] not in typed.columns:
        return pl.repeat(None, typed.height, dtype=pl.String, eager=True)
    number = pl.col(keyed[0])
    overseas = pl.when(number.str.head(4) == "9805").then(pl.lit("976"))
    overseas = overseas.when(number.str.head(2) == "97").then(pl.lit("97") + number.str.slice(3, 1))
    code = overseas.otherwise(number.str.head(2))
    return typed.select(pl.when(code.is_in(list(territoires.departements()))).then(code)).to_series()


def _mapped(series: pl.Series, mapping: dict[str, str]) -> pl.Series:
    """Each value through a table of correspondence; NULL where it has none."""
    return series.replace_strict(mapping, default=None, return_dtype=pl.String)


def _in(series: pl.Series, values: Iterable[str]) -> pl.Series:
    return series.is_in(pl.Series(list(values), dtype=pl.String).implode()).fill_null(False)
