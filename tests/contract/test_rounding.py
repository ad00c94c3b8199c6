"""One way of rounding what people read: half away from zero, as spreadsheets do, in one module."""

from __future__ import annotations

import ast
import decimal
import re
from collections.abc import Iterator

import pytest

from data_contracts.figures import rounded, trimmed, written
from tests.contract.test_architecture import PROJECT, ROOMS, modules

THIN, MINUS = "\u202f", "\u2212"
ROUNDERS = {"round", "quantize"}  # calls that round, whoever they are called on
_ROUNDS = re.compile(r"\.\d+[fFeE%](\}|$)|\.\d[gG](\}|$)")  # « .15g » gives a double back, no figure to be read
# Rounding that nobody reads, by module.
UNREAD = {
    "data_contracts/figures.py": "the one place",
    "data_contracts/supply_rules.py": "cut: what fails to reach a limit does not read as if it did",
    "data_contracts/territoires/build.py": "boxes of territories, in degrees, outwards by their margin",
    "dashboards/charts.py": "the rank of a shade",
    "dashboards/outlines.py": "points of a drawing",
    "ingest/read/fhir/rows.py": "a quantity of a document, at its thousandth",
    "ingest/read/number_formats.py": "the second of an hour, the digits of a cell",
    "ingest/validate/coordinates.py": "a place, at its centimetre",
    "ingest/validate/separators.py": "whether a number is whole",
    "ingest/receive/comparison.py": "a share as JSON, for programs",
    "orchestration/cli/console.py": "the seconds of a step under way",
    "orchestration/forms/cells.py": "a value as the layer holds it, at its sixth decimal",
    "orchestration/publication/held_counts.py": "the steps of a count",
    "orchestration/publication/held_rows.py": "the number of persons that a share betrays",
    "orchestration/publication/product_counts.py": "the number of persons that a share betrays",
    "orchestration/publication/readers_system.py": "a solution in whole numbers",
}


@pytest.mark.parametrize(
    ("value", "decimals", "read"),
    [
        (0.5, 0, 1.0),  # Python's round: 0
        (1.5, 0, 2.0),
        (2.5, 0, 3.0),  # Python's round: 2
        (-0.5, 0, -1.0),
        (-2.5, 0, -3.0),
        (0.125, 2, 0.13),  # Python's round: 0.12
        (2.675, 2, 2.68),  # Python's round: 2.67, for what a double holds is a little less
        (1.005, 2, 1.01),
        (69.125, 2, 69.13),
        (93.75, 1, 93.8),
        (93.65, 1, 93.7),
        (100 * 1.005, 0, 101.0),  # a double makes 100.49999999999999 of it
        (1.1 + 2.2, 2, 3.3),
        (0.1 + 0.2 + 0.15, 1, 0.5),  # 0.45 and a noise
        (-0.004, 2, 0.0),
        (1234.5, -2, 1200.0),
        (1250, -2, 1300.0),
        (7, 0, 7.0),
        (5e-324, 3, 0.0),
        (999_999_999_999.995, 2, 1_000_000_000_000.0),
        (123456789012345678.0, 2, 123456789012345680.0),  # of its seventeen digits, none is lost
        (1e28, 6, 1e28),  # more digits than Python's decimals keep unless told otherwise
    ],
)
def test_half_goes_away_from_zero(value: float, decimals: int, read: float) -> None:
    assert rounded(value, decimals) == read
    assert str(rounded(value, decimals)) != "-0.0"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234567.125, 2, f"1{THIN}234{THIN}567,13"),
        (-1234.5, 0, f"{MINUS}1{THIN}235"),
        (-0.004, 2, "0,00"),
        (0.5, 0, "1"),
        (12, 1, "12,0"),
        (10**20 + 1, 0, f"100{THIN}000{THIN}000{THIN}000{THIN}000{THIN}000{THIN}001"),
        (1e28, 2, "10" + 9 * f"{THIN}000" + ",00"),
    ],
)
def test_what_is_written_is_what_is_rounded(value: float, decimals: int, text: str) -> None:
    assert written(value, decimals) == text


def test_the_decimals_of_the_thread_change_nothing() -> None:
    with decimal.localcontext(decimal.Context(prec=3, rounding=decimal.ROUND_FLOOR)):
        assert rounded(12345.675, 2) == 12345.68
        assert written(-12345.675, 2) == f"{MINUS}12{THIN}345,68"


def test_zeros_that_say_nothing_are_left_out_of_decimals_alone() -> None:
    assert [trimmed(text) for text in ("12,50", "12,00", "1200", "0,0")] == ["12,5", "12", "1200", "0"]


def _roundings(source: str) -> Iterator[str]:
    """Where a module rounds by itself: « line: how »."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
            parts = node.format_spec.values
            spec = "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in parts)
            if _ROUNDS.search(spec):
                yield f"{node.lineno}: :{spec}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
            if re.search(r"%[-+ #0,\d]*\.\d+[fFeE]", str(node.left.value)):
                yield f"{node.lineno}: {node.left.value!r} %"
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in ROUNDERS or (called == "format" and any(map(_ROUNDS.search, _texts(node)))):
                yield f"{node.lineno}: {called}"


def _texts(node: ast.Call) -> list[str]:
    """What a format is told: the text it is called on, its arguments."""
    on = node.func.value if isinstance(node.func, ast.Attribute) else None
    return [str(each.value) for each in (on, *node.args) if isinstance(each, ast.Constant)]


@pytest.mark.parametrize("room", ROOMS)
def test_no_figure_that_is_read_is_rounded_elsewhere(room: str) -> None:
    found = {
        path.relative_to(PROJECT).as_posix(): where
        for path in modules(room)
        if (where := [*_roundings(path.read_text(encoding="utf-8"))])
    }
    assert {path: where for path, where in found.items() if path not in UNREAD} == {}


def test_what_is_let_through_still_rounds() -> None:
    for path in UNREAD:
        assert [*_roundings((PROJECT / path).read_text(encoding="utf-8"))], path


@pytest.mark.parametrize(
    "line", ["round(x, 1)", "f'{x:.1f}'", "f'{x:,.{n}f}'", "'%.2f' % x", "'{:.1%}'.format(x)", "format(x, '.3f')",
             "Decimal(x).quantize(y)", "frame['a'].round(2)"],
)  # fmt: skip
def test_each_way_of_rounding_is_seen(line: str) -> None:
    assert [*_roundings(line)]


@pytest.mark.parametrize("line", ["f'{n:,}'", "f'{x:%d/%m/%Y}'", "'{}'.format(x)", "'%s' % x", "f'{x:>8}'"])
def test_what_does_not_round_is_not_taken_for_it(line: str) -> None:
    assert not [*_roundings(line)]
