"""What must hold inside one contract, whatever the other declarations say.

Belongs here: names that must exist in the same file, properties that go together, what may be stored in the clear about
persons. Does not belong here: the form of the file (`odcs`), references to other declarations (`declared_references`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import polars as pl

from data_contracts import columns, disclosure
from data_contracts.contract import Contract, Entity, Field, Layout
from data_contracts.odcs import (
    EntityDeclaration,
    FieldDeclaration,
    LayoutDeclaration,
    ProductDeclaration,
    SourceDeclaration,
)
from data_contracts.privacy import key_columns
from data_contracts.schemas import POLARS_TYPES
from data_contracts.statuses import STATES
from data_contracts.strict_yaml import Where, YamlFile
from data_contracts.value_domains import domains

PERSONAL_THEMES = ("publics", "parcours")  # of products: whatever they hold counts persons
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# What a column stored in the clear about persons must not admit, because senders put anything anywhere.
_CANARIES = (
    "Martin", "MARTIN", "martin", "Le Goff", "JEAN-PIERRE", "1850175056001", "185017505600168", "12 rue Haute",
    "zorglubellin-ysmerile", "23111937", "231137",
)  # fmt: skip
_NINE = "137119999"  # the first nine digits of a NIR, which a key check tells from a number of nine digits
_SEPARATOR = re.compile(r'\t|[^\w\s"]')
_YEAR = ("field", "document", "filename", "delivery", "none", "closing", "offset")  # what may say the year of a file
_DAY = ("field", "document", "filename", "received")  # what may say its day
_MONTH_AND_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_LARGEST = 1_000_000  # a number beyond it could be a NIR, or a date written without separators


def check_source(file: YamlFile, declared: SourceDeclaration, contract: Contract) -> None:
    """Says to the file all that does not hold in the contract of a source."""
    _check_head(file, declared)
    if not declared.custom_properties.layouts:
        file.say(("customProperties", "layouts"), "aucune forme déclarée : rien ne pourrait être lu")
    check_codes(file, ("customProperties", "layouts"), declared.custom_properties.layouts, set())
    above: list[str] = []
    for rank, layout in enumerate(declared.custom_properties.layouts):
        here: Where = ("customProperties", "layouts", rank)
        _check_layout(file, here, layout, contract.entities)
        if layout.like is not None:
            file.one_of((*here, "like"), layout.like, above, "une forme déclarée au-dessus")
        above.append(layout.code)
    for rank, (each, entity) in enumerate(zip(declared.tables, contract.entities, strict=True)):
        where: Where = ("schema", rank)
        _check_entity(file, where, each, entity)
        _check_identity(file, where, entity)
        _check_stored(file, where, entity)
        for place, field in enumerate(each.properties):
            _check_field(file, (*where, "properties", place), field)
    _check_personal(file, contract)


def check_columns(file: YamlFile, declared: SourceDeclaration, contract: Contract, table: columns.Columns) -> None:
    """Says to the file what it says of its table of columns that is not so. contract: with the columns of the table."""
    where: Where = ("customProperties", "columns")
    named, known = declared.custom_properties.columns, [entity.name for entity in contract.entities]
    for rank, name in enumerate(named if known else ()):
        file.one_of((*where, rank), name, known, "une table du contrat")
    missed = list(columns.missed(table, named))
    for rank, problem in missed:
        if rank is None or named[rank] in known:
            file.say(where if rank is None else (*where, rank), problem)
    for entity, field, problem in columns.alike(contract) if not missed else ():
        file.say(("schema", entity, "properties", field), problem)


def check_product(file: YamlFile, declared: ProductDeclaration) -> None:
    """Says to the file all that does not hold in the contract of a product."""
    _check_head(file, declared)
    types = {f.name: f.logical_type for table in declared.tables[:1] for f in table.properties}
    for rank, field in enumerate(declared.tables[0].properties if declared.tables else ()):
        _check_field(file, ("schema", 0, "properties", rank), field)
    if declared.tables:
        _check_once(file, ("schema", 0), (f.name for f in declared.tables[0].properties))
        if not declared.primary_key:
            file.say(("schema", 0), "aucune clé primaire")
    said = declared.custom_properties
    for rank, name in enumerate(types):
        if disclosure.pointing((name,), personal=said.personal):
            problem = "désigne une personne, sous son nom ou un pseudonyme : aucune publication n'en contient"
            file.say(("schema", 0, "properties", rank), problem)
    withheld = said.withheld.build() if said.withheld else None
    for problem in disclosure.wrong_withheld(withheld, declared.primary_key, types):
        file.say(("customProperties", "withheld"), problem)
    where, place = ("customProperties", "personal"), ("customProperties", "disclosure")
    if said.theme in PERSONAL_THEMES and not said.personal:
        file.say(where, f"absent alors que le thème est « {said.theme} » : dire personal: true")
    if said.personal and said.disclosure is None:
        file.say(place, "absent alors que le produit compte des personnes : dire ce qui est masqué")
    if said.disclosure is None:
        return
    if not said.personal:
        file.say(where, "absent alors que « disclosure » est déclaré : dire personal: true")
    for key, problem in disclosure.wrong(said.disclosure.build(), declared.primary_key, types):
        file.say((*place, key) if key else place, problem)


def _check_head(file: YamlFile, declared: SourceDeclaration | ProductDeclaration) -> None:
    stem = file.path.name.removesuffix(".odcs.yaml")
    if declared.id != stem:
        file.say(("id",), f"« {declared.id} » doit être le nom du fichier, « {stem} »")
    if not declared.tables:
        file.say(("schema",), "absent : dire au moins une table")


def _check_layout(file: YamlFile, where: Where, layout: LayoutDeclaration, entities: tuple[Entity, ...]) -> None:
    known = {e.name: [f.name for f in e.fields] for e in entities}
    for rank, name in enumerate(layout.entities if known else ()):  # a contract without tables says it once
        file.one_of((*where, "entities", rank), name, known)
    if layout.entity is not None and known:
        file.one_of((*where, "entity"), layout.entity, known)
    if not layout.entity_names:
        file.say(where, "entity ou entities absent : dire quelles tables cette forme porte")
    for name, fields in layout.tables.items() if known else ():
        if file.one_of((*where, "tables", name), name, known):
            for rank, field in enumerate(fields):
                file.one_of((*where, "tables", name, rank), field, known[name])
    check_reading(file, where, layout, entities)


def check_codes(file: YamlFile, where: Where, layouts: Iterable[Layout | LayoutDeclaration], taken: set[str]) -> None:
    """No code, former ones included, names two layouts of a contract. taken: those of other files; completed here."""
    for rank, layout in enumerate(layouts):
        for place, code in enumerate((layout.code, *layout.formerly)):
            if code in taken:
                key: Where = ("formerly", place - 1) if place else ("code",)
                file.say((*where, rank, *key), f"« {code} » nomme déjà une forme de ce contrat : un code, une forme")
            taken.add(code)


def check_reading(file: YamlFile, where: Where, layout: Layout | LayoutDeclaration, entities: Iterable[Entity]) -> None:
    """What a layout says of its files, those of a mapping included: what the reader honours, and nothing that it drops.

    entities: of the contract.
    """
    options: Where = (*where, "options")
    separator, decimal, quote = (layout.options.get(key) for key in ("separator", "decimal", "quote"))
    if decimal is not None:
        file.one_of((*options, "decimal"), decimal, (".", ","))
    if separator is not None and not _SEPARATOR.fullmatch(str(separator)):
        told = "attendu, un seul signe entre deux cellules, ni lettre, ni chiffre, ni espace, ni guillemet"
        file.say((*options, "separator"), f"« {separator} » : {told}")
    elif separator is not None and separator == decimal:
        file.say((*options, "separator"), f"« {separator} » est aussi la marque décimale : chaque nombre serait coupé")
    if quote not in (None, "", '"'):
        file.say((*options, "quote"), f"« {quote} » : attendu, '' (aucun guillemet ne protège les cellules) ou rien")
    groups: frozenset[str] = frozenset()
    try:
        groups = frozenset(re.compile(layout.filename or "").groupindex)
    except re.error as error:
        file.say((*where, "filename"), f"expression illisible ({error})")
    fields = tuple(f.name for e in entities for f in e.fields if e.name in _carried(layout))
    for key, rule, words in (("millesime", layout.millesime, _YEAR), ("collectedOn", layout.collected_on, _DAY)):
        for word in rule:
            file.one_of((*where, key), word, words, "une règle que la lecture connaît")
        if rule.get("field") is not None and fields:
            file.one_of((*where, key, "field"), rule["field"], fields, "un champ de cette forme")
        if rule.get("filename") and layout.filename and not groups & {"millesime", "annee"}:
            file.say((*where, key), "le nom du fichier dirait l'année, mais « filename » n'a ni millesime ni annee")
        if not _MONTH_AND_DAY.fullmatch(str(rule.get("closing", "12-31"))):
            file.say((*where, key, "closing"), f"« {rule['closing']} » : attendu, un mois et un jour (04-01)")
        if type(rule.get("offset", 0)) is not int:
            file.say((*where, key, "offset"), f"« {rule['offset']} » : attendu, un nombre entier d'années")


def _carried(layout: Layout | LayoutDeclaration) -> tuple[str, ...]:
    return layout.entities if isinstance(layout, Layout) else layout.entity_names


def _check_entity(file: YamlFile, where: Where, declared: EntityDeclaration, entity: Entity) -> None:
    """The fields that the properties and the rules of a table name."""
    said, custom = declared.custom_properties, (*where, "customProperties")
    types = {f.name: f.logical_type for f in declared.properties}
    _check_once(file, where, (f.name for f in declared.properties))
    for key, named in (("unit", said.unit), ("perimeter", said.perimeter), ("tieBreak", said.tie_break)):
        if named and named.field not in types:
            file.say((*custom, key, "field"), f"le champ « {named.field} » n'existe pas")
    for key, day in (("datedBy", said.dated_by), ("codesAt", said.codes_at)):
        if day and types.get(day) not in ("date", "timestamp"):
            file.say((*custom, key), f"« {day} » n'est pas un champ de type date")
    if said.state and not any(f.name == said.state and f.nomenclature == STATES for f in entity.fields):
        file.say((*custom, "state"), f"« {said.state} » n'est pas un champ de la nomenclature {STATES}")
    if entity.observations == "staging" and not said.elements:
        file.say((*custom, "elements"), "absent : dire à quels éléments répond le modèle de préparation")
    for rank, field in enumerate(entity.fields):
        if entity.observations == "direct" and field.element and not (field.time_basis or entity.time_basis):
            file.say((*where, "properties", rank), "timeBasis absent alors que le champ porte un élément")
    rows = _no_rows(entity)
    for rank, rule in enumerate(entity.rules):
        _check_expression(file, (*where, "quality", rank, "implementation"), rule.expression, rows)
    for rank, field in enumerate(entity.fields):
        if field.void_when:
            place = (*where, "properties", rank, "customProperties", "voidWhen")
            _check_expression(file, place, field.void_when, rows)
    for rank, rule in enumerate(declared.quality):
        place = (*where, "quality", rank, "customProperties", "setAside")
        spoken = rule.custom_properties.set_aside
        if spoken and rule.severity != "error":
            file.say(place, "ne vaut que d'une règle « error » : un avertissement conserve tout")
        for name in spoken:
            if file.one_of(place, name, types) and entity.makes_row(entity.field(name)):
                file.say(place, f"sans « {name} », la ligne n'en est plus une")


def _no_rows(entity: Entity) -> pl.DataFrame:
    """The frame on which the rules of an entity are judged, without a row: a rule that fails on it fails on any."""
    columns = {f.name: POLARS_TYPES[f.logical_type] for f in entity.fields}
    return pl.DataFrame(schema={"millesime": pl.Int64, "_collecte_le": pl.Date, **columns})


def _check_expression(file: YamlFile, where: Where, expression: str, rows: pl.DataFrame) -> None:
    """A condition in SQL is a yes or a no about the columns of its table."""
    try:
        kind = rows.select(pl.sql_expr(expression).alias("dit")).schema["dit"]
    except pl.exceptions.ColumnNotFoundError as error:
        file.say(where, f"champ inconnu de cette table ({' '.join(str(error).split())[:80]})")
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        file.say(where, f"expression illisible ({' '.join(str(error).split())[:80]})")
    else:
        if kind != pl.Boolean:
            file.say(where, "une condition dit oui ou non (comparaison, IS NULL, IN…)")


def _check_once(file: YamlFile, where: Where, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for rank, name in enumerate(names):
        if name in seen:
            file.say((*where, "properties", rank), f"champ « {name} » déclaré deux fois")
        seen.add(name)


def _check_field(file: YamlFile, where: Where, declared: FieldDeclaration) -> None:
    said, custom = declared.custom_properties, (*where, "customProperties")
    if not _NAME.fullmatch(declared.name):
        file.say((*where, "name"), f"« {declared.name} » : un nom de champ est en minuscules, chiffres et soulignés")
    if said.void_when and not said.void_reason:
        file.say((*custom, "voidReason"), "absent : dire en français pourquoi la valeur n'est pas utilisée")
    if (name := said.value_domain) is not None and file.one_of((*custom, "valueDomain"), name, domains()):
        domain = domains()[name]
        for option in sorted(set(domain.options) & set(declared.logical_type_options.given)):
            file.say((*where, "logicalTypeOptions", option), f"{option} est déjà dit par le domaine « {name} »")
        if domain.key and said.key_check:
            file.say((*custom, "keyCheck"), f"est déjà dit par le domaine « {name} »")
    if said.privacy is None:
        return
    place = (*custom, "privacy")
    if said.privacy.is_reduced and not _NAME.fullmatch(said.privacy.name or ""):
        file.say((*place, "name"), "absent : dire sous quel nom la valeur réduite est conservée")
    if said.privacy.rule == "libelle" and not said.privacy.nomenclature:
        file.say((*place, "nomenclature"), "absent : dire quels motifs reconnaissent le texte")
    if "|" in (said.privacy.domain or ""):
        file.say((*place, "domain"), "ne peut pas contenir « | »")


def _check_identity(file: YamlFile, where: Where, entity: Entity) -> None:
    names = [f.name for f in entity.fields]
    for role, field in entity.identity:
        file.one_of((*where, "customProperties", "identity", role), field, names)
    if entity.identity and not key_columns(dict(entity.identity)):
        file.say((*where, "customProperties", "identity"), "aucune clé ne se fait de ces seuls rôles")


def _check_stored(file: YamlFile, where: Where, entity: Entity) -> None:
    """What is stored of a table, once its persons are protected, is enough for all that is said of it."""
    names = [f.name for f in entity.fields]
    for rank, field in enumerate(entity.fields):
        place = (*where, "properties", rank)
        if field.privacy is None:
            continue
        if field.privacy.per:
            file.one_of((*place, "customProperties", "privacy", "per"), field.privacy.per, names)
        if field.primary_key_position and not field.privacy.is_stored:
            file.say(place, "un champ jamais conservé ne peut pas être dans la clé primaire")
        if field.element:
            file.say(place, "un champ qui porte « privacy » ne peut pas répondre à un élément du dictionnaire")
    kept = Counter(f.name for f in entity.stored.fields)
    for name in (name for name, times in kept.items() if times > 1 and names.count(name) < 2):
        file.say(where, f"colonne conservée « {name} » obtenue deux fois")
    for key, name in (
        *(("primaryKey", key) for key in entity.key), ("unit", entity.unit_field),
        ("perimeter", entity.perimeter_field), ("tieBreak", entity.tie_break_field), ("datedBy", entity.dated_by),
    ):  # fmt: skip
        if name and name not in kept and (name in names or key == "primaryKey"):
            file.say((*where, "customProperties", key), f"« {name} » n'est pas une colonne conservée")


def _check_personal(file: YamlFile, contract: Contract) -> None:
    """Rows about persons are protected or are not taken: what is private says so, and so does its contract."""
    private = any(e.identity or any(f.privacy for f in e.fields) for e in contract.entities)
    where = ("customProperties", "personal")
    if private and not contract.personal:
        file.say(where, "absent alors que des champs portent « privacy » ou « identity » : dire personal: true")
    if contract.personal and not private:
        file.say(where, "vrai, mais aucun champ ne porte « privacy » : tout serait conservé en clair")
    for rank, entity in enumerate(contract.entities if contract.personal else ()):
        for place, field in enumerate(entity.fields):
            if field.privacy is None and (lacking := _unfenced(field)):
                file.say(("schema", rank, "properties", place), f"conservé en clair sur des personnes, {lacking}")


def _unfenced(field: Field) -> str | None:
    """Why a field stored in the clear could hold an identity, and what to declare; None when it cannot."""
    if field.logical_type in ("integer", "number"):
        largest = field.option("maximum")
        return None if largest is not None and largest <= _LARGEST else f"maximum absent ou au-delà de {_LARGEST}"
    if field.logical_type != "string" or field.nomenclature or field.accepted_values:
        return None
    pattern = str(field.option("pattern") or "")
    if not (pattern.startswith("^") and pattern.endswith("$")):
        return "sans nomenclature, acceptedValues, ni pattern de ^ à $ : un nom y serait conservé (ou dire privacy)"
    canaries = _CANARIES if field.key_check or field.clear_reason else (*_CANARIES, _NINE)
    admitted = [canary for canary in canaries if re.search(pattern, canary)]
    return f"mais son pattern admet « {admitted[0]} » : le resserrer, ou dire privacy" if admitted else None
