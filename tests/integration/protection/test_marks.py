"""What a home tells of the files about persons that it received to whoever has it and not the keyring: nothing that
confirms a guess; and what it still recognises, once its keys are renewed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest import clock
from ingest.home import Home
from ingest.pipeline import load_warehouse, process_pending
from ingest.protect import encryption, keyrings, landed_keys
from ingest.receive import landing, upkeep
from ingest.receive.delivery import deliver
from ingest.receive.landing import Manifest
from ingest.store import lake
from orchestration.cli.command import app
from orchestration.cli.options import FAILED
from orchestration.lock import HomeBusy, finish_upkeep, writing
from orchestration.status import status
from tests.instants import now
from tests.integration.protection import first_form
from tests.integration.protection.conftest import Bureau

HEADER = b"FINESS;Dossier;NIR;Nom;Pr\xc3\xa9noms;N\xc3\xa9 le;Sexe;Adresse;Entr\xc3\xa9 le;Sorti le;Statut;GIR\n"
LINE = b"010000222;A1;;Zorglub;Ysm;23/11/1937;F;;02/01/2020;;;2\n"
REGISTER = HEADER + LINE
LONGER = REGISTER + LINE.replace(b"A1", b"A2").replace(b"Zorglub", b"Quetzal")
UNKNOWN = b"nom;ne le\nZorglub;23/11/1937\n"


def sent(bureau: Bureau, name: str, content: bytes) -> Path:
    path = bureau.folder / name
    path.write_bytes(content)
    return path


def confirmations(home: Home, guess: bytes) -> list[str]:
    """Where a home confirms that a file holds exactly these bytes, to whoever has no key: its SHA-256 in a name or in
    the content of a file, in hexadecimal or as bytes; its exact size, told or betrayed by the length of a file."""
    digest = hashlib.sha256(guess)
    found = []
    for path in sorted(p for p in home.root.rglob("*") if p.is_file()):
        content, name = path.read_bytes(), str(path.relative_to(home.root))
        if digest.hexdigest()[:16] in name or digest.hexdigest()[:16].encode() in content or digest.digest() in content:
            found.append(f"SHA-256 dans {name}")
        if f'"size": {len(guess)}'.encode() in content:
            found.append(f"taille dans {name}")
        if path.suffix == ".enc" and path.stat().st_size in range(len(guess), len(guess) + 200):
            found.append(f"longueur de {name}")
    return found


def first_form_home(bureau: Bureau) -> dict[str, bytes]:
    """Two deliveries (the second of two years), and a refusal; what each delivery holds."""
    keyring = keyrings.load()
    first_form.received(bureau.home, keyring, REGISTER, "essai_personnes-1")
    first_form.received(bureau.home, keyring, LONGER, "essai_personnes-2", received_at="2025-03-01T08:00:00+00:00")
    first_form.received(bureau.home, keyring, LONGER, "essai_personnes-2-2024", millesime=2024)
    first_form.refused(bureau.home, UNKNOWN)
    return {"essai_personnes-1": REGISTER, "essai_personnes-2": LONGER, "essai_personnes-2-2024": LONGER}


def held(home: Home) -> dict[str, bytes]:
    """What the deliveries of a home hold, by their id, read with the keyring."""
    found = {}
    for manifest in landing.manifests(home):
        with landing.bytes_of(home, manifest).open("rb") as raw:
            found[manifest.delivery_id] = encryption.decrypting(raw, keyrings.load()).read()
    return found


def test_no_file_of_a_home_confirms_a_guess_at_a_register_of_one_line(bureau: Bureau) -> None:
    """Received, then refused, then of no known source: after a whole processing."""
    rejected = HEADER.replace(b"GIR", b"Groupe") + LINE
    paths = [
        sent(bureau, "essai_2025-01-31.csv", REGISTER),
        sent(bureau, "essai_2025-02-28.csv", rejected),
        sent(bureau, "page.csv", UNKNOWN),
    ]
    assert [r.status for r in deliver(paths, bureau.home, now=now())] == ["received", "refused", "refused"]
    process_pending(bureau.home)
    load_warehouse(bureau.home)
    assert status(bureau.home)["deliveries"] == {
        "received": 3, "accepted": 1, "refused": 2, "pending": 0, "quarantined": 0,
    }  # fmt: skip
    for guess in (REGISTER, rejected, UNKNOWN):
        assert confirmations(bureau.home, guess) == []


def test_the_search_finds_what_the_first_form_told(bureau: Bureau) -> None:
    first_form_home(bureau)
    assert len(confirmations(bureau.home, REGISTER)) == 4
    assert len(confirmations(bureau.home, UNKNOWN)) == 2


def test_registers_of_one_line_and_of_many_have_one_length(bureau: Bureau) -> None:
    many = HEADER + b"".join(LINE.replace(b"A1", f"B{n}".encode()) for n in range(900))
    deliver(
        [sent(bureau, f"essai_2025-0{n}-28.csv", c) for n, c in enumerate((REGISTER, many), 1)], bureau.home, now=now()
    )
    assert len({p.stat().st_size for p in bureau.home.landing.rglob("*.enc")}) == 1
    assert {m.size for m in landing.manifests(bureau.home)} == {encryption.CHUNK}


def test_without_a_keyring_a_refusal_tells_nothing_either_and_is_lifted_once_its_source_is_received(
    bureau: Bureau,
) -> None:
    lost = keyrings.path_of_file().rename(bureau.folder / "perdu")
    register = sent(bureau, "essai_2025-01-31.csv", REGISTER)
    for _ in range(2):
        deliver([register, sent(bureau, "page.csv", UNKNOWN)], bureau.home, now=now())
    assert len(landing.refusals(bureau.home)) == 2
    assert [confirmations(bureau.home, guess) for guess in (REGISTER, UNKNOWN)] == [[], []]
    lost.rename(keyrings.path_of_file())
    deliver([register], bureau.home, now=now())
    assert [r["filename"] for r in landing.refusals(bureau.home)] == ["inconnu.csv"]


def test_what_is_open_keeps_the_digest_that_anybody_can_check(tmp_path: Path) -> None:
    """The real contracts."""
    header = "FINESS;TAUX_OCC_TRIMESTRE3;NB_LITS_AUTORISES_INSTALLES;NB_LITS_OCC_2022;COMMENTAIRE_2022"
    home, path = Home(tmp_path / "var"), tmp_path / "occupation_du_28.csv"
    path.write_text(header + "\n1;2;3;4;5\n", encoding="utf-8")
    deliver([path], home, source="cnsa_occupation", now=now())
    (refusal,) = landing.refusals(home)
    assert refusal["sha256"] == refusal["digest"] == landing.sha256_of(path)
    assert refusal["size"] == path.stat().st_size


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], bool]]:
    """From the n-th change of a folder or write to a disk on, none is done any more. Yields whether it came to that."""
    done = 0

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def change(*args: object, **named: object) -> object:
            nonlocal done
            done += 1
            if done >= step:
                raise Killed
            return real(*args, **named)

        return change

    with monkeypatch.context() as patch:
        for owner, name in ((Path, "replace"), (Path, "unlink"), (os, "fsync")):
            patch.setattr(owner, name, counted(getattr(owner, name)))
        with suppress(Killed):
            yield lambda: done >= step


def assert_present_form(home: Home, plain: dict[str, bytes]) -> None:
    assert held(home) == plain
    files = [p for p in home.landing.rglob("[!.]*") if p.is_file()]
    assert sorted(p.suffix for p in files) == [".enc", ".enc", ".json", ".json", ".json", ".json"]
    assert {m.sha256 for m in landing.manifests(home)} == {None}
    assert [r["sha256"] for r in landing.refusals(home)] == [None]
    for guess in {*plain.values(), UNKNOWN}:
        assert confirmations(home, guess) == []


def test_a_home_of_the_first_form_is_brought_up_to_date_by_the_first_that_writes(bureau: Bureau) -> None:
    plain = first_form_home(bureau)
    assert held(bureau.home) == plain
    assert status(bureau.home)["deliveries"]["received"] == 4
    with writing(bureau.home):
        assert_present_form(bureau.home, plain)
    again = deliver([sent(bureau, "essai_2025-01-31.csv", REGISTER)], bureau.home, now=now())
    assert [(r.status, r.delivery_id) for r in again] == [("known", "essai_personnes-1")]
    assert [r.statut for r in process_pending(bureau.home)] == ["accepted"] * 3


def test_killed_at_any_step_it_goes_on_where_it_stopped_and_readers_see_every_delivery(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in range(1, 100):
        for path in (p for p in bureau.home.landing.rglob("*") if p.is_file()):
            path.unlink()
        plain = first_form_home(bureau)
        with killed_at(step, monkeypatch) as was_killed:
            upkeep.bring_up_to_date(bureau.home)
        assert held(bureau.home) == plain, step
        for path in bureau.home.landing.rglob(".*.tmp"):  # what a kill leaves: of the present form
            assert landing.sha256_of(path) not in plain
        upkeep.bring_up_to_date(bureau.home)
        assert_present_form(bureau.home, plain)
        if not was_killed():
            break
    assert 20 < step < 99


def test_without_its_key_a_delivery_of_the_first_form_stays_as_it_is_and_is_not_destroyed(bureau: Bureau) -> None:
    plain = first_form_home(bureau)
    lost = keyrings.path_of_file().rename(bureau.folder / "perdu")
    upkeep.bring_up_to_date(bureau.home)
    keyrings.create(now=now())
    upkeep.bring_up_to_date(bureau.home)
    assert len(list(landing.manifests(bureau.home))) == 3
    lost.replace(keyrings.path_of_file())
    assert held(bureau.home) == plain
    upkeep.bring_up_to_date(bureau.home)
    assert held(bureau.home) == plain
    assert [confirmations(bureau.home, guess) for guess in plain.values()] == [[], [], []]


def test_delivered_again_it_replaces_one_of_the_first_form_whose_key_is_lost(bureau: Bureau) -> None:
    first_form.received(bureau.home, keyrings.load(), REGISTER, "essai_personnes-1")
    keyrings.path_of_file().unlink()
    keyrings.create(now=now())
    (receipt,) = deliver([sent(bureau, "essai_2025-01-31.csv", REGISTER)], bureau.home, now=now())
    assert (receipt.status, receipt.delivery_id) == ("received", "essai_personnes-1")
    assert held(bureau.home) == {"essai_personnes-1": REGISTER}
    assert confirmations(bureau.home, REGISTER) == []


def marks_of(home: Home) -> list[str]:
    return [m.digest for m in landing.manifests(home)] + [r["digest"] for r in landing.refusals(home)]


@pytest.fixture
def three(bureau: Bureau) -> list[Path]:
    """A file that is received, one whose bytes are destroyed, one that is refused."""
    paths = [
        sent(bureau, "essai_2025-01-31.csv", REGISTER),
        sent(bureau, "essai_2025-02-28.csv", LONGER),
        sent(bureau, "page.csv", UNKNOWN),
    ]
    receipts = deliver(paths, bureau.home, now=now())
    assert [r.status for r in receipts] == ["received", "received", "refused"]
    process_pending(bureau.home)
    gone = list(landing.manifests(bureau.home))[1]
    landing.erase(landing.bytes_of(bureau.home, gone))
    result = next(r for r in lake.results(bureau.home) if r.delivery_id == gone.delivery_id)
    result.detruite_le = "2026-01-01T00:00:00+00:00"
    lake.write_result(bureau.home, result)
    return paths


def answers(bureau: Bureau, paths: list[Path]) -> list[tuple[str, str | None]]:
    return [(r.status, r.delivery_id) for r in deliver(paths, bureau.home, now=datetime(2026, 12, 1, tzinfo=UTC))]


def test_renewing_pseudonyms_changes_every_mark_and_each_file_is_still_known_again(
    bureau: Bureau, three: list[Path]
) -> None:
    """Even one whose bytes were destroyed: it does not come back."""
    before, known = marks_of(bureau.home), answers(bureau, three)
    assert [status for status, _ in known] == ["known", "known", "refused"]
    landed_keys.renew(bureau.home, now())
    after = marks_of(bureau.home)
    assert len(after) == len(before) == 3
    assert set(after).isdisjoint(before)
    assert answers(bureau, three) == known
    assert marks_of(bureau.home) == after


def test_a_renewal_that_was_killed_at_any_step_is_finished_by_the_next_that_writes(
    bureau: Bureau, three: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = answers(bureau, three)
    for step in range(1, 40):
        before = marks_of(bureau.home)
        keyrings.renew_pseudonyms(bureau.home, now=now())
        with killed_at(step, monkeypatch) as was_killed:
            upkeep.bring_up_to_date(bureau.home)
        assert len(list(landing.manifests(bureau.home))) == 2
        finish_upkeep(bureau.home)
        after = marks_of(bureau.home)
        assert (len(after), set(after) & set(before)) == (3, set())
        assert answers(bureau, three) == known
        if not was_killed():
            break
    assert 8 < step < 39


def test_who_receives_finishes_first_a_renewal_that_was_killed(
    bureau: Bureau, three: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else no mark would be known again, and the delivery whose bytes were destroyed would come back."""
    before = [m.delivery_id for m in landing.manifests(bureau.home)]
    keyrings.renew_pseudonyms(bureau.home, now=now())
    monkeypatch.setenv("DLNUF_HOME", str(bureau.home.root))
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 1, tzinfo=UTC))
    said = CliRunner().invoke(app, ["deliver", *map(str, three)])
    assert said.exit_code == FAILED  # one is refused again
    assert [m.delivery_id for m in landing.manifests(bureau.home)] == before
    assert len(landing.refusals(bureau.home)) == 1


