"""From ODCS v3.1 YAML to contracts: every problem of a file is kept, with the place where it is.

Belongs here: the keys of the files, what they may hold, and the parser. Does not belong here: which files are contracts
(`loading`). What ODCS does not have stands in `customProperties`, listed in `docs/contracts.md`.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import yaml

from data_contracts import disclosure, value_domains
from data_contracts.contract import Contract, Entity, Field, Layout, Product, RowRule
from data_contracts.privacy import NEVER_STORED, ROLES, RULES, Privacy, key_columns

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
READERS = (
    "csv", "xlsx", "parquet", "json_records", "finess_json", "finess_xml", "fhir_bundle", "cda", "csv_produit",
    "crosstab",
)  # fmt: skip
PERSONAL_THEMES = ("publics", "parcours")  # of products: whatever they hold counts persons
KEY_CHECKS = ("finess", "siren", "siret", "nir", "rpps")
DATA_CLASSES = ("administratives", "sante", "accompagnement", "financieres", "services")

_FIELD_PROPERTIES = {
    "column", "aliases", "keyCheck", "nullValues", "placeholders", "dateFormats", "trueValues", "falseValues",
    "nomenclature", "nomenclatureStrict", "element", "component", "timeBasis", "unit", "factor", "plausible",
    "suspectBelow", "suspectAbove", "voidWhen", "voidReason", "proof", "acceptedValues", "privacy",
    "clearReason", "absenceMeans", "essential", "valueDomain", "comesFrom",
}  # fmt: skip
_ENTITY_PROPERTIES = {
    "unit", "timeBasis", "perimeter", "observations", "elements", "tieBreak", "identity", "primaryKey", "datedBy",
    "codesAt",
}  # fmt: skip
_PRIVACY_KEYS = {"regle", "nom", "domaine", "par", "nomenclature"}
# Where a mapping takes the value of a field from: exactly one of the three.
_MAPPED_FROM = ("colonne", "constante", "assemble")
_MAPPED_KEYS = {
    *_MAPPED_FROM, "codes", "separateur", "partie", "quand", "dates", "prefixe", "defaut", "motif",
}  # fmt: skip
_TABLE_KEYS = {"champs", "distinct", "quand"}


# What a column stored in the clear about persons must not admit, because senders put anything anywhere.
_CANARIES = (
    "Martin", "MARTIN", "martin", "Le Goff", "JEAN-PIERRE", "1850175056001", "185017505600168", "12 rue Haute",
    "zorglubellin-ysmerile", "23111937", "231137",
)  # fmt: skip
_NINE = "137119999"  # the first nine digits of a NIR, which a key check tells from a number of nine digits
_LARGEST = 1_000_000  # a number beyond it could be a NIR, or a date written without separators


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
        layouts = tuple(self.layout(x, entities) for x in self.custom.get("layouts") or [])
        if not layouts:
            self.say("layouts", "aucune forme déclarée : rien ne pourrait être lu")
        codes = {x.code for x in layouts}
        for entity in entities:
            for field in entity.fields:
                for code in dict(field.columns or ()):
                    if code not in codes:
                        self.say(f"{entity.name}.{field.name}", f"column : la forme « {code} » n'existe pas")
        self._personal(entities)
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

    def _personal(self, entities: tuple[Entity, ...]) -> None:
        """Rows about persons are protected or are not taken: what is private says so, and so does its contract."""
        private = any(e.identity or any(f.privacy for f in e.fields) for e in entities)
        personal = bool(self.custom.get("personal", False))
        if private and not personal:
            self.say(
                "personal", "absent alors que des champs portent « privacy » ou « identity » : dire personal: true"
            )
        if personal and not private:
            self.say("personal", "vrai, mais aucun champ ne porte « privacy » : tout serait conservé en clair")
        for entity in entities if personal else ():
            for field in entity.fields:
                if field.privacy is None and (lacking := _unfenced(field)):
                    self.say(f"{entity.name}.{field.name}", f"conservé en clair sur des personnes, {lacking}")

    def product(self) -> Product | None:
        if not self.head():
            return None
        table = self.node["schema"][0]
        fields = tuple(self.field(table["name"], p) for p in table.get("properties") or [])
        keyed = sorted((f for f in fields if f.primary_key_position), key=lambda f: f.primary_key_position or 0)
        if not keyed:
            self.say(table["name"], "aucune clé primaire")
        described = self.node.get("description") or {}
        disclosure = self._disclosure(fields, tuple(f.name for f in keyed))
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
            personal=bool(self.custom.get("personal", False)),
            disclosure=disclosure,
        )

    def _disclosure(self, fields: tuple[Field, ...], key: tuple[str, ...]) -> disclosure.Disclosure | None:
        """What a product says of its persons: one about persons says how they are hidden, or is refused."""
        personal, declared = bool(self.custom.get("personal", False)), self.custom.get("disclosure")
        for name in disclosure.pointing((f.name for f in fields), personal=personal):
            self.say(name, "désigne une personne, sous son nom ou un pseudonyme : aucune publication n'en contient")
        if self.custom.get("theme") in PERSONAL_THEMES and not personal:
            self.say("personal", f"absent alors que le thème est « {self.custom['theme']} » : dire personal: true")
        if personal and declared is None:
            self.say("disclosure", "absent alors que le produit compte des personnes : dire ce qui est masqué")
        if declared is None:
            return None
        if not personal:
            self.say("personal", "absent alors que « disclosure » est déclaré : dire personal: true")
        return disclosure.parse(declared, key, {f.name: f.logical_type for f in fields}, self.say)

    def mapping(self, contract: Contract) -> tuple[Layout, ...]:
        """The layouts of a product that exports a contract's entities its own way, one a kind of file.

        Problems, all said: an unknown entity or field, a field without column, a table without its key.
        """
        product = str(self.node.get("produit") or "")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", product):
            self.say("produit", f"« {product} » : attendu, un nom en minuscules, chiffres et soulignés")
        for key in ("version", "fichiers"):
            if not self.node.get(key):
                self.say(key, "absent")
        return tuple(self._mapped_file(product, node, contract) for node in self.node.get("fichiers") or [])

    def _mapped_file(self, product: str, node: dict[str, Any], contract: Contract) -> Layout:
        where = f"fichiers.{node.get('code')}"
        if not node.get("tables"):
            self.say(where, "tables absent : dire quelles tables ce fichier remplit")
        layout = {
            "code": f"{product}_{node.get('code')}",
            "reader": node.get("reader", "csv_produit"),
            "version": self.node.get("version"),
            "filename": node.get("filename"),
            "millesime": node.get("millesime") or {"none": True, "closing": "12-31"},
            "collecteLe": node.get("collecteLe") or {"filename": True},
            "options": {
                **(node.get("options") or {}), "produit": product, "dates": node.get("dates") or [],
                "tables": node.get("tables") or {},
            },
        }  # fmt: skip
        return self.layout(layout, contract.entities, where)

    def _mapped_tables(
        self, where: str, declared: dict[str, Any], entities: tuple[Entity, ...]
    ) -> dict[str, tuple[str, ...]]:
        """Entity -> fields that a mapping fills."""
        tables: dict[str, tuple[str, ...]] = {}
        for name, table in declared.items():
            for key in table:
                self.one_of(f"{where}.{name}", "clé", key, _TABLE_KEYS)
            tables[name] = tuple(table.get("champs") or ())
            for field, source in (table.get("champs") or {}).items():
                self._mapped_field(f"{where}.{name}.{field}", source)
            self._mapped_key(f"{where}.{name}", next((e for e in entities if e.name == name), None), tables[name])
        return tables

    def _mapped_field(self, where: str, source: Any) -> None:
        if not isinstance(source, dict):
            self.say(where, "attendu : {colonne: …}, {constante: …} ou {assemble: […]}")
            return
        given = [key for key in _MAPPED_FROM if source.get(key) is not None]
        if len(given) != 1:
            self.say(where, f"dire d'où vient la valeur, par un seul de : {', '.join(_MAPPED_FROM)}")
        for key in source:
            self.one_of(where, "clé", key, _MAPPED_KEYS)

    def _mapped_key(self, where: str, entity: Entity | None, carried: tuple[str, ...]) -> None:
        if entity is None:
            return
        names = {f.name for f in entity.fields}
        missing = [f.name for f in entity.fields if f.primary_key_position and f.name not in carried]
        missing += [name for name in entity.key if name in names and name not in carried]
        if missing:
            self.say(where, f"champ de la clé absent : {', '.join(missing)}")

    def layout(self, node: dict[str, Any], entities: tuple[Entity, ...], where: str = "") -> Layout:
        where = where or f"layouts.{node.get('code')}"
        self.one_of(where, "reader", node.get("reader"), READERS)
        known = {e.name: {f.name for f in e.fields} for e in entities}
        tables = {str(name): tuple(map(str, fields or ())) for name, fields in (node.get("tables") or {}).items()}
        mapped = (node.get("options") or {}).get("tables")
        if isinstance(mapped, dict):
            tables = self._mapped_tables(where, mapped, entities)
        names = tuple(node.get("entities") or ([node["entity"]] if node.get("entity") else tables))
        for name in names:
            self.one_of(where, "entity", name, set(known))
        if not names:
            self.say(where, "entity ou entities absent")
        for name, fields in tables.items():
            if name in known:
                for field in sorted(set(fields) - known[name]):
                    self.one_of(f"{where}.{name}", "champ", field, known[name])
            elif name not in names:
                self.one_of(where, "tables", name, set(known))
        if (decimal := (node.get("options") or {}).get("decimal")) is not None:
            self.one_of(where, "options.decimal", decimal, (".", ","))
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
            tables=tables,
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
        for key in ("datedBy", "codesAt"):
            day = custom.get(key)
            if day and not any(f.name == day and f.logical_type in ("date", "timestamp") for f in fields):
                self.say(name, f"{key} : « {day} » n'est pas un champ de type date")
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
        rules = tuple(self.rule(name, q) for q in node.get("quality") or [] if q.get("engine") == "polars-sql")
        entity = Entity(
            name=name,
            description=_text(node.get("description")),
            grain=_text(node.get("dataGranularityDescription")),
            fields=fields,
            rules=rules,
            unit=unit.get("unite"),
            unit_field=unit.get("field"),
            time_basis=custom.get("timeBasis"),
            perimeter_field=perimeter.get("field"),
            perimeter_grouped=tuple(str(v) for v in perimeter.get("groupe") or ()),
            perimeter_single=tuple(str(v) for v in perimeter.get("site") or ()),
            observations=observations,
            staged_elements=tuple(str(v) for v in custom.get("elements") or ()),
            tie_break_field=tie.get("field"),
            dated_by=custom.get("datedBy"),
            codes_at=custom.get("codesAt"),
            identity=tuple((str(role), str(field)) for role, field in (custom.get("identity") or {}).items()),
            key=tuple(map(str, custom.get("primaryKey") or ())),
        )
        self._stored(entity)
        for rule in rules:
            for spoken in rule.set_aside:
                self.one_of(f"{name}.{rule.name}", "setAside", spoken, set(names))
                if spoken in names and entity.makes_row(entity.field(spoken)):
                    self.say(f"{name}.{rule.name}", f"setAside : sans « {spoken} », la ligne n'en est plus une")
        return entity

    def _stored(self, entity: Entity) -> None:
        """What is private of an entity stands: known roles and fields, and what is stored afterwards is enough."""
        names = [f.name for f in entity.fields]
        for role, field in entity.identity:
            self.one_of(f"{entity.name}.identity", "rôle", role, ROLES)
            self.one_of(f"{entity.name}.identity.{role}", "champ", field, set(names))
        if entity.identity and not key_columns(dict(entity.identity)):
            self.say(entity.name, "identity : aucune clé ne se fait de ces seuls rôles")
        for field in entity.fields:
            where = f"{entity.name}.{field.name}"
            if field.privacy is None:
                continue
            if field.privacy.per:
                self.one_of(where, "privacy.par", field.privacy.per, set(names))
            if field.primary_key_position and not field.privacy.is_stored:
                self.say(where, "un champ jamais conservé ne peut pas être dans la clé primaire")
            if field.element:
                self.say(where, "un champ qui porte « privacy » ne peut pas répondre à un élément du dictionnaire")
        if not self.problems:
            kept = [f.name for f in entity.stored.fields]
            for repeated in sorted({n for n in kept if kept.count(n) > 1}):
                self.say(entity.name, f"colonne conservée « {repeated} » obtenue deux fois")
            for where, name in (
                *(("primaryKey", key) for key in entity.key), ("unit", entity.unit_field),
                ("perimeter", entity.perimeter_field), ("tieBreak", entity.tie_break_field),
                ("datedBy", entity.dated_by),
            ):  # fmt: skip
                if name and name not in kept:
                    self.say(entity.name, f"{where} : « {name} » n'est pas une colonne conservée")

    def privacy(self, where: str, name: str, node: Any) -> Privacy | None:
        """The privacy of a field: the name of a rule, or a rule with its parameters."""
        if node is None:
            return None
        given = node if isinstance(node, dict) else {"regle": node}
        for key in given:
            self.one_of(where, "privacy", key, _PRIVACY_KEYS)
        rule = str(given.get("regle"))
        self.one_of(where, "privacy.regle", rule, RULES)
        replaced = rule in RULES and rule not in (*NEVER_STORED, "identifiant")
        stored = str(given.get("nom") or ("" if replaced else name))
        if replaced and not re.fullmatch(r"[a-z][a-z0-9_]*", stored):
            self.say(where, "privacy.nom absent : dire sous quel nom la valeur réduite est conservée")
        if rule == "libelle" and not given.get("nomenclature"):
            self.say(where, "privacy.nomenclature absent : dire quels motifs reconnaissent le texte")
        domain = str(given.get("domaine") or name.removesuffix("_id")) if rule == "identifiant" else ""
        if "|" in domain:
            self.say(where, "privacy.domaine ne peut pas contenir « | »")
        return Privacy(rule, stored, domain, given.get("par"), given.get("nomenclature"))

    def rule(self, entity: str, node: dict[str, Any]) -> RowRule:
        severity = node.get("severity", "error")
        where, custom = f"{entity}.{node.get('name')}", _custom(node)
        self.one_of(where, "severity", severity, ("error", "warning"))
        for key in custom:
            self.one_of(where, "customProperties", key, ("setAside",))
        if custom and severity != "error":
            self.say(where, "setAside ne vaut que d'une règle « error » : un avertissement conserve tout")
        return RowRule(
            name=str(node.get("name")),
            expression=str(node["implementation"]),
            severity=severity,
            description=_text(node.get("description")),
            remedy=_text(node.get("businessImpact")),
            set_aside=tuple(map(str, custom.get("setAside") or ())),
        )

    def domain(self, where: str, node: dict[str, Any], custom: dict[str, Any]) -> value_domains.Domain | None:
        """The value domain that a field names; what the domain says, the field must not say again."""
        name = custom.get("valueDomain")
        if name is None:
            return None
        known = value_domains.domains()
        self.one_of(where, "valueDomain", name, set(known))
        domain = known.get(name)
        if domain is not None:
            for option in sorted(set(domain.options) & set(node.get("logicalTypeOptions") or {})):
                self.say(where, f"{option} est déjà dit par le domaine « {name} »")
            if domain.key and custom.get("keyCheck"):
                self.say(where, f"keyCheck est déjà dit par le domaine « {name} »")
        return domain

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
        domain = self.domain(where, node, custom)
        if custom.get("keyCheck"):
            self.one_of(where, "keyCheck", custom["keyCheck"], KEY_CHECKS)
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
        options = node.get("logicalTypeOptions") or {}
        return Field(
            name=name,
            title=str(node.get("physicalName") or name),
            logical_type=str(node.get("logicalType")),
            description=_text(node.get("description")),
            required=bool(node.get("required", False)),
            unique=bool(node.get("unique", False)),
            primary_key_position=int(node.get("primaryKeyPosition", 1)) if node.get("primaryKey") else None,
            options=tuple(sorted({**(domain.options if domain else {}), **options}.items())),
            columns=None if columns is None else tuple((str(k), v) for k, v in columns.items() if v is not None),
            aliases=tuple(str(v) for v in custom.get("aliases") or ()),
            domain=domain,
            comes_from=tuple(map(str, custom.get("comesFrom") or ())),
            key_check=custom.get("keyCheck") or (domain.key if domain else None),
            null_values=tuple(str(v) for v in custom.get("nullValues") or ()),
            placeholders=tuple(str(v) for v in custom.get("placeholders") or ()),
            absence_means=custom.get("absenceMeans"),
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
            clear_reason=custom.get("clearReason"),
            essential=bool(custom.get("essential", False)),
            privacy=self.privacy(where, name, custom.get("privacy")),
            **optional,
        )
