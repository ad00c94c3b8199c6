"""How the environment is made: what is kept, what is made anew, what stops it and in which words."""

from __future__ import annotations

import base64
import errno
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import installation
import pytest

REAL = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one file, for which the installer runs in this process."""
    folder = tmp_path / "mon projet"
    folder.mkdir()
    (folder / "requirements.lock").write_text("paquet==1.0\n")
    (folder / "pyproject.toml").write_text("")
    monkeypatch.setattr(installation, "PROJECT", folder)
    monkeypatch.setattr(installation, "LOCK", folder / "requirements.lock")
    return folder


@pytest.fixture
def done(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the installer did; nothing is downloaded. An environment is there from the start."""
    steps: list[str] = []

    def packages(venv: Path) -> None:
        steps.append("paquets")
        shutil.rmtree(venv, ignore_errors=True)
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").symlink_to(sys.executable)
        (venv / "pyvenv.cfg").touch()

    def pip(venv: Path, *arguments: str) -> None:
        steps.append("projet")
        (venv / "bin" / "dlnuf").touch(mode=0o755)

    monkeypatch.setattr(installation, "packages", packages)
    monkeypatch.setattr(installation, "pip", pip)
    assert installation.main(".venv") == 0
    assert steps == ["paquets", "projet"]
    steps.clear()
    return steps


def test_an_environment_that_is_what_the_lock_says_is_left_alone(project: Path, done: list[str]) -> None:
    assert installation.main(".venv") == 0
    assert done == []


def _write(name: str, text: str) -> Callable[[Path], object]:
    return lambda project: (project / name).write_text(text)


def _record(key: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        record = project / ".venv" / installation.RECORD
        record.write_text(json.dumps(json.loads(record.read_text()) | {key: "autre"}))

    return change


def _remove(name: str) -> Callable[[Path], None]:
    return lambda project: (project / ".venv" / name).unlink()


def _dangle(project: Path) -> None:
    (project / ".venv" / "bin" / "python").unlink()
    (project / ".venv" / "bin" / "python").symlink_to(project / "disparu")


ALL = ["paquets", "projet"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(_remove(installation.RECORD), ALL, id="interrompue"),
        pytest.param(_write(f".venv/{installation.RECORD}", "{"), ALL, id="interrompue à la fin"),
        pytest.param(_record("dossier"), ALL, id="déplacé"),
        pytest.param(_record("python"), ALL, id="autre Python"),
        pytest.param(_write("requirements.lock", "paquet==2.0"), ALL, id="autre verrou"),
        pytest.param(_dangle, ALL, id="Python désinstallé"),
        pytest.param(_remove("bin/dlnuf"), ALL, id="sans sa commande"),
        pytest.param(lambda project: shutil.rmtree(project / ".venv"), ALL, id="supprimé"),
        pytest.param(_write("pyproject.toml", "[project]"), ["projet"], id="projet changé"),
    ],
)
def test_another_is_made_anew(
    project: Path, done: list[str], change: Callable[[Path], object], expected: list[str]
) -> None:
    change(project)
    assert installation.main(".venv") == 0
    assert done == expected
    assert installation.main(".venv") == 0
    assert done == expected


def test_a_folder_that_is_not_an_environment_is_never_removed(project: Path, done: list[str], capsys) -> None:
    (project / "mes documents").mkdir()
    (project / "mes documents" / "lettre.txt").touch()
    assert installation.main("mes documents") == 1
    assert "existe et n'est pas un environnement Python" in capsys.readouterr().err
    assert (project / "mes documents" / "lettre.txt").exists()
    assert done == []


def test_too_little_room_is_said_before_starting(project: Path, done: list[str], capsys, monkeypatch) -> None:
    shutil.rmtree(project / ".venv")
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(9e9, 8e9, 1.24e9))
    assert installation.main(".venv") == 1
    said = capsys.readouterr().err
    assert said.startswith(f"Il faut 3 Go libres pour installer l'environnement, et {project} n'en a que 1,2 :")
    assert done == []


def test_a_folder_of_somebody_else_is_said_before_starting(project: Path, done: list[str], capsys, monkeypatch) -> None:
    shutil.rmtree(project / ".venv")
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != project)
    assert installation.main(".venv") == 1
    assert capsys.readouterr().err.startswith(f"Ce compte ne peut pas écrire dans {project},")
    assert done == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "Il n'y a plus de place sur le disque : en libérer, puis relancer.\n"),
        (errno.EACCES, "{venv}/lib ne peut pas être écrit : supprimer {venv} (au besoin, sudo), puis relancer.\n"),
    ],
)
def test_a_disk_that_refuses_ends_in_one_sentence(
    project: Path, done: list[str], capsys, monkeypatch, code: int, said: str
) -> None:
    def refuse(venv: Path) -> None:
        raise OSError(code, os.strerror(code), str(venv / "lib"))

    monkeypatch.setattr(installation, "packages", refuse)
    (project / ".venv" / installation.RECORD).unlink()
    assert installation.main(".venv") == 1
    assert capsys.readouterr().err == said.format(venv=project / ".venv")


