"""The `dlnuf` command.

Belongs here: arguments, exit codes (0 done; 1 a run or check failed; 2 wrong use), what goes to standard output.
Does not belong here: any work. Each command imports what it needs when it is called: `dlnuf --help` is immediate.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ingest import clock
from ingest.home import reserve
from orchestration.cli import conservation, prepare
from orchestration.progress import as_one

app = typer.Typer(
    name="dlnuf",
    help="Orchestrateur de données médico-sociales : collecter une fois, réutiliser partout.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
contracts_app = typer.Typer(help="Les déclarations, et les fichiers qui en dérivent.", no_args_is_help=True)
app.add_typer(contracts_app, name="contracts")
cles_app = typer.Typer(help="Les clés qui protègent les données de personnes.", no_args_is_help=True)
app.add_typer(cles_app, name="cles")
app.add_typer(conservation.app, name="conservation")
app.add_typer(prepare.app, name="preparer")

DONE, FAILED, MISUSED = 0, 1, 2


class Scale(StrEnum):
    """Size of what is generated."""

    departement = "departement"
    demonstration = "demonstration"
    region = "region"
    national = "national"


ScaleOption = Annotated[Scale, typer.Option("--scale", help="Taille du jeu généré.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Graine : la même graine donne les mêmes fichiers.")]
YearOption = Annotated[
    int | None, typer.Option("--millesime", min=1900, max=2100, help="Année que les données décrivent.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Un objet JSON sur la sortie standard, et rien d'autre.")]


@app.command()
def demo(scale: ScaleOption = Scale.demonstration, seed: SeedOption = 1) -> None:
    """Génère un territoire synthétique, le livre, le traite, le publie et le confronte à sa vérité."""
    from ingest.home import Home
    from orchestration.cli import console, summary
    from orchestration.demo import play, prepare
    from orchestration.status import layer, status

    wanted = prepare(Home.from_env(), scale.value, seed, now=clock.now())
    if not wanted.done:
        typer.echo(summary.of_plan(wanted), err=True)
    with console.bars(lines=True) as progress:
        played = play(wanted, progress)
    console.log("demo", **asdict(played.outcome))
    typer.echo(summary.of_demo(status(wanted.home), wanted, played, layer(wanted.home).folder))
    if played.faults:
        raise typer.Exit(FAILED)


@app.command()
def generate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Dossier à remplir.", file_okay=False)],
    scale: ScaleOption = Scale.departement,
    seed: SeedOption = 1,
    rates: Annotated[
        list[str] | None,
        typer.Option(
            "--taux", metavar="NATURE=TAUX", help="Part des lignes qu'un défaut touche, de 0 à 1 ; répétable."
        ),
    ] = None,
    defects: Annotated[
        Path | None,
        typer.Option(
            "--defauts",
            metavar="FICHIER",
            help="YAML « nature: taux » ; --taux l'emporte.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    times: Annotated[float, typer.Option("--fois", help="Multiplie tous les taux.")] = 1.0,
) -> None:
    """Écrit des livraisons dans les formats réels, et leur vérité à part."""
    from orchestration.cli import console, summary
    from witness.generate import generate as make
    from witness.generate import lire_taux

    try:
        taux = lire_taux(rates or (), defects, times)
    except ValueError as error:
        raise typer.BadParameter(f"taux de défauts refusés.\n{error}") from error
    with console.bars(lines=True) as progress:
        made = make(folder, scale=scale.value, seed=seed, taux=taux, progress=as_one(progress, "Génération"))
    typer.echo(summary.of_generation(made))


@app.command()
def deliver(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Fichiers ou dossiers à livrer.", exists=True)],
    source: Annotated[str | None, typer.Option("--source", metavar="CODE", help="Source, si elle est connue.")] = None,
    millesime: YearOption = None,
    reinstate: Annotated[
        bool, typer.Option("--remettre-en-vigueur", help="Des octets déjà reçus redeviennent la dernière version.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Reçoit des fichiers ; la source est reconnue d'après leur contenu quand elle n'est pas donnée."""
    from data_contracts.loading import load_contracts
    from ingest.home import Home
    from ingest.pipeline import deliver as receive
    from orchestration.cli import console, summary

    known = load_contracts()
    if source is not None and source not in known:
        raise typer.BadParameter(f"source inconnue. Sources : {', '.join(sorted(known))}", param_hint="--source")
    with console.bars() as progress:
        receipts = receive(
            paths,
            Home.from_env(),
            now=clock.now(),
            source=source,
            millesime=millesime,
            reinstate=reinstate,
            progress=as_one(progress, "Réception"),
        )
    for receipt in receipts:
        console.log("deliver", **{**asdict(receipt), "path": receipt.logged})
    typer.echo(_json([asdict(receipt) for receipt in receipts]) if as_json else summary.of_receipts(receipts))
    if any(receipt.status == "refused" for receipt in receipts):
        raise typer.Exit(FAILED)


