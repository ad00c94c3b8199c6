"""What was written is read back before it is published: any difference blocks, and the current version stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.home import Home
from orchestration.publication import PublicationBlocked
from tests.integration.publication.trial_warehouse import FICHE, LATER, VALEURS, publish_trial

TABLE = f"marts/{FICHE}.parquet"
OPEN = f"open_data/{FICHE}.parquet"


def flip_a_byte(path: Path) -> None:
    spoilt = bytearray(path.read_bytes())
    spoilt[len(spoilt) // 2] ^= 0x01
    path.write_bytes(spoilt)


def cut_the_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def replace_by_another_table(path: Path) -> None:
    path.write_bytes((path.parent / "dlnuf_valeurs.parquet").read_bytes())


def remove(path: Path) -> None:
    path.unlink()


def add_a_stranger(path: Path) -> None:
    (path.parent / "intrus.parquet").write_bytes(b"PAR1")


@pytest.mark.parametrize(
    ("relative", "spoil", "told"),
    [
        (TABLE, flip_a_byte, "n'est pas celui qui a été écrit"),
        (TABLE, cut_the_end, "octets lus"),
        (TABLE, replace_by_another_table, "octets lus"),
        (TABLE, remove, "fichier absent"),
        (TABLE, add_a_stranger, "le manifeste ne déclare pas"),
        (OPEN, flip_a_byte, "n'est pas celui qui a été écrit"),
        ("open_data/datapackage.json", flip_a_byte, "n'est pas celui qui a été écrit"),
        ("acceptation.html", cut_the_end, "octets lus"),
    ],
)
def test_a_file_spoilt_between_write_and_check_blocks(
    home: Home, relative: str, spoil: Callable[[Path], None], told: str
) -> None:
    first = publish_trial(home)
    pointer = (home.publication / "current.json").read_bytes()

    def spoil_once(step: str, path: Path) -> None:
        if step == "manifeste":
            spoil(path / relative)

    with pytest.raises(PublicationBlocked, match="relu") as blocked:
        publish_trial(home, "empreinte-2", now=LATER, on_step=spoil_once)

    (problem,) = blocked.value.problems
    assert told in problem
    assert (home.publication / "current.json").read_bytes() == pointer
    assert first.manifest.version == first.version
    assert not list(home.publication.glob(".staging-*"))
    assert publish_trial(home, "empreinte-2", now=LATER).published


def test_the_digest_is_that_of_the_written_bytes_so_that_early_damage_is_seen_too(home: Home) -> None:
    def spoil(step: str, path: Path) -> None:
        if step == "tables":
            flip_a_byte(path / "marts" / f"{VALEURS}.parquet")

    with pytest.raises(PublicationBlocked, match=VALEURS):
        publish_trial(home, on_step=spoil)
