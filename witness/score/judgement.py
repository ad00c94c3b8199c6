"""The figures: retained values, unknowns, conflicts, rows.

Belongs here: judging every answer once (`juges`), and counting. Does not belong here: what a right answer is
(`agreement`), the other rules (`naive_rules`). The definitions are in docs/score.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from witness.installation import Installation, write_json
from witness.score import causes, layer, naive_rules, persons_judged, prefilled_judged, proposals, truth_tables
from witness.score.agreement import agree, right
from witness.score.json_rows import rows_of
from witness.score.no_score import NothingToScore

MEMORY = "1GB"  # then it goes to disk, which costs it little


def score(root: Path, truth: Path, sealed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """How right the current publication of the home `root` is, against the truth of the deliveries it was made from.

    sealed: SHA-256 of deliveries by their id, where the home keeps it sealed (persons), told by who has the keys.

    Returns the object that `dlnuf score --json` prints. Shares are between 0 and 1, and unknown (None) when there is
    nothing to count. Raises NoTruth, NothingToScore.
    """
    folder = truth_tables.find(truth)
    home = Installation(root)
    with (
        TemporaryDirectory(prefix="dlnuf-score-") as scratch,
        duckdb.connect(Path(scratch) / "score.duckdb", config={"memory_limit": MEMORY}) as connection,
    ):
        connection.execute("SET preserve_insertion_order = false")
        published = layer.open_layer(connection, home, sealed or {})
        truth_tables.open_truth(connection, folder)
        with_persons = truth_tables.open_persons(connection, folder)
        _check_same_deliveries(connection)
        _judge(connection)
        naive_rules.judge(connection)
        groups = naive_rules.by_group(connection)
        figures = {
            "version": published.version,
            "verite": str(folder.name),
            **_retained(connection),
            **_unknown(connection),
            "conflicts": _conflicts(connection),
            **_rows(connection),
            "naive": naive_rules.shares(connection),
            "structures": None,
            **persons_judged.judged(connection, home, with_persons),
            "preremplissage": prefilled_judged.judged(connection, home),
            "par_groupe": groups,
            "par_groupe_plusieurs_documents": naive_rules.by_group(connection, several_documents=True),
            "par_element": _by(connection, "t.element_id", "element_id"),
            "par_nombre_de_sources": _by(connection, "least(n_documents, 4)", "n_sources"),
            "par_defaut": causes.by_defect(connection),
            "devances": naive_rules.ahead(connection, groups),
            "propositions": proposals.orders(connection),
            "erreurs": causes.wrong(connection),
            "conflits_mal_vus": causes.conflicts(connection),
        }
    return figures


def keep(root: Path, figures: dict[str, Any]) -> Path:
    """Write the figures where the dashboard finds those of a publication; returns the file."""
    path = Installation(root).score(figures["version"])
    write_json(path, figures)
    return path


def _check_same_deliveries(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `recues`: the delivery of each file of the witness.

    A file is found by its bytes when the system gives it another name, else by its name. Raises NothingToScore when the
    home did not receive the files that the witness speaks of.
    """
    connection.execute(
        """CREATE TABLE recues AS
           SELECT a.livraison, min(l.delivery_id) AS delivery_id, any_value(a.sha256) IS NOT NULL AS est_de_personnes
           FROM (SELECT DISTINCT livraison, sha256 FROM attendues) a
           JOIN livraisons l
             ON CASE WHEN a.sha256 IS NULL THEN l.fichier ELSE l.sha256 END
                = coalesce(a.sha256, parse_filename(a.livraison))
           GROUP BY a.livraison"""
    )
    missing = rows_of(
        connection,
        "SELECT DISTINCT parse_filename(livraison) AS f FROM attendues WHERE a_accepter AND livraison NOT IN "
        "(SELECT livraison FROM recues) ORDER BY 1",
    )
    if missing:
        listed = ", ".join(row["f"] for row in missing[:5])
        raise NothingToScore(
            f"La publication ne vient pas de cette génération : {len(missing)} fichiers n'ont pas été livrés "
            f"({listed}…)."
        )


