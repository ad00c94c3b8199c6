"""docs/adding/year.md: one more campaign of the dashboard is a column of the table and a line of the contract."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from data_contracts.loading import load_contracts
from ingest.receive.headers import expected
from tests.adding.pages import PROJECT, Copy, Page

CONTRACT = "data_contracts/sources/tdb_esms.odcs.yaml"
TABLE = "data_contracts/sources/tdb_esms.columns.csv"
APPEARED, VANISHED = "Nombre de places de répit pour les aidants", "Groupe homogène"
RENAMED = "Raison sociale de l'ESMS"
ROW = {
    "finess géographique": "010002228",
    RENAMED: "Les Tilleuls",
    APPEARED: "12",
    "Région": "Bretagne",
    "Ville": "Bourg",
}
READ = """
import json
import polars as pl
from ingest.home import Home
from ingest.pipeline import process_pending
home = Home.from_env()
[result] = process_pending(home)
rows = pl.read_parquet([home.lake / file for file in result.files.get("tableau_de_bord", [])])
print(json.dumps({"statut": result.statut, "absentes": result.absentes, "lignes": rows.to_dicts()}, default=str))
"""


def declared(_: Path) -> list[str]:
    """The header of 2021 and 2022, as the contract says it."""
    contract = load_contracts()["tdb_esms"]
    titles = expected(contract, contract.layout("export_2021_2022"))
    return [titles[place][0].removesuffix(" (2)") for place in sorted(titles, key=int)]


def real(shared_data: Path) -> list[str]:
    """The header of 2022, as the platform wrote it."""
    text = (shared_data / "tdb_ms_headers/export-tdbesms-2022-region-agg.header.csv").read_text(encoding="utf-8-sig")
    return [row["column_name_verbatim"] for row in csv.DictReader(io.StringIO(text), delimiter=";")]


def a_year_later(header: list[str]) -> list[str]:
    """One column gone, one renamed, one at the other end, one more."""
    header = [RENAMED if title == "Raison sociale" else title for title in header if title != VANISHED]
    header.append(header.pop(header.index("Région")))
    header.insert(40, APPEARED)
    return header


@pytest.mark.lent
@pytest.mark.parametrize("before", [declared, real])
def test_a_campaign_is_a_column_of_the_table_and_a_line_of_the_contract(
    tmp_path: Path, request: pytest.FixtureRequest, before: Callable[[Path], list[str]]
) -> None:
    header = a_year_later(before(request.getfixturevalue("shared_data") if before is real else tmp_path))
    file = tmp_path / "export-tdbesms-2023-region-agg.csv"
    with file.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, delimiter=";").writerows([header, [ROW.get(title, "") for title in header]])
    copy = Copy.make(tmp_path)

    said = copy.dlnuf("contracts", "compare", str(file))
    assert "forme export_2021_2022" in said
    assert f"« {APPEARED} »" in said
    assert f"groupe_homogene « {VANISHED} »" in said
    assert f"« Raison sociale » → « {RENAMED} »" in said
    assert f"region_libelle, colonne 1 → {len(header)} : « Région »" in said
    assert copy.touched() == set()

    facts = json.loads(copy.dlnuf("contracts", "compare", str(file), "--write", "--json"))
    [appeared] = facts["appeared"]
    copy.follow("year")
    for printed in (facts["contract"]["layouts"], facts["contract"]["properties"]):
        assert f"{printed}\n" in said
        assert f"{printed}\n".replace("string", "integer") in copy.text(CONTRACT)
    assert copy.touched() == {CONTRACT, TABLE}
    assert Page.read("year").files == 2
    lines = [line.rpartition(";") for line in copy.text(TABLE).splitlines()]
    old = (PROJECT / TABLE).read_text(encoding="utf-8").splitlines()
    assert [kept for kept, _, _ in lines if not kept.startswith(f"tableau_de_bord;{appeared['field']};")] == old
    assert lines[0][2] == "export_2023"
    assert sum(bool(cell) for _, _, cell in lines[1:]) == len(header)

    copy.dlnuf("contracts", "generate")
    assert copy.touched() == {
        CONTRACT,
        TABLE,
        "dbt_project/models/staging/_sources.yml",
        "dbt_project/seeds/champs_formulaires.csv",
        "docs/dictionnaire/tdb_esms.md",
    }

    [receipt] = json.loads(copy.dlnuf("deliver", str(file), "--json"))
    assert (receipt["status"], receipt["source"], receipt["reason"]) == ("received", "tdb_esms", None)
    read = json.loads(copy.python(READ))
    [row] = read["lignes"]
    assert (read["statut"], read["absentes"]) == ("accepted", [])
    assert (row["finess_et"], row["ville"], row["millesime"]) == ("010002228", "Bourg", 2022)
    assert (row["region_libelle"], row["raison_sociale_et"]) == ("Bretagne", "Les Tilleuls")
    assert (row["groupe_homogene"], row[appeared["field"]]) == (None, 12)
