"""What is derived from the declarations is what is committed; a change of declaration must show its whole effect."""

from __future__ import annotations

from pathlib import Path

from data_contracts.derive import derived_files, generate_all


def test_no_derived_file_differs_from_its_declaration() -> None:
    drifts = generate_all(write=False)
    assert drifts == [], "lancer « dlnuf contracts generate » puis relire le changement"


def test_a_drift_is_seen_and_mended(tmp_path: Path) -> None:
    assert set(generate_all(write=True, project=tmp_path)) == set(derived_files())
    assert generate_all(write=False, project=tmp_path) == []
    touched = tmp_path / "dbt_project/seeds/precedence.csv"
    touched.write_text(touched.read_text(encoding="utf-8").replace("errd,1", "errd,9"), encoding="utf-8")
    orphan = tmp_path / "dbt_project/models/intermediate/observations/obs_disparue__table.sql"
    orphan.write_text("select 1", encoding="utf-8")
    assert generate_all(write=False, project=tmp_path) == [
        "dbt_project/seeds/precedence.csv",
        "dbt_project/models/intermediate/observations/obs_disparue__table.sql",
    ]
    generate_all(write=True, project=tmp_path)
    assert not orphan.exists()
    assert generate_all(write=False, project=tmp_path) == []