def test_an_interruption_is_said_and_the_next_command_makes_it_anew(
    project: Path, done: list[str], capsys, monkeypatch
) -> None:
    def interrupt(venv: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(installation, "packages", interrupt)
        (project / ".venv" / installation.RECORD).unlink()
        assert installation.main(".venv") == 130
    assert "interrompue : la même commande la refait" in capsys.readouterr().err
    assert installation.main(".venv") == 0
    assert done == ["paquets", "projet"]


def test_stopped_while_the_old_one_goes_the_folder_is_still_known_as_ours(project: Path, monkeypatch) -> None:
    venv = project / ".venv"
    (venv / "lib").mkdir(parents=True)
    (venv / "lib64").symlink_to("lib")
    (venv / "pyvenv.cfg").touch()

    def interrupt(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(shutil, "rmtree", interrupt)
        with pytest.raises(KeyboardInterrupt):
            installation.empty(venv)
    installation.check_place(venv)
    installation.empty(venv)
    assert [path.name for path in venv.iterdir()] == [installation.LOG]


def test_only_one_installation_goes_on_at_a_time(project: Path) -> None:
    with installation.alone(), installation.LOCK.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with installation.LOCK.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize(
    ("said", "remedy", "quoted"),
    [
        (  # pip 23.0.1 without network
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError': /simple/agate/\n"
            "ERROR: Could not find a version that satisfies the requirement agate==1.9.1 (from versions: none)\n"
            "ERROR: No matching distribution found for agate==1.9.1\n",
            "Le dépôt de paquets Python ne répond pas.",
            "  ERROR: No matching distribution found for agate==1.9.1",
        ),
        (  # pip 26, on a processor for which a package has no wheel
            "ERROR: Could not find a version that satisfies the requirement cryptography==50 (from versions: 47)\n"
            "ERROR: No matching distribution found for cryptography==50\n",
            "Un paquet n'existe pas tout prêt pour cette machine",
            "cryptography==50",
        ),
        ("ERROR: Could not install packages: [Errno 28] No space left on device\n", installation.NO_ROOM, "[Errno 28]"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n", "Le dépôt de paquets sert", ""),
        ("dlnuf 0.1.0 requires polars, which is not installed.\n", "L'installation a échoué.", "polars, which"),
    ],
)  # fmt: skip
def test_a_failure_that_is_known_has_its_remedy(said: str, remedy: str, quoted: str) -> None:
    explained = installation.explain(said)
    assert explained.startswith(remedy)
    assert quoted in explained


BACKEND = """
import zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(f"{folder}/dlnuf-0.1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("dlnuf.py", "def main(): import paquet; print(paquet.__file__)")
        wheel.writestr("dlnuf-0.1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: dlnuf\\nVersion: 0.1\\n")
        wheel.writestr("dlnuf-0.1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("dlnuf-0.1.dist-info/entry_points.txt", "[console_scripts]\\ndlnuf = dlnuf:main\\n")
        wheel.writestr("dlnuf-0.1.dist-info/RECORD", "")
    return "dlnuf-0.1-py3-none-any.whl"
"""


def wheel(folder: Path, version: str) -> str:
    """An empty package in its wheel; the line of the lock that pins it."""
    folder.mkdir(exist_ok=True)
    path = folder / f"paquet-{version}-py3-none-any.whl"
    files = {
        "paquet/__init__.py": "",
        f"paquet-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: paquet\nVersion: {version}\n",
        f"paquet-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        hashes = {
            name: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            for name, text in files.items()
        }
        lines = [f"{name},sha256={hashes[name]},{len(files[name])}" for name in files]
        archive.writestr(f"paquet-{version}.dist-info/RECORD", "\n".join(lines) + "\n")
    return f"paquet=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def test_pip_hears_the_lock_and_the_way_to_the_index_and_nothing_else(tmp_path: Path) -> None:
    """The real pip, on a machine whose settings would each make another environment; no network, no home, no uv."""
    folder = tmp_path / "mon projet"
    (folder / ".ci").mkdir(parents=True)
    for name in ("install", "installation.py"):
        shutil.copy(REAL / ".ci" / name, folder / ".ci")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "fabrique"\nbackend-path = ["."]\n'
        '[project]\nname = "dlnuf"\nversion = "0.1"\n'
    )
    (folder / "fabrique.py").write_text(BACKEND)
    foreign = "colorama==9 ; sys_platform == 'win32' --hash=sha256:" + "0" * 64 + "\n"
    (folder / "requirements.lock").write_text(wheel(tmp_path / "miroir", "1.0") + foreign)
    wheel(tmp_path / "miroir", "2.0")
    (tmp_path / "contraintes.txt").write_text("paquet==2.0\n")
    (tmp_path / "pip.conf").write_text(
        f"[global]\nfind-links = {tmp_path}/miroir\nno-index = true\nrequire-virtualenv = true\nno-binary = :all:\n"
        f"[install]\nuser = true\ntarget = {tmp_path}/ailleurs\nconstraint = {tmp_path}/contraintes.txt\n"
    )
    (tmp_path / "chemins" / "pip").mkdir(parents=True)
    (tmp_path / "chemins" / "pip" / "__init__.py").write_text("raise SystemExit('un autre pip')")
    environment = {
        "PATH": os.defpath, "HOME": "/nonexistent", "PYTHON": sys.executable, "LANG": "C", "TMPDIR": "/nonexistent",
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "PIP_PREFIX": str(tmp_path / "ailleurs"),
        "PYTHONPATH": str(tmp_path / "chemins"), "VIRTUAL_ENV": "/nonexistent",
    }  # fmt: skip

    line = ["sh", str(folder / ".ci" / "install")]
    first = subprocess.run(line, env=environment, capture_output=True, text=True, cwd="/")
    assert first.returncode == 0, first.stderr + (folder / ".venv" / installation.LOG).read_text()
    assert first.stderr.startswith(f"Installation de l'environnement dans {folder}/.venv : environ ")
    command = subprocess.run([folder / ".venv" / "bin" / "dlnuf"], capture_output=True, text=True)
    assert command.stdout.startswith(f"{folder}/.venv/lib/")
    assert [path.name for path in (folder / ".venv").rglob("paquet-*")] == ["paquet-1.0.dist-info"]
    assert not (tmp_path / "ailleurs").exists()
    again = subprocess.run(line, env=environment, capture_output=True, text=True, cwd="/")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
