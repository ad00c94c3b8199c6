"""Ten figures of each page at least, recomputed in SQL from the published files, beside what the page shows of them.

The SQL is written here, and reads the Parquet: it shares nothing with the queries of the pages. A text that is read
(« 93,8 % ») must be the exact value, rounded half away from zero at the decimals that it shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from data_contracts.indicators import ESMS, TERRITOIRES, indicators, published
from data_contracts.loading import load_products
from tests.dashboards import publication_example as example
from tests.dashboards.test_pages import _figures, _page, _page_of_app, _table, _texts, _theme

YEARS = (2021, 2022, 2023, 2024)
PLACES = (("departement", "59", "Nord"), ("departement", "62", "Pas-de-Calais"), ("region", "32", "Hauts-de-France"))
HOMES = (example.MIMOSAS, example.HIRSON, example.BETHESDA)
Pair = tuple[str, Any, float | None]  # what, as it is shown, as it is computed


def _value(*ranks: int) -> float:
    """A figure of the example: halves that rounding must take away from zero, and no two alike."""
    place, indicator, year = ranks
    return 5.125 + 13.05 * indicator + 1.375 * place + 0.45 * year


def _of_territories() -> list[dict[str, Any]]:
    return [
        {
            "niveau": niveau, "territoire_code": code, "territoire_libelle": nom, "region_code": "32",
            "departement_code": code if niveau == "departement" else None, "millesime": year,
            "indicateur_code": i.code, "indicateur_libelle": i.label, "unite_mesure": i.unit,
            "valeur": _value(place, rank, k), "n_repondants": 20 + rank + k, "n_concernes": 40 + rank,
            "part_places_pct": 61.5 + rank / 10, "est_couvert": True, "rang": 1 + place, "n_rangs": 3,
        }
        for place, (niveau, code, nom) in enumerate(PLACES)
        for rank, i in enumerate(published(TERRITOIRES))
        for k, year in enumerate(YEARS)
    ]  # fmt: skip


def _of_esms() -> list[dict[str, Any]]:
    return [
        {
            "finess_et": finess, "millesime": year, "indicateur_code": i.code, "indicateur_libelle": i.label,
            "axe": i.axis, "modalite": "", "valeur": _value(place, rank, k), "unite_mesure": i.unit,
            "est_calcule": False, "source": "errd", "statut": "unique", "perimetre": "site",
            "unite_observation": "ET", "est_atypique": False,
        }
        for place, finess in enumerate(HOMES)
        for rank, i in enumerate(published(ESMS))
        for k, year in enumerate(YEARS[2:])
    ]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with every indicator known over four years, in two départements and their région."""
    home = tmp_path_factory.mktemp("var_chiffres")
    folder = example.write_publication(home)
    for name, rows in ((TERRITOIRES, _of_territories()), (ESMS, _of_esms())):
        schema = {f.name: example.POLARS[f.logical_type] for f in load_products()[name].fields}
        frame = pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)
        frame.write_parquet(folder / "marts" / f"{name}.parquet")
    example.describe(folder)
    return home


@pytest.fixture
def ask(whole: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[tuple[Any, ...]]]:
    """Rows of a question in SQL; « @name » is a published table."""
    monkeypatch.setenv("DLNUF_HOME", str(whole))
    [folder] = (whole / "publication").glob("*/marts")

    def asked(sql: str) -> list[tuple[Any, ...]]:
        return duckdb.sql(re.sub(r"@(\w+)", rf"'{folder}/\1.parquet'", sql)).fetchall()

    return asked


Ask = Callable[[str], list[tuple[Any, ...]]]
_HERE = "niveau = 'departement' and territoire_code = '59'"


