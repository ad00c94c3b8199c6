"""No regression for readers: a publication is compared with the one that it would replace.

Belongs here: key figures, falls of volume and of completeness, as rules and the small frames they are evaluated on.
Does not belong here: rules of a single product (`rules`), evaluation (`acceptance`).

Source of the requirement: ANS, cadre d'urbanisation sectoriel, R8.1.5 (quality, completeness and integrity at least
equal to what consumers have today). The thresholds are the project's proposals.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.publication import french
from orchestration.publication.manifest import DataFile, Manifest
from orchestration.publication.rules import Rule
from orchestration.publication.samples import Frame

MAX_FALL = 0.30  # of a file's rows, from one publication to the next
MAX_COMPLETENESS_FALL = 20.0  # points of a column's share of known values; a larger fall is reported and does not block

VOLUMES, FIGURES, COMPLETENESS = "volumes", "chiffres_cles", "completude"


@dataclass(frozen=True)
class KeyFigure:
    """A figure that readers know by heart, and how far it may fall before somebody must say yes."""

    name: str
    label: str
    table: str
    columns: tuple[str, ...]
    sql: str
    max_fall: float  # share; 0: any fall


_FICHE, _VALEURS, _SAISIES = "mart_etablissements__fiche", "dlnuf_valeurs", "mart_dlnuf__saisies_evitees"
_PUBLICS, _FRANCE = "mart_publics__synthese", "FILTER (WHERE niveau = 'france')"
_AGREED = (
    "100.0 * count(*) FILTER (WHERE n_collectes > 1 AND statut <> 'divergent')"
    " / nullif(count(*) FILTER (WHERE n_collectes > 1), 0)"
)
KEY_FIGURES = tuple(
    KeyFigure(*row)
    for row in (
        ("etablissements", "Établissements et services", _FICHE, ("finess_et",), "count(*)", 0.10),
        ("etablissements_ouverts", "dont ouverts", _FICHE, ("est_ouvert",), "count(*) FILTER (WHERE est_ouvert)", 0.10),
        (
            "departements",
            "Départements couverts",
            _FICHE,
            ("departement_code",),
            "count(DISTINCT departement_code)",
            0.0,
        ),
        (
            "capacite_installee",
            "Places installées",
            _FICHE,
            ("cap_installee_totale",),
            "sum(cap_installee_totale)",
            0.1,
        ),
        ("elements", "Éléments servis", _VALEURS, ("element_id",), "count(DISTINCT element_id)", 0.0),
        ("collectes", "Collectes reprises", _VALEURS, ("collecte",), "count(DISTINCT collecte)", 0.0),
        ("millesimes", "Millésimes", _VALEURS, ("millesime",), "count(DISTINCT millesime)", 0.0),
        ("valeurs_retenues", "Valeurs retenues", _VALEURS, ("element_id",), "count(*)", MAX_FALL),
        ("part_en_accord", "Valeurs multiples en accord (%)", _VALEURS, ("statut", "n_collectes"), _AGREED, 0.10),
        # Persons, in all years: elimination, or a DUI that no longer comes, takes persons from years already published.
        (
            "file_active",
            "Personnes accompagnées",
            _PUBLICS,
            ("niveau", "n_file_active"),
            f"sum(n_file_active) {_FRANCE}",
            0.10,
        ),
        ("sorties", "Personnes sorties", _PUBLICS, ("niveau", "n_sorties"), f"sum(n_sorties) {_FRANCE}", 0.10),
        ("saisies_evitees", "Saisies évitées", _SAISIES, ("n_saisies_evitees",), "sum(n_saisies_evitees)", MAX_FALL),
    )
)


def key_figures(staging: Path, files: Iterable[DataFile]) -> dict[str, float | None]:
    """The key figures whose table and columns are published; None for one that the data do not give."""
    marts = {f.table: f for f in files if f.path.startswith("marts/")}
    figures: dict[str, float | None] = {}
    with duckdb.connect() as connection:
        for figure in KEY_FIGURES:
            file = marts.get(figure.table)
            if file is None or any(file.column(c) is None for c in figure.columns):
                continue
            row = connection.execute(f"SELECT {figure.sql} FROM read_parquet(?)", [str(staging / file.path)]).fetchone()
            value = row[0] if row else None
            figures[figure.name] = None if value is None else float(value)
    return figures


@dataclass(frozen=True)
class Line:
    """A file, a figure or a column now and in the previous publication."""

    name: str
    label: str
    now: float
    before: float
    minimum: float

    @property
    def change(self) -> float | None:
        return None if not self.before else (self.now - self.before) / self.before


@dataclass(frozen=True)
class Comparison:
    """All lines of a kind, and the rule that they must keep."""

    lines: tuple[Line, ...]
    rule: Rule

    @property
    def frame(self) -> Frame:
        columns = ("nom", "actuel", "precedent", "minimum")
        rows = [(x.name, x.now, x.before, x.minimum) for x in self.lines]
        types = (pa.string(), pa.float64(), pa.float64(), pa.float64())
        arrays = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(types)]
        return Frame(self.rule.scope, columns, ("nom", "precedent"), pa.table(arrays, names=list(columns)))


def compare(
    files: Sequence[DataFile], figures: dict[str, float | None], previous: Manifest | None, *, allow_shrink: bool
) -> list[Comparison]:
    """Volumes, key figures and completeness compared with the previous publication; nothing when there is none."""
    if previous is None:
        return []
    now = {f.path: f for f in files}
    volumes = tuple(
        Line(f.path, f.path, now[f.path].rows if f.path in now else 0, f.rows, math.ceil(f.rows * (1 - MAX_FALL)))
        for f in previous.files
    )
    by_name = {k.name: k for k in KEY_FIGURES}
    known = tuple(
        Line(
            name if figures.get(name) is not None else f"{name} (inconnu aujourd'hui)",
            by_name[name].label,
            figures.get(name) or 0.0,  # what is no longer known has fallen below any floor
            value,
            value * (1 - by_name[name].max_fall),
        )
        for name, value in previous.key_figures.items()
        if value is not None and name in by_name
    )
    filled = tuple(line for old in previous.files for line in _filled(old, now.get(old.path)))
    remedy = "Cherchez la livraison manquante ou refusée ; si la baisse est voulue, autorisez-la (allow_shrink)."
    allowed = " (baisse autorisée pour cette publication)" if allow_shrink else ""
    fell = french.percent(MAX_FALL)
    points = french.number(MAX_COMPLETENESS_FALL)
    less_known = f"Aucune colonne ne perd plus de {points} points de valeurs connues"
    why = "Cherchez la source ou la jointure qui ne renseigne plus cette colonne."
    return [
        _comparison(
            VOLUMES, volumes, f"Aucun fichier ne perd plus de {fell} de ses lignes{allowed}", remedy, not allow_shrink
        ),
        _comparison(FIGURES, known, f"Aucun chiffre clé ne passe sous son plancher{allowed}", remedy, not allow_shrink),
        _comparison(COMPLETENESS, filled, less_known, why, False),
    ]


def _filled(old: DataFile, new: DataFile | None) -> list[Line]:
    """The share of known values of each column, in points, before and now."""
    if new is None or not old.path.startswith("marts/") or not (old.rows and new.rows):
        return []
    listed: list[Line] = []
    for column in old.columns:
        column_now = new.column(column.name)
        before = 100 * (1 - column.nulls / old.rows)
        if column_now is not None:
            name = f"{old.table}.{column.name}"
            now = 100 * (1 - column_now.nulls / new.rows)
            listed.append(Line(name, name, now, before, before - MAX_COMPLETENESS_FALL))
    return listed


def _comparison(scope: str, lines: tuple[Line, ...], text: str, remedy: str, blocking: bool) -> Comparison:
    kwargs = {"column_A": "actuel", "column_B": "minimum", "or_equal": True}
    expectation = "expect_column_pair_values_a_to_be_greater_than_b"
    return Comparison(lines, Rule(scope, None, expectation, kwargs, text, remedy, blocking))
