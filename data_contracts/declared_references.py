"""References between declarations: what one names, another must declare.

Belongs here: elements, nomenclatures, collections, sources of an order, products, fields that feed a product. Does not
belong here: what must hold inside one file (`coherence`), the tables of persons (`retention`).

A reference that leads nowhere is said when contracts are read, where it stands. Found later, it would be a failure of
dbt that names neither the contract nor the word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from data_contracts import dictionary, nomenclatures
from data_contracts.contract import Contract
from data_contracts.disclosure import wrong_links
from data_contracts.odcs import FieldDeclaration, ProductDeclaration, SourceDeclaration
from data_contracts.strict_yaml import Where, YamlFile, wrong_word

_ELEMENT = "un élément du dictionnaire (elements.csv)"
_COLLECTION = "une collecte du dictionnaire (collections.csv)"
_LIST = "une nomenclature"
_CATEGORY = "une catégorie d'établissement (finess_categories)"


def check_sources(read: Iterable[tuple[YamlFile, SourceDeclaration]]) -> None:
    """Elements, nomenclatures and collections that the contracts of sources name."""
    elements, lists, collections = dictionary.elements(), nomenclatures.names(), dictionary.collections()
    categories = nomenclatures.codes("finess_categories")
    for file, declared in read:
        if (name := declared.custom_properties.collection) is not None:
            file.one_of(("customProperties", "collection"), name, collections, _COLLECTION)
        for place, category in enumerate(declared.custom_properties.respondents):
            file.one_of(("customProperties", "respondents", place), category, categories, _CATEGORY)
        for rank, table in enumerate(declared.tables):
            where: Where = ("schema", rank)
            for place, element in enumerate(table.custom_properties.elements):
                file.one_of((*where, "customProperties", "elements", place), element, elements, _ELEMENT)
            for place, field in enumerate(table.properties):
                _check_field(file, (*where, "properties", place), field, elements, lists)


def check_products(read: Iterable[tuple[YamlFile, ProductDeclaration]], sources: Mapping[str, Contract] | None) -> None:
    """Elements, nomenclatures, origins and other products that the contracts of products name.

    sources: None when one could not be read at all, and nothing can be held against them.
    """
    elements, lists = dictionary.elements(), nomenclatures.names()
    files: dict[str, YamlFile] = {}
    hidden = {}
    for file, declared in read:
        files[declared.id] = file
        if declared.custom_properties.disclosure:
            hidden[declared.id] = (declared.custom_properties.disclosure.build(), declared.primary_key)
        for place, field in enumerate(declared.tables[0].properties if declared.tables else ()):
            where: Where = ("schema", 0, "properties", place)
            _check_field(file, where, field, elements, lists)
            for rank, origin in enumerate(field.custom_properties.comes_from if sources is not None else ()):
                if problem := _wrong_origin(origin, sources or {}):
                    file.say((*where, "customProperties", "comesFrom", rank), f"« {origin} » : {problem}")
    for name, rank, problem in wrong_links(hidden):
        files[name].say(("customProperties", "disclosure", "links", rank), problem)


def check_precedence(file: YamlFile, declared: dictionary.PrecedenceDeclaration, sources: Collection[str]) -> None:
    """Sources, collections and elements that the orders of the dictionary name."""
    for kind, orders, words, what in (
        ("collections", declared.collections, dictionary.collections(), _COLLECTION),
        ("elements", declared.elements, dictionary.elements(), _ELEMENT),
    ):
        for name, order in orders.items():
            file.one_of((kind, name), name, words, what)
            for rank, source in enumerate(order):
                file.one_of((kind, name, rank), source, sources, "une source")


def wrong_in_dictionary(folder: Path = dictionary.FOLDER) -> list[str]:
    """What the tables of the dictionary name that the others do not have, with file and line."""
    collections, believed = dictionary.collections(folder), dictionary.names_of_collections(folder)
    named: list[tuple[str, int, str, list[str], Collection[str], str]] = []
    for line, row in dictionary.read_lines("elements.csv", folder):
        order = row["ordre_survivance_codes"].split(">")
        named.append(("elements.csv", line, row["element_id"], order, believed, _COLLECTION))
    for line, row in dictionary.read_lines("non_reponses.csv", folder):
        told_by = row["collections"].split()
        named.append(("non_reponses.csv", line, row["mot"] or row["motif"], told_by, collections, _COLLECTION))
    return [
        f"{file}:{line} · {where} : {problem}"
        for file, line, where, names, words, what in named
        for name in names
        if (problem := wrong_word(name, words, f"n'est pas {what}"))
    ]


def _check_field(
    file: YamlFile, where: Where, field: FieldDeclaration, elements: Collection[str], lists: Collection[str]
) -> None:
    said, custom = field.custom_properties, (*where, "customProperties")
    if said.element is not None:
        file.one_of((*custom, "element"), said.element, elements, _ELEMENT)
    if said.nomenclature is not None:
        file.one_of((*custom, "nomenclature"), said.nomenclature, lists, _LIST)
    elif said.nomenclature_strict:
        file.say((*custom, "nomenclatureStrict"), "dit d'un champ sans nomenclature : dire laquelle")
    if said.privacy and said.privacy.nomenclature is not None:
        file.one_of((*custom, "privacy", "nomenclature"), said.privacy.nomenclature, lists, _LIST)


def _wrong_origin(origin: str, sources: Mapping[str, Contract]) -> str | None:
    """Why an origin leads nowhere: `millesime`, `unit.ET`, or `source.table.champ`."""
    units = sorted({f"unit.{e.unit}" for contract in sources.values() for e in contract.entities if e.unit})
    if origin == "millesime" or origin in units:
        return None
    names = origin.split(".")
    if len(names) != 3:
        return f"attendu, millesime, {', '.join(units)}, ou source.table.champ"
    source, table, field = names
    if source not in sources:
        return f"aucune source « {source} »"
    entity = next((e for e in sources[source].entities if e.name == table), None)
    if entity is None:
        return f"la source « {source} » n'a pas de table « {table} »"
    if field not in {f.name for f in entity.fields}:
        return f"la table « {source}.{table} » n'a pas de champ « {field} »"
    return None
