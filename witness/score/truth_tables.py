"""What the witness says, as tables of a DuckDB connection.

Belongs here: finding the files of a truth and giving them one shape. Does not belong here: what is made of them.

    verite        one row a question that has a truth
    livrees       one row an answer that a file carries
    dites         the answers of `livrees` whose line is to be read
    vides         one row a question that a file asks and leaves without any usable answer
    defauts       one row a defect: livraison, ligne, nature, effet, and its question when it is about one
    ecarts        one row an answer that is not the truth for a natural reason
    attendues     one row a file and table: rows really in the file, whether the file is to be accepted

When the generation made persons (`open_persons`):

    fiches        one row a record of a person: where it is, and whom it is about; a consent, which is about a file of
                  the DUI and not about a person, is left out
    declarations  one row a statement about a stay: where it is, and which stay it is about
    statuts       one row a stay and status that is true of it
    situations    one row a pair of persons who are easily taken for one another
    opposants     one row a person who opposes matching: no two of their records are to be brought together
    sejours_d_opposants  one row a stay of theirs
    fautes_personnes  one row a mistake in a file about persons: livraison, entite, ligne, nature, effet
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from witness.score.agreement import question_hash
from witness.score.no_score import NoTruth

FORMAT = 6
_FILES = ("elements.parquet", "vides.parquet", "ecarts.parquet", "livraisons.parquet", "defauts.csv", "generation.json")
_PERSONS = ("personnes.parquet", "declarations_sejours.parquet", "statuts_sejours.parquet",
            "situations_personnes.parquet", "defauts_personnes.parquet", "sejours.parquet",
            "oppositions.parquet")  # fmt: skip
TO_REJECT = ("ligne_a_rejeter", "ligne_en_trop")
_AGAINST_MATCHING = ("appariement", "toutes")  # purposes of an opposition that forbid it


def find(folder: Path) -> Path:
    """The folder of the truth: this one, or its `verite`. Raises NoTruth, whose message says what is expected."""
    for candidate in (folder, folder / "verite"):
        if (candidate / "generation.json").is_file():
            missing = [name for name in _FILES if not (candidate / name).is_file()]
            version = json.loads((candidate / "generation.json").read_text(encoding="utf-8")).get("format")
            if missing:
                raise NoTruth(f"{candidate} : fichiers absents de la vérité : {', '.join(missing)}.")
            if version != FORMAT:
                raise NoTruth(f"{candidate} : vérité de format {version}, attendu {FORMAT}. Générez-la de nouveau.")
            return candidate
    raise NoTruth(
        f"{folder} n'est pas la vérité d'une génération : attendu, le dossier « verite » (ou celui qui le contient) "
        "écrit par dlnuf generate."
    )


def open_truth(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Create the tables of the witness from the folder that `find` gave."""

    def read(name: str) -> str:
        return "read_parquet('" + str(folder / name).replace("'", "''") + "', union_by_name = true)"

    csv = str(folder / "defauts.csv").replace("'", "''")
    connection.execute(
        f"""CREATE TABLE defauts AS
            SELECT livraison, TRY_CAST(ligne AS BIGINT) AS ligne, champ, nature, effet, unite, unite_id, perimetre,
                   TRY_CAST(millesime AS INTEGER) AS millesime, element_id, coalesce(composante, '') AS composante,
                   base_temporelle
            FROM read_csv('{csv}', delim = ';', header = true, all_varchar = true, nullstr = '')"""
    )
    connection.execute(
        f"CREATE VIEW ecarts AS SELECT livraison, ligne, hash(champ) AS champ, nature FROM {read('ecarts.parquet')}"
    )
    connection.execute(
        f"""CREATE TABLE attendues AS
            SELECT livraison, source, "table" AS entite, CAST(n_lignes AS BIGINT) AS n_lignes,
                   CAST(recu_rang AS INTEGER) AS recu_rang, attendue = 'acceptee' AS a_accepter, sha256
            FROM {read("livraisons.parquet")}"""
    )
    connection.execute(
        f"""CREATE VIEW verite AS
            SELECT {question_hash()} AS q, valeur_nombre AS nombre, valeur_texte AS texte,
                   valeur_date AS jour
            FROM {read("elements.parquet")}"""
    )
    refused = "SELECT livraison FROM attendues WHERE NOT a_accepter"
    unread = ", ".join(f"'{effect}'" for effect in TO_REJECT)
    connection.execute(
        f"""CREATE TABLE livrees AS
            SELECT {question_hash()} AS q, unite_id, element_id, source, document, livraison, ligne,
                   hash(champ) AS champ, valeur_nombre AS nombre, valeur_texte AS texte, valeur_date AS jour,
                   TRY_CAST(rang_depot AS BIGINT) AS depot, recu_rang, est_juste, d.ligne IS NULL AS est_a_lire
            FROM {read("reponses/*.parquet")}
            LEFT JOIN (
                SELECT DISTINCT livraison, ligne FROM defauts WHERE effet IN ({unread})
            ) d USING (livraison, ligne)
            WHERE livraison NOT IN ({refused})"""
    )
    connection.execute("CREATE VIEW dites AS SELECT * FROM livrees WHERE est_a_lire")
    connection.execute(
        f"""CREATE TABLE vides AS
            SELECT {question_hash()} AS q, livraison, ligne, motif
            FROM {read("vides.parquet")} WHERE livraison NOT IN ({refused})"""
    )


def open_persons(connection: duckdb.DuckDBPyConnection, folder: Path) -> bool:
    """Create the tables of persons and stays from the same folder; False when the generation made none."""
    connection.execute(
        "CREATE TABLE fautes_personnes (livraison VARCHAR, entite VARCHAR, ligne BIGINT, nature VARCHAR, effet VARCHAR)"
    )
    if not all((folder / name).is_file() for name in _PERSONS):
        return False

    def read(name: str) -> str:
        return "read_parquet('" + str(folder / name).replace("'", "''") + "')"

    unread = ", ".join(f"'{effect}'" for effect in TO_REJECT)
    connection.execute(
        f"""INSERT INTO fautes_personnes
            SELECT livraison, entite, CAST(ligne AS BIGINT), nature, effet FROM {read("defauts_personnes.parquet")}"""
    )
    connection.execute(
        f"""CREATE VIEW a_rejeter AS
            SELECT DISTINCT livraison, entite, ligne FROM fautes_personnes WHERE effet IN ({unread})"""
    )
    for table, name, true in (
        ("fiches", "personnes.parquet", "personne_vraie"),
        ("declarations", "declarations_sejours.parquet", "sejour_vrai"),
    ):
        connection.execute(
            f"""CREATE TABLE {table} AS
                SELECT source, livraison, entite, CAST(ligne AS BIGINT) AS ligne, {true} AS vrai
                FROM {read(name)} ANTI JOIN a_rejeter USING (livraison, entite, ligne)
                WHERE source <> 'consentements'"""
        )
    for view, name in (("statuts", "statuts_sejours"), ("situations", "situations_personnes")):
        connection.execute(f"CREATE VIEW {view} AS SELECT * FROM {read(f'{name}.parquet')}")
    connection.execute(
        f"""CREATE TABLE opposants AS
            SELECT DISTINCT personne_vraie AS vrai FROM {read("oppositions.parquet")}
            WHERE finalite IN {_AGAINST_MATCHING}"""
    )
    connection.execute(
        f"""CREATE TABLE sejours_d_opposants AS
            SELECT sejour_vrai AS vrai FROM {read("sejours.parquet")}
            SEMI JOIN opposants ON personne_vraie = vrai"""
    )
    return True
