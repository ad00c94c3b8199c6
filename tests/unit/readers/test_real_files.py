"""Real files, when their folder is there: counts known from their provenance, and no defect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from ingest.read import sniff
from ingest.read.finess_json_columns import ACTIVITES, CAPACITES, EJ, ET

TECHNICAL = ["_ligne", "_chemin", "_defaut"]


@pytest.mark.parametrize(
    ("path", "reader", "heights"),
    [
        ("finess_json_v1/finess-structures-echantillon.json.gz", "finess_json", {"ej": 23, "et": 1377}),
        ("finess_json_v1/finess-activites-echantillon.json.gz", "finess_json", {"activites": 6348, "capacites": 6234}),
        ("finess_xml_flux_standard/finess_cs1400101_stock_20211214-0333.xml", "finess_xml", {"ej": 3}),
        ("finess_xml_flux_standard/finess_cs1400102_stock_20211214-0336.xml.gz", "finess_xml", {"et": 14}),
        ("finess_xml_flux_standard/finess_cs1400105_stock_20211214-0346.xml", "finess_xml", {"equipements": 10}),
        ("prix_ehpad_cnsa/prix_ehpad_2023.parquet", "parquet", {"table": 6531}),
        ("cog/2026/communes.json.gz", "json_records", {"table": 37590}),
        ("cog/2024/communes.json.gz", "json_records", {"table": 37638}),
        ("insee_population/insee_estim_pop_dep_sexe_age_quinq_1975_2022.csv.gz", "csv", {"table": 291_618}),
        ("cnsa_correspondances/corresp_categorie_complete.csv", "csv", {"table": 44}),
        ("cnsa_correspondances/corresp_struct.csv", "csv", {"table": 44}),
    ],
)
def test_a_real_file_is_read_whole(
    shared_data: Path, rows_of: Callable, path: str, reader: str, heights: dict[str, int]
) -> None:
    tables = rows_of(shared_data / path, reader, tuple(heights))
    assert {entity: frame.height for entity, frame in tables.items()} == heights
    for frame in tables.values():
        assert frame.columns[-3:] == TECHNICAL
        assert frame["_defaut"].null_count() == frame.height
        assert frame["_ligne"].is_unique().all()
        assert set(frame.dtypes[:-3]) == {pl.String}


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("structures", {"ej": EJ, "et": ET}),
        ("activites", {"activites": ACTIVITES, "capacites": CAPACITES}),
    ],
)
def test_the_declared_paths_are_all_those_of_the_real_finess_files(
    shared_data: Path, rows_of: Callable, name: str, columns: dict[str, tuple[str, ...]]
) -> None:
    path = shared_data / "finess_json_v1" / f"finess-{name}-echantillon.json.gz"
    for entity, frame in rows_of(path, "finess_json", tuple(columns)).items():
        assert frame.columns == [*columns[entity], *TECHNICAL]


def test_identifiers_of_the_real_finess_files_are_unique(shared_data: Path, rows_of: Callable) -> None:
    folder = shared_data / "finess_json_v1"
    et = rows_of(folder / "finess-structures-echantillon.json.gz", "finess_json", ("et",))["et"]
    tables = rows_of(folder / "finess-activites-echantillon.json.gz", "finess_json", ("activites", "capacites"))
    assert et["informationsGeneralesEGE.numFinessEge"].is_unique().all()
    assert tables["activites"]["caracteristiquesGeneriques.activiteAeId"].is_unique().all()
    assert tables["capacites"]["capacite.idCapacite"].is_unique().all()
    assert tables["activites"]["caracteristiquesGeneriques.etatObjet"].null_count() == 0
    assert tables["capacites"]["capacite.activiteAeId"].equals(
        tables["capacites"]["caracteristiquesGeneriques.activiteAeId"].alias("capacite.activiteAeId")
    )
    # Every ET has its geographic address: usage 03.
    assert set(et["adresse.usageAdresse"]) == {"03"}


def test_every_diamant_file_is_read_without_a_defect(shared_data: Path, rows_of: Callable) -> None:
    paths = sorted((shared_data / "diamant_fixtures").glob("*.CSV"))
    assert paths
    for path in paths:
        frame = rows_of(path)["table"]
        header = sniff(path).header
        lines = [line for line in path.read_text("utf-8-sig").splitlines()[1:] if line]
        assert tuple(frame.columns[:-3]) == header
        assert frame.height == len(lines)
        assert frame["_defaut"].null_count() == frame.height


def test_reading_leaves_the_file_as_it_was(shared_data: Path, rows_of: Callable) -> None:
    path = shared_data / "prix_ehpad_cnsa" / "prix_ehpad_2023.parquet"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    rows_of(path, "parquet")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
