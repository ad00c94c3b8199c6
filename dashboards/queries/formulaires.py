"""Queries of the forms that come back filled, and of what each collection would lose by being given the layer.

Belongs here: those queries. Does not belong here: how their rows are shown (`dashboards.views.dlnuf_formulaires`,
`dashboards.views.qualite_non_regression`).
"""

from __future__ import annotations

from typing import Any

import polars as pl

from dashboards.queries.connection import FICHE, Base
from data_contracts.supply_rules import MART

_PARTS = ("n_preremplis", "n_a_confirmer", "n_a_demander", "n_non_demandes")
# The columns of forms, each counted in one state; all of them, asked or not, are what shares are of.
_SUMS = ", ".join(f"sum({part}) as {part}" for part in (*_PARTS, "n_depuis_dui", "n_dui_a_confirmer"))
_ALL = " + ".join(_PARTS)
_SHARES = ", ".join(f"100.0 * {part} / nullif({_ALL}, 0) as {part.replace('n_', 'part_', 1)}" for part in _PARTS)
_IN = f"""mart_dlnuf__preremplissage_esms p inner join (
    select finess_et, departement_code as dep, departement_libelle as dep_libelle, region_code as reg, epci_code as epci
    from {FICHE}
) f using (finess_et)"""
_WHERE = """($niveau = 'france' or ($niveau = 'region' and reg = $code) or ($niveau = 'departement' and dep = $code)
    or ($niveau = 'epci' and epci = $code))"""


def parts_par_formulaire(base: Base, niveau: str, code: str) -> pl.DataFrame:
    """By form, over the ESMS of a territory: ESMS asked, columns by state and their shares, those that a DUI fills."""
    return base.read(
        f"""
        with sommes as (
            select formulaire, max(formulaire_libelle) as formulaire_libelle, max(millesime) as millesime,
                   count(*) as n_esms, {_SUMS}
            from {_IN} where {_WHERE} group by formulaire
        )
        select *, {_SHARES} from sommes order by part_preremplis desc, formulaire
        """,
        {"niveau": niveau, "code": code},
    )


def parts_par_departement(base: Base, niveau: str, code: str, formulaire: str | None) -> pl.DataFrame:
    """By département of a territory, of one form or of all: the same, in the order of codes."""
    return base.read(
        f"""
        with sommes as (
            select dep as departement_code, max(dep_libelle) as departement_libelle,
                   count(distinct finess_et) as n_esms, {_SUMS}
            from {_IN} where {_WHERE} and dep is not null and ($formulaire is null or formulaire = $formulaire)
            group by dep
        )
        select *, {_SHARES} from sommes order by departement_code
        """,
        {"niveau": niveau, "code": code, "formulaire": formulaire},
    )


def parts_d_un_esms(base: Base, finess_et: str) -> pl.DataFrame:
    """The forms that one ESMS is asked, with the shares of each."""
    return base.read(
        f"select formulaire, formulaire_libelle, millesime, {', '.join(_PARTS)}, n_depuis_dui, n_dui_a_confirmer,"
        f" {_SHARES} from mart_dlnuf__preremplissage_esms where finess_et = $finess_et order by part_preremplis desc,"
        " formulaire",
        {"finess_et": finess_et},
    )


def questions(base: Base) -> pl.DataFrame:
    """What collections ask ESMS, the most often asked first."""
    return base.read("select * from mart_dlnuf__questions order by n_formulaires desc, n_champs desc, element_libelle")


def non_regression(base: Base) -> list[dict[str, Any]]:
    """What is measured of each column of each collection, as `data_contracts.supply_rules` judges it."""
    return list(base.read(f"select * from {MART} order by formulaire, rang").iter_rows(named=True))
