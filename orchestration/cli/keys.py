"""`dlnuf keys`: the keys that protect data about persons.

Belongs here: arguments, the home's lock, what goes to standard output. Does not belong here: any key
(`ingest.protect.keyrings`, `landed_keys`).
"""

from __future__ import annotations

from typing import Annotated

import typer

from ingest import clock
from orchestration.cli.options import FAILED, JsonOption
from orchestration.cli.options import as_json as json_of
from orchestration.cli.renamed import Renamed
from orchestration.progress import as_one

app = typer.Typer(cls=Renamed, help="Les clés qui protègent les données de personnes.", no_args_is_help=True)


@app.command("create")
def create() -> None:
    """Crée le trousseau de clés, hors du dossier des données."""
    from ingest.home import Home
    from ingest.protect import keyrings
    from orchestration.cli import summary

    home = Home.from_env()
    closed = keyrings.closed_files(home)
    typer.echo(summary.of_new_keyring(keyrings.create(home, now=clock.now()), closed))


@app.command("state")
def state(as_json: JsonOption = False) -> None:
    """Versions des clés, et livraisons que chacune protège."""
    from ingest.home import Home
    from ingest.protect import landed_keys
    from orchestration.cli import summary

    counted = landed_keys.state(Home.from_env())
    typer.echo(json_of(counted) if as_json else summary.of_keys(counted))


@app.command("rotate")
def rotate() -> None:
    """Ajoute une version de la clé de chiffrement, pour les livraisons à venir ; les pseudonymes ne changent pas."""
    from ingest.home import Home
    from ingest.protect import keyrings

    keyring = keyrings.rotate(Home.from_env(), now=clock.now())
    typer.echo(
        f"Clé de chiffrement {keyring.current.version} en service. Sauvegardez le trousseau ({keyring.place}), puis "
        "« dlnuf keys rewrap » pour les livraisons déjà reçues."
    )


@app.command("rewrap")
def rewrap() -> None:
    """Met les livraisons déjà reçues sous la version courante de la clé."""
    from ingest.home import Home
    from ingest.protect import landed_keys
    from orchestration.cli import console, summary
    from orchestration.lock import writing

    home = Home.from_env()
    with console.bars() as progress, writing(home):
        done = landed_keys.recover(home, as_one(progress, "Recouvrement"))
    typer.echo(summary.of_recovery(done))
    if done.left:
        raise typer.Exit(FAILED)


@app.command("renew-pseudonyms")
def renew_pseudonyms(
    confirmed: Annotated[bool, typer.Option("--yes", help="Ne pas demander de confirmation.")] = False,
) -> None:
    """Change le secret des pseudonymes : toutes les livraisons de personnes seront relues au prochain traitement."""
    from ingest.home import Home
    from ingest.protect import landed_keys
    from orchestration.lock import writing

    if not confirmed:
        typer.confirm(
            "L'ancien secret est effacé et toutes les livraisons de personnes seront relues. Continuer ?", abort=True
        )
    home = Home.from_env()
    with writing(home):
        keyring = landed_keys.renew(home, clock.now())
    typer.echo(
        f"Pseudonymes {keyring.pseudonyms.version} en service. Sauvegardez le trousseau ({keyring.place}), puis "
        "« dlnuf run » : toutes les livraisons de personnes seront relues."
    )
