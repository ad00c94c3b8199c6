"""How right the cells of forms are that come back filled, and whether what is to be confirmed catches the wrong ones.

Belongs here: judging the columns of forms for the last year told, before anyone answers, against the truth. Does not
belong here: which columns are filled (the warehouse says it).

    right     prefilled cells that are the truth / prefilled cells that have one
    caught    wrong first answers that are to be confirmed / wrong first answers, prefilled ones included
    shares    columns prefilled and to be confirmed, of those that the ESMS of each form are asked
    alone     how right the answers are that nobody else gives, by source and element: those that fill, and those that
              do not. It is by it that `preremplissage.csv` says whose word is enough

The cells are those of the forms that would be made: of the ESMS that each asks, in the columns about their public.
"""

from __future__ import annotations

from typing import Any

import duckdb

from witness.installation import Installation
from witness.score.agreement import question_hash, right
from witness.score.json_rows import rows_of

THRESHOLD = 0.995  # under it, a cell is wrong too often to be filled (docs/formulaires.md)
_WAREHOUSE = "warehouse"  # the name under which dbt made it, by which its views name their tables


def judged(connection: duckdb.DuckDBPyConnection, home: Installation) -> dict[str, Any] | None:
    """The figures; None when the warehouse is not there, or was made before forms were."""
    if not home.warehouse.exists():
        return None
    connection.execute(f"ATTACH '{str(home.warehouse).replace(chr(39), chr(39) * 2)}' AS {_WAREHOUSE} (READ_ONLY)")
    try:
        held = rows_of(
            connection,
            f"""SELECT 1 AS n FROM information_schema.tables
                WHERE table_catalog = '{_WAREHOUSE}' AND table_name = 'int_dlnuf__preremplissage'""",
        )
        return _figures(connection) if held else None
    finally:
        connection.execute(f"DETACH {_WAREHOUSE}")


def _figures(connection: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
    found = rows_of(connection, f"SELECT max(millesime) AS m FROM {_WAREHOUSE}.intermediate.int_dlnuf__preremplissage")
    year = found[0]["m"]
    if year is None:
        return None
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE colonnes AS
            WITH p AS (
                SELECT formulaire, etat, raison, source, element_id, valeur_nombre AS nombre, valeur_texte AS texte,
                       valeur_date AS jour, {question_hash("c")} AS q,
                       CASE WHEN valeur_nombre IS NOT NULL THEN length(split_part(valeur, '.', 2)) END AS decimales
                FROM (
                    SELECT * REPLACE ({int(year)}::INTEGER AS millesime), 'ET' AS unite
                    FROM {_WAREHOUSE}.intermediate.int_formulaires__champs
                    SEMI JOIN {_WAREHOUSE}.intermediate.int_dlnuf__preremplissage
                    USING (formulaire, finess_et, element_id)
                    WHERE millesime_demande = {int(year)} AND avant_reponses AND NOT avec_reservees
                ) c
            )
            SELECT p.formulaire, p.etat, p.raison, p.source, p.element_id, v.q IS NOT NULL AS a_verite,
                   CASE WHEN v.q IS NOT NULL THEN {right("p", "v")} END AS est_juste
            FROM p LEFT JOIN verite v ON p.q = v.q LEFT JOIN tolerances t ON p.element_id = t.element_id"""
    )
    return {
        "millesime": int(year),
        "seuil": THRESHOLD,
        **_share(connection, ""),
        "par_formulaire": [
            {"formulaire": row["formulaire"], **row, **_share(connection, f"WHERE formulaire = '{row['formulaire']}'")}
            for row in rows_of(
                connection,
                f"""SELECT formulaire, sum(n_champs)::BIGINT AS n_champs,
                           sum(n_preremplis) / sum(n_champs) AS part_preremplie,
                           sum(n_a_confirmer) / sum(n_champs) AS part_a_confirmer
                    FROM {_WAREHOUSE}.intermediate.int_dlnuf__preremplissage GROUP BY 1 ORDER BY 1""",
            )
        ],
        "sous_le_seuil": rows_of(
            connection,
            f"""SELECT formulaire, element_id, count(*) AS n, avg(est_juste::INT) AS part FROM colonnes
                WHERE etat = 'prerempli' AND a_verite
                GROUP BY ALL HAVING avg(est_juste::INT) < {THRESHOLD} ORDER BY 1, 2""",
        ),
        "reponses_seules": rows_of(
            connection,
            """SELECT source, element_id, raison = 'source_sure' AS remplit, count(*) AS n, avg(est_juste::INT) AS part
               FROM colonnes WHERE raison IN ('seul', 'source_sure') AND a_verite GROUP BY ALL ORDER BY 1, 2, 3""",
        ),
    }


def _share(connection: duckdb.DuckDBPyConnection, which: str) -> dict[str, Any]:
    [row] = rows_of(
        connection,
        f"""SELECT avg(est_juste::INT) FILTER (WHERE etat = 'prerempli') AS "right",
                   count(*) FILTER (WHERE etat = 'prerempli' AND a_verite) AS n_preremplis,
                   count(*) FILTER (WHERE etat = 'prerempli' AND NOT a_verite) AS n_sans_verite,
                   count(*) FILTER (WHERE NOT est_juste) AS n_fausses,
                   count(*) FILTER (WHERE NOT est_juste AND etat = 'a_confirmer')
                       / nullif(count(*) FILTER (WHERE NOT est_juste), 0) AS caught
            FROM colonnes {which}""",
    )
    return row
