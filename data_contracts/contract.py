"""A contract as objects: source, product, entity, field, layout.

Belongs here: the shapes, and what can be said of one from itself. Does not belong here: reading YAML (`parsing`),
what is derived from a contract (`derive`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DATE_FORMATS = ("%d/%m/%Y", "%Y-%m-%d")


@dataclass(frozen=True)
class RowRule:
    """A rule over the fields of one row, written as a boolean SQL expression; NULL counts as kept."""

    name: str
    expression: str
    severity: str  # "error": the row is rejected; "warning": it is flagged
    description: str
    remedy: str


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
    key_check: str | None = None
    null_values: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
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

    def option(self, key: str) -> Any:
        """Value of a `logicalTypeOptions` key, or None."""
        return dict(self.options).get(key)

    def column_in(self, layout: str) -> str | int | None:
        """Title, 1-based position or path of this field in a layout; None when the layout does not carry it."""
        if self.columns is None:
            return self.title
        return dict(self.columns).get(layout)

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

    @property
    def primary_key(self) -> tuple[str, ...]:
        keyed = [f for f in self.fields if f.primary_key_position]
        return tuple(f.name for f in sorted(keyed, key=lambda f: f.primary_key_position or 0))

    @property
    def observed(self) -> tuple[Field, ...]:
        """The fields that become observations by their declaration alone."""
        return tuple(f for f in self.fields if f.element) if self.observations == "direct" else ()

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)


@dataclass(frozen=True)
class Layout:
    """One shape in which a source is delivered: reader, columns, where year and date come from."""

    code: str
    version: str
    reader: str
    entities: tuple[str, ...]
    options: dict[str, Any]
    filename: str | None
    millesime: dict[str, Any]
    collecte_le: dict[str, Any]

    def __hash__(self) -> int:
        return hash((self.code, self.version))


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

    def __hash__(self) -> int:
        return hash((self.id, self.version))

    def entity(self, name: str) -> Entity:
        return next(e for e in self.entities if e.name == name)

    def layout(self, code: str) -> Layout:
        return next(x for x in self.layouts if x.code == code)

    def fields_in(self, layout: Layout, entity: Entity) -> dict[str, str | int]:
        """Field name -> title, position or path, for the fields that this layout carries."""
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
