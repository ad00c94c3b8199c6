"""The gate in: text rows of one entity are judged against its contract.

Belongs here: names, types, hard rules, soft rules. Does not belong here: rows that share a key
(`ingest.validate.duplicates`), reading files (`ingest.read`), writing them (`ingest.store.lake`), comparing collections
(dbt).

Every row read ends accepted or rejected. A row is rejected when a field without which it is no row is wrong; it leaves
one reject for each problem, all problems at once. Any other wrong value only empties its own cell. A value that is not
used, kept but doubtful, hidden by its producer, or repaired leaves one signalement. NULL means unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import polars as pl

from data_contracts import non_answers
from data_contracts.loading import Contract, Entity, Field, Layout
from data_contracts.nomenclatures import codes, periods
from data_contracts.schemas import POLARS_TYPES, conformity, pandera_schema
from data_contracts.statuses import ERROR, withdrawn
from data_contracts.value_domains import domains
from ingest.read.frames import DEFAUT, REMARQUE, REMEDY, TECHNICAL
from ingest.receive import headers
from ingest.validate import coordinates, identifiers, places, rewritings, separators, values
from ingest.validate.separators import Numbers, Separators

REJECT_SCHEMA = {
    "delivery_id": pl.String, "source": pl.String, "entite": pl.String, "ligne": pl.Int64, "chemin": pl.String,
    "champ": pl.String, "valeur": pl.String, "regle": pl.String, "remede": pl.String, "ligne_complete": pl.String,
}  # fmt: skip
FLAG_SCHEMA = {
    "delivery_id": pl.String, "source": pl.String, "entite": pl.String, "ligne": pl.Int64, "champ": pl.String,
    "valeur": pl.String, "valeur_retenue": pl.String, "regle": pl.String, "effet": pl.String, "remede": pl.String,
}  # fmt: skip
KEPT, UNUSED, REPAIRED, SECRET = "conservee", "non_utilisee", "reparee", "secret"
_NUMBERS = ("integer", "number")
# Non-answers that say more than « unknown »: effect, rule, remedy of their signalement.
_UNANSWERED = {
    non_answers.SECRET: (
        SECRET, "valeur couverte par le secret : son producteur la connaît et ne la dit pas",
        "Rien à corriger. La valeur existe : la demander au producteur si un texte y donne droit.",
    ),
    non_answers.ERROR: (
        UNUSED, "erreur de calcul d'un tableur",
        "Corriger la formule dans le fichier d'origine, ou laisser la cellule vide si la valeur est inconnue.",
    ),
}  # fmt: skip
SUSPECT = "unité suspecte"
BORN = "date égale à la date de naissance, non conservée"
# A stay of sixty years is rarer than a birth date in the wrong column, and many persons are older than that.
OLD_YEARS = 60


@dataclass(frozen=True)
class DeliveryFacts:
    """What validation must know of a delivery.

    millesime: the year, when it is that of the whole file; None when each row says it. collecte_le: the day the file
    speaks from.
    """

    delivery_id: str
    source: str
    millesime: int | None
    collecte_le: date


@dataclass(frozen=True)
class Validated:
    """What a chunk gave. accepted: typed rows, with _ligne and millesime. rejects, flags: one row for each problem.

    births: for an entity that holds birth dates, the typed fields of every row read, rejected rows included.
    """

    accepted: pl.DataFrame
    rejects: pl.DataFrame
    flags: pl.DataFrame
    births: pl.DataFrame | None = None


class _Chunk:
    """Rows of one entity while they are judged: as cleaned text, as typed values, and the findings on them.

    `text` and `typed` have the same rows in the same order (`_row`). A value that was set aside is NULL in `typed`.
    """

    def __init__(
        self, text: pl.DataFrame, contract: Contract, layout: Layout, entity: Entity, marks: Separators
    ) -> None:
        self.text = text
        self.typed = text
        self.entity = entity
        self.collection = contract.collection
        carried = contract.fields_in(layout, entity)
        self.fields = [f for f in entity.fields if f.name in carried]
        # names of the fields without which a row is no row
        self.decisive = {f.name for f in self.fields if entity.makes_row(f)} | {layout.millesime.get("field")}
        self.decimal = layout.decimal
        self.marks = marks
        self.numbers: dict[str, Numbers] = {}  # how each column of numbers was read
        self.rejects: list[pl.DataFrame] = []
        self.flags: list[pl.DataFrame] = []

    def reject(self, rows: pl.DataFrame, field: str, value: pl.Expr, rule: str, remedy: str) -> None:
        self.rejects.append(
            rows.select(
                pl.col("_row"),
                champ=pl.lit(field),
                valeur=value.cast(pl.String),
                regle=pl.lit(rule),
                remede=pl.lit(remedy),
            )
        )

    def flag(
        self,
        rows: pl.DataFrame,
        field: str,
        value: pl.Expr,
        rule: str,
        effect: str,
        remedy: str | pl.Expr,
        kept: pl.Expr | None = None,
    ) -> None:
        self.flags.append(
            rows.select(
                pl.col("_row"),
                champ=pl.lit(field),
                valeur=value.cast(pl.String),
                valeur_retenue=pl.lit(None, pl.String) if kept is None else kept.cast(pl.String),
                regle=pl.lit(rule),
                effet=pl.lit(effect),
                remede=pl.lit(remedy) if isinstance(remedy, str) else remedy,
            )
        )

    def where(self, condition: pl.Expr) -> pl.Series:
        """The rows for which a condition on the typed values holds, as a mask; a NULL condition does not hold."""
        return self.typed.select(condition.fill_null(False).alias("hit"))["hit"]

    def hits(self, conditions: Iterable[pl.Expr]) -> list[pl.Series]:
        """The rows for which each condition holds, as `where` gives them: all in one pass."""
        held = {str(rank): condition.fill_null(False) for rank, condition in enumerate(conditions)}
        return self.typed.select(**held).get_columns()

    def unread(self, field: Field) -> pl.Series:
        """The texts that could not be read as values, as a mask."""
        return self.text[field.name].is_not_null() & self.typed[field.name].is_null()

    def set_aside(self, hit: pl.Series, field: Field, rule: str, remedy: str) -> None:
        """Sets the values of those rows aside: they are NULL from here on, and the originals are in signalements."""
        if field not in self.fields:  # the layout does not carry it: there is nothing to set aside
            return
        hit = hit & self.text[field.name].is_not_null()
        if hit.any():
            self.flag(self.text.filter(hit), field.name, pl.col(field.name), rule, UNUSED, remedy)
            self.typed = self.typed.with_columns(pl.when(~hit).then(pl.col(field.name)).alias(field.name))

    def refuse(self, hit: pl.Series, field: Field, rule: str, remedy: str) -> None:
        """Sets wrong values aside, or rejects their rows when the field is one without which a row is no row."""
        if not hit.any():
            return
        if field.name in self.decisive:
            self.reject(self.text.filter(hit), field.name, pl.col(field.name), rule, remedy)
        else:
            self.set_aside(hit, field, rule, remedy)


def validate_chunk(
    frame: pl.DataFrame,
    contract: Contract,
    layout: Layout,
    entity: Entity,
    facts: DeliveryFacts,
    marks: Separators | None = None,
) -> Validated:
    """Judges text rows (columns as the reader names them, with `_ligne`, `_chemin` and `_defaut`).

    marks: what the numbers of the delivery have shown of their separators; this chunk adds to it. By default, the chunk
    is judged alone. Duplicates of the primary key are not looked for here, because they may be in other chunks: see
    `duplicates`.
    """
    carried = contract.fields_in(layout, entity)
    chunk = _Chunk(_named(frame, entity, carried), contract, layout, entity, marks or Separators())
    _whole_rows(chunk)
    _clean(chunk)
    _read_types(chunk)
    _unused(chunk)
    chunk.typed = chunk.typed.with_columns(
        pl.lit(None, POLARS_TYPES[f.logical_type]).alias(f.name) for f in entity.fields if f.name not in carried
    )
    stated_on = _collecte_le(chunk.typed, layout, facts)
    _place(chunk, stated_on, _year(chunk.typed, layout, facts))
    _hard_checks(chunk)
    _set_millesime(chunk, layout, facts)
    _row_rules(chunk, stated_on)
    _codes_in_force(chunk, stated_on)
    _soft_checks(chunk, closed=contract.personal)
    births = None
    if contract.personal:  # after the rules: a code that no list has is not absent
        births = chunk.typed.select(f.name for f in entity.fields) if "naissance" in dict(entity.identity) else None
        _close(chunk, stated_on)
    return replace(_settle(frame, chunk, layout, facts), births=births)


def _named(frame: pl.DataFrame, entity: Entity, carried: dict[str, str | int]) -> pl.DataFrame:
    """The reader's columns under the names of the contract, with a row number."""
    columns = headers.located(entity, carried, [c for c in frame.columns if c not in TECHNICAL])
    named = [
        (pl.lit(None, pl.String) if column is None else pl.col(column)).alias(field)
        for field, column in columns.items()
    ]
    technical = [pl.col(c) for c in TECHNICAL if c in frame.columns]
    return frame.select(*named, *technical).with_row_index("_row")


