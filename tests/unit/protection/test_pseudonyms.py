"""Pseudonyms: two writings of one person give one key, two persons give two, and nothing of a value is stored."""

from __future__ import annotations

import hmac
import tracemalloc
from datetime import date

import polars as pl
import pytest
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from data_contracts import nomenclatures
from data_contracts.contract import Entity, Field
from data_contracts.privacy import Privacy
from ingest.protect import pseudonyms, traits
from ingest.protect.keyrings import Secret
from ingest.protect.pseudonyms import Pseudonyms, protected

SECRET = Secret("p1", "", b"\5" * 32)


def one(expression: pl.Expr, value: str | None) -> str | None:
    return pl.DataFrame({"v": [value]}, schema={"v": pl.String}).select(_=expression)["_"][0]


@pytest.mark.parametrize(
    ("given_name", "normalised"),
    [
        ("Dupond", "DUPOND"), ("  dupond ", "DUPOND"), ("Éléonore", "ELEONORE"), ("E\u0301léonore", "ELEONORE"),
        ("Le Goff", "LEGOFF"), ("Le-Goff", "LEGOFF"), ("D'Été", "DETE"), ("D’Été", "DETE"),
        ("Lefèvre-Nuñez", "LEFEVRENUNEZ"),
        ("Cœurdassier", "COEURDASSIER"), ("LÆTITIA", "LAETITIA"), ("Straße", "STRASSE"), ("Łukasz", "LUKASZ"),
        ("Ÿ 2 bis", "YBIS"), ("", None), ("1234", None), ("-", None), (None, None), ("Иван", None),
    ],
)  # fmt: skip
def test_names_are_compared_in_capitals_without_accents_letters_only(given_name, normalised) -> None:
    assert one(traits.name(pl.col("v")), given_name) == normalised


