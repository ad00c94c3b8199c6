"""Persons and stays: what the warehouse brought together, against the truth.

Belongs here: the rows of the warehouse that stand for the records of the truth, and what is asked of them. Does not
belong here: counting pairs (`pairs`).

No identity is read: a record is a delivery, a table and a line. A record that the warehouse does not hold although it
should have been read stands alone: it lowers the recall, it is not left out. The records of who opposes matching are:
nothing is to be brought together there, and one that is is a fault of its own.
"""

from __future__ import annotations

from typing import Any

import duckdb

from witness.installation import Installation
from witness.score.json_rows import rows_of
from witness.score.no_score import NothingToScore
from witness.score.pairs import by_kind, pairs

_WAREHOUSE = "warehouse"  # the name under which dbt made it, by which its views name their tables
RECORDS = f"{_WAREHOUSE}.intermediate.int_personnes__fiches"
PEOPLE = f"{_WAREHOUSE}.intermediate.int_personnes__groupes"
STATEMENTS = f"{_WAREHOUSE}.intermediate.int_sejours__declarations"
STAYS = f"{_WAREHOUSE}.dlnuf.dlnuf_sejours"
STATUSES = (
    "entree_non_dite_vt", "entree_non_dite_resid", "sortie_non_dite_vt", "sortie_non_dite_resid", "deux_lieux",
    "sans_decision", "decision_expirant",
)  # fmt: skip
_NEEDED = (PEOPLE, STATEMENTS, STAYS)


def judged(connection: duckdb.DuckDBPyConnection, home: Installation, made: bool) -> dict[str, Any]:
    """The figures `persons`, `stays` (see `pairs.pairs`) and `statuses`; None when the generation made no person.

    `persons` has them by kind too (`par_nature`, see `pairs.by_kind`).

    Raises NothingToScore when the warehouse holds no person, or has other tables than those of this code.
    """
    if not made:
        return {"persons": None, "stays": None, "statuses": None}
    connection.execute(f"ATTACH '{str(home.warehouse).replace(chr(39), chr(39) * 2)}' AS {_WAREHOUSE} (READ_ONLY)")
    try:
        _check(connection)
        return {
            "persons": _persons(connection),
            "stays": _stays(connection),
            "statuses": _statuses(connection),
        }
    finally:
        connection.execute(f"DETACH {_WAREHOUSE}")


def _check(connection: duckdb.DuckDBPyConnection) -> None:
    held = {
        f"{row['c']}.{row['s']}.{row['t']}"
        for row in rows_of(
            connection,
            f"""SELECT table_catalog AS c, table_schema AS s, table_name AS t
                FROM information_schema.tables WHERE table_catalog = '{_WAREHOUSE}'""",
        )
    }
    if missing := [name for name in _NEEDED if name not in held]:
        listed = ", ".join(name.split(".")[-1] for name in missing)
        raise NothingToScore(f"L'entrepôt ne tient pas encore de personnes ({listed} absents) : lancez dlnuf run.")


