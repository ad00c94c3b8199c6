"""The keyring is lost: each command that needs it says so in one sentence, what can still be done and what cannot, and
nothing is destroyed; put back, it opens everything."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from ingest.home import Home
from ingest.pipeline import process_pending
from ingest.protect import encryption, keyrings, landed_keys
from ingest.receive import landing
from ingest.receive.delivery import deliver
from orchestration.cli import command
from tests.instants import now
from tests.integration.protection.conftest import Bureau

ROW = ("010000222", "A1", "", "Zorglub", "Ysm", "23/11/1937", "F", "", "02/01/2020", "", "", "2")


@pytest.fixture
def home(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home in which a delivery was read, under a key that turned since."""
    monkeypatch.setenv("DLNUF_HOME", str(bureau.home.root))
    deliver([bureau.file("essai_2025-01-31.csv", ROW)], bureau.home, now=now())
    process_pending(bureau.home)
    keyrings.rotate(now=now())
    return bureau.home


def content(home: Home) -> dict[str, bytes]:
    kept = (home.landing, home.lake)
    return {str(p): p.read_bytes() for folder in kept for p in folder.rglob("*") if p.is_file()}


def said(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    """The exit code of a command, and what it said on its error output."""
    monkeypatch.setattr(sys, "argv", ["dlnuf", *words])
    with pytest.raises(SystemExit) as ended:
        command.main()
    return ended.value.code, capsys.readouterr().err


def is_readable(home: Home) -> bool:
    (manifest,) = landing.manifests(home)
    path = landing.bytes_of(home, manifest)
    sha256 = landed_keys.sha256_by_delivery(home)[manifest.delivery_id]
    encryption.check(path, keyrings.load(home), sha256)
    return True


@pytest.mark.parametrize(
    "words",
    [["keys", "state"], ["keys", "rotate"], ["keys", "rewrap"], ["keys", "renew-pseudonyms", "--yes"]],
    ids=" ".join,
)
def test_without_its_keyring_a_command_says_so_and_destroys_nothing(
    home: Home, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = keyrings.path_of_file().rename(keyrings.path_of_file().with_suffix(".perdu"))
    before = content(home)
    code, told = said(words, monkeypatch, capsys)
    assert code == 1
    (sentence,) = re.findall(r"^Erreur : (.*)$", told, re.M)
    for part in (str(keyrings.path_of_file()), "1 fichier chiffré de « landing » ne s'ouvre pas", "rien n'est détruit",
                 "remettre la sauvegarde", "si elle est perdue, redemander le fichier"):  # fmt: skip
        assert part in sentence
    assert content(home) == before
    assert not keyrings.path_of_file().exists()
    lost.rename(keyrings.path_of_file())
    assert is_readable(home)


def test_under_another_keyring_rewrapping_names_the_key_that_is_missing_and_destroys_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fingerprint = keyrings.load().encryption[0].fingerprint
    lost = keyrings.path_of_file().rename(keyrings.path_of_file().with_suffix(".perdu"))
    before = content(home)
    monkeypatch.setattr(sys, "argv", ["dlnuf", "keys", "create"])
    with pytest.raises(SystemExit):
        command.main()
    assert "1 fichier chiffré était déjà là, que ce trousseau n'ouvre pas" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["dlnuf", "keys", "rewrap"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    told = capsys.readouterr()
    assert ended.value.code == 1
    assert f"clé v1 (empreinte {fingerprint}) absente du trousseau" in told.out + told.err
    assert content(home) == before
    Path(lost).replace(keyrings.path_of_file())
    assert is_readable(home)
    assert landed_keys.recover(home).recovered == 1
    assert is_readable(home)


@pytest.mark.parametrize("damage", ["", "{", '{"format": 1}', '{"format": 1, "chiffrement": [], "pseudonymes": {}}'])
def test_a_damaged_keyring_is_not_replaced(
    home: Home, damage: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keyrings.path_of_file().write_text(damage, encoding="utf-8")
    for words in (["keys", "create"], ["keys", "rotate"], ["keys", "renew-pseudonyms", "--yes"]):
        code, told = said(words, monkeypatch, capsys)
        assert (code, told.count("Erreur : ")) == (1, 1)
        assert keyrings.path_of_file().read_text(encoding="utf-8") == damage
