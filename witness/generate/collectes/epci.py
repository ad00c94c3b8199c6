"""INSEE: which EPCI each commune belongs to, in the workbook « Intercommunalité - Métropole ».

Belongs here: that workbook. Does not belong here: the code of communes (`insee`).

The communes are real; their EPCI are not. As many communes as a real EPCI has, neighbours from west to east, are put
together, under a number of company that is nobody's; the last commune of a département is left alone, as islands are.
"""

from __future__ import annotations

import polars as pl
from openpyxl import Workbook

from witness.generate.collectes.aide_sociale import repacked
from witness.generate.collectes.insee import MILLESIME_COG
from witness.generate.structure_numbers import siren_number
from witness.generate.world import World

FILE = f"Intercommunalite_Metropole_au_01-01-{MILLESIME_COG}.xlsx"
FIRST_EPCI_SIREN = 90_000
_SIZE = 8
_NONE = ("ZZZZZZZZZ", "Sans objet")
_TITLES = ["CODGEO", "LIBGEO", "EPCI", "LIBEPCI", "DEP", "REG"]
_TITLES_OF_LIST = ["EPCI", "LIBEPCI", "NATURE_EPCI", "NB_COM"]
# What each title says in full, on the row above it, as Insee does.
_LONG = {
    "CODGEO": "Code géographique communal", "LIBGEO": "Libellé géographique", "EPCI": "Code EPCI/Métropole",
    "LIBEPCI": "Libellé EPCI/Métropole", "DEP": "Département", "REG": "Région", "NATURE_EPCI": "Nature d'EPCI",
    "NB_COM": "Nombre de communes",
}  # fmt: skip


def composition(world: World) -> pl.DataFrame:
    """One row a commune: commune, nom, epci, epci_nom (None when it has none), departement, region."""
    rows: list[tuple[str, str, str | None, str | None, str, str]] = []
    communes = world.territoire.communes.sort("rang_dep", "longitude", "code", maintain_order=True)
    n_epci = 0
    for (_,), members in communes.group_by("rang_dep", maintain_order=True):
        for start in range(0, len(members), _SIZE):
            group = members.slice(start, _SIZE)
            seat = group.sort("population", descending=True)["nom"][0]
            alone = len(group) == 1 and start > 0
            epci = None if alone else siren_number(FIRST_EPCI_SIREN + n_epci)
            n_epci += 1
            rows += [
                (code, name, epci, None if alone else f"CC de {seat} (fictive)", departement, region)
                for code, name, departement, region in group.select("code", "nom", "departement", "region").iter_rows()
            ]
    return pl.DataFrame(
        rows, schema=["commune", "nom", "epci", "epci_nom", "departement", "region"], orient="row"
    ).sort("commune")


def workbook(world: World) -> tuple[bytes, int]:
    """The workbook, and how many rows of it are read: five rows stand above the titles of each sheet, as Insee's do."""
    book = Workbook()
    notice = book.active
    assert notice is not None
    notice.title = "Documentation"
    notice.append(["Composition communale des EPCI à fiscalité propre (EPCI fictifs)"])
    told = composition(world)
    listed = book.create_sheet("EPCI")
    for row in (*_above("liste des EPCI"), _long(_TITLES_OF_LIST), _TITLES_OF_LIST):
        listed.append(row)
    for (epci, name), members in told.drop_nulls("epci").group_by("epci", "epci_nom", maintain_order=True):
        listed.append([str(epci), str(name), "CC", len(members)])
    sheet = book.create_sheet("Composition_communale")
    for row in (*_above("composition communale"), _long(_TITLES), _TITLES):
        sheet.append(row)
    for code, name, epci, epci_name, departement, region in told.iter_rows():
        sheet.append([code, name, epci or _NONE[0], epci_name or _NONE[1], departement, region])
    return repacked(book), len(told)


def _above(what: str) -> list[list[str]]:
    return [
        [f"Intercommunalité - Métropole : {what}"],
        [f"Géographie au 01/01/{MILLESIME_COG}"],
        ["EPCI fictifs, communes réelles"],
        [],
    ]


def _long(titles: list[str]) -> list[str]:
    return [_LONG[title] for title in titles]