def _of_theme(test: AppTest, ask: Ask) -> Iterator[Pair]:
    """The cards, the years of the indicator that is followed, its comparison, the values of establishments."""
    latest = dict(ask(f"select indicateur_code, valeur from @{TERRITOIRES} where {_HERE} and millesime = 2024"))
    named = {(i.short_label or i.label): i.code for i in indicators().values() if i.code in latest}
    for name, shown in _figures(test).items():
        if name in named:
            yield name, shown, latest[named[name]]
    followed = str(test.selectbox(key="indicateur").value)
    label = indicators()[followed].label
    years = _table(test, "Répondants")
    series = ask(
        f"select territoire_libelle, cast(millesime as varchar), valeur, n_repondants from @{TERRITOIRES}"
        f" where indicateur_code = '{followed}' and territoire_code in ('59', '32')"
    )
    told = years.set_index(["Territoire", "Année"])
    assert len(told) == len(series)
    for place, year, value, n in series:
        yield f"{place}, {year}", told.loc[(place, year), label], value
        yield f"{place}, {year}, répondants", told.loc[(place, year), "Répondants"], n
    compared = next(t.value for t in test.table if {"Code", "2024"} <= set(t.value.columns)).set_index("Code")
    for code, value in ask(
        f"select territoire_code, valeur from @{TERRITOIRES} where indicateur_code = '{followed}' and millesime = 2022"
        " and niveau = 'departement'"
    ):
        yield f"comparé, {code}", compared.loc[code, "2022"], value
    if any(box.key == "mesure" for box in test.selectbox):
        measure = test.selectbox(key="mesure").value
        values = dict(
            ask(
                f"select finess_et, valeur from @{ESMS} where indicateur_code = '{measure}' and millesime = 2024"
                f" and finess_et = '{example.MIMOSAS}'"
            )
        )
        listed = _table(test, "Accord des sources").set_index("FINESS")["Valeur"]
        for finess, value in values.items():
            yield f"{measure}, {finess}", listed.loc[finess], value


def _of_home(test: AppTest, ask: Ask) -> Iterator[Pair]:
    """Four cards: the value, that of the région, the change since the year before, who answered."""
    rows = {
        code: rest
        for code, *rest in ask(
            f"""
            select a.indicateur_code, a.valeur, r.valeur, a.valeur - b.valeur, a.n_repondants, a.n_concernes
            from @{TERRITOIRES} a join @{TERRITOIRES} b using (indicateur_code, niveau, territoire_code)
            join @{TERRITOIRES} r on r.indicateur_code = a.indicateur_code and r.millesime = a.millesime
            where a.niveau = 'departement' and a.territoire_code = '59' and a.millesime = 2024 and b.millesime = 2023
                and r.niveau = 'region'
            """
        )
    }
    named = {(i.short_label or i.label): i.code for i in indicators().values() if i.code in rows}
    notes = [caption.value for caption in test.main.caption if "répondants sur" in caption.value]
    for (name, shown), note in zip(_figures(test).items(), notes, strict=True):
        value, region, gap, n, concerned = rows[named[name]]
        yield name, shown, value
        if found := re.search(r"région : ([−\d\u202f,]+)", note):
            yield f"{name}, région", found[1], region
        if found := re.search(r"· ([+−][\d\u202f,]+)[^·]* depuis 2023", note):
            yield f"{name}, depuis 2023", found[1], gap
        yield f"{name}, répondants", re.findall(r"([\d\u202f]+) répondants", note)[0], n
        yield f"{name}, concernés", re.findall(r"sur ([\d\u202f]+) \(", note)[0], concerned


def _of_publics(test: AppTest, ask: Ask) -> Iterator[Pair]:
    columns = {
        "Présentes au 31 décembre": "n_personnes", "File active": "n_file_active", "Entrées dans l'année": "n_entrees",
        "Sorties dans l'année": "n_sorties", "Âge moyen": "age_moyen_annees", "GMP": "gmp",
        "GIR 1 et 2": "part_gir_1_2_pct", "Projets revus": "projets_revus_pct",
        "Durée moyenne des séjours": "duree_moyenne_sejour_jours", "Absence moyenne": "absence_moyenne_jours",
        "Occupation, permanent": "taux_occupation_hp_pct", "Places d'accueil temporaire": "places_temporaires",
    }  # fmt: skip
    [row] = ask(
        f"select {', '.join(columns.values())} from @mart_publics__synthese where {_HERE} and domaine = 'PA'"
        f" and annee = (select max(annee) from @mart_publics__synthese where {_HERE} and domaine = 'PA')"
    )
    shown = _figures(test)
    for title, value in zip(columns, row, strict=True):
        yield title, shown[title], value


