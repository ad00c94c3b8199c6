"""Deliveries are written as the real ones: titles, encodings, nesting, labels, file names."""

from __future__ import annotations

import csv
import gzip
import json
from typing import Any

import numpy as np
import openpyxl
import polars as pl
import pytest

from witness.generate import facts

TDB = "export-tdbesms-2025-region-agg.csv"


def _header(path, encoding="utf-8") -> list[str]:
    with path.open(encoding=encoding, newline="") as stream:
        return [row["column_name_verbatim"] for row in csv.DictReader(stream, delimiter=";")]


def _first_line(path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream, delimiter=";"))


def test_tableau_de_bord_has_the_331_titles_of_the_real_export_in_order(departement, shared_data):
    real = _header(shared_data / "tdb_ms_headers" / "export-tdbesms-2022-region-agg.header.csv")
    for name in ("export-tdbesms-2024-region-agg.csv", TDB):
        assert departement.rows(name)[0] == real
    assert len(real) == 331
    assert len(set(real)) == 331 - 14


def test_tableau_de_bord_is_cp1252_with_crlf(departement):
    content = (departement.folder / "livraisons" / TDB).read_bytes()
    assert b"\x92" in content
    assert b"\xa0" in content
    assert content.count(b"\r\n") == content.count(b"\n")
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")


@pytest.mark.parametrize(
    ("written", "real"),
    [
        ("ANN_MS_TDP_ET_2025_09_06.CSV", "ANN_MS_TDP_ET_2022_06_07.CSV"),
        ("ANN_ERRD_EJ_ET_2025_06_07.CSV", "ANN_ERRD_EJ_ET_2022_06_07.CSV"),
        ("ANN_ERRD_EJ_ET_2025_09_06.CSV", "ANN_ERRD_EJ_ET_2022_06_07.CSV"),
        ("ANN_ERRD_EJ_2025_06_07.CSV", "ANN_ERRD_EJ_2022_09_01.CSV"),
        ("ANN_PER_ERRD_EPRD_2025_06_07.CSV", "ANN_PER_ERRD_EPRD_2022_09_01.CSV"),
        ("ANN_CA_EJ_ET_2025_06_07.CSV", "ANN_CA_EJ_ET_2022_09_01.CSV"),
    ],
)
def test_diamant_flows_have_the_titles_of_the_real_ones(written, real, departement, shared_data):
    assert departement.rows(written)[0] == _first_line(shared_data / "diamant_fixtures" / real)


@pytest.mark.parametrize(
    ("written", "real"),
    [
        ("cnsa_occupation_2023.csv", "cnsa_occupation_2021.header.csv"),
        ("cnsa_occupation_2024.csv", "cnsa_occupation_2022.header.csv"),
        ("cnsa_gmp_pmp_2023.csv", "cnsa_gmp_pmp.header.csv"),
    ],
)
def test_cnsa_files_have_the_titles_of_the_real_ones_but_for_the_year(written, real, departement, shared_data):
    def without_year(titles: list[str]) -> list[str]:
        return [t[:-4] if t[-4:].isdigit() else t for t in titles]

    real_titles = _header(shared_data / "cnam_cnsa_errd_headers" / real)
    assert without_year(departement.rows(written)[0]) == without_year(real_titles)


def _paths(value, path="") -> set[str]:
    """Every key path of a JSON value, lists crossed."""
    if isinstance(value, dict):
        return {path} | {p for k, v in value.items() for p in _paths(v, f"{path}.{k}")}
    if isinstance(value, list):
        return {path} | {p for v in value for p in _paths(v, path + "[]")}
    return {path}


@pytest.mark.parametrize(
    ("written", "sample"),
    [
        ("finess-structures-mensuel-202501.json.gz", "finess-structures-echantillon.json.gz"),
        ("finess-activites-mensuel-202501.json.gz", "finess-activites-echantillon.json.gz"),
    ],
)
def test_finess_documents_have_only_paths_that_the_real_ones_have(written, sample, departement, shared_data):
    with gzip.open(shared_data / "finess_json_v1" / sample, "rt", encoding="utf-8") as stream:
        real = json.load(stream)
    ours = departement.document(written)
    assert list(ours)[:2] == ["schemaVersion", "generatedAt"]
    unknown = _paths(ours["pmej"]) - _paths(real["pmej"])
    assert unknown == set()


def _leaves(value):
    if isinstance(value, dict):
        for v in value.values():
            yield from _leaves(v)
    elif isinstance(value, list):
        for v in value:
            yield from _leaves(v)
    else:
        yield value


