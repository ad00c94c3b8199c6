"""The same search over the real contracts, in every format in which persons are delivered: nobody is found.

Files are made by hand, with a good row and a bad one of each: names in dates, in codes, in numbers, in free texts.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingest.home import Home
from ingest.pipeline import load_warehouse, process_pending
from ingest.receive.delivery import deliver
from ingest.store import lake
from tests.instants import now
from tests.integration.protection.byte_search import Identity, in_text, traces

ET = "010000222"
ANNE = Identity("Zorglubéllin", "Ysmérile", "199129999900168", date(1937, 11, 23), "12 impasse Farfadet", "DOS-ZORG-1")
PAUL = Identity("Quétzalphadon", "Barnabothe", "299079999900214", date(1941, 7, 30), "3 quai Lutinerie", "DOS-QUET-2")
PEOPLE = (ANNE, PAUL)
FRENCH, COMPACT = "%d/%m/%Y", "%Y%m%d"


def table(separator: str, encoding: str, titles: str, *rows: str, bom: bytes = b"") -> bytes:
    return bom + "\r\n".join([titles.replace(";", separator), *(r.replace(";", separator) for r in rows), ""]).encode(
        encoding
    )


def residalia_sejours() -> bytes:
    titles = (
        "N° FINESS;N° dossier;Matricule INS;Statut INS;Civilité;Nom de naissance;Nom d'usage;Prénoms;Né(e) le;"
        "Code commune de naissance;Code postal du domicile;Protection juridique;Décédé(e) le;N° séjour;"
        "Date d'admission;Date d'entrée;Provenance;Date de sortie;Motif de sortie;Type d'hébergement;GIR;Date du GIR"
    )
    good = (
        f"{ET};{ANNE.dossier};{ANNE.nir};Validée;Mme;{ANNE.nom};Née {ANNE.nom};{ANNE.prenom} Marie;"
        f"{ANNE.ne_le:{FRENCH}};99351;01000;Tutelle;;S-1;01/01/2024;02/01/2024;Domicile;03/12/2024;"
        f"partie vivre chez {PAUL.nom}, {PAUL.adresse};Hébergement permanent;GIR 2;05/01/2024"
    )
    bad = (
        f"{ET};{PAUL.dossier};{PAUL.nir};{PAUL.nom};M.;{PAUL.nom};;{PAUL.prenom};{PAUL.nom};{PAUL.adresse};"
        f"{PAUL.adresse};{PAUL.nom};;S-2;{PAUL.nom};02/01/2024;{PAUL.prenom};;;{PAUL.nom};{PAUL.nir[:13]};05/01/2024"
    )
    return table(";", "cp1252", titles, good, bad)


def residalia_mouvements() -> bytes:
    titles = "N° FINESS;N° dossier;N° séjour;N° mouvement;Type;Du;Au;Motif;Prévue;Facturée"
    rows = (
        f"{ET};{ANNE.dossier};S-1;M-1;Absence;01/02/2024 10:00;03/02/2024 18:00;Hospitalisation;Oui;Non",
        f"{ET};{PAUL.dossier};S-2;M-2;{PAUL.nom};{PAUL.nom};03/02/2024 18:00;{PAUL.adresse};{PAUL.prenom};Non",
    )
    return table(";", "cp1252", titles, *rows)


def handisoft_usagers() -> bytes:
    titles = (
        "finess;id_usager;ins;ins_nature;ins_qualifie;nir;mdph;nom_naissance;nom_usage;prenom_1;prenoms_autres;ddn;sexe;"
        "cog_naissance;cog_domicile;protection;date_deces"
    )
    rows = (
        f"{ET};{ANNE.dossier};{ANNE.nir};1;1;{ANNE.nir};M-1;{ANNE.nom};{ANNE.nom};{ANNE.prenom};Marie;{ANNE.ne_le};2;99351;"
        "01053;1;",
        f"{ET};{PAUL.dossier};{PAUL.nom};{PAUL.nom};1;{PAUL.nom};M-2;{PAUL.nom};;{PAUL.prenom};;{PAUL.nom};{PAUL.nom};"
        f"{PAUL.nom};{PAUL.adresse};{PAUL.nom};{PAUL.nom}",
    )
    return table(",", "utf-8", titles, *rows, bom=codecs.BOM_UTF8)


def domicilia_dossiers() -> bytes:
    titles = (
        "FINESS;DOSSIER;IDENTITE;CIVILITE;NAISSANCE;LIEU_NAISSANCE_INSEE;INSEE_DOMICILE;INS;INS_OK;ADMISSION;DEBUT;FIN;"
        "MOTIF_FIN;GIR;GIR_LE"
    )
    rows = (
        f"{ET};{ANNE.dossier};{ANNE.nom.upper()}, {ANNE.prenom};MME;{ANNE.ne_le:{COMPACT}};99351;01053;{ANNE.nir};X;"
        f"20240101;20240102;20241203;suit {PAUL.nom};2;20240105",
        f"{ET};{PAUL.dossier};{PAUL.nom} {PAUL.prenom};{PAUL.nom};{PAUL.ne_le:%d %m %Y};{PAUL.nom};{PAUL.nir};"
        f"{PAUL.nom};{PAUL.nom};{PAUL.nom};20240102;{PAUL.nom};;{PAUL.nir[:13]};{PAUL.nom}",
    )
    return table("\t", "utf-16-le", titles, *rows, bom=codecs.BOM_UTF16_LE)


def resid_esms() -> bytes:
    titles = (
        "FINESS;MOIS;NIR;TYPE_NIR;ORGANISME;NOM;PRENOMS;DATE_NAISSANCE;SEXE;LIEU_NAISSANCE;DEPT_DOMICILE;DEPT_SECOURS;GIR;"
        "HANDICAP;DECISION_CDAPH;DATE_DECISION;MODALITE;DATE_ENTREE;PROVENANCE;PRISE_EN_CHARGE_ANTERIEURE;DATE_SORTIE;"
        "MOTIF_SORTIE"
    )
    rows = (
        f"{ET};2024-12;{ANNE.nir};NIR;01;{ANNE.nom};{ANNE.prenom};{ANNE.ne_le:{FRENCH}};2;99351;01;01;2;;N;;HP;"
        "02/01/2024;;;;",
        f"{ET};2024-12;{PAUL.nom};{PAUL.nom};{PAUL.nom};{PAUL.nom};{PAUL.prenom};{PAUL.nom};1;{PAUL.nom};{PAUL.adresse};"
        f"{PAUL.nom};{PAUL.nom};{PAUL.nom};{PAUL.nom};{PAUL.nom};{PAUL.nom};02/01/2024;{PAUL.nom};{PAUL.nom};;{PAUL.nom}",
    )
    return table(";", "utf-8", titles, *rows)


def viatrajectoire_ga() -> bytes:
    titles = (
        "N° dossier;Dossier papier;FINESS établissement;Nom de naissance;Prénom;Date de naissance;Sexe;"
        "Commune de naissance;Code commune domicile;GIR;Type d'accueil;Date de la demande;Statut;Date du statut;"
        "Motif de refus;Date d'admission;Date d'entrée;Date de sortie"
    )
    rows = (
        f"{ANNE.dossier};Non;{ET};{ANNE.nom};{ANNE.prenom};{ANNE.ne_le:{FRENCH}};Féminin;99351;01053;GIR 2;"
        "Hébergement permanent;01/10/2023;Entrée;02/01/2024;;01/01/2024;02/01/2024;",
        f"{PAUL.dossier};{PAUL.nom};{ET};{PAUL.nom};{PAUL.prenom};{PAUL.ne_le:%d.%m.%Y};{PAUL.nom};{PAUL.nom};"
        f"{PAUL.adresse};{PAUL.nom};{PAUL.nom};01/10/2023;{PAUL.nom};{PAUL.nom};{PAUL.nom};;;",
    )
    return table(";", "utf-8", titles, *rows, bom=codecs.BOM_UTF8)


def consentements() -> bytes:
    titles = "finess_et;usager_id;finalite;nature;date_effet;retire_le;preuve_ref"
    rows = (
        f"{ET};{ANNE.dossier};pilotage;opposition;2024-03-01;;courrier de {ANNE.nom}",
        f"{ET};{PAUL.dossier};{PAUL.nom};opposition;{PAUL.nom};;{PAUL.nom}",
    )
    return table(";", "utf-8", titles, *rows)


SD = "https://interop.esante.gouv.fr/ig/fhir/tddui/StructureDefinition"
LOCAL = "https://identifiant-medicosocial"
CORE = "https://hl7.fr/ig/fhir/core/StructureDefinition"


def _patient(person: Identity, number: int, **changed: Any) -> dict[str, Any]:
    resource = {
        "resourceType": "Patient",
        "meta": {"profile": [f"{SD}/tddui-patient-ins"]},
        "extension": [
            {"url": f"{CORE}/fr-core-identity-reliability",
             "extension": [{"url": "identityStatus", "valueCoding": {"code": "VALI"}}]},
        ],
        "identifier": [
            {"system": f"{LOCAL}-localusager.esante.gouv.fr", "value": f"3{ET}/{person.dossier}"},
            {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": person.nir},
        ],
        "name": [{"use": "official", "family": person.nom, "given": [person.prenom]}],
        "gender": "female",
        "birthDate": str(person.ne_le),
        "address": [{"use": "home", "line": [person.adresse], "postalCode": "01000", "city": person.nom}],
    }  # fmt: skip
    return {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-00000000000{number}", "resource": {**resource, **changed}}


def _sejour(person: Identity, number: int, patient: int, start: str) -> dict[str, Any]:
    return {
        "fullUrl": f"urn:uuid:00000000-0000-4000-8000-00000000001{number}",
        "resource": {
            "resourceType": "Encounter",
            "meta": {"profile": [f"{SD}/tddui-encounter-sejour"]},
            "identifier": [
                {"system": f"{LOCAL}-sejour.esante.gouv.fr",
                 "value": f"3{ET}/{person.dossier}-SEJOUR-1"}
            ],
            "status": "in-progress",
            "class": {"code": "IMP"},
            "extension": [{"url": f"{SD}/tddui-exit-mode-label", "valueString": f"décès de {person.nom}"}],
            "subject": {"reference": f"urn:uuid:00000000-0000-4000-8000-00000000000{patient}"},
            "period": {"start": start},
        },
    }  # fmt: skip


def _bundle(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}, ensure_ascii=False).encode()


def tddui() -> bytes:
    return _bundle(
        _patient(ANNE, 1), _sejour(ANNE, 1, 1, "2024-01-02"),
        _patient(PAUL, 2, birthDate=PAUL.nom, gender=PAUL.nom), _sejour(PAUL, 2, 2, PAUL.nom),
    )  # fmt: skip


def tddui_without_its_patient() -> bytes:
    return _bundle(_patient(ANNE, 1), _sejour(PAUL, 2, 7, "2024-01-02"))


def tddui_two_patients_with_one_id() -> bytes:
    return _bundle(_patient(ANNE, 1), _patient(PAUL, 1))


FILES: dict[str, Callable[[], bytes]] = {
    "residalia_sejours_20241231_Zorglubéllin.csv": residalia_sejours,
    "residalia_mouvements_20241231_a.csv": residalia_mouvements,
    "handisoft_usagers_20241231_a.csv": handisoft_usagers,
    "DOMICILIA_20241231_a.txt": domicilia_dossiers,
    "resid_esms_2024-12_a.csv": resid_esms,
    "viatrajectoire_ga_2024-12-31_a.csv": viatrajectoire_ga,
    "consentements_2024-12-31_a.csv": consentements,
    "tddui_2024-12-31_Zorglubéllin.json": tddui,
    "tddui_2024-12-31_b.json": tddui_without_its_patient,
    "tddui_2024-12-31_c.json": tddui_two_patients_with_one_id,
}


def searched(home: Home, capfd: pytest.CaptureFixture[str], *paths: Path) -> tuple[list[str], list[lake.Result]]:
    """Delivers, processes, loads; what was found of anybody, anywhere."""
    receipts = deliver(paths, home, now=now())
    results = process_pending(home)
    load_warehouse(home)
    captured = capfd.readouterr()
    answers = json.dumps([asdict(r) for r in (*receipts, *results)], ensure_ascii=False) + captured.out + captured.err
    return [*traces(home.root, PEOPLE), *in_text(answers, PEOPLE)], results


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_persons_is_read_and_nobody_is_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    found, results = searched(Home(tmp_path / "var"), capfd, path)
    assert found == []
    assert [r.statut for r in results] == ["accepted"]
    assert all(r.balances and r.lues for r in results)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_anywhere_says_nothing_of_anybody(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, share: float
) -> None:
    content = FILES[name]()
    path = tmp_path / name
    path.write_bytes(content[: int(share * len(content))])
    found, _ = searched(Home(tmp_path / "var"), capfd, path)
    assert found == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_without_its_first_line_or_renamed_says_nothing_of_anybody(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    content = FILES[name]()
    path = tmp_path / f"export{Path(name).suffix}"
    path.write_bytes(content[content.find(b"\n") + 1 :])
    found, _ = searched(Home(tmp_path / "var"), capfd, path)
    assert found == []


def test_the_examples_of_the_ans_are_read_and_nobody_of_them_is_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], shared_data: Path
) -> None:
    folder = shared_data / "tddui"
    paths = sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".xml"))
    home = Home(tmp_path / "var")
    deliver(paths, home, now=now())
    results = process_pending(home)
    load_warehouse(home)
    assert results != []
    names = {n for p in paths for n in _names_in(p.read_text(encoding="utf-8"))}
    assert names != set()
    people = [Identity(n, n, n, date(1900, 2, 30 - 2), n, n) for n in names]
    assert traces(home.root, people) == []


def _names_in(text: str) -> set[str]:
    """Family names, NIR and birth dates of an example."""
    import re

    found = set(re.findall(r'"family"\s*:\s*"([^"]{3,})"', text))
    found |= set(re.findall(r"<family[^>]*>([^<]{3,})</family>", text))
    return found | set(re.findall(r"\b[12]\d{12}(?:\d\d)?\b", text))
