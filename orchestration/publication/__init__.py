"""Publication: an immutable, checked snapshot of the marts, made current by swapping one pointer.

    var/publication/<version>/{marts,open_data}/*.parquet + manifest.json + acceptation.html
    var/publication/current.json                 {"version", "published_at"}
    var/publication/rapports/<version>.html      the report of every attempt, blocked ones included

Belongs here: the two functions that others call. Does not belong here: how it is done (`publisher`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ingest.stages import stage
from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.store import Publication, current

if TYPE_CHECKING:
    from ingest.home import Home

__all__ = ["Publication", "PublicationBlocked", "publish", "read_current"]


@stage("publication")
def publish(home: Home, *, now: datetime, allow_shrink: bool = False) -> Publication:
    """Publishes what the warehouse of a home holds.

    Args:
        now: instant of the run that publishes, aware.
        allow_shrink: let volumes and key figures fall below those of the current publication.

    Returns:
        The current publication. `published` is False when its inputs had not changed, so that nothing was written.

    Raises:
        PublicationBlocked: the message lists every failed rule with counts, examples and remedy.
        HomeBusy: another process writes in this home.
    """
    # Imported here: readers of the current version need neither contracts nor the ingestion.
    from ingest import clock
    from ingest.fingerprint import inputs_fingerprint
    from orchestration import layer_build
    from orchestration.publication import publisher
    from orchestration.publication.declared import Declarations

    fingerprint = inputs_fingerprint(home, layer_build.day(home) or clock.day(now))
    return publisher.run(home, Declarations.load(), fingerprint, now=now.astimezone(UTC), allow_shrink=allow_shrink)


def read_current(home: Home) -> Publication | None:
    """The current publication, None before the first one. Raises PublicationBlocked when the pointer was damaged."""
    return current(home.publication)
