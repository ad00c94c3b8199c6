"""What opening a delivered file says of it, as plain data: what it is, or why it is refused.

Belongs here: all that `deliver` does with the content of a file, in one function that a process apart runs
(`ingest.guard`). Does not belong here: how it is recognised (`recognise`), what is made of the answer (`delivery`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from data_contracts.loading import Contract
from data_contracts.value_domains import domains
from ingest.guard import shortages
from ingest.protect import masks
from ingest.read import UnreadableFile
from ingest.read.fhir import bundle
from ingest.read.frames import OverLimit, within_limits
from ingest.receive.recognise import Recognised, recognise
from ingest.receive.refusals import DeliveryRefused


@dataclass(frozen=True)
class Asked:
    """A file, what its sender says of it, and the day."""

    path: Path
    source: str | None
    millesime: int | None
    today: date


class Examined(msgspec.Struct, frozen=True, tag=True):
    """A file that was recognised. guide: the guide that it follows, and its version, when the file says so."""

    source: str
    layout: str
    reader: str
    version: str
    needs_no_year: bool
    millesime: int | None
    collecte_le: date | None
    absent: tuple[str, ...]
    guide: str | None


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
            recognised = recognise(
                asked.path, contracts, source=asked.source, millesime=asked.millesime, today=asked.today
            )
        _refuse_other_years(asked.path, recognised)
        return _told(asked.path, recognised)
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


def _told(path: Path, recognised: Recognised) -> Examined:
    layout = recognised.layout
    return Examined(
        source=recognised.contract.id,
        layout=layout.code,
        reader=layout.reader,
        version=layout.version,
        needs_no_year=bool(layout.millesime.get("none")),
        millesime=recognised.millesime,
        collecte_le=recognised.collecte_le,
        absent=recognised.absent,
        guide=bundle.version_of(path) if layout.reader == "fhir_bundle" else None,
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