def _of_parcours(test: AppTest, ask: Ask) -> Iterator[Pair]:
    rows = ask(
        "select n_personnes, q1_jours, mediane_jours, q3_jours from @mart_parcours__delais"
        f" where {_HERE} and domaine = 'PA' and annee = (select max(annee) from @mart_parcours__delais where {_HERE}"
        " and domaine = 'PA') order by ordre"
    )
    steps = _table(test, "Étape")
    assert len(steps) == len(rows)
    for rank, row in enumerate(rows):
        for title, value in zip(("Personnes", "Premier quartile", "Médiane", "Troisième quartile"), row, strict=True):
            yield f"étape {rank}, {title}", steps.iloc[rank][title], value
    rows = ask(
        "select n_personnes, q1_jours, mediane_jours, q3_jours from @mart_parcours__delais_categories"
        f" where {_HERE} and domaine = 'PA' and etape = 'demande_entree' and annee ="
        f" (select max(annee) from @mart_parcours__delais_categories where {_HERE} and domaine = 'PA')"
        " order by n_personnes desc nulls last, categorie_libelle"
    )
    categories = _table(test, "Catégorie")
    assert len(categories) == len(rows) > 1
    for rank, row in enumerate(rows):
        for title, value in zip(("Personnes", "Premier quartile", "Médiane", "Troisième quartile"), row, strict=True):
            yield f"catégorie {rank}, {title}", categories.iloc[rank][title], value


def _of_sheet(test: AppTest, ask: Ask) -> Iterator[Pair]:
    known = dict(
        ask(
            f"select indicateur_libelle, valeur from @{ESMS} where finess_et = '{example.MIMOSAS}' and millesime = 2024"
            f" and indicateur_libelle in (select indicateur_libelle from @{ESMS} group by 1"
            " having count(distinct indicateur_code) = 1)"
        )
    )
    for table in (t.value for t in test.table if {"Chiffre", "Valeur", "Source"} <= set(t.value.columns)):
        for name, shown, year in table[["Chiffre", "Valeur", "Année"]].itertuples(index=False):
            if name in known and year == "2024":
                yield name, shown, known[name]


def _of_comparison(test: AppTest, ask: Ask) -> Iterator[Pair]:
    values = ask(
        f"select finess_et, indicateur_libelle, valeur from @{ESMS} where millesime = 2024"
        f" and finess_et in {tuple(HOMES)}"
    )
    shown = _table(test, "Alertes").set_index("FINESS")
    for finess, name, value in values:
        if name in shown.columns:
            yield f"{finess}, {name}", shown.loc[finess, name], value
    said, number = _texts(test).replace("\\", ""), r"[\d\u202f,]+"
    for name, *quartiles in ask(
        f"select indicateur_libelle, quantile_cont(valeur, 0.5), quantile_cont(valeur, 0.25),"
        f" quantile_cont(valeur, 0.75) from @{ESMS} where millesime = 2024 group by 1"
    ):
        if found := re.search(rf"{re.escape(name)} : médiane ({number}).*?entre ({number}).*? et ({number})", said):
            yield from zip((f"{name}, quartiles",) * 3, found.groups(), quartiles, strict=True)


def _of_once(test: AppTest, ask: Ask) -> Iterator[Pair]:
    [sums] = ask(
        "select sum(n_reponses), sum(n_valeurs), sum(n_saisies_evitees), median(n_saisies_evitees)"
        " from (select finess_et, sum(n_reponses) as n_reponses, sum(n_valeurs) as n_valeurs,"
        " sum(n_saisies_evitees) as n_saisies_evitees from @mart_dlnuf__saisies_evitees group by finess_et)"
    )
    shown = _figures(test)
    titles = ("Réponses données", "Données distinctes", "Saisies évitables", "Par établissement")
    yield from zip(titles, (shown[title] for title in titles), sums, strict=True)
    listed = _table(test, "Collectes qui la demandent").set_index("Donnée")["Réponses"]
    for name, n in ask("select element_libelle, sum(n_reponses) from @mart_dlnuf__redondance group by element_libelle"):
        if name in listed.index:
            yield f"réponses : {name}", listed.loc[name], n


def _of_quality(test: AppTest, ask: Ask) -> Iterator[Pair]:
    where = "from @mart_qualite__livraisons where statut = 'accepted' and n_lues is not null"
    [(read, accepted, rejected)] = ask(f"select sum(n_lues), sum(n_acceptees), sum(n_rejetees) {where}")
    shown = _figures(test)
    yield "lues", shown["Lignes lues"], read
    yield "acceptées", shown["Lignes acceptées"], accepted
    yield "rejetées", shown["Lignes rejetées"], rejected
    yield "reçues", shown["Livraisons reçues"], ask("select count(*) from @mart_qualite__livraisons")[0][0]
    listed = _table(test, "Lignes lues").set_index("Source")
    for source, name in (("finess", "FINESS"), ("errd", "ERRD"), ("tdb_esms", "Tableau de bord ESMS")):
        [row] = ask(f"select sum(n_lues), sum(n_acceptees), sum(n_rejetees) {where} and source = '{source}'")
        for title, value in zip(("Lignes lues", "Lignes acceptées", "Lignes rejetées"), row, strict=True):
            yield f"{name}, {title}", listed.loc[name, title], value


