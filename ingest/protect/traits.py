"""The traits by which a person is recognised, and their other writings, as texts from which keys are made.

Belongs here: names, given names, births, sexes, places and numbers, normalised; what each may also be written as. Does
not belong here: which of them make a key, and its HMAC (`ingest.protect.pseudonyms`).

The normalisation and the writings decide every pseudonym: to change one is to change them all. Tests hold worked cases.
All functions take and give polars expressions of texts; NULL is « unknown ». Nothing made here is ever stored.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from data_contracts import territoires

# Letters that no accent explains: Unicode does not decompose them.
_LIGATURES = {
    "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ı": "i",
}  # fmt: skip
_NIR = r"^([0-9]{5}(?:[0-9][0-9]|2[AB])[0-9]{6})"
_COG = r"^([0-9]{5}|2[AB][0-9]{3})$"
_UNKNOWN_PLACE = "99999"
_IDENTITY_TYPES = ("INS-NIR", "INS-NIA")

# « LENOIR EPOUSE BLANC », « BLANC NEE LENOIR »: both names in one column, as paper files have them.
_MARRIED = r"^(.+?) (?:EPOUSE|EPSE|EP|VEUVE|VVE) (.+)$"
_BORN = r"^(.+?) NEE (.+)$"
_PARTICLES = (
    "DE", "DU", "DES", "D", "LE", "LA", "LES", "L", "VON", "VAN", "DER", "DEN", "DI", "DA", "DO", "DOS", "DEL", "EL",
    "AL", "BEN",
)  # fmt: skip
# Registers that sort by the first capital put the particle last: « LA BROSSE (DE) », « GOFF LE ».
_REJECTED = r"^(.+?) ((?:DE LA|DE L|DES|DE|DU|D|LE|LA|VON DER|VON|VAN DER|VAN DEN|VAN))$"
_SHORTEST_PART = 3  # letters of a part of a compound name that stands for it
_CUT = 8  # letters by which a name that a column cut short is still known
_SHORTEST_TYPED = 4  # letters under which one letter less is another name
_LONGEST_TYPED = 14  # places of the letters that may be mistyped; beyond, the first letters suffice
_TOKENS = 3  # given names that count

# Sounds written in several ways, one after the other. Not Soundex: vowels tell French names apart.
_SOUNDS = (
    ("PH", "F"), ("TH", "T"), ("QU", "K"), ("CK", "K"), ("SCH", "CH"), ("CH", "*"), ("CE", "SE"), ("CI", "SI"),
    ("CY", "SI"), ("C", "K"), ("H", ""), ("*", "CH"), ("Y", "I"), ("W", "V"), ("Z", "S"), ("EAU", "O"), ("AU", "O"),
    ("AI", "E"), ("EI", "E"),
)  # fmt: skip
_DOUBLES = {f"{letter * 2}": letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}

ABROAD = "99"
_CORSICA = "20"  # before 1976, and in postal codes still: 2A and 2B cannot be told apart there
# Algeria, Morocco and Tunisia before their independence: 91 to 96, then the number of the country.
_BEFORE_INDEPENDENCE = r"^9[1-6]35[0-2]$"


def unaccented(text: pl.Expr) -> pl.Expr:
    """A text without accents (NFKD, combining marks removed), each ligature written as two letters."""
    plain = text.str.replace_many(list(_LIGATURES), list(_LIGATURES.values()))
    return plain.str.normalize("NFKD").str.replace_all(r"\p{M}", "")


def known(text: pl.Expr) -> pl.Expr:
    """A text, unknown when it is empty."""
    return pl.when(text != "").then(text)


def without_spaces(text: pl.Expr) -> pl.Expr:
    """Upper case, without any space."""
    return known(text.str.to_uppercase().str.replace_all(r"\s", ""))


def words(text: pl.Expr) -> pl.Expr:
    """The words of a name: upper case, no accent, letters only, one space between two."""
    return known(unaccented(text).str.to_uppercase().str.replace_all(r"[^A-Z]+", " ").str.strip_chars(" "))


def birth_words(text: pl.Expr) -> pl.Expr:
    """The words of the name of birth, in a column that may hold the name of marriage too; its particle before it."""
    both = words(text)
    born = pl.coalesce(both.str.extract(_BORN, 2), both.str.extract(_MARRIED, 1), both)
    return pl.coalesce(born.str.replace(_REJECTED, "$2 $1"), born)


def married_words(text: pl.Expr) -> pl.Expr:
    """The words of the name of marriage that a column of names of birth holds too; else unknown."""
    both = words(text)
    return pl.coalesce(both.str.extract(_BORN, 1), both.str.extract(_MARRIED, 2))


def letters(text: pl.Expr) -> pl.Expr:
    """Words joined."""
    return known(text.str.replace_all(" ", "", literal=True))


def name(text: pl.Expr) -> pl.Expr:
    """A name of birth in upper case, letters only, no accent: « Le Goff-d'Été » -> LEGOFFDETE. NULL when no letter."""
    return letters(birth_words(text))


