"""Findings and messages about persons without anything delivered: shapes instead of values, and our own words only.

Belongs here: masking findings and texts. Does not belong here: deciding what is wrong (`ingest.validate`), protecting
the rows that are stored (`pseudonyms`).
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
# Numbers that say where something is, not what it is: « ligne 12 », « entry[3] », « 12 cellules ». They have seven
# digits at most, and nothing after them: a NIR and a date are longer. What a message quotes has lost its digits before
# (`without_digits`).
_PLACE = re.compile(
    r"(?:^|(?<=[^\W\d_]))\[\d{1,7}\](?!\w)"
    r"|(?<!\w)(?:lignes?|colonnes?|octets?|caractère|position|élément|entrée|ressource) (?:n° )?\d{1,7}(?!\w|[./-]\d)"
    r"|(?<![\w./-])\d{1,6} (?=cellules?\b|octets\b|ressources?\b|caractères\b|autres\b)"
    r"|(?<!\w)(?:UTF-8|UTF-16|Windows-1252|7z|finess_cs140010x)(?!\w)"  # names of ours that hold digits
)


def shape(column: pl.Expr) -> pl.Expr:
    """What a text looks like: x for letters, 9 for digits, the other signs as they are; 40 characters at most."""
    text = column.cast(pl.String).str.replace_all(r"\p{M}", "").str.replace_all(r"\p{L}", "x")
    return text.str.replace_all(r"\p{N}", "9").str.head(MAX_SHAPE)


def shape_of(text: str) -> str:
    """The shape of one text, at its full length."""
    return "".join("x" if c.isalpha() else "9" if c.isnumeric() else c for c in text)


def rejects(findings: pl.DataFrame, contract: Contract, entity: Entity) -> pl.DataFrame:
    """Rejects with shapes instead of values, and without their whole line."""
    return _without_values(findings, contract, entity).with_columns(ligne_complete=pl.lit(None, pl.String))


def flags(findings: pl.DataFrame, contract: Contract, entity: Entity) -> pl.DataFrame:
    """Signalements with shapes instead of values."""
    return _without_values(findings, contract, entity)


def _without_values(findings: pl.DataFrame, contract: Contract, entity: Entity) -> pl.DataFrame:
    """Findings whose values are shapes. What a reader says of a row, and of its place, is masked as a message is."""
    if findings.height == 0:
        return findings
    ours = [rule.description for rule in entity.rules]
    about_row = pl.col("champ") == ROW
    reworded = {text: message(text, [contract]) for text in _distinct(findings.filter(about_row), "regle") - set(ours)}
    expressions = [rule.expression for rule in entity.rules]
    kept = about_row & pl.col("valeur").is_in(expressions)
    columns = [
        pl.when(kept).then(pl.col("valeur")).otherwise(shape(pl.col("valeur"))).alias("valeur"),
        pl.when(about_row).then(pl.col("regle").replace(reworded)).otherwise(pl.col("regle")).alias("regle"),
    ]
    if "valeur_retenue" in findings.columns:
        columns.append(shape(pl.col("valeur_retenue")).alias("valeur_retenue"))
    if "chemin" in findings.columns:
        places = {text: message(text, [contract]) for text in _distinct(findings, "chemin")}
        columns.append(pl.col("chemin").replace(places).alias("chemin"))
    return findings.with_columns(columns)


def _distinct(findings: pl.DataFrame, column: str) -> set[str]:
    return set(findings[column].drop_nulls().unique().to_list())


def message(text: str, contracts: Iterable[Contract] = ()) -> str:
    """A message in which nothing delivered is left: a word that is neither the project's nor a contract's is a shape.

    Titles and file names quoted from a file about persons may be names: a file without its line of titles has a person
    on its first line. Numbers stay only where they say a place (« ligne 12 »), and never between quotation marks.
    """
    named = list(contracts)
    known = own_words() | {w for c in named for w in contract_words(c)}
    versions = {f"{x.code}, version {x.version}" for c in named for x in c.layouts}
    ours = re.compile("|".join([*map(re.escape, sorted(versions, key=len, reverse=True)), _PLACE.pattern]))
    text = _QUOTED.sub(lambda quoted: without_digits(quoted[0]), text)
    kept: list[str] = []
    end = 0
    for place in ours.finditer(text):
        shown = place[0] if place[0] in versions else _masked(place[0], known, digits=True)
        kept += [_masked(text[end : place.start()], known), shown]
        end = place.end()
    return "".join([*kept, _masked(text[end:], known)])


def without_digits(text: str) -> str:
    """What a message quotes, its digits replaced by 9: otherwise a quoted « ligne 4512 » would pass for a place."""
    return re.sub(r"\d", "9", text)


def _masked(text: str, known: set[str] | frozenset[str], *, digits: bool = False) -> str:
    masked = _WORD.sub(lambda match: match[0] if match[0] in known else shape_of(match[0]), text)
    return masked if digits else without_digits(masked)


def unexpected(error: BaseException) -> str:
    """The message about an unforeseen error: its type and where it was raised. Its own text may hold a value."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if Path(f.filename).is_relative_to(_PACKAGE.parent)] or frames
    place = f" ({Path(ours[-1].filename).name}, ligne {ours[-1].lineno})" if ours else ""
    return f"Erreur inattendue à la lecture, à signaler aux mainteneurs : {type(error).__name__}{place}."


@lru_cache(maxsize=1)
def own_words() -> frozenset[str]:
    """Every word of the texts in the code of this package, docstrings excepted."""
    words: set[str] = set()
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
                words |= set(_WORD.findall(node.value))
    return frozenset(words)


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
