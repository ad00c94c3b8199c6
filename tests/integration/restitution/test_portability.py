"""From what the products of an ESMS delivered to the bundle that its next one receives: nothing is lost on the way."""

from __future__ import annotations

import csv
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from data_contracts import retention
from data_contracts.guides import guide
from data_contracts.loading import load_contracts
from data_contracts.statuses import FACT
from ingest import pipeline
from ingest.home import Home
from ingest.protect import keyrings, marks
from ingest.receive import delivery, landing
from ingest.retain import bordereau, elimination
from orchestration.cli.command import app
from orchestration.restitution import portability
from orchestration.restitution.conformity import problems
from orchestration.restitution.identities import NoNames
from orchestration.restitution.named_files import WrongFolder
from orchestration.restitution.portability import Transfer
from orchestration.restitution.warehouse import NotReady
from tests.instants import TODAY, now
from tests.integration.restitution.conftest import desk
from tests.integration.restitution.esms_office import EHPAD, IME, RESIDALIA, RESIDENTS, SECRETS, Bureau
from tests.shared import lozere
from tests.unit.readers import examples

DUI = load_contracts()["dui"]
TABLES = DUI.layout("fhir").tables


def prepare(bureau: Bureau, finess: str = EHPAD) -> Transfer:
    return portability.prepare(bureau.home, finess, out=bureau.out, now=now())


def rows_of(home: Home, finess: str) -> dict[str, list[dict[str, Any]]]:
    """Every row in force of an ESMS, in clear. A row without state is a fact: that is what its absence means."""
    _, frames = portability.held(home, finess)
    found: dict[str, list[dict[str, Any]]] = {}
    for table, frame in frames.items():
        if frame.height:
            rows = frame.select(TABLES[table]).sort(list(DUI.entity(table).primary_key)).to_dicts()
            found[table] = [{**row, "etat": row["etat"] or FACT} if "etat" in row else row for row in rows]
    return found


def next_home(folder: Path, monkeypatch: pytest.MonkeyPatch, bundle: Path) -> Bureau:
    """Another home, under another keyring, that received a bundle and nothing else."""
    folder.mkdir()
    found = desk(folder, monkeypatch)
    keyrings.create(now=now())
    found.give(bundle.name, bundle.read_bytes())
    found.process()
    return found


