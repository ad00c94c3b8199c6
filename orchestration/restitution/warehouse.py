"""What the warehouse knows of one ESMS: which rows are in force, who is whom, which stays, what was not told.

Belongs here: SQL that reads, for one ESMS. Does not belong here: names (`identities`), what is made of it (`dui_told`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

import duckdb
import polars as pl

from data_contracts.loading import Entity, load_contracts
from data_contracts.person_entities import person_entities
from data_contracts.statuses import FACT, PLANNED
from ingest.home import PROJECT, Home
from orchestration.restitution.known import PA, PH

_MODELS = (
    "intermediate.int_personnes__groupes",
    "intermediate.int_personnes__oppositions",
    "intermediate.int_sejours__declarations",
    "dlnuf.dlnuf_sejours",
)
RUN = "Remède : « dlnuf run », puis relancer."
Line = tuple[str, int]  # delivery, line


class NotReady(RuntimeError):
    """The warehouse does not hold what is needed; the message says the remedy."""


@dataclass(frozen=True)
class Known:
    """Rows in force of each table, and what matching says of them.

    rows: table -> its lines in force. opposed: usagers, and persons, left out. compared: the layer was built; else
    nothing is known of the other systems, and the rest is empty. persons, stated: (source, delivery, line) of a record,
    of a statement -> its person.
    declarations: sejour_dlnuf_id, source, delivery_id, ligne. stays: rows of `dlnuf_sejours` of this ESMS. elsewhere:
    person -> modality and entry of the stays that go on in other ESMS, which are not named.
    """

    nom: str | None
    domaine: str | None
    exporte_le: date | None
    rows: dict[tuple[str, str], set[Line]]
    opposed: set[str] = field(default_factory=set)
    compared: bool = False
    categorie: str | None = None
    persons: dict[tuple[str, str, int], str] = field(default_factory=dict)
    stated: dict[tuple[str, str, int], str] = field(default_factory=dict)
    declarations: pl.DataFrame = field(default_factory=pl.DataFrame)
    stays: pl.DataFrame = field(default_factory=pl.DataFrame)
    elsewhere: dict[str, list[tuple[str | None, date]]] = field(default_factory=dict)


@contextmanager
def opened(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, to be read.

    Raises:
        NotReady: there is none, or it is in use.
    """
    if not home.warehouse.exists():
        raise NotReady(f"L'entrepôt n'est pas construit : rien n'y est connu de cet établissement. {RUN}")
    try:
        connection = duckdb.connect(str(home.warehouse), read_only=True)
    except duckdb.IOException as error:
        raise NotReady("L'entrepôt est ouvert par un autre processus. Remède : attendre sa fin, relancer.") from error
    with connection:
        yield connection


def in_force(
    connection: duckdb.DuckDBPyConnection,
    finess: str,
    tables: Mapping[str, tuple[str, ...]],
    *,
    states: Sequence[str] | None = None,
) -> Known:
    """The rows in force of an ESMS, whoever they are about. tables: source -> its tables. states: of the statements
    that are taken; by default those that the staging models take (`counted`).

    Raises:
        NotReady: its DUI was never received.
    """
    contracts = load_contracts()
    there = _tables(connection)
    rows = {
        (source, name): _in_force(connection, source, contracts[source].entity(name).stored, finess, states)
        for source, names in tables.items()
        for name in names
        if f"raw.{source}__{name}" in there
    }
    if not rows.get(("dui", "usagers")):
        raise NotReady(
            f"Aucune ligne de DUI reçue pour l'établissement {finess} : rien à préparer. Remède : vérifier le numéro "
            "FINESS, ou livrer l'export de son DUI, puis « dlnuf run »."
        )
    nom, domaine, category = _establishment(connection, finess) if "raw.finess__et" in there else (None, None, None)
    exported = connection.execute("SELECT max(_collecte_le) FROM raw.dui__usagers WHERE finess_et = ?", [finess])
    latest = exported.fetchone()
    return Known(nom, domaine, latest[0] if latest else None, rows, categorie=category)


def read(connection: duckdb.DuckDBPyConnection, finess: str, on: date, tables: Mapping[str, tuple[str, ...]]) -> Known:
    """What is known of an ESMS on a day. tables: source -> its tables whose rows in force are asked for.

    Raises:
        NotReady: its DUI was never received.
    """
    alone = replace(in_force(connection, finess, tables), opposed=_opposed_usagers(connection, finess, on))
    if not {*_MODELS} <= _tables(connection):
        return alone
    persons = connection.execute(
        "SELECT source, delivery_id, ligne, personne_id FROM intermediate.int_personnes__groupes WHERE finess_et = ?",
        [finess],
    ).fetchall()
    links = connection.execute(
        """SELECT sejour_dlnuf_id, source, delivery_id, ligne, personne_id FROM intermediate.int_sejours__declarations
           WHERE finess_et = ?""",
        [finess],
    ).pl()
    return replace(
        alone,
        compared=True,
        opposed=alone.opposed | _opposed_persons(connection),
        persons={(source, delivery, line): person for source, delivery, line, person in persons},
        stated={(source, delivery, line): person for _, source, delivery, line, person in links.iter_rows()},
        declarations=links,
        stays=connection.execute("SELECT * FROM dlnuf.dlnuf_sejours WHERE finess_et = ?", [finess]).pl(),
        elsewhere=_elsewhere(connection, finess),
    )


