"""What a status of a sender says of its statement: a fact, a plan, a refusal, a cancellation, an error.

Belongs here: reading the two lists that declare it, in `nomenclatures` (`statuts_enonces`, a line a class and a code;
`etats_enonces`). Does not belong here: where the status stands in a file (`ingest.read`), what becomes
of a statement that is no fact (`ingest.validate.duplicates`, the staging models).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from data_contracts.nomenclatures import read_list

STATES = "etats_enonces"
FACT, PLANNED, REFUSED, ERROR = "FAIT", "PREVU", "REFUSE", "ERREUR"
UNKNOWN = "INCONNU"  # of a status that says itself that it does not know: such a statement is no row


@dataclass(frozen=True, slots=True)
class Status:
    """What one code of a status says. state: of `etats_enonces`, or UNKNOWN. word: of J281, or of agreements."""

    code: str
    state: str
    word: str | None
    label: str


@lru_cache(maxsize=64)
def statuses(kind: str, element: str) -> Mapping[str, Status]:
    """Code -> what it says, for one element of one class; empty when the class has no such element."""
    return {
        row["code"]: Status(row["code"], row["etat"], row["statut"] or None, row["libelle"])
        for row in read_list("statuts_enonces")
        if kind in row["classes"].split() and row["element"] == element
    }


@lru_cache(maxsize=1)
def withdrawn() -> frozenset[str]:
    """The states of a statement that takes back what was said under the same identifier."""
    return frozenset(row["code"] for row in read_list(STATES) if row["est_retire"] == "true")


def every_state() -> tuple[str, ...]:
    """The states of `etats_enonces`, in the order of the list."""
    return tuple(row["code"] for row in read_list(STATES))
