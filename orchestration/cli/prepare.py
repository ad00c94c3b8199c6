"""`dlnuf prepare`: the files and the work list of one ESMS, written outside the home.

Belongs here: arguments, the home's lock, what goes to standard output (counts, never an identity). Does not belong
here: what is prepared (`orchestration.restitution`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.console import number, plural
from orchestration.cli.options import FinessOption, JsonOption, out_folder
from orchestration.cli.renamed import Renamed

if TYPE_CHECKING:
    from orchestration.restitution.portability import Transfer
    from orchestration.restitution.preparation import Prepared

app = typer.Typer(cls=Renamed, help="Ce qu'un ESMS n'a plus à ressaisir, préparé depuis son DUI.", no_args_is_help=True)

FolderOption = Annotated[
    Path | None,
    out_folder("Où écrire les fichiers, nominatifs, lisibles de ce compte seul ; sans lui, rien n'est écrit."),
]


def misuses() -> tuple[type[BaseException], ...]:
    """Errors of whoever calls: exit code 2."""
    from orchestration.restitution.named_files import WrongFolder

    return (WrongFolder,)


def failures() -> tuple[type[BaseException], ...]:
    """Refusals that a person can act on: exit code 1."""
    from orchestration.restitution.identities import NoNames, Unreadable
    from orchestration.restitution.warehouse import NotReady

    return NotReady, NoNames, Unreadable


@app.command("resid")
def resid(
    finess: FinessOption,
    month: Annotated[
        str | None, typer.Option("--month", metavar="AAAA-MM", help="Mois déclaré (le dernier mois clos par défaut).")
    ] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Le fichier RESID-ESMS d'un mois, et ce qui doit être confirmé avant l'envoi."""
    _prepare("resid", finess, month, folder, as_json)


@app.command("viatrajectoire")
def viatrajectoire(finess: FinessOption, folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Les entrées, sorties et dossiers papier à reporter dans ViaTrajectoire grand âge."""
    _prepare("viatrajectoire", finess, None, folder, as_json)


@app.command("sdo")
def sdo(finess: FinessOption, folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Les statuts à envoyer à ViaTrajectoire handicap (tâches FHIR du guide SDO)."""
    _prepare("sdo", finess, None, folder, as_json)


@app.command("work-list")
def work_list(finess: FinessOption, folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """La liste de travail : ce que DUI, RESID-ESMS et ViaTrajectoire disent autrement."""
    _prepare("ecarts", finess, None, folder, as_json)


@app.command("tddui")
def tddui(finess: FinessOption, folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Tout ce que le DUI de l'ESMS a livré, au format TDDUI, pour son prochain logiciel ; et ce qu'il y manquera."""
    from ingest import clock
    from ingest.home import Home
    from orchestration.lock import writing
    from orchestration.restitution import portability

    home = Home.from_env()
    with writing(home):
        outcome = portability.prepare(home, finess, now=clock.now(), out=folder)
    typer.echo(_transfer_as_json(outcome) if as_json else of_transfer(outcome))


def _prepare(kind: str, finess: str, month: str | None, folder: Path | None, as_json: bool) -> None:
    from ingest import clock
    from ingest.home import Home
    from orchestration.lock import writing
    from orchestration.restitution import preparation
    from orchestration.restitution.resid_file import Month

    try:
        chosen = Month.parse(month) if month else None
    except ValueError as error:
        raise typer.BadParameter(f"--month : « {month} » n'est pas un mois (exemple : 2026-10).") from error
    home, now = Home.from_env(), clock.now()
    with writing(home):
        outcome = preparation.prepare(home, kind, finess, now=now, month=chosen, out=folder)
    typer.echo(_as_json(outcome) if as_json else of_outcome(outcome, folder))


def _as_json(outcome: Prepared) -> str:
    content = {
        "nature": outcome.kind,
        "finess": outcome.finess,
        "mois": outcome.month,
        "lignes": outcome.rows,
        "a_confirmer": outcome.to_confirm,
        "oppositions": outcome.opposed,
        "fichiers": [str(file.path) for file in outcome.files],
        "remarques": outcome.notes,
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def of_outcome(outcome: Prepared, folder: Path | None) -> str:
    """What was prepared, in words: counts and paths, nobody."""
    of_month = f", mois {outcome.month}" if outcome.month else ""
    lines = [f"Établissement {outcome.finess}{of_month} :"]
    tasks = [name for name in outcome.rows if name.endswith(".json")]
    lines += [
        f"  {name} : {plural(rows, 'ligne')}" for name, rows in outcome.rows.items() if rows and name not in tasks
    ]
    if len(tasks) == 1:
        lines.append(f"  {tasks[0]} : 1 tâche, à envoyer (POST Task)")
    elif tasks:
        count = plural(len(tasks), "tâche")
        lines.append(f"  {tasks[0]} à {tasks[-1]} : {count}, à envoyer une par une dans cet ordre (POST Task)")
    if outcome.nothing:
        lines.append(f"  {outcome.nothing}")
    if outcome.to_confirm:
        total = sum(outcome.to_confirm.values())
        shown = ", ".join(f"{subject or 'autre'} {number(count)}" for subject, count in outcome.to_confirm.items())
        lines.append(f"  à confirmer : {plural(total, 'point')} ({shown})")
    if outcome.opposed:
        left_out = ("personne en opposition, non portée", "personnes en opposition, non portées")
        lines.append(f"  {plural(outcome.opposed, *left_out)}")
    lines += [f"  {note}" for note in outcome.notes]
    if outcome.files:
        lines.append("Écrit, lisible de ce compte seul :")
        lines += [f"  {file.path}" for file in outcome.files]
        lines.append("Ces fichiers portent des noms : effacez-les après l'envoi.")
    elif folder is None:
        lines.append("Rien n'est écrit : nommez un dossier avec --out (ces fichiers portent des noms).")
    return "\n".join(lines)


def _transfer_as_json(outcome: Transfer) -> str:
    content = {
        "nature": "tddui",
        "finess": outcome.finess,
        "exporte_le": outcome.stated_on.isoformat() if outcome.stated_on else None,
        "lignes": outcome.rows,
        "ressources": outcome.entries,
        "constats": [finding._asdict() for finding in outcome.findings],
        "fichiers": [str(file.path) for file in outcome.files],
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def of_transfer(outcome: Transfer) -> str:
    """The transfer in words: counts and paths, nobody."""
    when = f", DUI exporté le {outcome.stated_on:%d/%m/%Y}" if outcome.stated_on else ""
    lines = [f"Établissement {outcome.finess}{when} : {plural(outcome.entries, 'ressource')}"]
    lines += [f"  {table} : {plural(rows, 'ligne')}" for table, rows in outcome.rows.items() if rows]
    found: dict[str, int] = {}
    for finding in outcome.findings:
        found[finding.constat] = found.get(finding.constat, 0) + 1
    lines += [f"  {constat} : {plural(count, 'point')} du rapport" for constat, count in found.items()]
    if outcome.files:
        lines.append("Écrit, lisible de ce compte seul :")
        lines += [f"  {file.path}" for file in outcome.files]
        lines.append("Le premier fichier porte des noms et des données de santé : effacez-le après l'envoi.")
    else:
        lines.append("Rien n'est écrit : nommez un dossier avec --out (le fichier porte des noms).")
    return "\n".join(lines)
