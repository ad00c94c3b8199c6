"""The header of a file against the header that a layout declares: the same or not, and how it differs, in words.

Belongs here: comparing titles. Does not belong here: choosing a source (`ingest.recognise`).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data_contracts.model import Contract, Layout
from ingest.readers import csv_produit
from ingest.titles import title_key

_SHOWN = 15  # differences said in full; beyond, their number


@dataclass(frozen=True)
class Difference:
    """Titles expected and absent, found and unknown, found twice. No difference: the layout knows the header."""

    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.unknown or self.repeated)


def difference(contract: Contract, layout: Layout, header: tuple[str, ...]) -> Difference:
    """How a header differs from the one of a layout: by title in any order, or by position when the layout says so.

    header: the titles as delivered, repetitions included.
    """
    if layout.reader == "csv_produit":
        ignored = tuple(str(title) for title in layout.options.get("ignorees") or ())
        return _by_title({title: (title,) for title in csv_produit.columns(layout.options)}, header, ignored)
    entity = contract.entity(layout.entities[0])
    carried = contract.fields_in(layout, entity)
    fields = [f for f in entity.fields if f.name in carried]
    if any(isinstance(column, int) for column in carried.values()):
        expected = {int(carried[f.name]): (f.title, *f.aliases) for f in fields}
        return _by_position(expected, header)
    return _by_title({str(carried[f.name]): (str(carried[f.name]), *f.aliases) for f in fields}, header)


def known(contract: Contract, layout: Layout, header: tuple[str, ...]) -> bool:
    """Whether a layout knows a header."""
    return not difference(contract, layout, header)


def _by_title(
    expected: dict[str, tuple[str, ...]], header: tuple[str, ...], ignored: tuple[str, ...] = ()
) -> Difference:
    """expected: each title with all the ways it may be written. ignored: titles that may be there."""
    accepted = {title_key(t): title for title, titles in expected.items() for t in titles}
    keys = [title_key(t) for t in header]
    seen = {accepted[k] for k in keys if k in accepted}
    known = accepted.keys() | {title_key(t) for t in ignored}
    return Difference(
        missing=tuple(title for title in expected if title not in seen),
        unknown=tuple(t for t, k in zip(header, keys, strict=True) if k not in known),
        repeated=tuple(sorted({t for t, k in zip(header, keys, strict=True) if k in accepted and keys.count(k) > 1})),
    )


def _by_position(expected: dict[int, tuple[str, ...]], header: tuple[str, ...]) -> Difference:
    """By position, aligned: one column more or less is one difference, not one for each column that follows."""
    accepted = [{title_key(_rank_off(t)) for t in titles} for _, titles in sorted(expected.items())]
    found = [title_key(t) for t in header]
    if len(found) == len(accepted) and all(f in a for f, a in zip(found, accepted, strict=True)):
        return Difference()
    positions = sorted(expected)
    names = [next((k for k in a if k in found), min(a)) for a in accepted]
    missing: list[str] = []
    unknown: list[str] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(a=names, b=found, autojunk=False).get_opcodes():
        if tag != "equal":
            missing += [f"{expected[positions[i]][0]} (colonne {positions[i]})" for i in range(a, b)]
            unknown += [f"{header[j]} (colonne {j + 1})" for j in range(c, d)]
    return Difference(tuple(missing), tuple(unknown))


def nearness(contract: Contract, layout: Layout, header: tuple[str, ...]) -> float:
    """Share of common titles, capitals and accents put aside: 1 for the same header."""
    declared = {_folded(title) for title in _declared(contract, layout)}
    titles = {_folded(t) for t in header}
    return len(titles & declared) / max(1, len(titles | declared))


def _declared(contract: Contract, layout: Layout) -> list[str]:
    if layout.reader == "csv_produit":
        return list(csv_produit.columns(layout.options))
    entity = contract.entity(layout.entities[0])
    carried = contract.fields_in(layout, entity)
    fields = [f for f in entity.fields if f.name in carried]
    return [str(f.title if isinstance(carried[f.name], int) else carried[f.name]) for f in fields]


def explained(
    path: Path, contract: Contract, layout: Layout, header: tuple[str, ...], shown: Callable[[str], str] = str
) -> str:
    """The refusal of a header that is nearly that of a layout: a diff that its sender can act upon.

    shown: how a delivered title is quoted.
    """
    found = difference(contract, layout, header)
    by_fold = {_folded(re.sub(r" \(colonne \d+\)$", "", t)): t for t in found.unknown}
    lines = []
    for title in found.missing:
        folded = _folded(re.sub(r" \(colonne \d+\)$", "", title))
        near = difflib.get_close_matches(folded, list(by_fold), n=1, cutoff=0.75)
        renamed = f" (renommée « {shown(by_fold[near[0]])} » ?)" if near else ""
        lines.append(f"  − colonne attendue absente : {title}{renamed}")
    lines += [f"  + colonne inconnue : {_placed(title, shown) or '(sans titre)'}" for title in found.unknown]
    lines += [f"  × colonne en double : {shown(title)}" for title in found.repeated]
    if len(lines) > _SHOWN:
        lines = [*lines[:_SHOWN], f"  … et {len(lines) - _SHOWN} autres différences"]
    return "\n".join(
        [
            f"Fichier « {path.name} » : l'en-tête n'est celui d'aucune version connue de « {contract.name} » "
            f"(la plus proche : {layout.code}, version {layout.version}).",
            *lines,
            "  Remède : rétablir l'en-tête, ou déclarer cette version dans le contrat (forme ou alias).",
        ]
    )


def _placed(title: str, shown: Callable[[str], str]) -> str:
    """A delivered title as it is quoted, with its place when positions were compared."""
    place = re.search(r" \(colonne \d+\)$", title)
    return shown(title[: place.start()]) + place[0] if place else shown(title)


def _rank_off(title: str) -> str:
    """A declared title without the rank that tells its second occurrence from the first."""
    return re.sub(r" \([2-9]\d*\)$", "", title)


def _folded(title: str) -> str:
    bare = unicodedata.normalize("NFKD", title_key(title)).encode("ascii", "ignore").decode()
    return bare.casefold()
