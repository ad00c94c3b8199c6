"""An invented EHPAD and an invented IME: the files that they and the other systems deliver, received for real.

The warehouse holds what the pipeline loads. What dbt would make of it is made here by the simplest matching that these
few persons need, in tables that have of the models' columns those that restitution reads.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingest import pipeline
from ingest.home import Home
from ingest.receive import delivery
from tests.instants import now

EHPAD, IME, ELSEWHERE = "010000008", "010000016", "010000024"


def nir(first_thirteen: str) -> str:
    """A number with its key: of nobody, month 99 and commune 999 do not exist."""
    return first_thirteen + f"{97 - int(first_thirteen) % 97:02d}"


NIRS = {name: nir(f"{sex}389999999{rank:03d}") for rank, (name, sex) in enumerate(
    (("ZZEXEMPLE", 2), ("ZZMODELE", 1), ("ZZOPPOSEE", 2), ("ZZPAPIER", 2), ("ZZENFANT", 1)), 1
)}  # fmt: skip

RESIDALIA = (
    "N° FINESS;N° dossier;Matricule INS;Statut INS;Civilité;Nom de naissance;Nom d'usage;Prénoms;Né(e) le;"
    "Code commune de naissance;Code postal du domicile;Protection juridique;Décédé(e) le;N° séjour;Date d'admission;"
    "Date d'entrée;Provenance;Date de sortie;Motif de sortie;Type d'hébergement;GIR;Date du GIR"
)
RESIDENTS = (
    f"{EHPAD};DOS-ZX1;{NIRS['ZZEXEMPLE']};Validée;Mme;ZZEXEMPLE;;Aubépine;03/02/1938;01004;01000;;;SEJ-ZX1;25/09/2026;"
    "02/10/2026;Domicile;;;Hébergement permanent;GIR 2;28/09/2026",
    f"{EHPAD};DOS-ZX2;{NIRS['ZZMODELE']};Provisoire;M.;ZZMODELE;;Bleuet;04/02/1938;01004;01000;;20/10/2026;SEJ-ZX2;"
    "01/03/2024;02/03/2024;Établissement de santé;20/10/2026;Décès;Hébergement permanent;GIR 1;28/09/2026",
    f"{EHPAD};DOS-ZX3;{NIRS['ZZOPPOSEE']};Validée;Mme;ZZOPPOSEE;;Cerise;05/02/1938;01004;01000;;;SEJ-ZX3;25/09/2026;"
    "02/10/2026;Domicile;;;Hébergement permanent;GIR 2;28/09/2026",
    f"{ELSEWHERE};DOS-ZX6;{NIRS['ZZPAPIER']};Validée;Mme;ZZPAPIER;;Églantine;06/02/1938;01004;01000;;;SEJ-ZX6;"
    "25/07/2026;02/08/2026;Domicile;;;Hébergement permanent;GIR 2;28/09/2026",
)
RESID = (
    "FINESS;MOIS;NIR;TYPE_NIR;ORGANISME;NOM;PRENOMS;DATE_NAISSANCE;SEXE;LIEU_NAISSANCE;DEPT_DOMICILE;DEPT_SECOURS;GIR;"
    "HANDICAP;DECISION_CDAPH;DATE_DECISION;MODALITE;DATE_ENTREE;PROVENANCE;PRISE_EN_CHARGE_ANTERIEURE;DATE_SORTIE;"
    "MOTIF_SORTIE"
)
DECLARED = (
    f"{EHPAD};2026-09;{NIRS['ZZMODELE']};NIR;011;ZZMODELE;Bleuet;04/02/1938;1;01004;01;01;1;;;;HP;02/03/2024;"
    "ETABLISSEMENT_SANTE;SAAD;;",
)
VT = (
    "N° dossier;Dossier papier;FINESS établissement;Nom de naissance;Prénom;Date de naissance;Sexe;"
    "Commune de naissance;Code commune domicile;GIR;Type d'accueil;Date de la demande;Statut;Date du statut;"
    "Motif de refus;Date d'admission;Date d'entrée;Date de sortie"
)
APPLIED = (
    f"VT-ZX1;Non;{EHPAD};ZZEXEMPLE;Aubépine;03/02/1938;Féminin;01004;01004;GIR 2;Hébergement permanent;01/06/2026;"
    "Admission;25/09/2026;;25/09/2026;;",
    f"VT-ZX2;Non;{EHPAD};ZZMODELE;Bleuet;04/02/1938;Masculin;01004;01004;GIR 1;Hébergement permanent;01/06/2023;"
    "Entrée;02/03/2024;;01/03/2024;02/03/2024;",
    f"PAP-ZX4;Oui;{EHPAD};ZZEXEMPLE;Aubépine;03/02/1938;Féminin;01004;01004;GIR 2;Hébergement permanent;01/05/2026;"
    "Liste d'attente;01/05/2026;;;;",
    f"PAP-ZX6;Oui;{EHPAD};ZZPAPIER;Églantine;06/02/1938;Féminin;01004;01004;GIR 2;Hébergement permanent;01/05/2026;"
    "Liste d'attente;01/05/2026;;;;",
)
USAGERS_IME = (
    "finess,id_usager,ins,ins_nature,ins_qualifie,nir,mdph,nom_naissance,nom_usage,prenom_1,prenoms_autres,ddn,sexe,"
    "cog_naissance,cog_domicile,protection,date_deces"
)
ENFANT = f"{IME},DOS-ZX5,{NIRS['ZZENFANT']},1,1,{NIRS['ZZENFANT']},M-ZX5,ZZENFANT,,Dahlia,,2014-02-03,1,01004,01004,0,"
SEJOURS_IME = (
    "finess,id_sejour,id_usager,admission,entree_prevue,entree,mode_entree,sortie_prevue,sortie,mode_sortie,regime"
)
SEJOUR = f"{IME},SEJ-ZX5,DOS-ZX5,2026-08-20,,2026-09-01,1,,,,1"
DECISIONS = (
    "finess,id_decision,id_nat_decision,id_usager,date_decision,type_decision,id_droit,categorie,type_droit,nature,"
    "ouverture,echeance,pag,creton"
)
DECISION = f"{IME},DEC-ZX5,NAT-ZX5,DOS-ZX5,2026-05-01,1,DR-ZX5,7,7.1,1,2026-09-01,2030-08-31,0,0"
OPPOSITION = f"{EHPAD};DOS-ZX3;toutes;opposition;2026-10-15;;REG-1"
# An establishment of FINESS: number, juridical entity, name; then, far beyond, its category.
FINESS_IME = ";".join(["structureet", IME, "010000099", "IME DES EXEMPLES", *[""] * 14, "183", *[""] * 13])
INPUTS = "https://interop.esante.gouv.fr/ig/fhir/sdo/CodeSystem/input-task-sdo-codesystem"

# What gives these persons away, in whatever is written elsewhere than in the prepared files.
SECRETS = (*NIRS, *NIRS.values(), "Aubépine", "Bleuet", "Cerise", "Dahlia", "Églantine", "DOS-ZX", "SEJ-ZX", "VT-ZX",
           "PAP-ZX", "TACHE-ZX", "DEC-ZX", "Glycines", "03/02/1938", "1938-02-03")  # fmt: skip


def task(identifier: str, status: str) -> dict[str, Any]:
    """An SDO task, as ViaTrajectoire gives it."""

    def given(code: str, **value: Any) -> dict[str, Any]:
        return {"type": {"coding": [{"system": INPUTS, "code": code}]}, **value}

    return {
        "resourceType": "Task",
        "id": identifier,
        "meta": {"lastUpdated": "2026-08-21T00:00:00.000Z"},
        "status": "completed",
        "intent": "plan",
        "input": [
            given("idNat_Struct", valueIdentifier={"value": f"1{IME}"}),
            given("statutESMS", valueCodeableConcept={"coding": [{"code": status}]}),
            given("dateStatutESMS", valueDate="2026-08-20"),
            given("idUnite", valueIdentifier={"value": "OI-3"}),
            given("nomUnite", valueString="Unité des Glycines"),
            given("modePriseCharge", valueCodeableConcept={"coding": [{"code": "46"}]}),
            given("typeDroitPrestation", valueCodeableConcept={"coding": [{"code": "7.1"}]}),
            given("idDecision", valueIdentifier={"value": "DEC-ZX5"}),
            given("idNat_Decision", valueIdentifier={"value": "NAT-ZX5"}),
        ],
    }


@dataclass
class Bureau:
    """A home, a folder from which files are sent, and one where prepared files may go."""

    home: Home
    sent: Path
    out: Path

    def receive(self, name: str, *lines: str, encoding: str = "utf-8") -> None:
        """A file delivered, accepted and loaded."""
        self.put(name, *lines, encoding=encoding)
        self.process()

    def put(self, name: str, *lines: str, encoding: str = "utf-8") -> None:
        self.give(name, "\r\n".join([*lines, ""]).encode(encoding))

    def give(self, name: str, content: bytes) -> None:
        path = self.sent / name
        path.write_bytes(content)
        (receipt,) = delivery.deliver([path], self.home, now=now())
        assert receipt.status == "received", receipt.reason

    def process(self) -> None:
        for result in pipeline.process_pending(self.home):
            assert (result.statut, result.rejetees) == ("accepted", 0), result
        pipeline.load_warehouse(self.home)

    def receive_everything(self) -> None:
        self.put("residalia_sejours_20261105_x.csv", RESIDALIA, *RESIDENTS, encoding="cp1252")
        self.put("resid_esms_2026-09_x.csv", RESID, *DECLARED)
        self.put("viatrajectoire_ga_2026-11-05_x.csv", VT, *APPLIED, encoding="utf-8-sig")
        self.put("handisoft_usagers_20261105_x.csv", USAGERS_IME, ENFANT, encoding="utf-8-sig")
        self.put("handisoft_sejours_20261105_x.csv", SEJOURS_IME, SEJOUR, encoding="utf-8-sig")
        self.put("handisoft_decisions_20261105_x.csv", DECISIONS, DECISION, encoding="utf-8-sig")
        bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": task("TACHE-ZX5", "71")}]}
        self.give("sdo_2026-11-05_x.json", json.dumps(bundle).encode())
        register = "finess_et;usager_id;finalite;nature;date_effet;retire_le;preuve_ref"
        self.put("consentements_2026-11-05_x.csv", register, OPPOSITION)
        self.put("etalab-cs1100502-stock-20260512-0339.csv", "finess;etalab;93;2026-05-12", FINESS_IME)
        self.process()

    def match(self) -> None:
        """The tables that dbt makes, for these persons: one person a key of traits, one stay a person and ESMS."""
        with duckdb.connect(str(self.home.warehouse)) as connection:
            for statement in MATCHING:
                connection.execute(statement)

    def written(self) -> str:
        """Every byte under the home, names of files included, as text."""
        files = sorted(p for p in self.home.root.rglob("*") if p.is_file())
        return "\n".join(f"{p.name}\n{p.read_bytes().decode('utf-8', 'ignore')}" for p in files)


MATCHING = (
    "CREATE SCHEMA IF NOT EXISTS intermediate",
    "CREATE SCHEMA IF NOT EXISTS dlnuf",
    """CREATE OR REPLACE TABLE intermediate.int_personnes__groupes AS
       SELECT 'dui' AS source, finess_et, cle_nom_prenom AS personne_id, _delivery_id AS delivery_id, _ligne AS ligne
       FROM raw.dui__usagers
       UNION ALL SELECT 'resid_esms', finess_et, cle_nom_prenom, _delivery_id, _ligne FROM raw.resid_esms__residents
       UNION ALL SELECT 'viatrajectoire_pa', finess_et, cle_nom_prenom, _delivery_id, _ligne
       FROM raw.viatrajectoire_pa__demandes
       UNION ALL SELECT 'viatrajectoire_ph', o.finess_et, u.cle_nom_prenom, o._delivery_id, o._ligne
       FROM raw.viatrajectoire_ph__orientations o JOIN raw.dui__decisions d ON d.decision_id = o.id_decision
       JOIN raw.dui__usagers u ON u.usager_id = d.usager_id""",
    """CREATE OR REPLACE TABLE intermediate.int_personnes__oppositions AS
       SELECT u.finess_et, u.usager_id, u.cle_nom_prenom AS personne_id
       FROM raw.dui__usagers u JOIN raw.consentements__registre c USING (finess_et, usager_id)
       WHERE c._est_courante AND c.nature = 'opposition' AND c.retire_le IS NULL""",
    """CREATE OR REPLACE TABLE intermediate.int_sejours__declarations AS
       SELECT 'dui' AS source, s.finess_et, s.finess_et || u.cle_nom_prenom AS sejour_dlnuf_id,
              s._delivery_id AS delivery_id, s._ligne AS ligne, u.cle_nom_prenom AS personne_id
       FROM raw.dui__sejours s JOIN raw.dui__usagers u USING (finess_et, usager_id)
       UNION ALL SELECT source, finess_et, finess_et || personne_id, delivery_id, ligne, personne_id
       FROM intermediate.int_personnes__groupes WHERE source <> 'dui'""",
    """CREATE OR REPLACE TABLE dlnuf.dlnuf_sejours AS
       WITH vt AS (
           SELECT finess_et, cle_nom_prenom, max(date_admission) AS admission, max(date_entree) AS entree,
                  max(date_sortie) AS sortie
           FROM raw.viatrajectoire_pa__demandes GROUP BY 1, 2
           UNION ALL SELECT o.finess_et, u.cle_nom_prenom, NULL, NULL, NULL
           FROM raw.viatrajectoire_ph__orientations o JOIN raw.dui__decisions d ON d.decision_id = o.id_decision
           JOIN raw.dui__usagers u ON u.usager_id = d.usager_id)
       SELECT s.finess_et || u.cle_nom_prenom AS sejour_dlnuf_id, u.cle_nom_prenom AS personne_id, s.finess_et,
              s.modalite, s.date_entree, s.date_sortie, s.date_admission AS dui_date_admission,
              s.date_entree AS dui_date_entree, s.date_sortie AS dui_date_sortie,
              r.date_entree AS resid_date_entree, r.date_sortie AS resid_date_sortie,
              vt.admission AS vt_date_admission, vt.entree AS vt_date_entree, vt.sortie AS vt_date_sortie,
              vt.cle_nom_prenom IS NOT NULL AS est_dit_vt,
              vt.cle_nom_prenom IS NOT NULL AND s.date_entree IS NOT NULL AND vt.entree IS NULL AS entree_non_dite_vt,
              s.date_entree IS NOT NULL AND r.date_entree IS NULL AS entree_non_dite_resid,
              vt.entree IS NOT NULL AND s.date_sortie IS NOT NULL AND vt.sortie IS NULL AS sortie_non_dite_vt,
              r.date_entree IS NOT NULL AND s.date_sortie IS NOT NULL AND r.date_sortie IS NULL
                  AS sortie_non_dite_resid,
              NULL::BOOLEAN AS deux_lieux
       FROM raw.dui__sejours s JOIN raw.dui__usagers u USING (finess_et, usager_id)
       LEFT JOIN raw.resid_esms__residents r USING (finess_et, cle_nom_prenom)
       LEFT JOIN vt USING (finess_et, cle_nom_prenom)""",
)
