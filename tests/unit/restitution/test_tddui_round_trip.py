"""What is written of a DUI and read again gives the same rows, whatever they are: the writer is the reader's inverse.

The only difference allowed: a row without state comes back as a fact, which is what the absence of a state means.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.guides import guide
from data_contracts.loading import Field, load_contracts
from data_contracts.nomenclatures import codes
from data_contracts.schemas import POLARS_TYPES
from data_contracts.statuses import FACT
from ingest.read import tables_of
from ingest.validate.chunk import DeliveryFacts, validate_chunk
from orchestration.restitution import tddui_bundle
from orchestration.restitution.conformity import problems
from orchestration.restitution.tddui_bundle import Content
from tests.instants import NOW

DUI = load_contracts()["dui"]
LAYOUT = DUI.layout("fhir")
FINESS = st.sampled_from(("010000008", "2A0000014"))
INS = "137119935100147"  # its key holds
RPPS = "99700366240"
ABSENT = "Zé/inconnu-1"  # of nobody, and of nothing, in the file
Frames = dict[str, pl.DataFrame]

INSIDE = {"decisions": ("decisions_remplacees", "droits_prestations"), "droits_prestations": ("prises_en_charge",)}

letters = st.characters(categories=("L", "N", "P", "S"), exclude_characters="\ufeff")
# A word of the project's non-answers is no value: « Z » makes none.
words = st.text(letters | st.just(" "), max_size=30).map(lambda t: f"Z{t.strip()}é")
numbers = st.text(st.sampled_from("AZaz09éÇ/-_.| %?#&="), max_size=60).map(lambda t: f"Z{t.strip()}9")
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda d: d.replace(microsecond=0))
known: dict[str, st.SearchStrategy[Any]] = {
    "matricule_ins": st.just(INS), "nir": st.just(INS), "rpps_intervenant": st.just(RPPS),
    "code_domicile": st.sampled_from(("01004", "2A004", "01000")), "finess_provenance": st.just("010000016"),
    "date_naissance": st.dates(date(1900, 1, 1), date(1950, 1, 1)), "gir": st.integers(0, 9),
    "commune_naissance": st.sampled_from(("01004", "2B033", "99351")),
    "reponse_code": st.sampled_from(("true", "false", "0", "3", "007", "1.5", "12.0", "qf2", "R32", "MED-339")),
    "distance_km": st.floats(0, 1000), "duree_min": st.integers(0, 1440).map(float),
}  # fmt: skip


def values(field: Field) -> st.SearchStrategy[Any]:
    if field.name in known:
        return known[field.name]
    if field.accepted_values:
        return st.sampled_from(field.accepted_values)
    if field.nomenclature:
        return st.sampled_from(sorted(codes(field.nomenclature)))
    if field.name.endswith("_id") or field.name.startswith(("id_", "numero_")):
        return numbers
    return {
        "string": words,
        "boolean": st.booleans(),
        "date": days,
        "timestamp": moments,
        "integer": st.integers(1, 9),
        "number": st.floats(0, 100),
    }[field.logical_type]


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[str, Frames]:
    """The rows of one ESMS, of every class: what they point to is among them, or not."""
    finess = draw(FINESS)
    made: dict[str, list[dict[str, Any]]] = {}

    def one_of(table: str, key: str, *others: str | None) -> st.SearchStrategy[Any]:
        return st.sampled_from([*(row[key] for row in made.get(table, ())), *others])

    for table, names in LAYOUT.tables.items():
        entity = DUI.entity(table)
        rows: dict[Any, dict[str, Any]] = {}
        for _ in range(draw(st.integers(0, 3))):
            row = {
                name: draw(values(field) if field.required else st.none() | values(field))
                for name in names
                if (field := entity.field(name))
            }
            row["finess_et"] = finess
            if table not in ("usagers", "evaluation_reponses"):
                wanted = entity.field("usager_id").required
                row["usager_id"] = draw(one_of("usagers", "usager_id", ABSENT, *(() if wanted else (None,))))
            if "sejour_id" in row and table != "sejours":
                row["sejour_id"] = draw(one_of("sejours", "sejour_id", ABSENT, None))
            if "projet_id" in row and table != "projets":
                row["projet_id"] = draw(one_of("projets", "projet_id", ABSENT, None))
                whose = {each["projet_id"]: each["usager_id"] for each in made.get("projets", ())}
                row["usager_id"] = whose.get(row["projet_id"], row["usager_id"])
            for start, end in (("date_entree", "date_sortie"), ("date_debut", "date_fin"), ("debut", "fin")):
                first, last = row.get(start), row.get(end)
                if first and last:
                    row[start], row[end] = min(first, last), max(first, last)
            if table == "projet_elements":
                row["nature"] = row["nature"] or "ACTION"
            if table == "evaluation_reponses":
                if not made["evaluations"]:
                    break
                of = draw(st.sampled_from(made["evaluations"]))
                row |= {"evaluation_id": of["evaluation_id"], "etat": of["etat"]}
            for of_what, inside in INSIDE.items():
                if table in inside and made[of_what]:
                    number = [name for name in DUI.entity(of_what).primary_key if name != "finess_et"][-1]
                    of = draw(st.sampled_from(made[of_what]))
                    row |= {number: of[number], "usager_id": of["usager_id"]}
            if any(table in inside and not made[of_what] for of_what, inside in INSIDE.items()):
                break
            rows[tuple(row[name] for name in entity.primary_key)] = row
        made[table] = list(rows.values())
    return finess, {
        table: pl.DataFrame(
            rows, schema={f: POLARS_TYPES[DUI.entity(table).field(f).logical_type] for f in LAYOUT.tables[table]}
        )
        for table, rows in made.items()
    }


def written(folder: Path, frames: Frames, finess: str) -> tuple[Path, Content]:
    path = folder / "tddui_2026-11-21_x.json"
    return path, tddui_bundle.write(path, frames, finess, "Les Zinnias", NOW)


def read_again(path: Path) -> Frames:
    """The rows of a bundle, read and validated as when it is received; none is rejected."""
    facts = DeliveryFacts("relue", "dui", None, NOW.date())
    found: dict[str, list[pl.DataFrame]] = {}
    for table in tables_of(path, LAYOUT, list(LAYOUT.tables), lambda *_: True):
        outcome = validate_chunk(table.frame, DUI, LAYOUT, DUI.entity(table.entity), facts)
        assert outcome.rejects.select("entite", "champ", "regle").rows() == []
        found.setdefault(table.entity, []).append(outcome.accepted)
    return {table: pl.concat(chunks) for table, chunks in found.items()}


def rows_of(frames: Frames, table: str) -> list[dict[str, Any]]:
    frame = frames.get(table)
    if frame is None or not frame.height:
        return []
    names, key = LAYOUT.tables[table], list(DUI.entity(table).primary_key)
    rows = frame.select(names).sort(key).to_dicts()
    return [{**row, "etat": row["etat"] or FACT} if "etat" in row else row for row in rows]


@given(deliveries())
@settings(max_examples=25, deadline=None)
def test_what_is_written_is_read_again(delivered: tuple[str, Frames]) -> None:
    finess, frames = delivered
    with tempfile.TemporaryDirectory() as folder:
        path, content = written(Path(folder), frames, finess)
        again = read_again(path)
    assert content.left == Counter()
    for table in LAYOUT.tables:
        assert rows_of(again, table) == rows_of(frames, table), table


@given(deliveries())
@settings(max_examples=12, deadline=None)
def test_what_is_written_is_what_the_guide_asks(delivered: tuple[str, Frames]) -> None:
    """But for what the rows cannot help: numbers of other signs, more than one right a decision, and a first
    attribution that its source says to replace another decision."""
    finess, frames = delivered
    with tempfile.TemporaryDirectory() as folder:
        path, content = written(Path(folder), frames, finess)
        said = problems(json.loads(path.read_bytes()), guide("tddui"))
    shapes = [p for p in said if p.rule.endswith("IdentifierFormat")]
    assert len(shapes) == content.misshapen.total()
    several = [p for p in said if p.path.endswith("extension[droitPrestation]")]
    assert len(several) == content.crowded
    replacing = [p for p in said if p.rule == "idDecisionMAJInterdiction"]
    first = frames["droits_prestations"].filter(pl.col("nature") == "1")["decision_id"]
    contradictory = frames["decisions_remplacees"].filter(pl.col("decision_id").is_in(first.implode()))
    assert len(replacing) <= contradictory["decision_id"].n_unique()
    assert [str(p) for p in said if p not in (*shapes, *several, *replacing)] == []


def test_every_class_and_every_field_of_the_layout_is_written() -> None:
    """A class or a field that the contract gains must be written, or is said here to be given by others."""
    together = {"evaluations", "evaluation_reponses", "decisions", "decisions_remplacees", "droits_prestations",
                "prises_en_charge"}  # fmt: skip
    assert set(tddui_bundle.KEYS) | together == set(LAYOUT.tables)


def test_what_cannot_be_said_is_counted(empty: Frames, tmp_path: Path) -> None:
    rows = {
        "projet_elements": {"projet_element_id": "E-1", "nature": None},
        "evaluation_reponses": {"evaluation_id": "V-1", "question_code": "b160", "reponse_code": "qf0"},
        "droits_prestations": {"droit_id": "DR-1", "decision_id": "D-1"},
    }
    frames = {**empty, **{table: like(empty[table], row) for table, row in rows.items()}}
    _, content = written(tmp_path, frames, "010000008")
    assert content.left == {
        ("projet_elements", tddui_bundle.NO_NATURE): 1,
        ("evaluation_reponses", tddui_bundle.NO_EVALUATION): 1,
        ("droits_prestations", tddui_bundle.NO_DECISION): 1,
    }
    assert content.rows == {}


def like(frame: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{**dict.fromkeys(frame.columns), "finess_et": "010000008", **row}], schema=frame.schema)


USAGER = {
    "usager_id": "DOS-1", "matricule_ins": INS, "ins_type": "INS-NIR", "ins_statut": "VALI",
    "nom_naissance": "Zéphyrin", "prenoms": "Aël", "date_naissance": date(1938, 2, 3), "sexe": "F",
    "protection_juridique": "TUTEUR",
}  # fmt: skip


def test_only_what_the_guide_has_no_place_for_goes_by_our_extension(empty: Frames, tmp_path: Path) -> None:
    """That everything comes back would prove nothing if everything went by an extension of ours."""
    sejour = {
        "sejour_id": "S-1", "usager_id": "DOS-1", "date_admission": date(2025, 1, 2), "date_entree": date(2025, 1, 3),
        "libelle_mode_entree": "vient de chez lui", "mode_entree": "8715000", "modalite": "INT",
    }  # fmt: skip
    frames = {**empty, "usagers": like(empty["usagers"], USAGER), "sejours": like(empty["sejours"], sejour)}
    path, content = written(tmp_path, frames, "010000008")
    assert content.beyond == {("usagers", "protection_juridique"): 1, ("sejours", "modalite"): 1}
    structure, patient, stay = (entry["resource"] for entry in json.loads(path.read_bytes())["entry"])
    assert structure["identifier"] == [{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": "1010000008"}]
    assert (patient["name"][0]["family"], patient["gender"], patient["birthDate"]) == (
        "Zéphyrin", "female", "1938-02-03",
    )  # fmt: skip
    assert (stay["status"], stay["period"]) == ("in-progress", {"start": "2025-01-03"})
    assert stay["hospitalization"]["admitSource"]["coding"][0]["code"] == "8715000"


def test_what_must_be_there_and_nobody_says_is_said_to_be_absent(empty: Frames, tmp_path: Path) -> None:
    nobody = {**USAGER, "matricule_ins": None, "date_naissance": None, "sexe": None, "nom_naissance": None}
    _, content = written(tmp_path, {**empty, "usagers": like(empty["usagers"], nobody)}, "010000008")
    assert set(content.absent) == {
        ("usager", element)
        for element in ("Patient.gender", "Patient.birthDate", "Patient.name.family",
                        "Patient.birthDate.tddui-birth-order")
    }  # fmt: skip


@pytest.fixture
def empty() -> Frames:
    return {
        table: pl.DataFrame(schema={n: POLARS_TYPES[DUI.entity(table).field(n).logical_type] for n in names})
        for table, names in LAYOUT.tables.items()
    }


def test_without_any_row_the_bundle_holds_nothing(empty: Frames, tmp_path: Path) -> None:
    path, content = written(tmp_path, empty, "010000008")
    assert (json.loads(path.read_bytes())["entry"], content.entries.total()) == ([], 0)
