"""Which source, and which shape of it, a delivered file is: from its content, never from its name alone.

Belongs here: comparing what `readers.sniff` saw with the layouts of the contracts; the year and the date a file speaks
from. Does not belong here: how two headers differ (`ingest.headers`), reading rows, storing bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from data_contracts.model import Contract, Layout
from ingest.headers import explained, known, nearness
from ingest.protection.masques import without_digits
from ingest.readers import FAMILIES, Document, crosstab, sniff

_NEAR = 0.5  # share of common titles from which a file is said to be « that source, with another header »

# The flux standard of FINESS is told by its blocks: cs1400105 repeats `structureet` as mere headers, and so do the
# sanitary flows, whose other blocks no contract declares.
_FINESS_FLOWS = {
    frozenset({"structureej"}): "cs1400101",
    frozenset({"structureet"}): "cs1400102",
    frozenset({"structureet", "equipementsocial"}): "cs1400105",
    frozenset({"equipementsocial"}): "cs1400105",
}


class Refused(Exception):
    """A delivery that cannot be taken. The message is for the sender: what, where, remedy; in French, in one piece.

    nearest: the contract that the header is of, or of which it has at least half of the titles.
    """

    def __init__(self, message: str, nearest: Contract | None = None) -> None:
        super().__init__(message)
        self.nearest = nearest


@dataclass(frozen=True)
class Recognised:
    """A file with the contract and layout it follows, the year and the date it speaks from (None: not said)."""

    contract: Contract
    layout: Layout
    document: Document
    millesime: int | None
    collecte_le: date | None


def recognise(
    path: Path,
    contracts: dict[str, Contract],
    *,
    source: str | None = None,
    millesime: int | None = None,
    today: date,
) -> Recognised:
    """The contract and layout of a file. today: the year of a file that says none, when its layout allows it.

    Raises:
        Refused: unknown source, unknown header (with a diff), several sources possible, or a year that nobody gives.
        UnreadableFile: the file is not readable at all (empty, truncated, an HTML page, undecodable).
    """
    document = sniff(path)
    if source is not None and source not in contracts:
        raise Refused(f"Source « {source} » inconnue. Sources déclarées : {', '.join(sorted(contracts))}.")
    considered = {source: contracts[source]} if source else contracts
    matches = [
        (contract, layout)
        for contract in considered.values()
        for layout in contract.layouts
        if _knows(contract, layout, document)
    ]
    if len(matches) > 1:
        hinted = [(c, x) for c, x in matches if _named(path, x)]
        matches = hinted or matches
    if len({contract.id for contract, _ in matches}) > 1:
        found = ", ".join(sorted({contract.id for contract, _ in matches}))
        first = max((c for c, _ in matches), key=lambda c: c.personal)
        raise Refused(f"Plusieurs sources ont cet en-tête : {found}. Préciser la source avec --source.", first)
    if not matches:
        raise _unknown(path, document, considered)
    contract, layout = matches[0]
    if {document.family, layout.reader} == {"csv", "xlsx"}:
        layout = replace(layout, reader=document.family)
    try:
        year = _millesime(path, layout, document, millesime, today)
        return Recognised(contract, layout, document, year, _collecte_le(path, layout, document))
    except Refused as refusal:
        refusal.nearest = contract
        raise


def _readable_as(layout: Layout, document: Document) -> bool:
    """Whether the family of the file is that of the layout; a table is the same in a text file and in a workbook."""
    return document.family in FAMILIES[layout.reader] or {document.family, layout.reader} == {"csv", "xlsx"}


def _knows(contract: Contract, layout: Layout, document: Document) -> bool:
    if not _readable_as(layout, document):
        return False
    facts = document.facts
    if layout.reader in ("fhir_bundle", "cda"):
        return facts.get("contenu") == ("cda" if layout.reader == "cda" else layout.options.get("contenu"))
    if layout.reader == "finess_json":
        return facts.get("contenu") == layout.options.get("contenu", layout.code.removeprefix("json_"))
    if layout.reader == "finess_xml":
        return _FINESS_FLOWS.get(frozenset(facts.get("blocs", "").split(","))) == layout.options.get("flux")
    if layout.reader == "crosstab":
        return crosstab.knows(document, layout.options)
    if layout.reader == "json_records":
        return _knows_records(contract, layout, document)
    if layout.options.get("header") is False:
        return "etalab" in facts and facts.get("section") == layout.options.get("section")
    return document.header is not None and any(known(contract, layout, titles) for titles in document.headers)


def _knows_records(contract: Contract, layout: Layout, document: Document) -> bool:
    """JSON records leave out what is empty: every key is declared, every required field is there."""
    entity = contract.entity(layout.entities[0])
    declared = contract.fields_in(layout, entity)
    keys = set(document.header or ())
    required = {str(declared[f.name]) for f in entity.fields if f.required and f.name in declared}
    distinctive = set(layout.options.get("distinctive") or ())
    return bool(keys) and keys <= {str(c) for c in declared.values()} and required <= keys and distinctive <= keys


def _unknown(path: Path, document: Document, contracts: dict[str, Contract]) -> Refused:
    """The refusal of a file that no layout knows: a diff against the nearest one, or what the sources are."""
    for contract in contracts.values():
        for layout in contract.layouts:
            if layout.reader == "crosstab" and (said := crosstab.refusal(document, layout.options)):
                return Refused(f"Fichier « {path.name} » : {said}", contract)
    header = document.headers[0]
    candidates = [
        (nearness(contract, layout, titles), contract, layout, titles)
        for contract in contracts.values()
        for layout in contract.layouts
        if _readable_as(layout, document) and _has_header(layout)
        for titles in document.headers
    ]
    nearest = max(candidates, key=lambda c: c[0], default=None)
    if nearest is not None and (nearest[0] >= _NEAR or len(contracts) == 1):
        near, contract, layout, header = nearest
        if near >= _NEAR and not contract.personal:
            return Refused(explained(path, contract, layout, header), contract)
        told = explained(path, contract, layout, header, shown=without_digits)
        return Refused(told, contract if near >= _NEAR else None)
    titles = ", ".join(map(without_digits, header[:6]))
    seen = f" ({titles}{'…' if len(header) > 6 else ''})" if header else f" (famille {document.family})"
    return Refused(
        f"Fichier « {path.name} » : aucune source déclarée n'a cet en-tête{seen}. "
        "Vérifier le fichier (une ligne de titre au-dessus de l'en-tête ?), ou déclarer un contrat dans "
        "data_contracts/sources/."
    )


def _has_header(layout: Layout) -> bool:
    """Whether titles tell this layout: not a file of positions, nor one whose parts stand in a tree."""
    if layout.reader in ("csv_produit", "crosstab"):
        return layout.reader == "csv_produit"
    return layout.options.get("header") is not False and len(layout.entities) == 1 and layout.reader != "fhir_bundle"


def _named(path: Path, layout: Layout) -> re.Match[str] | None:
    """What the name says: the file's own, else with its folder's (a folder named for a year)."""
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
    raise Refused(
        f"Fichier « {path.name} » : rien n'y dit de quel millésime il parle. Le donner avec --millesime AAAA"
        + (", ou garder le nom d'origine du fichier." if rule.get("filename") else ".")
    )


def _collecte_le(path: Path, layout: Layout, document: Document) -> date | None:
    rule = layout.collecte_le
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
                raise Refused(
                    f"Fichier « {path.name} » : la date de son nom n'existe pas ({groups}). Corriger le nom du fichier."
                ) from error
    return None
