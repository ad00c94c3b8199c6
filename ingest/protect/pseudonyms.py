"""From validated rows to stored rows: identities become keyed pseudonyms, precise values become coarse.

Belongs here: the text behind each pseudonym, HMAC-SHA256 of numbers, the rules of privacy. Does not belong here: how
traits are written (`traits`), the function of their keys (`cmac`), what is private (`data_contracts.privacy` and the
contracts), findings (`masks`).

To change a text is to change every pseudonym made of it. The tests hold worked cases. Numbers (of an usager, of a stay)
keep HMAC-SHA256: registers quote them (a suspension names a person so), and they must be found again. The keys of
traits are compared with each other and quoted nowhere; a person has some forty of them, which AES-CMAC makes ten times
faster (docs/adr/0030).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import get_args

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from data_contracts.loading import Entity, Field
from data_contracts.nomenclatures import read_list
from data_contracts.privacy import VERSION, Form, KeyColumn, Role, key_columns
from ingest.protect import traits
from ingest.protect.cmac import Cmac
from ingest.protect.keyrings import Secret

TRAITS, IDENTIFIERS, DELIVERIES = "traits", "identifiants", "livraisons"
LENGTH = 32  # hexadecimal characters kept: 128 bits, which no collection of persons exhausts
OTHER = "AUTRE"  # a free text that no pattern knows
_SLICE = 8_192  # rows whose keys are made at once: their writings are some thirty times as many
_NONE = np.uint64(2**64 - 1)  # stands for no digest; one in 10^19 is it, and is then left out
_HEXADECIMAL = np.frombuffer("".join(f"{n:02x}" for n in range(256)).encode(), np.uint16)  # by byte
_CHARACTERS = 16  # that the half of a digest is written with
_BLOCK = 64  # bytes hashed at once by SHA-256 (FIPS 180-4), to which HMAC pads its key (RFC 2104)


class Pseudonyms:
    """HMAC-SHA256 with the key of one purpose, of texts and of columns of texts."""

    def __init__(self, key: bytes) -> None:
        # The two padded keys are absorbed once; each value then copies the two states. Measured on two million traits:
        # 1.0 µs a value, against 2.1 for hmac.digest and 1.6 for DuckDB's sha256 on two cores.
        padded = key.ljust(_BLOCK, b"\0")
        self._inner: Callable[[], hashlib._Hash] = hashlib.sha256(bytes(b ^ 0x36 for b in padded)).copy
        self._outer: Callable[[], hashlib._Hash] = hashlib.sha256(bytes(b ^ 0x5C for b in padded)).copy

    def of(self, text: str) -> str:
        """The pseudonym of one text."""
        return self._digest(text.encode()).hex()[:LENGTH]

    def of_column(self, texts: pl.Series) -> pl.Series:
        """The pseudonym of each text; NULL for NULL. Texts that come back are hashed once."""
        return traits.once_each(texts, self._hashed)

    def _hashed(self, texts: pl.Series) -> pl.Series:
        made = b"".join(map(self._digest, texts.cast(pl.Binary).to_list()))
        digests = np.frombuffer(made, np.uint64).reshape(-1, 4)
        return _side_by_side(digests[:, : LENGTH // _CHARACTERS], np.ones(len(texts), np.int64))

    def _digest(self, value: bytes) -> bytes:
        inner = self._inner()
        inner.update(value)
        outer = self._outer()
        outer.update(inner.digest())
        return outer.digest()


def label(secret: Secret) -> str:
    """The value of `version_cle`: the version, and the beginning of its fingerprint."""
    return f"{secret.version}-{secret.fingerprint[:8]}"


def of_delivery(sha256: str, secret: Secret) -> str:
    """What is published instead of the SHA-256 of a file about persons.

    The content of a short file, such as a register of one line, can be guessed; its SHA-256 would confirm the guess.
    """
    return Pseudonyms(secret.key(DELIVERIES)).of(sha256)


def protected(rows: pl.DataFrame, entity: Entity, secret: Secret) -> pl.DataFrame:
    """Validated rows of a declared entity -> rows of its stored entity, in order, with their technical columns.

    Every column that is neither stored nor technical (its name begins with « _ », or is millesime) is left behind.
    """
    stored = entity.stored
    if stored is entity:
        return rows
    names = {f.name for f in entity.fields}
    technical = [c for c in rows.columns if c not in names]
    columns = {f.name: rows[f.name] for f in entity.fields if f.privacy is None}
    identifiers = Pseudonyms(secret.key(IDENTIFIERS))
    for field in entity.fields:
        if field.privacy is not None and field.privacy.is_stored:
            columns[field.privacy.name] = _replaced(rows, field, identifiers)
    columns |= identity_keys(rows, dict(entity.identity), secret) if entity.identity else {}
    return pl.DataFrame([columns[f.name].alias(f.name) for f in stored.fields] + [rows[c] for c in technical])


def identifier(rows: pl.DataFrame, field: Field, secret: Secret) -> pl.Series:
    """The pseudonyms of an identifier of validated rows."""
    return _replaced(rows, field, Pseudonyms(secret.key(IDENTIFIERS)))


def _replaced(rows: pl.DataFrame, field: Field, identifiers: Pseudonyms) -> pl.Series:
    privacy = field.privacy
    if privacy is None:
        raise ValueError(field.name)
    match privacy.rule:
        case "identifiant":
            parts = [pl.lit(privacy.domain), *([pl.col(privacy.per)] if privacy.per else []), pl.col(field.name)]
            return identifiers.of_column(_column(rows, _joined(*parts)))
        case "annee":
            return _column(rows, pl.col(field.name).dt.year().cast(pl.Int64))
        case "departement":
            return traits.by_value(rows[field.name], departement)
        case "libelle":
            return traits.by_value(rows[field.name], partial(labelled, nomenclature=privacy.nomenclature or ""))
    raise ValueError(f"règle de confidentialité inconnue : {privacy.rule}")


def identity_keys(rows: pl.DataFrame, identity: dict[str, str], secret: Secret) -> dict[str, pl.Series]:
    """The key columns of an identity (role -> column of `rows`), and the version of their key."""
    unknown = {role: pl.lit(None, pl.Date if role == "naissance" else pl.String) for role in get_args(Role)}
    told = rows.select(**{role: pl.col(field) for role, field in identity.items()})
    told = told.with_columns(**{role: nothing for role, nothing in unknown.items() if role not in identity})
    keys, cmac = key_columns(identity), Cmac(secret.key(TRAITS))
    slices = [_keys(told.slice(start, _SLICE), keys, cmac) for start in range(0, max(told.height, 1), _SLICE)]
    return {**pl.concat(slices).to_dict(), VERSION: pl.repeat(label(secret), rows.height, dtype=pl.String, eager=True)}


def _keys(told: pl.DataFrame, keys: Sequence[KeyColumn], cmac: Cmac) -> pl.DataFrame:
    named = traits.normalised(told).with_columns(**_number())
    names = {form: [key.name for key in keys if key.form == form] for form in get_args(Form)}
    made = {
        **_whole(named, names["key"], cmac),
        **{name: _list(name, named, cmac) for name in names["list"]},
        **named.select(names["code"]).to_dict(),
    }
    return pl.DataFrame({key.name: made[key.name] for key in keys})


def _whole(named: pl.DataFrame, names: Sequence[str], cmac: Cmac) -> dict[str, pl.Series]:
    """The pseudonyms of whole texts, all columns at once."""
    if not names:
        return {}
    texts = pl.concat(named.select(**{name: _TEXTS[name] for name in names}).get_columns())
    known = texts.is_not_null().to_numpy()
    made = _side_by_side(cmac.digests(texts.drop_nulls()), known.astype(np.int64))
    return {name: made.slice(rank * named.height, named.height) for rank, name in enumerate(names)}


def _list(name: str, named: pl.DataFrame, cmac: Cmac) -> pl.Series:
    """The short pseudonyms of the writings of each row, once each, side by side: each of the name of the list, what
    stands around, and the writing. NULL when the row has no writing, or nothing around.

    They are in alphabetical order: their places tell nothing of which writing each is of.
    """
    of = _WRITINGS[name]
    # What comes first is absorbed once a row. It ends with a bar, which no writing has: no two messages are alike.
    begun = _column(named, _joined(pl.lit(of.mark or name), *of.around, pl.lit("")))
    is_told = begun.is_not_null().to_numpy()
    states = np.zeros((named.height, 2), np.uint64)
    states[is_told] = cmac.states(begun.drop_nulls())
    texts = pl.concat(named.select(**{str(i): text for i, text in enumerate(of.texts)}).get_columns())
    width, places = len(of.texts), traits.LONGEST_TYPED if of.mistyped else 0
    made = np.full((named.height, width + places), _NONE)
    known = np.flatnonzero(texts.is_not_null().to_numpy() & np.tile(is_told, width))
    place, row = np.divmod(known, named.height)
    made[row, place] = cmac.digests(texts.gather(known), states[row])[:, 0]
    if of.mistyped:
        letters = named[of.mistyped].str.len_bytes().fill_null(0).cast(pl.Int64).to_numpy()
        rows = np.flatnonzero(is_told & (letters >= traits.SHORTEST_TYPED))
        less = cmac.digests_less_one(named[of.mistyped].gather(rows), places, states[rows])[:, :, 0]
        made[rows, width:] = np.where(np.arange(places) < letters[rows, None] - of.kept, less, _NONE)
    made = np.sort(made.byteswap(), axis=1)
    is_new = made != _NONE
    is_new[:, 1:] &= made[:, 1:] != made[:, :-1]
    return _side_by_side(made[is_new].byteswap().reshape(-1, 1), is_new.sum(axis=1))


def _side_by_side(digests: npt.NDArray[np.uint64], counts: npt.NDArray[np.int64]) -> pl.Series:
    """Texts of so many of these digests each, in hexadecimal, one after the other; NULL for none."""
    characters = _HEXADECIMAL[np.ascontiguousarray(digests).view(np.uint8).reshape(-1)]
    ends = np.cumsum(counts) * (digests.shape[1] * _CHARACTERS)
    parts = (np.packbits(counts > 0, bitorder="little"), np.concatenate([np.zeros(1, np.int64), ends]), characters)
    array = pa.Array.from_buffers(pa.large_string(), len(counts), [pa.py_buffer(part) for part in parts])
    return pl.Series(array)


def _number() -> dict[str, pl.Expr]:
    """The number that is most surely the person's own, its nature and its quality: their INS when it is qualified, else
    the one that agrees with their traits."""
    ins, number, kind = pl.col("_ins"), pl.col("_nir"), pl.col("_type_ins")
    said = pl.col("nir_type").str.to_uppercase().fill_null("NIR")
    valid = (pl.col("ins_statut") == "VALI") & pl.col("_ins_se_tient")
    qualified = (valid & ins.is_not_null() & kind.is_not_null()).fill_null(False)
    of_ins = qualified | (
        ins.is_not_null() & (pl.col("_ins_est_propre") | number.is_null() | ~pl.col("_nir_est_propre"))
    )
    best = pl.when(of_ins).then(ins).otherwise(number)
    own = pl.when(of_ins).then(pl.col("_ins_est_propre")).otherwise(pl.col("_nir_est_propre"))
    has_key = pl.when(of_ins).then(pl.col("_ins_a_une_cle")).otherwise(pl.col("_nir_a_une_cle"))
    nature = traits.nature(best, pl.when(of_ins).then(kind).otherwise(said))
    quality = (
        pl.when(qualified).then(pl.lit("INS"))
        .when(own & has_key).then(pl.lit("PROPRE"))
        .when(own).then(pl.lit("SANS_CLE"))
        .otherwise(pl.lit("AUTRE"))
    )  # fmt: skip
    return {
        "_ins_qualifiee": pl.when(valid).then(ins),
        "_numero_nir": pl.coalesce(
            pl.when(said.str.ends_with("NIR")).then(number), pl.when(kind == "INS-NIR").then(ins)
        ),
        "_numero": nature + pl.lit("|") + best,
        "qualite_numero": nature + pl.lit("_") + quality,
    }


def _joined(*parts: pl.Expr) -> pl.Expr:
    """Parts joined by bars; NULL as soon as one of them is unknown."""
    return pl.concat_str(parts, separator="|", ignore_nulls=False)


def _text(mark: str, *parts: str) -> pl.Expr:
    return _joined(pl.lit(mark), *(pl.col(f"_{part}") for part in parts))


# What each key is the HMAC of, over the normalised parts.
_TEXTS = {
    "cle_ins": _joined(pl.col("_type_ins"), pl.col("_ins_qualifiee")),
    "cle_traits": _text("T5", "nom", "prenom", "naissance_sure", "sexe", "lieu"),
    "cle_nom_prenom": _text("T4", "nom", "tous_prenoms", "naissance", "sexe"),
    "cle_nir": _text("NIR", "numero_nir", "prenom", "naissance"),
    "cle_sans_lieu": _text("SL", "nom", "prenom", "naissance_sure"),
    "cle_sans_nom": _text("SN", "prenom", "naissance_sure", "departement"),
    "cle_sans_prenom": _text("SP", "nom", "naissance_sure", "sexe", "departement"),
    "cle_sans_naissance": _text("SD", "nom", "prenom", "departement"),
    "cle_deux_prenoms": _text("2P", "nom", "naissance_sure", "deux_prenoms"),
    "cle_numero": _text("NUM", "numero"),
    "cle_mdph": _text("MDPH", "mdph"),
}


@dataclass(frozen=True)
class _Writings:
    """What a list of short keys is made of: writings of one trait, each beside these parts.

    mistyped: the column of which each text with one letter less is a writing too; its last letters, so many of them,
    are no mistake (`kept`). mark: the list whose writings these are compared with, when it is another.
    """

    texts: list[pl.Expr]
    around: tuple[pl.Expr, ...]
    mistyped: str | None = None
    kept: int = 0
    mark: str | None = None


_KNOWN_DAY = pl.when(pl.col("_naissance_sure").is_not_null()).then(pl.col("naissance"))
_BESIDE_NAME = (pl.col("_prenom"), pl.col("_naissance_sure"), pl.col("_departement"))
_BESIDE_BIRTH = (pl.col("_nom"), pl.col("_prenom"), pl.col("_departement"))
# The last letter of a given name is no mistake: it makes another name of it. Marie and Maria, Louis and Louise, Lucien
# and Lucie are given to twins.
_LAST_OF_GIVEN = 1
# Of a number, what says that it is of one person: a given name, near ones included (twins may bear one number by
# mistake, and have the name and the birth in common); or the given name, and what one mistake leaves of the birth.
_WRITINGS = {
    "cles_nom": _Writings(traits.name_writings(), _BESIDE_NAME, "_son"),
    # What is a part of a name is looked for among whole ones.
    "cles_nom_parties": _Writings(traits.name_parts(), _BESIDE_NAME, mark="cles_nom"),
    "cles_prenom": _Writings(
        traits.given_writings(),
        (pl.col("_nom"), pl.col("_naissance_sure"), pl.col("_sexe"), pl.col("_departement")),
        "_son_prenom",
        _LAST_OF_GIVEN,
    ),
    "cles_deux_prenoms": _Writings(traits.two_given_names(), (pl.col("_nom"), pl.col("_naissance_sure"))),
    "cles_naissance": _Writings(traits.birth_writings(_KNOWN_DAY), _BESIDE_BIRTH),
    "cles_naissance_parties": _Writings(traits.birth_parts(_KNOWN_DAY), _BESIDE_BIRTH),
    "cles_numero": _Writings(
        [*traits.given_names(), pl.col("_son_prenom")], (pl.col("_numero"),), "_son_prenom", _LAST_OF_GIVEN
    ),
    "cles_numero_traits": _Writings(
        traits.birth_remains(pl.col("naissance"), pl.col("_sexe")), (pl.col("_numero"), pl.col("_prenom"))
    ),
}


def _column(rows: pl.DataFrame, expression: pl.Expr) -> pl.Series:
    return rows.select(_=expression)["_"]


def departement(code: pl.Expr) -> pl.Expr:
    """The département of a COG code, of a postal code, or of its own code; three characters overseas. Else NULL.

    A postal code of Corsica (20xxx) gives 20, because it does not say whether it is of 2A or of 2B.
    """
    compact = traits.without_spaces(code)
    padded = pl.when(compact.str.len_chars() == 4).then(compact.str.zfill(5)).otherwise(compact)
    whole = padded.str.contains(r"^([0-9]{5}|2[AB][0-9]{3})$")
    alone = padded.str.contains(r"^([0-9][0-9]|2[AB]|9[78][0-9])$")
    overseas = padded.str.contains(r"^9[78][0-9]")
    return pl.when(whole | alone).then(pl.when(overseas).then(padded.str.head(3)).otherwise(padded.str.head(2)))


def labelled(text: pl.Expr, nomenclature: str) -> pl.Expr:
    """The code of the first pattern of a list that a free text matches, AUTRE when none does."""
    folded = traits.unaccented(text).str.to_lowercase()
    chosen = pl.when(folded.str.contains(r"\S")).then(pl.lit(OTHER))
    for code, pattern in reversed(_patterns(nomenclature)):
        chosen = pl.when(folded.str.contains(pattern)).then(pl.lit(code)).otherwise(chosen)
    return chosen


@lru_cache(maxsize=16)
def _patterns(nomenclature: str) -> list[tuple[str, str]]:
    """(code, pattern) of a list. Patterns have no accents and ignore capitals.

    Raises:
        ValueError: a pattern that is not a regular expression.
    """
    patterns = []
    for row in read_list(nomenclature):
        if not row.get("motif"):
            continue
        bare = "".join(c for c in unicodedata.normalize("NFKD", row["motif"]) if not unicodedata.combining(c))
        try:
            re.compile(bare)
        except re.error as error:
            raise ValueError(f"nomenclature {nomenclature}, code {row['code']} : motif illisible ({error})") from error
        patterns.append((row["code"], f"(?i){bare}"))
    return patterns
