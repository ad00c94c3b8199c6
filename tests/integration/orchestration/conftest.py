"""The whole Dagster machinery over a dbt project of a few models, with a pretended lake."""

from __future__ import annotations

import json
import shutil
import textwrap
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from data_contracts.loading import Contract
from ingest.home import Home
from ingest.store.lake import Result
from orchestration import assets, dbt_runtime, definitions
from orchestration import run as running
from orchestration.publication.manifest import Manifest, documents_of

_FILES = {
    "dbt_project.yml": """
        name: petit
        version: 1.0.0
        profile: petit
        flags: {send_anonymous_usage_stats: false}
        models:
          petit:
            intermediate: {+schema: intermediate, +materialized: view}
            dlnuf: {+schema: dlnuf, +materialized: table}
            marts: {+schema: marts, +materialized: table}
        seeds: {petit: {+schema: seeds}}
        """,
    "profiles.yml": """
        petit:
          target: duckdb
          outputs: {duckdb: {type: duckdb, path: "{{ env_var('DLNUF_WAREHOUSE') }}", threads: 1}}
        """,
    "macros/generate_schema_name.sql": """
        {% macro generate_schema_name(custom_schema_name, node) -%}
          {{ custom_schema_name or target.schema }}
        {%- endmacro %}
        """,
    "seeds/elements.csv": "element_id\nTX_OCC_HP\n",
    "models/sources.yml": """
        version: 2
        sources:
          - name: raw
            tables: [{name: alpha__mesures}, {name: alpha__sites}, {name: beta__mesures}, {name: livraisons}]
        """,
    "models/intermediate/int_observations.sql": """
        select source as unite_id, source, valeur from {{ source('raw', 'alpha__mesures') }}
        union all
        select source as unite_id, source, valeur from {{ source('raw', 'beta__mesures') }}
        """,
    "models/dlnuf/dlnuf_valeurs.sql": """
        select max(valeur) as valeur, count(distinct s.id) as n_sites
        from {{ ref('int_observations') }} cross join {{ source('raw', 'alpha__sites') }} s
        """,
    "models/dlnuf/dlnuf_reponses_ecartees.sql": """
        select * from {{ ref('int_observations') }} where valeur < (select max(valeur) from {{ ref('dlnuf_valeurs') }})
        """,
    "models/marts/mart_qualite__livraisons.sql": """
        select l.id, count(*) as n from {{ source('raw', 'livraisons') }} l cross join {{ ref('elements') }} group by 1
        """,
    "models/tests.yml": """
        version: 2
        models:
          - name: dlnuf_valeurs
            columns: [{name: valeur, data_tests: [not_null]}]
        """,
}


@dataclass
class Petit:
    """What the pretended pipeline is asked, and what it answers."""

    home: Home
    asked: list[tuple[str, int | None]] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    shrunk: list[bool] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    results: dict[str, list[Result]] = field(default_factory=dict)
    values: dict[str, list[int | None]] = field(default_factory=lambda: {"alpha": [90, 95], "beta": [80]})
    blocked: Exception | None = None

    def process_pending(self, _home: Home, *, source: str, millesime: int | None, progress: Any) -> list[Result]:
        self.asked.append((source, millesime))
        progress("fichier.csv", 0, 1)
        return self.results.get(source, [])

    def load_warehouse(self, home: Home) -> None:
        with duckdb.connect(str(home.warehouse)) as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
            connection.execute("CREATE OR REPLACE TABLE raw.alpha__sites AS SELECT 1 AS id")
            connection.execute("CREATE OR REPLACE TABLE raw.livraisons AS SELECT 1 AS id, NULL::VARCHAR AS delivery_id")
            for source, values in self.values.items():
                connection.execute(f"CREATE OR REPLACE TABLE raw.{source}__mesures (source VARCHAR, valeur INTEGER)")
                connection.executemany(
                    f"INSERT INTO raw.{source}__mesures VALUES (?, ?)", [(source, value) for value in values]
                )

    def publish(self, home: Home, *, now: datetime, allow_shrink: bool = False) -> Any:
        self.shrunk.append(allow_shrink)
        self.moments.append(now)
        if self.blocked:
            raise self.blocked
        version = f"v{len(self.published) + 1}"
        folder = home.publication / version
        folder.mkdir(parents=True)
        (folder / "acceptation.html").write_text("accepté", encoding="utf-8")
        manifest = Manifest(version, "", "", "x", None, "1", {}, {}, (), documents_of(folder, ()))
        (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
        (home.publication / "current.json").write_text(
            json.dumps({"version": version, "published_at": "2026-11-21T05:30:00+00:00"}), encoding="utf-8"
        )
        self.published.append(version)
        return SimpleNamespace(version=version, path=folder, published=True)


def contract(source: str) -> Contract:
    """A source with nothing but its name."""
    return Contract(
        source, f"Source {source}", "1.0.0", "services", "Pour voir.", "TDB_ATIH", source, "collecte", False, (), ()
    )


@pytest.fixture(scope="session")
def petit_projet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dbt project."""
    folder = tmp_path_factory.mktemp("petit_projet")
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def parsed(petit_projet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as dbt parsed it, once for all tests."""
    home = Home(tmp_path_factory.mktemp("lu"))
    dbt_runtime.prepare_manifest(home, petit_projet)
    return home.dbt


@pytest.fixture
def petit(tmp_path: Path, petit_projet: Path, parsed: Path, monkeypatch: pytest.MonkeyPatch) -> Petit:
    """The graph over two sources, its plain functions replaced by pretended ones."""
    pretended = Petit(Home(tmp_path / "var"))
    shutil.copytree(parsed, pretended.home.dbt)
    monkeypatch.setattr(dbt_runtime, "DBT_PROJECT", petit_projet)
    monkeypatch.setattr(definitions, "load_contracts", lambda: {name: contract(name) for name in ("alpha", "beta")})
    monkeypatch.setattr(assets, "process_pending", pretended.process_pending)
    monkeypatch.setattr(assets, "load_warehouse", pretended.load_warehouse)
    monkeypatch.setattr("orchestration.publication.publish", pretended.publish)
    monkeypatch.setattr(running, "nothing_new", lambda _home, _today, _millesime=None: False)
    for name in (*dbt_runtime.environment(pretended.home), dbt_runtime.DAY):  # exported by the run: put back afterwards
        monkeypatch.setenv(name, "")
    return pretended
