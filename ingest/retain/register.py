"""The register of conservation: lists issued, approvals, suspensions, eliminations; lines are added, never changed.

Belongs here: that journal (`<home>/journaux/conservation.jsonl`), what stands in it. Does not belong here: a decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ingest import owner_only
from ingest.home import Home

ISSUED, APPROVED, APPLIED, SUSPENDED, LIFTED = "emis", "approuve", "applique", "suspendu", "leve"
ALL_PERSONS = "*"


class WrongSuspension(ValueError):
    """A suspension that cannot be registered or lifted as asked; the message says why."""


def path_of(home: Home) -> Path:
    return home.root / "journaux" / "conservation.jsonl"


def append(home: Home, event: Mapping[str, Any], now: datetime) -> None:
    """Adds an event to the register."""
    owner_only.append(path_of(home), event, now)


def events(home: Home, kind: str, number: str | None = None) -> list[dict[str, Any]]:
    """The lines of one kind, of one list when it is named."""
    return [
        e
        for e in owner_only.read(path_of(home))
        if e.get("evenement") == kind and (number is None or e.get("bordereau") == number)
    ]


@dataclass(frozen=True)
class Suspension:
    """A legal hold: nothing of these persons goes while it stands, and time does not run meanwhile (CSP R1112-7)."""

    reference: str
    finess_et: str
    person: str  # a pseudonym, or ALL_PERSONS
    since: date
    until: date | None
    pseudonyms: str | None = None  # fingerprint of the secret of that pseudonym


def suspensions(home: Home) -> list[Suspension]:
    """Every suspension, in force or lifted."""
    lifted = {e["reference"]: date.fromisoformat(e["date"]) for e in events(home, LIFTED)}
    return [
        Suspension(
            e["reference"],
            e["finess_et"],
            e["personne"],
            date.fromisoformat(e["date"]),
            lifted.get(e["reference"]),
            e.get("pseudonymes"),
        )
        for e in events(home, SUSPENDED)
    ]


def suspend(
    home: Home, *, reference: str, finess: str, person: str, on: date, pseudonyms: str | None, now: datetime
) -> None:
    """Registers a suspension, under the reference of the appeal or the case.

    Raises:
        WrongSuspension: the reference is empty, or serves already.
    """
    if not reference.strip() or any(s.reference == reference.strip() for s in suspensions(home)):
        raise WrongSuspension(f"--reference : « {reference} » est vide ou sert déjà à une suspension.")
    event = {"evenement": SUSPENDED, "reference": reference.strip(), "finess_et": finess, "personne": person}
    append(home, {**event, "date": on.isoformat(), "pseudonymes": pseudonyms}, now)


def lift(home: Home, reference: str, on: date, now: datetime) -> None:
    """Ends a suspension.

    Raises:
        WrongSuspension: unknown, lifted already, or lifted before it began.
    """
    held = next((s for s in suspensions(home) if s.reference == reference), None)
    if held is None or held.until is not None:
        known = ", ".join(s.reference for s in suspensions(home) if s.until is None) or "aucune"
        raise WrongSuspension(f"« {reference} » n'est pas une suspension en vigueur. En vigueur : {known}.")
    if on < held.since:
        raise WrongSuspension(f"--on : {on:%d/%m/%Y} est avant le début de la suspension ({held.since:%d/%m/%Y}).")
    append(home, {"evenement": LIFTED, "reference": reference, "date": on.isoformat()}, now)
