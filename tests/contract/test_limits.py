"""The page of limits says what is declared, and no limit is declared for nothing."""

from __future__ import annotations

import re

import pytest

from data_contracts.limits import limits
from tests.contract.test_architecture import PROJECT, modules


def test_the_page_of_limits_is_what_is_declared() -> None:
    page = (PROJECT / "docs" / "limits.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(DLNUF_LIMITE_\w+)` \| (.+?) \|", page, re.MULTILINE)
    assert told == [(each.setting, f"{each.declared} {each.unit}") for each in limits().values()]


@pytest.mark.parametrize("name", limits())
def test_a_limit_is_held_somewhere(name: str) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in modules("ingest"))
    assert f'limit("{name}")' in code
