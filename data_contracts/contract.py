"""A contract as objects: source, product, entity, field, layout.

Belongs here: the shapes, and what can be said of one from itself. Does not belong here: the files that
declare them (`odcs`, `mapping_files`), what is derived from a contract (`derive`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from data_contracts.disclosure import HELD, WITNESS, Disclosure, Withheld
from data_contracts.person_role import PersonRole, System
from data_contracts.privacy import KEYS, STRICT_TRAITS, VERSION, Privacy, key_columns
from data_contracts.value_domains import Domain

DATE_FORMATS = ("%d/%m/%Y", "%Y-%m-%d")
# Families whose standard fixes the decimal mark: JSON (RFC 8259), xs:decimal (XML Schema), typed columns.
_POINT_READERS = ("json_records", "geojson", "finess_json", "finess_xml", "fhir_bundle", "cda", "parquet")


@dataclass(frozen=True)
class RowRule:
    """A rule over the fields of one row, written as a boolean SQL expression; NULL counts as kept.

    set_aside: the fields that it speaks about, when the row is still one without them.
    """

    name: str
    expression: str
    severity: str  # "error": the row is rejected, or `set_aside`; "warning": it is flagged
    description: str
    remedy: str
    set_aside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """One field, declared once: everything else about it is derived from here."""

    name: str
    title: str
    logical_type: str
    description: str
    required: bool = False
    unique: bool = False
    primary_key_position: int | None = None
    options: tuple[tuple[str, Any], ...] = ()
    columns: tuple[tuple[str, str | int], ...] | None = None
    aliases: tuple[str, ...] = ()
    domain: Domain | None = None  # what its values are, and must be, wherever they stand
    comes_from: tuple[str, ...] = ()  # of a product: what it is read from (source.table.champ, unit.ET, millesime)
    key_check: str | None = None
    null_values: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    absence_means: str | None = None  # what an empty cell says (« toujours présent »), which a wrong one does not
    date_formats: tuple[str, ...] = DATE_FORMATS
    true_values: tuple[str, ...] = ("Oui", "OUI", "oui", "O", "1", "true", "VRAI")
    false_values: tuple[str, ...] = ("Non", "NON", "non", "N", "0", "false", "FAUX")
    nomenclature: str | None = None
    nomenclature_strict: bool = False
    accepted_values: tuple[str, ...] = ()
    element: str | None = None
    component: str = ""
    time_basis: str | None = None
    unit: str | None = None
    factor: float = 1.0
    plausible: tuple[float | None, float | None] | None = None
    suspect_below: float | None = None
    suspect_above: float | None = None
    void_when: str | None = None
    void_reason: str | None = None
    proof: str | None = None
    essential: bool = False  # a file cannot do without this column: its emptiness says something, or others lean on it
    clear_reason: str | None = None  # why nine digits without a key may be stored as they are, about persons
    privacy: Privacy | None = None  # what becomes of it once it was read; None: it is stored as it is
    is_restricted: bool = False  # of a product that has an open part: never in it

    def option(self, key: str) -> Any:
        """Value of a `logicalTypeOptions` key, or None."""
        return dict(self.options).get(key)

    def column_in(self, layout: str) -> str | int | None:
        """Title, 1-based position or path of this field in a layout; None when the layout does not carry it."""
        if self.columns is None:
            return self.title
        return dict(self.columns).get(layout)

    @cached_property
    def stored(self) -> Field | None:
        """The column that stands for this field once rows are protected; None: nothing does."""
        if self.privacy is None:
            return self
        if not self.privacy.is_stored:
            return None
        return Field(
            name=self.privacy.name,
            title=self.title,
            logical_type=self.privacy.logical_type,
            description=" ".join(filter(None, (self.description, self.privacy.description))),
            required=self.required and self.privacy.rule == "identifiant",
            primary_key_position=self.primary_key_position,
            proof=self.proof,
        )

    @property
    def read_by_its_condition(self) -> frozenset[str]:
        """The names in the condition that voids this field: what decides whether its value counts."""
        words = re.sub(r"'[^']*'", "", self.void_when or "")
        return frozenset(re.findall(r"[a-z_][a-z0-9_]*", words)) - {self.name}

    @property
    def value_kind(self) -> str:
        """Which column of the observations holds the value: nombre, texte or date."""
        if self.logical_type in ("integer", "number"):
            return "nombre"
        return "date" if self.logical_type in ("date", "timestamp") else "texte"


@dataclass(frozen=True)
class Entity:
    """One table of a contract."""

    name: str
    description: str
    grain: str
    fields: tuple[Field, ...]
    rules: tuple[RowRule, ...] = ()
    unit: str | None = None  # ET | EJ | DEP
    unit_field: str | None = None
    time_basis: str | None = None
    perimeter_field: str | None = None
    perimeter_grouped: tuple[str, ...] = ()
    perimeter_single: tuple[str, ...] = ()
    observations: str = "none"  # direct | staging | none
    staged_elements: tuple[str, ...] = ()  # what the staging model of the entity answers to
    tie_break_field: str | None = None  # the highest is the last word of its sender
    dated_by: str | None = None  # when a row was true: of several of one key in one file, the last one counts
    state_field: str | None = None  # whether a row is a fact, a plan, a cancellation… (`statuses`)
    codes_at: str | None = None  # when what a row tells ended: its codes are those of that day
    identity: tuple[tuple[str, str], ...] = ()  # role -> field, of the person a row is about
    key: tuple[str, ...] = ()  # the primary key, when it names columns that only the stored entity has
    # What its rows tell of persons. Not what a row must be: deliveries are not read again when it changes.
    person: PersonRole | None = field(default=None, repr=False, compare=False)

    @cached_property
    def primary_key(self) -> tuple[str, ...]:
        """Names of the STORED columns that make a row unique: keys are compared once rows are protected."""
        if self.key:
            return self.key
        keyed = [f.stored for f in self.fields if f.primary_key_position]
        return tuple(f.name for f in sorted((f for f in keyed if f), key=lambda f: f.primary_key_position or 0))

    @property
    def identity_in_key(self) -> tuple[str, ...]:
        """The columns of the primary key that stand for a person: NULL says who is unknown, not who is the same."""
        return tuple(name for name in self.primary_key if name in {key.name for key in KEYS})

    def makes_row(self, field: Field) -> bool:
        """Whether a row without this field, or with a wrong value in it, is no row: anything else costs its cell.

        The key, what is required, and a field whose absence says something that a wrong value must not say.
        """
        keyed = field.stored is not None and field.stored.name in self.primary_key
        return field.required or keyed or field.absence_means is not None

    @property
    def observed(self) -> tuple[Field, ...]:
        """The fields that become observations by their declaration alone."""
        return tuple(f for f in self.fields if f.element) if self.observations == "direct" else ()

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    @property
    def identity_columns(self) -> tuple[str, ...]:
        """Columns of pseudonyms that the stored entity has for its identity, the version of their key last."""
        if not self.identity:
            return ()
        return (*(key.name for key in key_columns(dict(self.identity))), VERSION)

    def needed(self, present: Collection[str]) -> frozenset[str]:
        """The fields without which a file that carries `present` says nothing, or something else.

        Those that make a row (key, unit, required, those whose absence says something; of a person, the strict traits),
        those that say how its values are to be understood (perimeter, deposit), those declared `essential`, and those
        that the condition of a present field reads.
        """
        in_key = {role for key in KEYS if key.name in self.primary_key for role in key.roles}
        names = {self.unit_field, self.perimeter_field, self.tie_break_field}
        names |= {named for role, named in self.identity if role in (*STRICT_TRAITS, *in_key)}
        for each in self.fields:
            if each.essential or self.makes_row(each):
                names.add(each.name)
            if each.name in present:
                names |= each.read_by_its_condition
        return frozenset(name for name in names if name) & {f.name for f in self.fields}

    @property
    def pseudonyms(self) -> frozenset[str]:
        """The stored columns that hold pseudonyms: they may be shown inside the warehouse, never published."""
        replaced = (f.name for f in self.fields if f.privacy and f.privacy.rule == "identifiant")
        return frozenset((*replaced, *(name for name in self.identity_columns if name != VERSION)))

    @cached_property
    def stored(self) -> Entity:
        """The entity once its rows are protected: all that the lake, the warehouse and dbt ever see.

        Fields without privacy, then those that replace one, then the keys of the identity. Itself when nothing is
        private.
        """
        if not self.identity and not any(f.privacy for f in self.fields):
            return self
        plain = [f for f in self.fields if f.privacy is None]
        replaced = [f.stored for f in self.fields if f.privacy is not None and f.stored is not None]
        keys = key_columns(dict(self.identity)) if self.identity else ()
        columns = [Field(key.name, key.name, "string", key.description) for key in keys]
        if self.identity:
            columns.append(Field(VERSION, VERSION, "string", "Version de la clé des pseudonymes.", required=True))
        return replace(self, fields=(*plain, *replaced, *columns), rules=(), identity=())


@dataclass(frozen=True)
class Layout:
    """One shape in which a source is delivered: reader, columns, where year and date come from.

    tables: entity -> fields that it carries, when the shape says so itself (a mapping file, a bundle); its reader then
    names its columns as the fields. formerly: codes that it had, under which earlier deliveries were received.
    """

    code: str
    version: str
    reader: str
    entities: tuple[str, ...]
    options: dict[str, Any]
    filename: str | None
    millesime: dict[str, Any]
    collected_on: dict[str, Any]
    tables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    formerly: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash((self.code, self.version))

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code under which a file of this shape may have been received, its own first."""
        return (self.code, *self.formerly)

    @property
    def decimal(self) -> str | None:
        """The decimal mark of its numbers, when the format says it; None: each column is to show it."""
        return self.options.get("decimal") or ("." if self.reader in _POINT_READERS else None)


