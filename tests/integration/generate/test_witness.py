"""The witness and the system agree on what was said: same answers, same values, but for what the ledger explains."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from data_contracts.loading import load_contracts
from tests import shared

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

# Of deliveries about persons, the names are sealed, and what is counted is judged with persons (`score`).
PERSONAL = tuple(contract.id for contract in load_contracts().values() if contract.personal)
KEY = "unite, unite_id, perimetre, millesime, element_id, composante, base_temporelle"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse after a small département, beside its truth."""
    played = shared.played(tmp_path_factory)
    with duckdb.connect(str(played.home.warehouse), read_only=True) as connection:
        _views(connection, played.generation / "verite")
        yield connection


def _views(connection: duckdb.DuckDBPyConnection, truth: Path) -> None:
    name = "regexp_extract(livraison, '[^/]*$') as nom_fichier"
    for view, query in {
        "verite": f"select * from '{truth}/elements.parquet'",
        "dites": f"select *, {name} from '{truth}/reponses/*.parquet'",
        "attendues": f"select *, {name} from '{truth}/livraisons.parquet' where livraison not like 'personnes/%'",
        "defauts": f"select *, {name} from read_csv('{truth}/defauts.csv', delim=';', all_varchar=true, header=true)",
        "livrees": f"select * from raw.livraisons where source is null or source not in {PERSONAL}",
        "lues": "select * from intermediate.int_observations join livrees using (delivery_id, source)",
        # A row whose key is contradicted by another of its file cannot be received, whichever is right.
        "rejetees": "select nom_fichier, ligne from raw.rejets join raw.livraisons using (delivery_id)",
        "touchees": "select nom_fichier, cast(ligne as bigint) as ligne from defauts",
    }.items():
        connection.execute(f"create temp view {view} as {query}")


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def test_only_defects_give_values_to_what_does_not_exist(both):
    orphans = f"from dlnuf.dlnuf_valeurs anti join verite using ({KEY})"
    kinds = "('finess_inconnu', 'et_ferme', 'finess_d_un_autre', 'fermeture_tardive')"
    assert _rows(both, f"select count(*) {orphans}") != [(0,)]
    named = f"(select unite_id from defauts where nature in {kinds})"
    assert _rows(both, f"select unite_id, element_id {orphans} where unite_id not in {named} limit 9") == []


def test_every_answer_said_is_heard(both):
    """Of FINESS, an extraction that repeats what a later one says of the same day is not heard twice."""
    unheard = _rows(
        both,
        f"""select source, nom_fichier, ligne, champ from dites anti join lues using (nom_fichier, {KEY})
            anti join rejetees using (nom_fichier, ligne) anti join touchees using (nom_fichier, ligne)
            where source <> 'finess' limit 9""",
    )
    assert unheard == []
    of_finess = (
        f"select unite_id, element_id, millesime from dites anti join lues using ({KEY}) where source = 'finess'"
    )
    late = "select unite_id from defauts where nature = 'fermeture_tardive'"
    assert _rows(both, f"{of_finess} and unite_id not in ({late}) limit 9") == []


def test_nothing_is_heard_that_was_not_said(both):
    invented = _rows(
        both,
        f"""select source, nom_fichier, ligne, champ from lues anti join dites using (nom_fichier, {KEY})
            anti join touchees using (nom_fichier, ligne) limit 9""",
    )
    assert invented == []


def test_what_is_heard_is_what_was_said(both):
    compared = f"from dites join lues using (nom_fichier, {KEY}, ligne) where dites.source <> 'finess'"
    compared = compared.replace("dites join", "(select * rename (champ as titre) from dites) as dites join")
    same = """(abs(dites.valeur_nombre - lues.valeur_nombre) <= 1e-5 * greatest(1, abs(dites.valeur_nombre))
               or dites.valeur_texte = lues.valeur_texte or dites.valeur_date = lues.valeur_date)"""
    ((n,),) = _rows(both, f"select count(*) {compared}")
    assert n > 20_000
    # A question put in two columns has two answers on one line: each is the other's.
    twice = "element_id in ('NB_PERS_3112', 'BATI')"
    different = _rows(
        both, f"select nom_fichier, ligne, titre {compared} and not {twice} and coalesce(not {same}, true) limit 9"
    )
    assert different == []


def test_deliveries_have_the_lines_that_the_witness_counted(both):
    counted = """select nom_fichier, attendue, sum(n_lignes) as n from attendues group by all"""
    read = "select nom_fichier, statut, n_lues from livrees"
    rows = _rows(both, f"select attendue, statut, n = n_lues from ({counted}) full join ({read}) using (nom_fichier)")
    assert set(rows) == {("acceptee", "accepted", True), ("refusee", "refused", False)}
