"""The `dlnuf` command: its groups put together, and how errors are reported.

Belongs here: exit codes (0: done; 1: a run or a check failed; 2: wrong use). Does not belong here: any command (one
file a group, beside this one). Each command imports what it needs when it is called, so that `dlnuf --help` is
immediate.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ingest.home import Home, reserve
from orchestration import interruption
from orchestration.cli import (
    contracts,
    deliveries,
    form_commands,
    keys,
    person_commands,
    prepare,
    retention_commands,
    supply_commands,
    synthetic,
)
from orchestration.cli.options import FAILED, MISUSED
from orchestration.cli.renamed import Renamed

app = typer.Typer(
    name="dlnuf",
    cls=Renamed,
    help="Orchestrateur de données médico-sociales : collecter une fois, réutiliser partout.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(synthetic.app)
app.add_typer(deliveries.app)
app.add_typer(person_commands.app)
app.add_typer(form_commands.app)
app.add_typer(supply_commands.app)
app.add_typer(contracts.app, name="contracts")
app.add_typer(keys.app, name="keys")
app.add_typer(retention_commands.app, name="retention")
app.add_typer(prepare.app, name="prepare")


@app.command()
def dashboard(
    port: Annotated[int | None, typer.Option("--port", help="Port d'écoute (8501 par défaut).")] = None,
) -> None:
    """Ouvre les tableaux de bord sur 127.0.0.1."""
    from dashboards import start

    raise typer.Exit(start(port))


@app.command()
def site(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Dossier du site ($DLNUF_HOME/site par défaut).")
    ] = None,
) -> None:
    """Écrit la partie ouverte de la publication en site statique : une page par territoire, par établissement."""
    from dashboards.site import write
    from orchestration.cli import console

    home = Home.from_env()
    with console.bars() as progress:
        made = write(home, out or home.root / "site", lambda done, total: progress("Site", done, total))
    size = f"{console.number(made.size // 2**20)} Mio"
    files = console.plural(made.n_files, "fichier")
    typer.echo(f"{console.plural(made.n_pages, 'page')} et {files} ({size}), de la publication {made.version} :")
    typer.echo(str(made.folder / "index.html"))


def _expected() -> dict[type[BaseException], int]:
    """Errors that a person can act on, with their exit code. Any other error is a defect, and shows its stack."""
    from dashboards.current import NoPublicationError
    from dashboards.site import SiteFolder
    from data_contracts.strict_yaml import DeclarationError
    from ingest.home_format import HomeTooNew
    from ingest.protect.keyrings import KeyringProblem
    from ingest.receive.chronology import ClockWentBack
    from orchestration.dbt_runtime import DbtFailed
    from orchestration.explain import NothingToExplain
    from orchestration.lock import HomeBusy
    from orchestration.publication import PublicationBlocked
    from orchestration.publication.errors import PublicationDamaged
    from orchestration.run import RunFailed, UnknownDelivery, UnknownMillesime
    from orchestration.warehouse_state import WarehouseHeld
    from witness.bench.process_tree import BenchFailed
    from witness.score.no_score import NothingToScore, NoTruth

    return {
        BenchFailed: FAILED,
        ClockWentBack: FAILED,
        DbtFailed: FAILED,
        DeclarationError: FAILED,
        HomeBusy: FAILED,
        HomeTooNew: FAILED,
        KeyringProblem: FAILED,
        NoPublicationError: FAILED,
        NothingToExplain: FAILED,
        NothingToScore: FAILED,
        NoTruth: MISUSED,
        RunFailed: FAILED,
        OSError: FAILED,
        PublicationBlocked: FAILED,
        PublicationDamaged: FAILED,
        SiteFolder: MISUSED,
        UnknownDelivery: MISUSED,
        UnknownMillesime: MISUSED,
        WarehouseHeld: FAILED,
        **dict.fromkeys(
            (*retention_commands.failures(), *prepare.failures(), *contracts.failures(), *form_commands.failures()),
            FAILED,
        ),
        **dict.fromkeys(person_commands.failures(), FAILED),
        **dict.fromkeys((*retention_commands.misuses(), *prepare.misuses(), *form_commands.misuses()), MISUSED),
    }


def main() -> None:
    """Entry point. An expected error becomes one readable message on standard error, without a stack."""
    from data_contracts import system_errors
    from ingest import home_format
    from ingest.guard import guarded, shortages
    from ingest.protect import keyrings
    from orchestration.cli.console import configure_logs

    reserve()
    keyrings.withdraw()
    asked = any(argument not in ("-h", "--help") for argument in sys.argv[1:])
    if asked:
        configure_logs()
    try:
        with guarded.readers():
            if asked:
                home_format.check(Home.from_env())
            app()
    except Exception as error:
        codes = [code for kind, code in _expected().items() if isinstance(error, kind)]
        # Our own errors say better than we would here which right is lacking, and what to do.
        if lacks := shortages.told(error, of_access=not codes or isinstance(error, OSError)):
            codes = [FAILED]
        if not codes or interruption.asked() or os.environ.get("DLNUF_DEBUG"):
            raise
        said = system_errors.said_of(error) if isinstance(error, OSError) and error.errno else error
        print(f"Erreur : {lacks or said}", file=sys.stderr)
        sys.exit(codes[0])
