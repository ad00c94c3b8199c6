"""How well statements about one person, or one stay, were brought together, against the truth.

Belongs here: counting pairs. Does not belong here: bringing statements together, which dbt does, nor any identity:
members are rows of deliveries, by delivery and line.

The measure is that of record linkage. Precision is the share, of the pairs of members that the system put together,
that belong together. Recall is the share, of the pairs that belong together, that the system put together. A member
that no other should join counts in neither, until the system joins it to another.
"""

from __future__ import annotations

from typing import Any

import duckdb

from witness.score.json_rows import rows_of

NO_KIND = "aucune"
_PAIRS = "coalesce(sum(n * (n - 1) / 2), 0)"


def pairs(connection: duckdb.DuckDBPyConnection, members: str) -> dict[str, Any]:
    """Precision and recall over a table with one row a member.

    `predit` is the group that the member was put in, `vrai` its own. Returns precision and recall (None when there is
    no pair to judge), paires_annoncees, paires_reelles, paires_justes, groupes_melanges (groups that hold several true
    ones), membres.
    """

    def counted(columns: str) -> int:
        query = f"SELECT CAST({_PAIRS} AS BIGINT) FROM (SELECT count(*) AS n FROM {members} GROUP BY {columns})"
        row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    told, real, right = counted("predit"), counted("vrai"), counted("predit, vrai")
    found = connection.execute(
        f"""SELECT (SELECT count(*) FROM {members}),
                   (SELECT count(*) FROM (SELECT 1 FROM {members} GROUP BY predit HAVING count(DISTINCT vrai) > 1))"""
    ).fetchone()
    count, mixed = found or (0, 0)
    return {
        "precision": right / told if told else None,
        "recall": right / real if real else None,
        "paires_annoncees": told,
        "paires_reelles": real,
        "paires_justes": right,
        "groupes_melanges": int(mixed),
        "membres": int(count),
    }


def by_kind(connection: duckdb.DuckDBPyConnection, members: str, touched: str) -> list[dict[str, Any]]:
    """Precision and recall over the pairs that a kind touches, kind by kind, then over those that none touches.

    `members` has a number of its own for each member (`membre`); `touched` has one row for each member and `nature`. A
    pair is touched when one of its two members is: it counts for each kind that touches it. Returns nature, fiches
    (members touched), and what `pairs` counts: precision, recall, paires_annoncees, paires_reelles, paires_justes,
    manquees, fausses. The kinds that cost the most pairs come first.
    """
    # Of the n(n-1)/2 pairs of a group of which k members are touched, (n-k)(n-k-1)/2 have none of these.
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE natures AS
            SELECT DISTINCT nature, membre FROM {touched}
            UNION ALL SELECT '{NO_KIND}', membre FROM {members} SEMI JOIN {touched} USING (membre)"""
    )
    counted = " UNION ALL ".join(
        f"""SELECT nature, '{what}' AS quoi,
                   CASE WHEN nature = '{NO_KIND}' THEN (n - k) * (n - k - 1) / 2
                        ELSE n * (n - 1) / 2 - (n - k) * (n - k - 1) / 2 END AS paires
            FROM (SELECT nature, {columns}, count(*) AS k FROM natures JOIN {members} USING (membre) GROUP BY ALL)
            JOIN (SELECT {columns}, count(*) AS n FROM {members} GROUP BY ALL) USING ({columns})"""
        for what, columns in (("annoncees", "predit"), ("reelles", "vrai"), ("justes", "predit, vrai"))
    )
    untouched = " UNION ALL ".join(
        f"""SELECT '{NO_KIND}', '{what}', n * (n - 1) / 2
            FROM (SELECT {columns}, count(*) AS n FROM {members} GROUP BY ALL)
            ANTI JOIN (SELECT {columns} FROM {members} SEMI JOIN {touched} USING (membre)) USING ({columns})"""
        for what, columns in (("annoncees", "predit"), ("reelles", "vrai"), ("justes", "predit, vrai"))
    )
    rows = rows_of(
        connection,
        f"""WITH sommes AS (
                SELECT nature, CAST(coalesce(sum(paires) FILTER (WHERE quoi = 'annoncees'), 0) AS BIGINT) AS annoncees,
                       CAST(coalesce(sum(paires) FILTER (WHERE quoi = 'reelles'), 0) AS BIGINT) AS reelles,
                       CAST(coalesce(sum(paires) FILTER (WHERE quoi = 'justes'), 0) AS BIGINT) AS justes
                FROM ({counted} UNION ALL {untouched}) GROUP BY nature
            ), fiches AS (
                SELECT nature, count(*) AS fiches FROM natures WHERE nature <> '{NO_KIND}' GROUP BY nature
                UNION ALL SELECT '{NO_KIND}', count(*) FROM {members} ANTI JOIN {touched} USING (membre)
            )
            SELECT nature, fiches, annoncees AS paires_annoncees, reelles AS paires_reelles, justes AS paires_justes,
                   reelles - justes AS manquees, annoncees - justes AS fausses
            FROM fiches JOIN sommes USING (nature) WHERE fiches > 0
            ORDER BY nature = '{NO_KIND}', manquees + fausses DESC, nature""",
    )
    return [
        {
            "nature": row["nature"],
            "precision": row["paires_justes"] / row["paires_annoncees"] if row["paires_annoncees"] else None,
            "recall": row["paires_justes"] / row["paires_reelles"] if row["paires_reelles"] else None,
            **row,
        }
        for row in rows
    ]
