"""A contract about persons says what its rows tell of them, or is refused: in words, with the place and the remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data_contracts.loading import SOURCES, ContractError, load_contracts
from data_contracts.person_entities import PersonEntity, person_entities, tables_given_back
from data_contracts.person_role import GIVE_BACKS, SHARED
from data_contracts.retention import load

NAMES = ("dui", "resid_esms", "viatrajectoire_pa", "viatrajectoire_ph", "consentements")
STAGING = Path(__file__).resolve().parents[2] / "dbt_project/models/staging"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The contracts about persons of the project, to be changed."""
    folder = tmp_path / "sources"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(SOURCES / f"{name}.odcs.yaml", folder)
    return folder


def _changed(sources: Path, name: str, before: str, after: str) -> str:
    """What is said of the contracts once this text of one of them was replaced."""
    path = sources / f"{name}.odcs.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ContractError) as refused:
        load_contracts(sources)
    return str(refused.value)


CASES = [
    ("consentements", "      - property: person\n        value:\n          kind: register\n"
     "          record: {field: usager_id, of: dui.usagers}\n"
     "          fields: {finalite: finalite, nature: nature, date_effet: date_effet, retire_le: retire_le}\n"
     "          retention: {class: consentements}\n", "",
     "registre.person : absent : dire ce que ces lignes disent des personnes"),
    ("resid_esms", "kind: stay", "kind: sejour", "residents.person.kind : « sejour » n'est pas admis (attendu"),
    ("resid_esms", "number: fiche_id", "numero: fiche_id", "« numero » : clé inconnue (vouliez-vous « number »"),
    ("resid_esms", "          number: fiche_id\n", "", "residents.person.number : absent : dire quel"),
    ("resid_esms", "retention: {class: administratives, contacts", "retention: {contacts",
     "residents.person.retention.class : absent"),
    ("resid_esms", "{class: administratives,", "{class: administrative,",
     "« administrative » n'est pas une classe de conservation.yaml (vouliez-vous « administratives » ?)"),
    ("resid_esms", "{class: administratives,", "{class: livraisons,", "« livraisons » n'est pas une classe"),
    ("resid_esms", "date_sortie: date_sortie, mois: mois", "mois: mois", "fields : date_sortie absent : dire"),
    ("resid_esms", "mois: mois,", "moi: mois,", "fields.moi : colonne inconnue de la couche (vouliez"),
    ("resid_esms", "contacts: [date_entree,", "contacts: [mois,", "retention.contacts : « mois » n'est pas une date"),
    ("resid_esms", "contacts: [date_entree,", "contacts: [date_entre,",
     "« date_entre » n'est pas une colonne conservée (vouliez-vous « date_entree » ?)"),
    ("resid_esms", "open: export", "open: toujours", "retention.open : « toujours » n'est pas admis"),
    ("resid_esms", "giveBack: [resid,", "giveBack: [residence,", "giveBack : « residence » n'est pas admis"),
    ("resid_esms", "  - {property: person, value: {system: resid, rank: 2}}\n", "",
     "person : absent alors que residents dit des séjours : déclarer le système et son rang"),
    ("resid_esms", "rank: 2", "rank: 1", "« dui » a déjà le rang 1 : dire lequel des deux est cru le premier"),
    ("viatrajectoire_pa", "rank: 3", "rank: 4", "le système « vt » est au rang 4 dans un autre contrat et 3 ici"),
    ("viatrajectoire_pa", "          public: PA\n", "", "demandes.person.public : absent : dire si ces demandes"),
    ("viatrajectoire_pa", "          reshaped: true", "          reshaped: false",
     "fields.statut : les valeurs de « statut » doivent être déclarées (acceptedValues) parmi admis, admissible"),
    ("viatrajectoire_ph", "of: dui.decisions, key: decision_id", "of: dui.decisions",
     "retention.via : « id_decision » n'est pas une colonne de dui.decisions"),
    ("viatrajectoire_ph", "of: dui.decisions", "of: dui.evaluation_reponses",
     "retention.via.of : « dui.evaluation_reponses » ne dit pas à qui sont ses lignes"),
    ("consentements", "of: dui.usagers", "of: dui.usager",
     "record.of : « dui.usager » ne tient pas de dossiers (kind: record) (vouliez-vous « dui.usagers » ?)"),
    ("consentements", "retire_le: retire_le", "retire_le: finalite", "« finalite » est de type string, date attendu"),
    ("consentements", "nature: nature", "nature: natures", "« natures » n'est pas une colonne conservée"),
    ("consentements", "[pilotage, appariement, recherche, toutes]", "[suivi, toutes]",
     "fields.finalite : les valeurs de « finalite » doivent être déclarées (acceptedValues) parmi pilotage"),
    ("dui", "          kind: other\n          record: {field: usager_id, of: dui.usagers}\n          giveBack",
     "          kind: other\n          giveBack", "evaluations.person.retention : à qui sont ces lignes ?"),
    ("dui", "but: {statut: [PLANIFIE, ANNULE]}", "but: {status: [PLANIFIE]}", "« status » n'est pas une colonne"),
    ("dui", "          number: decision_id\n", "          number: id_nat_decision\n",
     "decisions.person.number : la clé primaire doit être finess_et et « id_nat_decision »"),
    ("dui", "          kind: decision\n", "          kind: right\n", "un droit vient d'une décision"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "after", "said"), CASES, ids=[said for *_, said in CASES])