def _whole_rows(chunk: _Chunk) -> None:
    """Takes what the reader says of whole lines: lines that are no row are rejected, remarks become signalements."""
    if DEFAUT in chunk.text.columns:
        for rows, rule, remedy in _remarks(chunk.text, DEFAUT):
            chunk.reject(rows, "(ligne)", pl.lit(None), rule, remedy or "Corriger la ligne puis renvoyer le fichier.")
        chunk.text = chunk.text.filter(pl.col(DEFAUT).is_null())
    if REMARQUE in chunk.text.columns:
        for rows, rule, remedy in _remarks(chunk.text, REMARQUE):
            chunk.flag(rows, "(ligne)", pl.lit(None), rule, KEPT, remedy)


def _remarks(text: pl.DataFrame, column: str) -> Iterator[tuple[pl.DataFrame, str, str]]:
    """What a reader says of rows: the rows that it says the same of, what it says, and its remedy if it has one."""
    for remark in text[column].drop_nulls().unique(maintain_order=True):
        rule, _, remedy = str(remark).partition(REMEDY)
        yield text.filter(pl.col(column) == remark), rule, remedy


def _clean(chunk: _Chunk) -> None:
    """Strips spaces, makes NULL of texts that are no answer, repairs and signals codes that a spreadsheet damaged."""
    chunk.text = chunk.text.with_columns(values.clean(f.name).alias(f.name) for f in chunk.fields)
    texts = [f for f in chunk.fields if f.logical_type == "string"]
    spotted = [_may_be_no_answer(pl.col(f.name).unique(), f, chunk.collection).any().alias(f.name) for f in texts]
    hits = chunk.text.select(spotted).row(0) if spotted and chunk.text.height else ()
    for field, hit in zip(texts, hits, strict=False):
        if hit:
            among = _may_be_no_answer(pl.col(field.name), field, chunk.collection)
            _no_answers(chunk, field, chunk.text.select(m=among)["m"])
    for field in chunk.fields:
        _restore(chunk, field)


