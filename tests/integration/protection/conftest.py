"""A source about persons that no one delivers, and a desk to deliver to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts import loading
from ingest.home import Home
from ingest.protect import keyrings
from tests.instants import now

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: essai_personnes
name: Dossiers d'essai
version: 1.0.0
domain: accompagnement
customProperties:
  - {property: personal, value: true}
  - property: layouts
    value:
      - {code: csv, entity: usagers, reader: csv,
         filename: 'essai_(?P<annee>20\\d{2})-(?P<mois>\\d{2})-(?P<jour>\\d{2})',
         millesime: {filename: true}, collectedOn: {filename: true}}
      - {code: json, entity: usagers, reader: json_records, millesime: {none: true}}
schema:
  - name: usagers
    quality:
      - {name: duree, engine: polars-sql, implementation: sorti_le >= entre_le, severity: error, type: custom,
         description: un séjour ne finit pas avant de commencer, businessImpact: Corriger les dates.}
      - {name: mineur, engine: polars-sql, implementation: entre_le >= ne_le, severity: warning, type: custom,
         description: une personne entre après sa naissance, businessImpact: Vérifier les dates.}
    customProperties:
      - {property: unit, value: {kind: ET, field: finess_et}}
      - {property: observations, value: none}
      - property: person
        value: {kind: record, number: usager_id, retention: {class: administratives}}
      - property: identity
        value: {nir: nir, nom: nom, prenoms: prenoms, naissance: ne_le, sexe: sexe}
    properties:
      - {name: finess_et, physicalName: FINESS, logicalType: string, required: true, primaryKey: true,
         primaryKeyPosition: 1, logicalTypeOptions: {pattern: '^(\\d{2}|2[AB])\\d{7}$'},
         customProperties: [{property: keyCheck, value: finess}]}
      - {name: usager_id, physicalName: Dossier, logicalType: string, required: true, primaryKey: true,
         primaryKeyPosition: 2,
         customProperties: [{property: privacy, value: {rule: identifiant, domain: usager, per: finess_et}}]}
      - {name: nir, physicalName: NIR, logicalType: string,
         customProperties: [{property: privacy, value: trait}, {property: keyCheck, value: nir}]}
      - {name: nom, physicalName: Nom, logicalType: string, customProperties: [{property: privacy, value: trait}]}
      - {name: prenoms, physicalName: Prénoms, logicalType: string,
         customProperties: [{property: privacy, value: trait}]}
      - {name: ne_le, physicalName: Né le, logicalType: date,
         customProperties: [{property: privacy, value: {rule: annee, name: annee_naissance}}]}
      - {name: sexe, physicalName: Sexe, logicalType: string, customProperties: [
          {property: acceptedValues, value: [M, F, I]}]}
      - {name: adresse, physicalName: Adresse, logicalType: string,
         customProperties: [{property: privacy, value: direct}]}
      - {name: entre_le, physicalName: Entré le, logicalType: date}
      - {name: sorti_le, physicalName: Sorti le, logicalType: date}
      - {name: statut, physicalName: Statut, logicalType: string,
         customProperties: [{property: nomenclature, value: errd_type_depot}]}
      - {name: gir, physicalName: GIR, logicalType: integer, logicalTypeOptions: {minimum: 1, maximum: 6}}
"""
TITLES = (
    "FINESS",
    "Dossier",
    "NIR",
    "Nom",
    "Prénoms",
    "Né le",
    "Sexe",
    "Adresse",
    "Entré le",
    "Sorti le",
    "Statut",
    "GIR",
)


class Bureau:
    """A home, a folder of files to deliver to it, and what was answered."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root / "var")
        self.folder = root / "envoi"
        self.folder.mkdir(parents=True)

    def file(self, name: str, *rows: tuple[str, ...], titles: tuple[str, ...] | None = TITLES) -> Path:
        path = self.folder / name
        lines = [";".join(r) for r in ((titles, *rows) if titles else rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    sources = tmp_path / "contrats" / "sources"
    sources.mkdir(parents=True)
    (sources / "essai_personnes.odcs.yaml").write_text(CONTRACT, encoding="utf-8")
    monkeypatch.setattr(loading, "SOURCES", sources)
    monkeypatch.setenv("DLNUF_CLES", str(tmp_path / "cles" / "cles.json"))
    keyrings.create(now=now())
    return Bureau(tmp_path)
