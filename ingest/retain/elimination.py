"""Taking out of the home exactly what an approved list names: rows of the lake, then bytes that nobody needs.

Belongs here: applying a list, and destroying bytes with the key that stands in them. Does not belong here: what may go
(`bordereau`), rewriting the lake (`exclusions`).

The warehouse is removed with the rows: a database file keeps what was deleted from it. The next run rebuilds it from
the lake, and publishes without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from data_contracts.retention import Conservation
from ingest import clock
from ingest.home import Home
from ingest.receive import landing
from ingest.retain import bordereau, exclusions, register
from ingest.retain.bordereau import Due, NotApplicable
from ingest.retain.exclusions import from_ranges
from ingest.store import lake
from ingest.store.lake import Result

LATER, READ_AGAIN, NEEDED = (
    "contact plus récent, suspension ou règle changée depuis",
    "livraison relue depuis l'émission du bordereau",
    "octets dont des lignes restent",
)


@dataclass
class Elimination:
    """What an elimination did. skipped: why something listed stayed -> how many rows or deliveries."""

    number: str
    already: bool = False
    rows: int = 0
    deliveries: int = 0
    destroyed: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    def skip(self, reason: str, count: int) -> None:
        if count:
            self.skipped[reason] = self.skipped.get(reason, 0) + count


def to_apply(home: Home) -> list[str]:
    """The lists that are approved and not applied yet, in the order of their approval."""
    done = {e["bordereau"] for e in register.events(home, register.APPLIED)}
    return [e["bordereau"] for e in register.events(home, register.APPROVED) if e["bordereau"] not in done]


def apply(home: Home, rules: Conservation, number: str, *, now: datetime) -> Elimination:
    """Eliminates what an approved list names and that may still go. The caller holds the home's lock.

    A person who came back, or whose data were suspended, since the list was issued, stays. Interrupted, it is applied
    again; applied, it changes nothing any more.

    Raises:
        NotApplicable: not approved, changed since, of a day to come, or deliveries wait to be processed.
    """
    content, sha256 = bordereau.read(home, number)
    if register.events(home, register.APPLIED, number):
        return Elimination(number, already=True)
    if not any(e["sha256"] == sha256 for e in register.events(home, register.APPROVED, number)):
        raise NotApplicable(
            f"Le bordereau {number} n'est pas approuvé : rien n'est éliminé. Remède : une fois le visa obtenu, "
            f"« dlnuf retention approve {number} --visa RÉFÉRENCE --by FONCTION --on DATE »."
        )
    on = date.fromisoformat(content["au"])
    if on > clock.day(now):
        raise NotApplicable(f"Le bordereau {number} vaut au {on:%d/%m/%Y} : rien n'est éliminé avant cette date.")
    found = bordereau.due(home, rules, on)
    bordereau.note(home, found.contacts)
    outcome = Elimination(number)
    results = {r.delivery_id: r for r in lake.results(home)}
    for delivery, listed in content["lignes"].items():
        _eliminate(home, rules, outcome, results[delivery], listed, found)
    _destroy(home, outcome, content["livraisons_a_detruire"], results, now)
    if outcome.rows or outcome.destroyed:
        for path in (home.warehouse, home.warehouse.with_name(f"{home.warehouse.name}.wal")):
            path.unlink(missing_ok=True)
    event = {
        "evenement": register.APPLIED, "bordereau": number, "sha256": sha256, "lignes": outcome.rows,
        "livraisons": outcome.deliveries, "octets_detruits": outcome.destroyed, "conserve": outcome.skipped,
    }  # fmt: skip
    register.append(home, event, now)
    return outcome


def _eliminate(
    home: Home, rules: Conservation, outcome: Elimination, result: Result, listed: Mapping[str, Any], found: Due
) -> None:
    """The rows of one delivery."""
    number = outcome.number
    noted = [b for b in exclusions.batches(home, result.delivery_id) if b.number == number]
    added: list[exclusions.Batch] = []
    if not noted:  # else an application that was interrupted: only the rest is to be done
        whose = {h.entity: h.columns for h in rules.tables if h.source == result.source}
        for entity, text in listed["tables"].items():
            lines = set(from_ranges(text))
            if listed["empreinte"] != result.digest:
                outcome.skip(READ_AGAIN, len(lines))
                continue
            still = lines & set(found.lines.get((result.source, entity, result.delivery_id), ()))
            outcome.skip(LATER, len(lines - still))
            if still:
                added.append(exclusions.batch_of(home, result, number, entity, still, whose[entity]))
    if noted or added:
        exclusions.take_out(home, result, added)
        outcome.rows += sum(batch.rows for batch in (*noted, *added))
        outcome.deliveries += 1


def _destroy(home: Home, outcome: Elimination, listed: list[str], results: dict[str, Result], now: datetime) -> None:
    """Bytes whose rows have all gone, their key first: what a disk still holds of them can no longer be read."""
    manifests = {m.delivery_id: m for m in landing.manifests(home)}
    for delivery in listed:
        manifest = manifests[delivery]
        same = [m.delivery_id for m in manifests.values() if (m.source, m.digest) == (manifest.source, manifest.digest)]
        left = any(results[d].acceptees > results[d].eliminees for d in same if d in results)
        if left or not {*same} <= {*listed}:
            outcome.skip(NEEDED, 1)
            continue
        path = landing.bytes_of(home, manifest)
        if path.exists():
            landing.erase(path)
            outcome.destroyed += 1
        result = results.get(delivery) or Result(delivery, manifest.source, lake.REFUSED)
        result.detruite_le = clock.written(now)
        lake.write_result(home, result)
        exclusions.forget(home, delivery)
