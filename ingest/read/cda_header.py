"""What a CDA document says it is: the head of its XML, up to the person it is about.

Belongs here: recognising that an XML is a CDA, and of which model. Does not belong here: its sections and rows (`cda`),
the envelopes that carry it (`fhir`).

A document that claims no model and no type is recognised by its business numbers, which no other volet of the CI-SIS
has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from ingest.read.opening import opened

ROOT = "ClinicalDocument"
# ANS, volet « Transfert de données DUI » (CDA), structure of the document: the template of its model, and its code.
TEMPLATE, CODE = "1.2.250.1.213.1.1.1.58", "EXPORT_DUI"
_BLOCK = 1 << 16
_PERSON = "recordTarget"
_NUMBER = re.compile(r"3[0-9][0-9AB][0-9]{7}/.+-(?:SEJOUR|EVN|EVAL|PPER|PA|TPPro|TPPat)-", re.S)


@dataclass(frozen=True)
class Header:
    """The model that a CDA claims: the roots of its own template ids, and the code of its kind of document.

    is_numbered: it claims neither a model nor a code, and holds a business number of TDDUI.
    """

    templates: frozenset[str] = frozenset()
    code: str | None = None
    is_numbered: bool = False

    @property
    def is_tddui(self) -> bool:
        return TEMPLATE in self.templates or self.code == CODE or self.is_numbered


def header_of(path: Path) -> Header | None:
    """The header of a CDA file; None of any other file."""
    with opened(path) as stream:
        return header(iter(lambda: stream.read(_BLOCK), b""))


def header(blocks: Iterable[bytes]) -> Header | None:
    """The header of a CDA, of which no more is read than needed; None when the root is not that of a CDA."""
    seen = _Seen()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = seen.start
    parser.EndElementHandler = seen.end
    # The reader of its family will say what is wrong. An encoding that Python does not know is no error of expat.
    with suppress(expat.ExpatError, LookupError, ValueError):
        for block in blocks:
            parser.Parse(block, False)
            if seen.over:
                break
        else:
            parser.Parse(b"", True)  # since expat 2.6 (Python 3.13), what comes after a long token waits for the end
    return Header(frozenset(seen.templates), seen.code, seen.is_numbered) if seen.is_document else None


@dataclass
class _Seen:
    """What the head showed so far. over: enough is known, the rest need not be read."""

    depth: int = 0
    is_document: bool = False
    over: bool = False
    templates: set[str] = field(default_factory=set)
    code: str | None = None
    is_numbered: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rsplit(" ", 1)[-1]
        if self.depth == 0:
            self.is_document = name == ROOT
            self.over = not self.is_document
        elif self.depth == 1:
            if name == "templateId" and (root := attributes.get("root")):
                self.templates.add(root.strip())
            elif name == "code" and self.code is None:
                self.code = (attributes.get("code") or "").strip() or None
            elif name == _PERSON and (self.templates or self.code):
                self.over = True
        elif name == "id" and not self.over and _NUMBER.match(attributes.get("extension", "")):
            self.is_numbered = not (self.templates or self.code)
            self.over = self.is_numbered
        self.depth += 1

    def end(self, _: str) -> None:
        self.depth -= 1
