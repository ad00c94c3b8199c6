"""README's first command on bare machines: nothing on them but what it tells to install, an ordinary account, no git.

Belongs here: machines of Debian made for the occasion, in a chroot.
Does not belong here: how the installer behaves when something is wrong (`test_installation`).

Not in the default run: `pytest -m machine_nue tests/installation`, as root, with debootstrap and a mirror of Debian.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import installation
import pytest

pytestmark = pytest.mark.machine_nue

PROJECT = Path(__file__).resolve().parents[2]
HOME = "home/nouvelle"
CHECKOUT = f"{HOME}/mes projets/dlnuf"  # with a space, as people have
LEFT = shutil.ignore_patterns(
    ".git", ".venv", "var", "build", "dist", "target", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info"
)
# A namespace of its own for mounts and processes: whatever happens, nothing stays mounted and nothing goes on.
APART = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]


def apart(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script of sh in namespaces of its own; what it makes can be read by every account."""
    line = [*APART, "sh", "-euc", script, "sh", *map(str, arguments)]
    return subprocess.run(
        line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, umask=0o022
    )


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """Where to make a machine; destroyed at once, since it weighs 3 GB."""
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        pytest.skip("il faut être root et avoir debootstrap pour faire une machine nue")
    if apart("mount -t tmpfs none /mnt").returncode:
        pytest.skip("cette machine ne laisse pas monter de système de fichiers")
    yield tmp_path / "machine"
    shutil.rmtree(tmp_path / "machine", ignore_errors=True)


@pytest.mark.parametrize(("suite", "python"), [("bookworm", "3.11"), ("trixie", "3.13")])
def test_the_first_command_of_readme_is_enough(root: Path, suite: str, python: str) -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    asked = re.search(r"sudo apt-get install ([a-z0-9 -]+)", readme)
    assert asked, "README ne dit plus quoi installer"
    made = apart('debootstrap --variant=minbase "$1" "$2"', suite, root)
    if made.returncode:
        pytest.skip(f"Debian {suite} ne peut pas être faite ici : {made.stdout.strip().splitlines()[-1]}")
    shutil.copytree(PROJECT, root / CHECKOUT, ignore=LEFT)
    into = 'mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; root=$1; shift; exec chroot "$root" "$@"'
    bare = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
    bare += [f"{name}={value}" for name, value in _way_out().items()]

    packages = f"apt-get -q update; DEBIAN_FRONTEND=noninteractive apt-get -qy install {asked[1]}"
    account = f"useradd nouvelle; chown -R nouvelle: /{HOME}"
    prepared = apart(into, root, *bare, "sh", "-euc", f"{packages}; {account}")
    assert prepared.returncode == 0, prepared.stdout
    for value in _way_out().values():  # certificates: after the packages, which bring their own
        if os.path.isabs(value) and os.path.isfile(value):
            apart('install -D -m 644 "$1" "$2"', value, f"{root}{value}")

    as_newcomer = ["setpriv", "--reuid=nouvelle", "--regid=nouvelle", "--clear-groups", *bare, f"HOME=/{HOME}"]
    run = apart(into, root, *as_newcomer, "sh", "-euc", 'cd "/$1"; make run ARGS="--scale petit"', "sh", CHECKOUT)
    assert run.returncode == 0, run.stdout
    assert json.loads((root / CHECKOUT / ".venv" / installation.RECORD).read_text("utf-8"))["python"] == python
    assert (root / CHECKOUT / "var" / "publication" / "current.json").exists()


def _way_out() -> dict[str, str]:
    """How this machine reaches Debian and the package index, as variables."""
    names = ("http_proxy", "https_proxy", "no_proxy", "ssl_cert_file", "requests_ca_bundle")
    known = {name: value for name, value in os.environ.items() if name.lower() in names}
    return known | installation.settings_of_access(Path(sys.prefix))
