"""An indicator has one home, all that it refers to is known, and every problem of every file is told with its line.

Belongs here: reading declarations of indicators. Does not belong here: what derives from them (`test_derived_files`),
adding one (`tests/adding`).
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_contracts.contract import Product
from data_contracts.dictionary import elements, outside, units
from data_contracts.indicators import EQUIPEMENT, ESMS, FOLDER, SYNTHESE, IndicatorError, indicators, inputs, published
from data_contracts.indicators.declaration import Calculation, Term
from data_contracts.loading import PRODUCTS, ContractError, load_contracts, load_products
from ingest.home import PROJECT

EHPAD = FOLDER / "EQ_EHPAD75.yaml"
CAF = FOLDER / "CAF.yaml"


def problems_of(folder: Path, source: Path, change: Any) -> list[str]:
    """What is told of one file of the project once `change` was made in its text, or in its keys."""
    text = source.read_text(encoding="utf-8")
    if isinstance(change, tuple):
        old, new = change
        assert old in text
        changed = text.replace(old, new, 1)
    else:
        changed = yaml.safe_dump({**yaml.safe_load(text), **change}, allow_unicode=True, sort_keys=False)
    (folder / source.name).write_text(changed, encoding="utf-8")
    with pytest.raises(IndicatorError) as told:
        indicators(folder)
    return told.value.problems


@pytest.mark.parametrize(
    ("source", "change", "line", "told"),
    [
        (CAF, ("unit: pct", "unit: pourcent"), "unit: ", "« pourcent » n'est pas une unité connue"),
        (CAF, ("macro: taux_caf", "macro: taux_cafe"), "macro: ", "(vouliez-vous « taux_caf » ?)"),
        (CAF, ("c68: TX_CAF", "c69: TX_CAF"), "c69: ", "« c69 » n'est pas un paramètre de taux_caf"),
        (CAF, ("    c68: TX_CAF.C68\n", ""), "terms:", "taux_caf attend aussi : c68"),
        (CAF, ("resultat: RESULTAT_NET", "resultat: RESULTAT_NETT"), "resultat: ", "(vouliez-vous « RESULTAT_NET » ?)"),
        (CAF, ("resultat: RESULTAT_NET", "resultat: ETP_TOTAL"), "resultat: ", "n'est ni au numérateur ni au dénom"),
        (CAF, ("delivered: TX_CAF", "delivered: TX_CAFE"), "delivered: ", "« TX_CAFE » n'est pas un élément du dic"),
        (CAF, ("numerator: RESULTAT_NET", "numerator: RESULTAT_BRUT"), "numerator: ", "« RESULTAT_BRUT »"),
        (CAF, ("sources: errd=ca", "sources: erd=ca"), "sources: ", "« erd » n'est pas un contrat de data_contr"),
        (CAF, ("code: CAF", "code: CAFE"), "code: ", "doit être le nom du fichier, « CAF »"),
        (CAF, ("{min: -21, max: 21}", "{min: 21, max: -21}"), "plausible: ", "n'est pas inférieur à max"),
        (CAF, ("rank: 20", "rank: '20'"), "rank: ", "un entier est attendu, pas '20'"),
        (CAF, ("proof: S", "proof: Z"), "proof: ", "« Z » n'est pas admis (attendu : S, C, K)"),
        (CAF, ("domain: finances", "domains: finances"), "domains: ", "clé inconnue (vouliez-vous « domain » ?)"),
        (EHPAD, ("'500'", "'999'"), "categories: ", "« 999 » n'est pas un code de la nomenclature finess_categories"),
        (EHPAD, ("modalites: [HP]", "modalites: [XX]"), "modalites: ", "« XX » n'est pas un code de la nomencl"),
        (EHPAD, ("places: [CAP_INST_HP]", "places: [CAP_HP]"), "places: ", "« CAP_HP » n'est pas un élément"),
        (EHPAD, ("places: [CAP_INST_HP]", "places: [CAP_INST_HT]"), "places: ", "CAP_INST_HT n'est ni au numérateur"),
        (EHPAD, ("population: EXT_POP_75P", "population: EXT_POP_99P"), "population: ", "une population reçue"),
    ],
)  # fmt: skip
def test_a_wrong_reference_or_key_is_told_at_its_line(
    tmp_path: Path, source: Path, change: tuple[str, str], line: str, told: str
) -> None:
    problems = problems_of(tmp_path, source, change)
    lines = (tmp_path / source.name).read_text(encoding="utf-8").splitlines()
    places = {n for n, text in enumerate(lines, start=1) if text.strip().startswith(line)}
    found = [p for p in problems if told in p]
    assert found, problems
    assert int(re.findall(rf"{source.name}:(\d+) · ", found[0])[0]) in places


@pytest.mark.parametrize(
    ("source", "change", "told"),
    [
        (CAF, {"product": None, "formula": None, "delivered": None}, "« collections » absent"),
        (CAF, {"product": None, "collections": ["HAS"]}, "« formula » sans « product »"),
        (CAF, {"formula": 3}, "formula : des clés et leurs valeurs sont attendues, pas 3"),
        (CAF, {"champ": None}, "« champ » absent d'un indicateur publié"),
        (CAF, {"formula": None, "delivered": None}, "rien ne donne sa valeur"),
        (CAF, {"sources": None}, "« sources » absent"),
        (CAF, {"domain": "tarifs"}, "un des domaines offre, activite, rh, finances"),
        (CAF, {"modalites": [{"code": "A", "label": "A"}]}, "la modalité A n'a ni « delivered » ni « formula »"),
        (CAF, {"product": SYNTHESE}, f"« formula » n'est pas celle d'un indicateur de {SYNTHESE}"),
        (EHPAD, {"unit": "pct"}, "un taux d'équipement est « pour_mille »"),
        (EHPAD, {"time_bases": ["exercice"]}, "[stock_3112, jour]"),
        (EHPAD, {"champ": {"establishments": "esms"}}, "des « categories » du champ"),
        (EHPAD, {"thresholds": {"max": 3}}, f"« thresholds » ne se dit que d'un indicateur de {ESMS}"),
    ],
)  # fmt: skip
def test_a_key_that_another_asks_for_is_told(tmp_path: Path, source: Path, change: Any, told: str) -> None:
    assert [p for p in problems_of(tmp_path, source, change) if told in p]


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    text = CAF.read_text(encoding="utf-8")
    (tmp_path / "CAF.yaml").write_text(
        text.replace("unit: pct", "unit: pourcent").replace("delivered: ", "delivered: X_")
    )
    (tmp_path / "AUTRE.yaml").write_text("code: [\n", encoding="utf-8")
    with pytest.raises(IndicatorError) as told:
        indicators(tmp_path)
    assert len(told.value.problems) == 3
    assert re.match(r"AUTRE\.yaml:\d+ · fichier : YAML illisible", told.value.problems[0])
    assert str(told.value).startswith("Indicateurs invalides :\n  - AUTRE.yaml")


def test_one_column_of_terms_is_read_in_one_way(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "FILE_ACT.yaml", tmp_path)
    text = (FOLDER / "DMS_MOIS.yaml").read_text(encoding="utf-8")
    wrong = text.replace("sorties: NB_SORTIES", "sorties: {element: NB_SORTIES, stock: true}")
    (tmp_path / "DMS_MOIS.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(IndicatorError, match=r"NB_SORTIES : DMS_MOIS\.yaml lit la même colonne"):
        indicators(tmp_path)


def test_a_term_is_written_short_or_whole() -> None:
    formula = {"macro": "m", "terms": {"a": "JOURNEES_THEO.HP", "b": {"element": "NB_PERS_3112", "stock": True}}}
    short, whole = Calculation.model_validate(formula).terms.values()
    assert (short.element, short.component, short.time_bases) == ("JOURNEES_THEO", "HP", ("exercice", "flux_annee"))
    assert (whole.column, whole.time_bases[0]) == ("nb_pers_3112", "stock_3112")
    before = Term(element="EFFECTIF_PHYSIQUE", previous_year=True)
    assert (before.column, before.argument) == ("effectif_physique", "effectif_physique_n_moins_1")


@pytest.mark.parametrize("product", [ESMS, EQUIPEMENT])
def test_a_product_accepts_the_codes_and_the_units_that_are_declared(product: str) -> None:
    contract: Product = load_products()[product]
    columns = {f.name: f.accepted_values for f in contract.fields}
    assert columns["indicateur_code"] == tuple(i.code for i in published(product))
    assert set(columns["unite_mesure"]) == {i.unit for i in published(product)}


def test_nothing_that_the_dictionary_held_is_lost() -> None:
    """The 86 indicators of the dictionary, and those that Helios or the pages added to them."""
    awaited = [i for i in indicators().values() if i.product is None]
    assert {i.code for i in published(ESMS)} >= {"TO_HP", "ABSENT_MOTIF", "CAP_INSTALLEE"}
    assert {"SANS_MEDCO", "RAC_THEO", "EVAL_RETARD", "APA_DOM75"} <= {i.code for i in awaited}
    assert all(i.collections and (inputs(i) or i.domain == "dlnuf") for i in awaited)


def test_no_code_of_an_indicator_is_listed_beside_its_declaration() -> None:
    """Products, derived files apart, speak of an indicator by its declaration: no second list is kept by hand."""
    codes = re.compile(r"\b(" + "|".join(sorted(i.code for i in published(ESMS) if "_" in i.code)) + r")\b")
    hand_written = [
        *(PROJECT / "data_contracts/products").glob("*.yaml"),
        *(PROJECT / "dashboards").rglob("*.py"),
        *(PROJECT / "dbt_project/macros").rglob("*.sql"),
        *(PROJECT / "dbt_project/models/marts/indicateurs").glob("*.sql"),
    ]
    assert [p.name for p in hand_written if codes.search(p.read_text(encoding="utf-8"))] == []


def test_every_unit_and_every_outside_figure_is_used_or_known_elsewhere() -> None:
    by_contracts = {f.unit for c in load_contracts().values() for e in c.entities for f in e.fields if f.unit}
    used = {i.unit for i in indicators().values()} | by_contracts
    assert set(units()) - used == set()
    named = {word for i in indicators().values() for word in (*inputs(i), *_words(i.alert_threshold))}
    assert set(outside()) - named == set()
    assert set(elements()).isdisjoint(outside())


def _words(text: str | None) -> list[str]:
    return re.findall(r"EXT_\w+", text or "")


def test_only_a_column_that_indicators_fill_may_ask_for_what_they_hold(tmp_path: Path) -> None:
    name = f"{EQUIPEMENT}.odcs.yaml"
    text = (PRODUCTS / name).read_text(encoding="utf-8")
    wrong = text.replace('value: ["france", "region", "departement"]', "value: [indicateurs]")
    (tmp_path / name).write_text(wrong, encoding="utf-8")
    with pytest.raises(ContractError, match=r"niveau : acceptedValues .indicateurs. ne se dit que de indicateur_code"):
        load_products(tmp_path)
