"""Makes the environment that requirements.lock names, and shows how far it is.

Belongs here: the folder of the environment: is it what the lock says, can it be made, how pip is called.
Does not belong here: which Python it is of (`.ci/install`), what is done with it (the Makefile).

It runs on the Python of the environment to be, before anything is installed: the standard library alone.

An environment is either what its record says, or made anew: one that was interrupted, moved with its folder, made by
another Python or for another lock is never mended. What pip has in its cache is not downloaded again.
"""

from __future__ import annotations

import ast
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
LOCK = PROJECT / "requirements.lock"
RECORD = "installation.json"
LOG = "installation.log"

SIZE = "environ 1,8 Go" if sys.version_info < (3, 14) else "environ 2,1 Go"
NEEDED_GO = 3.0  # while it is installed: the same, and the packages as they were downloaded

# How the package index is reached. Every other setting of pip says what is installed or where: the lock does.
SETTINGS_OF_ACCESS = {
    "index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "proxy", "cert", "client-cert",
    "timeout", "default-timeout", "retries", "cache-dir", "no-cache-dir", "keyring-provider",
    "use-feature", "use-deprecated",  # the certificates of the system, or those of pip
}  # fmt: skip

NO_ROOM = "Il n'y a plus de place sur le disque : en libérer, puis relancer."

# What pip says when it fails, and what to do about it. The first that is found is said.
FAILURES = (
    (r"No space left|Disk quota exceeded", NO_ROOM),
    (
        r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|from versions: none",
        "Le dépôt de paquets Python ne répond pas. Vérifier le réseau et, derrière un mandataire ou un miroir, "
        "HTTPS_PROXY, PIP_CERT et PIP_INDEX_URL ; puis relancer.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "Le dépôt de paquets sert d'autres fichiers que ceux que requirements.lock attend : rien n'en est installé.",
    ),
    (
        r"No matching distribution",
        "Un paquet n'existe pas tout prêt pour cette machine : il faut Linux (glibc) ou macOS, sur x86-64 ou ARM64.",
    ),
)


class Impossible(Exception):
    """The environment cannot be made. What, and what to do, in French."""


def main(argument: str) -> int:
    """Leave at `argument`, from the project's folder, the environment of requirements.lock. Exit code."""
    venv = (PROJECT / argument).resolve()
    wanted = wanted_record(venv)
    try:
        if record(venv) != wanted:
            with alone():
                if record(venv) != wanted:
                    make(venv, wanted)
        return 0
    except Impossible as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            print(NO_ROOM, file=sys.stderr)
        elif problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            where = problem.filename or venv
            print(
                f"{where} ne peut pas être écrit : supprimer {venv} (au besoin, sudo), puis relancer.", file=sys.stderr
            )
        else:
            raise
        return 1
    except KeyboardInterrupt:
        print("\nInstallation interrompue : la même commande la refait.", file=sys.stderr)
        return 130


def wanted_record(venv: Path) -> dict[str, str]:
    """What the record of a complete environment says. `projet` alone differs: the project alone is installed again."""
    return {
        "dossier": str(venv),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "verrou": hashlib.sha256(LOCK.read_bytes()).hexdigest(),
        "projet": hashlib.sha256((PROJECT / "pyproject.toml").read_bytes()).hexdigest(),
    }


def record(venv: Path) -> dict[str, str]:
    """What the environment says of itself; nothing when it cannot run."""
    if all(os.access(venv / "bin" / name, os.X_OK) for name in ("python", "dlnuf")):
        with suppress(OSError, ValueError):
            return json.loads((venv / RECORD).read_text("utf-8"))
    return {}


@contextmanager
def alone() -> Iterator[None]:
    """One installation at a time. pip inherits the lock: if we alone are killed, the next waits for its end."""
    with LOCK.open() as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Une autre commande installe l'environnement : attente de sa fin…", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:
            pass  # a file system without locks
        yield


