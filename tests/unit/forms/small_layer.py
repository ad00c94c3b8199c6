"""A layer of a few invented ESMS: the tables that forms are made from, as the warehouse names them.

Belongs here: filling them. Does not belong here: deciding what they hold (dbt has unit tests of its own).
"""

from __future__ import annotations

import duckdb

from data_contracts.collection_forms import forms
from data_contracts.loading import load_contracts
from ingest.home import Home

YEAR = 2024
FORM = "cnsa_gmp_pmp"  # of few columns: what is proven is about many forms


def build(home: Home, n: int) -> list[str]:
    """A warehouse that knows `n` EHPAD, and one answer of each; returns their FINESS numbers."""
    return know(home, [f"0100{rank:05}" for rank in range(n)])


def know(home: Home, numbers: list[str], name: str = FORM) -> list[str]:
    """A warehouse that knows these EHPAD, and one answer of each to a form; returns their FINESS numbers."""
    form = forms(load_contracts())[name]
    field = next(iter(form.asked.values()))
    home.root.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(
            f"""CREATE SCHEMA intermediate; CREATE SCHEMA seeds; CREATE SCHEMA dlnuf; CREATE SCHEMA raw;
                CREATE TABLE raw.livraisons AS SELECT 1 AS delivery_id, TIMESTAMP '2025-01-06 10:00:00' AS recu_le;
                CREATE TABLE seeds.categories_finess AS SELECT '500' AS code, 'PA' AS domaine, true AS est_esms;
                CREATE TABLE intermediate.int_finess__et_courant (
                    finess_et VARCHAR, raison_sociale VARCHAR, categorie_code VARCHAR, departement_code VARCHAR,
                    est_ouvert BOOLEAN);
                CREATE TABLE dlnuf.dlnuf_valeurs AS SELECT 'ET' AS unite, {YEAR} AS millesime, '{name}' AS source;
                CREATE TABLE dlnuf.dlnuf_secret (unite VARCHAR, unite_id VARCHAR, genre VARCHAR, code VARCHAR);
                CREATE TABLE intermediate.int_formulaires__voix (
                    unite_id VARCHAR, perimetre VARCHAR, millesime INTEGER, element_id VARCHAR, composante VARCHAR,
                    base_temporelle VARCHAR, valeur_nombre DOUBLE, valeur_texte VARCHAR, valeur_date DATE,
                    source VARCHAR, collecte VARCHAR, collecte_le DATE, delivery_id VARCHAR, ligne INTEGER,
                    alerte VARCHAR, est_reservee BOOLEAN, rang INTEGER)"""
        )
        columns = ", ".join(f'"{each.name}" VARCHAR' for each in form.columns.values())
        connection.execute(
            f"""CREATE TABLE raw.{name}__{form.entity.name} (
                {columns}, millesime INTEGER, _est_courante BOOLEAN, _collecte_le DATE, _recu_le TIMESTAMP,
                _ligne INTEGER)"""
        )
        connection.executemany(
            "INSERT INTO intermediate.int_finess__et_courant VALUES (?, 'EHPAD (fictif)', '500', '01', true)",
            [[number] for number in numbers],
        )
        connection.executemany(
            """INSERT INTO intermediate.int_formulaires__voix VALUES
               (?, 'site', ?, ?, ?, 'validite', ?, NULL, NULL, 'errd', 'CNSA_EPRD_ERRD', DATE '2025-01-06', 'errd-1', ?,
                NULL, false, 0)""",
            [[n, YEAR, field.element, field.component or "", 700 + rank, rank] for rank, n in enumerate(numbers)],
        )
        connection.execute(
            f"""CREATE TABLE intermediate.int_formulaires__champs AS
                SELECT *, '{name}' AS formulaire, '{field.name}' AS champ, 1 AS rang_champ, 'prerempli' AS etat,
                       'source_sure' AS raison, {YEAR} AS millesime_demande, b.avant_reponses, true AS avec_reservees
                FROM intermediate.int_formulaires__voix CROSS JOIN (VALUES (true), (false)) AS b(avant_reponses)"""
        )
    return numbers
