"""What a product contract says of its persons: which columns count them, and what could give a small count away.

Belongs here: the declaration `disclosure` of a product, and what is wrong with one; the columns that no product may
have, for they point at a person. Does not belong here: hiding
(`orchestration.publication.small_numbers`), the privacy of the rows that sources deliver (`privacy`).

Everything is declared or refused: a product about persons whose contract leaves one column without a word is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WITNESS = "secret"  # column of the published table that names what was hidden of the row
# Columns that identify a person, or stand for one: names, numbers, dates, pseudonyms.
_POINTS_AT_ONE = re.compile(
    r"cle_\w+|version_cle|(?:\w+_)?(?:nir|ins|matricule_ins|mdph|prenoms?|nom_naissance|nom_usage|date_naissance"
    r"|annee_naissance|commune_naissance|lieu_naissance|telephone|courriel|adresse_domicile|code_domicile|date_deces)"
    r"|nom|ins_\w+|id_\w+|numero_mdph|rpps\w*|preuve_ref"
)
# Ids that are not a person's, where nothing counts persons: of FINESS, of a delivery, of the dictionary.
_PLAIN_IDS = {"delivery_id", "element_id", "unite_id", "evenement_id"}
LOWEST = 5  # no threshold under it (standards §5.3: the lowest met in the sector)
_KEYS = {
    "seuil", "comptes", "supports", "parties", "parts", "moyennes", "sommes", "groupes", "liens", "hierarchie",
    "libres",
}  # fmt: skip
_GROUP_KEYS = {"par", "compte", "part", "multiples"}
_LINK_KEYS = {"compte", "quand", "produit", "colonne"}
_EARLIER = re.compile(r"(\w+) \((\w+) - (\d+)\)")  # « n_personnes (annee - 1) »

Say = Callable[[str, str], None]  # where, problem


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
class Disclosure:
    """What of a product counts persons.

    threshold: of this product; None: the setting of the warehouse.
    counts: columns that count persons.
    supports: value -> the count that bears it, hidden with it.
    parts: count -> the counts it is a part of: their difference counts persons too.
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


def pointing(columns: Iterable[str], *, personal: bool) -> list[str]:
    """Columns by which a row would be a person's, under its name or under a pseudonym. No product may have one."""
    plain = set() if personal else _PLAIN_IDS
    return [c for c in columns if _POINTS_AT_ONE.fullmatch(c) or (c.endswith("_id") and c not in plain)]


def parse(node: Any, key: Iterable[str], types: Mapping[str, str], say: Say) -> Disclosure | None:
    """The declaration of a product, every problem said; None when it cannot be understood.

    key: its primary key. types: column -> logical type, in the order of the contract.
    """
    where = "disclosure"
    if not isinstance(node, dict) or not node.get("comptes"):
        say(where, "attendu : comptes (les colonnes qui comptent des personnes), supports, parties, parts, groupes, …")
        return None
    for unknown in sorted(set(node) - _KEYS):
        say(where, f"« {unknown} » n'est pas admis (attendu : {', '.join(sorted(_KEYS))})")
    hierarchy = node.get("hierarchie") or {}
    found = Disclosure(
        counts=tuple(map(str, node["comptes"])),
        threshold=node.get("seuil"),
        supports=_pairs(node.get("supports")),
        parts=_pairs(node.get("parties")),
        shares=_pairs(node.get("parts")),
        means=_pairs(node.get("moyennes")),
        sums=tuple(
            (str(total), tuple(_term(term) for term in terms))
            for total, listed in (node.get("sommes") or {}).items()
            for terms in listed
        ),
        groups=tuple(_grouping(g, say) for g in node.get("groupes") or []),
        links=tuple(_link(each, say) for each in node.get("liens") or []),
        level=hierarchy.get("niveau"),
        territory=hierarchy.get("territoire"),
        free=tuple(map(str, node.get("libres") or ())),
    )
    _check(found, tuple(key), types, lambda problem: say(where, problem))
    return found


def _pairs(node: Any) -> tuple[tuple[str, str], ...]:
    """{a: b} or {a: [b, c]} as pairs."""
    pairs: list[tuple[str, str]] = []
    for name, others in (node or {}).items():
        pairs += [(str(name), str(other)) for other in (others if isinstance(others, list) else [others])]
    return tuple(pairs)


def _grouping(node: Mapping[str, Any], say: Say) -> Grouping:
    for unknown in sorted(set(node) - _GROUP_KEYS):
        say("disclosure.groupes", f"« {unknown} » n'est pas admis (attendu : {', '.join(sorted(_GROUP_KEYS))})")
    multiple = node.get("multiples") or {}
    return Grouping(
        by=tuple(map(str, node.get("par") or ())),
        count=str(node.get("compte")),
        share=str(node.get("part")),
        multiple=tuple((str(column), tuple(map(str, values))) for column, values in multiple.items()),
    )


