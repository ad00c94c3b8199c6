"""Names that lead nowhere are refused when declarations are read: each with its file, its line, and what was meant."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts import checking, declared_references, dictionary, loading, mapping_files, retention
from data_contracts.loading import (
    CONSERVATION,
    MAPPINGS,
    PRODUCTS,
    SOURCES,
    load_contracts,
    load_products,
    read_contracts,
)  # fmt: skip
from data_contracts.strict_yaml import DeclarationError, YamlFile
from ingest.home import Home
from orchestration.run import run

SOURCE = """\
apiVersion: v3.1.0
kind: DataContract
id: essai
name: Essai
version: 1.0.0
domain: services
customProperties:
  - {property: collection, value: DREES_EHPA}
  - {property: layouts, value: [{code: csv, entity: table, reader: csv}]}
schema:
  - name: table
    customProperties:
      - {property: unit, value: {kind: ET, field: finess_et}}
      - {property: timeBasis, value: flux_annee}
    properties:
      - {name: finess_et, logicalType: string, required: true, primaryKey: true}
      - name: taux
        logicalType: number
        customProperties:
          - {property: element, value: TX_OCC_HP}
      - name: categorie
        logicalType: string
        customProperties:
          - {property: nomenclature, value: finess_categories}
          - {property: nomenclatureStrict, value: true}
  - name: prepares
    customProperties:
      - {property: observations, value: staging}
      - {property: elements, value: [CAP_AUT_HP]}
    properties:
      - {name: finess_et, logicalType: string}
"""
PRODUCT = """\
apiVersion: v3.1.0
kind: DataContract
id: essai
name: Essai
version: 1.0.0
domain: services
customProperties:
  - {property: theme, value: publics}
  - {property: personal, value: true}
  - property: disclosure
    value:
      counts: [n]
      links:
        - {count: n, product: essai, column: n}
schema:
  - name: essai
    properties:
      - name: code
        logicalType: string
        primaryKey: true
        customProperties:
          - {property: comesFrom, value: [finess.et.siret, unit.ET, millesime]}
          - {property: nomenclature, value: finess_categories}
      - {name: n, logicalType: integer}
      - {name: arrete_le, logicalType: date}
      - {name: secret, logicalType: string}
"""
PRECEDENCE = """\
version: 1.0.0
collections:
  CNSA_EPRD_ERRD: [errd, ca]
elements:
  TX_OCC_HP: [errd]
