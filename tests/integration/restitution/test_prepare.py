"""From delivered files to prepared ones, over the real pipeline: what is in them, and that names are nowhere else."""

from __future__ import annotations

import csv
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from data_contracts import person_entities, person_role, retention
from data_contracts.guides import guide
from data_contracts.loading import load_contracts
from ingest import pipeline
from ingest.home import PROJECT
from ingest.protect import keyrings
from ingest.receive import delivery, landing
from ingest.retain import bordereau, elimination
from ingest.store import lake
from orchestration.cli.command import app
from orchestration.restitution import named_files, preparation, work_list
from orchestration.restitution.conformity import problems
from orchestration.restitution.identities import NoNames, Unreadable
from orchestration.restitution.named_files import WrongFolder
from orchestration.restitution.preparation import Prepared
from orchestration.restitution.resid_file import Month
from orchestration.restitution.warehouse import NotReady
from tests.instants import TODAY, now
from tests.integration.restitution.esms_office import (
    EHPAD,
    ELSEWHERE,
    IME,
    NIRS,
    RESIDALIA,
    RESIDENTS,
    SECRETS,
    Bureau,
    task,
)

OCTOBER = Month(2026, 10)


def prepare(bureau: Bureau, kind: str, finess: str = EHPAD, month: Month | None = None) -> Prepared:
    return preparation.prepare(bureau.home, kind, finess, month=month, out=bureau.out, now=now())


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def lines(outcome: Prepared, start: str) -> list[dict[str, str]]:
    """The rows of the file whose name begins so."""
    (found,) = [file.path for file in outcome.files if file.path.name.startswith(start)]
    return table(found)


def test_the_resid_file_of_a_month_holds_who_was_there_with_what_the_dui_says(whole: Bureau) -> None:
    outcome = prepare(whole, "resid", month=OCTOBER)
    rows = {row["NOM"]: row for row in lines(outcome, "resid_esms_2026-10")}
    assert set(rows) == {"ZZEXEMPLE", "ZZMODELE"}
    assert {k: v for k, v in rows["ZZEXEMPLE"].items() if v} == {
        "FINESS": EHPAD, "MOIS": "2026-10", "NIR": NIRS["ZZEXEMPLE"], "TYPE_NIR": "NIR", "NOM": "ZZEXEMPLE",
        "PRENOMS": "Aubépine", "DATE_NAISSANCE": "03/02/1938", "SEXE": "2", "LIEU_NAISSANCE": "01004",
        "DEPT_DOMICILE": "01", "GIR": "2", "MODALITE": "HP", "DATE_ENTREE": "02/10/2026", "PROVENANCE": "DOMICILE",
    }  # fmt: skip
    gone = rows["ZZMODELE"]
    assert (gone["DATE_SORTIE"], gone["MOTIF_SORTIE"], gone["ORGANISME"]) == ("20/10/2026", "124", "011")
    assert (outcome.rows, outcome.opposed) == ({f"resid_esms_2026-10_{EHPAD}.csv": 2}, 1)


def test_what_is_to_be_confirmed_names_the_line_the_person_and_the_remedy(whole: Bureau) -> None:
    outcome = prepare(whole, "resid", month=OCTOBER)
    doubts = lines(outcome, "a_confirmer_resid")
    row = next(d for d in doubts if d["Champ"] == "NIR")
    assert (row["Ligne"], row["Personne"], row["N° dossier local"]) == ("2", "ZZMODELE Bleuet", "DOS-ZX2")
    assert row["Constat"] == "NIR absent"  # an INS that is not VALI is no identity
    assert any("1 personne(s) en opposition" in d["Constat"] for d in doubts)
    assert any("repris de la déclaration de 2026-09" in d["Constat"] for d in doubts)


