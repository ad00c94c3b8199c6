"""Persons and stays of the generator: invented beyond doubt, told where the truth says, spoilt as often as asked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from stdnum.fr import nir as stdnum_nir

from data_contracts.guides import guide
from data_contracts.loading import load_contracts
from ingest.read.csv_produit import columns
from ingest.receive.headers import difference
from orchestration.restitution.conformity import problems
from tests.shared import SEED
from witness.generate import DefectRates, generate
from witness.generate.personnes.channels import fhir_resources
from witness.generate.personnes.person_defects import EFFECTS
from witness.generate.personnes.rates import PersonRates

CSV = {  # start of the name -> encoding, separator
    "residalia": ("cp1252", ";"),
    "handisoft": ("utf-8-sig", ","),
    "DOMICILIA": ("utf-16", "\t"),
    "resid_esms": ("utf-8", ";"),
    "viatrajectoire_ga": ("utf-8-sig", ";"),
    "consentements": ("utf-8", ";"),
}
# The most frequent family names of France (INSEE) and given names: none is borne here.
REAL = {
    "MARTIN", "BERNARD", "THOMAS", "PETIT", "ROBERT", "RICHARD", "DURAND", "DUBOIS", "MOREAU", "LAURENT", "SIMON",
    "MICHEL", "LEFEBVRE", "LEROY", "ROUX", "DAVID", "BERTRAND", "MOREL", "FOURNIER", "GIRARD", "JEAN", "MARIE",
    "PIERRE", "NATHALIE", "ISABELLE", "PHILIPPE", "CATHERINE", "JACQUES", "MONIQUE", "DANIEL", "SYLVIE", "ANNE",
}  # fmt: skip


def _table(folder: Path, name: str) -> list[list[str]]:
    encoding, separator = next(v for start, v in CSV.items() if Path(name).name.startswith(start))
    text = (folder / "livraisons" / name).read_bytes().decode(encoding)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def _entries(folder: Path, name: str) -> list[dict]:
    return json.loads((folder / "livraisons" / name).read_text(encoding="utf-8"))["entry"]


@pytest.fixture(scope="module")
def texts(departement) -> pl.DataFrame:
    return pl.read_csv(departement.folder / "verite" / "identites.csv", separator=";", infer_schema=False)


def test_a_number_is_nobodys_and_its_key_is_right(departement, islands):
    for generation in (departement, islands):
        rows = _table(generation.folder, generation.persons_file("handisoft_usagers"))
        number = rows[0].index("nir")
        known = [row for row in rows[1:] if row[number]]
        assert len(known) > 100
        for row in known:
            nir = row[number]
            # No commune of France has these numbers, nor any country.
            assert re.fullmatch(r"(0[1-9]|[1-8]\d|9[0-5]|2[AB])99\d|97[1-46]9\d|9998\d", nir[5:10]), nir
            assert nir[13:] == stdnum_nir.calc_check_digits(nir[:13])


def test_no_name_is_a_real_one(texts):
    names = set(texts.filter(pl.col("nature").is_in(["nom", "prenom"]))["texte"].str.to_uppercase())
    words = {word for name in names for word in re.split(r"[ -]", name)}
    assert len(words) > 1000
    assert not words & REAL


def test_nobody_shares_a_number_but_by_mistake(departement):
    rows = _table(departement.folder, departement.persons_file("handisoft_usagers"))
    number, name = rows[0].index("nir"), rows[0].index("id_usager")
    truth = departement.truth("personnes").filter(pl.col("entite") == "usagers")
    line_to_person = {
        ligne: person for livraison, ligne, person in truth.select("livraison", "ligne", "personne_vraie").iter_rows()
        if livraison == departement.persons_file("handisoft_usagers")
    }  # fmt: skip
    bearers: dict[str, set[int]] = {}
    for line, row in enumerate(rows[1:], start=2):
        assert row[name]
        if row[number]:
            bearers.setdefault(row[number], set()).add(line_to_person[line])
    assert all(len(persons) == 1 for persons in bearers.values())


def test_the_truth_says_on_which_line_each_record_is(departement):
    titles = {
        "residalia_sejours": ("N° FINESS", "N° dossier"),
        "handisoft_usagers": ("finess", "id_usager"),
        "DOMICILIA_2": ("FINESS", "DOSSIER"),
        "resid_esms": ("FINESS", "NIR"),
        "viatrajectoire_ga": ("FINESS établissement", "N° dossier"),
        "consentements": ("finess_et", "usager_id"),
    }
    truth = departement.truth("personnes")
    for start, (finess, number) in titles.items():
        name = departement.persons_file(start)
        rows = _table(departement.folder, name)
        places = [rows[0].index(finess), rows[0].index(number)]
        told = truth.filter(pl.col("livraison") == name).select("ligne", "finess_et", "identifiant")
        # One line a stay: the file of who stayed twice is told once, by the first.
        by_stay = start in ("residalia_sejours", "DOMICILIA_2")
        files = {tuple(row[i] for i in places) for row in rows[1:]}
        assert len(told) == (len(files) if by_stay else len(rows) - 1), name
        assert all([rows[line - 1][i] for i in places] == said for line, *said in told.iter_rows()), name


def test_the_truth_says_who_opposes_on_the_last_day(departement):
    name = departement.persons_file("consentements")
    titles, *rows = _table(departement.folder, name)
    places = departement.truth("personnes").filter(pl.col("livraison") == name)
    who = dict(places.select("ligne", "personne_vraie").iter_rows())
    register = [dict(zip(titles, row, strict=True)) | {"personne": who[n]} for n, row in enumerate(rows, start=2)]
    standing = {
        (row["personne"], row["finalite"]) for row in register if row["nature"] == "opposition" and not row["retire_le"]
    }
    assert set(departement.truth("oppositions").iter_rows()) == standing
    assert len(standing) > 3


def test_the_truth_says_in_which_entry_each_resource_is(departement):
    truth = departement.truth("personnes")
    name = departement.persons_file("tddui")
    entries = _entries(departement.folder, name)
    patients = truth.filter(pl.col("livraison") == name)
    assert len(patients) == sum(e["resource"]["resourceType"] == "Patient" for e in entries) > 0
    for line, finess, number in patients.select("ligne", "finess_et", "identifiant").iter_rows():
        identifiers = entries[line - 1]["resource"]["identifier"]
        assert f"3{finess}/{number}" in {i["value"] for i in identifiers}
    name = departement.persons_file("sdo")
    entries = _entries(departement.folder, name)
    for line, number in truth.filter(pl.col("livraison") == name).select("ligne", "identifiant").iter_rows():
        assert entries[line - 1]["resource"]["id"] == number


def test_a_statement_about_a_stay_is_near_it_but_for_mistakes(departement):
    told = departement.truth("declarations_sejours").join(
        departement.truth("sejours"), on="sejour_vrai", suffix="_vraie"
    )
    assert set(told["source"]) == {"dui", "resid_esms", "viatrajectoire_pa", "viatrajectoire_ph"}
    wrong = departement.truth("defauts_personnes").filter(pl.col("effet").is_in(["valeur_fausse", "ligne_a_rejeter"]))
    right = told.join(wrong, on=["livraison", "ligne", "entite"], how="anti")
    gap = (right["date_entree"] - right["date_entree_vraie"]).dt.total_days().abs()
    assert gap.drop_nulls().max() <= 3
    assert len(right) > 0.9 * len(told)


def test_columns_are_those_of_the_contracts(departement):
    of_products = [layout for layout in load_contracts()["dui"].layouts if layout.reader == "csv_produit"]
    for name in departement.summary.deliveries:
        stem = Path(name).name.lower()
        if not name.startswith("personnes/") or stem.endswith(".json"):
            continue
        header = _table(departement.folder, name)[0]
        product = stem.split("_")[0]
        if product in ("residalia", "handisoft", "domicilia"):
            ours = [o.code for o in of_products if set(columns(o.options)) == set(header)]
            assert [code.split("_")[0] for code in ours] == [product], name
        else:
            source = {"resid": "resid_esms", "viatrajectoire": "viatrajectoire_pa"}.get(product, product)
            contract = load_contracts()[source]
            assert not difference(contract, contract.layouts[0], tuple(header)), name


def test_every_kind_of_mistake_is_there_about_as_often_as_asked(departement):
    ledger = departement.truth("defauts_personnes")
    assert set(ledger["nature"]) == set(PersonRates.natures()) == set(EFFECTS)
    assert dict(ledger.select("nature", "effet").iter_rows()) == EFFECTS
    truth = departement.truth("personnes")
    files = truth.filter(pl.col("entite") == "usagers").unique(["livraison", "finess_et", "identifiant"])
    counts = dict(ledger.group_by("nature").len().iter_rows())
    rates = PersonRates()
    assert counts["identite_non_qualifiee"] == pytest.approx(rates.identite_non_qualifiee * len(files), rel=0.02)
    stays = departement.truth("declarations_sejours").filter(pl.col("entite") == "sejours")
    assert counts["fiche_en_double"] <= rates.fiche_en_double * len(files) + 1
    assert counts["date_future"] <= rates.date_future * len(stays) + 1
    wrong = ledger.filter(pl.col("nature") == "entree_decalee_toleree")
    told = departement.truth("declarations_sejours").filter(pl.col("entite") != "sejours")
    assert 0.5 < len(wrong) / (rates.entree_decalee_toleree * len(told)) <= 1.05


def test_a_rate_asked_is_the_rate_of_the_ledger(tmp_path):
    many = replace(DefectRates(), personnes=replace(PersonRates.none(), fiche_en_double=0.5))
    generate(tmp_path, departements=("48",), rates=many)
    ledger = pl.read_parquet(tmp_path / "verite" / "defauts_personnes.parquet")
    assert set(ledger["nature"]) == {"fiche_en_double"}
    files = pl.read_parquet(tmp_path / "verite" / "personnes.parquet").filter(pl.col("entite") == "usagers")
    per_person = files.unique(["finess_et", "identifiant"]).group_by("finess_et", "personne_vraie").len()
    assert (per_person["len"] == 2).sum() == len(ledger) > 100


def test_persons_change_nothing_else(lozere, tmp_path):
    def bytes_of(folder: Path) -> dict[str, str]:
        return {
            str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in folder.rglob("*")
            if p.is_file() and "personnes" not in str(p.relative_to(folder))
        }

    generate(tmp_path / "sans", departements=("48",), seed=SEED, personnes=False)
    avec, sans = bytes_of(lozere.folder), bytes_of(tmp_path / "sans")
    assert not (tmp_path / "sans" / "livraisons" / "personnes").exists()
    of_persons = {f"verite/{n}" for n in ("sejours.parquet", "declarations_sejours.parquet", "statuts_sejours.parquet",
                                          "visites.parquet", "oppositions.parquet", "identites.csv")}  # fmt: skip
    assert set(avec) - set(sans) == of_persons
    # The order of reception is said there, and what was asked.
    told_apart = {
        "verite/livraisons.parquet",
        "verite/generation.json",
        "verite/suite/export-tdbesms-2025-region-agg.parquet",
    }
    assert {n for n in sans if avec[n] != sans[n]} <= told_apart


def test_later_one_esms_sends_its_bundle_again(departement):
    [path] = (departement.folder / "suite" / "personnes").iterdir()
    finess = path.stem.split("_")[-1]
    resources = [e["resource"] for e in json.loads(path.read_text(encoding="utf-8"))["entry"]]
    stays = [r for r in resources if r["meta"]["profile"][0].endswith("encounter-sejour")]
    assert {r["identifier"][0]["value"][1:10] for r in stays} == {finess}
    changes = pl.read_parquet(departement.folder / "verite" / "suite" / "personnes.parquet")
    assert set(changes["evenement"]) == {"entree", "sortie"}
    assert changes["date"].dt.strftime("%Y-%m").unique().to_list() == ["2025-01"]
    entries = [r for r in stays if r["period"].get("start", "") >= "2025-01-01"]
    assert len(entries) == (changes["evenement"] == "entree").sum()
    before = {
        i["value"]
        for e in _entries(departement.folder, departement.persons_file("tddui"))
        if e["resource"]["resourceType"] == "Patient"
        for i in e["resource"]["identifier"]
        if i["value"].startswith(f"3{finess}/")
    }
    after = {
        i["value"] for r in resources if r["resourceType"] == "Patient" for i in r["identifier"] if "/" in i["value"]
    }
    assert before < after


def test_the_texts_that_must_be_found_nowhere_are_all_those_written(departement, texts):
    written = set(texts["texte"])
    rows = _table(departement.folder, departement.persons_file("residalia_sejours"))
    head = rows[0]
    for row in rows[1:200]:
        cells = dict(zip(head, row, strict=True))
        assert cells["Nom de naissance"] in written
        assert cells["Né(e) le"] in written
        assert not cells["Matricule INS"] or cells["Matricule INS"][:13] in written


def test_a_day_of_birth_that_is_unknown_is_written_so(departement):
    name = departement.persons_file("resid_esms")
    rows = _table(departement.folder, name)
    written = {
        line for line, row in enumerate(rows, start=1) if row[rows[0].index("DATE_NAISSANCE")].startswith("00/00/")
    }
    ledger = departement.truth("defauts_personnes").filter(pl.col("nature") == "naissance_sans_jour")
    assert written == set(ledger.filter(pl.col("livraison") == name)["ligne"]) != set()


class TestTemplate:
    TABLE = pl.DataFrame({"id": ["a", "b"], "nom": ["x", None], "rien": [None, None], "n": [1, None]},
                         schema_overrides={"rien": pl.String})  # fmt: skip

    def _written(self, model: dict) -> list[dict]:
        return [json.loads(text) for text in fhir_resources.write(self.TABLE, model)]

    def test_what_is_unknown_on_a_row_is_left_out_of_it(self):
        model = {
            "nom": pl.col("nom"),
            "id": pl.col("id"),
            "n": fhir_resources.bare(pl.col("n")),
            "rien": pl.col("rien"),
        }
        assert self._written(model) == [{"nom": "x", "id": "a", "n": 1}, {"id": "b"}]

    def test_a_part_is_nothing_without_what_varies_in_it(self):
        model = {
            "id": pl.col("id"),
            "de": {"systeme": "s", "code": pl.col("nom")},
            "vide": {"s": "s", "c": pl.col("rien")},
        }
        assert self._written(model) == [{"id": "a", "de": {"systeme": "s", "code": "x"}}, {"id": "b"}]

    def test_a_list_keeps_its_constant_parts_and_loses_the_others(self):
        model = {
            "id": pl.col("id"),
            "l": [{"c": 1}, {"v": pl.col("nom")}],
            "m": [{"v": pl.col("nom")}, {"w": fhir_resources.bare(pl.col("n"))}],
        }
        assert self._written(model) == [
            {"id": "a", "l": [{"c": 1}, {"v": "x"}], "m": [{"v": "x"}, {"w": 1}]},
            {"id": "b", "l": [{"c": 1}]},
        ]

    def test_no_row_no_text(self):
        assert len(fhir_resources.write(self.TABLE.clear(), {"id": pl.col("id")})) == 0

    def test_a_template_that_may_be_nothing_is_refused(self):
        with pytest.raises(ValueError, match="au moins une feuille connue"):
            fhir_resources.write(self.TABLE, {"nom": pl.col("nom")})


def test_a_task_of_the_sdo_that_names_its_unit_is_one_of_its_guide_but_for_the_defects(departement):
    """The generator imports nothing of what judges it: the guide is read here alone."""
    tasks = [each["resource"] for each in _entries(departement.folder, departement.persons_file("sdo"))]
    named = [task for task in tasks if {"idUnite", "statutUnite"} <= _names_of_inputs(task)]
    assert len(named) > len(tasks) / 4
    assert {problem.rule for task in named[::10] for problem in problems(task, guide("sdo"))} <= {"ASS_A32"}


def _names_of_inputs(task):
    return {each["type"]["coding"][0]["code"] for each in task["input"]}
