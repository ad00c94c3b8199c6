"""DREES: the workbooks of the survey « Aide sociale », of all France: beneficiaries, expenditure, staff.

Belongs here: their figures, and the workbooks that hold them. Does not belong here: of which sheets they are made
(`faits/aide_sociale.csv`), the EHPA survey (`drees`).

As in the real ones: the Rhône is there with its two parts, which are told since 2015; Corse is told by
départements until 2017, then whole; Mayotte is only in the workbook of staff, where what is not known is « ND »;
expenditure writes 0 where it has nothing to tell.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from witness.generate import facts
from witness.generate.streams import Floats, Streams
from witness.generate.structures import MILLESIMES

YEARS = tuple(range(2012, MILLESIMES[-1] + 1))
FILES = {
    "beneficiaires": f"drees_beneficiaires_aide_sociale_series_longues_{YEARS[0]}_{YEARS[-1]}.xlsx",
    "depenses": f"drees_depenses_aide_sociale_series_longues_{YEARS[0]}_{YEARS[-1]}.xlsx",
    "personnel": f"drees_personnel_departemental_{YEARS[0]}_{YEARS[-1]}.xlsx",
}
_OVERSEAS = {"971": ("101", "01"), "972": ("102", "02"), "973": ("103", "03"), "974": ("104", "04")}  # Drees, COG
_PARTS_SINCE, _CORSE_SINCE = 2015, 2018
_LYON = 0.74  # the share of the Rhône
_MAYOTTE = "976"
_METROPOLE = "TOTAL estimé France métropolitaine"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@cache
def _figures(streams: Streams) -> dict[str, dict[str, Floats]]:
    """Mesure -> département -> a figure a year, of all France: true, and published as it is."""
    departements = facts.table("departements")
    population = facts.numbers("departements", "population")
    bases = {
        "population_75_plus": population * facts.numbers("departements", "part_75_plus"),
        "population_20_59": population * 0.49,
    }
    rng = streams.stream("aide_sociale")
    years = np.arange(len(YEARS))
    made: dict[str, Floats] = {}
    lines = list(facts.table("aide_sociale").iter_rows(named=True))
    mesures = {line["mesure"] for line in lines}
    # from the population, then sums of those, then what is counted for each beneficiary
    for line in sorted(lines, key=lambda line: (line["base"] not in bases) + (line["base"] in mesures)):
        if line["base"].startswith("="):
            made[line["mesure"]] = np.sum([made[part] for part in line["base"][1:].split("+")], axis=0)
            continue
        growth = (1 + float(line["croissance"])) ** years
        level = np.exp(rng.normal(0.0, float(line["sigma"]), (len(departements), 1)))
        jitter = np.exp(rng.normal(0.0, 0.01, (len(departements), len(YEARS))))
        base = made[line["base"]] if line["base"] in made else bases[line["base"]][:, None]
        figures = base * float(line["taux"]) * level * growth * jitter
        made[line["mesure"]] = np.round(figures, {"depenses": 5, "personnel": 1}.get(line["classeur"], 0))
    codes = departements["code"].to_list()
    return {mesure: dict(zip(codes, values, strict=True)) for mesure, values in made.items()}


def truth(streams: Streams) -> pl.DataFrame:
    """One row a figure told of a département, in the unit of its workbook: mesure, millesime, departement, valeur."""
    rows = [
        (line["mesure"], year, departement, value)
        for line in facts.table("aide_sociale").iter_rows(named=True)
        for departement, values in _figures(streams)[line["mesure"]].items()
        for year, value in zip(YEARS, values.tolist(), strict=True)
        if _is_told(line["classeur"], departement, year)
    ]
    return pl.DataFrame(rows, schema=["mesure", "millesime", "departement", "valeur"], orient="row")


def workbook(name: str, streams: Streams) -> tuple[bytes, int]:
    """One of the three workbooks, and how many figures it holds, empty cells included."""
    book, n_figures = Workbook(), 0
    notice = book.active
    assert notice is not None
    notice.title = "Présentation et méthode"
    notice.append(["Aide sociale départementale (données fictives)"])
    for line in facts.table("aide_sociale").filter(pl.col("classeur") == name).iter_rows(named=True):
        sheet = book.create_sheet(line["feuille"])
        figures = _figures(streams)[line["mesure"]]
        title = line["titre"].format(debut=YEARS[0])
        n_figures += _staff(sheet, title, figures) if name == "personnel" else _series(sheet, title, line, figures)
    return _repacked(book), n_figures


def _is_told(workbook: str, departement: str, year: int) -> bool:
    if departement == _MAYOTTE:
        return workbook == "personnel" and year >= _CORSE_SINCE
    return departement not in ("2A", "2B") or year < _CORSE_SINCE


def _territories(workbook: str, figures: dict[str, Floats]) -> list[tuple[str, str, str, list[float | None]]]:
    """The rows of départements: region, code, name, a figure a year; None where the source does not tell one."""
    unborn = 0.0 if workbook == "depenses" else None
    rows: list[tuple[str, str, str, list[float | None]]] = []
    for code, region, name in facts.table("departements").select("code", "region", "nom").iter_rows():
        values: list[float | None] = [
            v if _is_told(workbook, code, year) else unborn
            for year, v in zip(YEARS, figures[code].tolist(), strict=True)
        ]
        if code == _MAYOTTE and workbook != "personnel":
            continue
        if code == "2A":
            whole = (figures["2A"] + figures["2B"]).tolist()
            rows.append((region, "20", "Corse", whole))
        rows.append((_OVERSEAS.get(code, (region,))[0], code, "Département du Rhône" if code == "69" else name, values))
        if code == "69":
            lyon = np.round(figures["69"] * _LYON)
            for part, label, shares in (
                ("69D", "Nouveau Rhône", figures["69"] - lyon),
                ("69M", "Métropole de Lyon", lyon),
            ):
                told: list[float | None] = [
                    v if y >= _PARTS_SINCE else unborn for y, v in zip(YEARS, shares.tolist(), strict=True)
                ]
                rows.append((region, part, label, told))
    return rows


def _series(sheet: Worksheet, title: str, line: dict[str, str], figures: dict[str, Floats]) -> int:
    """The table by département, then the one by region, each with its totals."""
    rows = _territories(line["classeur"], figures)
    notes = ["Source : DREES, Enquête Aide sociale.", "Champ : France métropolitaine et DROM (Hors Mayotte)."]
    if line["unite"]:
        notes.append(line["unite"])
    mainland = [c for c in figures if not c.startswith("97")]
    overseas = list(_OVERSEAS)
    totals = {
        _METROPOLE: _sum(figures, mainland),
        "TOTAL estimé DROM (hors Mayotte)": _sum(figures, overseas),
        "TOTAL estimé France entière (hors Mayotte)": _sum(figures, mainland + overseas),
    }
    _header(sheet, title, notes, ["Code région", "Code département", "Département", *YEARS])
    for region, code, name, values in rows:
        sheet.append([region, code, name, *values])
    for label, total in totals.items():
        sheet.append([label, None, None, *total])
    sheet.append([])
    _header(sheet, title, notes, ["Code région", "Région", None, *YEARS])
    regions = dict(facts.table("regions").select("code", "nom").iter_rows())
    members: dict[str, list[str]] = {}
    for code, region in facts.table("departements").select("code", "region").iter_rows():
        if code != _MAYOTTE:
            members.setdefault(region, []).append(code)
    overseas_codes = {cog: drees for drees, cog in _OVERSEAS.values()}
    for region, codes in members.items():
        sheet.append([overseas_codes.get(region, region), regions[region], None, *_sum(figures, codes)])
    for label, total in totals.items():
        sheet.append([label, label, None, *total])
    return len(YEARS) * (len(rows) + len(members) + 2 * len(totals))


def _staff(sheet: Worksheet, title: str, figures: dict[str, Floats]) -> int:
    rows = _territories("personnel", figures)
    _header(sheet, title, ["> retour sommaire"], ["Numéro de département", "Département", *map(str, YEARS)])
    for _, code, name, values in rows:
        sheet.append([code, name, *("ND" if value is None else value for value in values)])
    sheet.append([_METROPOLE, None, *_sum(figures, [c for c in figures if not c.startswith("97")])])
    sheet.append(["ND : non disponible."])
    return len(YEARS) * (len(rows) + 1)


def _header(sheet: Worksheet, title: str, notes: Sequence[str], titles: list[Any]) -> None:
    sheet.append([title])
    for note in notes:
        sheet.append([note])
    sheet.append([])
    sheet.append(titles)


def _sum(figures: dict[str, Floats], codes: list[str]) -> list[float]:
    return np.sum([figures[code] for code in codes], axis=0).tolist()


def _repacked(book: Workbook) -> bytes:
    """The bytes of a workbook without the time at which it was written: the same seed gives the same bytes."""
    written, repacked = io.BytesIO(), io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(repacked, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:.]+Z?", b"2024-12-31T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return repacked.getvalue()
