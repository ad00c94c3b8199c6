"""One ESMS sends its DUI again: what is redone gives, in every table, the rows that redoing everything gives."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data_contracts.loading import load_contracts
from ingest.home import Home
from ingest.store import changes
from orchestration import layer_build
from tests.instants import TODAY
from tests.integration.personnes.persons_warehouse import Entrepot, Personne

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

ICI, AILLEURS = "010000008", "010000016"
WHOLE = ("build", "--full-refresh", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
ASKED = ("--select", "+int_observations")  # what is held back is told there, and made before it
PERSONNES = tuple(
    Personne(
        f"ZZNOM{i}", "FICTIF", f"19{30 + i}-01-02", "FM"[i % 2], "01999", nir=str(i), ins=str(i) if i % 3 else None
    )
    for i in range(24)
)


def contents(entrepot: Entrepot) -> dict[str, tuple[Any, ...]]:
    """Table -> rows and a digest of them, whatever their order."""
    with entrepot.ouvert() as connection:
        tables = connection.execute(
            """SELECT table_schema || '.' || table_name FROM information_schema.tables
               WHERE table_schema IN ('intermediate', 'dlnuf', 'marts')"""
        ).fetchall()
        digest = "SELECT count(*), CAST(bit_xor(hash(t)) AS VARCHAR) FROM {} t"
        return {name: connection.execute(digest.format(name)).fetchall()[0] for (name,) in tables}


def test_a_new_bundle_of_one_esms_gives_what_a_run_from_nothing_gives(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MAX_SHARE", float("inf"))  # of two ESMS, one is half
    e = Entrepot(Home(tmp_path / "var"), tmp_path_factory)
    for i, personne in enumerate(PERSONNES):
        et = ICI if i < 12 else AILLEURS
        e.usager(et, f"u{i}", personne, _delivery_id=et)
        e.sejour(et, f"u{i}", f"s{i}", modalite="HP", date_entree=f"2024-0{1 + i % 9}-05", _delivery_id=et)
        e.resident(AILLEURS, personne, f"2024-0{1 + i % 9}-06")
    e.dbt(*WHOLE)
    with e.ouvert() as connection:
        changes.built(connection, "v1")
    before = contents(e)

    # Someone leaves; someone whom the other ESMS knows comes, and opposes steering: the other leaves it out too.
    suite = {"_delivery_id": "suite", "_recu_le": datetime(2025, 2, 2, 8), "_collecte_le": date(2025, 1, 31)}
    e.sejour(ICI, "u1", "s1", modalite="HP", date_entree="2024-02-05", date_sortie="2024-12-01", **suite)
    e.usager(ICI, "u99", PERSONNES[20], **suite)
    e.sejour(ICI, "u99", "s99", modalite="HT", date_entree="2024-12-05", **suite)
    e.ajoute(
        "consentements__registre", finess_et=ICI, usager_id="u99", finalite="toutes", nature="opposition",
        date_effet=date(2024, 3, 1), **suite,
    )  # fmt: skip
    contracts = load_contracts()
    with e.ouvert() as connection:
        for source, table in (("dui", "usagers"), ("dui", "sejours"), ("consentements", "registre")):
            entity = contracts[source].entity(table).stored
            changes.note(connection, f"{source}__{table}", contracts[source], entity, {"suite"})
    build = layer_build.to_do(e.home, "v1", TODAY)
    assert "--full-refresh" not in build.command
    e.dbt("run", "--exclude", build.unchanged)
    partial = contents(e)
    opposed = "SELECT unite_id, usager_id FROM intermediate.int_dui__usagers WHERE est_oppose ORDER BY ALL"
    assert e.lire(opposed) == [(ICI, "u99"), (AILLEURS, "u20")]
    e.dbt("run", "--full-refresh")
    assert {name for name, rows in contents(e).items() if partial[name] != rows} == set()
    assert partial != before


def test_an_esms_that_begins_to_be_held_back_for_another_is_redone_with_it(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two smallest of a département are held back: A grows past C, whose figures leave no more."""
    monkeypatch.setattr(changes, "MAX_SHARE", 9.0)
    e = Entrepot(Home(tmp_path / "var"), tmp_path_factory)
    a, _, c = units = ("010000008", "010000016", "010000024")
    for unit, persons in zip(units, (12, 13, 14), strict=True):
        e.ajoute("finess__et", finess_et=unit, categorie_code="500", departement_finess="01", commune_cog="01053")
        _resident_since_long(e, unit, range(persons), _delivery_id=unit)
    e.dbt(*WHOLE, *ASKED)
    with e.ouvert() as connection:
        changes.built(connection, "v1")
    told = """SELECT DISTINCT unite_id FROM intermediate.int_observations
              WHERE source = 'dui' AND element_id = 'FILE_ACTIVE'"""
    assert e.lire(told) == [(c,)]

    _resident_since_long(e, a, range(12, 16), _delivery_id="suite")
    dui = load_contracts()["dui"]
    with e.ouvert() as connection:
        for table in ("usagers", "sejours"):
            changes.note(connection, f"dui__{table}", dui, dui.entity(table).stored, {"suite"})
    e.dbt("run", "--exclude", layer_build.to_do(e.home, "v1", TODAY).unchanged, *ASKED)
    assert e.lire(told) == [(a,)]
    partial = contents(e)
    e.dbt("run", "--full-refresh", *ASKED)
    assert {name for name, rows in contents(e).items() if partial[name] != rows} == set()


def _resident_since_long(e: Entrepot, unit: str, numbers: range, **values: Any) -> None:
    for i in numbers:
        someone = Personne(f"ZZ{unit}{i}", "FICTIF", f"19{30 + i}-01-02", "F", "01999", nir=f"{unit}{i}")
        e.usager(unit, f"u{i}", someone, **values)
        e.sejour(unit, f"u{i}", f"s{i}", modalite="HP", date_entree="2020-05-05", **values)


def test_persons_are_not_matched_again_for_what_is_not_about_them(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = Home(tmp_path / "var")
    Entrepot(home, tmp_path_factory)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("CREATE SCHEMA intermediate")
        connection.execute("CREATE TABLE intermediate.int_observations AS SELECT '1' AS unite_id")
        changes.built(connection, "v1")
    assert "intermediate.personnes" in layer_build.to_do(home, "v1", TODAY).unchanged
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("INSERT INTO raw.modifications VALUES ('PERSONNES', '*')")
    assert "intermediate.personnes" not in layer_build.to_do(home, "v1", TODAY).unchanged
