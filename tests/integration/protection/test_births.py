"""What could be an identity in a column stored in the clear is not stored: birth dates, digits, names in codes."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl
import pytest

from data_contracts.loading import load_contracts
from ingest.fingerprint import inputs_fingerprint
from ingest.home import Home
from ingest.pipeline import load_warehouse, pending, process_pending
from ingest.protect import keyrings
from ingest.receive import landing
from ingest.receive.delivery import deliver
from ingest.store.lake import Result
from tests.instants import now

ET = "010000222"
BORN = "23/11/1997"  # somebody young: only the comparison tells this date from an entry
OLD = "date antérieure de plus de 60 ans, non conservée : ce pourrait être une date de naissance"
SAME = "date égale à la date de naissance, non conservée"
RESIDALIA = (
    "N° FINESS;N° dossier;Matricule INS;Statut INS;Civilité;Nom de naissance;Nom d'usage;Prénoms;Né(e) le;"
    "Code commune de naissance;Code postal du domicile;Protection juridique;Décédé(e) le;N° séjour;Date d'admission;"
    "Date d'entrée;Provenance;Date de sortie;Motif de sortie;Type d'hébergement;GIR;Date du GIR"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("DLNUF_CLES", str(tmp_path / "cles" / "cles.json"))
    keyrings.create(now=now())
    return Home(tmp_path / "var")


def received(home: Home, tmp_path: Path, name: str, *lines: str) -> Result:
    path = tmp_path / name
    path.write_text("\n".join((*lines, "")), encoding="utf-8")
    assert [r.status for r in deliver([path], home, now=now())] == ["received"]
    return process_pending(home)[-1]


def rows(home: Home, result: Result, name: str) -> pl.DataFrame:
    files = result.files.get(name) or []
    return pl.concat(pl.read_parquet(home.lake / f) for f in files) if files else pl.DataFrame()


def stay(born: str = BORN, entree: str = BORN, admission: str = "01/01/2024", gir_le: str = "05/01/2024") -> str:
    return f"{ET};D1;;;Mme;A;;B;{born};;;;;S1;{admission};{entree};Domicile;;;Hébergement permanent;GIR 2;{gir_le}"


@pytest.mark.parametrize(
    ("field", "entity", "line"),
    [
        ("date_entree", "sejours", stay()),
        ("date_admission", "sejours", stay(entree="02/01/2024", admission=BORN)),
        ("date_evaluation", "evaluations", stay(entree="02/01/2024", gir_le=BORN)),
    ],
)
def test_the_birth_date_of_the_same_line_is_not_kept(
    home: Home, tmp_path: Path, field: str, entity: str, line: str
) -> None:
    result = received(home, tmp_path, "residalia_sejours_20250131.csv", RESIDALIA, line)
    assert result.balances
    assert date(1997, 11, 23) not in rows(home, result, entity)[field].to_list()
    found = rows(home, result, "signalements").filter(pl.col("champ") == field)
    assert found.select("regle", "effet", "valeur").rows() == [(SAME, "non_utilisee", "9999-99-99")]


def test_a_birth_date_beside_a_value_that_was_set_aside_is_known_all_the_same(home: Home, tmp_path: Path) -> None:
    bad = stay().replace(f"{BORN};;;;;S1", f"{BORN};;;;pas une date;S1")
    result = received(home, tmp_path, "residalia_sejours_20250131.csv", RESIDALIA, bad)
    assert "pas une date" not in str(rows(home, result, "signalements").to_dicts())
    assert rows(home, result, "usagers").height == 1
    assert rows(home, result, "sejours")["date_entree"].to_list() == [None]


def test_an_entry_that_is_not_a_birth_date_stays(home: Home, tmp_path: Path) -> None:
    result = received(home, tmp_path, "residalia_sejours_20250131.csv", RESIDALIA, stay(entree="02/01/2024"))
    assert rows(home, result, "sejours")["date_entree"].to_list() == [date(2024, 1, 2)]
    assert rows(home, result, "signalements").is_empty()


@pytest.mark.parametrize("day", ["1937-11-23", "1937-11-24"])
def test_where_nobody_tells_births_a_date_older_than_sixty_years_is_not_kept(
    home: Home, tmp_path: Path, day: str
) -> None:
    contract = load_contracts()["dui"]
    layout = next(x for x in contract.layouts if x.code == "handisoft_sejours")
    mapped = layout.options["tables"]["sejours"]["fields"]
    values = {"finess_et": ET, "usager_id": "D1", "sejour_id": "S1", "date_entree": day}
    cells = {spec["column"]: values.get(name, "") for name, spec in mapped.items() if "column" in spec}
    text = (",".join(cells), ",".join(cells.values()))
    result = received(home, tmp_path, "handisoft_sejours_20241231.csv", *text)
    assert rows(home, result, "sejours")["date_entree"].to_list() == [None]
    assert rows(home, result, "signalements").filter(pl.col("champ") == "date_entree")["regle"].to_list() == [OLD]


REGISTER = "finess_et;usager_id;finalite;nature;date_effet;retire_le;preuve_ref"


def register(home: Home, tmp_path: Path, name: str, *lines: str) -> Result:
    return received(home, tmp_path, name, REGISTER, *lines)


def test_what_a_publication_depends_on_changes_the_day_an_opposition_begins_or_ends(home: Home, tmp_path: Path) -> None:
    register(
        home, tmp_path, "consentements_2025-01-31_a.csv", f"{ET};D1;toutes;opposition;2026-11-02;2027-03-01;",
        f"{ET};D2;toutes;opposition;2026-11-02;;",
    )  # fmt: skip
    days = [date(2026, 11, 1), date(2026, 11, 2), date(2027, 2, 28), date(2027, 3, 1), date(2030, 1, 1)]
    found = [inputs_fingerprint(home, day) for day in days]
    assert [a == b for a, b in pairwise(found)] == [False, True, False, True]


def test_a_register_waits_whatever_the_year_asked_for(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "consentements_2025-01-31_a.csv"
    path.write_text(f"{REGISTER}\n{ET};D1;toutes;opposition;2026-11-02;;\n", encoding="utf-8")
    assert [r.status for r in deliver([path], home, now=now())] == ["received"]
    assert [m.source for m in pending(home, millesime=2020)] == ["consentements"]
    assert [r.statut for r in process_pending(home, millesime=2020)] == ["accepted"]


def test_nothing_published_of_a_register_can_be_guessed_from_its_bytes(home: Home, tmp_path: Path) -> None:
    register(home, tmp_path, "consentements_2025-01-31_a.csv", f"{ET};D1;toutes;opposition;2026-11-02;;")
    refused = tmp_path / "consentements_2025-01-31_b.csv"
    refused.write_text("nom\nMartin\n", encoding="utf-8")
    assert [r.status for r in deliver([refused], home, now=now())] == ["refused"]
    load_warehouse(home)
    manifest = next(landing.manifests(home))
    digests = [landing.sha256_of(path) for path in (tmp_path / "consentements_2025-01-31_a.csv", refused)]
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        published = str(connection.execute("SELECT * FROM raw.livraisons").fetchall())
    assert [d for d in digests if d[:8] in published] == []
    assert manifest.delivery_id in published


@pytest.mark.parametrize("value", ["zorglubellin-ysmerile", "b160.MED-9999", "b231", "1.9.37"])
def test_a_question_that_no_list_has_is_refused(home: Home, tmp_path: Path, value: str) -> None:
    contract = load_contracts()["dui"]
    layout = next(x for x in contract.layouts if x.code == "handisoft_serafin")
    tables = layout.options["tables"]
    mapped = {**tables["evaluations"]["fields"], **tables["evaluation_reponses"]["fields"]}
    values = {"finess_et": ET, "usager_id": "D1", "evaluation_id": "E1", "question_code": value, "reponse_code": "1",
              "date_evaluation": "2024-01-02"}  # fmt: skip
    cells = {spec["column"]: values.get(name, "") for name, spec in mapped.items() if "column" in spec}
    result = received(home, tmp_path, "handisoft_serafin_20241231.csv", ",".join(cells), ",".join(cells.values()))
    assert rows(home, result, "evaluation_reponses").is_empty()
    rejected = rows(home, result, "rejects")
    assert "evaluations_questions" in rejected["regle"].to_list()[0]


@pytest.mark.parametrize("value", ["23111937", "137119999", "231137"])
def test_an_answer_that_could_be_a_date_is_refused(value: str) -> None:
    contract = load_contracts()["dui"]
    field = contract.entity("evaluation_reponses").field("reponse_code")
    assert pl.Series([value]).str.contains(field.option("pattern")).to_list() == [False]


def test_the_finess_of_the_row_is_kept_and_signalled_when_its_key_is_wrong(home: Home, tmp_path: Path) -> None:
    wrong = "137119998"
    line = stay(entree="02/01/2024")
    result = received(home, tmp_path, "residalia_sejours_20250131.csv", RESIDALIA, line, line.replace(ET, wrong))
    assert rows(home, result, "sejours")["finess_et"].to_list() == [ET, wrong]
    assert any("clé de contrôle FINESS" in r for r in rows(home, result, "signalements")["regle"])
