"""No raw code without a label."""

from __future__ import annotations

import pytest

from dashboards import labels
from data_contracts.dictionary import elements
from data_contracts.loading import Field, load_contracts, load_products
from data_contracts.nomenclatures import read_list

KINDS = {
    "niveau": "niveau", "domaine": "domaine", "financeur": "financeur", "statut": "statut", "axe": "axe",
    "base_temporelle": "base_temporelle", "perimetre": "perimetre", "unite": "unite", "evenement": "evenement",
    "effet": "effet", "action_conflit": "action_conflit",
}  # fmt: skip


def _kind(field: Field) -> str:
    """Whom products about persons count apart is told otherwise than the public of a category."""
    return "public" if "PA_DOMICILE" in field.accepted_values else KINDS[field.name]


def _published_codes() -> list[tuple[str, str]]:
    """Every code that a product says it may publish, for the columns that pages translate."""
    return sorted(
        {
            (_kind(field), code)
            for product in load_products().values()
            for field in product.fields
            if field.name in KINDS and product.id != "mart_qualite__livraisons"
            for code in field.accepted_values
        }
    )


@pytest.mark.parametrize(("kind", "code"), _published_codes())
def test_every_published_code_has_a_label(kind: str, code: str) -> None:
    assert code in labels.labels(kind)


def test_every_source_has_a_name_that_is_not_its_code() -> None:
    assert {code for code in load_contracts() if labels.source(code) == code} == set()


def test_every_tolerance_of_the_dictionary_is_readable() -> None:
    columns = ("tolerance_type", "tolerance_valeur", "tolerance_unite")
    published = {" ".join(row[c] for c in columns if row[c]) for row in elements().values()} - {""}
    codes = {row["tolerance_type"] for row in elements().values()} - {""}
    assert {text for text in map(labels.tolerance, published) if text.split(" ")[0] in codes - {"sans"}} == set()


@pytest.mark.parametrize(
    ("published", "text"),
    [
        ("relatif 2 %", "± 2\u00a0%"),
        ("points 1", "± 1\u00a0point"),
        ("date 31 j", "± 31\u00a0jours"),
        ("entier 0", "identique"),
        ("exact", "identique"),
        ("texte_norm 0.90", "textes proches"),
        (None, "inconnu"),
    ],
)
def test_tolerance(published: str | None, text: str) -> None:
    assert labels.tolerance(published) == text


def test_a_rule_names_collections_and_not_their_codes() -> None:
    said = labels.regle("Première source à avoir répondu dans l'ordre FINESS>CNSA_EPRD_ERRD>TDB_ATIH.")
    assert said.endswith("l'ordre FINESS, puis EPRD, ERRD et CA (CNSA), puis Tableau de bord ESMS (ATIH).")
    assert said.startswith("Première source")


def test_codes_of_lists_keep_their_number_for_those_who_search_by_it() -> None:
    assert labels.nomenclature("finess_categories", "500").endswith("(500)")
    assert labels.nomenclature("finess_categories", "xyz") == "code xyz, sans libellé connu"
    assert labels.nomenclature("finess_categories", None) == "inconnu"


def test_a_code_without_label_is_made_readable_and_a_sentence_is_left_alone() -> None:
    assert labels.readable("GIR_1") == "GIR 1"
    assert labels.readable("EXTERNAT") == "Externat"
    assert labels.readable("clé de contrôle FINESS inexacte") == "clé de contrôle FINESS inexacte"


def test_the_collections_that_esms_fill_in_come_from_the_dictionary() -> None:
    assert {"TDB_ATIH", "CNSA_EPRD_ERRD", "DREES_EHPA"} <= set(labels.entered_collectes())
    assert not {"FINESS", "SEPPIA", "DUI"} & set(labels.entered_collectes())


def test_a_category_that_is_said_otherwise_is_one_of_finess_and_has_no_abridged_word() -> None:
    official = {row["libelle"] for row in read_list("finess_categories")}
    assert set(labels.CATEGORIES) <= official
    assert not [name for name in labels.CATEGORIES.values() if "." in name]
    assert labels.nomenclature("finess_categories", "448").endswith("(EAM) (448)")
