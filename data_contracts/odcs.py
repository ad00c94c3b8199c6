"""The schema of contract files: ODCS v3.1, and the custom properties in which the project says what ODCS does not.

Belongs here: one model for each declaration, and the object of `contract` that it stands for. Does not belong here:
what must hold inside a contract (`coherence`) or between declarations (`declared_references`). `docs/contracts.md`
explains every property.

The models of the package `open-data-contract-standard` are not used: they admit any unknown key and any absence.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, PlainValidator
from pydantic import Field as Key
from pydantic.alias_generators import to_camel

from data_contracts.columns import LAYOUT_CODE, inherited
from data_contracts.contract import Contract, Entity, Field, Layout, Product, RowRule
from data_contracts.disclosure import THRESHOLD, DisclosureDeclaration, WithheldDeclaration
from data_contracts.person_role import PersonRole, System
from data_contracts.privacy import NEVER_STORED, Privacy, PrivacyRule, Role
from data_contracts.strict_yaml import Free, Line, Number, Strict
from data_contracts.value_domains import KeyCheck, domains

LogicalType = Literal["string", "integer", "number", "boolean", "date", "timestamp"]
TimeBasis = Literal[
    "stock_3112", "flux_annee", "exercice", "jour", "trimestre_1", "trimestre_2", "trimestre_3", "trimestre_4", "coupe",
    "validite",
]  # fmt: skip
Unit = Literal[
    "pct", "fraction", "eur", "etp", "jours", "places", "personnes", "nombre", "code", "texte", "date", "booleen", "m2",
    "kwh", "annees", "points", "pour_mille", "heures",
]  # fmt: skip
Reader = Literal[
    "csv", "xlsx", "parquet", "json_records", "finess_json", "finess_xml", "fhir_bundle", "cda", "csv_produit",
    "crosstab", "series", "geojson",
]  # fmt: skip
DataClass = Literal["administratives", "sante", "accompagnement", "financieres", "services"]
UnitKind = Literal["ET", "EJ", "DEP"]
Theme = Literal["dlnuf", "etablissements", "indicateurs", "parcours", "publics", "qualite", "territoires"]
Status = Literal["proposed", "draft", "active", "deprecated", "retired"]  # those of ODCS
Severity = Literal["error", "warning"]


def _text_or_number(value: object) -> object:
    if type(value) not in (str, int, float):
        raise ValueError(f"« {value} » : un texte ou un nombre est attendu")
    return value


def _properties(value: object) -> object:
    """`[{property: name, value: …}, …]` as a mapping, each name once."""
    if not isinstance(value, tuple):
        return value
    if not all(isinstance(e, dict) and isinstance(e.get("property"), str) and "value" in e for e in value):
        raise ValueError("chaque entrée dit property, un mot, et value")
    for name, times in Counter(entry["property"] for entry in value).items():
        if times > 1:
            raise ValueError(f"« {name} » est déclaré {times} fois")
    return {entry["property"]: entry["value"] for entry in value}


Custom = BeforeValidator(_properties)
UsageWarning = Annotated[Line, AfterValidator(lambda text: text.replace("{seuil}", str(THRESHOLD)))]
Bound = Annotated[float | str, PlainValidator(_text_or_number)]  # a day, in a date


class Odcs(Strict):
    """A node of ODCS: keys in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


class PrivacyDeclaration(Strict):
    """What becomes of a field about persons; `privacy: trait` is short for `privacy: {rule: trait}`."""

    rule: PrivacyRule
    name: str | None = None
    domain: str | None = None
    per: str | None = None
    nomenclature: str | None = None

    @property
    def is_reduced(self) -> bool:
        """Whether something smaller is stored under another name: a year, a département, a code."""
        return self.rule not in (*NEVER_STORED, "identifiant")

    def build(self, field: str) -> Privacy:
        domain = (self.domain or field.removesuffix("_id")) if self.rule == "identifiant" else ""
        stored = self.name or ("" if self.is_reduced else field)
        return Privacy(self.rule, stored, domain, self.per, self.nomenclature)


