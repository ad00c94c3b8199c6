"""Places of a row at the gate in: they exist, existed then, and say the same; what does not is set aside or said."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from data_contracts.loading import Contract, load_contracts
from ingest.validate import places
from ingest.validate.chunk import DeliveryFacts, Validated, validate_chunk

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: adresses
name: Adresses inventées
version: 1.0.0
domain: administratives
customProperties:
  - {property: layouts, value: [{code: csv, entity: adresses, reader: csv, millesime: {delivery: true}}]}
schema:
  - name: adresses
    properties:
      - {name: id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
"""
PLACES = {
    "commune": "commune", "ancienne": "commune_ou_ancienne", "commune_finess": "commune_finess",
    "departement_finess": "departement_finess", "departement": "departement", "region": "region",
    "code_postal": "code_postal", "territoire": "departement_ou_regroupement",
}  # fmt: skip
ENDED = "Code éteint le {} : le code d'aujourd'hui est {}."
NEVER, OUT, APART = (
    "code de commune qui n'a jamais existé", "code de commune hors de sa période d'existence",
    "{} et {} ne se correspondent pas",
)  # fmt: skip


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    folder = tmp_path_factory.mktemp("contrats")
    fields = "".join(
        f"      - {{name: {name}, logicalType: string,"
        f" customProperties: [{{property: valueDomain, value: {domain}}}]}}\n"
        for name, domain in PLACES.items()
    )
    (folder / "adresses.odcs.yaml").write_text(CONTRACT + fields, encoding="utf-8")
    return load_contracts(folder)["adresses"]


def judged(contract: Contract, day: date, **given: str) -> Validated:
    """One row, told on a day; the fields not given are absent of it."""
    row = {"id": "1", **dict.fromkeys(PLACES), **given}
    frame = pl.DataFrame([row], schema=dict.fromkeys(row, pl.String)).with_columns(
        _ligne=pl.lit(2), _chemin=pl.lit(None, pl.String)
    )
    facts = DeliveryFacts("d1", "adresses", day.year, day)
    return validate_chunk(frame, contract, contract.layouts[0], contract.entities[0], facts)


def said(checked: Validated) -> set[tuple[str, str, str]]:
    return set(checked.flags.select("champ", "regle", "effet").iter_rows())


@pytest.mark.parametrize(
    ("day", "given"),
    [
        ("2026-03-01", {"commune": "01053", "departement": "01", "region": "84", "code_postal": "01000"}),
        ("2026-03-01", {"commune": "2A004", "departement": "2A", "code_postal": "20090"}),
        ("2026-03-01", {"commune": "97411", "departement": "974", "region": "04", "code_postal": "97400"}),
        ("2026-03-01", {"commune_finess": "411", "departement_finess": "9D", "code_postal": "97400"}),
        ("2026-03-01", {"commune_finess": "608", "departement_finess": "9F", "code_postal": "97600"}),
        ("2026-03-01", {"commune": "75114", "code_postal": "75014"}),  # a municipal arrondissement
        ("2026-03-01", {"commune": "97701", "code_postal": "97133"}),  # Saint-Barthélemy keeps its postal code
        ("2026-03-01", {"commune": "06088", "code_postal": "06299"}),  # a CEDEX of Nice
        ("2026-03-01", {"commune": "48027", "code_postal": "48250"}),
        ("2026-03-01", {"commune": "01109", "code_postal": "01200"}),
        ("2010-03-01", {"commune": "01340"}),  # Saint-Bois was a commune until 2016
        ("2024-11-01", {"commune": "12076"}),  # Conques moved in March 2024: a file of that year writes either
        ("2024-02-01", {"commune": "12218"}),
        ("1974-06-01", {"commune": "20004", "departement": "20"}),  # Ajaccio, when Corsica was one département
        ("2014-06-01", {"region": "82", "departement": "01"}),  # Rhône-Alpes
        ("2026-03-01", {"ancienne": "01340"}),  # the code officiel tells delegated communes
        ("2026-03-01", {"territoire": "France métropolitaine"}),
        # Pont-Farcy went from Calvados to Manche, then into Tessy-Bocage: either département is right.
        ("2017-03-01", {"commune": "14513", "departement": "14"}),
        ("2017-03-01", {"commune": "14513", "departement": "50"}),
    ],
)  # fmt: skip
def test_right_places_are_silent(contract: Contract, day: str, given: dict[str, str]) -> None:
    checked = judged(contract, date.fromisoformat(day), **given)
    assert checked.flags.to_dicts() == []
    assert checked.accepted.select(*given).row(0) == tuple(given.values())