def test_finess_leaves_are_texts_or_null(departement):
    document = departement.document("finess-activites-mensuel-202401.json.gz")
    assert {type(leaf) for leaf in _leaves(document)} <= {str, type(None)}


def test_finess_speaks_after_the_last_day_of_the_year_and_a_year_before(departement):
    days = [
        departement.document(f"finess-structures-mensuel-{month}.json.gz")["generatedAt"][:10]
        for month in ("202401", "202501")
    ]
    assert days[0] > "2023-12-31"
    assert days[1] > "2024-12-31"
    before, after = (
        {
            e["informationsGeneralesEGE"]["numFinessEge"]: (
                p["informationsGeneralesPMEJ"]["numFinessPm"],
                e["etatObjet"],
            )
            for p in departement.document(f"finess-structures-mensuel-{month}.json.gz")["pmej"]
            for e in p["ege"]
        }
        for month in ("202401", "202501")
    )
    assert set(before) < set(after), "openings appear, nothing disappears"
    common = [(before[f], after[f]) for f in before]
    assert any(b[0] != a[0] for b, a in common), "some ET change operator"
    assert any(b[1] == "A" and a[1] == "I" for b, a in common), "some ET close"


def test_finess_identifiers_are_unique(departement):
    document = departement.document("finess-activites-mensuel-202501.json.gz")
    activities = [
        a
        for p in document["pmej"]
        for a in [*p["activitesAutorisees"], *(x for e in p["ege"] for x in e["activitesExercees"])]
    ]
    for ids in (
        [a["caracteristiquesGeneriques"]["activiteAeId"] for a in activities],
        [c["idCapacite"] for a in activities for c in a["capacite"]],
        [e["evenementId"] for a in activities for e in a["evenement"]],
    ):
        assert len(ids) == len(set(ids)) > 100


def test_authorised_capacities_of_finess_are_the_truth(departement):
    document = departement.document("finess-activites-mensuel-202501.json.gz")
    told: dict[str, float] = {}
    for p in document["pmej"]:
        for e in p["ege"]:
            for a in e["activitesExercees"]:
                for c in a["capacite"]:
                    if c["statutCapacite"] == "09" and c["habilitation"] is None:
                        told[e["numFinessEge"]] = told.get(e["numFinessEge"], 0) + int(c["nombre"])
    panel = departement.truth("panel").filter(millesime=2024)
    true = dict(panel.select("finess_et", "cap_aut_total").drop_nulls().iter_rows())
    assert {f: told.get(f) for f in true} == true


def test_population_has_the_labels_of_the_real_file(departement, shared_data):
    def read(path):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream, delimiter=";"))

    ours = read(departement.folder / "livraisons" / "insee_estim_pop_dep_sexe_age_quinq.csv.gz")
    real = read(shared_data / "insee_population" / "insee_estim_pop_dep_sexe_age_quinq_1975_2022.csv.gz")
    assert list(ours[0]) == list(real[0])
    for column in ("sexe", "tranche_age"):
        assert {r[column] for r in ours} == {r[column] for r in real if r["annee"] == "2022"}
    totals = {(r["annee"], r["code_departement"], r["tranche_age"]): 0 for r in ours}
    for r in ours:
        sign = 1 if r["sexe"] == "Ensemble" else -1
        totals[r["annee"], r["code_departement"], r["tranche_age"]] += sign * int(r["population"])
    assert set(totals.values()) == {0}


def test_the_workbooks_of_the_aide_sociale_tell_the_truth_and_their_sums(departement):
    true = {(m, d, y): v for m, y, d, v in departement.truth("aide_sociale").iter_rows()}
    titles = {t.format(debut=2012): m for t, m in facts.table("aide_sociale").select("titre", "mesure").iter_rows()}
    told, sums = {}, {}
    for path in sorted((departement.folder / "livraisons").glob("drees_*.xlsx")):
        staff = path.name.startswith("drees_personnel")
        code = 0 if staff else 1
        for sheet in openpyxl.load_workbook(path, read_only=True).worksheets[1:]:
            rows: list[Any] = [row for row in sheet.iter_rows(values_only=True) if any(row)]
            mesure, years, part = titles[rows[0][0]], [], 0
            for row in rows:
                if row[0] in ("Code région", "Numéro de département"):
                    part, years = part + 1, [int(cell) for cell in row[code + 2 :]]
                elif part == 1 and row[code]:
                    told |= {(mesure, row[code], y): v for y, v in zip(years, row[code + 2 :], strict=True)}
                elif str(row[0]).startswith("TOTAL estimé France entière"):
                    sums |= {(mesure, part, y): v for y, v in zip(years, row[3:], strict=True)}
    assert {key: told[key] for key in true} == true
    assert told["APA", "2A", 2018] is None  # Corse is told whole
    assert told["APA", "20", 2018] > 0
    assert {told["DEP_PCH", "69M", 2014], told["DEP_PCH", "2B", 2018]} == {0}
    assert told["PERS_ETP_HORS_AF", "976", 2012] == "ND"
    by_hand = sum(v for (m, d, y), v in true.items() if (m, y) == ("PCH", 2017) and d != "976")
    assert sums["PCH", 1, 2017] == sums["PCH", 2, 2017] == by_hand


