"""What dbt keeps between runs is used whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.home import Home
from orchestration import dbt_kept

Damage = Callable[[Path], object]
DAMAGES: dict[str, Damage] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:10]),
    "empty": lambda path: path.write_bytes(b""),
    "one byte": lambda path: path.write_bytes(b"X" + path.read_bytes()[1:]),
}


@pytest.fixture
def kept(home: Home) -> Home:
    """A home in which dbt worked once, to its end."""
    with dbt_kept.in_use(home):
        target = home.dbt / "target"
        target.mkdir(parents=True)
        (target / "partial_parse.msgpack").write_bytes(b"ce que dbt a lu du projet")
        (target / "manifest.json").write_text('{"nodes": {}, "sources": {}}', encoding="utf-8")
    dbt_kept.keep_manifest(home, "projet", home.dbt / "target" / "manifest.json")
    return home


def manifest_of(home: Home) -> Path:
    found = dbt_kept.manifest(home, "projet")
    assert found is not None
    return found


def test_what_is_whole_is_kept(kept: Home) -> None:
    assert dbt_kept.mend(kept) == []
    assert manifest_of(kept).exists()
    with dbt_kept.in_use(kept):
        assert (kept.dbt / "target" / "partial_parse.msgpack").exists()
    assert dbt_kept.mend(kept) == []


def test_what_an_earlier_version_kept_is_replaced_without_a_word(kept: Home) -> None:
    path = kept.dbt / "manifest" / "b7d59b0493d08cc2.json"
    path.write_text("{}", encoding="utf-8")
    assert dbt_kept.mend(kept) == []
    assert not path.exists()
    assert manifest_of(kept).exists()


def test_another_project_has_no_manifest(kept: Home) -> None:
    assert dbt_kept.manifest(kept, "autre") is None


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_manifest_is_not_used_and_is_said(kept: Home, kind: str) -> None:
    path = manifest_of(kept)
    DAMAGES[kind](path)
    assert dbt_kept.manifest(kept, "projet") is None
    assert dbt_kept.mend(kept) == [f"dbt/manifest/{path.name} est abîmé : dbt relit son projet."]
    assert (path.exists(), dbt_kept.mend(kept)) == (False, [])


@pytest.mark.parametrize("kind", DAMAGES)
def test_what_dbt_read_is_not_used_when_it_is_damaged_and_it_is_said(kept: Home, kind: str) -> None:
    path = kept.dbt / "target" / "partial_parse.msgpack"
    DAMAGES[kind](path)
    assert dbt_kept.mend(kept) == ["dbt/target/partial_parse.msgpack est abîmé : dbt relit son projet."]
    assert (path.exists(), dbt_kept.mend(kept)) == (False, [])


@pytest.mark.parametrize("seal", [None, "{", "[]", '{"bytes": "x"}'])
def test_what_a_dbt_that_was_killed_left_is_not_used(kept: Home, seal: str | None) -> None:
    path, sealed = kept.dbt / "target" / "partial_parse.msgpack", kept.dbt / "sceau.json"
    use = dbt_kept.in_use(kept)
    use.__enter__()  # and never left
    assert not sealed.exists()
    if seal is not None:
        sealed.write_text(seal, encoding="utf-8")
    with dbt_kept.in_use(kept):
        assert not path.exists()
