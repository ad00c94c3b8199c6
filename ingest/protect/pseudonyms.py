"""From validated rows to stored rows: identities become keyed pseudonyms, precise values become coarse.

Belongs here: normalisation of traits, the text behind each pseudonym, HMAC-SHA256, the rules of privacy.
Does not belong here: what is private (`data_contracts.privacy` and the contracts), findings (`masks`).

Pseudonyms depend on how traits are normalised: to change the normalisation is to change every pseudonym. The tests hold
worked cases.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

import polars as pl

from data_contracts.loading import Entity, Field
from data_contracts.nomenclatures import read_list
from data_contracts.privacy import VERSION, key_columns
from ingest.protect.keyrings import Secret

PERSONS, IDENTIFIERS, DELIVERIES = "personnes", "identifiants", "livraisons"
LENGTH = 32  # hexadecimal characters kept: 128 bits, which no collection of persons exhausts
OTHER = "AUTRE"  # a free text that no pattern knows
# Letters that no accent explains: Unicode does not decompose them.
_LIGATURES = {
    "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ı": "i",
}  # fmt: skip
_NIR = r"^([0-9]{5}(?:[0-9][0-9]|2[AB])[0-9]{6})"
_COG = r"^([0-9]{5}|2[AB][0-9]{3})$"
_UNKNOWN_PLACE = "99999"
_IDENTITY_TYPES = ("INS-NIR", "INS-NIA")
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

    def of_column(self, texts: pl.Series) -> pl.Series:
        """The pseudonym of each text, NULL for NULL; texts that come back are hashed once."""
        distinct = texts.unique()
        if len(distinct) > _MOSTLY_DISTINCT * len(texts):
            return self._hashed(texts)
        table = pl.DataFrame({"texte": distinct, "pseudonyme": self._hashed(distinct)})
        return texts.to_frame("texte").join(table, on="texte", how="left", maintain_order="left")["pseudonyme"]

    def _hashed(self, texts: pl.Series) -> pl.Series:
        digest = self._digest
        digests = [None if value is None else digest(value) for value in texts.cast(pl.Binary)]
        return pl.Series(digests, dtype=pl.Binary).bin.encode("hex").str.head(LENGTH)

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
            return _column(rows, departement(pl.col(field.name)))
        case "libelle":
            return _column(rows, labelled(pl.col(field.name), privacy.nomenclature or ""))
    raise ValueError(f"règle de confidentialité inconnue : {privacy.rule}")


def identity_keys(rows: pl.DataFrame, identity: dict[str, str], secret: Secret) -> dict[str, pl.Series]:
    """The key columns of an identity (role -> column of `rows`), and the version of their key."""
    parts = _parts(identity)
    traits = rows.select(**parts)
    persons = Pseudonyms(secret.key(PERSONS))
    keys = {key.name: persons.of_column(_column(traits, _TEXTS[key.name])) for key in key_columns(identity)}
    return {**keys, VERSION: pl.repeat(label(secret), rows.height, dtype=pl.String, eager=True)}


def _parts(identity: dict[str, str]) -> dict[str, pl.Expr]:
    """The normalised parts of an identity; one whose role is not declared is unknown."""
    given = {role: pl.col(field) for role, field in identity.items()}
    unknown = pl.lit(None, pl.String)
    kind = identity_type(given["ins_type"]) if "ins_type" in given else unknown
    ins = nir(given["ins"]) if "ins" in given else unknown
    number = nir(given["nir"]) if "nir" in given else unknown
    if "nir_type" in given:
        number = pl.when(given["nir_type"].str.to_uppercase().fill_null("NIR").str.ends_with("NIR")).then(number)
    return {
        "nom": name(given["nom"]) if "nom" in given else unknown,
        "prenom": first_name(given["prenoms"]) if "prenoms" in given else unknown,
        "naissance": given["naissance"].dt.to_string("%Y-%m-%d") if "naissance" in given else unknown,
        "sexe": sex(given["sexe"]) if "sexe" in given else unknown,
        "lieu": place(given["lieu"]) if "lieu" in given else unknown,
        "type_ins": kind,
        "ins_qualifiee": pl.when(given["ins_statut"] == "VALI").then(ins) if "ins_statut" in given else unknown,
        "nir": pl.coalesce(number, pl.when(kind == "INS-NIR").then(ins)),
        "mdph": without_spaces(given["mdph"]) if "mdph" in given else unknown,
    }


def _joined(*parts: pl.Expr) -> pl.Expr:
    """Parts joined by bars; NULL as soon as one of them is unknown."""
    return pl.concat_str(parts, separator="|", ignore_nulls=False)


# What each key is the HMAC of, over the normalised parts.
_TEXTS = {
    "cle_ins": _joined(pl.col("type_ins"), pl.col("ins_qualifiee")),
    "cle_traits": _joined(pl.lit("T5"), *map(pl.col, ("nom", "prenom", "naissance", "sexe", "lieu"))),
    "cle_nom_prenom": _joined(pl.lit("T4"), *map(pl.col, ("nom", "prenom", "naissance", "sexe"))),
    "cle_nir": _joined(pl.lit("NIR"), *map(pl.col, ("nir", "prenom", "naissance"))),
    "cle_sans_nom": _joined(pl.lit("SN"), *map(pl.col, ("prenom", "naissance", "sexe", "lieu"))),
    "cle_sans_prenom": _joined(pl.lit("SP"), *map(pl.col, ("nom", "naissance", "sexe", "lieu"))),
    "cle_sans_naissance": _joined(pl.lit("SD"), *map(pl.col, ("nom", "prenom", "sexe", "lieu"))),
    "cle_mdph": _joined(pl.lit("MDPH"), pl.col("mdph")),
}


def _column(rows: pl.DataFrame, expression: pl.Expr) -> pl.Series:
    return rows.select(_=expression)["_"]


def unaccented(text: pl.Expr) -> pl.Expr:
    """A text without accents (NFKD, combining marks removed), each ligature written as two letters."""
    plain = text.str.replace_many(list(_LIGATURES), list(_LIGATURES.values()))
    return plain.str.normalize("NFKD").str.replace_all(r"\p{M}", "")


def name(text: pl.Expr) -> pl.Expr:
    """A name in upper case, letters only, no accent: « Le Goff-d'Été » -> LEGOFFDETE. NULL when no letter is left."""
    return _known(unaccented(text).str.to_uppercase().str.replace_all(r"[^A-Z]", ""))