def _restore(chunk: _Chunk, field: Field) -> None:
    """Repairs and signals codes and numbers that a spreadsheet wrote otherwise."""
    domain = field.domain or domains().get(field.key_check or "")
    if domain is None or domain.pattern is None or field.logical_type != "string":
        return
    odd = chunk.text.filter(~pl.col(field.name).str.contains(domain.pattern))[field.name].unique()
    written = {value: put_right for value in odd if (put_right := rewritings.restored(value, domain)) is not None}
    for done in sorted({done for _, done in written.values()}):
        right = {value: new for value, (new, what) in written.items() if what == done}
        rows = chunk.text.filter(pl.col(field.name).is_in(list(right)))
        chunk.flag(
            rows, field.name, pl.col(field.name), done, REPAIRED,
            f"Exporter la colonne « {field.title} » en texte ({domain.shape}).", pl.col(field.name).replace(right),
        )  # fmt: skip
    if written:
        chunk.text = chunk.text.with_columns(
            pl.col(field.name).replace({value: new for value, (new, _) in written.items()})
        )


def _may_be_no_answer(texts: pl.Expr, field: Field, collection: str) -> pl.Expr:
    """The texts of a field that may be no answer; some of them may be codes of the field."""
    known = non_answers.of(collection, free_text=non_answers.is_free_text(field))
    low = texts.str.to_lowercase()
    words = {*known.words, *(word.lower() for word in field.null_values)}
    return (low.is_in(sorted(words)) | low.str.contains(known.pattern)).fill_null(False)


