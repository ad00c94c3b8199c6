"""What a contract about persons says of their part: what each of its rows tells, of whom, and how long it is kept.

Belongs here: the property `person` of a contract and of its entities (pydantic models), and what each kind of statement
needs. Does not belong here: what is derived from it (`derive.persons`), the durations of the classes of conservation
(`retention`), how traits are protected (`privacy`).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data_contracts import nomenclatures

if TYPE_CHECKING:
    from data_contracts.contract import Contract, Entity

# What a row tells. record: the file that a software keeps of a person. stay: a stay, planned ones included. demand: a
# request for admission. orientation: the follow-up of a decision of the CDAPH. decision: that decision. right: what a
# decision opens. register: an opposition or a consent. other: what matching does not read.
Kind = Literal["record", "stay", "demand", "orientation", "decision", "right", "register", "other"]
STATEMENTS = ("stay", "demand", "orientation")  # of a stay, or of a request for one
REQUESTS = ("demand", "orientation")
# What `dlnuf preparer` prepares for an ESMS.
GiveBack = Literal["resid", "viatrajectoire", "sdo", "ecarts"]
GIVE_BACKS: tuple[str, ...] = get_args(GiveBack)
# The columns that statements share, under the names that the layer gives them, and their types.
SHARED = {
    "modalite": "string", "date_demande": "date", "date_admission": "date", "date_entree": "date",
    "date_sortie": "date", "mois": "string", "statut": "string", "date_statut": "date", "est_papier": "boolean",
    "motif": "string", "mode_entree": "string",
}  # fmt: skip
_OTHERS = {
    "date_decision": "date", "date_echeance": "date", "decision": "string",
    "finalite": "string", "nature": "string", "date_effet": "date", "retire_le": "date",
}  # fmt: skip
# The words that the layer counts by: what the source writes is one of them, or a staging model translates it.
WORDS = {
    "statut": tuple(sorted({row["statut"] for row in nomenclatures.read_list("statuts_viatrajectoire")})),
    "finalite": ("pilotage", "appariement", "recherche", "toutes"),
    "nature": ("opposition", "consentement"),
}
# Keys of the identity strong enough to say, alone, whose a row is inside one ESMS.
_STRONG = ("cle_nom_prenom", "cle_traits", "cle_nir", "cle_mdph")


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class System(_Declared):
    """Which system a contract's statements of stays come from. Several contracts may speak for one system.

    rank: the order in which systems are believed and their statements placed, the first being 1.
    """

    system: str = Field(pattern=r"^[a-z][a-z0-9]*$")
    rank: int = Field(ge=1)


class Record(_Declared):
    """Whose a row is: its field holds the number of a record that another table keeps (`dui.usagers`)."""

    field: str
    of: str = Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")


class Via(_Declared):
    """Whose a row is, by another table: its `field` is `key` there (by default, the same name)."""

    field: str
    of: str = Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")
    key: str | None = None


class Retention(_Declared):
    """How long the rows are kept: their class in `conservation.yaml`, and which of their dates are a contact.

    open: what an empty exit says: that the stay goes on (`en_cours`), or that the person was there on the day of the
    file (`export`). but: rows that are no contact, whatever their dates (field: values).
    """

    retention_class: str = Field(alias="class")
    via: Via | None = None
    contacts: list[str] = []
    open: Literal["en_cours", "export"] | None = None
    but: dict[str, list[str]] = Field(default={}, max_length=1)
    death: str | None = None


class PersonRole(_Declared):
    """What the rows of one entity tell of persons. Names are those of stored columns.

    number: what tells a row from the others of its ESMS. fields: column of the layer -> field (SHARED, and those of
    decisions and registers). numbers: namespace -> field, numbers that say whose file it is wherever they stand.
    public: of requests, PA or PH. reshaped: a staging model that a person wrote gives these columns; else one is
    derived.
    """

    kind: Kind
    number: str | None = None
    record: Record | None = None
    fields: dict[str, str] = {}
    numbers: dict[str, str] = {}
    public: Literal["PA", "PH"] | None = None
    reshaped: bool = False
    give_back: list[GiveBack] = Field(default=[], alias="giveBack")
    retention: Retention


Model = TypeVar("Model", PersonRole, System)


def parse(model: type[Model], declared: Any, say: Callable[[str, str], None], where: str) -> Model | None:
    """The declared property, or None; everything that is wrong with its shape is said, in French."""
    if declared is None:
        return None
    try:
        return model.model_validate(declared)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            say(".".join((where, *map(str, problem["loc"]))), _in_words(model, problem))
        return None


def _in_words(model: type[BaseModel], problem: Mapping[str, Any]) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "missing":
        return "absent : le déclarer (docs/adding/persons.md)"
    if kind == "extra_forbidden":
        nested = {"record": Record, "retention": Retention, "via": Via}
        holder = next((nested[str(part)] for part in reversed(problem["loc"][:-1]) if part in nested), model)
        known = sorted(f.alias or name for name, f in holder.model_fields.items())
        near = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1)
        return f"clé inconnue ({f'vouliez-vous « {near[0]} » ?' if near else 'attendu : ' + ', '.join(known)})"
    if kind == "literal_error":
        return f"« {problem['input']} » n'est pas admis (attendu : {context['expected'].replace(' or ', ', ')})"
    return f"« {problem['input']} » : {problem['msg']}"


@dataclass(frozen=True)
class Told:
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
        return tuple(name for name in self.entity.identity_columns if name.startswith("cle_"))

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


def told(contracts: Mapping[str, Contract], *kinds: str) -> list[Told]:
    """The entities of these kinds (default: all): by the rank of their system, those without system last."""
    return [
        Told(c, e, e.person)
        for c in sorted(contracts.values(), key=lambda c: (c.person is None, c.person and c.person.rank, c.id))
        for e in c.entities
        if e.person and (not kinds or e.person.kind in kinds)
    ]


def tables_given_back(contracts: Mapping[str, Contract], give_back: str) -> dict[str, tuple[str, ...]]:
    """Source -> its tables that feed what is prepared for an ESMS."""
    found: dict[str, tuple[str, ...]] = {}
    for each in told(contracts):
        if give_back in each.role.give_back:
            found[each.contract.id] = (*found.get(each.contract.id, ()), each.entity.name)
    return found


# ---------------------------------------------------------------- what each kind needs

_NUMBER = "« number » absent : dire quel champ numérote la ligne (ou « reshaped », avec un modèle qui le fait)"
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


def problems(contracts: Mapping[str, Contract], classes: Collection[str]) -> Iterator[str]:
    """Everything that a role lacks or says wrongly: file, entity, what is missing, remedy. classes: of conservation."""
    ranks: dict[str, int] = {}
    for contract in contracts.values():
        for where, problem in _of_contract(contract, contracts, classes):
            yield f"{contract.id}.odcs.yaml · {where} : {problem}"
        if contract.person:
            first = ranks.setdefault(contract.person.system, contract.person.rank)
            if first != contract.person.rank:
                yield (
                    f"{contract.id}.odcs.yaml · person.rank : le système « {contract.person.system} » est au rang "
                    f"{first} dans un autre contrat et {contract.person.rank} ici : donner le même"
                )
    for rank in sorted({r for r in ranks.values() if list(ranks.values()).count(r) > 1}):
        same = ", ".join(sorted(system for system, given in ranks.items() if given == rank))
        yield f"person.rank : les systèmes {same} ont le même rang {rank} : dire lequel est cru le premier"
    yield from _shared_numbers(contracts)


Said = Iterator[tuple[str, str]]


def _of_contract(contract: Contract, contracts: Mapping[str, Contract], classes: Collection[str]) -> Said:
    for entity in contract.entities:
        where = f"{entity.name}.person"
        if entity.person is None:
            if contract.personal:
                yield (
                    where,
                    "absent : ces lignes portent des personnes ; dire ce qu'elles disent (kind) et leur conservation "
                    "(retention)",
                )
            continue
        if not contract.personal:
            yield where, "déclaré alors que le contrat ne dit pas « personal: true »"
            continue
        each = Told(contract, entity, entity.person)
        for problem in (
            *_needed(each),
            *_fields(each),
            *_references(each, contracts),
            *_kept(each, contracts, classes),
        ):
            yield where, problem
    for kind in ("decision", "right"):
        several = [e.name for e in contract.entities if e.person and e.person.kind == kind]
        if len(several) > 1:
            yield ", ".join(several), f"plusieurs tables de même nature ({kind}) : une seule par contrat est lue"
    statements = [e.name for e in contract.entities if e.person and e.person.kind in STATEMENTS]
    if statements and contract.person is None:
        yield (
            "person",
            f"absent alors que {', '.join(statements)} dit des séjours : déclarer le système et son rang "
            "({system: …, rank: …}), l'ordre dans lequel les systèmes sont crus ne se devine pas",
        )
    if contract.person and not statements:
        yield "person", "dit le rang d'un système dont aucune table ne dit de séjour : le retirer"


def _needed(each: Told) -> Iterator[str]:
    role = each.role
    if role.number is None and role.kind not in ("other", "register"):
        yield _NUMBER
    if role.kind == "record" and not each.identity_keys:
        yield "un dossier est celui d'une personne : déclarer « identity » (les traits qui la disent)"
    if role.kind in STATEMENTS and not each.identity_keys and role.record is None:
        yield _WHOSE
    if role.kind in ("decision", "right", "register") and role.record is None:
        yield "« record » absent : dire quel champ porte le numéro du dossier, et quelle table tient ces dossiers"
    lacking = [name for name in _NEEDED_FIELDS.get(role.kind, ()) if name not in role.fields]
    if lacking:
        yield f"fields : {', '.join(lacking)} absent : dire quel champ le porte ({{{lacking[0]}: <champ>}})"
    if role.kind in REQUESTS and role.public is None:
        yield "« public » absent : dire si ces demandes sont de personnes âgées (PA) ou handicapées (PH)"


def _fields(each: Told) -> Iterator[str]:
    """The columns named stand, are of the type of the layer, and speak its words. A reshaped one is SQL's to hold."""
    role, stored = each.role, {f.name: f for f in each.entity.stored.fields}
    for name in role.fields:
        if name not in {**SHARED, **_OTHERS}:
            yield f"fields.{name} : colonne inconnue{_near(name, {**SHARED, **_OTHERS})}"
    if each.entity.unit_field != "finess_et" and role.kind != "other":
        yield "l'unité de ces lignes doit être l'ESMS, dans « finess_et » (unit: {unite: ET, field: finess_et})"
    if role.reshaped:
        return
    if role.number and set(each.entity.stored.primary_key) != {"finess_et", role.number}:
        yield (
            f"la clé primaire doit être finess_et et « {role.number} », qui numérote les lignes ; si elle ne le peut "
            "pas, un modèle fait ce numéro (reshaped: true)"
        )
    named = (role.number, role.record and role.record.field, *role.fields.values(), *role.numbers.values())
    for column in sorted({n for n in named if n and n not in stored}):
        yield f"« {column} » n'est pas une colonne conservée{_near(column, stored)}"
    for name, column in role.fields.items():
        wanted = {**SHARED, **_OTHERS}.get(name)
        if column not in stored or wanted is None:
            continue
        if wanted != stored[column].logical_type:
            yield f"fields.{name} : « {column} » est de type {stored[column].logical_type}, {wanted} attendu"
        words = stored[column].accepted_values
        if name in WORDS and not (words and set(words) <= set(WORDS[name])):
            yield (
                f"fields.{name} : les valeurs de « {column} » doivent être déclarées (acceptedValues) parmi "
                f"{', '.join(WORDS[name])} ; si la source a les siennes, un modèle les traduit (reshaped: true)"
            )


