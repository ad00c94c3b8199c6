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
from data_contracts.indicators import (
    ESMS,
    FOLDER,
    TERRITOIRES,
    IndicatorError,
    delivered,
    indicators,
    inputs,
    published,
)
from data_contracts.indicators.declaration import Calculation, OfEsms, Term
from data_contracts.indicators.sides import FORMULAS, WrongMacro, sides
from data_contracts.loading import PRODUCTS, ContractError, load_contracts, load_products
from ingest.home import PROJECT
from orchestration.publication.open_data import element_is_open

EHPAD = FOLDER / "EQ_EHPAD75.yaml"
CAF = FOLDER / "CAF.yaml"
PRICE, PEOPLE = FOLDER / "PRIX_MED_CS.yaml", FOLDER / "POP_75P.yaml"


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
        (CAF, {"domain": "numerique"}, "un des domaines offre, activite, rh, finances, tarifs, besoins"),
        (CAF, {"modalites": [{"code": "A", "label": "A"}]}, "la modalité A n'a ni « delivered » ni « formula »"),
        (CAF, {"product": TERRITOIRES}, f"« formula » n'est pas celle d'un indicateur de {TERRITOIRES}"),
        (EHPAD, {"unit": "pct"}, "un taux d'équipement est « pour_mille »"),
        (EHPAD, {"time_bases": ["exercice"]}, "[stock_3112, jour]"),
        (EHPAD, {"champ": {"establishments": "ouverts"}}, "sur les « categories » de son champ"),
        (EHPAD, {"champ": {"establishments": "repondants", "categories": ["500"]}}, "établissements « ouverts »"),
        (EHPAD, {"champ": {"establishments": "territoire", "categories": ["500"]}}, "« ouverts » de tout autre"),
        (PRICE, {"formula": {"of": "PRIX_CS", "by": "mediane", "below": 3}}, "« below » dit sous quelle valeur"),
        (PRICE, {"formula": {"of": "PRIX_CS", "by": "part"}}, "« below » dit sous quelle valeur"),
        (PEOPLE, {"champ": {"establishments": "ouverts"}}, "est « territoire » d'un chiffre extérieur"),
        (EHPAD, {"coverage": 0}, "coverage : 0 : attendu, plus de 0"),
        (EHPAD, {"thresholds": {"max": 3}}, f"« thresholds » ne se dit que d'un indicateur de {ESMS}"),
    ],
)  # fmt: skip
def test_a_key_that_another_asks_for_is_told(tmp_path: Path, source: Path, change: Any, told: str) -> None:
    assert [p for p in problems_of(tmp_path, source, change) if told in p]


TO_PH, VACANTS, VETUSTE = (FOLDER / f"{code}.yaml" for code in ("TO_PH", "VACANTS", "VETUSTE"))
TO_GLOBAL, TO_AJ, ROTATION = (FOLDER / f"{code}.yaml" for code in ("TO_GLOBAL", "TO_AJ", "ROTATION"))
DMS, FILE, RESULT = (FOLDER / f"{code}.yaml" for code in ("DMS_MOIS", "FILE_ACT", "RESULTAT_NET"))
BUILT = "{element: TX_VETUSTE_CONSTR, component: "
PHADU, OFFER = FOLDER / "EQ_PHADU.yaml", FOLDER / "CAP_AUTORISEE.yaml"


