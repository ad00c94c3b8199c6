"""What collections are given back, on an invented département: one field made worse blocks its own collection alone."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import load_workbook

from data_contracts import loading
from data_contracts.collection_forms import forms, heading
from data_contracts.contract import Contract
from data_contracts.derive import seeds
from ingest.home import Home
from orchestration.forms import shown
from orchestration.publication import read_current
from orchestration.supply import given_back
from tests import shared
from tests.dbt_here import dbt
from tests.instants import TODAY, now
from tests.integration.orchestration.test_demo import command, environment

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]
WORSENED = "cap_installee_totale"


@dataclass(frozen=True)
class Case:
    """A copy of the warehouse of a département, whose layer was changed; what the command says of it, and writes."""

    home: Home
    out: Path
    done: subprocess.CompletedProcess[str]

    @property
    def names(self) -> set[str]:
        return {path.name for path in self.out.iterdir()}


def with_the_invented_one() -> dict[str, Contract]:
    """The contracts, and that of a collection that nobody heard of."""
    known = loading.load_contracts()
    return {**known, "barometre": replace(known["errd"], id="barometre", document="barometre", name="Baromètre")}


@pytest.fixture(scope="module")
def worsened(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The layer holds places a hundred times too many for those that answered EHPA, as after a mistaken unit.

    Beside it, a collection that nobody heard of: what derives from its contract, and its answers, are all there is.
    """
    home = shared.with_dbt_read(Home(tmp_path_factory.mktemp("empiree") / "var"), shared.read_project(tmp_path_factory))
    shutil.copy(shared.played(tmp_path_factory).home.warehouse, home.warehouse)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seeds, "load_contracts", with_the_invented_one)
        derived = seeds.seed_files()
    with duckdb.connect(str(home.warehouse)) as connection:
        for name in ("champs_formulaires", "formulaires_categories"):
            head, *lines = derived[f"{seeds.FOLDER}/{name}.csv"].splitlines()
            path = home.root / f"{name}.csv"
            path.write_text("\n".join([head, *(line for line in lines if line.startswith("barometre,"))]), "utf-8")
            connection.execute(f"INSERT INTO seeds.{name} BY NAME SELECT * FROM read_csv('{path}', all_varchar=true)")
        for statement in (
            """INSERT INTO seeds.sources SELECT * REPLACE ('barometre' AS source, 'barometre' AS document,
               'Baromètre' AS libelle) FROM seeds.sources WHERE source = 'errd'""",
            """INSERT INTO intermediate.int_observations
               SELECT * REPLACE ('barometre' AS source, 'barometre' AS document)
               FROM intermediate.int_observations WHERE source = 'errd'""",
            """UPDATE dlnuf.dlnuf_valeurs
               SET valeur_nombre = 100 * valeur_nombre, source = 'finess', collecte = 'FINESS'
               WHERE element_id = 'CAP_INST_TOT'
               AND unite_id IN (SELECT unite_id FROM intermediate.int_observations WHERE source = 'drees_ehpa')""",
        ):
            connection.execute(statement)
    dbt(home, ["run", "--select", "mart_qualite__non_regression"], TODAY, tmp_path_factory)
    out = tmp_path_factory.mktemp("rendu")
    (out / "drees-ehpa-2023_rendu.csv").write_text("d'une autre fois")
    done = subprocess.run(
        command("supply", "--out", str(out)), env=environment(home), capture_output=True, text=True, check=False
    )
    return Case(home, out, done)


def measured(home: Home) -> dict[str, list[dict[str, Any]]]:
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        rows = connection.execute("SELECT * FROM marts.mart_qualite__non_regression").pl().iter_rows(named=True)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["formulaire"], []).append(row)
    return found


