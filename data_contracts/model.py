"""The contract of a source or of a product, as objects.

Belongs here: parsing ODCS v3.1 YAML into frozen dataclasses and saying everything that is wrong with it at once.
Does not belong here: what is derived from a contract (`data_contracts.derive`) and reading deliveries (`ingest`).

The keys of ODCS that we use are the standard's; what ODCS does not have stands in `customProperties`:
see `docs/contracts.md` for the list of them.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "sources"
PRODUCTS = ROOT / "products"

LOGICAL_TYPES = ("string", "integer", "number", "boolean", "date", "timestamp")
TIME_BASES = (
    "stock_3112",
    "flux_annee",
    "exercice",
    "jour",
    "trimestre_1",
    "trimestre_2",
    "trimestre_3",
    "trimestre_4",
    "coupe",
    "validite",
)
UNITS = (
    "pct", "fraction", "eur", "etp", "jours", "places", "personnes", "nombre", "code", "texte", "date",
    "booleen", "m2", "kwh", "annees", "points", "pour_mille", "heures",
)  # fmt: skip
READERS = ("csv", "xlsx", "parquet", "json_records", "finess_json", "finess_xml")
DATA_CLASSES = ("administratives", "sante", "accompagnement", "financieres", "services")
DATE_FORMATS = ("%d/%m/%Y", "%Y-%m-%d")

_FIELD_PROPERTIES = {
    "column", "aliases", "keyCheck", "nullValues", "placeholders", "dateFormats", "trueValues", "falseValues",
    "nomenclature", "nomenclatureStrict", "element", "component", "timeBasis", "unit", "factor", "plausible",
    "suspectBelow", "suspectAbove", "voidWhen", "proof", "acceptedValues",
}  # fmt: skip
_ENTITY_PROPERTIES = {"unit", "timeBasis", "perimeter", "observations", "elements", "tieBreak"}


class ContractError(ValueError):
    """One or several contracts are wrong. The message lists every problem, one a line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("Contrats invalides :\n" + "\n".join(f"  - {p}" for p in problems))


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
    observations: str = "none"  # direct | staging | none
    staged_elements: tuple[str, ...] = ()  # what the staging model of the entity answers to
    tie_break_field: str | None = None
    tie_break_order: str = "desc"

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
    opening: str  # ouvert | restreint
    usage_warnings: tuple[str, ...]
    grain: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    quality: tuple[dict[str, Any], ...]


def load_contracts(folder: Path | None = None) -> dict[str, Contract]:
    """Every source contract of a folder (default: the project's), by id.

    Raises:
        ContractError: with every problem of every file.
    """
    paths = sorted((folder or SOURCES).glob("*.odcs.yaml"))
    return dict(_load_contracts(tuple((path, path.stat().st_mtime_ns) for path in paths)))


@lru_cache(maxsize=8)
def _load_contracts(files: tuple[tuple[Path, int], ...]) -> tuple[tuple[str, Contract], ...]:
    problems: list[str] = []
    found: dict[str, Contract] = {}
    for path, _ in files:
        parser = _Parser(path)
        contract = parser.contract()
        problems += parser.problems
        if contract is not None:
            found[contract.id] = contract
    if problems:
        raise ContractError(problems)
    return tuple(found.items())


def load_products(folder: Path | None = None) -> dict[str, Product]:
    """Every product contract of a folder (default: the project's), by id. Raises ContractError."""
    problems: list[str] = []
    found: dict[str, Product] = {}
    for path in sorted((folder or PRODUCTS).glob("*.odcs.yaml")):
        parser = _Parser(path)
        product = parser.product()
        problems += parser.problems
        if product is not None:
            found[product.id] = product
    if problems:
        raise ContractError(problems)
    return found


def _custom(node: dict[str, Any]) -> dict[str, Any]:
    return {p["property"]: p["value"] for p in node.get("customProperties") or []}


def _text(node: Any) -> str:
    return " ".join(str(node or "").split())