def _judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `juges`, every answer of the layer with its truth, and `questions`, what files state of each question."""
    connection.execute(
        f"""CREATE TABLE juges AS
            SELECT r.*, v.q IS NOT NULL AS a_une_verite,
                   v.q IS NOT NULL AND NOT r.est_secrete AND {right("r", "v")} AS est_juste
            FROM reponses r
            LEFT JOIN verite v ON r.q = v.q
            LEFT JOIN tolerances t ON r.element_id = t.element_id"""
    )
    connection.execute(
        """CREATE TABLE questions AS
           WITH documents AS (
               SELECT document, 1 << (row_number() OVER (ORDER BY document) - 1) AS bit
               FROM (SELECT DISTINCT document FROM livrees)
           )
           SELECT q, any_value(unite_id) AS unite_id, any_value(element_id) AS element_id,
                  bool_or(est_juste) AS est_dite_juste, bit_count(bit_or(bit)) AS n_documents
           FROM dites JOIN documents USING (document) GROUP BY q"""
    )
    connection.execute(
        """CREATE TABLE verdicts AS
           SELECT s.q, s.unite_id, s.element_id, s.n_documents, j.source, j.q IS NOT NULL AS est_servie,
                  coalesce(j.est_juste, false) AS est_juste
           FROM questions s
           LEFT JOIN (SELECT q, source, est_juste, est_secrete FROM juges WHERE est_retenue) j USING (q)
           WHERE s.est_dite_juste AND NOT coalesce(j.est_secrete, false)"""
    )


def _retained(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    stated, right_ones, absent = _row(
        connection, "SELECT count(*), sum(est_juste::INT), sum((NOT est_servie)::INT) FROM verdicts"
    )
    retained, known, kept, hidden, with_truth = _row(
        connection,
        """SELECT count(*), sum((a_une_verite AND NOT est_secrete)::INT), sum(est_juste::INT), sum(est_secrete::INT),
                  sum(a_une_verite::INT) FROM juges WHERE est_retenue""",
    )
    return {
        "retained_right": _share(right_ones, stated),
        "questions_dites_justement": stated,
        "dont_retenues_justes": right_ones or 0,
        "dont_absentes": absent or 0,
        "retained_right_all": _share(kept, known),
        "valeurs_retenues": retained,
        "valeurs_sans_verite": retained - (with_truth or 0),
        "valeurs_secretes": hidden or 0,
    }


def _unknown(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Whether what should be unknown is unknown.

    The questions are those that no readable line states: they were left empty, or a retained value alone speaks of
    them.
    """
    connection.execute(
        """CREATE TABLE inconnues AS
           SELECT q, coalesce(min(motif), 'sans_verite') AS motif FROM (
               SELECT q, motif FROM vides
               UNION ALL
               SELECT q, NULL FROM juges WHERE est_retenue AND NOT a_une_verite
           ) ANTI JOIN questions USING (q) GROUP BY q"""
    )
    found = rows_of(
        connection,
        """SELECT i.motif, count(*) AS n, sum((j.q IS NULL)::INT) AS n_inconnues
           FROM inconnues i LEFT JOIN (SELECT q FROM juges WHERE est_retenue) j USING (q)
           GROUP BY i.motif ORDER BY n DESC""",
    )
    left = sum(row["n_inconnues"] for row in found)
    return {"unknown_left_unknown": _share(left, sum(row["n"] for row in found)), "inconnues": found}


