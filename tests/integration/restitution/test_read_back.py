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
from tests import shared
from tests.instants import now

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A département from its files to its publication; only read here."""
    return shared.played(tmp_path_factory).home


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
        for table, files in ((table, files) for table, files in result.files.items() if files):
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


# What an event may lack, by name; nothing else of it is refused.
LACKS = {
    "Task", "idUnite", "nomUnite", "categorieOrganisation", "modePriseCharge", "motifUnite", "idDecision",
    "idNat_Decision",
}  # fmt: skip


def test_each_task_conforms_and_says_the_same_event_of_the_same_decision(
    home: Home, again: Home, tmp_path: Path
) -> None:
    """Of the ESMS of which most events were not told though ViaTrajectoire knows the person."""
    chosen = rows(
        home,
        """SELECT s.finess_et FROM dlnuf.dlnuf_sejours s
           WHERE s.est_dit_vt AND (s.entree_non_dite_vt OR s.sortie_non_dite_vt)
             AND s.finess_et IN (SELECT finess_et FROM raw.viatrajectoire_ph__orientations)
             AND s.finess_et IN (SELECT finess_et FROM raw.dui__usagers)
           GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 4""",
    )
    paths: list[Path] = []
    for (finess,) in chosen:
        outcome = prepared(home, "sdo", finess, tmp_path / finess)
        assert set(outcome.to_confirm) <= LACKS
        paths += [file.path for file in outcome.files if file.path.suffix == ".json"]
    assert len(paths) > 1
    for path in paths:
        assert problems(json.loads(path.read_text(encoding="utf-8")), guide("sdo")) == []
    back = delivered(again, paths)["orientations"]
    assert len(back) == len(paths)
    assert back["tache_id"].n_unique() == len(paths)  # each event has its own name
    events = {
        (decision, status, on)
        for decision, entered, left in rows(
            home,
            """SELECT d.decision_id, s.date_entree, s.date_sortie
               FROM raw.dui__sejours s JOIN raw.dui__decisions d USING (finess_et, usager_id)
               WHERE s._est_courante AND d._est_courante AND s.finess_et IN (SELECT unnest($1))""",
            [finess for (finess,) in chosen],
        )
        for status, on in (("47", entered), ("48", left))
    }
    in_unit = {"47": "186", "48": "188"}
    for decision, status, unit, on, unit_on in back.select(
        "id_decision", "statut_esms", "statut_unite", "date_statut_esms", "date_statut_unite"
    ).iter_rows():
        assert (decision, status, on) in events
        assert (unit, unit_on) == (in_unit[status], on)


def test_the_lines_to_type_in_viatrajectoire_are_not_a_delivery(home: Home, again: Home, tmp_path: Path) -> None:
    finess = most_told(home, "entree_non_dite_vt", "viatrajectoire_pa__demandes")
    outcome = prepared(home, "viatrajectoire", finess, tmp_path / "sortie")
    (path,) = [file.path for file in outcome.files if file.path.name.startswith("mises_a_jour")]
    (receipt,) = delivery.deliver([path], again, now=now())
    assert receipt.status == "refused"