"""


def said_of(read: Callable[[], object]) -> list[str]:
    try:
        read()
    except DeclarationError as error:
        return error.problems
    return []


@pytest.fixture
def declared(tmp_path: Path) -> Callable[[str, str], list[str]]:
    """What is said of a source, a product, or the orders, declared so."""

    def problems(kind: str, text: str) -> list[str]:
        path = tmp_path / ("precedence.yaml" if kind == "precedence" else "essai.odcs.yaml")
        path.write_text(text, encoding="utf-8")
        if kind == "precedence":
            file = YamlFile(path)
            orders = file.read(dictionary.PrecedenceDeclaration)
            assert orders is not None
            declared_references.check_precedence(file, orders, load_contracts())
            return file.problems
        return said_of(lambda: (load_contracts if kind == "source" else load_products)(tmp_path))

    return problems


TEXTS = {"source": SOURCE, "product": PRODUCT, "precedence": PRECEDENCE}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_declaration_whose_names_all_lead_somewhere_is_read(
    declared: Callable[[str, str], list[str]], kind: str
) -> None:
    assert declared(kind, TEXTS[kind]) == []


ELEMENT = "n'est pas un élément du dictionnaire (elements.csv)"
COLLECTION = "n'est pas une collecte du dictionnaire (collections.csv)"
LIST = "n'est pas une nomenclature (vouliez-vous « finess_categories » ?)"


@pytest.mark.parametrize(
    ("kind", "before", "after", "place", "problem"),
    [
        ("source", "TX_OCC_HP", "TX_OC_HP", "essai.odcs.yaml:20 · table.taux.element",
         f"« TX_OC_HP » {ELEMENT} (vouliez-vous « TX_OCC_HP » ?)"),
        ("source", "[CAP_AUT_HP]", "[CAP_AUT_HP, NEANT]", "essai.odcs.yaml:29 · prepares.elements",
         f"« NEANT » {ELEMENT} (aucun des {len(dictionary.elements())} mots admis ne s'en approche)"),
        ("source", "value: finess_categories", "value: categories", "essai.odcs.yaml:24 · table.categorie.nomenclature",
         f"« categories » {LIST}"),
        ("source", "{property: nomenclature, value: finess_categories}", "{property: proof, value: S}",
         "essai.odcs.yaml:25 · table.categorie.nomenclatureStrict", "dit d'un champ sans nomenclature : dire laquelle"),
        ("source", "DREES_EHPA", "DREES_EPHA", "essai.odcs.yaml:8 · collection",
         f"« DREES_EPHA » {COLLECTION} (vouliez-vous « DREES_EHPA » ?)"),
        ("product", "finess.et.siret", "fines.et.siret", "essai.odcs.yaml:22 · essai.code.comesFrom",
         "« fines.et.siret » : aucune source « fines »"),
        ("product", "finess.et.siret", "finess.ets.siret", "essai.odcs.yaml:22 · essai.code.comesFrom",
         "« finess.ets.siret » : la source « finess » n'a pas de table « ets »"),
        ("product", "finess.et.siret", "finess.et.siren", "essai.odcs.yaml:22 · essai.code.comesFrom",
         "« finess.et.siren » : la table « finess.et » n'a pas de champ « siren »"),
        ("product", "unit.ET", "unit.EG", "essai.odcs.yaml:22 · essai.code.comesFrom",
         "« unit.EG » : attendu, millesime, unit.EJ, unit.ET, ou source.table.champ"),
        ("product", "value: finess_categories", "value: categories", "essai.odcs.yaml:23 · essai.code.nomenclature",
         f"« categories » {LIST}"),
        ("product", "product: essai", "product: essais", "essai.odcs.yaml:14 · disclosure.links.1",
         "« essais » n'est pas un produit sur des personnes"),
        ("product", "column: n}", "column: m}", "essai.odcs.yaml:14 · disclosure.links.1",
         "« m » n'est ni un compte, ni une part, ni une moyenne de essai"),
        ("precedence", "[errd, ca]", "[erd, ca]", "precedence.yaml:3 · collections.CNSA_EPRD_ERRD",
         "« erd » n'est pas une source (vouliez-vous « errd » ?)"),
        ("precedence", "CNSA_EPRD_ERRD:", "EPRD_ERRD:", "precedence.yaml:3 · collections.EPRD_ERRD",
         f"« EPRD_ERRD » {COLLECTION} (vouliez-vous « CNSA_EPRD_ERRD » ?)"),
        ("precedence", "TX_OCC_HP:", "TX_OCCUP_HP:", "precedence.yaml:5 · elements.TX_OCCUP_HP",
         f"« TX_OCCUP_HP » {ELEMENT} (vouliez-vous « TX_OCC_HP » ?)"),
    ],
)  # fmt: skip
def test_a_name_that_leads_nowhere_is_said_where_it_stands(
    declared: Callable[[str, str], list[str]], kind: str, before: str, after: str, place: str, problem: str
) -> None:
    assert before in TEXTS[kind]
    assert declared(kind, TEXTS[kind].replace(before, after)) == [f"{place} : {problem}"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("  services:\n", "  service:\n", "classes : la classe « services » de dui.transports est absente"),
        ("    in_force_until: retire_le\n", "    in_force_until: retire\n",
         "in_force_until : « retire » n'est pas une colonne de consentements.registre"),
    ],
)  # fmt: skip
def test_the_classes_that_tables_name_exist_and_so_does_the_column_that_ends_their_rows(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    text = CONSERVATION.read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "conservation.yaml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    problems = said_of(lambda: retention.load(path))
    assert [p for p in problems if re.match(r"conservation\.yaml:\d+ · ", p) and p.endswith(said)], problems


@pytest.mark.parametrize(
    ("table", "before", "after", "said"),
    [
        ("elements.csv", "FINESS>ROR>TDB_ATIH,", "FINESS>ROR>TDB_ATHI,",
         f"elements.csv:3 · FINESS_EJ : « TDB_ATHI » {COLLECTION} (vouliez-vous « TDB_ATIH » ?)"),
        ("non_reponses.csv", ",partout,,NULL d'un export", ",partout,TDB,NULL d'un export",
         f"non_reponses.csv:2 · \\N : « TDB » {COLLECTION} (attendu : CAMSP_RA"),
    ],
)  # fmt: skip
def test_the_tables_of_the_dictionary_name_what_the_others_have(
    tmp_path: Path, table: str, before: str, after: str, said: str
) -> None:
    for path in dictionary.FOLDER.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / table).read_text(encoding="utf-8")
    assert before in text
    (tmp_path / table).write_text(text.replace(before, after, 1), encoding="utf-8")
    assert [p for p in declared_references.wrong_in_dictionary(tmp_path) if p.startswith(said)]


def test_the_declarations_of_the_project_stand() -> None:
    checking.check()
    assert declared_references.wrong_in_dictionary() == []


def test_a_check_says_every_file_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sources", "products"):
        (tmp_path / name).mkdir()
    (tmp_path / "sources" / "essai.odcs.yaml").write_text(SOURCE.replace("TX_OCC_HP", "TX_OC_HP"), encoding="utf-8")
    (tmp_path / "products" / "essai.odcs.yaml").write_text(PRODUCT.replace("unit.ET", "millésime"), encoding="utf-8")
    monkeypatch.setattr(loading, "ROOT", tmp_path)  # its sources are those that the dictionary is held against
    monkeypatch.setattr(loading, "SOURCES", tmp_path / "sources")
    monkeypatch.setattr(loading, "PRODUCTS", tmp_path / "products")
    (tmp_path / "conservation.yaml").write_text("version: 1.0.0\n", encoding="utf-8")
    monkeypatch.setattr(checking, "CONSERVATION", tmp_path / "conservation.yaml")
    said = "\n".join(said_of(checking.check))
    for words in ("TX_OC_HP", "millésime", "precedence.yaml:", "conservation.yaml:"):
        assert words in said


def test_a_run_is_refused_before_anything_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "essai.odcs.yaml").write_text(SOURCE.replace("TX_OCC_HP", "TX_OC_HP"), encoding="utf-8")
    monkeypatch.setattr(loading, "SOURCES", tmp_path / "sources")
    home = Home(tmp_path / "foyer")
    with pytest.raises(DeclarationError, match=r"essai\.odcs\.yaml:20 .* « TX_OC_HP »"):
        run(home, now=datetime(2026, 11, 30, tzinfo=UTC))
    assert not home.root.exists()


def test_a_file_that_cannot_be_read_hides_no_problem_of_the_others_and_makes_up_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = tmp_path / "sources"
    shutil.copytree(SOURCES, sources)
    shutil.copytree(MAPPINGS, tmp_path / "mappings")
    for name in ("finess", "dui"):
        (sources / f"{name}.odcs.yaml").write_text(f"id: [{name}\n", encoding="utf-8")
    (sources / "errd.odcs.yaml").write_text("id: errd\n- x\n", encoding="utf-8")
    assert read_contracts(sources)[0] is None
    monkeypatch.setattr(loading, "ROOT", tmp_path)  # its sources are those that the dictionary is held against
    monkeypatch.setattr(loading, "SOURCES", sources)
    said = said_of(checking.check)
    assert [problem.partition(" · ")[0] for problem in said] == [
        "dui.odcs.yaml:2", "errd.odcs.yaml:2", "finess.odcs.yaml:2",
    ]  # fmt: skip


# --- whatever stands in a file, it is read or refused with a line

FILES = [SOURCES / "consentements.odcs.yaml", SOURCES / "cnsa_gmp_pmp.odcs.yaml",
         PRODUCTS / "mart_publics__repartition.odcs.yaml", CONSERVATION, dictionary.PRECEDENCE,
         MAPPINGS / "domicilia.yaml"]  # fmt: skip
WORDS = st.text("abé:{}[]-'\n", max_size=6)
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(allow_nan=False), WORDS, st.lists(WORDS, max_size=2),
    st.dictionaries(WORDS, st.integers(), max_size=2),
)  # fmt: skip


@given(st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_damaged_anywhere_is_read_or_refused_with_its_line(tmp_path: Path, data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(FILES))
    content = yaml.safe_load(original.read_text(encoding="utf-8"))
    node, key = content, data.draw(st.sampled_from(sorted(content)))
    while isinstance(node[key], dict | list) and node[key] and data.draw(st.integers(0, 7)):
        node = node[key]
        key = data.draw(st.sampled_from(range(len(node)) if isinstance(node, list) else sorted(node, key=str)))
    if data.draw(st.booleans()) and isinstance(node, dict):
        del node[key]
    else:
        node[key] = data.draw(JUNK)
    for left in tmp_path.iterdir():  # of the last example
        left.unlink()
    path = tmp_path / original.name
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    if original == CONSERVATION:
        problems = said_of(lambda: retention.load(path))
    elif original == dictionary.PRECEDENCE:
        problems = said_of(lambda: dictionary.precedence(tmp_path))
    elif original.parent == MAPPINGS:
        file = YamlFile(path)
        mapping_files.layouts(file, load_contracts())
        problems = file.problems
    else:
        problems = said_of(lambda: (load_contracts if original.parent == SOURCES else load_products)(tmp_path))
    for problem in problems:
        assert re.match(rf"{re.escape(original.name)}:\d+ · .+ : ", problem)
        assert "Input should" not in problem


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("lits >= 0", None),
        ("lits IS NULL OR millesime > 1900", None),
        ("lits_zzz >= 0", "champ inconnu de cette table"),
        ("lits <== 0", "expression illisible"),
        ("lits + 1", "une condition dit oui ou non"),
    ],
)
def test_a_rule_of_rows_is_tried_when_the_contract_is_read(
    declared: Callable[[str, str], list[str]], expression: str, problem: str | None
) -> None:
    rule = f"""\
    quality:
      - {{name: essai, type: custom, engine: polars-sql, implementation: "{expression}", severity: error}}
    properties:
      - {{name: lits, logicalType: integer}}
