"""Legacy FINESS extractions (etalab-cs1100501, 502, 507): no header, several sections in one file.

Belongs here: that shape, quotes included. Does not belong here: numbering the lines (`delimited`), files with titles
(`csv_file`).

The first line is `finess;etalab;<number>;<AAAA-MM-JJ>`; then each line begins with its section. Columns are named by
their position after the section: "1" is the FINESS number.

For years cells were not quoted, and a quote was part of a name: `EHPAD "LES LILAS"`. In the extraction of May 2026 the
cells that hold a quote are quoted, as RFC 4180 says: `"LIEU DE VIE ""MAVOUNA MEMA 1""\"`. So each cell is judged by
itself: it is quoted when it opens and closes with a quote and those inside are doubled; otherwise it is taken as it
stands. Where quotes could also hold separators, the usual number of cells decides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from ingest.read.delimited import Lines, Record
from ingest.read.encoding import lines_of
from ingest.read.frames import Document, LayoutLike, Rows, Table, UnreadableFile, cells_counted, is_blank

_FIRST = re.compile(r'\ufeff?"?finess"?;"?etalab"?;')
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_CELL = re.compile(r'(?:"((?:[^"]|"")*)"(?=;|$)|([^;]*))(;|$)')
_LEFT_OPEN = re.compile(r'(?:^|;)"(?:[^"]|"")*$')
_GOES_ON = 4  # lines that a quoted cell may go over, after the first
# nofinesset, coordxet, coordyet, sourcecoordet, datemaj. The 2016 editions cut sourcecoordet at each of its commas.
_GEOLOCALISATION, _GEOLOCALISATION_WIDTH = "geolocalisation", 5
_SECTIONS = (_GEOLOCALISATION, "structureet", "structureej")  # the first one present tells the three files apart
_LOOKED_AT = 20_000  # records from which the usual width of a section is taken


def is_legacy(path: Path, encoding: str) -> bool:
    """Whether the first line is that of a legacy FINESS extraction."""
    with lines_of(path, encoding) as text:
        return _FIRST.match(text.readline()) is not None


def sniff(path: Path, encoding: str) -> Document:
    """facts: etalab (number), date, sections (the known ones) and section (the one that tells the file, or empty)."""
    with lines_of(path, encoding) as text:
        first = [_bare(cell) for cell in text.readline().strip().split(";")]
        starts = dict.fromkeys(_section(line) for line in text)
    facts = {
        "etalab": first[2],
        "sections": ",".join(s for s in starts if s in _SECTIONS),
        "section": next((s for s in _SECTIONS if s in starts), ""),
    }
    if len(first) > 3:
        facts["date"] = first[3]
    return Document("csv", encoding, None, facts)


def read(path: Path, layout: LayoutLike, entities: Sequence[str], encoding: str) -> Iterator[Table]:
    """The lines of the sections that the layout names: `section` (one entity) or `sections` (entity: section).

    A line that begins with no known section (a line cut in two, a stray one) is a defective row of the section in which
    it stands, or of the layout's main section where it stands in none that the layout names.
    """
    sections: dict[str, str] = layout.options.get("sections") or {entities[0]: layout.options["section"]}
    collected = {
        section: Rows(entity, [str(i + 1) for i in range(_width(path, encoding, section))])
        for entity, section in sections.items()
        if entity in entities
    }
    main = layout.options.get("section") or next(iter(sections.values()))
    known = {*_SECTIONS, *sections.values()}
    widths = {section: len(rows.columns) + 1 for section, rows in collected.items()}
    current = main
    with lines_of(path, encoding) as text:
        for record in _records(text, known, widths):
            named = record.cells[0] in known
            if named:
                current = record.cells[0]
            elif current not in sections.values():
                current = main
            if (rows := collected.get(current)) is None:
                continue
            _add(rows, current, record, named)
            if rows.full:
                yield rows.take()
    for rows in collected.values():
        if not rows.empty or not rows.count:
            yield rows.take()


def _records(text: Iterator[str], known: Collection[str], widths: Mapping[str, int]) -> Iterator[Record]:
    """The lines after the first one that hold something, cut in cells. A quoted cell may extend over several lines.

    widths: the usual number of cells of a section, its name included.
    """
    lines = Lines(text)
    next(lines, None)
    for line in lines:
        start = lines.number - 1
        begun = line.rstrip("\r\n")
        cells = begun.split(";")
        if '"' in begun:
            width = widths.get(_section(begun))
            cells = _cells(begun, width)
            if len(cells) != width and _LEFT_OPEN.search(begun):
                cells = _going_on(lines, begun, known) or cells
        lines.taken.clear()
        if not is_blank(cells):
            yield Record(start, cells)


def _going_on(lines: Lines, begun: str, known: Collection[str]) -> list[str] | None:
    """The cells of a record whose last cell is closed on one of the next lines; else None, and gives the lines back."""
    lines.taken.clear()
    for line in islice(lines, _GOES_ON):
        if _section(line) in known:
            break
        begun += "\n" + line.rstrip("\r\n")
        if not _LEFT_OPEN.search(begun):
            return _cells(begun, None)
    lines.give_back(list(lines.taken))
    return None


def _cells(line: str, width: int | None) -> list[str]:
    """The cells of a line with quotes, taking quotes into account unless separators alone give the usual number."""
    quoted: list[str] = []
    for match in _CELL.finditer(line):
        quoted.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        if not match[3]:
            break
    plain = [_bare(cell) for cell in line.split(";")]
    return plain if len(plain) == width != len(quoted) else quoted


def _bare(cell: str) -> str:
    match = _QUOTED.fullmatch(cell)
    return match[1].replace('""', '"') if match else cell


def _section(line: str) -> str:
    return line.partition(";")[0].strip('\ufeff"')


def _width(path: Path, encoding: str, section: str) -> int:
    if section == _GEOLOCALISATION:
        return _GEOLOCALISATION_WIDTH
    with lines_of(path, encoding) as text:
        widths = (len(r.cells) - 1 for r in _records(text, _SECTIONS, {}) if r.cells[0] == section)
        usual = Counter(islice(widths, _LOOKED_AT)).most_common(1)
    if not usual:
        raise UnreadableFile(
            path,
            f"aucune ligne « {section} » : la section attendue est absente",
            "vérifier que c'est bien le fichier annoncé (cs1100501 : structureej, cs1100502 : structureet, "
            "cs1100507 : geolocalisation)",
        )
    return usual[0][0]


def _add(rows: Rows, section: str, record: Record, named: bool) -> None:
    cells = record.cells[1:] if named else record.cells
    width = len(rows.columns)
    if section == _GEOLOCALISATION and len(cells) > width:
        cells = [*cells[:3], ",".join(cells[3:-1]), cells[-1]]
    defect = None
    if not named:
        defect = f"ligne qui ne commence par aucun nom de section connu (« {cells[0][:40]} » ; ligne coupée en deux ?)"
    elif len(cells) < width or not is_blank(cells[width:]):
        defect = f"{cells_counted(len(cells))} après « {section} » au lieu de {width}"
    rows.add(dict(zip(rows.columns, cells, strict=False)), line=record.line, defect=defect)