def make(venv: Path, wanted: dict[str, str]) -> None:
    """Make the environment if need be, then put the project in it; its record last, so that one interrupted has none.

    Raises:
        Impossible: no room, no right to write, or pip failed.
    """
    known = record(venv)
    if known | {"projet": wanted["projet"]} != wanted:
        check_place(venv)
        packages(venv)
    (venv / RECORD).unlink(missing_ok=True)
    pip(venv, "install", "--no-deps", "--no-index", "--no-build-isolation", "--editable", str(PROJECT))
    (venv / RECORD).write_text(json.dumps(wanted, indent=2) + "\n", "utf-8")


def check_place(venv: Path) -> None:
    """Say before starting what would stop it halfway."""
    parent = next(folder for folder in venv.parents if folder.is_dir())
    if not os.access(parent, os.W_OK | os.X_OK):
        raise Impossible(
            f"Ce compte ne peut pas écrire dans {parent}, où l'environnement s'installe. "
            "Copier le projet dans un dossier à soi, puis relancer."
        )
    present = list(venv.iterdir()) if venv.exists() else []
    if present and not any(path.name in ("pyvenv.cfg", LOG) for path in present):
        raise Impossible(f"{venv} existe et n'est pas un environnement Python : le déplacer, ou donner un autre VENV.")
    replaced = sum(path.lstat().st_size for path in venv.rglob("*"))
    free = (shutil.disk_usage(parent).free + replaced) / 1e9
    if free < NEEDED_GO:
        raise Impossible(
            f"Il faut {NEEDED_GO:.0f} Go libres pour installer l'environnement, et {parent} n'en a que "
            f"{f'{free:.1f}'.replace('.', ',')} : en libérer, puis relancer."
        )


def packages(venv: Path) -> None:
    """Every package of the lock, and nothing else, in a folder that holds nothing else."""
    print(f"Installation de l'environnement dans {venv} : {SIZE}, quelques minutes…", file=sys.stderr)
    empty(venv)
    run(venv, [sys._base_executable, "-I", "-m", "venv", str(venv)])
    # The lock is a closure: nothing is resolved. An old pip would resolve extras anew, and take newer releases.
    # Nothing is compiled either: a source would need packages that nobody locked, and a compiler.
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile"]
    if sys.version_info >= (3, 14):
        options.append("--ignore-requires-python")  # dagster-dbt declares <3.14: docs/adr/0018
    pip(venv, "install", *options, "--requirement", str(LOCK), shown=True)
    # Bytecode, on every core, which pip does not. It is made here since whoever may not write in the environment
    # (a container, often) would compile dbt and Dagster at every command. Some packages hold templates that do not
    # compile.
    with suppress(Impossible):
        run(venv, [str(python(venv)), "-I", "-m", "compileall", "-qq", "-j", "0", "-x", "/tests/", str(venv / "lib")])
    pip(venv, "check")


def empty(venv: Path) -> None:
    """A folder with its log alone. The log is there before anything goes: it marks a folder stopped halfway as ours."""
    venv.mkdir(parents=True, exist_ok=True)
    (venv / LOG).write_bytes(b"")
    for path in venv.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOG:
            path.unlink()


def python(venv: Path) -> Path:
    """The Python of the environment."""
    return venv / "bin" / "python"


def pip(venv: Path, *arguments: str, shown: bool = False) -> None:
    """pip, deaf to all but the lock and the way to the index; unbuffered, since what it says is followed."""
    run(venv, [str(python(venv)), "-I", "-u", "-m", "pip", *arguments], settings_of_access(venv), shown)


