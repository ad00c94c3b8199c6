"""The connection over one publication, and its views restricted to the perimeter of the user.

Belongs here: opening the snapshot, what every query needs. Does not belong here: the queries (the other modules of this
package), layout, labels, number formats (pages and their helpers).

The database is in memory, over read-only files. Once its views exist, it can open no other file, and its settings are
locked. One connection is kept for each publication and perimeter, so that a new publication is seen at the next query.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from dashboards.access import Perimeter, current_perimeter
from dashboards.current import NoPublicationError, Publication, current_publication
from dashboards.labels import CATEGORIES
from data_contracts.indicators import TERRITOIRES, published
from data_contracts.loading import load_products

logger = logging.getLogger(__name__)
FICHE = "mart_etablissements__fiche"
SQL_TYPES = {
    "string": "varchar", "integer": "bigint", "number": "double",
    "boolean": "boolean", "date": "date", "timestamp": "timestamp",
}  # fmt: skip
# Folds a text for searching: no accent, lower case, one space between words.
FOLD = "regexp_replace(replace(strip_accents(lower({})), 'œ', 'oe'), '[^a-z0-9]+', ' ', 'g')"
KEY = ("unite", "unite_id", "perimetre", "millesime", "element_id", "composante", "base_temporelle")


@dataclass(frozen=True)
class Base:
    """One publication, as far as one perimeter lets it be seen."""

    publication: Publication
    perimeter: Perimeter

    def read(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """Rows of one query, categories as people read them. Each call has its own cursor: sessions run in parallel."""
        return self.rows(sql, parameters).with_columns(pl.col("^categorie_libelle$").replace(CATEGORIES))

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """The same, value for value as published.

        An error inside the engine leaves a database that answers nothing any more: it is opened anew, and asked once
        again.
        """
        try:
            return self._asked(sql, parameters)
        except (duckdb.InternalException, duckdb.FatalException):
            logger.exception("Le moteur de requêtes s'est arrêté : il est rouvert.")
            _connect.cache_clear()
            return self._asked(sql, parameters)

    def _asked(self, sql: str, parameters: Mapping[str, Any] | None) -> pl.DataFrame:
        return _connect(self.publication, self.perimeter).cursor().execute(sql, dict(parameters or {})).pl()

    def first(self, sql: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The first row as a dictionary; empty when there is none."""
        return next(self.read(sql, parameters).iter_rows(named=True), {})


def current_base() -> Base:
    """The current publication through the perimeter of the current user, which is opened if it is not yet.

    Raises NoPublicationError: nothing is published, or what is published was damaged.
    """
    base = Base(current_publication(), current_perimeter())
    _connect(base.publication, base.perimeter)
    return base


def previous_base(base: Base) -> Base | None:
    """The publication before, through the same perimeter; None when there is none, or when it is no longer whole."""
    before = base.publication.previous()
    if before is None:
        return None
    try:
        _connect(before, base.perimeter)
    except NoPublicationError:
        return None
    return Base(before, base.perimeter)


