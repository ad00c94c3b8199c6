"""`dlnuf contracts`: the files derived from the declarations, and the column of a new year of a file.

Belongs here: arguments, what goes to standard output, how a comparison reads in a terminal. Does not belong here:
deriving (`data_contracts.derive`), comparing (`ingest.receive.comparison`), writing a table (`data_contracts.columns`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.console import number, plural
from orchestration.cli.options import FAILED, JsonOption
from orchestration.cli.options import as_json as json_of
from orchestration.cli.renamed import Renamed

if TYPE_CHECKING:
    from ingest.receive.comparison import ColumnOfField, Comparison

app = typer.Typer(cls=Renamed, help="Les déclarations, et les fichiers qui en dérivent.", no_args_is_help=True)


def failures() -> tuple[type[BaseException], ...]:
    """Refusals that a person can act on: exit code 1."""
    from ingest.receive.comparison import NothingToCompare

    return (NothingToCompare,)


@app.command("generate")
def generate() -> None:
    """Réécrit les fichiers dérivés des déclarations."""
    from data_contracts import checking
    from data_contracts.derive import generate_all

    checking.check()
    written = generate_all(write=True)
    typer.echo("\n".join(written) if written else "Les fichiers dérivés étaient à jour.")


@app.command("check")
def check() -> None:
    """Vérifie les déclarations, et que les fichiers dérivés leur correspondent."""
    from data_contracts import checking
    from data_contracts.derive import generate_all

    checking.check()
    drifts = generate_all(write=False)
    if drifts:
        typer.echo("Fichiers qui ne correspondent plus aux déclarations :\n" + "\n".join(drifts), err=True)
        typer.echo("Remède : dlnuf contracts generate", err=True)
        raise typer.Exit(FAILED)
    typer.echo("Les déclarations se tiennent ; les fichiers dérivés leur correspondent.")


@app.command("compare")
def compare(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Fichier dont l'en-tête est inconnu.", exists=True)],
    source: Annotated[str | None, typer.Option("--source", metavar="CODE", help="Source, si elle est connue.")] = None,
    layout: Annotated[
        str | None, typer.Option("--layout", metavar="CODE", help="Nom de la forme à proposer (son année par défaut).")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Écrire la colonne proposée, à relire.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare un en-tête inconnu à la forme la plus proche, et propose la colonne de la nouvelle."""
    from data_contracts import loading
    from data_contracts.titles import shown
    from ingest.receive import comparison

    contracts = loading.load_contracts()
    if source is not None and source not in contracts:
        raise typer.BadParameter(f"source inconnue. Sources : {', '.join(sorted(contracts))}", param_hint="--source")
    compared = comparison.compare(file, contracts, source=source, code=layout)
    table = comparison.table_of(compared, loading.SOURCES)
    if write and compared.status != "connue":
        table.path.write_text(table.text, encoding="utf-8")
    if as_json:
        typer.echo(json_of(compared.facts))
    else:
        told = _told(compared, table.path.name, written=write)
        typer.echo("\n".join(shown(line) for text in told for line in text.split("\n")))


def _told(compared: Comparison, table: str, *, written: bool) -> Iterable[str]:
    """A comparison as a person reads it: the differences first, then what to do about them."""
    share = f"{number(100 * compared.share)}\u00a0%"
    yield (
        f"Fichier « {compared.file} » : {plural(len(compared.header), 'colonne')}. Le plus proche : "
        f"« {compared.contract.name} » ({compared.contract.id}), forme {compared.layout.code}, "
        f"{share} d'intitulés communs."
    )
    if compared.status == "connue":
        yield "Cet en-tête est déjà connu : rien à ajouter."
        return
    appeared = compared.new_fields.items()
    yield from _listed("Apparues, sans champ", (f"+ colonne {rank} « {title} »" for _, (rank, title) in appeared))
    yield from _listed("Disparues", (f"− {each.name} « {each.title} »" for each in compared.vanished))
    renamed = (f"≈ {_place(each)} « {each.field.title} » → « {each.title} »" for each in compared.of("renamed"))
    yield from _listed("Renommées, à vérifier", renamed)
    yield from _listed("Déplacées", (f"↔ {_place(each)} « {each.title} »" for each in compared.of("moved")))
    yield from _listed("De retour", (f"↩ {_place(each)} « {each.title} »" for each in compared.of("back")))
    shifts = (f"» colonnes {first} à {last} : {offset:+d}" for first, last, offset in compared.shifts)
    yield from _listed("Suites de colonnes décalées", shifts)
    if compared.status == "recevable":
        yield ""
        yield "Les livraisons prennent déjà ce fichier sans ces colonnes : une forme de plus ne sert que si cela dure."
    yield ""
    done = "écrite dans" if written else "proposée (--write l'écrit, --json la montre entière) pour"
    yield f"Colonne « {compared.code} » {done} {table} : {plural(len(compared.cells), 'champ')}. À relire."
    contract = f"{compared.contract.id}.odcs.yaml"
    if written:
        yield (
            f"Le contrat doit suivre : tant que {contract} n'a pas les lignes ci-dessous, « dlnuf contracts check » et "
            "toute exécution refusent cette table. Puis : dlnuf contracts generate."
        )
    yield f"À ajouter au contrat {contract}, sous « layouts » :"
    yield compared.layout_line
    if compared.columns_line:
        yield "sous « customProperties », à la place de « columns » s'il y est :"
        yield compared.columns_line
    if appeared:
        yield f"et sous « properties » de {compared.entity.name}, nom, type et description à revoir :"
        yield compared.field_lines


def _listed(what: str, lines: Iterable[str]) -> list[str]:
    listed = list(lines)
    return ["", f"{what} : {len(listed)}", *(f"  {line}" for line in listed)] if listed else []


def _place(each: ColumnOfField) -> str:
    """Where a field stands in the file, and where it stood."""
    before = f"colonne {each.before} → {each.rank}" if isinstance(each.before, int) else f"colonne {each.rank}"
    return f"{each.field.name}, {before} :"