@dataclass(frozen=True)
class Contract:
    """A source: one collection or one referential."""

    id: str
    name: str
    version: str
    domain: str
    description: str
    collection: str
    document: str  # what the sender filled in: two channels of one document are one voice
    nature: str  # collecte | referentiel
    personal: bool
    layouts: tuple[Layout, ...]
    entities: tuple[Entity, ...]
    person: System | None = field(default=None, repr=False, compare=False)  # the system that its statements come from
    # Whom it asks (categories of FINESS; none: every ESMS). Not what a row must be, as `person`.
    respondents: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def __hash__(self) -> int:
        return hash((self.id, self.version))

    def entity(self, name: str) -> Entity:
        return next(e for e in self.entities if e.name == name)

    def layout(self, code: str) -> Layout:
        return next(x for x in self.layouts if x.code == code)

    def received_as(self, code: str) -> Layout | None:
        """The layout of a file that was received under this code, be it a former one; None when it has gone."""
        return next((x for x in self.layouts if code in x.codes), None)

    def needed_in(self, layout: Layout, entity: Entity, present: Collection[str]) -> frozenset[str]:
        """The fields of a layout that a file must carry: those of the entity, those that say its year and its date."""
        dated = {str(rule.get("field")) for rule in (layout.millesime, layout.collected_on)}
        return (entity.needed(present) | dated) & frozenset(self.fields_in(layout, entity))

    def fields_in(self, layout: Layout, entity: Entity) -> dict[str, str | int]:
        """Field name -> title, position or path, for the fields that this layout carries."""
        if layout.tables:
            return {name: name for name in layout.tables.get(entity.name, ())}
        pairs = ((f.name, f.column_in(layout.code)) for f in entity.fields)
        return {name: column for name, column in pairs if column is not None}


@dataclass(frozen=True)
class Product:
    """A published dataset."""

    id: str
    title: str
    version: str
    description: str
    domain: str
    theme: str
    opening: str  # ouvert | partiel (its open rows only) | restreint
    usage_warnings: tuple[str, ...]
    grain: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    quality: tuple[dict[str, Any], ...]
    personal: bool = False  # counts persons: never published without `disclosure`
    disclosure: Disclosure | None = None
    withheld: Withheld | None = None  # tells what units answered: what of it is hidden

    @property
    def built(self) -> tuple[Field, ...]:
        """The columns of its table in the warehouse: all but those that publishing adds."""
        added = {WITNESS} if self.is_protected else set[str]()
        added |= {HELD} if self.disclosure is not None else set()
        return tuple(f for f in self.fields if f.name not in added)

    @property
    def is_protected(self) -> bool:
        """Whether publishing may hide some of its values."""
        return self.disclosure is not None or self.withheld is not None
