"""Rows of one entity, held as columns of text until what they point to is known.

Belongs here: columns, and the fields that references give (person, stay, plan, structure, agreements). Does not belong
here: what a reference is (`references`), which field comes from where (`rows`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

from ingest.read.fhir.references import Index
from ingest.read.fhir.rows import Row
from ingest.read.frames import CHEMIN, DEFAUT, LIGNE, Table, text_frame

_CHUNK = 20_000  # rows kept as Python values before they become columns
_SEVERAL = {
    "evaluation_reponses",
    "decisions_remplacees",
    "droits_prestations",
    "prises_en_charge",
}  # several rows an entry: their line is their rank
_WHO, _WHOSE, _WHY = "@usager", "@finess", "@defaut"
Texts = tuple[str | None, ...]  # what a reference gives: one text for each column that it fills


class Held:
    """The rows of one entity, in the order of the file."""

    def __init__(self, entity: str) -> None:
        self.entity = entity
        self._count = 0
        self._names: tuple[str, ...] = ()
        self._rows: list[tuple[str | None, ...]] = []
        self._lines: list[int] = []
        self._paths: list[str] = []
        self._chunks: list[pl.DataFrame] = []
        self._waiting: list[pl.DataFrame] = []

    def add(self, row: Row, number: int, path: str) -> None:
        self._count += 1
        self._names = self._names or tuple(row)
        self._rows.append(tuple(row.values()))
        self._lines.append(self._count if self.entity in _SEVERAL else number)
        self._paths.append(path)
        if len(self._rows) >= _CHUNK:
            self._close()

    def _close(self) -> None:
        columns = zip(*self._rows, strict=True) if self._rows else ([] for _ in self._names)
        frame = text_frame(dict(zip(self._names, columns, strict=True)), self._lines, self._paths)
        self._rows, self._lines, self._paths = [], [], []
        self._chunks.append(frame)

    def settled(self) -> Iterator[Table]:
        """The rows of whole chunks that need no reference: their own number says which structure they are of."""
        for frame in self._chunks:
            known = pl.col("finess_et").is_not_null()
            yield Table(self.entity, _plain(_refused(frame.filter(known))))
            self._waiting.append(frame.filter(~known))
        self._chunks = []

    def rest(self, index: Index) -> Iterator[Table]:
        """Every row not given yet, completed by what it points to; an empty table when the file holds none."""
        if self._rows or not self._count:
            self._close()
        for frame in (*self._waiting, *self._chunks):
            yield Table(self.entity, _completed(frame, self.entity, index))


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of the contract, then the technical ones."""
    technical = (LIGNE, CHEMIN, DEFAUT)
    return frame.select(*(c for c in frame.columns if c not in technical and not c.startswith("@")), *technical)


