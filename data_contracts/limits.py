"""Limits: what one delivered file may take and hold, declared once, with the setting that raises each.

Belongs here: reading `limits.yaml`, the value in force, the words of a refusal. Does not belong here: holding a file to
them (`ingest.read`), or the process that reads it (`ingest.guard`).
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import PositiveInt

from data_contracts.strict_yaml import DeclarationError, Strict, YamlFile

PATH = Path(__file__).resolve().parent / "limits.yaml"
SETTING = "DLNUF_LIMITE_"  # and the name of the limit


@dataclass(frozen=True)
class Limit:
    """One limit. declared: its value in the file. label: as a refusal names it."""

    name: str
    declared: int
    unit: str
    label: str

    @property
    def setting(self) -> str:
        """The environment variable that replaces the declared value."""
        return f"{SETTING}{self.name.upper()}"

    @property
    def value(self) -> int:
        """The value in force.

        Raises:
            DeclarationError: the variable is not a positive whole number.
        """
        given = os.environ.get(self.setting, "").strip()
        if not given:
            return self.declared
        if not (given.isascii() and given.isdigit() and len(given) < 19 and int(given)):
            raise DeclarationError([f"{self.setting}={given[:40]} : un nombre entier positif est attendu"])
        return int(given)

    @property
    def said(self) -> str:
        """« limite : 4 000 colonnes »."""
        return f"limite : {thousands(self.value)} {self.unit}"

    @property
    def remedy(self) -> str:
        """How to raise it, for whoever knows that the file is a good one."""
        return f"si ce fichier est légitime, relever la limite ({self.setting}={2 * self.value})"


class LimitDeclaration(Strict):
    """A limit as the file says it, under its name."""

    value: PositiveInt
    unit: str
    label: str


@cache
def limits() -> dict[str, Limit]:
    """Every limit by name.

    Raises:
        DeclarationError: with every problem of the file.
    """
    file = YamlFile(PATH)
    declared = file.read(dict[str, LimitDeclaration]) or {}
    if file.problems:
        raise DeclarationError(file.problems)
    return {name: Limit(name, d.value, d.unit, d.label) for name, d in declared.items()}


def limit(name: str) -> int:
    """The value in force of one limit."""
    return limits()[name].value


def in_force() -> str:
    """Changes with the value in force of any limit."""
    values = "\n".join(f"{name} {each.value}" for name, each in sorted(limits().items()))
    return hashlib.sha256(values.encode()).hexdigest()[:16]


def thousands(number: int) -> str:
    """12345 -> « 12 345 » (narrow no-break space)."""
    return f"{number:,}".replace(",", "\u202f")