def test_the_next_product_receives_all_that_the_deliveries_held(
    whole: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The opposed person too: an opposition to steering does not take a person out of its own file."""
    for finess, persons in ((EHPAD, {"ZZEXEMPLE", "ZZMODELE", "ZZOPPOSEE"}), (IME, {"ZZENFANT"})):
        before = rows_of(whole.home, finess)
        assert {row["nom_naissance"] for row in before["usagers"]} == persons
        bundle = prepare(whole, finess).files[0].path
        with monkeypatch.context() as elsewhere:
            after = next_home(tmp_path / finess, elsewhere, bundle)
            assert rows_of(after.home, finess) == before


@pytest.mark.parametrize("form", ["fhir", "cda"])
def test_every_class_of_the_guide_comes_back(
    form: str, bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if form == "fhir":
        bureau.give("tddui_2026-11-05_a.json", examples.as_bytes(examples.bundle(*examples.dossier())))
    else:
        bureau.give("tddui_2026-11-05_a.xml", examples.CDA.encode())
    pipeline.process_pending(bureau.home)
    pipeline.load_warehouse(bureau.home)
    before = rows_of(bureau.home, examples.ET)
    assert set(before) == (set(TABLES) - {"decisions_remplacees", "prises_en_charge"} if form == "fhir" else {
        "usagers", "sejours", "evaluations", "evaluation_reponses", "evenements", "transports",
    })  # fmt: skip
    bundle = prepare(bureau, examples.ET).files[0].path
    with monkeypatch.context() as elsewhere:
        assert rows_of(next_home(tmp_path / "ensuite", elsewhere, bundle).home, examples.ET) == before


def test_the_bundle_is_what_the_guide_asks_and_holds_that_esms_alone(whole: Bureau) -> None:
    outcome = prepare(whole)
    content = json.loads(outcome.files[0].path.read_bytes())
    assert [str(problem) for problem in problems(content, guide("tddui"))] == []
    text = json.dumps(content)
    assert "ZZPAPIER" not in text
    assert "ZZEXEMPLE" in text


def test_the_last_word_of_several_deliveries_is_taken_along(whole: Bureau) -> None:
    corrected = RESIDENTS[0].replace("02/10/2026", "05/10/2026")
    whole.receive("residalia_sejours_20261112_x.csv", RESIDALIA, corrected, encoding="cp1252")
    outcome = prepare(whole)
    content = json.loads(outcome.files[0].path.read_bytes())
    stays = {
        resource["identifier"][0]["value"]: resource["period"]["start"]
        for resource in (entry["resource"] for entry in content["entry"])
        if resource["resourceType"] == "Encounter"
    }
    assert stays == {
        f"3{EHPAD}/SEJ-ZX1": "2026-10-05", f"3{EHPAD}/SEJ-ZX2": "2024-03-02", f"3{EHPAD}/SEJ-ZX3": "2026-10-02",
    }  # fmt: skip
    assert outcome.files[0].path.name == f"tddui_2026-11-12_{EHPAD}.json"


def test_what_was_eliminated_is_not_taken_along(whole: Bureau) -> None:
    rules, later = retention.load(), datetime(2040, 1, 1, tzinfo=UTC)
    number = bordereau.write(whole.home, rules, bordereau.due(whole.home, rules, later.date()), now=now())
    bordereau.approve(whole.home, number, visa="V", by="direction", on=TODAY, now=now())
    assert elimination.apply(whole.home, rules, number, now=later).rows
    pipeline.load_warehouse(whole.home)
    assert "ZZMODELE" not in prepare(whole).files[0].path.read_text(encoding="utf-8")


def test_the_report_says_what_the_product_could_not_say_and_what_the_guide_cannot(whole: Bureau) -> None:
    outcome = prepare(whole)
    with outcome.files[1].path.open(encoding="utf-8-sig", newline="") as file:
        report = list(csv.DictReader(file, delimiter=";"))
    told = {
        (row["Classe"], row["Constat"], row["Élément du guide ou champ"].split(" (")[0]): row["Lignes concernées"]
        for row in report
    }
    assert told["usagers", portability.NOT_CARRIED, "nir"] == "3"
    assert told["usagers", portability.EMPTY, "nom_usage"] == "3"
    assert told["evaluations", portability.TO_COMPLETE, "QuestionnaireResponse.status"] == "3"
    assert told["sejours", portability.BEYOND, "modalite"] == "3"
    assert ("sejours", portability.EMPTY, "date_sortie") not in told  # its absence says that the person is there
    absent = {classe for classe, constat, _ in told if constat == portability.NO_CLASS}
    assert {"projets", "transports", "decisions"} <= absent
    assert [secret for secret in SECRETS if secret in outcome.files[1].path.read_text(encoding="utf-8-sig")] == []


def test_the_command_writes_for_this_account_alone_and_leaves_no_name_in_the_home(
    whole: Bureau, capfd: pytest.CaptureFixture[str]
) -> None:
    result = CliRunner().invoke(app, ["prepare", "tddui", "--finess", EHPAD, "--out", str(whole.out), "--json"])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert (said["lignes"]["usagers"], said["lignes"]["sejours"]) == (3, 3)
    written = sorted(whole.out.iterdir())
    assert sorted(map(Path, said["fichiers"])) == written
    assert {stat.S_IMODE(p.stat().st_mode) for p in (whole.out, *written)} == {0o700, 0o600}
    captured = capfd.readouterr()
    everything = result.output + captured.out + captured.err + whole.written()
    assert [secret for secret in SECRETS if secret in everything] == []
    (trace,) = [json.loads(t) for t in (whole.home.root / "journaux/restitutions.jsonl").read_text().splitlines()]
    assert (trace["finess"], trace["nature"], trace["guide"], len(trace["fichiers"])) == (EHPAD, "tddui", "2.4.0", 2)
    digests = [landing.sha256_of(path) for path in written]
    assert {f["marque"] for f in trace["fichiers"]} == {marks.mark(sha256, keyrings.load()) for sha256 in digests}
    assert not any(sha256 in str(trace) for sha256 in digests)


def test_without_a_folder_it_only_counts(whole: Bureau) -> None:
    result = CliRunner().invoke(app, ["prepare", "tddui", "--finess", EHPAD])
    assert result.exit_code == 0, result.output
    assert "usagers : 3 lignes" in result.output
    assert "Rien n'est écrit" in result.output
    assert not whole.out.exists()
    assert not (whole.home.root / "journaux/restitutions.jsonl").exists()


def test_it_is_refused_where_it_cannot_be_done(whole: Bureau) -> None:
    with pytest.raises(WrongFolder, match="dossier des données"):
        portability.prepare(whole.home, EHPAD, out=whole.home.root / "sortie", now=now())
    with pytest.raises(NotReady, match="rien à préparer"):
        prepare(whole, "010000040")
    keyrings.path_of_file().unlink()
    with pytest.raises(NoNames, match="transfert TDDUI"):
        prepare(whole)


@pytest.mark.lent
def test_what_every_product_delivers_of_a_departement_comes_back(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation, _ = lozere(tmp_path_factory)
    bureau = desk(tmp_path, monkeypatch)
    keyrings.create(now=now())
    delivery.deliver([generation / "livraisons" / "personnes"], bureau.home, now=now())
    pipeline.process_pending(bureau.home)
    pipeline.load_warehouse(bureau.home)
    with duckdb.connect(str(bureau.home.warehouse), read_only=True) as connection:
        # Of each product, the ESMS that has the most residents.
        biggest = connection.execute(
            """SELECT arg_max(finess_et, n) FROM (
                   SELECT _delivery_id, finess_et, count(*) AS n FROM raw.dui__usagers GROUP BY ALL)
               GROUP BY _delivery_id ORDER BY 1"""
        ).fetchall()
    assert len(biggest) == 4
    seen: set[str] = set()
    for rank, (finess,) in enumerate(biggest):
        before = rows_of(bureau.home, finess)
        bundle = prepare(bureau, finess).files[0].path
        with monkeypatch.context() as elsewhere:
            after = next_home(tmp_path / str(rank), elsewhere, bundle)
            assert rows_of(after.home, finess) == before
        seen |= set(before)
    assert {"usagers", "sejours", "evaluations", "evaluation_reponses", "presences_absences", "decisions",
            "droits_prestations", "projets", "bilans", "evenements"} <= seen  # fmt: skip
    assert pl.read_csv(bureau.out / f"a_completer_tddui_2024-12-31_{finess}.csv", separator=";").height
