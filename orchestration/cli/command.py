"""The `dlnuf` command: its groups put together, and how errors are reported.

Belongs here: exit codes (0: done; 1: a run or a check failed; 2: wrong use). Does not belong here: any command (one
file a group, beside this one). Each command imports what it needs when it is called, so that `dlnuf --help` is
immediate.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ingest.home import reserve
from orchestration import interruption
from orchestration.cli import (
    contracts,
    deliveries,
    form_commands,
    keys,
    person_commands,
    prepare,
    retention_commands,
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


def _expected() -> dict[type[BaseException], int]:
    """Errors that a person can act on, with their exit code. Any other error is a defect, and shows its stack."""
    from data_contracts.strict_yaml import DeclarationError
    from ingest.protect.keyrings import KeyringProblem
    from orchestration.dbt_runtime import DbtFailed
    from orchestration.explain import NothingToExplain
    from orchestration.lock import HomeBusy
    from orchestration.publication import PublicationBlocked
    from orchestration.publication.errors import PublicationDamaged
    from orchestration.run import RunFailed, UnknownDelivery, UnknownMillesime
    from witness.bench.process_tree import BenchFailed
    from witness.score.no_score import NothingToScore, NoTruth

    return {
        BenchFailed: FAILED,
        DbtFailed: FAILED,
        DeclarationError: FAILED,
        HomeBusy: FAILED,
        KeyringProblem: FAILED,
        NothingToExplain: FAILED,
        NothingToScore: FAILED,
        NoTruth: MISUSED,
        RunFailed: FAILED,
        OSError: FAILED,
        PublicationBlocked: FAILED,
        PublicationDamaged: FAILED,
        UnknownDelivery: MISUSED,
        UnknownMillesime: MISUSED,
        **dict.fromkeys(
            (*retention_commands.failures(), *prepare.failures(), *contracts.failures(), *form_commands.failures()),
            FAILED,
        ),
        **dict.fromkeys(person_commands.failures(), FAILED),
        **dict.fromkeys((*retention_commands.misuses(), *prepare.misuses(), *form_commands.misuses()), MISUSED),
    }


def main() -> None:
    """Entry point. An expected error becomes one readable message on standard error, without a stack."""
    from ingest.guard import guarded
    from orchestration.cli.console import configure_logs

    reserve()
    if any(argument not in ("-h", "--help") for argument in sys.argv[1:]):
        configure_logs()
    try:
        with guarded.readers():
            app()
    except Exception as error:
        codes = [code for kind, code in _expected().items() if isinstance(error, kind)]
        if not codes or interruption.asked() or os.environ.get("DLNUF_DEBUG"):
            raise
        print(f"Erreur : {error}", file=sys.stderr)
        sys.exit(codes[0])
