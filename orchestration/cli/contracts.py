"""`dlnuf contracts`: the declarations, and the files that derive from them.

Belongs here: arguments and what goes to standard output. Does not belong here: any work (`data_contracts`).
"""

from __future__ import annotations

import typer

from orchestration.cli.options import FAILED
from orchestration.cli.renamed import Renamed

app = typer.Typer(cls=Renamed, help="Les déclarations, et les fichiers qui en dérivent.", no_args_is_help=True)


@app.command("generate")
def generate() -> None:
    """Réécrit les fichiers dérivés des déclarations."""
    from data_contracts.derive import generate_all

    written = generate_all(write=True)
    typer.echo("\n".join(written) if written else "Les fichiers dérivés étaient à jour.")


@app.command("check")
def check() -> None:
    """Vérifie que les fichiers dérivés correspondent aux déclarations."""
    from data_contracts.derive import generate_all

    drifts = generate_all(write=False)
    if drifts:
        typer.echo("Fichiers qui ne correspondent plus aux déclarations :\n" + "\n".join(drifts), err=True)
        typer.echo("Remède : dlnuf contracts generate", err=True)
        raise typer.Exit(FAILED)
    typer.echo("Les fichiers dérivés correspondent aux déclarations.")
