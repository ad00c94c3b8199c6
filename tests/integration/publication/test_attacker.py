"""A reader who has a whole publication, knows every rule, and solves: no small number of persons comes out of it.

Belongs here: attacks on everything that a run published, open data included, judged by the warehouse, which the reader
has not. Does not belong here: single tables (`test_secret`, `tests/unit/publication`).
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy.optimize import milp
from scipy.sparse import csr_array

from data_contracts import dictionary
from data_contracts.indicators import ESMS, published
from data_contracts.indicators.declaration import Calculation
from data_contracts.loading import Product, load_products
from orchestration.publication import held_store, small_numbers, suppression
from orchestration.publication.snapshot import query_of
from orchestration.publication.store import current
from tests.shared import Played, played

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

FEW = 11
PRODUCTS = load_products()
COUNTING = {p.id: p for p in PRODUCTS.values() if p.disclosure is not None}
ELEMENTS = {
    code: row["personnes"] for code, row in dictionary.elements().items() if row["personnes"] not in ("", "non")
}
Cell = tuple[str, str, tuple[Any, ...]]  # product, column, key


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, Path]:
    made = played(tmp_path_factory)
    found = current(made.home.publication)
    assert found is not None
    return made, found.path


class Attack:
    """Whole unknowns, none of them under what is known of it, and every equation between them."""

    def __init__(self, folder: Path) -> None:
        self.rows = {
            name: {
                tuple(row[c] for c in product.primary_key): row
                for row in pl.read_parquet(folder / "marts" / f"{name}.parquet").to_dicts()
            }
            for name, product in COUNTING.items()
        }
        self.unknown: dict[Any, int] = {}
        self.lowest: list[float] = []
        self.equations: list[tuple[dict[int, float], float]] = []
        for name, product in COUNTING.items():
            self._read(name, product)
        for name, product in COUNTING.items():
            self._link(name, product)

    def value(self, cell: Any) -> float | None:
        """What a cell is, when it is published."""
        name, column, key = cell
        return self.rows[name][key][column] if name in self.rows else None

    def say(self, terms: dict[Any, float], total: float) -> None:
        known: dict[int, float] = {}
        for cell, sign in terms.items():
            value = self.value(cell)
            if value is not None:
                total -= sign * value
            else:
                known[self._place(cell)] = sign
        if known:
            self.equations.append((known, total))

    def _place(self, cell: Any, least: float = 0.0) -> int:
        if cell not in self.unknown:
            self.unknown[cell] = len(self.unknown)
            hidden = cell[0] in self.rows and cell[1] in (self.rows[cell[0]][cell[2]]["secret"] or "")
            said = COUNTING[cell[0]].disclosure if hidden else None
            bases = [b for v, b in said.supports if v == cell[1]] if said else []
            alone = hidden and not any(b in self.rows[cell[0]][cell[2]]["secret"] for b in bases)
            self.lowest.append(1.0 if alone else least)
        return self.unknown[cell]

    def _holds(self, name: str, column: str, key: tuple[Any, ...]) -> bool:
        row = self.rows[name].get(key)
        return row is not None and (row[column] is not None or column in (row["secret"] or ""))

    def _read(self, name: str, product: Product) -> None:
        said = product.disclosure
        assert said is not None
        rank = [product.primary_key.index(c) for c in (said.level, said.territory)] if said.level else []
        for column in said.counts:
            held: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
            for key in self.rows[name]:
                if self._holds(name, column, key) and rank:
                    above = small_numbers.parents().get(f"{key[rank[0]]}/{key[rank[1]]}")
                    if above is not None:
                        level, code = above.split("/")
                        whole = list(key)
                        whole[rank[0]], whole[rank[1]] = level, code
                        if self._holds(name, column, tuple(whole)):
                            held[tuple(whole)].append(key)
            for whole, parts in held.items():
                self.say({**{(name, column, k): 1.0 for k in parts}, (name, column, whole): -1.0}, 0)
        for key in self.rows[name]:
            for part, whole in (*said.parts, *said.missing):
                if self._holds(name, part, key) and self._holds(name, whole, key):
                    rest = (name, part, key), (name, whole, key)
                    both = self.value(rest[0]), self.value(rest[1])
                    if None in both or both[0] <= both[1]:  # type: ignore[operator]  neither is None here
                        self.say({rest[0]: 1.0, ("reste", *rest): 1.0, rest[1]: -1.0}, 0)
        for group in said.groups:
            members: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
            for key, row in self.rows[name].items():
                members[tuple(row[c] for c in group.by)].append(key)
            for by, keys in members.items():
                first = self.rows[name][keys[0]]
                if group.is_multiple(first):
                    continue
                shown = [(r[group.count], r[group.share]) for r in map(self.rows[name].__getitem__, keys)]
                total = next((round(100 * n / share) for n, share in shown if n and share), None)
                cells = {(name, group.count, k): 1.0 for k in keys}
                self.say(cells if total is not None else {**cells, ("total", name, by): -1.0}, total or 0)

    def _link(self, name: str, product: Product) -> None:
        assert product.disclosure is not None
        for rank, link in enumerate(product.disclosure.links):
            other = COUNTING[link.product]
            assert other.disclosure is not None
            if link.column not in other.disclosure.counts:
                continue
            parts: dict[tuple[Any, ...], list[Cell]] = defaultdict(list)
            for key, row in self.rows[name].items():
                if link.holds(row) and self._holds(name, link.count, key):
                    parts[tuple(row[c] for c in other.primary_key)].append((name, link.count, key))
            for key, cells in parts.items():
                if self._holds(link.product, link.column, key):
                    whole = (link.product, link.column, key)
                    self.say({**dict.fromkeys(cells, 1.0), ("sans réponse", whole, (name, rank)): 1.0, whole: -1.0}, 0)

    def can_be_large(self, cell: Cell) -> bool:
        """Whether a table of whole numbers that publishes the same figures makes a cell as large as the threshold."""
        k = self.unknown[cell]
        lines = [(line, j, sign) for line, (terms, _) in enumerate(self.equations) for j, sign in terms.items()]
        rows, columns, signs = zip(*lines, strict=True)
        matrix = csr_array((signs, (rows, columns)), shape=(len(self.equations), len(self.unknown)))
        sums = np.array([total for _, total in self.equations])
        lowest = np.array(self.lowest)
        lowest[k] = FEW
        found = milp(np.zeros(len(lowest)), constraints=(matrix, sums, sums), bounds=(lowest, np.inf), integrality=1)
        assert found.status in (0, 2), found.message
        return found.status == 0


def truths(made: Played) -> dict[Cell, float]:
    """Every small count of the warehouse, which the reader has not."""
    small: dict[Cell, float] = {}
    with duckdb.connect(str(made.home.warehouse), read_only=True) as warehouse:
        for name, product in COUNTING.items():
            for row in warehouse.execute(query_of(product)).pl().to_dicts():
                key = tuple(row[c] for c in product.primary_key)
                counts = product.disclosure.counts if product.disclosure else ()
                small |= {(name, c, key): row[c] for c in counts if row[c] and row[c] < FEW}
    return small


def test_no_count_of_a_territory_is_proven_small(publication: tuple[Played, Path]) -> None:
    made, folder = publication
    attack, small = Attack(folder), truths(made)
    assert len(small) > 50
    told = [cell for cell in small if attack.value(cell) is not None]
    proven = [cell for cell in small if cell in attack.unknown and not attack.can_be_large(cell)]
    assert (told, proven) == ([], [])


def test_the_reader_finds_small_counts_where_they_alone_are_hidden(
    publication: tuple[Played, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One rule taken away, the hiding of others beside small counts: he would not miss what is not there."""
    made, _ = publication
    monkeypatch.setattr(suppression._Work, "keep_margins", lambda *_: None)
    monkeypatch.setattr(suppression._Work, "weak_cells", lambda _: [])
    with duckdb.connect(str(made.home.warehouse), read_only=True) as warehouse:
        known = {name: warehouse.execute(query_of(product)).pl() for name, product in COUNTING.items()}
    (tmp_path / "marts").mkdir()
    for name, frame in small_numbers.protected(list(COUNTING.values()), known, FEW).items():
        frame.write_parquet(tmp_path / "marts" / f"{name}.parquet")
    attack, small = Attack(tmp_path), truths(made)
    assert [cell for cell in small if attack.value(cell) is not None] == []
    assert len([cell for cell in small if cell in attack.unknown and not attack.can_be_large(cell)]) > 10


