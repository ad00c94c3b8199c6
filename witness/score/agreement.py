"""When an answer is right, and when two answers agree, as SQL expressions over two rows.

Belongs here: the judge's own comparison. Does not belong here: the comparison that resolution uses (dbt macros); a
judge that used it would find right whatever resolution finds right.

A row has `nombre`, `texte`, `jour` and `decimales` (the number of decimals that its number is written with, NULL when
unknown). `t` is the row of the tolerance of the element (`type`, `valeur`).
"""

from __future__ import annotations

EPSILON = 1e-6

# The key of dlnuf_valeurs.
QUESTION = ("unite", "unite_id", "perimetre", "millesime", "element_id", "composante", "base_temporelle")

_PLAIN = "trim(regexp_replace(strip_accents(lower({})), '[^a-z0-9]+', ' ', 'g'))"
_DIGITS = "regexp_replace(regexp_replace({}, '[^0-9]', '', 'g'), '^(0033|33)', '0')"
_SITE = "regexp_replace(regexp_replace(lower(trim({})), '^(https?://)?(www[.])?', ''), '[/?#].*$', '')"
_ITEMS = "list_distinct(list_transform(string_split(lower({}), ','), lambda x: trim(x)))"


def question_hash(alias: str = "") -> str:
    """A number that stands for a question, and is quicker to join than seven columns.

    Among a hundred million questions, the probability that two share a number is 3 in 10 000.
    """
    prefix = f"{alias}." if alias else ""
    return f"hash({', '.join(prefix + column for column in QUESTION)})"


def right(said: str, truth: str) -> str:
    """Whether an answer is the truth: within the tolerance, or within half a unit of the last decimal written."""
    rounding = f"coalesce(0.5 * pow(10, -{said}.decimales), 0)"
    return _same(said, truth, rounding)


def agree(a: str, b: str) -> str:
    """Whether two answers say the same thing, within the tolerance of the element."""
    return _same(a, b, "0")


def _same(a: str, b: str, rounding: str) -> str:
    gap = f"abs({a}.nombre - {b}.nombre)"
    limit = (
        f"case when t.type = 'relatif' then t.valeur / 100 * greatest(abs({a}.nombre), abs({b}.nombre))"
        " when t.type in ('entier', 'effectif', 'absolu', 'points') then t.valeur else 0 end"
    )
    plain_a, plain_b = _PLAIN.format(f"{a}.texte"), _PLAIN.format(f"{b}.texte")
    items_a, items_b = _ITEMS.format(f"{a}.texte"), _ITEMS.format(f"{b}.texte")
    common = f"len(list_intersect({items_a}, {items_b}))"
    text = f"""case
        when {a}.texte = {b}.texte then true
        when t.type = 'exact_ci' then lower(trim({a}.texte)) = lower(trim({b}.texte))
        when t.type in ('texte_norm', 'adresse_norm')
            then {plain_a} = {plain_b} or jaro_winkler_similarity({plain_a}, {plain_b}) >= t.valeur
        when t.type = 'tel_norm' then {_DIGITS.format(f"{a}.texte")} = {_DIGITS.format(f"{b}.texte")}
        when t.type = 'domaine' then {_SITE.format(f"{a}.texte")} = {_SITE.format(f"{b}.texte")}
        when t.type = 'distance' then {_metres(a, b)} <= t.valeur
        when t.type = 'ensemble'
            then {common} >= t.valeur * (len({items_a}) + len({items_b}) - {common})
        else false end"""
    return f"""coalesce(case
        when {a}.nombre is not null and {b}.nombre is not null
            then {gap} <= greatest({limit}, {rounding}) + {EPSILON}
        when {a}.jour is not null and {b}.jour is not null
            then abs(date_diff('day', {a}.jour, {b}.jour)) <= case when t.type = 'date' then t.valeur else 0 end
        when {a}.texte is not null and {b}.texte is not null then {text}
        else false end, false)"""


def _metres(a: str, b: str) -> str:
    """Distance between two « latitude;longitude », on a sphere of the mean radius of the Earth."""

    def radians(alias: str, rank: int) -> str:
        return f"radians(try_cast(split_part({alias}.texte, ';', {rank}) as double))"

    lat_a, lat_b, lon_a, lon_b = radians(a, 1), radians(b, 1), radians(a, 2), radians(b, 2)
    half = f"pow(sin(({lat_a} - {lat_b}) / 2), 2) + cos({lat_a}) * cos({lat_b}) * pow(sin(({lon_a} - {lon_b}) / 2), 2)"
    return f"2 * 6371008.8 * asin(sqrt({half}))"
