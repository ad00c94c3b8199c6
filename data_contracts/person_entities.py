"""The entities about persons of all contracts, with their roles, and what each kind of statement needs.

Belongs here: finding them, in the order in which their systems are believed, and saying what their roles lack. Does not
belong here: the property that says a role (`person_role`), what is derived from roles (`derive.person_models`).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from data_contracts.contract import Contract, Entity
from data_contracts.person_role import (
    FED_BY_ANY,
    NAMED_SYSTEMS,
    OTHERS,
    PREPARED,
    REQUESTS,
    SHARED,
    STATEMENTS,
    TOLD_DATES,
    WORDS,
    PersonRole,
)
from data_contracts.privacy import VERSION
from data_contracts.strict_yaml import Where, YamlFile

# Keys of the identity strong enough to say, alone, whose a row is inside one ESMS.
_STRONG = ("cle_nom_prenom", "cle_traits", "cle_nir", "cle_mdph")


@dataclass(frozen=True)
class PersonEntity:
    """An entity about persons, with its contract and its role: what the derived files and the readers loop over."""

    contract: Contract
    entity: Entity
    role: PersonRole

    @property
    def name(self) -> str:
        return f"{self.contract.id}.{self.entity.name}"

    @property
    def table(self) -> str:
        """Its table in the schema `raw`, and the end of the name of its staging model."""
        return f"{self.contract.id}__{self.entity.name}"

    @property
    def identity_keys(self) -> tuple[str, ...]:
        return tuple(name for name in self.entity.identity_columns if name != VERSION)

    @property
    def tells_who(self) -> bool:
        """The source says something of who its persons are: their file at the MDPH is a number of a file alone."""
        return any(role != "mdph" for role, _ in self.entity.identity)

    @property
    def strong_keys(self) -> tuple[str, ...]:
        """The keys of identity that say whose the row is when nothing else does, the surest first."""
        return () if self.role.kind == "record" else tuple(k for k in _STRONG if k in self.identity_keys)

    @property
    def number_domain(self) -> str | None:
        """The space of its local numbers, before they become pseudonyms."""
        privacy = next((f.privacy for f in self.entity.fields if f.name == self.role.number), None)
        return privacy.domain if privacy else None

    @property
    def birth_year(self) -> str | None:
        """The stored column that holds the year of birth."""
        born = dict(self.entity.identity).get("naissance")
        privacy = self.entity.field(born).privacy if born else None
        return privacy.name if privacy and privacy.rule == "annee" else None


def person_entities(contracts: Mapping[str, Contract], *kinds: str) -> list[PersonEntity]:
    """The entities of these kinds (default: all): by the rank of their system, those without system last."""
    return [
        PersonEntity(c, e, e.person)
        for c in sorted(contracts.values(), key=lambda c: (c.person is None, c.person and c.person.rank, c.id))
        for e in c.entities
        if e.person and (not kinds or e.person.kind in kinds)
    ]


def tables_given_back(contracts: Mapping[str, Contract], give_back: str) -> dict[str, tuple[str, ...]]:
    """Source -> its tables that feed what is prepared for an ESMS."""
    found: dict[str, tuple[str, ...]] = {}
    for each in person_entities(contracts):
        if give_back in each.role.give_back:
            found[each.contract.id] = (*found.get(each.contract.id, ()), each.entity.name)
    return found


# ---------------------------------------------------------------- what each kind needs

_NUMBER = "absent : dire quel champ numérote la ligne (ou « reshaped », avec un modèle qui le fait)"
_RECORD = "absent : dire quel champ porte le numéro du dossier, et quelle table tient ces dossiers"
_WHOSE = (
    "à qui sont ces lignes ? Déclarer « identity » (les traits de la personne), ou « record » (le champ qui porte le "
    "numéro d'un dossier, et la table qui tient ces dossiers)"
)
_NEEDED_FIELDS: dict[str, tuple[str, ...]] = {
    "stay": ("modalite", "date_entree", "date_sortie"),
    "demand": ("modalite", "statut", "date_statut", "date_demande"),
    "orientation": ("modalite", "statut", "date_statut"),
    "decision": ("date_decision",),
    "right": ("decision", "date_echeance"),
    "register": ("finalite", "nature", "date_effet", "retire_le"),
}
Said = Iterator[tuple[Where, str]]  # where in the role, and what is wrong there


def check(files: Mapping[str, YamlFile], contracts: Mapping[str, Contract], classes: Collection[str]) -> None:
    """Says to the file of each contract all that its roles lack, or say wrongly. classes: of conservation."""
    ranks: dict[str, int] = {}
    for name, contract in contracts.items():
        for where, problem in _of_contract(contract, contracts, classes):
            files[name].say(where, problem)
        if contract.person is None:
            continue
        system, rank = contract.person.system, contract.person.rank
        place: Where = ("customProperties", "person", "rank")
        if ranks.get(system, rank) != rank:
            files[name].say(
                place,
                f"le système « {system} » est au rang {ranks[system]} dans un autre contrat et {rank} ici : donner le "
                "même",
            )
        elif same := [other for other, taken in ranks.items() if taken == rank and other != system]:
            files[name].say(place, f"« {same[0]} » a déjà le rang {rank} : dire lequel des deux est cru le premier")
        ranks.setdefault(system, rank)
    _check_named_systems(files, contracts)
    _check_shared_numbers(files, contracts)


def gone(contracts: Mapping[str, Contract]) -> list[str]:
    """The tables that SQL and what is prepared name, and that no contract of the project declares any more."""
    tables = {f"{contract.id}.{entity.name}" for contract in contracts.values() for entity in contract.entities}
    said = "table absente. Les modèles de dbt et ce qui se prépare pour les ESMS la nomment : lui rendre son nom"
    return [
        f"{source}.odcs.yaml:1 · {table} : {said}"
        for source, table in (name.split(".") for name in PREPARED if name not in tables)
    ]


def _check_named_systems(files: Mapping[str, YamlFile], contracts: Mapping[str, Contract]) -> None:
    """The systems that SQL names keep their name, and tell the dates that it compares."""
    told = {system: _dates_of(contracts, system) for system in set(NAMED_SYSTEMS.values())}
    for name, system in NAMED_SYSTEMS.items():
        contract = contracts.get(name)
        if contract is None or contract.person is None:
            continue
        if contract.person.system != system:
            files[name].say(
                ("customProperties", "person", "system"),
                f"« {contract.person.system} » : ce système se nomme « {system} » dans les colonnes de dlnuf_sejours, "
                f"des produits et de ce qui se prépare ({system}_date_entree, est_dit_{system}…), lui garder ce nom",
            )
        elif lacking := [date for date in TOLD_DATES if date not in told[system]]:
            files[name].say(
                ("customProperties", "person"),
                f"aucune table du système « {system} » ne dit {', '.join(lacking)}, que les écarts comparent entre "
                "systèmes",
            )


def _dates_of(contracts: Mapping[str, Contract], system: str) -> set[str]:
    statements = person_entities(contracts, *STATEMENTS)
    return {
        name
        for each in statements
        if each.contract.person and each.contract.person.system == system
        for name in each.role.fields
    }


def _of_contract(contract: Contract, contracts: Mapping[str, Contract], classes: Collection[str]) -> Said:
    for rank, entity in enumerate(contract.entities):
        where: Where = ("schema", rank, "customProperties", "person")
        if entity.person is None:
            if contract.personal:
                yield (
                    where,
                    "absent : dire ce que ces lignes disent des personnes (kind) et leur conservation (retention)",
                )
        elif not contract.personal:
            yield where, "déclaré alors que le contrat ne dit pas « personal: true »"
        else:
            each = PersonEntity(contract, entity, entity.person)
            kept = _kept(each, contracts, classes)
            for found in (_needed(each), _fields(each), _references(each, contracts), _given_back(each), kept):
                yield from (((*where, *inside), problem) for inside, problem in found)
    for kind in ("decision", "right"):
        several = [rank for rank, e in enumerate(contract.entities) if e.person and e.person.kind == kind]
        for rank in several[1:]:
            place: Where = ("schema", rank, "customProperties", "person", "kind")
            yield place, f"une autre table de ce contrat est déjà de cette nature ({kind}) : une seule est lue"
    statements = [e.name for e in contract.entities if e.person and e.person.kind in STATEMENTS]
    if statements and contract.person is None:
        yield (
            ("customProperties", "person"),
            f"absent alors que {', '.join(statements)} dit des séjours : déclarer le système et son rang "
            "({system: …, rank: …}), l'ordre dans lequel les systèmes sont crus ne se devine pas",
        )
    if contract.person and not statements:
        yield ("customProperties", "person"), "dit le rang d'un système dont aucune table ne dit de séjour : le retirer"


def _needed(each: PersonEntity) -> Said:
    role = each.role
    if role.number is None and role.kind not in ("other", "register"):
        yield ("number",), _NUMBER
    if role.kind == "record" and not each.identity_keys:
        yield (), "un dossier est celui d'une personne : déclarer « identity » (les traits qui la disent)"
    if role.kind in STATEMENTS and not each.identity_keys and role.record is None:
        yield (), _WHOSE
    if role.kind in ("decision", "right", "register") and role.record is None:
        yield ("record",), _RECORD
    lacking = [name for name in _NEEDED_FIELDS.get(role.kind, ()) if name not in role.fields]
    if lacking:
        yield ("fields",), f"{', '.join(lacking)} absent : dire quel champ le porte ({{{lacking[0]}: <champ>}})"
    if role.kind in REQUESTS and role.public is None:
        yield ("public",), "absent : dire si ces demandes sont de personnes âgées (PA) ou handicapées (PH)"


def _fields(each: PersonEntity) -> Said:
    """The columns named stand, are of the type of the layer, and speak its words. A reshaped one is SQL's to hold."""
    role, stored = each.role, {f.name: f for f in each.entity.stored.fields}
    types = {**SHARED, **OTHERS}
    for name in role.fields:
        if name not in types:
            yield ("fields", name), f"colonne inconnue de la couche{_near(name, types)}"
    if each.entity.unit_field != "finess_et" and role.kind != "other":
        yield (), "l'unité de ces lignes doit être l'ESMS, dans « finess_et » (unit: {kind: ET, field: finess_et})"
    if role.reshaped:
        return
    if role.number and set(each.entity.stored.primary_key) != {"finess_et", role.number}:
        yield (
            ("number",),
            f"la clé primaire doit être finess_et et « {role.number} », qui numérote les lignes ; si elle ne le peut "
            "pas, un modèle fait ce numéro (reshaped: true)",
        )
    named: list[tuple[Where, str | None]] = [(("number",), role.number)]
    named += [(("record", "field"), role.record.field)] if role.record else []
    named += [(("fields", name), column) for name, column in role.fields.items()]
    named += [(("numbers", name), column) for name, column in role.numbers.items()]
    for where, column in named:
        if column and column not in stored:
            yield where, _not_stored(column, stored)
    for name, column in role.fields.items():
        if column not in stored or name not in types:
            continue
        if types[name] != stored[column].logical_type:
            yield ("fields", name), f"« {column} » est de type {stored[column].logical_type}, {types[name]} attendu"
        words = stored[column].accepted_values
        if name in WORDS and not (words and set(words) <= set(WORDS[name])):
            yield (
                ("fields", name),
                f"les valeurs de « {column} » doivent être déclarées (acceptedValues) parmi {', '.join(WORDS[name])} ; "
                "si la source a les siennes, un modèle les traduit (reshaped: true)",
            )