class _Parser:
    """Parses one file and keeps every problem found, with the place where it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.node: dict[str, Any] = loaded if isinstance(loaded, dict) else {}
        self.custom = _custom(self.node)

    def say(self, where: str, problem: str) -> None:
        self.problems.append(f"{self.path.name} · {where} : {problem}")

    def one_of(self, where: str, key: str, value: Any, allowed: tuple[str, ...] | set[str]) -> None:
        if value not in allowed:
            near = difflib.get_close_matches(str(value), sorted(allowed), n=1)
            hint = f" (vouliez-vous « {near[0]} » ?)" if near else f" (attendu : {', '.join(sorted(allowed))})"
            self.say(where, f"{key} = « {value} » n'est pas admis{hint}")

    def head(self) -> bool:
        stem = self.path.name.removesuffix(".odcs.yaml")
        if self.node.get("id") != stem:
            self.say("id", f"« {self.node.get('id')} » doit être le nom du fichier, « {stem} »")
        for key in ("apiVersion", "kind", "name", "version", "schema"):
            if not self.node.get(key):
                self.say(key, "absent")
        self.one_of("domain", "domain", self.node.get("domain"), DATA_CLASSES)
        return not self.problems

    def contract(self) -> Contract | None:
        if not self.head():
            return None
        entities = tuple(self.entity(e) for e in self.node["schema"])
        layouts = tuple(self.layout(x, {e.name for e in entities}) for x in self.custom.get("layouts") or [])
        if not layouts:
            self.say("layouts", "aucune forme déclarée : rien ne pourrait être lu")
        codes = {x.code for x in layouts}
        for entity in entities:
            for field in entity.fields:
                for code in dict(field.columns or ()):
                    if code not in codes:
                        self.say(f"{entity.name}.{field.name}", f"column : la forme « {code} » n'existe pas")
        if self.problems:
            return None
        described = self.node.get("description") or {}
        return Contract(
            id=self.node["id"],
            name=_text(self.node["name"]),
            version=str(self.node["version"]),
            domain=self.node["domain"],
            description=_text(described.get("purpose") if isinstance(described, dict) else described),
            collection=self.custom.get("collection", self.node["id"]),
            nature=self.custom.get("nature", "collecte"),
            personal=bool(self.custom.get("personal", False)),
            layouts=layouts,
            entities=entities,
        )

    def product(self) -> Product | None:
        if not self.head():
            return None
        table = self.node["schema"][0]
        fields = tuple(self.field(table["name"], p) for p in table.get("properties") or [])
        keyed = sorted((f for f in fields if f.primary_key_position), key=lambda f: f.primary_key_position or 0)
        if not keyed:
            self.say(table["name"], "aucune clé primaire")
        described = self.node.get("description") or {}
        if self.problems:
            return None
        return Product(
            id=self.node["id"],
            title=_text(self.node["name"]),
            version=str(self.node["version"]),
            description=_text(described.get("purpose") if isinstance(described, dict) else described),
            domain=self.node["domain"],
            theme=self.custom.get("theme", "etablissements"),
            opening=self.custom.get("opening", "restreint"),
            usage_warnings=tuple(_text(w) for w in self.custom.get("usageWarnings") or []),
            grain=_text(table.get("dataGranularityDescription")),
            fields=fields,
            primary_key=tuple(f.name for f in keyed),
            quality=tuple(table.get("quality") or []),
        )

    def layout(self, node: dict[str, Any], entities: set[str]) -> Layout:
        where = f"layouts.{node.get('code')}"
        self.one_of(where, "reader", node.get("reader"), READERS)
        names = tuple(node.get("entities") or ([node["entity"]] if node.get("entity") else []))
        for name in names:
            self.one_of(where, "entity", name, entities)
        if not names:
            self.say(where, "entity ou entities absent")
        pattern = node.get("filename")
        if pattern:
            try:
                re.compile(pattern)
            except re.error as error:
                self.say(where, f"filename : expression illisible ({error})")
        return Layout(
            code=str(node.get("code")),
            version=str(node.get("version", self.node.get("version"))),
            reader=str(node.get("reader")),
            entities=names,
            options=dict(node.get("options") or {}),
            filename=pattern,
            millesime=dict(node.get("millesime") or {"delivery": True}),
            collecte_le=dict(node.get("collecteLe") or {"received": True}),
        )

    def entity(self, node: dict[str, Any]) -> Entity:
        name = node["name"]
        custom = _custom(node)
        for key in custom:
            self.one_of(name, "customProperties", key, _ENTITY_PROPERTIES)
        fields = tuple(self.field(name, p) for p in node.get("properties") or [])
        names = [f.name for f in fields]
        for repeated in sorted({n for n in names if names.count(n) > 1}):
            self.say(name, f"champ « {repeated} » déclaré deux fois")
        unit = custom.get("unit") or {}
        perimeter = custom.get("perimeter") or {}
        tie = custom.get("tieBreak") or {}
        for key, where in (
            (unit.get("field"), "unit"),
            (perimeter.get("field"), "perimeter"),
            (tie.get("field"), "tieBreak"),
        ):
            if key and key not in names:
                self.say(name, f"{where} : le champ « {key} » n'existe pas")
        if unit:
            self.one_of(name, "unit.unite", unit.get("unite"), ("ET", "EJ", "DEP"))
        if custom.get("timeBasis"):
            self.one_of(name, "timeBasis", custom["timeBasis"], TIME_BASES)
        observations = custom.get("observations", "direct" if unit else "none")
        self.one_of(name, "observations", observations, ("direct", "staging", "none"))
        if observations == "staging" and not custom.get("elements"):
            self.say(name, "elements absent : dire à quels éléments répond le modèle de préparation")
        if observations == "direct":
            for field in fields:
                if field.element and not (field.time_basis or custom.get("timeBasis")):
                    self.say(f"{name}.{field.name}", "timeBasis absent alors que le champ porte un élément")
        return Entity(
            name=name,
            description=_text(node.get("description")),
            grain=_text(node.get("dataGranularityDescription")),
            fields=fields,
            rules=tuple(self.rule(name, q) for q in node.get("quality") or [] if q.get("engine") == "polars-sql"),
            unit=unit.get("unite"),
            unit_field=unit.get("field"),
            time_basis=custom.get("timeBasis"),
            perimeter_field=perimeter.get("field"),
            perimeter_grouped=tuple(str(v) for v in perimeter.get("groupe") or ()),
            observations=observations,
            staged_elements=tuple(str(v) for v in custom.get("elements") or ()),
            tie_break_field=tie.get("field"),
            tie_break_order=tie.get("order", "desc"),
        )

    def rule(self, entity: str, node: dict[str, Any]) -> RowRule:
        severity = node.get("severity", "error")
        self.one_of(f"{entity}.{node.get('name')}", "severity", severity, ("error", "warning"))
        return RowRule(
            name=str(node.get("name")),
            expression=str(node["implementation"]),
            severity=severity,
            description=_text(node.get("description")),
            remedy=_text(node.get("businessImpact")),
        )

    def field(self, entity: str, node: dict[str, Any]) -> Field:
        name = node["name"]
        where = f"{entity}.{name}"
        custom = _custom(node)
        for key in custom:
            self.one_of(where, "customProperties", key, _FIELD_PROPERTIES)
        self.one_of(where, "logicalType", node.get("logicalType"), LOGICAL_TYPES)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            self.say(where, "un nom de champ est en minuscules, chiffres et soulignés")
        if custom.get("timeBasis"):
            self.one_of(where, "timeBasis", custom["timeBasis"], TIME_BASES)
        if custom.get("unit"):
            self.one_of(where, "unit", custom["unit"], UNITS)
        if custom.get("keyCheck"):
            self.one_of(where, "keyCheck", custom["keyCheck"], ("finess", "siren", "siret"))
        columns = custom.get("column")
        optional: dict[str, Any] = {}
        for key, attribute in (
            ("dateFormats", "date_formats"), ("trueValues", "true_values"), ("falseValues", "false_values"),
        ):  # fmt: skip
            if custom.get(key):
                optional[attribute] = tuple(str(v) for v in custom[key])
        plausible = custom.get("plausible")
        return Field(
            name=name,
            title=str(node.get("physicalName") or name),
            logical_type=str(node.get("logicalType")),
            description=_text(node.get("description")),
            required=bool(node.get("required", False)),
            unique=bool(node.get("unique", False)),
            primary_key_position=int(node.get("primaryKeyPosition", 1)) if node.get("primaryKey") else None,
            options=tuple(sorted((node.get("logicalTypeOptions") or {}).items())),
            columns=None if columns is None else tuple((str(k), v) for k, v in columns.items() if v is not None),
            aliases=tuple(str(v) for v in custom.get("aliases") or ()),
            key_check=custom.get("keyCheck"),
            null_values=tuple(str(v) for v in custom.get("nullValues") or ()),
            placeholders=tuple(str(v) for v in custom.get("placeholders") or ()),
            nomenclature=custom.get("nomenclature"),
            nomenclature_strict=bool(custom.get("nomenclatureStrict", False)),
            accepted_values=tuple(str(v) for v in custom.get("acceptedValues") or ()),
            element=custom.get("element"),
            component=str(custom.get("component") or ""),
            time_basis=custom.get("timeBasis"),
            unit=custom.get("unit"),
            factor=float(custom.get("factor", 1)),
            plausible=(plausible[0], plausible[1]) if plausible else None,
            suspect_below=custom.get("suspectBelow"),
            suspect_above=custom.get("suspectAbove"),
            void_when=custom.get("voidWhen"),
            proof=custom.get("proof"),
            **optional,
        )
