"""Names, numbers and local ids of an ESMS, read again from the files that it delivered: in memory, for this ESMS alone.

Belongs here: reading landed files, and tying their rows to those of the warehouse by recomputing pseudonyms. Does not
belong here: what is made of them.

A row is read and validated as when it was received, so that what is given back is what was accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import polars as pl

from data_contracts.loading import Contract, load_contracts
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
    contract = load_contracts()[source]
    try:
        keyring = keyrings.load(home)
    except KeyringProblem as problem:
        raise NoNames(
            "Sans le trousseau de clés, ni fichier RESID-ESMS, ni statut pour ViaTrajectoire, ni liste de travail ne "
            "peuvent être préparés : l'entrepôt ne connaît que des pseudonymes, et les noms ne sont que dans les "
            f"livraisons chiffrées de l'établissement. {problem}"
        ) from None
    manifests = {m.delivery_id: m for m in landing.manifests(home)}
    found: dict[str, list[pl.DataFrame]] = {}
    for delivery, tables in wanted.items():
        manifest = manifests[delivery]
        try:
            for name, rows in _rows(home, manifest, contract, tables, finess, keyring):
                found.setdefault(name, []).append(rows)
        except UnreadableFile as error:
            said = str(error).replace(landing.bytes_of(home, manifest).name, manifest.filename)
            raise Unreadable(f"La livraison {manifest.filename} ne peut pas être relue : {said}") from None
    names = {name for tables in wanted.values() for name in tables}
    return {name: pl.concat(found[name], how="diagonal_relaxed") if name in found else pl.DataFrame() for name in names}


def _rows(
    home: Home, manifest: landing.Manifest, contract: Contract, tables: Sequence[str], finess: str, keyring: Keyring
) -> Iterable[tuple[str, pl.DataFrame]]:
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
            clear = accepted.select(pl.col(f.name).alias(f"{CLEAR}{f.name}") for f in entity.fields if f.privacy)
            stored = pseudonyms.protected(accepted, entity, keyring.pseudonyms)
            together = pl.concat([stored, clear], how="horizontal")
            yield table.entity, together.with_columns(delivery_id=pl.lit(manifest.delivery_id))
