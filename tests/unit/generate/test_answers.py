"""What the witness says that each delivery states is what the delivery has, and is judged against the truth."""

from __future__ import annotations

import json

import polars as pl
import pytest

KEY = ["unite", "unite_id", "perimetre", "millesime", "element_id", "composante", "base_temporelle"]
ANSWER = ["livraison", "ligne", "source", "document", *KEY, "champ", "valeur_nombre", "valeur_texte", "valeur_date",
          "rang_depot", "recu_rang", "est_juste"]  # fmt: skip
# Kinds after which nothing is true of the unit that the row names, or which make it say what is of another.
OF_NOBODY = ("finess_inconnu", "et_ferme", "finess_d_un_autre", "fermeture_tardive")
LAYOUTS = {"ann_ca_ej_et", "trois_colonnes", "annuel_2021", "t3_2022", "open_data_csv", "structure", "ann_errd_ej_et",
           "ann_errd_ej", "json_structures", "ann_ms_tdp_et", "export_2021_2022"}  # fmt: skip
TDB = "export-tdbesms-2025-region-agg.csv"


@pytest.fixture(scope="module")
def answers(departement) -> pl.DataFrame:
    folder = departement.folder / "verite" / "reponses"
    return pl.concat([pl.read_parquet(p) for p in sorted(folder.glob("*.parquet"))])


@pytest.fixture(scope="module")
def judged(answers, departement) -> pl.DataFrame:
    """Answers beside the truth of their question."""
    return answers.join(departement.truth("elements"), on=KEY, how="left", suffix="_vrai")


def _units(departement, *kinds: str) -> list[str]:
    return [d["unite_id"] for d in departement.ledger if d["nature"] in kinds]


def test_answers_have_the_agreed_columns_and_one_value(answers):
    assert answers.columns == ANSWER
    filled = pl.sum_horizontal(pl.col("valeur_nombre", "valeur_texte", "valeur_date").is_not_null())
    assert (answers.select(filled).to_series() == 1).all()
    assert set(answers["document"]) == {"tdb", *answers["source"]} - {"tdb_esms", "tdb_diamant"}
    assert (answers.filter(pl.col("rang_depot").is_not_null())["source"] == "errd").all()


def test_every_question_that_a_contract_ties_to_an_element_is_answered_somewhere(answers):
    from data_contracts.loading import load_contracts

    asked = {
        (contract.id, field.element, field.component, field.time_basis or entity.time_basis)
        for contract in load_contracts().values()
        for layout in contract.layouts
        if layout.code in LAYOUTS
        for entity in contract.entities
        if entity.name in layout.entities
        for field in entity.observed
        if field.column_in(layout.code) is not None
    }
    answered = set(answers.select("source", "element_id", "composante", "base_temporelle").unique().iter_rows())
    assert len(asked) > 450
    assert asked - answered == {
        ("tdb_esms", "SI_TX_DOSSIERS", "NOMBRE", "stock_3112"),  # nobody fills them in
        ("tdb_esms", "SI_TX_PROJETS", "NOMBRE", "stock_3112"),
        ("finess", "COURRIEL", "", "validite"),
        ("drees_ehpa", "CAP_AUT_NUIT", "", "stock_3112"),  # nobody has any in this département
    }


def test_only_defects_answer_about_what_does_not_exist(judged, departement):
    orphans = judged.filter(pl.col("tolerance_type").is_null())
    assert len(orphans) > 100
    assert set(orphans["unite_id"]) <= set(_units(departement, *OF_NOBODY))
    assert not orphans["est_juste"].any()