def test_every_commune_is_in_the_workbook_of_epci_under_the_titles_of_the_sixth_row(departement):
    book = openpyxl.load_workbook(departement.folder / "livraisons" / "Intercommunalite_Metropole_au_01-01-2025.xlsx")
    rows = list(book["Composition_communale"].iter_rows(values_only=True))
    assert rows[5] == ("CODGEO", "LIBGEO", "EPCI", "LIBEPCI", "DEP", "REG")
    told = {code: (None if epci == "ZZZZZZZZZ" else epci) for code, _, epci, *_ in rows[6:]}
    assert told == dict(departement.truth("communes_epci").select("commune", "epci").iter_rows())
    assert set(told) == set(departement.truth("communes")["code"])
    listed = {epci: n for epci, _, _, n in list(book["EPCI"].iter_rows(values_only=True))[6:]}
    assert listed == {epci: list(told.values()).count(epci) for epci in set(told.values()) - {None}}


def test_cog_has_the_keys_of_the_real_one_and_nothing_but_real_places(departement, shared_data):
    for name in ("regions", "departements", "communes"):
        ours = json.loads(
            (departement.folder / "livraisons" / "cog" / "2025" / f"{name}.json").read_text(encoding="utf-8")
        )
        with gzip.open(shared_data / "cog" / "2025" / f"{name}.json.gz", "rt", encoding="utf-8") as stream:
            real = json.load(stream)
        assert set().union(*ours) <= set().union(*real)
        assert {(c["code"], c["nom"]) for c in ours} <= {(c["code"], c["nom"]) for c in real}


def test_a_commune_is_drawn_in_its_departement_by_its_population():
    from witness.generate import SCALES
    from witness.generate.geography import communes, pick_communes

    places = communes(list(SCALES["national"]))
    departements = np.random.default_rng(1).integers(0, 101, 5_000)
    drawn = places[pick_communes(np.random.default_rng(2), places, departements).tolist()]
    assert (drawn["rang_dep"].to_numpy() == departements).all()
    assert (drawn["code"].str.slice(0, 2) == drawn["departement"].str.slice(0, 2)).all()
    assert places["code"].n_unique() == len(places)
    marseille = drawn.filter(pl.col("departement") == "13")["code"].value_counts(sort=True)
    assert marseille["code"][0] == "13055"


def test_gzip_files_hold_no_date(departement):
    zipped = [name for name in departement.summary.deliveries if name.endswith(".gz")]
    assert zipped
    for name in zipped:
        assert (departement.folder / "livraisons" / name).read_bytes()[4:8] == b"\0\0\0\0"


def test_charges_are_negative_and_rates_fractions_in_diamant(departement):
    rows = departement.rows("ANN_ERRD_EJ_ET_2025_09_06.CSV")
    charges, rate = rows[0].index("Dépenses Groupe II ERRD"), rows[0].index("Taux d'occupation global ERRD")
    values = [float(r[charges]) for r in rows[1:] if r[charges]]
    assert max(values) <= 0
    assert max(float(r[rate]) for r in rows[1:] if r[rate]) < 2
    flow = departement.rows("ANN_MS_TDP_ET_2025_09_06.CSV")
    absent = flow[0].index("Taux d'absentéisme (hors formation)")
    assert any(r[absent].startswith(".") and len(r[absent]) == 28 for r in flow[1:] if len(r) > absent)


def test_islands_keep_their_letters_and_their_codes(islands):
    et = islands.truth("et")
    assert sorted(et["departement"].unique()) == ["2A", "2B", "974", "976"]
    assert {f[:2] for f in et.filter(departement="2A")["finess_et"]} == {"2A"}
    assert {f[:4] for f in et.filter(departement="974")["finess_et"]} == {"9794"}
    assert {c[:3] for c in et.filter(departement="976")["commune_code"]} == {"976"}
    rows = islands.rows("cnsa_occupation_2023.csv")
    assert {r[rows[0].index("CODE_DPT")] for r in rows[1:] if len(r) > 4} <= {"2A", "2B", "974", "976"}
