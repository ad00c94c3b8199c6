"""Products about persons: declared as such, every column accounted for, and nothing that points at one person."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_contracts.dictionary import elements
from data_contracts.disclosure import HELD, WITNESS, Withheld, wrong_links, wrong_withheld
from data_contracts.loading import ContractError, Product, load_contracts, load_products
from data_contracts.privacy import KEYS, NEVER_STORED, VERSION
from orchestration.publication import secret_controls, small_numbers
from orchestration.publication.open_data import element_is_open

PRODUCTS = load_products()
PERSONAL = [p for p in PRODUCTS.values() if p.personal]
DBT = Path(__file__).resolve().parents[2] / "dbt_project" / "models"


def test_the_marts_of_publics_and_parcours_are_about_persons() -> None:
    assert {p.id for p in PERSONAL} == {
        "mart_publics__synthese", "mart_publics__repartition", "mart_parcours__synthese", "mart_parcours__delais",
        "mart_parcours__delais_categories", "mart_parcours__listes_attente", "mart_parcours__refus",
    }  # fmt: skip
    assert {p.opening for p in PERSONAL} == {"restreint"}


@pytest.mark.parametrize("product", PERSONAL, ids=lambda p: p.id)
def test_no_published_count_of_persons_may_be_small(product: Product) -> None:
    """Said by a blocking rule on each count, which looks at the published file."""
    assert product.disclosure is not None
    asked = {rule.column: rule for rule in secret_controls.rules(product, 11)}
    counted = {f.name for f in product.fields if f.unit == "personnes"}
    assert counted <= set(asked)
    assert set(product.disclosure.counts) == set(asked)
    assert all(rule.blocking and rule.kwargs["value_set"] == list(range(1, 11)) for rule in asked.values())


@pytest.mark.parametrize("product", PERSONAL, ids=lambda p: p.id)
def test_a_product_tells_hidden_from_unknown_and_since_when_it_is_so(product: Product) -> None:
    assert [f.name for f in product.fields][-2:] == [HELD, WITNESS]
    assert not {HELD, WITNESS} & {f.name for f in product.built}
    assert any("secret" in warning for warning in product.usage_warnings)


PERSONAL_COLUMNS = sorted(
    ({key.name for key in KEYS}
    | {VERSION}
    | {field.name for c in load_contracts().values() for e in c.entities for field in e.fields
       if field.privacy and field.privacy.rule in (*NEVER_STORED, "identifiant", "annee")}
    | {"personne_id", "usager_id", "sejour_dlnuf_id", "fiche_id", "dossier_id", "ins", "nir", "nom", "prenom"})
    - {"unite_id", "evenement_id"}  # of a person in a DUI, of an establishment in FINESS: below
)  # fmt: skip


@pytest.mark.parametrize("name", PERSONAL_COLUMNS)
def test_no_product_may_have_a_column_that_points_at_a_person(tmp_path: Path, name: str) -> None:
    """Whatever the sources say of persons: read and dropped, or replaced by a pseudonym."""
    columns = {"niveau": "string", "code": "string", name: "string"}
    _write(tmp_path, None, columns, personal=None, theme="qualite")
    with pytest.raises(ContractError, match=f"{name} .*désigne une personne, sous son nom ou un pseudonyme"):
        load_products(tmp_path)


@pytest.mark.parametrize("name", ["delivery_id", "element_id", "unite_id", "evenement_id"])
def test_an_id_of_something_else_is_refused_where_persons_are_counted(tmp_path: Path, name: str) -> None:
    """`evenement_id` is one of FINESS in a history of establishments, a person's in a DUI."""
    _write(tmp_path, GOOD, {name: "string", **COLUMNS})
    with pytest.raises(ContractError, match="désigne une personne"):
        load_products(tmp_path)


def test_no_product_of_the_project_points_at_a_person() -> None:
    small_numbers.check(PRODUCTS.values())


def test_links_name_what_the_other_products_hold() -> None:
    declared = {p.id: (p.disclosure, p.primary_key) for p in PERSONAL if p.disclosure is not None}
    assert list(wrong_links(declared)) == []
    alone = {name: each for name, each in declared.items() if name != "mart_publics__synthese"}
    assert "« mart_publics__synthese » n'est pas un produit sur des personnes" in {
        problem for _, _, problem in wrong_links(alone)
    }


def _reads(model: str, sql: dict[str, str]) -> set[str]:
    """Every source table that a model reads, through whatever models; what observations publish is controlled there.

    `dlnuf_secret` tells which answers are hidden, as the column `secret` of what is published does: nothing of persons.
    """
    found: set[str] = set()
    waiting, seen = [model], {model}
    while waiting:
        text = sql.get(waiting.pop(), "")
        found.update(re.findall(r"source\(\s*'raw'\s*,\s*'(\w+)'", text))
        for name in re.findall(r"ref\(\s*'(\w+)'", text):
            if name not in seen and not re.fullmatch(r"int_\w+__observations|int_observations|dlnuf_secret", name):
                seen.add(name)
                waiting.append(name)
    return found


