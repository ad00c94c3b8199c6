"""What is derived from the declarations, and the drift between the declarations and the derived files.

Belongs here: dbt sources, models of observations, of formulas and of persons, mart YAML, seeds,
dictionary pages. Does not belong here: I/O on deliveries; SQL that a person writes.
"""

from __future__ import annotations

from pathlib import Path

from data_contracts.derive.dbt import OBSERVATIONS, dbt_files
from data_contracts.derive.dictionary_pages import documentation_files
from data_contracts.derive.indicators import model_files
from data_contracts.derive.person_models import STAGING, STEPS, person_files
from data_contracts.derive.seeds import seed_files

_ALL_DERIVED = (OBSERVATIONS, STAGING, STEPS)  # folders where a person writes nothing
PROJECT = Path(__file__).resolve().parents[2]


def derived_files() -> dict[str, str]:
    """Path (relative to the project) -> content of every derived file."""
    return {**dbt_files(), **model_files(), **person_files(), **seed_files(), **documentation_files()}


def generate_all(write: bool, project: Path = PROJECT) -> list[str]:
    """Compares the derived files with what the declarations say, and writes them when asked.

    Returns:
        The paths that differed (missing, changed, or derived from a declaration that is gone), relative to the project.
    """
    expected = derived_files()
    drifts: list[str] = []
    for relative, content in sorted(expected.items()):
        path = project / relative
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            drifts.append(relative)
            if write:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
    for path in sorted(path for folder in _ALL_DERIVED for path in (project / folder).glob("*.sql")):
        relative = str(path.relative_to(project))
        if relative not in expected:
            drifts.append(relative)
            if write:
                path.unlink()
    return drifts