@pytest.mark.parametrize(
    ("given", "field", "rule"),
    [
        ({"commune": "01999"}, "commune", NEVER),
        ({"commune": "99123"}, "commune", NEVER),  # abroad
        ({"commune": "20999"}, "commune", NEVER),
        ({"ancienne": "01999"}, "ancienne", NEVER),
        ({"commune_finess": "999", "departement_finess": "01"}, "commune_finess", NEVER),
        ({"departement": "97"}, "departement", "code de département qui n'a jamais existé"),
        ({"departement": "979"}, "departement", "code de département qui n'a jamais existé"),
        ({"territoire": "96"}, "territoire", "code de département qui n'a jamais existé"),
        ({"departement_finess": "9I"}, "departement_finess", "code de département qui n'a jamais existé"),
        ({"region": "12"}, "region", "code de région qui n'a jamais existé"),
        ({"code_postal": "00123"}, "code_postal", "code postal dont le début n'est celui d'aucun département"),
        ({"code_postal": "96000"}, "code_postal", "code postal dont le début n'est celui d'aucun département"),
        ({"code_postal": "7500"}, "code_postal", "zéro de tête perdu, rétabli"),  # 07500 is of Ardèche
        ({"code_postal": "ABCDE"}, "code_postal", "format attendu : cinq chiffres"),
        ({"commune": "Bourg-en-Bresse"}, "commune", "format attendu : deux chiffres (ou 2A, 2B) puis trois chiffres"),
    ],
)  # fmt: skip
def test_what_never_was_a_place_is_set_aside_and_the_row_goes_on(
    contract: Contract, given: dict[str, str], field: str, rule: str
) -> None:
    checked = judged(contract, date(2026, 3, 1), **given)
    effect = "reparee" if "rétabli" in rule else "non_utilisee"
    assert said(checked) == {(field, rule, effect)}
    flag = checked.flags.row(0, named=True)
    assert flag["valeur"] == given[field]
    assert checked.accepted[field].to_list() == (["07500"] if effect == "reparee" else [None])
    assert checked.rejects.height == 0


@pytest.mark.parametrize(
    ("day", "given", "field", "rule", "remedy"),
    [
        ("2026-03-01", {"commune": "01340"}, "commune", OUT, ENDED.format("01/01/2016", "01015")),
        ("2026-03-01", {"commune": "97127"}, "commune", OUT, ENDED.format("23/02/2007", "97801")),
        ("2026-03-01", {"commune_finess": "340", "departement_finess": "01"}, "commune_finess", OUT,
         ENDED.format("01/01/2016", "01015")),
        ("2020-03-01", {"commune": "08227"}, "commune", OUT,
         "Code éteint le 02/03/1968 : son territoire a été partagé : choisir la commune d'aujourd'hui."),
        ("1970-03-01", {"commune": "2A004"}, "commune", OUT, "Code d'une commune créée le 01/01/1976."),
        ("2022-03-01", {"commune": "27676"}, "commune", OUT, ENDED.format("01/01/2021", "27676")),
        ("2020-03-01", {"region": "82"}, "region", "code de région hors de sa période d'existence",
         "Ce code a cessé le 01/01/2016."),
        ("2026-03-01", {"departement": "20"}, "departement", "code de département hors de sa période d'existence",
         "Ce code a cessé le 01/01/1976."),
        ("2026-03-01", {"commune": "01053", "departement": "69"}, "commune", APART.format("commune", "département"),
         "Vérifier l'adresse ; les deux valeurs sont conservées."),
        ("2026-03-01", {"commune": "01053", "code_postal": "69003"}, "code_postal",
         APART.format("code postal", "département"), "Vérifier l'adresse ; les deux valeurs sont conservées."),
        ("2026-03-01", {"departement_finess": "9D", "code_postal": "97100"}, "code_postal",
         APART.format("code postal", "département"), "Vérifier l'adresse ; les deux valeurs sont conservées."),
        ("2026-03-01", {"departement": "01", "region": "11"}, "region", APART.format("région", "département"),
         "Vérifier l'adresse ; les deux valeurs sont conservées."),
        # Of a day that the code officiel of the project does not reach, an unknown code may be new.
        ("2028-03-01", {"commune": "01999"}, "commune", "code de commune inconnu du code officiel géographique 2026",
         "Vérifier le code ; s'il est nouveau, mettre à jour les lieux du projet (docs/contracts.md)."),
    ],
)  # fmt: skip
def test_a_place_of_another_time_or_elsewhere_is_kept_and_said(
    contract: Contract, day: str, given: dict[str, str], field: str, rule: str, remedy: str
) -> None:
    checked = judged(contract, date.fromisoformat(day), **given)
    assert said(checked) == {(field, rule, "conservee")}
    assert checked.flags["remede"].to_list() == [remedy]
    assert checked.accepted.select(*given).row(0) == tuple(given.values())


