"""Says, after pytest's last line, how many tests were skipped because the real files of the sector are not here.

Belongs here: that line. Does not belong here: the files, nor the skipping (`shared_data`, in tests/conftest.py).
"""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """A hidden skip is a test that nobody knows was not run."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    count = sum("DLNUF_SHARED_DATA" in str(report.longrepr) for report in skipped)
    if reporter and count:
        reporter.write_line(f"{count} tests sautés : les fichiers réels ne sont pas là (définir DLNUF_SHARED_DATA)")
