"""What all channels share: a file that knows where its rows are, days and hours as texts.

Belongs here: the shape of a written file, and the helpers that write one. Does not belong here: any format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from witness.generate.personnes.decisions import Decisions
from witness.generate.personnes.declared_stays import Declarations
from witness.generate.personnes.et_facts import YEAR, Etablissements
from witness.generate.personnes.person_defects import Journal
from witness.generate.personnes.records import Dossiers
from witness.generate.personnes.sejours import DAYS, FIRST_DAY, Sejours
from witness.generate.personnes.situations import Pairs
from witness.generate.personnes.waiting import Requests

ISO, FRENCH, COMPACT = "%Y-%m-%d", "%d/%m/%Y", "%Y%m%d"
EXPORT = str(FIRST_DAY + DAYS - 1)  # the last day of the year: files tell the state of that evening
_EPOCH = int(FIRST_DAY.astype(int))
# Summer time: its first day and the day after its last one, the last Sundays of March and October.
SUMMER_TIME = tuple(
    int((np.busday_offset(np.datetime64(f"{YEAR}-{month}-31"), 0, "backward", weekmask="Sun") - FIRST_DAY).astype(int))
    for month in ("03", "10")
)
# Reasons of exit as people type them, by rank in `activite.SORTIES`.
_MOTIFS = (
    ("Décès", "Décédée à l'hôpital", "Décès dans l'établissement", "décédé", "DECES"),
    ("Hospitalisation", "Hospitalisation longue", "Hospitalisé, ne reviendra pas"),
    ("Retour à domicile", "Retour au domicile", "retour domicile"),
    ("Admission dans un autre établissement", "Réorientation", "Transfert vers un autre établissement", "Autre ESMS"),
    ("",),
)
NAMED_IN_MOTIF_SHARE = 0.01  # share of the texts about a death that name someone


@dataclass
class Departement:
    """Everything that is true and told about a département. `rank`: the person of each stay. `pairs`: `situations`."""

    code: str
    e: Etablissements
    s: Sejours
    rank: np.ndarray
    personnes: pl.DataFrame
    pairs: Pairs
    requests: Requests
    decisions: Decisions
    dossiers: Dossiers
    declarations: Declarations
    journal: Journal
    written: list[pl.DataFrame] = field(default_factory=list)  # identities, as each system writes them

    @property
    def finess(self) -> pl.Series:
        """FINESS number of each ET, by its row."""
        return pl.Series(self.e.finess.tolist(), dtype=pl.String)


@dataclass
class ChannelFile:
    """A file to deliver, and where each record is in it.

    - tables: number of rows that it has for each entity.
    - locations: by table of records of the ledger, frames (rang, ligne, entite).
    - fiches: frames (entite, ligne, finess_et, identifiant, personne).
    - sejours: frames (entite, ligne, sejour, admission, entree, sortie).
    - visites: frames (ligne, finess_et, identifiant, vraie, personne).
    - oppositions: frames (personne, finalite): what stands on the last day.
    """

    name: str
    source: str
    content: bytes
    tables: Mapping[str, int]
    encoding: str = "utf-8"
    locations: dict[str, pl.DataFrame] = field(default_factory=dict)
    fiches: list[pl.DataFrame] = field(default_factory=list)
    sejours: list[pl.DataFrame] = field(default_factory=list)
    visites: list[pl.DataFrame] = field(default_factory=list)
    oppositions: list[pl.DataFrame] = field(default_factory=list)


def day(column: str | pl.Expr, pattern: str = ISO) -> pl.Expr:
    """A day of this package as a text; null when it is unknown."""
    c = pl.col(column) if isinstance(column, str) else column
    return (c + _EPOCH).cast(pl.Int32).cast(pl.Date).dt.to_string(pattern)


def moment(days: pl.Expr, minutes: pl.Expr, pattern: str) -> pl.Expr:
    """A day and minutes since midnight, as a text."""
    instant = ((days.cast(pl.Int64) + _EPOCH) * 1440 + minutes.cast(pl.Int64)) * 60_000
    return instant.cast(pl.Datetime("ms")).dt.to_string(pattern)


def presence_bounds(pattern: str) -> tuple[pl.Expr, pl.Expr]:
    """The hours at which a period starts and ends.

    A period of presence goes from ten to eleven o'clock, or to the bounds of the year. A day of day care and an absence
    go from ten to five.
    """
    first, last = pl.col("debut") == 0, pl.col("fin") >= DAYS
    by_day = pl.col("absent") | (pl.col("debut") == pl.col("fin"))
    start = pl.when(first & ~by_day).then(0).otherwise(600)
    end = pl.when(by_day).then(1020).when(last).then(1439).otherwise(660)
    return (
        moment(pl.col("debut"), start, pattern),
        moment(pl.when(last).then(DAYS - 1).otherwise(pl.col("fin")), end, pattern),
    )


def digits(column: str, n: int) -> pl.Expr:
    """A number padded with zeros to n digits."""
    return pl.col(column).cast(pl.String).str.zfill(n)


def choice(column: str, values: list[str] | tuple[str | None, ...]) -> pl.Expr:
    """The text of a rank; null for an empty text or an unknown rank."""
    pairs = {i: v for i, v in enumerate(values) if v}
    return pl.col(column).replace_strict(list(pairs), list(pairs.values()), default=None, return_dtype=pl.String)


def modalite(values: list[str] | tuple[str | None, ...], unknown: str) -> pl.Expr:
    """The modalite as a product writes it. A mistake leaves it empty, or puts a code that no list has."""
    written = pl.when("code_inconnu").then(pl.lit(unknown)).otherwise(choice("modalite", values))
    return pl.when(~pl.col("sans_modalite")).then(written)


def motifs(d: Departement, table: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """Free texts about the exits of some stays (columns motif, nom). Now and then one of them names someone."""
    texts = [t for listed in _MOTIFS for t in listed]
    starts = np.cumsum([0, *(len(listed) for listed in _MOTIFS)])
    rank = table["motif"].to_numpy()
    n_texts = np.diff(starts)[np.maximum(rank, 0)]
    draw = starts[np.maximum(rank, 0)] + (rng.random(len(rank)) * n_texts).astype(int)
    text = pl.Series(texts, dtype=pl.String).gather(draw)
    named = pl.Series((rng.random(len(rank)) < NAMED_IN_MOTIF_SHARE) & (rank == 0))
    row = table.with_columns(text.alias("t"), named.alias("n"), pl.Series("dit", (rank >= 0)))
    told = pl.when("n").then(pl.concat_str("t", pl.lit(", famille "), "nom", pl.lit(" prévenue"))).otherwise("t")
    return row.select(pl.when(pl.col("dit") & (pl.col("t") != "")).then(told)).to_series()


def csv(table: pl.DataFrame, separator: str, *, encoding: str = "utf-8", bom: bytes = b"", end: str = "\n") -> bytes:
    """The bytes of a CSV: titles, then rows."""
    content = table.write_csv(separator=separator, line_terminator=end, quote_style="necessary").encode(encoding)
    return bom + content


def csv_lines(table: pl.DataFrame) -> pl.Series:
    """Physical line of each row; the first line is that of the titles."""
    return pl.Series("ligne", np.arange(len(table)) + 2)


def locations(ranks: pl.Series, lines: pl.Series, entity: str) -> pl.DataFrame:
    """Where the records of a table are in a file."""
    return pl.DataFrame(
        {"rang": ranks.cast(pl.Int64), "ligne": lines, "entite": pl.repeat(entity, len(lines), eager=True)}
    )


def fiches(
    entity: str, lines: pl.Series, finess: pl.Series, identifiers: pl.Series, personnes: pl.Series
) -> pl.DataFrame:
    """The records of persons of a file, for the truth."""
    return pl.DataFrame(
        {
            "entite": pl.repeat(entity, len(lines), eager=True),
            "ligne": lines,
            "finess_et": finess,
            "identifiant": identifiers,
            "personne": personnes,
        }
    )


def sejours(entity: str, lines: pl.Series, table: pl.DataFrame) -> pl.DataFrame:
    """What a file says about stays, for the truth (columns sejour, admission, entree, sortie of `table`)."""
    return table.select(
        pl.lit(entity).alias("entite"), lines.alias("ligne"),
        *(pl.col(c).cast(pl.Int64) for c in ("sejour", "admission", "entree", "sortie")),
    )  # fmt: skip
