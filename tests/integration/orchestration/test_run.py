"""A run executes the assets of the code location in process, stops when a check fails, and says why in words."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from ingest.fingerprint import declarations_digest
from ingest.home import Home
from ingest.store.lake import Result
from orchestration import assets, definitions, layer_build
from orchestration.lock import HomeBusy
from orchestration.progress import silent
from orchestration.publication import PublicationBlocked
from orchestration.resources import Warehouse
from orchestration.run import RunFailed, run
from tests.instants import now
from tests.integration.orchestration.conftest import Petit

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]


def test_a_run_reads_resolves_and_publishes(petit: Petit, capsys: pytest.CaptureFixture[str]) -> None:
    steps: list[str] = []
    outcome = run(petit.home, progress=lambda step, _done, _total: steps.append(step), now=now())
    assert (outcome.nothing_new, outcome.published, outcome.version, outcome.warnings) == (False, True, "v1", [])
    assert petit.asked == [("alpha", None), ("beta", None)]
    order = ["Préparation", "Lecture et validation : alpha", "Lecture et validation : beta", "Chargement de l'entrepôt",
             "Résolution et indicateurs (dbt)", "Contrôle et publication"]  # fmt: skip
    assert list(dict.fromkeys(steps)) == order
    assert capsys.readouterr().out == ""
    written = {path.name for path in petit.home.root.iterdir()}
    assert written == {"dbt", "format.json", "journaux", "publication", "verrou", "warehouse.duckdb"}


def test_a_failed_dbt_test_stops_before_publication_and_is_named(petit: Petit) -> None:
    petit.values = {"alpha": [None], "beta": [None]}
    with pytest.raises(RunFailed, match="contrôle not_null_dlnuf_valeurs_valeur : Got 1 result"):
        run(petit.home, now=now())
    assert petit.published == []


def last_built(petit: Petit) -> list[tuple[str]]:
    """What the warehouse says that its layer was built with: nothing, or one digest."""
    with duckdb.connect(str(petit.home.warehouse), read_only=True) as connection:
        return connection.execute("SELECT declarations FROM raw._construction").fetchall()


def test_a_build_that_fails_leaves_everything_to_redo(petit: Petit, monkeypatch: pytest.MonkeyPatch) -> None:
    def load_something_else(home: Home) -> None:
        petit.load_warehouse(home)
        with duckdb.connect(str(home.warehouse)) as connection:
            connection.execute("ALTER TABLE raw.alpha__sites RENAME id TO autre")

    run(petit.home, now=now())
    assert last_built(petit) == [(declarations_digest(),)]
    monkeypatch.setattr(assets, "load_warehouse", load_something_else)
    with pytest.raises(RunFailed, match="dlnuf_valeurs"):
        run(petit.home, now=now())
    assert last_built(petit) == []


def test_a_model_built_alone_leaves_what_is_to_redo(petit: Petit) -> None:
    run(petit.home, now=now())
    with duckdb.connect(str(petit.home.warehouse)) as connection:
        connection.execute("INSERT INTO raw.modifications VALUES ('ET', '010000008')")
    graph = definitions.build(petit.home, Warehouse(petit.home, now(), silent, False))
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            list(graph.assets or []),  # pyright: ignore[reportArgumentType] - the assets of the code location
            selection=dg.AssetSelection.assets(dg.AssetKey(["dlnuf", "dlnuf_valeurs"])),
            resources=graph.resources,
            instance=instance,
        )
    assert done.success
    with duckdb.connect(str(petit.home.warehouse), read_only=True) as connection:
        assert connection.execute("SELECT unite_id FROM raw.modifications").fetchall() == [("010000008",)]


def test_what_is_left_as_it_was_does_not_keep_the_rest_from_being_published(
    petit: Petit, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(petit.home, now=now())
    left = layer_build.Build(("build", "--exclude", "+dlnuf_valeurs"), "+dlnuf_valeurs")
    monkeypatch.setattr(layer_build, "to_do", lambda _home, _declarations, _today, *, whole_graph: left)
    run(petit.home, now=now())
    twice = list(petit.published)
    assert len(twice) == 2
    monkeypatch.setattr(assets, "_as_they_are", lambda _models, _unchanged: iter(()))
    with pytest.raises(RunFailed, match="publication : étape sautée"):
        run(petit.home, now=now())
    assert petit.published == twice


def test_observations_that_do_not_balance_stop_before_publication(petit: Petit) -> None:
    petit.values = {"alpha": [95, 95, 95], "beta": [80]}  # three equal winners: two rows are nowhere
    with pytest.raises(RunFailed, match="bilan_des_observations"):
        run(petit.home, now=now())
    assert petit.published == []


def test_a_lost_row_stops_before_publication(petit: Petit) -> None:
    deliver_result(petit, lues=10, acceptees=8, rejetees=1)
    with pytest.raises(RunFailed, match=r"Des lignes manquent.*10 ≠ 8 \+ 1"):
        run(petit.home, now=now())
    assert petit.published == []


def test_one_millesime_with_a_refused_delivery_and_a_fall_that_is_wanted(petit: Petit) -> None:
    deliver_result(petit, statut="refused", motif="En-tête inconnu.")
    outcome = run(petit.home, millesime=2022, allow_shrink=True, now=now())
    assert petit.asked == [("alpha", 2022), ("beta", 2022)]
    assert petit.shrunk == [True]
    assert outcome.published
    assert outcome.warnings == ["Contrôle livraisons_acceptees (raw) : alpha.csv (alpha)"]


def test_a_refusal_that_is_wanted_is_nothing_to_warn_of(petit: Petit) -> None:
    deliver_result(petit, statut="refused", motif="En-tête inconnu.")
    outcome = run(petit.home, to_refuse=frozenset({"a" * 64}), now=now())
    assert (outcome.published, outcome.warnings) == (True, [])


def test_a_blocked_publication_says_why(petit: Petit) -> None:
    petit.blocked = PublicationBlocked("l'acceptation a échoué.", ["2 taux hors bornes"])
    with pytest.raises(RunFailed, match=r"Publication bloquée : l'acceptation a échoué.\n  - 2 taux hors bornes"):
        run(petit.home, now=now())


def test_two_runs_never_write_together(petit: Petit, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise HomeBusy("occupé")

    monkeypatch.setattr("orchestration.lock._take", refuse)
    with pytest.raises(HomeBusy):
        run(petit.home, now=now())
    assert petit.asked == []


def deliver_result(petit: Petit, *, lues: int = 0, acceptees: int = 0, rejetees: int = 0, **rest: str) -> None:
    """A processed delivery of the source alpha in the lake."""
    from dataclasses import asdict

    from ingest import clock
    from ingest.receive import landing

    sha256, written = "a" * 64, clock.written(now())
    manifest = landing.Manifest("alpha-a", "alpha", "l", "csv", "1", "alpha.csv", sha256, 1, written, 2022, None)
    landing.write_json(petit.home.landing / "alpha" / f"{sha256}.json", asdict(manifest))
    statut, motif = rest.get("statut", "accepted"), rest.get("motif")
    result = Result("alpha-a", "alpha", statut, motif, lues, acceptees, rejetees)
    path: Path = petit.home.lake / "deliveries" / "alpha-a.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(asdict(result)), encoding="utf-8")