def _references(each: PersonEntity, contracts: Mapping[str, Contract]) -> Said:
    """The tables named are there, and are what they are named for."""
    role, via = each.role, each.role.retention.via
    if role.record:
        held = find(contracts, role.record.of)
        if held is None or held.role.kind != "record":
            near = _near(role.record.of, {record.name for record in person_entities(contracts, "record")})
            yield ("record", "of"), f"« {role.record.of} » ne tient pas de dossiers (kind: record){near}"
    if role.kind == "right" and not [d for d in person_entities(contracts, "decision") if d.contract is each.contract]:
        yield ("kind",), "un droit vient d'une décision : aucune table de ce contrat n'en tient (kind: decision)"
    if via:
        way = find(contracts, via.of)
        if way is None or (way.role.record is None and way.role.kind != "record"):
            yield ("retention", "via", "of"), f"« {via.of} » ne dit pas à qui sont ses lignes (« record »)"
        elif (key := via.key or via.field) not in (names := {f.name for f in way.entity.stored.fields}):
            yield ("retention", "via"), f"« {key} » n'est pas une colonne de {via.of}{_near(key, names)}"


def _given_back(each: PersonEntity) -> Said:
    """What a table feeds takes something of it."""
    if each.name in PREPARED:
        return
    for rank, kind in enumerate(each.role.give_back):
        if kind != FED_BY_ANY:
            yield (
                ("giveBack", rank),
                f"« {kind} » ne prend rien de {each.name} : ce fichier se fait de {', '.join(PREPARED)} ; une autre "
                f"source ne peut nourrir que « {FED_BY_ANY} »",
            )
        elif each.role.kind not in ("record", *STATEMENTS):
            yield (
                ("giveBack", rank),
                f"« {kind} » ne prend rien de {each.name} : il lit à qui est un séjour, dans les dossiers et "
                "les énoncés",
            )