@pytest.mark.parametrize(
    ("source", "change", "line", "told"),
    [
        # Above and below the line.
        (TO_GLOBAL, ("{journees_realisees: JOURNEES_REAL, journees_theoriques: JOURNEES_THEO}",
                     "{journees_realisees: JOURNEES_THEO, journees_theoriques: JOURNEES_REAL}"),
         "terms:", "JOURNEES_THEO est au numérateur de taux_occupation, « numerator » ne le nomme pas"),
        (TO_GLOBAL, ("numerator: JOURNEES_REAL", "numerator: JOURNEES_REAL + JOURNEES_REAL_HP"), "numerator:",
         "JOURNEES_REAL_HP est nommé, mais aucune formule ne l'y lit"),
        (TO_GLOBAL, ("denominator: JOURNEES_THEO\n", "denominator: JOURNEES_THEO × JOURS_OUVERTURE\n"), "denominator:",
         "JOURS_OUVERTURE est nommé, mais aucune formule ne l'y lit"),
        (TO_GLOBAL, ("denominator: JOURNEES_THEO\n", ""), "code:", "absent alors que taux_occupation est un rapport"),
        (FILE, ("numerator: NB_PERS_3112 + NB_SORTIES", "numerator: NB_PERS_3112 + NB_SORTIES\ndenominator: '365'"),
         "denominator:", "« 365 » : file_active est une somme, rien n'y divise"),
        (OFFER, ("CAP_AUT_NUIT", "CAP_INST_HP"), "numerator:", "CAP_INST_HP n'est livré par aucune part"),
        # Two terms exchanged, of one element or on one side.
        (CAF, ("c68: TX_CAF.C68\n    c78: TX_CAF.C78", "c68: TX_CAF.C78\n    c78: TX_CAF.C68"), "c68:",
         "TX_CAF.C78 et TX_CAF.C68 semblent échangés : « c68 » se nomme comme TX_CAF.C68"),
        (RESULT, ("produits_g3: PRODUITS_G3\n    charges_g1: CHARGES_G1",
                  "produits_g3: CHARGES_G1\n    charges_g1: PRODUITS_G3"),
         "produits_g3:", "CHARGES_G1 et PRODUITS_G3 semblent échangés"),
        (VETUSTE, (f"{BUILT}AMORTISSEMENTS, stock: true}}\n    immobilisations_brutes: {BUILT}IMMOBILISATIONS_BRUTES",
                   f"{BUILT}IMMOBILISATIONS_BRUTES, stock: true}}\n    immobilisations_brutes: {BUILT}AMORTISSEMENTS"),
         "amortissements:", "TX_VETUSTE_CONSTR.IMMOBILISATIONS_BRUTES et TX_VETUSTE_CONSTR.AMORTISSEMENTS semblent"),
        # The unit that the formula gives.
        (CAF, ("unit: pct", "unit: eur"), "unit:", "« eur » : taux_caf rend un rapport × 100, en « pct »"),
        (DMS, ("unit: jours", "unit: pct"), "macro:", "rend un rapport × 1, « pct » est un rapport × 100"),
        (FILE, ("unit: personnes", "unit: pct"), "macro:", "file_active rend une somme, « pct » est un rapport × 100"),
        # Several numbers taken for one.
        (TO_PH, ("JOURNEES_REAL_PH.EXTERNAT", "JOURNEES_REAL_PH"), "terms:",
         "JOURNEES_REAL_PH est plusieurs nombres (objet) : dire lequel (JOURNEES_REAL_PH.COMPOSANTE)"),
        (ROTATION, ("ENTREES_SORTIES_RH.ENTREES", "ENTREES_SORTIES_RH"), "recrutements:",
         "ENTREES_SORTIES_RH est plusieurs nombres (entier,entier)"),
        # The champ, the categories that words say, the population, the public.
        (EHPAD, ("CATEGORIE_ET=500", "CATEGORIE_ET=502"), "categories:", "500 : le numérateur dit 502"),
        (PHADU, ("{255,437,448,449,252,253,382}", "{255,437,448,449,252,253}"), "categories:",
         "252, 253, 255, 382, 437, 448, 449 : le numérateur dit 252, 253, 255, 437, 448, 449"),
        (EHPAD, ("denominator: EXT_POP_75P", "denominator: EXT_POP_20_59"), "denominator:",
         "nomme EXT_POP_20_59, la formule divise par EXT_POP_75P"),
        (EHPAD, ("denominator: EXT_POP_75P × 0,001", "denominator: habitants"), "denominator:",
         "nomme aucune population, la formule divise par EXT_POP_75P"),
        (EHPAD, ("population: EXT_POP_75P", "population: EXT_POP_20_59"), "categories:",
         "« 500 » est de PA, EXT_POP_20_59 est une population de PH_ADULTE"),
        (EHPAD, ("populations: [PA]", "populations: [PH]"), "categories:",
         "« 500 » est de PA, « populations » dit PH"),
        (EHPAD, ("modalites: [HP]", "modalites: [AJ]"), "places:",
         "CAP_INST_HP est du mode HP, « champ.modalites » dit AJ"),
        (EHPAD, ("numerator: SOMME(CAP_INST_HP", "numerator: SOMME(CAP_INST_HP + CAP_INST_HT"), "numerator:",
         "CAP_INST_HT est nommé, mais la formule ne le lit pas"),
        # A threshold under which nobody is hidden.
        (FILE, ("disclosure_threshold: 5", "disclosure_threshold: 0"), "disclosure_threshold:",
         "0 : aucun seuil sous 5 personnes"),
        (FILE, ("disclosure_threshold: 5", "disclosure_threshold: 4"), "disclosure_threshold:", "4 : aucun seuil sous"),
    ],
)  # fmt: skip
def test_the_fraction_in_words_is_the_one_that_is_computed(
    tmp_path: Path, source: Path, change: tuple[str, str], line: str, told: str
) -> None:
    test_a_wrong_reference_or_key_is_told_at_its_line(tmp_path, source, change, line, told)


@pytest.mark.parametrize(
    ("macro", "told"),
    [
        ("{% do return(formule_raport(amortissements, immobilisations_brutes)) %}", "'formule_raport' is undefined"),
        ("{% do return(ratio_formula(amortissements, inconnu)) %}", "'inconnu' is undefined"),
        ("{% do return(ratio_formula(amortissements)) %}", "parameter 'denominateur' was not provided"),
        ("{% do return(sum_formula(amortissements, immobilisations_brutes)) %}", "plus de paramètres qu'elle n'en a"),
        (
            "{% do return(ratio_formula(amortissements, amortissements)) %}",
            "ne se sert pas de immobilisations_brutes",
        ),
        ("{{ amortissements }} / {{ immobilisations_brutes }}", "ne rend pas une formule"),
        ("{% if %}", "ne se lit pas"),
    ],
)
def test_a_macro_that_cannot_compute_is_told_before_dbt_meets_it(tmp_path: Path, macro: str, told: str) -> None:
    for path in FORMULAS.glob("*.sql"):
        shutil.copy(path, tmp_path)
    written = "{% macro taux_vetuste(amortissements, immobilisations_brutes) %}" + macro + "{% endmacro %}"
    (tmp_path / "taux_vetuste.sql").write_text(written, encoding="utf-8")
    with pytest.raises(WrongMacro, match=re.escape(told)):
        sides("taux_vetuste", ("amortissements", "immobilisations_brutes"), tmp_path)