def _references(each: Told, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """The tables named are there, and are what they are named for."""
    role = each.role
    if role.record:
        held = find(contracts, role.record.of)
        if held is None or held.role.kind != "record":
            records = {r.name: r for r in told(contracts, "record")}
            near = _near(role.record.of, records)
            yield f"record.of : « {role.record.of} » ne tient pas de dossiers (kind: record){near}"
    if role.kind == "right" and not [d for d in told(contracts, "decision") if d.contract is each.contract]:
        yield "un droit vient d'une décision : aucune table de ce contrat n'en tient (kind: decision)"
    via = role.retention.via
    if via:
        way = find(contracts, via.of)
        if way is None or (way.role.record is None and way.role.kind != "record"):
            yield f"retention.via.of : « {via.of} » ne dit pas à qui sont ses lignes (« record »)"
        elif (key := via.key or via.field) not in (names := {f.name for f in way.entity.stored.fields}):
            yield f"retention.via : « {key} » n'est pas une colonne de {via.of}{_near(key, names)}"


def _kept(each: Told, contracts: Mapping[str, Contract], classes: Collection[str]) -> Iterator[str]:
    role, kept = each.role, each.role.retention
    stored = {f.name: f for f in each.entity.stored.fields}
    if kept.retention_class not in classes:
        near = _near(kept.retention_class, classes)
        yield f"retention.class : « {kept.retention_class} » n'est pas une classe de conservation.yaml{near}"
    if role.kind != "record" and not (role.record or kept.via or each.strong_keys):
        yield f"retention : {_WHOSE} ; ou « retention.via » (le champ qui mène à une table qui le dit)"
    dates = (
        *kept.contacts,
        kept.death,
        *((role.fields.get("date_entree"), role.fields.get("date_sortie")) if kept.open else ()),
    )
    for column in filter(None, dates):
        if column not in stored:
            yield f"retention : « {column} » n'est pas une colonne conservée{_near(column, stored)}"
        elif stored[column].logical_type not in ("date", "timestamp"):
            yield f"retention : « {column} » n'est pas une date"
    if kept.open and not {"date_entree", "date_sortie"} <= role.fields.keys():
        yield "retention.open : « fields » ne dit ni entrée ni sortie, rien ne peut rester ouvert"
    for column in (*kept.but, *((kept.via.field,) if kept.via else ())):
        if column not in stored:
            yield f"retention : « {column} » n'est pas une colonne conservée{_near(column, stored)}"


def _shared_numbers(contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Two tables of records whose numbers become the same pseudonyms would make one person of two."""
    first: dict[tuple[str, str | None], str] = {}
    for each in told(contracts, "record"):
        field = next((f for f in each.entity.fields if f.name == each.role.number), None)
        if field is None or field.privacy is None:
            continue
        before = first.setdefault((field.privacy.domain, field.privacy.per), each.name)
        if before != each.name:
            yield (
                f"{each.contract.id}.odcs.yaml · {each.entity.name}.{field.name} : les numéros de {each.name} et de "
                f"{before} auraient les mêmes pseudonymes ; donner un autre « domaine », ou dire « record » si ce sont "
                "les mêmes dossiers"
            )


def find(contracts: Mapping[str, Contract], name: str) -> Told | None:
    """The entity that `source.table` names."""
    return next((each for each in told(contracts) if each.name == name), None)


def _near(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (vouliez-vous « {near[0]} » ?)" if near else ""
