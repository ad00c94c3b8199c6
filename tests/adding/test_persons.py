"""docs/adding/persons.md: a source of persons that nobody wrote code for is matched, retained, opposed, eliminated."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from ingest import clock
from tests.adding.grown import AILLEURS, ET, Grown
from tests.adding.pages import Copy, Page

SOURCE = "suivi_invente"
CONTRACT, MAPPING = f"data_contracts/sources/{SOURCE}.odcs.yaml", "data_contracts/mappings/inventia.yaml"


def test_what_a_source_of_persons_does_not_say_is_refused_by_the_check_and_before_a_run(tmp_path: Path) -> None:
    copy = Copy.make(tmp_path)
    copy.follow("persons")
    system = "  - {property: person, value: {system: suivi, rank: 4}}\n"
    assert system in copy.text(CONTRACT)
    copy.write(CONTRACT, copy.text(CONTRACT).replace(system, ""))
    for command in (("contracts", "check"), ("run",)):
        refused = copy.refused(*command)
        assert "person : absent alors que accueils dit des séjours" in refused
        assert "déclarer le système et son rang" in refused


@pytest.mark.duckdb
@pytest.mark.lent
def test_a_contract_and_a_mapping_are_the_only_files(grown: Grown) -> None:
    assert grown.written["persons"] == {CONTRACT, MAPPING}
    assert Page.read("persons").files == 2
    assert {name for name in grown.derived["persons"] if name.endswith((".py", ".sql"))} == {
        "dbt_project/macros/personnes/person_roles.sql",
        "dbt_project/models/intermediate/sejours/etapes/int_sejours__etape_suivi.sql",
        f"dbt_project/models/staging/personnes/derives/stg_{SOURCE}__accueils.sql",
        f"dbt_project/models/staging/personnes/derives/stg_{SOURCE}__dossiers.sql",
    }


@pytest.mark.duckdb
@pytest.mark.lent
def test_its_persons_are_matched_and_its_stays_retained_beside_those_of_the_others(grown: Grown) -> None:
    with duckdb.connect(str(grown.copy.home / "warehouse.duckdb"), read_only=True) as warehouse:
        records = warehouse.execute(
            """SELECT g.source, g.regle, count(*) OVER (PARTITION BY g.personne_id)
               FROM intermediate.int_personnes__groupes g JOIN intermediate.int_personnes__fiches f USING (fiche_cle)
               ORDER BY f.annee_naissance, g.source, g.finess_et"""
        ).fetchall()
        stays = warehouse.execute(
            """SELECT finess_et, est_dit_dui, est_dit_suivi, date_entree::VARCHAR, date_entree_source,
                      date_entree_statut, suivi_date_entree::VARCHAR, date_sortie::VARCHAR, date_sortie_source,
                      deux_lieux
               FROM dlnuf.dlnuf_sejours ORDER BY date_entree, est_dit_suivi, finess_et"""
        ).fetchall()
        counted = warehouse.execute(
            "SELECT count(*) FROM intermediate.int_dui__usagers WHERE NOT est_oppose"
        ).fetchone()
    assert records == [
        ("dui", "opposition", 1), ("suivi_invente", "opposition", 1),  # Bleuet: each record stands alone
        ("suivi_invente", "traits", 2), ("suivi_invente", "traits", 2),  # Dahlia, of two ESMS
        ("dui", "traits", 2), ("suivi_invente", "traits", 2),  # Aubépine
        ("dui", "traits", 2), ("suivi_invente", "traits", 2),  # Camomille
        ("suivi_invente", "seule", 1),  # dossier 9
    ]  # fmt: skip
    assert stays == [
        (ET, True, True, "2015-10-02", "dui", "toleree", "2015-10-03", "2018-05-05", "dui", False),
        (ET, True, False, "2016-10-02", "dui", "unique", None, None, None, None),
        (ET, False, True, "2016-10-02", "suivi", "unique", "2016-10-02", None, None, None),
        (ET, False, True, "2020-01-01", "suivi", "unique", "2020-01-01", None, None, True),
        (ET, True, True, "2020-01-10", "dui", "concordante", "2020-01-10", "2024-03-01", "suivi", False),
        (AILLEURS, False, True, "2021-02-01", "suivi", "unique", "2021-02-01", None, None, True),
        (AILLEURS, False, True, "2024-06-05", "suivi", "unique", "2024-06-05", "2024-06-12", "suivi", False),
    ]
    assert counted == (2,)  # Aubépine and Camomille: what is counted leaves Bleuet out


@pytest.mark.duckdb
@pytest.mark.lent
def test_they_are_given_back_but_those_who_oppose_then_eliminated_in_due_time(grown: Grown, tmp_path: Path) -> None:
    copy = replace(grown.copy, home=Path(shutil.copytree(grown.copy.home, tmp_path / "var")))
    given = tmp_path / "rendu"
    given.mkdir(mode=0o700)
    copy.dlnuf("prepare", "work-list", "--finess", ET, "--out", str(given))
    [work] = given.glob("ecarts_*.csv")
    told = work.read_text(encoding="utf-8-sig").upper()
    assert "ZZDOUBLE" in told  # whom no DUI holds: the source says who is in two places
    assert "ZZMODELE" not in told

    assert stored(copy) == 11
    listed = json.loads(copy.dlnuf("retention", "list", "--as-of", "2025-06-01", "--json"))
    assert listed["lignes"] == 4  # Aubépine: her record and her stay, in the DUI and in the source
    day = clock.day(clock.now()).isoformat()
    copy.dlnuf("retention", "approve", listed["bordereau"], "--visa", "AD01", "--by", "direction", "--on", day)
    assert "4 lignes éliminées" in copy.dlnuf("retention", "eliminate")
    assert stored(copy) == 9


def stored(copy: Copy) -> int:
    """Rows of the source in the lake."""
    files = (copy.home / "lake" / "raw" / SOURCE).rglob("*.parquet")
    return sum(pl.read_parquet(path, hive_partitioning=False).height for path in files)
