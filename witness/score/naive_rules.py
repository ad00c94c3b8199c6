"""Rules that anybody could think of, on the answers that the layer holds.

Belongs here: whom each rule believes, and how right it is. Does not belong here: judging an answer (`judgement`).

    ca              the CA, else the last answer received
    errd            the ERRD, else the last answer received
    derniere_recue  the last answer received, whoever gives it
    majorite        the answer that most sources agree with, within the tolerance; of two, the last received
    reference       the first source of the dictionary's order, and nothing when it did not answer
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb

from witness.score.agreement import agree
from witness.score.json_rows import rows_of

RULES = ("ca", "errd", "derniere_recue", "majorite", "reference")
EXAMPLES = 3
_LAST = "l.recu_rang DESC, a.collecte_le DESC, a.ligne DESC, a.source, a.nombre, a.texte"


def judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `choix`: for each question stated rightly, whether the system and each rule are right about it."""
    connection.execute(
        """CREATE TABLE plusieurs AS
           SELECT * FROM juges SEMI JOIN (SELECT q FROM juges WHERE NOT est_retenue) USING (q)"""
    )
    connection.execute(
        f"""CREATE TABLE soutiens AS
            SELECT a.q, a.delivery_id, a.ligne, a.source, a.nombre, a.texte, a.jour,
                   count(DISTINCT b.source) AS n_soutiens
            FROM plusieurs a JOIN plusieurs b ON a.q = b.q
            JOIN tolerances t ON a.element_id = t.element_id
            WHERE {agree("a", "b")} GROUP BY ALL"""
    )
    connection.execute(
        f"""CREATE TABLE elues AS
            SELECT a.q,
                   first(a.est_juste ORDER BY (a.source <> 'ca')::INT, {_LAST}) AS ca,
                   first(a.est_juste ORDER BY (a.source <> 'errd')::INT, {_LAST}) AS errd,
                   first(a.est_juste ORDER BY {_LAST}) AS derniere_recue,
                   first(a.est_juste ORDER BY s.n_soutiens DESC, {_LAST}) AS majorite,
                   coalesce(first(a.est_juste ORDER BY {_LAST}) FILTER (WHERE o.rang = 1), false) AS reference
            FROM plusieurs a
            JOIN livraisons l ON a.delivery_id = l.delivery_id
            JOIN soutiens s ON a.q = s.q
                AND a.delivery_id = s.delivery_id AND a.ligne = s.ligne
                AND a.source = s.source AND a.nombre IS NOT DISTINCT FROM s.nombre
                AND a.texte IS NOT DISTINCT FROM s.texte AND a.jour IS NOT DISTINCT FROM s.jour
            LEFT JOIN ordres o ON a.element_id = o.element_id AND a.source = o.source
            GROUP BY a.q"""
    )
    alone = ", ".join(f"coalesce(e.{rule}, v.est_juste) AS {rule}" for rule in RULES if rule != "reference")
    connection.execute(
        f"""CREATE TABLE choix AS
            SELECT v.element_id, v.unite_id, v.n_documents, v.est_juste AS systeme, {alone},
                   coalesce(e.reference, v.est_juste AND o.rang = 1, false) AS reference
            FROM verdicts v
            LEFT JOIN elues e ON v.q = e.q
            LEFT JOIN ordres o ON v.element_id = o.element_id AND v.source = o.source"""
    )


def shares(connection: duckdb.DuckDBPyConnection) -> dict[str, float | None]:
    """Share of the questions stated rightly that each rule is right about."""
    return rows_of(connection, f"SELECT {_means(RULES)} FROM choix")[0]


def by_group(connection: duckdb.DuckDBPyConnection, *, several_documents: bool = False) -> list[dict[str, Any]]:
    """The shares of the system and of each rule by group of elements.

    They are counted over all questions, or over those that several documents state.
    """
    return rows_of(
        connection,
        f"""SELECT t.groupe, count(*) AS n, {_means(("systeme", *RULES))}
            FROM choix c JOIN tolerances t ON c.element_id = t.element_id
            WHERE n_documents > {int(several_documents)} GROUP BY t.groupe
            ORDER BY try_cast(regexp_extract(t.groupe, '^[0-9]+') AS INT), t.groupe""",
    )


def ahead(connection: duckdb.DuckDBPyConnection, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Groups (of `by_group`) where a rule is right more often than the system.

    Each comes with some questions about which the rule alone is right.
    """
    return [
        {
            "groupe": row["groupe"],
            "regle": rule,
            "systeme": row["systeme"],
            "part": row[rule],
            "n": row["n"],
            "n_justes_de_plus": round((row[rule] - row["systeme"]) * row["n"]),
            **rows_of(
                connection,
                f"""SELECT count(*) AS n_regle_seule_juste,
                           list_sort(list_distinct(list(c.element_id || ' ' || c.unite_id)))[:{EXAMPLES}] AS exemples
                    FROM choix c JOIN tolerances t ON c.element_id = t.element_id
                    WHERE t.groupe = $groupe AND c.{rule} AND NOT c.systeme""",
                {"groupe": row["groupe"]},
            )[0],
        }
        for row in groups
        for rule in RULES
        if row[rule] > row["systeme"]
    ]


def _means(columns: Iterable[str]) -> str:
    return ", ".join(f"avg({column}::INT) AS {column}" for column in columns)
