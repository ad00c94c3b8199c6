"""What opening a delivered file says of it, as plain data: what it is, or why it is refused.

Belongs here: all that `deliver` does with the content of a file, in one function that a process apart runs
(`ingest.guard`). Does not belong here: how it is recognised (`recognise`), what is made of the answer (`delivery`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from data_contracts.loading import Contract
from data_contracts.value_domains import domains
from ingest import returned_forms
from ingest.guard import shortages
from ingest.protect import masks
from ingest.read import UnreadableFile
from ingest.read.fhir import bundle
from ingest.read.frames import OverLimit, within_limits
from ingest.receive.recognise import Recognised, recognise
from ingest.receive.refusals import DeliveryRefused


@dataclass(frozen=True)
class Asked:
    """A file, what its sender says of it, the day, and the key that seals the forms of this installation."""

    path: Path
    source: str | None
    millesime: int | None
    today: date
    form_key: bytes = b""


class Examined(msgspec.Struct, frozen=True, tag=True):
    """A file that was recognised. guide: the guide that it follows, and its version, when the file says so. form: the
    number of the form that it is, when it was given out filled."""

    source: str
    layout: str
    reader: str
    version: str
    needs_no_year: bool
    millesime: int | None
    collecte_le: date | None
    absent: tuple[str, ...]
    guide: str | None
    form: str | None = None


class Refused(msgspec.Struct, frozen=True, tag=True):
    """Why a file is refused.

    nearest: the source whose header this one is, or nearly is. is_ours: the reason holds our own words alone, but for
    the name of the file. is_verdict: it says what the file is, and not that something unforeseen happened.
    """

    reason: str
    nearest: str | None
    is_ours: bool
    is_verdict: bool = True


def examine(contracts: dict[str, Contract], asked: Asked) -> Examined | Refused:
    """What a file is, or why it is refused. Nothing is raised, short of what the process itself dies of."""
    try:
        with within_limits(asked.path):
            form = _form(asked)
            recognised = recognise(
                asked.path,
                contracts,
                source=form.source if form else asked.source,
                millesime=form.millesime if form else asked.millesime,
                today=asked.today,
            )
        _refuse_other_years(asked.path, recognised)
        return _told(asked.path, recognised, form)
    except returned_forms.WrongForm as wrong:
        return Refused(f"Fichier « {asked.path.name} » : {wrong}", None, is_ours=True)
    except DeliveryRefused as refusal:
        nearest = refusal.nearest.id if refusal.nearest else None
        return Refused(str(refusal), nearest, refusal.is_quoted)
    except UnreadableFile as refusal:
        if shortages.cause(refusal) is not None:
            raise
        return Refused(str(refusal), None, isinstance(refusal, OverLimit))
    except MemoryError:  # of the process, which is over: its parent says so
        raise
    except Exception as error:  # reported: one file never stops the others, and nobody reads what it holds
        if shortages.cause(error) is not None:
            raise
        return Refused(masks.unexpected(error), None, is_ours=True, is_verdict=False)


def _form(asked: Asked) -> returned_forms.State | None:
    """What a file was filled with when it is a form that was given out; None for any other file."""
    if not returned_forms.may_be_one(asked.path):
        return None
    form = returned_forms.state_of(asked.path, asked.form_key)
    if form:
        _refuse_another_form(asked, form)
    return form


def _refuse_another_form(asked: Asked, form: returned_forms.State) -> None:
    """Refuses a form that its sender gives for another collection, or another year, than it was given out for."""
    if asked.source not in (None, form.source):
        raise returned_forms.WrongForm(
            f"ce formulaire est celui de « {form.source} », pas de « {asked.source} ». Remède : le livrer sans "
            "--source."
        )
    named = re.search(r"(?<!\d)20\d{2}(?!\d)", asked.path.stem.replace(form.finess, ""))
    if asked.millesime not in (None, form.millesime) or (named and int(named[0]) != form.campaign):
        raise returned_forms.WrongForm(
            f"ce formulaire est celui de la campagne {form.campaign} (année {form.millesime}), et il est livré pour "
            "une autre. Remède : le livrer sous son nom d'origine, ou demander le formulaire de l'autre campagne."
        )


def _told(path: Path, recognised: Recognised, form: returned_forms.State | None) -> Examined:
    layout = recognised.layout
    return Examined(
        source=recognised.contract.id,
        layout=layout.code,
        reader=layout.reader,
        version=layout.version,
        needs_no_year=bool(layout.millesime.get("none")),
        millesime=recognised.millesime,
        collecte_le=None if form else recognised.collecte_le,  # its answers are of the day when it comes back
        absent=recognised.absent,
        guide=bundle.version_of(path) if layout.reader == "fhir_bundle" else None,
        form=form.number if form else None,
    )


def _refuse_other_years(path: Path, recognised: Recognised) -> None:
    """Refuses a file about a year that no product may be about, as a row about such a year is rejected."""
    domain = domains()["millesime"]
    if recognised.millesime is not None and not (domain.minimum or 0) <= recognised.millesime <= (
        domain.maximum or 9999
    ):
        raise DeliveryRefused(
            f"Fichier « {path.name} » : {recognised.millesime} n'est pas {domain.shape}."
            " Corriger le nom du fichier, ou --millesime.",
            nearest=recognised.contract,
        )
