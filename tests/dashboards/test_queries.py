"""Queries: figures, perimeter, what the connection refuses, publications that follow one another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboards import queries
from dashboards.access import OPEN, Perimeter, current_perimeter
from dashboards.current import current_publication
from dashboards.labels import entered_collectes
from dashboards.queries import connection
from data_contracts.profiles import profiles
from ingest.home import Home
from tests.dashboards import publication_example as example

Base = queries.Base


@pytest.fixture
def base(home: Path) -> Base:
    return queries.current_base()


def _restricted(home: Path, **rights: Any) -> Base:
    return Base(current_publication(Home(home)), Perimeter("essai", OPEN.profile, **rights))


def _key(finess: str, element: str, **other: Any) -> dict[str, Any]:
    whole = {"perimetre": "site", "millesime": 2022, "composante": "", "base_temporelle": "stock_3112"}
    return {"finess_et": finess, "element_id": element, **whole, **other}


# --- territories


def test_key_figures_stand_beside_the_region_and_the_country(base: Base) -> None:
    rows = {r["indicateur_code"]: r for r in queries.key_figures(base, "departement", "59").iter_rows(named=True)}
    assert rows["N_ESMS"]["valeur"] == 3
    assert rows["CAP_INST"]["valeur"] == 78 + 60 + 45
    assert rows["PRIX_MED_CS"]["valeur"] == pytest.approx(69.85)
    assert rows["PRIX_MED_CS"]["region"] == pytest.approx(68.5)
    assert rows["PRIX_MED_CS"]["france"] == pytest.approx(66.9)


def test_a_campaign_that_has_just_begun_does_not_stand_for_the_country(base: Base) -> None:
    years = dict(queries.territoire_indicateurs(base).select("indicateur_code", "millesime").iter_rows())
    assert years["TO_HP_MED"] == 2022  # 2025 has one answer, 40 %


def test_the_population_has_its_own_year(base: Base) -> None:
    years = dict(queries.territoire_indicateurs(base).select("indicateur_code", "millesime").iter_rows())
    assert years["POP_75P"] == 2022


def test_an_indicator_that_nobody_knows_is_not_offered(base: Base) -> None:
    assert "GMP_MED" not in queries.territoire_indicateurs(base)["indicateur_code"].to_list()


def test_the_map_keeps_unknown_unknown(base: Base) -> None:
    values = dict(queries.map_values(base, "EQ_EHPAD75").select("territoire_code", "valeur").iter_rows())
    assert values["59"] == pytest.approx(1000 * 78 / 215_000)
    assert values["02"] is None
    assert values["2A"] is None


def test_class_bounds_grow_and_hold_every_value(base: Base) -> None:
    bounds = queries.class_bounds(base, "EQ_EHPAD75")
    assert bounds == sorted(set(bounds))
    assert bounds[0] == pytest.approx(1000 * 78 / 215_000)
    assert bounds[-1] == pytest.approx(1000 * 80 / 41_000)
    assert queries.class_bounds(base, "absent") == []


def test_categories_are_filtered_by_authority_and_domain(base: Base) -> None:
    every = queries.categories(base, "departement", "59", queries.Filters())
    assert set(every["categorie_code"]) == {"500", "183", "202"}
    county = queries.categories(base, "departement", "59", queries.Filters(financeurs=["CD"]))
    assert county["categorie_code"].to_list() == ["202"]
    none = queries.categories(base, "departement", "59", queries.Filters(["PA"], ["ARS"]))
    assert none.is_empty()


def test_establishments_are_those_open_and_of_the_field_and_the_unplaced_are_counted(base: Base) -> None:
    found = queries.offer(base, "departement", "59", queries.Filters())
    assert set(found["finess_et"]) == {example.MIMOSAS, example.ERABLES, example.JEANNE}
    place = queries.located(base, "departement", "59", queries.Filters())
    assert place == {"n_et": 3, "n_sans_coordonnees": 1}


def test_cells_count_metropolitan_establishments(base: Base) -> None:
    assert queries.etablissement_cells(base, queries.Filters())["n_et"].sum() == 7  # neither overseas nor unplaced


# --- establishments


@pytest.mark.parametrize(
    "typed",
    ["590782553", "l'œuvre mimosas", "OEUVRE DES MIMOSAS", "mimosas lille", "etoile du nord mimosas", "59078255"],
)
def test_search_ignores_accents_case_apostrophes_and_order(base: Base, typed: str) -> None:
    assert example.MIMOSAS in queries.search(base, typed)["finess_et"].to_list()


@pytest.mark.parametrize("typed", ["", "   ", "'", "mimosas strasbourg", "'; drop view mart_etablissements__fiche; --"])
def test_search_finds_nothing_rather_than_everything(base: Base, typed: str) -> None:
    assert queries.search(base, typed).is_empty()


def test_every_answer_is_told_with_the_reason_why_it_lost(base: Base) -> None:
    answers = list(queries.reponses(base, _key(example.MIMOSAS, "NB_PERS_3112")).iter_rows(named=True))
    assert [(a["est_retenue"], a["source"], a["valeur_nombre"], a["motif"]) for a in answers] == [
        (True, "errd", 76.0, "Première source à avoir répondu dans l'ordre FINESS>CNSA_EPRD_ERRD>TDB_ATIH."),
        (False, "tdb_esms", 70.0, "rang_inferieur"),
        (False, "errd", 75.0, "remplacee"),
    ]
    assert answers[1]["nom_fichier"] == "export-tdbesms-2022-région.csv"
    assert answers[1]["ligne"] == 41


def test_a_grouped_answer_is_not_mixed_with_that_of_the_site(base: Base) -> None:
    answers = queries.reponses(base, _key(example.MIMOSAS, "CAP_INST_HP", perimetre="groupe"))
    assert answers["valeur_nombre"].to_list() == [160.0]


# --- collections


def test_the_balance_of_entries(base: Base) -> None:
    row = queries.dlnuf_balance(base, None)
    assert (row["n_et"], row["n_reponses"], row["n_valeurs"], row["n_evitees"]) == (2, 11, 7, 4)
    assert row["part_pct"] == pytest.approx(100 * 4 / 11)
    assert queries.dlnuf_balance(base, 2023)["n_evitees"] == 1
    assert queries.dlnuf_balance(base, 1999)["n_evitees"] is None


def test_answers_by_collection_add_up_to_the_balance(base: Base) -> None:
    """Same answers as the published count: no derived rate, no referential, none replaced by its own sender."""
    found = queries.redundant_collectes(base, None, entered_collectes())
    assert found["n_reponses"].sum() == queries.dlnuf_balance(base, None)["n_reponses"]
    rows = {r["collecte"]: r for r in found.iter_rows(named=True)}
    assert (rows["TDB_ATIH"]["n_reponses"], rows["TDB_ATIH"]["n_partagees"]) == (5, 3)
    assert "FINESS" not in rows


def test_conflicts_are_filtered_and_counted_alike(base: Base) -> None:
    assert queries.conflit_balance(base, {}) == {"n_conflits": 4, "n_unites": 3}
    chosen = {"departement_code": ["62"], "element_libelle": [], "action_conflit": ["SIGNAL_ESMS"]}
    found = queries.conflits(base, chosen)
    assert found["element_libelle"].to_list() == ["ETP total"]
    assert queries.conflit_balance(base, chosen)["n_conflits"] == 1
    assert queries.conflits(base, {}, 2).height == 2


def test_a_filter_column_is_never_taken_from_the_outside(base: Base) -> None:
    with pytest.raises(ValueError, match="colonne de filtre inconnue"):
        queries.conflit_choices(base, "1; drop view x")
    assert queries.conflits(base, {"1=1 or true": ["x"]}).height == 4


# --- publications


def test_a_new_publication_is_seen_without_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    example.write_publication(tmp_path, "v1")
    assert queries.livraisons(queries.current_base()).height == 7
    folder = example.write_publication(tmp_path, "v2")
    (folder / "marts" / "mart_qualite__livraisons.parquet").unlink()
    example.describe(folder)
    assert queries.current_base().publication.version == "v2"
    assert queries.livraisons(queries.current_base()).is_empty()
    example.point_to(tmp_path, "v1")
    assert queries.livraisons(queries.current_base()).height == 7


def test_an_absent_table_reads_as_empty_with_its_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    folder = example.write_publication(tmp_path)
    for path in (folder / "marts").glob("*.parquet"):
        path.unlink()
    example.describe(folder)
    base = queries.current_base()
    assert queries.search(base, "mimosas").is_empty()
    assert queries.territoire_indicateurs(base).is_empty()
    assert queries.valeurs(base, "x").columns[0] == "finess_et"


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('/etc/passwd')",
        "copy (select 1) to '/tmp/sortie.csv'",
        "attach '/tmp/autre.duckdb'",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_the_connection_opens_nothing_but_the_publication(base: Base, statement: str) -> None:
    with pytest.raises(duckdb.Error):
        base.read(statement)


# --- perimeter


def test_no_page_serves_a_profile_that_reads_exact_numbers_of_persons() -> None:
    for profile in profiles().values():
        if profile.reads_exact_persons:
            with pytest.raises(ValueError, match="protégés"):
                Perimeter("essai", profile)
        else:
            assert Perimeter("essai", profile).profile == profile


def test_today_the_perimeter_is_open(home: Path) -> None:
    assert current_perimeter() == OPEN
    assert queries.current_base().perimeter == OPEN


def test_a_departement_sees_its_establishments_only_and_the_aggregates_above(home: Path) -> None:
    base = _restricted(home, departements=frozenset({"62"}))
    assert queries.search(base, "ehpad").is_empty()
    assert set(queries.search(base, "du ternois")["finess_et"]) == {example.MAS}
    assert queries.valeurs(base, example.MIMOSAS).is_empty()
    assert queries.reponses(base, _key(example.MIMOSAS, "NB_PERS_3112")).is_empty()
    assert set(queries.conflits(base, {})["finess_et"]) == {example.MAS}
    assert queries.territoires(base, "departement")["territoire_code"].to_list() == ["62"]
    assert queries.territoires(base, "region").height == 4
    seen = base.read("select niveau, territoire_code from indicateurs_territoire where niveau = 'epci'")
    assert seen.rows() == [("epci", "200033579")]
    assert queries.livraisons(base).is_empty()  # nothing ties a delivery to a département: denied by default


def test_an_empty_perimeter_sees_no_establishment(home: Path) -> None:
    base = _restricted(home, departements=frozenset())
    assert queries.search(base, "ehpad").is_empty()
    assert queries.territoires(base, "departement").is_empty()


def test_an_authority_sees_what_it_finances(home: Path) -> None:
    base = _restricted(home, financeurs=frozenset({"CD"}))
    assert set(queries.search(base, "jeanne d'arc")["finess_et"]) == {example.JEANNE}
    assert queries.search(base, "mimosas").is_empty()


def test_a_withheld_column_reads_as_unknown(home: Path) -> None:
    hidden = frozenset(
        {("mart_etablissements__fiche", "siret"), ("mart_etablissements__fiche", "cap_installee_totale")}
    )
    row = queries.etablissement(_restricted(home, hidden_columns=hidden), example.MIMOSAS)
    assert row["cap_installee_totale"] is None
    assert row["cap_autorisee_totale"] == 82.0


def test_a_code_of_the_perimeter_cannot_change_the_query(home: Path) -> None:
    base = _restricted(home, departements=frozenset({"59') or true or ('1'='1"}))
    assert queries.search(base, "ehpad").is_empty()


@pytest.mark.parametrize("error", [duckdb.InternalException, duckdb.FatalException])
def test_an_engine_that_failed_is_opened_anew(base: Base, monkeypatch: pytest.MonkeyPatch, error: type) -> None:
    """No query can be written that makes it fail: its first cursor does. A second failure is not hidden."""
    opened = connection._connect
    ended: list[type] = []

    class Ending:
        def cursor(self) -> Any:
            raise error("vector of size 0")

    class Once:
        @staticmethod
        def cache_clear() -> None:
            ended.append(error)
            opened.cache_clear()

        def __call__(self, *which: Any) -> Any:
            return opened(*which) if ended else Ending()

    monkeypatch.setattr(connection, "_connect", Once())
    assert base.first("select count(*) as n from mart_etablissements__fiche")["n"] > 0
    assert ended == [error]
    ended.clear()
    monkeypatch.setattr(Once, "__call__", lambda _self, *_which: Ending())
    with pytest.raises(error):
        base.rows("select 1")
