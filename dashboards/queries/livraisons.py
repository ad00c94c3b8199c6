"""Queries of the deliveries, of the rules they broke, and of the open data published.

Belongs here: those queries. Does not belong here: how their rows are shown (`dashboards.views.qualite`,
`dashboards.views.donnees_ouvertes`).
"""

from __future__ import annotations

import polars as pl

from dashboards.queries.connection import Base, quote


def livraisons(base: Base) -> pl.DataFrame:
    """Deliveries, the latest first; `secret`: the counts that are hidden, of a source about persons.

    A publication made before columns could be absent says of none.
    """
    rows = base.read(
        f"""
        select *, concat_ws(', ', {_hidden("n_lues", "n_acceptees", "n_rejetees", "n_signalements")}) as secret
        from mart_qualite__livraisons order by recu_le desc nulls last, delivery_id
        """
    )
    known = "colonnes_absentes" in rows.columns
    return rows if known else rows.with_columns(colonnes_absentes=pl.lit(None, pl.String))


def livraison_balance(base: Base) -> pl.DataFrame:
    """Rows read, accepted and rejected by source; a refused delivery is counted but has no rows.

    A total is hidden as soon as a count of it is (`secret`): the rest would look whole.
    """
    counts = {"lignes_lues": "n_lues", "lignes_acceptees": "n_acceptees", "lignes_rejetees": "n_rejetees",
              "signalements": "n_signalements"}  # fmt: skip
    some = {title: f"bool_or(statut = 'accepted' and {count} is null)" for title, count in counts.items()}
    sums = ", ".join(f"case when not {some[title]} then sum({n}) end as {title}" for title, n in counts.items())
    names = ", ".join(f"case when {hidden} then '{title}' end" for title, hidden in some.items())
    return base.read(
        f"""
        select source, count(*) filter (where statut = 'accepted') as n_acceptees,
               count(*) filter (where statut = 'refused') as n_refusees, {sums}, concat_ws(', ', {names}) as secret
        from mart_qualite__livraisons group by source order by lignes_lues desc nulls last, source
        """
    )


def _hidden(*counts: str) -> str:
    """Their names, where they are hidden: nothing else makes unknown a count of a delivery that was accepted."""
    return ", ".join(f"case when statut = 'accepted' and {count} is null then '{count}' end" for count in counts)


def regles(base: Base, source: str | None = None) -> pl.DataFrame:
    """Rules broken, the most rows first, of one source or of all; a number of rows that is hidden is NULL."""
    return base.read(
        "select * from mart_qualite__regles where $source is null or source = $source"
        " order by n_lignes desc nulls last, source, entite, champ, regle",
        {"source": source},
    )


def open_dataset(base: Base, name: str) -> pl.DataFrame:
    """Content of one open dataset of the publication, read from its folder of open data."""
    return base.rows(f"select * from read_parquet({quote(str(base.publication.open_file(name)))})")
