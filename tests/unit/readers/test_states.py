"""What is a fact: each status of each class, the other modifier elements, and what refuses a row.

Expected answers are written here, apart from the declared table, after FHIR R4 and the profiles of the ANS guides.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.read.frames import DEFAUT
from tests.unit.readers import examples as ex
from tests.unit.readers.examples import Node

Read = Callable[..., dict[str, pl.DataFrame]]
FACT, PLAN, REFUSED, CANCELLED, ERROR, NOTHING = "FAIT", "PREVU", "REFUSE", "ANNULE", "ERREUR", "rejetée"

_ENCOUNTER = {
    "arrived": FACT, "in-progress": FACT, "onleave": FACT, "finished": FACT, "cancelled": CANCELLED, "planned": PLAN,
    "entered-in-error": ERROR, "unknown": NOTHING, "absent": NOTHING, "inventé": NOTHING,
}  # fmt: skip
_TASK = {
    "draft": PLAN, "requested": PLAN, "received": PLAN, "accepted": PLAN, "ready": PLAN, "rejected": REFUSED,
    "in-progress": FACT, "on-hold": FACT, "completed": FACT, "failed": CANCELLED, "cancelled": CANCELLED,
    "entered-in-error": ERROR, "absent": NOTHING,
}  # fmt: skip
_GOAL = {
    "proposed": PLAN, "planned": PLAN, "accepted": FACT, "active": FACT, "on-hold": FACT, "completed": FACT,
    "cancelled": CANCELLED, "rejected": REFUSED, "entered-in-error": ERROR, "absent": NOTHING,
}  # fmt: skip
_REQUEST = {
    "draft": PLAN, "active": FACT, "on-hold": FACT, "completed": FACT, "revoked": CANCELLED, "entered-in-error": ERROR,
    "unknown": NOTHING, "absent": NOTHING,
}  # fmt: skip
# Name in the complete file of one person -> table, element, what each status is.
CASES: dict[str, tuple[str, str, dict[str, str]]] = {
    "sejour-1": ("sejours", "status", {**_ENCOUNTER, "triaged": FACT}),
    "evenement-1": ("evenements", "status", {**_ENCOUNTER, "triaged": PLAN}),
    "absence-1": ("presences_absences", "status", {
        "busy": FACT, "busy-tentative": PLAN, "free": CANCELLED, "busy-unavailable": CANCELLED,
        "entered-in-error": ERROR, "absent": NOTHING,
    }),
    "evaluation-1": ("evaluations", "status", {
        "in-progress": FACT, "completed": FACT, "amended": FACT, "stopped": CANCELLED, "entered-in-error": ERROR,
        "absent": NOTHING,
    }),
    "projet-1": ("projets", "status", _REQUEST),
    "besoin-1": ("projet_elements", "status", _REQUEST),
    "attente-1": ("projet_elements", "lifecycleStatus", _GOAL),
    "objectif-1": ("projet_elements", "lifecycleStatus", _GOAL),
    **dict.fromkeys(("action-1", "moyen-1", "prestation-1"), ("projet_elements", "status", _TASK)),
    "bilan-1": ("bilans", "status", _TASK),
    "transport-1": ("transports", "status", _TASK),
    "accord-1": ("accords", "status", {
        "draft": PLAN, "proposed": PLAN, "active": FACT, "rejected": REFUSED, "inactive": CANCELLED,
        "entered-in-error": ERROR, "absent": NOTHING,
    }),
}  # fmt: skip


def told(rows_of: Read, write: Callable[..., Path], name: str, table: str, **changed: Any) -> pl.DataFrame:
    """The row of one resource of the complete file, once some of its elements are changed (None: taken out)."""
    entries = ex.dossier()
    rank = next(i for i, each in enumerate(entries) if each["fullUrl"].endswith(f":{name}"))
    resource: Node = {k: v for k, v in {**entries[rank]["resource"], **changed}.items() if v is not None}
    entries[rank] = {**entries[rank], "resource": resource}
    rows = rows_of(write(ex.as_bytes(ex.bundle(*entries)), "a.json"), "fhir_bundle", (table,))[table]
    return rows.filter(pl.col("_ligne") == rank + 1)


@pytest.mark.parametrize(
    ("name", "status", "expected"), [(n, s, e) for n, (_, _, said) in CASES.items() for s, e in said.items()]
)
def test_a_status_says_what_the_statement_is(
    rows_of: Read, write: Callable[..., Path], name: str, status: str, expected: str
) -> None:
    table, element, _ = CASES[name]
    (row,) = told(rows_of, write, name, table, **{element: None if status == "absent" else status}).to_dicts()
    if expected == NOTHING:
        assert "statut" in row[DEFAUT]
        assert "Remède" in row[DEFAUT]
        assert "inventé" not in row[DEFAUT]  # it could name someone
    else:
        assert (row["etat"], row[DEFAUT]) == (expected, None)


@pytest.mark.parametrize(
    ("name", "changed", "expected"),
    [
        ("patient-1", {"active": False}, CANCELLED),
        ("patient-1", {"active": True}, FACT),
        ("patient-1", {}, None),
        ("patient-1", {"link": [{"type": "seealso"}, {"type": "replaced-by", "other": ex.ref("x")}]}, CANCELLED),
        ("patient-1", {"active": True, "link": [{"type": "replaced-by", "other": ex.ref("x")}]}, CANCELLED),
        ("patient-1", {"link": [{"type": "replaces", "other": ex.ref("x")}]}, None),
        ("projet-1", {"intent": "proposal"}, PLAN),
        ("projet-1", {"intent": "plan"}, FACT),
        ("besoin-1", {"doNotPerform": True}, REFUSED),
        ("accord-1", {"provision": {"type": "deny"}}, REFUSED),
        ("accord-1", {"provision": {"type": "deny"}, "status": "entered-in-error"}, ERROR),
    ],
)
def test_other_modifier_elements_count(
    rows_of: Read, write: Callable[..., Path], name: str, changed: dict[str, Any], expected: str | None
) -> None:
    table = "usagers" if name == "patient-1" else CASES[name][0]
    assert told(rows_of, write, name, table, **changed)["etat"].to_list() == [expected]


@pytest.mark.parametrize(
    "changed",
    [
        {"modifierExtension": [{"url": "urn:invente", "valueBoolean": True}]},
        {"hospitalization": {"modifierExtension": [{"url": "urn:invente", "valueBoolean": True}]}},
        {"implicitRules": "urn:invente"},
    ],
)
@pytest.mark.parametrize(("name", "table"), [("sejour-1", "sejours"), ("decision-1", "decisions")])
def test_what_changes_the_meaning_and_is_not_known_refuses_the_row(
    rows_of: Read, write: Callable[..., Path], name: str, table: str, changed: dict[str, Any]
) -> None:
    (row,) = told(rows_of, write, name, table, **changed).to_dicts()
    assert row[DEFAUT]
    assert "Remède" in row[DEFAUT]


def test_a_planned_stay_tells_no_entry_and_no_exit(rows_of: Read, write: Callable[..., Path]) -> None:
    (row,) = told(rows_of, write, "sejour-1", "sejours", status="planned", extension=[]).to_dicts()
    assert (row["date_entree"], row["date_sortie"]) == (None, None)
    assert (row["date_entree_previsionnelle"], row["date_sortie_previsionnelle"]) == ("2024-01-03", "2024-11-30")


def test_the_slots_of_an_agenda_out_of_use_are_refused(rows_of: Read, write: Callable[..., Path]) -> None:
    entries = ex.dossier()
    (agenda,) = (e["resource"] for e in entries if e["resource"]["resourceType"] == "Schedule")
    agenda["active"] = False
    rows = rows_of(write(ex.as_bytes(ex.bundle(*entries)), "a.json"), "fhir_bundle", ("presences_absences",))
    assert "agenda" in rows["presences_absences"][DEFAUT][0]


@pytest.mark.parametrize(
    ("status", "agreed"), [("active", "true"), ("rejected", "false"), ("inactive", None), ("entered-in-error", None)]
)
def test_an_agreement_that_does_not_stand_agrees_to_nothing(
    rows_of: Read, write: Callable[..., Path], status: str, agreed: str | None
) -> None:
    entries = ex.dossier()
    next(e for e in entries if e["fullUrl"].endswith(":accord-1"))["resource"]["status"] = status
    rows = rows_of(write(ex.as_bytes(ex.bundle(*entries)), "a.json"), "fhir_bundle", ("projets",))["projets"]
    assert rows["accord_usager"].to_list() == [agreed]


@pytest.mark.parametrize(
    ("before", "after", "table", "expected"),
    [
        ("<statusCode code=\"completed\"/>\n    <component><encounter>",
         "<statusCode code=\"cancelled\"/>\n    <component><encounter>", "sejours", CANCELLED),
        ("<component><encounter>", '<component><encounter negationInd="true">', "sejours", CANCELLED),
        ("<component><encounter>", '<component><encounter moodCode="INT">', "sejours", PLAN),
        ("<component><encounter>", '<component><encounter nullFlavor="NI">', "sejours", NOTHING),
        ('<value code="REALISE"/>', '<value code="ANNULE"/>', "evenements", CANCELLED),
        ('<value code="REALISE"/>', '<value code="VALIDE"/>', "evenements", PLAN),
        ('<value code="TERMINE"/>', '<value code="ANNULE"/>', "evaluations", CANCELLED),
    ],
)  # fmt: skip
def test_a_cda_document_says_it_too(
    rows_of: Read, write: Callable[..., Path], before: str, after: str, table: str, expected: str
) -> None:
    assert before in ex.CDA
    path = write(ex.CDA.replace(before, after, 1).encode(), "tddui_2024-12-31_a.xml")
    (row,) = rows_of(path, "cda", (table,))[table].to_dicts()
    if expected == NOTHING:
        assert "nullFlavor" in row[DEFAUT]
    else:
        assert (row["etat"], row[DEFAUT]) == (expected, None)


def test_an_entry_that_a_cda_document_denies_is_no_entry(rows_of: Read, write: Callable[..., Path]) -> None:
    denied = ex.CDA.replace('<observation moodCode="EVN"><code code="ORG-070"/>',
                            '<observation moodCode="EVN" negationInd="true"><code code="ORG-070"/>')  # fmt: skip
    assert denied != ex.CDA
    (row,) = rows_of(write(denied.encode(), "tddui_2024-12-31_a.xml"), "cda", ("sejours",))["sejours"].to_dicts()
    assert row["date_entree"] is None


@pytest.mark.parametrize(("status", "expected"), list(_TASK.items())[:-1])
def test_a_task_of_the_sdo_too(rows_of: Read, write: Callable[..., Path], status: str, expected: str) -> None:
    path = write(ex.as_bytes({**ex.orientation(), "status": status}), "sdo_2024-12-31_a.json")
    rows = rows_of(path, "fhir_bundle", ("orientations",), content="sdo")["orientations"]
    assert rows["etat"].to_list() == [expected]
