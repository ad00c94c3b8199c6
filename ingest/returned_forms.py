"""Forms that were given out filled and come back: what was written in each cell, and what its return says.

Belongs here: the state that travels in a form (a hidden sheet, sealed), and comparing a returned row with it. Does not
belong here: writing forms (`orchestration.forms`), what an answer is worth (dbt).

A cell that comes back as it was filled confirms what it came from, and is no new opinion: it is taken out of the row.
A cell that was changed is an answer of the establishment, which outranks what it corrects. One that was emptied takes
back what it was filled with. All three are kept, with what they are about (ADR 43).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import zipfile
import zlib
from base64 import b85decode, b85encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from data_contracts.contract import Entity, Field
from ingest import owner_only
from ingest.home import Home
from ingest.read import workbook
from ingest.read.form_sheets import NOTICE, STATE

MARK = "dlnuf-formulaire-1"
CONFIRMED, CORRECTED, WITHDRAWN = "confirmation", "correction", "retrait"
PREFILLED, TO_CONFIRM = "prerempli", "a_confirmer"
SCHEMA = {
    "delivery_id": pl.String, "source": pl.String, "entite": pl.String, "ligne": pl.Int64, "champ": pl.String,
    "element_id": pl.String, "composante": pl.String, "nature": pl.String, "valeur": pl.String,
    "valeur_proposee": pl.String, "origine_source": pl.String, "origine_livraison": pl.String,
    "origine_ligne": pl.Int64, "formulaire": pl.String, "etabli_le": pl.String,
}  # fmt: skip
_NAMES = 1 << 20  # where the names of sheets stand in a workbook
_CUT = 30_000  # a cell of a workbook holds 32 767 characters
_LARGEST = 4_000_000  # of a state, opened: a form of a thousand columns is a tenth of it
_AGAIN = "Remède : redemander le formulaire (dlnuf forms) et y reporter les réponses."


class WrongForm(Exception):
    """A form that cannot be taken back as it is; the message says the remedy, in French."""


@dataclass(frozen=True)
class Proposed:
    """What a cell was filled with, or what was shown beside it to be confirmed, and where it came from.

    text: as the cell writes it. kept: whether an untouched cell stays in the row, because it is the sender's own word.
    """

    state: str
    text: str
    source: str
    delivery: str
    line: int
    kept: bool = False


@dataclass(frozen=True)
class State:
    """What a form said when it was given out. cells: by field.

    held: by field, what the ESMS itself had already told this campaign, of the cells that were not filled with it
    (shown to be confirmed, not asked, or filled with what another told). A cell that nobody touched does not take that
    back.
    """

    number: str
    source: str
    layout: str
    campaign: int
    millesime: int
    finess: str
    made_on: str
    cells: Mapping[str, Proposed] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)


def key(home: Home, *, make: bool = False) -> bytes:
    """The key that seals the forms of an installation; empty, which opens none, until a form is first made (`make`)."""
    path = home.root / "formulaires.cle"
    if make and not path.exists():
        owner_only.write(path, secrets.token_hex(32).encode())
    return bytes.fromhex(path.read_text(encoding="ascii")) if path.exists() else b""


def sealed(state: State, key: bytes) -> list[str]:
    """The cells of the hidden sheet, from its first: mark, seal, content in pieces."""
    content = msgspec.json.encode(state, order="sorted")
    text = b85encode(zlib.compress(content, 9)).decode()
    return [MARK, _seal(text, key), *(text[i : i + _CUT] for i in range(0, len(text), _CUT))]


def _seal(text: str, key: bytes) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def opened(cells: Sequence[str], key: bytes) -> State:
    """The state that a hidden sheet holds.

    Raises:
        WrongForm: it is not as it was written, or another installation wrote it.
    """
    text = "".join(cells[2:])
    whole = key and cells[:1] == [MARK] and len(cells) > 2 and hmac.compare_digest(_seal(text, key), cells[1])
    if not whole:
        raise WrongForm(
            "ce formulaire n'est pas tel qu'il a été établi ici : sa feuille cachée a été modifiée, ou il vient d'une "
            f"autre installation. {_AGAIN}"
        )
    unpacked = zlib.decompressobj().decompress(b85decode(text), _LARGEST)
    content = json.loads(unpacked)
    return State(**{**content, "cells": {name: Proposed(**cell) for name, cell in content["cells"].items()}})


def may_be_one(path: Path) -> bool:
    """Whether a file is a workbook that names a sheet of ours, without opening it as one."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("xl/workbook.xml") as part:
            names = part.read(_NAMES)
    except (OSError, KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error):
        return False  # what it is, and whether it can be read, is for others to say
    return any(name in names for name in (STATE.encode(), NOTICE.encode(), NOTICE.replace("À", "&#192;").encode()))


def state_of(path: Path, key: bytes) -> State | None:
    """The state of a workbook that is a form; None for any other file.

    Raises:
        WrongForm: it is a form whose state is gone, or is not as it was written.
        UnreadableFile: the workbook is damaged.
    """
    with workbook.opened(path) as sheets:
        found = {sheet.name: sheet for sheet in sheets}
        if STATE not in found:
            notice = found.get(NOTICE)
            first = next(notice.rows(), None) if notice else None
            if first and first.texts and (first.texts[0] or "").startswith("Formulaire prérempli"):
                raise WrongForm(f"la feuille cachée « {STATE} » de ce formulaire a été supprimée. {_AGAIN}")
            return None
        return opened([row.texts[0] or "" for row in found[STATE].rows()], key)