"""
    said = declared("source", SOURCE.replace("    properties:\n", rule, 1))
    assert [each for each in said if "implementation" in each] == [] if problem is None else problem in "\n".join(said)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("version: 1.0.0", "version: 2024-01-01",
         ["essai.odcs.yaml:5 · version : un texte est attendu, pas la date 2024-01-01 : l'écrire entre guillemets"]),
        ("version: 1.0.0", "version: 1.0",
         ["essai.odcs.yaml:5 · version : un texte est attendu, pas 1.0 : l'écrire entre guillemets"]),
        ("name: Essai", "name: Essai\n1: 2",
         ["essai.odcs.yaml:5 · fichier : la clé « 1 » n'est pas un texte : l'écrire entre guillemets si c'en est un"]),
        ("name: taux\n", "name: taux\n        2024-01-01: x\n",
         ["essai.odcs.yaml:17 · table.taux : la clé « 2024-01-01 » n'est pas un texte : l'écrire entre guillemets si "
          "c'en est un"]),
        ("name: Essai", "name: Essai\nstatus: activ",
         ["essai.odcs.yaml:5 · status : « activ » n'est pas admis (vouliez-vous « active » ?)"]),
        ("code: csv,", "code: 'x;y',",
         ["essai.odcs.yaml:9 · layouts.x;y.code : « x;y » n'a pas la forme ^[a-z][a-z0-9_]*$"]),
        (SOURCE[SOURCE.index("schema:"):], "", ["essai.odcs.yaml:1 · schema : absent : dire au moins une table"]),
        (SOURCE[SOURCE.index("schema:"):], "schema: []",
         ["essai.odcs.yaml:10 · schema : absent : dire au moins une table"]),
        ("DREES_EHPA", '"DREES\\e[31m"', None),
    ],
)  # fmt: skip
def test_a_message_is_plain_french_said_once(
    declared: Callable[[str, str], list[str]], before: str, after: str, said: list[str] | None
) -> None:
    assert before in SOURCE
    found = declared("source", SOURCE.replace(before, after, 1))
    assert said is None or found == said
    assert "\x1b" not in "".join(found)


def test_a_contract_without_tables_is_not_said_again_by_each_line_of_its_columns(tmp_path: Path) -> None:
    """Three hundred lines of the dashboard hid the one that says it."""
    for path in SOURCES.glob("tdb_esms.*"):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(text.partition("\nschema:")[0] + "\n", encoding="utf-8")
    said = said_of(lambda: load_contracts(tmp_path))
    assert said == ["tdb_esms.odcs.yaml:5 · schema : absent : dire au moins une table"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (SOURCE.replace("name: Essai", "name: Essaï").encode("latin-1"),
         "essai.odcs.yaml:4 · fichier : l'octet 0xEF n'est pas de l'UTF-8 : enregistrer ce fichier en UTF-8"),
        (b"id: essai\nname: \0\x01\n",
         "essai.odcs.yaml:2 · fichier : le caractère U+0000 n'est pas du texte : le retirer (fichier abîmé ?)"),
        (None, "essai.odcs.yaml:1 · fichier : ceci n'est pas un fichier qui se lit (c'est un dossier)"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_said_with_the_line_where_it_shows(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "essai.odcs.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    assert said_of(lambda: load_contracts(tmp_path)) == [said]


@pytest.mark.parametrize("text", ["status: &x [*x]\n", "a: " + "[" * 3000 + "]" * 3000 + "\n"])
def test_a_file_without_end_is_refused_in_words(declared: Callable[[str, str], list[str]], text: str) -> None:
    [problem] = declared("source", text)
    assert problem.startswith("essai.odcs.yaml:1 · fichier : YAML illisible")
