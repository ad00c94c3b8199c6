"""The traits by which a person is recognised, and their other writings, as texts from which keys are made.

Belongs here: names, given names, births, sexes, places and numbers, normalised; what each may also be written as. Does
not belong here: which of them make a key, and its HMAC (`ingest.protect.pseudonyms`).

The normalisation and the writings decide every pseudonym: to change one is to change them all. Tests hold worked cases.
Functions take and give polars expressions; NULL is « unknown ». An expression is computed as often as it is named: what
several others need is a column first (`normalised`). Nothing made here is ever stored.
"""

from __future__ import annotations

from collections.abc import Callable
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
    "AL", "BEN", "AIT", "OULD", "BOU", "ABD", "ABDEL", "ABDUL", "SAINT", "SAINTE", "ST", "STE",
)  # fmt: skip
# Registers that sort by the first capital put the particle last: « LA BROSSE (DE) », « GOFF LE ».
_REJECTED = r"^(.+?) ((?:DE LA|DE L|DES|DE|DU|D|LE|LA|VON DER|VON|VAN DER|VAN DEN|VAN))$"
_SHORTEST_PART = 3  # letters of a part of a compound name that stands for it
_CUT = 8  # letters by which a name that a column cut short is still known
_BEGUN = r"^(\S+ \S{3})"  # the first part of a compound name, and what shows that it goes on
# Of two names that one typing mistake sets apart (a letter more, less, another, or two neighbours swapped), one without
# a letter is the other without a letter, or the other.
SHORTEST_TYPED = 4  # letters under which one letter less is another name
LONGEST_TYPED = 14  # places of the letters that may be mistyped; beyond, the first letters suffice
_TOKENS = 3  # given names that count
_SHORTEST_GIVEN = 2  # letters of a given name; one alone is an initial
_SHORTEST_SECOND = 3  # letters by which two given names contradict two others; « Marie-Th » says which one badly

