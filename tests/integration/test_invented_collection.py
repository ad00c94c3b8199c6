"""The engine is driven by the declarations: a collection that nobody wrote code for answers like the others.

The contract of an invented collection is dropped beside the real ones, in a copy of the project; what is derived is
derived again; its file and one of a real collection are delivered; both answers stand in the layer.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("data_contracts", "ingest", "orchestration", "dashboards", "dbt_project", "docs")
CONTRACT = r"""
apiVersion: v3.1.0
kind: DataContract
id: barometre_invente
name: Baromètre inventé
version: 1.0.0
status: active
domain: services
description: {purpose: Une collecte qui n'existe pas.}
customProperties:
  - property: layouts
    value:
      - {code: csv, entity: reponses, reader: csv, millesime: {field: annee}}
schema:
  - name: reponses
    description: Réponses au baromètre.
    customProperties:
      - {property: unit, value: {unite: ET, field: finess_et}}
      - {property: timeBasis, value: flux_annee}
    properties:
      - {name: finess_et, physicalName: Numéro, logicalType: string, required: true,
         primaryKey: true, primaryKeyPosition: 1}
      - {name: annee, physicalName: Année, logicalType: integer, required: true,
         primaryKey: true, primaryKeyPosition: 2}
      - name: occupation
        physicalName: Occupation
        logicalType: number
        customProperties:
          - {property: element, value: TX_OCC_HP}
          - {property: unit, value: fraction}
      - name: remplacements
        physicalName: Remplacements
        logicalType: integer
        customProperties: [{property: element, value: CDD_REMPLACEMENT}]
"""
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


@pytest.mark.duckdb
@pytest.mark.lent
def test_a_collection_that_nobody_wrote_code_for(tmp_path: Path) -> None:
    project = tmp_path / "projet"
    for package in PACKAGES:
        shutil.copytree(
            PROJECT / package, project / package, ignore=shutil.ignore_patterns("__pycache__", "target", "logs")
        )
    home = tmp_path / "var"
    env = {**os.environ, "PYTHONPATH": str(project), "DLNUF_HOME": str(home)}

    def dlnuf(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            cwd=project, env=env, capture_output=True, text=True, timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    (project / "data_contracts/sources/barometre_invente.odcs.yaml").write_text(CONTRACT, encoding="utf-8")
    before = set((project / "dbt_project").rglob("*.sql")) | set(project.rglob("*.py"))
    dlnuf("contracts", "generate")
    written = (set((project / "dbt_project").rglob("*.sql")) | set(project.rglob("*.py"))) - before
    assert [p.name for p in written] == ["obs_barometre_invente__reponses.sql"]

    files = tmp_path / "envoi"
    files.mkdir()
    (files / "barometre.csv").write_text(BAROMETER, encoding="utf-8")
    (files / "ANN_ERRD_EJ_ET_2023_06_07.CSV").write_text(ERRD, encoding="utf-8")
    receipts = json.loads(dlnuf("deliver", str(files), "--json"))
    receipts = receipts if isinstance(receipts, list) else receipts["files"]
    assert {r["source"]: r["status"] for r in receipts} == {"barometre_invente": "received", "errd": "received"}
    dlnuf("run")

    lost = json.loads(dlnuf("explain", "010002228", "TX_OCC_HP", "--millesime", "2022", "--json"))
    assert (lost["retained"]["source"], lost["retained"]["status"]) == ("errd", "divergent")
    [answer] = [a for a in lost["answers"] if a["source"] == "barometre_invente"]
    assert float(answer["value"]) == 90.0  # a fraction in the file, percent in the layer
    assert answer["lost_because"]
    kept = json.loads(dlnuf("explain", "010002228", "CDD_REMPLACEMENT", "--millesime", "2022", "--json"))
    assert (kept["retained"]["source"], float(kept["retained"]["value"])) == ("barometre_invente", 7.0)