def test_right_means_within_the_tolerance_of_the_truth(judged, departement):
    judged = judged.filter(~pl.col("unite_id").is_in(_units(departement, "et_ferme")))
    numbers = judged.filter(pl.col("valeur_nombre").is_not_null() & pl.col("tolerance").is_not_null())
    gap = (numbers["valeur_nombre"] - numbers["valeur_nombre_vrai"]).abs()
    # Where a column rounds more coarsely than the element tolerates, the rounded truth is right.
    assert (numbers.filter(gap <= numbers["tolerance"])["est_juste"]).all()
    assert (gap.filter(numbers["est_juste"]) <= numbers.filter(pl.col("est_juste"))["tolerance"] + 0.5).all()
    days = judged.filter(pl.col("valeur_date").is_not_null() & pl.col("valeur_date_vrai").is_not_null())
    late = (days["valeur_date"] - days["valeur_date_vrai"]).dt.total_days().abs()
    assert ((late <= days["tolerance"].fill_null(0)) == days["est_juste"]).all()
    texts = judged.filter(
        pl.col("valeur_texte").is_not_null()
        & pl.col("tolerance_type").is_in(["exact", "date", "sans_objet"])
        & ~pl.col("element_id").str.starts_with("RAISON_SOCIALE")
    )
    assert ((texts["valeur_texte"] == texts["valeur_texte_vrai"]).fill_null(False) == texts["est_juste"]).all()


def test_a_wrong_answer_is_natural_or_injected(answers, departement):
    injected = {(d["livraison"], int(d["ligne"])) for d in departement.ledger}
    natural = set(departement.truth("ecarts").select("livraison", "ligne", "champ").iter_rows())
    wrong = answers.filter(~pl.col("est_juste") & (pl.col("source") != "finess"))
    assert len(wrong) > 500
    told = wrong.select("livraison", "ligne", "champ").iter_rows()
    assert [t for t in told if t not in natural and t[:2] not in injected] == []


def test_most_answers_are_right(answers):
    share = answers.group_by("source").agg(pl.col("est_juste").mean()).filter(pl.col("source") != "finess")
    assert share["est_juste"].is_between(0.88, 0.99).all(), share


@pytest.mark.parametrize(
    "name", [TDB, "drees_ehpa_2023_structure.csv", "cnsa_prix_ehpad_2024-12-31.csv", "ANN_CA_EJ_ET_2025_06_07.CSV"]
)
def test_numbers_and_texts_are_those_of_the_cells(name, answers, departement):
    table = departement.rows(name)
    titles: dict[str, int] = {}
    for rank, title in enumerate(table[0]):
        repeated = sum(t == title for t in table[0][:rank])
        titles[f"{title} ({repeated + 1})" if repeated else title] = rank
    of_file = answers.filter(pl.col("livraison") == name)
    assert len(of_file) > 500
    for line, field, number, text in of_file.select("ligne", "champ", "valeur_nombre", "valeur_texte").iter_rows():
        cell = table[line - 1][titles[field]]
        if number is not None:
            written = float(cell.replace(",", "."))
            factors = (1, -1, 100) if name.startswith("ANN_") else (1,)
            assert min(abs(written * factor - number) for factor in factors) <= 1e-6 * max(1, abs(number))
        elif text is not None:
            assert cell.lower() == text.lower()


def test_what_is_left_empty_is_nobody_s_answer(answers, departement):
    empty = departement.truth("vides")
    assert set(empty["motif"]) == {"vide", "sans_objet", "taux_ko", "date_bouche_trou"}
    assert len(empty.join(answers, on=["livraison", "ligne", *KEY], how="inner")) == 0
    # The forms of accounts have columns for other kinds of ET; elsewhere nothing exists that could be answered.
    out_of_scope = empty.filter((pl.col("motif") == "sans_objet") & ~pl.col("livraison").str.starts_with("ANN_"))
    assert len(out_of_scope.join(departement.truth("elements"), on=KEY, how="semi")) == 0


def test_what_nothing_is_left_to_answer_does_not_exist(departement):
    """« vide » means that something exists, but where the row speaks of nobody."""
    empty = departement.truth("vides").filter(pl.col("motif") == "vide")
    orphans = empty.join(departement.truth("elements"), on=KEY, how="anti")
    assert set(orphans["unite_id"]) <= set(_units(departement, *OF_NOBODY))