def completed(frame: pl.DataFrame, entity: Entity, held: Mapping[str, str | None], state: State) -> pl.DataFrame:
    """The rows of a returned form with what its ESMS had already told, in the cells that nobody touched.

    held: field -> column of the frame. A later row replaces the earlier one whole: it must say again what stands.
    """
    for name, own in state.held.items():
        column = held.get(name)
        if column is not None:
            proposed, each = state.cells.get(name), entity.field(name)
            told = (_again((text or "").strip(), own, proposed, each) for text in frame[column].to_list())
            frame = frame.with_columns(pl.Series(column, list(told), dtype=pl.String))
    return frame


def _again(text: str, own: str, proposed: Proposed | None, each: Field) -> str:
    """What a cell says again: the own word of its ESMS, unless somebody wrote, or emptied, it."""
    if proposed is not None and proposed.state == PREFILLED:
        return own if text and same(text, proposed.text, each) else text
    return text or own


def compare(
    frame: pl.DataFrame, entity: Entity, held: Mapping[str, str | None], state: State, year_field: str | None = None
) -> pl.DataFrame:
    """What the cells of a returned form say of what was written in them: one row a cell that says something.

    held: field -> column of the frame. year_field: the field that says the year, where the layout has one.

    Raises:
        WrongForm: a row is about another establishment, or another year, than the form.
    """
    unit, year = held.get(entity.unit_field or ""), held.get(year_field or "")
    said: list[dict[str, Any]] = []
    columns = {name: frame[name].to_list() for name in frame.columns}
    for row, line in enumerate(columns["_ligne"]):
        finess = (columns[unit][row] or "").strip() if unit else ""
        if finess and finess.zfill(9) != state.finess:
            raise WrongForm(
                f"ce formulaire a été établi pour l'établissement {state.finess}, et sa ligne {line} en nomme un "
                "autre. Remède : rendre chaque formulaire pour son établissement, sans y recopier de ligne d'un autre."
            )
        told = (columns[year][row] or "").strip() if year else ""
        if told and not same(told, str(state.millesime), entity.field(year_field or "")):
            raise WrongForm(
                f"ce formulaire interroge sur l'année {state.millesime}, et sa ligne {line} dit « {told} ». Remède : y "
                f"remettre {state.millesime}, ou demander le formulaire de l'autre campagne."
            )
        for name, proposed in state.cells.items():
            column = held.get(name)
            if column is None:
                continue
            each = entity.field(name)
            text = (columns[column][row] or "").strip()
            nature = _nature(proposed, text, each)
            if nature is None:
                continue
            said.append(
                {
                    "ligne": line, "champ": name, "element_id": each.element, "composante": each.component,
                    "nature": nature, "valeur": text or None, "valeur_proposee": proposed.text,
                    "origine_source": proposed.source, "origine_livraison": proposed.delivery,
                    "origine_ligne": proposed.line, "formulaire": state.number, "etabli_le": state.made_on,
                    "est_repris": nature == CONFIRMED
                    and not (proposed.kept or (proposed.state == PREFILLED and name in state.held)),
                }
            )  # fmt: skip
    kept = {name: kind for name, kind in SCHEMA.items() if name not in _OF_DELIVERY}
    return pl.DataFrame(said, schema={**kept, "est_repris": pl.Boolean})


def taken_out(rows: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Accepted rows without the cells that only repeat what somebody else answered (`est_repris`)."""
    repeated = said.filter(pl.col("est_repris"))
    return rows.with_columns(
        pl.when(pl.col("_ligne").is_in(lines.implode())).then(None).otherwise(pl.col(name)).alias(name)
        for name in repeated["champ"].unique()
        if (lines := repeated.filter(pl.col("champ") == name)["ligne"]) is not None
    )


def flags_left(flags: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """The findings on cells that stay: one that was taken out is not this sender's."""
    return flags.join(said.filter(pl.col("est_repris")), on=["ligne", "champ"], how="anti")


_OF_DELIVERY = ("delivery_id", "source", "entite")


def _nature(proposed: Proposed, text: str, each: Field) -> str | None:
    """What a cell says of what it was filled with; None when it says nothing.

    A cell to be confirmed was left empty: as long as it is, it says nothing.
    """
    if not text:
        return WITHDRAWN if proposed.state == PREFILLED and not proposed.kept else None
    return CONFIRMED if same(text, proposed.text, each) else CORRECTED


def same(a: str, b: str, each: Field) -> bool:
    """Whether two writings of a cell are one value: spreadsheets write numbers and dates in several ways."""
    if a.strip() == b.strip():
        return True
    if each.logical_type in ("integer", "number"):
        x, y = _number(a), _number(b)
        return x is not None and y is not None and abs(x - y) <= 1e-9 * max(1.0, abs(x), abs(y))
    if each.logical_type in ("date", "timestamp"):
        return _day(a) is not None and _day(a) == _day(b)
    return " ".join(a.split()) == " ".join(b.split())


def _number(text: str) -> float | None:
    percent = text.rstrip().endswith("%")
    try:
        value = float(re.sub(r"[\s\u00a0\u202f%]", "", text).replace(",", "."))
    except ValueError:
        return None
    return value / 100 if percent else value


def _day(text: str) -> tuple[int, int, int] | None:
    if match := re.match(r"(\d{4})-(\d{2})-(\d{2})", text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := re.match(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        return int(match[3]), int(match[2]), int(match[1])
    return None


def about_delivery(said: pl.DataFrame, delivery: str, source: str, entity: str) -> pl.DataFrame:
    """The same rows, with the delivery that says them."""
    return said.with_columns(
        pl.lit(delivery).alias("delivery_id"), pl.lit(source).alias("source"), pl.lit(entity).alias("entite")
    ).select(list(SCHEMA))
