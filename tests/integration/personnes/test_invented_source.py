"""Matching is driven by the declarations: a source of persons that nobody wrote code for is matched like the others.

The contract of an invented source of persons, and the mapping file of a product that exports it, are put beside the
real ones in a copy of the project. What the page `docs/adding/persons.md` counts is counted here.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest

from ingest import clock
from tests.adding.pages import files_told
from tests.integration.conservation.test_relecture import TITLES
from tests.patience import PATIENCE_S

PROJECT = Path(__file__).resolve().parents[3]
PACKAGES = ("data_contracts", "ingest", "orchestration", "dashboards", "witness", "dbt_project", "docs")
ET, AILLEURS = "010000001", "010000002"
CONTRACT = r"""
apiVersion: v3.1.0
kind: DataContract
id: suivi_invente
name: Suivi inventé des séjours
version: 1.0.0
status: active
domain: accompagnement
description: {purpose: Une source de personnes qui n'existe pas.}
customProperties:
  - {property: personal, value: true}
  - {property: person, value: {system: suivi, rank: 4}}
  - property: layouts
    value:
      - {code: dossiers, entity: dossiers, reader: csv, options: {separator: ';'}, collecteLe: {filename: true},
         millesime: {none: true, closing: '12-31'},
         filename: 'suivi_dossiers_(?P<annee>20\d{2})-(?P<mois>\d{2})-(?P<jour>\d{2})'}
      - {code: accueils, entity: accueils, reader: csv, options: {separator: ';'}, collecteLe: {filename: true},
         millesime: {none: true, closing: '12-31'},
         filename: 'suivi_accueils_(?P<annee>20\d{2})-(?P<mois>\d{2})-(?P<jour>\d{2})'}
schema:
  - name: dossiers
    description: Dossier d'une personne.
    dataGranularityDescription: un dossier
    customProperties:
      - {property: unit, value: {unite: ET, field: finess_et}}
      - {property: observations, value: none}
      - {property: identity, value: {nom: nom, prenoms: prenoms, naissance: ne_le, sexe: sexe, lieu: commune}}
      - property: person
        value: {kind: record, number: dossier_id, giveBack: [ecarts], retention: {class: administratives}}
    properties:
      - {name: finess_et, physicalName: Numéro FINESS, logicalType: string, required: true,
         primaryKey: true, primaryKeyPosition: 1, customProperties: [{property: valueDomain, value: finess}]}
      - {name: dossier_id, physicalName: Dossier, logicalType: string, required: true,
         primaryKey: true, primaryKeyPosition: 2,
         customProperties: [{property: privacy, value: {regle: identifiant, domaine: suivi, par: finess_et}}]}
      - {name: nom, physicalName: Nom, logicalType: string, customProperties: [{property: privacy, value: trait}]}
      - {name: prenoms, physicalName: Prénoms, logicalType: string,
         customProperties: [{property: privacy, value: trait}]}
      - {name: ne_le, physicalName: Naissance, logicalType: date,
         customProperties: [{property: privacy, value: {regle: annee, nom: annee_naissance}}]}
      - {name: sexe, physicalName: Sexe, logicalType: string,
         customProperties: [{property: acceptedValues, value: [M, F]}]}
      - {name: commune, physicalName: Lieu de naissance, logicalType: string,
         customProperties: [{property: privacy, value: trait}]}
  - name: accueils
    description: Accueil d'une personne dans un établissement.
    dataGranularityDescription: un accueil
    customProperties:
      - {property: unit, value: {unite: ET, field: finess_et}}
      - {property: observations, value: none}
      - property: person
        value:
          kind: stay
          number: accueil_id
          record: {field: dossier_id, of: suivi_invente.dossiers}
          fields: {modalite: modalite, date_entree: arrivee, date_sortie: depart}
          giveBack: [ecarts]
          retention: {class: administratives, contacts: [arrivee, depart], open: export}
    properties:
      - {name: finess_et, physicalName: Numéro FINESS, logicalType: string, required: true,
         primaryKey: true, primaryKeyPosition: 1, customProperties: [{property: valueDomain, value: finess}]}
      - {name: accueil_id, physicalName: Accueil, logicalType: string, required: true,
         primaryKey: true, primaryKeyPosition: 2,
         customProperties: [{property: privacy, value: {regle: identifiant, domaine: accueil, par: finess_et}}]}
      - {name: dossier_id, physicalName: Dossier, logicalType: string,
         customProperties: [{property: privacy, value: {regle: identifiant, domaine: suivi, par: finess_et}}]}
      - {name: modalite, physicalName: Modalité, logicalType: string, required: true,
         customProperties: [{property: nomenclature, value: modalites_accueil}]}
      - {name: arrivee, physicalName: Arrivée, logicalType: date, required: true}
      - {name: depart, physicalName: Départ, logicalType: date,
         customProperties: [{property: absenceMeans, value: la personne est toujours là}]}
"""
MAPPING = r"""
produit: inventia
contrat: suivi_invente
version: "1.0"
fichiers:
  - code: accueils
    filename: 'inventia_(?P<annee>20\d{2})(?P<mois>\d{2})(?P<jour>\d{2})'
    options: {separator: '|'}
    dates: ['%d.%m.%Y']
    tables:
      dossiers:
        champs:
          finess_et: {colonne: Site}
          dossier_id: {colonne: Dossier}
          nom: {colonne: NomUsager}
          prenoms: {colonne: PrenomUsager}
          ne_le: {colonne: NeLe}
          sexe: {colonne: Civ, codes: {M.: M, Mme: F}}
          commune: {colonne: Insee}
      accueils:
        champs:
          finess_et: {colonne: Site}
          accueil_id: {colonne: Réf}
          dossier_id: {colonne: Dossier}
          modalite: {colonne: Type, codes: {Permanent: HP}}
          arrivee: {colonne: Du}
          depart: {colonne: Au}
"""
# Aubépine left long ago: both tell it, a day apart. Bleuet opposes. Camomille: the DUI was not told of her exit.
# Dahlia is in no DUI, and in two places at once. Of dossier 9, only a stay is told.
DUI = (
    f"{ET};D1;;;Mme;ZZEXEMPLE;;Aubépine;03/02/1938;01004;01000;;;S1;25/09/2015;02/10/2015;Domicile;05/05/2018;;"
    "Hébergement permanent;;",
    f"{ET};D2;;;M.;ZZMODELE;;Bleuet;03/02/1930;01004;01000;;;S2;;02/10/2016;Domicile;;;Hébergement permanent;;",
    f"{ET};D3;;;Mme;ZZTIERCE;;Camomille;04/05/1941;01004;01000;;;S3;;10/01/2020;Domicile;;;Hébergement permanent;;",
)
DOSSIERS = f"""Numéro FINESS;Dossier;Nom;Prénoms;Naissance;Sexe;Lieu de naissance
{ET};1;Zzexemple;Aubepine;03/02/1938;F;01004
{ET};2;Zzmodele;Bleuet;03/02/1930;M;01004
{ET};4;Zzdouble;Dahlia;06/07/1935;F;01004
"""
ACCUEILS = f"""Numéro FINESS;Accueil;Dossier;Modalité;Arrivée;Départ
{ET};1;1;HP;03/10/2015;05/05/2018
{ET};2;2;HP;02/10/2016;
{ET};4;4;HP;01/01/2020;
{AILLEURS};2;9;HT;05/06/2024;12/06/2024
"""
INVENTIA = f"""Site|Dossier|Réf|NomUsager|PrenomUsager|NeLe|Civ|Insee|Type|Du|Au
{ET}|3|3|ZZTIERCE|CAMOMILLE|04.05.1941|Mme|01004|Permanent|10.01.2020|01.03.2024
{AILLEURS}|1|1|ZZDOUBLE|DAHLIA|06.07.1935|Mme|01004|Permanent|01.02.2021|
"""
OPPOSED = (
    f"finess_et;usager_id;finalite;nature;date_effet;retire_le;preuve_ref\n{ET};D2;toutes;opposition;2020-01-01;;R1\n"
)
Dlnuf = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source_inventee") / "projet"
    for package in PACKAGES:
        shutil.copytree(
            PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "target", "logs")
        )
    return folder


@pytest.fixture(scope="module")
def home(project: Path) -> Path:
    return project.parent / "var"


@pytest.fixture(scope="module")
def dlnuf(project: Path, home: Path) -> Dlnuf:
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            cwd=project, env={**os.environ, "PYTHONPATH": str(project), "DLNUF_HOME": str(home)},
            capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip

    return call


def _said(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def _files(project: Path) -> dict[str, str]:
    kept = (p for p in project.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {str(p.relative_to(project)): hashlib.sha256(p.read_bytes()).hexdigest() for p in kept}


def _stored(home: Path) -> int:
    """Rows of the source in the lake."""
    files = list((home / "lake/raw/suivi_invente").rglob("*.parquet"))
    return sum(pl.read_parquet(path, hive_partitioning=False).height for path in files)


@pytest.mark.duckdb
@pytest.mark.lent
def test_a_source_of_persons_that_nobody_wrote_code_for(
    project: Path, home: Path, dlnuf: Dlnuf, tmp_path: Path
) -> None:
    before = _files(project)
    contract = project / "data_contracts/sources/suivi_invente.odcs.yaml"

    # What its kind needs and it does not say is refused, by the check and before a run.
    contract.write_text(
        CONTRACT.replace("  - {property: person, value: {system: suivi, rank: 4}}\n", ""), encoding="utf-8"
    )
    for command in (("contracts", "check"), ("run",)):
        refused = dlnuf(*command)
        assert refused.returncode != 0
        assert "person : absent alors que accueils dit des séjours" in refused.stderr
        assert "déclarer le système et son rang" in refused.stderr

    contract.write_text(CONTRACT, encoding="utf-8")
    (project / "data_contracts/mappings/inventia.yaml").write_text(MAPPING, encoding="utf-8")
    by_hand = {name for name, content in _files(project).items() if before.get(name) != content}
    _said(dlnuf("contracts", "generate"))
    derived = {name for name, content in _files(project).items() if before.get(name) != content} - by_hand
    assert not [name for name in derived | by_hand if name.endswith(".py")]
    assert {name for name in derived if name.endswith(".sql")} == {
        "dbt_project/macros/personnes/person_roles.sql",
        "dbt_project/models/intermediate/sejours/etapes/int_sejours__etape_4_suivi.sql",
        "dbt_project/models/staging/personnes/derives/stg_suivi_invente__accueils.sql",
        "dbt_project/models/staging/personnes/derives/stg_suivi_invente__dossiers.sql",
    }
    assert len(by_hand) == files_told("persons")

    files = tmp_path / "envoi"
    files.mkdir()
    (files / "residalia_sejours_20241201_export.csv").write_bytes("\r\n".join([TITLES, *DUI, ""]).encode("cp1252"))
    (files / "suivi_dossiers_2024-12-01.csv").write_text(DOSSIERS, encoding="utf-8")
    (files / "suivi_accueils_2024-12-01.csv").write_text(ACCUEILS, encoding="utf-8")
    (files / "inventia_20241201.csv").write_text(INVENTIA, encoding="utf-8")
    (files / "consentements_2024-12-01_ar.csv").write_text(OPPOSED, encoding="utf-8")
    _said(dlnuf("deliver", str(files)))
    _said(dlnuf("run"))

    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        records = warehouse.execute(
            """SELECT g.source, g.regle, count(*) OVER (PARTITION BY g.personne_id)
               FROM intermediate.int_personnes__groupes g JOIN intermediate.int_personnes__fiches f USING (fiche_cle)
               ORDER BY f.annee_naissance, g.source, g.finess_et"""
        ).fetchall()
        stays = warehouse.execute(
            """SELECT finess_et, est_dit_dui, est_dit_suivi, date_entree::VARCHAR, date_entree_source,
                      date_entree_statut, suivi_date_entree::VARCHAR, date_sortie::VARCHAR, date_sortie_source,
                      deux_lieux
               FROM dlnuf.dlnuf_sejours ORDER BY date_entree, est_dit_suivi, finess_et"""
        ).fetchall()
        counted = warehouse.execute(
            "SELECT count(*) FROM intermediate.int_dui__usagers WHERE NOT est_oppose"
        ).fetchone()
    assert records == [
        ("dui", "opposition", 1), ("suivi_invente", "opposition", 1),  # Bleuet: each record stands alone
        ("suivi_invente", "traits", 2), ("suivi_invente", "traits", 2),  # Dahlia, of two ESMS
        ("dui", "traits", 2), ("suivi_invente", "traits", 2),  # Aubépine
        ("dui", "traits", 2), ("suivi_invente", "traits", 2),  # Camomille
        ("suivi_invente", "seule", 1),  # dossier 9
    ]  # fmt: skip
    assert stays == [
        (ET, True, True, "2015-10-02", "dui", "toleree", "2015-10-03", "2018-05-05", "dui", False),
        (ET, True, False, "2016-10-02", "dui", "unique", None, None, None, None),
        (ET, False, True, "2016-10-02", "suivi", "unique", "2016-10-02", None, None, None),
        (ET, False, True, "2020-01-01", "suivi", "unique", "2020-01-01", None, None, True),
        (ET, True, True, "2020-01-10", "dui", "concordante", "2020-01-10", "2024-03-01", "suivi", False),
        (AILLEURS, False, True, "2021-02-01", "suivi", "unique", "2021-02-01", None, None, True),
        (AILLEURS, False, True, "2024-06-05", "suivi", "unique", "2024-06-05", "2024-06-12", "suivi", False),
    ]
    assert counted == (2,)  # Aubépine and Camomille: what is counted leaves Bleuet out

    given = tmp_path / "rendu"
    given.mkdir(mode=0o700)
    _said(dlnuf("prepare", "work-list", "--finess", ET, "--out", str(given)))
    [list_] = given.glob("ecarts_*.csv")
    told = list_.read_text(encoding="utf-8-sig")
    assert "ZZDOUBLE" in told.upper()  # whom no DUI holds: the source says who is in two places
    assert "ZZMODELE" not in told.upper()

    assert _stored(home) == 11
    listed = json.loads(_said(dlnuf("retention", "list", "--as-of", "2025-06-01", "--json")))
    assert listed["lignes"] == 4  # Aubépine: her record and her stay, in the DUI and in the source
    day = clock.day(clock.now()).isoformat()
    _said(dlnuf("retention", "approve", listed["bordereau"], "--visa", "AD01", "--by", "direction", "--on", day))
    assert "4 lignes éliminées" in _said(dlnuf("retention", "eliminate"))
    assert _stored(home) == 9
