"""The real files of the sector, delivered as they are: recognised by themselves, and read whole.

Figures: provenance of the files (each was counted by another hand). Skipped when the folder is not there.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb
import pytest

from ingest.home import Home
from ingest.pipeline import load_warehouse, process_pending
from ingest.receive.delivery import Receipt, deliver
from ingest.store import lake
from tests.instants import now

FOLDERS = (
    "finess_json_v1",
    "finess_xml_flux_standard",
    "prix_ehpad_cnsa/prix_ehpad_2023.parquet",
    "cog",
    "insee_population",
    "diamant_fixtures",
)


@pytest.fixture(scope="module")
def delivered(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, list[Receipt]]:
    home = Home(tmp_path_factory.mktemp("reel") / "var")
    receipts = deliver([shared_data / folder for folder in FOLDERS], home, now=now())
    process_pending(home)
    load_warehouse(home)
    return home, receipts


@pytest.fixture(scope="module")
def warehouse(delivered: tuple[Home, list[Receipt]]) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(delivered[0].warehouse), read_only=True)


def one(warehouse: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    return warehouse.execute(sql).fetchall()[0]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("finess-structures-echantillon.json.gz", "finess"),
        ("finess-activites-echantillon.json.gz", "finess"),
        ("finess_cs1400101_stock_20211214-0333.xml", "finess"),
        ("finess_cs1400102_stock_20211214-0336.xml", "finess"),
        ("finess_cs1400105_stock_20211214-0346.xml", "finess"),
        ("prix_ehpad_2023.parquet", "cnsa_prix_ehpad"),
        ("communes.json.gz", "insee_cog"),
        ("departements.json.gz", "insee_cog"),
        ("regions.json.gz", "insee_cog"),
        ("epci.json.gz", "insee_epci"),
        ("insee_estim_pop_dep_sexe_age_quinq_1975_2022.csv.gz", "insee_population"),
        ("ANN_MS_TDP_ET_2022_06_07.CSV", "tdb_diamant"),
        ("ANN_ERRD_EJ_ET_2022_06_07.CSV", "errd"),
        ("ANN_ERRD_EJ_2022_09_01.CSV", "errd"),
        ("ANN_PER_ERRD_EPRD_2022_09_01.CSV", "errd"),
        ("ANN_CA_EJ_ET_2022_09_01.CSV", "ca"),
    ],
)
def test_every_source_is_recognised_by_itself(delivered: tuple[Home, list[Receipt]], name: str, source: str) -> None:
    found = [r for r in delivered[1] if Path(r.path).name == name]
    assert found
    assert {r.source for r in found} == {source}
    assert "refused" not in {r.status for r in found}


def test_what_no_contract_declares_is_refused_in_words(delivered: tuple[Home, list[Receipt]]) -> None:
    refused = {Path(r.path).name: r.reason or "" for r in delivered[1] if r.status == "refused"}
    for name in (
        "MEN_HAPI_2002_08_03.CSV",
        "finess_cs1400103_stock_20211214-0343.xml",
        "cs1400101.xsd",
        "ept.json.gz",
    ):
        assert name in refused
    assert all(reason and "Traceback" not in reason for reason in refused.values())


def test_every_delivery_balances(delivered: tuple[Home, list[Receipt]]) -> None:
    results = lake.results(delivered[0])
    assert results
    assert all(result.balances for result in results)
    assert Counter(result.statut for result in results)["refused"] == 0


def test_prices(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert one(
        warehouse,
        """select count(*), count(*) filter (prix_hp_cs_eur is null), round(avg(prix_hp_cs_eur), 2),
           median(prix_hp_cs_eur), min(prix_hp_cs_eur), max(prix_hp_cs_eur)
           from raw.cnsa_prix_ehpad__prix""",
    ) == (6531, 21, 73.87, 66.48, 34.5, 238.0)


def test_no_price_row_is_rejected_nor_its_finess_key_in_doubt(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert one(warehouse, "select count(*) from raw.rejets where source = 'cnsa_prix_ehpad'") == (0,)
    assert one(
        warehouse, "select count(*) from raw.signalements where source = 'cnsa_prix_ehpad' and champ = 'finess_et'"
    ) == (0,)


def test_finess_structures_open_and_closed(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert one(warehouse, "select count(*) from raw.finess__ej where millesime = 2026") == (23,)
    ets, closed = one(warehouse, "select count(*), count(date_fermeture) from raw.finess__et where millesime = 2026")
    assert ets == 1377
    assert 0 < closed < ets


def test_placeholder_dates_are_flagged_and_not_used(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert one(
        warehouse, "select count(*) from raw.finess__et where date_ouverture in (date '1904-04-04', date '1900-01-01')"
    ) == (0,)
    assert one(
        warehouse,
        """select count(*) > 0 from raw.signalements
           where source = 'finess' and valeur = '1904-04-04' and effet = 'non_utilisee'""",
    ) == (True,)


def test_the_ko_flag_of_diamant_empties_only_the_global_rate(warehouse: duckdb.DuckDBPyConnection) -> None:
    row = one(
        warehouse,
        """select taux_occupation_global_errd, taux_occupation_hp, taux_occupation_ht, taux_occupation_externat,
           depenses_groupe_1 from raw.errd__errd_et where finess_et = '010003598' and annee = 2019""",
    )
    assert row == (None, 0.93245060949978986, 0.25136612021857924, 1.000817111271329, -161786)


def test_two_contradictory_rows_of_one_deposit_are_both_rejected(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = warehouse.execute(
        "select ligne, regle from raw.rejets where source = 'errd' and entite = 'errd_et' order by ligne"
    ).fetchall()
    assert found == [(6, "clé en double, valeurs contradictoires"), (7, "clé en double, valeurs contradictoires")]


def test_communes_and_population_are_whole(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = warehouse.execute(
        "select millesime, count(*) from raw.insee_cog__communes group by millesime order by millesime"
    ).fetchall()
    assert counted == [(2024, 37638), (2025, 37642), (2026, 37590)]
    epci = "select millesime, count(*), count(distinct epci_code) from raw.insee_epci__communes group by 1 order by 1"
    assert warehouse.execute(epci).fetchall() == [(2024, 34931, 1255), (2025, 34871, 1255), (2026, 34871, 1255)]
    assert one(warehouse, "select count(*) from raw.insee_population__population") == (291618,)
