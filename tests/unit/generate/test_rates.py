"""Rates of defects are asked for by name, on the command line or in a file, and refused in words."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from typer.testing import CliRunner

from orchestration.cli.command import app
from witness.generate import DefectRates, read_rates


def test_nothing_asked_is_the_default():
    assert read_rates() == DefectRates()


def test_the_command_line_wins_over_the_file_and_all_is_multiplied(tmp_path):
    asked = tmp_path / "taux.yaml"
    asked.write_text("ligne_en_double: 0\nvaleur_perimee: 0.5\nencodage_cp1252: false\n", encoding="utf-8")
    rates = read_rates(["valeur_perimee=0.02"], asked, 2)
    named = {"valeur_perimee": 0.02, "ligne_en_double": 0.0, "encodage_cp1252": 0.0}
    assert rates == replace(DefectRates(), **named).times(2)
    assert rates.valeur_perimee == pytest.approx(0.04)


def test_multiplying_never_passes_one_nor_changes_the_share_put_right():
    many = DefectRates().times(1000)
    rates = asdict(many)
    of_persons = rates.pop("personnes")
    assert max(rates.values()) == max(of_persons.values()) == 1.0
    assert many.redressement == DefectRates().redressement


def test_the_rates_of_persons_are_asked_the_same_way():
    rates = read_rates(["fiche_en_double=0.5", "taux_ko=0.1"], None, 2)
    assert rates.personnes.fiche_en_double == 1.0
    assert rates.personnes.nom_marital == pytest.approx(2 * DefectRates().personnes.nom_marital)


def test_the_last_rate_of_a_kind_wins():
    assert read_rates(["taux_ko=0.5", "taux_ko=0.1"]).taux_ko == 0.1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["coquille=0.1"], "défaut inconnu : coquille"),
        (["taux_ko=1.5"], "taux_ko : « 1.5 » n'est pas un taux entre 0 et 1"),
        (["taux_ko=-0.1"], "taux_ko : « -0.1 » n'est pas un taux entre 0 et 1"),
        (["taux_ko=nan"], "taux_ko : « nan » n'est pas un taux entre 0 et 1"),
        (["taux_ko=beaucoup"], "taux_ko : « beaucoup » n'est pas un taux entre 0 et 1"),
        (["taux_ko"], "« taux_ko » : attendu « nature=taux »"),
    ],
)
def test_what_cannot_be_asked_is_said(asked, said):
    with pytest.raises(ValueError, match="Défauts connus : valeur_perimee, ") as refused:
        read_rates(asked)
    assert said in str(refused.value)


@pytest.mark.parametrize("content", ["- valeur_perimee", "valeur_perimee: [", "valeur_perimee"])
def test_a_file_that_is_not_a_mapping_is_refused(content, tmp_path):
    asked = tmp_path / "taux.yaml"
    asked.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"taux\.yaml"):
        read_rates((), asked)


def test_the_command_lists_every_problem_and_writes_nothing(tmp_path):
    folder = tmp_path / "generation"
    done = CliRunner().invoke(app, ["generate", str(folder), "--rate", "coquille=0.1", "--rate", "taux_ko=2"])
    assert done.exit_code == 2
    for word in ("coquille", "taux_ko : « 2 »", "Défauts connus", "ligne_en_double"):
        assert word in done.output
    assert not folder.exists()


def test_the_command_writes_the_rates_it_was_asked(tmp_path):
    folder = tmp_path / "generation"
    done = CliRunner().invoke(app, ["generate", str(folder), "--rate", "ligne_en_double=0", "--times", "0.5"])
    assert done.exit_code == 0, done.output
    told = json.loads((folder / "verite" / "generation.json").read_text(encoding="utf-8"))
    assert told["format"] == 6
    assert told["taux"] == asdict(replace(DefectRates(), ligne_en_double=0.0).times(0.5))
    ledger = (folder / "verite" / "defauts.csv").read_text(encoding="utf-8")
    assert "ligne_en_double" not in ledger
    assert "ligne_tronquee" in ledger
