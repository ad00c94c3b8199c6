"""What a mapping says that its reader could not do is refused when it is read: with its file, its line, and why.

Belongs here: the files of `mappings/`, and the layouts of contracts that say their own mapping. Does not belong here:
what a mapping gives (`tests/unit/readers/test_csv_produits`).
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from data_contracts.loading import MAPPINGS, SOURCES, load_contracts, read_contracts
from data_contracts.mapping_files import layouts
from data_contracts.strict_yaml import YamlFile

PERSONS = ("dui", "resid_esms", "viatrajectoire_pa", "viatrajectoire_ph", "consentements")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The contracts about persons and the mappings of the project, to be changed."""
    (tmp_path / "sources").mkdir()
    for name in PERSONS:
        shutil.copy(SOURCES / f"{name}.odcs.yaml", tmp_path / "sources")
    shutil.copytree(MAPPINGS, tmp_path / "mappings")
    return tmp_path


def said_of(folder: Path, file: str, before: str, after: str) -> tuple[list[str], int]:
    """What is said once this text of a file was replaced, and the line where the change begins."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(before) >= 1
    at = text.index(before)
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    line = text.count("\n", 0, at) + 1
    if path.parent.name == "mappings":  # held against the contracts of the project, which are read already
        mapping = YamlFile(path)
        layouts(mapping, {name: replace(each, layouts=()) for name, each in load_contracts().items()})
        return mapping.problems, line
    return read_contracts(folder / "sources")[1], line


def test_the_mappings_of_the_project_stand(folder: Path) -> None:
    assert read_contracts(folder / "sources")[1] == []


BIRTH, CIVILITY = "date_naissance: {column: Né(e) le}", "{column: Civilité, codes: {M.: M, Mme: F}}"
R, D = "residalia", "domicilia"
CASES = [
    (R, CIVILITY, "{column: Civilité, codes: {M.: M, Mme: Z}}",
     "sexe.codes.Mme : « Z » n'est pas un code de sexes (attendu : F, I, M)"),
    (R, "codes: {Présence: '1', Absence: '2'}", "codes: {Présence: '1', Absence: '7'}",
     "type_presence.codes.Absence : « 7 »"),
    (R, "codes: {Validée: VALI, Provisoire: PROV}", "codes: {Validée: VALIDE, Provisoire: PROV}",
     "codes.Validée : « VALIDE »"),
    (R, "GIR 1: MED-339", "GIR 1: MED-9999", "resultat.codes.GIR 1 : « MED-9999 » n'est pas un code de"),
    (R, "GIR 1: '1'", "GIR 1: un", "gir.codes.GIR 1 : « un » n'est pas un nombre, attendu pour gir"),
    (R, "codes: {'1': INS-NIR,", "codes: {'1': INS-NUR,", "ins_type.codes.1 : « INS-NUR » n'est pas"),
    (D, "default: PROV", "default: PROVISOIRE", "ins_statut.default : « PROVISOIRE » n'est pas"),
    (D, "{X: 'true', x: 'true'}", "{X: vrai, x: 'true'}", "usager_present.codes.X : « vrai » n'est pas un oui ou non"),
    (R, "codes: {M.: M,", "codes: {' M.': M,", "sexe.codes. M. : «  M. » : les textes sont lus sans blancs autour"),
    (R, "options: {separator: ';'}", "options: {separator: ';;'}",
     "sejours.options.separator : « ;; » : attendu, un seul signe entre deux cellules"),
    (R, "options: {separator: ';'}", "options: {separator: ''}", "options.separator : «  » : attendu, un seul signe"),
    (R, "options: {separator: ';'}", "options: {separator: a}", "options.separator : « a » : attendu, un seul signe"),
    (R, "options: {separator: ';'}", "options: {separator: ',', decimal: ','}",
     "options.separator : « , » est aussi la marque décimale : chaque nombre serait coupé"),
    (R, "options: {separator: ';'}", "options: {separator: ';', decimal: ';'}",
     "options.decimal : « ; » n'est pas admis"),
    (R, "options: {separator: ';'}", "options: {separator: ';', quote: \"'\"}", "options.quote : « ' » : attendu, ''"),
    (R, "options: {separator: ';'}", "options: {separator: ';', header: false}",
     "sejours.options : « header » : clé inconnue"),
    (R, "options: {separator: ';'}", "options: {separator: ';', ignored_titles: [Civilité]}",
     "sexe.column : « Civilité » est aussi dans ignored_titles"),
    (R, "dates: ['%d/%m/%Y']", "dates: ['%d/%m/%y']", "sejours.dates : « %d/%m/%y » ne lit aucune date"),
    (R, "dates: ['%d/%m/%Y']", "dates: [JJ/MM/AAAA]", "sejours.dates : « JJ/MM/AAAA » ne lit aucune date"),
    (R, "dates: ['%d/%m/%Y']", "dates: ['%d/%m/%Q']", "sejours.dates : « %d/%m/%Q » ne lit aucune date"),
    (R, "dates: ['%d/%m/%Y']", "dates: ['%d/%m/%Y %H:%M']",
     "date_naissance.dates : « date_naissance » est un jour, aucun de ces formats n'en lit un : %d/%m/%Y %H:%M"),
    (R, "sexe: " + CIVILITY, "sexe: {column: Civilité, codes: {M.: M, Mme: F}, dates: ['%Y']}",
     "sexe.dates : « sexe » est de type string : ses textes ne sont pas lus comme dates"),
    (R, BIRTH, "date_naissance: {column: Né(e) le, dates: ['%x%']}",
     "date_naissance.dates : « %x% » ne lit aucune date"),
    (R, BIRTH, "date_naissance: {constant: hier}",
     "date_naissance.constant : « hier » n'est pas une date que ces formats"),
    (R, BIRTH, "date_naissance: {column: ''}", "date_naissance.column : intitulé vide"),
    (R, BIRTH, "date_naissance: {column: \"n° dossier\\u00a0\"}", None),
    (R, BIRTH, "date_naissance: {column: \"N°  dossier\"}", "« N°  dossier » est écrit « N° dossier » ailleurs"),
    (R, BIRTH, "date_naissance: {column: Né(e) le, separator: '-'}", "separator : ne sert que pour couper (« part »)"),
    (D, "separator: ',', part: 1", "separator: '', part: 1", "nom_naissance.separator : vide : rien ne séparerait"),
    (D, "separator: ',', part: 1", "separator: ',', part: 0",
     "nom_naissance.part : 0 : les morceaux se comptent à partir"),
    (D, "separator: ',', part: 1", "separator: ',', part: -1", "nom_naissance.part : -1 : les morceaux se comptent"),
    (D, "{joined: [DOSSIER, DEBUT]}", "{joined: [DOSSIER, DEBUT], part: 1}",
     "sejour_id.part : ne vaut que d'une « column »"),
    (D, "{joined: [DOSSIER, DEBUT]}", "{joined: [DOSSIER]}",
     "sejour_id.joined : joindre demande deux colonnes au moins"),
    (D, "{joined: [DOSSIER, DEBUT]}", "{joined: [DOSSIER, DEBUT], pattern: x}",
     "sejour_id.pattern : ne vaut que d'une"),
    (D, "{constant: DOM}", "{constant: ''}", "modalite.constant : vide"),
    (D, "gir: {column: GIR}", "gir: {column: GIR, pattern: '(?<=G)[1-6]'}",
     "gir.pattern : expression illisible"),
    (D, "gir: {column: GIR}", "gir: {column: GIR, pattern: '(G)([1-6])'}",
     "gir.pattern : a 2 groupes : un seul est lu"),
    (R, "  - code: mouvements\n", "  - code: mouvements\n    reader: csv\n",
     "mouvements.reader : « csv » n'est pas admis"),
    (R, "  - code: mouvements\n", "  - code: mouvements\n    millesime: {filname: true}\n",
     "mouvements.millesime : « filname » n'est pas une règle que la lecture connaît (vouliez-vous « filename » ?)"),
    (R, "  - code: mouvements\n", "  - code: mouvements\n    millesime: {none: true, closing: '31-12'}\n",
     "mouvements.millesime.closing : « 31-12 » : attendu, un mois et un jour"),
    (R, "  - code: mouvements\n", "  - code: mouvements\n    millesime: {field: annee}\n",
     "mouvements.millesime.field : « annee » n'est pas un champ de cette forme"),
    (R, "  - code: mouvements\n", "  - code: mouvements\n    millesime: {filename: true, offset: '-1'}\n",
     "mouvements.millesime.offset : « -1 » : attendu, un nombre entier"),
]  # fmt: skip


@pytest.mark.parametrize(("product", "before", "after", "expected"), CASES, ids=[f"{a} {c}" for a, _, c, _ in CASES])
def test_what_the_reader_could_not_do_is_refused(
    folder: Path, product: str, before: str, after: str, expected: str | None
) -> None:
    said, _ = said_of(folder, f"mappings/{product}.yaml", before, after)
    if expected is None:  # a title that the reader tells from all the others
        assert said == []
        return
    told = [problem for problem in said if expected in problem]
    assert told, said
    assert told[0].startswith(f"{product}.yaml:")


def test_a_problem_of_a_mapping_is_said_at_its_line(folder: Path) -> None:
    said, line = said_of(folder, "mappings/residalia.yaml", CIVILITY, CIVILITY.replace("F", "Z"))
    assert [problem.partition(" · ")[0] for problem in said] == [f"residalia.yaml:{line}"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("dates: ['%d/%m/%Y']", "dates: ['%d/%m/%y']", "mensuel.options.dates : « %d/%m/%y » ne lit aucune date"),
        ("{column: FINESS}", "{colum: FINESS}", "« colum » : clé inconnue (vouliez-vous « column » ?)"),
        ("{column: FINESS}", "{column: FINESS, part: 0}", "finess_et.part : 0 : les morceaux"),
        ("separator: ';'", "separator: '::'", "mensuel.options.separator : « :: » : attendu, un seul signe"),
        ("separator: ';'", "separateur: ';'", "mensuel.options : « separateur » : clé inconnue"),
    ],
)
def test_a_layout_that_says_its_own_mapping_is_held_alike(folder: Path, before: str, after: str, expected: str) -> None:
    said, line = said_of(folder, "sources/resid_esms.odcs.yaml", before, after)
    assert [p for p in said if expected in p and p.startswith(f"resid_esms.odcs.yaml:{line} ")], said
