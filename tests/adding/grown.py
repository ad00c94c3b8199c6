"""A copy of the project to which a collection and a product were added by following their pages; then one run.

Belongs here: what is delivered to it, and what came of it. Does not belong here: reading pages (`pages`), assertions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.adding.pages import Copy
from tests.partage import once

BAROMETER = "Numéro;Année;Occupation;Remplacements\n010002228;2022;0,90;7\n"
ERRD_TITLES = (
    "Finess EJ", "Finess", "Année", "Id Dépôt", "MS Résultat net comptable ERRD", "Nombre ETP total réalisé ERRD",
    "655 Quotes-parts de résultat sur opérations faites en commun", "Dépenses Groupe I ERRD", "Dépenses Groupe II ERRD",
    "Dépenses Groupe III ERRD", "Recettes Groupe I ERRD", "Recettes Groupe II ERRD", "Recettes Groupe III ERRD",
    "Taux d'occupation des places autorisées en hébergement permanent",
    "Taux d'occupation des lits autorisés en hébergement temporaire",
    "Taux d'occupation des lits autorisés en accueil de jour",
    "Type dépot ERRD", "Taux d'occupation Externat Autres ESMS",
    "Taux d'occupation Semi-internat Autres ESMS", "Taux d'occupation Internat Autres ESMS",
    "Taux d'occupation Autre 1, 2 et 3 Autres ESMS", "Taux d'occupation global ERRD",
    "Taux d'occupation global Autres ESMS",
    "Etat taux d'occupation global Autres ESMS",
    "Etat taux d'occupation global ERRD",
)  # fmt: skip
ERRD_ROW = {"Finess EJ": "010008407", "Finess": "010002228", "Année": "2022", "Id Dépôt": "7", ERRD_TITLES[13]: ".962"}
ERRD = "\n".join([";".join(ERRD_TITLES), ";".join(ERRD_ROW.get(title, "") for title in ERRD_TITLES), ""])


@dataclass(frozen=True)
class Grown:
    """The copy after its run. Nobody changes it.

    touched: what each page made or changed.
    generated: the Python and the SQL that `contracts generate` wrote after them.
    """

    copy: Copy
    touched: dict[str, list[str]]
    generated: list[str]
    receipts: list[dict[str, str]]


def grow(factory: pytest.TempPathFactory) -> Grown:
    """Once a session, whoever asks first."""

    def make(folder: Path) -> None:
        copy = Copy.make(folder)
        touched = {page: sorted(copy.follow(page)) for page in ("collection", "product")}
        before = code(copy)
        copy.dlnuf("contracts", "generate")
        generated = sorted(path.name for path in code(copy) - before)
        sent = folder / "envoi"
        sent.mkdir()
        (sent / "barometre.csv").write_text(BAROMETER, encoding="utf-8")
        (sent / "ANN_ERRD_EJ_ET_2023_06_07.CSV").write_text(ERRD, encoding="utf-8")
        receipts = json.loads(copy.dlnuf("deliver", str(sent), "--json"))
        copy.dlnuf("run")
        told = {"touched": touched, "generated": generated, "receipts": receipts}
        (folder / "fait.json").write_text(json.dumps(told), encoding="utf-8")

    folder = once(factory, "projet_augmente", make)
    told = json.loads((folder / "fait.json").read_text(encoding="utf-8"))
    return Grown(Copy(folder / "projet"), told["touched"], told["generated"], told["receipts"])


def code(copy: Copy) -> set[Path]:
    return {path for suffix in ("py", "sql") for path in copy.root.rglob(f"*.{suffix}")}