def test_whatever_reads_rows_about_persons_is_declared_so() -> None:
    """By what the SQL reads, not by what contracts say: a mart cannot forget that it counts persons."""
    private = {f"{c.id}__{e.name}" for c in load_contracts().values() if c.personal for e in c.entities}
    sql = {path.stem: path.read_text(encoding="utf-8") for path in DBT.rglob("*.sql")}
    wrong = [p.id for p in PRODUCTS.values() if not p.personal and _reads(p.id, sql) & private]
    assert wrong == []


def test_no_element_that_counts_persons_is_open() -> None:
    """Open data has no other protection: an element that may be hidden has a threshold, and stays out of it."""
    counting = {code for code, row in elements().items() if row["personnes"] not in ("", "non")}
    assert len(counting) > 20
    assert [code for code in counting if element_is_open(elements()[code])] == []


def test_what_an_element_rests_on_is_an_element_that_counts_persons() -> None:
    told = {code: row["personnes"] for code, row in elements().items()}
    counts = {code: kind.partition("/")[0] for code, kind in told.items()}
    borne = {code: kind.split(":")[1] for code, kind in counts.items() if ":" in kind}
    assert [code for code, bearer in borne.items() if counts.get(bearer) in (None, "", "non")] == []
    # A part, or a rate, is held against the totals: it is of one of them.
    assert {counts[bearer] for code, bearer in borne.items() if not counts[code].startswith("porte:")} == {"total"}
    # The places that a percentage may be of are of the structure: nobody is counted there, everybody has them.
    places = {kind.partition("/")[2] for kind in told.values() if "/" in kind}
    assert {told[code] for code in places} == {""}


# --- what is wrong with a declaration is said at once

GOOD: dict[str, Any] = {
    "counts": ["n", "k"],
    "supports": {"age": "n", "part": "n"},
    "parts": {"k": "n"},
    "shares": {"part": "n"},
    "hierarchy": {"level": "niveau", "territory": "code"},
    "free": ["libelle"],
}
COLUMNS = {
    "niveau": "string", "code": "string", "libelle": "string", "n": "integer", "k": "integer", "age": "number",
    "part": "number", "arrete_le": "date", "secret": "string",
}  # fmt: skip


def _write(folder: Path, declared: Any, columns: dict[str, str] | None = None, **custom: Any) -> Path:
    properties = [
        {"name": name, "logicalType": kind, "description": name}
        | ({"required": True, "primaryKey": True, "primaryKeyPosition": i} if name in ("niveau", "code") else {})
        for i, (name, kind) in enumerate((columns or COLUMNS).items(), 1)
    ]
    given = {"personal": True, "theme": "publics", "disclosure": declared, **custom}
    node = {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "essai", "name": "Essai", "version": "1.0.0",
        "status": "active", "domain": "accompagnement", "schema": [{"name": "essai", "properties": properties}],
        "customProperties": [{"property": k, "value": v} for k, v in given.items() if v is not None],
    }  # fmt: skip
    path = folder / "essai.odcs.yaml"
    path.write_text(yaml.safe_dump(node, allow_unicode=True), encoding="utf-8")
    return path


def test_a_good_declaration_is_read(tmp_path: Path) -> None:
    _write(tmp_path, GOOD)
    product = load_products(tmp_path)["essai"]
    assert product.disclosure is not None
    assert product.disclosure.parts == (("k", "n"),)
    assert [f.name for f in product.built] == [name for name in COLUMNS if name not in ("arrete_le", "secret")]


@pytest.mark.parametrize(
    "told",
    [
        {"parts": {"k": "n"}},
        {"parts": {}, "missing": {"k": "n"}},
        {"parts": {}, "unrelated": [{"counts": ["n", "k"], "why": "deux populations"}]},
    ],
)
def test_two_counts_are_a_part_and_its_whole_or_said_not_to_be(tmp_path: Path, told: dict[str, Any]) -> None:
    _write(tmp_path, GOOD | told)
    assert load_products(tmp_path)["essai"].disclosure is not None