@contextmanager
def held_by_another(home: Home) -> Iterator[None]:
    """The home is held as another process holds it: by a lock that this one has not taken."""
    with (home.root / "verrou").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def test_who_receives_while_another_renews_the_keys_waits_for_its_marks(bureau: Bureau, three: list[Path]) -> None:
    before = marks_of(bureau.home)
    with held_by_another(bureau.home):
        finish_upkeep(bureau.home, wait_s=0)  # it writes, and renews nothing: nobody waits
        keyrings.renew_pseudonyms(bureau.home, now=now())
        with pytest.raises(HomeBusy):
            finish_upkeep(bureau.home, wait_s=0)
        upkeep.bring_up_to_date(bureau.home)  # the other one makes the marks again
        finish_upkeep(bureau.home, wait_s=0)
        assert set(marks_of(bureau.home)).isdisjoint(before)
        assert [status for status, _ in answers(bureau, three)] == ["known", "known", "refused"]


@pytest.mark.parametrize("is_open", [True, False])
def test_a_file_refused_in_the_first_form_and_again_leaves_one_trace(bureau: Bureau, *, is_open: bool) -> None:
    """Of the first form, nothing says that the file is about nobody: it is marked, then found to be."""
    sha256 = hashlib.sha256(UNKNOWN).hexdigest()
    first_form.refused(bureau.home, UNKNOWN)
    finish_upkeep(bureau.home)
    landing.refuse(
        bureau.home,
        filename="inconnu.csv",
        sha256=sha256,
        size=len(UNKNOWN),
        source=None,
        reason="Inconnu.",
        now=now(),
        is_open=is_open,
        keyring=keyrings.load(),
    )
    (kept,) = landing.refusals(bureau.home)
    assert (kept["sha256"] == sha256) == is_open
    assert kept["received_at"] == "2025-02-01T08:00:00.000000+00:00"


