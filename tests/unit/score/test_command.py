"""`dlnuf score`: exit codes, one JSON object, what is kept for the page, what it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from orchestration.cli import command
from orchestration.cli.score_report import of_score
from tests.unit.score.small_witness import SmallWitness
from witness.score import NothingToScore, NoTruth, score

PROMISED = {
    "retained_right", "unknown_left_unknown", "conflicts", "rows_lost", "naive", "structures", "persons", "stays",
}  # fmt: skip


def _dlnuf(monkeypatch: pytest.MonkeyPatch, small: SmallWitness, *arguments: str) -> int:
    monkeypatch.setenv("DLNUF_HOME", str(small.home.root))
    monkeypatch.setattr(sys, "argv", ["dlnuf", "score", *arguments])
    try:
        command.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


@pytest.fixture
def written(small: SmallWitness) -> SmallWitness:
    """A right value among two questions stated rightly, on disk."""
    for unit in ("010000001", "010000002"):
        small.true(90.0, unite_id=unit)
        small.said("tdb.csv", 90.0, right=True, unite_id=unit)
    small.kept("tdb.csv", 90.0)
    small.write()
    return small


def test_json_is_one_object_and_is_kept_for_the_page(
    written: SmallWitness, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _dlnuf(monkeypatch, written, str(written.truth), "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said.keys() >= PROMISED
    assert said["retained_right"] == 0.5
    assert said["naive"].keys() == {"ca", "errd", "derniere_recue", "majorite", "reference"}
    assert json.loads((written.home.scores / "v1.json").read_text(encoding="utf-8")) == said


def test_words_by_default_from_the_folder_of_the_generation(
    written: SmallWitness, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _dlnuf(monkeypatch, written, str(written.root)) == 0
    assert "Valeurs justes   50,00 % des 2 questions" in capsys.readouterr().out


def test_a_folder_without_truth_is_wrong_use_and_says_what_is_expected(
    small: SmallWitness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _dlnuf(monkeypatch, small, str(tmp_path)) == 2
    told = capsys.readouterr()
    assert (told.out, "attendu, le dossier « verite »" in told.err) == ("", True)


def test_without_publication_it_fails_in_words(
    written: SmallWitness, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (written.home.publication / "current.json").unlink()
    assert _dlnuf(monkeypatch, written, str(written.truth)) == 1
    assert "Rien n'est publié" in capsys.readouterr().err


def test_a_truth_of_another_format_is_refused(written: SmallWitness) -> None:
    written.format = 1
    written.write_truth()
    with pytest.raises(NoTruth, match="format 1, attendu 6"):
        score(written.home.root, written.truth)


def test_a_truth_that_lacks_files_says_which(written: SmallWitness) -> None:
    (written.truth / "vides.parquet").unlink()
    (written.truth / "defauts.csv").unlink()
    with pytest.raises(NoTruth, match=r"vides\.parquet, defauts\.csv"):
        score(written.home.root, written.truth)


def test_deliveries_of_another_generation_are_not_judged(written: SmallWitness) -> None:
    written.rows["livraisons"][0]["livraison"] = "jamais_livre.csv"
    written.write_truth()
    with pytest.raises(NothingToScore, match=r"jamais_livre\.csv"):
        score(written.home.root, written.truth)


def test_nearly_all_never_reads_as_all(written: SmallWitness) -> None:
    told = score(written.home.root, written.truth)
    assert "99,99 %" in of_score(told | {"retained_right": 0.999999})
    assert "100,00 %" in of_score(told | {"retained_right": 1.0})
    assert "– laissées inconnues" in of_score(told | {"unknown_left_unknown": None})


def test_what_was_brought_together_is_said(small: SmallWitness) -> None:
    pairs = {"precision": 0.9995, "recall": 0.99, "membres": 1200, "groupes_melanges": 1, "plusieurs_ins": 0,
             "opposants": {"personnes": 2, "fiches": 5, "fiches_rapprochees": [{}]}}  # fmt: skip
    status = {"statut": "deux_lieux", "precision": None, "recall": 0.5, "annonces": 0, "reels": 4, "justes": 0}
    said = of_score(small.score() | {"persons": pairs, "stays": pairs, "statuses": [status]})
    assert "précision 99,95 %, rappel 99,00 % sur 1 200 fiches" in said.replace("\u202f", " ").replace("\xa0", " ")
    assert "1 personne en mêle plusieurs, 0 porte plusieurs INS" in said.replace("\u202f", " ").replace("\xa0", " ")
    assert "5 fiches hors de ce compte, dont 1 rapprochée d'une autre" in said
    assert "personnes en deux lieux : précision –, rappel 50,00 % sur 4" in said
    assert "Ce que coûte" not in said


def test_what_each_kind_costs_is_said_when_it_costs(small: SmallWitness) -> None:
    cost = {"nature": "sexe_absent", "precision": 1.0, "recall": 0.5, "manquees": 3, "fausses": 0, "fiches": 6}
    nothing = cost | {"nature": "accents", "manquees": 0}
    pairs = {"precision": 0.9995, "recall": 0.99, "membres": 1200, "groupes_melanges": 1, "plusieurs_ins": 0,
             "opposants": {"personnes": 2, "fiches": 5, "fiches_rapprochees": [{}]}}  # fmt: skip
    persons = pairs | {"par_nature": [cost, nothing]}
    said = of_score(small.score() | {"persons": persons, "stays": pairs, "statuses": []})
    [line] = [line for line in said.splitlines() if line.startswith("sexe absent")]
    assert line.split()[2:] == ["100,00", "%", "50,00", "%", "3", "0"]
    assert "accents" not in said