def _no_answers(chunk: _Chunk, field: Field, among: pl.Series) -> None:
    """Makes NULL of the texts, among those of a mask, by which the sender does not answer.

    When nobody knows, or there is nothing to know, nothing more is said. When the producer knows and may not say, or
    when its spreadsheet failed, a signalement says so.
    """
    texts = chunk.text[field.name]
    meanings = {
        text: meaning
        for text in texts.filter(among).unique()
        if (meaning := non_answers.meaning(text, field, chunk.collection))
    }
    if not meanings:
        return
    for meaning, (effect, rule, remedy) in _UNANSWERED.items():
        words = [text for text, its in meanings.items() if its == meaning]
        hit = texts.is_in(words) if words else among & False
        if hit.any() and field.name in chunk.decisive:
            chunk.reject(chunk.text.filter(hit), field.name, pl.col(field.name), rule, remedy)
        elif hit.any():
            chunk.flag(chunk.text.filter(hit), field.name, pl.col(field.name), rule, effect, remedy)
    zeros = [text for text, its in meanings.items() if its == non_answers.ZERO]
    if zeros and field.logical_type in _NUMBERS:
        zero = pl.when(texts.is_in(zeros)).then(pl.lit(0)).otherwise(pl.col(field.name))
        chunk.typed = chunk.typed.with_columns(zero.alias(field.name))
    void = texts.is_in([text for text in meanings if text not in zeros or field.logical_type not in _NUMBERS])
    chunk.text = chunk.text.with_columns(pl.when(~void).then(pl.col(field.name)).alias(field.name))


def _read_types(chunk: _Chunk) -> None:
    chunk.numbers = {
        f.name: separators.numbers(chunk.text[f.name], f, chunk.marks, chunk.entity.name, chunk.decimal)
        for f in chunk.fields
        if f.logical_type in _NUMBERS
    }
    chunk.typed = chunk.text.with_columns(
        chunk.numbers[f.name].values.alias(f.name) if f.name in chunk.numbers else values.parse(f.name, f).alias(f.name)
        for f in chunk.fields
    )
    for field in chunk.fields:
        if chunk.typed[field.name].null_count() > chunk.text[field.name].null_count():
            _no_answers(chunk, field, chunk.unread(field))
            _report_unread(chunk, field)


def _report_unread(chunk: _Chunk, field: Field) -> None:
    number = chunk.numbers.get(field.name)
    if number is not None and number.ambiguous.any():
        why = "sa colonne emploie les deux conventions" if number.torn else "rien dans sa colonne ne le dit"
        chunk.refuse(
            number.ambiguous, field, f"nombre ambigu : milliers ou décimales, {why}",
            f"Dans « {field.title} », écrire les nombres sans séparateur de milliers, ou changer leurs décimales "
            "(1234, ou 1,2340).",
        )  # fmt: skip
    unread = chunk.unread(field) if number is None else chunk.unread(field) & ~number.ambiguous
    chunk.refuse(
        unread, field, f"type attendu : {values.expected(field)}",
        f"Corriger « {field.title} » ou laisser la cellule vide si la valeur est inconnue.",
    )  # fmt: skip


def _unused(chunk: _Chunk) -> None:
    """Sets aside values that can be read but must not be used: placeholders, declared voids, a wrong unit."""
    voids = [(field, *void) for field in chunk.fields for void in _void_conditions(field)]
    # Conditions are about the row as delivered: setting one field aside must not change another.
    for hit, (field, _, rule, remedy) in zip(chunk.hits(void[1] for void in voids), voids, strict=True):
        number = chunk.numbers.get(field.name)
        if rule.startswith(SUSPECT) and number is not None and number.percent is not None:
            hit = hit & ~number.percent
        chunk.set_aside(hit & chunk.typed[field.name].is_not_null(), field, rule, remedy)


def _place(chunk: _Chunk, stated_on: pl.Expr, millesime: pl.Expr) -> None:
    """Checks that places exist and agree, and that coordinates lie in them.

    What does not is set aside, put right, or kept and signalled. A row may use the codes of any day from the first of
    its year to the day it speaks from.
    """
    if not any(field.domain and field.domain.place for field in chunk.fields):
        return
    year = millesime.clip(1, 9999)
    since, until = (
        pl.min_horizontal(stated_on, pl.date(year, 1, 1)),
        pl.max_horizontal(stated_on, pl.date(year, 12, 31)),
    )
    judged = places.judge(chunk.typed, chunk.entity, chunk.fields, since, until)
    for remark in (*judged.remarks, *coordinates.judge(chunk.typed, chunk.fields, judged)):
        _apply(chunk, remark)