def test_what_a_macro_computes_is_had_by_calling_it() -> None:
    parameters = ("etp_budgetes", "etp_realises")
    found = sides("taux_etp_vacants", parameters)
    assert (found.above, found.below, found.factor) == ({*parameters}, {"etp_budgetes"}, "100")
    assert sides("file_active", ("presents_3112", "sorties")).below is None


@pytest.mark.parametrize(
    ("source", "change", "told"),
    [
        (CAF, ("sources: errd=ca>tdb_esms", "sources: errd=ca>drees_ehpa"),
         "sources : « drees_ehpa » ne livre pas TX_CAF : aucun champ de ce contrat n'y est lié"),
        (FOLDER / "FRNG.yaml", ("sources: errd\n", "sources: errd>tdb_esms\n"),
         "sources : « tdb_esms » ne livre pas FRNG.MONTANT"),  # it delivers the days of FRNG
        (FOLDER / "TX_REAL.yaml", ("TX_REALISATION.TOUS_ESMS", "TX_REALISATION"),
         "TX_REALISATION n'est livré qu'en composantes (CAMSP_CMPP, TOUS_ESMS) : dire laquelle"),
        (FILE, ("unit: personnes", "unit: eur"), "NB_SORTIES est en « personnes », l'indicateur en « eur »"),
        (TO_GLOBAL, ("journees_theoriques: JOURNEES_THEO", "journees_theoriques: CHARGES_G1"),
         "le numérateur est en jours, le dénominateur en eur : leur rapport n'est pas un « pct »"),
    ],
)  # fmt: skip
def test_what_no_contract_delivers_so_is_told(tmp_path: Path, source: Path, change: tuple[str, str], told: str) -> None:
    text = source.read_text(encoding="utf-8")
    assert change[0] in text
    text = text.replace(*change)
    if source == TO_GLOBAL:
        text = text.replace("denominator: JOURNEES_THEO", "denominator: CHARGES_G1")
    (tmp_path / source.name).write_text(text, encoding="utf-8")
    problems = delivered.problems(load_contracts(), tmp_path)
    assert [p for p in problems if told in p and re.match(rf"{source.stem}\.yaml:[1-9]", p)], problems


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


@pytest.mark.parametrize("product", [ESMS, TERRITOIRES])
def test_a_product_accepts_the_codes_and_the_units_that_are_declared(product: str) -> None:
    contract: Product = load_products()[product]
    columns = {f.name: f.accepted_values for f in contract.fields}
    assert columns["indicateur_code"] == tuple(i.code for i in published(product))
    assert set(columns["unite_mesure"]) == {i.unit for i in published(product)}


def test_nothing_that_the_dictionary_held_is_lost() -> None:
    """The 86 indicators of the dictionary, and those that Helios or the pages added to them."""
    awaited = [i for i in indicators().values() if i.product is None]
    assert {i.code for i in published(ESMS)} >= {"TO_HP", "ABSENT_MOTIF", "CAP_INSTALLEE"}
    assert "HORS_DEPT" in {i.code for i in published(TERRITOIRES)}
    assert {"PLACES_PROG", "EVAL_RETARD", "ASH_EHPAD"} <= {i.code for i in awaited}
    assert all(i.collections and (inputs(i) or i.domain == "dlnuf") for i in awaited)


def test_an_open_indicator_reads_open_elements_only() -> None:
    """Open data of a figure made of elements that are not open would give these back."""
    for declared in (i for product in (ESMS, TERRITOIRES) for i in published(product) if i.is_open):
        of = indicators()[declared.formula.code] if isinstance(declared.formula, OfEsms) else declared
        delivered_made = {part.delivered.element for part in of.parts if part.delivered}
        read = {word for word in (*inputs(declared), *inputs(of), *delivered_made) if word in elements()}
        assert [code for code in read if not element_is_open(elements()[code])] == [], declared.code


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
    name = f"{TERRITOIRES}.odcs.yaml"
    text = (PRODUCTS / name).read_text(encoding="utf-8")
    wrong = text.replace('value: ["france", "region", "departement", "epci"]', "value: [indicateurs]")
    (tmp_path / name).write_text(wrong, encoding="utf-8")
    with pytest.raises(ContractError, match=r"niveau : acceptedValues .indicateurs. ne se dit que de indicateur_code"):
        load_products(tmp_path)
