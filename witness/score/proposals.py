"""Where another order of sources would be right more often, for the owners of the data to decide.

Belongs here: trying, element by element, to believe a source just before the one that beat it. Does not belong here:
changing an order (`data_contracts/dictionary/precedence.yaml`).
"""

from __future__ import annotations

from typing import Any

import duckdb

from witness.score.json_rows import rows_of

MIN_GAIN = 5  # a number of questions: below it, the gain may be due to chance


def orders(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Elements where believing a source just before the one that beats it would give more right values.

    The gain is exact for that one change: where `source_ecartee` lost by its rank to `source_retenue`, no source before
    the winner had a plausible answer. Only last words are compared: answers that are doubtful, or that their own sender
    replaced, are left out.
    """
    return rows_of(
        connection,
        f"""WITH retenues AS (
                SELECT q, element_id, source, est_juste FROM plusieurs WHERE est_retenue AND a_une_verite
            ), battues AS (
                SELECT q, source, est_juste FROM plusieurs WHERE motif = 'rang_inferieur'
            ), paires AS (
                SELECT r.element_id, r.source AS source_retenue, b.source AS source_ecartee, count(*) AS n_comparees,
                       sum((r.est_juste AND NOT b.est_juste)::INT) AS n_retenue_seule_juste,
                       sum((b.est_juste AND NOT r.est_juste)::INT) AS n_ecartee_seule_juste
                FROM retenues r JOIN battues b USING (q) GROUP BY ALL
            ), classees AS (
                SELECT element_id, list(source ORDER BY rang) AS sources FROM ordres GROUP BY element_id
            ), jugees AS (
                SELECT element_id, avg(est_juste::INT) AS part, count(*) AS n FROM verdicts GROUP BY element_id
            )
            SELECT t.groupe, p.*, p.n_ecartee_seule_juste - p.n_retenue_seule_juste AS gain, j.n,
                   array_to_string(c.sources, '>') AS ordre_actuel,
                   array_to_string(list_transform(
                       list_filter(c.sources, lambda s: s <> p.source_ecartee),
                       lambda s: CASE WHEN s = p.source_retenue THEN p.source_ecartee || '>' || s ELSE s END
                   ), '>') AS ordre_propose,
                   j.part AS part_actuelle,
                   j.part + (p.n_ecartee_seule_juste - p.n_retenue_seule_juste) / j.n AS part_proposee
            FROM paires p JOIN tolerances t USING (element_id) JOIN classees c USING (element_id)
            JOIN jugees j USING (element_id)
            WHERE p.n_ecartee_seule_juste - p.n_retenue_seule_juste >= {MIN_GAIN}
            ORDER BY gain DESC, p.element_id, p.source_ecartee""",
    )