def test_our_own_reader_takes_the_resid_file_back_without_a_reject_nor_a_warning(whole: Bureau, tmp_path: Path) -> None:
    (path,) = [f.path for f in prepare(whole, "resid", month=OCTOBER).files if f.path.name.startswith("resid_esms")]
    (receipt,) = delivery.deliver([path], whole.home, now=now())
    assert (receipt.source, receipt.status) == ("resid_esms", "received")
    (result,) = pipeline.process_pending(whole.home)
    assert (result.statut, result.acceptees, result.rejetees, result.signalements) == ("accepted", 2, 0, 0)
    pipeline.load_warehouse(whole.home)
    back = pl.concat([pl.read_parquet(whole.home.lake / f, hive_partitioning=False) for f in result.files["residents"]])
    usagers = pl.read_parquet(list((whole.home.lake / "raw/dui/usagers").rglob("*.parquet")), hive_partitioning=False)
    assert set(back["cle_traits"]) <= set(usagers["cle_traits"])  # the same persons, by the five strict traits


def test_the_month_is_the_last_one_over_when_the_dui_was_exported(whole: Bureau) -> None:
    assert prepare(whole, "resid").month == "2026-10"


def test_viatrajectoire_is_told_the_entry_the_exit_and_the_paper_file(whole: Bureau) -> None:
    rows = lines(prepare(whole, "viatrajectoire"), "mises_a_jour")
    told = [(r["N° dossier ViaTrajectoire"], r["Nom de naissance"], r["Action"], r["Date d'entrée"]) for r in rows]
    assert told == [
        ("VT-ZX1", "ZZEXEMPLE", "Déclarer l'entrée", "02/10/2026"),
        ("PAP-ZX4", "ZZEXEMPLE", "Clore le dossier papier", ""),
        ("VT-ZX2", "ZZMODELE", "Déclarer la sortie", "02/03/2024"),
        ("PAP-ZX6", "ZZPAPIER", "Clore le dossier papier", ""),
    ]


def test_a_paper_file_of_who_entered_elsewhere_is_to_be_archived_and_elsewhere_is_not_named(whole: Bureau) -> None:
    row = next(r for r in lines(prepare(whole, "ecarts"), "ecarts") if r["Personne"] == "ZZPAPIER Églantine")
    assert row["Constat"] == "La personne est entrée depuis dans un autre établissement, pour le même accueil."
    assert row["N° dossier local"] == ""  # who waits is not in the DUI
    assert ELSEWHERE not in str(row)


def test_a_task_says_the_entry_by_the_guide(whole: Bureau) -> None:
    outcome = prepare(whole, "sdo", IME)
    path, to_confirm = [file.path for file in outcome.files]
    assert path.name == f"sdo_2026-11-21_{IME}_001_entree.json"
    assert [(d["Ligne"], d["Champ"], d["Valeur portée"]) for d in table(to_confirm)] == [
        ("1", "categorieOrganisation", "48"),  # of FINESS: the orientation does not say it
    ]
    task = json.loads(path.read_text(encoding="utf-8"))
    assert problems(task, guide("sdo")) == []
    assert "Unité des Glycines" in str(task)


def test_a_task_that_lacks_its_unit_is_not_written_and_says_each_element(whole: Bureau) -> None:
    bare = task("TACHE-ZX5", "71")
    bare["input"] = [i for i in bare["input"] if i["type"]["coding"][0]["code"] not in ("idUnite", "nomUnite")]
    whole.give("sdo_2026-11-12_x.json", json.dumps(bare).encode())
    whole.process()
    whole.match()
    outcome = prepare(whole, "sdo", IME)
    assert (outcome.rows, outcome.to_confirm) == ({}, {"idUnite": 1, "nomUnite": 1})
    (listed,) = [file.path for file in outcome.files]
    assert [(d["Ligne"], d["Personne"], d["Constat"]) for d in table(listed)] == [
        ("", "ZZENFANT Dahlia", f"Entrée du 01/09/2026 à compléter : {name} absent") for name in ("idUnite", "nomUnite")
    ]


