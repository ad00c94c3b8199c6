"""TDDUI and SDO bundles: each class gives the row that docs/formats says; references lead where they should."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.read import UnreadableFile, sniff
from tests.unit.readers import examples as ex
from tests.unit.readers.examples import ET, Node

ENTITIES = (
    "usagers", "sejours", "evaluations", "evaluation_reponses", "projets", "projet_elements", "bilans", "evenements",
    "presences_absences", "decisions", "droits_prestations", "transports", "accords",
)  # fmt: skip
Read = Callable[..., dict[str, pl.DataFrame]]

# Entity -> what the complete file of one person gives, fields that are unknown left out.
COMPLETE: dict[str, list[dict[str, str]]] = {
    "usagers": [
        {
            "finess_et": ET, "usager_id": "DOS-1", "matricule_ins": ex.INS, "ins_type": "INS-NIR",
            "ins_statut": "VALI", "numero_mdph": "MDPH-1", "nom_naissance": ex.NOM, "nom_usage": "Farfadet",
            "prenoms": f"{ex.PRENOM} Quétzal", "date_naissance": "1937-11-23", "sexe": "M",
            "commune_naissance": "99351", "code_domicile": "01000", "protection_juridique": "TUTEUR",
        }
    ],
    "sejours": [
        {
            "finess_et": ET, "sejour_id": "DOS-1-SEJOUR-1", "usager_id": "DOS-1", "date_admission": "2024-01-01",
            "date_entree_previsionnelle": "2024-01-02", "date_entree": "2024-01-03",
            "libelle_mode_entree": "venue de l'hôpital", "date_sortie_previsionnelle": "2024-12-31",
            "date_sortie": "2024-11-30", "libelle_mode_sortie": "décès", "modalite": "HP",
            "finess_provenance": ex.OTHER_ET, "etat": "FAIT",
        }
    ],
    "evenements": [
        {
            "finess_et": ET, "evenement_id": "DOS-1-EVN-1", "usager_id": "DOS-1", "sejour_id": "DOS-1-SEJOUR-1",
            "type_evenement": "MED-1298", "date_debut": "2024-02-01T09:30:00", "date_fin": "2024-02-01T10:00:00",
            "statut": "ANNULE", "usager_present": "true", "motif_non_realisation": "GEN-357",
            "rpps_intervenant": ex.RPPS, "etat": "ANNULE",
        }
    ],
    "presences_absences": [
        {
            "finess_et": ET, "presence_id": "DOS-1-PA-1", "usager_id": "DOS-1", "sejour_id": "DOS-1-SEJOUR-1",
            "debut": "2024-03-01T00:00:00", "fin": "2024-03-04T00:00:00", "type_presence": "2", "motif_absence": "1",
            "absence_prevue": "false", "facturation": "true", "etat": "FAIT",
        }
    ],
    "evaluations": [
        {
            "finess_et": ET, "evaluation_id": "DOS-1-EVAL-1", "usager_id": "DOS-1", "type_evaluation": "MED-1293",
            "date_evaluation": "2024-01-05", "resultat": "MED-340", "gir": "2", "statut": "APPROUVE",
            "etat": "FAIT",
        }
    ],
    "evaluation_reponses": [
        {"finess_et": ET, "evaluation_id": "DOS-1-EVAL-1", "question_code": question, "reponse_code": answer,
         "etat": "FAIT"}
        for question, answer in (
            ("b160", "qf2"), ("b160.MED-1307", "true"), ("d5100", "qf4"), ("d5100.MED-1308", "false"),
        )
    ],
    "projets": [
        {
            "finess_et": ET, "projet_id": "DOS-1-PPER-1", "usager_id": "DOS-1", "type_projet": "PPA", "statut": "ACTIF",
            "date_debut": "2024-02-01", "date_fin": "2025-01-31", "accord_usager": "true", "accord_structure": "false",
            "etat": "FAIT",
        }
    ],
    "projet_elements": [
        {
            "finess_et": ET, "projet_element_id": f"DOS-1-{suffix}-1", "projet_id": "DOS-1-PPER-1",
            "usager_id": "DOS-1", "nature": nature, "code": code, "statut": statut,
            "date_debut": debut, "date_fin": fin, "etat": "FAIT",
        }
        for suffix, nature, code, statut, debut, fin in (
            ("ATTE", "ATTENTE", "1.1.1", "ACTIF", "2024-02-02", "2024-08-02"),
            ("OBJE", "OBJECTIF", "1.1.1", "TERMINE", "2024-02-02", "2024-08-02"),
            ("BESO", "BESOIN", "1.1.2", "ACTIF", "2024-02-01", "2025-01-31"),
            ("ACTI", "ACTION", "ACT", "ACTIF", "2024-02-01", "2025-01-31"),
            ("MORE", "MOYEN", "HUMAIN", "ACTIF", "2024-02-01", "2025-01-31"),
            ("PRES", "PRESTATION", "2.1.1", "ACTIF", "2024-02-01", "2025-01-31"),
        )
    ],
    "bilans": [
        {
            "finess_et": ET, "bilan_id": "DOS-1-BILA-1", "projet_id": "DOS-1-PPER-1", "usager_id": "DOS-1",
            "date_bilan": "2024-02-01", "categorie": "FINAL", "date_prochain_bilan": "2025-02-01", "etat": "FAIT",
        }
    ],
    "decisions": [
        {
            "finess_et": ET, "decision_id": "DEC-1", "id_nat_decision": "NAT-1", "usager_id": "DOS-1",
            "date_decision": "2023-06-01", "type_decision": "1",
        }
    ],
    "droits_prestations": [
        {
            "finess_et": ET, "droit_id": "DEC-1-1", "decision_id": "DEC-1", "usager_id": "DOS-1", "categorie": "7",
            "type_droit": "7.8", "nature": "1", "date_ouverture": "2023-07-01", "date_echeance": "2028-06-30",
            "existence_pag": "false", "creton": "true",
        }
    ],
    "transports": [
        {
            "finess_et": ET, "transport_id": "DOS-1-TPPat-1", "usager_id": "DOS-1", "mode": "ORG-156",
            "nature_transport": "2.3.4.1", "date_debut": "2024-02-01T08:00:00", "distance_km": "12.5",
            "duree_min": "30", "etat": "FAIT",
        }
    ],
    "accords": [
        {
            "finess_et": ET, "accord_id": "accord-1", "usager_id": "DOS-1", "objet_type": "PROJET", "statut": "ACCORDE",
            "date_accord": "2024-02-03", "etat": "FAIT",
        },
        {
            "finess_et": ET, "accord_id": "refus-1", "usager_id": "DOS-1", "objet_type": "PROJET", "statut": "REFUSE",
            "date_accord": "2024-02-04", "etat": "REFUSE",
        },
    ],
}  # fmt: skip


def known(frame: pl.DataFrame) -> list[dict[str, str]]:
    """Rows without what is unknown nor where they stand."""
    return [
        {name: value for name, value in row.items() if value is not None and not name.startswith("_")}
        for row in frame.to_dicts()
    ]


def read(rows_of: Read, write: Callable[..., Path], *entries: Node) -> dict[str, pl.DataFrame]:
    path = write(ex.as_bytes(ex.bundle(*entries)), "tddui_2024-12-31_a.json")
    return rows_of(path, "fhir_bundle", ENTITIES, content="tddui")


def changed(resource: Node, name: str, value: Any) -> Node:
    return {**resource, name: value}


@pytest.mark.parametrize("entity", ENTITIES)
def test_each_class_gives_its_row(rows_of: Read, write: Callable[..., Path], entity: str) -> None:
    assert known(read(rows_of, write, *ex.dossier())[entity]) == COMPLETE[entity]


def test_the_order_of_entries_does_not_matter(rows_of: Read, write: Callable[..., Path]) -> None:
    tables = read(rows_of, write, *reversed(ex.dossier()))

    def by_content(rows: list[dict[str, str]]) -> list[str]:
        return sorted(json.dumps(row, sort_keys=True) for row in rows)

    assert {e: by_content(known(t)) for e, t in tables.items()} == {e: by_content(r) for e, r in COMPLETE.items()}


def test_a_row_says_its_entry_and_its_path(rows_of: Read, write: Callable[..., Path]) -> None:
    tables = read(rows_of, write, *ex.dossier())
    assert tables["sejours"].select("_ligne", "_chemin", "_defaut").rows() == [(3, "entry[2].resource", None)]
    answers = tables["evaluation_reponses"].select("_ligne", "_chemin").rows()
    assert answers[1] == (2, "entry[7].resource.item[0].answer[0].item[0]")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ({"reference": "urn:uuid:patient-1"}, "DOS-1"),
        ({"reference": "Patient/p1"}, "DOS-1"),
        ({"reference": "Patient/p1/_history/4"}, "DOS-1"),
        ({"reference": "https://dui.invalid/fhir/Patient/p1"}, "DOS-1"),
        ({"reference": f"Patient?identifier={ex.system('localusager')}%7C3{ET}%2FDOS-1"}, "DOS-1"),
        ({"identifier": ex.number("localusager", "DOS-1")}, "DOS-1"),
        ({"identifier": ex.number("localusager", "DOS-9")}, "DOS-9"),  # says who it is by itself
        ({"reference": "urn:uuid:nobody"}, None),
        ({"reference": "urn:uuid:structure"}, None),
        ({"display": "quelqu'un"}, None),
        (None, None),
    ],
)
def test_forms_of_a_reference(
    rows_of: Read, write: Callable[..., Path], written: Node | None, found: str | None
) -> None:
    stay = changed(ex.sejour(), "subject", written)
    entries = [ex.entry("patient-1", ex.patient(id="p1")), *ex.dossier()[:1], ex.entry("s", stay)]
    assert read(rows_of, write, *entries)["sejours"]["usager_id"].to_list() == [found]


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ([], "n'est pas dans le fichier"),
        ([ex.entry("patient-1", ex.patient()), ex.entry("patient-1", ex.patient(gender="female"))], "deux ressources"),
        ([ex.entry("patient-1", ex.dossier()[0]["resource"])], "n'est pas du type attendu"),
    ],
    ids=["absent", "two", "another class"],
)
def test_a_reference_that_leads_to_nobody_is_the_defect_of_its_row_alone(
    rows_of: Read, write: Callable[..., Path], others: list[Node], reason: str
) -> None:
    sound = [ex.entry("patient-2", ex.patient(2)), ex.entry("sejour-2", ex.sejour(2, hospitalization={}))]
    stays = read(rows_of, write, *others, ex.entry("s", ex.sejour(hospitalization={})), *sound)["sejours"]
    broken, whole = stays["_defaut"].to_list()
    assert reason in broken
    assert whole is None


def test_the_same_patient_given_twice_alike_is_one(rows_of: Read, write: Callable[..., Path]) -> None:
    twice = [ex.entry("patient-1", ex.patient()), ex.entry("patient-1", ex.patient())]
    stays = read(rows_of, write, *twice, ex.entry("s", ex.sejour(hospitalization={})))["sejours"]
    assert stays["usager_id"].to_list() == ["DOS-1"]


@pytest.mark.parametrize(
    ("codings", "modality"),
    [
        ([("46", "urn:oid:1.2.250.1.213.3.3.13/R213"), ("02", "J30")], "HP"),
        ([("46", "R213"), ("01", "TRE_R240")], "HT"),
        ([("46", "R213")], None),
        ([("47", "J264")], "AJ"),
        ([("48", "J264"), ("02", "J30")], "AN"),
        ([("27", "TRE_R338")], "DOM"),
        ([("05", "J226")], "DOM"),
        ([("02", "J226")], None),
        ([("26", "TRE_R338")], "DOM"),
        ([("20", "TRE_R338")], None),  # a protected unit is of the day or of the night: it does not say
        ([("20", "TRE_R338"), ("47", "J264")], "AJ"),
        ([("EXT", "https://interop.esante.gouv.fr/ig/fhir/tddui/CodeSystem/tddui-modalite-accueil")], None),
        ([], None),
    ],
)
def test_modality(
    rows_of: Read, write: Callable[..., Path], codings: list[tuple[str, str]], modality: str | None
) -> None:
    stay = changed(ex.sejour(hospitalization={}), "serviceType", [ex.concept(*c) for c in codings])
    tables = read(rows_of, write, ex.entry("patient-1", ex.patient()), ex.entry("s", stay))
    assert tables["sejours"]["modalite"].to_list() == [modality]


@pytest.mark.parametrize(
    ("system", "value", "nature"),
    [
        ("urn:oid:1.2.250.1.213.1.4.8", ex.INS, "INS-NIR"),
        ("urn:oid:1.2.250.1.213.1.4.9", ex.INS, "INS-NIA"),
        ("urn:oid:1.2.250.1.213.1.4.10", ex.INS, "INS-NIR"),
        ("urn:oid:1.2.250.1.213.1.4.11", ex.INS, "INS-NIR"),
    ],
)
def test_ins_nir_and_ins_nia_are_told_apart(
    rows_of: Read, write: Callable[..., Path], system: str, value: str, nature: str
) -> None:
    person = ex.patient(identifier=[ex.number("localusager", "DOS-1"), {"system": system, "value": value}])
    (row,) = known(read(rows_of, write, ex.entry("p", person))["usagers"])
    assert (row["matricule_ins"], row["ins_type"]) == (value, nature)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_matricules_the_nir_is_the_one_kept(
    rows_of: Read, write: Callable[..., Path], order: tuple[int, int]
) -> None:
    both = [
        {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": ex.INS},
        {"use": "temp", "system": "urn:oid:1.2.250.1.213.1.4.9", "value": "799999999900166"},
    ]
    person = ex.patient(identifier=[ex.number("localusager", "DOS-1"), *(both[n] for n in order)])
    (row,) = known(read(rows_of, write, ex.entry("p", person))["usagers"])
    assert (row["matricule_ins"], row["ins_type"]) == (ex.INS, "INS-NIR")


@pytest.mark.parametrize("use", ["old", "anonymous", "nickname"])
def test_a_name_that_is_no_longer_who_a_person_is_is_not_read(
    rows_of: Read, write: Callable[..., Path], use: str
) -> None:
    named = [{"use": use, "family": "AUTREFOIS", "given": ["Autre"]}, {"family": ex.NOM, "given": [ex.PRENOM]}]
    (row,) = known(read(rows_of, write, ex.entry("p", ex.patient(name=named)))["usagers"])
    assert (row["nom_naissance"], row["prenoms"]) == (ex.NOM, ex.PRENOM)


def test_a_social_security_number_is_never_an_ins(rows_of: Read, write: Callable[..., Path]) -> None:
    person = ex.patient(identifier=[{"system": "urn:oid:1.2.250.1.213.1.4.13", "value": ex.INS}])
    (row,) = known(read(rows_of, write, ex.entry("p", person))["usagers"])
    assert row["nir"] == ex.INS
    assert "matricule_ins" not in row


@pytest.mark.parametrize(
    ("individual", "number"),
    [
        (ex.ref("infirmier"), ex.RPPS),
        ({"identifier": {"system": "https://rpps.esante.gouv.fr", "value": ex.RPPS}}, ex.RPPS),
        (ex.ref("role"), ex.RPPS),
        (ex.ref("nobody"), None),
    ],
)
def test_the_professional_of_an_event(
    rows_of: Read, write: Callable[..., Path], individual: Node, number: str | None
) -> None:
    role = {"resourceType": "PractitionerRole", "practitioner": ex.ref("infirmier")}
    event = changed(ex.evenement(), "participant", [{"individual": individual}])
    entries = [e for e in ex.dossier() if not e["fullUrl"].endswith("evenement-1")]
    events = read(rows_of, write, *entries, ex.entry("role", role), ex.entry("e", event))["evenements"]
    assert events["rpps_intervenant"].to_list() == [number]
    assert events["_defaut"].to_list() == [None]


@pytest.mark.parametrize(
    ("strange", "said"),
    [
        ({"resourceType": "Medication", "id": ex.NOM}, "ressource d'un type que le guide ne prévoit pas"),
        ({"resourceType": "Task", "id": ex.NOM}, "ressource Task dont ni le profil ni l'identifiant"),
        ({"id": ex.NOM}, "ou sans type"),
        ([ex.NOM], "entrée sans ressource"),
        (ex.orientation(), "suivi des décisions d'orientation"),
    ],
)
def test_what_no_table_takes_refuses_the_file_and_names_nobody(
    rows_of: Read, write: Callable[..., Path], strange: Any, said: str
) -> None:
    with pytest.raises(UnreadableFile) as refusal:
        read(rows_of, write, *ex.plain(1), ex.entry("x", strange))
    assert said in refusal.value.message
    assert "entrée n° 3" in refusal.value.message
    assert "Remède" in refusal.value.message
    assert ex.NOM not in refusal.value.message


def test_a_deletion_refuses_the_file(rows_of: Read, write: Callable[..., Path]) -> None:
    gone = {**ex.entry("patient-1", ex.patient()), "request": {"method": "DELETE", "url": "Patient/1"}}
    with pytest.raises(UnreadableFile, match="DELETE"):
        read(rows_of, write, gone)


def test_left_out_resources_give_no_row_and_no_refusal(rows_of: Read, write: Callable[..., Path]) -> None:
    others = [
        ex.entry(k, {"resourceType": k}) for k in ("Location", "RelatedPerson", "Provenance", "Binary", "Observation")
    ]
    tables = read(rows_of, write, *ex.plain(1), *others)
    assert {e: t.height for e, t in tables.items() if t.height} == {"usagers": 1, "sejours": 1}


def test_one_resource_alone_is_read(rows_of: Read, write: Callable[..., Path]) -> None:
    path = write(ex.as_bytes(ex.patient()), "tddui_2024-12-31_seul.json")
    assert sniff(path).facts == {"resourceType": "ressource", "content": "tddui"}
    assert known(rows_of(path, "fhir_bundle", ("usagers",), content="tddui")["usagers"]) == COMPLETE["usagers"]


def test_an_sdo_task_alone_or_in_a_bundle(rows_of: Read, write: Callable[..., Path]) -> None:
    expected = {
        "finess_et": ET, "tache_id": "tache-1", "id_decision": "DEC-1", "id_nat_decision": "NAT-1",
        "numero_mdph": "MDPH-1", "statut_esms": "48", "date_statut_esms": "2024-11-30", "unite_id": "U-1",
        "categorie_organisation": "01", "temporalite": "02", "accueil_sequentiel": "false",
        "mode_prise_en_charge": "46", "statut_unite": "188", "date_statut_unite": "2024-11-29", "motif_unite": "204",
        "type_droit": "7.8", "derniere_maj": "2024-12-02T00:30:00", "etat": "FAIT",
    }  # fmt: skip
    for document in (ex.orientation(), ex.bundle(ex.entry("t", ex.orientation()), kind="searchset")):
        path = write(ex.as_bytes(document), "sdo_2024-12-31_a.json")
        assert sniff(path).facts["content"] == "sdo"
        assert known(rows_of(path, "fhir_bundle", ("orientations",), content="sdo")["orientations"]) == [expected]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_bundle_cut_anywhere_is_refused_and_quotes_nothing(
    rows_of: Read, write: Callable[..., Path], share: float
) -> None:
    whole = ex.as_bytes(ex.bundle(*ex.dossier()))
    path = write(whole[: int(len(whole) * share)], "tddui_2024-12-31_coupe.json")
    with pytest.raises(UnreadableFile, match="JSON tronqué") as refusal:
        rows_of(path, "fhir_bundle", ENTITIES, content="tddui")
    assert ex.NOM not in refusal.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_encodings_of_json(rows_of: Read, write: Callable[..., Path], encoding: str) -> None:
    text = json.dumps(ex.bundle(*ex.dossier()), ensure_ascii=False)
    path = write(text.encode(encoding), "tddui_2024-12-31_a.json")
    assert known(rows_of(path, "fhir_bundle", ("usagers",), content="tddui")["usagers"]) == COMPLETE["usagers"]


def test_a_stay_that_is_only_numbered_needs_no_resource(rows_of: Read, write: Callable[..., Path]) -> None:
    """A logical reference says the number itself: the stay may have been given in another file."""
    event = ex.evenement(partOf={"identifier": ex.number("sejour", "DOS-1-SEJOUR-77")})
    found = read(rows_of, write, ex.entry("pat", ex.patient()), ex.entry("evt", event))["evenements"]
    assert found["sejour_id"].to_list() == ["DOS-1-SEJOUR-77"]


def test_a_consent_that_stands_in_its_plan_is_what_the_plan_says_and_no_row(
    rows_of: Read, write: Callable[..., Path]
) -> None:
    consent = {"resourceType": "Consent", "id": "c1", "status": "active", "provision": {"type": "deny"}}
    plan = ex.profiled(
        "CarePlan", "tddui-careplan-projet-personnalise", status="active", intent="plan",
        identifier=[ex.number("projetpersonnalise", "DOS-1-PPER-1")], subject=ex.ref("pat"), contained=[consent],
        supportingInfo=[{"reference": "#c1", "display": "Consentement usager"}],
    )  # fmt: skip
    found = read(rows_of, write, ex.entry("pat", ex.patient()), ex.entry("plan", plan))
    assert (found["projets"]["accord_usager"].to_list(), found["accords"].height) == (["false"], 0)


def test_a_number_of_an_mdph_is_told_by_its_type(rows_of: Read, write: Callable[..., Path]) -> None:
    person = ex.patient(identifier=[ex.number("localusager", "DOS-1"), {"type": ex.concept("PIN"), "value": "M-9"}])
    assert read(rows_of, write, ex.entry("pat", person))["usagers"]["numero_mdph"].to_list() == ["M-9"]
