"""The truth is coherent: sums, balances and formulas hold exactly, on every row."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

YEARS = (2023, 2024)
KEY = ["unite", "unite_id", "perimetre", "millesime", "element_id", "composante", "base_temporelle"]


@pytest.fixture(scope="module")
def panel(departement) -> pl.DataFrame:
    return departement.truth("panel")


def test_result_is_products_minus_charges_to_the_cent(panel):
    cents = panel.select(
        (pl.col("resultat") * 100).round().cast(pl.Int64).alias("resultat"),
        ((pl.col("produits_g1") + pl.col("produits_g2") + pl.col("produits_g3")) * 100)
        .round()
        .cast(pl.Int64)
        .alias("p"),
        ((pl.col("charges_g1") + pl.col("charges_g2") + pl.col("charges_g3")) * 100).round().cast(pl.Int64).alias("c"),
    )
    assert (cents["resultat"] == cents["p"] - cents["c"]).all()
    assert panel.select((pl.col("charges_g1") > 0).all()).item()


def test_accounts_of_the_ej_are_the_sums_of_their_et(departement, panel):
    et = (
        panel.filter(pl.col("cadre") == "ERRD")
        .group_by("finess_ej", "millesime")
        .agg(pl.col("charges").sum(), pl.col("caf").sum(), pl.col("produits").sum())
    )
    ej = departement.truth("comptes_ej").with_columns(pl.col("millesime").cast(et["millesime"].dtype))
    both = ej.join(et, on=["finess_ej", "millesime"], how="full", suffix="_et")
    assert len(both) == len(ej) == len(et)
    assert (both["charges"] - both["charges_et"]).abs().max() < 0.01
    assert (both["tx_caf"] - 100 * both["caf"] / both["produits_et"]).abs().max() < 1e-6
    assert ej["id_depot"].n_unique() == len(ej)


def test_gmp_follows_from_the_gir(departement, panel):
    points = np.array([1000, 840, 660, 420, 250, 70])
    rated = panel.filter(pl.col("gmp_connu").is_not_null())
    gir = rated.select(f"gir_{i}" for i in range(1, 7)).to_numpy()
    assert len(rated) > 100
    assert np.abs(gir @ points / gir.sum(axis=1) - rated["gmp_connu"].to_numpy()).max() <= 0.005 + 1e-9
    assert (gir.sum(axis=1) == rated["presents_permanent"].to_numpy()).all()
    coupes = departement.truth("coupes")
    gir = coupes.select(f"gir_{i}" for i in range(1, 7)).to_numpy()
    assert np.abs(gir @ points / gir.sum(axis=1) - coupes["gmp"].to_numpy()).max() <= 0.005 + 1e-9


def test_valid_gmp_is_that_of_the_last_assessment(departement, panel):
    coupes = departement.truth("coupes")
    last = (
        panel.select("finess_et", "millesime", "gmp_valide")
        .join(coupes, on="finess_et")
        .filter(pl.col("annee_coupe") <= pl.col("millesime"))
        .sort("annee_coupe")
        .group_by("finess_et", "millesime", maintain_order=True)
        .last()
    )
    assert len(last) > 100
    assert (last["gmp"] == last["gmp_valide"]).all()


def test_ages_sexes_and_disabilities_count_the_people_present(panel):
    present = panel.filter(pl.col("presents").is_not_null())
    ages = present.select(pl.sum_horizontal(f"age_{i:02d}" for i in range(1, 23))).to_series()
    assert (ages == present["presents"]).all()
    assert (present["hommes"] + present["femmes"] == present["presents"]).all()
    names = [c for c in panel.columns if c.startswith("def_principale_")]
    disabled = panel.filter(pl.col(names[0]).is_not_null())
    assert (disabled.select(pl.sum_horizontal(names)).to_series() == disabled["presents"]).all()


def test_people_present_are_those_of_before_plus_entries_minus_exits(panel):
    flows = panel.filter(pl.col("presents").is_not_null())
    assert (flows["presents_avant"] + flows["entrees"] - flows["sorties"] == flows["presents"]).all()
    assert (flows["file_active"] == flows["presents"] + flows["sorties"]).all()
    assert flows.select(pl.min_horizontal("entrees", "sorties", "presents").min()).item() >= 0


def test_rates_are_days_over_capacity_times_opening_days(panel):
    for name in ("hp", "ht", "aj", "internat", "semi_internat", "externat"):
        rows = panel.filter(pl.col(f"tx_occ_{name}").is_not_null())
        theory = rows[f"cap_aut_{name}"] * rows[f"jours_ouverture_{name}"]
        assert (theory == rows[f"journees_theo_{name}"]).all()
        assert (rows[f"tx_occ_{name}"] - 100 * rows[f"journees_real_{name}"] / theory).abs().max() < 1e-9
    leap = panel.filter((pl.col("millesime") == 2024) & pl.col("jours_ouverture_hp").is_not_null())
    assert leap["jours_ouverture_hp"].max() == 366


def test_quarters_of_the_ehpad_sum_to_their_year(panel):
    rows = panel.filter(pl.col("tx_occ_hp_t1").is_not_null())
    assert len(rows) > 100
    assert (
        rows.select(pl.sum_horizontal(f"journees_real_hp_t{q}" for q in (1, 2, 3, 4))).to_series()
        == rows["journees_real_hp"]
    ).all()
    assert (
        rows.select(pl.sum_horizontal(f"journees_theo_hp_t{q}" for q in (1, 2, 3, 4))).to_series()
        == rows["journees_theo_hp"]
    ).all()


def test_staff_by_function_is_the_exact_sum_of_its_jobs(panel):
    groups = [c for c in panel.columns if c.startswith("etp_groupe_")]
    assert (panel.select(pl.sum_horizontal(groups)).to_series() - panel["etp_total"]).abs().max() < 1e-6
    paramedical = pl.sum_horizontal(
        "etp_ide",
        "etp_para_amp",
        "etp_as",
        "etp_kine",
        "etp_psychomotricien",
        "etp_ergotherapeute",
        "etp_orthophoniste",
        "etp_para_autre",
    )
    assert (panel.select(paramedical).to_series() - panel["etp_groupe_paramedical"]).abs().max() < 1e-6
    motives = [c for c in panel.columns if c.startswith("absence_")]
    assert (panel.select(pl.sum_horizontal(motives)).to_series() - panel["tx_absenteisme"]).abs().max() < 0.02


def test_capacities_of_the_panel_are_the_sums_of_the_triplets(departement, panel):
    triplets = departement.truth("capacites")
    for year in YEARS:
        total = triplets.group_by("finess_et").agg(pl.col(f"cap_aut_{year}").sum().alias("somme"))
        rows = panel.filter((pl.col("millesime") == year) & pl.col("cap_aut_total").is_not_null())
        both = rows.select("finess_et", "cap_aut_total").join(total, on="finess_et", how="left")
        assert (both["cap_aut_total"] == both["somme"]).all()
    without = panel.filter(pl.col("cap_aut_total").is_null())
    assert len(without) > 0, "services without places have an unknown capacity, not zero"
    assert without["cap_inst_total"].is_null().all()


def test_prices_exist_only_for_what_exists(panel):
    assert panel.filter(pl.col("prix_hp_cd").is_not_null())["chambres_doubles"].min() > 0
    assert panel.filter(pl.col("prix_ht_cs").is_not_null())["cap_inst_ht"].min() > 0
    double = panel.filter(pl.col("prix_hp_cd").is_not_null())
    assert (double["prix_hp_cd"] <= double["prix_hp_cs"]).all()
    rates = panel.filter(pl.col("tarif_gir_12").is_not_null())
    assert ((rates["tarif_gir_12"] > rates["tarif_gir_34"]) & (rates["tarif_gir_34"] > rates["tarif_gir_56"])).all()


def test_an_et_has_one_ej_at_a_time_and_the_panel_knows_it(departement, panel):
    links = departement.truth("rattachements").sort("finess_et", "debut")
    shifted = links.with_columns(pl.col("debut").shift(-1).over("finess_et").alias("suivant"))
    followed = shifted.filter(pl.col("suivant").is_not_null())
    assert len(followed) > 0, "some ET change operator"
    assert (followed["fin"] == followed["suivant"]).all()
    for year in YEARS:
        day = date(year, 12, 31)
        current = links.filter((pl.col("debut") <= day) & (pl.col("fin").is_null() | (pl.col("fin") > day)))
        rows = panel.filter(pl.col("millesime") == year).select("finess_et", "finess_ej")
        both = rows.join(current.select("finess_et", pl.col("finess_ej").alias("du_jour")), on="finess_et", how="left")
        assert (both["finess_ej"] == both["du_jour"]).all()


def test_history_has_openings_closures_and_capacity_changes(departement):
    et = departement.truth("et")
    start = date(2023, 1, 1)
    assert (et["date_ouverture"] >= start).sum() > 0
    assert (et["date_fermeture"] >= start).sum() > 0
    assert departement.truth("capacites")["date_changement"].is_not_null().sum() > 0


def test_elements_have_one_value_per_key(departement):
    elements = departement.truth("elements")
    assert elements.select(KEY).is_duplicated().sum() == 0
    filled = elements.select(
        pl.sum_horizontal(pl.col("valeur_nombre", "valeur_texte", "valeur_date").is_not_null())
    ).to_series()
    assert (filled == 1).all()
    counted = elements.filter(pl.col("base_temporelle").is_in(["flux_annee", "exercice", "coupe"]))
    assert sorted(counted["millesime"].unique()) == list(YEARS)


def _counts(elements: pl.DataFrame, element: str, *, but: str = "$^") -> pl.DataFrame:
    """Sum of the components of a distribution, by unit, perimeter and year."""
    parts = elements.filter((pl.col("element_id") == element) & ~pl.col("composante").str.contains(but))
    return parts.group_by("unite_id", "perimetre", "millesime").agg(pl.col("valeur_nombre").sum().alias("somme"))


@pytest.mark.parametrize(
    ("element", "but"), [("REPART_AGE", "$^"), ("REPART_SEXE", "$^"), ("REPART_DEFICIENCE", "ASSOCIEE")]
)
def test_publics_of_the_truth_count_the_people_present(departement, element, but):
    elements = departement.truth("elements")
    present = elements.filter(pl.col("element_id") == "NB_PERS_3112", pl.col("composante") == "")
    both = _counts(elements, element, but=but).join(present, on=["unite_id", "perimetre", "millesime"], how="left")
    assert len(both) > 200
    assert set(both["perimetre"]) == {"site", "groupe"}
    assert (both["somme"] == both["valeur_nombre"]).all()


@pytest.mark.parametrize("element", ["REPART_PROVENANCE", "REPART_SORTIE", "PYRAMIDE_AGE_RH"])
def test_distributions_in_percent_sum_to_a_hundred(departement, element):
    sums = _counts(departement.truth("elements"), element)["somme"]
    assert len(sums) > 400
    assert ((sums - 100).abs() < 0.05).all()  # each class is rounded to the hundredth


def test_gmp_of_the_truth_follows_its_gir(departement):
    elements = departement.truth("elements")
    points = pl.DataFrame(
        {"composante": [f"GIR_{i}" for i in range(1, 7)], "points": [1000.0, 840.0, 660.0, 420.0, 250.0, 70.0]}
    )
    gir = elements.filter(pl.col("element_id") == "REPART_GIR").join(points, on="composante")
    rated = pl.col("valeur_nombre")
    keys = ["unite_id", "perimetre", "millesime"]
    recomputed = gir.group_by(keys).agg(((rated * pl.col("points")).sum() / rated.sum()).alias("gmp"))
    both = recomputed.join(elements.filter(pl.col("element_id") == "GMP_CONNU"), on=keys)
    assert len(both) > 100
    assert ((both["gmp"] - both["valeur_nombre"]).abs() <= 0.005 + 1e-9).all()


def test_accounts_of_the_truth_balance(departement):
    accounts = departement.truth("elements").filter(
        pl.col("element_id").str.contains("^(CHARGES|PRODUITS)_G[123]$|^RESULTAT_NET$"), pl.col("composante") == ""
    )
    wide = accounts.pivot("element_id", index=["unite_id", "perimetre", "millesime"], values="valeur_nombre")
    assert len(wide) > 500
    balance = sum((pl.col(f"PRODUITS_G{g}") - pl.col(f"CHARGES_G{g}") for g in (1, 2, 3)), pl.lit(0.0))
    assert (wide.select(balance - pl.col("RESULTAT_NET")).to_series().abs() < 0.01).all()


def test_places_of_the_truth_go_back_as_far_as_finess_dates_them(departement):
    places = departement.truth("elements").filter(pl.col("element_id") == "CAP_AUT_TOT", perimetre="site")
    by_basis = {b: sorted(t["millesime"].unique()) for (b,), t in places.group_by("base_temporelle")}
    assert by_basis == {"stock_3112": list(range(2018, 2025)), "jour": [2024, 2025]}
    closed = departement.truth("et").filter(pl.col("date_fermeture") < date(2018, 12, 31))["finess_et"]
    assert len(closed) > 5
    assert not places["unite_id"].is_in(closed.implode()).any()


def test_national_proportions_of_categories(departement):
    shares = departement.truth("et").group_by("categorie").len().sort("len", descending=True)
    assert shares["categorie"].head(2).sort().to_list() == ["460", "500"]
    assert 330 <= departement.summary.n_open_et + 25 <= 400


@pytest.mark.parametrize("column", ["raison_sociale"])
def test_names_say_that_they_are_fictitious(departement, column):
    assert departement.truth("et")[column].str.ends_with("(fictif)").all()
    assert departement.truth("ej")[column].str.ends_with("(fictif)").all()
