"""A contract about persons says what its rows tell of them, or is refused: in words, with the place and the remedy."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from data_contracts.loading import SOURCES, ContractError, load_contracts, read_contracts
from data_contracts.person_entities import PersonEntity, gone, person_entities, tables_given_back
from data_contracts.person_role import GIVE_BACKS, NAMED_SYSTEMS, PREPARED, SHARED
from data_contracts.retention import load
from orchestration.restitution import dui_told

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
    ("dui", "number: usager_id,", "number: ins_statut,",
     "usagers.person.number : la clé primaire doit être finess_et et « ins_statut »"),
    ("dui", "          kind: decision\n", "          kind: right\n", "un droit vient d'une décision"),
    ("resid_esms", "{system: resid, rank: 2}", "{system: residesms, rank: 2}",
     "person.system : « residesms » : ce système se nomme « resid » dans les colonnes de dlnuf_sejours"),
    ("viatrajectoire_ph", "{system: vt, rank: 3}", "{system: vtph, rank: 4}", "« vtph » : ce système se nomme « vt »"),
    ("dui", "system: dui", "system: dossier", "« dossier » : ce système se nomme « dui »"),
    ("consentements", "          retention: {class: consentements}",
     "          giveBack: [ecarts]\n          retention: {class: consentements}",
     "person.giveBack : « ecarts » ne prend rien de consentements.registre : il lit à qui est un séjour"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "after", "said"), CASES, ids=[said for *_, said in CASES])
def test_what_a_role_lacks_is_said(sources: Path, name: str, before: str, after: str, said: str) -> None:
    assert said in _changed(sources, name, before, after)


@pytest.mark.parametrize("kind", ["viatrajectoire", "resid", "sdo"])
def test_what_a_source_feeds_must_take_something_of_it(sources: Path, kind: str) -> None:
    """The files given back are made of the tables whose formats are theirs: another source would feed nothing."""
    text = (sources / "resid_esms.odcs.yaml").read_text(encoding="utf-8")
    text = text.replace("id: resid_esms\n", "id: autre\n", 1).replace(
        "{system: resid, rank: 2}", "{system: autre, rank: 9}"
    )
    assert "giveBack: [resid, viatrajectoire, sdo, ecarts]" in text
    for given, refused in (("ecarts", False), (f"ecarts, {kind}", True)):
        written = text.replace("giveBack: [resid, viatrajectoire, sdo, ecarts]", f"giveBack: [{given}]")
        (sources / "autre.odcs.yaml").write_text(written, encoding="utf-8")
        said = "\n".join(read_contracts(sources)[1])
        assert (f"giveBack : « {kind} » ne prend rien de autre.residents" in said) is refused
        assert "« ecarts » ne prend rien" not in said


def test_a_table_that_sql_names_and_that_has_gone_is_said_by_name() -> None:
    contracts = load_contracts()
    assert gone(contracts) == []
    renamed = {("dui2" if name == "dui" else name): each for name, each in contracts.items()}
    renamed["dui2"] = replace(contracts["dui"], id="dui2")
    said = gone(renamed)
    assert [problem.partition(" : ")[0] for problem in said] == [
        "dui.odcs.yaml:1 · usagers", "dui.odcs.yaml:1 · sejours", "dui.odcs.yaml:1 · evaluations",
        "dui.odcs.yaml:1 · decisions", "dui.odcs.yaml:1 · decisions_remplacees",
        "dui.odcs.yaml:1 · droits_prestations",
    ]  # fmt: skip


def test_the_dates_that_mismatches_compare_are_told_by_some_table_of_each_system(sources: Path) -> None:
    for name in ("viatrajectoire_pa", "viatrajectoire_ph"):
        path = sources / f"{name}.odcs.yaml"
        text = path.read_text(encoding="utf-8")
        assert "date_sortie: date_sortie" in text
        path.write_text(
            text.replace("date_sortie: date_sortie, ", "").replace(", date_sortie: date_sortie", ""), encoding="utf-8"
        )
    said = "\n".join(read_contracts(sources)[1])
    assert said.count("aucune table du système « vt » ne dit date_sortie, que les écarts comparent entre systèmes") == 2


def test_the_systems_whose_names_are_kept_are_all_those_that_are_written_by_hand() -> None:
    """SQL and Python written by hand name no other system: those may be called anything."""
    root = STAGING.parents[2]
    texts = [path.read_text(encoding="utf-8")
             for folder, ending in (("dbt_project/models/dlnuf", "sql"), ("dbt_project/models/intermediate", "sql"),
                                    ("dbt_project/macros", "sql"), ("orchestration/restitution", "py"))
             for path in (root / folder).rglob(f"*.{ending}")
             if not path.name.startswith("int_sejours__etape_") and path.name != "person_roles.sql"]  # fmt: skip
    found = {name for text in texts
             for pair in re.findall(r"\best_dit_(\w+)|\b(\w+?)_date_(?:entree|sortie)\b|non_dite_(\w+)", text)
             for name in pair if name}  # fmt: skip
    assert found & {"dui", "resid", "vt"} == set(NAMED_SYSTEMS.values())
    assert found - set(NAMED_SYSTEMS.values()) <= {"s", "systeme"}


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
    every = ("usagers", "sejours", "evaluations", "decisions", "decisions_remplacees", "droits_prestations")
    for kind in GIVE_BACKS:  # of decisions, mismatches are those that the layer computes
        told = tuple(name for name in every if kind != "ecarts" or name != "decisions_remplacees")
        assert tables_given_back(contracts, kind)["dui"] == told


def test_the_types_of_statements_are_those_that_the_layer_casts_unknown_ones_to() -> None:
    sql = (STAGING.parent / "intermediate/sejours/int_sejours__enonces.sql").read_text(encoding="utf-8")
    types = {"string": "dbt.type_string()", "date": "'date'", "boolean": "'boolean'"}
    assert [name for name, type in SHARED.items() if f"'{name}': {types[type]}" not in sql] == []


def test_the_tables_that_may_feed_what_is_prepared_are_those_that_it_reads() -> None:
    tables = (
        dui_told.USAGERS, dui_told.SEJOURS, dui_told.EVALUATIONS, dui_told.DECISIONS, dui_told.REMPLACEES,
        dui_told.DROITS, dui_told.RESIDENTS, dui_told.DEMANDES, dui_told.ORIENTATIONS,
    )  # fmt: skip
    assert tuple(".".join(table) for table in tables) == PREPARED
