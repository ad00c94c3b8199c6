"""A snapshot is whole, the same to the byte for the same data, immutable, and made current in one move."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from ingest.home import PROJECT, Home
from ingest.store import seals
from orchestration.lock import HomeBusy
from orchestration.publication import PublicationBlocked, read_current
from orchestration.publication.manifest import Manifest, damage
from orchestration.publication.parquet import ROW_GROUP, write_query
from tests.integration.publication.trial_warehouse import (
    FICHE,
    LATER,
    LIVRAISONS,
    NOW,
    RETENUES,
    VALEURS,
    build_warehouse,
    publish_trial,
    tree_digest,
    trial_declarations,
    trial_rows,
)


def test_a_publication_is_a_folder_of_parquet_with_its_manifest_and_a_pointer(home: Home) -> None:
    done = publish_trial(home)

    pointer = json.loads((home.publication / "current.json").read_text())
    assert pointer == {"version": done.version, "published_at": "2026-11-21T01:30:00Z"}
    assert done.published
    assert done.path == home.publication / done.version
    tables = {p.stem for p in (done.path / "marts").iterdir()}
    assert tables == {FICHE, VALEURS, LIVRAISONS, RETENUES}
    assert (done.path / "acceptation.html").exists()
    assert not [p for p in home.publication.iterdir() if p.name.startswith(".")]


def test_the_manifest_says_what_each_file_is(home: Home) -> None:
    done = publish_trial(home)
    manifest = done.manifest
    fiche = manifest.file(f"marts/{FICHE}.parquet")

    assert fiche is not None
    assert (fiche.rows, fiche.contract_version, fiche.primary_key) == (12, "1.2.0", ("finess_et",))
    assert fiche.sha256 == seals.seal(done.path / fiche.path)["sha256"]
    assert [(c.name, c.type, c.nulls) for c in fiche.columns if c.nulls] == [
        ("est_ouvert", "bool", 1),
        ("cap_installee_totale", "int64", 1),
    ]
    assert manifest.version == done.version == f"20261121T013000Z-{manifest.contenu_sha256[:8]}"
    assert (manifest.inputs_fingerprint, manifest.previous_version) == ("empreinte-1", None)
    assert manifest.dictionary_version == "9.9.9"
    assert set(manifest.software) >= {"dlnuf", "duckdb", "pyarrow"}
    assert {d.path for d in manifest.documents} >= {"acceptation.html", "open_data/datapackage.json"}
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_the_same_rows_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for seed in (1, 2):
        home = Home(tmp_path / str(seed))
        rows = trial_rows()
        for listed in rows.values():
            random.Random(seed).shuffle(listed)
        build_warehouse(home, trial_declarations().products, rows)
        done = publish_trial(home, f"empreinte-{seed}", now=(NOW, LATER)[seed - 1])
        contents.append((done.manifest.contenu_sha256, [(f.path, f.sha256) for f in done.manifest.files]))
    assert contents[0] == contents[1]


def test_one_changed_value_changes_the_content(home: Home) -> None:
    before = publish_trial(home).manifest.contenu_sha256
    rows = trial_rows()
    rows[FICHE][0]["raison_sociale"] = "Autre nom"
    build_warehouse(home, trial_declarations().products, rows)
    assert publish_trial(home, "empreinte-2", now=LATER).manifest.contenu_sha256 != before


def test_row_groups_are_full_and_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "marts").mkdir()
    path = tmp_path / "marts" / "t.parquet"
    rows = 2 * ROW_GROUP + 7
    with duckdb.connect() as connection:
        query = f"SELECT i AS n, CASE WHEN i % 3 = 0 THEN NULL ELSE 'x' END AS s FROM range({rows}) r(i) ORDER BY n"
        written = write_query(connection, query, path, trial_declarations().products[FICHE])
    metadata = pq.read_metadata(path)
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [ROW_GROUP, ROW_GROUP, 7]
    assert {metadata.row_group(0).column(i).compression for i in range(2)} == {"ZSTD"}
    assert (written.rows, written.bytes, written.sha256) == (rows, path.stat().st_size, seals.seal(path)["sha256"])
    assert [c.nulls for c in written.columns] == [0, -(-rows // 3)]


def test_an_empty_table_is_published_with_its_columns(home: Home) -> None:
    build_warehouse(home, trial_declarations().products, trial_rows() | {LIVRAISONS: []})
    file = publish_trial(home).manifest.file(f"marts/{LIVRAISONS}.parquet")
    assert file is not None
    assert (file.rows, [c.name for c in file.columns]) == (0, ["delivery_id", "recu_le"])


def test_a_published_version_never_changes(home: Home) -> None:
    first = publish_trial(home)
    before = tree_digest(first.path)
    assert not [p for p in first.path.rglob("*") if p.is_file() and os.stat(p).st_mode & 0o222]

    build_warehouse(home, trial_declarations().products, trial_rows(14))
    second = publish_trial(home, "empreinte-2", now=LATER)

    assert second.version != first.version
    assert second.manifest.previous_version == first.version
    assert tree_digest(first.path) == before
    current = read_current(home)
    assert current is not None
    assert (current.version, current.published) == (second.version, False)


def test_unchanged_inputs_publish_nothing(home: Home) -> None:
    first = publish_trial(home)
    before = tree_digest(home.publication)
    again = publish_trial(home, now=LATER)
    assert (again.version, again.published) == (first.version, False)
    assert tree_digest(home.publication) == before


def test_unchanged_inputs_are_published_again_when_the_current_version_was_damaged(home: Home) -> None:
    first = publish_trial(home)
    spoilt = first.path / "marts" / f"{FICHE}.parquet"
    spoilt.unlink()
    again = publish_trial(home, now=LATER)
    assert again.published
    assert again.manifest.contenu_sha256 == json.loads((first.path / "manifest.json").read_text())["contenu_sha256"]
    assert damage(again.path, again.manifest) == []


def test_two_versions_in_the_same_second_do_not_collide(home: Home) -> None:
    first = publish_trial(home)
    second = publish_trial(home, "empreinte-2")
    assert second.manifest.contenu_sha256 == first.manifest.contenu_sha256
    assert second.version > first.version


def test_every_difference_with_the_contracts_is_told_at_once(home: Home) -> None:
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(f"DROP TABLE marts.{LIVRAISONS}")
        connection.execute(f"ALTER TABLE marts.{FICHE} DROP COLUMN domaine")
        connection.execute(f"ALTER TABLE marts.{FICHE} ADD COLUMN inconnue VARCHAR")
        connection.execute(f"ALTER TABLE marts.{VALEURS} ALTER millesime TYPE VARCHAR")
        connection.execute(f"DROP TABLE dlnuf.{RETENUES}")
    with pytest.raises(PublicationBlocked) as blocked:
        publish_trial(home)
    assert {p.split(" : ")[0] for p in blocked.value.problems} == {
        f"marts.{FICHE}.domaine",
        f"marts.{FICHE}.inconnue",
        f"marts.{VALEURS}.millesime",
        f"marts.{LIVRAISONS}",
        f"dlnuf.{RETENUES}",
    }
    assert read_current(home) is None
    assert not list(home.publication.glob(".staging-*"))


def test_without_a_warehouse_the_message_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(PublicationBlocked, match="dlnuf run"):
        publish_trial(Home(tmp_path / "vide"))


@pytest.mark.parametrize("content", ["", "{", '{"version": "20200101T000000Z-00000000", "published_at": ""}'])
def test_a_pointer_that_somebody_broke_is_told_not_ignored(home: Home, content: str) -> None:
    publish_trial(home)
    (home.publication / "current.json").write_text(content)
    with pytest.raises(PublicationBlocked, match=r"current\.json"):
        read_current(home)


def test_one_publication_at_a_time(home: Home) -> None:
    holder = (
        "import sys; from pathlib import Path; from ingest.home import Home; from orchestration.lock import writing\n"
        "with writing(Home(Path(sys.argv[1]))):\n    print('tenu', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder, str(home.root)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=PROJECT) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "tenu\n"
        with pytest.raises(HomeBusy):
            publish_trial(home)
        other.communicate("")
    assert publish_trial(home).published


def test_reading_the_current_version_loads_neither_contracts_nor_great_expectations() -> None:
    code = (
        "import sys; from orchestration.publication import read_current, publish\n"
        "print([m for m in ('great_expectations', 'pandas', 'data_contracts.loading', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
