"""What a contract says of persons: which columns are stored, and every mistake said at once; mapping files."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts.loading import ContractError, load_contracts
from data_contracts.schemas import arrow_schema
from ingest.fingerprint import digest

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: dui
name: Dossiers inventés
version: 1.0.0
domain: accompagnement
customProperties:
  - {property: personal, value: true}
  - property: layouts
    value: [{code: csv, entity: usagers, reader: csv, millesime: {none: true}}]
schema:
  - name: usagers
    customProperties:
      - {property: unit, value: {kind: ET, field: finess_et}}
      - {property: observations, value: none}
      - property: person
        value: {kind: record, number: usager_id, retention: {class: administratives}}
      - property: identity
        value: {ins: matricule, ins_type: ins_type, ins_statut: ins_statut, nom: nom, prenoms: prenoms,
                naissance: ne_le, sexe: sexe, lieu: commune}
    properties:
      - {name: finess_et, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1,
         logicalTypeOptions: {pattern: '^[0-9AB]{9}$'}, customProperties: [{property: keyCheck, value: finess}]}
      - {name: usager_id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 2,
         customProperties: [{property: privacy, value: {rule: identifiant, domain: usager, per: finess_et}}]}
      - {name: matricule, logicalType: string, customProperties: [{property: privacy, value: trait},
         {property: keyCheck, value: nir}]}
      - {name: ins_type, logicalType: string, customProperties: [{property: acceptedValues, value: [INS-NIR, INS-NIA]}]}
      - {name: ins_statut, logicalType: string, customProperties: [{property: acceptedValues, value: [VALI, PROV]}]}
      - {name: nom, logicalType: string, customProperties: [{property: privacy, value: trait}]}
      - {name: prenoms, logicalType: string, customProperties: [{property: privacy, value: trait}]}
      - {name: ne_le, logicalType: date,
         customProperties: [{property: privacy, value: {rule: annee, name: annee_naissance}}]}
      - {name: sexe, logicalType: string, customProperties: [{property: acceptedValues, value: [M, F, I]}]}
      - {name: commune, logicalType: string, customProperties: [{property: privacy, value: trait}]}
      - {name: domicile, logicalType: string,
         customProperties: [{property: privacy, value: {rule: departement, name: departement_domicile}}]}
"""
MAPPING = """
product: inventia
contract: dui
version: "1.0"
files:
  - code: personnes
    filename: 'inventia_(?P<annee>20\\d{2})(?P<mois>\\d{2})(?P<jour>\\d{2})'
    options: {separator: ';'}
    dates: ['%d/%m/%Y']
    tables:
      usagers:
        distinct: true
        fields:
          finess_et: {column: FINESS}
          usager_id: {joined: [Dossier, Site]}
          ins_type: {constant: INS-NIR, when: INS}
          sexe: {column: Civilité, codes: {M.: M, Mme: F}}
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "dui.odcs.yaml").write_text(CONTRACT, encoding="utf-8")
    return folder


def _mapped(sources: Path, text: str) -> None:
    folder = sources.parent / "mappings"
    folder.mkdir(exist_ok=True)
    (folder / "inventia.yaml").write_text(text, encoding="utf-8")


def test_the_stored_entity_has_plain_fields_then_replaced_ones_then_the_keys_of_the_identity(sources: Path) -> None:
    stored = load_contracts(sources)["dui"].entity("usagers").stored
    assert [f.name for f in stored.fields] == [
        "finess_et", "ins_type", "ins_statut", "sexe",
        "usager_id", "annee_naissance", "departement_domicile",
        "cle_ins", "cle_traits", "cle_nom_prenom", "cle_nir", "cle_sans_lieu", "cle_sans_nom", "cle_sans_prenom",
        "cle_sans_naissance", "cle_deux_prenoms", "cle_numero", "qualite_numero", "cles_nom",
        "cles_nom_parties", "cles_prenom", "cles_deux_prenoms", "cles_naissance", "cles_naissance_parties",
        "cles_numero", "cles_numero_traits", "version_cle",
    ]  # fmt: skip
    assert stored.primary_key == ("finess_et", "usager_id")
    assert stored.stored is stored
    assert str(arrow_schema(stored).field("annee_naissance").type) == "int64"


def test_an_entity_without_anything_private_is_stored_as_it_is() -> None:
    entity = load_contracts()["finess"].entity("et")
    assert entity.stored is entity


def test_a_primary_key_may_name_keys_of_the_identity(sources: Path) -> None:
    text = CONTRACT.replace(
        "      - {property: observations, value: none}",
        "      - {property: observations, value: none}\n"
        "      - {property: primaryKey, value: [finess_et, cle_nom_prenom]}",
    ).replace("{kind: record,", "{kind: record, reshaped: true,")
    (sources / "dui.odcs.yaml").write_text(text, encoding="utf-8")
    entity = load_contracts(sources)["dui"].entity("usagers")
    assert entity.primary_key == entity.stored.primary_key == ("finess_et", "cle_nom_prenom")
    assert entity.stored.identity_in_key == ("cle_nom_prenom",)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("value: trait}]}\n      - {name: prenoms", "value: trai}]}\n      - {name: prenoms",
         "privacy.rule : « trai » n'est pas admis (vouliez-vous « trait » ?)"),
        ("name: annee_naissance}", "nm: annee_naissance}", "privacy : « nm » : clé inconnue"),
        ("{rule: annee, name: annee_naissance}", "{rule: annee}", "privacy.name : absent"),
        ("name: annee_naissance}", "name: ins_type}", "colonne conservée « ins_type » obtenue deux fois"),
        ("per: finess_et}", "per: finess}", "privacy.per : « finess » n'est pas admis"),
        ("lieu: commune}", "lieu: comune}", "« comune » n'est pas admis (vouliez-vous « commune » ?)"),
        ("naissance: ne_le", "naisance: ne_le", "identity : « naisance » : clé inconnue (vouliez-vous « naissance »"),
        ("{property: personal, value: true}", "{property: personal, value: false}", "personal : absent"),
        ("value: {rule: identifiant, domain: usager, per: finess_et}", "value: trait",
         "un champ jamais conservé ne peut pas être dans la clé primaire"),
        ("{property: keyCheck, value: nir}", "{property: keyCheck, value: nirr}", "keyCheck : « nirr »"),
        ("{pattern: '^[0-9AB]{9}$'}", "{minLength: 1}", "conservé en clair sur des personnes, sans nomenclature"),
        ("'^[0-9AB]{9}$'", "'^[0-9AB]+$'", "son pattern admet « 1850175056001 »"),
        ("'^[0-9AB]{9}$'", "'^[0-9]{2,9}$'", "son pattern admet « 23111937 »"),
        ("'^[0-9AB]{9}$'", "'^[0-9]{1,6}$'", "son pattern admet « 231137 »"),
        ("'^[0-9AB]{9}$'", "'^[a-z]+-[a-z-]{1,40}$'", "son pattern admet « zorglubellin-ysmerile »"),
        ("'^[0-9AB]{9}$'}, customProperties: [{property: keyCheck, value: finess}]", "'^[0-9]{9}$'}",
         "son pattern admet « 137119999 »"),
        ("'^[0-9AB]{9}$'", "'^[A-Z]{1,9}$'", "son pattern admet « MARTIN »"),
        ("{name: sexe, logicalType: string, customProperties: [{property: acceptedValues, value: [M, F, I]}]}",
         "{name: sexe, logicalType: integer}", "maximum absent"),
        ("field: finess_et}}", "field: nom}}", "unit : « nom » n'est pas une colonne conservée"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_privacy_is_said(sources: Path, before: str, after: str, said: str) -> None:
    assert before in CONTRACT
    (sources / "dui.odcs.yaml").write_text(CONTRACT.replace(before, after), encoding="utf-8")
    with pytest.raises(ContractError) as raised:
        load_contracts(sources)
    assert said in str(raised.value)


def test_nine_digits_without_a_key_are_stored_for_a_reason_that_the_contract_gives(sources: Path) -> None:
    key, reason = "{property: keyCheck, value: finess}", "{property: clearReason, value: Neuf chiffres sans clé.}"
    (sources / "dui.odcs.yaml").write_text(CONTRACT.replace(key, reason), encoding="utf-8")
    assert load_contracts(sources)["dui"].entity("usagers").field("finess_et").clear_reason


def test_a_personal_contract_that_protects_nothing_is_refused(sources: Path) -> None:
    start, end = CONTRACT.index("      - property: identity"), CONTRACT.index("    properties:")
    text = CONTRACT[:start] + CONTRACT[end:]
    for rule in (
        "{rule: identifiant, domain: usager, per: finess_et}",
        "trait",
        "{rule: annee, name: annee_naissance}",
        "{rule: departement, name: departement_domicile}",
    ):
        text = text.replace(f"{{property: privacy, value: {rule}}}", "{property: proof, value: S}")
    (sources / "dui.odcs.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match="tout serait conservé en clair"):
        load_contracts(sources)


def test_a_mapping_file_adds_a_layout_that_carries_its_fields_and_changes_the_digest(sources: Path) -> None:
    before = digest(load_contracts(sources)["dui"])
    _mapped(sources, MAPPING)
    contract = load_contracts(sources)["dui"]
    layout = contract.layout("inventia_personnes")
    assert (layout.version, layout.reader, layout.entities) == ("1.0", "csv_produit", ("usagers",))
    assert contract.fields_in(layout, contract.entity("usagers")) == {
        name: name for name in ("finess_et", "usager_id", "ins_type", "sexe")
    }
    assert layout.options["tables"]["usagers"]["fields"]["sexe"]["codes"] == {"M.": "M", "Mme": "F"}
    assert layout.millesime == {"none": True, "closing": "12-31"}
    mapped = digest(contract)
    _mapped(sources, MAPPING.replace("Mme: F", "Madame: F"))
    assert len({before, mapped, digest(load_contracts(sources)["dui"])}) == 3


def test_every_problem_of_a_mapping_is_said_at_once(sources: Path) -> None:
    text = MAPPING.replace("usager_id: {joined", "usager: {joined").replace("{column: Civilité, ", "{")
    _mapped(sources, text + "      sejour: {fields: {finess_et: {column: FINESS}}}\n")
    with pytest.raises(ContractError) as raised:
        load_contracts(sources)
    said = str(raised.value)
    for words in (
        "inventia.yaml:15 · files.personnes.usagers.fields.usager : « usager » n'est pas admis"
        " (vouliez-vous « usager_id »",
        "files.personnes.usagers.fields.sexe : dire d'où vient la valeur, par un seul de : column, constant, joined",
        "inventia.yaml:11 · files.personnes.usagers : champ de la clé absent : usager_id",
        "inventia.yaml:18 · files.personnes.sejour : « sejour » n'est pas admis",
    ):
        assert words in said


def test_a_mapping_says_which_contract_it_serves(sources: Path) -> None:
    _mapped(sources, MAPPING.replace("contract: dui", "contract: dvi"))
    with pytest.raises(ContractError, match=r"inventia.yaml:3 · contract : .*« dvi » .*vouliez-vous « dui »"):
        load_contracts(sources)