def first_name(text: pl.Expr) -> pl.Expr:
    """The first given name: what stands before a space or a comma; a hyphen joins, it does not part."""
    return name(text.str.extract(r"^[\s,;]*([^\s,;]+)"))


def nir(text: pl.Expr) -> pl.Expr:
    """The thirteen characters of a NIR, a NIA or an INS: Corsica keeps its letters, the key is left out. Else NULL."""
    return text.str.to_uppercase().str.replace_all(r"[\s.\-]", "").str.extract(_NIR)


def identity_type(text: pl.Expr) -> pl.Expr:
    """INS-NIR or INS-NIA, which are two identities; anything else is unknown."""
    return pl.when(text.is_in(_IDENTITY_TYPES)).then(text)


def sex(text: pl.Expr) -> pl.Expr:
    """M, F or I (indéterminé)."""
    capital = text.str.to_uppercase()
    return pl.when(capital.is_in(["M", "F", "I"])).then(capital)


def place(text: pl.Expr) -> pl.Expr:
    """COG code of the commune or country of birth, its lost leading zero put back; 99999 says « unknown »."""
    code = without_spaces(text).str.zfill(5).str.extract(_COG)
    return pl.when(code != _UNKNOWN_PLACE).then(code)


def without_spaces(text: pl.Expr) -> pl.Expr:
    """Upper case, without any space."""
    return _known(text.str.to_uppercase().str.replace_all(r"\s", ""))


def _known(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def departement(code: pl.Expr) -> pl.Expr:
    """The département of a COG code, of a postal code, or of its own code; three characters overseas. Else NULL.

    A postal code of Corsica (20xxx) gives 20, because it does not say whether it is of 2A or of 2B.
    """
    compact = without_spaces(code)
    padded = pl.when(compact.str.len_chars() == 4).then(compact.str.zfill(5)).otherwise(compact)
    whole = padded.str.contains(r"^([0-9]{5}|2[AB][0-9]{3})$")
    alone = padded.str.contains(r"^([0-9][0-9]|2[AB]|9[78][0-9])$")
    overseas = padded.str.contains(r"^9[78][0-9]")
    return pl.when(whole | alone).then(pl.when(overseas).then(padded.str.head(3)).otherwise(padded.str.head(2)))


def labelled(text: pl.Expr, nomenclature: str) -> pl.Expr:
    """The code of the first pattern of a list that a free text matches, AUTRE when none does."""
    folded = unaccented(text).str.to_lowercase()
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
