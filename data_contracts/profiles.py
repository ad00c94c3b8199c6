"""Profiles: who may read the exact numbers of persons of an ESMS, declared once, with the text it rests on.

Belongs here: reading `profiles.yaml`. Does not belong here: what is hidden from the others (`disclosure`), which rows a
page shows (`dashboards.access`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from data_contracts.retention import SourceDeclaration
from data_contracts.strict_yaml import DeclarationError, Strict, YamlFile

PATH = Path(__file__).resolve().parent / "profiles.yaml"
ESMS, LOCAL = "esms", "poste_local"  # the profiles that exist today: those of what is given back, and of the pages


class Profile(Strict):
    """In which capacity somebody reads. perimeter: of which ESMS; persons: their numbers exact, or as published."""

    label: str
    perimeter: Literal["own", "tariffs", "territory", "all"]
    persons: Literal["exact", "protected"]
    sources: Annotated[tuple[SourceDeclaration, ...], Field(min_length=1, description="dire sur quel texte il repose")]

    @property
    def reads_exact_persons(self) -> bool:
        return self.persons == "exact"


class _Profiles(Strict):
    profiles: dict[str, Profile]


def read(path: Path) -> tuple[dict[str, Profile], list[str]]:
    """The profiles of a file, by code, and every problem."""
    file = YamlFile(path)
    declared = file.read(_Profiles)
    if declared is None:
        return {}, file.problems
    for code in (ESMS, LOCAL):
        if code not in declared.profiles:
            file.say(("profiles",), f"le profil « {code} » est absent")
    for code, profile in declared.profiles.items():
        if profile.reads_exact_persons and profile.perimeter in ("territory", "all"):
            file.say(
                ("profiles", code, "persons"),
                "« exact » ne vaut que pour ses propres établissements (own) ou ceux que l'on tarife (tariffs)",
            )
    return declared.profiles, file.problems


@cache
def profiles() -> dict[str, Profile]:
    """The declared profiles, by code.

    Raises:
        DeclarationError: with every problem of the file.
    """
    found, problems = read(PATH)
    if problems:
        raise DeclarationError(problems)
    return found
