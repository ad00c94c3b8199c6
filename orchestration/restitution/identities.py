"""Names, numbers and local ids of an ESMS, read again from the files that it delivered: in memory, for this ESMS alone.

Belongs here: reading landed files, and tying their rows to those of the warehouse by recomputing pseudonyms. Does not
belong here: what is made of them.

A row is read and validated as when it was received, by a process apart too (`ingest.guard`), so that what is given back
is what was accepted. Names come back through a pipe between the two, and are written nowhere.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import polars as pl

from data_contracts.loading import Contract, Entity, load_contracts
from ingest.guard import guarded
from ingest.guard.guarded import Stopped, Work
from ingest.home import Home
from ingest.judging import as_received
from ingest.protect import keyrings, pseudonyms
from ingest.protect.keyrings import Keyring, KeyringProblem
from ingest.read import UnreadableFile, tables_of
from ingest.receive import headers, landing
from ingest.validate.chunk import validate_chunk

_ANSWER = list[tuple[str, bytes]] | str
CLEAR = "clair_"  # prefix of the columns that are never stored


class NoNames(RuntimeError):
    """There is no keyring: the message says what cannot be done without it, and what to do."""


class Unreadable(RuntimeError):
    """A delivery that is needed cannot be read any more: its key is lost, or its bytes are damaged."""


def read(home: Home, source: str, wanted: Mapping[str, Sequence[str]], finess: str) -> dict[str, pl.DataFrame]:
    """Rows of tables of a source about an ESMS: stored columns, then `clair_<field>` for each that is not stored.

    wanted: delivery -> tables to read in it. A table without row is an empty frame, without column.

    Raises:
        NoNames: no keyring.
        Unreadable: naming the delivery; no row is then given at all.
    """
    contract, keyring = load_contracts()[source], _keyring(home)
    found: dict[str, list[pl.DataFrame]] = {}
    for name, rows in clear_rows(home, source, wanted, finess):
        found.setdefault(name, []).append(_tied(rows, contract.entity(name), keyring))
    names = {name for tables in wanted.values() for name in tables}
    return {name: pl.concat(found[name], how="diagonal_relaxed") if name in found else pl.DataFrame() for name in names}


def clear_rows(
    home: Home, source: str, wanted: Mapping[str, Sequence[str]], finess: str
) -> Iterator[tuple[str, pl.DataFrame]]:
    """(table, chunk of its accepted rows about an ESMS), typed and in clear, with `_ligne` and `delivery_id`.

    Raises:
        NoNames, Unreadable: as `read`.
    """
    contract = load_contracts()[source]
    _keyring(home)
    manifests = {m.delivery_id: m for m in landing.manifests(home)}
    for delivery, tables in wanted.items():
        manifest = manifests[delivery]
        work = Work(_rows, contract, _ANSWER, lambda asked: asked[1].size)
        told = guarded.one(work, (home, manifest, tables, finess))
        if isinstance(told, Stopped):
            told = told.reason(manifest.filename)
        if isinstance(told, str):
            raise Unreadable(f"La livraison {manifest.filename} ne peut pas être relue : {told}")
        for table, rows in told:
            yield table, pl.read_ipc(rows)


def _keyring(home: Home) -> Keyring:
    try:
        return keyrings.load(home)
    except KeyringProblem as problem:
        raise NoNames(
            "Sans le trousseau de clés, ni fichier RESID-ESMS, ni statut pour ViaTrajectoire, ni liste de travail, ni "
            "transfert TDDUI ne peuvent être préparés : l'entrepôt ne connaît que des pseudonymes, et les noms ne sont "
            f"que dans les livraisons chiffrées de l'établissement. {problem}"
        ) from None


def _rows(
    contract: Contract, asked: tuple[Home, landing.Manifest, Sequence[str], str]
) -> list[tuple[str, bytes]] | str:
    """Each table and a chunk of its rows (Arrow), or why the delivery cannot be read."""
    home, manifest, tables, finess = asked
    read_as = as_received(manifest, contract)
    if read_as is None:
        return f"sa forme « {manifest.layout} » n'est plus déclarée (formerly)"
    layout, facts = read_as
    wanted = [name for name in tables if name in layout.entities]
    knows = partial(headers.known, contract, layout)
    path = landing.bytes_of(home, manifest)
    found: list[tuple[str, bytes]] = []
    try:
        for table in tables_of(path, layout, wanted, knows) if wanted else ():
            entity = contract.entity(table.entity)
            accepted = validate_chunk(table.frame, contract, layout, entity, facts).accepted
            accepted = accepted.filter(pl.col("finess_et") == finess)
            if accepted.height:
                chunk = io.BytesIO()
                accepted.with_columns(delivery_id=pl.lit(manifest.delivery_id)).write_ipc(chunk)
                found.append((table.entity, chunk.getvalue()))
    except UnreadableFile as error:
        return str(error).replace(path.name, manifest.filename)
    return found


def _tied(rows: pl.DataFrame, entity: Entity, keyring: Keyring) -> pl.DataFrame:
    """The rows as they are stored, and what is not stored of them."""
    clear = rows.select(pl.col(f.name).alias(f"{CLEAR}{f.name}") for f in entity.fields if f.privacy)
    stored = pseudonyms.protected(rows.drop("delivery_id"), entity, keyring.pseudonyms)
    return pl.concat([stored, clear, rows.select("delivery_id")], how="horizontal")
