"""What a result and a publication depend on, as digests: what changed is redone, and nothing else is.

Belongs here: finding what decides. Does not belong here: what is done when a digest changed (`pipeline`,
`orchestration.run`).

The code that judges deliveries is found by following imports from `ingest.judging`, down to the libraries that it
imports. The files that this code reads are found by their names, which stand in it. Nobody keeps a list of either.
docs/adr/0023 says what is left out, and why.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import polars as pl

from data_contracts import loading, nomenclatures, territoires
from data_contracts.dictionary import FOLDER as DICTIONARY
from data_contracts.loading import Contract
from data_contracts.person_entities import person_entities
from ingest.home import PROJECT, Home
from ingest.protect.keyrings import Keyring
from ingest.receive import landing
from ingest.store import lake
from ingest.store.lake import Result

JUDGES = "ingest.judging"  # whatever it imports decides what is accepted
_ROOMS = ("data_contracts", "ingest")
_DISTRIBUTIONS = {"stdnum": "python-stdnum", "yaml": "pyyaml"}  # of the modules that are not named as their package


def digest(contract: Contract, keyring: Keyring | None = None) -> str:
    """What a result depends on besides the bytes: the contract, its code lists, the code that reads and validates.

    For a contract about persons, it also depends on the secret of pseudonyms: when that is renewed, everything about
    persons is read again. It does not depend on the keys that encrypt files.
    """
    fields = [f for e in contract.entities for f in e.fields]
    lists = {f.nomenclature for f in fields} | {f.privacy.nomenclature for f in fields if f.privacy}
    content = [repr(contract), code_digest()]
    content += [landing.sha256_of(nomenclatures.path_of(name)) for name in sorted(filter(None, lists))]
    if contract.personal:
        content.append(keyring.pseudonyms.fingerprint if keyring else "")
    return hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Changes with the code that decides what is accepted, with the files that this code reads, and with what reads
    under it: the libraries, Python, its table of characters."""
    files = sorted(judging_modules() | judged_by())
    lines = [f"{path.relative_to(PROJECT)} {landing.sha256_of(path)}\n" for path in files]
    lines += [f"{name} {version}\n" for name, version in sorted(libraries().items())]
    lines.append(f"python {'.'.join(map(str, sys.version_info[:2]))} unicode {unicodedata.unidata_version}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def libraries() -> dict[str, str]:
    """The libraries that these modules import, with the versions that are installed here.

    What such a library itself requires is left out: those that decide (the engine of polars, the core of pydantic) are
    pinned to its version.
    """
    imported = {name.partition(".")[0] for path in judging_modules() for name in _imported(path)}
    foreign = imported - {*_ROOMS} - sys.stdlib_module_names
    return {name: metadata.version(_DISTRIBUTIONS.get(name, name)) for name in foreign}


@lru_cache(maxsize=1)
def judging_modules() -> frozenset[Path]:
    """`ingest.judging`, and the modules of the project that it imports, directly or not, with their packages."""
    known: set[Path] = set()
    waiting = [JUDGES]
    while waiting:
        for path in _files_of(waiting.pop()):
            if path not in known:
                known.add(path)
                waiting += _imported(path)
    return frozenset(known)


@lru_cache(maxsize=1)
def judged_by() -> frozenset[Path]:
    """The data files of `data_contracts` that these modules name, by their file name or by the name of a code list.

    Contracts are not among them: each is in the digest of its own deliveries.
    """
    data = {path.name: path for path in loading.ROOT.rglob("*") if path.suffix in (".csv", ".yaml")}
    data |= {name: nomenclatures.path_of(name) for name in nomenclatures.names()}
    data |= {path.stem: path for path in territoires.FOLDER.glob("*.csv")}
    texts = (
        node.value for path in judging_modules() for node in ast.walk(_parsed(path)) if isinstance(node, ast.Constant)
    )
    return frozenset(data[text] for text in texts if isinstance(text, str) and text in data)


def _files_of(module: str) -> Iterator[Path]:
    """The files that importing a module of the project runs: its packages from the outermost, then itself."""
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        path = PROJECT.joinpath(*parts[:depth])
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                yield file


def _imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it. A name imported from a package may be one of its modules."""
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@lru_cache(maxsize=256)
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def inputs_fingerprint(home: Home, today: date) -> str:
    """What a publication depends on: processed deliveries, refusals, declarations, and the SQL of the project.

    today: the day that the layer is built for. Oppositions and consents begin and end on their day, without any
    delivery; the fingerprint changes on those days only.
    """
    hasher = hashlib.sha256()
    for manifest in landing.manifests(home):
        hasher.update(f"{manifest.delivery_id} {manifest.received_at}\n".encode())
    results = list(lake.results(home))
    for result in results:
        hasher.update(f"{result.delivery_id} {result.digest} {result.statut} {result.eliminees}\n".encode())
    for refusal in landing.refusals(home):
        hasher.update(f"{refusal['digest']} {refusal['received_at']}\n".encode())
    begun, ended = _in_force(home, results, today)
    hasher.update(f"registre {begun} {ended}\n".encode())
    hasher.update(declarations_digest().encode())
    return hasher.hexdigest()


def _in_force(home: Home, results: Sequence[Result], today: date) -> tuple[int, int]:
    """Rows of the registers of oppositions and consents that took effect, and that were withdrawn, at a day."""
    begun = ended = 0
    for register in person_entities(loading.load_contracts(), "register"):
        table, fields = register.entity.name, register.role.fields
        files = [home.lake / f for r in results if r.statut == lake.ACCEPTED for f in r.files.get(table, ())
                 if r.source == register.contract.id]  # fmt: skip
        if files:
            counted = ((pl.col(fields[name]) <= today).sum() for name in ("date_effet", "retire_le"))
            effective, withdrawn = pl.scan_parquet(files).select(counted).collect().row(0)
            begun, ended = begun + effective, ended + withdrawn
    return begun, ended


def declarations_digest() -> str:
    """Changes with what the layer is built with, whatever was delivered: contracts, dictionary, code lists, SQL, and
    the tests that the layer must pass."""
    hasher = hashlib.sha256()
    folders = (DICTIONARY, loading.PRODUCTS, loading.SOURCES, PROJECT / "data_contracts" / "nomenclatures")
    declared = [path for folder in folders for path in folder.glob("*.*")]
    sql = [
        p for folder in ("models", "macros", "seeds", "tests") for p in (PROJECT / "dbt_project" / folder).rglob("*.*")
    ]
    for path in sorted({*declared, *sql, PROJECT / "dbt_project" / "dbt_project.yml"}):
        if path.is_file() and "__pycache__" not in path.parts:
            hasher.update(f"{path.relative_to(PROJECT)} {landing.sha256_of(path)}\n".encode())
    return hasher.hexdigest()
