"""Code lists are what they should be, and what is wrong with one is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts import nomenclatures

LIST = "code;libelle;valide_du;valide_au\n01;Ain;1943-01-01;\n02;Aisne;;\n"


def test_the_lists_of_the_project_hold() -> None:
    assert len(nomenclatures.names()) > 50
    assert nomenclatures.problems() == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (LIST, None),
        (LIST + "01;Ain (autre période);;1942-12-31\n", None),
        (b"\xff\xfe", "essai.csv:1 · cette liste n'est pas en UTF-8"),
        ("", "essai.csv:1 · attendu, « code;libelle;… »"),
        (LIST.replace("libelle", "nom"), "essai.csv:1 · attendu, « code;libelle;… »"),
        (LIST.splitlines()[0] + "\n", "essai.csv:1 · cette liste est vide"),
        (LIST + "03;Allier\n", "essai.csv:4 · 4 cellules sont attendues"),
        (LIST + "03;Allier;;;trop\n", "essai.csv:4 · 4 cellules sont attendues"),
        (LIST + "03;Allier;2024-02-30;\n", "essai.csv:4 · valide_du : « 2024-02-30 » n'est pas un jour"),
        (LIST + ";Allier;;\n", "essai.csv:4 · un code est vide"),
        (LIST + "02;Aisne;;\n", "essai.csv:4 · la ligne 3 dit la même chose"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, content: str | bytes, problem: str | None) -> None:
    path = tmp_path / "essai.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    said = nomenclatures.problems(tmp_path)
    assert said == [] if problem is None else said[0].startswith(problem)
