"""The printed sheet of an establishment: PDF, tagged for screen readers, the same bytes for the same publication.

Belongs here: what the template is given, its setting. Does not belong here: what is said (`sheets`), how it looks
(`templates/fiche.typ`).

Texts reach the template as data (JSON) and never as its language, so that no name can change what is set. The date is
that of the publication. Fonts are those of the library.
"""

from __future__ import annotations

import json
from pathlib import Path

import typst

from dashboards import queries
from dashboards.formats import INCONNU, SECRET, instant_text
from dashboards.sheets import Section, Sheet

TEMPLATE = Path(__file__).with_name("templates") / "fiche.typ"
MIME = "application/pdf"
STANDARD = "ua-1"  # PDF/UA: title, language, tags and reading order are checked when it is made
READING = (
    f"« {INCONNU} » : aucune source livrée n'a donné cette information ; ce n'est ni zéro, ni non. "
    f"« {SECRET} » : effectif trop petit pour être publié."
)
_NARROWEST = 11
_WIDEST = 46  # characters beyond which a column is not made wider


def pdf(sheet: Sheet, base: queries.Base) -> bytes:
    """The sheet, set in A4."""
    publication = base.publication
    at = publication.published_at
    data = {
        "titre": f"Fiche établissement : {sheet.name} (FINESS {sheet.finess})",
        "nom": sheet.name,
        "chapeau": f"FINESS {sheet.finess} · {sheet.lead}",
        "ferme": sheet.closed,
        "sections": [_section(section) for section in sheet.sections],
        "pied": f"{sheet.name} · FINESS {sheet.finess} · publication {publication.version} du {instant_text(at)}",
        "lecture": READING,
    }
    made = typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"donnees": json.dumps(data, ensure_ascii=False)},
        ignore_system_fonts=True,
        pdf_standards=STANDARD,
        timestamp=int(at.timestamp()) if at else 0,
    )
    assert isinstance(made, bytes)
    return made


def _section(section: Section) -> dict[str, object]:
    columns = list(section.rows[0]) if section.rows else []
    return {
        "titre": section.title,
        "lecture": section.reading,
        "vide": section.empty,
        "colonnes": columns,
        "largeurs": [_width(section, column) for column in columns],
        "lignes": [[row[column] for column in columns] for row in section.rows],
    }


def _width(section: Section, column: str) -> int:
    """Share of the width: that of the text that most cells hold, so that one long cell does not starve the others."""
    lengths = sorted(len(row[column]) for row in section.rows)
    return min(_WIDEST, max(_NARROWEST, lengths[len(lengths) * 3 // 4] + 2, max(map(len, column.split())) + 2))