@lru_cache(maxsize=4)
def _connect(publication: Publication, perimeter: Perimeter) -> duckdb.DuckDBPyConnection:
    if (what := publication.damage()) is not None:
        raise NoPublicationError(f"La publication est endommagée : {what}.")
    connection = duckdb.connect(":memory:")
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set autoload_known_extensions = false")
    tables: dict[str, dict[str, str]] = {FICHE: {}}  # first: the other views are restricted through it
    tables |= {p.id: {f.name: f.logical_type for f in p.fields} for p in load_products().values()}
    for name, columns in tables.items():
        listed = name in publication.listed_tables()
        _create_view(connection, name, publication.table(name), columns, perimeter, listed=listed)
    _create_indicator_views(connection)
    _create_search_table(connection)
    connection.execute(f"set allowed_directories = [{quote(str(publication.folder))}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _create_search_table(connection: duckdb.DuckDBPyConnection) -> None:
    """What a search looks in, folded once for all: words without accents, in lower case, separated by one space."""
    haystack = FOLD.format(
        "concat_ws(' ', finess_et, finess_ej, raison_sociale, raison_sociale_ej, commune_libelle, code_postal)"
    )
    connection.execute(
        f"""
        create table recherche as
        select finess_et, raison_sociale, categorie_libelle, commune_libelle, departement_code, est_ouvert, est_esms,
               {haystack} as mots_cherches
        from {FICHE}
        """
    )


def quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _among(values: frozenset[str]) -> str:
    return "(" + ", ".join(quote(v) for v in sorted(values)) + ")" if values else "(null)"


def _create_view(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
    declared: Mapping[str, str],
    perimeter: Perimeter,
    *,
    listed: bool,
) -> None:
    """Makes a view of one table of the snapshot. A table that the publication lacks is empty, with its columns.

    Raises NoPublicationError when a file that the publication lists is missing or cannot be read.
    """
    if path.is_file() or listed:
        origin = f"read_parquet({quote(str(path))})"
        try:
            present = [row[0] for row in connection.execute(f"describe select * from {origin}").fetchall()]
        except duckdb.Error as error:
            raise NoPublicationError(f"La publication est endommagée : {path.name} ne se lit pas.") from error
        missing = {c: t for c, t in declared.items() if c not in present}
    else:
        origin, present, missing = "(select 1 where false)", [], dict(declared)
    masked = {column for table, column in perimeter.hidden_columns if table == name}
    columns = [f"case when false then {c} end as {c}" if c in masked else c for c in present]
    columns += [f"cast(null as {SQL_TYPES[t]}) as {c}" for c, t in missing.items()]
    where = _row_filter(name, {*present, *missing}, perimeter)
    connection.execute(f"create view {name} as select {', '.join(columns)} from {origin} where {where}")


def _row_filter(name: str, columns: set[str], perimeter: Perimeter) -> str:
    """SQL condition on the rows of one table. A row that cannot be tied to the perimeter does not pass."""
    departements, financeurs = perimeter.departements, perimeter.financeurs
    if departements is None and financeurs is None:
        return "true"
    terms = []
    if departements is not None and name == FICHE:
        terms.append(f"departement_code in {_among(departements)}")
    if financeurs is not None and "financeur" in columns:
        terms.append(f"financeur in {_among(financeurs)}")
    own = f"(select finess_et from {FICHE})"
    if name == FICHE:
        pass
    elif "finess_et" in columns:
        terms.append(f"finess_et in {own}")
    elif "unite_id" in columns:
        terms.append(f"(unite = 'ET' and unite_id in {own})")
    elif "niveau" in columns:
        if departements is not None:
            terms.append(f"(niveau <> 'departement' or territoire_code in {_among(departements)})")
            of_epci = f" or departement_code in {_among(departements)}" if "departement_code" in columns else ""
            terms.append(f"(niveau <> 'epci'{of_epci})")
    else:
        terms.append("false")
    return " and ".join(terms) or "true"


def _create_indicator_views(connection: duckdb.DuckDBPyConnection) -> None:
    """The territories, their indicators, and the year in which each is read, in the order of their declarations.

    That year is the last one for which at least half of the usual number of establishments answered: a campaign that
    has just begun must not stand for the country.
    """
    connection.execute(
        f"create view indicateurs_territoire as select *, n_repondants as effectif, date_reference as date_parc"
        f" from {TERRITOIRES}"
    )
    connection.execute(
        """
        create view territoires as
        select niveau, territoire_code, max(territoire_libelle) as territoire_libelle, max(region_code) as region_code,
               max(departement_code) as departement_code
        from (
            select niveau, territoire_code, territoire_libelle, region_code,
                   case when niveau = 'departement' then territoire_code end as departement_code
            from mart_territoires__synthese
            union all
            select niveau, territoire_code, territoire_libelle, region_code, departement_code
            from indicateurs_territoire where niveau = 'epci'
        ) group by niveau, territoire_code
        """
    )
    order = ", ".join(f"({quote(i.code)}, {rank})" for rank, i in enumerate(published(TERRITOIRES)))
    connection.execute(
        f"""
        create view indicateurs_reference as
        with ordre (indicateur_code, rang) as (values {order}),
        par_annee as (
            select indicateur_code, millesime, max(indicateur_libelle) as libelle, max(unite_mesure) as unite_mesure,
                   max(effectif) as effectif
            from indicateurs_territoire where valeur is not null group by indicateur_code, millesime
        ), plein as (
            select *, max(effectif) over (partition by indicateur_code) as effectif_max from par_annee
        )
        select indicateur_code, max(millesime) as millesime, max(libelle) as libelle, max(unite_mesure) as unite_mesure,
               min(rang) as rang
        from plein left join ordre using (indicateur_code)
        where effectif is null or 2 * effectif >= effectif_max group by indicateur_code
        """
    )


def any_of(chosen: Mapping[str, Sequence[Any]]) -> tuple[str, dict[str, Any]]:
    """(« and column in … », parameters) for constant column names and any values."""
    terms = [f" and list_contains($p_{c}, {c})" for c in chosen]
    return "".join(terms), {f"p_{c}": list(v) for c, v in chosen.items()}
