"""Vigie RH and HAPI, as Helios receives them: recognised, read whole, and what does not hold is said."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from ingest.home import Home
from ingest.pipeline import load_warehouse, process_pending
from ingest.receive.delivery import deliver
from tests.instants import now

HAPI = """\
Finess EJ;Finess;Année Campagne HAPI;Mois Année;Enveloppe;Sous Enveloppe;Mode de Délégation;HAPI - Montant Notifié
010008407;010002228;2022;7/2022;OGD PA;Hébergement permanent;BASE;53643.5
010008407;010002228;2022;1/2023;OGD PA;Hébergement permanent;CNR;-6407
010008407;010002228;2022;13/2022;OGD PA;Hébergement permanent;CNR;12
"""


def test_they_are_read_and_a_rotation_that_is_not_that_of_its_movements_is_said(tmp_path: Path) -> None:
    staff = {
        "finess_et": ["010002228", "010004059"],
        "year": [2024, 2024],
        "postes": [94, 100],
        "entrees_postes": [24, 20],
        "entrees_postes_ref": [18, 18],
        "sorties_postes": [17, 10],
        "sorties_postes_ref": [15, 15],
        "taux_rotation": [0.218085, 0.30],  # the second is (E + S) / N
        "taux_rotation_ref": [0.24, 0.24],
    }
    parquet = tmp_path / "vigierh_etablissement_annuel_2025_10_30.parquet"
    pl.DataFrame({**staff, "departs_prematures_cdi": [15, 0]}).write_parquet(parquet)
    (tmp_path / "MEN_HAPI_2024_08_03.CSV").write_text(HAPI, encoding="utf-8")
    home = Home(tmp_path / "var")
    receipts = deliver(sorted(tmp_path.glob("*.*")), home, now=now())
    assert [(r.source, r.status) for r in receipts] == [("hapi", "received"), ("vigie_rh", "received")]
    process_pending(home)
    load_warehouse(home)
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        amounts = "select mois_annee, montant_eur from raw.hapi__notifications order by all"
        assert warehouse.execute(amounts).fetchall() == [("1/2023", -6407), ("7/2022", 53643.5)]
        assert warehouse.execute("select source, ligne from raw.rejets").fetchall() == [("hapi", 4)]
        said = warehouse.execute("select source, ligne, effet from raw.signalements where champ = '(ligne)'").fetchall()
        assert said == [("vigie_rh", 2, "conservee")]
        assert warehouse.execute("select count(*) from raw.vigie_rh__annuel").fetchone() == (2,)
