"""Deliveries when keys are created, renewed, lost, or found again: nothing is lost, and each time it is said."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from ingest.pipeline import load_warehouse, pending, process_pending
from ingest.protect import encryption, keyrings, landed_keys, pseudonyms
from ingest.receive import landing
from ingest.receive.delivery import Receipt, deliver
from ingest.store import lake
from ingest.store.lake import Result
from orchestration import inbox
from orchestration.cli.command import app
from tests.instants import now
from tests.integration.protection.conftest import Bureau

ROWS = (
    ("010000222", "A1", "", "Zorglub", "Ysm", "23/11/1937", "F", "", "02/01/2020", "", "", "2"),
    ("010000222", "A2", "", "Zorglub", "Bar", "24/11/1938", "M", "", "02/01/2020", "", "", "3"),
)
OTHERS = (("010000222", "A3", "", "Quetzal", "Ysm", "25/11/1939", "F", "", "02/01/2020", "", "", "4"),)


def received(bureau: Bureau, name: str = "essai_2025-01-31.csv", rows: tuple[tuple[str, ...], ...] = ROWS) -> Receipt:
    (receipt,) = deliver([bureau.file(name, *rows)], bureau.home, now=now())
    return receipt


def keyring_path() -> Path:
    return keyrings.path_of_file()


def mark(manifest: landing.Manifest) -> str:
    """What stands for the bytes of a delivery in its neutral name."""
    return (manifest.mark or "")[:8]


def away() -> Path:
    """The keyring is no longer where it was."""
    return keyring_path().rename(keyring_path().with_suffix(".perdu"))


def stored_pseudonyms(bureau: Bureau) -> list[str]:
    load_warehouse(bureau.home)
    with duckdb.connect(str(bureau.home.warehouse), read_only=True) as connection:
        query = "SELECT usager_id FROM raw.essai_personnes__usagers ORDER BY ALL"
        return [row[0] for row in connection.execute(query).fetchall()]


def result_of(bureau: Bureau) -> Result:
    (result,) = lake.results(bureau.home)
    return result


def test_without_a_keyring_a_file_about_persons_is_refused_and_keeps_no_byte(bureau: Bureau) -> None:
    away()
    receipt = received(bureau)
    assert receipt.status == "refused"
    assert receipt.reason is not None
    assert "dlnuf keys create" in receipt.reason
    assert [p.suffix for p in bureau.home.landing.rglob("*") if p.is_file()] == [".json"]
    keyrings.create(now=now())
    assert received(bureau).status == "received"
    assert landing.refusals(bureau.home) == []


def test_in_the_inbox_it_waits_until_there_is_a_keyring(bureau: Bureau) -> None:
    target = bureau.home.inbox / "essai_personnes" / "essai_2025-01-31.csv"
    target.parent.mkdir(parents=True)
    bureau.file("essai_2025-01-31.csv", *ROWS).rename(target)
    lost = away()
    assert [r.status for r in inbox.take(bureau.home, inbox.scan(bureau.home), now=now())] == ["refused"]
    assert target.exists()
    lost.rename(keyring_path())
    assert [r.status for r in inbox.take(bureau.home, inbox.scan(bureau.home), now=now())] == ["received"]
    assert not target.exists()


def test_the_same_bytes_are_one_delivery_although_they_are_never_encrypted_alike(bureau: Bureau) -> None:
    first = received(bureau)
    second = received(bureau, "essai_2025-01-31_bis.csv")
    assert (second.status, second.delivery_id) == ("known", first.delivery_id)
    (manifest,) = landing.manifests(bureau.home)
    sha256 = landing.sha256_of(bureau.folder / "essai_2025-01-31.csv")
    assert manifest.mark == pseudonyms.of_delivery(sha256, keyrings.load().pseudonyms)
    assert (manifest.cle, manifest.filename) == ("v1", f"essai_personnes_2025-01-31_{mark(manifest)}.csv")


def test_rotating_then_rewrapping_changes_neither_contents_nor_pseudonyms_nor_what_is_to_be_done(
    bureau: Bureau,
) -> None:
    received(bureau)
    process_pending(bureau.home)
    before = stored_pseudonyms(bureau)
    keyrings.rotate(now=now())
    received(bureau, "essai_2025-02-28.csv", OTHERS)
    assert [m.cle for m in landing.manifests(bureau.home)] == ["v1", "v2"]
    done = landed_keys.recover(bureau.home)
    assert (done.version, done.recovered, done.current, done.left) == ("v2", 1, 1, {})
    assert [m.cle for m in landing.manifests(bureau.home)] == ["v2", "v2"]
    assert landed_keys.recover(bureau.home).recovered == 0
    assert [v["fichiers"] for v in landed_keys.state(bureau.home)["versions"]] == [0, 2]
    assert len(pending(bureau.home)) == 1
    _without_version("v1")
    process_pending(bureau.home)
    assert set(before) < set(stored_pseudonyms(bureau))


def _without_version(version: str) -> dict[str, str]:
    """The keyring loses one of its versions, which is returned."""
    content = json.loads(keyring_path().read_text(encoding="utf-8"))
    lost = next(v for v in content["chiffrement"] if v["version"] == version)
    content["chiffrement"].remove(lost)
    keyring_path().write_text(json.dumps(content), encoding="utf-8")
    return lost


def test_renewing_pseudonyms_makes_every_delivery_be_read_again_and_changes_them_all(bureau: Bureau) -> None:
    received(bureau)
    process_pending(bureau.home)
    before = stored_pseudonyms(bureau)
    assert pending(bureau.home) == []
    keyrings.renew_pseudonyms(now=now())
    assert len(pending(bureau.home)) == 1
    process_pending(bureau.home)
    after = stored_pseudonyms(bureau)
    assert len(after) == len(before) == 2
    assert set(after).isdisjoint(before)
    assert result_of(bureau).pseudonymes == keyrings.load().pseudonyms.fingerprint


def test_a_delivery_whose_key_is_lost_is_refused_then_read_once_the_key_is_back(bureau: Bureau) -> None:
    received(bureau)
    lost = away()
    assert [r.statut for r in process_pending(bureau.home)] == ["refused"]
    motif = result_of(bureau).motif
    assert motif is not None
    assert "sauvegarde du trousseau" in motif
    assert pending(bureau.home) == []
    lost.rename(keyring_path())
    assert [r.statut for r in process_pending(bureau.home)] == ["accepted"]
    assert len(stored_pseudonyms(bureau)) == 2


def test_a_version_that_is_missing_is_named_and_waited_for(bureau: Bureau) -> None:
    received(bureau)
    named = mark(next(landing.manifests(bureau.home)))
    keyrings.rotate(now=now())
    lost = _without_version("v1")
    assert [r.statut for r in process_pending(bureau.home)] == ["refused"]
    motif = result_of(bureau).motif
    assert motif is not None
    assert "par la clé v1" in motif
    assert f"essai_personnes_2025-01-31_{named}.csv" in motif
    assert (pending(bureau.home), landed_keys.state(bureau.home)["fichiers_sans_cle"]) == ([], 1)
    content = json.loads(keyring_path().read_text(encoding="utf-8"))
    content["chiffrement"].insert(0, lost)
    keyring_path().write_text(json.dumps(content), encoding="utf-8")
    assert [r.statut for r in process_pending(bureau.home)] == ["accepted"]


def test_what_was_read_stays_while_the_keyring_is_away(bureau: Bureau) -> None:
    received(bureau)
    process_pending(bureau.home)
    before = stored_pseudonyms(bureau)
    away()
    assert pending(bureau.home) == []
    assert process_pending(bureau.home) == []
    assert stored_pseudonyms(bureau) == before


def test_another_keyring_cannot_read_what_the_lost_one_closed_and_its_pseudonyms_are_not_mixed(bureau: Bureau) -> None:
    received(bureau)
    process_pending(bureau.home)
    away()
    keyrings.create(now=now())
    assert [r.statut for r in process_pending(bureau.home)] == ["refused"]
    assert stored_pseudonyms(bureau) == []
    assert pending(bureau.home) == []
    again = received(bureau)
    assert (again.status, again.reason) == ("received", None)  # nothing tells, without its key, that it is the same
    assert [(r.delivery_id, r.statut) for r in process_pending(bureau.home)] == [(again.delivery_id, "accepted")]
    assert sorted(r.statut for r in lake.results(bureau.home)) == ["accepted", "refused"]
    assert len(stored_pseudonyms(bureau)) == 2
    assert landed_keys.state(bureau.home)["fichiers_sans_cle"] == 1


def test_a_file_of_which_one_version_of_the_key_is_lost_is_known_again_and_kept_under_the_current_one(
    bureau: Bureau,
) -> None:
    first = received(bureau)
    keyrings.rotate(now=now())
    _without_version("v1")
    process_pending(bureau.home)
    again = received(bureau)
    assert (again.delivery_id, "clé perdue" in (again.reason or "")) == (first.delivery_id, True)
    assert [r.statut for r in process_pending(bureau.home)] == ["accepted"]
    assert (landed_keys.state(bureau.home)["fichiers_sans_cle"], len(stored_pseudonyms(bureau))) == (0, 2)


@pytest.mark.parametrize("damage", ["cut", "byte", "swapped"])
def test_a_damaged_file_says_so_and_is_replaced_by_delivering_it_again(bureau: Bureau, damage: str) -> None:
    received(bureau)
    (manifest,) = landing.manifests(bureau.home)
    path = landing.bytes_of(bureau.home, manifest)
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[:-20]
    elif damage == "byte":
        content[encryption.HEADER + 10] ^= 1
    else:
        received(bureau, "essai_2025-02-28.csv", OTHERS)
        other = next(m for m in landing.manifests(bureau.home) if m.mark != manifest.mark)
        content = bytearray(landing.bytes_of(bureau.home, other).read_bytes())
    path.write_bytes(content)
    first = next(r for r in process_pending(bureau.home) if r.delivery_id == manifest.delivery_id)
    assert (first.statut, "abîmé" in (first.motif or "")) == ("refused", True)
    assert received(bureau).status == "received"
    (second,) = process_pending(bureau.home)
    assert (second.statut, second.acceptees) == ("accepted", 2)


def test_persons_nobody_can_tell_apart_are_not_doubles_and_a_later_delivery_replaces_them(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    from data_contracts import loading

    path = next(loading.SOURCES.glob("*.yaml"))
    text = (
        path.read_text(encoding="utf-8")
        .replace(
            "      - {property: observations, value: none}",
            "      - {property: observations, value: none}\n"
            "      - {property: primaryKey, value: [finess_et, cle_nom_prenom, entre_le]}",
        )
        .replace("{kind: record,", "{kind: record, reshaped: true,")
    )
    path.write_text(text, encoding="utf-8")
    unknown = tuple((*row[:5], "", *row[6:]) for row in ROWS)
    received(bureau, "essai_2025-01-31.csv", (*unknown, ROWS[0]))
    (result,) = process_pending(bureau.home)
    assert (result.acceptees, result.rejetees) == (3, 0)
    assert _current(bureau) == 3
    received(bureau, "essai_2025-02-28.csv", (unknown[0],))
    process_pending(bureau.home)
    assert _current(bureau) == 2


def _current(bureau: Bureau) -> int:
    load_warehouse(bureau.home)
    with duckdb.connect(str(bureau.home.warehouse), read_only=True) as connection:
        row = connection.execute("SELECT count(*) FILTER (_est_courante) FROM raw.essai_personnes__usagers").fetchone()
    return row[0] if row else 0


def test_the_commands_say_where_the_keys_are_and_never_what_they_are(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(bureau.home.root))
    received(bureau)
    said = ""
    for command in (["creer"], ["etat"], ["tourner"], ["recouvrir"], ["renouveler-pseudonymes"],
                    ["renouveler-pseudonymes", "--yes"], ["etat", "--json"]):  # fmt: skip
        answer = CliRunner().invoke(app, ["cles", *command], input="n\n")
        said += answer.output + repr(answer.exception)
        if command == ["recouvrir"]:
            assert "1 livraison mise sous la clé v2" in answer.output
    content = json.loads(keyring_path().read_text(encoding="utf-8"))
    assert str(keyring_path()) in said
    assert [v["version"] for v in content["chiffrement"]] == ["v1", "v2"]
    assert content["pseudonymes"]["version"] == "p2"
    for secret in (*content["chiffrement"], content["pseudonymes"]):
        assert secret["cle"] not in said


def test_the_stored_rows_name_the_version_of_their_pseudonyms(bureau: Bureau) -> None:
    received(bureau)
    process_pending(bureau.home)
    rows = pl.read_parquet(list((bureau.home.lake / "raw").rglob("*.parquet")))
    assert set(rows["version_cle"]) == {f"p1-{keyrings.load().pseudonyms.fingerprint[:8]}"}