def _kept(each: PersonEntity, contracts: Mapping[str, Contract], classes: Collection[str]) -> Said:
    role, kept = each.role, each.role.retention
    stored = {f.name: f for f in each.entity.stored.fields}
    if kept.retention_class not in classes:
        near = _near(kept.retention_class, classes)
        yield ("retention", "class"), f"« {kept.retention_class} » n'est pas une classe de conservation.yaml{near}"
    if role.kind != "record" and not (role.record or kept.via or each.strong_keys):
        yield ("retention",), f"{_WHOSE} ; ou « retention.via » (le champ qui mène à une table qui le dit)"
    ends = [role.fields.get(name) for name in ("date_entree", "date_sortie")] if kept.open else []
    if None in ends:
        yield ("retention", "open"), "« fields » ne dit ni entrée ni sortie, rien ne peut rester ouvert"
    dates: list[tuple[Where, str | None]] = [(("retention", "contacts"), name) for name in kept.contacts]
    dates += [(("retention", "death"), kept.death), *((("retention", "open"), name) for name in ends)]
    for where, column in dates:
        if column and column not in stored:
            yield where, _not_stored(column, stored)
        elif column and stored[column].logical_type not in ("date", "timestamp"):
            yield where, f"« {column} » n'est pas une date"
    for column in (*kept.but, *((kept.via.field,) if kept.via else ())):
        if column not in stored:
            yield ("retention",), _not_stored(column, stored)


