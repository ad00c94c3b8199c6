"""How right the publication is, when it was scored against the truth of synthetic deliveries (`dlnuf score`).

Belongs here: reading the score of the publication. Does not belong here: computing it (`witness.score`). The figures
are aggregates, and the few units named as examples do not exist: no perimeter.
"""

from __future__ import annotations

import json
from typing import Any

from dashboards.queries.connection import Base
from ingest.home import Home


def exactitude(base: Base) -> dict[str, Any] | None:
    """The object that `dlnuf score --json` printed for this publication, None when it was not scored."""
    folder = base.publication.folder
    path = Home(folder.parents[1]).scores / f"{folder.name}.json"
    try:
        score = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return score if isinstance(score, dict) else None
