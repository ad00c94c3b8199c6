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
