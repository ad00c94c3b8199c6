"""From validated rows to stored rows: identities become keyed pseudonyms, precise values become coarse.

Belongs here: the text behind each pseudonym, HMAC-SHA256, the rules of privacy. Does not belong here: how traits are
written (`traits`), what is private (`data_contracts.privacy` and the contracts), findings (`masks`).

To change a text is to change every pseudonym made of it. The tests hold worked cases.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, partial
from typing import get_args

import polars as pl

from data_contracts.loading import Entity, Field
from data_contracts.nomenclatures import read_list
from data_contracts.privacy import SHORT, VERSION, KeyColumn, Role, key_columns
from ingest.protect import traits
from ingest.protect.keyrings import Secret

PERSONS, IDENTIFIERS, DELIVERIES = "personnes", "identifiants", "livraisons"
LENGTH = 32  # hexadecimal characters kept: 128 bits, which no collection of persons exhausts
OTHER = "AUTRE"  # a free text that no pattern knows
_MOSTLY_DISTINCT = 0.8  # share beyond which looking texts up costs more than hashing them all
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

    def of_column(self, texts: pl.Series, length: int = LENGTH) -> pl.Series:
        """The pseudonym of each text, so many characters; NULL for NULL. Texts that come back are hashed once."""
        distinct = texts.unique()
        if len(distinct) > _MOSTLY_DISTINCT * len(texts):
            return self._hashed(texts, length)
        table = pl.DataFrame({"texte": distinct, "pseudonyme": self._hashed(distinct, length)})
        return texts.to_frame("texte").join(table, on="texte", how="left", maintain_order="left")["pseudonyme"]

    def beside(self, mark: str, around: pl.Series, writings: pl.DataFrame) -> pl.Series:
        """The short pseudonyms of the writings of each row, once each, side by side: each of the mark, what stands
        around, and the writing. NULL when the row has no writing, or nothing around.

        They are in alphabetical order: their places tell nothing of which writing each is of.
        """
        # What comes first is absorbed once a row, and no text is put together: half the cost of hashing each whole.
        started, outer, size = self._inner(), self._outer, SHORT // 2
        started.update(mark.encode())
        found: list[str | None] = []
        for before, *texts in zip(around.to_list(), *(w.to_list() for w in writings), strict=True):
            distinct = set(texts)
            distinct.discard(None)
            if before is None or not distinct:
                found.append(None)
                continue
            base, shorts = started.copy(), []
            base.update(f"|{before}|".encode())
            for text in distinct:
                inner, whole = base.copy(), outer()
                inner.update(text.encode())
                whole.update(inner.digest())
                shorts.append(whole.digest()[:size])
            shorts.sort()
            found.append(b"".join(shorts).hex())
        return pl.Series(found, dtype=pl.String)

    def _hashed(self, texts: pl.Series, length: int) -> pl.Series:
        digest = self._digest
        digests = [None if value is None else digest(value) for value in texts.cast(pl.Binary).to_list()]
        return pl.Series(digests, dtype=pl.Binary).bin.encode("hex").str.head(length)

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
            return _by_value(rows[field.name], departement)
        case "libelle":
            return _by_value(rows[field.name], partial(labelled, nomenclature=privacy.nomenclature or ""))
    raise ValueError(f"règle de confidentialité inconnue : {privacy.rule}")


def identity_keys(rows: pl.DataFrame, identity: dict[str, str], secret: Secret) -> dict[str, pl.Series]:
    """The key columns of an identity (role -> column of `rows`), and the version of their key."""
    unknown = {role: pl.lit(None, pl.Date if role == "naissance" else pl.String) for role in get_args(Role)}
    named = rows.select(**{role: pl.col(field) for role, field in identity.items()})
    named = named.with_columns(**{role: nothing for role, nothing in unknown.items() if role not in identity})
    named = traits.normalised(named).with_columns(**_number())
    persons = Pseudonyms(secret.key(PERSONS))
    keys = {key.name: _key(key, named, persons) for key in key_columns(identity)}
    return {**keys, VERSION: pl.repeat(label(secret), rows.height, dtype=pl.String, eager=True)}


def _key(key: KeyColumn, named: pl.DataFrame, persons: Pseudonyms) -> pl.Series:
    match key.form:
        case "code":
            return named[key.name]
        case "list":
            writings, around = _WRITINGS[key.name]
            texts = named.select(_joined(*around).alias("_"), **{str(i): text for i, text in enumerate(writings)})
            return persons.beside(_MARKS.get(key.name, key.name), texts["_"], texts.drop("_"))
    return persons.of_column(_column(named, _TEXTS[key.name]))


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
_MARKS = {"cles_nom_parties": "cles_nom"}  # what is a part of a name is looked for among whole ones
_KNOWN_DAY = pl.when(pl.col("_naissance_sure").is_not_null()).then(pl.col("naissance"))
# What each list of short keys is made of: the writings of one trait, each beside these parts. Of a number, what says
# that it is of one person: a given name, near ones included (twins may bear one number by mistake, and have the name
# and the birth in common); or the given name, and what one mistake leaves of the birth.
_WRITINGS: dict[str, tuple[list[pl.Expr], tuple[pl.Expr, ...]]] = {
    "cles_nom": (
        traits.name_writings(),
        (pl.col("_prenom"), pl.col("_naissance_sure"), pl.col("_departement")),
    ),
    "cles_nom_parties": (
        traits.name_parts(),
        (pl.col("_prenom"), pl.col("_naissance_sure"), pl.col("_departement")),
    ),
    "cles_prenom": (
        traits.given_writings(),
        (pl.col("_nom"), pl.col("_naissance_sure"), pl.col("_sexe"), pl.col("_departement")),
    ),
    "cles_deux_prenoms": (traits.two_given_names(), (pl.col("_nom"), pl.col("_naissance_sure"))),
    "cles_naissance": (
        traits.birth_writings(_KNOWN_DAY), (pl.col("_nom"), pl.col("_prenom"), pl.col("_departement"))
    ),
    "cles_naissance_parties": (
        traits.birth_parts(_KNOWN_DAY), (pl.col("_nom"), pl.col("_prenom"), pl.col("_departement"))
    ),
    "cles_numero": (
        [*traits.given_names(), pl.col("_son_prenom"), *traits.given_letter_less(pl.col("_son_prenom"))],
        (pl.col("_numero"),),
    ),
    "cles_numero_traits": (
        traits.birth_remains(pl.col("naissance"), pl.col("_sexe")), (pl.col("_numero"), pl.col("_prenom"))
    ),
}  # fmt: skip


def _column(rows: pl.DataFrame, expression: pl.Expr) -> pl.Series:
    return rows.select(_=expression)["_"]


def _by_value(texts: pl.Series, rule: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """What a rule makes of each text, made once of those that come back."""
    made = texts.unique().to_frame("texte").with_columns(_=rule(pl.col("texte")))
    return texts.to_frame("texte").join(made, on="texte", how="left", maintain_order="left")["_"]


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
