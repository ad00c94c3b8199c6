"""Two publications about the same persons: what few of them changed is in neither."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from data_contracts.disclosure import WITNESS
from orchestration.publication import held_counts, small_numbers
from orchestration.publication.product_counts import TOLD
from orchestration.publication.suppression import NotProtectable
from orchestration.publication.tied_counts import Table
from tests.unit.publication.two_publications import (
    FEW,
    KEY,
    LONG_KEY,
    PARENTS,
    Person,
    cells,
    of_an_esms,
    proven_changes,
    proven_hidden,
    some_departements,
    tables,
)

FIRST, SECOND, THIRD = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
Frames = dict[str, pl.DataFrame]


def publish(now: Mapping[str, Table], former: Frames, day: date, *, is_sticky: bool = True) -> tuple[Frames, Frames]:
    """What is shown, and what is kept for the next publication."""
    try:
        return _publish(now, former, day, is_sticky=is_sticky, still=False)
    except NotProtectable:
        return _publish(now, former, day, is_sticky=is_sticky, still=True)


def _publish(
    now: Mapping[str, Table], former: Frames, day: date, *, is_sticky: bool, still: bool
) -> tuple[Frames, Frames]:
    rows = held_counts.hold(now, former, FEW, PARENTS, day, still=still)
    if not is_sticky:
        rows = {name: frame.with_columns(pl.lit(None, pl.String).alias(WITNESS)) for name, frame in rows.items()}
    shown = small_numbers.hide({n: Table(rows[n], now[n].declared, now[n].key) for n in now}, FEW, PARENTS)
    kept = {n: frame.drop(WITNESS, TOLD).with_columns(shown[n][WITNESS]) for n, frame in rows.items()}
    return shown, kept


def later(chance: np.random.Generator, persons: list[Person], seed: int) -> list[Person]:
    """The same persons after a late ESMS, a few exits, and, now and then, a small département that grows."""
    known = [p for p in persons if chance.random() > 0.003] + of_an_esms(chance, "62", int(chance.integers(10, 90)))
    return known + [p for _ in range(4) for p in of_an_esms(chance, "68", 60)] if seed % 3 == 0 else known


@pytest.mark.parametrize(
    ("former", "now", "published"),
    [
        pytest.param(40, 40, 40, id="rien n'a changé"),
        pytest.param(40, 50, 40, id="dix de plus"),
        pytest.param(40, 30, 40, id="dix de moins"),
        pytest.param(40, 51, 61, id="onze de plus : un pas"),
        pytest.param(40, 72, 82, id="trente-deux de plus : deux pas"),
        pytest.param(40, 29, 19, id="onze de moins : un pas"),
        pytest.param(0, 10, 0, id="dix là où il n'y avait personne"),
        pytest.param(0, 11, 21, id="onze là où il n'y avait personne"),
        pytest.param(12, 0, 0, id="plus personne de douze"),
        pytest.param(30, 12, 11, id="jamais un petit effectif"),
        pytest.param(20, 8, 20, id="ni à moins du seuil de ce qui a été dit"),
    ],
)
def test_a_count_moves_by_whole_steps(former: int, now: int, published: int) -> None:
    assert held_counts.moved(former, now, FEW) == published


def test_the_first_publication_is_what_is_known() -> None:
    known = tables(some_departements(np.random.default_rng(1)))
    _, kept = publish(known, {}, FIRST)
    for name, table in known.items():
        assert kept[name].select(table.frame.columns).equals(table.frame)
        assert set(kept[name]["arrete_le"]) == {FIRST}


def test_nothing_new_is_the_same_rows_of_the_same_day() -> None:
    known = tables(some_departements(np.random.default_rng(2)))
    shown, kept = publish(known, {}, FIRST)
    again, _ = publish(known, kept, SECOND)
    for name, table in known.items():
        order = list(table.key)
        same = [c for c in shown[name].columns if c != TOLD]
        assert again[name].select(same).sort(order).equals(shown[name].select(same).sort(order))


def test_a_year_of_which_nothing_is_known_any_more_is_not_told() -> None:
    chance = np.random.default_rng(3)
    last, before = some_departements(chance), of_an_esms(chance, "59", 80, annee=2023)
    _, kept = publish(tables([*last, *before]), {}, FIRST)
    shown, _ = publish(tables(last), kept, SECOND)
    assert set(kept["synthese"]["annee"]) == {2023, 2024}
    assert all(set(frame["annee"]) == {2024} for frame in shown.values())


def test_a_year_that_was_not_told_yet_is_what_is_known() -> None:
    chance = np.random.default_rng(4)
    former, last = some_departements(chance), of_an_esms(chance, "59", 83, annee=2025)
    _, kept = publish(tables(former), {}, FIRST)
    now = tables([*former, *last])
    _, again = publish(now, kept, SECOND)
    for name, table in now.items():
        of_last = pl.col("annee") == 2025
        assert again[name].filter(of_last).select(table.frame.columns).equals(table.frame.filter(of_last))


def test_where_nobody_is_left_of_many_nobody_is_told() -> None:
    chance = np.random.default_rng(5)
    persons = [p._replace(gir=p.gir % 3 + 1) for p in some_departements(chance)]
    _, kept = publish(tables(persons), {}, FIRST)
    _, again = publish(tables([p._replace(gir=2) if p.gir == 1 else p for p in persons]), kept, SECOND)
    of_one = (pl.col("dimension") == "gir") & (pl.col("composante") == "1") & (pl.col("territoire_code") == "59")
    assert kept["repartition"].filter(of_one)["n"].item() > 2 * FEW
    assert again["repartition"].filter(of_one)["n"].to_list() in ([], [0])


def test_a_table_that_comes_later_does_not_tell_the_total_that_is_held() -> None:
    """The parts of who is present, published for the first time when the persons present are not what they were."""
    chance = np.random.default_rng(6)
    persons = some_departements(chance)
    first = tables(persons)
    _, kept = publish({"synthese": first["synthese"]}, {}, FIRST)
    now = tables([*persons, *(p._replace(est_present=True) for p in of_an_esms(chance, "62", 4))])
    shown, again = publish(now, kept, SECOND)
    held = {(r["niveau"], r["territoire_code"]): r["presents"] for r in again["synthese"].to_dicts()}
    for (place, dimension), rows in shown["repartition"].group_by(["territoire_code", "dimension"]):
        niveau = rows["niveau"][0]
        known = now["synthese"].frame.filter(niveau=niveau, territoire_code=place)["presents"].item()
        counted = rows["n"].sum() if rows["n"].null_count() == 0 else None
        assert counted in (None, held[niveau, place]), (place, dimension)
        if known != held[niveau, place]:
            assert rows["n"].null_count() == rows["part"].null_count() == rows.height
    assert shown["repartition"].filter(territoire_code="59")["n"].null_count() < 12  # where nothing moved, it is told
    assert shown["repartition"].filter(territoire_code="62")["n"].null_count() > 6


@pytest.fixture(scope="module")
def histories() -> list[dict[str, Any]]:
    """Three publications of some territories, a delivery late before each."""
    told: list[dict[str, Any]] = []
    for seed in range(12):
        chance = np.random.default_rng(seed)
        persons = some_departements(chance)
        known, published, former = [], [], {}
        for day in (FIRST, SECOND, THIRD):
            known.append(tables(persons))
            published.append(publish(known[-1], former, day))
            former = published[-1][1]
            persons = later(chance, persons, seed)
        told.append({"known": known, "published": published})
    return told


def test_no_published_count_changes_by_few_persons(histories: list[dict[str, Any]]) -> None:
    few_known = few_told = 0
    for history in histories:
        for rank in (1, 2):
            before, after = (cells(*p) for p in history["published"][rank - 1 : rank + 1])
            both = [c for c in after if c in before and not (after[c].is_hidden or before[c].is_hidden)]
            few_told += sum(0 < abs(after[c].value - before[c].value) < FEW for c in both)
            was, now = (
                {
                    (n, tuple(r[k] for k in t.key), c): r[c]
                    for n, t in k.items()
                    for r in t.frame.to_dicts()
                    for c in t.declared.counts
                }
                for k in history["known"][rank - 1 : rank + 1]
            )
            few_known += sum(0 < abs(now[c] - was[c]) < FEW for c in now if c in was)
    assert few_known > 300  # subtracting what is known would tell them
    assert few_told == 0


def test_sums_of_territories_hold(histories: list[dict[str, Any]]) -> None:
    for history in histories:
        for _, kept in history["published"]:
            for name, key, column in (("synthese", KEY, "presents"), ("repartition", LONG_KEY, "n")):
                apart = [c for c in key if c not in ("niveau", "territoire_code")]
                sums = (
                    kept[name]
                    .group_by("niveau", *apart)
                    .agg(pl.col(column).sum())
                    .pivot(on="niveau", index=apart, values=column)
                )
                assert sums.filter(
                    (pl.col("departement") != pl.col("france")) | (pl.col("region") != pl.col("france"))
                ).is_empty()


def test_who_keeps_two_publications_proves_no_change_of_few_persons(histories: list[dict[str, Any]]) -> None:
    seen = 0
    for history in histories:
        first, second = (cells(*p) for p in history["published"][:2])
        before, now = history["known"][:2]
        looked_at, proven = proven_changes(before, now, (first, second))
        seen += looked_at
        assert proven == []
    assert seen > 80


def test_who_keeps_every_publication_finds_no_hidden_count(histories: list[dict[str, Any]]) -> None:
    seen = 0
    for history in histories:
        looked_at, proven = proven_hidden(history["published"])
        seen += looked_at
        assert proven == []
    assert seen > 300


def test_the_reader_proves_changes_where_only_counts_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a look at the sums that tie them: women and men whose total moved cannot both be as they were."""
    monkeypatch.setattr(held_counts._Holding, "_proven", lambda _: set())
    assert _two(10, proven_changes_of=True)


def test_the_reader_finds_hidden_counts_where_each_publication_hides_for_itself() -> None:
    assert _two(9, proven_changes_of=False)


def _two(seed: int, *, proven_changes_of: bool) -> list[Any]:
    """What a reader of two publications proves: of changes, or of hidden counts where what was hidden may be shown."""
    chance = np.random.default_rng(seed)
    persons = some_departements(chance)
    first = tables(persons)
    second = tables(later(chance, persons, seed))
    before = publish(first, {}, FIRST)
    after = publish(second, before[1], SECOND, is_sticky=proven_changes_of)
    if proven_changes_of:
        return proven_changes(first, second, (cells(*before), cells(*after)))[1]
    return proven_hidden([before, after])[1]
