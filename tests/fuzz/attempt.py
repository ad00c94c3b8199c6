"""One changed delivery, taken as `deliver` and `run` take it, in a process that reads.

Belongs here: what must hold for any file whatever: a refusal in words or counts that balance, never a traceback. Does
not belong here: how the file is made.
"""

from __future__ import annotations

import shutil
import traceback
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data_contracts.loading import Contract
from ingest import judging
from ingest.protect import keyrings
from ingest.read import UnreadableFile
from ingest.receive.examined import Asked, Examined, Refused, examine
from ingest.receive.refusals import DeliveryRefused

TODAY = date(2026, 12, 1)


@dataclass(frozen=True)
class Received:
    """What the manifest of a delivery would say."""

    delivery_id: str
    source: str
    layout: str
    reader: str
    millesime: int | None
    collecte_le: str | None
    received_on: date


def received_as(contracts: dict[str, Contract], path: Path) -> Received | None:
    """How a valid delivery is received; None when it is not."""
    seen = examine(contracts, Asked(path, None, None, TODAY))
    if isinstance(seen, Refused):
        return None
    return _received(seen)


def _received(seen: Examined) -> Received:
    stated_on = seen.collecte_le.isoformat() if seen.collecte_le else None
    return Received("essai", seen.source, seen.layout, seen.reader, seen.millesime, stated_on, TODAY)


def attempt(contracts: dict[str, Contract], given: tuple[Path, Received | None]) -> str:
    """Receives a file, and reads it as it was recognised, or else as the file that it was made from would be.

    Returns: what is wrong, or a word: refuse, lu.
    """
    path, as_before = given
    seen = examine(contracts, Asked(path, None, None, TODAY))
    if isinstance(seen, Refused):
        if wrong := _wrong(seen.reason):
            return wrong
        if as_before is None:
            return "refuse"
    received = as_before if isinstance(seen, Refused) else _received(seen)
    assert received is not None
    return _read(contracts[received.source], received, path)


def _read(contract: Contract, received: Received, path: Path) -> str:
    read_as = judging.as_received(received, contract)
    assert read_as is not None
    layout, facts = read_as
    folder = path.with_name("spool")
    try:
        judged = judging.judge(path, contract, layout, facts, folder, keyrings.load() if contract.personal else None)
        for name, table in judged.tables.items():
            accepted = sum(chunk.height for chunk in table.accepted)
            rejected = table.rejects["ligne"].n_unique()
            if table.read != accepted + rejected:
                return f"PROBLÈME : {name} : {table.read} lues, {accepted} acceptées, {rejected} rejetées"
        return "lu"
    except (DeliveryRefused, UnreadableFile) as refusal:
        return _wrong(str(refusal)) or "refuse"
    except MemoryError:
        raise
    except BaseException:  # whatever nobody foresaw is what is looked for
        return "PROBLÈME : " + "".join(traceback.format_exc().splitlines(keepends=True)[-7:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wrong(reason: str) -> str | None:
    """What is wrong with the words of a refusal."""
    if "Erreur inattendue" in reason or "Traceback" in reason or not reason.strip():
        return f"PROBLÈME : {reason}"
    return None
