"""What a contract about persons says of their part: what each of its rows tells, of whom, and how long it is kept.

Belongs here: the property `person` of a contract and of its entities (pydantic models). Does not belong here: what each
kind of statement needs (`person_entities`), the durations of the classes of conservation (`retention`), how traits are
protected (`privacy`).
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field as Key

from data_contracts import nomenclatures
from data_contracts.strict_yaml import Strict

# What a row tells. record: the file that a software keeps of a person. stay: a stay, planned ones included. demand: a
# request for admission. orientation: the follow-up of a decision of the CDAPH. decision: that decision. right: what a
# decision opens. register: an opposition or a consent. other: what matching does not read.
Kind = Literal["record", "stay", "demand", "orientation", "decision", "right", "register", "other"]
STATEMENTS = ("stay", "demand", "orientation")  # of a stay, or of a request for one
REQUESTS = ("demand", "orientation")
# What `dlnuf prepare` prepares for an ESMS.
GiveBack = Literal["resid", "viatrajectoire", "sdo", "ecarts"]
GIVE_BACKS: tuple[str, ...] = get_args(GiveBack)
# The systems that SQL and pages name: the columns `entree_non_dite_vt` of products, the dates that the work list sets
# side by side, what is given back. Contract -> its system. Nothing names any other system: its name is free.
NAMED_SYSTEMS = {"dui": "dui", "resid_esms": "resid", "viatrajectoire_pa": "vt", "viatrajectoire_ph": "vt"}
TOLD_DATES = ("date_entree", "date_sortie")  # what each of them must tell: mismatches compare them
# The tables whose formats what is prepared is made of (`orchestration.restitution.dui_told`). Of any other one, only
# the list of mismatches takes something: who is in a stay.
PREPARED = (
    "dui.usagers", "dui.sejours", "dui.evaluations", "dui.decisions", "dui.decisions_remplacees",
    "dui.droits_prestations", "resid_esms.residents",
    "viatrajectoire_pa.demandes", "viatrajectoire_ph.orientations",
)  # fmt: skip
FED_BY_ANY = "ecarts"
# The columns that statements share, under the names that the layer gives them, and their types.
SHARED = {
    "modalite": "string", "date_demande": "date", "date_admission": "date", "date_entree": "date",
    "date_sortie": "date", "mois": "string", "statut": "string", "date_statut": "date", "est_papier": "boolean",
    "motif": "string", "mode_entree": "string",
}  # fmt: skip
OTHERS = {
    "date_decision": "date", "date_echeance": "date", "date_cloture": "date", "decision": "string",
    "est_attribution": "boolean",
    "finalite": "string", "nature": "string", "date_effet": "date", "retire_le": "date",
}  # fmt: skip
# The words that the layer counts by: what the source writes is one of them, or a staging model translates it.
WORDS = {
    "statut": tuple(sorted({row["statut"] for row in nomenclatures.read_list("statuts_viatrajectoire")})),
    "finalite": ("pilotage", "appariement", "recherche", "toutes"),
    "nature": ("opposition", "consentement"),
}


TableName = Annotated[str, Key(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")]  # source.table


class System(Strict):
    """Which system a contract's statements of stays come from. Several contracts may speak for one system.

    rank: the order in which systems are believed and their statements placed, the first being 1.
    """

    system: Annotated[str, Key(pattern=r"^[a-z][a-z0-9]*$")]
    rank: Annotated[int, Key(ge=1, description="dire dans quel ordre ce système est cru : cela ne se devine pas")]


class Record(Strict):
    """Whose a row is: its field holds the number of a record that another table keeps (`dui.usagers`)."""

    field: str
    of: TableName


class Via(Strict):
    """Whose a row is, by another table: its `field` is `key` there (by default, the same name)."""

    field: str
    of: TableName
    key: str | None = None


class Retention(Strict):
    """How long the rows are kept: their class in `conservation.yaml`, and which of their dates are a contact.

    open: what an empty exit says: that the stay goes on (`en_cours`), or that the person was there on the day of the
    file (`export`). but: rows that are no contact, whatever their dates (field: values).
    """

    retention_class: Annotated[str, Key(alias="class", description="dire de quelle classe de conservation.yaml")]
    via: Via | None = None
    contacts: tuple[str, ...] = ()
    open: Literal["en_cours", "export"] | None = None
    but: Annotated[dict[str, tuple[str, ...]], Key(max_length=1)] = Key(default_factory=dict)
    death: str | None = None


class PersonRole(Strict):
    """What the rows of one entity tell of persons. Names are those of stored columns.

    number: what tells a row from the others of its ESMS. fields: column of the layer -> field (SHARED, and those of
    decisions and registers). numbers: namespace -> field, numbers that say whose file it is wherever they stand.
    public: of requests, PA or PH. reshaped: a staging model that a person wrote gives these columns; else one is
    derived.
    """

    kind: Annotated[Kind, Key(description="dire ce que ces lignes disent")]
    number: str | None = None
    record: Record | None = None
    fields: dict[str, str] = Key(default_factory=dict)
    numbers: dict[str, str] = Key(default_factory=dict)
    public: Literal["PA", "PH"] | None = None
    reshaped: bool = False
    give_back: Annotated[tuple[GiveBack, ...], Key(alias="giveBack")] = ()
    retention: Annotated[Retention, Key(description="dire combien de temps ces lignes sont conservées")]