# Sounds written in several ways. Not Soundex: vowels tell French names apart. Each table is one pass, in which the
# first that matches, of those that begin at a letter, is taken.
_HARD_H = {"SCH": "*", "CH": "*", "PH": "F", "TH": "T", "H": ""}
_SOUNDS = {
    "EAU": "O", "AU": "O", "AI": "E", "AY": "E", "EI": "E", "EY": "E", "QU": "K", "CK": "K", "CE": "SE", "CI": "SI",
    "CY": "SI", "C": "K", "Y": "I", "W": "V", "Z": "S",
}  # fmt: skip
_REPEATED = {letter * n: letter for n in range(8, 1, -1) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ*"}

ABROAD = "99"
# Countries that were one state, or of one, in the life of somebody: a birth there has either code (INSEE, code officiel
# géographique, pays et territoires étrangers). Each goes to the first of its line.
_ONE_STATE_ONCE = (
    "99123 99106 99107 99108 99148 99151 99155 99252 99253 99255 99256 99257 99258 99259 99260",  # USSR
    "99121 99118 99119 99120 99145 99156 99157",  # Yugoslavia
    "99116 99115 99117",  # Czechoslovakia
    "99109 99141 99142",  # Germany
    "99208 99124",  # Turkey, and Turkey in Europe
    "99216 99230 99232 99236",  # China, Hong Kong, Macao, Taiwan
    "99223 99213 99246",  # India, Pakistan, Bangladesh
    "99239 99237 99238",  # Korea
    "99243 99241 99242",  # Viêt Nam
    "99251 99250",  # Yemen
    "99261 99207",  # Palestine, Israel
    "99315 99317",  # Ethiopia, Eritrea
    "99343 99349",  # Sudan, South Sudan
)
_OF_NO_COUNTRY = ["99", "99000", "99100", "99990"]  # abroad, France, another country: no more is said
_CORSICA = "20"  # before 1976, and in postal codes still: 2A and 2B cannot be told apart there
# Algeria, Morocco and Tunisia before their independence: 91 to 96, then the number of the country.
_PARIS_OR_SEINE = r"^750(?:0[1-9]|1[0-9]|20)$"
_BEFORE_INDEPENDENCE = r"^9[1-6]35[0-2]$"


def unaccented(text: pl.Expr) -> pl.Expr:
    """A text without accents (NFKD, combining marks removed), each ligature written as two letters."""
    plain = text.str.replace_many(list(_LIGATURES), list(_LIGATURES.values()))
    return plain.str.normalize("NFKD").str.replace_all(r"\p{M}", "")


def known(text: pl.Expr) -> pl.Expr:
    """A text, unknown when it is empty."""
    return text.replace("", None)


def without_spaces(text: pl.Expr) -> pl.Expr:
    """Upper case, without any space."""
    return known(text.str.to_uppercase().str.replace_all(r"\s", ""))


def words(text: pl.Expr) -> pl.Expr:
    """The words of a name: upper case, no accent, letters only, one space between two."""
    return known(unaccented(text).str.to_uppercase().str.replace_all(r"[^A-Z]+", " ").str.strip_chars(" "))


def birth_words(told: pl.Expr) -> pl.Expr:
    """Of words that may hold the name of marriage too: those of the name of birth, its particle first."""
    return pl.coalesce(told.str.extract(_BORN, 2), told.str.extract(_MARRIED, 1), told).str.replace(_REJECTED, "$2 $1")


def married_words(told: pl.Expr) -> pl.Expr:
    """The words of the name of marriage that a column of names of birth holds too; else unknown."""
    return pl.coalesce(told.str.extract(_BORN, 1), told.str.extract(_MARRIED, 2))


def letters(text: pl.Expr) -> pl.Expr:
    """Words joined."""
    return known(text.str.replace_all(" ", "", literal=True))


def name(text: pl.Expr) -> pl.Expr:
    """A name of birth in upper case, letters only, no accent: « Le Goff-d'Été » -> LEGOFFDETE. NULL when no letter."""
    return letters(birth_words(words(text)))


def first_name(text: pl.Expr) -> pl.Expr:
    """The first given name: what stands before a space or a comma; a hyphen joins, it does not part."""
    return letters(words(text.str.extract(r"^[\s,;]*([^\s,;]+)")))


def sounds(text: pl.Expr) -> pl.Expr:
    """Letters as they sound in French, roughly: KOWALSKY and KOWALSKI, NOWAK and NOVAK, are one."""
    for table in (_HARD_H, _REPEATED, _SOUNDS, _REPEATED, _SOUNDS, _REPEATED):  # one sound may make another: AII, EI, E
        text = text.str.replace_many(list(table), list(table.values()), leftmost=True)
    return known(text.str.replace_all("*", "CH", literal=True))


def main_words(text: pl.Expr) -> pl.Expr:
    """Several words without their particles; unknown of one word, which has none."""
    bare = text.str.replace_all(rf"\b(?:{'|'.join(_PARTICLES)})\b", "").str.replace_all(" +", " ").str.strip_chars(" ")
    return known(pl.when(text.str.contains(" ", literal=True)).then(bare))


def part(text: pl.Expr, rank: int, shortest: int = _SHORTEST_PART) -> pl.Expr:
    """A word of several, when it is long enough to stand for all."""
    return text.str.split(" ").list.get(rank, null_on_oob=True).str.extract(rf"^(.{{{shortest},}})$")


def normalised(told: pl.DataFrame) -> pl.DataFrame:
    """The columns of the roles -> the same, and what is made of each, beginning with « _ ».

    _nom, _prenom, _tous_prenoms, _deux_prenoms, _sexe, _lieu, _departement, _ins, _nir, _mdph; the birth as ISO:
    `_naissance`, and `_naissance_sure` when its day is known; `_son`, `_son_*`: writings of the name; `_donne_*`: of
    the given name.
    """
    names, used, given, born = (pl.col(role) for role in ("nom", "nom_usage", "prenoms", "naissance"))
    told = told.with_columns(once_each(told["lieu"], _placed).struct.unnest())
    for columns in (
        {
            "_dits": words(names), "_usage": words(used), "_prenoms": words(given), "_prenom": first_name(given),
            "_ins": nir(pl.col("ins")), "_nir": nir(pl.col("nir")),
            "_sexe": sex(pl.col("sexe")), "_mdph": without_spaces(pl.col("mdph")), "_naissance": iso(born),
            "_type_ins": identity_type(pl.col("ins_type")),
        },
        {
            "_mots": birth_words(pl.col("_dits")), "_mots_epoux": married_words(pl.col("_dits")),
            "_mots_usage": birth_words(pl.col("_usage")), "_tous_prenoms": letters(pl.col("_prenoms")),
            "_cle_ins": key(pl.col("ins")), "_cle_nir": key(pl.col("nir")),
            **{f"{n}_s_accorde": agrees(pl.col(n), born, pl.col("_sexe")) for n in ("_ins", "_nir")},
        },
        {
            **{f"{n}_est_propre": pl.col(f"{n}_s_accorde") & key_holds(pl.col(n), pl.col(f"_cle{n}"))
               for n in ("_ins", "_nir")},
            # A qualified INS is that of the row but for a copy that the traits deny: a spouse's, a parent's.
            "_ins_se_tient": pl.col("_ins_s_accorde") | born.is_null(),
            "_ins_a_une_cle": pl.col("_cle_ins") != "", "_nir_a_une_cle": pl.col("_cle_nir") != "",
            "_nom": letters(pl.col("_mots")),
            "_principaux": main_words(pl.col("_mots")), "_principaux_usage": main_words(pl.col("_mots_usage")),
            # Of somebody born in France, 1 January is a day: the register has one.
            "_naissance_sure": pl.when(is_sure(born) | ~is_abroad(pl.col("_departement"))).then("_naissance"),
        },
    ):  # fmt: skip
        told = told.with_columns(**columns)
    told = told.with_columns(**_heard(told))
    told = told.with_columns(
        pl.when(part(pl.col("_prenoms"), i, _SHORTEST_SECOND).is_not_null()).then(f"_donne_{i}").alias(f"_vrai_{i}")
        for i in range(_TOKENS)
    )
    return told.with_columns(_deux_prenoms=in_any_order(pl.col("_vrai_0"), pl.col("_vrai_1")))


def _placed(texts: pl.Series) -> pl.Series:
    """`_lieu` and `_departement` of each place of birth."""
    known = texts.to_frame("texte").with_columns(_lieu=place(pl.col("texte")))
    return known.select(
        pl.struct("_lieu", _departement=departement_of_birth(pl.col("texte"), pl.col("_lieu")))
    ).to_series()


def _heard(told: pl.DataFrame) -> dict[str, pl.Series]:
    """The columns that are sounds: `_son*`, `_donne_*`. All texts go through at once, each that comes back once."""
    written = told.select(
        _son_prenom="_prenom",
        **{f"_donne_{i}": part(pl.col("_prenoms"), i, _SHORTEST_GIVEN) for i in range(_TOKENS)},
        _son="_nom", _son_epoux=letters(pl.col("_mots_epoux")), _son_usage=letters(pl.col("_mots_usage")),
        **{f"_son{use}_{said}": text
           for use in ("", "_usage")
           for said, text in (("joint", letters(pl.col(f"_principaux{use}"))),
                              *((str(i), part(pl.col(f"_principaux{use}"), i)) for i in range(3)))},
    )  # fmt: skip
    heard = by_value(pl.concat(written.get_columns()), sounds)
    return {name: heard.slice(rank * told.height, told.height) for rank, name in enumerate(written.columns)}


def once_each(texts: pl.Series, make: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """What is made of each text, made once of those that come back; NULL of NULL."""
    coded = texts.to_arrow().dictionary_encode()
    return make(pl.Series(coded.dictionary, dtype=pl.String)).gather(pl.Series(coded.indices))


def by_value(texts: pl.Series, rule: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """What a rule makes of each text, made once of those that come back; NULL of NULL."""
    return once_each(texts, lambda distinct: distinct.to_frame("texte").select(_=rule(pl.col("texte")))["_"])


def name_writings() -> list[pl.Expr]:
    """What a name may also be written as: by its sound, cut short, without particle, or by the name of use. Over the
    columns of `normalised`; the sound may be mistyped besides."""
    # The first letters of a compound name are those of its first part: some of the second must be there too.
    begun = pl.col("_principaux").str.extract(_BEGUN).str.replace(" ", "")
    cut = pl.lit("^") + pl.when(is_compound()).then(begun).otherwise(cut_short())
    alike = [pl.col(f"_son{use}_joint") for use in ("", "_usage")]
    return [pl.col("_son"), cut, *alike, pl.col("_son_epoux"), pl.col("_son_usage")]


def name_parts() -> list[pl.Expr]:
    """The parts of a compound name, of birth or of use, and its first letters: each may stand for the whole name of a
    record, never for a part of another one's. Martin-Dupont may be called Dupont, and is not Martin-Garcia."""
    begun = pl.when(is_compound()).then(pl.lit("^") + cut_short())
    return [*(pl.col(f"_son{use}_{i}") for use in ("", "_usage") for i in range(3)), begun]


def is_compound() -> pl.Expr:
    """Whether a name has several words, particles apart."""
    return pl.col("_principaux").str.contains(" ", literal=True).fill_null(False)


def cut_short() -> pl.Expr:
    """The first letters of a long name, by which it is known when a column cut it."""
    return pl.when(pl.col("_nom").str.len_chars() >= _CUT).then(pl.col("_nom").str.head(_CUT))


def given_writings() -> list[pl.Expr]:
    """What a given name may also be written as: by its sound, each of the first three, two in any order; the sound may
    be mistyped besides. « Jean-Pierre », « Jean Pierre », « Jean » and « Pierre Jean » have one in common."""
    return [pl.col("_son_prenom"), *given_names(), pl.col("_deux_prenoms")]


def given_names() -> list[pl.Expr]:
    """Each of the first three given names, by its sound; a hyphen parts them here."""
    return [pl.col(f"_donne_{i}") for i in range(_TOKENS)]


def two_given_names() -> list[pl.Expr]:
    """Two of the first three given names: « Marie Thérèse » and « Marie Louise Thérèse » have one in common, « Marie
    Louise » and « Marie Claire » have none."""
    return [in_any_order(pl.col(f"_vrai_{i}"), pl.col(f"_vrai_{j}")) for i, j in ((0, 1), (0, 2), (1, 2))]


def in_any_order(first: pl.Expr, second: pl.Expr) -> pl.Expr:
    """Two texts in alphabetical order; unknown when one is."""
    plus = pl.lit("+")
    return pl.when(first <= second).then(first + plus + second).when(second < first).then(second + plus + first)


def is_abroad(departement: pl.Expr) -> pl.Expr:
    """Whether somebody was born abroad, or where nobody knows."""
    return departement.str.starts_with(ABROAD).fill_null(True)


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
    """What a birth date may also be written as: day and month swapped, the last digits of the year swapped, another
    century. Each is written as the smaller of the two, so that both dates give it."""
    swapped = pl.min_horizontal(day.dt.to_string("%m-%d"), day.dt.to_string("%d-%m"))
    year = day.dt.to_string("%y")
    turned = pl.min_horizontal(year, year.str.reverse())
    return [
        pl.when(day.dt.day() <= 12).then(pl.lit("JM") + day.dt.to_string("%Y-") + swapped),
        pl.lit("AA") + turned + day.dt.to_string("-%m-%d"),
    ]


def birth_parts(day: pl.Expr) -> list[pl.Expr]:
    """Two of day, month and year: what is left of a birth date of which one is mistyped."""
    return [day.dt.to_string(two) for two in ("%Y-%m", "%Y--%d", "%m-%d")]


def birth_remains(day: pl.Expr, sex_told: pl.Expr) -> list[pl.Expr]:
    """What one mistake leaves of a birth date: the year, the day and month, or the digits of the year. Spouses may be
    of one year, and bear one given name: the year counts with the sex."""
    return [
        pl.lit("A") + day.dt.to_string("%Y") + sex_told,
        pl.lit("J") + day.dt.to_string("%m-%d"),
        birth_writings(day)[1],
    ]


def sex(text: pl.Expr) -> pl.Expr:
    """M, F or I (indéterminé)."""
    capital = text.str.to_uppercase()
    return pl.when(capital.is_in(["M", "F", "I"])).then(capital)


def place(text: pl.Expr) -> pl.Expr:
    """Today's COG code of the commune or country of birth: a merged commune by the one it went to, an arrondissement by
    its city, Corsica as one. Its lost leading zero is put back; 99999 says « unknown »."""
    code = without_spaces(text).str.zfill(5).str.extract(_COG).replace(_UNKNOWN_PLACE, None)
    return code.replace(*_carried()).str.replace(r"^2[AB]", _CORSICA)


def departement_of_birth(text: pl.Expr, code: pl.Expr) -> pl.Expr:
    """Where a birth place lies: a département of today (20 for Corsica), or a country (99 and its number).

    The text may be a code of the COG of any year, a postal code, or that of the département itself: all of them agree
    on it. Countries that were once one state are one. code: what `place` makes of it. 75001 to 75020 are post offices
    of Paris, and communes of the Seine until 1968, which other départements have now: which one is not known.
    """
    alone = without_spaces(text).str.extract(r"^([0-9]{2}|2[AB]|9[78][0-9])$")
    lost = code.str.contains(_BEFORE_INDEPENDENCE) & ~code.is_in(_like_before_independence())
    told_twice = without_spaces(text).str.contains(_PARIS_OR_SEINE)
    country = pl.when(lost).then(pl.lit(ABROAD) + code.str.tail(3)).when(code.str.starts_with(ABROAD)).then(code)
    found = pl.coalesce(country.replace(_once()), pl.when(~told_twice).then(territoires.departement_of(code)))
    return pl.coalesce(alone, found).replace(_OF_NO_COUNTRY, None).str.replace(r"^2[AB]$", _CORSICA)


@cache
def _once() -> dict[str, str]:
    """Code of a country -> that of the state that it was of."""
    states = (line.split() for line in _ONE_STATE_ONCE)
    return {code: first for first, *others in states for code in others}


@cache
def _like_before_independence() -> list[str]:
    """The codes of communes that look like those of places lost since."""
    known = territoires.commune_codes()
    return known.filter(known.str.contains(_BEFORE_INDEPENDENCE)).to_list()


@cache
def _carried() -> tuple[pl.Series, pl.Series]:
    """Codes of the COG, and today's code of each."""
    moved = territoires.carried()
    return pl.Series(list(moved), dtype=pl.String), pl.Series(list(moved.values()), dtype=pl.String)


def compact(text: pl.Expr) -> pl.Expr:
    """A number without spaces, dots nor hyphens."""
    return text.str.to_uppercase().str.replace_all(r"[\s.\-]", "")


def nir(text: pl.Expr) -> pl.Expr:
    """The thirteen characters of a NIR, a NIA or an INS: Corsica keeps its letters, the key is left out. Else NULL."""
    return compact(text).str.extract(_NIR)


def key(text: pl.Expr) -> pl.Expr:
    """What is written after the thirteen characters of a number: its key, or nothing."""
    return compact(text).str.slice(13, 2)


def identity_type(text: pl.Expr) -> pl.Expr:
    """INS-NIR or INS-NIA, which are two identities; anything else is unknown."""
    return pl.when(text.is_in(_IDENTITY_TYPES)).then(text)


def nature(number: pl.Expr, said: pl.Expr) -> pl.Expr:
    """NIR or NIA: what the number's first digit says (7 and 8 wait for their NIR), then what the file says of it."""
    waits = number.str.contains(r"^[78]") | said.str.to_uppercase().str.ends_with("NIA").fill_null(False)
    return pl.when(waits).then(pl.lit("NIA")).when(number.is_not_null()).then(pl.lit("NIR"))


def key_holds(number: pl.Expr, written_key: pl.Expr) -> pl.Expr:
    """Whether the key of a number is right, or is not written."""
    digits = number.str.replace("2A", "19", literal=True).str.replace("2B", "18", literal=True).cast(pl.Int64)
    right = (written_key == "") | (written_key.cast(pl.Int64, strict=False) == 97 - digits % 97)
    return right.fill_null(False)


def agrees(number: pl.Expr, birth: pl.Expr, sex_told: pl.Expr) -> pl.Expr:
    """Whether a number may be that of the person it stands beside, rather than of a parent or a spouse: its sex, year
    and month of birth are those of the row. It is the person's own when its key holds too. Unknown birth: it is not
    said.

    Months above twelve say that the month was not known when the number was given (INSEE); a birth date that is not
    sure has no month either.
    """
    man, woman = (number.str.contains(p) for p in (r"^[1378]", r"^[2478]"))
    month = number.str.slice(3, 2).cast(pl.Int64)
    return (
        pl.when(sex_told == "M").then(man).when(sex_told == "F").then(woman).otherwise(True)
        & (number.str.slice(1, 2) == birth.dt.to_string("%y"))
        & ((month > 12) | (month == birth.dt.month()) | ~is_sure(birth))
    ).fill_null(False)