def _term(text: Any) -> Term:
    earlier = _EARLIER.fullmatch(str(text))
    return Term(earlier[1], earlier[2], int(earlier[3])) if earlier else Term(str(text))


def _link(node: Mapping[str, Any], say: Say) -> Link:
    for unknown in sorted(set(node) - _LINK_KEYS):
        say("disclosure.liens", f"« {unknown} » n'est pas admis (attendu : {', '.join(sorted(_LINK_KEYS))})")
    where = {column: v if isinstance(v, list) else [v] for column, v in (node.get("quand") or {}).items()}
    return Link(
        count=str(node.get("compte")),
        where=tuple((str(column), tuple(map(str, values))) for column, values in where.items()),
        product=str(node.get("produit")),
        column=str(node.get("colonne")),
    )


def wrong_links(declared: Mapping[str, tuple[Disclosure, tuple[str, ...]]]) -> list[str]:
    """What the links of some products say that the others do not hold. declared: product -> it, and its primary key."""
    found: list[str] = []
    for name, (own, key) in declared.items():
        for link in own.links:
            other, its_key = declared.get(link.product, (None, ()))
            if other is None:
                found.append(f"{name} : liens : « {link.product} » n'est pas un produit sur des personnes")
            elif link.column not in {*other.counts, *(v for v, _ in (*other.shares, *other.means))}:
                found.append(f"{name} : liens : « {link.column} » n'est ni un compte, ni une part, ni une moyenne de "
                             f"{link.product}")  # fmt: skip
            elif missing := sorted(set(its_key) - set(key)):
                found.append(f"{name} : liens : {', '.join(missing)} (clé de {link.product}) manque à sa clé")
    return found


def _check(found: Disclosure, key: tuple[str, ...], types: Mapping[str, str], say: Callable[[str], None]) -> None:
    if found.threshold is not None and (not isinstance(found.threshold, int) or found.threshold < LOWEST):
        say(f"seuil = « {found.threshold} » : attendu, un entier d'au moins {LOWEST}")
    if bool(found.level) != bool(found.territory):
        say("hierarchie : dire niveau et territoire")
    keyed = [found.level, found.territory, *(c for g in found.groups for c in g.by)]
    keyed += [c for g in found.groups for c, _ in g.multiple]
    keyed += [c for link in found.links for c, _ in link.where]
    keyed += [t.key for _, terms in found.sums for t in terms]
    for name in sorted({c for c in keyed if c} - set(key)):
        say(f"« {name} » n'est pas dans la clé primaire")
    named = {*found.protected, *found.free, *(c for _, c in (*found.supports, *found.parts, *found.shares))}
    for name in sorted(named - set(types)):
        say(f"la colonne « {name} » n'existe pas")
    for name in sorted({c for _, c in (*found.supports, *found.parts, *found.shares)} - set(found.counts)):
        say(f"« {name} » porte ou contient d'autres valeurs : elle doit être parmi les comptes")
    own = {c for c, _ in (*found.parts, *found.sums)} | {t.column for _, terms in found.sums for t in terms}
    for name in sorted(own | {g.count for g in found.groups} | {link.count for link in found.links}):
        if name not in found.counts:
            say(f"« {name} » doit être parmi les comptes")
    for name in found.counts:
        if types.get(name, "integer") != "integer":
            say(f"« {name} » compte des personnes : attendu, un entier")
    for name, others in (("supports", found.supports), ("parts", found.shares)):
        for value in sorted({v for v, _ in others if sum(v == w for w, _ in others) > 1}):
            say(f"{name} : « {value} » n'a qu'un effectif")
    for value in sorted({v for v, _ in found.shares} - {v for v, _ in found.supports}):
        say(f"« {value} » est une part : dire aussi, dans supports, l'effectif qui la porte")
    for value, base in found.means:
        if (value, base) not in found.supports:
            say(f"« {value} » est une moyenne : dire aussi, dans supports, qu'elle est portée par « {base} »")
    for name in types:
        if name not in (*key, WITNESS) and name not in {*found.protected, *found.free}:
            say(f"« {name} » n'est ni compte, ni valeur portée, ni libre : dire ce qu'elle révèle des personnes")
    if types.get(WITNESS) != "string" or WITNESS in key or list(types)[-1:] != [WITNESS]:
        say(f"la dernière colonne doit être « {WITNESS} » (texte), qui nomme ce qui est retiré de chaque ligne")
