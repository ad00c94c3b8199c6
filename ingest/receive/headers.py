"""The header of a file against the one that a layout declares: how they differ, and what a file can do without.

Belongs here: comparing titles, and finding the column that holds a field. Does not belong here: choosing a source
(`ingest.receive.recognise`), what is said of a header that no layout takes (`ingest.receive.refusals`).
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from data_contracts.loading import Contract, Entity, Layout
from data_contracts.titles import rank_off, title_key
from ingest.read import csv_produit

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"})  # Unicode does not decompose them
IDENTIFIES = "validite"  # time basis of what says who a structure is: a name, a category, an address


@dataclass(frozen=True)
class Difference:
    """How a header differs from that of a layout. An empty difference: they are the same.

    missing: titles that the layout expects and the header lacks. needed: those of them that a delivery cannot do
    without. unknown: titles that the layout does not know. repeated: titles that come twice. doubtful: titles that the
    layout has several times and the header less often, so that nothing says which of them are missing. untitled: ranks
    of columns without title, which are only allowed when they are empty.
    """

    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    untitled: tuple[int, ...] = ()
    tells: bool = True  # the header has more than the columns that say whom the rows are about

    def __bool__(self) -> bool:
        return bool(self.missing or self.unknown or self.repeated or self.doubtful or self.untitled)

    @property
    def is_covered(self) -> bool:
        """Whether the layout has a place for every title of the file, and the file every column that is needed."""
        return not (self.unknown or self.repeated or self.needed or self.doubtful)

    @property
    def is_bearable(self) -> bool:
        """Whether the file can be read in spite of the difference: it only lacks columns that it can do without."""
        return self.tells and self.is_covered


def expected(contract: Contract, layout: Layout) -> dict[str | int, tuple[str, ...]]:
    """Each column of a layout, by title or by position, with all the ways its title may be written."""
    if layout.reader == "csv_produit":
        return {title: (title,) for title in csv_produit.columns(layout.options)}
    entity = contract.entity(layout.entities[0])
    carried = contract.fields_in(layout, entity)
    return {
        column: (f.title if isinstance(column, int) else column, *f.aliases)
        for f in entity.fields
        if (column := carried.get(f.name)) is not None
    }


def difference(contract: Contract, layout: Layout, header: Sequence[str]) -> Difference:
    """How a header differs from the one of a layout: by title in any order, or by position when the layout says so.

    header: the titles as delivered, repetitions included.
    """
    titles = expected(contract, layout)
    if any(isinstance(column, int) for column in titles):
        positions = sorted(column for column in titles if isinstance(column, int))
        diff = _by_position([titles[p] for p in positions], positions, header)
    else:
        ignored = layout.options.get("ignored_titles") or () if layout.reader == "csv_produit" else ()
        diff = _by_title({str(c): written for c, written in titles.items()}, header, tuple(map(str, ignored)))
    return judged(contract, layout, diff)


def known(contract: Contract, layout: Layout, header: Sequence[str]) -> bool:
    """Whether a table with these titles follows a layout; it may lack columns that it can do without."""
    return difference(contract, layout, header).is_bearable


def _by_title(titles: Mapping[str, tuple[str, ...]], header: Sequence[str], ignored: tuple[str, ...]) -> Difference:
    accepted = {title_key(t): title for title, written in titles.items() for t in written}
    keys = [title_key(t) for t in header]
    named = [accepted.get(k) for k in keys]
    seen = set(named)
    known = accepted.keys() | {title_key(t) for t in ignored}
    return Difference(
        missing=tuple(title for title in titles if title not in seen),
        unknown=tuple(t for t, k in zip(header, keys, strict=True) if k and k not in known),
        repeated=tuple(sorted({t for t, title in zip(header, named, strict=True) if title and named.count(title) > 1})),
        untitled=tuple(rank for rank, k in enumerate(keys, start=1) if not k and k not in known),
    )


def _by_position(titles: list[tuple[str, ...]], positions: list[int], header: Sequence[str]) -> Difference:
    """Compares by position, after aligning the titles: one missing column does not shift all those that follow."""
    accepted = [{title_key(rank_off(t)) for t in written} for written in titles]
    keys = [title_key(rank_off(t)) for t in header]
    untitled: tuple[int, ...] = ()
    places = _aligned(accepted, keys)
    if places is None and "" in keys:  # a column of no title that stands between those of the layout
        ranks = [rank for rank, key in enumerate(keys) if not key]
        places = _aligned(accepted, [key for key in keys if key])
        untitled = tuple(rank + 1 for rank in ranks)
    named = [f"{written[0]} (colonne {p})" for p, written in zip(positions, titles, strict=True)]
    if places is not None:
        first, last = places
        doubtful = dict.fromkeys(titles[a][0] for a, b in zip(first, last, strict=True) if a != b)
        missing = tuple(name for i, name in enumerate(named) if i not in set(first))
        return Difference(missing=missing, doubtful=tuple(doubtful), untitled=untitled)
    likely = [next((k for k in a if k in keys), min(a)) for a in accepted]
    missing_names: list[str] = []
    unknown: list[str] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(a=likely, b=keys, autojunk=False).get_opcodes():
        if tag != "equal":
            missing_names += named[a:b]
            unknown += [f"{header[j]} (colonne {j + 1})" for j in range(c, d)]
    return Difference(tuple(missing_names), tuple(unknown))


def _aligned(accepted: Sequence[set[str]], keys: Sequence[str]) -> tuple[list[int], list[int]] | None:
    """The places that delivered titles may have among the expected ones, in order; None when they cannot be aligned.

    Returns: the first possible place of each title, and the last. They differ when several expected titles are alike:
    the delivered one may be any of them.
    """
    first: list[int] = []
    place = 0
    for key in keys:
        place = next((i for i in range(place, len(accepted)) if key in accepted[i]), -1) + 1
        if not place:
            return None
        first.append(place - 1)
    last: list[int] = []
    place = len(accepted)
    for key in reversed(keys):
        place = next(i for i in range(place - 1, -1, -1) if key in accepted[i])
        last.append(place)
    return first, last[::-1]


def judged(contract: Contract, layout: Layout, diff: Difference) -> Difference:
    """The same difference, completed: which missing titles are needed, and whether the others tell anything."""
    if not diff.missing:
        return diff
    absent = set(diff.missing)
    needed: list[str] = []
    answered = possible = 0
    for name in layout.entities:
        entity = contract.entity(name)
        fed = _titles_of(contract, layout, entity)
        present = {field for field, titles in fed.items() if not absent & titles}
        keys = contract.needed_in(layout, entity, present)
        needed += [title for field in keys & fed.keys() for title in fed[field] & absent]
        answers = {
            f.name for f in entity.fields if f.element and (f.time_basis or entity.time_basis) != IDENTIFIES
        } & fed.keys() - keys
        possible += len(answers)
        answered += len(answers & present)
    if layout.reader == "csv_produit":
        needed += csv_produit.leaned_upon(layout.options) & absent
    titles = expected(contract, layout)
    tells = bool(answered) if possible else 2 * len(diff.missing) <= len(titles)
    in_order = tuple(title for title in diff.missing if title in set(needed))
    return Difference(diff.missing, diff.unknown, diff.repeated, in_order, diff.doubtful, diff.untitled, tells)


def _titles_of(contract: Contract, layout: Layout, entity: Entity) -> dict[str, frozenset[str]]:
    """Field of the layout -> the titles that its value is made of, as `Difference` names them."""
    if layout.reader == "csv_produit":
        sources = layout.options["tables"].get(entity.name, {}).get("fields", {})
        made = ((f.name, sources.get(f.name)) for f in entity.fields)
        return {name: frozenset(csv_produit.titles_of(source)) for name, source in made if source is not None}
    carried = contract.fields_in(layout, entity)
    return {
        f.name: frozenset([f"{f.title} (colonne {column})" if isinstance(column, int) else column])
        for f in entity.fields
        if (column := carried.get(f.name)) is not None
    }


def located(entity: Entity, carried: Mapping[str, str | int], columns: Sequence[str]) -> dict[str, str | None]:
    """Field -> the column of a frame that holds it; None when the file does not have it.

    columns: names that a reader gave, in the order of the file. A layout may declare its fields by position. When the
    file lacks some columns, each field is then found by its title among its neighbours, so that no column is taken for
    the next one.
    """
    fields = [f for f in entity.fields if f.name in carried]
    by_title = {title_key(c): c for c in columns}
    places = {f.name: column for f in fields if isinstance(column := carried[f.name], int)}
    ranked = _ranked(entity, places, columns) if places else {}
    held: dict[str, str | None] = {}
    for field in fields:
        column = carried[field.name]
        if isinstance(column, int):
            held[field.name] = ranked.get(field.name)
        else:
            keys = (title_key(t) for t in (column, *field.aliases))
            held[field.name] = next((by_title[k] for k in keys if k in by_title), None)
    return held


def _ranked(entity: Entity, places: Mapping[str, int], columns: Sequence[str]) -> dict[str, str]:
    """Field -> column, for a layout by position: by the name when it is the position, else by title, else by rank."""
    if {str(place) for place in places.values()} & set(columns):
        return {name: str(place) for name, place in places.items() if str(place) in columns}
    names = sorted(places, key=places.__getitem__)
    written = [(entity.field(n).title, *entity.field(n).aliases) for n in names]
    accepted = [{title_key(rank_off(t)) for t in titles} for titles in written]
    for kept in (list(columns), [c for c in columns if title_key(c)]):
        aligned = _aligned(accepted, [title_key(rank_off(c)) for c in kept])
        if aligned is not None:
            return {names[i]: column for i, column in zip(aligned[0], kept, strict=True)}
    return {name: columns[place - 1] for name, place in places.items() if place <= len(columns)}


def nearness(contract: Contract, layout: Layout, header: Sequence[str]) -> float:
    """The share of titles that a header and a layout have in common, whatever capitals and accents: 1 for the same."""
    declared = {folded(written[0]) for written in expected(contract, layout).values()}
    titles = {folded(t) for t in header}
    return len(titles & declared) / max(1, len(titles | declared))


def written_otherwise(expected_title: str, delivered: str) -> str | None:
    """How a delivered title differs from the expected one when a person would read the same; None otherwise."""
    if folded(expected_title) != folded(delivered):
        return None
    ways = (
        ("accents décomposés", lambda t: unicodedata.normalize("NFC", t)),
        ("espaces ou apostrophes d'une autre sorte", lambda t: title_key(unicodedata.normalize("NFKC", t))),
        ("majuscules et minuscules", lambda t: title_key(unicodedata.normalize("NFKC", t)).casefold()),
    )
    steps = [("", expected_title, delivered), *((name, way(expected_title), way(delivered)) for name, way in ways)]
    for (_, *before), (name, *after) in pairwise(steps):
        if before[0] != before[1] and after[0] == after[1]:
            return name
    return "accents"


def folded(title: str) -> str:
    """A title without capitals, accents, or what exports add to it."""
    told = title_key(title).translate(_LIGATURES)
    return unicodedata.normalize("NFKD", told).encode("ascii", "ignore").decode().casefold()