def test_no_difference_of_counts_that_are_tied_is_small(publication: tuple[Played, Path]) -> None:
    _, folder = publication
    rows = Attack(folder).rows
    seen = 0
    for name, product in COUNTING.items():
        for row in rows[name].values():
            for part, whole in product.disclosure.parts if product.disclosure else ():
                if row[part] is not None and row[whole] is not None:
                    seen += 1
                    assert not 0 < row[whole] - row[part] < FEW, (name, part, whole, row)
    assert seen > 20


def answers(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(file, row) of everything published about a unit and an element that counts persons."""
    for path in sorted([*(folder / "marts").glob("*.parquet"), *(folder / "open_data").glob("*.parquet")]):
        frame = pl.read_parquet(path)
        if "element_id" in frame.columns and {"unite_id", "finess_et"} & set(frame.columns):
            for row in frame.filter(pl.col("element_id").is_in(list(ELEMENTS))).to_dicts():
                yield f"{path.parent.name}/{path.stem}", {**row, "unite_id": row.get("unite_id") or row["finess_et"]}


def test_no_answer_of_an_esms_counts_few_persons(publication: tuple[Played, Path]) -> None:
    """Whichever collection told it, retained or not, in whichever file."""
    _, folder = publication
    told: dict[str, int] = defaultdict(int)
    for file, row in answers(folder):
        texts = [row.get(c) for c in ("valeur", "valeur_retenue", "valeur_ecartee")]
        numbers = [float(t) for t in texts if t and t.replace(".", "", 1).isdigit()]
        is_count = not ELEMENTS[row["element_id"]].startswith("porte:") and row.get("unite_mesure") == "personnes"
        told[file] += bool(numbers)
        assert not (is_count and any(0 < n < FEW for n in numbers)), (file, row)
        if row.get("secret"):
            assert numbers == []
            assert row.get("valeur_nombre") is None
    assert told["marts/dlnuf_valeurs"] > 100
    assert not any(file.startswith("open_data/") for file in told)


def test_no_fraction_of_an_esms_is_of_few_persons(publication: tuple[Played, Path]) -> None:
    """What a formula makes of counts of persons tells them: neither side of its line is of few."""
    _, folder = publication
    of_persons = {
        i.code
        for i in published(ESMS)
        for part in i.parts
        if isinstance(part.formula, Calculation)
        and all(
            ELEMENTS.get(t.element, "porte:").split(":")[0] in ("total", "part") for t in part.formula.terms.values()
        )
    }
    assert "HORS_DEPT_ET" in of_persons
    told = pl.read_parquet(folder / "marts" / "mart_indicateurs__esms.parquet").filter(
        pl.col("indicateur_code").is_in(of_persons)
    )
    few = told.filter(pl.any_horizontal(pl.col(c).is_between(1, FEW - 1) for c in ("numerateur", "denominateur")))
    assert few.is_empty(), few
    assert told["secret"].is_not_null().any()


def test_what_the_dui_does_not_tell_no_other_collection_tells(publication: tuple[Played, Path]) -> None:
    """The counts under the threshold that the warehouse has from the DUI, looked for in all that was published."""
    made, folder = publication
    with duckdb.connect(str(made.home.warehouse), read_only=True) as warehouse:
        small = warehouse.execute(
            "SELECT unite_id, annee, indicateur, composante FROM intermediate.int_dui__indicateurs"
            f" WHERE effectif BETWEEN 1 AND {FEW - 1} AND indicateur LIKE 'REPART_%'"
        ).fetchall()
        beside = warehouse.execute(
            "SELECT unite_id, millesime, element_id, composante FROM dlnuf.dlnuf_valeurs"
            " WHERE valeur_nombre IS NOT NULL"
        ).fetchall()
    assert len(set(small) & set(beside)) > 50  # the warehouse itself knows them from others
    told = {
        (row["unite_id"], row["millesime"], row["element_id"], row["composante"])
        for file, row in answers(folder)
        if row.get("valeur_nombre") is not None
    }
    assert set(small) & told == set()


def test_no_rate_of_an_esms_gives_few_persons(publication: tuple[Played, Path]) -> None:
    """Rates times what they are of, file active less the persons of a year before: every product and difference that a
    reader can make of what he has."""
    _, folder = publication
    told: dict[Any, dict[tuple[str, str], set[float]]] = defaultdict(lambda: defaultdict(set))
    for name in ("dlnuf_valeurs", "dlnuf_reponses_ecartees"):
        rows = pl.read_parquet(folder / "marts" / f"{name}.parquet").filter(pl.col("valeur_nombre").is_not_null())
        for row in rows.to_dicts():
            now = told[row["unite_id"], row["millesime"]]
            now[row["element_id"], row["composante"]].add(row["valeur_nombre"])
            now[row["element_id"], row["source"]].add(row["valeur_nombre"])
    made: dict[str, list[float]] = defaultdict(list)
    for (unit, year), now in told.items():
        present, places = now["NB_PERS_3112", ""], now["CAP_INST_TOT", ""]
        rates = [r * n / 100 for r in now["NB_ENTREES", "TAUX_ADMISSION"] for n in places]
        entered = [*rates, *now["NB_ENTREES", ""]]
        moved = [2 * r * n / 100 for r in now["TX_ROTATION_PERS", ""] for n in present]
        made["entrées"] += rates
        made["mouvements"] += [m - e for m in moved for e in entered]
        made["aide sociale"] += [r * n / 100 for r in now["TX_ASH", ""] for n in now["PLACES_ASH", ""]]
        before = told.get((unit, year - 1), {})
        for source in ("dui", "tdb_esms"):  # of one source: two sources are two accounts
            present_before = before.get(("NB_PERS_3112", source), set())
            made["entrées d'après"] += [f - n for f in now["FILE_ACTIVE", source] for n in present_before]
        assert not now["TX_ROTATION_PERS", "ACCUEIL_JOUR"], (unit, year)
        if now["DMS", ""]:
            assert now["NB_SORTIES", ""] or (now["FILE_ACTIVE", ""] and present), (unit, year)
    assert all(len(found) > 5 for found in made.values()), {k: len(v) for k, v in made.items()}
    few = {what: [n for n in found if 0 < round(n) < FEW] for what, found in made.items()}
    assert few == {what: [] for what in made}


# --- two publications: before an ESMS was received, and after


LATE = 2  # ESMS that the first publication lacks
FROM_ESMS = {
    "intermediate.int_dui__accompagnements": "finess_et",
    "intermediate.int_dui__demandes": "finess_et",
    "intermediate.int_dui__annees": "unite_id",
    "intermediate.int_dui__besoins": "unite_id",
    "dlnuf.dlnuf_sejours": "finess_et",
}
Frames = dict[str, pl.DataFrame]


def known_without(made: Played, warehouse: Path, late: list[str]) -> Frames:
    """What the models make of the persons, without those of some ESMS. warehouse: a copy, left as it is."""
    models = made.home.dbt / "target" / "compiled" / "dlnuf" / "models"
    sql = {path.stem: path.read_text(encoding="utf-8") for path in models.rglob("*.sql")}
    with duckdb.connect(str(warehouse)) as connection:
        connection.begin()
        for table, unit in FROM_ESMS.items():
            connection.execute(f"DELETE FROM {table} WHERE list_contains($late, {unit})", {"late": late})
        persons = "int_dui__par_territoire"
        connection.execute(f"CREATE OR REPLACE TABLE intermediate.{persons} AS {sql[persons]}")
        found = {name: connection.execute(sql[name]).pl() for name in COUNTING}
        connection.rollback()
    return found


class Two:
    """What is known, shown and kept of both."""

    def __init__(self, made: Played, folder: Path) -> None:
        warehouse = folder / made.home.warehouse.name  # whose name the compiled SQL has
        shutil.copy(made.home.warehouse, warehouse)
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            largest = connection.execute(
                "SELECT finess_et FROM intermediate.int_dui__accompagnements GROUP BY finess_et"
                f" ORDER BY count(*) DESC, finess_et LIMIT {LATE} OFFSET 20"
            ).fetchall()
        late = [finess for (finess,) in largest]
        self.known = [known_without(made, warehouse, late), known_without(made, warehouse, [])]
        self.shown: list[Frames] = []
        self.kept: list[Frames] = [{}]
        for rank, known in enumerate(self.known):
            keep = folder / f"tenu{rank}"
            day = date(2026, 11, 21 + rank)
            shown = held_store.protected(
                list(COUNTING.values()), known, FEW, held_store.Holding(self.kept[-1], day, keep)
            )
            self.shown.append(shown)
            self.kept.append({path.stem: pl.read_parquet(path) for path in keep.glob("*.parquet")})
        self.kept.pop(0)
        (folder / "premiere" / "marts").mkdir(parents=True)
        for name, frame in self.shown[0].items():
            frame.write_parquet(folder / "premiere" / "marts" / f"{name}.parquet")
        self.first = Attack(folder / "premiere")


@pytest.fixture(scope="module")
def two(publication: tuple[Played, Path], tmp_path_factory: pytest.TempPathFactory) -> Two:
    return Two(publication[0], tmp_path_factory.mktemp("deux"))


def counts_of(frames: Frames) -> dict[Cell, int]:
    """Every count that is not null."""
    return {
        (name, c, tuple(row[k] for k in product.primary_key)): row[c]
        for name, product in COUNTING.items()
        for row in frames[name].to_dicts()
        for c in (product.disclosure.counts if product.disclosure else ())
        if row[c] is not None
    }


def few_between(before: dict[Cell, int], after: dict[Cell, int]) -> list[Cell]:
    return [cell for cell in after if cell in before and 0 < abs(after[cell] - before[cell]) < FEW]


def test_no_count_changes_by_few_persons_from_a_publication_to_the_next(two: Two) -> None:
    known, shown = [counts_of(f) for f in two.known], [counts_of(f) for f in two.shown]
    assert len(few_between(*known)) > 50
    assert few_between(*shown) == []
    moved = [cell for cell in shown[1] if cell in shown[0] and shown[0][cell] != shown[1][cell]]
    assert len(moved) > 20  # what many changed is told
    far = [abs(n - known[1].get(c, 0)) for c, n in shown[1].items()]
    assert max(far) < 3 * FEW


def test_who_kept_the_publication_before_proves_no_hidden_count_small(two: Two) -> None:
    """He is even told by how much each hidden count moved."""
    kept = [counts_of(f) for f in two.kept]
    first, unknown = two.first, dict[Cell, int]()
    rows = {
        name: {tuple(r[k] for k in p.primary_key): r for r in two.shown[1][name].to_dicts()}
        for name, p in COUNTING.items()
    }

    def say(terms: dict[Any, float], total: float = 0) -> None:
        known: dict[int, float] = defaultdict(float)
        for cell, sign in terms.items():
            row = rows[cell[0]][cell[2]] if cell[0] in rows else {"": None}
            value = row.get(cell[1])
            if value is not None:
                total -= sign * value
            elif cell in kept[0] and first.value(cell) is None:
                unknown[cell] = first._place(cell)
                known[unknown[cell]] += sign
                total -= sign * (kept[1][cell] - kept[0][cell])
            else:
                unknown[cell] = first._place(("ensuite", cell, ()), 1.0 if cell[0] in rows else 0.0)
                known[unknown[cell]] += sign
        if any(known.values()):
            first.equations.append((dict(known), total))

    for name, product in COUNTING.items():
        said = product.disclosure
        assert said is not None
        level, territory = (product.primary_key.index(c) for c in (said.level, said.territory) if c)
        for column in said.counts:
            held: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
            for key in rows[name]:
                above = small_numbers.parents().get(f"{key[level]}/{key[territory]}")
                if above is not None and (name, column, key) in kept[1]:
                    whole = list(key)
                    whole[level], whole[territory] = above.split("/")
                    held[tuple(whole)].append(key)
            for whole, parts in held.items():
                left = kept[1][name, column, whole] - sum(kept[1][name, column, k] for k in parts)
                say({**{(name, column, k): 1.0 for k in parts}, (name, column, whole): -1.0}, -left)
        for group in said.groups:
            members: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
            for key, row in rows[name].items():
                if not group.is_multiple(row):
                    members[tuple(row[c] for c in group.by)].append(key)
            for keys in members.values():
                shown = [(r[group.count], r[group.share]) for r in map(rows[name].__getitem__, keys)]
                total = next((round(100 * n / share) for n, share in shown if n and share), None)
                if total is not None:
                    say({(name, group.count, k): 1.0 for k in keys}, total)
    small = [c for c in unknown if 0 < kept[0].get(c, 0) < FEW or 0 < kept[1][c] < FEW]
    assert len(small) > 50
    assert [c for c in small[::4] if not _can_be_large(first, unknown[c])] == []


def _can_be_large(attack: Attack, place: int) -> bool:
    return attack.can_be_large(next(cell for cell, i in attack.unknown.items() if i == place))
