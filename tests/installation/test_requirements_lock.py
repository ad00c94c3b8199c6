"""requirements.lock: one closure for every supported Python, hashed, that names no host.

Belongs here: what can be said of it without a network, on the Python that runs the tests.
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

PROJECT = Path(__file__).resolve().parents[2]
LOCK = (PROJECT / "requirements.lock").read_text("utf-8")
PINS = [Requirement(line.rstrip(" \\")) for line in re.findall(r"^[a-z0-9].*", LOCK, re.MULTILINE)]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# Declares <3.14 for the sake of a dependency that we have newer: docs/adr/0018.
TOO_SHY = {("dagster-dbt", "3.14")}


def pinned(name: str, python: str) -> list[str]:
    """What the lock pins for a package on a Python of Linux."""
    environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    return [
        str(pin.specifier)
        for pin in PINS
        if pin.name == name and (pin.marker is None or pin.marker.evaluate(environment))
    ]


def test_every_pin_is_hashed_and_no_host_is_named() -> None:
    assert "://" not in LOCK
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK)
    assert len(blocks) == len(PINS) > 150
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("python", PYTHONS)
def test_each_python_has_one_version_of_each_package_and_the_pins_of_the_project(python: str) -> None:
    assert {name for name in {pin.name for pin in PINS} if len(pinned(name, python)) > 1} == set()
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["dev"]])
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    for need in asked:
        if need.marker is None or need.marker.evaluate(environment):
            assert pinned(need.name, python) == [str(need.specifier)], need.name


def test_the_environment_holds_the_pins_which_run_on_every_python() -> None:
    """Packages are installed without looking at the Pythons that they declare on 3.14: one alone declares otherwise."""
    shy = set()
    for pin in PINS:
        if pin.marker is not None and not pin.marker.evaluate():
            continue
        try:
            package = metadata(pin.name)
        except PackageNotFoundError:
            pytest.fail(f"{pin} n'est pas installé : make install")
        assert package["Version"] in pin.specifier, pin.name
        declared = SpecifierSet("".join(package.get_all("Requires-Python") or []))
        here = (python for python in PYTHONS if pin.marker is None or pinned(pin.name, python) == [str(pin.specifier)])
        shy |= {(pin.name, python) for python in here if f"{python}.2" not in declared}
    assert shy == TOO_SHY
