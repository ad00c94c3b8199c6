"""The gate in, rule by rule, on an invented collection: what is accepted, rejected, signalled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.model import Contract, load_contracts
from ingest.validate import DeliveryFacts, Validated, settle_duplicates, validate_chunk

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
      - {property: unit, value: {unite: ET, field: finess_et}}
      - {property: timeBasis, value: flux_annee}
    quality:
      - {name: installe, type: custom, engine: polars-sql, severity: error,
         implementation: "places_installees <= places_autorisees",
         description: plus de places installées qu'autorisées, businessImpact: Vérifier les deux capacités.}
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
      - {name: etat, physicalName: État, logicalType: string}
      - name: ouvert_le
        physicalName: Ouverture
        logicalType: date
        customProperties: [{property: placeholders, value: ['1904-04-04']}]
"""
FINESS = "010002228"
FINESS_SHAPE = "format attendu : deux chiffres (ou 2A, 2B) puis sept chiffres"


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    folder = tmp_path_factory.mktemp("contrats")
    (folder / "collecte_inventee.odcs.yaml").write_text(CONTRACT, encoding="utf-8")
    return load_contracts(folder)["collecte_inventee"]


def validated(contract: Contract, *rows: dict[str, str | None]) -> Validated:
    titles = ("FINESS", "Année", "Autorisées", "Installées", "Taux", "État", "Ouverture")
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
        "etat": None, "ouvert_le": date(2008, 10, 1), "_ligne": 2, "_collecte_le": date(2024, 5, 31), "millesime": 2023,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "champ", "valeur", "regle"),
    [
        ({"FINESS": None}, "finess_et", None, "valeur obligatoire absente"),
        ({"FINESS": "01000222"}, "finess_et", "01000222", FINESS_SHAPE),
        (
            {"Autorisées": "quatre-vingts", "Installées": None},
            "places_autorisees",
            "quatre-vingts",
            "type attendu : un nombre entier",
        ),
        ({"Autorisées": "-1", "Installées": None}, "places_autorisees", "-1", "minimum 0"),
        ({"Ouverture": "31/02/2008"}, "ouvert_le", "31/02/2008", "type attendu : une date JJ/MM/AAAA ou AAAA-MM-JJ"),
        ({"Année": "23"}, "annee", "23", "millésime absent ou impossible"),
        (
            {"Installées": "90"},
            "(ligne)",
            "places_installees <= places_autorisees",
            "plus de places installées qu'autorisées",
        ),
        ({"_defaut": "6 cellules au lieu de 7"}, "(ligne)", None, "6 cellules au lieu de 7"),
    ],
)
def test_a_hard_rule_rejects_the_row_and_says_why(
    contract: Contract, row: dict, champ: str, valeur: str | None, regle: str
) -> None:
    result = validated(contract, {}, row)
    assert result.accepted.height == 1
    assert result.rejects.select("ligne", "champ", "valeur", "regle").rows() == [(3, champ, valeur, regle)]
    reject = result.rejects.row(0, named=True)
    assert reject["remede"]
    assert '"Taux":"95,2"' in reject["ligne_complete"]


def test_every_problem_of_a_row_is_said_at_once(contract: Contract) -> None:
    result = validated(contract, {"FINESS": "X", "Année": "deux mille", "Ouverture": "hier"})
    assert result.accepted.height == 0
    assert set(result.rejects["champ"]) == {"finess_et", "annee", "ouvert_le"}
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


@pytest.mark.parametrize("strict", [True, False])
def test_an_unknown_code_rejects_the_row_only_when_its_list_is_strict(contract: Contract, strict: bool) -> None:
    [entity] = contract.entities
    fields = tuple(
        replace(f, nomenclature="finess_categories", nomenclature_strict=strict) if f.name == "etat" else f
        for f in entity.fields
    )
    listed = replace(contract, entities=(replace(entity, fields=fields),))
    result = validated(listed, {"État": "500"}, {"FINESS": "010004059", "État": "inédit"})
    assert result.accepted.height == (1 if strict else 2)
    assert [r["valeur"] for r in (result.rejects if strict else result.flags).to_dicts()] == ["inédit"]


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
