"""Everything that separates a delivery from the truth is written down, and is where the ledger says."""

from __future__ import annotations

import re
from datetime import date

import polars as pl
from stdnum import luhn

from witness.generate import EFFECTS, DefectRates
from witness.generate.personnes.rates import PersonRates
from witness.generate.structure_numbers import finess_digits

KINDS = set(DefectRates.natures()) - {"redressement"}
ROW_KINDS = {"ligne_en_double", "ligne_tronquee", "encodage_cp1252", "colonne_manquante"}
KNOWN_EFFECTS = {
    "ligne_a_rejeter",
    "ligne_en_trop",
    "valeur_fausse",
    "valeur_inconnue",
    "ecriture",
    "livraison",
    "livraison_a_refuser",
}
TDB = [f"export-tdbesms-{year}-region-agg.csv" for year in (2024, 2025)]


def _distinct(titles: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for title in titles:
        seen[title] = seen.get(title, 0) + 1
        names.append(title if seen[title] == 1 else f"{title} ({seen[title]})")
    return names


def test_every_kind_of_defect_is_there(departement):
    assert {d["nature"] for d in departement.ledger} == KINDS
    assert set(departement.summary.defects) == KINDS | set(PersonRates.natures())
    assert {d["nature"]: d["effet"] for d in departement.ledger} == EFFECTS
    assert set(EFFECTS.values()) == KNOWN_EFFECTS


def test_a_cell_has_one_defect(departement):
    cells = [(d["livraison"], d["ligne"], d["champ"]) for d in departement.ledger if d["nature"] not in ROW_KINDS]
    assert len(cells) == len(set(cells))


def test_a_defect_about_one_question_carries_its_key(departement):
    truth = set(departement.truth("elements").select("unite_id", "element_id", "composante").iter_rows())
    keyed = [d for d in departement.ledger if d["element_id"]]
    assert {d["nature"] for d in keyed} >= {"faute_de_frappe", "sites_fusionnes", "colonnes_interverties", "taux_ko"}
    told = [(d["unite_id"], d["element_id"], d["composante"]) for d in keyed if d["nature"] != "zero_pour_manquant"]
    assert set(told) <= truth


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
        assert (value or "") == d["valeur_livree"], d
        assert value != d["valeur_vraie"], d
        found += 1
    assert found > 3


def test_repeated_rows_repeat_the_row_that_the_ledger_names(departement):
    repeated = [d for d in departement.ledger if d["nature"] == "ligne_en_double"]
    assert repeated
    for d in repeated:
        lines = departement.raw_lines(d["livraison"])
        original = int(d["valeur_vraie"].removeprefix("ligne "))
        assert lines[int(d["ligne"]) - 1] == lines[original - 1]


def test_cut_rows_lack_what_the_ledger_says_they_lost(departement):
    cut = [d for d in departement.ledger if d["nature"] == "ligne_tronquee"]
    assert cut
    for d in cut:
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
    known = set(departement.truth("et")["finess_et"]) | set(departement.truth("ej")["finess_ej"])
    unknown = [d["valeur_livree"] for d in departement.ledger if d["nature"] == "finess_inconnu"]
    assert unknown
    assert all(luhn.is_valid(finess_digits(f)) and f not in known for f in unknown)


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


def test_transposed_columns_hold_each_other_s_value(departement):
    pairs: dict[tuple[str, str], list[dict[str, str]]] = {}
    for d in departement.ledger:
        if d["nature"] == "colonnes_interverties":
            pairs.setdefault((d["livraison"], d["ligne"]), []).append(d)
    assert pairs
    for (name, _), cells in pairs.items():
        titles = _distinct(departement.rows(name)[0])
        for left, right in zip(cells[::2], cells[1::2], strict=True):
            assert abs(titles.index(left["champ"]) - titles.index(right["champ"])) == 1


def test_merged_sites_hide_a_site_of_the_same_operator(departement):
    merged = [d for d in departement.ledger if d["nature"] == "sites_fusionnes" and d["livraison"] in TDB]
    assert merged
    operators = dict(departement.truth("et").select("finess_et", "finess_ej").iter_rows())
    for d in merged:
        table = departement.rows(d["livraison"])
        row = table[int(d["ligne"]) - 1]
        assert row[4] == d["unite_id"]
        assert row[6] != "Site principal et sites secondaires (réponse groupée)"
        present = {r[4] for r in table[1:]}
        assert any(f not in present for f, ej in operators.items() if ej == operators[d["unite_id"]] and f != row[4])


def test_the_number_of_another_et_is_that_of_an_et_that_exists(departement):
    et = set(departement.truth("et")["finess_et"])
    taken = [d for d in departement.ledger if d["nature"] == "finess_d_un_autre"]
    assert taken
    assert all({d["valeur_vraie"], d["valeur_livree"]} <= et for d in taken)
    own = [sum(r[4] == d["valeur_livree"] for r in departement.rows(d["livraison"])[1:])
           for d in taken if d["livraison"] in TDB]  # fmt: skip
    assert own
    assert set(own) <= {1, 2}


def test_a_row_for_a_closed_et_comes_after_it_closed(departement):
    closed = dict(departement.truth("et").select("finess_et", "date_fermeture").iter_rows())
    late = [d for d in departement.ledger if d["nature"] == "et_ferme"]
    assert late
    assert all(closed[d["valeur_livree"]].year < int(d["millesime"]) for d in late)


def test_a_delivery_lacks_the_column_of_its_key_and_a_complete_one_follows(departement):
    (missing,) = [d for d in departement.ledger if d["effet"] == "livraison_a_refuser"]
    assert (missing["nature"], missing["champ"]) == ("colonne_manquante", "Finess")
    first = departement.rows(missing["livraison"])[0]
    following = departement.rows("ANN_MS_TDP_ET_2025_09_06.CSV")[0]
    assert [t for t in following if t not in first] == [missing["champ"]]
    expected = departement.truth("livraisons").filter(attendue="refusee")
    assert expected["livraison"].to_list() == [missing["livraison"]]
    assert not (departement.folder / "verite" / "reponses" / f"{missing['livraison'].split('.')[0]}.parquet").exists()


def test_finess_learns_of_some_closures_a_year_late(departement):
    late = [d for d in departement.ledger if d["nature"] == "fermeture_tardive"]
    assert late
    for d in late:
        month = d["livraison"].split("-")[-1].split(".")[0]
        assert date.fromisoformat(d["valeur_vraie"]) < date(int(month[:4]), int(month[4:]), 6)
    following = departement.document("finess-structures-mensuel-202501.json.gz")
    known = {e["informationsGeneralesEGE"]["numFinessEge"]: e["informationsGeneralesEGE"]["dateFermeture"]
             for p in following["pmej"] for e in p["ege"]}  # fmt: skip
    first = [d for d in late if "202401" in d["livraison"]]
    assert {d["unite_id"]: d["valeur_vraie"] for d in first} == {d["unite_id"]: known[d["unite_id"]] for d in first}


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
