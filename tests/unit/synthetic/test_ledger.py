"""Everything that separates a delivery from the truth is written down, and is where the ledger says."""

from __future__ import annotations

import re

import polars as pl
import pytest

KINDS = {
    "valeur_perimee", "faute_de_frappe", "fraction_pour_pourcent", "zero_pour_manquant", "zero_initial_perdu",
    "finess_inconnu", "finess_malforme", "ligne_en_double", "ligne_tronquee", "double_depot", "taux_ko",
    "date_bouche_trou", "virgule_decimale", "encodage_cp1252",
}  # fmt: skip
ROW_KINDS = {"ligne_en_double", "ligne_tronquee", "encodage_cp1252"}


def _distinct(titles: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for title in titles:
        seen[title] = seen.get(title, 0) + 1
        names.append(title if seen[title] == 1 else f"{title} ({seen[title]})")
    return names


def test_every_kind_of_defect_is_there(departement):
    assert {d["nature"] for d in departement.ledger} == KINDS
    assert set(departement.bilan.defauts) == KINDS


def test_every_cell_defect_is_found_at_its_line_and_column(departement):
    rows = {name: departement.rows(name) for name in departement.csv_names}
    checked = 0
    for d in departement.ledger:
        if d["nature"] in ROW_KINDS or d["livraison"] not in rows:
            continue
        table = rows[d["livraison"]]
        cell = table[int(d["ligne"]) - 1][_distinct(table[0]).index(d["champ"])]
        assert cell == d["valeur_livree"], d
        assert cell != d["valeur_vraie"], d
        checked += 1
    assert checked > 100


def test_every_defect_of_finess_is_found_at_its_path(departement):
    found = 0
    for d in departement.ledger:
        if not d["livraison"].startswith("finess-"):
            continue
        value = departement.document(d["livraison"])
        for key, rank in re.findall(r"(\w+)(?:\[(\d+)\])?", d["champ"]):
            value = value[key] if not rank else value[key][int(rank)]
        assert value == d["valeur_livree"], d
        assert value != d["valeur_vraie"], d
        found += 1
    assert found > 3


def test_repeated_rows_repeat_the_row_that_the_ledger_names(departement):
    for d in departement.ledger:
        if d["nature"] == "ligne_en_double":
            lines = departement.raw_lines(d["livraison"])
            original = int(d["valeur_vraie"].removeprefix("ligne "))
            assert lines[int(d["ligne"]) - 1] == lines[original - 1]


def test_cut_rows_lack_what_the_ledger_says_they_lost(departement):
    for d in departement.ledger:
        if d["nature"] == "ligne_tronquee":
            table = departement.rows(d["livraison"])
            row = table[int(d["ligne"]) - 1]
            assert len(row) < len(table[0])
            assert len(row) + d["valeur_vraie"].count(";") + 1 == len(table[0])


def test_rows_without_a_defect_have_as_many_cells_as_titles(departement):
    cut = {(d["livraison"], int(d["ligne"])) for d in departement.ledger if d["nature"] == "ligne_tronquee"}
    for name in departement.csv_names:
        table = departement.rows(name)
        short = {(name, rank) for rank, row in enumerate(table, start=1) if len(row) != len(table[0])}
        assert short <= cut


def test_unknown_finess_have_a_valid_key_and_nobody_behind(departement):
    from ingest.synthetic.identifiants import luhn_valide

    known = set(departement.truth("et")["finess_et"]) | set(departement.truth("ej")["finess_ej"])
    unknown = [d["valeur_livree"] for d in departement.ledger if d["nature"] == "finess_inconnu"]
    assert unknown
    assert all(luhn_valide(f) and f not in known for f in unknown)


def test_the_redelivery_puts_right_some_wrong_values_and_all_wrong_rows(departement):
    first, second = (
        [
            d
            for d in departement.ledger
            if d["livraison"] == f"ANN_ERRD_EJ_ET_2025_{day}.CSV" and d["nature"] != "double_depot"
        ]
        for day in ("06_07", "09_06")
    )
    keys = [{(d["ligne"], d["champ"], d["nature"]) for d in side} for side in (first, second)]
    assert keys[1] < keys[0]
    corrected = [
        d for d in first if (d["ligne"], d["champ"], d["nature"]) not in keys[1] and d["nature"] not in ROW_KINDS
    ]
    table = departement.rows("ANN_ERRD_EJ_ET_2025_09_06.CSV")
    values = [d for d in corrected if d["nature"] in ("valeur_perimee", "faute_de_frappe")]
    assert values
    for d in values:
        assert table[int(d["ligne"]) - 1][table[0].index(d["champ"])] == d["valeur_vraie"]


@pytest.fixture(scope="module")
def answers(departement) -> pl.DataFrame:
    """Answers of every questionnaire beside the truth of their ET and year."""
    panel = departement.truth("panel")
    numbers = [c for c, t in panel.schema.items() if t == pl.Float64]
    truth = panel.unpivot(numbers, index=["finess_et", "millesime"], variable_name="variable", value_name="vrai")
    folder = departement.folder / "verite" / "reponses"
    tables = [
        pl.read_parquet(p).with_columns(pl.lit(p.stem).alias("fichier")) for p in sorted(folder.glob("*.parquet"))
    ]
    return (
        pl.concat(tables)
        .filter((pl.col("unite") == "ET") & (pl.col("perimetre") == "site") & pl.col("valeur").is_not_null())
        .join(truth.rename({"finess_et": "unite_id"}), on=["unite_id", "millesime", "variable"], how="left")
    )


def test_answers_speak_of_what_exists(answers):
    assert len(answers) > 20_000
    assert answers["vrai"].is_null().sum() == 0


def test_every_answer_that_is_not_the_truth_is_written_down(answers, departement):
    """But for rounding (five hundredths at most, the coarsest column having one decimal)."""
    injected = {(d["livraison"].split(".")[0], int(d["ligne"])) for d in departement.ledger}
    gaps = departement.truth("ecarts").select("livraison", "ligne", "variable")
    natural = {(name.split(".")[0], line, variable) for name, line, variable in gaps.iter_rows()}
    wrong = answers.filter(
        ~pl.col("fichier").str.starts_with("finess")
        & ((pl.col("valeur") - pl.col("vrai")).abs() > 0.0501 + pl.col("vrai").abs() * 1e-9)
    )
    assert len(wrong) > 500
    untold = [
        r
        for r in wrong.select("fichier", "ligne", "variable").iter_rows()
        if r not in natural and r[:2] not in injected
    ]
    assert untold == []


def test_most_answers_are_right(answers):
    right = ((answers["valeur"] - answers["vrai"]).abs() <= 0.51).mean()
    assert 0.93 < float(right or 0) < 0.995


def test_natural_gaps_are_of_known_kinds(departement):
    gaps = departement.truth("ecarts")
    assert set(gaps["nature"]) == {"vide", "derive", "derive_toleree", "retard"}
    late = gaps.filter(nature="retard")
    assert late["champ"].str.contains("(?i)places|lits|cap").all()


def test_not_everyone_answers(departement):
    asked = departement.truth("panel").filter((pl.col("millesime") == 2024) & pl.col("gmp_connu").is_not_null())
    answered = {row[4] for row in departement.rows("export-tdbesms-2025-region-agg.csv")[1:]}
    ehpad = departement.truth("et").filter(categorie="500")["finess_et"]
    silent = [f for f in asked.filter(pl.col("finess_et").is_in(ehpad.implode()))["finess_et"] if f not in answered]
    assert silent