def _conflicts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Real conflicts between documents, against those that the layer announces.

    Documents are compared on the last word of each source, as delivered. A later file that leaves the cell empty takes
    the answer back; two lines of one file are both its last word. Two documents surely disagree when nothing that one
    says last agrees with anything that the other says last; they may disagree when something does not.

    What the system counts by itself (the stays of a DUI) stands in no cell: it is a document like the others, with the
    number that the system counted. Where that number is hidden, nobody can say whether it disagrees: such questions are
    left out.
    """
    connection.execute(
        """CREATE TABLE indecises AS
           SELECT DISTINCT q FROM reponses ANTI JOIN (SELECT DISTINCT source FROM livrees) USING (source)
           WHERE est_secrete"""
    )
    connection.execute(
        """CREATE VIEW affirmees AS
           SELECT q, element_id, source, document, depot, recu_rang, nombre, texte, jour FROM livrees
           UNION ALL
           SELECT q, element_id, source, source, NULL, 0, nombre, texte, jour
           FROM reponses ANTI JOIN (SELECT DISTINCT source FROM livrees) USING (source)"""
    )
    connection.execute(
        """CREATE TABLE derniers AS
           WITH plusieurs_documents AS (
               SELECT q FROM affirmees GROUP BY q HAVING min(document) <> max(document)
           ), reprises AS (
               SELECT v.q, a.source, max(a.recu_rang) AS recu_rang
               FROM (SELECT * FROM vides SEMI JOIN plusieurs_documents USING (q)) v
               JOIN (SELECT DISTINCT livraison, source, recu_rang FROM attendues) a USING (livraison)
               GROUP BY ALL
           )
           SELECT l.* FROM (SELECT * FROM affirmees SEMI JOIN plusieurs_documents USING (q)) l
           LEFT JOIN reprises r ON l.q = r.q AND l.source = r.source
           WHERE r.recu_rang IS NULL OR r.recu_rang <= l.recu_rang
           QUALIFY rank() OVER (
               PARTITION BY l.q, l.source ORDER BY l.depot DESC NULLS LAST, l.recu_rang DESC) = 1"""
    )
    connection.execute(
        f"""CREATE TABLE reels AS
            SELECT q, bool_or(est_sur) AS est_sur FROM (
                SELECT a.q, bool_and(NOT {agree("a", "b")}) AS est_sur,
                       bool_or(NOT {agree("a", "b")}) AS est_possible
                FROM derniers a JOIN derniers b ON a.q = b.q AND a.document < b.document
                JOIN tolerances t ON a.element_id = t.element_id
                WHERE t.type <> 'sans_objet'
                GROUP BY a.q, a.document, b.document)
            WHERE est_possible AND q NOT IN (SELECT q FROM indecises) GROUP BY q"""
    )
    predicted, founded, real, found = _row(
        connection,
        """SELECT sum((p.q IS NOT NULL)::INT), sum((p.q IS NOT NULL AND r.q IS NOT NULL)::INT),
                  sum(coalesce(r.est_sur, false)::INT), sum((coalesce(r.est_sur, false) AND p.q IS NOT NULL)::INT)
           FROM (SELECT q FROM juges ANTI JOIN indecises USING (q) WHERE est_retenue AND statut = 'divergent') p
           FULL JOIN reels r ON p.q = r.q""",
    )
    return {
        "precision": _share(founded, predicted),
        "recall": _share(found, real),
        "annonces": predicted or 0,
        "fondes": founded or 0,
        "reels": real or 0,
        "trouves": found or 0,
    }


def _rows(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    lost, expected, read, rejected = _row(
        connection,
        """SELECT sum(greatest(a.n_lignes - coalesce(l.lues, 0), 0)), sum(a.n_lignes), sum(l.lues), sum(l.rejetees)
           FROM attendues a
           JOIN recues f USING (livraison)
           LEFT JOIN lues l ON l.delivery_id = f.delivery_id AND l.entite = a.entite
           WHERE a.a_accepter""",
    )
    unread = ", ".join(f"'{effect}'" for effect in truth_tables.TO_REJECT)
    # A line of a file about persons may be a row of several tables; the defect of such a line says of which one.
    connection.execute(
        f"""CREATE TABLE lignes_fautives AS
            SELECT f.delivery_id, d.entite, d.ligne, bool_or(d.effet IN ({unread})) AS a_rejeter,
                   coalesce(min(d.nature) FILTER (WHERE d.effet IN ({unread})), min(d.nature)) AS nature
            FROM (
                SELECT livraison, '' AS entite, ligne, nature, effet FROM defauts
                UNION ALL
                SELECT livraison, entite, ligne, nature, effet FROM fautes_personnes
            ) d
            JOIN recues f USING (livraison)
            JOIN (SELECT DISTINCT livraison FROM attendues WHERE a_accepter) USING (livraison)
            WHERE d.effet <> 'livraison' GROUP BY ALL"""
    )
    by_kind = rows_of(
        connection,
        """SELECT coalesce(d.nature, 'aucun défaut') AS nature, coalesce(d.a_rejeter, false) AS a_rejeter,
                  sum((r.delivery_id IS NOT NULL)::INT) AS n_rejetees, sum((r.delivery_id IS NULL)::INT) AS n_acceptees
           FROM lignes_fautives d
           FULL JOIN (
               SELECT DISTINCT r.delivery_id, CASE WHEN f.est_de_personnes THEN r.entite ELSE '' END AS entite, r.ligne
               FROM rejetees r JOIN recues f USING (delivery_id)
           ) r ON d.delivery_id = r.delivery_id AND d.entite = r.entite AND d.ligne = r.ligne
           GROUP BY ALL ORDER BY 2 DESC, 1""",
    )
    return {
        "rows_lost": int(lost or 0),
        "lignes": {"dans_les_fichiers": int(expected or 0), "lues": int(read or 0), "rejetees": int(rejected or 0)},
        "rejets": {
            "merites": sum(r["n_rejetees"] for r in by_kind if r["a_rejeter"]),
            "immerites": sum(r["n_rejetees"] for r in by_kind if not r["a_rejeter"]),
            "a_rejeter_mais_acceptees": sum(r["n_acceptees"] for r in by_kind if r["a_rejeter"]),
            "par_nature": by_kind,
        },
    }


def _by(connection: duckdb.DuckDBPyConnection, expression: str, name: str) -> list[dict[str, Any]]:
    return rows_of(
        connection,
        f"""SELECT {expression} AS {name}, count(*) AS n, sum(v.est_juste::INT) AS n_justes,
                   sum(v.est_juste::INT) / count(*) AS part
            FROM verdicts v JOIN tolerances t ON v.element_id = t.element_id GROUP BY 1 ORDER BY 1""",
    )


def _share(part: float | None, whole: float | None) -> float | None:
    return None if not whole else (part or 0) / whole


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> Sequence[Any]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return [int(value) if value is not None else None for value in row]
