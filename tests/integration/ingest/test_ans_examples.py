"""The examples of the ANS (TDDUI v2, CDA v1, SDO), delivered as they are: which class each is, and its rows.

They are transcribed or copied files of ../shared/data: without that folder these tests are skipped, and the readers are
tested on invented files (tests/unit/readers).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.integration.ingest.conftest import Guichet
from tests.unit.readers import examples as ex

FHIR = "tddui/fhir_v2_examples"


def take(guichet: Guichet, path: Path) -> dict[str, tuple[int, int, int]]:
    result = guichet.take(path.name, path.read_bytes())
    assert result.statut == "accepted", result.motif
    return {e: (c["lues"], c["acceptees"], c["rejetees"]) for e, c in result.entities.items() if c["lues"]}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            f"{FHIR}/Bundle-tddui-reconstructed.json",
            {
                "usagers": (1, 1, 0), "sejours": (1, 1, 0), "evaluations": (1, 1, 0), "evenements": (1, 1, 0),
                "presences_absences": (1, 0, 1),  # its agenda is not in the file
            },
        ),
        (f"{FHIR}/Patient-tddui-patient-ins-example.json", {"usagers": (1, 1, 0)}),
        # alone, these point to a patient, a stay, an agenda that are not in the file: read, and rejected for that
        (f"{FHIR}/Encounter-tddui-encounter-sejour-example.json", {"sejours": (1, 0, 1)}),
        (f"{FHIR}/Encounter-tddui-encounter-evenement-example.json", {"evenements": (1, 0, 1)}),
        (
            f"{FHIR}/QuestionnaireResponse-tddui-questionnaire-response-aggir-pa-example.json",
            {"evaluations": (1, 0, 1)},
        ),
        (f"{FHIR}/Slot-tddui-slot-presence-absence-example.json", {"presences_absences": (1, 0, 1)}),
        # the example of the SDO guide says no structure
        ("sdo/Task-esms-task.json", {"orientations": (1, 0, 1)}),
        (
            "tddui/CDA_TDDUI_Exemple_v1.0.1.xml",
            {
                "usagers": (1, 1, 0), "sejours": (1, 1, 0), "evaluations": (2, 2, 0),
                "evaluation_reponses": (57, 57, 0), "evenements": (1, 1, 0),
            },
        ),
    ],
)  # fmt: skip
def test_an_example_is_of_its_class(
    guichet: Guichet, shared_data: Path, path: str, expected: dict[str, tuple[int, int, int]]
) -> None:
    assert take(guichet, shared_data / path) == expected


def test_a_resource_alone_is_rejected_for_its_reference_only(guichet: Guichet, shared_data: Path) -> None:
    take(guichet, shared_data / FHIR / "Slot-tddui-slot-presence-absence-example.json")
    assert guichet.rows("rejects")["champ"].to_list() == ["(ligne)"]


def one(frame: pl.DataFrame, **expected: object) -> None:
    (row,) = frame.to_dicts()
    assert {name: str(row[name]) for name in expected} == {name: str(value) for name, value in expected.items()}


def test_the_bundle_gives_its_rows_and_its_keys_only_warn(guichet: Guichet, shared_data: Path) -> None:
    take(guichet, shared_data / FHIR / "Bundle-tddui-reconstructed.json")
    one(
        guichet.rows("raw", "usagers"), finess_et="480787529", ins_type="INS-NIR", ins_statut="VALI", sexe="M",
        annee_naissance=1947, departement_domicile="76",
    )  # fmt: skip
    one(
        guichet.rows("raw", "sejours"), date_admission="2023-04-11", date_entree="2023-04-14", date_sortie=None,
        date_sortie_previsionnelle="2023-05-05",
    )  # fmt: skip
    one(
        guichet.rows("raw", "evenements"), type_evenement="MED-1298", statut="REALISE",
        date_debut="2023-04-14 10:30:00", date_fin="2023-04-14 11:15:00",
    )  # fmt: skip
    one(guichet.rows("raw", "evaluations"), type_evaluation="MED-1293", resultat="MED-340", gir=2, statut="APPROUVE")
    (stay,) = guichet.rows("raw", "sejours")["usager_id"]
    assert guichet.rows("raw", "usagers")["usager_id"].to_list() == [stay]
    keys = [r for r in guichet.rows("signalements")["regle"] if r.startswith("clé de contrôle")]
    assert {"clé de contrôle FINESS inexacte", "clé de contrôle NIR inexacte"} == set(keys)


def test_the_cda_example_gives_the_same_stay_and_event(guichet: Guichet, shared_data: Path) -> None:
    take(guichet, shared_data / "tddui" / "CDA_TDDUI_Exemple_v1.0.1.xml")
    one(guichet.rows("raw", "usagers"), finess_et="480787529", sexe="M", annee_naissance=1947, ins_statut=None)
    one(
        guichet.rows("raw", "sejours"), date_admission="2023-04-11", date_entree="2023-04-14", date_sortie=None,
        date_sortie_previsionnelle="2023-05-05", mode_entree_libelle_code="ETABLISSEMENT_SANTE",
    )  # fmt: skip
    one(guichet.rows("raw", "evenements"), date_debut="2023-04-14 10:30:00", statut="REALISE")
    girs = guichet.rows("raw", "evaluations").select("type_evaluation", "gir").rows()
    assert sorted(girs) == [("MED-1290", None), ("MED-1292", 2)]
    answers = guichet.rows("raw", "evaluation_reponses")
    assert answers.filter(pl.col("question_code") == "b160.MED-1307")["reponse_code"].to_list() == ["true"]


def test_the_cda_example_in_base64_in_a_bundle_gives_the_same_rows(guichet: Guichet, shared_data: Path) -> None:
    alone = shared_data / "tddui" / "CDA_TDDUI_Exemple_v1.0.1.xml"
    expected = take(guichet, alone)
    content = ex.as_bytes(ex.bundle(ex.entry("d", ex.document_reference(alone.read_bytes()))))
    result = guichet.take("tddui_2023-12-31_b.json", content)
    assert {e: (c["lues"], c["acceptees"], c["rejetees"]) for e, c in result.entities.items() if c["lues"]} == expected


@pytest.mark.parametrize("name", ["Bundle-TDDUIBundleExample", "DocumentReference-TDDUIDocumentReferenceExample"])
def test_the_envelopes_of_the_guide_hold_no_document_and_say_so(guichet: Guichet, shared_data: Path, name: str) -> None:
    """Their attachment is « Hello world »."""
    content = (shared_data / "tddui" / "legacy_v1" / f"{name}.json").read_bytes()
    result = guichet.take(f"{name}.json", content)
    assert result.statut == "refused"
    assert "n'est pas un document CDA" in (result.motif or "")
