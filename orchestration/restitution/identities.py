"""Names, numbers and local ids of an ESMS, read again from the files that it delivered: in memory, for this ESMS alone.

Belongs here: reading landed files, and tying their rows to those of the warehouse by recomputing pseudonyms. Does not
belong here: what is made of them.

A row is read and validated as when it was received, so that what is given back is what was accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import polars as pl

from data_contracts.loading import Contract, Entity, load_contracts
from ingest.home import Home
from ingest.judging import as_received
from ingest.protect import keyrings, pseudonyms
from ingest.protect.keyrings import Keyring, KeyringProblem
from ingest.read import UnreadableFile, tables_of
from ingest.receive import headers, landing
from ingest.validate.chunk import validate_chunk

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
        try:
            yield from _rows(home, manifest, contract, tables, finess)
        except UnreadableFile as error:
            said = str(error).replace(landing.bytes_of(home, manifest).name, manifest.filename)
            raise Unreadable(f"La livraison {manifest.filename} ne peut pas être relue : {said}") from None


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
    home: Home, manifest: landing.Manifest, contract: Contract, tables: Sequence[str], finess: str
) -> Iterator[tuple[str, pl.DataFrame]]:
    read_as = as_received(manifest, contract)
    if read_as is None:
        gone = f"sa forme « {manifest.layout} » n'est plus déclarée (formerly)"
        raise Unreadable(f"La livraison {manifest.filename} ne peut pas être relue : {gone}")
    layout, facts = read_as
    asked = [name for name in tables if name in layout.entities]
    knows = partial(headers.known, contract, layout)
    for table in tables_of(landing.bytes_of(home, manifest), layout, asked, knows) if asked else ():
        entity = contract.entity(table.entity)
        accepted = validate_chunk(table.frame, contract, layout, entity, facts).accepted
        accepted = accepted.filter(pl.col("finess_et") == finess)
        if accepted.height:
            yield table.entity, accepted.with_columns(delivery_id=pl.lit(manifest.delivery_id))


def _tied(rows: pl.DataFrame, entity: Entity, keyring: Keyring) -> pl.DataFrame:
    """The rows as they are stored, and what is not stored of them."""
    clear = rows.select(pl.col(f.name).alias(f"{CLEAR}{f.name}") for f in entity.fields if f.privacy)
    stored = pseudonyms.protected(rows.drop("delivery_id"), entity, keyring.pseudonyms)
    return pl.concat([stored, clear, rows.select("delivery_id")], how="horizontal")
