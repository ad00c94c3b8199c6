"""Bad input, one test a defect: each ends in accepted rows, in rejected rows that say why, or in a refused delivery.

Never a traceback, never a guess, never a lost row: `balanced` checks read = accepted + rejected after each of them.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from data_contracts import nomenclatures
from data_contracts.loading import Contract, Layout, load_contracts
from ingest import judging, pipeline
from ingest.home import Home
from ingest.pipeline import load_warehouse, process_pending
from ingest.read.frames import Table
from ingest.receive import landing
from ingest.receive.delivery import Receipt, deliver
from ingest.store import lake
from tests.instants import now

HEADER = "FINESS;TAUX_OCC_TRIMESTRE3;NB_LITS_AUTORISES_INSTALLES;NB_LITS_OCC_2022;TAUX_OCC_2022"
ROWS = ("010002228;97,5;80;78;96,2", "010004059;88.1;60;53;87,9")
NAME = "cnsa_occupation_2022.csv"


@dataclass
class Desk:
    """A home and a folder of files to deliver."""

    home: Home
    folder: Path

    def deliver(self, content: str | bytes, name: str = NAME, **options) -> Receipt:
        path = self.folder / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return deliver([path], self.home, **options, now=now())[0]

    def process(self) -> lake.Result:
        results = process_pending(self.home)
        assert len(results) == 1
        assert results[0].balances
        return results[0]

    def rows(self, kind: str) -> pl.DataFrame:
        """Accepted rows (`raw`), `rejects` or `signalements`, of every delivery."""
        files = sorted((self.home.lake / kind).rglob("*.parquet"))
        return pl.concat([pl.read_parquet(f) for f in files]) if files else pl.DataFrame()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "envoi").mkdir()
    return Desk(Home(tmp_path / "var"), tmp_path / "envoi")


def text(*rows: str, header: str = HEADER, newline: str = "\n") -> str:
    return newline.join((header, *rows)) + newline


def refused(desk: Desk, receipt: Receipt, *words: str) -> None:
    """A refusal: one readable message with these words, a trace of it, and nothing in the lake."""
    assert receipt.status == "refused"
    assert receipt.reason
    assert "Traceback" not in receipt.reason
    for word in words:
        assert word in receipt.reason
    assert [r["reason"] for r in landing.refusals(desk.home)] == [receipt.reason]
    assert process_pending(desk.home) == []
    assert not (desk.home.lake / "raw").exists()


def test_a_good_file_is_accepted_whole(desk: Desk) -> None:
    assert desk.deliver(text(*ROWS)).status == "received"
    result = desk.process()
    assert (result.lues, result.acceptees, result.rejetees, result.millesimes) == (2, 2, 0, [2022])
    assert desk.rows("raw")["taux_occupation_t3_pct"].to_list() == [97.5, 88.1]


def test_empty_file(desk: Desk) -> None:
    refused(desk, desk.deliver(b""), NAME, "vide")


def test_file_of_spaces(desk: Desk) -> None:
    refused(desk, desk.deliver(" \n \n"), NAME, "vide")


def test_header_without_rows_is_refused_when_read(desk: Desk) -> None:
    assert desk.deliver(text()).status == "received"
    result = desk.process()
    assert result.statut == "refused"
    assert "aucune ligne" in (result.motif or "")


def test_truncated_gzip(desk: Desk) -> None:
    whole = gzip.compress(text(*(f"0100{i:05d};97,5;80;78;96,2" for i in range(5000))).encode())
    receipt = desk.deliver(whole[: len(whole) // 2], name=f"{NAME}.gz")
    if receipt.status == "received":  # the head was whole: the end is missed on reading
        result = desk.process()
        assert result.statut == "refused"
        assert "tronqu" in (result.motif or "")
        assert desk.rows("raw").is_empty()
    else:
        refused(desk, receipt, "tronqu")


def test_html_error_page_saved_as_csv(desk: Desk) -> None:
    page = "<!DOCTYPE html>\n<html><head><title>503 Service Unavailable</title></head><body>Indisponible</body></html>"
    refused(desk, desk.deliver(page), NAME, "page web")


def test_wrong_source(desk: Desk) -> None:
    receipt = desk.deliver(text(*ROWS), source="cnsa_gmp_pmp")
    refused(desk, receipt, "colonne attendue absente : GMP", "colonne inconnue : FINESS")


def test_unknown_source_name(desk: Desk) -> None:
    refused(desk, desk.deliver(text(*ROWS), source="inconnue_au_bataillon"), "Sources déclarées")


@pytest.mark.parametrize(
    ("label", "content"),
    [
        ("BOM", b"\xef\xbb\xbf" + text(*ROWS).encode()),
        ("CRLF", text(*ROWS, newline="\r\n").encode()),
        ("utf-16", text(*ROWS).encode("utf-16")),
        ("no final newline", text(*ROWS).rstrip().encode()),
        ("comma separated", text(*ROWS).replace(",", ".").replace(";", ",").encode()),
        ("gzip", gzip.compress(text(*ROWS).encode(), mtime=0)),
        ("reordered", b"NB_LITS_OCC_2022;FINESS;TAUX_OCC_TRIMESTRE3;NB_LITS_AUTORISES_INSTALLES;TAUX_OCC_2022\n"
                      b"78;010002228;97,5;80;96,2\n53;010004059;88.1;60;87,9\n"),
    ],
)  # fmt: skip
def test_a_harmless_form_gives_the_same_rows(desk: Desk, label: str, content: bytes) -> None:
    assert desk.deliver(content).status == "received"
    assert desk.process().acceptees == 2
    kept = desk.rows("raw").select("finess_et", "taux_occupation_t3_pct", "nb_lits_autorises_installes")
    assert kept.rows() == [("010002228", 97.5, 80), ("010004059", 88.1, 60)]


def test_cp1252_is_read_without_loss(desk: Desk) -> None:
    header = ";CODE_REG;NOM_REG;CODE_DPT;NOM_DPT;FINESS;LIBELLE;OPTION_TARIFAIRE;TAUX_OCC_TRIMESTRE1;TAUX_OCC_TRIMESTRE2;TAUX_OCC_TRIMESTRE3;TAUX_OCC_TRIMESTRE4;NB_LITS_AUTORISES_INSTALLES;NB_LITS_OCC_2021;TAUX_OCC_2021"  # noqa: E501 - the real header, as it is
    row = "0;84;Auvergne-Rhône-Alpes;01;Ain;010002228;L’Œil d’été – « Prés »;Tarif global sans PUI;97;96;95;94;80;78;96"
    desk.deliver(text(row, header=header).encode("cp1252"), name="cnsa_occupation_2021.csv")
    desk.process()
    assert desk.rows("raw")["raison_sociale_et"].to_list() == ["L’Œil d’été – « Prés »"]


def test_an_undecodable_byte_refuses_and_says_where(desk: Desk) -> None:
    receipt = desk.deliver(text(*ROWS).encode() + b"010004067;\x81;60;53;87\n\xc3\x28")
    if receipt.status == "received":
        result = desk.process()
        assert result.statut == "refused"
        assert "ligne 4" in (result.motif or "")
    else:
        refused(desk, receipt, "ligne 4")


@pytest.mark.parametrize(
    ("cell", "value"),
    [("97,5", 97.5), ("97.5", 97.5), ("97,5 %", 97.5), (" 97,5 ", 97.5), ("", None), ("1.234,5", 1234.5)],
)
def test_forms_of_a_number(desk: Desk, cell: str, value: float | None) -> None:
    desk.deliver(text(f"010002228;{cell};80;78;96,2"))
    assert desk.process().acceptees == 1
    assert desk.rows("raw")["taux_occupation_t3_pct"].to_list() == [value]


def test_leading_point_decimal(desk: Desk) -> None:
    header = "Finess EJ;Année;Id Dépôt;Taux de CAF ERRD;Taux vétusté Autres immo ERRD;Taux vétusté Construction ERRD;Taux vétusté installations tech mat outil ERRD;Fonds de roulement net global ERRD"  # noqa: E501 - the real header, as it is
    desk.deliver(text("010008407;2021;1;.0818;.5;.4;.3;12", header=header), name="ANN_ERRD_EJ_2022_09_01.CSV")
    desk.process()
    assert desk.rows("raw")["taux_caf"].to_list() == [0.0818]


ERRD_EJ = "Finess EJ;Année;Id Dépôt;Taux de CAF ERRD;Taux vétusté Autres immo ERRD;Taux vétusté Construction ERRD;Taux vétusté installations tech mat outil ERRD;Fonds de roulement net global ERRD"  # noqa: E501 - the real header, as it is


def in_small_chunks(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """The readers give their tables in chunks of so many rows."""
    whole = judging.tables_of

    def read(path: Path, layout: Layout, entities: list[str], knows: Any = None) -> Iterator[Table]:
        for table in whole(path, layout, entities, knows):
            for chunk in table.frame.iter_slices(rows):
                yield replace(table, frame=chunk)

    monkeypatch.setattr(judging, "tables_of", read)


@pytest.mark.parametrize("rows_a_chunk", [100, 1])
@pytest.mark.parametrize(
    ("amounts", "read"),
    [
        (("1,234,567", "1,234", "1.234"), [1234567.0, 1234.0, 1.234]),  # case 24; DIAMANT writes decimals after « . »
        (("1,234", "12", "1,234,567"), [1234.0, 12.0, 1234567.0]),  # what proves comes last
        (("1,234", "12", "15.5"), [None, 12.0, 15.5]),  # never by a factor of 1000 at a guess
        (("1,234", "12,5", "15.5"), [None, 12.5, 15.5]),
    ],
)
@pytest.mark.usefixtures("in_this_process")
def test_a_number_is_read_as_the_whole_file_shows(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    rows_a_chunk: int,
    amounts: tuple[str, ...],
    read: list[float | None],
) -> None:
    in_small_chunks(monkeypatch, rows_a_chunk)
    ids = ("010008407", "010009132", "010009066")
    rows = (f"{ej};2021;{i};.08;.5;.4;.3;{frng}" for i, (ej, frng) in enumerate(zip(ids, amounts, strict=True), 1))
    desk.deliver(text(*rows, header=ERRD_EJ), name="ANN_ERRD_EJ_2022_09_01.CSV")
    assert (desk.process().acceptees, desk.rows("rejects").height) == (3, 0)
    assert desk.rows("raw").sort("id_depot")["frng"].to_list() == read
    flags = desk.rows("signalements")
    unread = [a for a, r in zip(amounts, read, strict=True) if r is None]
    assert (flags.filter(pl.col("champ") == "frng")["valeur"].to_list() if flags.height else []) == unread


PRICES = "finessEt;prixHebPermCs;prixHebPermCd;prixHebPermCsa;prixHebPermCda;prixHebTempCs;prixHebTempCd;prixHebTempCsa;prixHebTempCda;TARIF_GIR_12;TARIF_GIR_34;TARIF_GIR_56;DATE_MAJ;PREST1;PREST2;PREST3;PREST4;PREST5;PREST6;PREST7;PREST8;PREST9;PREST10;PREST11;AUTRE_PRESTATION_INCLUSE;PRESTSUS1;PRESTSUS2;PRESTSUS3;PRESTSUS4;PRESTSUS5;PRESTSUS6;PRESTSUS7;PRESTSUS8;PRESTSUS9;PRESTSUS10;PRESTSUS11;PRIX_LINGE;UNITE_PRIX_LINGE;AUTRES_PRIX_OU_PRESTATIONS"  # noqa: E501 - the header of the CNSA, as it is


def price(finess: str, single: str, told_on: str, empty: str = "") -> str:
    cells = dict.fromkeys(PRICES.split(";"), empty) | {"finessEt": finess, "prixHebPermCs": single, "DATE_MAJ": told_on}
    return ";".join(cells.values())


def test_the_null_of_the_producer_is_null(desk: Desk) -> None:
    """Case 01: the CNSA file of 2019 writes \\N in its empty cells."""
    rows = (price("010002228", "58,40", "2019-11-04 09:12:33", r"\N"), price("010004059", r"\N", r"\N", r"\N"))
    desk.deliver(text(*rows, header=PRICES), name="cnsa-export-prix-ehpad-2019-brute.csv")
    result = desk.process()
    assert (result.acceptees, result.rejetees, result.signalements) == (2, 0, 0)
    assert desk.rows("raw")["prix_hp_cs_eur"].to_list() == [58.4, None]


@pytest.mark.parametrize("rows_a_chunk", [100, 1])
@pytest.mark.usefixtures("in_this_process")
def test_the_last_update_of_the_year_is_its_state(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, rows_a_chunk: int
) -> None:
    """Case 02: the CNSA file of 2018 has several DATE_MAJ an establishment; hours tell two of one day apart."""
    in_small_chunks(monkeypatch, rows_a_chunk)
    rows = (
        price("010002228", "58,40", "2018-11-04 09:12:33"),
        price("010002228", "59,25", "2018-12-02 08:00:10"),
        price("010002228", "59,00", "2018-12-02 07:00:00"),
        price("010002228", "61,00", "2019-01-20 10:00:00"),
        price("010004059", "61,00", "2018-06-28 16:40:01"),
    )
    desk.deliver(text(*rows, header=PRICES), name="cnsa-export-prix-ehpad-2018-brute.csv")
    result = desk.process()
    assert (result.lues, result.acceptees, result.rejetees) == (5, 2, 3)
    assert desk.rows("raw").select("finess_et", "prix_hp_cs_eur").sort("finess_et").rows() == [
        ("010002228", 59.25), ("010004059", 61.0),
    ]  # fmt: skip
    rejects = desk.rows("rejects").sort("ligne")
    assert rejects["ligne"].to_list() == [2, 4, 5]
    assert all("ligne 3, du 02/12/2018" in remedy for remedy in rejects["remede"])


def test_placeholder_date_is_flagged_and_not_used(desk: Desk) -> None:
    frame = pl.DataFrame(
        {
            "finess_et": ["010002228"], "prix_heb_perm_cs": [72.06], "departement": ["01"], "libdepartement": ["Ain"],
            "codemft": ["41"], "libmft": ["ARS/PCD"], "codesph": [None], "libsph": [None], "dateouv": ["1904-04-04"],
        },
        schema_overrides={"codesph": pl.Float64, "libsph": pl.String},
    )  # fmt: skip
    path = desk.folder / "prix_ehpad_2023.parquet"
    frame.with_columns(pl.col("dateouv").str.to_date()).write_parquet(path)
    assert deliver([path], desk.home, now=now())[0].status == "received"
    assert desk.process().acceptees == 1
    assert desk.rows("raw")["date_ouverture"].to_list() == [None]
    assert desk.rows("signalements").select("champ", "valeur", "effet").rows() == [
        ("date_ouverture", "1904-04-04", "non_utilisee")
    ]


def test_fraction_where_percent_is_expected_is_flagged_and_not_used(desk: Desk) -> None:
    desk.deliver(text("010002228;0,975;80;78;96,2"))
    assert desk.process().acceptees == 1
    assert desk.rows("raw").select("taux_occupation_t3_pct", "nb_lits_autorises_installes").rows() == [(None, 80)]
    flag = desk.rows("signalements").row(0, named=True)
    assert (flag["ligne"], flag["champ"], flag["valeur"], flag["effet"]) == (
        2,
        "taux_occupation_t3_pct",
        "0,975",
        "non_utilisee",
    )
    assert "fraction" in flag["regle"]


@pytest.mark.parametrize(
    ("label", "header", "words"),
    [
        ("key missing", HEADER.replace("FINESS;", ""), ["colonne attendue absente : FINESS — indispensable"]),
        ("renamed", HEADER.replace("TAUX_OCC_TRIMESTRE3", "TAUX_OCCUP_TRIMESTRE3"),
         ["colonne attendue absente : TAUX_OCC_TRIMESTRE3", "renommée « TAUX_OCCUP_TRIMESTRE3 » ?"]),
        ("added", HEADER + ";COMMENTAIRE", ["colonne inconnue : COMMENTAIRE"]),
        ("duplicated", HEADER + ";FINESS", ["colonne en double : FINESS"]),
        ("capitals", HEADER.lower(), ["(majuscules et minuscules) : attendu FINESS, reçu finess (colonne 1)"]),
    ],
)  # fmt: skip
def test_an_unknown_header_stops_the_delivery_with_a_diff(
    desk: Desk, label: str, header: str, words: list[str]
) -> None:
    cells = header.count(";")
    receipt = desk.deliver(text("010002228" + ";1" * cells, header=header))
    refused(desk, receipt, "Taux d'occupation", "Remède", *words)


def test_the_same_delivery_twice_changes_nothing(desk: Desk) -> None:
    first = desk.deliver(text(*ROWS))
    desk.process()
    before = sorted(p.relative_to(desk.home.root) for p in desk.home.root.rglob("*") if p.is_file())
    second = desk.deliver(text(*ROWS), name="autre_nom_occupation_2022.csv")
    assert (second.status, second.delivery_id) == ("known", first.delivery_id)
    assert process_pending(desk.home) == []
    assert sorted(p.relative_to(desk.home.root) for p in desk.home.root.rglob("*") if p.is_file()) == before


def test_the_same_bytes_for_another_year_are_another_delivery(desk: Desk) -> None:
    first = desk.deliver(text(*ROWS))
    other = desk.deliver(text(*ROWS), name="cnsa_occupation_2023.csv")
    assert (other.status, other.delivery_id) == ("received", f"{first.delivery_id}-2023")
    assert sorted(r.millesimes for r in process_pending(desk.home)) == [[2022], [2023]]
    assert desk.deliver(text(*ROWS), name="cnsa_occupation_2023.csv").status == "known"


def test_a_sender_may_take_a_correction_back(desk: Desk) -> None:
    desk.deliver(text(*ROWS))
    desk.deliver(text(ROWS[0].replace("97,5", "96,5"), ROWS[1]), name="cnsa_occupation_2022_v2.csv")
    process_pending(desk.home)

    def current() -> list[float]:
        load_warehouse(desk.home)
        with duckdb.connect(str(desk.home.warehouse), read_only=True) as warehouse:
            found = warehouse.execute(
                "select taux_occupation_t3_pct from raw.cnsa_occupation__occupation "
                "where _est_courante and finess_et = '010002228'"
            ).fetchall()
        return [row[0] for row in found]

    assert current() == [96.5]
    assert desk.deliver(text(*ROWS)).status == "known"
    assert current() == [96.5]
    assert desk.deliver(text(*ROWS), reinstate=True).status == "received"
    assert current() == [97.5]


def test_the_year_of_the_file_wins_over_that_of_its_folder(desk: Desk) -> None:
    folder = desk.folder / "occupation_2021"
    folder.mkdir()
    (folder / NAME).write_text(text(*ROWS), encoding="utf-8")
    deliver([folder / NAME], desk.home, now=now())
    assert desk.process().millesimes == [2022]


def test_an_impossible_date_in_a_name_is_refused(desk: Desk) -> None:
    header = "Finess EJ;Finess;Année;Id Dépôt"
    receipt = desk.deliver(text("010008407;010003598;2021;1", header=header), name="ANN_PER_ERRD_EPRD_2022_02_30.CSV")
    refused(desk, receipt, "n'existe pas")


@pytest.mark.usefixtures("in_this_process")
def test_what_nobody_foresaw_refuses_one_delivery_and_stops_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.deliver(text(*ROWS))
    desk.deliver(text(ROWS[0]), name="cnsa_occupation_2023.csv")
    real = pipeline.process

    def fragile(home: Home, manifest: landing.Manifest, contract: Contract, depends_on: str) -> lake.Result:
        if manifest.millesime == 2022:
            raise RuntimeError("imprévu")
        return real(home, manifest, contract, depends_on)

    monkeypatch.setattr(pipeline, "process", fragile)
    results = {r.millesimes[0] if r.millesimes else None: r for r in process_pending(desk.home)}
    assert results[2023].statut == "accepted"
    assert results[None].statut == "refused"
    assert "imprévu" in (results[None].motif or "")


@pytest.mark.usefixtures("in_this_process")
def test_a_code_added_to_a_list_validates_again(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "listes"
    shutil.copytree(nomenclatures.FOLDER, folder)
    monkeypatch.setattr(nomenclatures, "FOLDER", folder)
    nomenclatures.codes.cache_clear()
    header = ";CODE_REG;NOM_REG;CODE_DPT;NOM_DPT;FINESS;LIBELLE;OPTION_TARIFAIRE;TAUX_OCC_TRIMESTRE1;TAUX_OCC_TRIMESTRE2;TAUX_OCC_TRIMESTRE3;TAUX_OCC_TRIMESTRE4;NB_LITS_AUTORISES_INSTALLES;NB_LITS_OCC_2021;TAUX_OCC_2021"  # noqa: E501 - the real header, as it is
    desk.deliver(
        text("0;84;ARA;01;Ain;010002228;X;Tarif inédit;97;96;95;94;80;78;96", header=header), name="occupation_2021.csv"
    )
    assert desk.process().signalements == 1
    with (folder / "tdb_option_tarifaire.csv").open("a", encoding="utf-8") as handle:
        handle.write("Tarif inédit;Tarif inédit\n")
    nomenclatures.codes.cache_clear()
    assert desk.process().signalements == 0
    nomenclatures.codes.cache_clear()


def test_a_correction_is_a_delivery_of_its_own_and_both_stay(desk: Desk) -> None:
    desk.deliver(text(*ROWS))
    desk.process()
    corrected = desk.deliver(text(ROWS[0].replace("97,5", "96,5"), ROWS[1]), name="cnsa_occupation_2022_v2.csv")
    assert corrected.status == "received"
    desk.process()
    assert desk.rows("raw").height == 4


def test_a_delivery_from_an_older_version_of_the_contract_is_accepted_under_that_version(desk: Desk) -> None:
    header = ";CODE_REG;NOM_REG;CODE_DPT;NOM_DPT;FINESS;LIBELLE;OPTION_TARIFAIRE;TAUX_OCC_TRIMESTRE1;TAUX_OCC_TRIMESTRE2;TAUX_OCC_TRIMESTRE3;TAUX_OCC_TRIMESTRE4;NB_LITS_AUTORISES_INSTALLES;NB_LITS_OCC_2021;TAUX_OCC_2021"  # noqa: E501 - the real header, as it is
    desk.deliver(
        text("0;84;ARA;01;Ain;010002228;X;Tarif global sans PUI;97;96;95;94;80;78;96", header=header),
        name="occupation_2021.csv",
    )
    desk.deliver(text(*ROWS))
    versions = {m.layout: m.contract_version for m in landing.manifests(desk.home)}
    assert versions["annuel_2021"] < versions["t3_2022"]
    assert {r.statut for r in process_pending(desk.home)} == {"accepted"}


def test_a_ragged_row_is_rejected_with_its_line(desk: Desk) -> None:
    desk.deliver(text(ROWS[0], "010004059;88.1;60", ROWS[1]))
    result = desk.process()
    assert (result.lues, result.acceptees, result.rejetees) == (3, 2, 1)
    assert desk.rows("rejects")["ligne"].to_list() == [3]


def test_line_numbers_are_physical_lines(desk: Desk) -> None:
    desk.deliver(text('"010002228";"97,5";80;78;"96,2"', "X;97;80;78;96", 'Y;"9\n7";80;78;96', "Z;97;80;78;96"))
    desk.process()
    rejects = desk.rows("rejects").filter(pl.col("champ") == "finess_et")
    assert rejects["ligne"].to_list() == [3, 4, 6]


def test_a_year_that_nobody_gives_is_asked_for(desk: Desk) -> None:
    receipt = desk.deliver(text(*ROWS), name="occupation.csv")
    refused(desk, receipt, "--millesime")
    assert desk.deliver(text(*ROWS), name="occupation.csv", millesime=2022).status == "received"
    assert landing.refusals(desk.home) == []  # the refusal is lifted once the same bytes are received
    assert desk.process().millesimes == [2022]


@pytest.mark.parametrize("year", [1950, 1974, 2101])
def test_a_year_that_no_product_may_be_about_is_refused(desk: Desk, year: int) -> None:
    receipt = desk.deliver(text(*ROWS), name="occupation.csv", millesime=year)
    refused(desk, receipt, f"{year} n'est pas une année sur quatre chiffres, depuis 1975")


def test_a_personal_source_is_not_kept_without_a_key(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DLNUF_CLES", str(tmp_path / "aucun.json"))
    contracts = load_contracts()
    personal = {**contracts, "cnsa_occupation": replace(contracts["cnsa_occupation"], personal=True)}
    monkeypatch.setattr(pipeline.loading, "load_contracts", lambda: personal)
    refused(desk, desk.deliver(text(*ROWS)), "dlnuf keys create")
    kept = [p for p in desk.home.root.rglob("*") if p.is_file() and b"010002228" in p.read_bytes()]
    assert kept == []


def test_one_refused_file_stops_no_other(desk: Desk) -> None:
    (desk.folder / "a.csv").write_bytes(b"")
    (desk.folder / NAME).write_text(text(*ROWS), encoding="utf-8")
    receipts = deliver([desk.folder], desk.home, now=now())
    assert [r.status for r in receipts] == ["refused", "received"]


def _renamed(columns: tuple[tuple[str, str | int], ...] | None) -> tuple[tuple[str, str | int], ...] | None:
    """The columns of a field, once every layout has another code."""
    return None if columns is None else tuple((f"{code}_bis", column) for code, column in columns)


def test_a_delivery_whose_form_has_gone_from_the_contract_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.deliver(text(*ROWS)).status == "received"
    contracts = load_contracts()
    contract = contracts["cnsa_occupation"]
    renamed = replace(
        contract,
        layouts=tuple(replace(x, code=f"{x.code}_bis") for x in contract.layouts),
        entities=tuple(
            replace(e, fields=tuple(replace(f, columns=_renamed(f.columns)) for f in e.fields))
            for e in contract.entities
        ),
    )
    monkeypatch.setattr(pipeline.loading, "load_contracts", lambda: {**contracts, contract.id: renamed})
    result = desk.process()
    assert result.statut == lake.REFUSED
    assert "sous laquelle ce fichier a été reçu, n'est plus déclarée" in (result.motif or "")
    assert f"(formerly: [{next(iter(landing.manifests(desk.home))).layout}])" in (result.motif or "")
    kept = replace(renamed, layouts=tuple(replace(x, formerly=(x.code.removesuffix("_bis"),)) for x in renamed.layouts))
    monkeypatch.setattr(pipeline.loading, "load_contracts", lambda: {**contracts, contract.id: kept})
    result = desk.process()
    assert (result.statut, result.motif, result.acceptees) == (lake.ACCEPTED, None, len(ROWS))
