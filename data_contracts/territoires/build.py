"""Makes the committed facts about places from what INSEE, Etalab and IGN publish; run by hand, once a year.

    python -m data_contracts.territoires.build v_mvt_commune_2026.csv communes.json departements.geojson

then `COG` of `data_contracts.territoires` is the new year.

Belongs here: reading those three files, the rules by which a code begins, ends and goes into another. Does not belong
here: looking a code up (`data_contracts.territoires`).

- `v_mvt_commune_AAAA.csv` (INSEE, COG): every event of the communes since 1943, one row a pair before / after;
- `communes.json` (Etalab, @etalab/decoupage-administratif): the communes of today, municipal arrondissements and
  collectivities of overseas with them, and their postal codes (La Poste);
- outlines of the départements, GeoJSON in WGS84 (IGN ADMIN EXPRESS).

All three are under Licence Ouverte. What INSEE's events do not tell is below, with its source.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
# INSEE's types of event after which a commune may be none: suppression, mergers, commune nouvelle, change of code.
_ENDING = ("30", "31", "32", "33", "41", "50")
# Those after which one may be new: creation, restoration, and the above when they make one.
_STARTING = ("20", "21", "31", "32", "33", "41", "50")
# Départements 971 and 985 lost these to collectivities; the events end them without saying where they went.
_SAINT_MARTIN = {"97123": "97701", "97127": "97801"}  # law 2007-223 of 21 February 2007
_MAYOTTE = {f"985{n:02d}": f"976{n:02d}" for n in range(1, 18)}  # INSEE, June 2008: 985xx became 976xx
_MAYOTTE_END = "2008-06-01"
# Overseas collectivities are not in the outlines: extent of their lands, rounded outwards to the tenth of a degree.
_COLLECTIVITIES = {
    "975": (-56.6, -56.1, 46.7, 47.2), "977": (-63.0, -62.7, 17.8, 18.0), "978": (-63.2, -62.9, 18.0, 18.2),
    "986": (-178.3, -176.0, -14.5, -13.1), "987": (-155.0, -134.3, -28.0, -7.7), "988": (158.1, 172.3, -23.0, -17.9),
}  # fmt: skip
_MARGIN = 0.02  # degrees, about two kilometres: outlines are simplified, a port or a jetty lies outside

Event = Mapping[str, str]
Row = tuple[str, str, str, str]  # code, first day, first day no more, today's code when it is another


def commune_rows(events: Iterable[Event], communes: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row a period during which a code was that of a commune, in the order of the codes.

    An empty first day is 1943 or before; an empty end, today. Today's code is empty while the commune lives, and « ? »
    when its territory was shared among several. Delegated and associated communes go to the commune that the code of
    today gives them, municipal arrondissements live and go to theirs.
    """
    communes = list(communes)
    living = {c["code"] for c in communes if c["type"] == "commune-actuelle"}
    by_code: dict[str, dict[str, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for event in events:
        for side in ("COM_AV", "COM_AP"):
            if event[side] and event not in by_code[event[side]][event["DATE_EFF"]]:
                by_code[event[side]][event["DATE_EFF"]].append(event)
    spans = {code: _spans(code, by_code[code], alive_now=code in living) for code in {*by_code, *living}}
    attached = {c["code"]: c["chefLieu"] for c in communes if "chefLieu" in c and c["code"] not in living}
    rows: list[Row] = []
    for code, periods in spans.items():
        for start, end in periods:
            rows.append((code, start, end, (attached.get(code) or _today(code, end, spans, by_code)) if end else ""))
    rows += [(old, "", _MAYOTTE_END, new) for old, new in _MAYOTTE.items()]
    rows += [(c["code"], "", "", c["commune"]) for c in communes if c["type"] == "arrondissement-municipal"]
    return sorted(rows)


def _spans(code: str, days: Mapping[str, list[Event]], *, alive_now: bool) -> list[tuple[str, str]]:
    """The periods of one code, from its events by day."""
    found: list[tuple[str, str]] = []
    alive, start = None, ""
    for day in sorted(days):
        before, after = _sides(code, days[day], "AV"), _sides(code, days[day], "AP")
        started = any(kind in after and kind not in before for kind in _STARTING)
        ended = any(kind in before and kind not in after for kind in _ENDING)
        if alive is None:
            alive = not started
            if alive and not before and not after:
                alive = None  # of a part of a commune only: it says nothing of the commune
                continue
        if started and not alive:
            alive, start = True, day
        if ended and alive:
            found.append((start, day))
            alive = False
    if alive or (alive is None and alive_now):
        found.append((start, ""))
    return found


def _sides(code: str, events: list[Event], side: str) -> set[str]:
    """Types of the events in which the code is that of a commune, before or after."""
    return {e["MOD"] for e in events if e[f"COM_{side}"] == code and e[f"TYPECOM_{side}"] == "COM"}


def _today(
    code: str, end: str, spans: Mapping[str, list[tuple[str, str]]], by_code: Mapping[str, Mapping[str, list[Event]]]
) -> str:
    """The code of today of a commune that ended that day, « ? » when it was shared."""
    if code in _SAINT_MARTIN:
        return _SAINT_MARTIN[code]
    seen = {code}
    while True:
        heirs = {
            e["COM_AP"] for e in by_code[code][end]
            if e["COM_AV"] == code and e["TYPECOM_AV"] == "COM" and e["TYPECOM_AP"] == "COM" and e["MOD"] in _ENDING
        }  # fmt: skip
        if len(heirs) != 1:
            return "?"
        code = heirs.pop()
        ends = [stop for start, stop in spans[code] if start <= end and (not stop or stop >= end)]
        if not ends or (code in seen and ends[-1] == end):
            return "?"
        seen.add(code)
        end = ends[-1]
        if not end:
            return code


def bounding_boxes(outlines: Mapping[str, Any]) -> dict[str, tuple[float, float, float, float]]:
    """Code of a département -> longitude from, to, latitude from, to (degrees, WGS84), with the margin."""
    boxes = dict(_COLLECTIVITIES)
    for feature in outlines["features"]:
        points = list(_points(feature["geometry"]["coordinates"]))
        x, y = [p[0] for p in points], [p[1] for p in points]
        box = (min(x) - _MARGIN, max(x) + _MARGIN, min(y) - _MARGIN, max(y) + _MARGIN)
        west, east, south, north = (round(v, 3) for v in box)
        boxes[feature["properties"]["code"]] = (west, east, south, north)
    return boxes


def _points(node: list[Any]) -> Iterable[list[float]]:
    if isinstance(node[0], (int, float)):
        yield node
    else:
        for part in node:
            yield from _points(part)


def border_postal_codes(communes: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(postal code, département) of communes whose post office is across the border: the prefix is not theirs."""
    return sorted(
        {
            (postal, c["departement"])
            for c in communes
            for postal in c.get("codesPostaux", ())
            if c["type"] == "commune-actuelle" and not _same_prefix(postal, c["departement"])
        }
    )


def _same_prefix(postal: str, departement: str) -> bool:
    return postal.startswith("20" if departement in ("2A", "2B") else departement)


def write(name: str, header: tuple[str, ...], rows: Iterable[tuple[Any, ...]], folder: Path = FOLDER) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter=";", lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main(movements: str, communes: str, outlines: str) -> None:
    with Path(movements).open(encoding="utf-8-sig", newline="") as handle:
        events = list(csv.DictReader(handle))
    today = json.loads(Path(communes).read_text(encoding="utf-8"))
    boxes = bounding_boxes(json.loads(Path(outlines).read_text(encoding="utf-8")))
    write("communes", ("code", "debut", "fin", "code_actuel"), commune_rows(events, today))
    write("codes_postaux_limitrophes", ("code_postal", "departement_code"), border_postal_codes(today))
    write("emprises", ("departement_code", "lon_min", "lon_max", "lat_min", "lat_max"),
          sorted((code, *box) for code, box in boxes.items()))  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
