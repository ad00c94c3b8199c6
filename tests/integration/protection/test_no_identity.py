"""No identity is ever written: every byte under the home, every log, every answer is searched for invented persons.

The last tests remove one protection at a time and check that the search then finds somebody: a search that finds
nothing because it looks badly would prove nothing.
"""

from __future__ import annotations

import gzip
import io
import json
import logging
import random
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner

from data_contracts.privacy import KEYS
from ingest import judging
from ingest.home import Home
from ingest.pipeline import load_warehouse, process_pending
from ingest.protect import keyrings, marks, masks, pseudonyms
from ingest.read import UnreadableFile
from ingest.receive import delivery, examined, landing
from ingest.receive.delivery import Receipt, deliver
from ingest.validate import chunk
from orchestration import inbox
from orchestration.automation import inbox_sensor
from orchestration.cli.command import app
from orchestration.resources import Warehouse
from tests.instants import now
from tests.integration.protection.byte_search import Identity, in_text, traces
from tests.integration.protection.conftest import TITLES, Bureau

ET = "010000222"
PEOPLE = (
    Identity("Zorglubéllin", "Ysmérile", "199129999900168", date(1937, 11, 23), "12 impasse Farfadet", "DOS-ZORG-1"),
    Identity("Quétzalphadon", "Barnabothe", "299079999900214", date(1941, 7, 30), "3 quai Lutinerie", "DOS-QUET-2"),
    Identity("D'Ampoulmar", "Théodulfine", "299039999900377", date(1929, 3, 17), "44 mail Brumevent", "DOS-AMPO-3"),
)  # fmt: skip


def mark(path: Path) -> str:
    """What stands for the bytes of a file in its neutral name: a guess of its content must not confirm it."""
    return marks.mark(landing.sha256_of(path), keyrings.load())[:8]


