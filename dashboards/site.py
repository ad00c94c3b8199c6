"""The open part of a publication as a static site: a page a territory, a page an establishment, no script (ADR 42).

Belongs here: which pages and files there are, and their links. Does not belong here: what a sheet says (`sheets`), the
queries, the look (`templates/site`).

The site reads the files of open data and nothing else, by the queries of the pages: what is not open is not there to be
read. Every text goes through the escaping of the templates.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboards import exports, queries, sheets
from dashboards.access import OPEN
from dashboards.current import Publication, current_publication
from dashboards.exports import Column, Export
from dashboards.formats import count, instant_text, text, whole, with_unit
from dashboards.labels import label, territoire
from dashboards.queries import reperes
from ingest.home import Home

TEMPLATES = Path(__file__).with_name("templates") / "site"
SITE = "Données médico-sociales ouvertes"
MARK = "publication.json"  # says that a folder is a site of ours, and of which publication
Progress = Callable[[int, int], None]
Cell = str | tuple[str, str]  # a text, or a text and where it leads


class SiteFolder(Exception):
    """The folder asked for holds something that is not a site: nothing is written over it."""


class OpenPart(Publication):
    """A publication of which only the open data can be read."""

    def table(self, name: str) -> Path:
        return self.folder / "open_data" / f"{name}.parquet"

    def listed_tables(self) -> set[str]:
        return {dataset["name"] for dataset in self.open_datasets()}


@dataclass(frozen=True)
class Written:
    """What was written: the folder, how many pages and files, their size in bytes."""

    folder: Path
    version: str
    n_pages: int
    n_files: int
    size: int


@dataclass(frozen=True)
class _Table:
    titre: str
    lecture: str
    colonnes: list[str]
    lignes: list[list[Cell]]
    vide: str = ""
    fichiers: tuple[tuple[str, str], ...] = ()


def write(home: Home, out: Path, progress: Progress = lambda _done, _all: None) -> Written:
    """Writes the site of the current publication in a folder, which is replaced whole once the site is complete.

    Raises:
        NoPublicationError: nothing is published.
        SiteFolder: the folder holds something else than a site.
    """
    publication = current_publication(home)
    if out.exists() and not (out.is_dir() and ((out / MARK).is_file() or not any(out.iterdir()))):
        raise SiteFolder(f"le dossier {out} contient autre chose qu'un site : rien n'y est écrit. Donnez-en un autre.")
    opened = OpenPart(publication.version, publication.published_at, publication.folder)
    made = out.with_name(f"{out.name}.en-cours")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    try:
        n_pages, n_files, size = _fill(queries.Base(opened, OPEN), made, progress)
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Written(out, publication.version, n_pages, n_files, size)


def _fill(base: queries.Base, folder: Path, progress: Progress) -> tuple[int, int, int]:
    pages, files, size = 0, 0, 0
    contents: Iterator[tuple[str, bytes]] = _contents(base, progress)
    for path, content in contents:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        pages += path.endswith(".html")
        files += not path.endswith(".html")
        size += len(content)
    return pages, files, size


def _contents(base: queries.Base, progress: Progress) -> Iterator[tuple[str, bytes]]:
    """Every file of the site: its path, its bytes. One département at a time is held in memory."""
    yield "style.css", (TEMPLATES / "style.css").read_bytes()
    yield MARK, json.dumps({"version": base.publication.version}).encode()
    territories = {
        niveau: queries.territoires(base, niveau).to_dicts() for niveau in ("france", "region", "departement")
    }
    marks = reperes.every_mark(base).partition_by("categorie_code", as_dict=True)
    departements = territories["departement"]
    known = queries.etablissements_par_departement(base)
    total = sum(known.values())
    for region in territories["region"]:
        inside = [d for d in departements if d["region_code"] == region["territoire_code"]]
        yield _territory(base, "region", region, inside, [])
    for france in territories["france"]:
        yield _territory(base, "france", france, territories["region"], departements)
    done = 0
    for departement in (*departements, None):
        code = departement["territoire_code"] if departement else None
        rows = queries.etablissements_du_departement(base, code)
        if departement:
            yield from _departement(base, departement, rows)
        facts = sheets.known(base, [row["finess_et"] for row in rows])
        around = {key[0]: frame for key, frame in marks.items()}
        for row in rows:
            yield _establishment(base, row, facts[row["finess_et"]], around.get(row["categorie_code"]))
        done += len(rows)
        progress(done, total)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _page(
    base: queries.Base, path: str, title: str, lead: str, trail: Sequence[tuple[str, str]], tables: Sequence[_Table],
    closed: str = "",
) -> tuple[str, bytes]:  # fmt: skip
    html = (
        _environment()
        .get_template("page.html")
        .render(
            site=SITE,
            titre=title,
            chapeau=lead,
            ferme=closed,
            racine="../" * path.count("/"),
            fil=trail,
            sections=tables,
            version=base.publication.version,
            instant=instant_text(base.publication.published_at),
        )
    )
    return path, html.encode()


def _path(niveau: str, code: str) -> str:
    return "index.html" if niveau == "france" else f"{niveau}s/{code}.html"


def _establishment_path(finess: str) -> str:
    return f"etablissements/{finess[:2]}/{finess}.html"


def _territory(
    base: queries.Base,
    niveau: str,
    territory: Mapping[str, Any],
    inside: Sequence[Mapping[str, Any]],
    departements: Sequence[Mapping[str, Any]],
) -> tuple[str, bytes]:
    """The page of France or of a region: figures, offer, what it is made of."""
    code, name = territory["territoire_code"], territory["territoire_libelle"]
    below = "departement" if niveau == "region" else "region"
    lists = [_links("Départements" if niveau == "region" else "Régions", below, inside)]
    if departements:
        lists.append(_links("Départements", "departement", departements))
    trail = [] if niveau == "france" else [("France", "index.html")]
    tables = [*lists, _figures(base, niveau, code), _offer(base, niveau, code)]
    lead = "Offre et équipement médico-sociaux, d'après les données ouvertes."
    return _page(base, _path(niveau, code), name, lead, trail, tables)


def _links(title: str, niveau: str, listed: Sequence[Mapping[str, Any]]) -> _Table:
    lines: list[list[Cell]] = [
        [(row["territoire_libelle"], _path(niveau, row["territoire_code"])), row["territoire_code"]] for row in listed
    ]
    return _Table(title, "", ["Territoire", "Code"], lines, "Aucun territoire.")


def _figures(base: queries.Base, niveau: str, code: str) -> _Table:
    lines: list[list[Cell]] = [
        [
            row["libelle"],
            with_unit(row["valeur"], row["unite_mesure"]),
            str(row["millesime"]),
            text(row["alerte"] or "–"),
        ]
        for row in queries.key_figures(base, niveau, code).sort("libelle").iter_rows(named=True)
        if row["valeur"] is not None
    ]
    columns = ["Indicateur", "Valeur", "Année", "Réserve"]
    return _Table("Indicateurs du territoire", "", columns, lines, "Aucun indicateur ouvert n'est connu.")


def _offer(base: queries.Base, niveau: str, code: str) -> _Table:
    lines: list[list[Cell]] = [
        [
            row["categorie_libelle"],
            label("domaine", row["domaine"]),
            whole(row["n_et_ouverts"]),
            whole(row["cap_autorisee"]),
            whole(row["cap_installee"]),
        ]
        for row in queries.categories(base, niveau, code, queries.Filters()).iter_rows(named=True)
    ]
    columns = ["Catégorie", "Domaine", "Ouverts", "Places autorisées", "Places installées"]
    reading = "Places : somme des capacités connues ; certains services n'ont pas de places."
    return _Table("Offre par catégorie", reading, columns, lines, "Aucun établissement ouvert.")


LISTED = {
    "finess_et": Column("FINESS"),
    "raison_sociale": Column("Établissement"),
    "categorie_libelle": Column("Catégorie"),
    "commune_libelle": Column("Commune"),
    "etat": Column("État"),
    "cap_installee_totale": Column("Places installées", 0, "places"),
}


def _departement(
    base: queries.Base, departement: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, bytes]]:
    """The page of a département, and its list of establishments as files."""
    code, name = departement["territoire_code"], departement["territoire_libelle"]
    lines: list[list[Cell]] = [
        [
            (text(row["raison_sociale"]), _establishment_path(row["finess_et"])),
            row["finess_et"],
            text(row["categorie_libelle"]),
            text(row["commune_libelle"]),
            sheets.state(row),
            whole(row["cap_installee_totale"]),
        ]
        for row in rows
    ]
    columns = ["Établissement", "FINESS", "Catégorie", "Commune", "État", "Places installées"]
    many = count(len(rows), "établissement", "établissements")
    listed = _Table("Établissements", many, columns, lines, "Aucun établissement.", _files(code))
    region = departement["region_code"]
    trail = [("France", "index.html"), *([(territoire("region", region), _path("region", region))] if region else [])]
    lead = "Offre et équipement médico-sociaux, d'après les données ouvertes."
    tables = [_figures(base, "departement", code), _offer(base, "departement", code), listed]
    yield _page(base, _path("departement", code), f"{name} ({code})", lead, trail, tables)
    frame = pl.DataFrame(
        [{**{c: row[c] for c in LISTED if c != "etat"}, "etat": sheets.state(row)} for row in rows],
        schema={c: pl.Float64 if c == "cap_installee_totale" else pl.String for c in LISTED},
    )
    about = Export(f"Établissements : {name}", version=base.publication.version, columns=LISTED)
    for (_, path), (_, _, written) in zip(_files(code), exports.FORMATS.values(), strict=True):
        yield path, written(frame, about)


def _files(departement_code: str) -> tuple[tuple[str, str], ...]:
    """The three files of the establishments of a département: what each is called, where it is."""
    stem = f"fichiers/etablissements-{departement_code}"
    return tuple((kind, f"{stem}.{ending}") for kind, (ending, _, _) in exports.FORMATS.items())


def _establishment(
    base: queries.Base, row: Mapping[str, Any], facts: sheets.Known, marks: pl.DataFrame | None
) -> tuple[str, bytes]:
    places = {"departement": row["departement_code"], "region": row["region_code"], "france": "FR"}
    beside: sheets.Marks = {}
    if marks is not None:
        here = [(pl.col("niveau") == n) & (pl.col("territoire_code") == c) for n, c in places.items() if c]
        beside = sheets.by_figure(marks.filter(pl.any_horizontal(here)))
    said = sheets.sheet(row, facts, beside)
    code = row["departement_code"]
    trail = [("France", "index.html")]
    if code:
        trail.append((f"{text(row['departement_libelle'])} ({code})", _path("departement", code)))
    links = tuple(
        (kind, f"fichiers/etablissements-{code}.{ending}") for kind, (ending, _, _) in exports.FORMATS.items()
    )
    tables = [_section(section) for section in said.sections]
    if code:
        tables[0] = replace(tables[0], fichiers=links)
    return _page(
        base,
        _establishment_path(said.finess),
        said.name,
        f"FINESS {said.finess} · {said.lead}",
        trail,
        tables,
        said.closed,
    )


def _section(section: sheets.Section) -> _Table:
    columns = list(section.rows[0]) if section.rows else []
    lines: list[list[Cell]] = [[row[column] for column in columns] for row in section.rows]
    return _Table(section.title, section.reading, columns, lines, section.empty)
