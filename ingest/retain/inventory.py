"""Whose each row of the lake is, and when each person was last in contact with an ESMS, from the `raw` tables.

Belongs here: the SQL over `raw`, every delivery included, replaced ones too: they are data about persons as much as the
current ones. Does not belong here: dates of elimination (`due_dates`).

A person is the usager of an ESMS: who has a record in its DUI, or in another source that keeps records. Usagers of one
ESMS that share a qualified INS or the five traits are one person (a file opened again), and so are the rows of other
collections whose keys are theirs. This is not the matching of the layer, which may group otherwise from one run to the
next: a list that was approved must not move, and a tie that is missed here only keeps two records of one person apart,
each with its own last contact.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

from data_contracts.retention import STILL, Conservation, Held

UNKNOWN = "inconnue"  # prefix of the rows that nothing ties to a person: they are those of their delivery
_KEYS = ("cle_ins", "cle_traits", "cle_nom_prenom", "cle_nir", "cle_mdph")  # of a record, the surest first


@dataclass(frozen=True)
class Inventory:
    """What `due_dates` needs, and the count of rows of each person, class, table and delivery."""

    contacts: pl.DataFrame
    parts: pl.DataFrame  # finess_et, personne, classe, source, entite, delivery_id, n_lignes, en_vigueur


def inventory(connection: duckdb.DuckDBPyConnection, rules: Conservation, noted: pl.DataFrame) -> Inventory:
    """Persons, contacts and counts, from the `raw` tables as they are.

    noted: finess_et, personne, dernier_contact: contacts of usagers whose rows are gone, while others of theirs stay.
    """
    _persons(connection, rules)
    parts = [_parts(connection, held, rules) for held in rules.tables]
    contacts = [*(_contacts(connection, held) for held in rules.tables), _noted(connection, noted)]
    both = pl.concat(contacts, how="diagonal_relaxed").group_by("finess_et", "personne").agg(
        pl.col("dernier_contact").max(),
        pl.col("vu_le").max(),
        pl.col("en_cours").any(),
        pl.col("annee_naissance").max(),
        pl.col("date_deces").max(),
    )  # fmt: skip
    gone = pl.col("date_deces").is_not_null()  # the last contact of who died during a stay is the day of the death
    both = both.with_columns(
        dernier_contact=pl.when(gone & pl.col("en_cours")).then(pl.max_horizontal("dernier_contact", "date_deces"))
        .otherwise("dernier_contact"),
        en_cours=pl.col("en_cours") & ~gone,
    )  # fmt: skip
    return Inventory(both, pl.concat(parts))


def lines(
    connection: duckdb.DuckDBPyConnection, rules: Conservation, due: pl.DataFrame
) -> dict[tuple[str, str, str], list[int]]:
    """(source, entity, delivery) -> line numbers of the rows of these persons and classes, in order.

    due: finess_et, personne, classe. Lines are unique inside a table of a delivery.
    """
    found: dict[tuple[str, str, str], list[int]] = {}
    _persons(connection, rules)
    connection.register("_dues", due.select("finess_et", "personne", "classe").to_arrow())
    for held in rules.tables:
        rows = connection.execute(
            f"""SELECT r._delivery_id, list(r._ligne ORDER BY r._ligne)
                FROM ({_rows(held)}) r JOIN _dues d
                  ON d.finess_et = r.finess_et AND d.personne = r.personne AND d.classe = '{held.rule}'
                GROUP BY 1"""
        ).fetchall()
        found |= {(held.source, held.entity, delivery): numbers for delivery, numbers in rows}
    connection.unregister("_dues")
    return found


def person_of(connection: duckdb.DuckDBPyConnection, rules: Conservation, finess: str, pseudonym: str) -> str | None:
    """The person of an ESMS that a pseudonym stands for: that of a usager, or one that a list names; None: nobody."""
    _persons(connection, rules)
    asked = [finess, pseudonym]
    found = connection.execute("SELECT personne FROM _usagers WHERE finess_et = ? AND usager_id = ?", asked).fetchone()
    if found is None:
        union = " UNION ALL ".join(f"SELECT finess_et, personne FROM ({_rows(held)})" for held in rules.tables)
        found = connection.execute(
            f"SELECT personne FROM ({union}) WHERE finess_et = ? AND personne = ? LIMIT 1", asked
        ).fetchone()
    return found[0] if found else None


def _persons(connection: duckdb.DuckDBPyConnection, rules: Conservation) -> None:
    """_dossiers: records of every source; _usagers: record -> person of the ESMS; _cles: key of identity -> person."""
    records = [_records(connection, held) for held in rules.tables if held.is_record]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE _dossiers AS {' UNION ALL '.join(records)}")
    shared = {
        name: f"""SELECT finess_et, {name} AS cle, min(usager_id) AS premier FROM _dossiers
                  WHERE {name} IS NOT NULL GROUP BY 1, 2"""
        for name in ("cle_traits", "cle_ins")
    }
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE _usagers AS
            WITH par_traits AS (
                SELECT u.finess_et, u.usager_id, u.cle_ins, coalesce(t.premier, u.usager_id) AS personne
                FROM _dossiers u
                LEFT JOIN ({shared["cle_traits"]}) t ON t.finess_et = u.finess_et AND t.cle = u.cle_traits
            )
            SELECT p.finess_et, p.usager_id, min(coalesce(q.personne, p.personne)) AS personne
            FROM par_traits p
            LEFT JOIN (SELECT finess_et, cle_ins, min(personne) AS personne FROM par_traits
                       WHERE cle_ins IS NOT NULL GROUP BY 1, 2) q
              ON q.finess_et = p.finess_et AND q.cle_ins = p.cle_ins
            GROUP BY 1, 2"""
    )
    keys = " UNION ".join(
        f"""SELECT u.finess_et, u.{name} AS cle, p.personne FROM _dossiers u
            JOIN _usagers p ON p.finess_et = u.finess_et AND p.usager_id = u.usager_id WHERE u.{name} IS NOT NULL"""
        for name in _KEYS
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE _cles AS
            SELECT finess_et, cle, min(personne) AS personne FROM ({keys}) GROUP BY 1, 2"""
    )


def _records(connection: duckdb.DuckDBPyConnection, held: Held) -> str:
    """The records of a table: their number, and their keys, unknown where the source has not what makes one."""
    described = connection.execute(f"SELECT column_name FROM (DESCRIBE {_table(held)})").fetchall()
    there = {name for (name,) in described}
    keys = ", ".join(name if name in there else f"NULL::VARCHAR AS {name}" for name in _KEYS)
    return f'SELECT finess_et, "{held.usager}" AS usager_id, {keys} FROM {_table(held)}'


def _table(held: Held) -> str:
    return f'raw."{held.source}__{held.entity}"'


def _rows(held: Held) -> str:
    """The rows of a table, with the column `personne`."""
    joins: list[str] = []
    usagers: list[str] = []
    if held.usager:
        usagers.append(f't."{held.usager}"')
    if held.through:
        way = held.through
        joins.append(
            f"""LEFT JOIN (SELECT finess_et, "{way.key}" AS lien, min("{way.usager}") AS usager_id
                           FROM raw."{way.source}__{way.entity}" WHERE "{way.usager}" IS NOT NULL GROUP BY 1, 2) v
                ON v.finess_et = t.finess_et AND v.lien = t."{way.column}" """
        )
        usagers.append("v.usager_id")
    persons: list[str] = []
    if usagers:
        usager = f"coalesce({', '.join(usagers)})"
        joins.append(f"LEFT JOIN _usagers u ON u.finess_et = t.finess_et AND u.usager_id = {usager}")
        persons += ["u.personne", usager]
    for position, key in enumerate(held.keys):
        joins.append(
            f'LEFT JOIN _cles k{position} ON k{position}.finess_et = t.finess_et AND k{position}.cle = t."{key}"'
        )
        persons.append(f"k{position}.personne")
    persons += [f't."{key}"' for key in held.keys]
    unknown = f"'{UNKNOWN} ' || t._delivery_id"
    return f"""SELECT t.*, coalesce({", ".join([*persons, unknown])}) AS personne
               FROM {_table(held)} t {" ".join(joins)}"""


def _parts(connection: duckdb.DuckDBPyConnection, held: Held, rules: Conservation) -> pl.DataFrame:
    ends = rules.rule_of(held).in_force_until
    in_force = f'bool_or(_derniere AND "{ends}" IS NULL)' if ends else "false"
    return connection.execute(
        f"""SELECT finess_et, personne, '{held.rule}' AS classe, '{held.source}' AS source, '{held.entity}' AS entite,
                   _delivery_id AS delivery_id, count(*) AS n_lignes, {in_force} AS en_vigueur
            FROM (SELECT *, {_latest(held) if ends else "true"} AS _derniere FROM ({_rows(held)})) GROUP BY ALL"""
    ).pl()


def _contacts(connection: duckdb.DuckDBPyConnection, held: Held) -> pl.DataFrame:
    """Last contact of each person in a table. A date after the file that tells it did not happen yet."""
    dates = [f'CASE WHEN CAST("{c}" AS DATE) <= _collecte_le THEN CAST("{c}" AS DATE) END' for c in held.contacts]
    if held.open_end and held.open_end.means != STILL:
        open_end = held.open_end
        dates.append(f'CASE WHEN "{open_end.begin}" <= _collecte_le AND "{open_end.end}" IS NULL THEN _collecte_le END')
    contact = f"greatest({', '.join(dates)})" if dates else "NULL::DATE"
    counts = "true"
    if held.but:
        column, values = held.but
        listed = ", ".join(f"'{v}'" for v in values)
        counts = f"coalesce(\"{column}\", '') NOT IN ({listed})"
        contact = f"CASE WHEN {counts} THEN {contact} END"
    still, latest = "false", "true"
    if held.open_end and held.open_end.means == STILL:
        latest = _latest(held)
        still = f'_derniere AND "{held.open_end.begin}" IS NOT NULL AND "{held.open_end.end}" IS NULL'
        still += f" AND {counts}"
    birth = f'max("{held.birth_year}")' if held.birth_year else "NULL"
    death = f'max("{held.death}")' if held.death else "NULL"
    return connection.execute(
        f"""SELECT finess_et, personne, max({contact}) AS dernier_contact, max(_collecte_le) AS vu_le,
                   coalesce(bool_or({still}), false) AS en_cours,
                   CAST({birth} AS BIGINT) AS annee_naissance, CAST({death} AS DATE) AS date_deces
            FROM (SELECT *, {latest} AS _derniere FROM ({_rows(held)})) GROUP BY 1, 2"""
    ).pl()


def _noted(connection: duckdb.DuckDBPyConnection, noted: pl.DataFrame) -> pl.DataFrame:
    """The contacts noted, for the persons of today: a usager may have been found to be another one since."""
    connection.register("_notes", noted.to_arrow())
    found = connection.execute(
        """SELECT u.finess_et, u.personne, max(n.dernier_contact) AS dernier_contact
           FROM _notes n JOIN _usagers u ON u.finess_et = n.finess_et AND u.usager_id = n.personne GROUP BY 1, 2"""
    ).pl()
    connection.unregister("_notes")
    return found


def _latest(held: Held) -> str:
    """Whether a row is the last word on what it says: a later delivery may have ended it, in another year's file."""
    key = ", ".join(f'"{name}"' for name in held.key)
    return f"""row_number() OVER (PARTITION BY {key}
                                  ORDER BY _collecte_le DESC, _recu_le DESC, _delivery_id DESC, _ligne DESC) = 1"""