def test_what_a_role_lacks_is_said(sources: Path, name: str, before: str, after: str, said: str) -> None:
    assert said in _changed(sources, name, before, after)


def test_everything_is_said_at_once(sources: Path) -> None:
    path = sources / "resid_esms.odcs.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("rank: 2", "rank: 1"), encoding="utf-8")
    said = _changed(sources, "consentements", "of: dui.usagers", "of: dui.usager")
    assert [words in said for words in ("a déjà le rang 1", "ne tient pas de dossiers")] == [True, True]


def test_two_sources_of_records_whose_numbers_would_be_the_same_pseudonyms_are_refused(sources: Path) -> None:
    """Local numbers begin at 1 in every software: their persons would be one another's."""
    text = (sources / "dui.odcs.yaml").read_text(encoding="utf-8")
    text = (
        text.replace("id: dui\n", "id: autre\n", 1)
        .replace("rank: 1", "rank: 9")
        .replace("system: dui", "system: autre")
    )
    (sources / "autre.odcs.yaml").write_text(text.replace("dui.", "autre."), encoding="utf-8")
    with pytest.raises(
        ContractError, match=r"les numéros de autre\.usagers et de dui\.usagers auraient les mêmes pseudo"
    ):
        load_contracts(sources)


def test_a_contract_that_is_not_about_persons_has_no_role(sources: Path) -> None:
    text = (SOURCES / "cnsa_gmp_pmp.odcs.yaml").read_text(encoding="utf-8")
    role = "      - {property: person, value: {kind: other, retention: {class: services}}}\n"
    at = text.index("      - {property: unit")
    (sources / "cnsa_gmp_pmp.odcs.yaml").write_text(text[:at] + role + text[at:], encoding="utf-8")
    with pytest.raises(ContractError, match="déclaré alors que le contrat ne dit pas « personal: true »"):
        load_contracts(sources)


@pytest.mark.parametrize(
    "each", [e for e in person_entities(load_contracts()) if e.role.reshaped], ids=lambda each: each.name
)
def test_a_reshaped_table_has_a_model_that_gives_every_column_of_its_role(each: PersonEntity) -> None:
    """Contracts cannot read SQL: this holds what they say of a model that a person wrote."""
    [model] = STAGING.glob(f"personnes/*/stg_{each.table}.sql")
    sql = model.read_text(encoding="utf-8")
    role = each.role
    named = {*filter(None, [role.number]), *role.fields.values(), *role.numbers.values(), *each.identity_keys}
    assert sorted(name for name in named if f"{name}\n" not in sql and f"{name},\n" not in sql) == []


def test_the_tables_of_persons_have_their_class_and_feed_what_is_given_back() -> None:
    contracts = load_contracts()
    tables = {(c.id, e.name) for c in contracts.values() if c.personal for e in c.entities}
    assert {(h.source, h.entity) for h in load().tables} == tables
    for kind in GIVE_BACKS:
        assert tables_given_back(contracts, kind)["dui"] == (
            "usagers", "sejours", "evaluations", "decisions", "droits_prestations",
        )  # fmt: skip


def test_the_types_of_statements_are_those_that_the_layer_casts_unknown_ones_to() -> None:
    sql = (STAGING.parent / "intermediate/sejours/int_sejours__enonces.sql").read_text(encoding="utf-8")
    types = {"string": "dbt.type_string()", "date": "'date'", "boolean": "'boolean'"}
    assert [name for name, type in SHARED.items() if f"'{name}': {types[type]}" not in sql] == []