@pytest.mark.parametrize(
    ("declared", "custom", "said"),
    [
        (None, {}, "disclosure : absent alors que le produit compte des personnes"),
        (GOOD, {"personal": None}, "absent alors que le thème est « publics »"),
        (GOOD, {"personal": False, "theme": "qualite"}, "absent alors que « disclosure » est déclaré"),
        ({}, {}, "counts : absent : dire quelles colonnes comptent des personnes"),
        (GOOD | {"count": "n"}, {}, "« count » : clé inconnue"),
        (GOOD | {"threshold": 3}, {}, "threshold : 3 : attendu, au moins 5"),
        (GOOD | {"counts": ["n"]}, {}, "« k » doit être dans counts"),
        (GOOD | {"parts": {}}, {}, "« n » et « k » : dire lequel est une partie de l'autre"),
        (GOOD | {"unrelated": [{"counts": ["n", "k"]}]}, {}, "why : absent : dire pourquoi leur différence"),
        (GOOD | {"unrelated": [{"counts": ["n", "k"], "why": "x"}]}, {}, "« k » est déclaré partie de « n »"),
        (GOOD | {"unrelated": [{"counts": ["n", "m"], "why": "x"}]}, {}, "« m » doit être dans counts"),
        (GOOD | {"missing": {"m": "n"}}, {}, "« m » doit être dans counts"),
        (GOOD | {"counts": ["n", "k", "age"]}, {}, "« age » compte des personnes : attendu, un entier"),
        (GOOD | {"supports": {"age": "m", "part": "n"}}, {}, "la colonne « m » n'existe pas"),
        (GOOD | {"supports": {"age": "n"}}, {}, "« part » est une part : dire aussi, dans supports"),
        (GOOD | {"supports": {"age": ["n", "k"], "part": "n"}}, {}, "« age » n'a qu'un effectif"),
        (GOOD | {"free": []}, {}, "« libelle » n'est ni compte, ni valeur portée, ni libre"),
        (GOOD | {"hierarchy": {"level": "niveau"}}, {}, "hierarchy.territory : absent"),
        (GOOD | {"hierarchy": {"level": "libelle", "territory": "code"}}, {}, "« libelle » n'est pas dans la clé"),
        (GOOD | {"means": {"age": "k"}}, {}, "« age » est une moyenne : dire aussi, dans supports"),
        (GOOD | {"sums": {"n": [["k", "age"]]}}, {}, "« age » doit être dans counts"),
        (GOOD | {"sums": {"n": [["k", "n (annee - 1)"]]}}, {}, "« annee » n'est pas dans la clé"),
        (GOOD | {"links": [{"count": "age", "product": "p", "column": "n"}]}, {}, "« age » doit être dans counts"),
        (
            GOOD | {"links": [{"count": "n", "where": {"libelle": "x"}, "product": "p", "column": "n"}]},
            {},
            "« libelle » n'est pas dans la clé",
        ),
        (GOOD | {"groups": [{"by": ["niveau"], "count": "age", "share": "part"}]}, {}, "« age » doit être dans counts"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, declared: Any, custom: dict[str, Any], said: str) -> None:
    _write(tmp_path, declared, **custom)
    with pytest.raises(ContractError) as raised:
        load_products(tmp_path)
    assert said in str(raised.value)


def test_the_column_that_tells_hidden_from_unknown_must_be_there(tmp_path: Path) -> None:
    _write(tmp_path, GOOD, {name: kind for name, kind in COLUMNS.items() if name != "secret"})
    with pytest.raises(ContractError, match="la dernière colonne doit être « secret »"):
        load_products(tmp_path)


ANSWERS = dict.fromkeys(["unite_id", "element_id", "valeur", "secret"], "string") | {"nombre": "number"}
ANSWERS["secret"] = ANSWERS.pop("secret")  # the last column
HIDES = Withheld("unite_id", "nombre", ("nombre",), ("valeur",), element="element_id")


@pytest.mark.parametrize(
    ("declared", "types", "said"),
    [
        (HIDES, ANSWERS, ""),
        (None, {"niveau": "string", "element_id": "string"}, ""),
        (None, ANSWERS, "absent alors que le produit dit ce qu'ont répondu des unités"),
        (replace(HIDES, element=None), ANSWERS, "dire element ou indicator"),
        (replace(HIDES, indicator="element_id"), ANSWERS, "dire element ou indicator"),
        (replace(HIDES, values=(), texts=()), ANSWERS, "dire values ou texts"),
        (replace(HIDES, number=None), ANSWERS, "number : la colonne de la réponse en nombre"),
        (replace(HIDES, element=None, indicator="element_id"), ANSWERS, "jamais d'un indicator"),
        (replace(HIDES, number="n"), ANSWERS, "la colonne « n » n'existe pas"),
        (replace(HIDES, values=("element_id",)), ANSWERS, "« element_id » est dans la clé primaire"),
        (HIDES, {k: v for k, v in ANSWERS.items() if k != "secret"}, "la dernière colonne doit être « secret »"),
    ],
)
def test_what_units_answered_says_what_is_hidden_of_it(declared: Withheld | None, types: Any, said: str) -> None:
    problems = list(wrong_withheld(declared, ("unite_id", "element_id"), types))
    assert any(said in problem for problem in problems) if said else problems == []