def first_name(text: pl.Expr) -> pl.Expr:
    """The first given name: what stands before a space or a comma; a hyphen joins, it does not part."""
    return letters(words(text.str.extract(r"^[\s,;]*([^\s,;]+)")))


def sounds(text: pl.Expr) -> pl.Expr:
    """Letters as they sound in French, roughly: KOWALSKY and KOWALSKI, NOWAK and NOVAK, are one."""
    for written, said in _SOUNDS:
        text = text.str.replace_all(written, said, literal=True)
    for _ in range(3):  # a letter written eight times is one
        text = text.str.replace_many(list(_DOUBLES), list(_DOUBLES.values()))
    return known(text)


def one_letter_less(text: pl.Expr) -> list[pl.Expr]:
    """The texts that lack one letter of this one. Two names that one typing mistake sets apart (a letter more, less,
    another, or two neighbours swapped) have one of them in common, or one is the other's."""
    length = text.str.len_chars()
    return [
        pl.when((length >= _SHORTEST_TYPED) & (length > i)).then(text.str.head(i) + text.str.slice(i + 1))
        for i in range(_LONGEST_TYPED)
    ]


def name_writings(born: pl.Expr, used: pl.Expr) -> list[pl.Expr]:
    """What a name may also be written as: by its sound, one letter less, cut short, without particle, by one of its
    parts, or by the name of use. born, used: the columns of the names of birth and of use."""
    whole = sounds(name(born))
    joined = name(born)
    return [
        whole,
        *one_letter_less(whole),
        pl.when(joined.str.len_chars() >= _CUT).then(pl.lit("^") + joined.str.head(_CUT)),
        *_parts(birth_words(born)),
        sounds(letters(married_words(born))),
        sounds(name(used)),
        *_parts(birth_words(used)),
    ]


def _parts(text: pl.Expr) -> list[pl.Expr]:
    """Of several words: all but the particles, and each of the first three."""
    several = pl.when(text.str.contains(" ", literal=True)).then(text)
    kept = several.str.split(" ").list.eval(pl.element().filter(~pl.element().is_in(_PARTICLES)))
    parts = [kept.list.get(i, null_on_oob=True) for i in range(3)]
    return [
        sounds(kept.list.join("")),
        *(sounds(pl.when(part.str.len_chars() >= _SHORTEST_PART).then(part)) for part in parts),
    ]


def given_writings(text: pl.Expr) -> list[pl.Expr]:
    """What a given name may also be written as: by its sound, one letter less, each of the first three, two in any
    order. « Jean-Pierre », « Jean Pierre », « Jean » and « Pierre Jean » have one in common."""
    first = sounds(first_name(text))
    return [first, *one_letter_less(first), *given_names(text), two_given_names(text)]


def given_names(text: pl.Expr) -> list[pl.Expr]:
    """Each of the first three given names, by its sound; a hyphen parts them here."""
    tokens = words(text).str.split(" ")
    return [sounds(tokens.list.get(i, null_on_oob=True)) for i in range(_TOKENS)]


def two_given_names(text: pl.Expr) -> pl.Expr:
    """The first two given names, in alphabetical order; unknown when there is one."""
    first, second, _ = given_names(text)
    return pl.when(first <= second).then(first + pl.lit("+") + second).otherwise(second + pl.lit("+") + first)


def is_sure(day: pl.Expr) -> pl.Expr:
    """Whether a birth date is one: 1 January stands for an unknown day in registers of many countries, and 31 December
    does in the RNIV when the month is unknown too."""
    first = (day.dt.month() == 1) & (day.dt.day() == 1)
    last = (day.dt.month() == 12) & (day.dt.day() == 31)
    return ~(first | last)


def iso(day: pl.Expr) -> pl.Expr:
    """A date as AAAA-MM-JJ."""
    return day.dt.to_string("%Y-%m-%d")