AT = {"niveau": "departement", "code": "59"}
SHEET = {"finess": example.MIMOSAS}
PAGES: dict[str, tuple[Callable[[], AppTest], Callable[[AppTest, Ask], Iterator[Pair]]]] = {
    "Mon territoire": (lambda: _page_of_app(**AT), _of_home),
    "Offre et équipement": (lambda: _page("territoire", **AT), _of_theme),
    "Activité et occupation": (lambda: _theme("ACTIVITE", **AT), _of_theme),
    "Publics et besoins": (lambda: _page("publics", **AT), _of_publics),
    "Parcours et admissions": (lambda: _page("parcours", **AT), _of_parcours),
    "Domicile et APA": (lambda: _theme("DOMICILE", **AT), _of_theme),
    "Ressources humaines": (lambda: _theme("RH", **AT), _of_theme),
    "Finances et tarifs": (lambda: _theme("FINANCES", **AT), _of_theme),
    "Fiche établissement": (lambda: _page("etablissement", **SHEET), _of_sheet),
    "Comparer": (lambda: _page("comparer", par="liste", finess=" ".join(HOMES)), _of_comparison),
    "Dites-le-nous une fois": (lambda: _page("dlnuf"), _of_once),
    "Qualité des livraisons": (lambda: _page("qualite"), _of_quality),
}


@pytest.mark.parametrize("title", PAGES)
def test_ten_figures_of_a_page_are_what_the_published_files_say(title: str, ask: Ask) -> None:
    drawn, told = PAGES[title]
    pairs = [*told(drawn(), ask)]
    wrong = [(what, shown, value) for what, shown, value in pairs if not _agrees(shown, value)]
    assert not wrong
    known = [pair for pair in pairs if pair[2] is not None]
    assert len(known) >= 10, f"{len(known)} chiffres seulement"


def _agrees(shown: Any, value: float | None) -> bool:
    """Whether what is shown (a text, or the number of a cell) is the value, at the decimals that it has."""
    if not isinstance(shown, str):
        return (shown != shown) if value is None else abs(shown - value) < 1e-9
    if value is None:
        return shown in ("inconnu", "secret")
    read = re.match(r"[+−]?[\d\u202f]+(?:,(\d+))?", shown)
    if read is None:
        return False
    number = Decimal(read[0].replace("\u202f", "").replace(",", ".").replace("−", "-").replace("+", ""))
    exact = Decimal(format(value, ".15g"))
    return number == exact.quantize(Decimal(1).scaleb(-len(read[1] or "")), ROUND_HALF_UP)


def test_the_framework_tells_the_counts_of_the_published_files(ask: Ask) -> None:
    told = " ".join(_table(_page("cadre"), "Résultat")["Résultat"]).replace("\u202f", "")
    [(accepted, sources)] = ask(
        "select count(*), count(distinct source) from @mart_qualite__livraisons where statut = 'accepted'"
    )
    [(values, elements)] = ask("select count(*), count(distinct element_id) from @mart_etablissements__valeurs")
    [(avoided,)] = ask("select cast(sum(n_saisies_evitees) as integer) from @mart_dlnuf__saisies_evitees")
    assert f"{accepted} livraisons de {sources} sources" in told
    assert f"de {values}" in told
    assert f"{elements} renseignées" in told
    assert f"({avoided} réponses)" in told


def test_open_data_tell_how_many_rows_their_files_have(ask: Ask) -> None:
    said = _texts(_page("donnees_ouvertes")).replace("\u202f", "")
    for name in ("mart_etablissements__fiche", "mart_territoires__synthese"):
        [(n,)] = ask(f"select count(*) from @{name}")
        assert f"{n} lignes · " in said


@pytest.mark.parametrize(
    ("shown", "value", "agrees"),
    [("93,8\u00a0%", 93.75, True), ("93,7\u00a0%", 93.75, False), ("−0,5", -0.45, True), ("1\u202f235", 1234.5, True),
     ("inconnu", None, True), ("0", None, False), ("inconnu", 0.0, False), (float("nan"), None, True),
     (2.0, 2.5, False)],
)  # fmt: skip
def test_what_is_shown_is_held_against_the_exact_value(shown: Any, value: float | None, agrees: bool) -> None:
    assert _agrees(shown, value) is agrees
