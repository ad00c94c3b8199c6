"""What is said of rows and files about persons: shapes instead of values, and messages made of our own words only.

Belongs here: masking findings and texts. Does not belong here: deciding what is wrong (`ingest.validate`), the
stored rows (`pseudonyms`).
"""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import polars as pl

from data_contracts.loading import Contract, Entity

MAX_SHAPE = 40
ROW = "(ligne)"  # the field of a finding that is about the whole row
_PACKAGE = Path(__file__).resolve().parents[1]
_SPEAKING = ("receive", "read", "validate", "protect", "store")  # rooms whose words a sender reads
_WORD = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile(r"«.*»")  # to the last one of the line: what is quoted may hold a « » » of its own
# Numbers that say where, not what: « ligne 12 », « entry[3] », « 12 cellules ». Seven digits at most, and nothing after
# them: a NIR and a date are longer. What a message quotes has lost its digits before (`without_digits`).
_PLACE = re.compile(
    r"(?:^|(?<=[^\W\d_]))\[\d{1,7}\](?!\w)"
    r"|(?<!\w)(?:lignes?|colonnes?|octets?|caractère|position|élément|entrée|ressource) (?:n° )?\d{1,7}(?!\w|[./-]\d)"
    r"|(?<![\w./-])\d{1,6} (?=cellules?\b|octets\b|ressources?\b|caractères\b|autres\b)"
    r"|(?<!\w)(?:UTF-8|UTF-16|Windows-1252|7z|finess_cs140010x)(?!\w)"  # names of ours that hold digits
)


def shape(column: pl.Expr) -> pl.Expr:
    """What a text looks like: letters -> x, digits -> 9, the rest as it is, 40 characters at most."""
    text = column.cast(pl.String).str.replace_all(r"\p{M}", "").str.replace_all(r"\p{L}", "x")
    return text.str.replace_all(r"\p{N}", "9").str.head(MAX_SHAPE)


def shape_of(text: str) -> str:
    """The same, of one text, whole."""
    return "".join("x" if c.isalpha() else "9" if c.isnumeric() else c for c in text)


def rejects(found: pl.DataFrame, contract: Contract, entity: Entity) -> pl.DataFrame:
    """Rejects whose values are shapes, and whose line is not told."""
    return _said(found, contract, entity).with_columns(ligne_complete=pl.lit(None, pl.String))


def flags(found: pl.DataFrame, contract: Contract, entity: Entity) -> pl.DataFrame:
    """Signalements whose values are shapes."""
    return _said(found, contract, entity)


def _said(found: pl.DataFrame, contract: Contract, entity: Entity) -> pl.DataFrame:
    """Values become shapes; what a reader said of a row, or of where it stands, is said in our words."""
    if found.height == 0:
        return found
    ours = [rule.description for rule in entity.rules]
    about_row = pl.col("champ") == ROW
    told = {text: message(text, [contract]) for text in _distinct(found.filter(about_row), "regle") - set(ours)}
    expressions = [rule.expression for rule in entity.rules]
    kept = about_row & pl.col("valeur").is_in(expressions)
    columns = [
        pl.when(kept).then(pl.col("valeur")).otherwise(shape(pl.col("valeur"))).alias("valeur"),
        pl.when(about_row).then(pl.col("regle").replace(told)).otherwise(pl.col("regle")).alias("regle"),
    ]
    if "valeur_retenue" in found.columns:
        columns.append(shape(pl.col("valeur_retenue")).alias("valeur_retenue"))
    if "chemin" in found.columns:
        places = {text: message(text, [contract]) for text in _distinct(found, "chemin")}
        columns.append(pl.col("chemin").replace(places).alias("chemin"))
    return found.with_columns(columns)


def _distinct(found: pl.DataFrame, column: str) -> set[str]:
    return set(found[column].drop_nulls().unique().to_list())


def message(text: str, contracts: Iterable[Contract] = ()) -> str:
    """A message that can hold nothing delivered: a word that is neither the project's nor a contract's is a shape.

    Titles and file names quoted from a file about persons may be names: a file without its line of titles has a person
    there. Numbers stay where they say a place (« ligne 12 »), never between quotation marks, nowhere else.
    """
    named = list(contracts)
    known = own_words() | {w for c in named for w in contract_words(c)}
    versions = {f"{x.code}, version {x.version}" for c in named for x in c.layouts}
    ours = re.compile("|".join([*map(re.escape, sorted(versions, key=len, reverse=True)), _PLACE.pattern]))
    text = _QUOTED.sub(lambda quoted: without_digits(quoted[0]), text)
    kept: list[str] = []
    end = 0
    for place in ours.finditer(text):
        said = place[0] if place[0] in versions else _masked(place[0], known, digits=True)
        kept += [_masked(text[end : place.start()], known), said]
        end = place.end()
    return "".join([*kept, _masked(text[end:], known)])


def without_digits(text: str) -> str:
    """What a message quotes of a file that may be about persons: « ligne 4512 » would pass for a place."""
    return re.sub(r"\d", "9", text)


def _masked(text: str, known: set[str] | frozenset[str], *, digits: bool = False) -> str:
    masked = _WORD.sub(lambda found: found[0] if found[0] in known else shape_of(found[0]), text)
    return masked if digits else without_digits(masked)


def unexpected(error: BaseException) -> str:
    """What is said of an error that nobody foresaw, whose text may hold a value: its type, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if Path(f.filename).is_relative_to(_PACKAGE.parent)] or frames
    place = f" ({Path(ours[-1].filename).name}, ligne {ours[-1].lineno})" if ours else ""
    return f"Erreur inattendue à la lecture, à signaler aux mainteneurs : {type(error).__name__}{place}."


@lru_cache(maxsize=1)
def own_words() -> frozenset[str]:
    """Every word of the texts that the code of this package says (docstrings apart), whole words as written."""
    found: set[str] = set()
    for path in (*_PACKAGE.glob("*.py"), *(p for room in _SPEAKING for p in (_PACKAGE / room).rglob("*.py"))):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                found |= set(_WORD.findall(node.value))
    return frozenset(found)


@lru_cache(maxsize=64)
def contract_words(contract: Contract) -> frozenset[str]:
    """The words of a contract's own names: titles, fields, tables, layouts."""
    texts = [contract.id, contract.name, *(x.code for x in contract.layouts)]
    for layout in contract.layouts:
        texts += [str(source) for source in _columns(layout.options.get("tables") or {})]
    for entity in contract.entities:
        texts.append(entity.name)
        for field in entity.fields:
            texts += [field.name, field.title, *field.aliases, *(str(c) for _, c in field.columns or ())]
    return frozenset(word for text in texts for word in _WORD.findall(text))


def _columns(node: object) -> list[object]:
    """Every title that a mapping names, wherever it stands."""
    if isinstance(node, dict):
        return [c for key, value in node.items() for c in (key, *_columns(value))]
    return [c for value in node for c in _columns(value)] if isinstance(node, list) else [node]
