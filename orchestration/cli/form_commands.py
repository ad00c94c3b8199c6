"""`dlnuf forms`: the forms of collections, filled with what is known, one ESMS, a département or everybody.

Belongs here: arguments, what goes to standard output (counts and a folder). Does not belong here: what a form holds
(`orchestration.forms`).
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data_contracts.figures import written
from ingest import clock
from orchestration.cli.console import number, plural
from orchestration.cli.options import JsonOption, out_folder
from orchestration.cli.options import as_json as json_of
from orchestration.cli.renamed import Renamed

if TYPE_CHECKING:
    from orchestration.forms.production import Made

app = typer.Typer(cls=Renamed)


def misuses() -> tuple[type[BaseException], ...]:
    """Errors of whoever calls: exit code 2."""
    from orchestration.forms.production import UnknownForm

    return (UnknownForm,)


def failures() -> tuple[type[BaseException], ...]:
    """Refusals that a person can act on: exit code 1."""
    from orchestration.forms.known_columns import NobodyAsked, NotReady

    return NotReady, NobodyAsked


@app.command()
def forms(
    collection: Annotated[
        str, typer.Argument(metavar="COLLECTE", help="Source ou collecte, par exemple tdb_esms ou DREES_EHPA.")
    ],
    finess: Annotated[str | None, typer.Option("--finess", metavar="F", help="Un établissement.")] = None,
    departement: Annotated[
        str | None, typer.Option("--departement", metavar="D", help="Ceux d'un département (code officiel).")
    ] = None,
    everyone: Annotated[bool, typer.Option("--everyone", help="Tous ceux que la collecte interroge.")] = False,
    campaign: Annotated[
        int | None,
        typer.Option(
            "--campagne",
            min=1901,
            max=2100,
            help="Année de la campagne ; elle demande l'année d'avant. Par défaut, "
            "celle qui demande la dernière année connue de la collecte.",
        ),
    ] = None,
    as_published: Annotated[
        bool,
        typer.Option(
            "--as-published",
            help="Un établissement, une campagne : ce que les publications tiennent secret y est laissé à demander.",
        ),
    ] = False,
    before: Annotated[
        bool, typer.Option("--before-answers", help="Comme avant toute réponse à cette campagne.")
    ] = False,
    folder: Annotated[
        Path | None,
        out_folder("Où écrire les formulaires, lisibles de ce compte seul ; sans lui, ils sont seulement comptés."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Les formulaires d'une collecte, préremplis, dans sa propre forme ; relancer reprend où l'on s'est arrêté."""
    from ingest.home import Home
    from orchestration.cli import console
    from orchestration.forms.production import make

    if (finess is not None) + (departement is not None) + everyone != 1:
        raise typer.BadParameter("dire pour qui : --finess F, --departement D, ou --everyone")
    if as_published:
        if finess is None or campaign is None or folder is None:
            raise typer.BadParameter("--as-published va avec --finess, --campagne et --out")
        from orchestration.forms import shown

        path = shown.write(Home.from_env(), collection, finess, campaign, folder, now=clock.now())
        typer.echo(json_of({"path": str(path)}) if as_json else str(path))
        return
    with console.bars(lines=True) as progress:
        made = make(
            Home.from_env(),
            collection,
            now=clock.now(),
            finess=finess,
            departement=departement,
            campaign=campaign,
            before=before,
            out=folder,
            progress=progress,
        )
    console.log("forms", **{**asdict(made), "folder": None})
    typer.echo(json_of({**asdict(made), "folder": str(made.folder or "")}) if as_json else _told(made))


def _told(made: Made) -> str:
    """Counts of columns by state, and where the forms are."""
    from orchestration.forms.form_frame import WORDS

    columns = sum(made.counts.values())
    already = f", {plural(made.already, 'déjà établi', 'déjà établis')}" if made.already else ""
    lines = [f"{made.collection}, campagne {made.campaign} : {plural(made.forms, 'formulaire')}{already}"]
    for state, count in made.counts.items():
        share = f" ({written(100 * count / columns, 1)} %)" if columns else ""
        dui = f", dont {number(made.from_dui)} depuis le DUI" if state == "prerempli" and made.from_dui else ""
        lines.append(f"  {WORDS[state]} : {plural(count, 'colonne')}{share}{dui}")
    lines.append(f"Écrits dans {made.folder}" if made.folder else "Rien n'est écrit : nommez un dossier avec --out.")
    return "\n".join(lines)