class FieldProperties(Odcs):
    """The custom properties of a field."""

    aliases: tuple[str, ...] = ()
    value_domain: str | None = None
    comes_from: tuple[str, ...] = ()
    key_check: KeyCheck | None = None
    null_values: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    absence_means: str | None = None
    date_formats: tuple[str, ...] | None = None
    true_values: tuple[str, ...] | None = None
    false_values: tuple[str, ...] | None = None
    nomenclature: str | None = None
    nomenclature_strict: bool = False
    accepted_values: tuple[str, ...] = ()
    element: str | None = None
    component: str = ""
    time_basis: TimeBasis | None = None
    unit: Unit | None = None
    factor: float = 1.0
    plausible: tuple[Number | None, Number | None] | None = None
    suspect_below: Number | None = None
    suspect_above: Number | None = None
    void_when: str | None = None
    void_reason: str | None = None
    proof: str | None = None
    clear_reason: str | None = None
    essential: bool = False
    privacy: Annotated[
        PrivacyDeclaration, BeforeValidator(lambda node: {"rule": node} if isinstance(node, str) else node)
    ] | None = None  # fmt: skip


class Options(Odcs):
    """The hard rules of a field: `logicalTypeOptions`."""

    pattern: str | None = None
    minimum: Bound | None = None
    maximum: Bound | None = None
    min_length: int | None = None
    max_length: int | None = None

    @property
    def given(self) -> dict[str, Any]:
        """Those that are said, under their names in ODCS."""
        return {to_camel(name): value for name, value in self if value is not None}


class FieldDeclaration(Odcs):
    """One property of ODCS: a field of a source, a column of a product."""

    name: str
    physical_name: str | None = None
    logical_type: LogicalType
    logical_type_options: Options = Options()
    description: Line = ""
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    primary_key_position: int = 1
    classification: Literal["restreint"] | None = None  # of a product: not in its open part
    custom_properties: Annotated[FieldProperties, Custom] = FieldProperties()

    def build(self) -> Field:
        said = self.custom_properties
        domain = domains().get(said.value_domain) if said.value_domain else None
        options = {**(domain.options if domain else {}), **self.logical_type_options.given}
        written = {
            name: words
            for name in ("date_formats", "true_values", "false_values")
            if (words := getattr(said, name)) is not None
        }
        return Field(
            name=self.name,
            title=self.physical_name or self.name,
            logical_type=self.logical_type,
            description=self.description,
            required=self.required,
            unique=self.unique,
            primary_key_position=self.primary_key_position if self.primary_key else None,
            options=tuple(sorted(options.items())),
            aliases=said.aliases,
            domain=domain,
            comes_from=said.comes_from,
            key_check=said.key_check or (domain.key if domain else None),
            null_values=said.null_values,
            placeholders=said.placeholders,
            absence_means=said.absence_means,
            nomenclature=said.nomenclature,
            nomenclature_strict=said.nomenclature_strict,
            accepted_values=said.accepted_values,
            element=said.element,
            component=said.component,
            time_basis=said.time_basis,
            unit=said.unit,
            factor=said.factor,
            plausible=said.plausible,
            suspect_below=said.suspect_below,
            suspect_above=said.suspect_above,
            void_when=said.void_when,
            void_reason=said.void_reason,
            proof=said.proof,
            clear_reason=said.clear_reason,
            essential=said.essential,
            privacy=said.privacy.build(self.name) if said.privacy else None,
            is_restricted=self.classification is not None,
            **written,
        )


class RuleProperties(Odcs):
    """The custom properties of a rule."""

    set_aside: tuple[str, ...] = ()


class RuleDeclaration(Odcs):
    """A rule over the rows of a source, in SQL of polars."""

    name: str
    type: Literal["custom"] = "custom"
    engine: Literal["polars-sql"]
    implementation: str
    severity: Severity = "error"
    description: Line = ""
    business_impact: Line = ""
    custom_properties: Annotated[RuleProperties, Custom] = RuleProperties()

    def build(self) -> RowRule:
        return RowRule(
            name=self.name,
            expression=self.implementation,
            severity=self.severity,
            description=self.description,
            remedy=self.business_impact,
            set_aside=self.custom_properties.set_aside,
        )


