"""Elimination over the real pipeline: files of a product, encrypted, read, eliminated, read again, delivered again."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from data_contracts import retention
from ingest import pipeline
from ingest.home import Home
from ingest.protect import keyrings
from ingest.receive import landing
from ingest.receive.delivery import deliver
from ingest.retain import bordereau, elimination
from ingest.store import lake
from tests.instants import TODAY, now

TITLES = (
    "N° FINESS;N° dossier;Matricule INS;Statut INS;Civilité;Nom de naissance;Nom d'usage;Prénoms;Né(e) le;"
    "Code commune de naissance;Code postal du domicile;Protection juridique;Décédé(e) le;N° séjour;Date d'admission;"
    "Date d'entrée;Provenance;Date de sortie;Motif de sortie;Type d'hébergement;GIR;Date du GIR"
)
ANNE = (
    "010000001;D1;;;Mme;ZZEXEMPLE;;Aubépine;03/02/1938;01004;01000;;;S1;25/09/2015;02/10/2015;Domicile;05/05/2018;{};"
    "Hébergement permanent;;"
)
BRUNO = (
    "010000001;D2;;;M.;ZZMODELE;;Bleuet;03/02/1930;01004;01000;;;S2;25/09/2015;02/10/2015;Domicile;;;"
    "Hébergement permanent;;"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "var")


def export(folder: Path, *lines: str) -> Path:
    path = folder / "residalia_sejours_20181201_export.csv"
    path.write_bytes("\r\n".join([TITLES, *lines, ""]).encode("cp1252"))
    return path


def receive(home: Home, path: Path) -> str:
    (receipt,) = deliver([path], home, now=now())
    pipeline.process_pending(home)
    assert receipt.delivery_id is not None
    return receipt.delivery_id


def eliminate(home: Home) -> elimination.Elimination:
    rules = retention.load()
    number = bordereau.write(home, rules, bordereau.due(home, rules, TODAY), now=now())
    bordereau.approve(home, number, visa="AD01", by="direction", on=TODAY, now=now())
    return elimination.apply(home, rules, number, now=now())


def usagers(home: Home) -> pl.DataFrame:
    return pl.concat(
        [pl.read_parquet(p, hive_partitioning=False) for p in (home.lake / "raw/dui/usagers").rglob("*.parquet")]
    )


def test_what_was_eliminated_stays_out_whatever_makes_the_delivery_be_read_again(home: Home, tmp_path: Path) -> None:
    receive(home, export(tmp_path, ANNE.format("décès"), BRUNO))
    assert eliminate(home).rows == 2
    assert usagers(home).height == 1
    keyrings.renew_pseudonyms(now=now())
    assert len(pipeline.pending(home)) == 1
    (again,) = pipeline.process_pending(home)
    assert (again.statut, again.lues, again.acceptees, again.eliminees, again.balances) == ("accepted", 4, 4, 2, True)
    assert usagers(home).height == 1
    for result in lake.results(home):  # a contract that changes has the same effect
        result.digest = "autre"
        lake.write_result(home, result)
    assert pipeline.process_pending(home)[0].eliminees == 2
    assert usagers(home)["annee_naissance"].to_list() == [1930]


def test_destroyed_bytes_are_unreadable_and_never_taken_back(home: Home, tmp_path: Path) -> None:
    path = export(tmp_path, ANNE.format("décès"))
    delivery = receive(home, path)
    landed = landing.bytes_of(home, next(landing.manifests(home)))
    assert eliminate(home).destroyed == 1
    assert not landed.exists()
    (receipt,) = deliver([path], home, now=now())
    assert (receipt.status, receipt.delivery_id) == ("known", delivery)
    assert "éliminés" in (receipt.reason or "")
    assert not landed.exists()
    assert pipeline.pending(home) == []


def test_the_file_of_an_eliminated_person_can_be_delivered_anew_and_is_listed_anew(home: Home, tmp_path: Path) -> None:
    receive(home, export(tmp_path, ANNE.format("décès")))
    eliminate(home)
    receive(home, export(tmp_path, ANNE.format("décès de la personne")))
    assert bordereau.due(home, retention.load(), TODAY).rows == 2
