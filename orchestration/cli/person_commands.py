"""`dlnuf explain-person`: why two records are one person, or two.

Belongs here: arguments, the home's lock, what goes to standard output. Does not belong here: what is read
(`orchestration.restitution.explained_persons`).
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from orchestration.cli.options import JsonOption
from orchestration.cli.options import as_json as json_of
from orchestration.cli.renamed import Renamed

app = typer.Typer(cls=Renamed)
_RECORD = "Une fiche : LIVRAISON:LIGNE."


def failures() -> tuple[type[BaseException], ...]:
    """Refusals that a person can act on: exit code 1."""
    from orchestration.restitution.explained_persons import NoSuchRecord

    return (NoSuchRecord,)


@app.command("explain-person")
def explain_person(
    first: Annotated[str, typer.Argument(metavar="FICHE", help=_RECORD)],
    second: Annotated[str, typer.Argument(metavar="FICHE", help=_RECORD)],
    as_json: JsonOption = False,
) -> None:
    """Pourquoi deux fiches sont une personne ou deux : sous pseudonymes, et la question est journalisée."""
    from ingest import clock
    from ingest.home import Home
    from orchestration.lock import writing
    from orchestration.restitution.explained_persons import explain

    home = Home.from_env()
    with writing(home):
        answer = explain(home, first, second, clock.now())
    typer.echo(json_of(answer) if as_json else _in_words(answer))


def _in_words(answer: dict[str, Any]) -> str:
    lines = ["Une seule personne." if answer["one"] else "Deux personnes."]
    for record in answer["records"]:
        doubtful = ", laissée à part faute d'indice" if record["ambigu"] else ""
        number = f", numéro {record['qualite_numero']}" if record["qualite_numero"] else ""
        lines.append(
            f"  {record['delivery_id']}:{record['ligne']} ({record['source']}, {record['finess_et']}) : "
            f"règle {record['regle']}{number}{doubtful}"
        )
    lines.append(f"En commun : {', '.join(answer['shared']) or 'rien'}.")
    if answer["step"]:
        lines.append(f"Réunies à l'étape : {answer['step']}.")
    if answer["forbidden"]:
        lines.append(f"Ce qui le défend : {', '.join(answer['forbidden'])}.")
    if answer["pending"]:
        lines.append(f"Ressemblance laissée en suspens : {', '.join(answer['pending'])}.")
    return "\n".join(lines)