@app.command()
def run(
    millesime: YearOption = None,
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Publier même si des volumes baissent fortement.")
    ] = False,
) -> None:
    """Traite ce qui est nouveau, résout et publie."""
    from ingest.home import Home
    from orchestration.cli import console, summary
    from orchestration.run import run as execute

    now = clock.now()
    with console.bars(lines=True) as progress:
        outcome = execute(Home.from_env(), millesime, progress, now=now, allow_shrink=allow_shrink)
    console.log("run", **asdict(outcome))
    typer.echo(summary.of_run(outcome))


@app.command()
def status(as_json: JsonOption = False) -> None:
    """Livraisons, lignes, observations, valeurs retenues, version courante."""
    from ingest.home import Home
    from orchestration.cli import summary
    from orchestration.status import status as count

    counted = count(Home.from_env())
    typer.echo(_json(counted) if as_json else f"{summary.of_status(counted)}\n\n{summary.of_sources(counted)}")


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

    told = tell(Home.from_env(), unite_id, element, millesime)
    typer.echo(_json(told) if as_json else summary.of_explanation(told))


@app.command()
def score(
    truth: Annotated[
        Path, typer.Argument(metavar="TRUTH_DIR", help="Vérité d'une génération (dossier « verite »).", exists=True)
    ],
    as_json: JsonOption = False,
) -> None:
    """Combien la couche publiée dit vrai, face à la vérité des données synthétiques et à des règles naïves."""
    from ingest.home import Home
    from witness.score import keep, of_score
    from witness.score import score as judge

    home = Home.from_env()
    figures = judge(home, truth)
    keep(home, figures)
    typer.echo(_json(figures) if as_json else of_score(figures))


@app.command()
def bench(
    scales: Annotated[
        list[Scale] | None,
        typer.Option("--scale", help="Taille mesurée, répétable (departement, region et national par défaut)."),
    ] = None,
    seed: SeedOption = 1,
    repeats: Annotated[
        int | None, typer.Option("--repeats", min=1, help="Répétitions (3, et 1 à l'échelle nationale).")
    ] = None,
    as_json: JsonOption = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Rapport Markdown à écrire, ses graphiques à côté.")
    ] = None,
) -> None:
    """Mesure temps, processeur et mémoire, des fichiers à la publication, dans un dossier temporaire."""
    from orchestration.cli import console
    from witness.bench import bench_report, measuring

    if out:
        bench_report.require_drawing()
    asked = [scale.value for scale in scales] if scales else measuring.BY_DEFAULT
    today = clock.day(clock.now())
    with console.bars(lines=not as_json) as progress:
        figures = measuring.bench(asked, today=today, seed=seed, repeats=repeats, progress=progress)
    written = bench_report.write(figures, out) if out else []
    typer.echo(_json(figures) if as_json else bench_report.resume(figures))
    for path in written:
        console.log("bench", path=str(path))


@app.command()
def dashboard(
    port: Annotated[int | None, typer.Option("--port", help="Port d'écoute (8501 par défaut).")] = None,
) -> None:
    """Ouvre les tableaux de bord sur 127.0.0.1."""
    from dashboards import lancer

    raise typer.Exit(lancer(port))


@contracts_app.command("generate")
def contracts_generate() -> None:
    """Réécrit les fichiers dérivés des déclarations."""
    from data_contracts.derive import generate_all

    written = generate_all(write=True)
    typer.echo("\n".join(written) if written else "Les fichiers dérivés étaient à jour.")


@contracts_app.command("check")
def contracts_check() -> None:
    """Vérifie que les fichiers dérivés correspondent aux déclarations."""
    from data_contracts.derive import generate_all

    drifts = generate_all(write=False)
    if drifts:
        typer.echo("Fichiers qui ne correspondent plus aux déclarations :\n" + "\n".join(drifts), err=True)
        typer.echo("Remède : dlnuf contracts generate", err=True)
        raise typer.Exit(FAILED)
    typer.echo("Les fichiers dérivés correspondent aux déclarations.")


