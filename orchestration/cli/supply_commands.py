"""`dlnuf supply`: what each collection is given back, in its own layout, unless it would lose by it.

Belongs here: arguments, what goes to standard output. Does not belong here: what is given (`orchestration.supply`).
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest import clock
from orchestration.cli.console import plural
from orchestration.cli.options import FAILED, JsonOption, out_folder
from orchestration.cli.options import as_json as json_of
from orchestration.cli.renamed import Renamed

if TYPE_CHECKING:
    from orchestration.supply.given_back import Supplied

app = typer.Typer(cls=Renamed)


@app.command()
def supply(
    collections: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COLLECTE]...", help="Sources ou collectes ; sans elles, toutes celles qui en ont."),
    ] = None,
    folder: Annotated[
        Path | None,
        out_folder("Où écrire, lisible de ce compte seul ; sans lui, dire seulement ce qui serait rendu ou bloqué."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Rend à chaque collecte sa dernière année, dans sa forme ; une collecte qui y perdrait n'est pas rendue."""
    from ingest.home import Home
    from orchestration.cli import console
    from orchestration.supply.given_back import supply as give

    made = give(Home.from_env(), collections or [], out=folder, now=clock.now())
    for each in made:
        console.log("supply", source=each.source, lignes=each.rows, bloquee=each.blocked)
    if as_json:
        plain = [
            {**asdict(each), "files": [str(path) for path in each.files], "blocked": each.blocked} for each in made
        ]
        typer.echo(json_of({"collections": plain}))
    else:
        typer.echo("\n".join(line for each in made for line in _told(each, folder is not None)))
    if any(each.blocked for each in made):
        raise typer.Exit(FAILED)


def _told(made: Supplied, is_written: bool) -> list[str]:
    if made.millesime is None:
        return [f"{made.source} : rien à rendre, la collecte n'a encore rien reçu."]
    head = f"{made.source}, année {made.millesime}"
    if made.blocked:
        return [
            f"{head} : bloquée, elle y perdrait. Rien n'est écrit pour elle.",
            *(f"  - {reason}" for reason in made.reasons),
            "  Remède : corriger la livraison ou la source qui l'emporte ; si l'écart est voulu, le déclarer dans "
            "non_regression.csv.",
        ]
    if not is_written:
        return [f"{head} : peut être rendue. Nommez un dossier avec --out."]
    lines = [f"{head} : {plural(made.rows, 'établissement')}, {plural(made.values, 'valeur')}"]
    return lines + [f"  {path}" for path in made.files]
