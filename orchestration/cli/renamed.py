"""The former names of commands and options: they still work for one version, and no help shows them.

Belongs here: the former names and the new ones. Does not belong here: what commands do.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "cles": "keys",
    "creer": "create",
    "tourner": "rotate",
    "recouvrir": "rewrap",
    "renouveler-pseudonymes": "renew-pseudonyms",
    "conservation": "retention",
    "lister": "list",
    "approuver": "approve",
    "eliminer": "eliminate",
    "suspendre": "suspend",
    "lever": "lift",
    "etat": "state",
    "preparer": "prepare",
    "ecarts": "work-list",
    "comparer": "compare",
    "formulaires": "forms",
}
OPTIONS = {
    "--remettre-en-vigueur": "--reinstate",
    "--taux": "--rate",
    "--defauts": "--defects",
    "--fois": "--times",
    "--oui": "--yes",
    "--au": "--as-of",
    "--le": "--on",
    "--par": "--by",
    "--dossier": "--record",
    "--personne": "--person",
    "--tous": "--everyone",
    "--sortie": "--out",
    "--mois": "--month",
}


class Renamed(TyperGroup):
    """A group of commands that also understands their former names, and writes the new ones on standard error."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name, or the one that had this name before."""
        known = super().get_command(ctx, cmd_name)
        if known is not None or cmd_name not in COMMANDS:
            return known
        known = super().get_command(ctx, COMMANDS[cmd_name])
        if known is not None:
            _tell(cmd_name, COMMANDS[cmd_name])
        return known

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """The command that the arguments name, and its own arguments with the options as they are called now."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command, rest if isinstance(command, TyperGroup) else _renamed(command, rest)


def _renamed(command: Any, arguments: list[str]) -> list[str]:
    """The arguments with the options of this command as they are called now; values are left as they were typed."""
    options = {option: p for p in command.params if p.param_type_name == "option" for option in p.opts}
    current: list[str] = []
    is_value = False
    for place, argument in enumerate(arguments):
        if argument == "--":
            return [*current, *arguments[place:]]
        option, equal, value = argument.partition("=")
        new = OPTIONS.get(option, option)
        if not is_value and new in options and option not in options:
            _tell(option, new)
            option = new
        current.append(f"{option}{equal}{value}")
        is_value = not is_value and not equal and option in options and not options[option].is_flag
    return current


def _tell(former: str, current: str) -> None:
    typer.echo(
        f"« {former} » s'appelle maintenant « {current} » ; l'ancien nom disparaîtra à la version suivante.", err=True
    )
