"""What a mapping says that its reader could not do, or would do without saying so.

Belongs here: the values that a mapping gives against what their field admits, formats of dates, keys that go together.
Does not belong here: the models of mappings (`mapped_tables`, `mapping_files`), reading the exports
(`ingest.read.csv_produit`).

The reader takes a mapping at its word: a code that no list has would be set aside on every row of every export, long
after the mapping was written, and a format that reads nothing leaves every date unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import polars as pl

from data_contracts import nomenclatures
from data_contracts.contract import Contract, Entity, Field
from data_contracts.mapped_tables import ORIGINS, Mapped, MappedTable
from data_contracts.strict_yaml import Where, YamlFile, wrong_word
from data_contracts.titles import title_key

_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?")
# Moments that a format must give back: a year on two digits does not (37 is 2037), nor a word that is no format.
_MOMENTS = (datetime(1937, 11, 23, 17, 4), datetime(2024, 1, 2, 3, 0))
Said = Iterator[tuple[Where, str]]  # where in what is checked, and what is wrong there


def check_tables(
    file: YamlFile,
    where: Where,
    contract: Contract,
    tables: Mapping[str, MappedTable],
    *,
    dates: Sequence[str],
    ignored: Sequence[str],
) -> None:
    """Says to the file all that is wrong with the tables of one kind of export.

    dates, ignored: the formats of the whole file, and the titles that are there and not read.
    """
    for rank, format in enumerate(dates):
        if problem := _unreadable(format):
            file.say((*where, "dates", rank), problem)
    spelled: dict[str, str] = {title_key(title): "" for title in ignored}
    for name, table in tables.items():
        entity = next((e for e in contract.entities if e.name == name), None)
        if entity is None:
            file.one_of((*where, "tables", name), name, {e.name for e in contract.entities})
            continue
        here: Where = (*where, "tables", name)
        for inside, problem in _of_table(entity, table, dates):
            file.say((*here, *inside), problem)
        for inside, title in _titles(table):
            first = spelled.setdefault(title_key(title), title)
            if not title_key(title):
                file.say((*here, *inside), "intitulé vide : une colonne se nomme par le sien")
            elif not first:
                file.say((*here, *inside), f"« {title} » est aussi dans ignored_titles")
            elif first != title:
                file.say((*here, *inside), f"« {title} » est écrit « {first} » ailleurs : un intitulé, une écriture")
    if not tables:
        file.say((*where, "tables"), "absent : dire quelles tables ce fichier remplit")


def _of_table(entity: Entity, table: MappedTable, dates: Sequence[str]) -> Said:
    fields = {field.name: field for field in entity.fields}
    for name, mapped in table.fields.items():
        here: Where = ("fields", name)
        if wrong := wrong_word(name, fields):
            yield here, wrong
            continue
        if len(mapped.origins) != 1:
            yield here, f"dire d'où vient la valeur, par un seul de : {', '.join(ORIGINS)}"
        for found in (_together(mapped), _values(fields[name], mapped, dates), _dates(fields[name], mapped, dates)):
            yield from (((*here, *inside), problem) for inside, problem in found)
    needed = [f.name for f in entity.fields if f.primary_key_position] + [n for n in entity.key if n in fields]
    if missing := [name for name in needed if name not in table.fields]:
        yield (), f"champ de la clé absent : {', '.join(missing)}"


def _together(mapped: Mapped) -> Said:
    """Keys that only mean something beside another one, and what polars cannot do with them."""
    for key in ("part", "pattern"):
        if getattr(mapped, key) is not None and mapped.column is None:
            yield (key,), "ne vaut que d'une « column »"
    if mapped.separator is not None:
        if mapped.part is None and mapped.joined is None:
            yield ("separator",), "ne sert que pour couper (« part ») ou joindre (« joined »)"
        if not mapped.separator:
            yield ("separator",), "vide : rien ne séparerait les morceaux"
    if mapped.part is not None and mapped.part < 1:
        yield ("part",), f"{mapped.part} : les morceaux se comptent à partir de 1"
    if mapped.joined is not None and len(mapped.joined) < 2:
        yield ("joined",), "joindre demande deux colonnes au moins ; d'une seule, dire « column »"
    if mapped.constant is not None and not mapped.constant.strip():
        yield ("constant",), "vide : ne pas dire ce champ, sa valeur est alors inconnue"
    if mapped.pattern is not None and (problem := _wrong_pattern(mapped.pattern)):
        yield ("pattern",), problem
    for text in mapped.codes:
        if not text or text != text.strip():
            yield ("codes", text), f"« {text} » : les textes sont lus sans blancs autour, et jamais vides (« default »)"


def _wrong_pattern(pattern: str) -> str | None:
    """Why the reader cannot extract by an expression: polars has neither look-around nor back-references."""
    try:
        groups = re.compile(pattern).groups
        pl.Series(["x"]).str.extract(pattern, int(groups > 0))
    except (re.error, pl.exceptions.PolarsError) as error:
        return f"expression illisible ({' '.join(str(error).split())[:80]})"
    return f"a {groups} groupes : un seul est lu, écrire les autres (?:…)" if groups > 1 else None


def _values(field: Field, mapped: Mapped, dates: Sequence[str]) -> Said:
    """The values that the mapping itself gives: what a code becomes, a constant, a default."""
    given: list[tuple[Where, str]] = [(("codes", text), code) for text, code in mapped.codes.items()]
    given += [(("default",), mapped.default)] if mapped.default is not None else []
    if mapped.constant is not None and mapped.constant not in mapped.codes:
        given.append((("constant",), mapped.constant))
    for where, value in given:
        if value.strip() and (problem := _not_admitted(field, f"{mapped.prefix or ''}{value}", mapped, dates)):
            yield where, problem


def _not_admitted(field: Field, value: str, mapped: Mapped, dates: Sequence[str]) -> str | None:
    """Why a field would not take a value; None when it would."""
    if value in (*field.null_values, *field.placeholders):
        return None
    if field.logical_type == "boolean":
        return wrong_word(value, (*field.true_values, *field.false_values), f"n'est pas un oui ou non de {field.name}")
    if field.logical_type in ("date", "timestamp"):
        formats = (*mapped.dates, *dates, *field.date_formats)
        text = pl.Series([value])
        days = (text.str.to_date(f, strict=False, exact=True) for f in formats if not _unreadable(f))
        read = any(day.null_count() == 0 for day in days)
        return None if read else f"« {value} » n'est pas une date que ces formats lisent ({', '.join(formats)})"
    if field.logical_type in ("integer", "number"):
        return None if _NUMBER.fullmatch(value) else f"« {value} » n'est pas un nombre, attendu pour {field.name}"
    if field.accepted_values:
        return wrong_word(value, field.accepted_values, f"n'est pas une valeur de {field.name} (acceptedValues)")
    if field.nomenclature in nomenclatures.names():
        return wrong_word(value, nomenclatures.codes(field.nomenclature), f"n'est pas un code de {field.nomenclature}")
    pattern = str(field.option("pattern") or "")
    return None if re.search(pattern, value) else f"« {value} » n'a pas la forme {pattern} de {field.name}"


def _dates(field: Field, mapped: Mapped, of_file: Sequence[str]) -> Said:
    """Formats that the reader would drop in silence: of a field that is no date, of an hour for a mere day."""
    is_dated = field.logical_type in ("date", "timestamp")
    if mapped.dates and not is_dated:
        yield ("dates",), f"« {field.name} » est de type {field.logical_type} : ses textes ne sont pas lus comme dates"
    for rank, format in enumerate(mapped.dates):
        if problem := _unreadable(format):
            yield ("dates", rank), problem
    formats = (*mapped.dates, *of_file)
    if field.logical_type == "date" and formats and all("%H" in format for format in formats):
        yield ("dates",), f"« {field.name} » est un jour, aucun de ces formats n'en lit un : {', '.join(formats)}"


@lru_cache(maxsize=128)
def _unreadable(format: str) -> str | None:
    """Why a format reads no date: what it writes of a moment, it does not read as that year, and as itself again."""
    for moment in _MOMENTS:
        try:
            written = pl.Series([moment]).dt.to_string(format)
            read = written.str.to_datetime if "%H" in format else written.str.to_date
            found = read(format, strict=False, exact=True)
            is_read = found.dt.year().to_list() == [moment.year] and found.dt.to_string(format).equals(written)
        except pl.exceptions.PolarsError:
            is_read = False
        if not is_read:
            return f"« {format} » ne lit aucune date (attendu, par exemple : %d/%m/%Y, %Y%m%d, %Y-%m-%dT%H:%M)"
    return None


def _titles(table: MappedTable) -> Iterable[tuple[Where, str]]:
    """The titles that a table names, with their places."""
    if table.when is not None:
        yield ("when",), table.when
    for name, mapped in table.fields.items():
        for key in ("column", "when"):
            if (title := getattr(mapped, key)) is not None:
                yield ("fields", name, key), title
        for rank, title in enumerate(mapped.joined or ()):
            yield ("fields", name, "joined", rank), title