class UnitDeclaration(Strict):
    """Whom the rows are about."""

    kind: UnitKind
    field: str


class PerimeterDeclaration(Strict):
    """Which values of a field mean one answer for several sites, or for one."""

    field: str
    grouped: tuple[str, ...] = ()
    single: tuple[str, ...] = ()


class TieBreakDeclaration(Strict):
    """The field whose highest value is the last word of its sender."""

    field: str


class EntityProperties(Odcs):
    """The custom properties of a table of a source."""

    unit: UnitDeclaration | None = None
    time_basis: TimeBasis | None = None
    perimeter: PerimeterDeclaration | None = None
    observations: Literal["direct", "staging", "none"] | None = None
    elements: tuple[str, ...] = ()
    tie_break: TieBreakDeclaration | None = None
    identity: dict[Role, str] = Key(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    dated_by: str | None = None
    state: str | None = None
    codes_at: str | None = None
    person: PersonRole | None = None


class TableDeclaration(Odcs):
    """What the tables of sources and of products have in common."""

    name: str
    physical_name: str | None = None
    physical_type: str | None = None
    description: Line = ""
    data_granularity_description: Line = ""
    properties: tuple[FieldDeclaration, ...] = ()


class EntityDeclaration(TableDeclaration):
    """One table of a source."""

    quality: tuple[RuleDeclaration, ...] = ()
    custom_properties: Annotated[EntityProperties, Custom] = EntityProperties()

    def build(self) -> Entity:
        said = self.custom_properties
        return Entity(
            name=self.name,
            description=self.description,
            grain=self.data_granularity_description,
            fields=tuple(each.build() for each in self.properties),
            rules=tuple(each.build() for each in self.quality),
            unit=said.unit.kind if said.unit else None,
            unit_field=said.unit.field if said.unit else None,
            time_basis=said.time_basis,
            perimeter_field=said.perimeter.field if said.perimeter else None,
            perimeter_grouped=said.perimeter.grouped if said.perimeter else (),
            perimeter_single=said.perimeter.single if said.perimeter else (),
            observations=said.observations or ("direct" if said.unit else "none"),
            staged_elements=said.elements,
            tie_break_field=said.tie_break.field if said.tie_break else None,
            dated_by=said.dated_by,
            state_field=said.state,
            codes_at=said.codes_at,
            identity=tuple(said.identity.items()),
            key=said.primary_key,
            person=said.person,
        )


# A column of the table of columns, and a part of names of files: no separator of either.
LayoutCode = Annotated[str, Key(pattern=LAYOUT_CODE.pattern)]


class LayoutDeclaration(Odcs):
    """One shape in which a source is delivered. `options` are those of its reader, which knows what they mean.

    like: the layout above that says the keys which this one does not say; they are here already. formerly: codes that
    it had, under which earlier deliveries were received.
    """

    code: LayoutCode
    formerly: tuple[LayoutCode, ...] = ()
    like: str | None = None
    version: str | None = None
    reader: Reader
    entity: str | None = None
    entities: tuple[str, ...] = ()
    tables: dict[str, tuple[str, ...]] = Key(default_factory=dict)
    options: Free = Key(default_factory=dict)
    filename: str | None = None
    millesime: Free = Key(default_factory=dict)
    collected_on: Free = Key(default_factory=dict)

    @property
    def entity_names(self) -> tuple[str, ...]:
        return self.entities or ((self.entity,) if self.entity else tuple(self.tables))

    def build(self, version: str) -> Layout:
        """version: that of the contract, for a layout that does not say its own."""
        return Layout(
            code=self.code,
            version=self.version or version,
            reader=self.reader,
            entities=self.entity_names,
            options=self.options,
            filename=self.filename,
            millesime=self.millesime or {"delivery": True},
            collected_on=self.collected_on or {"received": True},
            tables=self.tables,
            formerly=self.formerly,
        )


class Description(Odcs):
    """What a contract is for."""

    purpose: Line = ""
    usage: Line = ""
    limitations: Line = ""


_A_TABLE = "dire au moins une table"


class ContractHead(Odcs):
    """What contracts of sources and of products have in common."""

    api_version: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: str
    name: Line
    version: str
    status: Status | None = None
    domain: DataClass
    description: Description = Description()


class SourceProperties(Odcs):
    """The custom properties of a source."""

    collection: str | None = None
    document: str | None = None
    nature: Literal["collecte", "referentiel"] = "collecte"
    personal: bool = False
    person: System | None = None
    respondents: tuple[str, ...] = ()  # the categories of FINESS that it asks; none: every ESMS
    columns: tuple[str, ...] = ()  # the tables whose columns stand in `<id>.columns.csv`
    layouts: Annotated[tuple[LayoutDeclaration, ...], BeforeValidator(inherited)] = ()


class SourceDeclaration(ContractHead):
    """The contract of a source: one file of `sources/`."""

    custom_properties: Annotated[SourceProperties, Custom] = SourceProperties()
    tables: Annotated[tuple[EntityDeclaration, ...], Key(alias="schema", description=_A_TABLE)]

    def build(self) -> Contract:
        said = self.custom_properties
        return Contract(
            id=self.id,
            name=self.name,
            version=self.version,
            domain=self.domain,
            description=self.description.purpose,
            collection=said.collection or self.id,
            document=said.document or self.id,
            nature=said.nature,
            personal=said.personal,
            respondents=said.respondents,
            layouts=tuple(each.build(self.version) for each in said.layouts),
            entities=tuple(each.build() for each in self.tables),
            person=said.person,
        )


class ProductRuleDeclaration(Odcs):
    """A rule that a product must keep to be published: an expectation of Great Expectations, or a number of rows."""

    name: str
    type: Literal["custom", "library"] = "custom"
    engine: Literal["great-expectations"] | None = None
    implementation: Any = None
    metric: Literal["rowCount"] | None = None
    must_be: int | None = None
    must_be_greater_than: int | None = None
    must_be_greater_or_equal_to: int | None = None
    must_be_less_or_equal_to: int | None = None
    dimension: str | None = None
    severity: Severity = "error"
    description: str = ""
    business_impact: str = ""


class ProductTableDeclaration(TableDeclaration):
    """The table that a product publishes."""

    quality: tuple[ProductRuleDeclaration, ...] = ()


class ProductProperties(Odcs):
    """The custom properties of a product."""

    theme: Theme = "etablissements"
    opening: Literal["ouvert", "partiel", "restreint"] = "restreint"
    usage_warnings: tuple[UsageWarning, ...] = ()
    personal: bool = False
    disclosure: DisclosureDeclaration | None = None
    withheld: WithheldDeclaration | None = None


class ProductDeclaration(ContractHead):
    """The contract of a published dataset: one file of `products/`."""

    custom_properties: Annotated[ProductProperties, Custom] = ProductProperties()
    tables: Annotated[tuple[ProductTableDeclaration, ...], Key(alias="schema", description=_A_TABLE)]

    @property
    def primary_key(self) -> tuple[str, ...]:
        keyed = (f for table in self.tables[:1] for f in table.properties if f.primary_key)
        return tuple(f.name for f in sorted(keyed, key=lambda f: f.primary_key_position))

    def build(self, quality: list[dict[str, Any]]) -> Product:
        """quality: the rules as the file writes them, which the gate out evaluates."""
        said, table = self.custom_properties, self.tables[0]
        return Product(
            id=self.id,
            title=self.name,
            version=self.version,
            description=self.description.purpose,
            domain=self.domain,
            theme=said.theme,
            opening=said.opening,
            usage_warnings=said.usage_warnings,
            grain=table.data_granularity_description,
            fields=tuple(each.build() for each in table.properties),
            primary_key=self.primary_key,
            quality=tuple(quality),
            personal=said.personal,
            disclosure=said.disclosure.build() if said.disclosure else None,
            withheld=said.withheld.build() if said.withheld else None,
        )
