"""Profiles: who reads exact numbers of persons, and what a file of them may not say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_contracts import profiles
from data_contracts.profiles import ESMS, LOCAL
from ingest.home import Home
from orchestration.restitution import preparation

PROFILE = """profiles:
  esms: {label: L'établissement, perimeter: own, persons: exact, sources: [{text: un texte, confidence: G}]}
  poste_local: {label: Le poste, perimeter: all, persons: protected, sources: [{text: un texte, confidence: G}]}
"""


def test_only_the_establishment_and_who_tarifies_it_read_exact_numbers() -> None:
    exact = {code for code, profile in profiles.profiles().items() if profile.reads_exact_persons}
    assert exact == {"esms", "autorite_tarification"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("perimeter: all, persons: protected", "perimeter: all, persons: exact", "profiles.yaml:3 · .*own.*tariffs"),
        ("perimeter: own", "perimeter: territory", "profiles.yaml:2 · .*own.*tariffs"),
        ("persons: exact", "persons: exacte", "profiles.yaml:2 · .*« exacte »"),
        ("  poste_local:", "  poste:", "le profil « poste_local » est absent"),
        (", sources: [{text: un texte, confidence: G}]", "", "sources"),
    ],
)
def test_what_a_file_of_profiles_may_not_say(tmp_path: Path, before: str, after: str, said: str) -> None:
    path = tmp_path / "profiles.yaml"
    path.write_text(PROFILE.replace(before, after, 1), encoding="utf-8")
    problems = profiles.read(path)[1]
    assert any(re.search(said, problem) for problem in problems), problems
    path.write_text(PROFILE, encoding="utf-8")
    assert profiles.read(path)[1] == []


def test_nothing_is_given_back_to_whom_no_profile_lets_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declared = dict(profiles.profiles())
    declared[ESMS] = declared[LOCAL]
    monkeypatch.setattr(preparation, "profiles", lambda: declared)
    with pytest.raises(preparation.NotAllowed, match="profil « esms »"):
        preparation.prepare(Home(tmp_path), "resid", "590000001", now=datetime(2026, 11, 30, tzinfo=UTC))