def received_many(home: Home, count: int) -> list[str]:
    """Manifests of so many deliveries, without bytes; their ids."""
    keyring = keyrings.load()
    for number in range(count):
        sha256 = hashlib.sha256(b"%d" % number).hexdigest()
        facts = (
            f"essai-{number}",
            "essai_personnes",
            "csv",
            "csv",
            "1",
            "essai.csv",
            sha256,
            10,
            "2026-01-01T08:00:00Z",
        )
        landing.record(home, landing.marked(Manifest(*facts, millesime=None, collecte_le=None), sha256, 10, keyring))
    return sorted(f"essai-{number}" for number in range(count))


def test_whoever_reads_while_marks_are_made_again_sees_every_delivery(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are made again between the look at the folder and the first reading."""
    expected, read = received_many(bureau.home, 5), landing._read
    keyrings.renew_pseudonyms(bureau.home, now=now())

    def renewed_meanwhile(path: Path) -> Manifest:
        monkeypatch.setattr(landing, "_read", read)
        upkeep.bring_up_to_date(bureau.home)
        return read(path)

    monkeypatch.setattr(landing, "_read", renewed_meanwhile)
    assert [m.delivery_id for m in landing.manifests(bureau.home)] == expected


def test_making_marks_again_reads_each_manifest_a_few_times_however_many_there_are(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings, read = 0, landing._read

    def counted(path: Path) -> Manifest:
        nonlocal readings
        readings += 1
        return read(path)

    received_many(bureau.home, 20)
    keyrings.renew_pseudonyms(bureau.home, now=now())
    monkeypatch.setattr(landing, "_read", counted)
    upkeep.bring_up_to_date(bureau.home)
    assert 20 <= readings <= 20 * 5


def test_rotating_and_rewrapping_change_no_mark_and_leave_the_old_version_nothing_to_close(
    bureau: Bureau, three: list[Path]
) -> None:
    before, known = marks_of(bureau.home), answers(bureau, three)
    keyrings.rotate(now=now())
    assert [v["fichiers"] for v in landed_keys.state(bureau.home)["versions"]] == [3, 0]
    assert answers(bureau, three) == known
    landed_keys.recover(bureau.home)
    assert [v["fichiers"] for v in landed_keys.state(bureau.home)["versions"]] == [0, 3]
    content = json.loads(keyrings.path_of_file().read_text(encoding="utf-8"))
    del content["chiffrement"][0]
    keyrings.path_of_file().write_text(json.dumps(content), encoding="utf-8")
    assert marks_of(bureau.home) == before
    assert answers(bureau, three) == known
    landed_keys.renew(bureau.home, now())
    assert answers(bureau, three) == known
