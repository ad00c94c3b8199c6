"""What every test may need: the folder of real files of the sector, when it is there, a keyring that is not anybody's,
and how properties are explored.

No test depends on the speed of the machine: a property has no deadline, and however slowly its examples come, that is
no failure. The same tree gives the same examples, so that a red test is red for everybody;
`pytest --hypothesis-profile=hasard` looks for new ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.instants import now
from tests.shared import once, read_in_this_process

settings.register_profile("dlnuf", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("hasard", settings.get_profile("dlnuf"), derandomize=False, print_blob=True)
settings.load_profile("dlnuf")  # before the option of the command line is read, which wins

PROJECT = Path(__file__).resolve().parents[1]
pytest_plugins = ["tests.plugins.failing_disk", "tests.plugins.real_data"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that hold a slow test come first, so that no process ends alone with them; before all, those that make what
    others read, which come last of the slow ones, so that no process waits for another."""
    slow = {item.path for item in items if item.get_closest_marker("lent")}
    folder = PROJECT / "tests"
    makers = {folder / "adding" / "test_collection.py", folder / "integration" / "orchestration" / "test_demo.py"}
    readers = folder / "adding"

    def turn(item: pytest.Item) -> int:
        if item.path in makers:
            return 0
        return 3 if item.path not in slow else 1 + (readers in item.path.parents)

    items.sort(key=turn)


@pytest.fixture(scope="session", autouse=True)
def _keyring(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests never read nor write the keyring of whoever runs them; children processes inherit the same.

    One for all workers, which share what was received under it: a test that changes a keyring has its own.
    """
    from ingest.protect import keyrings

    def make(folder: Path) -> None:
        os.environ["DLNUF_CLES"] = str(folder / "cles.json")
        keyrings.create(now=now())

    os.environ.pop("DLNUF_CLE", None)
    os.environ["DLNUF_CLES"] = str(once(tmp_path_factory, "trousseau", make) / "cles.json")


@pytest.fixture(scope="session", autouse=True)
def _readers() -> Iterator[None]:
    """Files are read by a process apart, as for everybody: one, or a few, for all the tests of a worker."""
    from ingest.guard import guarded

    with guarded.readers():
        yield


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in the process of the tests, for those that replace a part of the reading."""
    read_in_this_process(monkeypatch)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real files (`DLNUF_SHARED_DATA`, else ../shared/data); the test is skipped when it is not there."""
    folder = Path(os.environ.get("DLNUF_SHARED_DATA") or PROJECT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"les fichiers réels ne sont pas là ({folder}) : définir DLNUF_SHARED_DATA")
    return folder