def _apply(chunk: _Chunk, remark: places.Remark) -> None:
    if not remark.hit.any():
        return
    field = remark.field
    if remark.wrong:
        chunk.refuse(remark.hit, field, remark.rule, str(remark.remedy))
        return
    value = chunk.typed[field.name] if remark.value is None else remark.value
    rows = chunk.text.with_columns(
        _remede=pl.lit(remark.remedy) if isinstance(remark.remedy, str) else remark.remedy, _retenue=value
    ).filter(remark.hit)
    kept = remark.value is None
    chunk.flag(
        rows, field.name, pl.col(field.name), remark.rule, KEPT if kept else REPAIRED, pl.col("_remede"),
        None if kept else pl.col("_retenue"),
    )  # fmt: skip
    if not kept:
        chunk.typed = chunk.typed.with_columns(
            pl.when(remark.hit).then(value).otherwise(pl.col(field.name)).alias(field.name)
        )


def _void_conditions(field: Field) -> list[tuple[pl.Expr, str, str]]:
    column = pl.col(field.name)
    conditions: list[tuple[pl.Expr, str, str]] = []
    if field.placeholders:
        as_text = (
            column.dt.to_string("%Y-%m-%d") if field.logical_type in ("date", "timestamp") else column.cast(pl.String)
        )
        conditions.append(
            (as_text.is_in(list(field.placeholders)), "valeur de remplissage, non utilisée",
             "Donner la vraie valeur, ou laisser vide si elle est inconnue.")
        )  # fmt: skip
    if field.void_when:
        conditions.append(
            (_condition(field.void_when), field.void_reason or "valeur écartée par le contrat",
             "Corriger ou compléter la réponse dans la collecte d'origine, puis renvoyer le fichier.")
        )  # fmt: skip
    low, high = field.suspect_below, field.suspect_above
    if low is not None:
        given, expected = {"pct": ("fraction", "pourcentage")}.get(field.unit or "", ("part", "montant"))
        conditions.append(
            ((column.abs() > 0) & (column.abs() <= low), f"{SUSPECT} : {given} dans une colonne en {expected}",
             f"Livrer la valeur en {expected}.")
        )  # fmt: skip
    if high is not None:
        conditions.append(
            (column.abs() >= high, f"{SUSPECT} : pourcentage dans une colonne en fraction",
             "Livrer le taux en fraction (0,952 et non 95,2).")
        )  # fmt: skip
    return conditions


def _close(chunk: _Chunk, stated_on: pl.Expr) -> None:
    """Sets aside, in rows about persons, every value that the contract does not foresee: it could identify somebody.

    An unknown code is not used, though it is kept in other contracts. Neither is a number whose key is wrong (it could
    be nine digits of a NIR), a date that is the birth date, or a date so old that it could be one. stated_on: the day
    the row speaks from.
    """
    told = [
        (field, wrong, rule)
        for field in chunk.fields
        if field.privacy is None
        for wrong, rule in _unforeseen(field, chunk.entity, chunk.typed, stated_on)
    ]
    for hit, (field, _, rule) in zip(chunk.hits(wrong for _, wrong, _ in told), told, strict=True):
        chunk.refuse(hit, field, rule, f"Corriger « {field.title} ».")


def _unforeseen(field: Field, entity: Entity, typed: pl.DataFrame, stated_on: pl.Expr) -> Iterator[tuple[pl.Expr, str]]:
    """The values of a field that could be an identity, and the rule that says so."""
    column = pl.col(field.name)
    if field.logical_type == "string" and field.nomenclature and not field.nomenclature_strict:
        known = list(codes(field.nomenclature))
        yield (
            ~column.is_in(known),
            f"code absent de la nomenclature {field.nomenclature}, non conservé : il pourrait nommer quelqu'un",
        )
    elif field.key_check and not _names_the_row(field, entity):
        holds = identifiers.KEYS[field.key_check]
        wrong = [v for v in typed[field.name].drop_nulls().unique() if not holds(v)]
        yield (
            column.is_in(wrong),
            f"clé de contrôle {field.key_check.upper()} inexacte, non conservé : ce pourrait être un autre numéro",
        )
    elif field.logical_type in ("date", "timestamp"):
        born = dict(entity.identity).get("naissance")
        birth = pl.col(born) if born in typed.columns else pl.lit(None, pl.Date)
        day = column.cast(pl.Date)
        yield day == birth, BORN
        unlike = birth.is_null() | (day < birth)  # a person born before that day may have stayed that long
        yield (
            unlike & (day < stated_on.dt.offset_by(f"-{OLD_YEARS}y")),
            f"date antérieure de plus de {OLD_YEARS} ans, non conservée : ce pourrait être une date de naissance",
        )


