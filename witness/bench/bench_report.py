"""The report of the bench: Markdown, with its charts beside it.

Belongs here: the aims, the tables, the charts. Does not belong here: any measure (`measuring`); a report can be written
again from its JSON without measuring anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl

from witness.bench import measuring
from witness.bench.process_tree import BenchFailed
from witness.bench.stage_costs import REST, STAGES
from witness.generate.structures import ESMS_FRANCE

Figures = dict[str, Any]
Drawing = alt.Chart | alt.LayerChart | alt.FacetChart
ORDER = ("reception", *STAGES, REST)
BLUE, GREY = "#1f5f99", "#9aa5b1"
WIDTH = 640
NATIONAL = measuring.SCALES[-1]


@dataclass(frozen=True)
class Aim:
    """What is aimed at, on two cores and at national scale.

    `english` and `french` name it, `of` finds its figure, `bound` is what the figure is compared with.
    """

    english: str
    french: str
    of: Callable[[Figures], float | None]
    bound: float
    unit: str
    at_least: bool = False

    def met(self, figures: Figures) -> bool | None:
        """Whether the aim is met; None when it was not measured, or not at national scale."""
        value = self.of(figures)
        if value is None or _largest(figures)["scale"] != NATIONAL:
            return None
        return value >= self.bound if self.at_least else value <= self.bound


def require_drawing() -> None:
    """Raises BenchFailed when charts cannot be written: better before the measures than after them."""
    if find_spec("vl_convert") is None:
        raise BenchFailed("Les graphiques du rapport ont besoin de vl-convert-python : make install, puis relancez.")


def _largest(figures: Figures) -> Figures:
    return figures["scales"][-1]


AIMS = (
    Aim(
        "files to published snapshot: wall time",
        "Des fichiers à la publication, durée",
        lambda f: _largest(f)["wall_s"],
        600,
        "s",
    ),
    Aim(
        "files to published snapshot: peak memory",
        "Des fichiers à la publication, mémoire",
        lambda f: _largest(f)["peak_mb"],
        6000,
        "MB",
    ),
    Aim(
        "times the floor (DuckDB reads the bytes, writes Parquet)",
        "Fois le plancher (lire et écrire les octets)",
        lambda f: f["floor_ratio"],
        5,
        "×",
    ),
    Aim(
        "resolution: times faster than pandas",
        "Résolution, fois plus rapide que pandas",
        lambda f: f["pandas_ratio"],
        10,
        "×",
        at_least=True,
    ),
    Aim(
        "rerun after one département changes, share of the full run",
        "Reprise après un département, part du tout",
        lambda f: f["incremental_share"],
        0.05,
        "%",
    ),
    Aim(
        "growth exponent (wall time on observations)",
        "Exposant de croissance",
        lambda f: f["growth_exponent"],
        1.05,
        "",
    ),
    Aim("dashboard query, median", "Requête du tableau de bord, médiane", lambda f: f["dashboard_query_ms"], 100, "ms"),
    Aim("generation: wall time", "Génération, durée", lambda f: _largest(f)["generation"]["wall_s"], 240, "s"),
    Aim("generation: peak memory", "Génération, mémoire", lambda f: _largest(f)["generation"]["peak_mb"], 4000, "MB"),
)


def write(figures: Figures, path: Path) -> list[Path]:
    """Write the report at `path` (Markdown), with its charts (SVG) and its figures (JSON) beside it.

    Returns the files written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = path.with_suffix(".json")
    charts = {f"{path.stem}-{name}.svg": chart for name, chart in _charts(figures).items()}
    for name, chart in charts.items():
        chart.save(path.with_name(name))
    measuring.write(figures, data)
    path.write_text(text(figures, path.stem), encoding="utf-8")
    return [path, data, *(path.with_name(name) for name in charts)]


