"""What a product contract says of its persons: which columns count them, and what could give a small count away.

Belongs here: the declaration `disclosure` of a product, and what is wrong with one; the columns that no product may
have, for they point at a person. Does not belong here: hiding
(`orchestration.publication.small_numbers`), the privacy of the rows that sources deliver (`privacy`).

Everything is declared or refused: a product about persons whose contract leaves one column without a word is wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic import Field as Key

from data_contracts.strict_yaml import Strict

WITNESS = "secret"  # column of the published table that names what was hidden of the row
HELD = "arrete_le"  # column of the published table that says when the figures of the row were last set
HIDDEN = "secret"  # what a text reads when what it told is hidden
# Columns that identify a person, or stand for one: names, numbers, dates, pseudonyms.
_POINTS_AT_ONE = re.compile(
    r"cles?_\w+|qualite_numero|version_cle"
    r"|(?:\w+_)?(?:nir|ins|matricule_ins|mdph|prenoms?|nom_naissance|nom_usage|date_naissance"
    r"|annee_naissance|commune_naissance|lieu_naissance|telephone|courriel|adresse_domicile|code_domicile|date_deces)"
    r"|nom|ins_\w+|id_\w+|numero_mdph|rang_naissance|dossier_provenance|nom_unite|rpps\w*|preuve_ref"
)
# Ids that are not a person's, where nothing counts persons: of FINESS, of a delivery, of the dictionary.
_PLAIN_IDS = {"delivery_id", "element_id", "unite_id", "evenement_id"}
# Under how many persons a count is hidden: eleven, as for health data, unless the warehouse has its own setting.
# Nothing else says the number: the macro `seuil_personnes` and the usage warnings of the products are made from it.
SETTING, THRESHOLD = "DLNUF_SEUIL_PERSONNES", 11
LOWEST = 5  # no threshold under it (standards §5.3: the lowest met in the sector)
_EARLIER = re.compile(r"(\w+) \((\w+) - (\d+)\)")  # « n_personnes (annee - 1) »


@dataclass(frozen=True)
class Grouping:
    """A distribution: the rows that share `by` are its components, and `share` their percentage of its total, which
    anyone can compute from it.

    multiple: (column, values) whose rows hold several answers a person, which do not add up.
    """

    by: tuple[str, ...]
    count: str
    share: str
    multiple: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def is_multiple(self, row: Mapping[str, Any]) -> bool:
        return any(row.get(column) in values for column, values in self.multiple)


@dataclass(frozen=True)
class Term:
    """A count of a sum: a column of the row, or of the row whose `key` is so many less."""

    column: str
    key: str | None = None
    less: int = 0


@dataclass(frozen=True)
class Link:
    """The sum of the rows that hold `where` is also a column of another product, at the same key.

    where: (column of the key, its values). column: a count or a share of the other product, which are the same persons
    then; or one of its means, which is computed from those rows and goes with any of them.
    """

    count: str
    where: tuple[tuple[str, tuple[str, ...]], ...]
    product: str
    column: str

    def holds(self, row: Mapping[str, Any]) -> bool:
        return all(row.get(column) in values for column, values in self.where)


@dataclass(frozen=True)
class Withheld:
    """What of a product tells what units answered: hidden where an answer would give a small number of persons.

    unit: column of the unit. element, indicator: column of the element, or of the indicator; one of the two. number: of
    an element, the answer as a number; one that is none counts nobody. An indicator has none: one side of a fraction
    may be known alone. values: columns that tell the answer, or how far another one is from it: empty when it is
    hidden. texts: those that tell it as it is read, and read « secret » then.
    """

    unit: str
    number: str | None
    values: tuple[str, ...]
    texts: tuple[str, ...] = ()
    element: str | None = None
    indicator: str | None = None

    @property
    def code(self) -> str:
        """The column that says what is told."""
        return self.element or self.indicator or ""


@dataclass(frozen=True)
class Unrelated:
    """Counts of which no two are a part and its whole, and why."""

    counts: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Disclosure:
    """What of a product counts persons.

    threshold: of this product; None: the setting of the warehouse.
    counts: columns that count persons.
    supports: value -> the count that bears it, hidden with it.
    parts: count -> the counts it is a part of: their difference counts persons too.
    missing: count of those of whom something is known -> the counts it is a part of: their difference lacks a datum,
    which is of the file and not of the person.
    unrelated: the counts that are not parts of one another. Every two counts of a product are one or the other.
    shares: percentage -> the count it is a share of: the persons it stands for are a count too.
    means: mean -> its count, where the sum itself must not be had from those of other territories.
    sums: count -> the counts that it is the sum of.
    links: what the other products tell again.
    level, territory: columns of the hierarchy of territories (département, region, France); None without one.
    free: columns that say nothing of persons.
    """

    counts: tuple[str, ...]
    threshold: int | None = None
    supports: tuple[tuple[str, str], ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    unrelated: tuple[Unrelated, ...] = ()
    shares: tuple[tuple[str, str], ...] = ()
    means: tuple[tuple[str, str], ...] = ()
    sums: tuple[tuple[str, tuple[Term, ...]], ...] = ()
    groups: tuple[Grouping, ...] = ()
    links: tuple[Link, ...] = ()
    level: str | None = None
    territory: str | None = None
    free: tuple[str, ...] = ()

    @property
    def protected(self) -> tuple[str, ...]:
        """Columns that may be hidden."""
        named = [*self.counts, *(v for v, _ in self.supports), *(v for v, _ in self.shares)]
        named += [g.share for g in self.groups]
        return tuple(dict.fromkeys(named))

    def wholes(self, count: str) -> set[str]:
        """The counts that hold every person of a count, through whatever others."""
        found, waiting = set[str](), [count]
        while waiting:
            part = waiting.pop()
            above = {whole for name, whole in (*self.parts, *self.missing) if name == part} - found
            found |= above
            waiting += above
        return found

    def untied(self) -> Iterator[tuple[str, str]]:
        """Pairs of counts of which nothing says whether one is a part of the other: their difference may be persons."""
        apart = [set(group.counts) for group in self.unrelated]
        for a, b in combinations(self.counts, 2):
            if b not in self.wholes(a) and a not in self.wholes(b) and not any({a, b} <= group for group in apart):
                yield a, b


def _one_or_several(node: object) -> object:
    return (node,) if isinstance(node, str) else node


OneOrSeveral = Annotated[tuple[str, ...], BeforeValidator(_one_or_several)]
Bearing = Annotated[dict[str, OneOrSeveral], Key(default_factory=dict)]  # value: one column, or several


class GroupingDeclaration(Strict):
    """A distribution, as the file says it."""

    by: tuple[str, ...]
    count: str
    share: str
    multiple: Bearing

    def build(self) -> Grouping:
        return Grouping(self.by, self.count, self.share, tuple(self.multiple.items()))


class LinkDeclaration(Strict):
    """A link, as the file says it; without `where`, of all rows."""

    count: str
    where: Bearing
    product: str
    column: str

    def build(self) -> Link:
        return Link(self.count, tuple(self.where.items()), self.product, self.column)


class UnrelatedDeclaration(Strict):
    """Counts that are not parts of one another, and why."""

    counts: Annotated[tuple[str, ...], Key(min_length=2)]
    why: Annotated[str, Key(min_length=1, description="dire pourquoi leur différence ne compte personne")]

    def build(self) -> Unrelated:
        return Unrelated(self.counts, self.why)


class HierarchyDeclaration(Strict):
    """The columns that say which territory a row is about."""

    level: str
    territory: str


class DisclosureDeclaration(Strict):
    """The property `disclosure` of the contract of a product."""

    counts: Annotated[tuple[str, ...], Key(min_length=1, description="dire quelles colonnes comptent des personnes")]
    threshold: Annotated[int, Key(ge=LOWEST)] | None = None
    supports: Bearing
    parts: Bearing
    missing: Bearing
    unrelated: tuple[UnrelatedDeclaration, ...] = ()
    shares: Bearing
    means: Bearing
    sums: Annotated[dict[str, tuple[tuple[str, ...], ...]], Key(default_factory=dict)]  # count: the ways to make it
    groups: tuple[GroupingDeclaration, ...] = ()
    links: tuple[LinkDeclaration, ...] = ()
    hierarchy: HierarchyDeclaration | None = None
    free: tuple[str, ...] = ()

    def build(self) -> Disclosure:
        return Disclosure(
            counts=self.counts,
            threshold=self.threshold,
            supports=_pairs(self.supports),
            parts=_pairs(self.parts),
            missing=_pairs(self.missing),
            unrelated=tuple(each.build() for each in self.unrelated),
            shares=_pairs(self.shares),
            means=_pairs(self.means),
            sums=tuple((total, tuple(map(_term, terms))) for total, ways in self.sums.items() for terms in ways),
            groups=tuple(each.build() for each in self.groups),
            links=tuple(each.build() for each in self.links),
            level=self.hierarchy.level if self.hierarchy else None,
            territory=self.hierarchy.territory if self.hierarchy else None,
            free=self.free,
        )


class WithheldDeclaration(Strict):
    """The property `withheld` of the contract of a product."""

    unit: str
    number: str | None = None
    element: str | None = None
    indicator: str | None = None
    values: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def build(self) -> Withheld:
        return Withheld(self.unit, self.number, self.values, self.texts, self.element, self.indicator)


def _pairs(bearing: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, other) for name, others in bearing.items() for other in others)


def _term(text: str) -> Term:
    earlier = _EARLIER.fullmatch(text)
    return Term(earlier[1], earlier[2], int(earlier[3])) if earlier else Term(text)


def pointing(columns: Iterable[str], *, personal: bool) -> list[str]:
    """Columns by which a row would be a person's, under its name or under a pseudonym. No product may have one."""
    plain = set() if personal else _PLAIN_IDS
    return [c for c in columns if _POINTS_AT_ONE.fullmatch(c) or (c.endswith("_id") and c not in plain)]


