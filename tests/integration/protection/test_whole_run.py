"""A whole run, by the command: nobody is in anything that it writes anywhere, and nobody else can read it.

The home, the temporary folder, that of Dagster and that of the account stand in one folder, which is searched.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adding.grown import ERRD
from tests.integration.protection.byte_search import in_text, traces
from tests.integration.protection.test_formats import PEOPLE, resid_esms, residalia_mouvements, residalia_sejours
from tests.patience import PATIENCE_S

PROJECT = Path(__file__).resolve().parents[3]
NOM = PEOPLE[0].nom


@pytest.mark.duckdb
@pytest.mark.lent
def test_a_whole_run_writes_nobody_anywhere_and_for_its_account_alone(tmp_path: Path) -> None:
    sent, searched = tmp_path / "envoi", tmp_path / "tout"
    sent.mkdir()
    places = {name: searched / name for name in ("var", "tmp", "dagster", "maison")}
    for name in ("tmp", "dagster", "maison"):
        places[name].mkdir(parents=True)
    (sent / f"residalia_sejours_20241231_{NOM}.csv").write_bytes(residalia_sejours())
    (sent / "residalia_mouvements_20241231_a.csv").write_bytes(residalia_mouvements())
    (sent / "resid_esms_2024-12_a.csv").write_bytes(resid_esms())
    (sent / f"{NOM}_{PEOPLE[0].prenom}.csv").write_bytes(residalia_sejours().split(b"\r\n", 1)[1])
    (sent / "ANN_ERRD_EJ_ET_2023_06_07.CSV").write_text(ERRD, encoding="utf-8")
    env = {
        **os.environ, "PYTHONPATH": str(PROJECT), "DLNUF_HOME": str(places["var"]), "TMPDIR": str(places["tmp"]),
        "DAGSTER_HOME": str(places["dagster"]), "HOME": str(places["maison"]), "DLNUF_LOG": "DEBUG",
    }  # fmt: skip

    def dlnuf(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    code, _, logged = dlnuf("deliver", str(sent))
    assert code == 1, logged  # one file is refused
    assert "inconnu_" in logged
    assert in_text(logged, PEOPLE) == []
    code, said, logged = dlnuf("run")
    assert code == 0, logged
    assert "Publié" in said
    assert in_text(said + logged, PEOPLE) == []
    assert (places["var"] / "publication" / "current.json").exists()
    assert traces(searched, PEOPLE) == []
    assert open_to_others(places["var"]) == []


def open_to_others(home: Path) -> list[str]:
    """What others may read, write or go through. Published files are 0444, in folders that nobody else enters."""
    others = stat.S_IRWXG | stat.S_IRWXO
    paths = [path for path in (home, *home.rglob("*")) if not path.is_symlink()]
    if home.joinpath("publication").stat().st_mode & others == 0:
        paths = [p for p in paths if not (p.is_file() and home / "publication" in p.parents)]
    return [str(p) for p in paths if p.stat().st_mode & others]
