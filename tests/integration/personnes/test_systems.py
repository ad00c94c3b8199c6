"""The systems that tell stays may be of any kind and in any order: the SQL asks each for no more than it tells.

Belongs here: a system that makes requests alone, a DUI that is believed last. Does not belong here: adding a source by
its page (`tests.adding.test_persons`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingest.home import Home
from orchestration.dbt_runtime import DAY, DBT_EXECUTABLE, environment
from tests.adding.grown import ET, FILES
from tests.adding.pages import Copy
from tests.instants import TODAY

DUI = "data_contracts/sources/dui.odcs.yaml"
REQUESTS = "data_contracts/sources/guichet_invente.odcs.yaml"
# Requests for admission, which say neither an admission, nor an entry, nor an exit.
CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: guichet_invente
name: Guichet inventé
version: 1.0.0
status: active
domain: accompagnement
description: {purpose: Des demandes d'un guichet qui n'existe pas.}
customProperties:
  - {property: personal, value: true}
  - {property: person, value: {system: guichet, rank: 5}}
  - property: layouts
    value:
      - {code: guichet, entity: souhaits, reader: csv, options: {separator: ';'}, collectedOn: {filename: true},
         millesime: {none: true, closing: '12-31'},
         filename: 'guichet_(?P<annee>20\\d{2})-(?P<mois>\\d{2})-(?P<jour>\\d{2})'}
schema:
  - name: souhaits
    description: Souhait d'entrer dans un établissement.
    dataGranularityDescription: un souhait
    customProperties:
      - {property: unit, value: {kind: ET, field: finess_et}}
      - {property: observations, value: none}
      - {property: identity, value: {nom: nom, prenoms: prenoms, naissance: ne_le, sexe: sexe, lieu: commune}}
      - property: person
        value:
          kind: demand
          number: souhait_id
          public: PA
          fields: {modalite: modalite, statut: statut, date_statut: le, date_demande: demande_le}
          giveBack: [ecarts]
          retention: {class: administratives, contacts: [demande_le]}
    properties:
      - {name: finess_et, physicalName: Site, logicalType: string, required: true,
         primaryKey: true, primaryKeyPosition: 1, customProperties: [{property: valueDomain, value: finess}]}
      - {name: souhait_id, physicalName: Souhait, logicalType: string, required: true,
         primaryKey: true, primaryKeyPosition: 2,
         customProperties: [{property: privacy, value: {rule: identifiant, domain: souhait, per: finess_et}}]}
      - {name: nom, physicalName: Patronyme, logicalType: string, customProperties: [{property: privacy, value: trait}]}
      - {name: prenoms, physicalName: Petits noms, logicalType: string,
         customProperties: [{property: privacy, value: trait}]}
      - {name: ne_le, physicalName: Jour de naissance, logicalType: date,
         customProperties: [{property: privacy, value: {rule: annee, name: annee_naissance}}]}
      - {name: sexe, physicalName: Genre, logicalType: string,
         customProperties: [{property: acceptedValues, value: [M, F]}]}
      - {name: commune, physicalName: Né à, logicalType: string,
         customProperties: [{property: privacy, value: trait}]}
      - {name: modalite, physicalName: Accueil voulu, logicalType: string, required: true,
         customProperties: [{property: nomenclature, value: modalites_accueil}]}
      - {name: statut, physicalName: Où en est-on, logicalType: string,
         customProperties: [{property: acceptedValues, value: [admis, entre]}]}
      - {name: le, physicalName: Depuis, logicalType: date}
      - {name: demande_le, physicalName: Demandé le, logicalType: date}
"""
# Deliveries are read and loaded; of the layer, stays alone are built.
READ = """
from ingest.home import Home
from ingest.pipeline import load_warehouse, process_pending
home = Home.from_env()
process_pending(home)
load_warehouse(home)
"""
# Aubépine asked before she came; somebody whom nothing else tells waits.
SENT = f"""Site;Souhait;Patronyme;Petits noms;Jour de naissance;Genre;Né à;Accueil voulu;Où en est-on;Depuis;Demandé le
{ET};1;Zzexemple;Aubepine;03/02/1938;F;01004;HP;entre;02/10/2015;01/09/2015
{ET};2;Zzquatre;Églantine;01/02/1940;F;01004;HP;admis;02/11/2024;01/10/2024
"""


@pytest.mark.duckdb
@pytest.mark.lent
def test_a_system_of_requests_alone_and_a_dui_believed_last_are_built(tmp_path: Path) -> None:
    copy = Copy.make(tmp_path)
    copy.follow("persons")
    copy.write(REQUESTS, CONTRACT)
    assert "{system: dui, rank: 1}" in copy.text(DUI)
    copy.write(DUI, copy.text(DUI).replace("{system: dui, rank: 1}", "{system: dui, rank: 9}"))
    copy.dlnuf("contracts", "generate")
    sent = tmp_path / "envoi"
    sent.mkdir()
    for name in ("residalia", "suivi_", "inventia"):
        for path, content in FILES.items():
            if path.startswith(name):
                (sent / path).write_bytes(content)
    (sent / "guichet_2024-12-01.csv").write_text(SENT, encoding="utf-8")
    copy.dlnuf("deliver", str(sent))
    copy.python(READ)
    variables = {**environment(Home(copy.home)), DAY: TODAY.isoformat()}
    copy.run(
        str(DBT_EXECUTABLE), "--quiet", "--no-use-colors", "build", "--profiles-dir", ".",
        "--select", "+dlnuf_sejours", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test",
        cwd="dbt_project", **variables,
    )  # fmt: skip
    with duckdb.connect(str(copy.home / "warehouse.duckdb"), read_only=True) as warehouse:
        both = warehouse.execute(
            """SELECT date_entree::VARCHAR, date_entree_source, dui_date_entree::VARCHAR, date_sortie_source
               FROM dlnuf.dlnuf_sejours WHERE est_dit_dui AND est_dit_suivi ORDER BY date_entree"""
        ).fetchall()
        asked = warehouse.execute(
            """SELECT est_dit_suivi, est_dit_dui, guichet_date_demande::VARCHAR, date_entree::VARCHAR, deux_lieux
               FROM dlnuf.dlnuf_sejours WHERE est_dit_guichet ORDER BY guichet_date_demande"""
        ).fetchall()
        columns = {row[0] for row in warehouse.execute("DESCRIBE dlnuf.dlnuf_sejours").fetchall()}
    assert both[0] == ("2015-10-03", "suivi", "2015-10-02", "suivi")  # a day apart: the DUI is not the one retained
    assert {source for _, source, _, _ in both} == {"suivi"}
    assert asked[-1] == (False, False, "2024-10-01", None, None)  # a request without an entry overlaps nothing
    assert "guichet_date_sortie" not in columns