@cles_app.command("creer")
def cles_creer() -> None:
    """Crée le trousseau de clés, hors du dossier des données."""
    from ingest.home import Home
    from ingest.protect import keyrings
    from orchestration.cli import summary

    typer.echo(summary.of_new_keyring(keyrings.create(Home.from_env(), now=clock.now())))


@cles_app.command("etat")
def cles_etat(as_json: JsonOption = False) -> None:
    """Versions des clés, et livraisons que chacune protège."""
    from ingest.home import Home
    from ingest.protect import landed_keys
    from orchestration.cli import summary

    counted = landed_keys.state(Home.from_env())
    typer.echo(_json(counted) if as_json else summary.of_keys(counted))


@cles_app.command("tourner")
def cles_tourner() -> None:
    """Ajoute une version de la clé de chiffrement, pour les livraisons à venir ; les pseudonymes ne changent pas."""
    from ingest.home import Home
    from ingest.protect import keyrings

    keyring = keyrings.rotate(Home.from_env(), now=clock.now())
    typer.echo(
        f"Clé de chiffrement {keyring.current.version} en service. Sauvegardez le trousseau ({keyring.place}), puis "
        "« dlnuf cles recouvrir » pour les livraisons déjà reçues."
    )


@cles_app.command("recouvrir")
def cles_recouvrir() -> None:
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


@cles_app.command("renouveler-pseudonymes")
def cles_renouveler_pseudonymes(
    confirmed: Annotated[bool, typer.Option("--oui", help="Ne pas demander de confirmation.")] = False,
) -> None:
    """Change le secret des pseudonymes : toutes les livraisons de personnes seront relues au prochain traitement."""
    from ingest.home import Home
    from ingest.protect import keyrings
    from orchestration.lock import writing

    if not confirmed:
        typer.confirm(
            "L'ancien secret est effacé et toutes les livraisons de personnes seront relues. Continuer ?", abort=True
        )
    home = Home.from_env()
    with writing(home):
        keyring = keyrings.renew_pseudonyms(home, now=clock.now())
    typer.echo(
        f"Pseudonymes {keyring.pseudonyms.version} en service. Sauvegardez le trousseau ({keyring.place}), puis "
        "« dlnuf run » : toutes les livraisons de personnes seront relues."
    )


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)


def _expected() -> dict[type[BaseException], int]:
    """Errors that a person can act on, with their exit code; anything else is a defect and keeps its stack."""
    from data_contracts.loading import ContractError
    from ingest.protect.keyrings import KeyringProblem
    from orchestration.dbt_runtime import DbtFailed
    from orchestration.explain import NothingToExplain
    from orchestration.lock import HomeBusy
    from orchestration.publication import PublicationBlocked
    from orchestration.publication.errors import PublicationDamaged
    from orchestration.run import RunFailed, UnknownMillesime
    from witness.bench.process_tree import BenchFailed
    from witness.score.no_score import NothingToScore, NoTruth

    return {
        BenchFailed: FAILED,
        ContractError: FAILED,
        DbtFailed: FAILED,
        HomeBusy: FAILED,
        KeyringProblem: FAILED,
        NothingToExplain: FAILED,
        NothingToScore: FAILED,
        NoTruth: MISUSED,
        RunFailed: FAILED,
        OSError: FAILED,
        PublicationBlocked: FAILED,
        PublicationDamaged: FAILED,
        UnknownMillesime: MISUSED,
        **dict.fromkeys((*conservation.failures(), *prepare.failures()), FAILED),
        **dict.fromkeys((*conservation.misuses(), *prepare.misuses()), MISUSED),
    }


def main() -> None:
    """Entry point: an expected error is one readable message on standard error, never a stack."""
    from orchestration.cli.console import configure_logs

    reserve()
    if any(argument not in ("-h", "--help") for argument in sys.argv[1:]):
        configure_logs()
    try:
        app()
    except Exception as error:
        codes = [code for kind, code in _expected().items() if isinstance(error, kind)]
        if not codes or os.environ.get("DLNUF_DEBUG"):
            raise
        print(f"Erreur : {error}", file=sys.stderr)
        sys.exit(codes[0])
    except KeyboardInterrupt:
        print("Interrompu. Rien de publié n'a changé ; relancez la même commande pour reprendre.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