def text(figures: Figures, stem: str) -> str:
    """The report as Markdown; `stem` is the beginning of the names of its charts."""
    largest = _largest(figures)
    parts = [
        "# Bench: from files to a published snapshot",
        f"Measured on {figures['date']} by `dlnuf bench` (seed {figures['seed']}); figures: `{stem}.json`. The largest"
        f" scale here is `{largest['scale']}` ({number(largest['open_et'])} open ET).",
        "## Aims",
        _aims(figures),
        "## Machine and noise",
        _machine(figures["machine"]),
        _noise(figures["scales"]),
        "## Volumes and growth",
        _volumes(figures["scales"]),
        f"![Wall time by volume]({stem}-growth.svg)",
        f"## Stages at scale `{largest['scale']}`",
        "dbt builds two models at once: stages overlap, and their wall times add up to more than the whole. CPU is"
        " shared among the stages at work between two samples. Peak memory is that of the whole process tree while the"
        f" stage was at work. `{REST}`: what no stage claims (starting Python, Dagster and dbt; checks).",
        _stages(largest),
        f"![Wall time of each stage]({stem}-stages.svg)",
        f"![Memory during the run]({stem}-memory.svg)",
        "## Heaviest models and tests",
        table(
            ("dbt node", "stage", "wall (s)"),
            [(f"`{n['name']}`", n["stage"], seconds(n["wall_s"])) for n in largest["heaviest"]],
        ),
        "## Comparisons",
        _comparisons(figures["scales"]),
        _reading(figures["scales"]),
        "## Dashboard",
        _dashboard(figures["scales"]),
        "## Forms",
        _forms(figures["scales"]),
        "## How it is measured",
        _method(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def summarise(figures: Figures) -> str:
    """The figures that the aims are about, in French, for the person who called the command."""
    volumes = [
        f"{e['scale']:<13} {number(e['observations']):>11} observations {seconds(e['wall_s']):>7} s"
        f" {number(e['peak_mb']):>7} Mo"
        for e in figures["scales"]
    ]
    told = {True: "atteint", False: "non atteint", None: "–"}
    aims: list[str] = []
    for aim in AIMS:
        value = aim.of(figures)
        bound = f"{'au moins' if aim.at_least else 'au plus'} {amount(aim.bound, aim.unit)}".replace("MB", "Mo")
        said = "–" if value is None else amount(value, aim.unit).replace("MB", "Mo")
        aims.append(f"{aim.french:<46} {said:>12}  ({bound} : {told[aim.met(figures)]})")
    return "\n".join([*volumes, "", "À la plus grande échelle mesurée (les objectifs valent pour le pays) :", *aims])


# --- parts


def _aims(figures: Figures) -> str:
    rows: list[tuple[str, ...]] = []
    for aim in AIMS:
        value, met = aim.of(figures), aim.met(figures)
        sign = "≥" if aim.at_least else "≤"
        rows.append(
            (aim.english, f"{sign} {amount(aim.bound, aim.unit)}", "–" if value is None else amount(value, aim.unit),
             {True: "met", False: "**not met**", None: "–"}[met])
        )  # fmt: skip
    warning = ""
    if _largest(figures)["scale"] != NATIONAL:
        warning = "The aims are stated at national scale, which this report does not cover: no verdict.\n\n"
    return warning + table(("aim (two cores, national scale)", "bound", "measured", ""), rows)


def _machine(machine: Figures) -> str:
    load = ", ".join(str(each) for each in machine["load_before"])
    versions = ", ".join(f"{name} {machine[name]}" for name in ("python", *measuring.machine.PACKAGES))
    return (
        f"{machine['cpu']}; {machine['cores']} cores used of {machine['cores_of_the_machine']};"
        f" {machine['memory_gb']} GB; {machine['system']}. {versions}. Load before starting (1, 5, 15 min): {load}."
    )


def _noise(scales: Sequence[Figures]) -> str:
    rows = [
        (each["scale"], str(each["noise"]["wall_s"]["n"]), *(_spread(each["noise"][m]) for m in each["noise"]))
        for each in scales
    ]
    return table(("scale", "repeats", "wall (s), min – median – max", "CPU (s)", "peak (MB)"), rows)


def _spread(noise: Figures) -> str:
    if noise["n"] == 1:
        return f"{number(noise['median'])} (once)"
    return " – ".join(number(noise[k]) for k in ("min", "median", "max"))


def _volumes(scales: Sequence[Figures]) -> str:
    columns: dict[str, Callable[[Figures], str]] = {
        "scale": lambda e: e["scale"],
        "share": lambda e: f"{100 * e['share']:.1f} %",
        "open ET": lambda e: number(e["open_et"]),
        "files": lambda e: number(e["files"]),
        "MB": lambda e: seconds(e["bytes"] / 1e6),
        "rows read": lambda e: number(e["rows"]["read"]),
        "observations": lambda e: number(e["observations"]),
        "retained": lambda e: number(e["retained"]),
        "conflicts": lambda e: number(e["conflicts"]),
        "wall (s)": lambda e: seconds(e["wall_s"]),
        "CPU (s)": lambda e: seconds(e["cpu_s"]),
        "peak (MB)": lambda e: number(e["peak_mb"]),
    }
    return table(list(columns), [[told(each) for told in columns.values()] for each in scales])


def _stages(scale: Figures) -> str:
    told = {"generation (before the run)": scale["generation"]}
    told |= {name: scale["stages"][name] for name in ORDER if name in scale["stages"]}
    told["**files to snapshot**"] = scale
    again = [{**scale[rerun]["stages"], "**files to snapshot**": scale[rerun]} for rerun in ("incremental", "bundle")]
    rows = [
        (name, seconds(cost["wall_s"]), seconds(cost["cpu_s"]), number(cost["peak_mb"]),
         *(seconds(rerun[name]["wall_s"]) if name in rerun else "–" for rerun in again))
        for name, cost in told.items()
    ]  # fmt: skip
    headings = ("stage", "wall (s)", "CPU (s)", "peak (MB)", "wall of the rerun (s)", "wall of one new bundle (s)")
    return table(headings, rows)


def _comparisons(scales: Sequence[Figures]) -> str:
    headings = ("scale", "run (s)", "floor (s)", "× floor", "resolution (s)", "pandas (s, MB)", "× faster",
                "pandas, single answers apart (s, MB)", "× faster", "rows that differ", "rerun (s)",
                "share of the run")  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for e in scales:
        pandas = [(_cost(e[k]), times(e[k]["ratio"])) for k in ("pandas", "pandas_single_first")]
        differ = {str(e[k]["differences"]) for k in ("pandas", "pandas_single_first") if e[k]["wall_s"] is not None}
        rows.append(
            (e["scale"], seconds(e["wall_s"]), seconds(e["floor"]["wall_s"]), times(e["floor"]["ratio"]),
             seconds(e["stages"]["resolution"]["wall_s"]), *pandas[0], *pandas[1], ", ".join(sorted(differ)) or "–",
             seconds(e["incremental"]["wall_s"]), f"{100 * e['incremental']['share']:.1f} %")
        )  # fmt: skip
    return table(headings, rows)


def _cost(done: Figures) -> str:
    return "did not end" if done["wall_s"] is None else f"{seconds(done['wall_s'])}, {number(done['peak_mb'])}"


def _reading(scales: Sequence[Figures]) -> str:
    lines = [
        "- *Floor*: one DuckDB process, two threads, reads the same files (CSV as text, JSON as it comes) and writes"
        " them as Parquet. Files in Windows-1252 are put in UTF-8 before the clock starts, and starting Python is not"
        " counted: both in its favour.",
        "- *pandas*: the three rounds on the same observations (Parquet in, Parquet out), against the time during"
        " which the models of the resolution are built (another thread of dbt works meanwhile). *Single answers"
        " apart*: with the models' own shortcut, which sends questions that have one answer straight to the layer."
        " *Rows that differ*: of the retained values and of the others, in either direction, every column that says"
        " something.",
        "- *Rerun*: one département sends its tableau de bord again, corrected (`suite/`); received, processed,"
        " published. *One new bundle*: one ESMS sends the TDDUI bundle of the month after (`suite/personnes/`).",
    ]
    for each in scales:
        if failed := each["pandas"].get("failed"):
            lines.append(f"- pandas did not end at scale `{each['scale']}`: {failed.splitlines()[-1]}")
    return "\n".join(lines)


def _dashboard(scales: Sequence[Figures]) -> str:
    rows = [
        (e["scale"], number(e["dashboard"]["open_ms"]), str(len(e["dashboard"]["queries"])),
         f"{e['dashboard']['median_ms']:.1f}", *_slowest(e["dashboard"]["queries"][0]))
        for e in scales
    ]  # fmt: skip
    said = (
        "Every public query of the application on the published snapshot, seven times each, with arguments such as"
        " pages give, without the caches that pages keep. Milliseconds; the median is that of the medians."
    )
    slow = _largest({"scales": scales})["dashboard"]["queries"][:5]
    listed = table(
        ("slowest queries, largest scale", "arguments", "median (ms)", "max (ms)"),
        [(f"`{q['query']}`", _arguments(q), number(q["median_ms"]), number(q["max_ms"])) for q in slow],
    )
    opened = table(("scale", "opening (ms)", "calls", "median (ms)", "slowest", "its median (ms)"), rows)
    return "\n\n".join((said, opened, listed))


def _slowest(query: Figures) -> tuple[str, str]:
    return f"`{query['query']}`", number(query["median_ms"])


def _arguments(query: Figures) -> str:
    return ", ".join(f"{name}={value}" for name, value in query["arguments"].items()) or "–"


def _forms(scales: Sequence[Figures]) -> str:
    rows: list[tuple[str, ...]] = []
    for scale in scales:
        forms = scale["forms"]
        each = 1000 * forms["cpu_s"] / forms["forms"]
        rows.append(
            (scale["scale"], forms["departement"] or "everyone", number(forms["forms"]), seconds(forms["bytes"] / 1e6),
             seconds(forms["wall_s"]), seconds(forms["cpu_s"]), f"{each:.0f}",
             " – ".join(number(third) for third in forms["thirds_mb"]))
        )  # fmt: skip
    last = scales[-1]["forms"]
    every = last["cpu_s"] / last["forms"] * ESMS_FRANCE / 60
    said = (
        f"`dlnuf forms {last['collection']}`: three files a form, in one command. Memory is that of the process in each"
        " third of the time: it holds a batch of ESMS, whatever their number."
    )
    multiplied = (
        f"At the cost of a form of the largest scale, the {number(ESMS_FRANCE)} ESMS of the country take"
        f" {every:.0f} minutes of CPU: multiplied, not measured."
    )
    headings = ("scale", "of", "forms", "MB", "wall (s)", "CPU (s)", "CPU of a form (ms)", "memory (MB), by thirds")
    return "\n\n".join((said, table(headings, rows), multiplied))


def _method() -> str:
    return "\n".join(
        (
            "- Each command (`generate`, `deliver`, `run`, `forms`) is a process of its own, on two cores; the home is"
            " new.",
            "- Memory is the sum of the resident sets of its process tree, looked at every 50 ms: pages that two"
            " processes share count twice, so it is an upper bound. MB are millions of bytes.",
            "- Stages: the journal that every run leaves (`<home>/journaux/mesures.json`) and dbt's"
            " `run_results.json`.",
            "- Nothing is warmed: each repeat parses the dbt project and starts from an empty home; the files of the"
            " generation may be in the page cache of the system.",
        )
    )


# --- charts


def _charts(figures: Figures) -> dict[str, Drawing]:
    largest = _largest(figures)
    return {
        "growth": growth_chart(figures["scales"]),
        "stages": stages_chart(largest),
        "memory": memory_chart(largest),
    }


def growth_chart(scales: Sequence[Figures]) -> Drawing:
    """Wall time by observations on logarithmic scales, beside what would be proportional to the largest."""
    last = scales[-1]
    points = pl.DataFrame(
        [
            {
                "observations": e["observations"],
                "wall": e["wall_s"],
                "proportional": last["wall_s"] * e["observations"] / last["observations"],
                "scale": e["scale"],
            }
            for e in scales
        ]
    )
    x = alt.X("observations:Q", scale=alt.Scale(type="log", padding=40), title="observations")
    y = alt.Y("wall:Q", scale=alt.Scale(type="log"), title="wall time (s)")
    base = alt.Chart(points, width=WIDTH, height=260, title="Wall time by volume (grey: proportional)").encode(x=x)
    return alt.layer(
        base.mark_line(color=GREY, strokeDash=[4, 4]).encode(y=alt.Y("proportional:Q", title="wall time (s)")),
        base.mark_line(color=BLUE, point=True).encode(y=y),
        base.mark_text(dy=-12).encode(y=y, text="scale:N"),
    )


def stages_chart(scale: Figures) -> Drawing:
    """Wall time of each stage."""
    rows = [{"stage": s, "wall": scale["stages"][s]["wall_s"]} for s in ORDER if s in scale["stages"]]
    title = f"Wall time of each stage, scale {scale['scale']} (stages overlap)"
    base = alt.Chart(pl.DataFrame(rows), width=WIDTH, height=24 * len(rows), title=title).encode(
        x=alt.X("wall:Q", title="seconds"), y=alt.Y("stage:N", sort=list(ORDER), title=None)
    )
    return alt.layer(
        base.mark_bar(color=BLUE), base.mark_text(align="left", dx=4).encode(text=alt.Text("wall:Q", format=".1f"))
    )


def memory_chart(scale: Figures) -> Drawing:
    """Memory of the process tree along the run."""
    points = pl.DataFrame(scale["memory"], schema=["second", "megabytes"], orient="row")
    title = f"Memory during the run, scale {scale['scale']}"
    return (
        alt.Chart(points, width=WIDTH, height=220, title=title)
        .mark_area(color=BLUE, opacity=0.6, line=True)
        .encode(x=alt.X("second:Q", title="seconds since the start"), y=alt.Y("megabytes:Q", title="MB (sum of RSS)"))
    )


# --- texts


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose columns of figures are aligned on the right."""
    listed = [tuple(row) for row in rows]
    right = [
        bool(listed) and all(row[i][:1].isdigit() or row[i] == "–" for row in listed) for i in range(len(headings))
    ]
    lines = [headings, ["--:" if each else "---" for each in right], *listed]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float) -> str:
    """A number without decimals, as the French write it: 12345.6 gives « 12 346 »."""
    return f"{value:,.0f}".replace(",", "\u202f")


def seconds(value: float) -> str:
    """Seconds, with tenths below a hundred, where they still mean something."""
    return f"{value:.1f}" if value < 100 else number(value)


def times(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.1f}"


def amount(value: float, unit: str) -> str:
    """A figure with its unit."""
    if unit == "%":
        return f"{100 * value:.1f} %"
    if unit in ("", "×"):
        return f"{value:.2f}{' ' + unit if unit else ''}"
    return f"{seconds(value)} {unit}"
