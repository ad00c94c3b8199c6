"""What is said of files sent by mistake, one a line: what it is, where to look, what to do; read aloud, in French.

Kinds: what the open issues of tools that read such files tell of (a title line above the header, a table on its side, a
page or a document in the place of the data…), and the exports of the systems of the sector.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from ingest.home import Home
from ingest.receive import landing
from ingest.receive.delivery import deliver
from orchestration import inbox
from orchestration.cli import summary
from tests.instants import NOW
from tests.integration.ingest.conftest import Guichet
from tests.unit.readers import examples as ex
from tests.unit.readers.test_guides import LETTER, ORGANISATION, ROR, SDO_DOCUMENT

H = "FINESS;TAUX_OCC_TRIMESTRE3;NB_LITS_AUTORISES_INSTALLES;NB_LITS_OCC_2022;TAUX_OCC_2022"
R = "010002228;97,5;80;78;96,2"
N = "cnsa_occupation_2022.csv"
OCCUPATION = "« Taux d'occupation des EHPAD (CNSA) »"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def lines(*text: str) -> bytes:
    return ("\n".join(text) + "\n").encode()


def ole(stream: str) -> bytes:
    return OLE + stream.encode("utf-16-le") + b"\0" * 600


def zipped(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return content.getvalue()


def transposed(*rows: str) -> bytes:
    return lines(*(";".join(cells) for cells in zip(*(row.split(";") for row in rows), strict=True)))


def resources(*kinds: str, kind: str = "searchset") -> bytes:
    return ex.as_bytes(ex.bundle(*(ex.entry(k, {"resourceType": k}) for k in kinds), kind=kind))


TABLES: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "a title line above": (
        N,
        lines("Occupation des EHPAD au 12/03/2023", "", H, R),
        (OCCUPATION, "ligne 3", "supprimer"),
    ),
    "two header lines": (N, lines(";Trimestre 3;;Annee;", H, R), (OCCUPATION, "ligne 2", "supprimer la ligne 1")),
    "another separator": (N, lines(H.replace(";", "~"), R.replace(";", "~")), (OCCUPATION, "« ~ »", "points-virgules")),
    "blanks for separators": (N, lines(H.replace(";", " "), R.replace(";", " ")), (OCCUPATION, "« espace »")),
    "a table on its side": (N, transposed(H, R, R), (OCCUPATION, "première colonne", "transposer")),
    "no header": (N, lines(R, R), ("ne ressemble pas à des titres", "5 colonnes", "première ligne")),
    "a column twice": (N, lines(f"{H};FINESS", f"{R};010002228"), ("colonne en double : FINESS", "qu'une fois")),
    "titles in small letters": (N, lines(H.lower(), R), ("majuscules et minuscules", "attendu FINESS, reçu finess")),
    "no accents": (
        "ANN_ERRD_EJ_2022_09_01.CSV",
        lines("Finess EJ;Annee;Id Depot;Taux de CAF ERRD", "010008407;2021;1;.08"),
        ("écrit autrement (accents) : attendu Année, reçu Annee (colonne 2)", "attendu Id Dépôt, reçu Id Depot"),
    ),
    "no year anywhere": ("cnsa_occupation.csv", lines(H, R), ("millésime", "--millesime AAAA")),
    "of no source": (
        "effectifs_2022.csv",
        lines("finess;annee;effectif;commentaire", "010002228;2022;12;x"),
        ("aucune source déclarée n'a cet en-tête (finess, annee, effectif, commentaire)", "data_contracts/sources/"),
    ),
    "one column": (N, lines("FINESS et taux", "010002228 97,5"), ("Une seule colonne", "séparateur")),
}
OTHERS: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "empty": (N, b"", ("vide", "vérifier l'export")),
    "blank": (N, b" \n\t\n", ("vide", "vérifier l'export")),
    "a web page": (
        N,
        b"<!DOCTYPE html><html><title>503</title></html>",
        ("page web", "télécharger le fichier lui-même"),
    ),
    "a table of HTML": (
        "export.xls",
        b"<html><body><table><tr><td>FINESS</td></tr></table></body></html>",
        ("tableau HTML", ".xlsx"),
    ),
    "an old workbook": ("occupation_2022.xls", ole("Workbook"), ("classeur Excel ancien (.xls)", ".xlsx")),
    "a workbook with a password": (
        "occupation_2022.xlsx",
        ole("EncryptedPackage"),
        ("mot de passe", "sans mot de passe"),
    ),
    "an old text document": ("courrier.doc", ole("WordDocument"), ("document Word ancien", "CSV")),
    "a message": ("envoi.msg", ole("__substg1.0_0037001F"), ("message Outlook", "pièce jointe")),
    "a binary workbook": ("a.xlsb", zipped(xl__workbook_dot_bin="x"), ("(.xlsb)", ".xlsx")),
    "a text document": ("courrier.docx", zipped(word__document_dot_xml="<x/>"), ("document Word", "CSV")),
    "an .ods": (
        "tableau.ods",
        zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"),
        ("(.ods)", ".xlsx"),
    ),
    "an archive": ("envoi.zip", zipped(a_dot_csv="x;y"), ("archive zip", "décompresser")),
    "a 7z archive": ("envoi.7z", b"7z\xbc\xaf\x27\x1c\0\4", ("archive 7z", "décompresser")),
    "a PDF": ("rapport.pdf", b"%PDF-1.7\n%\xe2\xe3\n1 0 obj", ("document PDF", "données")),
    "an image": ("capture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ("image (PNG)", "données")),
    "a photograph": ("capture.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", ("image (JPEG)", "données")),
    "a map": ("carte.geojson", b'{"type": "FeatureCollection", "features": []}', ("GeoJSON", "CSV")),
    "the answer of a web service": (
        "a.json",
        b'{"total_count": 1, "results": [{"a": 1}]}',
        ("sous « results »", "tableau"),
    ),
    "a feed": ("a.xml", b'<?xml version="1.0"?><rss version="2.0"/>', ("RSS", "données")),
    "a SOAP answer": (
        "a.xml",
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>',
        ("service web (SOAP)", "données"),
    ),
    "a workbook of 2003": (
        "a.xls",
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>',
        ("classeur Excel", ".xlsx"),
    ),
    "an unknown XML": ("a.xml", b"<export/>", ("flux standard FINESS", "déposer")),
    "FHIR in XML": ("a.xml", b'<Bundle xmlns="http://hl7.org/fhir"></Bundle>', ("FHIR écrit en XML", "JSON")),
    "the ROR": (
        "ror.json",
        ex.as_bytes(ex.bundle(ex.entry("o", ROR), kind="searchset")),
        ("Bundle FHIR (searchset)", "Organization", "ROR", "pas un transfert TDDUI", "FINESS"),
    ),
    "documents of the SDO": (
        "sdo.json",
        ex.as_bytes(ex.bundle(ex.entry("d", SDO_DOCUMENT), kind="searchset")),
        ("suivi des décisions d'orientation (SDO", "tâches", "flux 5"),
    ),
    "nomenclatures": (
        "a.json",
        resources("CodeSystem", "ValueSet", kind="collection"),
        ("nomenclatures", "CodeSystem"),
    ),
    "a server's error": (
        "a.json",
        ex.as_bytes({"resourceType": "OperationOutcome"}),
        ("message d'erreur", "OperationOutcome"),
    ),
    "a server's receipt": (
        "a.json",
        ex.as_bytes({**ex.bundle(kind="transaction-response"), "entry": [{"response": {"status": "201"}}]}),
        ("accusé de réception",),
    ),
    "a bundle of nothing": ("a.json", ex.as_bytes(ex.bundle()), ("sans aucune ressource", "vérifier l'export")),
    "a bundle of no guide": (
        "a.json",
        ex.as_bytes(ex.bundle(ORGANISATION, ex.entry("p", {"resourceType": "Patient"}))),
        (
            "Bundle FHIR (transaction)",
            "Organization, Patient",
            "meta.profile",
            "identifiant-medicosocial",
            "éditeur du DUI",
        ),
    ),
    "a letter": ("a.xml", LETTER, ("lettre de liaison à la sortie (11490-0)", "EXPORT_DUI", "éditeur du DUI")),
    "a letter in FHIR": (
        "a.json",
        ex.as_bytes(ex.bundle(ex.entry("d", ex.document_reference(LETTER)))),
        ("lettre de liaison", "EXPORT_DUI"),
    ),
}
CASES = {**TABLES, **OTHERS}


@pytest.mark.parametrize("case", CASES)
def test_a_refusal_can_be_acted_on(guichet: Guichet, case: str) -> None:
    name, content, words = CASES[case]
    receipt = guichet.deliver(name, content)
    assert receipt.status == "refused", receipt.reason
    told = receipt.reason_for_sender or ""
    assert [word for word in words if word not in told] == [], told
    assert told.startswith(f"Fichier « {name} » : ")
    assert told.rstrip().endswith(".")
    assert re.search(r"Remède : |--millesime", told)
    assert "Traceback" not in told
    assert "xxx" not in told  # nothing in these files could name anybody: nothing is masked
    assert "9999" not in told
    (kept,) = landing.refusals(guichet.home)
    assert kept["reason"] == receipt.reason


def test_titles_and_name_of_a_file_of_usual_words_are_kept_as_they_are(guichet: Guichet) -> None:
    """« sep=; » above, and a column too many: `xxx=` and « inconnu.csv » before."""
    receipt = guichet.deliver("extraction_2024.csv", lines("Code commune;Nom commune;Budget zorglub", "01001;X;12"))
    (kept,) = landing.refusals(guichet.home)
    assert (receipt.reason, receipt.logged) == (kept["reason"], "extraction_2024.csv")
    assert "(Code commune, Nom commune, Budget xxxxxxx)" in kept["reason"]


def test_a_name_is_shown_to_whoever_typed_it_and_is_not_kept(guichet: Guichet) -> None:
    receipt = guichet.deliver("Zorglubine 1937.csv", lines("Nom;Commentaire", "x;y"))
    assert "« Zorglubine 1937.csv »" in (receipt.reason_for_sender or "")
    assert "« Zorglubine 1937.csv »" in summary.of_receipts([receipt])
    (kept,) = landing.refusals(guichet.home)
    for said in (receipt.reason, receipt.logged, kept["reason"], kept["filename"]):
        assert "Zorglubine" not in (said or "")
        assert "1937" not in (said or "")


def test_a_first_line_of_data_is_not_quoted_even_by_its_usual_words(guichet: Guichet) -> None:
    receipt = guichet.deliver("export.csv", lines("Date;Zorglubine;12/03/1937;Ville", "x;y;z;t"))
    assert "Date" not in (receipt.reason or "").removeprefix("Fichier")
    assert "Zorglubine" not in (receipt.reason or "")


JUNK = ("Thumbs.db", "desktop.ini", "~$budget.xlsx", "README.txt", "LISEZ-MOI.md", "licence.txt")


def test_what_systems_leave_in_a_folder_is_ignored_with_a_word(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "var"), tmp_path / "envoi"
    folder.mkdir()
    (folder / N).write_bytes(lines(H, R))
    for name in (*JUNK, ".DS_Store", ".~lock.budget.xlsx#", "._" + N):
        (folder / name).write_bytes(b"\0\1\2")
    receipts = {Path(r.path).name: r for r in deliver([folder], home, now=NOW)}
    assert {name: r.status for name, r in receipts.items()} == {N: "received", **dict.fromkeys(JUNK, "ignored")}
    assert all("pas une livraison" in (receipts[name].reason or "") for name in JUNK)
    assert landing.refusals(home) == []
    assert "ignoré" in summary.of_receipts(list(receipts.values()))


@pytest.mark.parametrize("name", ["Thumbs.db", "~$budget.xlsx"])
def test_what_a_system_left_is_refused_by_name_when_it_is_sent_alone(guichet: Guichet, name: str) -> None:
    receipt = guichet.deliver(name, b"\0\1\2")
    assert receipt.status == "refused"
    assert "laissé par le système" in (receipt.reason or "")
    assert "Remède" in (receipt.reason or "")


def test_the_inbox_leaves_them_where_they_are(tmp_path: Path) -> None:
    home = Home(tmp_path / "var")
    for name in ("Thumbs.db", "~$budget.xlsx", N):
        path = home.inbox / inbox.UNKNOWN / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(lines(H, R))
    assert [d.path.name for d in inbox.scan(home)] == [N]
