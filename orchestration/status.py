"""Where things stand: deliveries and rows from the lake, the layer from the current publication.

Belongs here: counting, with functions that only read a home. Does not belong here: printing (`orchestration.cli`),
what is damaged (`whole`), and the warehouse, which belongs to the pipeline: readers see what was published.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.home import Home
from ingest.receive.landing import manifests, refusals
from ingest.store.lake import ACCEPTED, REFUSED, results
from orchestration import whole
from orchestration.lock import is_held
from orchestration.publication import read_current
from orchestration.publication.errors import PublicationDamaged

RECEIVED = "received"  # landed, not processed yet


@dataclass(frozen=True)
class Delivery:
    """A file that somebody sent, and what became of it."""

    delivery_id: str
    source: str | None
    filename: str
    received_at: datetime
    status: str  # received | accepted | refused
    digest: str  # what its bytes are recognised by: their SHA-256, or their mark when they may be about persons
    reason: str | None = None
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    balances: bool = True
    absent: tuple[str, ...] = ()  # titles that the file lacks: unknown in every row of it
    quarantined: bool = False  # it stopped its reader: it is read again when somebody asks

    def refused_since(self, moment: datetime | None) -> bool:
        """Whether it was refused, and received after a moment (None: at any time)."""
        return self.status == REFUSED and (moment is None or self.received_at > moment)


@dataclass(frozen=True)
class Layer:
    """Counts of the resolved layer as published; None when nothing is published."""

    version: str | None = None
    published_at: str | None = None
    folder: Path | None = None
    observations: int | None = None
    retained: int | None = None
    losers: int | None = None
    conflicts: int | None = None
    entries_avoided: int | None = None


def deliveries(home: Home) -> list[Delivery]:
    """Every file received, in the order of reception. Those refused at the door come last."""
    done = {result.delivery_id: result for result in results(home)}
    listed: list[Delivery] = []
    for manifest in manifests(home):
        received_at = datetime.fromisoformat(manifest.received_at)
        result = done.get(manifest.delivery_id)
        facts = manifest.delivery_id, manifest.source, manifest.filename, received_at
        if result is None:
            waiting = Delivery(*facts, RECEIVED, manifest.digest)
            listed.append(replace(waiting, absent=manifest.absentes))
            continue
        listed.append(
            Delivery(
                *facts,
                result.statut,
                manifest.digest,
                result.motif,
                result.lues,
                result.acceptees,
                result.rejetees,
                result.balances,
                tuple(result.absentes),
                result.quarantaine is not None,
            )
        )
    for refusal in refusals(home):
        received_at = datetime.fromisoformat(refusal["received_at"])
        facts = refusal["digest"], refusal["source"], refusal["filename"], received_at
        listed.append(Delivery(*facts, REFUSED, refusal["digest"], refusal["reason"]))
    return listed


def named(items: Sequence[str], at_most: int = 5) -> str:
    """The first few items, and how many others there are."""
    others = f" et {len(items) - at_most} autres" if len(items) > at_most else ""
    return ", ".join(items[:at_most]) + others


def row_counts(listed: Iterable[Delivery]) -> dict[str, int]:
    """Rows read, accepted and rejected over these deliveries."""
    listed = list(listed)
    return {
        "read": sum(delivery.read for delivery in listed),
        "accepted": sum(delivery.accepted for delivery in listed),
        "rejected": sum(delivery.rejected for delivery in listed),
    }


def unbalanced(listed: Sequence[Delivery]) -> list[str]:
    """Deliveries, or entities of them, whose rows read are not the sum of the accepted and the rejected."""
    return [f"{d.filename} ({d.read} ≠ {d.accepted} + {d.rejected})" for d in listed if not d.balances]


def table(folder: Path, name: str) -> Path | None:
    """The file of a published table, in whichever part of the snapshot it is."""
    return next(iter(sorted(folder.glob(f"*/{name}.parquet"))), None)


def layer(home: Home) -> Layer:
    """Counts of the current publication. Raises PublicationBlocked when the pointer was damaged."""
    import duckdb

    current = read_current(home)
    if current is None:
        return Layer()
    with duckdb.connect() as connection:

        def count(name: str, expression: str = "count(*)") -> int | None:
            path = table(current.path, name)
            if path is None:
                return None
            try:
                row = connection.execute(f"SELECT {expression} FROM read_parquet(?)", [str(path)]).fetchone()
            except duckdb.Error as error:
                raise PublicationDamaged(path) from error
            return int(row[0]) if row and row[0] is not None else 0

        retained, losers = count("dlnuf_valeurs"), count("dlnuf_reponses_ecartees")
        return Layer(
            version=current.version,
            published_at=current.published_at,
            folder=current.path,
            observations=None if retained is None or losers is None else retained + losers,
            retained=retained,
            losers=losers,
            conflicts=count("dlnuf_valeurs", "count(*) FILTER (WHERE statut = 'divergent')"),
            entries_avoided=count("mart_dlnuf__saisies_evitees", "sum(n_saisies_evitees)"),
        )


def status(home: Home) -> dict[str, Any]:
    """The whole, in the shape that `dlnuf status --json` promises."""
    received = deliveries(home)
    published = layer(home)
    sources = sorted({delivery.source for delivery in received if delivery.source})
    return {
        "deliveries": {
            "received": len(received),
            "accepted": sum(delivery.status == ACCEPTED for delivery in received),
            "refused": sum(delivery.status == REFUSED for delivery in received),
            "pending": sum(delivery.status == RECEIVED for delivery in received),
            "quarantined": sum(delivery.quarantined for delivery in received),
        },
        "rows": row_counts(received),
        "observations": published.observations or 0,
        "retained": published.retained or 0,
        "losers": published.losers or 0,
        "conflicts": published.conflicts or 0,
        "entries_avoided": published.entries_avoided or 0,
        "version": published.version,
        "published_at": published.published_at,
        "incomplete": [
            {
                "delivery_id": d.delivery_id,
                "source": d.source,
                "filename": d.filename,
                "missing_columns": list(d.absent),
            }
            for d in received
            if d.absent
        ],
        "quarantine": [
            {"delivery_id": d.delivery_id, "source": d.source, "filename": d.filename, "reason": d.reason}
            for d in received
            if d.quarantined
        ],
        "damaged": [] if is_held(home) else whole.damaged(home),
        "sources": {source: _of_source(received, source) for source in sources},
    }


def _of_source(received: Sequence[Delivery], source: str) -> dict[str, int]:
    mine = [delivery for delivery in received if delivery.source == source]
    return {"deliveries": len(mine), **row_counts(mine)}