def _check_shared_numbers(files: Mapping[str, YamlFile], contracts: Mapping[str, Contract]) -> None:
    """Two tables of records whose numbers become the same pseudonyms would make one person of two."""
    first: dict[tuple[str, str | None], str] = {}
    for each in person_entities(contracts, "record"):
        rank, field = next(
            ((rank, f) for rank, f in enumerate(each.entity.fields) if f.name == each.role.number), (0, None)
        )
        if field is None or field.privacy is None:
            continue
        before = first.setdefault((field.privacy.domain, field.privacy.per), each.name)
        if before != each.name:
            files[each.contract.id].say(
                ("schema", each.contract.entities.index(each.entity), "properties", rank),
                f"les numéros de {each.name} et de {before} auraient les mêmes pseudonymes ; donner un autre "
                "« domaine », ou dire « record » si ce sont les mêmes dossiers",
            )


def find(contracts: Mapping[str, Contract], name: str) -> PersonEntity | None:
    """The entity that `source.table` names."""
    return next((each for each in person_entities(contracts) if each.name == name), None)


def _not_stored(column: str, stored: Collection[str]) -> str:
    return f"« {column} » n'est pas une colonne conservée{_near(column, stored)}"


def _near(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (vouliez-vous « {near[0]} » ?)" if near else ""
