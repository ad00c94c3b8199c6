"""Which source, and which shape of it, a delivered file is: from its content, never from its name alone.

Belongs here: comparing what `ingest.read.sniff` saw with the layouts of the contracts; the year and the date a file
speaks from. Does not belong here: how two headers differ (`ingest.receive.headers`), what is said of a file that is
refused (`ingest.receive.refusals`), storing bytes (`ingest.receive.landing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from data_contracts.loading import Contract, Layout
from data_contracts.titles import title_key
from ingest.read import Document, crosstab, series, sniff, tables_of
from ingest.receive import refusals
from ingest.receive.headers import Difference, difference
from ingest.receive.refusals import DeliveryRefused

__all__ = ["DeliveryRefused", "Recognised", "recognise"]

# A file of the standard flow of FINESS is known by its blocks. cs1400105 repeats `structureet` as mere headers; so do
# the flows of the sanitary sector, whose other blocks no contract declares.
_FINESS_FLOWS = {
    frozenset({"structureej"}): "cs1400101",
    frozenset({"structureet"}): "cs1400102",
    frozenset({"structureet", "equipementsocial"}): "cs1400105",
    frozenset({"equipementsocial"}): "cs1400105",
}


@dataclass(frozen=True)
class Recognised:
    """A file with the contract and layout it follows, the year and the date it speaks from (None: not said).

    absent: titles of the layout that the file does not have, and that it can do without.
    """

    contract: Contract
    layout: Layout
    document: Document
    millesime: int | None
    collecte_le: date | None
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Match:
    """A layout that a file may follow, and how the header of the file differs from its own."""

    contract: Contract
    layout: Layout
    difference: Difference

    @property
    def reads_alike(self) -> object:
        """Equal for two layouts when the file is read in the same way under either, whatever columns it lacks."""
        carried = self.contract.fields_in(self.layout, self.contract.entity(self.layout.entities[0]))
        here = sorted((f, str(c)) for f, c in carried.items() if str(c) not in self.difference.missing)
        rules = (self.layout.millesime, self.layout.collected_on, self.layout.options)
        return (self.layout.reader, self.layout.entities, here, *map(repr, rules))


def recognise(
    path: Path,
    contracts: dict[str, Contract],
    *,
    source: str | None = None,
    millesime: int | None = None,
    today: date,
) -> Recognised:
    """The contract and layout of a file. today: gives the year of a file that says none, when its layout allows it.

    The layout is the one whose titles are exactly those of the file. Failing that, it is the layout of which the file
    lacks the fewest columns, because real extractions have fewer columns than the collection. The file must have the
    columns that its rows or their meaning cannot do without, and no other (but empty ones without title). When two
    sources are possible, none is chosen.

    Raises:
        DeliveryRefused: unknown source, unknown header (with a diff), several sources possible, or no year given.
        UnreadableFile: the file is not readable at all (empty, truncated, an HTML page, undecodable).
    """
    document = sniff(path)
    if source is not None and source not in contracts:
        raise DeliveryRefused(f"Source « {source} » inconnue. Sources déclarées : {', '.join(sorted(contracts))}.")
    considered = {source: contracts[source]} if source else contracts
    chosen = _chosen(path, list(_matches(document, considered)))
    if (
        chosen is None
        or not chosen.difference.is_bearable
        or (chosen.difference.untitled and not _are_empty(path, document, chosen))
    ):
        raise refusals.of_unknown(path, document, considered)
    contract, layout = chosen.contract, chosen.layout
    if {document.family, layout.reader} == {"csv", "xlsx"}:
        layout = replace(layout, reader=document.family)
    try:
        year = _millesime(path, layout, document, millesime, today)
        stated_on = _collecte_le(path, layout, document)
    except DeliveryRefused as refusal:
        refusal.nearest = contract
        raise
    return Recognised(contract, layout, document, year, stated_on, chosen.difference.missing)


def _matches(document: Document, contracts: dict[str, Contract]) -> Iterator[_Match]:
    """The layouts that a file may follow: it has no other titles than theirs, and it has those that are needed."""
    for contract in contracts.values():
        for layout in contract.layouts:
            if not refusals.is_readable_as(layout, document):
                continue
            if refusals.has_header(layout):
                compared = (difference(contract, layout, titles) for titles in document.headers if titles)
                covered = [diff for diff in compared if diff.is_covered]
                if covered:
                    yield _Match(contract, layout, min(covered, key=lambda diff: len(diff.missing)))
            elif _knows(contract, layout, document):
                yield _Match(contract, layout, Difference())


def _chosen(path: Path, matches: list[_Match]) -> _Match | None:
    """The layout that a file follows exactly, else the one of the same source of which it lacks the fewest columns.

    Where several fit equally well, the name of the file decides. The file may lack too much even of the layout that is
    returned: the caller asks `is_bearable`.

    Raises:
        DeliveryRefused: two sources, or two layouts that would read the file in two ways.
    """
    matches = [m for m in matches if not m.difference] or matches
    bearable = [m for m in matches if m.difference.is_bearable] or matches
    if len({m.contract.id for m in bearable}) > 1:
        bearable = [m for m in bearable if _named(path, m.layout)] or bearable
    if len({m.contract.id for m in bearable}) > 1:
        raise refusals.of_several_sources(path, [(m.contract, m.layout, m.difference) for m in bearable])
    if not bearable:
        return None
    matches = [m for m in matches if m.contract.id == bearable[0].contract.id]
    fewest = min(len(m.difference.missing) for m in matches)
    matches = [m for m in matches if len(m.difference.missing) == fewest]
    if len(matches) > 1:
        matches = [m for m in matches if _named(path, m.layout)] or matches
    if fewest and any(m.reads_alike != matches[0].reads_alike for m in matches):
        raise refusals.of_several_layouts(path, [(m.contract, m.layout, m.difference) for m in matches])
    return matches[0]


def _are_empty(path: Path, document: Document, match: _Match) -> bool:
    """Whether the columns without title, which no layout expects, hold nothing at all."""
    layout = replace(match.layout, reader=document.family)
    for table in tables_of(path, layout, [layout.entities[0]]):
        unnamed = [c for c in table.frame.columns if not title_key(c)]
        if any(table.frame[c].str.strip_chars().replace("", None).count() for c in unnamed):
            return False
    return True


def _knows(contract: Contract, layout: Layout, document: Document) -> bool:
    """Whether a file without a line of titles follows a layout, by what it says of itself."""
    facts = document.facts
    if layout.reader in ("fhir_bundle", "cda"):
        return facts.get("content") == ("cda" if layout.reader == "cda" else layout.options.get("content"))
    if layout.reader == "finess_json":
        return facts.get("content") == layout.options.get("content", layout.code.removeprefix("json_"))
    if layout.reader == "finess_xml":
        return _FINESS_FLOWS.get(frozenset(facts.get("blocks", "").split(","))) == layout.options.get("flow")
    if layout.reader == "crosstab":
        return crosstab.knows(document, layout.options)
    if layout.reader == "series":
        return series.knows(document, layout.options)
    if layout.reader in ("json_records", "geojson"):
        is_map = facts.get("content") == "geojson"
        return is_map == (layout.reader == "geojson") and _knows_records(contract, layout, document)
    return "etalab" in facts and facts.get("section") == layout.options.get("section")


def _knows_records(contract: Contract, layout: Layout, document: Document) -> bool:
    """JSON records leave out what is empty: every key is declared, every required field is there.

    What stands under the key of a list (option `each` of the layout) is known when that key is there.
    """
    entity = contract.entity(layout.entities[0])
    each = layout.options.get("each")
    fields = contract.fields_in(layout, entity).items()
    declared = {name: column for name, column in fields if not (each and str(column).startswith(f"{each}."))}
    keys = set(document.header or ())
    if each:
        if each not in keys:
            return False
        keys.remove(each)
    required = {str(declared[f.name]) for f in entity.fields if f.required and f.name in declared}
    distinctive = set(layout.options.get("distinctive") or ())
    return bool(keys) and keys <= {str(c) for c in declared.values()} and required <= keys and distinctive <= keys


def _named(path: Path, layout: Layout) -> re.Match[str] | None:
    """What the name of the file says, else its name with that of its folder (which may be named for a year)."""
    if not layout.filename:
        return None
    return re.search(layout.filename, path.name) or re.search(layout.filename, "/".join(path.parts[-2:]))


def _named_groups(path: Path, layout: Layout) -> dict[str, str]:
    match = _named(path, layout)
    return {k: v for k, v in match.groupdict().items() if v} if match else {}


def _millesime(path: Path, layout: Layout, document: Document, given: int | None, today: date) -> int | None:
    """The year of the whole file, or None when each row says it.

    A layout may say that a document of the first days of a year speaks of the year before (`closing`, « MM-DD »): a
    referential extracted on 6 January is the state at 31 December. Without any other rule (`none`), the year is that of
    the document, or with `closing` the last one that was closed on its date.
    """
    rule = layout.millesime
    if rule.get("field"):
        return None
    groups = _named_groups(path, layout)
    year: int | None = None
    if rule.get("document") and (match := re.search(r"(19|20)\d{2}", document.facts.get(rule["document"], ""))):
        year = int(match.group())
    elif given is not None:
        return given
    elif rule.get("filename") and (named := groups.get("millesime") or groups.get("annee")):
        year = int(named)
    if year is not None:
        stated_on = _collecte_le(path, layout, document) if rule.get("closing") else None
        closes = stated_on is not None and stated_on.year == year and f"{stated_on:%m-%d}" < rule["closing"]
        return year + int(rule.get("offset", 0)) - closes
    if rule.get("none"):
        stated_on = _collecte_le(path, layout, document) or today
        return stated_on.year - (f"{stated_on:%m-%d}" < rule.get("closing", ""))
    raise DeliveryRefused(
        f"Fichier « {path.name} » : rien n'y dit de quel millésime il parle. Le donner avec --millesime AAAA"
        + (", ou garder le nom d'origine du fichier." if rule.get("filename") else ".")
    )


def _collecte_le(path: Path, layout: Layout, document: Document) -> date | None:
    rule = layout.collected_on
    stated = document.facts.get(rule["document"], "") if rule.get("document") else ""
    if match := re.search(r"(\d{4})-(\d{2})-(\d{2})", stated):
        return date(*map(int, match.groups()))
    if rule.get("filename"):
        groups = _named_groups(path, layout)
        year = groups.get("annee") or groups.get("millesime")
        if year:
            try:
                first = date(int(year), int(groups.get("mois", 12)), 1)
                if "jour" in groups:
                    return first.replace(day=int(groups["jour"]))
                return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            except ValueError as error:
                raise DeliveryRefused(
                    f"Fichier « {path.name} » : la date de son nom n'existe pas ({groups}). Corriger le nom du fichier."
                ) from error
    return None
