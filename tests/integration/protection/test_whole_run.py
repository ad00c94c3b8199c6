"""A whole run, by the command, then by Dagster with its storage: nobody is in anything that it writes anywhere, nobody
else can read it, and the key that it works with is neither there nor given to any process that needs none.

The home, the temporary folder, that of Dagster and that of the account stand in one folder, which is searched.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ingest.protect.keyrings import IN_ENVIRONMENT, Secret, derived
from tests.adding.grown import ERRD
from tests.integration.protection.byte_search import in_text, traces
from tests.integration.protection.test_formats import PEOPLE, resid_esms, residalia_mouvements, residalia_sejours
from tests.patience import PATIENCE_S

PROJECT = Path(__file__).resolve().parents[3]
NOM = PEOPLE[0].nom
KEY = hashlib.sha256(b"une cle connue des tests").digest()
# Takes the sources of the files delivered, then the raw tables, as the service does: in an instance that keeps all.
SERVED = """
import sys
import dagster as dg
from ingest.home import Home
from orchestration import assets, definitions, instance
from orchestration.resources import served
home = Home.from_env()
definitions.reserve()
job = definitions.build(home, served(home)).resolve_implicit_global_asset_job_def()
with dg.DagsterInstance.from_config(str(instance.prepare(home))) as opened:
    done = job.execute_in_process(
        instance=opened, partition_key="2024", asset_selection=[*map(assets.source_key, sys.argv[1:]), assets.RAW]
    )
    print(len(done.get_asset_materialization_events()), opened.get_run_by_id(done.run_id).status.value)
"""


def keys_of(key: bytes) -> dict[str, bytes]:
    """What a trace of a key may be: it, and each key that is derived from it, as bytes, hexadecimal and base64."""
    purposes = ("chiffrement", "sceaux", "traits", "identifiants", "livraisons")
    pseudonyms = derived(key, "pseudonymes")
    whole = {"la clé": key, "le secret des pseudonymes": pseudonyms}
    whole |= {f"{name} ({purpose})": Secret("", "", secret).key(purpose) for purpose in purposes
              for name, secret in (("clé", key), ("pseudonymes", pseudonyms))}  # fmt: skip
    return {
        f"{name}, {how}": form
        for name, secret in whole.items()
        for how, form in (
            ("octets", secret),
            ("hexadécimal", secret.hex().encode()),
            ("base64", base64.b64encode(secret).rstrip(b"=")),
        )
    }


def traces_of_keys(folder: Path, *said: str) -> list[str]:
    """Where keys are: in a file, its name, or a text."""
    looked_for = keys_of(KEY)
    texts = [(str(path), str(path).encode() + path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    texts += [("dit", text.encode()) for text in said]
    return [f"{place} : {name}" for place, content in texts for name, form in looked_for.items() if form in content]


def seen_while_running(command: Sequence[str], env: Mapping[str, str]) -> tuple[int, str, str, list[str]]:
    """Code and output of a command, and the processes that showed a key meanwhile: on a command line of the whole
    machine, or in the environment of a descendant of the command."""
    found: set[str] = set()
    key = base64.b64encode(KEY)
    process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    descendants = {process.pid}
    for _ in range(int(PATIENCE_S / 0.5)):
        for entry in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
            try:
                parent = int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1])
                line = Path(f"/proc/{entry}/cmdline").read_bytes()
                descendants |= {entry} if parent in descendants else set()
                is_child = entry in descendants and entry != process.pid
                environment = Path(f"/proc/{entry}/environ").read_bytes() if is_child else b""
            except OSError:  # it ended meanwhile, or is of another account
                continue
            found |= {f"arguments : {line!r}"} if key in line else set()
            # Between its fork and its exec, a child still has the memory of its parent.
            if key in environment and line != Path(f"/proc/{process.pid}/cmdline").read_bytes():
                found.add(f"environnement : {line!r}")
        try:
            said, logged = process.communicate(timeout=0.5)
        except subprocess.TimeoutExpired:
            continue
        assert len(descendants) > 1, "aucun processus n'a été vu"
        return process.returncode, said, logged, sorted(found)
    process.kill()
    pytest.fail(f"{command} ne finit pas")


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
        IN_ENVIRONMENT: base64.b64encode(KEY).decode(),
    }  # fmt: skip
    dlnuf = (sys.executable, "-m", "orchestration.cli")
    code, told, logged, shown = seen_while_running([*dlnuf, "deliver", str(sent)], env)
    assert code == 1, logged  # one file is refused
    assert "inconnu_" in logged
    assert (in_text(logged, PEOPLE), shown, traces_of_keys(searched, told, logged)) == ([], [], [])
    code, said, logged, shown = seen_while_running([*dlnuf, "run"], env)
    assert code == 0, logged
    assert (shown, traces_of_keys(searched, said, logged)) == ([], [])
    assert "Publié" in said
    assert in_text(said + logged, PEOPLE) == []
    assert (places["var"] / "publication" / "current.json").exists()
    assert traces(searched, PEOPLE) == []
    assert open_to_others(places["var"]) == []
    served = subprocess.run(
        [sys.executable, "-c", SERVED, "dui", "resid_esms"],
        cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert served.stdout.split() == ["3", "SUCCESS"], served.stderr
    assert traces_of_keys(searched, served.stdout, served.stderr) == []
    assert traces(searched, PEOPLE) == []


def test_the_search_for_keys_finds_them_however_they_are_written(tmp_path: Path) -> None:
    for rank, (name, form) in enumerate(keys_of(KEY).items()):
        (tmp_path / str(rank)).write_bytes(b"..." + form + b"...")
        assert f"{tmp_path / str(rank)} : {name}" in traces_of_keys(tmp_path)


def test_a_process_that_is_reserved_leaves_no_image_of_its_memory() -> None:
    """What the kernel says of it, then of its child (proc(5), prctl(2), getrlimit(2))."""
    asked = (
        "import ctypes, resource, subprocess, sys\n"
        "most = resource.getrlimit(resource.RLIMIT_CORE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (most, most))\n"
        "from ingest.home import reserve\n"
        "reserve()\n"
        "print(ctypes.CDLL(None).prctl(3), resource.getrlimit(resource.RLIMIT_CORE))\n"  # PR_GET_DUMPABLE
        "child = 'import resource; print(resource.getrlimit(resource.RLIMIT_CORE))'\n"
        "subprocess.run([sys.executable, '-c', child], check=True)\n"
    )
    done = subprocess.run([sys.executable, "-u", "-c", asked], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["0 (0, 0)", "(0, 0)"]


def open_to_others(home: Path) -> list[str]:
    """What others may read, write or go through. Published files are 0444, in folders that nobody else enters."""
    others = stat.S_IRWXG | stat.S_IRWXO
    paths = [path for path in (home, *home.rglob("*")) if not path.is_symlink()]
    if home.joinpath("publication").stat().st_mode & others == 0:
        paths = [p for p in paths if not (p.is_file() and home / "publication" in p.parents)]
    return [str(p) for p in paths if p.stat().st_mode & others]