def run(venv: Path, line: list[str], settings: Mapping[str, str] | None = None, shown: bool = False) -> None:
    """Run a command, its words in the log of the environment; `shown`: with how far pip is.

    Raises:
        Impossible: it failed; with the remedy if the failure is known.
    """
    temporary = venv / "tmp"  # beside the rest: /tmp is small on some machines, and one place is one room to check
    temporary.mkdir(exist_ok=True)
    environment = bare_environment(os.environ) | (settings or {}) | {"TMPDIR": str(temporary)}
    with (venv / LOG).open("ab") as log:
        start = log.tell()
        process = subprocess.Popen(
            line, env=environment, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, close_fds=False
        )
        try:
            if shown:
                follow(process, venv, start)
            code = process.wait()
        finally:
            process.kill()
            process.wait()
    shutil.rmtree(temporary, ignore_errors=True)
    if code:
        said = (venv / LOG).read_bytes()[start:].decode("utf-8", "replace")
        raise Impossible(f"{explain(said)}\nLe détail est dans {venv / LOG}.")


def explain(said: str) -> str:
    """The remedy of a failure that is known, and the last words of the command."""
    remedy = next((remedy for pattern, remedy in FAILURES if re.search(pattern, said)), "L'installation a échoué.")
    lines = said.splitlines()
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    return "\n".join([remedy, *(f"  {line[:200]}" for line in errors[-3:])])


def bare_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Without the variables that would make another Python or another pip of these."""
    return {name: value for name, value in environ.items() if not name.startswith(("PIP_", "PYTHON", "__PYVENV"))}


@cache
def settings_of_access(venv: Path) -> dict[str, str]:
    """How this machine reaches its package index, from pip's files and variables, as the variables that say the same.

    `user`, `target`, `constraint`, `no-binary`… of somebody's pip.conf are left aside: not all can be undone on the
    command line. As in pip, what is set for `pip install` goes before what is set for all commands, and a variable
    before both.

    Raises:
        Impossible: pip cannot read them.
    """
    listed = subprocess.run(
        [str(python(venv)), "-I", "-m", "pip", "config", "list"],
        env=bare_environment(os.environ) | {name: v for name, v in os.environ.items() if name.startswith("PIP_")},
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        raise Impossible(f"pip ne peut pas lire sa configuration :\n  {listed.stderr.strip()[-400:]}")
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for section, name, value in re.findall(r"^(global|install|:env:)\.([a-z-]+)=(.+)$", listed.stdout, re.MULTILINE):
        if name in SETTINGS_OF_ACCESS:
            found[section][name] = ast.literal_eval(value)
    merged = found["global"] | found["install"] | found[":env:"]
    fixed = {"CONFIG_FILE": os.devnull, "DISABLE_PIP_VERSION_CHECK": "1", "NO_INPUT": "1", "ROOT_USER_ACTION": "ignore"}
    return {f"PIP_{name.upper().replace('-', '_')}": value for name, value in (merged | fixed).items()}


def follow(process: subprocess.Popen[bytes], venv: Path, start: int) -> None:
    """Show packages as pip collects them, then unpacks them: a bar on a terminal, a line each quarter elsewhere."""
    terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    site = next((venv / "lib").glob("python3.*")) / "site-packages"
    pinned = len(re.findall(r"^[a-z0-9][^ ]*==", LOCK.read_text("utf-8"), re.MULTILINE))
    quarter = 0
    while process.poll() is None:
        said = "\n" + (venv / LOG).read_bytes()[start:].decode("utf-8", "replace")
        total = pinned - said.count("\nIgnoring ")  # for another system, or another Python
        collected = said.count("\nCollecting ")
        step, done = "téléchargement", collected
        if "\nInstalling collected packages" in said:
            step, done = "mise en place", sum(1 for _ in site.glob("*.dist-info")) - 1  # pip's own was there
        share = (done + (total if step == "mise en place" else 0)) / (2 * total)
        if terminal:
            width = max(10, min(40, shutil.get_terminal_size().columns - 45))
            bar = f"{'█' * int(width * share):░<{width}}"
            sys.stderr.write(f"\r\x1b[K  {step:<14} {bar} {share:4.0%}  {done} paquets sur {total}")
        elif int(share * 4) > quarter:
            quarter = int(share * 4)
            sys.stderr.write(f"  {step} : {done} paquets sur {total}\n")
        sys.stderr.flush()
        time.sleep(0.2)
    if terminal:
        sys.stderr.write("\r\x1b[K")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
