"""Files made to hurt whoever receives them: each is refused in words, under its limit, and the next ones are received.

Each is made here, small or in parts, and never written whole anywhere.
"""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import signal
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data_contracts.limits import limits
from ingest import pipeline, remains
from ingest.guard.shortages import MachineFails
from ingest.home import Home
from ingest.pipeline import process_pending
from ingest.receive import examined, landing
from ingest.receive.delivery import Receipt, deliver
from ingest.store import lake
from orchestration import inbox
from orchestration.cli import summary
from orchestration.status import status
from tests.instants import now
from tests.unit.readers import examples

HEADER = "FINESS;TAUX_OCC_TRIMESTRE3;NB_LITS_AUTORISES_INSTALLES;NB_LITS_OCC_2022;TAUX_OCC_2022"
GOOD = f"{HEADER}\n010002228;97,5;80;78;96,2\n".encode()
GIB = 2**30


def gzip_of_zeros(size: int, before: bytes = b"", after: bytes = b"", one: bytes = b"0") -> bytes:
    """A gzip that unfolds to so many bytes, made without unfolding it: members follow each other."""
    block = gzip.compress(one * 2**24, mtime=0)
    return gzip.compress(before, mtime=0) + block * (size // 2**24) + gzip.compress(after, mtime=0)


def workbook_that_says(size: int, content: bytes = b"") -> bytes:
    """A workbook whose directory says that its sheet unfolds to so many bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", content)
        archive.infolist()[-1].file_size = size
    return out.getvalue()


def many_entries() -> bytes:
    """An archive of 20 000 empty parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(20_000):
            info = zipfile.ZipInfo(f"xl/{number}")
            archive.writestr(info, b"")
    return out.getvalue()


def sheet(cells: str) -> bytes:
    """A workbook of one sheet that holds this XML between its rows."""
    from openpyxl import Workbook

    book, out, changed = Workbook(), io.BytesIO(), io.BytesIO()
    active = book.active
    assert active is not None
    active.append(HEADER.split(";"))
    book.save(out)
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</sheetData>", cells.encode() + b"</sheetData>")
            new.writestr(name, content)
    return changed.getvalue()


def bundle_with(deep: bytes) -> bytes:
    """A TDDUI bundle that holds these bytes as a value of its last resource, 300 KB from its beginning."""
    patients = [examples.entry(f"u{n}", examples.patient(n)) for n in range(300)]
    last = {**examples.patient(301), "ici": "@"}
    content = examples.as_bytes(examples.bundle(*patients, examples.entry("u301", last)))
    before, after = content.split(b'"@"')
    assert len(before) > 200_000
    return before + deep + after


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def xml(inside: bytes) -> bytes:
    return b"<fluxfiness><structureej>" + inside + b"</structureej></fluxfiness>"


DEEP_XML = b"<a>" * 200_000 + b"</a>" * 200_000
CDA = b'<ClinicalDocument><templateId root="1.2.250.1.213.1.1.1.58"/><recordTarget/>'
BOMB_XML = (
    b'<?xml version="1.0"?><!DOCTYPE fluxfiness [<!ENTITY a "'
    + b"a" * 1000
    + b'">'
    + b"".join(f'<!ENTITY {new} "{f"&{old};" * 100}">'.encode() for old, new in ("ab", "bc", "cd", "de"))
    + b"]><fluxfiness><structureej><rs>&e;</rs></structureej></fluxfiness>"
)

# Name of the file, how it is made, and the limit that it passes, or words of its refusal.
FILES: list[tuple[str, str, Callable[[], bytes], str]] = [
    ("a number of 5 000 digits", "a.json", lambda: b'[{"code":' + b"9" * 5000 + b"}]", "chiffres"),
    ("the same, deep in a bundle", "b.json", lambda: bundle_with(b"9" * 5000), "chiffres"),
    ("70 000 nested arrays", "c.json", lambda: nested(70_000), "profondeur"),
    ("5 000 nested arrays", "d.json", lambda: nested(5_000), "profondeur"),
    ("70 000 nested arrays, deep in a bundle", "e.json", lambda: bundle_with(nested(70_000)), "profondeur"),
    ("nested objects under closing brackets in texts", "f.json", lambda: b'{"]]]":' * 5000 + b"1" + b"}" * 5000,
     "profondeur"),
    ("a workbook that unfolds to 3 GiB", "g.xlsx", lambda: workbook_that_says(3 * GIB, bytes(2**20)), "taux"),
    ("a workbook of 17 GiB", "g2.xlsx", lambda: workbook_that_says(17 * GIB, bytes(2**20)), "decompresse"),
    ("a workbook that says less than it holds", "h.xlsx", lambda: workbook_that_says(99, bytes(2**27)), "abîmé"),
    ("a gzip that unfolds to 4 GiB, as CSV", "i.csv.gz", lambda: gzip_of_zeros(4 * GIB, GOOD), "taux"),
    ("the same, as JSON", "j.json.gz", lambda: gzip_of_zeros(4 * GIB, b'[{"a":"', b'"}]'), "taux"),
    ("100 000 columns", "k.csv", lambda: ";".join(f"c{n}" for n in range(100_000)).encode() + b"\n1\n", "colonnes"),
    ("100 000 keys", "l.json", lambda: json.dumps([{f"c{n}": 1 for n in range(100_000)}]).encode(), "colonnes"),
    ("tags in tags, 200 000 times", "m.xml", lambda: xml(DEEP_XML), "profondeur"),
    ("the same in a CDA", "n.xml", lambda: CDA + DEEP_XML + b"</ClinicalDocument>", "profondeur"),
    ("entities of entities", "o.xml", lambda: BOMB_XML, "DOCTYPE"),
    ("an archive of 20 000 parts", "p.xlsx", many_entries, "entrees"),
    ("a cell in column ZZZZZZ", "q.xlsx", lambda: sheet('<row r="2"><c r="ZZZZZZ2"><v>1</v></c></row>'), "abîmé"),
    ("a row of number 1e300", "r.xlsx", lambda: sheet('<row r="1e300"><c><v>1</v></c></row>'), "abîmé"),
    ("a line of 33 MiB", "s.csv", lambda: GOOD + b"x" * (33 * 2**20), "ligne"),
    ("a text of 2 MB in a tag", "t.xml", lambda: xml(b"<rs>" + b"x" * 2_000_000 + b"</rs>"), "texte"),
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "var")


@pytest.fixture(autouse=True)
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a limit lets through dies of memory, on a reader that has little."""
    monkeypatch.setenv("DLNUF_LIMITE_MEMOIRE", "2000")


def receive(home: Home, folder: Path, name: str, content: bytes) -> Receipt:
    """The receipt of a file delivered with a good one after it, which must be received."""
    folder.mkdir()
    (folder / name).write_bytes(content)
    (folder / "z_occupation_2022.csv").write_bytes(GOOD)
    bad, good = deliver([folder], home, now=now())
    assert good.status == "received", good.reason
    return bad


@pytest.mark.parametrize(("name", "make", "met"), [pytest.param(*rest, id=title) for title, *rest in FILES])
def test_it_is_refused_in_words_and_the_next_one_is_received(
    name: str, make: Callable[[], bytes], met: str, home: Home, tmp_path: Path
) -> None:
    receipt = receive(home, tmp_path / "envoi", name, make())
    if receipt.status == "received":  # what is deep in a file is seen when it is read
        refused, read = sorted(process_pending(home), key=lambda result: result.statut == lake.ACCEPTED)
        assert (refused.statut, read.statut) == (lake.REFUSED, lake.ACCEPTED)
        assert refused.quarantaine is None
        reason = refused.motif or ""
    else:
        assert receipt.status == "refused"
        reason = receipt.reason or ""
    if met in limits():
        assert limits()[met].said in reason
        assert f"{limits()[met].setting}=" in reason
    else:
        assert met in reason
    assert "Remède" in reason
    assert "Erreur inattendue" not in reason


@pytest.fixture
def special(tmp_path: Path) -> Path:
    """A folder that holds a pipe, a socket, a device, links that lead out of it, and a good file."""
    folder = tmp_path / "envoi"
    folder.mkdir()
    (tmp_path / "secret.csv").write_bytes(GOOD.replace(b"97,5", b"11,1"))
    (tmp_path / "ailleurs").mkdir()
    os.mkfifo(folder / "a_tube.csv")
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(folder)  # the name of a socket is short
        one.bind("b_prise.csv")
        os.chdir(here)
    (folder / "c_lien.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "d_dossier.csv").symlink_to(tmp_path / "ailleurs")
    (folder / "e_rien.csv").symlink_to(tmp_path / "rien")
    (folder / "f_zero.csv").symlink_to("/dev/zero")
    (folder / "z_occupation_2022.csv").write_bytes(GOOD)
    return folder


def test_what_is_no_file_is_not_opened_and_no_link_leads_out_of_a_folder(home: Home, special: Path) -> None:
    *refused, good = deliver([special], home, now=now())
    assert good.status == "received"
    assert {receipt.status for receipt in refused} == {"refused"}
    told = {Path(receipt.path).name[0]: receipt.reason or "" for receipt in refused}
    assert "tube" in told["a"]
    assert "socket" in told["b"]
    assert all("lien qui mène hors du dossier" in told[name] for name in "cdef")
    assert len(list(landing.manifests(home))) == 1


def test_a_link_inside_its_folder_is_the_file_that_it_leads_to(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "envoi"
    folder.mkdir()
    (folder / "z_occupation_2022.csv").write_bytes(GOOD)
    (folder / "a_occupation_2022.csv").symlink_to(folder / "z_occupation_2022.csv")
    assert [receipt.status for receipt in deliver([folder], home, now=now())] == ["received", "known"]


def test_a_path_that_somebody_typed_may_be_a_link_and_not_a_device(home: Home, tmp_path: Path) -> None:
    (tmp_path / "occupation_2022.csv").write_bytes(GOOD)
    (tmp_path / "b_occupation_2022.csv").symlink_to(tmp_path / "occupation_2022.csv")
    linked, device = deliver([tmp_path / "b_occupation_2022.csv", Path("/dev/zero")], home, now=now())
    assert linked.status == "received"
    assert "périphérique" in (device.reason or "")


def test_a_file_that_holds_nothing_but_room_is_not_gone_through(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "occupation_2022.csv"
    path.touch()
    os.truncate(path, 17 * GIB)
    (receipt,) = deliver([path], home, now=now())
    assert limits()["decompresse"].said in (receipt.reason or "")


def test_the_inbox_is_cleared_of_what_is_no_file(home: Home, special: Path) -> None:
    home.inbox.mkdir(parents=True)
    special.rename(home.inbox / "cnsa_occupation")
    receipts = inbox.take(home, inbox.scan(home), now())
    assert sorted(receipt.status for receipt in receipts) == ["received", *["refused"] * 6]
    assert [p.name for p in (home.inbox / "cnsa_occupation").iterdir()] == []
    kept = list((home.inbox / inbox.REFUSED).iterdir())
    assert {path.suffix for path in kept} == {".txt"}
    assert len(kept) == 6
    assert [manifest.source for manifest in landing.manifests(home)] == ["cnsa_occupation"]


def dies(contracts: Any, delivery: tuple[Home, landing.Manifest, str]) -> lake.Result:
    """A reader that a delivery of 2023 ends, while it writes."""
    home, manifest, _ = delivery
    if manifest.millesime == 2023:
        unfinished = remains.temporary(home.lake / "raw" / f"{manifest.delivery_id}.parquet")
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.touch()
        os.kill(os.getpid(), signal.SIGSEGV)
    return _ONE(contracts, delivery)


_ONE = pipeline._one


def on_a_full_disk(contracts: Any, delivery: tuple[Home, landing.Manifest, str]) -> lake.Result:
    """Where nothing can be written."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lake, "write_accepted", full)
        return _ONE(contracts, delivery)


def test_a_full_disk_condemns_no_file(fragile: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_one", on_a_full_disk)
    with pytest.raises(MachineFails, match="le disque est plein"):
        process_pending(fragile)
    assert lake.results(fragile) == []
    monkeypatch.setattr(pipeline, "_one", _ONE)  # there is room again
    assert [result.statut for result in process_pending(fragile)] == [lake.ACCEPTED] * 2


@pytest.fixture
def fragile(monkeypatch: pytest.MonkeyPatch, home: Home, tmp_path: Path) -> Home:
    """A home in which two deliveries wait, one of which ends its reader."""
    monkeypatch.setattr(pipeline, "_one", dies)
    for year in (2022, 2023):
        path = tmp_path / f"cnsa_occupation_{year}.csv"
        path.write_bytes(GOOD.replace(b"97,5", b"97,6" if year == 2023 else b"97,5"))
        (receipt,) = deliver([path], home, now=now(), millesime=year)
        assert receipt.status == "received", receipt.reason
    return home


def test_a_delivery_that_ends_its_reader_waits_in_quarantine_until_somebody_asks(
    fragile: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, stopped = sorted(process_pending(fragile), key=lambda result: result.quarantaine is not None)
    assert read.statut == lake.ACCEPTED
    assert (stopped.statut, stopped.quarantaine) == (lake.REFUSED, "arret")
    assert "SIGSEGV" in (stopped.motif or "")
    assert stopped.balances
    assert list(fragile.lake.rglob("*.tmp")) == []
    told = status(fragile)
    assert told["deliveries"]["quarantined"] == 1
    assert told["quarantine"][0]["reason"] == stopped.motif
    assert f"  {stopped.motif}" in summary.of_status(told)
    monkeypatch.setattr(pipeline, "_one", _ONE)  # what made it fall is mended
    assert process_pending(fragile) == []  # and nobody knows
    with monkeypatch.context() as changed:
        changed.setenv("DLNUF_LIMITE_MEMOIRE", "3000")
        assert [manifest.millesime for manifest in pipeline.pending(fragile)] == [2023]
    with monkeypatch.context() as changed:
        changed.setattr(pipeline, "digest", lambda *_: "un autre logiciel")
        assert len(pipeline.pending(fragile)) == 2
    assert [manifest.millesime for manifest in pipeline.ask_again(fragile)] == [2023]
    (result,) = process_pending(fragile)
    assert (result.statut, result.quarantaine) == (lake.ACCEPTED, None)
    assert status(fragile)["quarantine"] == []


def test_what_a_limit_refused_is_read_again_when_it_changes(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bundle.json"
    path.write_bytes(bundle_with(nested(50)))
    (receipt,) = deliver([path], home, now=now())
    assert receipt.status == "received", receipt.reason
    monkeypatch.setenv("DLNUF_LIMITE_PROFONDEUR", "40")
    (result,) = process_pending(home)
    assert (result.statut, result.quarantaine) == (lake.REFUSED, None)
    assert "DLNUF_LIMITE_PROFONDEUR=80" in (result.motif or "")
    assert process_pending(home) == []
    monkeypatch.setenv("DLNUF_LIMITE_PROFONDEUR", "80")
    (result,) = process_pending(home)
    assert "profondeur" not in (result.motif or "")


def test_a_reader_that_dies_at_the_door_refuses_the_file(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.receive.examined.examine", dies_at_the_door)
    receipt = receive(home, tmp_path / "envoi", "Zorglub.csv", b"mort\n")
    assert receipt.status == "refused"
    assert "SIGABRT" in (receipt.reason or "")
    (kept,) = landing.refusals(home)
    assert kept["reason"] == receipt.reason
    assert "Zorglub" not in json.dumps(kept)


def dies_at_the_door(contracts: Any, asked: Any) -> Any:
    if asked.path.read_bytes() == b"mort\n":
        os.kill(os.getpid(), signal.SIGABRT)
    return _EXAMINE(contracts, asked)


_EXAMINE = examined.examine
