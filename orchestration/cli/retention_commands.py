"""`dlnuf retention`: listing what may go, recording the approval, eliminating, suspending.

Belongs here: arguments, the home's lock, what goes to standard output. Does not belong here: any rule or elimination
(`ingest.retain`).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.console import number, plural
from orchestration.cli.options import FinessOption
from orchestration.cli.renamed import Renamed

if TYPE_CHECKING:
    from ingest.retain.bordereau import Due
    from ingest.retain.elimination import Elimination

app = typer.Typer(
    cls=Renamed,
    help="La fin de vie des données de personnes : lister, faire approuver, éliminer.",
    no_args_is_help=True,
)
_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
_SHOWN = 10  # lines of a list that the terminal shows; the file has them all

DayOption = Annotated[datetime, typer.Option("--on", formats=_FORMATS, help="Date de la décision.")]


def misuses() -> tuple[type[BaseException], ...]:
    """Errors of whoever calls: exit code 2."""
    from ingest.retain.bordereau import WrongList
    from ingest.retain.register import WrongSuspension

    return WrongList, WrongSuspension


def failures() -> tuple[type[BaseException], ...]:
    """Refusals that a person can act on: exit code 1."""
    from ingest.retain.bordereau import NotApplicable

    return (NotApplicable,)


@app.command("list")
def list_due(
    on: Annotated[
        datetime | None, typer.Option("--as-of", formats=_FORMATS, help="Date à laquelle les durées sont comptées.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Un objet JSON sur la sortie standard.")] = False,
) -> None:
    """Écrit le bordereau de ce qui est éliminable à une date ; n'élimine rien."""
    from data_contracts import retention
    from ingest import clock
    from ingest.home import Home
    from ingest.retain import bordereau
    from orchestration.lock import writing

    home, rules, now = Home.from_env(), retention.load(), clock.now()
    with writing(home):
        due = bordereau.due(home, rules, on.date() if on else clock.day(now))
        written = None if due.is_empty else bordereau.write(home, rules, due, now=now)
    if as_json:
        path = str(bordereau.path_of(home, written)) if written else None
        content = {"bordereau": written, "fichier": path, "lignes": due.rows, "non_eliminables": due.kept}
        typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
        return
    typer.echo(of_list(due, written, str(bordereau.path_of(home, written).with_suffix(".csv")) if written else ""))


@app.command("approve")
def approve(
    named: Annotated[str, typer.Argument(metavar="BORDEREAU", help="Numéro du bordereau, ou l'un de ses fichiers.")],
    visa: Annotated[
        str, typer.Option("--visa", metavar="REF", help="Référence du visa (Archives départementales, DPO).")
    ],
    by: Annotated[str, typer.Option("--by", metavar="FONCTION", help="Fonction de qui approuve, jamais un nom.")],
    on: DayOption,
) -> None:
    """Enregistre l'approbation d'un bordereau ; n'élimine rien."""
    from ingest import clock
    from ingest.home import Home
    from ingest.retain import bordereau
    from orchestration.lock import writing

    home, now = Home.from_env(), clock.now()
    with writing(home):
        approved = bordereau.approve(home, named, visa=visa, by=by, on=on.date(), now=now)
    typer.echo(f"Bordereau {approved} approuvé (visa {visa}). Pour éliminer : dlnuf retention eliminate {approved}")


@app.command("eliminate")
def eliminate(
    named: Annotated[
        str | None, typer.Argument(metavar="[BORDEREAU]", help="Un bordereau approuvé ; tous ceux qui attendent sinon.")
    ] = None,
) -> None:
    """Élimine ce que listent les bordereaux approuvés, et rien d'autre."""
    from data_contracts import retention
    from ingest import clock
    from ingest.home import Home
    from ingest.retain import bordereau, elimination
    from orchestration import warehouse_state
    from orchestration.lock import writing

    home, rules, now = Home.from_env(), retention.load(), clock.now()
    with writing(home):
        warehouse_state.wait(home)
        numbers = [bordereau.number_of(home, named)] if named else elimination.to_apply(home)
        done = [elimination.apply(home, rules, one, now=now) for one in numbers]
    if not done:
        typer.echo("Aucun bordereau approuvé n'attend : rien n'est éliminé.")
    for outcome in done:
        typer.echo(of_outcome(outcome))


