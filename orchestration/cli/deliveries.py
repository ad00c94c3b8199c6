"""`dlnuf deliver`, `run`, `rebuild`, `status`, `explain`: deliveries taken in, processed, counted, explained.

Belongs here: arguments and what goes to standard output. Does not belong here: any work (`ingest`, `orchestration`).
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest import clock
from orchestration.cli.options import FAILED, JsonOption, YearOption
from orchestration.cli.options import as_json as json_of
from orchestration.cli.renamed import Renamed
from orchestration.progress import as_one

if TYPE_CHECKING:
    from ingest.receive.delivery import Receipt

app = typer.Typer(cls=Renamed)


def _record(receipt: Receipt) -> dict[str, Any]:
    """What `--json` says of a receipt; the guide, of a file that follows one."""
    return {key: value for key, value in asdict(receipt).items() if key != "guide" or value is not None}


@app.command()
def deliver(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Fichiers ou dossiers à livrer.", exists=True)],
    source: Annotated[str | None, typer.Option("--source", metavar="CODE", help="Source, si elle est connue.")] = None,
    millesime: YearOption = None,
    reinstate: Annotated[
        bool, typer.Option("--reinstate", help="Des octets déjà reçus redeviennent la dernière version.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Reçoit des fichiers ; la source est reconnue d'après leur contenu quand elle n'est pas donnée."""
    from data_contracts.loading import load_contracts
    from ingest.home import Home
    from ingest.receive import chronology
    from ingest.receive.delivery import deliver as receive
    from orchestration.cli import console, summary
    from orchestration.lock import finish_upkeep

    known = load_contracts()
    if source is not None and source not in known:
        raise typer.BadParameter(f"source inconnue. Sources : {', '.join(sorted(known))}", param_hint="--source")
    home, now = Home.from_env(), clock.now()
    if not reinstate:
        chronology.check(home, now)
    finish_upkeep(home)
    with console.bars() as progress:
        receipts = receive(
            paths,
            home,
            now=now,
            source=source,
            millesime=millesime,
            reinstate=reinstate,
            progress=as_one(progress, "Réception"),
        )
    for receipt in receipts:
        console.log("deliver", **{**asdict(receipt), "path": receipt.logged})
    typer.echo(json_of([_record(receipt) for receipt in receipts]) if as_json else summary.of_receipts(receipts))
    if any(receipt.status == "refused" for receipt in receipts):
        raise typer.Exit(FAILED)


@app.command()
def run(
    millesime: YearOption = None,
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Publier même si des volumes baissent fortement.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Relire aussi les livraisons en quarantaine, qui ont arrêté leur lecteur.")
    ] = False,
) -> None:
    """Traite ce qui est nouveau, résout et publie."""
    from ingest.home import Home
    from orchestration.cli import console, summary
    from orchestration.run import run as execute

    now = clock.now()
    with console.bars(lines=True) as progress:
        outcome = execute(Home.from_env(), millesime, progress, now=now, allow_shrink=allow_shrink, retry=retry)
    console.log("run", **asdict(outcome))
    typer.echo(summary.of_run(outcome))


@app.command()
def rebuild(
    delivery: Annotated[
        str | None, typer.Argument(metavar="DELIVERY", help="Identifiant d'une livraison ; sans lui, toutes.")
    ] = None,
) -> None:
    """Oublie ce qui a été tiré d'une livraison, ou de toutes, puis le refait depuis ce qui a été reçu."""
    from ingest.home import Home
    from orchestration.cli import console, summary
    from orchestration.run import Anew
    from orchestration.run import run as execute

    now = clock.now()
    with console.bars(lines=True) as progress:
        outcome = execute(Home.from_env(), None, progress, now=now, anew=Anew(delivery))
    console.log("rebuild", **asdict(outcome))
    typer.echo(summary.of_run(outcome))


@app.command()
def status(as_json: JsonOption = False) -> None:
    """Livraisons, lignes, observations, valeurs retenues, version courante."""
    from ingest.home import Home
    from orchestration.cli import summary
    from orchestration.status import status as count

    counted = count(Home.from_env())
    typer.echo(json_of(counted) if as_json else f"{summary.of_status(counted)}\n\n{summary.of_sources(counted)}")


@app.command()
def explain(
    unite_id: Annotated[str, typer.Argument(metavar="UNITE_ID", help="Numéro FINESS, ou code de département.")],
    element: Annotated[str, typer.Argument(metavar="ELEMENT", help="Élément du dictionnaire, par exemple TX_OCC_HP.")],
    millesime: YearOption = None,
    as_json: JsonOption = False,
) -> None:
    """Toutes les réponses reçues, la règle, la valeur retenue, et pourquoi les autres sont écartées."""
    from ingest.home import Home
    from orchestration.cli import summary
    from orchestration.explain import explain as tell

    story = tell(Home.from_env(), unite_id, element, millesime)
    typer.echo(json_of(story) if as_json else summary.of_explanation(story))