def _refused(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of resources that cannot be taken say so, before anything that a reference says."""
    return frame.with_columns(pl.coalesce("@refus", DEFAUT).alias(DEFAUT))


def _completed(frame: pl.DataFrame, entity: str, index: Index) -> pl.DataFrame:
    if "finess_et" not in frame.columns:  # no row at all
        return frame
    return _plain(_refused(_followed(frame, entity, index)))


def _followed(frame: pl.DataFrame, entity: str, index: Index) -> pl.DataFrame:
    if entity == "accords":
        frame = _agreement_of_whom(frame, index)
    followed = [c for c in frame.columns if c.startswith("@")]

    def fill(column: str, names: tuple[str, ...], look: Callable[[str], Texts]) -> None:
        nonlocal frame
        frame = _looked_up(frame, column, names, look)

    problems: list[str] = []
    if "@projet" in followed:
        fill("@projet", ("projet_id", "@defaut_projet"), lambda key: _number(index, key, "projet", "au projet"))
        problems.append("@defaut_projet")
        frame = frame.with_columns(pl.coalesce(_WHO, "@projet").alias(_WHO))
    if "@sejour" in followed:
        fill("@sejour", ("sejour_id", "@defaut_sejour"), lambda key: _number(index, key, "sejour", "au séjour"))
        problems.append("@defaut_sejour")
    if "@provenance" in followed:
        fill("@provenance", ("finess_provenance", "@defaut_origine"), lambda key: _origin(index, key))
        problems.append("@defaut_origine")
    for name in ("accord_usager", "accord_structure"):
        if f"@{name}" in followed:
            fill(f"@{name}", (name, f"@defaut_{name}"), lambda keys: _agreed(index, keys))
            problems.append(f"@defaut_{name}")
    if "@professionnel" in followed:
        fill("@professionnel", ("rpps_intervenant",), lambda key: (index.professional(key),))
    if "@structure" in followed:
        fill("@structure", ("@finess_structure",), lambda key: (_structure(index, key),))
        frame = frame.with_columns(pl.coalesce("finess_et", "@finess_structure").alias("finess_et"))
    if _WHO in followed:
        fill(_WHO, ("usager_id", _WHOSE, _WHY), lambda key: _person(index, key))
        problems.append(_WHY)
        frame = frame.with_columns(pl.coalesce("finess_et", _WHOSE).alias("finess_et"))
    if problems:
        listed = pl.concat_list(problems).list.drop_nulls().list.unique(maintain_order=True)
        frame = frame.with_columns(pl.when(listed.list.len() > 0).then(listed.list.join(" ; ")).alias(DEFAUT))
    if entity == "evaluation_reponses":  # the person is that of the evaluation, where a wrong reference is reported
        frame = frame.drop("usager_id").with_columns(pl.lit(None, pl.String).alias(DEFAUT))
    return frame


def _looked_up(frame: pl.DataFrame, column: str, names: tuple[str, ...], look: Callable[[str], Texts]) -> pl.DataFrame:
    """The frame with what each distinct key of a column gives."""
    keys = frame[column].drop_nulls().unique()
    answers = [look(key) for key in keys]
    table = pl.DataFrame(
        {column: keys, **{name: [answer[i] for answer in answers] for i, name in enumerate(names)}},
        schema={column: pl.String, **dict.fromkeys(names, pl.String)},
    )
    return frame.join(table, on=column, how="left", maintain_order="left")


def _person(index: Index, key: str) -> Texts:
    target, problem = index.patient(key)
    if target is None:
        return None, None, problem and f"référence à l'usager : {problem}"
    return target.id, target.finess, None


def _number(index: Index, key: str, kind: str, to_what: str) -> Texts:
    target, problem = index.target(key, kind)
    return (target.id, None) if target else (None, f"référence {to_what} : {problem}")


def _origin(index: Index, key: str) -> Texts:
    target, problem = index.target(key, "structure")
    return (target.finess, None) if target else (None, f"référence à la structure de provenance : {problem}")


def _structure(index: Index, key: str) -> str | None:
    target, _ = index.target(key, "structure")
    return target.finess if target else None


def _agreed(index: Index, keys: str) -> Texts:
    """« true » when one of these consents is given, « false » when all are refused; unknown otherwise."""
    states = []
    for key in keys.split("\n"):
        if key.startswith("#"):  # a consent that stands in its plan
            states.append(key[1:])
            continue
        target, problem = index.target(key, "accord")
        if target is None:
            return None, f"référence à l'accord : {problem}"
        states.append(target.state)
    if "ACCORDE" in states:
        return "true", None
    return ("false" if set(states) == {"REFUSE"} else None), None


def _agreement_of_whom(frame: pl.DataFrame, index: Index) -> pl.DataFrame:
    """Whose agreement it is, and in which structure: as it says itself, else by its author, else by its plan."""
    persons, structures, subjects = [], [], []
    for who, authors, own, about in frame.select(_WHO, "@auteurs", "@soi", "objet_type").iter_rows():
        signed = authors.split("\n") if authors else []
        plan = next((p for key in own.split("\n") if (p := index.plan_of(key))), None)
        author = next((key for key in signed if index.target(key, "usager")[0]), None)
        persons.append(who or author or (plan[0] if plan else None))
        structures.append(next((f for key in signed if (f := _structure(index, key))), plan[1] if plan else None))
        subjects.append("PROJET" if plan else about)
    return frame.with_columns(
        pl.Series(_WHO, persons, dtype=pl.String),
        pl.Series("objet_type", subjects, dtype=pl.String),
        pl.coalesce("finess_et", pl.Series("@structures", structures, dtype=pl.String)).alias("finess_et"),
    )
