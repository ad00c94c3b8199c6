"""How a period of a code of commune is told by INSEE's events. Each case is a real one, reduced to its rows."""

from __future__ import annotations

import pytest

from data_contracts.territoires.build import border_postal_codes, bounding_boxes, commune_rows


def event(kind: str, day: str, before: str, after: str) -> dict[str, str]:
    """`32 2016-01-01 COM:01340 COM:01015`: type of event, day, and the two sides; an empty side is nothing."""
    (before_type, before_code), (after_type, after_code) = ((*side.split(":"), "")[:2] for side in (before, after))
    return {
        "MOD": kind, "DATE_EFF": day, "TYPECOM_AV": before_type, "COM_AV": before_code,
        "TYPECOM_AP": after_type, "COM_AP": after_code,
    }  # fmt: skip


def living(*codes: str) -> list[dict[str, str]]:
    return [{"code": code, "type": "commune-actuelle"} for code in codes]


CASES = {
    "a commune without any event has always been": ([], living("01053"), [("01053", "", "", "")]),
    "a commune nouvelle keeps the code of its seat, and the other goes to it (Arboys en Bugey)": (
        [
            event("32", "2016-01-01", "COM:01015", "COM:01015"),
            event("32", "2016-01-01", "COM:01340", "COM:01015"),
            event("32", "2016-01-01", "COM:01340", "COMD:01340"),
        ],
        living("01015"),
        [("01015", "", "", ""), ("01340", "", "2016-01-01", "01015")],
    ),
    "what goes on from merger to merger ends at the commune of today (Cherbourg)": (
        [
            event("33", "2000-03-01", "COM:50383", "COM:50129"),
            event("33", "2000-03-01", "COM:50129", "COM:50129"),
            event("32", "2016-01-01", "COM:50129", "COM:50601"),
            event("32", "2016-01-01", "COM:50601", "COM:50601"),
        ],
        living("50601"),
        [("50129", "", "2016-01-01", "50601"), ("50383", "", "2000-03-01", "50601"), ("50601", "", "", "")],
    ),
    "a restored commune has two periods": (
        [
            event("33", "1973-01-01", "COM:01002", "COM:01001"),
            event("33", "1973-01-01", "COM:01001", "COM:01001"),
            event("21", "1984-01-01", "COM:01001", "COM:01001"),
            event("21", "1984-01-01", "COM:01001", "COM:01002"),
        ],
        living("01001", "01002"),
        [("01001", "", "", ""), ("01002", "", "1973-01-01", "01001"), ("01002", "1984-01-01", "", "")],
    ),
    "Corsica was 20 before 1976": (
        [event("41", "1976-01-01", "COM:20004", "COM:2A004")],
        living("2A004"),
        [("20004", "", "1976-01-01", "2A004"), ("2A004", "1976-01-01", "", "")],
    ),
    "a territory shared among several has no code of today (Hocmont)": (
        [
            event("30", "1968-03-02", "COM:08227", "COM:08203"),
            event("30", "1968-03-02", "COM:08227", "COM:08454"),
        ],
        living("08203", "08454"),
        [("08203", "", "", ""), ("08227", "", "1968-03-02", "?"), ("08454", "", "", "")],
    ),
    "a seat that moved there and back (Les Trois Lacs)": (
        [
            event("32", "2017-01-01", "COM:27058", "COM:27676"),
            event("32", "2017-01-01", "COM:27676", "COM:27676"),
            event("35", "2021-01-01", "COMD:27676", "COM:27676"),
            event("50", "2021-01-01", "COM:27676", "COM:27058"),
            event("50", "2023-01-01", "COM:27058", "COM:27676"),
        ],
        living("27676"),
        [
            ("27058", "", "2017-01-01", "27676"), ("27058", "2021-01-01", "2023-01-01", "27676"),
            ("27676", "", "2021-01-01", "27676"), ("27676", "2023-01-01", "", ""),
        ],
    ),
    "a code of one day is known, of no day valid (Freigné, from one département to another, then merged)": (
        [
            event("41", "2018-01-01", "COM:49144", "COM:44225"),
            event("32", "2018-01-01", "COM:44225", "COM:44180"),
            event("32", "2018-01-01", "COM:44180", "COM:44180"),
        ],
        living("44180"),
        [
            ("44180", "", "", ""), ("44225", "2018-01-01", "2018-01-01", "44180"),
            ("49144", "", "2018-01-01", "44180"),
        ],
    ),
    "a change of name is no end": (
        [event("10", "1950-01-01", "COM:01053", "COM:01053")], living("01053"), [("01053", "", "", "")]
    ),
    "a part that disappears is no end of the whole (Coux et Bigaroque)": (
        [event("35", "2020-01-01", "COMD:24142", "COM:24142")], living("24142"), [("24142", "", "", "")]
    ),
    "the arrondissements of Marseille live, and are Marseille": (
        [event("20", "1946-10-18", "COM:13055", "ARM:13201")],
        [*living("13055"), {"code": "13201", "type": "arrondissement-municipal", "commune": "13055"}],
        [("13055", "", "", ""), ("13201", "", "", "13055")],
    ),
    "Saint-Martin left the codes of Guadeloupe (law 2007-223)": (
        [event("20", "1946-03-21", "", "COM:97127"), event("30", "2007-02-23", "COM:97127", "")],
        living("97801"),
        [("97127", "1946-03-21", "2007-02-23", "97801"), ("97801", "", "", "")],
    ),
    "of an associated commune, the code of today has the last word (Nourard-le-Franc)": (
        [
            event("33", "1973-01-01", "COM:60455", "COM:60054"),
            event("33", "1973-01-01", "COM:60054", "COM:60054"),
        ],
        [
            *living("60054", "60694"), {"code": "60455", "type": "commune-associee", "chefLieu": "60694"},
        ],
        [("60054", "", "", ""), ("60455", "", "1973-01-01", "60694"), ("60694", "", "", "")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_periods_of_a_code(case: str) -> None:
    events, communes, expected = CASES[case]
    rows = commune_rows(events, communes)
    assert [row for row in rows if not row[0].startswith("985")] == expected
    assert ("98501", "", "2008-06-01", "97601") in rows  # Mayotte's, which the events do not tell


def test_a_post_office_across_the_border_is_an_exception_to_the_prefix() -> None:
    communes = [
        {"type": "commune-actuelle", "departement": "48", "codesPostaux": ["48000", "07590"]},
        {"type": "commune-actuelle", "departement": "2A", "codesPostaux": ["20000"]},
        {"type": "commune-actuelle", "departement": "971", "codesPostaux": ["97100"]},
        {"type": "commune-deleguee", "departement": "01", "codesPostaux": ["38000"]},
    ]
    assert border_postal_codes(communes) == [("07590", "48")]


def test_a_box_holds_every_island_of_its_departement_and_a_margin() -> None:
    outlines = {
        "features": [
            {
                "properties": {"code": "85"},
                "geometry": {"coordinates": [[[[-2.2, 46.6], [-1.0, 47.0]]], [[[-2.4, 46.7], [-2.3, 46.3]]]]},
            }
        ]
    }
    assert bounding_boxes(outlines)["85"] == (-2.42, -0.98, 46.28, 47.02)
