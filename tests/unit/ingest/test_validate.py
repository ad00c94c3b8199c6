"""The gate in, rule by rule, on an invented collection: what is accepted, rejected, signalled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.loading import Contract, load_contracts
from ingest.validate.chunk import DeliveryFacts, Validated, validate_chunk
from ingest.validate.duplicates import settle_duplicates

CONTRACT = r"""
apiVersion: v3.1.0
kind: DataContract
id: collecte_inventee
name: Collecte inventée
version: 1.0.0
status: active
domain: services
description: {purpose: Éprouver la validation.}
customProperties:
  - property: layouts
    value:
      - {code: csv, entity: reponses, reader: csv, millesime: {field: annee}}
schema:
  - name: reponses
    customProperties:
      - {property: unit, value: {kind: ET, field: finess_et}}
      - {property: timeBasis, value: flux_annee}
    quality:
      - {name: installe, type: custom, engine: polars-sql, severity: error,
         implementation: "places_installees <= places_autorisees",
         description: plus de places installées qu'autorisées, businessImpact: Vérifier les deux capacités.,
         customProperties: [{property: setAside, value: [places_installees]}]}
      - {name: sortie, type: custom, engine: polars-sql, severity: error,
         implementation: "sorti_le >= date '2000-01-01'", description: sortie impossible,
         businessImpact: Vérifier la date.}
      - {name: presence, type: custom, engine: polars-sql, severity: warning, implementation: "places_installees > 0",
         description: aucune place installée, businessImpact: Vérifier que l'établissement est ouvert.}
    properties:
      - name: finess_et
        physicalName: FINESS
        logicalType: string
        required: true
        primaryKey: true
        primaryKeyPosition: 1
        logicalTypeOptions: {pattern: '^(\d{2}|2[AB])\d{7}$'}
        customProperties: [{property: keyCheck, value: finess}]
      - {name: annee, physicalName: Année, logicalType: integer, required: true, primaryKey: true,
         primaryKeyPosition: 2}
      - {name: places_autorisees, physicalName: Autorisées, logicalType: integer, logicalTypeOptions: {minimum: 0}}
      - name: places_installees
        physicalName: Installées
        logicalType: integer
        customProperties: [{property: plausible, value: [0, 800]}]
      - name: taux_pct
        physicalName: Taux
        logicalType: number
        customProperties:
          - {property: element, value: TX_OCC_HP}
          - {property: unit, value: pct}
          - {property: plausible, value: [0, 120]}
          - {property: suspectBelow, value: 1.5}
          - {property: voidWhen, value: "etat = 'KO'"}
          - {property: voidReason, value: taux déclaré KO}
          - {property: nullValues, value: [NC]}
      - {name: etat, physicalName: État, logicalType: string, logicalTypeOptions: {pattern: '^[A-Z]{2}$'}}
      - name: ouvert_le
        physicalName: Ouverture
        logicalType: date
        customProperties: [{property: placeholders, value: ['1904-04-04']}]
      - name: sorti_le
        physicalName: Sortie
        logicalType: date
        customProperties: [{property: absenceMeans, value: la personne est toujours là}]
"""
FINESS = "010002228"
FINESS_SHAPE = "format attendu : deux chiffres (ou 2A, 2B) puis sept chiffres"


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    folder = tmp_path_factory.mktemp("contrats")
    (folder / "collecte_inventee.odcs.yaml").write_text(CONTRACT, encoding="utf-8")
    return load_contracts(folder)["collecte_inventee"]


def validated(contract: Contract, *rows: dict[str, str | None]) -> Validated:
    titles = ("FINESS", "Année", "Autorisées", "Installées", "Taux", "État", "Ouverture", "Sortie")
    usual = {"FINESS": FINESS, "Année": "2023", "Autorisées": "80", "Installées": "78", "Taux": "95,2"}
    frame = pl.DataFrame(
        [{t: (usual | row).get(t) for t in titles} for row in rows], schema=dict.fromkeys(titles, pl.String)
    ).with_columns(
        _ligne=pl.int_range(2, len(rows) + 2, dtype=pl.Int64),
        _chemin=pl.lit(None, pl.String),
        _defaut=pl.Series([r.get("_defaut") for r in rows], dtype=pl.String),
    )
    facts = DeliveryFacts("collecte_inventee-0", "collecte_inventee", None, date(2024, 5, 31))
    return validate_chunk(frame, contract, contract.layouts[0], contract.entities[0], facts)


def test_a_good_row_is_accepted_and_typed(contract: Contract) -> None:
    result = validated(contract, {"Ouverture": "01/10/2008"})
    assert result.rejects.height == result.flags.height == 0
    assert result.accepted.row(0, named=True) == {
        "finess_et": FINESS, "annee": 2023, "places_autorisees": 80, "places_installees": 78, "taux_pct": 95.2,
        "etat": None, "ouvert_le": date(2008, 10, 1), "sorti_le": None, "_ligne": 2,
        "_collecte_le": date(2024, 5, 31), "millesime": 2023,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "champ", "valeur", "regle"),
    [
        ({"FINESS": None}, "finess_et", None, "valeur obligatoire absente"),
        ({"FINESS": "01000222"}, "finess_et", "01000222", FINESS_SHAPE),
        ({"Année": "deux mille"}, "annee", "deux mille", "type attendu : un nombre entier"),
        ({"Année": "23"}, "annee", "23", "millésime absent ou impossible"),
        ({"Sortie": "31/02/2024"}, "sorti_le", "31/02/2024", "type attendu : une date JJ/MM/AAAA ou AAAA-MM-JJ"),
        ({"Sortie": "01/01/1990"}, "(ligne)", "sorti_le >= date '2000-01-01'", "sortie impossible"),
        ({"_defaut": "6 cellules au lieu de 7"}, "(ligne)", None, "6 cellules au lieu de 7"),
    ],
)
def test_a_row_without_what_makes_it_one_is_rejected_and_says_why(
    contract: Contract, row: dict, champ: str, valeur: str | None, regle: str
) -> None:
    result = validated(contract, {}, row)
    assert result.accepted.height == 1
    assert (3, champ, valeur, regle) in result.rejects.select("ligne", "champ", "valeur", "regle").rows()
    assert set(result.rejects["ligne"]) == {3}
    assert all(result.rejects["remede"])
    assert '"Taux":"95,2"' in result.rejects["ligne_complete"][0]


@pytest.mark.parametrize(
    ("row", "champ", "valeur", "regle"),
    [
        ({"Autorisées": "quatre-vingts"}, "places_autorisees", "quatre-vingts", "type attendu : un nombre entier"),
        ({"Autorisées": "0.5"}, "places_autorisees", "0.5", "type attendu : un nombre entier"),
        ({"Autorisées": "-1"}, "places_autorisees", "-1", "minimum 0"),
        ({"Ouverture": "31/02/2008"}, "ouvert_le", "31/02/2008", "type attendu : une date JJ/MM/AAAA ou AAAA-MM-JJ"),
        ({"Installées": "90"}, "places_installees", "90", "plus de places installées qu'autorisées"),
        ({"État": "à demi"}, "etat", "à demi", "format attendu : ^[A-Z]{2}$"),
    ],
)
def test_a_wrong_value_costs_its_cell_and_nothing_else(
    contract: Contract, row: dict, champ: str, valeur: str, regle: str
) -> None:
    """Case 04: 0.5 in a column of integers lost twelve other values of its row."""
    sound = validated(contract, {"Ouverture": "01/10/2008", "État": "OK"}).accepted.row(0, named=True)
    result = validated(contract, {"Ouverture": "01/10/2008", "État": "OK"} | row)
    assert result.rejects.height == 0
    assert result.accepted.row(0, named=True) == sound | {champ: None}
    said = result.flags.filter(pl.col("effet") == "non_utilisee")
    assert said.select("ligne", "champ", "valeur", "valeur_retenue", "regle").rows() == [
        (2, champ, valeur, None, regle)
    ]
    assert all(said["remede"])


def test_a_value_that_was_set_aside_speaks_in_no_rule(contract: Contract) -> None:
    """An unreadable capacity is unknown: it neither exceeds the other nor is implausible."""
    result = validated(contract, {"Autorisées": "80 ?", "Installées": "90"})
    assert result.accepted.select("places_autorisees", "places_installees").rows() == [(None, 90)]
    assert result.flags["champ"].to_list() == ["places_autorisees"]


def test_rules_are_judged_on_the_row_before_any_of_them_sets_a_value_aside(contract: Contract) -> None:
    """Two capacities that contradict each other, and none is installed: both rules speak of the same row."""
    result = validated(contract, {"Autorisées": "-1", "Installées": "0"}, {"Autorisées": "0", "Installées": "0"})
    assert result.accepted["places_installees"].to_list() == [0, 0]
    assert sorted(result.flags["regle"]) == ["aucune place installée", "aucune place installée", "minimum 0"]


def test_every_problem_of_a_row_is_said_at_once(contract: Contract) -> None:
    result = validated(contract, {"FINESS": "X", "Année": "deux mille", "Sortie": "hier"})
    assert result.accepted.height == 0
    assert set(result.rejects["champ"]) == {"finess_et", "annee", "sorti_le"}
    assert result.rejects["ligne"].n_unique() == 1


@pytest.mark.parametrize(
    ("row", "champ", "valeur", "effet", "colonne", "retenue"),
    [
        ({"Installées": "0"}, "(ligne)", "places_installees > 0", "conservee", "places_installees", 0),
        ({"Taux": "135"}, "taux_pct", "135", "conservee", "taux_pct", 135.0),  # out of range is kept, flagged
        (
            {"Taux": "0,952"},
            "taux_pct",
            "0,952",
            "non_utilisee",
            "taux_pct",
            None,
        ),  # a fraction where percent is expected
        ({"État": "KO"}, "taux_pct", "95,2", "non_utilisee", "taux_pct", None),
        ({"Ouverture": "1904-04-04"}, "ouvert_le", "1904-04-04", "non_utilisee", "ouvert_le", None),
        ({"FINESS": "10002228"}, "finess_et", "10002228", "reparee", "finess_et", FINESS),
        ({"FINESS": "111111111"}, "finess_et", "111111111", "conservee", "finess_et", "111111111"),  # key: a warning
    ],
)
def test_a_soft_rule_keeps_the_row_and_signals(
    contract: Contract, row: dict, champ: str, valeur: str, effet: str, colonne: str, retenue: object
) -> None:
    result = validated(contract, row)
    assert result.rejects.height == 0
    assert result.accepted[colonne][0] == retenue
    flagged = result.flags.filter(pl.col("effet") == effet)
    assert flagged.select("ligne", "champ", "valeur").rows() == [(2, champ, valeur)]
    assert flagged["remede"][0]


def test_the_ko_flag_empties_only_its_own_rate(contract: Contract) -> None:
    row = validated(contract, {"État": "KO"}).accepted.row(0, named=True)
    assert row["taux_pct"] is None
    assert (row["places_autorisees"], row["places_installees"], row["etat"]) == (80, 78, "KO")


def test_the_words_for_unknown_are_null_and_not_a_defect(contract: Contract) -> None:
    result = validated(contract, {"Taux": "NC"})
    assert result.accepted["taux_pct"][0] is None
    assert result.flags.height == result.rejects.height == 0


@pytest.mark.parametrize(("strict", "kept", "effet"), [(True, None, "non_utilisee"), (False, "ZZ", "conservee")])
def test_an_unknown_code_is_used_unless_its_list_is_strict(
    contract: Contract, strict: bool, kept: str | None, effet: str
) -> None:
    [entity] = contract.entities
    fields = tuple(
        replace(f, nomenclature="handicaps_types", nomenclature_strict=strict) if f.name == "etat" else f
        for f in entity.fields
    )
    listed = replace(contract, entities=(replace(entity, fields=fields),))
    result = validated(listed, {"État": "DI"}, {"FINESS": "010004059", "État": "ZZ"})
    assert result.accepted["etat"].to_list() == ["DI", kept]
    assert result.flags.select("ligne", "champ", "valeur", "effet").rows() == [(3, "etat", "ZZ", effet)]


def test_rows_repeated_identically_are_kept_once_and_contradictory_ones_not_at_all(contract: Contract) -> None:
    other = "010004059"
    chunk = validated(contract, {}, {}, {"FINESS": other}, {"FINESS": other, "Taux": "80"}).accepted
    facts = DeliveryFacts("collecte_inventee-0", "collecte_inventee", None, date(2024, 5, 31))
    rejects = settle_duplicates(chunk, contract.entities[0], ["finess_et", "annee", "millesime"], facts)
    assert rejects.select("ligne", "regle").rows() == [
        (3, "ligne répétée à l'identique"),
        (4, "clé en double, valeurs contradictoires"),
        (5, "clé en double, valeurs contradictoires"),
    ]


TITLES = ("FINESS", "Année", "Autorisées", "Installées", "Taux", "Ouverture")
CELLS = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from([FINESS, "2023", "80", "0,5", "KO", "01/01/2020", "-3"])
)


# The machine may be busy: how long an example takes is not what this test is about.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.fixed_dictionaries(dict.fromkeys(TITLES, CELLS)),
        max_size=6,
    )
)
def test_whatever_is_delivered_read_equals_accepted_plus_rejected(
    contract: Contract, rows: list[dict[str, str | None]]
) -> None:
    result = validated(contract, *rows)
    assert len(rows) == result.accepted.height + result.rejects["ligne"].n_unique()
    assert not set(result.accepted["_ligne"]) & set(result.rejects["ligne"])
    assert set(result.flags["ligne"]) <= set(result.accepted["_ligne"])


YEAR = ["finess_et", "annee", "millesime"]
FACTS = DeliveryFacts("collecte_inventee-0", "collecte_inventee", None, date(2024, 5, 31))


def settled(contract: Contract, *rows: tuple[str | None, str], personal: bool = False) -> list[tuple[int, str, str]]:
    """Line, rule and remedy of what is rejected among rows of one key: (date of the row, rate)."""
    entity = replace(contract.entities[0], dated_by="ouvert_le")
    chunk = validated(contract, *({"Ouverture": day, "Taux": rate} for day, rate in rows)).accepted
    rejects = settle_duplicates(chunk, entity, YEAR, FACTS, personal=personal)
    return rejects.select("ligne", "regle", "remede").rows()


REPLACED = "état remplacé par un autre de la même clé"
TORN = "clé en double, valeurs contradictoires"


@pytest.mark.parametrize(
    ("rows", "rejected"),
    [
        # case 02: CNSA prices of 2018, several updates an establishment; the state is that of 31 December
        ([("04/11/2023", "90"), ("02/12/2023", "95")], {2: REPLACED}),
        ([("02/12/2023", "95"), ("04/11/2023", "90"), ("01/01/2023", "85")], {3: REPLACED, 4: REPLACED}),
        ([("02/12/2023", "95"), ("15/01/2024", "99")], {3: REPLACED}),  # after the year: it is not its state
        ([("15/01/2024", "99"), ("20/02/2024", "98")], {3: REPLACED}),  # nothing before: the nearest
        ([("02/12/2023", "95"), ("02/12/2023", "96")], {2: TORN, 3: TORN}),
        ([("04/11/2023", "90"), ("02/12/2023", "95"), ("02/12/2023", "96")], {2: REPLACED, 3: TORN, 4: TORN}),
        ([("02/12/2023", "95"), ("02/12/2023", "95")], {3: "ligne répétée à l'identique"}),
        ([("02/12/2023", "95"), (None, "96")], {2: TORN, 3: TORN}),  # when was it true? nobody can say
        ([("02/12/2023", "95")], {}),
    ],
)
def test_dated_rows_of_one_key_are_successive_states(
    contract: Contract, rows: list[tuple[str | None, str]], rejected: dict[int, str]
) -> None:
    assert {line: rule for line, rule, _ in settled(contract, *rows)} == rejected


def test_a_replaced_row_says_by_which_and_of_persons_without_the_date(contract: Contract) -> None:
    rows = (("04/11/2023", "90"), ("02/12/2023", "95"))
    [(_, _, told)] = settled(contract, *rows)
    assert "ligne 3, du 02/12/2023," in told
    [(_, _, told)] = settled(contract, *rows, personal=True)
    assert "ligne 3" in told
    assert "2023" not in told


@pytest.mark.parametrize(
    ("year", "code", "closed", "said"),
    [
        ("2023", "202", None, False),
        ("1998", "001", None, False),  # closed on 15 September 1999
        ("1999", "001", None, True),  # a year's row has the codes of its 31 December
        ("2023", "001", None, True),
        ("2023", "001", "01/06/1998", False),  # the establishment closed when its category existed
        ("2023", "001", "01/06/2001", True),
        ("1998", "697", None, True),  # opened on 4 May 2011
        ("2024", "697", None, False),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_a_code_is_of_its_day(
    contract: Contract, year: str, code: str, closed: str | None, said: bool, strict: bool
) -> None:
    [entity] = contract.entities
    fields = tuple(
        replace(f, nomenclature="finess_categories", nomenclature_strict=strict, options=()) if f.name == "etat" else f
        for f in entity.fields
    )
    dated = replace(contract, entities=(replace(entity, fields=fields, codes_at="ouvert_le"),))
    result = validated(dated, {"Année": year, "État": code, "Ouverture": closed})
    found = result.flags.filter(pl.col("champ") == "etat").select("valeur", "effet").rows()
    assert found == ([(code, "non_utilisee" if strict else "conservee")] if said else [])
    assert result.accepted["etat"].to_list() == [None if said and strict else code]


def test_a_row_told_before_the_end_of_its_year_has_the_codes_of_that_day(contract: Contract) -> None:
    """FINESS extracted in May says nothing of a category that closes in July."""
    [entity] = contract.entities
    fields = tuple(
        replace(f, nomenclature="finess_categories", options=()) if f.name == "etat" else f for f in entity.fields
    )
    dated = replace(contract, entities=(replace(entity, fields=fields),))
    early = replace(dated, layouts=(replace(dated.layouts[0], collected_on={"field": "ouvert_le"}),))
    row: dict[str, str | None] = {"Année": "1999", "État": "001"}
    assert validated(early, row | {"Ouverture": "01/05/1999"}).flags.height == 0
    assert validated(early, row | {"Ouverture": "01/12/1999"}).flags.height == 1


@pytest.mark.parametrize("year", ["0", "300000"])
def test_a_year_that_no_calendar_has_costs_its_row_and_no_other(contract: Contract, year: str) -> None:
    """A dated code list asks for the last day of the year of every row."""
    [entity] = contract.entities
    fields = tuple(
        replace(f, nomenclature="finess_categories", options=()) if f.name == "etat" else f for f in entity.fields
    )
    dated = replace(contract, entities=(replace(entity, fields=fields),))
    result = validated(dated, {"Année": year, "État": "697"}, {"Année": "2024", "État": "697"})
    assert result.accepted["millesime"].to_list() == [2024]
    assert result.rejects["champ"].to_list() == ["annee"]
