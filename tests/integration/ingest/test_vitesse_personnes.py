"""One ESMS's new bundle is read and validated in a few seconds (at most 10 s are promised for the whole of it)."""

from __future__ import annotations

import time

import pandera.polars  # noqa: F401  # its import is not what is measured

from tests.integration.ingest.conftest import Guichet
from tests.unit.readers import exemples as ex

PERSONS = 120
ENTRIES = len(ex.dossier())


def test_a_complete_bundle_of_120_persons_takes_a_few_seconds(guichet: Guichet) -> None:
    """Processor time: other work on the machine does not count."""
    entries = [e for n in range(1, PERSONS + 1) for e in ex.dossier(n)[2 * (n > 1) :]]
    content = ex.as_bytes(ex.bundle(*entries))
    begun = time.process_time()
    result = guichet.take("tddui_2024-12-31_a.json", content)
    taken = time.process_time() - begun
    counts = {name: counted["acceptees"] / PERSONS for name, counted in result.entities.items()}
    assert counts == {
        "usagers": 1, "sejours": 1, "evaluations": 1, "evaluation_reponses": 4, "projets": 1, "projet_elements": 6,
        "bilans": 1, "evenements": 1, "presences_absences": 1, "decisions": 1, "droits_prestations": 1, "transports": 1,
        "accords": 2,
    }  # fmt: skip
    assert result.rejetees == 0
    assert taken < 5, f"{taken:.1f} s de processeur"
