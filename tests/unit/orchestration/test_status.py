"""Counts of deliveries, rows and values."""

from __future__ import annotations

import pytest

from ingest.home import Home
from ingest.receive import landing
from orchestration.publication.errors import PublicationDamaged
from orchestration.status import deliveries, layer, status, unbalanced
from tests.instants import now
from tests.unit.orchestration.samples import frame, land, process, publish, value


def test_an_empty_home_counts_zero(home: Home) -> None:
    counted = status(home)
    assert counted["deliveries"] == {"received": 0, "accepted": 0, "refused": 0, "pending": 0, "quarantined": 0}
    assert counted["rows"] == {"read": 0, "accepted": 0, "rejected": 0}
    assert counted["version"] is None
    assert counted["sources"] == {}


def test_every_file_is_counted_once_whatever_became_of_it(home: Home) -> None:
    process(home, land(home, "bon.csv"), lues=10, acceptees=8)
    process(home, land(home, "corrige.csv"), lues=5, acceptees=5)
    process(home, land(home, "vide.csv", "finess"), lues=0, acceptees=0, motif="Aucune ligne.")
    land(home, "attend.csv")
    landing.refuse(home, filename="page.html", sha256="f" * 64, size=3, source=None, reason="Page HTML.", now=now(),
        is_open=True, keyring=None)  # fmt: skip
    counted = status(home)
    assert counted["deliveries"] == {"received": 5, "accepted": 2, "refused": 2, "pending": 1, "quarantined": 0}
    assert counted["rows"] == {"read": 15, "accepted": 13, "rejected": 2}
    assert counted["sources"] == {
        "cnsa_occupation": {"deliveries": 3, "read": 15, "accepted": 13, "rejected": 2},
        "finess": {"deliveries": 1, "read": 0, "accepted": 0, "rejected": 0},
    }


def test_a_refused_delivery_says_why(home: Home) -> None:
    process(home, land(home, "vide.csv"), lues=0, acceptees=0, motif="Aucune ligne.")
    assert [(d.filename, d.status, d.reason) for d in deliveries(home)] == [("vide.csv", "refused", "Aucune ligne.")]


def test_a_lost_row_is_named(home: Home) -> None:
    process(home, land(home, "bon.csv"), lues=10, acceptees=8)
    manifest = land(home, "perdu.csv")
    process(home, manifest, lues=10, acceptees=8)
    path = home.lake / "deliveries" / f"{manifest.delivery_id}.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"rejetees": 2', '"rejetees": 1'), encoding="utf-8")
    assert unbalanced(deliveries(home)) == ["perdu.csv (10 ≠ 8 + 1)"]


def test_the_layer_is_counted_in_the_publication(published: Home) -> None:
    found = layer(published)
    assert (found.observations, found.retained, found.losers) == (4, 3, 1)
    assert (found.conflicts, found.entries_avoided) == (1, 1)


def test_observations_are_retained_plus_losers(published: Home) -> None:
    counted = status(published)
    assert counted["observations"] == counted["retained"] + counted["losers"] == 4
    assert counted["version"] == "20261121T053000Z-0000"


def test_a_damaged_publication_is_said_in_words(home: Home) -> None:
    published = publish(home, "20260101T000000Z-00000000", {"dlnuf_valeurs": frame([value()])})
    [spoilt] = list(published.glob("*/dlnuf_valeurs.parquet"))
    spoilt.chmod(0o644)
    spoilt.write_bytes(b"ce n'est plus du Parquet")
    with pytest.raises(PublicationDamaged, match=r"dlnuf_valeurs\.parquet ne se lit pas"):
        status(home)