@pytest.mark.parametrize(
    ("given_names", "first"),
    [
        ("Jean", "JEAN"), ("Jean Pierre Marie", "JEAN"), ("Jean,Pierre", "JEAN"), ("Jean-Pierre Marie", "JEANPIERRE"),
        ("  Zoé , Anaïs", "ZOE"), ("Jean\u00a0Paul", "JEAN"), (", Marie", "MARIE"), (" ", None), (None, None),
    ],
)  # fmt: skip
def test_the_first_given_name_alone_counts_and_a_hyphen_does_not_end_it(given_names, first) -> None:
    assert one(traits.first_name(pl.col("v")), given_names) == first


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("187019999900168", "1870199999001"), ("1870199999001", "1870199999001"),
        ("1 87 01 99 999 001 68", "1870199999001"),
        ("187012a99900123", "187012A999001"), ("187012B999001", "187012B999001"), ("7870199999001", "7870199999001"),
        ("18701999990", None), ("inconnu", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_nir_is_its_thirteen_characters_with_the_letters_of_corsica(number, kept) -> None:
    assert one(traits.nir(pl.col("v")), number) == kept


@pytest.mark.parametrize(
    ("code", "kept"),
    [("75056", "75056"), ("1053", "01053"), ("2a004", "20004"), ("99351", "99351"), ("99999", None), ("Paris", None),
     ("", None), (None, None)],
)  # fmt: skip
def test_a_birth_place_is_a_cog_code(code, kept) -> None:
    assert one(traits.place(pl.col("v")), code) == kept


@pytest.mark.parametrize(
    ("code", "kept"),
    [("75056", "75"), ("1053", "01"), ("2A004", "2A"), ("2b033", "2B"), ("20000", "20"), ("97411", "974"),
     ("98818", "988"), ("99351", "99"), ("2A", "2A"), ("974", "974"), ("33", "33"), ("7", None), ("Lyon", None),
     ("750561", None), (None, None)],
)  # fmt: skip
def test_a_domicile_is_kept_as_its_departement(code, kept) -> None:
    assert one(pseudonyms.departement(pl.col("v")), code) == kept


@given(st.lists(st.one_of(st.none(), st.text()), max_size=40), st.binary(min_size=1, max_size=64))
def test_a_column_of_pseudonyms_is_the_hmac_of_the_standard_library(texts: list[str | None], key: bytes) -> None:
    texts = [t if t is None else t.encode("utf-8", "ignore").decode() for t in texts]
    column = pl.Series(texts * 2, dtype=pl.String)
    expected = [None if t is None else hmac.digest(key, t.encode(), "sha256").hex()[:32] for t in texts * 2]
    assert Pseudonyms(key).of_column(column).to_list() == expected
    assert [Pseudonyms(key).of(t) for t in texts if t is not None] == [
        e for e in expected[: len(texts)] if e is not None
    ]


ROLES = {
    "ins": "ins", "ins_type": "ins_type", "ins_statut": "ins_statut", "nir": "nir", "nom": "nom", "prenoms": "prenoms",
    "naissance": "ne_le", "sexe": "sexe", "lieu": "lieu", "mdph": "mdph",
}  # fmt: skip
PERSON = {
    "ins": "187019999900168", "ins_type": "INS-NIR", "ins_statut": "VALI", "nir": None, "nom": "Le Goff",
    "prenoms": "Jean-Loup Marie", "ne_le": date(1987, 1, 2), "sexe": "M", "lieu": "99351", "mdph": "MD 42",
}  # fmt: skip
TEXTS = {
    "cle_ins": "INS-NIR|1870199999001",
    "cle_traits": "T5|LEGOFF|JEANLOUP|1987-01-02|M|99351",
    "cle_nom_prenom": "T4|LEGOFF|JEANLOUPMARIE|1987-01-02|M",
    "cle_nir": "NIR|1870199999001|JEANLOUP|1987-01-02",
    "cle_sans_lieu": "SL|LEGOFF|JEANLOUP|1987-01-02",
    "cle_sans_nom": "SN|JEANLOUP|1987-01-02|99351",
    "cle_sans_prenom": "SP|LEGOFF|1987-01-02|M|99351",
    "cle_sans_naissance": "SD|LEGOFF|JEANLOUP|99351",
    "cle_deux_prenoms": "2P|LEGOFF|1987-01-02|JEAN+LOUP",
    "cle_numero": "NUM|NIR|1870199999001",
    "cle_mdph": "MDPH|MD42",
}
LISTS = {
    "cles_nom": (
        "JEANLOUP|1987-01-02|99351", "LEGOF", "EGOF", "LGOF", "LEOF", "LEGF", "LEGO", "GOF",
    ),
    "cles_nom_parties": ("JEANLOUP|1987-01-02|99351", "GOF"),
    "cles_prenom": (
        "LEGOFF|1987-01-02|M|99351", "JEANLOUP", "EANLOUP", "JANLOUP", "JENLOUP", "JEALOUP", "JEANOUP", "JEANLUP",
        "JEANLOP", "JEAN", "LOUP", "MARIE", "JEAN+LOUP",
    ),
    "cles_naissance": ("LEGOFF|JEANLOUP|99351", "JM1987-01-02", "AA78-01-02"),
    "cles_naissance_parties": ("LEGOFF|JEANLOUP|99351", "1987-01", "1987--02", "01-02"),
    "cles_deux_prenoms": ("LEGOFF|1987-01-02", "JEAN+LOUP", "JEAN+MARIE", "LOUP+MARIE"),
    "cles_numero": (
        "NIR|1870199999001", "JEAN", "LOUP", "MARIE", "JEANLOUP", "EANLOUP", "JANLOUP", "JENLOUP", "JEALOUP", "JEANOUP",
        "JEANLUP", "JEANLOP",
    ),
    "cles_numero_traits": ("NIR|1870199999001|JEANLOUP", "A1987M", "J01-02", "AA78-01-02"),
}  # fmt: skip


NUMBER = ("cle_numero", "qualite_numero", "cles_numero", "cles_numero_traits")
NEAR_NAMES, NEAR_BIRTHS = ("cles_nom", "cles_nom_parties"), ("cles_naissance", "cles_naissance_parties")
PLACED = ("cle_sans_nom", "cle_sans_prenom", "cle_sans_naissance", *NEAR_NAMES, "cles_prenom", *NEAR_BIRTHS)


def keys(**changed: object) -> dict[str, str | None]:
    schema = {role: pl.Date if role == "ne_le" else pl.String for role in PERSON}
    frame = pl.DataFrame([{**PERSON, **changed}], schema=schema)
    return {name: column[0] for name, column in pseudonyms.identity_keys(frame, ROLES, SECRET).items()}


def of_library(message: bytes) -> str:
    function = CMAC(algorithms.AES(SECRET.key("traits")))
    function.update(message)
    return function.finalize().hex()


def test_each_key_is_the_cmac_of_its_text() -> None:
    expected = {name: of_library(text.encode()) for name, text in TEXTS.items()}
    for name, (around, *writings) in LISTS.items():
        begun = f"{'cles_nom' if name == 'cles_nom_parties' else name}|{around}|".encode()
        begun += bytes(-len(begun) % 16)
        expected[name] = "".join(sorted(of_library(begun + writing.encode())[:16] for writing in writings))
    assert keys() == {**expected, "qualite_numero": "NIR_INS", "version_cle": f"p1-{SECRET.fingerprint[:8]}"}


@pytest.mark.parametrize(
    ("changed", "unknown"),
    [
        ({"ins_statut": "PROV"}, {"cle_ins"}),
        ({"ins_statut": None}, {"cle_ins"}),
        ({"ins_type": "INS-NIA"}, {"cle_nir"}),
        ({"ins_type": "autre"}, {"cle_ins", "cle_nir"}),
        ({"ins": None}, {"cle_ins", "cle_nir", *NUMBER}),
        (
            {"nom": "?"},
            {
                "cle_traits",
                "cle_nom_prenom",
                "cle_sans_lieu",
                "cle_sans_prenom",
                "cle_sans_naissance",
                "cle_deux_prenoms",
                "cles_deux_prenoms",
                *NEAR_NAMES,
                "cles_prenom",
                *NEAR_BIRTHS,
            },
        ),
        (
            {"ne_le": None},
            {
                "cle_traits",
                "cle_nom_prenom",
                "cle_nir",
                "cle_sans_lieu",
                "cle_sans_nom",
                "cle_sans_prenom",
                "cle_deux_prenoms",
                "cles_deux_prenoms",
                *NEAR_NAMES,
                "cles_prenom",
                *NEAR_BIRTHS,
                "cles_numero_traits",
            },
        ),
        ({"lieu": "99999"}, {"cle_traits", *PLACED}),
        ({"sexe": "X"}, {"cle_traits", "cle_nom_prenom", "cle_sans_prenom", "cles_prenom"}),
        # Born abroad on 1 January: the day is not known. In France, the register has one.
        (
            {"ne_le": date(1987, 1, 1)},
            {
                "cle_traits",
                "cle_sans_lieu",
                "cle_sans_nom",
                "cle_sans_prenom",
                "cle_deux_prenoms",
                "cles_deux_prenoms",
                *NEAR_NAMES,
                "cles_prenom",
                *NEAR_BIRTHS,
            },
        ),
        ({"ne_le": date(1987, 12, 31), "lieu": "01053"}, set()),
        ({"nom": "Legoff"}, {"cles_nom_parties"}),
        ({"prenoms": "Jean"}, {"cle_deux_prenoms", "cles_deux_prenoms"}),
        ({"mdph": " "}, {"cle_mdph"}),
    ],
)
def test_a_key_with_a_missing_part_is_unknown(changed: dict[str, object], unknown: set[str]) -> None:
    assert {name for name, value in keys(**changed).items() if value is None} == unknown


def test_ins_nir_and_ins_nia_are_two_identities() -> None:
    assert keys()["cle_ins"] != keys(ins_type="INS-NIA")["cle_ins"]


def test_a_stated_nir_comes_before_the_ins() -> None:
    assert keys(nir="2990199999002")["cle_nir"] != keys()["cle_nir"] == keys(nir="1870199999001")["cle_nir"]


def test_the_number_of_somebody_without_nir_makes_no_key_of_nir() -> None:
    frame = pl.DataFrame(
        {"nir": ["1870199999001"] * 3, "t": ["NIA", "NIR", None], "p": ["A"] * 3, "d": [date(1987, 1, 2)] * 3}
    )
    found = pseudonyms.identity_keys(frame, {"nir": "nir", "nir_type": "t", "prenoms": "p", "naissance": "d"}, SECRET)
    assert found["cle_nir"].is_null().to_list() == [True, False, False]


def field(name: str, kind: str = "string", privacy: Privacy | None = None) -> Field:
    return Field(name, name, kind, "", privacy=privacy)


ENTITY = Entity(
    "usagers", "", "",
    (
        field("finess_et"),
        field("usager_id", privacy=Privacy("identifiant", "usager_id", "usager", "finess_et")),
        field("decision_id", privacy=Privacy("identifiant", "decision_id", "decision")),
        field("nom", privacy=Privacy("trait", "nom")),
        field("nom_usage", privacy=Privacy("direct", "nom_usage")),
        field("ne_le", "date", Privacy("annee", "annee_naissance")),
        field("domicile", privacy=Privacy("departement", "departement_domicile")),
        field("motif", privacy=Privacy("libelle", "motif_code", nomenclature="motifs_essai")),
        field("sexe"),
    ),
    identity=(("nom", "nom"), ("prenoms", "nom"), ("naissance", "ne_le"), ("sexe", "sexe")),
)  # fmt: skip


@pytest.fixture
def motifs(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "motifs_essai.csv").write_text(
        "code;libelle;motif;valide_du;valide_au\n"
        "DECES;Décès;décé|mort;;\nDOMICILE;Retour à domicile;(retour|rentr).*(domicile|chez);;\nAUTRE;Autre;;;\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(nomenclatures, "FOLDER", tmp_path)
    pseudonyms._patterns.cache_clear()


def test_rows_become_those_of_the_stored_entity(motifs: None) -> None:
    rows = pl.DataFrame(
        {
            "finess_et": ["010000001", "010000002"], "usager_id": ["12", "12"], "decision_id": ["D1", None],
            "nom": ["Zorglub", None], "nom_usage": ["X", "Y"], "ne_le": [date(1931, 5, 6), None],
            "domicile": ["2A004", None], "motif": ["MORTE le 3", "  "], "sexe": ["F", "M"],
            "_ligne": [2, 3], "_collecte_le": [date(2025, 1, 1)] * 2, "millesime": [2024, 2024],
        }
    )  # fmt: skip
    found = protected(rows, ENTITY, SECRET)
    assert found.columns == [
        "finess_et", "sexe", "usager_id", "decision_id", "annee_naissance", "departement_domicile", "motif_code",
        "cle_nom_prenom", "cle_sans_lieu", "cle_deux_prenoms", "cles_deux_prenoms", "version_cle",
        "_ligne", "_collecte_le", "millesime",
    ]  # fmt: skip
    key = Pseudonyms(SECRET.key("identifiants"))
    assert found["usager_id"].to_list() == [key.of("usager|010000001|12"), key.of("usager|010000002|12")]
    assert found["decision_id"].to_list() == [key.of("decision|D1"), None]
    assert found["annee_naissance"].to_list() == [1931, None]
    assert found["departement_domicile"].to_list() == ["2A", None]
    assert found["motif_code"].to_list() == ["DECES", None]


@pytest.mark.parametrize(
    ("text", "code"),
    [("Décédée", "DECES"), ("DECEDE A L'HOPITAL", "DECES"), ("rentré chez sa fille Zoé", "DOMICILE"),
     ("Retour à Domicile", "DOMICILE"), ("parti avec M. Untel", "AUTRE"), ("", None), (None, None)],
)  # fmt: skip
def test_a_free_text_is_kept_as_the_first_code_whose_pattern_knows_it(motifs: None, text, code) -> None:
    assert one(pseudonyms.labelled(pl.col("v"), "motifs_essai"), text) == code


def test_an_empty_chunk_stays_empty(motifs: None) -> None:
    kinds = {"string": pl.String, "date": pl.Date}
    rows = pl.DataFrame(schema={f.name: kinds[f.logical_type] for f in ENTITY.fields})
    assert protected(rows, ENTITY, SECRET).height == 0


@pytest.mark.parametrize("height", [0, 1, 3])
def test_a_source_that_tells_one_role_has_its_key_alone(height: int) -> None:
    frame = pl.DataFrame({"m": [str(i) for i in range(height)]}, schema={"m": pl.String})
    found = pseudonyms.identity_keys(frame, {"mdph": "m"}, SECRET)
    assert {name: len(column) for name, column in found.items()} == {"cle_mdph": height, "version_cle": height}


def test_ids_of_one_esms_say_nothing_of_another_and_purposes_are_apart() -> None:
    ids, deliveries = Pseudonyms(SECRET.key("identifiants")), Pseudonyms(SECRET.key("livraisons"))
    assert ids.of("usager|010000001|12") != ids.of("usager|010000002|12")
    assert ids.of("x") != deliveries.of("x")
    assert len({SECRET.key(purpose) for purpose in ("traits", "identifiants", "livraisons", "chiffrement")}) == 4


def test_a_person_among_others_has_the_keys_of_a_person_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {**PERSON, "nom": nom, "ne_le": date(1987, 1, day)} for nom in ("Le Goff", None, "Zorglub") for day in (2, 3)
    ]
    frame = pl.DataFrame(rows, schema={role: pl.Date if role == "ne_le" else pl.String for role in PERSON})
    alone = [pseudonyms.identity_keys(frame[rank], ROLES, SECRET) for rank in range(frame.height)]
    monkeypatch.setattr(pseudonyms, "_SLICE", 4)
    together = pseudonyms.identity_keys(frame, ROLES, SECRET)
    assert {name: column.to_list() for name, column in together.items()} == {
        name: [keys[name][0] for keys in alone] for name in together
    }
    assert together["cle_traits"].n_unique() == 5  # four told apart, and what is not known


def test_a_long_text_takes_the_memory_of_its_bytes() -> None:
    """A cell may have a million characters: what fills its last block is a few bytes, whatever its length."""
    cmac, texts = pseudonyms.Cmac(bytes(16)), pl.Series(["A" * 200_000, "B"])
    tracemalloc.start()
    cmac.digests(texts)
    cmac.digests_less_one(texts, 14, cmac.states(pl.Series(["x|", "y|"])))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 200_000
