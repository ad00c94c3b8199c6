"""The rules of conservation: those of the project stand, and every mistake in the file is said at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_contracts import retention
from data_contracts.loading import CONSERVATION
from data_contracts.retention import ConservationError

Changed = Callable[[Callable[[dict[str, Any]], object]], Path]


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """The rules of the project with one thing changed."""

    def write(change: Callable[[dict[str, Any]], object]) -> Path:
        content = yaml.safe_load(CONSERVATION.read_text(encoding="utf-8"))
        change(content)
        path = tmp_path / "conservation.yaml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return path

    return write


def test_every_class_has_its_sources() -> None:
    assert all(rule.sources for rule in retention.load().rules.values())


@pytest.mark.parametrize(
    ("classe", "said"),
    [
        ("accompagnement", "2 ans après le dernier contact"),
        ("sante", "20 ans après le dernier contact, jamais avant l'année du 28e anniversaire, 10 ans après le décès "
                  "survenu dans les 10 ans"),
        ("livraisons", "2 ans après la réception"),
    ],
)  # fmt: skip
def test_a_rule_is_said_in_words(classe: str, said: str) -> None:
    assert retention.load().rules[classe].text == said


CASES: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda c: c["classes"].pop("livraisons"), "la classe « livraisons » (octets sans personne) est absente"),
    (lambda c: c["classes"]["sante"].update(active="vingt ans"), "classes.sante.active : « vingt ans »"),
    (lambda c: c["classes"]["sante"].update(active="0 ans"), "« 0 ans » n'est pas une durée"),
    (lambda c: c["classes"]["sante"].update(fate="oubli"), "classes.sante.fate : « oubli »"),
    (lambda c: c["classes"]["sante"].update(start="naissance"), "classes.sante.start"),
    (lambda c: c["classes"]["sante"].update(birthday="majorité"), "un entier est attendu, pas 'majorité'"),
    (lambda c: c["classes"]["sante"].update(sources=[]), "classes.sante.sources : au moins 1"),
    (lambda c: c["classes"]["sante"]["sources"][0].update(confidence="sûr"), "classes.sante.sources.1.confidence"),
    (lambda c: c["classes"]["sante"].update(actives="2 ans"), "vouliez-vous « active » ?"),
    (lambda c: c["classes"].pop("services"), "la classe « services » de dui.transports est absente"),
    (lambda c: c["classes"]["consentements"].update(in_force_until="retire"), "n'est pas une colonne de consentements"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), CASES, ids=[said for _, said in CASES])
def test_a_mistake_is_said_with_its_place(
    changed: Changed, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    with pytest.raises(ConservationError, match="Règles de conservation invalides") as refused:
        retention.load(changed(change))
    assert said in str(refused.value)


def test_all_mistakes_are_said_at_once(changed: Changed) -> None:
    def several(content: dict[str, Any]) -> None:
        for change, _ in CASES[1:5]:
            change(content)
        content["version"] = None

    with pytest.raises(ConservationError) as refused:
        retention.load(changed(several))
    assert len(refused.value.problems) == 4


def test_a_file_that_is_not_yaml_is_said(tmp_path: Path) -> None:
    path = tmp_path / "conservation.yaml"
    path.write_text("classes: [", encoding="utf-8")
    with pytest.raises(ConservationError, match="YAML illisible"):
        retention.load(path)