@app.command("suspend")
def suspend(
    finess: FinessOption,
    reference: Annotated[str, typer.Option("--reference", metavar="REF", help="Référence du recours ou de l'affaire.")],
    on: DayOption,
    record: Annotated[
        str | None, typer.Option("--record", metavar="N°", help="N° de dossier local de l'usager, non conservé.")
    ] = None,
    person: Annotated[
        str | None, typer.Option("--person", metavar="PSEUDONYME", help="Pseudonyme lu dans un bordereau.")
    ] = None,
    everyone: Annotated[bool, typer.Option("--everyone", help="Toutes les personnes de l'établissement.")] = False,
) -> None:
    """Suspend toute élimination pour une personne, ou pour un établissement."""
    from data_contracts import retention
    from ingest import clock
    from ingest.home import Home
    from ingest.retain import suspension
    from orchestration.lock import writing

    if sum((record is not None, person is not None, everyone)) != 1:
        raise typer.BadParameter("donnez --record, --person ou --everyone, l'un des trois.")
    home, now = Home.from_env(), clock.now()
    with writing(home):
        suspension.suspend(
            home,
            retention.load(),
            finess=finess,
            reference=reference,
            on=on.date(),
            now=now,
            record=record,
            person=person,
        )
    typer.echo(f"Suspension « {reference} » enregistrée : rien n'est éliminé jusqu'à sa levée.")


@app.command("lift")
def lift(
    reference: Annotated[str, typer.Argument(metavar="REF", help="Référence de la suspension.")], on: DayOption
) -> None:
    """Lève une suspension ; le temps n'a pas couru pendant qu'elle durait."""
    from ingest import clock
    from ingest.home import Home
    from ingest.retain import register
    from orchestration.lock import writing

    home, now = Home.from_env(), clock.now()
    with writing(home):
        register.lift(home, reference, on.date(), now)
    typer.echo(f"Suspension « {reference} » levée le {on:%d/%m/%Y}.")


@app.command("state")
def state() -> None:
    """Bordereaux émis, approuvés, appliqués ; suspensions en vigueur."""
    from ingest import clock
    from ingest.home import Home
    from ingest.retain import register

    home = Home.from_env()
    approvals = {e["bordereau"]: e for e in register.events(home, register.APPROVED)}
    applied = {e["bordereau"]: e for e in register.events(home, register.APPLIED)}
    lines = []
    for event in register.events(home, register.ISSUED):
        one = event["bordereau"]
        state = "émis, à approuver"
        if one in approvals:
            state = f"approuvé le {approvals[one]['date']} (visa {approvals[one]['visa']}), à éliminer"
        if one in applied:
            rows = plural(applied[one]["lignes"], "ligne éliminée", "lignes éliminées")
            state = f"éliminé le {clock.day_written(applied[one]['le'])}, {rows}"
        lines.append(f"{one}  {state}")
    held = [s for s in register.suspensions(home) if s.until is None]
    lines += [f"Suspension « {s.reference} », {s.finess_et}, depuis le {s.since:%d/%m/%Y}" for s in held]
    typer.echo("\n".join(lines) or "Aucun bordereau, aucune suspension.")


def of_list(due: Due, written: str | None, path: str) -> str:
    """What may go, in words."""
    kept = [f"  {plural(count, 'classe')} : {reason}" for reason, count in sorted(due.kept.items())]
    lines = ["Conservé au-delà des durées :", *kept] if kept else []
    if written is None:
        return "\n".join([f"Rien n'est éliminable au {due.on:%d/%m/%Y}.", *lines])
    persons = due.persons.select("finess_et", "personne").n_unique()
    staying = [f"  {k.delivery_id} : {k.reason} ({plural(k.rows, 'ligne')})" for k in due.staying[:_SHOWN]]
    if len(due.staying) > _SHOWN:
        staying.append(f"  et {number(len(due.staying) - _SHOWN)} autres, dans le bordereau")
    return "\n".join(
        [
            f"Bordereau {written}, au {due.on:%d/%m/%Y} : {plural(due.rows, 'ligne')} de "
            f"{plural(persons, 'personne')}, {plural(len(due.destroyed), 'livraison')} à détruire.",
            f"À faire viser : {path}",
            *(["Livraisons dont les octets restent :", *staying] if staying else []),
            *lines,
            f"Une fois le visa obtenu : dlnuf retention approve {written} --visa REF --by FONCTION --on DATE",
        ]
    )


def of_outcome(outcome: Elimination) -> str:
    """What went, and what stayed though it was listed."""
    if outcome.already:
        return f"Bordereau {outcome.number} : déjà éliminé, rien ne change."
    lines = [
        f"Bordereau {outcome.number} : {plural(outcome.rows, 'ligne éliminée', 'lignes éliminées')} de "
        f"{plural(outcome.deliveries, 'livraison')}, octets de {plural(outcome.destroyed, 'livraison')} détruits.",
        *(f"  Conservé, {reason} : {number(count)}" for reason, count in sorted(outcome.skipped.items())),
    ]
    if outcome.rows or outcome.destroyed:
        lines.append("L'entrepôt sera reconstruit sans ces lignes : dlnuf run")
    return "\n".join(lines)
