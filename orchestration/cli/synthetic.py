"""`dlnuf demo`, `generate`, `score`, `bench`: invented territories, what is made of them, how right and how fast.

Belongs here: arguments and what goes to standard output. Does not belong here: any work (`witness`,
`orchestration.demo`).
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ingest import clock
from orchestration.cli.options import FAILED, JsonOption, Scale, ScaleOption, SeedOption
from orchestration.cli.options import as_json as json_of
from orchestration.cli.renamed import Renamed
from orchestration.progress import as_one

app = typer.Typer(cls=Renamed)


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
            "--rate", metavar="NATURE=TAUX", help="Part des lignes qu'un défaut touche, de 0 à 1 ; répétable."
        ),
    ] = None,
    defects: Annotated[
        Path | None,
        typer.Option(
            "--defects",
            metavar="FICHIER",
            help="YAML « nature: taux » ; --rate l'emporte.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    times: Annotated[float, typer.Option("--times", help="Multiplie tous les taux.")] = 1.0,
) -> None:
    """Écrit des livraisons dans les formats réels, et leur vérité à part."""
    from orchestration.cli import console, summary
    from witness.generate import generate as make
    from witness.generate import read_rates

    try:
        wanted = read_rates(rates or (), defects, times)
    except ValueError as error:
        raise typer.BadParameter(f"taux de défauts refusés.\n{error}") from error
    with console.bars(lines=True) as progress:
        made = make(folder, scale=scale.value, seed=seed, rates=wanted, progress=as_one(progress, "Génération"))
    typer.echo(summary.of_generation(made))


@app.command()
def score(
    truth: Annotated[
        Path, typer.Argument(metavar="TRUTH_DIR", help="Vérité d'une génération (dossier « verite »).", exists=True)
    ],
    as_json: JsonOption = False,
) -> None:
    """Combien la couche publiée dit vrai, face à la vérité des données synthétiques et à des règles naïves."""
    from ingest.home import Home
    from ingest.protect.landed_keys import sha256_by_delivery
    from orchestration.cli.score_report import of_score
    from witness.score import keep
    from witness.score import score as judge

    home = Home.from_env()
    figures = judge(home.root, truth, sha256_by_delivery(home))
    keep(home.root, figures)
    typer.echo(json_of(figures) if as_json else of_score(figures))


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
    typer.echo(json_of(figures) if as_json else bench_report.summarise(figures))
    for path in written:
        console.log("bench", path=str(path))