def _names_the_row(field: Field, entity: Entity) -> bool:
    """Whether a field says whose row it is. It is kept though its key is wrong, as in the examples of the ANS."""
    return field.required or field.name in entity.primary_key


def _soft_checks(chunk: _Chunk, *, closed: bool) -> None:
    """Signals doubtful values as they were delivered; they are kept. closed: `_close` sets unknown codes and wrong keys
    aside instead."""
    doubts = [(field, *doubt) for field in chunk.fields for doubt in _doubts(chunk, field, closed=closed)]
    for hit, (field, _, rule, remedy) in zip(chunk.hits(doubt[1] for doubt in doubts), doubts, strict=True):
        if hit.any():
            chunk.flag(chunk.text.filter(hit), field.name, pl.col(field.name), rule, KEPT, remedy)


def _doubts(chunk: _Chunk, field: Field, *, closed: bool) -> Iterator[tuple[pl.Expr, str, str]]:
    """The doubtful values of a field, the rule that says so, and the remedy."""
    column = pl.col(field.name)
    if field.plausible is not None:
        low, high = field.plausible
        out = pl.lit(False)
        if low is not None:
            out = out | (column < low)
        if high is not None:
            out = out | (column > high)
        bounds = f"de {'−∞' if low is None else low} à {'+∞' if high is None else high}"
        yield out, f"hors bornes de plausibilité ({bounds})", "Vérifier la valeur ; elle est conservée et signalée."
    if field.nomenclature and not field.nomenclature_strict and not (closed and field.privacy is None):
        yield (
            ~column.is_in(list(codes(field.nomenclature))), f"code absent de la nomenclature {field.nomenclature}",
            "Vérifier le code, ou compléter la nomenclature s'il est nouveau.",
        )  # fmt: skip
    if field.key_check and not (closed and field.privacy is None and not _names_the_row(field, chunk.entity)):
        holds = identifiers.KEYS[field.key_check]
        wrong = [v for v in chunk.typed[field.name].drop_nulls().unique() if not holds(v)]
        yield (
            column.is_in(wrong), f"clé de contrôle {field.key_check.upper()} inexacte",
            "Vérifier le numéro auprès du répertoire ; il est conservé tel quel.",
        )  # fmt: skip