def test_the_work_list_says_each_mismatch_with_what_each_system_holds(whole: Bureau) -> None:
    rows = lines(prepare(whole, "ecarts"), "ecarts_2026-11-21")
    assert [(r["Écart"], r["Personne"]) for r in rows] == [
        ("Entrée non dite à ViaTrajectoire", "ZZEXEMPLE Aubépine"),
        ("Entrée non dite à RESID-ESMS", "ZZEXEMPLE Aubépine"),
        ("Sortie non dite à ViaTrajectoire", "ZZMODELE Bleuet"),
        ("Sortie non dite à RESID-ESMS", "ZZMODELE Bleuet"),
        ("Dossier papier à archiver", "ZZEXEMPLE Aubépine"),
        ("Dossier papier à archiver", "ZZPAPIER Églantine"),
    ]
    gone = rows[2]
    assert gone["DUI"] == "admission 01/03/2024, entrée 02/03/2024, sortie 20/10/2026"
    assert (gone["RESID-ESMS"], gone["ViaTrajectoire"]) == (
        "entrée 02/03/2024", "admission 01/03/2024, entrée 02/03/2024",
    )  # fmt: skip
    assert (gone["N° dossier local"], gone["N° séjour"]) == ("DOS-ZX2", "SEJ-ZX2")
    paper = rows[-2]
    assert paper["ViaTrajectoire"] == (
        "dossier papier PAP-ZX4 « Liste d'attente » au 01/05/2026, dossier VT-ZX1 « Admission » au 25/09/2026"
    )


