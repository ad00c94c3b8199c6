"""What the commands share: options that mean the same everywhere, exit codes, JSON on standard output.

Belongs here: what two groups of commands use. Does not belong here: what a command does.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

DONE, FAILED, MISUSED = 0, 1, 2


class Scale(StrEnum):
    """Size of what is generated."""

    petit = "petit"
    departement = "departement"
    demonstration = "demonstration"
    region = "region"
    national = "national"


ScaleOption = Annotated[Scale, typer.Option("--scale", help="Taille du jeu généré.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Graine : la même graine donne les mêmes fichiers.")]
YearOption = Annotated[
    int | None, typer.Option("--millesime", min=1900, max=2100, help="Année que les données décrivent.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Un objet JSON sur la sortie standard, et rien d'autre.")]
FinessOption = Annotated[str, typer.Option("--finess", metavar="F", help="Numéro FINESS de l'établissement.")]


def out_folder(what: str) -> Any:
    """The option that names the folder where files for people are written: outside the home, for this account alone."""
    return typer.Option("--out", metavar="DOSSIER", file_okay=False, help=what)


def as_json(content: Any) -> str:
    """An object as the commands print it."""
    return json.dumps(content, ensure_ascii=False, indent=2)