def _hard_checks(chunk: _Chunk) -> None:
    """Applies the pandera schema of the entity, and its strict code lists."""
    from pandera.errors import SchemaErrors

    listed = [(f, f.nomenclature) for f in chunk.fields if f.nomenclature and f.nomenclature_strict]
    unknown = chunk.hits(~pl.col(field.name).is_in(list(codes(nomenclature))) for field, nomenclature in listed)
    for hit, (field, nomenclature) in zip(unknown, listed, strict=True):
        chunk.refuse(hit, field, f"code absent de la nomenclature {nomenclature}", "Corriger le code.")
    carried = frozenset(f.name for f in chunk.fields)
    (conforms,) = chunk.typed.select(conformity(chunk.entity, carried)).to_dicts()
    doubtful = [
        f.name
        for f in chunk.entity.fields
        if not conforms[f.name] or chunk.typed.schema[f.name] != POLARS_TYPES[f.logical_type]
    ]
    if not doubtful:
        return
    try:
        schema = pandera_schema(chunk.entity, carried, frozenset(doubtful))
        schema.validate(chunk.typed.select(doubtful), lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.filter(pl.col("index").is_not_null())
        unplaced = errors.failure_cases.filter(pl.col("index").is_null())
        if unplaced.height:
            raise ValueError(f"schéma dérivé incohérent pour {chunk.entity.name} : {unplaced.to_dicts()}") from errors
        rows = pl.int_range(chunk.typed.height, eager=True)
        for (column, check), group in cases.group_by(["column", "check"], maintain_order=True):
            field = chunk.entity.field(str(column))
            hit = rows.is_in(group["index"].cast(pl.Int64).implode())
            if str(check).startswith("not_nullable"):
                absent = hit & chunk.text[field.name].is_null()  # an unreadable value was reported already
                chunk.refuse(absent, field, "valeur obligatoire absente", f"Renseigner « {field.title} ».")
            else:
                chunk.refuse(hit, field, str(check), f"Corriger « {field.title} ».")


def _row_rules(chunk: _Chunk, stated_on: pl.Expr) -> None:
    """Applies the rules over several fields. All are judged on the row as it is before any sets a value aside."""
    rules = chunk.entity.rules
    read = chunk.typed.with_columns(_collecte_le=stated_on)
    masks = read.select((~_condition(r.expression)).fill_null(False).alias(str(i)) for i, r in enumerate(rules))
    taken_back = _withdrawn(chunk)  # what is taken back may be wrong: that is why, and it must reach the layer
    for rule, broken in zip(rules, masks.get_columns(), strict=True):
        if rule.severity == "error" and not rule.set_aside:
            broken = broken & ~taken_back
        if not broken.any():
            continue
        if rule.set_aside:
            for name in rule.set_aside:
                used = chunk.typed[name].is_not_null()
                chunk.set_aside(broken & used, chunk.entity.field(name), rule.description, rule.remedy)
        elif rule.severity == "error":
            rows = chunk.typed.filter(broken)
            chunk.reject(rows, "(ligne)", pl.lit(rule.expression), rule.description, rule.remedy)
        else:
            rows = chunk.typed.filter(broken)
            chunk.flag(rows, "(ligne)", pl.lit(rule.expression), rule.description, KEPT, rule.remedy)


@lru_cache(maxsize=1024)
def _condition(sql: str) -> pl.Expr:
    """What a condition of a contract says, as an expression."""
    return pl.sql_expr(sql)


def _withdrawn(chunk: _Chunk) -> pl.Series:
    """The rows that take a statement back, as a mask. They are kept, and count nowhere.

    A cancellation is in the ordinary course of things, and its state says it; an error is signalled besides.
    """
    state = chunk.entity.state_field
    if state not in chunk.text.columns:
        return pl.repeat(False, chunk.typed.height, eager=True)
    wrong = chunk.text.filter(chunk.where(pl.col(state) == ERROR))
    chunk.flag(
        wrong, state, pl.col(state), "énoncé dit saisi par erreur : il remplace ce qui a été dit sous le même "
        "identifiant", KEPT, "Rien à faire : il ne compte nulle part.",
    )  # fmt: skip
    return chunk.where(pl.col(state).is_in(sorted(withdrawn())))


def _codes_in_force(chunk: _Chunk, stated_on: pl.Expr) -> None:
    """Signals codes that exist, but not on the day of the row; when their list is strict, they are not used."""
    for field in chunk.fields:
        dated = periods(field.nomenclature) if field.nomenclature else None
        if dated is None:
            continue
        used = chunk.typed.select(code=pl.col(field.name), jour=_day_of(chunk.entity, stated_on))
        begun = pl.col("valide_du").is_null() | (pl.col("valide_du") <= pl.col("jour"))
        ended = pl.col("valide_au").is_not_null() & (pl.col("valide_au") < pl.col("jour"))
        out = used.drop_nulls().unique().join(dated, on="code").filter(~begun | ended).select("code", "jour", hors=True)
        if out.is_empty():
            continue
        hit = used.join(out, on=["code", "jour"], how="left", maintain_order="left")["hors"].fill_null(False)
        rule = f"code hors de sa période de validité dans la nomenclature {field.nomenclature}"
        remedy = "Donner le code en vigueur à la date de la ligne, ou corriger cette date."
        if field.nomenclature_strict:
            chunk.refuse(hit, field, rule, remedy)
        else:
            chunk.flag(chunk.text.filter(hit), field.name, pl.col(field.name), rule, KEPT, remedy)


def _day_of(entity: Entity, stated_on: pl.Expr) -> pl.Expr:
    """The day on which the codes of a row must be in force.

    It is 31 December of the millésime, or the day the row speaks from when that is earlier. A row that says when what
    it describes was true, or ended (a closed establishment), must have the codes of that day.
    """
    year_end = pl.date(
        pl.col("millesime").clip(1, 9999), 12, 31
    )  # an impossible year is rejected later; polars could not make a date of it
    day = pl.min_horizontal(year_end, stated_on)
    own = [pl.col(name).cast(pl.Date) for name in (entity.codes_at, entity.dated_by) if name]
    return pl.min_horizontal(pl.coalesce(*own, day), day) if own else day


def _set_millesime(chunk: _Chunk, layout: Layout, facts: DeliveryFacts) -> None:
    chunk.typed = chunk.typed.with_columns(_year(chunk.typed, layout, facts).alias("millesime"))
    name = layout.millesime.get("field")
    if not name:  # the delivery says the year: an impossible one was refused on reception
        return
    domain = domains()["millesime"]
    wrong = chunk.typed.filter(
        pl.col("millesime").is_null() | ~pl.col("millesime").is_between(domain.minimum, domain.maximum)
    )
    if wrong.height:
        chunk.reject(wrong, name, pl.col(name), "millésime absent ou impossible", f"Renseigner {domain.shape}.")


def _year(rows: pl.DataFrame, layout: Layout, facts: DeliveryFacts) -> pl.Expr:
    """The millésime of each row: from its own field when the layout names one, else that of the delivery."""
    name = layout.millesime.get("field")
    if not name:
        return pl.lit(facts.millesime, pl.Int64)
    year = pl.col(name).dt.year() if rows.schema[name].is_temporal() else pl.col(name).cast(pl.Int64, strict=False)
    return (year + int(layout.millesime.get("offset", 0))).cast(pl.Int64)


def _collecte_le(rows: pl.DataFrame, layout: Layout, facts: DeliveryFacts) -> pl.Expr:
    """The day each row speaks from: from its own field when the layout names one, else that of the delivery."""
    name = layout.collected_on.get("field")
    known = pl.lit(facts.collecte_le, pl.Date)
    return pl.coalesce(pl.col(name).cast(pl.Date), known) if name and name in rows.columns else known


def _settle(frame: pl.DataFrame, chunk: _Chunk, layout: Layout, facts: DeliveryFacts) -> Validated:
    """Separates the rows: those with at least one reject are rejected, with their whole text; others are accepted."""
    entity = chunk.entity
    indexed = frame.with_row_index("_row")
    origin = {"delivery_id": pl.lit(facts.delivery_id), "source": pl.lit(facts.source), "entite": pl.lit(entity.name)}
    lines = indexed.select("_row", ligne="_ligne", chemin="_chemin")
    accepted, rejects = chunk.typed, pl.DataFrame(schema=REJECT_SCHEMA)
    rejected = pl.Series("_row", [], dtype=pl.UInt32)
    if chunk.rejects:
        problems = pl.concat(chunk.rejects).unique(maintain_order=True)
        rejected = problems["_row"].unique()
        delivered = [c for c in frame.columns if c not in TECHNICAL]
        whole = indexed.filter(pl.col("_row").is_in(rejected.implode())).select(
            "_row", ligne_complete=pl.struct(delivered).struct.json_encode()
        )
        rejects = (
            problems.join(lines, on="_row", how="left")
            .join(whole, on="_row", how="left")
            .sort("_row", maintain_order=True)
            .with_columns(**origin)
            .select(REJECT_SCHEMA.keys())
            .cast(REJECT_SCHEMA)  # type: ignore[arg-type]  # a dict of dtypes is what polars takes
        )
        accepted = accepted.filter(~pl.col("_row").is_in(rejected.implode()))
    flags = pl.DataFrame(schema=FLAG_SCHEMA)
    if chunk.flags:
        flags = (
            pl.concat(chunk.flags)
            .filter(~pl.col("_row").is_in(rejected.implode()))
            .join(lines, on="_row", how="left")
            .sort("_row", maintain_order=True)
            .with_columns(**origin)
            .select(FLAG_SCHEMA.keys())
            .cast(FLAG_SCHEMA)  # type: ignore[arg-type]  # a dict of dtypes is what polars takes
        )
    names = [f.name for f in entity.fields]
    technical = ["_ligne", "_collecte_le"] + ([] if "millesime" in names else ["millesime"])
    accepted = accepted.with_columns(_collecte_le=_collecte_le(accepted, layout, facts))
    return Validated(accepted.select(*names, *technical), rejects, flags)