def birth_writings(day: pl.Expr) -> list[pl.Expr]:
    """What a birth date may also be written as: day and month swapped, the last digits of the year swapped. Each is
    written as the smaller of the two, so that both dates give it."""
    swapped = pl.min_horizontal(day.dt.to_string("%m-%d"), day.dt.to_string("%d-%m"))
    year = day.dt.to_string("%y")
    turned = pl.min_horizontal(year, year.str.reverse())
    return [
        pl.when(day.dt.day() <= 12).then(pl.lit("JM") + day.dt.to_string("%Y-") + swapped),
        pl.lit("AA") + (day.dt.year() // 100).cast(pl.String) + turned + day.dt.to_string("-%m-%d"),
    ]


def birth_remains(day: pl.Expr) -> list[pl.Expr]:
    """What one mistake leaves of a birth date: the year, the day and month, or the digits of the year."""
    return [pl.lit("A") + day.dt.to_string("%Y"), pl.lit("J") + day.dt.to_string("%m-%d"), birth_writings(day)[1]]


def sex(text: pl.Expr) -> pl.Expr:
    """M, F or I (indéterminé)."""
    capital = text.str.to_uppercase()
    return pl.when(capital.is_in(["M", "F", "I"])).then(capital)


def place(text: pl.Expr) -> pl.Expr:
    """Today's COG code of the commune or country of birth: a merged commune by the one it went to, an arrondissement by
    its city, Corsica as one. Its lost leading zero is put back; 99999 says « unknown »."""
    code = without_spaces(text).str.zfill(5).str.extract(_COG)
    code = pl.when(code != _UNKNOWN_PLACE).then(code)
    return code.replace(_carried()).str.replace(r"^2[AB]", _CORSICA)


def departement_of_birth(text: pl.Expr) -> pl.Expr:
    """Where a code of birth place lies: a département of today (20 for Corsica), 99 abroad. The code may be one of the
    COG of any year, a postal code, or that of the département itself: all of them agree on it."""
    compact = without_spaces(text)
    alone = pl.when(compact.str.contains(r"^([0-9]{2}|2[AB]|9[78][0-9])$")).then(compact)
    code = place(text)
    lost = code.str.contains(_BEFORE_INDEPENDENCE) & ~code.is_in(territoires.commune_codes().implode())
    found = pl.when(lost).then(pl.lit(ABROAD)).otherwise(territoires.departement_of(code))
    return pl.coalesce(alone, found).str.replace(r"^2[AB]$", _CORSICA)


@cache
def _carried() -> dict[str, str]:
    return territoires.carried()


def nir(text: pl.Expr) -> pl.Expr:
    """The thirteen characters of a NIR, a NIA or an INS: Corsica keeps its letters, the key is left out. Else NULL."""
    return text.str.to_uppercase().str.replace_all(r"[\s.\-]", "").str.extract(_NIR)


def identity_type(text: pl.Expr) -> pl.Expr:
    """INS-NIR or INS-NIA, which are two identities; anything else is unknown."""
    return pl.when(text.is_in(_IDENTITY_TYPES)).then(text)


def nature(number: pl.Expr, said: pl.Expr) -> pl.Expr:
    """NIR or NIA: what the number's first digit says (7 and 8 wait for their NIR), then what the file says of it."""
    waits = number.str.contains(r"^[78]") | said.str.to_uppercase().str.ends_with("NIA").fill_null(False)
    return pl.when(waits).then(pl.lit("NIA")).when(number.is_not_null()).then(pl.lit("NIR"))


def is_own(text: pl.Expr, birth: pl.Expr, sex_told: pl.Expr) -> pl.Expr:
    """Whether a number is that of the person it stands beside, rather than of a parent or a spouse: its key is right
    when it is written, and its sex, year and month of birth are those of the row. Unknown birth: it is not said.

    Months above twelve say that the month was not known when the number was given (INSEE); a birth date that is not
    sure has no month either.
    """
    number = nir(text)
    written = text.str.to_uppercase().str.replace_all(r"[\s.\-]", "").str.slice(13, 2)
    digits = number.str.replace("2A", "19", literal=True).str.replace("2B", "18", literal=True).cast(pl.Int64)
    key = written.cast(pl.Int64, strict=False)
    man, woman = (number.str.contains(p) for p in (r"^[1378]", r"^[2478]"))
    month = number.str.slice(3, 2).cast(pl.Int64)
    return (
        ((written == "") | (key == 97 - digits % 97))
        & pl.when(sex_told == "M").then(man).when(sex_told == "F").then(woman).otherwise(True)
        & (number.str.slice(1, 2) == birth.dt.to_string("%y"))
        & ((month > 12) | (month == birth.dt.month()) | ~is_sure(birth))
    ).fill_null(False)