# The columns of a unit, and those of what it was asked.
_UNITS, _ASKED = ("unite_id", "finess_et"), ("element_id", "indicateur_code")


def wrong_withheld(declared: Withheld | None, key: Collection[str], types: Mapping[str, str]) -> Iterator[str]:
    """What a product that tells the answers of units does not say of those that may count few persons."""
    if declared is None:
        if any(c in types for c in _UNITS) and any(c in types for c in _ASKED):
            yield "absent alors que le produit dit ce qu'ont répondu des unités : dire ce qui en est masqué"
        return
    if (declared.element is None) == (declared.indicator is None):
        yield "dire element ou indicator, la colonne qui nomme ce qui est dit"
    if (declared.element is None) != (declared.number is None):
        yield "number : la colonne de la réponse en nombre, d'un element et jamais d'un indicator"
    if not declared.values and not declared.texts:
        yield "dire values ou texts, les colonnes qui portent ce qui est dit"
    for name in (declared.unit, declared.number, declared.code, *declared.values, *declared.texts):
        if name and name not in types:
            yield f"la colonne « {name} » n'existe pas"
    for name in (*declared.values, *declared.texts):
        if name in key:
            yield f"« {name} » est dans la clé primaire : elle ne peut pas être masquée"
    if list(types)[-1:] != [WITNESS]:
        yield f"la dernière colonne doit être « {WITNESS} » (texte), qui nomme ce qui est retiré de chaque ligne"


