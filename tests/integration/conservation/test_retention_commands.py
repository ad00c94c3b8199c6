"""`dlnuf retention`, as whoever is in charge types it: list, approve, eliminate, suspend; never an identity."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest import clock
from ingest.home import Home
from ingest.receive import landing
from ingest.retain import register
from ingest.store import lake
from orchestration.cli import retention_commands as commandes
from orchestration.cli.command import app
from tests import instants
from tests.integration.conservation.test_elimination_chain import ANNE, BRUNO, export, receive

TODAY = instants.TODAY.isoformat()
IDENTITY = ("ZZEXEMPLE", "Aubépine", "1938-02-03", "03/02/1938", "D1;", '"D1"')


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Anne left in 2018, alone in her delivery. Commands are typed on the day of tests."""
    monkeypatch.setattr(clock, "now", instants.now)
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path / "var"))
    found = Home(tmp_path / "var")
    receive(found, export(tmp_path, ANNE.format("décès")))
    return found


def dlnuf(*words: str) -> str:
    result = CliRunner().invoke(app, ["conservation", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def listed() -> str:
    return json.loads(dlnuf("lister", "--json"))["bordereau"]


def test_from_the_list_to_the_register(home: Home) -> None:
    landed = landing.bytes_of(home, next(landing.manifests(home)))
    assert "2 lignes de 1 personne, 1 livraison à détruire" in dlnuf("lister")
    number = listed()
    assert "rien n'est éliminé" in dlnuf("eliminer")  # nothing is approved yet
    assert landed.exists()
    dlnuf("approuver", number, "--visa", "AD01-2026-14", "--by", "direction", "--on", TODAY)
    assert "à éliminer" in dlnuf("etat")
    assert "2 lignes éliminées de 1 livraison, octets de 1 livraison détruits" in dlnuf("eliminer")
    assert not landed.exists()
    (result,) = lake.results(home)
    assert (result.lues, result.acceptees, result.eliminees, result.balances) == (2, 2, 2, True)
    assert not home.warehouse.exists()  # the next run builds it again, without these rows
    assert "2 lignes éliminées" in dlnuf("etat")
    (line,) = register.events(home, register.APPLIED)
    assert (line["bordereau"], line["lignes"], line["octets_detruits"]) == (number, 2, 1)
    told = (home.root / "journaux" / "conservation.jsonl").read_text(encoding="utf-8")
    assert [word for word in IDENTITY if word in told] == []


def test_an_unapproved_list_named_aloud_is_refused_with_the_remedy(home: Home) -> None:
    number = listed()
    with pytest.raises(commandes.failures(), match=rf"{number} n'est pas approuvé.*dlnuf retention approve {number}"):
        dlnuf("eliminer", number)
    with pytest.raises(commandes.misuses(), match="Bordereau inconnu"):
        dlnuf("approuver", "20200101-00000000", "--visa", "V", "--by", "direction", "--on", TODAY)


def test_a_suspension_by_the_local_number_stops_everything_and_does_not_keep_it(home: Home) -> None:
    number = listed()
    dlnuf("approuver", number, "--visa", "V", "--by", "direction", "--on", TODAY)
    words = ("suspendre", "--finess", "010000001", "--record", "D1", "--reference", "TA 2026-1", "--on", TODAY)
    assert "rien n'est éliminé jusqu'à sa levée" in dlnuf(*words)
    said = dlnuf("eliminer", number)
    assert "0 ligne éliminée" in said
    assert "contact plus récent, suspension ou règle changée depuis : 2" in said
    assert "suspension" in dlnuf("lister")
    assert "« TA 2026-1 », 010000001" in dlnuf("etat")
    told = (home.root / "journaux" / "conservation.jsonl").read_text(encoding="utf-8")
    assert [word for word in IDENTITY if word in told] == []
    dlnuf("lever", "TA 2026-1", "--on", TODAY)
    assert listed() is not None


def test_a_suspension_for_nobody_is_refused(home: Home) -> None:
    with pytest.raises(commandes.misuses(), match="ne protégerait personne"):
        dlnuf("suspendre", "--finess", "010000001", "--record", "INCONNU", "--reference", "R", "--on", TODAY)


def test_who_is_still_there_is_never_listed(home: Home, tmp_path: Path) -> None:
    receive(home, export(tmp_path, BRUNO))
    told = json.loads(dlnuf("lister", "--json"))
    assert (told["lignes"], told["non_eliminables"]["séjour en cours"]) == (2, 1)
