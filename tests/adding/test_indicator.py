"""docs/adding/indicator.md, followed: two indicators more in a copy of the project, built on a département."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from ingest.home import Home
from orchestration.dbt_runtime import DAY, DBT_EXECUTABLE, environment
from tests.adding.pages import Copy, Page
from tests.shared import played

RATE, COST = (f"data_contracts/indicators/{code}.yaml" for code in ("EQ_MAS", "COUT_PLACE"))
MACRO = "dbt_project/macros/indicateurs/cout_par_place.sql"
UNIT_TEST = "dbt_project/models/marts/indicateurs/calcul/_formules.yml"
MARTS = ("mart_indicateurs__territoires", "mart_indicateurs__esms")

# What the gate out accepts in the two products, by the declarations of the copy.
ACCEPTED = f"""
from data_contracts.loading import load_products
for product in {MARTS}:
    for field in load_products()[product].fields:
        print(*field.accepted_values)
"""


def test_an_indicator_whose_formula_exists_is_its_file(tmp_path: Path) -> None:
    copy = Copy.make(tmp_path)
    copy.follow("indicator")
    assert copy.touched() == {RATE}
    assert Page.read("indicator").files == 1
    copy.dlnuf("contracts", "generate")
    assert copy.touched() == {
        RATE,
        "dbt_project/seeds/indicateurs_champ.csv",
        "dbt_project/seeds/indicateurs_places.csv",
        "dbt_project/seeds/indicateurs_territoires.csv",
        "docs/dictionnaire/indicateurs.md",
    }
    assert "EQ_MAS,CAP_INST_TOT," in copy.text("dbt_project/seeds/indicateurs_places.csv")
    assert "EQ_MAS,,255" in copy.text("dbt_project/seeds/indicateurs_champ.csv")


@pytest.mark.duckdb
@pytest.mark.lent
def test_both_are_built_published_and_named(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = Copy.make(tmp_path)
    copy.follow("indicator")
    copy.follow("indicator", "When one file is not enough")
    assert copy.touched() == {RATE, COST, MACRO, UNIT_TEST}
    copy.dlnuf("contracts", "generate")

    home = _home_of(played(tmp_path_factory).home, tmp_path)
    variables = {**environment(home), DAY: date(2026, 11, 30).isoformat()}
    seeds = ("indicateurs_territoires", "indicateurs_places", "indicateurs_champ", "indicateurs_esms")
    terms = ("int_indicateurs__livres", "int_indicateurs__termes", "int_indicateurs__calcules")
    chain = (*terms, "int_territoires__parc", "int_indicateurs__reponses", "int_indicateurs__agregats", *MARTS)
    copy.run(
        str(DBT_EXECUTABLE), "--quiet", "--no-use-colors", "build", "--full-refresh", "--profiles-dir", ".",
        "--select", *seeds, *chain, "--exclude", "test_type:data", cwd="dbt_project", **variables,
    )  # fmt: skip

    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        rates = warehouse.sql(
            f"select niveau, indicateur_libelle, numerateur from marts.{MARTS[0]} where indicateur_code = 'EQ_MAS'"
        ).fetchall()
        costs = warehouse.sql(
            "select i.valeur, i.unite_mesure, c.charges / p.places"
            f" from marts.{MARTS[1]} i"
            " join (select unite_id, millesime, sum(valeur_nombre) as charges from dlnuf.dlnuf_valeurs"
            "   where element_id in ('CHARGES_G1', 'CHARGES_G2', 'CHARGES_G3') and unite = 'ET' and perimetre = 'site'"
            "   and base_temporelle = 'exercice' group by all having count(valeur_nombre) = 3) c"
            "   on c.unite_id = i.finess_et and c.millesime = i.millesime"
            " join (select unite_id, millesime, valeur_nombre as places from dlnuf.dlnuf_valeurs"
            "   where element_id = 'CAP_INST_TOT' and unite = 'ET' and perimetre = 'site'"
            "   and base_temporelle = 'stock_3112' and valeur_nombre > 0) p"
            "   on p.unite_id = i.finess_et and p.millesime = i.millesime"
            " where i.indicateur_code = 'COUT_PLACE' and i.perimetre = 'site'"
        ).fetchall()
    assert {(niveau, label) for niveau, label, _ in rates} >= {
        ("departement", "Taux d'équipement en MAS pour 1 000 hab. 20-59 ans")
    }
    assert any(places and places > 0 for _, _, places in rates)
    assert len(costs) > 20
    assert all(unit == "eur_par_place" and value == pytest.approx(expected) for value, unit, expected in costs)

    accepted = copy.python(ACCEPTED)
    assert {"EQ_MAS", "COUT_PLACE", "eur_par_place"} <= set(accepted.split())


def _home_of(processed: Home, folder: Path) -> Home:
    """A home with a warehouse that was processed, and what dbt read of the project then."""
    home = Home(folder / "var")
    home.root.mkdir()
    shutil.copy(processed.warehouse, home.warehouse)
    shutil.copytree(processed.dbt, home.dbt)
    return home