def test_deliveries_are_counted_as_they_are(departement):
    counted = departement.truth("livraisons")
    by_file = dict(counted.group_by("livraison").agg(pl.col("n_lignes").sum()).iter_rows())
    assert set(by_file) == set(departement.summary.deliveries)
    for name in departement.csv_names:
        assert by_file[name] == len(departement.raw_lines(name)) - 1, name
    structures = departement.document("finess-structures-mensuel-202501.json.gz")
    activities = departement.document("finess-activites-mensuel-202501.json.gz")
    records = [
        a
        for p in activities["pmej"]
        for a in [*p["activitesAutorisees"], *(x for e in p["ege"] for x in e["activitesExercees"])]
    ]
    recounted = {
        "ej": len(structures["pmej"]),
        "et": sum(len(p["ege"]) for p in structures["pmej"]),
        "activites": len(records),
        "capacites": sum(len(a["capacite"]) for a in records),
    }
    january = counted.filter(pl.col("livraison").str.contains("202501"))
    assert dict(january.select("table", "n_lignes").iter_rows()) == recounted
    regions = json.loads((departement.folder / "livraisons" / "cog/2025/regions.json").read_text(encoding="utf-8"))
    assert by_file["cog/2025/regions.json"] == len(regions)
    order = counted.unique("livraison").sort("recu_rang")["livraison"].to_list()
    assert order == sorted(order, key=lambda name: name.split("/"))


def test_an_encoding_is_said(departement):
    said = dict(departement.truth("livraisons").select("livraison", "encodage").iter_rows())
    in_windows = {name for name, encoding in said.items() if encoding == "cp1252"}
    assert {name for name in in_windows if not name.startswith("personnes/")} == {
        "ANN_CA_EJ_ET_2025_06_07.CSV",
        "export-tdbesms-2024-region-agg.csv",
        TDB,
    }


def test_grouped_answers_have_their_truth_which_counts_both_sites(judged, departement):
    elements = departement.truth("elements")
    assert set(elements["perimetre"]) == {"site", "groupe"}
    both = elements.filter(perimetre="groupe").join(
        elements.filter(perimetre="site"), on=[k for k in KEY if k != "perimetre"], suffix="_site"
    )
    places = both.filter(pl.col("element_id") == "CAP_AUT_TOT")
    assert len(places) > 3
    assert (places["valeur_nombre"] == 2 * places["valeur_nombre_site"]).all()
    rates = both.filter(pl.col("element_id") == "TX_ABSENTEISME")
    assert (rates["valeur_nombre"] == rates["valeur_nombre_site"]).all()
    grouped = judged.filter(perimetre="groupe")
    assert set(grouped["source"]) == {"tdb_esms", "tdb_diamant", "drees_ehpa"}


def test_a_departement_sends_its_campaign_again_with_its_wrong_values_put_right(islands):
    sent = pl.read_parquet(islands.folder / "verite" / "suite" / f"{TDB.split('.')[0]}.parquet")
    before = pl.read_parquet(islands.folder / "verite" / "reponses" / f"{TDB.split('.')[0]}.parquet")
    assert {f[:2] for f in sent["unite_id"]} == {"2A"}
    text = (islands.folder / "suite" / TDB).read_bytes().decode("cp1252")
    rows = [line.split(";") for line in text.split("\r\n")[1:-1]]
    assert len(rows) == sent["ligne"].n_unique()
    injected = [d for d in islands.ledger if d["livraison"] == TDB and d["unite_id"][:2] == "2A" and d["element_id"]]
    assert injected
    right = {r[:3]: r[3] for r in sent.select("unite_id", "element_id", "composante", "est_juste").iter_rows()}
    merged = {(d["unite_id"], d["element_id"], d["composante"]) for d in injected if d["nature"] == "sites_fusionnes"}
    assert len(merged) > 10
    assert [key for key in merged if not right[key]] == []
    known = {*KEY, "champ"}
    changed = sent.join(before, on=sorted(known), suffix="_avant").filter(
        pl.col("valeur_nombre") != pl.col("valeur_nombre_avant")
    )
    assert 0 < len(changed) < 0.05 * len(sent)
    assert changed.filter("est_juste").height > 0.95 * changed.height
