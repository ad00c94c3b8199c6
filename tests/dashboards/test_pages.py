"""Every page, run by Streamlit's own test engine: the figures that it shows, and what it says when there is nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

import dashboards
from dashboards import exports, labels, queries
from dashboards.views import dlnuf_desaccords
from tests.dashboards import publication_example as example
from tests.patience import PATIENCE_S

EHPAD = "Établissement d'hébergement pour personnes âgées dépendantes (EHPAD)"  # as it is read
THIN, NBSP = "\u202f", "\u00a0"
PAGES = [
    "territoire", "etablissement", "comparer",
    "publics", "parcours", "dlnuf", "dlnuf_exactitude", "qualite", "donnees_ouvertes",
]  # fmt: skip


def _page(name: str, **address: str) -> AppTest:
    """The page after its first run, at an address with these parameters."""
    test = AppTest.from_string(f"from dashboards.views import {name}\n{name}.show()", default_timeout=PATIENCE_S)
    for parameter, value in address.items():
        test.query_params[parameter] = value
    return _ran(test)


def _theme(name: str, **address: str) -> AppTest:
    """The page of a theme, at an address with these parameters."""
    code = f"from dashboards import themes\nfrom dashboards.views import theme\ntheme.show(themes.{name})"
    test = AppTest.from_string(code, default_timeout=PATIENCE_S)
    for parameter, value in address.items():
        test.query_params[parameter] = value
    return _ran(test)


def _ran(test: AppTest) -> AppTest:
    test.run()
    assert not test.exception, [e.message for e in test.exception]
    return test


def _figures(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


def _texts(test: AppTest) -> str:
    parts = (test.title, test.header, test.subheader, test.markdown, test.caption, test.info, test.warning, test.text)
    return "\n".join(element.value for kind in parts for element in kind)


def _table(test: AppTest, column: str) -> pd.DataFrame:
    """The first plain table that has a column."""
    return next(t.value for t in test.table if column in t.value.columns)


# --- home


def test_home_says_which_publication_is_read_and_what_unknown_means(home: Path) -> None:
    test = _ran(AppTest.from_file(str(dashboards.FOLDER / "app.py"), default_timeout=PATIENCE_S))
    assert test.title[0].value == "Mon territoire"
    assert f"20{NBSP}novembre 2026 à 19{NBSP}h{NBSP}00" in _texts(test)
    assert "2026-11-20T180000Z-ab12cd34" in test.main.caption[-2].value
    assert "Ce n'est ni zéro, ni non" in test.main.caption[-1].value


def test_home_shows_four_figures_and_the_last_events_of_the_territory(home: Path) -> None:
    test = _page_of_app(niveau="departement", code="59")
    assert _figures(test) == {
        "Équipement en EHPAD": f"0,4{NBSP}pour{NBSP}1{THIN}000",
        "Occupation médiane des EHPAD": f"95,2{NBSP}%",
        "Prix médian, chambre seule": f"69,85{NBSP}€/jour",
        "Places installées": "183",
    }
    events = _table(test, "Évènement")
    assert events["Date"].tolist()[0] == "30/06/2021"
    assert "La publication précédente n'est pas là" in _texts(test)


def test_home_says_what_changed_since_the_publication_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    before = example.write_publication(tmp_path, "2026-11-01T180000Z-aa00aa00")
    figures = pl.read_parquet(before / "marts" / "mart_indicateurs__territoires.parquet")
    mine = (pl.col("territoire_code") == "59") & (pl.col("indicateur_code") == "PRIX_MED_CS")
    figures.with_columns(valeur=pl.when(mine).then(60.0).otherwise("valeur")).write_parquet(
        before / "marts" / "mart_indicateurs__territoires.parquet"
    )
    events = pl.read_parquet(before / "marts" / "mart_etablissements__historique.parquet")
    events.filter(pl.col("evenement_id") != "ev2").write_parquet(
        before / "marts" / "mart_etablissements__historique.parquet"
    )
    example.describe(before)
    now = example.write_publication(tmp_path)
    example.describe(now, previous_version=before.name)
    test = _page_of_app(niveau="departement", code="59")
    assert "1 chiffre a changé, 1 évènement nouveau" in _texts(test)
    changed = _table(test, "Avant")
    assert changed.to_numpy().tolist() == [
        [changed.iloc[0, 0], f"60,00{NBSP}€/jour (2022)", f"69,85{NBSP}€/jour (2022)"]
    ]
    assert _table(test, "Évènement")["Détail"].tolist() == ["74 → 78"]


def _page_of_app(**address: str) -> AppTest:
    test = AppTest.from_file(str(dashboards.FOLDER / "app.py"), default_timeout=PATIENCE_S)
    for parameter, value in address.items():
        test.query_params[parameter] = value
    return _ran(test)


@pytest.mark.parametrize("name", PAGES)
def test_without_publication_a_page_says_what_to_do(empty_home: Path, name: str) -> None:
    test = _page(name)
    assert "Aucune publication" in test.info[0].value
    assert "dlnuf run" in test.info[0].value
    assert not test.metric


@pytest.mark.parametrize("name", PAGES)
def test_with_empty_tables_a_page_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    folder = example.write_publication(tmp_path)
    for path in [*(folder / "marts").iterdir(), *(folder / "open_data").iterdir()]:
        path.unlink()
    example.describe(folder)
    address = {"finess": example.MIMOSAS} if name == "etablissement" else {}
    test = _page(name, **address)
    assert len(test.info) == 1
    assert not test.metric


def test_a_damaged_publication_is_said_soberly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    path = example.write_publication(tmp_path) / "marts" / "mart_etablissements__fiche.parquet"
    path.write_bytes(b"x" * path.stat().st_size)
    test = _page("territoire")
    assert "La publication est endommagée" in test.info[0].value
    assert "dlnuf run" in test.info[0].value
    assert not test.metric


# --- territory


def test_figures_of_a_departement_recomputed_from_the_published_tables(published_home: Path, home: Path) -> None:
    """Each one by hand, from other tables than the one that the page reads."""
    marts = published_home / "publication" / "2026-11-20T180000Z-ab12cd34" / "marts"
    fiches = pl.read_parquet(marts / "mart_etablissements__fiche.parquet")
    here = fiches.filter((pl.col("departement_code") == "59") & pl.col("est_esms") & pl.col("est_ouvert"))
    homes = here.filter(pl.col("categorie_code") == "500")["cap_installee_totale"].sum()
    test = _page("territoire", niveau="departement", code="59")
    shown = _figures(test)
    assert shown["ESMS ouverts"] == str(here.height)
    assert shown["Places installées"] == f"{here['cap_installee_totale'].sum():.0f}"
    assert shown["Habitants de 75 ans et plus"] == f"215{THIN}000"
    rate = f"{1000 * homes / 215_000:.1f}".replace(".", ",")
    assert shown["Équipement en EHPAD"] == f"{rate}{NBSP}pour{NBSP}1{THIN}000"
    offer = _table(test, "Autorité compétente").set_index("Catégorie")
    by_category = here.group_by("categorie_libelle").len()
    assert offer["Ouverts"].to_dict() == {labels.CATEGORIES.get(name, name): n for name, n in by_category.iter_rows()}
    said = _texts(test)
    missing = here.filter(pl.col("longitude").is_null()).height
    assert f"{here.height} établissements ouverts ; {missing} sans coordonnées" in said


def test_a_sum_over_some_establishments_is_said_partial(home: Path) -> None:
    said = _texts(_page("territoire", niveau="france", code="FR"))
    assert "places connues pour 7 établissements sur 9" in said
    assert "départements reçus sur 101" in said


def test_a_country_received_in_part_is_no_reference(home: Path) -> None:
    said = _texts(_page("territoire", niveau="departement", code="59"))
    assert "France : " not in said


@pytest.mark.parametrize(
    ("kept", "niveau", "code"),
    [({"59"}, "departement", "59"), ({"59", "62", "02"}, "region", "32"), ({"59", "67"}, "france", "FR")],
)
def test_the_level_first_shown_is_the_narrowest_that_holds_every_open_esms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: set[str], niveau: str, code: str
) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    folder = example.write_publication(tmp_path)
    path = folder / "marts" / "mart_etablissements__fiche.parquet"
    fiches = pl.read_parquet(path)
    fiches.filter(pl.col("departement_code").is_in(list(kept))).write_parquet(path)
    example.describe(folder)
    test = _theme("ACTIVITE")
    assert test.segmented_control(key="niveau").value == niveau
    if niveau != "france":
        assert test.selectbox(key="code").value == code


def test_a_departement_without_figures_is_unknown_not_zero(home: Path) -> None:
    figures = _figures(_page("territoire", niveau="departement", code="02"))
    assert figures["ESMS ouverts"] == "1"
    assert {figures[name] for name in ("Places installées", "Équipement en EHPAD")} == {"inconnu"}


def test_the_map_has_its_table_and_changes_with_the_indicator(home: Path) -> None:
    test = _page("territoire", niveau="departement", code="59", tri_carte_table="-valeur")
    assert "1 sur 5" in test.selectbox(key="page_carte_table").options  # 101 départements, 25 at once
    rows = _table(test, "Établissements renseignés").set_index("Code")
    assert rows.index[0] == "974"
    assert pd.isna(rows["Valeur"].iloc[-1])
    test.selectbox(key="indicateur").set_value("N_ESMS")
    _ran(test)
    assert _table(test, "Établissements renseignés").set_index("Code").loc["59", "Valeur"] == 3


def test_a_departement_is_compared_with_those_of_the_same_region(home: Path) -> None:
    test = _page("territoire", niveau="departement", code="59", compares="region", indicateur="N_ESMS")
    rows = _table(test, "2025")
    assert rows["Territoire"].tolist() == ["Nord", "Pas-de-Calais", "Aisne"]
    assert rows["2025"].tolist() == [3, 2, 1]
    assert "Départements comparés : ceux de la même région." in _texts(test)


def test_years_are_followed_and_said_in_a_sentence(home: Path) -> None:
    test = _page("territoire", niveau="departement", code="59", indicateur="N_ESMS")
    assert "Nord : de 3 en 2022 à 3 en 2025 (0)" in _texts(test)


# --- a theme


def test_a_theme_lists_the_establishments_and_who_does_not_answer(home: Path) -> None:
    assert "Tous les établissements ouverts et concernés" in _texts(_theme("RH", niveau="departement", code="59"))
    test = _theme("RH", niveau="france", code="FR")
    rows = _table(test, "Accord des sources")
    assert rows["Établissement"].tolist() == [
        f"[EHPAD L'Œuvre des Mimosas](/etablissement?niveau=france&code=FR&finess={example.MIMOSAS})"
    ]
    silent = next(t.value for t in test.table if list(t.value.columns)[-1] == "Places installées")
    assert silent["FINESS"].tolist() == [example.BETHESDA, example.VANILLE, example.SERENU, example.HIRSON]
    assert "**4 établissements** sur 5 ouverts et concernés n'ont pas de valeur en 2022" in _texts(test)
    assert "Pas encore connus" in [e.label for e in test.expander][-1]


def test_the_offer_is_filtered_by_authority(home: Path) -> None:
    test = _page("territoire")
    offer = _table(test, "Autorité compétente")
    assert offer.set_index("Catégorie").loc[EHPAD, "Ouverts"] == 5
    test.multiselect(key="financeur").set_value(["CD"])
    _ran(test)
    assert _table(test, "Autorité compétente")["Catégorie"].tolist() == ["Résidences autonomie"]
    test.multiselect(key="domaine").set_value(["PH_ENFANT"])
    _ran(test)
    assert "Aucun établissement ouvert ne répond à ces filtres." in _texts(test)


# --- establishment


def test_search_without_result_says_what_to_try(home: Path) -> None:
    test = _page("etablissement")
    assert "restreignent la recherche" in _texts(test)
    test.text_input(key="finess").set_value("château d'eau")
    _ran(test)
    assert "Aucun établissement ne répond à « château d'eau »" in test.info[0].value


def test_identity_of_an_establishment_found_by_name(home: Path) -> None:
    test = _page("etablissement")
    test.text_input(key="finess").set_value("oeuvre des mimosas")
    _ran(test)
    assert test.header[0].value == "EHPAD L'Œuvre des Mimosas"
    assert _figures(test)["Places installées"] == f"78{NBSP}places"
    assert _figures(test)["Autorité compétente"] == "ARS et département"
    test.segmented_control(key="onglet").set_value("identite")
    _ran(test)
    facts = dict(_table(test, "Information").to_numpy().tolist())
    assert facts["Catégorie"] == f"{EHPAD} (500)"
    assert facts["SIRET"] == "inconnu"
    assert facts["Date d'ouverture"] == "01/09/1987"
    assert _table(test, "Clientèle")["Places autorisées"].tolist() == ["82", "autorisation terminée"]


def test_a_search_that_several_answer_lists_them_and_opens_none(home: Path) -> None:
    test = _page("etablissement", finess="ehpad")
    assert not test.header
    found = _table(test, "FINESS")
    assert len(found) == 6
    assert f"[EHPAD L'Œuvre des Mimosas](/etablissement?finess={example.MIMOSAS})" in found["Établissement"].tolist()
    assert found.set_index("FINESS").loc[example.ELOI, "État"] == "fermé"


def test_an_establishment_can_be_asked_for_in_the_address(home: Path) -> None:
    test = _page("etablissement", finess=example.JEANNE, onglet="identite")
    assert test.header[0].value == "Résidence Jeanne d'Arc"
    assert dict(_table(test, "Information").to_numpy().tolist())["Latitude et longitude"] == "inconnu"
    assert any("Aucune autorisation n'est connue" in info.value for info in test.info)
    test = _page("etablissement", finess=example.JEANNE, onglet="valeurs")
    assert any("Aucune valeur n'est retenue" in info.value for info in test.info)


def test_a_number_that_finess_does_not_know_keeps_its_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    known = [row for row in example.fiches() if row["finess_et"] != example.MIMOSAS]
    monkeypatch.setattr(example, "fiches", lambda: known)
    example.write_publication(tmp_path)
    test = _page("etablissement", finess=example.MIMOSAS)
    assert test.header[0].value == f"FINESS {example.MIMOSAS}"
    assert "son identité est inconnue" in test.warning[0].value
    assert len(_table(test, "Accord")) == 2


def test_values_are_those_of_the_latest_year_unless_asked(home: Path) -> None:
    test = _page("etablissement", finess=example.MIMOSAS, onglet="valeurs")
    assert test.selectbox(key="millesime").options == ["Le dernier connu", "Tous", "2023", "2022"]
    test.selectbox(key="theme").set_value("9-Tarifs")
    _ran(test)
    assert _table(test, "Accord")["Valeur"].tolist() == [f"**68,5{NBSP}€**"]
    test.selectbox(key="millesime").set_value("2022")
    _ran(test)
    assert any("Aucune valeur de ce thème pour ce millésime" in info.value for info in test.info)


def test_a_closed_establishment_says_so(home: Path) -> None:
    test = _page("etablissement", finess=example.ELOI, onglet="historique")
    assert "Fermé le 30/06/2021" in _texts(test)
    assert "décrivent le passé" in test.warning[0].value
    assert _table(test, "Évènement")["Évènement"].tolist() == ["Fermeture", "Ouverture"]


def test_values_have_their_unit_year_source_and_agreement(home: Path) -> None:
    test = _page("etablissement", finess=example.MIMOSAS, onglet="valeurs")
    test.selectbox(key="theme").set_value("2-Offre / capacité")
    _ran(test)
    rows = _table(test, "Accord").to_numpy().tolist()
    assert rows == [
        ["Places installées – permanent", f"**160{NBSP}places**", "2022, au 31 décembre (groupe de sites)", "ERRD",
         "Une seule collecte", "1"],
        ["◆ Places installées – permanent", f"**78{NBSP}places**", "2022, au 31 décembre", "FINESS",
         "Réponses en désaccord", "3"],
    ]  # fmt: skip


def test_where_a_figure_comes_from(home: Path) -> None:
    test = _page("etablissement", finess=example.MIMOSAS, onglet="valeurs")
    test.selectbox(key="theme").set_value("3-Activité")
    _ran(test)
    said = _texts(test)
    assert f"**Personnes accompagnées au 31/12 \\: 76{NBSP}personnes**, retenue de **ERRD**." in said
    assert "l'ordre FINESS, puis EPRD, ERRD et CA (CNSA), puis Tableau de bord ESMS (ATIH)" in said
    rows = _table(test, "Issue").to_numpy().tolist()
    assert [(row[0], row[1], row[2], row[3]) for row in rows] == [
        ("✔ Retenue", f"**76{NBSP}personnes**", "ERRD", "–"),
        ("Source moins prioritaire pour cette donnée", f"**70{NBSP}personnes**", "Tableau de bord ESMS",
         f"6{NBSP}personnes, hors tolérance"),
        ("Remplacée par une livraison plus récente de la même source", f"**75{NBSP}personnes**", "ERRD",
         f"1{NBSP}personnes, hors tolérance"),
    ]  # fmt: skip
    assert rows[1][5].endswith("ligne 41")


def test_an_out_of_bounds_value_is_kept_and_flagged(home: Path) -> None:
    test = _page("etablissement", finess=example.MIMOSAS, onglet="valeurs")
    test.selectbox(key="theme").set_value("7-Ressources humaines")
    _ran(test)
    assert _table(test, "Accord")["Valeur"].tolist() == [f"**48,2{NBSP}%** :orange-badge[▲ signalée]"]
    assert "hors bornes de plausibilité (0 à 40)" in test.warning[0].value


def test_codes_and_dates_are_read_as_labels_and_days(home: Path) -> None:
    test = _page("etablissement", finess=example.MIMOSAS, onglet="valeurs")
    test.selectbox(key="theme").set_value("1-Identité / structure")
    _ran(test)
    assert set(_table(test, "Accord")["Valeur"]) == {
        f"**{EHPAD} (500)**", "**01/09/1987**",
    }  # fmt: skip


def test_figures_say_their_source_their_agreement_and_mark_the_atypical(home: Path) -> None:
    test = _page("etablissement", finess=example.MIMOSAS)
    rows = {
        row["Chiffre"]: row for t in test.table if "Chiffre" in t.value.columns for row in t.value.to_dict("records")
    }
    absent = rows["Taux d'absentéisme hors formation"]
    assert absent["Valeur"] == f"48,2{NBSP}% ▲"
    assert f"hors des seuils d'affichage (de 0{NBSP}% à 30{NBSP}%)" in absent["Accord et réserves"]
    assert rows["Taux de CAF"]["Valeur"] == "inconnu"
    funds = rows["Fonds de roulement net global"]
    assert funds["Accord et réserves"] == "Calculé par l'entrepôt ; valeur du gestionnaire"
    assert (funds["Source"], funds[labels.DATED]) == ("Calcul de l'entrepôt", "calculé")
    rate = rows["Taux d'occupation en hébergement permanent"]
    assert (rate["Valeur"], rate["Année"], rate["Département"], rate["Source"]) == (f"96,4{NBSP}%", "2022", "–", "ERRD")


# --- compare


def test_criteria_and_a_range_choose_who_is_compared(home: Path) -> None:
    test = _page("comparer", par="criteres", niveau="france", categorie="500")
    assert "5 établissements répondent" in _texts(test)
    rows = _table(test, "FINESS")
    assert example.ELOI not in rows["FINESS"].tolist()  # closed
    test = _page("comparer", niveau="departement", code="59", mots="mimosas")
    assert _table(test, "FINESS")["FINESS"].tolist() == [example.MIMOSAS]
    test = _page("comparer", niveau="france", selon="TO_HP|", min="96,4")
    assert _table(test, "FINESS")["FINESS"].tolist() == [example.MIMOSAS]
    test = _page("comparer", niveau="france", selon="TO_HP|", min="cher")
    assert any("n'est pas un nombre" in warning.value for warning in test.warning)


def test_a_pasted_list_is_kept_whole_even_of_numbers_that_nobody_knows(home: Path) -> None:
    test = _page("comparer", par="liste", finess=f"{example.MIMOSAS};{example.ELOI}\n999999999, {example.MIMOSAS}")
    rows = _table(test, "FINESS").set_index("FINESS")
    assert set(rows.index) == {example.MIMOSAS, example.ELOI, "999999999"}
    assert rows.loc[example.ELOI, "Alertes"] == "établissement fermé"
    assert rows.loc["999999999", "Établissement"].endswith("inconnu](/etablissement?finess=999999999)")
    assert any("999999999" in warning.value for warning in test.warning)


def test_history_names_disciplines_and_managers(home: Path) -> None:
    events = _table(_page("etablissement", finess=example.MIMOSAS, onglet="historique"), "Détail").set_index(
        "Évènement"
    )
    assert events.loc["Changement de capacité", "Détail"].startswith(
        "74 → 78 places ; Accueil pour Personnes Âgées (924)"
    )
    assert events.loc["Changement de gestionnaire", "Date"] == "01/01/2019"


# --- « Dites-le-nous une fois »


def test_entries_avoided(home: Path) -> None:
    test = _page("dlnuf")
    assert _figures(test) == {
        "Réponses données": "11", "Données distinctes": "7", "Saisies évitables": "4", "Par établissement": "2",
    }  # fmt: skip
    shares = _table(test, "Demandées aussi ailleurs").set_index("Collecte")
    assert shares.loc["Tableau de bord ESMS (ATIH)", "Demandées aussi ailleurs"] == 3
    test.selectbox(key="millesime").set_value("2023")
    _ran(test)
    assert _figures(test)["Saisies évitables"] == "1"


def test_what_comes_back_filled_by_territory_and_for_one_esms(home: Path) -> None:
    test = _page("dlnuf", niveau="departement", code="59")
    assert (
        f"Nord : 140 cases sur 645 demandées reviennent préremplies (21,7{NBSP}%), dont 15 depuis le dossier"
        in _texts(test)
    )
    rows = _table(test, "Non demandées").set_index("Formulaire")
    whole = rows.loc["Tableau de bord ESMS"]
    assert whole["Établissements interrogés"] == 2
    # 90 of 656 columns, 32, 420, 114
    shares = [whole[name] for name in ("Préremplies", "À confirmer", "À demander", "Non demandées")]
    assert [round(share, 4) for share in shares] == [13.7195, 4.878, 64.0244, 17.378]
    assert whole["À confirmer d'après le dossier informatisé"] == 2
    test.text_input(key="etablissement").set_value("mimosas")
    _ran(test)
    said = next(c.value for c in test.caption if c.value.startswith("EHPAD L'Œuvre des Mimosas"))
    assert "2 formulaires" in said
    assert f"« Enquête EHPA », revient prérempli à 48,5{NBSP}%" in said  # 50 of 103


def test_shares_by_departement_are_those_of_the_form_chosen(home: Path) -> None:
    test = _page("dlnuf", niveau="france", code="FR", formulaire="drees_ehpa")
    rows = next(t.value for t in test.table if "Code" in t.value.columns).set_index("Code")
    assert rows["Établissements interrogés"].to_dict() == {"59": 1, "67": 1}
    assert round(rows.loc["67", "Préremplies"], 2) == 38.83  # 40 of 103


def test_a_form_that_cannot_be_made_says_why(home: Path) -> None:
    """The home holds a publication and no warehouse."""
    test = _page("dlnuf", niveau="departement", code="59", etablissement=example.MIMOSAS)
    test.button(key="preparer_formulaire").click()
    _ran(test)
    assert "L'entrepôt n'est pas construit" in test.warning[0].value


def test_the_questions_asked_twice_and_those_that_nobody_else_answers(home: Path) -> None:
    test = _page("dlnuf")
    assert "**2 données demandées** : 1 par plusieurs formulaires, 1 auxquelles personne d'autre ne répond." in _texts(
        test
    )
    assert _table(test, "Peuvent répondre")["Donnée"].tolist() == [example.CAPACITE]
    alone = _table(_page("dlnuf", questions="seules"), "Peuvent répondre")
    assert alone[["Donnée", "Formulaires", "À demander"]].to_numpy().tolist() == [
        ["Plateau technique", "Enquête EHPA", 100.0]
    ]


def test_redundancy_leaves_derived_rates_uncounted(home: Path) -> None:
    rows = _table(_page("dlnuf"), "Collectes qui la demandent").set_index("Donnée")
    assert rows.loc["ETP total", "Saisies évitables"] == 1
    assert pd.isna(rows.loc["Taux d'occupation – hébergement permanent", "Saisies évitables"])


def test_conflicts_are_listed_filtered_and_explained(home: Path) -> None:
    test = _page("dlnuf")
    rows = _table(test, "Suite à donner").set_index("Donnée")
    assert len(rows) == 4
    result = rows.loc["Résultat net comptable (2022)"]
    assert result["Établissement"] == "Gestionnaire 590000014"
    assert result["Retenue"] == f"**−125{THIN}430{NBSP}€**"
    assert result["Sources"] == "ERRD, contre Tableau de bord ESMS"
    assert rows.loc["ETP total (2022)", "Tolérance"] == f"± 2{NBSP}%"
    assert rows.loc["ETP total (2022)", "Établissement"] == f"[MAS du Ternois](/etablissement?finess={example.MAS})"
    test.multiselect(key="suite").set_value(["SIGNAL_AUTORITE"])
    _ran(test)
    assert _table(test, "Suite à donner")["Écartée"].tolist() == [f"80{NBSP}places"]
    assert "**1 désaccord** dans 1 établissement ou gestionnaire." in _texts(test)
    test.multiselect(key="departement").set_value(["62"])
    _ran(test)
    assert "Aucun désaccord ne répond à ces filtres." in _texts(test)


def test_conflicts_are_read_page_after_page(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dlnuf_desaccords, "SHOWN", 3)
    test = _page("dlnuf")
    first = _table(test, "Suite à donner")["Donnée"].tolist()
    test.selectbox(key="page_desaccords").set_value("2")
    _ran(test)
    second = _table(test, "Suite à donner")["Donnée"].tolist()
    assert (len(first), len(second)) == (3, 1)
    assert not set(first) & set(second)


def test_the_file_of_conflicts_opens_in_a_french_spreadsheet(home: Path) -> None:
    content = exports.raw_csv(queries.conflits(queries.current_base(), {"departement_code": ["62"]}))
    lines = content.decode("utf-8-sig").splitlines()
    assert content.startswith(b"\xef\xbb\xbf")
    assert lines[0].startswith("finess_et;raison_sociale;")
    assert "MAS du Ternois" in lines[1]
    assert ";-10,6;" in lines[1]


# --- quality


def test_deliveries_balance(home: Path) -> None:
    test = _page("qualite")
    assert _figures(test) == {
        "Livraisons reçues": "7", "Lignes lues": f"20{THIN}201", "Lignes acceptées": f"20{THIN}162",
        "Lignes rejetées": "39",
    }  # fmt: skip
    assert f"20{THIN}201 lues = 20{THIN}162 acceptées + 39 rejetées" in _texts(test)
    assert not test.error
    by_source = _table(test, "Livraisons refusées").set_index("Source")
    assert by_source.loc["Prix ESMS", "Lignes rejetées"] == 21
    assert pd.isna(by_source.loc["source non reconnue", "Lignes lues"])


def test_a_refusal_gives_its_reason_and_remedy(home: Path) -> None:
    test = _page("qualite")
    assert any(r"**suivi \[copie\] \*v2\*.xlsx** · source non reconnue" in m.value for m in test.markdown)
    assert "Remède : reprendre le modèle de la collecte." in test.text[0].value


def test_rules_have_an_example_and_a_remedy(home: Path) -> None:
    test = _page("qualite")
    rows = _table(test, "Comment corriger")
    assert rows["Lignes"].tolist() == ["21", "14", "9", "3"]
    assert rows.loc[1, "Exemple"] == "`48,2`"
    assert rows.loc[0, "Comment corriger"] == "Renseigner le prix."
    test.selectbox(key="source").set_value("finess")
    _ran(test)
    assert _table(test, "Comment corriger")["Effet"].tolist() == ["Ligne rejetée"]


def test_counts_of_few_persons_read_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    received, rules = example.livraisons(), example.regles()
    received[1] |= {"source": "dui", "n_acceptees": None, "n_rejetees": None}
    rules[0] |= {"source": "dui", "n_lignes": None, "n_livraisons": None}
    monkeypatch.setattr(example, "livraisons", lambda: received)
    monkeypatch.setattr(example, "regles", lambda: rules)
    example.write_publication(tmp_path)
    test = _page("qualite")
    assert not test.error
    assert any("1 livraison sur des personnes a des comptes trop petits" in c.value for c in test.caption)
    assert _table(test, "Comment corriger")["Lignes"].tolist() == ["14", "9", "3", "secret"]
    balance = queries.livraison_balance(queries.current_base()).filter(pl.col("source") == "dui")
    assert balance.select("lignes_acceptees", "secret").row(0) == (None, "lignes_acceptees, lignes_rejetees")


def test_a_balance_that_is_wrong_is_shouted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    lost = example.livraisons()
    lost[0]["n_acceptees"] -= 5
    monkeypatch.setattr(example, "livraisons", lambda: lost)
    example.write_publication(tmp_path)
    assert "Le compte n'est pas juste" in _page("qualite").error[0].value


def test_what_a_collection_would_lose_is_said_field_by_field(home: Path) -> None:
    test = _page("qualite")
    rows = _table(test, "Verdict").set_index("Collecte")
    assert rows["Verdict"].to_dict() == {
        "Enquête EHPA": "bloquée", "Tableau de bord de la performance": "peut être rendue",
    }  # fmt: skip
    why = rows.loc["Enquête EHPA", "Pourquoi"].replace("\\", "")  # texts of ours are shown as they are
    assert why.startswith(f"{example.CAPACITE} (cap_installee_hp) : 60{THIN}% des 50")
    assert "**1 collecte y perdrait** sur 2" in _texts(test)
    fields = _table(test, "Réponses comparables")
    assert fields[["Donnée", "Accord", "Constat"]].to_numpy().tolist() == [
        [example.CAPACITE, 60.0, "accord"], ["Chambres", 100.0, "–"],
    ]  # fmt: skip
    other = _table(_page("qualite", collecte="tdb_esms"), "Réponses comparables")
    assert other["Accord"].tolist() == [98.0]


def test_the_framework_says_how_many_collections_would_lose(home: Path) -> None:
    rows = _table(_page("cadre"), "Référence").set_index("Référence")
    assert rows.loc["R8.1.5", "Résultat"] == "2 collectes comparées, 1 bloquée"


# --- open data


def test_open_datasets_have_their_warnings_dictionary_and_files(home: Path) -> None:
    test = _page("donnees_ouvertes")
    assert [h.value for h in test.header] == ["Fiche des établissements et services", "Synthèse par territoire"]
    assert "2 jeux" in _texts(test)
    assert f"11 lignes · 12{NBSP}ko" in _texts(test) or "11 lignes · " in _texts(test)
    assert "il ne sert pas de clé" in _texts(test)
    fields = _table(test, "Colonne").set_index("Colonne")
    assert fields.loc[r"finess_et (clé)".replace("_", r"\_"), "Type"] == "texte"
    assert fields.loc[r"cap\_installee\_totale", "Unité"] == "places"
    assert [b.label for b in test.download_button] == ["Télécharger en Parquet", "Télécharger en CSV"] * 2


def test_the_open_file_as_csv_leaves_unknown_empty(home: Path) -> None:
    base = queries.current_base()
    text = exports.raw_csv(queries.open_dataset(base, "mart_etablissements__fiche")).decode("utf-8-sig")
    line = next(row for row in text.splitlines() if row.startswith(example.JEANNE))
    assert ";Résidence Jeanne d'Arc;" in line
    assert line.endswith(";true;true;45,0;45,0;2026-11-01")
    with pytest.raises(KeyError):
        queries.open_dataset(base, "mart_dlnuf__conflits")
