"""What is prepared, delivered to the system itself, says the same: on a département of invented persons.

One test a kind of file. The table for ViaTrajectoire grand âge is not one of them: it says what somebody has to type
there, action by action, and holds no request; `test_the_lines_to_type_in_viatrajectoire_are_not_a_delivery` says that
they are not taken for one. Nor is the work list, which is about what systems say differently.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import polars as pl
import pytest

from data_contracts.guides import guide
from ingest import pipeline
from ingest.home import Home
from ingest.protect import keyrings
from ingest.receive import delivery
from orchestration.restitution import preparation
from orchestration.restitution.conformity import problems
from orchestration.restitution.preparation import Prepared
from tests import partage
from tests.instants import now

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

# Of a resident, what the DUI says and RESID-ESMS takes: column of the file -> column of the DUI, once stored.
_FIRST_KINDS = ("PA", "PH")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A département from its files to its publication; only read here."""
    return partage.played(tmp_path_factory).home


def rows(home: Home, query: str, *values: object) -> list[tuple]:
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return connection.execute(query, list(values)).fetchall()


def most_told(home: Home, flag: str, source: str) -> str:
    """The ESMS of which most events were not told, among those whose persons a system of that source knows."""
    ((finess,),) = rows(
        home,
        f"""SELECT s.finess_et FROM dlnuf.dlnuf_sejours s
            WHERE s.{flag} AND s.finess_et IN (SELECT finess_et FROM raw.{source})
              AND s.finess_et IN (SELECT finess_et FROM raw.dui__usagers)
            GROUP BY ALL ORDER BY count(*) DESC, s.finess_et LIMIT 1""",
    )
    return finess


def prepared(home: Home, kind: str, finess: str, out: Path) -> Prepared:
    return preparation.prepare(home, kind, finess, now=now(), out=out)


def delivered(again: Home, paths: list[Path]) -> dict[str, pl.DataFrame]:
    """The files, received by another home that has the same keys: table -> its accepted rows. None is rejected."""
    receipts = delivery.deliver(paths, again, now=now())
    assert [receipt.status for receipt in receipts] == ["received"] * len(paths), [r.reason for r in receipts]
    found: dict[str, list[pl.DataFrame]] = {}
    for result in pipeline.process_pending(again):
        assert (result.statut, result.rejetees) == ("accepted", 0), result
        for table, files in result.files.items():
            found.setdefault(table, []).extend(
                pl.read_parquet(again.lake / file, hive_partitioning=False) for file in files
            )
    return {table: pl.concat(frames, how="diagonal_relaxed") for table, frames in found.items()}


@pytest.fixture
def again(tmp_path: Path) -> Home:
    """A home where nothing was received."""
    assert keyrings.path_of_file().exists()  # pseudonyms are those of the département
    return Home(tmp_path / "relu")


def test_resid_says_the_same_stays_of_the_same_persons(home: Home, again: Home, tmp_path: Path) -> None:
    finess = most_told(home, "entree_non_dite_resid", "resid_esms__residents")
    outcome = prepared(home, "resid", finess, tmp_path / "sortie")
    (path,) = [file.path for file in outcome.files if file.path.name.startswith("resid_esms")]
    back = delivered(again, [path])["residents"]
    assert len(back) == outcome.rows[path.name] > 10
    stays = {
        (person, modality, entered): left
        for person, modality, entered, left in rows(
            home,
            """SELECT u.cle_traits, s.modalite, s.date_entree, s.date_sortie
               FROM raw.dui__sejours s JOIN raw.dui__usagers u USING (finess_et, usager_id)
               WHERE s.finess_et = ? AND s._est_courante AND u._est_courante""",
            finess,
        )
    }
    said = back.select("cle_traits", "modalite", "date_entree", "date_sortie").rows()
    known = [row for row in said if row[0] is not None]
    assert len(known) > 0.9 * len(said)  # a person without one of the five traits has no such key
    assert [row for row in known if stays.get(row[:3], "absent") != row[3]] == []


def test_each_task_says_the_same_event_of_the_same_decision(home: Home, again: Home, tmp_path: Path) -> None:
    finess = most_told(home, "entree_non_dite_vt", "viatrajectoire_ph__orientations")
    outcome = prepared(home, "sdo", finess, tmp_path / "sortie")
    paths = [file.path for file in outcome.files if file.path.suffix == ".json"]
    assert paths
    for path in paths:
        assert problems(json.loads(path.read_text(encoding="utf-8")), guide("sdo")) == []
    back = delivered(again, paths)["orientations"]
    assert len(back) == len(paths)
    assert back["tache_id"].n_unique() == len(paths)  # each event has its own name
    assert set(back.select("statut_esms", "statut_unite").rows()) <= {("47", "186"), ("48", "188")}
    events = set(
        rows(
            home,
            """SELECT o.id_decision, s.dui_date_entree, s.dui_date_sortie
               FROM dlnuf.dlnuf_sejours s JOIN raw.viatrajectoire_ph__orientations o USING (finess_et)
               WHERE s.finess_et = ? AND (s.entree_non_dite_vt OR s.sortie_non_dite_vt)""",
            finess,
        )
    )
    for decision, status, on, in_unit in back.select(
        "id_decision", "statut_esms", "date_statut_esms", "date_statut_unite"
    ).iter_rows():
        assert on == in_unit
        assert [e for e in events if e[0] == decision and on == e[1 if status == "47" else 2]], (decision, status, on)


def test_every_task_of_the_departement_conforms_and_every_other_event_says_what_it_lacks(
    home: Home, tmp_path: Path
) -> None:
    told = rows(
        home,
        """SELECT finess_et, count_if(entree_non_dite_vt) + count_if(sortie_non_dite_vt) FROM dlnuf.dlnuf_sejours
           WHERE finess_et IN (SELECT finess_et FROM raw.viatrajectoire_ph__orientations)
             AND finess_et IN (SELECT finess_et FROM raw.dui__usagers) GROUP BY 1 HAVING 2 > 0 ORDER BY 2 DESC, 1""",
    )
    tasks = 0
    for finess, _ in told[:6]:
        outcome = prepared(home, "sdo", finess, tmp_path / finess)
        for file in outcome.files:
            if file.path.suffix == ".json":
                tasks += 1
                assert problems(json.loads(file.path.read_text(encoding="utf-8")), guide("sdo")) == []
        assert set(outcome.to_confirm) <= {
            "Task", "idUnite", "nomUnite", "categorieOrganisation", "modePriseCharge", "motifUnite", "idDecision",
            "idNat_Decision",
        }  # fmt: skip
    assert tasks


def test_the_lines_to_type_in_viatrajectoire_are_not_a_delivery(home: Home, again: Home, tmp_path: Path) -> None:
    finess = most_told(home, "entree_non_dite_vt", "viatrajectoire_pa__demandes")
    outcome = prepared(home, "viatrajectoire", finess, tmp_path / "sortie")
    (path,) = [file.path for file in outcome.files if file.path.name.startswith("mises_a_jour")]
    (receipt,) = delivery.deliver([path], again, now=now())
    assert receipt.status == "refused"
