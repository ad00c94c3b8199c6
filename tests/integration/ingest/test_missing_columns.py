"""A real extraction has fewer columns than its collection: it is read, said, and its missing values are unknown.

Headers: those of the files read in the tools of an ARS (contracts `cnsa_occupation`, `tdb_esms`).
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest

from data_contracts.loading import Contract, load_contracts
from ingest import pipeline
from ingest.pipeline import load_warehouse
from ingest.receive import landing
from orchestration.cli import summary
from orchestration.status import status
from tests.integration.ingest.conftest import Guichet
from tests.unit.ingest.test_headers import titles
from tests.unit.readers.test_csv_products import PERSON, RESIDALIA, STAY, encoded

T3 = ("FINESS", "TAUX_OCC_TRIMESTRE3", "NB_LITS_AUTORISES_INSTALLES", "NB_LITS_OCC_2022", "TAUX_OCC_2022")
ROW = {"FINESS": "010002228", "TAUX_OCC_TRIMESTRE3": "97,5", "NB_LITS_AUTORISES_INSTALLES": "80",
       "NB_LITS_OCC_2022": "78", "TAUX_OCC_2022": "96,2"}  # fmt: skip
NAME = "cnsa_occupation_2022.csv"


def csv(*header: str, row: dict[str, str] | None = None) -> bytes:
    values = row or ROW
    return f"{';'.join(header)}\n{';'.join(values.get(title, '') for title in header)}\n".encode()


def workbook(*header: str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(header))
    sheet.append([ROW[title] for title in header])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


@pytest.mark.parametrize("form", [csv, workbook])
@pytest.mark.parametrize("absent", [("NB_LITS_OCC_2022",), ("TAUX_OCC_2022", "NB_LITS_AUTORISES_INSTALLES")])
def test_what_is_missing_is_unknown_and_said_everywhere(guichet: Guichet, form: Any, absent: tuple[str, ...]) -> None:
    name = NAME if form is csv else "cnsa_occupation_2022.xlsx"
    receipt = guichet.deliver(name, form(*(t for t in T3 if t not in absent)))
    in_order = [t for t in T3 if t in absent]
    assert receipt.status == "received"
    assert f"colonnes absentes : {', '.join(in_order)}" in (receipt.reason or "")
    assert str(receipt.reason) in summary.of_receipts([receipt])
    (manifest,) = landing.manifests(guichet.home)
    assert (manifest.layout, manifest.absentes) == ("t3_2022", tuple(in_order))
    assert status(guichet.home)["incomplete"][0]["missing_columns"] == in_order  # as soon as it is received
    (result,) = guichet.process()
    assert (result.acceptees, result.rejetees, result.absentes) == (1, 0, in_order)
    (row,) = guichet.rows("raw").to_dicts()
    fields = {
        "TAUX_OCC_TRIMESTRE3": ("taux_occupation_t3_pct", 97.5),
        "TAUX_OCC_2022": ("taux_occupation_cumul_t3_pct", 96.2),
        "NB_LITS_AUTORISES_INSTALLES": ("nb_lits_autorises_installes", 80),
        "NB_LITS_OCC_2022": ("nb_lits_occupes_cumul_t3", 78),
    }
    for title, (field, value) in fields.items():
        assert row[field] == (None if title in absent else value)
    told = summary.of_status(status(guichet.home))
    assert f"{name} : {', '.join(in_order)}" in told
    load_warehouse(guichet.home)
    with duckdb.connect(str(guichet.home.warehouse), read_only=True) as warehouse:
        said = warehouse.execute("SELECT colonnes_absentes FROM raw.livraisons").fetchall()
    assert said == [(" ; ".join(in_order),)]


def test_a_whole_file_lacks_nothing(guichet: Guichet) -> None:
    receipt = guichet.deliver(NAME, csv(*T3))
    assert receipt.reason is None
    (result,) = guichet.process()
    assert result.absentes == []
    assert status(guichet.home)["incomplete"] == []


@pytest.mark.parametrize(
    ("header", "layout"),
    [
        # Exactly one layout, though another knows all these titles too.
        (T3, "t3_2022"),
        (tuple(titles("cnsa_occupation", "annuel_2021")), "annuel_2021"),
        # The one that lacks the fewest.
        (("FINESS", "TAUX_OCC_TRIMESTRE3", "NB_LITS_AUTORISES_INSTALLES"), "t3_2022"),
        (("FINESS", "TAUX_OCC_TRIMESTRE3", "TAUX_OCC_TRIMESTRE4"), "annuel_2021"),
        (("FINESS", "TAUX_OCC_TRIMESTRE1"), "annuel_2021"),
    ],
)
def test_layouts_that_hold_each_other_are_told_apart(guichet: Guichet, header: tuple[str, ...], layout: str) -> None:
    assert guichet.deliver(NAME, csv(*header)).status == "received"
    assert [m.layout for m in landing.manifests(guichet.home)] == [layout]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (T3[1:], ["colonne attendue absente : FINESS — indispensable", "Remède"]),
        (("FINESS",), ["aucune valeur", "TAUX_OCC_TRIMESTRE3", "Remède"]),
        # The rate « 2022 » of the form that stops in September is not annual: alone, it is not taken for one that is.
        (("FINESS", "TAUX_OCC_2022"), ["aucune valeur", "Remède"]),
        ((*T3, "COMMENTAIRE"), ["colonne inconnue : COMMENTAIRE (colonne 6)", "Remède"]),
        ((*T3[:3], "COMMENTAIRE"), ["colonne inconnue : COMMENTAIRE (colonne 4)", "Remède"]),
    ],
)
def test_what_a_file_cannot_do_without_refuses_it(guichet: Guichet, header: tuple[str, ...], words: list[str]) -> None:
    receipt = guichet.deliver(NAME, csv(*header))
    assert receipt.status == "refused"
    assert [word for word in words if word not in (receipt.reason or "")] == []


@pytest.mark.parametrize("place", [0, 2, 4])
@pytest.mark.parametrize(("cell", "status_"), [("", "received"), ("  ", "received"), ("1", "refused")])
def test_a_column_without_title_may_be_there_when_it_is_empty(
    guichet: Guichet, place: int, cell: str, status_: str
) -> None:
    header = [*T3[:place], "", *T3[place:]]
    receipt = guichet.deliver(NAME, csv(*header, row={**ROW, "": cell}))
    assert receipt.status == status_
    if status_ == "refused":
        assert f"n'est pas vide (colonne {place + 1})" in (receipt.reason or "")
        return
    (result,) = guichet.process()
    assert (result.statut, result.acceptees) == ("accepted", 1)
    assert [m.layout for m in landing.manifests(guichet.home)] == ["t3_2022"]


def twice(contract: Contract, name: str) -> Contract:
    """Another source that asks the same and more."""
    return replace(contract, id=name, name=name)


def test_two_sources_that_may_both_be_meant_are_asked_for(guichet: Guichet, monkeypatch: pytest.MonkeyPatch) -> None:
    contracts = load_contracts()
    both = {**contracts, "jumelle": twice(contracts["cnsa_occupation"], "jumelle")}
    monkeypatch.setattr(pipeline.loading, "load_contracts", lambda: both)
    receipt = guichet.deliver("export.csv", csv(*T3[:3]), millesime=2022)
    assert receipt.status == "refused"
    assert "cnsa_occupation (2 colonnes en moins), jumelle (2 colonnes en moins)" in (receipt.reason or "")
    assert "--source" in (receipt.reason or "")
    taken = guichet.deliver("export.csv", csv(*T3[:3]), millesime=2022, source="jumelle")
    assert (taken.status, taken.source) == ("received", "jumelle")


def test_one_column_missing_from_331_shifts_no_other(guichet: Guichet) -> None:
    """The layout is by position: what follows the missing column is found by its title, and read as itself."""
    header = titles("tdb_esms", "export_2021_2022")
    contract = load_contracts()["tdb_esms"]
    entity, layout = contract.entities[0], contract.layout("export_2021_2022")
    places = {f: int(c) - 1 for f, c in contract.fields_in(layout, entity).items()}
    gone = places[next(f.name for f in entity.fields if f.title.startswith("Superficie des locaux"))]
    numbers = [f.name for f in entity.fields if f.logical_type == "number" and f.unit == "etp" and f.name in places]
    cells = [""] * len(header)
    cells[places["finess_et"]] = "010002228"
    for rank, name in enumerate(numbers, start=1):
        cells[places[name]] = str(rank)
    kept = [i for i in range(len(header)) if i != gone]
    content = "\n".join(";".join(line[i] for i in kept) for line in (header, cells))
    result = guichet.take("export-tdbesms-2022-region-agg.csv", content.encode())
    assert len(result.absentes) == 1
    assert result.absentes[0].startswith("Superficie des locaux")
    (row,) = guichet.rows("raw").to_dicts()
    assert len(numbers) > 20
    assert {name: row[name] for name in numbers} == {name: rank for rank, name in enumerate(numbers, start=1)}


def test_a_product_may_export_less_of_persons(guichet: Guichet) -> None:
    lines = [RESIDALIA.split(";"), [*f"{PERSON};{STAY}".split(";")]]
    gone = {lines[0].index(t) for t in ("Motif de sortie", "Type d'hébergement")}
    content = "\r\n".join(";".join(c for i, c in enumerate(line) if i not in gone) for line in lines) + "\r\n"
    receipt = guichet.deliver("residalia_sejours_20241231_a.csv", encoded(content, "residalia"))
    assert receipt.status == "received"
    assert "colonnes absentes : Motif de sortie, Type d'hébergement" in (receipt.reason or "")
    (result,) = guichet.process()
    assert (result.rejetees, result.absentes) == (0, ["Motif de sortie", "Type d'hébergement"])
    stay = guichet.rows("raw", "sejours")
    assert stay.select("modalite", "motif_sortie_code").rows() == [(None, None)]
    assert stay["date_sortie"].null_count() == 0


def test_a_contract_that_asks_for_more_since_reads_again_what_it_can(
    guichet: Guichet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The header is compared again when rows are read: what a newer contract cannot do without refuses the delivery."""
    guichet.deliver(NAME, csv(*T3[:3]))
    contracts = load_contracts()
    contract = contracts["cnsa_occupation"]
    entities = tuple(
        replace(e, fields=tuple(replace(f, essential=f.title == "NB_LITS_OCC_2022" or f.essential) for f in e.fields))
        for e in contract.entities
    )
    fields = [f.name for f in entities[0].fields if f.essential]
    assert fields
    monkeypatch.setattr(
        pipeline.loading, "load_contracts", lambda: {**contracts, contract.id: replace(contract, entities=entities)}
    )
    (result,) = guichet.process()
    assert result.statut == "refused"
    assert "colonnes indispensables absentes" in (result.motif or "")


def test_a_manifest_of_before_lacks_nothing(guichet: Guichet) -> None:
    guichet.deliver(NAME, csv(*T3))
    (path,) = (p for p in guichet.home.landing.rglob("*.json"))
    kept = json.loads(path.read_text(encoding="utf-8"))
    del kept["absentes"]
    path.write_text(json.dumps(kept), encoding="utf-8")
    assert [m.absentes for m in landing.manifests(guichet.home)] == [()]
    (result,) = guichet.process()
    assert result.statut == "accepted"
    assert isinstance(guichet.rows("raw"), pl.DataFrame)
    assert Path(result.files["occupation"][0]).suffix == ".parquet"