def test_of_a_day_to_come_an_unknown_code_of_no_departement_is_wrong_all_the_same(contract: Contract) -> None:
    checked = judged(contract, date(2028, 3, 1), commune="96001")
    assert said(checked) == {("commune", NEVER, "non_utilisee")}


def test_a_damaged_row_of_a_spreadsheet_is_read_whole(contract: Contract) -> None:
    """The public copy of FINESS saved by Excel: département 1, commune 53."""
    checked = judged(contract, date(2026, 5, 12), departement_finess="1", commune_finess="53", code_postal="1000")
    assert checked.accepted.select("departement_finess", "commune_finess", "code_postal").row(0) == (
        "01", "053", "01000",
    )  # fmt: skip
    assert {effect for _, _, effect in said(checked)} == {"reparee"}


def test_a_wrong_place_in_a_key_rejects_its_row() -> None:
    contract = load_contracts()["insee_cog"]
    layout, entity = contract.layout("csv_v_departement"), contract.entity("departements")
    frame = pl.DataFrame(
        {
            "DEP": ["1", "00"], "REG": ["84", "84"], "CHEFLIEU": ["1053", "01053"], "TNCC": ["5", "5"],
            "NCC": ["AIN", "RIEN"], "NCCENR": ["Ain", "Rien"], "LIBELLE": ["Ain", "Rien"], "_ligne": [2, 3],
            "_chemin": [None, None],
        },
        schema_overrides={"_chemin": pl.String},
    )  # fmt: skip
    checked = validate_chunk(frame, contract, layout, entity, DeliveryFacts("d", "insee_cog", 2024, date(2024, 1, 1)))
    assert checked.accepted.select("departement_code", "chef_lieu_code").rows() == [("01", "01053")]
    assert checked.rejects.select("champ", "valeur", "regle").rows() == [
        ("departement_code", "00", "code de département qui n'a jamais existé")
    ]


def test_contracts_about_persons_name_no_place_but_departements() -> None:
    """A remedy that tells today's code of a commune would tell where somebody lives."""
    told = {
        f.domain.place
        for c in load_contracts().values() if c.personal for e in c.entities for f in e.fields
        if f.domain and f.domain.place
    }  # fmt: skip
    assert told == {"departement", "domicile"}


@pytest.mark.parametrize(
    ("finess", "departement"),
    [
        ("010002228", "01"),
        ("2A0000014", "2A"),
        ("970100012", "971"),  # Guadeloupe: the fourth character, after 97
        ("970400016", "974"),
        ("980500003", "976"),  # Mayotte is numbered 9805, and its département is 976
        ("980100005", None),  # of no département: Saint-Pierre-et-Miquelon has its own numbers
        (None, None),
    ],
)
def test_a_row_that_names_no_place_lies_where_its_finess_number_says(
    finess: str | None, departement: str | None
) -> None:
    entity = load_contracts()["cnsa_gmp_pmp"].entities[0]
    key = next(f.name for f in entity.fields if f.domain and f.domain.name == "finess" and f.primary_key_position)
    typed = pl.DataFrame({key: [finess]}, schema={key: pl.String})
    day = pl.lit(date(2026, 3, 1))
    assert places.judge(typed, entity, [], day, day).departement.to_list() == [departement]
