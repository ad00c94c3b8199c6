"""What a collection may lose, at most, when the layer gives it back: thresholds as data, and the verdict.

Belongs here: `dictionary/non_regression.csv`, and the judgement of what was measured. Does not belong here: the
measures (`mart_qualite__non_regression`, dbt), what is given (`orchestration.supply`), how a report looks.

Source of the requirement: ANS, cadre d'urbanisation sectoriel, R8.1.5 (quality, completeness and integrity at least
equal to what consumers have today). The thresholds are proposals, which the owners of the collections will change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field as Key
from pydantic import ValidationError

from data_contracts import dictionary
from data_contracts.dictionary import DictionaryError
from data_contracts.strict_yaml import Strict, problems_of, wrong_word

TABLE = "non_regression.csv"
MART = "mart_qualite__non_regression"
ANY = "*"
COMPLETENESS, AGREEMENT, VOLUME = "completude", "accord", "volume"
SOURCES = Path(__file__).resolve().parent / "sources"
_Share = Annotated[str, Key(pattern=r"^(?:100|\d{1,2})(?:\.\d+)?$")]


class ThresholdLine(Strict):
    """One line of the table; `*` stands for every source, or every element. The most precise line decides."""

    source: str
    element_id: str
    # How many points the share of known answers may lose, among the ESMS that answered the collection.
    completude_baisse_points: _Share
    # The share of the answers received, in per cent, that what is given must not contradict beyond the tolerance.
    accord_min_pct: _Share
    # The share of the rows received, in per cent, that may not be given back. Read on the line of all elements.
    volume_baisse_pct: _Share
    # Under this number of answers to compare, an agreement is a chance: it is shown, and not judged.
    comparables_min: Annotated[str, Key(pattern=r"^\d{1,6}$")]
    motif: Annotated[str, Key(min_length=1)]


@dataclass(frozen=True)
class Threshold:
    """What one field of one collection may lose."""

    completeness_points: float
    agreement_pct: float
    volume_pct: float
    comparable: int


@dataclass(frozen=True)
class Finding:
    """Why a delivery would be worse than what its collection holds. field: '' for the whole of it."""

    kind: str
    field: str
    element: str
    received: float
    given: float
    limit: float
    text: str


@dataclass(frozen=True)
class Verdict:
    """Of one collection: what was measured on each of its fields (rows of the mart), and what blocks it."""

    source: str
    label: str
    millesime: int
    fields: tuple[Mapping[str, Any], ...]
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        return bool(self.findings)

    def of(self, field: str) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.field == field)


@lru_cache(maxsize=4)
def thresholds(folder: Path = dictionary.FOLDER) -> dict[tuple[str, str], Threshold]:
    """(source, element) -> what it may lose. What the table names must be in the dictionary, or a source.

    Raises:
        DictionaryError: with every problem of every line; the line of everything is absent.
    """
    problems: list[str] = []
    known: dict[tuple[str, str], Threshold] = {}
    sources = {path.name.removesuffix(".odcs.yaml") for path in SOURCES.glob("*.odcs.yaml")}
    for line, row in dictionary.read_lines(TABLE, folder):
        where = f"{TABLE}:{line} · {row['source']}, {row['element_id']}"
        try:
            declared = ThresholdLine.model_validate(row)
        except ValidationError as error:
            problems += [f"{where} · {problem}" for problem in problems_of(error, ThresholdLine)]
            continue
        key = (declared.source, declared.element_id)
        if problem := wrong_word(declared.source, {ANY, *sources}, "n'est pas une source"):
            problems.append(f"{where} · source : {problem}")
        if declared.element_id not in (ANY, *dictionary.elements()):
            problems.append(f"{where} · element_id : n'est pas un élément du dictionnaire (elements.csv)")
        if key in known:
            problems.append(f"{where} · déclaré deux fois")
        known[key] = Threshold(
            float(declared.completude_baisse_points),
            float(declared.accord_min_pct),
            float(declared.volume_baisse_pct),
            int(declared.comparables_min),
        )
    if not problems and (ANY, ANY) not in known:
        problems.append(f"{TABLE} · la ligne « {ANY},{ANY} », qui vaut pour ce qu'aucune autre ne nomme, est absente")
    if problems:
        raise DictionaryError(problems)
    return known


def threshold(source: str, element: str, folder: Path = dictionary.FOLDER) -> Threshold:
    """The one that decides: of the source and the element, of the source, of the element, of everything."""
    known = thresholds(folder)
    keys = ((source, element), (source, ANY), (ANY, element), (ANY, ANY))
    return next(known[key] for key in keys if key in known)


def verdicts(rows: Iterable[Mapping[str, Any]], folder: Path = dictionary.FOLDER) -> list[Verdict]:
    """One verdict a collection, of the rows of the mart, in the order of sources; each on its own fields alone."""
    by_source: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_source.setdefault(row["formulaire"], []).append(row)
    return [_verdict(source, fields, folder) for source, fields in sorted(by_source.items())]


def _verdict(source: str, rows: list[Mapping[str, Any]], folder: Path) -> Verdict:
    fields = tuple(sorted(rows, key=lambda row: row["rang"]))
    first = fields[0]
    findings = [
        *_volume(first, threshold(source, ANY, folder)),
        *(found for row in fields for found in _findings(row, threshold(source, row["element_id"], folder))),
    ]
    label = first["formulaire_libelle"] or source
    return Verdict(source, label, first["millesime"], fields, tuple(findings))


def completeness(row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """The share of known answers to a field, in per cent, among the ESMS that answered: received, given."""
    asked = row["n_repondants"]
    return (100 * row["n_recues"] / asked, 100 * row["n_fournies_repondants"] / asked) if asked else (None, None)


def agreement(row: Mapping[str, Any]) -> float | None:
    """The share of comparable answers with which what is given agrees, in per cent."""
    return 100 * row["n_en_accord"] / row["n_comparables"] if row["n_comparables"] else None


def _volume(row: Mapping[str, Any], may: Threshold) -> Iterator[Finding]:
    received = row["n_repondants"] + row["n_lignes_rejetees"]
    given = row["n_repondants_fournis"]
    least = received * (1 - may.volume_pct / 100)
    if given < least:
        lost = _pct(100 * (received - given) / received)
        text = (
            f"volume : {given} lignes rendues sur {received} reçues, dont {row['n_lignes_rejetees']} rejetées à "
            f"l'entrée ({lost} perdues, {_pct(may.volume_pct)} admis)"
        )
        yield Finding(VOLUME, "", "", received, given, least, text)


def _findings(row: Mapping[str, Any], may: Threshold) -> Iterator[Finding]:
    name, element = row["champ"], row["element_id"]
    said = f"{row['element_libelle'] or element} ({name})"
    received, given = completeness(row)
    if received is not None and given is not None and received - given > may.completeness_points:
        aside = f", {row['n_mises_de_cote']} mises de côté à l'entrée" if row["n_mises_de_cote"] else ""
        text = (
            f"{said} : complétude de {_pct(given)} rendue contre {_pct(received)} reçue{aside} (baisse admise : "
            f"{_number(may.completeness_points)} points)"
        )
        yield Finding(COMPLETENESS, name, element, received, given, received - may.completeness_points, text)
    agreed = agreement(row)
    if agreed is not None and row["n_comparables"] >= may.comparable and agreed < may.agreement_pct:
        text = (
            f"{said} : {_pct(agreed)} des {row['n_comparables']} réponses reçues sont rendues dans la tolérance "
            f"(minimum : {_pct(may.agreement_pct)})"
        )
        yield Finding(AGREEMENT, name, element, 100.0, agreed, may.agreement_pct, text)


def _pct(value: float) -> str:
    return f"{_number(value)}\u202f%"


def _number(value: float) -> str:
    """Two decimals, cut: what fails to reach a limit does not read as if it did (« 80 % (minimum : 80 %) »)."""
    return f"{int(value * 100) / 100:.2f}".rstrip("0").rstrip(".").replace(".", ",")
