"""The dbt project by itself: every model builds on an empty warehouse, every unit test holds, conventions are kept."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from ingest.home import PROJECT, Home
from ingest.pipeline import load_warehouse
from orchestration.dbt_runtime import DAY, DBT_EXECUTABLE, environment
from tests.instants import TODAY
from tests.shared import read_project, with_dbt_read

# Formulas that share the test of another: formula -> start of the name of the test.
TESTED_WITH = {
    "taux_realisation": "taux_occupation_global_et_realisation",
    "fonds_roulement": "taux_vetuste_frng_et_siege",
    "frais_siege": "taux_vetuste_frng_et_siege",
    "resultat_net": "compte_de_resultat",
    "total_groupes": "compte_de_resultat",
    "ecart_relatif": "prix_et_parts_d_un_etablissement",
    "encadrement_soins": "prix_et_parts_d_un_etablissement",
    "etp_par_place": "prix_et_parts_d_un_etablissement",
    "evolution_annuelle": "prix_et_parts_d_un_etablissement",
    "part_de": "prix_et_parts_d_un_etablissement",
    "reste_a_charge": "prix_et_parts_d_un_etablissement",
}
FORBIDDEN = {  # rules of portability: what only one engine knows
    "QUALIFY": r"\bqualify\b",
    "EXCLUDE": r"\bexclude\s*\(",
    "GROUP BY ALL": r"\bgroup\s+by\s+all\b",
    "DISTINCT ON": r"\bdistinct\s+on\b",
    "::": r"::",
    "read_csv or read_parquet": r"\bread_(csv|parquet)\b",
    "varchar": r"\bvarchar\b",
    "32-bit float": r"dbt\.type_float\(",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, dict]:
    """dbt build, unit tests included, without any delivery: (manifest, run results)."""
    home = with_dbt_read(Home(tmp_path_factory.mktemp("vide") / "var"), read_project(tmp_path_factory))
    load_warehouse(home)
    done = subprocess.run(
        [str(DBT_EXECUTABLE), "--quiet", "--no-use-colors", "build", "--profiles-dir", "."],
        cwd=PROJECT / "dbt_project",
        env={**os.environ, **environment(home), DAY: TODAY.isoformat()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    target = home.dbt / "target"
    return tuple(
        json.loads((target / name).read_text(encoding="utf-8")) for name in ("manifest.json", "run_results.json")
    )


@pytest.mark.duckdb
@pytest.mark.lent
def test_everything_builds_and_holds_on_an_empty_warehouse(built: tuple[dict, dict]) -> None:
    statuses = Counter((r["unique_id"].split(".")[0], r["status"]) for r in built[1]["results"])
    assert {status for _, status in statuses} <= {"success", "pass"}
    assert statuses["unit_test", "pass"] >= 37
    assert statuses["test", "pass"] >= 60  # content tests; what contracts declare is checked by the gate out


@pytest.mark.duckdb
@pytest.mark.lent
def test_every_indicator_formula_has_its_unit_test(built: tuple[dict, dict]) -> None:
    formulas = {p.stem for p in (PROJECT / "dbt_project/macros/indicateurs").glob("[!_]*.sql")}
    tested = {t["name"] for t in built[0]["unit_tests"].values()}
    assert sorted(f for f in formulas if not any(name.startswith(TESTED_WITH.get(f, f)) for name in tested)) == []


@pytest.mark.duckdb
@pytest.mark.lent
def test_every_model_says_its_grain(built: tuple[dict, dict]) -> None:
    models = [n for n in built[0]["nodes"].values() if n["resource_type"] == "model"]
    assert sorted(m["name"] for m in models if "rain" not in m["description"]) == []


@pytest.mark.parametrize("rule", sorted(FORBIDDEN))
def test_models_speak_no_dialect(rule: str) -> None:
    folders = [PROJECT / "dbt_project" / f for f in ("models", "macros", "tests")]
    wrong = [
        str(path.relative_to(PROJECT))
        for folder in folders
        for path in sorted(folder.rglob("*.sql"))
        if path.parent.name != "portable"
        and re.search(
            FORBIDDEN[rule], re.sub(r"--.*|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S | re.M), re.I
        )
    ]
    assert wrong == []


def test_models_are_named_by_their_layer() -> None:
    layers = {"staging": "stg_", "dlnuf": "dlnuf_"}
    wrong = [
        path.name
        for layer, prefix in layers.items()
        for path in (PROJECT / "dbt_project/models" / layer).rglob("*.sql")
        if not path.name.startswith(prefix)
    ]
    wrong += [
        p.name for p in Path(PROJECT / "dbt_project/models/marts").rglob("*.sql") if not re.match(r"mart_|int_", p.name)
    ]
    assert wrong == []