def journal(home: Home) -> list[dict[str, Any]]:
    lines = (home.root / "journaux" / "fournitures.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def year(home: Home, source: str) -> int:
    return measured(home)[source][0]["millesime"]


def test_a_field_made_worse_blocks_its_collection_and_says_which(worsened: Case) -> None:
    assert worsened.done.returncode == 1, worsened.done.stderr
    told = worsened.done.stdout
    [blocked] = [line for line in told.splitlines() if "bloquée" in line]
    assert blocked == "drees_ehpa, année 2023 : bloquée, elle y perdrait. Rien n'est écrit pour elle."
    reasons = [line for line in told.splitlines() if line.startswith("  - ")]
    assert len(reasons) == 1
    assert f"({WORSENED}) : 0\u202f% des" in reasons[0]
    assert "rendues dans la tolérance (minimum : " in reasons[0]


def test_the_others_are_given_theirs_and_nothing_stale_is_left(worsened: Case) -> None:
    given = {row["source"] for row in journal(worsened.home) if row["fichiers"]}
    assert {"tdb_esms", "errd", "cnsa_prix_ehpad"} <= given
    assert not any(name.startswith("drees-ehpa") for name in worsened.names)
    assert {
        f"tdb-esms-{year(worsened.home, 'tdb_esms')}_{kind}.csv" for kind in ("rendu", "origines")
    } <= worsened.names


def test_the_report_beside_says_the_same(worsened: Case) -> None:
    report = json.loads((worsened.out / "non_regression.json").read_text(encoding="utf-8"))
    assert [each["source"] for each in report["collectes"] if each["bloquee"]] == ["drees_ehpa"]
    [ehpa] = [each for each in report["collectes"] if each["source"] == "drees_ehpa"]
    assert [(found["nature"], found["champ"]) for found in ehpa["constats"]] == [("accord", WORSENED)]
    assert len(ehpa["champs"]) == len(forms(loading.load_contracts())["drees_ehpa"].asked)
    assert "Bloquée : 1 constat." in (worsened.out / "non_regression.html").read_text(encoding="utf-8")


def test_a_table_is_in_the_layout_of_its_collection_and_counts_as_it_was_measured(worsened: Case) -> None:
    form = forms(loading.load_contracts())["tdb_esms"]
    text = (worsened.out / f"tdb-esms-{year(worsened.home, 'tdb_esms')}_rendu.csv").read_text(encoding="utf-8")
    head, *rows = csv.reader(io.StringIO(text), delimiter=";")
    assert head == [heading(key) for key in form.columns]
    assert len(rows) == measured(worsened.home)["tdb_esms"][0]["n_esms_fournis"]
    places = [field.name for field in form.columns.values()]
    filled = {name: sum(bool(row[place]) for row in rows) for place, name in enumerate(places)}
    for row in measured(worsened.home)["tdb_esms"]:
        assert filled[row["champ"]] <= row["n_fournies"], row["champ"]  # what its layout cannot write is left
        assert filled[row["champ"]] >= row["n_recues"] - row["n_mises_de_cote"], row["champ"]  # what it sent, never


def test_what_another_collection_tells_of_few_persons_is_not_given(worsened: Case) -> None:
    with duckdb.connect(str(worsened.home.warehouse), read_only=True) as connection:
        wrong = connection.execute(
            """SELECT count(*) FILTER (WHERE f.source <> f.formulaire AND v.collecte <> s.collecte), count(*)
               FROM intermediate.int_formulaires__fournitures f
               JOIN seeds.sources s ON f.formulaire = s.source
               JOIN dlnuf.dlnuf_secret x ON x.genre = 'element' AND x.unite_id = f.finess_et AND x.code = f.element_id
               JOIN dlnuf.dlnuf_valeurs v ON v.unite = 'ET' AND v.unite_id = f.finess_et AND v.perimetre = f.perimetre
                AND v.millesime = f.millesime AND v.element_id = f.element_id AND v.composante = f.composante
                AND v.base_temporelle = f.base_temporelle
               WHERE f.est_fournie"""
        ).fetchone()
    assert wrong is not None
    assert wrong[0] == 0
    assert wrong[1] > 100


def test_a_collection_is_judged_by_its_contract_alone(
    worsened: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("orchestration.forms.production.load_contracts", with_the_invented_one)
    [made] = given_back.supply(worsened.home, ["barometre"], out=tmp_path / "rendu", now=now())
    fields = measured(worsened.home)
    assert {row["champ"] for row in fields["barometre"]} == {row["champ"] for row in fields["errd"]}
    assert (made.blocked, made.rows) == (False, fields["barometre"][0]["n_esms_fournis"])
    assert made.rows > 0


def test_a_publication_holds_the_report(tmp_path_factory: pytest.TempPathFactory) -> None:
    current = read_current(shared.played(tmp_path_factory).home)
    assert current is not None
    report = json.loads((current.path / "non_regression.json").read_text(encoding="utf-8"))
    assert {each["source"] for each in report["collectes"]} >= {"tdb_esms", "drees_ehpa", "errd"}
    assert [each["source"] for each in report["collectes"] if each["bloquee"]] == []
    assert "Non-régression par collecte" in (current.path / "non_regression.html").read_text(encoding="utf-8")
    assert {"non_regression.html", "non_regression.json"} <= {d.path for d in current.manifest.documents}


def test_a_form_as_published_leaves_to_be_asked_what_publications_hide(worsened: Case, tmp_path: Path) -> None:
    with duckdb.connect(str(worsened.home.warehouse), read_only=True) as connection:
        rows = connection.execute(
            """SELECT p.finess_et, p.n_preremplis, list(s.code) FROM marts.mart_dlnuf__preremplissage_esms p
               JOIN dlnuf.dlnuf_secret s ON s.unite_id = p.finess_et AND s.genre = 'element'
               WHERE p.formulaire = 'tdb_esms' GROUP BY ALL ORDER BY count(*) DESC, p.finess_et LIMIT 1"""
        ).fetchall()
    [(finess, prefilled, hidden)] = rows
    path = shown.write(worsened.home, "tdb_esms", finess, 2025, tmp_path / "pris", now=now())
    form = forms(loading.load_contracts())["tdb_esms"]
    words = [str(row[2]) for row in load_workbook(path)["Colonnes"].iter_rows(min_row=2, values_only=True)]
    states = dict(zip([field.name for field in form.columns.values()], words, strict=True))
    about_few = {name for name, field in form.asked.items() if field.element in hidden}
    assert {states[name] for name in about_few} <= {"à demander", "non demandé"}
    assert sum(word == "prérempli" for word in words) <= prefilled
    assert "prérempli" in words
