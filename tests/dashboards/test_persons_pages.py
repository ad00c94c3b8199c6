"""The two pages that count persons, run by Streamlit's own test engine: what they show, what they hide, and how they
tell hidden from unknown."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.formats import INCONNU, SECRET
from tests.dashboards import publication_example as example
from tests.patience import PATIENCE_S

THIN, NBSP = "\u202f", "\u00a0"
PAGES = ("publics", "parcours")


def _page(name: str, departement: str | None = None, public: str | None = None) -> AppTest:
    test = AppTest.from_string(f"from dashboards.views import {name}\n{name}.show()", default_timeout=PATIENCE_S)
    address = {"niveau": "departement" if departement else "france", "code": departement or "FR"}
    for parameter, value in {**address, **({"public": public} if public else {})}.items():
        test.query_params[parameter] = value
    test.run()
    assert not test.exception, [e.message for e in test.exception]
    return test


def _figures(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


def _said(test: AppTest) -> str:
    parts = (test.title, test.header, test.subheader, test.markdown, test.caption, test.info)
    return "\n".join(element.value for kind in parts for element in kind)


def _table(test: AppTest, column: str) -> pd.DataFrame:
    return next(t.value for t in test.table if column in t.value.columns)


@pytest.mark.parametrize("name", PAGES)
def test_a_publication_without_persons_says_so_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    folder = example.write_publication(tmp_path)
    for path in (folder / "marts").glob("mart_p*__*.parquet"):
        path.unlink()
    example.describe(folder)
    test = _page(name)
    assert "Aucun dossier usager informatisé (DUI) n'est publié." in test.info[0].value
    assert "dlnuf run" in test.info[0].value
    assert len(test.info) == 1
    assert not test.metric
    assert not test.table


@pytest.mark.parametrize("name", PAGES)
def test_what_is_hidden_is_explained_with_its_threshold(home: Path, name: str) -> None:
    said = _said(_page(name))
    assert f"**{SECRET}** : moins de 11 personnes, ou un effectif qui permettrait d'en retrouver un tel" in said
    assert "opposées au traitement" in said


# --- « Publics et besoins »


def test_persons_of_the_country(home: Path) -> None:
    test = _page("publics")
    figures = _figures(test)
    assert figures["Présentes au 31 décembre"] == f"3{THIN}749"
    assert figures["GIR 1 et 2"].endswith(f"{NBSP}%")
    assert "France, personnes âgées, en établissement, 2024" in _said(test)
    assert [s.value for s in test.subheader] == [
        "Dépendance (GIR)", "Âge", "Sexe", "Modalité d'accueil", "Provenance des entrants", "Motif de sortie",
    ]  # fmt: skip
    assert SECRET not in figures.values()


def test_a_departement_of_few_persons_shows_none_of_them(home: Path) -> None:
    test = _page("publics", "2A")
    figures = _figures(test)
    places = figures.pop("Places d'accueil temporaire")
    assert set(figures.values()) == {SECRET}
    assert places == "2"  # of the establishment, not of persons
    for table in (t.value for t in test.table if "Personnes" in t.value.columns):
        assert set(table["Personnes"].dropna()) <= {0.0}
        assert table["Part"].dropna().empty


def test_hidden_is_not_unknown(home: Path) -> None:
    """The GMP of Aisne is hidden; nobody knows how long the stays of disabled persons are."""
    compared = _table(_page("publics", "02"), "Présents").set_index("Territoire")
    assert compared["Présents"].to_dict()["Aisne"] == 214
    assert "Aisne" not in compared["GMP"].dropna().index
    assert _figures(_page("publics", "02"))["GMP"] == SECRET
    assert _figures(_page("publics", public="PH"))["Durée moyenne des séjours"] == INCONNU


def test_a_public_without_dependence_shows_no_gmp(home: Path) -> None:
    test = _page("publics", public="PH")
    assert not {"GMP", "GIR 1 et 2", "Occupation, permanent"} & set(_figures(test))
    assert "Besoins (SERAFIN-PH)" in [s.value for s in test.subheader]
    assert "Une personne peut avoir plusieurs besoins : les parts ne s'additionnent pas." in _said(test)


def test_every_chart_of_persons_has_its_table(home: Path) -> None:
    for name in PAGES:
        test = _page(name, "59")
        assert len([t for t in test.table if "Personnes" in t.value.columns]) == len(test.get("vega_lite_chart"))


def test_a_departement_stands_beside_its_region_and_the_country(home: Path) -> None:
    test = _page("publics", "59")
    assert {"Région", "France"} <= set(_table(test, "Dépendance (GIR)").columns)
    assert _table(test, "Présents")["Territoire"].tolist() == ["Aisne", "Nord", "Pas-de-Calais"]
    assert "région : " in _said(test)


# --- « Parcours et admissions »


def test_delays_waiting_lists_and_refusals(home: Path) -> None:
    test = _page("parcours", "59")
    steps = _table(test, "Étape")
    assert steps["Étape"].tolist() == [
        "De la demande à la décision", "De la décision à l'admission", "De l'admission à l'entrée",
        "De la demande à l'entrée",
    ]  # fmt: skip
    assert steps["Médiane"].tolist() == [61, 74, 9, 148]
    assert {"Médiane, région", "Médiane, France"} <= set(steps.columns)
    assert set(_table(test, "dont papier")["Âge"]) >= {"Moins de 60 ans", "95 ans et plus"}
    assert _table(test, "Motif")["Personnes"].dropna().is_monotonic_decreasing
    assert "celles qui attendent encore n'y sont pas" in _said(test)


def test_the_status_of_the_requests_is_chosen_in_the_order_of_the_journey(home: Path) -> None:
    assert _page("parcours").selectbox(key="statut").options == [
        "En cours d'analyse", "En liste d'attente", "Admissible", "Admis, en attente d'entrée",
    ]  # fmt: skip


def test_what_was_not_told_again(home: Path) -> None:
    figures = _figures(_page("parcours", "59"))
    assert figures["Entrées, ViaTrajectoire"] == "69"
    assert figures["Sorties, RESID-ESMS"] == "22"
    assert figures["Décision qui expire"] == "121"


def test_a_small_departement_of_admissions_shows_none_of_them(home: Path) -> None:
    test = _page("parcours", "2A")
    assert set(_figures(test).values()) <= {SECRET, "0", "0 personne"}
    assert set(_table(test, "dont papier")["Personnes"].dropna()) <= {0.0}


# --- recomputed by hand from the published tables


MARTS = "publication/2026-11-20T180000Z-ab12cd34/marts"
HERE = (pl.col("niveau") == "departement") & (pl.col("territoire_code") == "59") & (pl.col("domaine") == "PA")
POINTS = {"1": 1000, "2": 840, "3": 660, "4": 420, "5": 250, "6": 70}  # of each GIR, by AGGIR


def _published(home: Path, name: str) -> pl.DataFrame:
    rows = pl.read_parquet(home / MARTS / f"{name}.parquet").filter(HERE)
    return rows.filter(pl.col("annee") == rows["annee"].max())


def test_figures_of_persons_recomputed_from_the_distributions(home: Path) -> None:
    """The figures stand in one published table, the distributions in another: one is computed from the other."""
    test = _page("publics", "59")
    shown = _figures(test)
    spread = _published(home, "mart_publics__repartition")
    gir = dict(spread.filter(pl.col("dimension") == "gir").select("composante", "n_personnes").iter_rows())
    known = {code[-1]: n for code, n in gir.items() if code[-1] in POINTS}
    high = known["1"] + known["2"]
    assert shown["GIR 1 et 2"] == f"{100 * high / sum(known.values()):.1f}".replace(".", ",") + f"{NBSP}%"
    gmp = sum(POINTS[code] * n for code, n in known.items()) / sum(known.values())
    assert shown["GMP"] == f"{gmp:.0f}{NBSP}points"
    for dimension, title in (("tranche_age", "Âge"), ("sexe", "Sexe"), ("modalite", "Modalité d'accueil")):
        counts = spread.filter(pl.col("dimension") == dimension).sort("ordre")["n_personnes"].to_list()
        drawn = _table(test, title)
        assert drawn["Personnes"].tolist() == counts
        assert drawn["Part"].tolist() == pytest.approx([100 * n / sum(counts) for n in counts])


def test_figures_of_admissions_recomputed_from_their_counts(home: Path) -> None:
    test = _page("parcours", "59")
    counts = _published(home, "mart_parcours__synthese").row(0, named=True)
    said = _said(test)
    for part, whole in (("n_entrees_non_dites_vt", "n_entrees_dui"), ("n_sorties_non_dites_vt", "n_sorties_dui")):
        share = f"{100 * counts[part] / counts[whole]:.1f}".replace(".", ",")
        assert f"{counts[whole]} · part : {share}{NBSP}%" in said.replace(THIN, "")
    delays = _published(home, "mart_parcours__delais").sort("ordre")
    steps = _table(test, "Étape")
    assert steps["Personnes"].tolist() == delays["n_personnes"].to_list()
    assert steps["Médiane"].tolist() == delays["mediane_jours"].to_list()
    waiting = _published(home, "mart_parcours__listes_attente")
    assert sum(_table(test, "dont papier")["Personnes"].dropna().tolist()) == waiting["n_personnes"].sum()
    told = {row["Territoire"]: row for row in _table(test, "Personnes entrées").to_dict("records")}["Nord"]
    assert told["Personnes entrées"] == delays["n_personnes"].to_list()[-1]
    assert told["De la demande à l'entrée"] == delays["mediane_jours"].to_list()[-1]