@pytest.mark.parametrize("kind", preparation.KINDS)
def test_files_are_for_this_account_alone_and_what_they_hold_is_nowhere_in_the_home(
    whole: Bureau, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    finess = IME if kind == "sdo" else EHPAD
    command = ["preparer", kind, "--finess", finess, "--out", str(whole.out)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert ("Format public : guide" in result.output) == (kind == "sdo")
    assert ("Format : le nôtre" in result.output) == (kind in ("resid", "viatrajectoire"))
    written = list(whole.out.iterdir())
    assert written
    assert {stat.S_IMODE(p.stat().st_mode) for p in (whole.out, *written)} == {0o700, 0o600}
    captured = capfd.readouterr()
    said = result.output + captured.out + captured.err + whole.written()
    assert [secret for secret in SECRETS if secret in said] == []
    assert [secret for secret in SECRETS if any(secret in p.name for p in written)] == []
    (trace,) = [json.loads(t) for t in (whole.home.root / "journaux/restitutions.jsonl").read_text().splitlines()]
    assert (trace["finess"], trace["nature"], len(trace["fichiers"])) == (finess, kind, len(written))


def test_without_a_folder_nothing_is_written_anywhere(whole: Bureau) -> None:
    before = whole.written()
    outcome = preparation.prepare(whole.home, "resid", EHPAD, month=OCTOBER, now=now())
    assert (list(outcome.rows.values()), outcome.files) == ([2], [])
    assert whole.written() == before


@pytest.mark.parametrize("inside", ["fichiers", "."])
def test_a_folder_of_the_home_is_refused_before_anything_is_read(whole: Bureau, inside: str) -> None:
    keyrings.path_of_file().unlink()  # nothing is read: not even the keyring
    with pytest.raises(WrongFolder, match="dossier des données"):
        preparation.prepare(whole.home, "resid", EHPAD, out=whole.home.root / inside, now=now())


def test_without_the_keyring_the_command_says_what_it_cannot_do(whole: Bureau) -> None:
    keyrings.path_of_file().unlink()
    with pytest.raises(NoNames, match="ni fichier RESID-ESMS, ni statut pour ViaTrajectoire, ni liste de travail"):
        prepare(whole, "resid")
    assert not whole.out.exists() or list(whole.out.iterdir()) == []


def test_a_delivery_whose_key_is_lost_is_named_and_nothing_is_prepared_by_halves(whole: Bureau) -> None:
    keyrings.path_of_file().unlink()
    keyrings.create(now=now())
    with pytest.raises(Unreadable, match=r"dui_2026-11-05_\w{8}\.csv ne peut pas être relue"):
        prepare(whole, "ecarts")
    assert list(whole.out.iterdir()) == []


def test_an_esms_nobody_knows_and_a_layer_that_is_not_built_are_said(bureau: Bureau) -> None:
    with pytest.raises(NotReady, match="L'entrepôt n'est pas construit"):
        prepare(bureau, "resid")
    bureau.receive_everything()
    with pytest.raises(NotReady, match="Aucune ligne de DUI reçue pour l'établissement 010000099"):
        prepare(bureau, "resid", "010000099")
    with pytest.raises(NotReady, match="pas encore rapproché"):
        prepare(bureau, "ecarts")


def test_resid_is_prepared_from_the_dui_alone_before_the_layer_is_built_and_says_so(bureau: Bureau) -> None:
    bureau.receive_everything()
    outcome = prepare(bureau, "resid", month=OCTOBER)
    assert [row["NOM"] for row in lines(outcome, "resid_esms")] == ["ZZMODELE", "ZZEXEMPLE"]  # nor is who is opposed
    assert any(d["Constat"].startswith("Rien n'est comparé") for d in lines(outcome, "a_confirmer"))


def test_an_opposition_that_is_lifted_brings_the_person_back(whole: Bureau) -> None:
    register = "finess_et;usager_id;finalite;nature;date_effet;retire_le;preuve_ref"
    lifted = f"{EHPAD};DOS-ZX3;toutes;opposition;2026-10-15;2026-11-10;REG-1"
    whole.receive("consentements_2026-11-12_x.csv", register, lifted)
    whole.match()
    outcome = prepare(whole, "resid", month=OCTOBER)
    assert (outcome.opposed, len(lines(outcome, "resid_esms"))) == (0, 3)


def test_a_later_export_replaces_what_an_earlier_one_said(whole: Bureau) -> None:
    corrected = RESIDENTS[0].replace("02/10/2026", "05/10/2026")
    whole.receive("residalia_sejours_20261112_x.csv", RESIDALIA, corrected, encoding="cp1252")
    whole.match()
    rows = {row["NOM"]: row for row in lines(prepare(whole, "resid", month=OCTOBER), "resid_esms")}
    assert (rows["ZZEXEMPLE"]["DATE_ENTREE"], rows["ZZMODELE"]["DATE_ENTREE"]) == ("05/10/2026", "02/03/2024")


def test_what_was_eliminated_is_not_given_back(whole: Bureau) -> None:
    """Bytes that others still need hold the person yet: what left the lake is not read again from them."""
    rules, later = retention.load(), datetime(2040, 1, 1, tzinfo=UTC)  # ten years after the death, and more
    number = bordereau.write(whole.home, rules, bordereau.due(whole.home, rules, later.date()), now=now())
    bordereau.approve(whole.home, number, visa="V", by="direction", on=TODAY, now=now())
    assert elimination.apply(whole.home, rules, number, now=later).rows
    pipeline.load_warehouse(whole.home)
    names = {row["NOM"] for row in lines(prepare(whole, "resid", month=OCTOBER), "resid_esms")}
    assert names == {"ZZEXEMPLE"}


def test_a_task_of_another_esms_is_never_read(whole: Bureau) -> None:
    other = json.dumps(task("TACHE-ZX9", "71")).replace(IME, "010000024")
    whole.give("sdo_2026-11-06_x.json", other.encode())
    whole.process()
    whole.match()
    assert all("TACHE-ZX9" not in file.path.read_text(encoding="utf-8") for file in prepare(whole, "sdo", IME).files)
    assert lake.results(whole.home)
    assert len(list(landing.manifests(whole.home))) == 10


def test_the_statuses_of_the_work_list_are_those_that_the_layer_computes() -> None:
    sql = (PROJECT / "dbt_project/models/dlnuf/dlnuf_sejours.sql").read_text(encoding="utf-8")
    assert [kind.status for kind in work_list.KINDS if f"as {kind.status}" not in sql] == []
    told = {
        f"{each.contract.person.system}_{column}"
        for each in person_entities.person_entities(load_contracts(), *person_role.STATEMENTS)
        for column in each.role.fields
        if each.contract.person
    }
    assert {"resid_date_entree", "resid_date_sortie", "vt_date_entree", "vt_date_sortie"} <= told


def test_a_name_that_looks_like_a_formula_is_no_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    named_files.table(tmp_path / "t.csv", ("Nom",), [("=HYPERLINK(1)",), ("ZZEXEMPLE",)])
    assert [row["Nom"] for row in table(tmp_path / "t.csv")] == ["'=HYPERLINK(1)", "ZZEXEMPLE"]
