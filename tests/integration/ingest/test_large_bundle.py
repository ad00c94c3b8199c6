"""A new bundle of a whole ESMS: what it holds of each person is there, and nothing else. `dlnuf bench` times it."""

from __future__ import annotations

from tests.integration.ingest.conftest import Guichet
from tests.unit.readers import examples as ex

PERSONS = 120
ENTRIES = len(ex.dossier())


def test_a_complete_bundle_of_120_persons_gives_the_same_of_each(guichet: Guichet) -> None:
    entries = [e for n in range(1, PERSONS + 1) for e in ex.dossier(n)[2 * (n > 1) :]]
    content = ex.as_bytes(ex.bundle(*entries))
    result = guichet.take("tddui_2024-12-31_a.json", content)
    counts = {name: counted["acceptees"] / PERSONS for name, counted in result.entities.items()}
    assert counts == {
        "usagers": 1, "sejours": 1, "evaluations": 1, "evaluation_reponses": 4, "projets": 1, "projet_elements": 6,
        "bilans": 1, "evenements": 1, "presences_absences": 1, "decisions": 1, "droits_prestations": 1, "transports": 1,
        "accords": 2, "decisions_remplacees": 0, "prises_en_charge": 0,
    }  # fmt: skip
    assert result.rejetees == 0