def wrong_links(
    declared: Mapping[str, tuple[Disclosure, tuple[str, ...]]],
) -> Iterator[tuple[str, int, str]]:
    """What the links of some products say that the others do not hold: product, rank of the link, problem.

    declared: product -> its declaration, and its primary key.
    """
    for name, (own, key) in declared.items():
        for rank, link in enumerate(own.links):
            other, its_key = declared.get(link.product, (None, ()))
            if other is None:
                yield name, rank, f"« {link.product} » n'est pas un produit sur des personnes"
            elif link.column not in {*other.counts, *(v for v, _ in (*other.shares, *other.means))}:
                yield name, rank, f"« {link.column} » n'est ni un compte, ni une part, ni une moyenne de {link.product}"
            elif missing := sorted(set(its_key) - set(key)):
                yield name, rank, f"{', '.join(missing)} (clé de {link.product}) manque à sa clé"


def wrong(declared: Disclosure, key: Collection[str], types: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What a declaration says that its product does not hold: the key of the declaration, problem.

    key: the primary key of the product. types: column -> logical type, in the order of the contract.
    """
    keyed = [("hierarchy", declared.level), ("hierarchy", declared.territory)]
    keyed += [("groups", c) for g in declared.groups for c in (*g.by, *(column for column, _ in g.multiple))]
    keyed += [("links", c) for link in declared.links for c, _ in link.where]
    keyed += [("sums", t.key) for _, terms in declared.sums for t in terms]
    for where, name in dict.fromkeys(keyed):
        if name and name not in key:
            yield where, f"« {name} » n'est pas dans la clé primaire"

    bearing = {
        "supports": declared.supports,
        "parts": declared.parts,
        "missing": declared.missing,
        "shares": declared.shares,
    }
    named = [("counts", c) for c in declared.counts] + [("free", c) for c in declared.free]
    named += [("groups", g.share) for g in declared.groups] + [
        (where, c)
        for where, pairs in bearing.items()
        for pair in pairs
        for c in (pair if where not in ("parts", "missing") else pair[1:])
    ]
    for where, name in dict.fromkeys(named):
        if name not in types:
            yield where, f"la colonne « {name} » n'existe pas"
    for where, name in dict.fromkeys((where, c) for where, pairs in bearing.items() for _, c in pairs):
        if name not in declared.counts:
            yield where, f"« {name} » porte ou contient d'autres valeurs : elle doit être dans counts"
    own = [("parts", c) for c, _ in declared.parts] + [("missing", c) for c, _ in declared.missing]
    own += [("unrelated", c) for group in declared.unrelated for c in group.counts]
    own += [("sums", c) for total, terms in declared.sums for c in (total, *(t.column for t in terms))]
    own += [("groups", g.count) for g in declared.groups] + [("links", link.count) for link in declared.links]
    for where, name in dict.fromkeys(own):
        if name not in declared.counts:
            yield where, f"« {name} » doit être dans counts"
    for a, b in declared.untied():
        yield (
            "counts",
            f"« {a} » et « {b} » : dire lequel est une partie de l'autre (parts, ou missing quand il ne lui manque que "
            "des réponses), ou pourquoi aucun ne l'est (unrelated) : leur différence peut compter des personnes",
        )
    for group in declared.unrelated:
        for part, whole in ((a, b) for a in group.counts for b in group.counts if b in declared.wholes(a)):
            yield "unrelated", f"« {part} » est déclaré partie de « {whole} »"
    for name in declared.counts:
        if types.get(name, "integer") != "integer":
            yield "counts", f"« {name} » compte des personnes : attendu, un entier"
    for where in ("supports", "shares"):
        for value, times in Counter(value for value, _ in bearing[where]).items():
            if times > 1:
                yield where, f"« {value} » n'a qu'un effectif"
    for value in dict.fromkeys(v for v, _ in declared.shares):
        if value not in dict(declared.supports):
            yield "shares", f"« {value} » est une part : dire aussi, dans supports, l'effectif qui la porte"
    for value, base in declared.means:
        if (value, base) not in declared.supports:
            yield (
                "means",
                f"« {value} » est une moyenne : dire aussi, dans supports, qu'elle est portée par « {base} »",
            )
    for name in types:
        if name not in (*key, HELD, WITNESS, *declared.protected, *declared.free):
            yield "", f"« {name} » n'est ni compte, ni valeur portée, ni libre : dire ce qu'elle révèle des personnes"
    if types.get(HELD) != "date" or HELD in key:
        yield "", f"il faut une colonne « {HELD} » (date), qui dit de quand sont les effectifs de chaque ligne"
    if types.get(WITNESS) != "string" or WITNESS in key or list(types)[-1:] != [WITNESS]:
        yield "", f"la dernière colonne doit être « {WITNESS} » (texte), qui nomme ce qui est retiré de chaque ligne"
