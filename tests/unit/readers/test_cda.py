"""CDA v1: the rows of each section; alone, in DocumentReference, in a Bundle of them; what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from ingest.read import UnreadableFile, sniff
from tests.unit.readers import examples as ex
from tests.unit.readers.examples import ET
from tests.unit.readers.test_tddui import known

ENTITIES = ("usagers", "sejours", "evaluations", "evaluation_reponses", "evenements", "transports")
DOCUMENT = ex.CDA.encode()
EXPECTED: dict[str, list[dict[str, str]]] = {
    "usagers": [
        {
            "finess_et": ET, "usager_id": "DOS-1", "matricule_ins": ex.INS, "ins_type": "INS-NIR",
            "nom_naissance": ex.NOM, "nom_usage": "Farfadet", "prenoms": f"{ex.PRENOM} Quétzal",
            "date_naissance": "1937-11-23", "sexe": "M", "commune_naissance": "99351", "code_domicile": "01000",
        }
    ],
    "sejours": [
        {
            "finess_et": ET, "sejour_id": "DOS-1-SEJOUR-1", "usager_id": "DOS-1", "date_admission": "2024-01-01",
            "date_entree": "2024-01-03", "libelle_mode_entree": "venue de l'hôpital",
            "date_sortie_previsionnelle": "2024-12-31", "etat": "FAIT",
        }
    ],
    "evaluations": [
        {
            "finess_et": ET, "evaluation_id": "DOS-1-EVAL-1", "usager_id": "DOS-1", "type_evaluation": "MED-1293",
            "date_evaluation": "2024-01-05", "resultat": "MED-340", "gir": "2", "statut": "TERMINE",
            "etat": "FAIT",
        }
    ],
    "evaluation_reponses": [
        {"finess_et": ET, "evaluation_id": "DOS-1-EVAL-1", "question_code": question, "reponse_code": answer,
         "etat": "FAIT"}
        for question, answer in (("b160", "qf2"), ("b160.MED-1307", "true"))
    ],
    "evenements": [
        {
            "finess_et": ET, "evenement_id": "DOS-1-EVN-1", "usager_id": "DOS-1", "sejour_id": "DOS-1-SEJOUR-1",
            "type_evenement": "MED-1298", "date_debut": "2024-02-01T09:30:00", "date_fin": "2024-02-01T10:00:00",
            "statut": "REALISE", "rpps_intervenant": ex.RPPS, "etat": "FAIT",
        }
    ],
    "transports": [  # that of the professional is left out
        {
            "finess_et": ET, "transport_id": "DOS-1-TPPat-1", "usager_id": "DOS-1", "mode": "ORG-156",
            "date_debut": "2024-02-01T08:00:00", "distance_km": "12.5", "etat": "FAIT",
        }
    ],
}  # fmt: skip
Read = Callable[..., dict[str, pl.DataFrame]]


@pytest.mark.parametrize("first", [True, False])
def test_of_two_matricules_the_nir_is_the_one_kept(rows_of: Read, write: Callable[..., Path], first: bool) -> None:
    nir, nia = (
        f'<id root="1.2.250.1.213.1.4.8" extension="{ex.INS}"/>',
        '<id root="1.2.250.1.213.1.4.9" extension="7"/>',
    )
    document = ex.CDA.replace(nir, nir + nia if first else nia + nir)
    (row,) = known(rows_of(write(document.encode(), "a.xml"), "cda", ("usagers",))["usagers"])
    assert (row["matricule_ins"], row["ins_type"]) == (ex.INS, "INS-NIR")


FORMS = {
    "tddui_2024-12-31_a.xml": DOCUMENT,
    "tddui_2024-12-31_b.json": ex.as_bytes(ex.document_reference(DOCUMENT)),
    "tddui_2024-12-31_c.json": ex.as_bytes(ex.bundle(ex.entry("d", ex.document_reference(DOCUMENT)))),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_document_gives_the_same_rows_in_every_envelope(rows_of: Read, write: Callable[..., Path], name: str) -> None:
    path = write(FORMS[name], name)
    assert sniff(path).facts["content"] == "cda"
    assert {e: known(t) for e, t in rows_of(path, "cda", ENTITIES).items()} == EXPECTED


def test_two_documents_of_one_bundle_are_two_persons(rows_of: Read, write: Callable[..., Path]) -> None:
    other = DOCUMENT.replace(b"DOS-1", b"DOS-2")
    entries = [ex.entry(str(n), ex.document_reference(d, n)) for n, d in enumerate((DOCUMENT, other), 1)]
    found = rows_of(write(ex.as_bytes(ex.bundle(*entries)), "a.json"), "cda", ("usagers",))["usagers"]
    assert found.select("usager_id", "_ligne", "_chemin").rows() == [
        ("DOS-1", 1, "document[0].usagers"),
        ("DOS-2", 2, "document[1].usagers"),
    ]


def test_an_attachment_cut_in_lines_is_whole(rows_of: Read, write: Callable[..., Path]) -> None:
    resource = ex.document_reference(DOCUMENT)
    data = resource["content"][0]["attachment"]["data"]
    resource["content"][0]["attachment"]["data"] = "\n".join(data[i : i + 76] for i in range(0, len(data), 76))
    assert known(rows_of(write(ex.as_bytes(resource), "a.json"), "cda", ("usagers",))["usagers"]) == EXPECTED["usagers"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (ex.as_bytes(ex.document_reference(b"Hello world")), "n'est pas un document CDA"),
        (ex.as_bytes({"resourceType": "DocumentReference", "content": [{"attachment": {"data": "@@@"}}]}), "base64"),
        (ex.as_bytes(ex.document_reference(DOCUMENT[:-40])), "tronqué ou mal formé"),
        (ex.as_bytes(ex.document_reference(b"<autre><x/></autre>")), "dont la racine n'est pas"),
        (
            ex.as_bytes(ex.bundle(ex.entry("d", ex.document_reference(DOCUMENT)), ex.entry("p", ex.patient()))),
            "n'est pas un document (DocumentReference)",
        ),
        (DOCUMENT[:-40], "tronqué ou mal formé"),
        (
            DOCUMENT.replace(b"<ClinicalDocument", b'<!DOCTYPE a [<!ENTITY x "y">]><ClinicalDocument', 1),
            "DOCTYPE, refusée par sécurité",
        ),
    ],
)
def test_what_is_no_document_is_refused_and_names_nobody(
    rows_of: Read, write: Callable[..., Path], content: bytes, said: str
) -> None:
    path = write(content, "tddui_2024-12-31_a" + (".json" if content.startswith(b"{") else ".xml"))
    with pytest.raises(UnreadableFile) as refusal:
        rows_of(path, "cda", ENTITIES)
    assert said in refusal.value.message
    assert "Remède" in refusal.value.message
    assert ex.NOM not in refusal.value.message