def _persons(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The figures of the records of persons.

    `plusieurs_ins` counts the persons of the warehouse that hold several INS of one nature (a NIA may wait for a NIR):
    the only right number is 0. `opposants`: see `_opposed`.
    """
    _members(connection, "fiches", PEOPLE, "personne_id", "opposants")
    (mixed,) = rows_of(
        connection,
        f"""SELECT count(*) AS n FROM (
                SELECT g.personne_id FROM {PEOPLE} g JOIN {RECORDS} f USING (fiche_cle)
                GROUP BY g.personne_id
                HAVING count(DISTINCT CASE WHEN f.qualite_numero = 'NIA_INS' THEN f.cle_ins END) > 1
                    OR count(DISTINCT CASE WHEN f.qualite_numero <> 'NIA_INS' THEN f.cle_ins END) > 1)""",
    )
    return {
        **pairs(connection, "membres_fiches"),
        "plusieurs_ins": mixed["n"],
        "opposants": _opposed(connection),
        "par_nature": _by_kind(connection),
    }


def _opposed(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Of the persons who oppose matching: how many records they have, and which stand with another, theirs or not.

    `fiches_rapprochees` names each by delivery, table and line: the only right list is the empty one.
    """
    (counted,) = rows_of(
        connection,
        "SELECT count(DISTINCT vrai) AS personnes, count(*) AS fiches FROM membres_fiches_opposants",
    )
    together = rows_of(
        connection,
        """SELECT livraison, entite, ligne FROM membres_fiches_opposants
           JOIN (
               SELECT predit FROM (FROM membres_fiches UNION ALL FROM membres_fiches_opposants)
               GROUP BY predit HAVING count(*) > 1
           ) USING (predit)
           ORDER BY ALL""",
    )
    return {**counted, "fiches_rapprochees": together}


def _by_kind(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The figures by kind of mistake that touches a record, and of situation that its person is in."""
    connection.execute(
        """CREATE TEMP TABLE fiches_touchees AS
           SELECT DISTINCT f.nature, m.membre FROM membres_fiches m
           JOIN fautes_personnes f ON m.livraison = f.livraison AND m.entite = f.entite AND m.ligne = f.ligne
           UNION ALL
           SELECT s.nature, m.membre FROM membres_fiches m
           JOIN (
               SELECT DISTINCT nature, unnest([personne_a, personne_b]) AS personne FROM situations
           ) s ON m.vrai = s.personne"""
    )
    return by_kind(connection, "membres_fiches", "fiches_touchees")


def _stays(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    _members(connection, "declarations", STATEMENTS, "sejour_dlnuf_id", "sejours_d_opposants")
    return pairs(connection, "membres_declarations")


def _members(connection: duckdb.DuckDBPyConnection, table: str, held: str, group: str, left_out: str) -> None:
    """Create `membres_<table>`, with one row a record of the truth, and `membres_<table>_opposants`, with those whose
    true one is in `left_out`.

    `predit` is the group that the record is in, `vrai` its own.
    """
    connection.execute(
        f"""CREATE TABLE membres_{table} AS
            SELECT coalesce(h.{group}, 'absente|' || m.livraison || '|' || m.entite || '|' || m.ligne) AS predit,
                   m.vrai, h.{group} IS NOT NULL AS est_tenue, m.livraison, m.entite, m.ligne,
                   row_number() OVER () AS membre
            FROM (SELECT t.*, r.delivery_id FROM {table} t JOIN recues r USING (livraison)) m
            LEFT JOIN (SELECT delivery_id, ligne, source, min({group}) AS {group} FROM {held} GROUP BY ALL) h
              ON m.delivery_id = h.delivery_id AND m.ligne = h.ligne AND m.source = h.source"""
    )
    connection.execute(
        f"""CREATE TABLE membres_{table}_opposants AS FROM membres_{table} SEMI JOIN {left_out} USING (vrai);
            DELETE FROM membres_{table} WHERE vrai IN (SELECT vrai FROM {left_out})"""
    )


def _statuses(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """By status, the stays that the warehouse says have it, against those that do."""
    return [_status(connection, status) for status in STATUSES]


def _status(connection: duckdb.DuckDBPyConnection, status: str) -> dict[str, Any]:
    (found,) = rows_of(
        connection,
        f"""WITH annonces AS (
                SELECT DISTINCT m.vrai FROM membres_declarations m
                JOIN {STAYS} s ON m.predit = s.sejour_dlnuf_id WHERE s.{status}
            ), reels AS (
                SELECT DISTINCT sejour_vrai AS vrai FROM statuts WHERE statut = $statut AND sejour_vrai IS NOT NULL
                AND sejour_vrai NOT IN (SELECT vrai FROM sejours_d_opposants)
            )
            SELECT (SELECT count(*) FROM annonces) AS annonces, (SELECT count(*) FROM reels) AS reels,
                   (SELECT count(*) FROM annonces SEMI JOIN reels USING (vrai)) AS justes""",
        {"statut": status},
    )
    told, real, right = found["annonces"], found["reels"], found["justes"]
    return {
        "statut": status,
        "precision": right / told if told else None,
        "recall": right / real if real else None,
        **found,
    }
