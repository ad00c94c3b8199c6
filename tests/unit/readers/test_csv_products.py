"""Exports of products, and national files about persons: titles, dates, codes and identities under each mapping.

Titles and values: docs/formats/csv.md. The layouts are the real ones.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from data_contracts.loading import load_contracts
from ingest.read import UnreadableFile, sniff, tables_of
from ingest.receive.recognise import DeliveryRefused, recognise
from tests.instants import TODAY
from tests.unit.readers.examples import ET, INS
from tests.unit.readers.test_tddui import known

Write = Callable[..., Path]
RESIDALIA = (
    "N° FINESS;N° dossier;Matricule INS;Statut INS;Civilité;Nom de naissance;Nom d'usage;Prénoms;Né(e) le;"
    "Code commune de naissance;Code postal du domicile;Protection juridique;Décédé(e) le;N° séjour;Date d'admission;"
    "Date d'entrée;Provenance;Date de sortie;Motif de sortie;Type d'hébergement;GIR;Date du GIR"
)
PERSON = f"{ET};D1;{INS};Validée;Mme;Zorglubéllin;;Ysmérile;23/11/1937;99351;01000;Tutelle;"
STAY = "S1;01/01/2024;02/01/2024;Établissement de santé;03/12/2024;décès;Hébergement permanent;GIR 2;05/01/2024"
HANDISOFT = (
    "finess,id_usager,ins,ins_nature,ins_qualifie,nir,mdph,nom_naissance,nom_usage,prenom_1,prenoms_autres,ddn,sexe,"
    "cog_naissance,cog_domicile,protection,date_deces"
)
DOMICILIA = (
    "FINESS;DOSSIER;IDENTITE;CIVILITE;NAISSANCE;LIEU_NAISSANCE_INSEE;INSEE_DOMICILE;INS;INS_OK;ADMISSION;DEBUT;FIN;"
    "MOTIF_FIN;GIR;GIR_LE"
)
RESID = (
    "FINESS;MOIS;NIR;TYPE_NIR;ORGANISME;NOM;PRENOMS;DATE_NAISSANCE;SEXE;LIEU_NAISSANCE;DEPT_DOMICILE;DEPT_SECOURS;GIR;"
    "HANDICAP;DECISION_CDAPH;DATE_DECISION;MODALITE;DATE_ENTREE;PROVENANCE;PRISE_EN_CHARGE_ANTERIEURE;DATE_SORTIE;"
    "MOTIF_SORTIE"
)
VT = (
    "N° dossier;Dossier papier;FINESS établissement;Nom de naissance;Prénom;Date de naissance;Sexe;"
    "Commune de naissance;Code commune domicile;GIR;Type d'accueil;Date de la demande;Statut;Date du statut;"
    "Motif de refus;Date d'admission;Date d'entrée;Date de sortie"
)


def encoded(text: str, product: str) -> bytes:
    """The bytes that a product writes."""
    match product:
        case "residalia":
            return text.encode("cp1252")
        case "domicilia":
            return codecs.BOM_UTF16_LE + text.replace(";", "\t").encode("utf-16-le")
        case "handisoft" | "viatrajectoire":
            return codecs.BOM_UTF8 + text.encode()
    return text.encode()


def tables(path: Path) -> dict[str, pl.DataFrame]:
    layout = recognise(path, load_contracts(), today=TODAY).layout
    chunks: dict[str, list[pl.DataFrame]] = {}
    for table in tables_of(path, layout):
        chunks.setdefault(table.entity, []).append(table.frame)
    return {entity: pl.concat(frames) for entity, frames in chunks.items()}


def file(write: Write, name: str, product: str, titles: str, *rows: str) -> Path:
    return write(encoded("\r\n".join((titles, *rows, "")), product), name)


def test_residalia_one_wide_row_gives_a_person_a_stay_and_a_gir(write: Write) -> None:
    found = tables(file(write, "residalia_sejours_20241231_a.csv", "residalia", RESIDALIA, f"{PERSON};{STAY}"))
    assert {e: known(t) for e, t in found.items()} == {
        "usagers": [
            {
                "finess_et": ET, "usager_id": "D1", "matricule_ins": INS, "ins_type": "INS-NIR", "ins_statut": "VALI",
                "nom_naissance": "Zorglubéllin", "prenoms": "Ysmérile", "date_naissance": "1937-11-23", "sexe": "F",
                "commune_naissance": "99351", "code_domicile": "01000", "protection_juridique": "TUTEUR",
            }
        ],
        "sejours": [
            {
                "finess_et": ET, "sejour_id": "S1", "usager_id": "D1", "date_admission": "2024-01-01",
                "date_entree": "2024-01-02", "mode_entree": "ETABLISSEMENT_SANTE", "date_sortie": "2024-12-03",
                "libelle_mode_sortie": "décès", "modalite": "HP",
            }
        ],
        "evaluations": [
            {
                "finess_et": ET, "evaluation_id": "D1-05/01/2024", "usager_id": "D1", "type_evaluation": "MED-1293",
                "date_evaluation": "2024-01-05", "resultat": "MED-340", "gir": "2",
            }
        ],
    }  # fmt: skip


def test_residalia_a_person_with_two_stays_is_one_person_with_one_evaluation(write: Write) -> None:
    other = STAY.replace("S1", "S2").replace("permanent", "temporaire")
    rows = (f"{PERSON};{STAY}", f"{PERSON};{other}", f"{PERSON.replace('D1', 'D2')};{STAY.replace('S1', 'S3')[:-17]};;")
    found = tables(file(write, "residalia_sejours_20241231_a.csv", "residalia", RESIDALIA, *rows))
    assert found["usagers"].select("usager_id", "_ligne").rows() == [("D1", 2), ("D2", 4)]
    assert found["sejours"]["modalite"].to_list() == ["HP", "HT", "HP"]
    assert found["evaluations"]["usager_id"].to_list() == ["D1"]


def test_residalia_a_person_told_in_two_ways_stays_two_rows_that_the_gate_will_compare(write: Write) -> None:
    rows = (f"{PERSON};{STAY}", f"{PERSON.replace('1937', '1938')};{STAY.replace('S1', 'S2')}")
    found = tables(file(write, "residalia_sejours_20241231_a.csv", "residalia", RESIDALIA, *rows))
    assert found["usagers"].height == 2


def test_what_a_mapping_does_not_know_stays_as_it_is(write: Write) -> None:
    person = PERSON.replace("Mme", "Dr").replace("Validée", "à voir").replace("23/11/1937", "23 nov. 1937")
    row = f"{person};{STAY.replace('GIR 2', 'GIR II').replace('permanent', 'séquentiel')}"
    found = tables(file(write, "residalia_sejours_20241231_a.csv", "residalia", RESIDALIA, row))
    assert found["usagers"].select("sexe", "ins_statut", "date_naissance").row(0) == ("Dr", "à voir", "23 nov. 1937")
    assert found["sejours"]["modalite"].to_list() == ["Hébergement séquentiel"]
    assert found["evaluations"].select("resultat", "gir").row(0) == ("GIR II", "GIR II")


def test_an_ins_that_is_not_there_has_no_nature(write: Write) -> None:
    row = f"{PERSON.replace(INS, '').replace('Validée', '')};{STAY}"
    found = tables(file(write, "residalia_sejours_20241231_a.csv", "residalia", RESIDALIA, row))
    assert found["usagers"].select("matricule_ins", "ins_type", "ins_statut").row(0) == (None, None, None)


def test_residalia_movements(write: Write) -> None:
    titles = "N° FINESS;N° dossier;N° séjour;N° mouvement;Type;Du;Au;Motif;Prévue;Facturée"
    rows = (
        f"{ET};D1;S1;M1;Absence;01/02/2024 10:30;03/02/2024 18:00;Hospitalisation;Non;Oui",
        f"{ET};D1;S1;M2;Présence;03/02/2024;04/02/2024;;;",
    )
    found = tables(file(write, "residalia_mouvements_20241231_a.csv", "residalia", titles, *rows))
    assert found["presences_absences"].select("debut", "fin", "type_presence", "motif_absence").rows() == [
        ("2024-02-01T10:30:00", "2024-02-03T18:00:00", "2", "1"),
        ("2024-02-03T00:00:00", "2024-02-04T00:00:00", "1", None),
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"ins": INS, "ins_nature": "1", "ins_qualifie": "1"}, {"ins_type": "INS-NIR", "ins_statut": "VALI"}),
        ({"ins": INS, "ins_nature": "2", "ins_qualifie": "0"}, {"ins_type": "INS-NIA", "ins_statut": "PROV"}),
        ({"ins": "", "ins_nature": "", "ins_qualifie": "0"}, {"ins_type": None, "ins_statut": None}),
        ({"sexe": "1"}, {"sexe": "M"}),
        ({"sexe": "2"}, {"sexe": "F"}),
        ({"sexe": "9"}, {"sexe": "I"}),
        ({"sexe": "7"}, {"sexe": "7"}),
        ({"protection": "0"}, {"protection_juridique": None}),
        ({"protection": "3"}, {"protection_juridique": "MSVG"}),
        ({"prenom_1": "Ysmérile", "prenoms_autres": "Quétzal Anne"}, {"prenoms": "Ysmérile Quétzal Anne"}),
        ({"prenom_1": "Ysmérile", "prenoms_autres": ""}, {"prenoms": "Ysmérile"}),
        ({"ddn": "1937-11-23"}, {"date_naissance": "1937-11-23"}),
    ],
)  # fmt: skip
def test_handisoft_persons(write: Write, cells: dict[str, str], expected: dict[str, str | None]) -> None:
    given = dict.fromkeys(HANDISOFT.split(","), "") | {"finess": ET, "id_usager": "7"} | cells
    path = file(write, "handisoft_usagers_20241231_a.csv", "handisoft", HANDISOFT, ",".join(given.values()))
    (row,) = tables(path)["usagers"].to_dicts()
    assert {name: row[name] for name in expected} == expected


def test_handisoft_one_decision_with_two_rights_is_told_once(write: Write) -> None:
    titles = (
        "finess,id_decision,id_nat_decision,id_usager,date_decision,type_decision,id_droit,categorie,type_droit,nature,"
        "ouverture,echeance,pag,creton"
    )
    rows = (
        f"{ET},D1,N1,7,2023-06-01,1,R1,7,7.8,1,2023-07-01,2028-06-30,0,0",
        f"{ET},D1,N1,7,2023-06-01,1,R2,7,7.1,1,2023-07-01,2028-06-30,0,1",
        f"{ET},D2,N2,8,2023-06-01,2,,,,,,,,",
    )
    found = tables(file(write, "handisoft_decisions_20241231_a.csv", "handisoft", titles, *rows))
    assert found["decisions"]["decision_id"].to_list() == ["D1", "D2"]
    assert found["droits_prestations"]["droit_id"].to_list() == ["R1", "R2"]


def test_handisoft_needs_of_one_evaluation(write: Write) -> None:
    titles = "finess,id_evaluation,id_usager,date_evaluation,code_besoin,valeur"
    rows = (f"{ET},E1,7,2024-05-01,1.1.2,3", f"{ET},E1,7,2024-05-01,1.2.1.1,0")
    found = tables(file(write, "handisoft_serafin_20241231_a.csv", "handisoft", titles, *rows))
    assert found["evaluations"].select("evaluation_id", "type_evaluation").rows() == [("E1", "MED-1291")]
    assert found["evaluation_reponses"].select("question_code", "reponse_code").rows() == [
        ("1.1.2", "3"),
        ("1.2.1.1", "0"),
    ]


@pytest.mark.parametrize(
    ("identity", "family", "given"),
    [
        ("ZORGLUB, Ysmérile", "ZORGLUB", "Ysmérile"),
        ("D'ARC-Zorglub ,  Ysmérile Anne", "D'ARC-Zorglub", "Ysmérile Anne"),
        ("ZORGLUB", "ZORGLUB", None),
        ("", None, None),
    ],
)
def test_domicilia_identity_in_one_column(write: Write, identity: str, family: str | None, given: str | None) -> None:
    row = f"{ET};D1;{identity};MME;19371123;99351;01053;{INS};X;20240101;20240102;;;2;20240105"
    found = tables(file(write, "DOMICILIA_20241231_a.txt", "domicilia", DOMICILIA, row))
    assert found["usagers"].select("nom_naissance", "prenoms").row(0) == (family, given)
    assert found["usagers"].select("ins_statut", "sexe", "date_naissance").row(0) == ("VALI", "F", "1937-11-23")
    assert found["sejours"].select("sejour_id", "modalite", "date_entree").row(0) == (
        "D1-20240102",
        "DOM",
        "2024-01-02",
    )
    assert found["evaluations"].select("resultat", "gir").row(0) == ("MED-340", "2")


def test_domicilia_an_ins_without_its_cross_is_provisional(write: Write) -> None:
    row = f"{ET};D1;ZORGLUB, Y;MME;19371123;99351;01053;{INS};;20240101;20240102;;;;"
    found = tables(file(write, "DOMICILIA_20241231_a.txt", "domicilia", DOMICILIA, row))
    assert found["usagers"]["ins_statut"].to_list() == ["PROV"]
    assert found["evaluations"].height == 0


def test_domicilia_interventions(write: Write) -> None:
    titles = "FINESS;DOSSIER;UID;DEBUT;FIN;ETAT;PRESENT"
    rows = (f"{ET};D1;U1;202402010830;202402010900;R;X", f"{ET};D1;U2;202402020830;202402020900;A;")
    found = tables(file(write, "DOMICILIA_INTERVENTIONS_20241231_a.txt", "domicilia", titles, *rows))
    assert found["evenements"].select("date_debut", "statut", "usager_present").rows() == [
        ("2024-02-01T08:30:00", "REALISE", "true"),
        ("2024-02-02T08:30:00", "ANNULE", "false"),
    ]


def test_resid_esms(write: Write) -> None:
    row = f"{ET};2024-12;{INS};NIR;01;Zorglub;Ysm;23/11/1937;2;99351;01;75;2;;O;01/06/2023;HP;02/01/2024;DOMICILE;;;"
    (found,) = known(tables(file(write, "resid_esms_2024-12_a.csv", "resid", RESID, row))["residents"])
    assert found["sexe"] == "F"
    assert (found["date_entree"], found["date_decision_cdaph"]) == ("2024-01-02", "2023-06-01")
    assert (found["departement_domicile"], found["departement_secours"]) == ("01", "75")


@pytest.mark.parametrize(
    ("place", "written", "field", "value"),
    [
        (1, "Oui", "papier", "Oui"),
        (6, "Féminin", "sexe", "F"),
        (6, "Homme", "sexe", "M"),
        (9, "GIR 4", "gir", "4"),
        (9, "4", "gir", "4"),
        (10, "Accueil de nuit", "modalite", "AN"),
        (10, "HT", "modalite", "HT"),
        (12, "Liste d'attente", "statut", "LISTE_ATTENTE"),
        (12, "Accord de principe", "statut", "ACCEPTEE"),
        (14, "Pas de place disponible", "motif_refus", "PLACES"),
        (14, "Âge", "motif_refus", "AGE"),
        (15, "05/02/2024", "date_admission", "2024-02-05"),
        (16, "06/02/2024", "date_entree", "2024-02-06"),
    ],
)
def test_viatrajectoire_grand_age(write: Write, place: int, written: str, field: str, value: str) -> None:
    cells = [
        "V1",
        "Non",
        ET,
        "Zorglub",
        "Ysm",
        "23/11/1937",
        "Féminin",
        "99351",
        "01053",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
    ]
    cells[place] = written
    path = file(write, "viatrajectoire_ga_2024-12-31_a.csv", "viatrajectoire", VT, ";".join(cells))
    assert tables(path)["demandes"][field].to_list() == [value]


@pytest.mark.parametrize("name", ["export.csv", "handisoft_usagers_20241231_a.csv"])
def test_a_file_is_of_the_product_whose_titles_it_has_whatever_its_name(write: Write, name: str) -> None:
    path = file(write, name, "residalia", RESIDALIA, f"{PERSON};{STAY}")
    assert recognise(path, load_contracts(), today=TODAY).layout.code == "residalia_sejours"


@pytest.mark.parametrize(
    "titles",
    [
        RESIDALIA.replace(";Prénoms", ""),
        RESIDALIA + ";Commentaire",
        RESIDALIA.replace("Prénoms", "Prenom"),
    ],
    ids=["missing", "added", "renamed"],
)
def test_titles_that_are_not_quite_those_of_a_mapping_refuse_the_file_with_a_diff(write: Write, titles: str) -> None:
    path = file(write, "residalia_sejours_20241231_a.csv", "residalia", titles, "x")
    with pytest.raises(
        DeliveryRefused, match=r"residalia_sejours(.|\n)*(− colonne attendue absente|\+ colonne inconnue)"
    ):
        recognise(path, load_contracts(), today=TODAY)


def test_reading_under_the_mapping_of_another_product_is_refused(write: Write) -> None:
    path = file(write, "a.csv", "residalia", RESIDALIA, f"{PERSON};{STAY}")
    with pytest.raises(UnreadableFile, match="les titres ne sont pas ceux que la correspondance attend"):
        list(tables_of(path, load_contracts()["dui"].layout("handisoft_usagers")))


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_encodings(write: Write, encoding: str) -> None:
    content = "\r\n".join((RESIDALIA, f"{PERSON};{STAY}", "")).encode(encoding)
    path = write(content, "residalia_sejours_20241231_a.csv")
    assert sniff(path).family == "csv"
    assert tables(path)["usagers"]["nom_naissance"].to_list() == ["Zorglubéllin"]


def test_a_line_that_is_no_record_is_one_defect_of_the_first_table(write: Write) -> None:
    path = file(
        write, "residalia_sejours_20241231_a.csv", "residalia", RESIDALIA, f"{PERSON};{STAY}", f"{ET};D2;trop court"
    )
    found = tables(path)
    assert found["usagers"]["_defaut"].is_not_null().to_list() == [False, True]
    assert (found["sejours"].height, found["evaluations"].height) == (1, 1)
