"""What the gate out demands of a published value, the gate in demanded of the delivered one: from one declaration.

A product that names a value domain says where the value comes from (`comesFrom`), and the source names the same domain.
`tests/integration/publication/test_gate_in.py` spoils every field and publishes.
"""

from __future__ import annotations

import pytest

from data_contracts import value_domains
from data_contracts.loading import Field, Product, load_contracts, load_products

PRODUCTS = load_products()
CONTRACTS = load_contracts()
# A domain -> those of which a value is made into one of it: FINESS's short code of a commune is put after its
# département, a commune says its département, and so does the outline of either.
MADE_FROM = {"commune": {"commune_finess"}, "departement": {"departement_finess", "commune", "territoire_dessine"}}
PUBLISHED = [(product, field) for product in PRODUCTS.values() for field in product.fields]
IN_A_DOMAIN = [(product, field) for product, field in PUBLISHED if field.domain]


def label(case: tuple[Product, Field] | Product | Field) -> str:
    return case.id if isinstance(case, Product) else case.name if isinstance(case, Field) else str(case)


@pytest.mark.parametrize(("product", "field"), IN_A_DOMAIN, ids=label)
def test_a_published_value_is_of_the_domain_of_what_feeds_it(product: Product, field: Field) -> None:
    assert field.domain is not None
    assert field.comes_from, f"{product.id}.{field.name} : dire comesFrom"
    admitted = {field.domain.name} | MADE_FROM.get(field.domain.name, set())
    for origin in field.comes_from:
        if origin == "millesime":  # validate holds every row to it, deliver every delivery
            assert field.domain.name == "millesime"
        elif origin.startswith("unit."):
            unit = origin.removeprefix("unit.")
            fed = [e.field(e.unit_field) for c in CONTRACTS.values() for e in c.entities
                   if e.unit == unit and e.unit_field in {f.name for f in e.fields}]  # fmt: skip
            assert len(fed) > 10
            assert {f.domain.name if f.domain else f.name for f in fed} <= admitted
        else:
            source, table, name = origin.split(".")
            fed_by = CONTRACTS[source].entity(table).field(name)
            assert fed_by.domain is not None, origin
            assert fed_by.domain.name in admitted


def test_a_form_demanded_of_a_text_is_a_domain_or_made_by_the_model() -> None:
    """A pattern written by hand on a product would be a rule that no source knows."""
    by_hand = {
        (product.id, field.name) for product, field in PUBLISHED
        if field.option("pattern") and not field.domain
    }  # fmt: skip
    # FR, or the code of a region or of a département: read from the lists of places of the project.
    assert {name for _, name in by_hand} == {"territoire_code"}


def test_a_number_of_the_deliveries_is_bounded_by_what_is_plausible_and_blocks_nothing() -> None:
    """An element of the dictionary is what somebody answered: out of range, it is kept and told."""
    blocking = [
        f"{product.id}.{field.name}" for product, field in PUBLISHED
        if field.element and field.logical_type == "number" and field.options
    ]  # fmt: skip
    assert blocking == []


@pytest.mark.parametrize("domain", value_domains.domains().values(), ids=lambda d: d.name)
def test_a_domain_is_used_and_says_what_it_wants(domain: value_domains.Domain) -> None:
    used = {f.domain.name for c in CONTRACTS.values() for e in c.entities for f in e.fields if f.domain}
    used |= {field.domain.name for _, field in IN_A_DOMAIN if field.domain}
    assert domain.name in used
    assert domain.shape
    assert domain.options
    assert domain.pattern is None or (domain.pattern.startswith("^") and domain.pattern.endswith("$"))