def row(person: Identity, **changed: str) -> tuple[str, ...]:
    cells = {
        "FINESS": ET, "Dossier": person.dossier, "NIR": person.nir, "Nom": person.nom, "Prénoms": person.prenom,
        "Né le": f"{person.ne_le:%d/%m/%Y}", "Sexe": "F", "Adresse": person.adresse, "Entré le": "02/01/2020",
        "Sorti le": "", "Statut": "", "GIR": "2",
    }  # fmt: skip
    return tuple({**cells, **changed}[title] for title in TITLES)


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Everything that was printed or logged."""
    caplog.set_level(logging.DEBUG)

    def read() -> str:
        captured = capfd.readouterr()
        return captured.out + captured.err + caplog.text

    return read


def went_through(bureau: Bureau, *paths: Path, source: str | None = None) -> tuple[list[Receipt], str]:
    """Receipts, and everything that the answers say."""
    receipts = deliver(paths, bureau.home, source=source, now=now())
    results = process_pending(bureau.home)
    load_warehouse(bureau.home)
    return receipts, repr(receipts) + json.dumps([asdict(r) for r in (*receipts, *results)], ensure_ascii=False)


def assert_nobody(bureau: Bureau, *texts: str) -> None:
    assert traces(bureau.home.root, PEOPLE) == []
    assert [in_text(text, PEOPLE) for text in texts] == [[] for _ in texts]


def test_a_good_file_is_accepted_and_nobody_is_in_it_any_more(bureau: Bureau, said: Callable[[], str]) -> None:
    path = bureau.file("essai_2025-01-31_ZORGLUBELLIN.csv", *(row(p) for p in PEOPLE))
    (receipt,), answers = went_through(bureau, path)
    assert receipt.status == "received"
    kept = pl.read_parquet(list((bureau.home.lake / "raw").rglob("*.parquet")))
    assert kept.height == 3
    assert sorted(kept["annee_naissance"]) == [1929, 1937, 1941]
    assert kept["cle_nir"].null_count() == kept["cle_nom_prenom"].null_count() == 0
    assert {"nom", "prenoms", "nir", "ne_le", "adresse"}.isdisjoint(kept.columns)
    landed = [p.name for p in (bureau.home.landing / "essai_personnes").iterdir()]
    assert sorted(p.rpartition(".")[2] for p in landed) == ["enc", "json"]
    assert_nobody(bureau, answers, said())


BADLY_FORMED = {
    "a name in a date": lambda p: row(p, **{"Né le": p.nom}),
    "a name in a number": lambda p: row(p, GIR=p.nom),
    "an address in the sex": lambda p: row(p, Sexe=p.adresse),
    "a NIR in the FINESS": lambda p: row(p, FINESS=p.nir),
    "a birth date in another field": lambda p: row(p, **{"Entré le": f"{p.ne_le:%d.%m.%Y}"}),
    "a birth date in another field, well written": lambda p: row(p, **{"Entré le": f"{p.ne_le:%d/%m/%Y}"}),
    "a name in a list": lambda p: row(p, Statut=p.nom),
    "a NIR in a number": lambda p: row(p, GIR=p.nir[:13]),
    "a row rule": lambda p: row(p, **{"Sorti le": "01/01/2019"}),
    "a warning": lambda p: row(p, **{"Entré le": "01/01/1901"}),
    "cells too many": lambda p: (*row(p), p.nom, p.adresse),
    "cells too few": lambda p: row(p)[:5],
    "a quote that is not closed": lambda p: row(p, Nom='"' + p.nom),
    "an impossible key": lambda p: row(p, NIR=p.nir[:13] + "00"),
    "no id": lambda p: row(p, Dossier=""),
}


@pytest.mark.parametrize("case", BADLY_FORMED)
def test_badly_formed_rows_say_what_is_wrong_and_of_nobody(bureau: Bureau, said: Callable[[], str], case: str) -> None:
    path = bureau.file("essai_2025-01-31.csv", row(PEOPLE[0]), BADLY_FORMED[case](PEOPLE[1]), row(PEOPLE[2]))
    receipts, answers = went_through(bureau, path)
    assert receipts[0].status == "received"
    assert_nobody(bureau, answers, said())


def test_two_persons_with_one_id_are_rejected_and_shown_by_their_pseudonym(bureau: Bureau) -> None:
    path = bureau.file("essai_2025-01-31.csv", row(PEOPLE[0]), row(PEOPLE[1], Dossier=PEOPLE[0].dossier))
    _, answers = went_through(bureau, path)
    rejects = pl.read_parquet(list((bureau.home.lake / "rejects").rglob("*.parquet")))
    assert set(rejects["regle"]) == {"clé en double, valeurs contradictoires"}
    assert set(rejects["valeur"]) == {"999999999 · (pseudonyme) · 9999"}
    lines = [json.loads(line) for line in rejects["ligne_complete"]]
    told = {key.name for key in KEYS} | {"usager_id"}
    assert all({"usager_id", "cle_nir", "cle_nom_prenom"} <= set(line) <= told for line in lines)
    assert len({line["usager_id"] for line in lines}) == 1
    assert len({line["cle_nom_prenom"] for line in lines}) == 2
    assert_nobody(bureau, answers)


def test_a_rejected_value_is_a_shape_and_its_line_is_not_told(bureau: Bureau) -> None:
    path = bureau.file("essai_2025-01-31.csv", row(PEOPLE[0]), row(PEOPLE[1], FINESS="Quétzalphadon 30"))
    went_through(bureau, path)
    rejects = pl.read_parquet(list((bureau.home.lake / "rejects").rglob("*.parquet")))
    assert rejects.select("champ", "valeur", "ligne_complete", "ligne").rows() == [
        ("finess_et", "xxxxxxxxxxxxx 99", None, 3)
    ]


def test_a_value_that_was_set_aside_is_a_shape(bureau: Bureau) -> None:
    path = bureau.file("essai_2025-01-31.csv", row(PEOPLE[0]), row(PEOPLE[1], **{"Né le": "Quétzalphadon 30"}))
    went_through(bureau, path)
    flags = pl.read_parquet(list((bureau.home.lake / "signalements").rglob("*.parquet")))
    assert flags.filter(pl.col("effet") == "non_utilisee").select("champ", "valeur", "ligne").rows() == [
        ("ne_le", "xxxxxxxxxxxxx 99", 3)
    ]


REFUSED: dict[str, Callable[[Bureau], Path]] = {
    "no line of titles": lambda b: b.file("envoi.csv", *(row(p) for p in PEOPLE), titles=None),
    "no line of titles, a name of ours": lambda b: b.file(
        "essai_2025-01-31_Zorglubéllin.csv", row(PEOPLE[0]), titles=None
    ),
    "a title too many": lambda b: b.file(
        "essai_2025-01-31.csv", (*row(PEOPLE[0]), "x"), titles=(*TITLES, PEOPLE[1].nom)
    ),
    "a title instead of another": lambda b: b.file("envoi.csv", row(PEOPLE[0]), titles=(PEOPLE[1].nom, *TITLES[1:])),
    "truncated JSON": lambda b: _json(b, "envoi.json", cut=60),
    "JSON with somebody's name for a key": lambda b: _json(b, "envoi.json", extra=PEOPLE[1].nom),
    "a JSON object of names": lambda b: _written(b, "envoi.json", json.dumps({p.nom: p.prenom for p in PEOPLE})),
    "a web page": lambda b: _written(b, "envoi.csv", f"<html><title>{PEOPLE[0].nom}</title></html>"),
    "XML": lambda b: _written(b, "envoi.xml", f"<{PEOPLE[0].prenom}>{PEOPLE[0].nom}</{PEOPLE[0].prenom}>"),
    "mixed encodings": lambda b: _written(b, "envoi.csv", f"{PEOPLE[0].nom};x\n".encode() + "é;\n".encode("cp1252")),
    "an impossible date in the name of the file": lambda b: b.file("essai_2025-02-31_Zorglubéllin.csv", row(PEOPLE[0])),
}  # fmt: skip


def _written(bureau: Bureau, name: str, content: str | bytes) -> Path:
    path = bureau.folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _json(bureau: Bureau, name: str, *, cut: int | None = None, extra: str | None = None) -> Path:
    records = [dict(zip(TITLES, row(p), strict=True)) | ({extra: "x"} if extra else {}) for p in PEOPLE]
    return _written(bureau, name, json.dumps(records, ensure_ascii=False)[: -cut if cut else None])


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_file_leaves_its_reason_and_nobody(bureau: Bureau, said: Callable[[], str], case: str) -> None:
    (receipt,), answers = went_through(bureau, REFUSED[case](bureau))
    assert (receipt.status, bool(receipt.reason)) == ("refused", True)
    kept = [p for p in bureau.home.landing.rglob("*") if p.is_file() and p.suffix != ".json"]
    assert kept == []
    assert_nobody(bureau, answers, said())


def test_a_title_too_many_is_still_told_by_its_place(bureau: Bureau) -> None:
    path = bureau.file("essai_2025-01-31.csv", (*row(PEOPLE[0]), "x"), titles=(*TITLES, PEOPLE[1].nom))
    (receipt,), _ = went_through(bureau, path)
    assert receipt.reason is not None
    assert "colonne inconnue : xxxxxxxxxxxxx" in receipt.reason
    assert receipt.path == f"essai_personnes_{mark(path)}.csv"


@pytest.mark.parametrize("form", ["gzip", "xlsx", "xlsx.gz", "utf-16", "cp1252"])
@pytest.mark.usefixtures("in_this_process")
def test_whatever_the_wrapping_plain_bytes_stay_in_memory(
    bureau: Bureau, said: Callable[[], str], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = tempfile._mkstemp_inner  # pyright: ignore[reportAttributeAccessIssue] - what every temporary file goes by
    plain = bureau.file("essai_2025-01-31.csv", *(row(p) for p in PEOPLE)).read_text(encoding="utf-8")
    path = bureau.folder / "essai_2025-01-31_b.csv"
    if form == "gzip":
        path = path.with_suffix(".csv.gz")
        path.write_bytes(gzip.compress(plain.encode()))
    elif form.startswith("xlsx"):
        path = path.with_suffix(".xlsx")
        _workbook(path)
        if form.endswith("gz"):
            path.write_bytes(gzip.compress(path.read_bytes()))
            path = path.rename(path.with_suffix(".xlsx.gz"))
    else:
        path.write_bytes(plain.encode(form))
    made: list[str] = []
    monkeypatch.setattr("tempfile._mkstemp_inner", lambda *given: made.append(str(given)) or make(*given))
    receipts = deliver([path], bureau.home, now=now())
    assert [r.status for r in receipts] == ["received"]
    (result,) = process_pending(bureau.home)
    load_warehouse(bureau.home)
    assert result.acceptees == 3
    assert made == []
    assert_nobody(bureau, repr(receipts), said())


def _workbook(path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (TITLES, *(row(p) for p in PEOPLE)):
        sheet.append(cells)
    book.save(path)


@pytest.mark.parametrize("error", [ValueError, RuntimeError, KeyError, pl.exceptions.ComputeError])
@pytest.mark.usefixtures("in_this_process")
def test_an_error_that_nobody_foresaw_refuses_the_delivery_and_quotes_nothing(
    bureau: Bureau,
    said: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    def broken(frame: pl.DataFrame, *_: object) -> None:
        raise error(str(frame.rows()))

    monkeypatch.setattr(judging, "validate_chunk", broken)
    _, answers = went_through(bureau, bureau.file("essai_2025-01-31.csv", *(row(p) for p in PEOPLE)))
    assert f"Erreur inattendue à la lecture, à signaler aux mainteneurs : {error.__name__}" in answers
    assert_nobody(bureau, answers, said())


@pytest.mark.usefixtures("in_this_process")
def test_an_error_that_nobody_foresaw_at_the_door_stops_no_other_file(
    bureau: Bureau, said: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, *_: object, **__: object) -> None:
        raise ValueError(path.read_text(encoding="utf-8"))

    paths = [bureau.file("essai_2025-01-31.csv", row(PEOPLE[0])), bureau.file("autre.csv", row(PEOPLE[1]))]
    monkeypatch.setattr(examined, "recognise", broken)
    receipts, answers = went_through(bureau, *paths)
    assert [r.status for r in receipts] == ["refused", "refused"]
    assert_nobody(bureau, answers, said())


@pytest.mark.usefixtures("in_this_process")
def test_a_reader_that_quotes_the_file_is_not_repeated(
    bureau: Bureau, said: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bureau.file("essai_2025-01-31.csv", *(row(p) for p in PEOPLE))
    deliver([path], bureau.home, now=now())

    def quoting(path: Path, *_: object) -> None:
        raise UnreadableFile(path, f"ligne 3 illisible : {row(PEOPLE[0])}", f"corriger {PEOPLE[0].nom}")

    monkeypatch.setattr(judging, "tables_of", quoting)
    (result,) = process_pending(bureau.home)
    load_warehouse(bureau.home)
    assert result.motif is not None
    assert "ligne 3 illisible" in result.motif
    assert_nobody(bureau, result.motif, said())


def test_the_command_says_nothing_of_anybody_however_much_it_logs(
    bureau: Bureau, said: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(bureau.home.root))
    bureau.file("essai_2025-01-31_Zorglubéllin.csv", *(row(p) for p in PEOPLE))
    bureau.file("Quétzalphadon_essai_2025-01-31.csv", row(PEOPLE[1], **{"Né le": PEOPLE[1].nom}), titles=None)
    for options in ([], ["--json"]):
        answer = CliRunner().invoke(app, ["deliver", str(bureau.folder), *options])
        assert in_text(answer.output, PEOPLE) == []
    process_pending(bureau.home)
    load_warehouse(bureau.home)
    assert_nobody(bureau, said())


def test_the_inbox_is_cleared_of_what_was_dropped_in_it_taken_or_refused(bureau: Bureau) -> None:
    for folder, name, titles in (("essai_personnes", "essai_2025-01-31_Zorglubéllin.csv", TITLES),
                                 ("essai_personnes", "Quétzalphadon.csv", None)):  # fmt: skip
        path = bureau.file(name, *(row(p) for p in PEOPLE), titles=titles)
        target = bureau.home.inbox / folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    dropped = inbox.scan(bureau.home)
    receipts = inbox.take(bureau.home, dropped, now=now())
    assert sorted(r.status for r in receipts) == ["received", "refused"]
    process_pending(bureau.home)
    load_warehouse(bureau.home)
    reasons = list((bureau.home.inbox / inbox.REFUSED).iterdir())
    assert [p.suffix for p in reasons] == [".txt"]
    assert_nobody(bureau, repr(receipts), inbox.cursor(dropped))


def _in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    def copied(source, target, *_):
        target.write(source.read())

    monkeypatch.setattr(landing.encryption, "encrypt", copied)


def _unprotected(monkeypatch: pytest.MonkeyPatch) -> None:
    def same(rows: pl.DataFrame, entity, secret) -> pl.DataFrame:
        found = protect(rows, entity, secret)
        return found.with_columns(usager_id=rows["usager_id"], cle_nir=rows["nir"], cle_nom_prenom=rows["nom"])

    protect = pseudonyms.protected
    monkeypatch.setattr(pseudonyms, "protected", same)


def _unmasked_rejects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "rejects", lambda found, *_: found)


def _unmasked_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "flags", lambda found, *_: found)


def _named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing, "neutral_name", lambda source, path, *_: path.name)


def _quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "message", lambda text, *_: text)


def _open_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "_close", lambda *_: None)


def _inbox_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok=False: None)


def _unknown_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def own(source: str, path: Path, *rest: str) -> str:
        return path.name if source == delivery.UNKNOWN else neutral(source, path, *rest)

    neutral = landing.neutral_name
    monkeypatch.setattr(landing, "neutral_name", own)


REMOVED = (
    _in_clear, _unprotected, _unmasked_rejects, _unmasked_flags, _named, _quoted, _open_lists, _inbox_kept,
    _unknown_named,
)  # fmt: skip


@pytest.mark.parametrize("removed", [None, *REMOVED], ids=lambda f: f.__name__ if f else "none")
@pytest.mark.usefixtures("in_this_process")
def test_without_one_of_the_protections_somebody_is_found(
    bureau: Bureau,
    monkeypatch: pytest.MonkeyPatch,
    removed: Callable[[pytest.MonkeyPatch], None] | None,
) -> None:
    if removed:
        removed(monkeypatch)
    good = bureau.file(
        "essai_2025-01-31_Zorglubéllin.csv",
        row(PEOPLE[0]), row(PEOPLE[1], **{"Né le": PEOPLE[1].nom}), row(PEOPLE[2], FINESS=PEOPLE[2].nom),
    )  # fmt: skip
    bad = bureau.file("envoi.csv", (*row(PEOPLE[0]), "x"), titles=(*TITLES, PEOPLE[1].nom))
    unknown = bureau.file("Théodulfine.csv", ("x",), titles=("a",))
    closed = bureau.file("essai_2025-02-28.csv", row(PEOPLE[2], Statut=PEOPLE[2].nom))
    went_through(bureau, good, bad, unknown, closed)
    waiting = bureau.home.inbox / inbox.UNKNOWN / "export.csv"
    waiting.parent.mkdir(parents=True)
    bureau.file("export.csv", *(row(p) for p in PEOPLE), titles=None).rename(waiting)
    inbox.take(bureau.home, inbox.scan(bureau.home), now=now())
    assert (traces(bureau.home.root, PEOPLE) == []) is (removed is None)


def _zip(inside: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(inside, "x")
    return out.getvalue()


NOM = PEOPLE[0].nom
UNKNOWN_FILES: dict[str, tuple[str, str | bytes]] = {
    "rows without titles": ("csv", ";".join(row(PEOPLE[0])) + "\n"),
    "malformed JSON": ("json", f'[{{"{NOM}": "{PEOPLE[0].nir}'),
    "a JSON object": ("json", json.dumps({NOM: 1, "Dossier n° 4512": 2, "[23111937]": 3, "ligne 4512": 4})),
    "JSON records": ("json", json.dumps([{NOM: PEOPLE[0].nir}])),
    "XML": ("xml", f"<{PEOPLE[0].prenom}><n>{NOM}</n></{PEOPLE[0].prenom}>"),
    "a web page": ("html", f"<html><title>Dossier de {NOM}</title></html>"),
    "a zip": ("zip", _zip(f"{NOM} {PEOPLE[0].prenom}.csv")),
    "a title more": ("csv", ";".join((*TITLES, "Dossier n° 4512")) + "\n" + ";".join((*row(PEOPLE[0]), "x")) + "\n"),
}


def _unknown_files(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{NOM}{n}.{suffix}" for n, (suffix, _) in enumerate(UNKNOWN_FILES.values())]
    for path, (_, content) in zip(paths, UNKNOWN_FILES.values(), strict=True):
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return paths


@pytest.mark.parametrize("source", [None, "errd", "nimporte", NOM])
def test_a_refused_file_that_no_open_source_claims_leaves_neither_its_name_nor_its_titles(
    tmp_path: Path, said: Callable[[], str], source: str | None
) -> None:
    """The real contracts."""
    bureau = Bureau(tmp_path)
    paths = _unknown_files(bureau.folder)
    receipts = deliver(paths, bureau.home, source=source, now=now())
    load_warehouse(bureau.home)
    assert {r.status for r in receipts} == {"refused"}
    assert [r.path for r in receipts] == list(map(str, paths))  # before the sender, who typed it
    kept = {r["digest"]: r for r in landing.refusals(bureau.home)}
    for path, receipt in zip(paths, receipts, strict=True):
        refusal = kept[marks.mark(landing.sha256_of(path), keyrings.load())]
        assert refusal["filename"] == receipt.logged
        assert receipt.logged.startswith(f"inconnu_{mark(path)}")
        assert refusal["reason"] == receipt.reason
        assert "4512" not in refusal["reason"]
        assert "23111937" not in refusal["reason"]
    assert_nobody(bureau, *(r["reason"] for r in kept.values()), said())


def test_an_open_file_with_half_of_the_titles_of_its_source_keeps_its_name_and_its_titles(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    header = "FINESS;TAUX_OCC_TRIMESTRE3;NB_LITS_AUTORISES_INSTALLES;NB_LITS_OCC_2022;COMMENTAIRE_2022"
    path = _written(bureau, "occupation_du_28.csv", header + "\n1;2;3;4;5\n")
    (receipt,) = deliver([path], bureau.home, source="cnsa_occupation", now=now())
    (kept,) = landing.refusals(bureau.home)
    assert (kept["filename"], receipt.name, kept["source"]) == (path.name, None, "cnsa_occupation")
    assert "colonne inconnue : COMMENTAIRE_2022" in kept["reason"]


def test_the_version_of_the_nearest_layout_is_said_as_it_is(bureau: Bureau) -> None:
    path = bureau.file("essai_2025-01-31.csv", (*row(PEOPLE[0]), "x"), titles=(*TITLES, "ligne 4512"))
    (receipt,), _ = went_through(bureau, path)
    assert receipt.reason is not None
    assert "(la plus proche : csv, version 1.0.0)" in receipt.reason
    assert "colonne inconnue : ligne 9999" in receipt.reason


@pytest.mark.parametrize("folder", [inbox.UNKNOWN, "errd", "dui", NOM])
def test_what_is_refused_from_the_inbox_stays_there_in_the_clear_under_no_folder(
    tmp_path: Path, said: Callable[[], str], folder: str
) -> None:
    bureau = Bureau(tmp_path)
    paths = _unknown_files(bureau.home.inbox / folder)
    receipts = inbox.take(bureau.home, inbox.scan(bureau.home), now=now())
    paths[0].parent.rmdir()  # empty; whoever made the folder gave it its name
    assert {r.status for r in receipts} == {"refused"}
    reasons = sorted((bureau.home.inbox / inbox.REFUSED).iterdir())
    assert [r.name for r in reasons] == sorted(f"{r.logged}.txt" for r in receipts)
    assert all(inbox.ASK_AGAIN in r.read_text(encoding="utf-8") for r in reasons)
    assert_nobody(bureau, *(r.logged for r in receipts), said())


def test_the_sensor_logs_the_neutral_name(tmp_path: Path, said: Callable[[], str]) -> None:
    home = Home(tmp_path / "var")
    dropped = home.inbox / inbox.UNKNOWN / f"{NOM}.csv"
    dropped.parent.mkdir(parents=True)
    dropped.write_text(";".join(row(PEOPLE[0])), encoding="utf-8")
    places = {"warehouse": Warehouse(home, now())}
    first = inbox_sensor(dg.build_sensor_context(resources=places))
    assert isinstance(first, dg.SensorResult)
    second = inbox_sensor(dg.build_sensor_context(cursor=first.cursor, resources=places))
    told = said()
    assert "inconnu_" in told
    assert in_text(told + str(second), PEOPLE) == []


def test_a_gzip_too_big_for_memory_is_refused(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_LIMITE_EN_MEMOIRE", "1")
    path = bureau.folder / "essai_2025-01-31.xlsx"
    _workbook(path)
    with zipfile.ZipFile(path, "a") as book:
        book.writestr("xl/media/photo.jpg", random.Random(1).randbytes(2**21))
    path.write_bytes(gzip.compress(path.read_bytes(), compresslevel=1))
    (receipt,) = deliver([path], bureau.home, now=now())
    assert receipt.status == "refused"
    assert receipt.reason is not None
    assert "limite : 1 Mio" in receipt.reason
