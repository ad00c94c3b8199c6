"""The aide sociale that is published, beside what was true: nothing is lost, and nothing is known that was not told."""

from __future__ import annotations

import duckdb
import pytest

from tests import shared

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Views `mart` and `vrai`; the truth in the unit of the mart."""
    made = shared.played(tmp_path_factory)
    (mart,) = made.home.root.glob("publication/*/marts/mart_territoires__aide_sociale.parquet")
    connection = duckdb.connect()
    connection.execute(f"create view mart as select * from '{mart}'")
    connection.execute(
        f"""create view vrai as
            select mesure, millesime, departement, valeur * if(mesure like 'DEP%', 1000, 1) as valeur
            from '{made.generation / "verite" / "aide_sociale.parquet"}'"""
    )
    return connection


def test_every_departement_has_the_figure_that_was_true_and_no_other(published: duckdb.DuckDBPyConnection) -> None:
    compared = published.execute(
        """select count(*), count(v.valeur), count(m.valeur), max(abs(m.valeur - v.valeur))
           from (select * from mart where niveau = 'departement' and valeur is not null) as m
           full join vrai as v
               on m.mesure_code = v.mesure and m.millesime = v.millesime and m.territoire_code = v.departement"""
    ).fetchone()
    assert compared is not None
    everything, true, told, gap = compared
    assert everything == true == told > 15_000
    assert gap < 1e-4


def test_sums_are_those_of_the_source_and_of_the_departements(published: duckdb.DuckDBPyConnection) -> None:
    found = published.execute(
        "select count(*), max(abs(valeur - valeur_publiee)) from mart where niveau = 'region' and valeur is not null "
        "and valeur_publiee is not null"
    ).fetchone()
    assert found is not None
    assert found[0] > 2_500
    assert found[1] < 0.01


@pytest.mark.parametrize(("territory", "millesime", "known", "alerte"), [
    (("departement", "2A"), 2017, True, None),
    (
        ("departement", "2A"), 2018, False,
        "La source ne distingue plus ce département de la collectivité dont il fait partie.",
    ),
    (("region", "94"), 2018, True, None),  # its two départements are known together
    (("departement", "976"), 2024, False, "La source ne donne pas ce chiffre."),
    (("france", "FR"), 2024, False, "100 départements connus sur 101."),
])  # fmt: skip
def test_unknown_stays_unknown(
    published: duckdb.DuckDBPyConnection, territory: tuple[str, str], millesime: int, known: bool, alerte: str | None
) -> None:
    row = published.execute(
        "select valeur is not null, alerte from mart where mesure_code = 'DEP_PCH' and niveau = ? and "
        "territoire_code = ? and millesime = ?",
        [*territory, millesime],
    ).fetchone()
    assert row == (known, alerte)
