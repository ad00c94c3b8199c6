"""Queries of the deliveries, of the rules they broke, and of the open data published. Nothing else belongs here."""

from __future__ import annotations

import polars as pl

from dashboards.requetes.base import Base, quote


def livraisons(base: Base) -> pl.DataFrame:
    """Deliveries, the latest first."""
    return base.read("select * from mart_qualite__livraisons order by recu_le desc nulls last, delivery_id")


def livraison_balance(base: Base) -> pl.DataFrame:
    """Rows read, accepted and rejected by source; a refused delivery is counted but has no rows."""
    return base.read(
        """
        select source, count(*) filter (where statut = 'accepted') as n_acceptees,
               count(*) filter (where statut = 'refused') as n_refusees, sum(n_lues) as lignes_lues,
               sum(n_acceptees) as lignes_acceptees, sum(n_rejetees) as lignes_rejetees,
               sum(n_signalements) as signalements
        from mart_qualite__livraisons group by source order by lignes_lues desc nulls last, source
        """
    )


def regles(base: Base, source: str | None = None) -> pl.DataFrame:
    """Rules broken, the most rows first, of one source or of all."""
    return base.read(
        "select * from mart_qualite__regles where $source is null or source = $source"
        " order by n_lignes desc, source, entite, champ, regle",
        {"source": source},
    )


def open_dataset(base: Base, nom: str) -> pl.DataFrame:
    """Content of one open dataset of the publication, read from its folder of open data."""
    return base.read(f"select * from read_parquet({quote(str(base.publication.open_file(nom)))})")
