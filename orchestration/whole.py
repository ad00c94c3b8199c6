"""What of a home is not as it was made, in words: lake, warehouse, publication.

Belongs here: asking each of them. Does not belong here: how each knows (`ingest.store.seals`, `warehouse_state`,
`publication.manifest`), making them again (`run`).
"""

from __future__ import annotations

from ingest.home import Home
from ingest.pipeline import damaged as of_lake
from orchestration import warehouse_state
from orchestration.publication import Publication, PublicationBlocked, read_current
from orchestration.publication.manifest import NAME, damage


def damaged(home: Home) -> list[str]:
    """What is damaged, a sentence each; the next run makes it again.

    While another process writes in the home, what it has not finished writing would be found damaged.
    """
    current = read_current(home)
    told = of_lake(home)
    if current is not None:
        if (what := warehouse_state.damage(home)) is not None:
            told.append(warehouse_state.sentence(what))
        told += _of_publication(current)
    return told


def _of_publication(current: Publication) -> list[str]:
    try:
        problems = damage(current.path, current.manifest, decode=False)
    except PublicationBlocked:
        problems = [f"{NAME} est absent ou illisible, elle ne se compare qu'à ce qui s'en relit"]
    if not problems:
        return []
    others = f" (et {len(problems) - 1} autres)" if len(problems) > 1 else ""
    return [f"Publication endommagée ({current.version}) : {problems[0]}{others}. Elle est publiée de nouveau."]
