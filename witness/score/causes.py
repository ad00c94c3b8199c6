"""What defects did: the questions that they touched, and why the layer is wrong where it is.

Belongs here: tying a judged question to the ledger of the witness and to the rejects of the system. Does not belong
here: judging the question (`judgement`).
"""

from __future__ import annotations

from typing import Any

import duckdb

from witness.score.agreement import question_hash
from witness.score.json_rows import rows_of

SHOWN = 60  # causes, the most frequent first
EXAMPLES = 3


def _examples(alias: str) -> str:
    """A few of the questions of a group, always the same ones: « ELEMENT unité »."""
    return f"list_sort(list_distinct(list({alias}.element_id || ' ' || {alias}.unite_id)))[:{EXAMPLES}]"


def by_defect(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """By kind of defect, the questions that it touches among those that a file states rightly.

    A defect touches the question of its cell or, when it is about none, all those of its line. Leaves the table
    `touchees`, with one row for each question and line of a defect.
    """
    connection.execute(
        f"""CREATE TABLE touchees AS
            SELECT DISTINCT {question_hash("d")} AS q, d.livraison, d.ligne, d.nature, d.effet
            FROM defauts d WHERE d.element_id IS NOT NULL
            UNION ALL
            SELECT DISTINCT l.q, l.livraison, l.ligne, d.nature, d.effet
            FROM livrees l JOIN defauts d ON l.livraison = d.livraison AND l.ligne = d.ligne
            WHERE d.element_id IS NULL"""
    )
    return rows_of(
        connection,
        """SELECT nature, effet, count(*) AS n, sum(v.est_juste::INT) AS n_justes, avg(v.est_juste::INT) AS part
           FROM (SELECT DISTINCT q, nature, effet FROM touchees) JOIN verdicts v USING (q)
           GROUP BY ALL ORDER BY nature""",
    )


def wrong(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Where the layer is wrong although somebody was right, counted by cause.

    `cause` is what the layer believed, `bonne_reponse` what became of the right answer. Needs the table `touchees` of
    `by_defect`.
    """
    connection.execute(
        """CREATE TABLE fautes AS
           SELECT v.q, v.unite_id, v.element_id, j.source, l.livraison, j.ligne
           FROM (SELECT * FROM verdicts WHERE NOT est_juste) v
           LEFT JOIN (SELECT q, source, delivery_id, ligne FROM juges WHERE est_retenue) j USING (q)
           LEFT JOIN recues l USING (delivery_id)"""
    )
    return rows_of(
        connection,
        f"""WITH ecartees AS (
               SELECT q, string_agg(DISTINCT motif, ', ' ORDER BY motif) AS motifs
               FROM juges SEMI JOIN fautes USING (q) WHERE est_juste GROUP BY ALL
           ), rejets AS (
               SELECT d.q, min(r.regle) AS regle
               FROM (SELECT * FROM dites SEMI JOIN fautes USING (q) WHERE est_juste) d
               JOIN recues l USING (livraison)
               JOIN rejetees r ON r.delivery_id = l.delivery_id AND r.ligne = d.ligne GROUP BY ALL
           ), semees AS (
               SELECT q, livraison, ligne, min(nature) AS nature
               FROM touchees SEMI JOIN fautes USING (q) GROUP BY ALL
           ), natures AS (
               SELECT d.q, d.livraison, d.ligne, min(e.nature) AS nature,
                      bool_or(d.est_juste) AS est_dite_juste
               FROM (SELECT * FROM livrees SEMI JOIN fautes USING (q)) d
               LEFT JOIN ecarts e USING (livraison, ligne, champ) GROUP BY ALL
           ), repris AS (
               SELECT DISTINCT q FROM vides SEMI JOIN fautes USING (q)
           )
           SELECT CASE WHEN f.livraison IS NULL THEN 'aucune valeur'
                       WHEN s.nature IS NOT NULL THEN s.nature
                       WHEN n.est_dite_juste THEN 'juste pour le témoin, non pour la couche'
                       ELSE coalesce(n.nature, 'fausse, sans défaut semé') END AS cause,
                  coalesce(e.motifs, 'ligne rejetée : ' || r.regle,
                           CASE WHEN p.q IS NOT NULL THEN 'laissée vide ailleurs' ELSE 'absente de la couche' END
                  ) AS bonne_reponse,
                  coalesce(f.source, 'aucune') AS source, count(*) AS n,
                  {_examples("f")} AS exemples
           FROM fautes f
           LEFT JOIN ecartees e USING (q)
           LEFT JOIN rejets r USING (q)
           LEFT JOIN repris p USING (q)
           LEFT JOIN semees s USING (q, livraison, ligne)
           LEFT JOIN natures n USING (q, livraison, ligne)
           GROUP BY ALL ORDER BY n DESC, cause, bonne_reponse, source LIMIT {SHOWN}""",
    )


def conflicts(connection: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """Real conflicts that the layer does not announce (`manques`), and those that it announces wrongly (`infondes`).

    Both are counted by what happened to the lines that speak of them. Needs the table `reels`, and the table `touchees`
    of `by_defect`.
    """
    announced = "SELECT q FROM juges ANTI JOIN indecises USING (q) WHERE est_retenue AND statut = 'divergent'"
    parts = {
        "manques": f"SELECT q FROM reels WHERE est_sur EXCEPT {announced}",
        "infondes": f"{announced} EXCEPT SELECT q FROM reels",
    }
    return {
        name: rows_of(
            connection,
            f"""WITH concernees AS ({query}), rejets AS (
                   SELECT d.q, min(r.regle) AS regle
                   FROM (SELECT * FROM livrees SEMI JOIN concernees USING (q)) d
                   JOIN recues l USING (livraison)
                   JOIN rejetees r ON r.delivery_id = l.delivery_id AND r.ligne = d.ligne GROUP BY ALL
               ), semees AS (
                   SELECT q, string_agg(DISTINCT nature, ', ' ORDER BY nature) AS natures
                   FROM touchees SEMI JOIN concernees USING (q) GROUP BY ALL
               ), nommees AS (
                   SELECT q, any_value(unite_id) AS unite_id, any_value(element_id) AS element_id
                   FROM livrees SEMI JOIN concernees USING (q) GROUP BY ALL
               )
               SELECT coalesce('ligne rejetée : ' || r.regle, s.natures, 'aucun défaut') AS cause, count(*) AS n,
                      {_examples("e")} AS exemples
               FROM concernees c LEFT JOIN rejets r USING (q) LEFT JOIN semees s USING (q)
               LEFT JOIN nommees e USING (q)
               GROUP BY ALL ORDER BY n DESC, cause LIMIT {SHOWN}""",
        )
        for name, query in parts.items()
    }
