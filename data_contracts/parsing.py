"""From ODCS v3.1 YAML to contracts: every problem of a file is kept, with the place where it is.

Belongs here: the keys of the files, what they may hold, and the parser. What ODCS does not have stands in
`customProperties`, listed in `docs/contracts.md`.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import yaml

from data_contracts.contract import Contract, Entity, Field, Layout, Product, RowRule

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

_FIELD_PROPERTIES = {
    "column", "aliases", "keyCheck", "nullValues", "placeholders", "dateFormats", "trueValues", "falseValues",
    "nomenclature", "nomenclatureStrict", "element", "component", "timeBasis", "unit", "factor", "plausible",
    "suspectBelow", "suspectAbove", "voidWhen", "voidReason", "proof", "acceptedValues",
}  # fmt: skip
_ENTITY_PROPERTIES = {"unit", "timeBasis", "perimeter", "observations", "elements", "tieBreak"}


def _custom(node: dict[str, Any]) -> dict[str, Any]:
    return {p["property"]: p["value"] for p in node.get("customProperties") or []}


def _text(node: Any) -> str:
    return " ".join(str(node or "").split())


class Parser:
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
            document=self.custom.get("document", self.node["id"]),
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
            perimeter_single=tuple(str(v) for v in perimeter.get("site") or ()),
            observations=observations,
            staged_elements=tuple(str(v) for v in custom.get("elements") or ()),
            tie_break_field=tie.get("field"),
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
        if custom.get("voidWhen") and not custom.get("voidReason"):
            self.say(where, "voidReason absent : dire en français pourquoi la valeur n'est pas utilisée")
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
            void_reason=custom.get("voidReason"),
            proof=custom.get("proof"),
            **optional,
        )