def _elsewhere(connection: duckdb.DuckDBPyConnection, finess: str) -> dict[str, list[tuple[str | None, date]]]:
    """Stays that go on in other ESMS, of the persons who asked to enter this one."""
    rows = connection.execute(
        """SELECT s.personne_id, s.modalite, s.date_entree FROM dlnuf.dlnuf_sejours s
           WHERE s.finess_et <> $1 AND s.date_entree IS NOT NULL AND s.date_sortie IS NULL AND s.personne_id IN (
               SELECT personne_id FROM intermediate.int_personnes__groupes
               WHERE finess_et = $1 AND source IN (SELECT unnest($2::VARCHAR[])))""",
        [finess, [demand.contract.id for demand in person_entities(load_contracts(), "demand")]],
    ).fetchall()
    found: dict[str, list[tuple[str | None, date]]] = {}
    for person, modality, entered in rows:
        found.setdefault(person, []).append((modality, entered))
    return found


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    names = connection.execute("SELECT table_schema || '.' || table_name FROM information_schema.tables").fetchall()
    return {name for (name,) in names}


def counted(entity: Entity) -> tuple[str, ...]:
    """The states of the statements of a table that the staging models let through (macro `is_fact`): facts; of stays,
    those that are planned too, which say so by their dates."""
    return (FACT, PLANNED) if entity.person and entity.person.kind == "stay" else (FACT,)


def _in_force(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    entity: Entity,
    finess: str,
    states: Sequence[str] | None = None,
) -> set[Line]:
    """The last word on each row of a table, whichever year it was delivered for (as the staging models)."""
    if states is None:
        states = counted(entity)
    key = [f'"{name}"' for name in entity.primary_key]
    unknown = " OR ".join(f'"{name}" IS NULL' for name in entity.identity_in_key)
    if unknown:  # a person without key is known by the line alone
        key.append(f"CASE WHEN {unknown} THEN _delivery_id || '-' || _ligne END")
    counts = f"coalesce({entity.state_field}, '{FACT}')" if entity.state_field else f"'{FACT}'"
    found = connection.execute(
        f"""SELECT _delivery_id, _ligne FROM (
                SELECT _delivery_id, _ligne, {counts} AS etat FROM raw."{source}__{entity.name}"
                WHERE finess_et = ? AND _est_courante
                QUALIFY row_number() OVER (
                    PARTITION BY {", ".join(key)}
                    ORDER BY millesime DESC, _collecte_le DESC, _recu_le DESC, _delivery_id DESC, _ligne DESC) = 1)
            WHERE etat IN (SELECT unnest(?::VARCHAR[]))""",
        [finess, list(states)],
    ).fetchall()
    return {(delivery, line) for delivery, line in found}


def _establishment(connection: duckdb.DuckDBPyConnection, finess: str) -> tuple[str | None, str | None, str | None]:
    """Its name, PA or PH by its category, and that category; unknown when FINESS does not know it.

    PA or PH is unknown as well when it is for both.
    """
    found = connection.execute(
        """SELECT raison_sociale, categorie_code FROM raw.finess__et WHERE finess_et = ?
           ORDER BY _collecte_le DESC, _recu_le DESC, _delivery_id DESC LIMIT 1""",
        [finess],
    ).fetchone()
    nom, category = found or (None, None)
    said = _domains().get(category or "", "")  # PA, PH_ENFANT, PH_ADULTE...
    return nom, next((domain for domain in (PA, PH) if said.startswith(domain)), None), category


@lru_cache(maxsize=1)
def _domains() -> dict[str, str]:
    """Category of FINESS -> the domain that the layer gives it."""
    with (PROJECT / "dbt_project" / "seeds" / "categories_finess.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["domaine"] for row in csv.DictReader(file)}


def _opposed_usagers(connection: duckdb.DuckDBPyConnection, finess: str, on: date) -> set[str]:
    """Usagers of the ESMS with an opposition in force that day to steering or to matching, by the registers themselves.

    The rule is that of `int_personnes__opposants`, read again because a register may have come since the layer was
    built: a consent given later lifts it, and an opposition to research says nothing of what the ESMS sends.
    """
    opposed: set[str] = set()
    for register in person_entities(load_contracts(), "register"):
        said = {name: f'"{column}"' for name, column in register.role.fields.items()}
        usager = f'"{register.role.record.field}"' if register.role.record else "NULL"
        found = connection.execute(
            f"""WITH en_vigueur AS (
                   SELECT {usager} AS usager_id, {said["finalite"]} AS finalite, {said["nature"]} AS nature,
                          {said["date_effet"]} AS date_effet
                   FROM (
                       SELECT * FROM raw."{register.table}" WHERE finess_et = $1 AND _est_courante
                       QUALIFY row_number() OVER (
                           PARTITION BY {usager}, {said["finalite"]}, {said["nature"]}, {said["date_effet"]}
                           ORDER BY millesime DESC, _collecte_le DESC, _recu_le DESC) = 1)
                   WHERE {said["date_effet"]} <= $2 AND ({said["retire_le"]} IS NULL OR {said["retire_le"]} > $2))
               SELECT DISTINCT o.usager_id FROM en_vigueur o
               WHERE o.nature = 'opposition' AND o.finalite <> 'recherche' AND NOT EXISTS (
                   SELECT 1 FROM en_vigueur c
                   WHERE c.nature = 'consentement' AND c.usager_id = o.usager_id AND c.date_effet > o.date_effet
                     AND c.finalite IN (o.finalite, 'toutes'))""",
            [finess, on],
        ).fetchall()
        opposed |= {usager for (usager,) in found}
    return opposed


def _opposed_persons(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Persons with an opposition in force when the layer was built, whichever ESMS recorded it."""
    found = connection.execute("SELECT DISTINCT personne_id FROM intermediate.int_personnes__oppositions").fetchall()
    return {person for (person,) in found}
