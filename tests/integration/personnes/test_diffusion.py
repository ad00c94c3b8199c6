"""Readers who subtract: no figure of an ESMS, taken off those of territories, gives a small number of persons."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.home import Home
from tests.integration.personnes.persons_warehouse import Entrepot

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

SEUIL = 11
GIRS = ("GIR_1", "GIR_2", "GIR_3")
FLUX = ("PRESENTS", "ENTREES")
ANNEES = (2023, 2024)
TERRITOIRES = {"01": "84", "38": "84", "59": "32"}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """The tables that the model reads, empty, and its compiled query."""
    entrepot = Entrepot(Home(tmp_path_factory.mktemp("diffusion") / "var"), tmp_path_factory)
    entrepot.dbt("compile", "--select", "int_dui__diffusion")
    (compiled,) = entrepot.home.dbt.glob("target/compiled/**/dui/int_dui__diffusion.sql")
    query = re.sub(r'("\w+"\.){2}"(\w+)"', r"\2", compiled.read_text(encoding="utf-8"))
    with duckdb.connect(config={"threads": 1}) as opened:
        opened.execute(
            """CREATE TABLE int_dui__comptes (unite_id VARCHAR, departement_code VARCHAR, region_code VARCHAR,
                   domaine VARCHAR, annee INTEGER, dimension VARCHAR, composante VARCHAR, n INTEGER);
               CREATE TABLE int_dui__indicateurs (unite_id VARCHAR, annee INTEGER, indicateur VARCHAR,
                   composante VARCHAR, effectif INTEGER, concernes INTEGER, manquants INTEGER);
               CREATE TABLE elements AS SELECT unnest(['NB_PERS_3112', 'NB_ENTREES', 'REPART_GIR']) AS element_id,
                   'effectif' AS tolerance_type, 1 AS tolerance_valeur"""
        )
        yield opened, query


nombre = st.one_of(st.just(0), st.integers(1, 10), st.integers(11, 40))
# Public -> year -> component -> count; an ESMS of one public, or for everybody.
annee = st.fixed_dictionaries(dict.fromkeys((*FLUX, *GIRS), nombre))
part = st.dictionaries(st.sampled_from(ANNEES), annee, min_size=1)
esms = st.tuples(st.sampled_from(sorted(TERRITOIRES)), st.dictionaries(st.sampled_from(["PA", "PH"]), part, min_size=1))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(esms, min_size=1, max_size=12), st.booleans())
def test_no_difference_gives_a_small_number(
    connection: tuple[duckdb.DuckDBPyConnection, str], tires: list, grands: bool
) -> None:
    opened, query = connection
    comptes, reponses = [], []
    for i, (departement, publics) in enumerate(tires):
        unite = f"E{i:02d}"
        for domaine, annees in publics.items():
            for an, dits in annees.items():
                # Most ESMS of a territory are large, else nothing would leave.
                counts = {c: n + SEUIL if grands and i % 4 and 0 < n < SEUIL else n for c, n in dits.items()}
                lieu = (unite, departement, TERRITOIRES[departement], domaine, an)
                comptes.append((*lieu, "TOTAUX", "FILE", max(1, sum(counts[c] for c in FLUX)) + SEUIL))
                comptes += [(*lieu, "TOTAUX", c, counts[c]) for c in FLUX]
                comptes += [(*lieu, "REPART_GIR", c, counts[c]) for c in GIRS]
                reponses += [(unite, an, "NB_PERS_3112", domaine, 0, 0, 0), (unite, an, "REPART_GIR", domaine, 0, 0, 0)]
    opened.execute("DELETE FROM int_dui__comptes; DELETE FROM int_dui__indicateurs")
    opened.executemany("INSERT INTO int_dui__comptes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", comptes)
    opened.executemany("INSERT INTO int_dui__indicateurs VALUES (?, ?, ?, ?, ?, ?, ?)", reponses)
    diffuses = {(u, d) for _, u, d in opened.execute(query).fetchall()}

    assert {u for u, d in diffuses if d == "REPART_GIR"} <= {u for u, d in diffuses if d == "TOTAUX"}
    petits = {(c[0], c[5]) for c in comptes if 0 < c[7] < SEUIL}
    assert not petits & diffuses
    caches: dict[tuple, list[tuple[str, int]]] = defaultdict(list)
    montres: dict[tuple, int] = defaultdict(int)
    for unite, departement, region, domaine, an, dimension, composante, n in comptes:
        for territoire in (departement, region, "FR"):
            cell = (territoire, domaine, an, dimension, composante)
            caches[cell] += [(unite, n)] if (unite, dimension) not in diffuses else []
            montres[cell] += n if (unite, dimension) in diffuses else 0
    for cell, montre in montres.items():
        reste = sum(n for _, n in caches[cell])
        if not montre:
            continue  # nothing but zeros leaves: what is left is the territory, which the exit protects
        assert reste == 0 or reste >= SEUIL, (cell, caches[cell])
        assert len(caches[cell]) >= 2, (cell, caches[cell])
