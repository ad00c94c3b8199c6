"""Small numbers of persons, hidden when a product leaves the warehouse, as its contract declares (`disclosure`).

Belongs here: the threshold, the products that are protected together, their rows as they may be published. Does not
belong here: the counts and the sums that tie them (`product_counts`, `tied_counts`), which cells to choose
(`suppression`), the controls of what was written (`secret_controls`), the shape of the declaration
(`data_contracts.disclosure`).

docs/secret.md says what is protected, what is not, and where the rules come from.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache

import polars as pl

from data_contracts import nomenclatures
from data_contracts.disclosure import LOWEST, SETTING, THRESHOLD, WITNESS, Disclosure, pointing
from data_contracts.loading import Product
from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.product_counts import Count, hidden_of
from orchestration.publication.suppression import NotProtectable
from orchestration.publication.tied_counts import Table, join

_PSEUDONYM = r"\b[0-9a-f]{32}\b"


def threshold() -> int:
    """Under how many persons a count is hidden: the setting of the warehouse, else that of the project.

    Raises PublicationBlocked when the setting is not a whole number, or is under the lowest threshold of the sector.
    """
    given = os.environ.get(SETTING, "").strip()
    if not given:
        return THRESHOLD
    if not given.isdecimal() or int(given) < LOWEST:
        raise PublicationBlocked(
            f"le seuil de diffusion {SETTING} = « {given} » n'est pas admis.",
            [f"Attendu : un entier d'au moins {LOWEST}. Remède : le corriger, ou le retirer ({THRESHOLD} par défaut)."],
        )
    return int(given)


def threshold_of(declared: Disclosure, setting: int) -> int:
    """The threshold of a product: its own, else the setting."""
    return setting if declared.threshold is None else declared.threshold


def check(products: Iterable[Product]) -> None:
    """Raises PublicationBlocked when a column of a product identifies persons, or when a product counts persons without
    declaring how small numbers are hidden.
    """
    products = list(products)
    wrong = [f"{p.id}.{c}" for p in products for c in pointing((f.name for f in p.fields), personal=p.personal)]
    if wrong:
        remedy = "désigne une personne, sous son nom ou un pseudonyme. Retirez la colonne du contrat et du modèle."
        raise PublicationBlocked("un produit désigne des personnes.", [f"{x} : {remedy}" for x in wrong])
    silent = [p.id for p in products if p.personal and p.disclosure is None]
    if silent:
        remedy = "compte des personnes sans dire ce qui est masqué. Déclarez « disclosure » dans son contrat."
        raise PublicationBlocked("un produit sur des personnes n'est pas protégé.", [f"{x} : {remedy}" for x in silent])


@lru_cache(maxsize=1)
def parents() -> Mapping[str, str]:
    """Territory -> the one that holds it, as `niveau/code`: département -> region (COG), region -> France."""
    holders: dict[str, str] = {}
    for row in nomenclatures.read_list("insee_departements"):
        holders[f"departement/{row['code']}"] = f"region/{row['region_code']}"
        holders[f"region/{row['region_code']}"] = "france/FR"
    return holders


def hide(tables: Mapping[str, Table], minimum: int, parent_of: Mapping[str, str]) -> dict[str, pl.DataFrame]:
    """The rows of several tables as they may be published together.

    Small counts, and the counts that would give them away, are null, and the column `secret` names them. What was
    hidden already (null, or a value that `secret` names) stays so; what TOLD names hides nothing, for readers have it.

    minimum: the threshold. parent_of: `niveau/code` -> the territory that holds it.

    Raises NotProtectable: a territory that is not known, margins that contradict themselves.
    """
    chosen = join(tables, parent_of).to_hide(minimum)
    return {name: _without(table, chosen[name]) for name, table in tables.items()}


def _without(table: Table, chosen: Iterable[Count]) -> pl.DataFrame:
    """A table in which some counts are hidden, with the values that depend on them."""
    frame, declared = table.frame, table.declared
    rows = frame.to_dicts()
    hidden = [set(hidden_of(row)) for row in rows]
    for count in chosen:
        for place in count.rows:
            hidden[place].add(count.column)
    borne = (*declared.supports, *((g.share, g.count) for g in declared.groups))
    for row, names in zip(rows, hidden, strict=True):
        # A value whose count is not known may rest on too few persons: it is not published either.
        names.update(value for value, base in borne if base in names or row[base] is None)
        names.difference_update([name for name in names if row[name] is None and name not in hidden_of(row)])
    order = [c for c in frame.columns if c in declared.protected]
    witness = [", ".join(c for c in order if c in names) or None for names in hidden]
    masks = {c: pl.Series(f"_{c}", [c in names for names in hidden], pl.Boolean) for c in order}
    return frame.with_columns(
        *(pl.when(masks[c]).then(None).otherwise(pl.col(c)).alias(c) for c in order),
        pl.Series(WITNESS, witness, pl.String),
    )


def protected(products: Iterable[Product], frames: Mapping[str, pl.DataFrame], setting: int) -> dict[str, pl.DataFrame]:
    """The rows of the products of the project as they may be published (`hide`).

    Products about the same persons are protected together, with the highest of their thresholds. frames: by product, as
    built. Raises PublicationBlocked.
    """
    if spoilt := [f"{name}.{c}" for name, frame in frames.items() for c in _with_pseudonyms(frame)]:
        remedy = "des valeurs ont la forme d'un pseudonyme (32 caractères hexadécimaux). Retirez-les du modèle."
        raise PublicationBlocked("un produit désigne des personnes.", [f"{x} : {remedy}" for x in spoilt])
    safe: dict[str, pl.DataFrame] = {}
    for group in together(products):
        declared = {p.id: p.disclosure for p in group if p.disclosure is not None}
        tables = {p.id: Table(frames[p.id], declared[p.id], p.primary_key) for p in group}
        minimum = max(threshold_of(each, setting) for each in declared.values())
        try:
            safe |= hide(tables, minimum, parents())
        except NotProtectable as error:
            raise PublicationBlocked(
                "un produit ne peut pas être protégé.",
                [f"{', '.join(tables)} : {error}. Corrigez le modèle ou sa déclaration « disclosure »."],
            ) from error
    return safe


def _with_pseudonyms(frame: pl.DataFrame) -> list[str]:
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    return [name for name in texts if frame[name].str.contains(_PSEUDONYM).any()]


def together(products: Iterable[Product]) -> list[list[Product]]:
    """The products about persons in groups: those that declared links tie, directly or not, are in one group."""
    groups: list[list[Product]] = []
    for product in (p for p in products if p.disclosure is not None):
        links = {link.product for link in product.disclosure.links} if product.disclosure else set()
        tied = [
            g
            for g in groups
            if any(p.id in links or (p.disclosure and product.id in {x.product for x in p.disclosure.links}) for p in g)
        ]
        groups = [g for g in groups if g not in tied] + [[*(p for g in tied for p in g), product]]
    return groups
