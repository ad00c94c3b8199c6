"""What a decision of the CDAPH gives: from a delivered bundle to « sans décision » and to the end of the right.

One person a kind of decision, all there on the day of the document (31 December 2024).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from ingest.pipeline import load_warehouse
from tests import dbt_here
from tests.instants import TODAY
from tests.integration.ingest.conftest import Guichet
from tests.integration.personnes.test_counted_states import person, stay
from tests.unit.readers import examples as ex
from tests.unit.readers.examples import ET, Node

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]
END = date(2030, 12, 31)
# person -> its decisions: (number, type, {…}); then: without a decision?, end of the right that is told.
CASES: dict[int, tuple[list[tuple[str, str | None, dict[str, Any]]], bool | None, date | None]] = {
    1: ([("A1", "1", {"right": True})], False, END),
    2: ([("A2", "2", {"right": True})], True, None),  # a refusal, whatever stands in it
    3: ([("A3", "3", {})], True, None),
    4: ([("A4", "4", {})], True, None),
    5: ([("A5", "5", {"closed": "2020-01-01", "right": True})], True, None),
    6: ([("A6", "1", {"right": True}), ("B6", "5", {"closed": "2024-06-01", "of": ["A6"]})], True, None),
    7: ([("A7", "1", {"right": True}), ("B7", "5", {"closed": "2025-02-01", "of": ["A7"]})], False, date(2025, 2, 1)),
    8: ([("A8", "1", {"right": True}),
         ("B8", "1", {"right": True, "of": ["A8"], "opened": "2024-05-01", "end": "2025-01-31"})],
        False, date(2025, 1, 31)),  # replaced: what the former one said of its end counts no more
    9: ([("A9", "1", {"right": True}), ("B9", "2", {"of": ["A9"]})], False, END),  # a refused renewal closes nothing
}  # fmt: skip


def decision(n: int, number: str, kind: str | None, said: dict[str, Any]) -> Node:
    inner: list[Node] = [{"url": "dateDecision", "valueDate": "2023-06-01"}]
    if kind:
        inner.append({"url": "typeDecision", "valueCodeableConcept": ex.concept(kind)})
    if "closed" in said:
        inner.append({"url": "dateEffetCloture", "valueDate": said["closed"]})
    if said.get("right"):
        care = [{"url": "modePriseCharge", "valueCodeableConcept": ex.concept("46")}]
        detail = [
            {"url": "temporaliteAccueil", "valueCodeableConcept": ex.concept("02")},
            {"url": "qualificationOrientation", "valueCodeableConcept": ex.concept("1")},
            {"url": "priseCharge", "extension": care},
        ]
        inner.append({"url": "droitPrestation", "extension": [
            {"url": "categorieDroitPrestation", "valueCodeableConcept": ex.concept("13")},
            {"url": "typeDroitPrestation", "valueCodeableConcept": ex.concept("13.1")},
            {"url": "dateOuverture", "valueDate": said.get("opened", "2020-01-01")},
            {"url": "dateEcheance", "valueDate": said.get("end", str(END))},
            {"url": "detailPrestation", "extension": detail},
        ]})  # fmt: skip
    numbers = [("IDDECISION", number), *(("IDDECISIONMAJ", other) for other in said.get("of", []))]
    resource = ex.profiled(
        "Basic",
        "tddui-basic-decision",
        identifier=[{"type": ex.concept(t), "system": "urn:oid:1.2.250.1.213.7.1", "value": v} for t, v in numbers],
        code=ex.concept("DECISION"),
        subject=ex.ref(f"patient-{n}"),
        extension=[{"url": f"{ex.SD}tddui-decision", "extension": inner}],
    )
    return ex.entry(f"decision-{number}", resource)


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    guichet = Guichet(tmp_path_factory.mktemp("decisions"))
    entries = [person(n, birthDate=f"19{50 + n}-03-04") for n in CASES]
    entries += [stay(n, 1) for n in CASES]
    entries += [decision(n, *each) for n, (told, _, _) in CASES.items() for each in told]
    guichet.take("tddui_2024-12-31_a.json", ex.as_bytes(ex.bundle(*entries)))
    load_warehouse(guichet.home)
    with duckdb.connect(str(guichet.home.warehouse)) as connection:  # FINESS says it is for disabled adults
        names = [
            n
            for (n,) in connection.execute(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_schema='raw' AND table_name='finess__et'"
            ).fetchall()
        ]
        row = {"finess_et": ET, "categorie_code": "255", "_delivery_id": "f", "_ligne": 1, "_est_courante": True,
               "_collecte_le": date(2024, 12, 31), "_recu_le": "2025-01-02", "millesime": 2024}  # fmt: skip
        kept = {name: value for name, value in row.items() if name in names}
        columns, marks = ", ".join(f'"{n}"' for n in kept), ", ".join("?" for _ in kept)
        connection.execute(f"INSERT INTO raw.finess__et ({columns}) VALUES ({marks})", list(kept.values()))
    for command in (("seed",), ("run", "--select", "+dlnuf_sejours", "+int_dui__personnes")):
        dbt_here.dbt(guichet.home, command, TODAY, tmp_path_factory)
    return duckdb.connect(str(guichet.home.warehouse), read_only=True)


@pytest.mark.parametrize("n", CASES)
def test_a_decision_gives_what_its_type_says(layer: duckdb.DuckDBPyConnection, n: int) -> None:
    _, without, end = CASES[n]
    found = layer.execute(
        """SELECT s.sans_decision, s.date_echeance_decision, s.decision_expirant
           FROM dlnuf.dlnuf_sejours s JOIN intermediate.int_personnes__groupes g USING (personne_id)
           JOIN staging.stg_dui__usagers u ON g.fiche_id = u.usager_id WHERE u.annee_naissance = ?""",
        [1950 + n],
    ).fetchone()
    soon = None if end is None else date(2024, 12, 31) <= end <= date(2025, 3, 31)
    assert found == (without, end, soon)


def test_the_detail_of_a_right_is_read(layer: duckdb.DuckDBPyConnection) -> None:
    assert layer.execute("SELECT DISTINCT temporalite, qualification FROM raw.dui__droits_prestations").fetchall() == [
        ("02", "1")
    ]
    care = layer.execute("SELECT DISTINCT rang, mode_prise_en_charge FROM raw.dui__prises_en_charge").fetchall()
    assert care == [(1, "46")]


def test_only_rights_in_force_make_a_person_oriented(layer: duckdb.DuckDBPyConnection) -> None:
    years = layer.execute(
        "SELECT u.annee_naissance - 1950 FROM intermediate.int_dui__personnes p JOIN staging.stg_dui__usagers u "
        "ON p.personne = u.usager_id WHERE p.a_orientation AND p.annee = 2024 ORDER BY 1"
    ).fetchall()
    assert [n for (n,) in years] == [1, 7, 8, 9]
