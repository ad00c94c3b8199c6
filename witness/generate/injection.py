"""Errors: what any table may carry and should not.

Belongs here: the defects that any table can carry, each recorded where it is made, and the bytes that come out. Does
not belong here: what the table asks, natural disagreements (`disagreements`), the defects of the FINESS JSON
(`collectes.finess`), what the answers written are worth (`answers`).

Defects are made in this order: natural disagreements, rows that speak of another ET, wrong values, defects of writing,
wrong rows. The rows added stand at the end, so that no other line moves. A row carries at most one kind of wrong row,
and a cell at most one defect. Each kind has its own random stream.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from witness.generate.defects import DefectRates, Fidelity, Ledger, Question, how_many
from witness.generate.disagreements import as_answered
from witness.generate.sheet import Column, Sheet, csv_text, is_additive, question_keys, render_numbers
from witness.generate.streams import Floats, Integers, Streams
from witness.generate.structure_numbers import finess_number

PLACEHOLDER_DATE = "04/04/1904"
FIRST_UNKNOWN_RANK = 65_000
RETOUCHED_SHARE = 0.3  # of the natural disagreements, those put right when a département sends its answers again


@dataclass(frozen=True)
class Fault:
    """A wrong value planned in a cell: the number that is delivered."""

    row: int
    column: int
    nature: str
    number: float


@dataclass(frozen=True)
class WrittenRows:
    """Rows of a delivery in the order of the file.

    For each: its rank in the table, the unit that it names, and the rank of the row that tells the truth about that
    unit (`witness`), or -1 when nothing is true of it, because it is unknown or closed. `readable` is false when the
    writing destroyed the row. `destroyed` gives the cells that state nothing usable, by rank in the table and column,
    each with the reason why.
    """

    ranks: Integers
    units: np.ndarray
    witness: Integers
    readable: np.ndarray
    destroyed: dict[tuple[int, int], str]


@dataclass(frozen=True)
class Delivery:
    """A rendered table: its bytes, the columns and the rows as written."""

    name: str
    content: bytes
    n_rows: int
    columns: list[Column]
    written: WrittenRows
    answered: dict[str, Floats]  # answers before any injected defect, by variable


@dataclass
class _Work:
    """A table while it is being spoiled."""

    sheet: Sheet
    columns: list[Column]
    rates: DefectRates
    ledger: Ledger
    streams: Streams
    seed: str
    kept: np.ndarray  # rows written
    keys: np.ndarray  # FINESS number of each row before the defects of its writing
    witness: Integers
    taken: set[tuple[int, int]]
    destroyed: dict[tuple[int, int], str] = field(default_factory=dict)
    unreadable: set[int] = field(default_factory=set)
    # (row repeated, unit named, rank of the row that tells the truth about it)
    added: list[tuple[int, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.titles = self.sheet.distinct_titles()
        self.declared = [j for j, c in enumerate(self.columns) if c.numbers is not None and c.variable is not None]

    @property
    def lines(self) -> Integers:
        """Physical line of each row in the file; it means nothing for a row that is not written."""
        return np.cumsum(self.kept) + 1

    def draw(self, nature: str) -> random.Random:
        """The stream of a kind of defect."""
        return random.Random(self._seed_of(nature))

    def draws(self, nature: str, n: int) -> Iterator[random.Random]:
        """A stream for each defect of a kind.

        A defect that must look longer for its cell does not move the others.
        """
        seed = self._seed_of(nature)
        return (random.Random(seed + rank) for rank in range(how_many(getattr(self.rates, nature), n)))

    def _seed_of(self, nature: str) -> int:
        return int(self.streams.stream(f"defauts/{nature}/{self.seed}").integers(2**62))

    def question(self, i: int, j: int | None = None) -> Question:
        f = self.sheet
        group = f.grouped is not None and bool(f.grouped[i])
        variable = None if j is None else self.columns[j].variable
        return Question(
            f.unite,
            str(self.keys[i]),
            "groupe" if group else "site",
            str(f.millesimes[i]),
            *(("", "", "") if variable is None else question_keys()[variable]),
        )

    def record(self, i: int, j: int, nature: str, right: str, wrong: str) -> None:
        self.ledger.record(
            self.sheet.name, int(self.lines[i]), self.titles[j], nature, right, wrong, self.question(i, j)
        )

    def record_added(self, nature: str, unit: str, true_value: str, delivered: str) -> None:
        """Record the defect of the row that was just added."""
        model = self.added[-1][0]
        question = self.question(model)._replace(unite_id=unit)
        line = int(self.kept.sum()) + len(self.added) + 1
        self.ledger.record(self.sheet.name, line, self.titles[self.sheet.key], nature, true_value, delivered, question)

    def sound(self, nature: str, touched: set[int]) -> list[int]:
        """Rows written that carry no defect, in the order in which a kind of defect takes them."""
        ranks = list(range(len(self.sheet)))
        self.draw(nature).shuffle(ranks)
        return [i for i in ranks if self.kept[i] and i not in touched]


def deliver(
    sheet: Sheet,
    streams: Streams,
    fidelity: Fidelity,
    rates: DefectRates,
    ledger: Ledger,
    *,
    corrected: bool = False,
    only: np.ndarray | None = None,
) -> Delivery:
    """Render a table with its disagreements and defects.

    `corrected`: this is the redelivery of the same table. The draws are the same, but a share `rates.redressement` of
    its wrong values is right, and no row is wrong any more. `only`: these rows alone are sent again, with no defect and
    with a part of the disagreements put right. The streams depend on the collection and its years, not on the name of
    the file.
    """
    seed = f"{sheet.collecte}/{sheet.millesimes.min()}-{sheet.millesimes.max()}"
    natural = Ledger()
    columns = as_answered(sheet, streams.stream(f"desaccords/{seed}"), fidelity, natural)
    answered = {c.variable: c.numbers for c in columns if c.variable is not None and c.numbers is not None}
    if only is not None:
        columns = [c.choose(only) for c in _retouched(sheet, columns, streams.stream(f"retouches/{seed}"))]
        sheet, rates, natural = sheet.choose(only), DefectRates.none(), Ledger()
    n = len(sheet)
    taken = {(i, j) for i in sheet.untouchable for j in range(len(columns))}
    units, kept = sheet.units.astype(object), np.ones(n, dtype=bool)
    t = _Work(sheet, columns, rates, ledger, streams, seed, kept, units, np.arange(n), taken)
    if corrected:
        # The rows that spoke of another are right now: the cells that they took are taken again, nothing else is done.
        _rows_of_another(replace(t, ledger=Ledger(), keys=units.copy(), witness=np.arange(n)))
    else:
        _rows_of_another(t)
    _natural_disagreements(t, natural)
    faults = _faults(t)
    if corrected:
        sieve = random.Random(int(streams.stream(f"redressement/{seed}").integers(2**62)))
        faults = [f for f in faults if sieve.random() >= rates.redressement]
    texts = _apply(t, faults)
    if corrected:
        t.rates = DefectRates.none()
    _wrong_texts(t, texts)
    cells = list(zip(*texts, strict=True))
    rows = [list(cells[i]) for i in np.flatnonzero(t.kept).tolist()]
    _wrong_rows(t, rows)
    header = csv_text([[c.title for c in sheet.columns]], sheet.separator, sheet.line_end)
    body = csv_text(rows, sheet.separator, sheet.line_end)
    content = "".join(header + body).encode(sheet.encoding)
    return Delivery(sheet.name, content, len(rows), t.columns, _written(t), answered)


def _written(t: _Work) -> WrittenRows:
    kept_rows = np.flatnonzero(t.kept)
    readable = np.array([i not in t.unreadable for i in kept_rows.tolist()], dtype=bool)
    models = np.array([m for m, _, _ in t.added], dtype=np.int64)
    return WrittenRows(
        ranks=np.concatenate([kept_rows, models]),
        units=np.concatenate([t.keys[kept_rows], np.array([u for _, u, _ in t.added], dtype=object)]),
        witness=np.concatenate([t.witness[kept_rows], np.array([w for _, _, w in t.added], dtype=np.int64)]),
        readable=np.concatenate([readable, np.ones(len(models), dtype=bool)]),
        destroyed=t.destroyed,
    )


def _natural_disagreements(t: _Work, natural: Ledger) -> None:
    """Record the natural disagreements of the rows that are written, at their line of the file."""
    for table in natural.disagreements:
        ranks = table["ligne"].to_numpy() - 2
        written = t.kept[ranks]
        t.ledger.disagreements.append(table.filter(written).with_columns(ligne=t.lines[ranks[written]]))


def _retouched(sheet: Sheet, columns: list[Column], rng: np.random.Generator) -> list[Column]:
    """The columns with some of the answers that were not the truth given again, right this time."""
    result = []
    for true, delivered in zip(sheet.columns, columns, strict=True):
        chosen = rng.random(len(sheet)) < RETOUCHED_SHARE
        if true.variable is not None and true.numbers is not None:
            delivered = replace(delivered, numbers=np.where(chosen, true.numbers, delivered.known_numbers()))
        elif true.variable is not None and true.texts is not None and delivered.texts is not None:
            delivered = replace(delivered, texts=np.where(chosen, true.texts, delivered.texts))
        result.append(delivered)
    return result


def _rows_of_another(t: _Work) -> None:
    """Make rows that say of an ET what is true of another.

    Either a row carries the number of another ET by mistake, or two sites of an EJ are counted as one. Where lines may
    be taken out, half of the ET whose number is taken have no row of their own, and the second of two sites never has
    one.
    """
    f, n = t.sheet, len(t.sheet)
    if f.unite != "ET" or not t.declared:
        return
    group = np.zeros(n, dtype=np.int64) if f.grouped is None else f.grouped.astype(np.int64)
    free = {i for i in range(n) if i not in f.untouchable}

    for rng in t.draws("finess_d_un_autre", n):
        for _attempt in range(200):
            i, k = rng.randrange(n), rng.randrange(n)
            same = f.millesimes[i] == f.millesimes[k] and group[i] == group[k]
            if i != k and i in free and k in free and same and f.units[i] != f.units[k]:
                free -= {i, k}
                t.keys[i], t.witness[i] = f.units[k], k
                t.taken |= {(r, j) for r in (i, k) for j in range(len(t.columns))}
                t.kept[k] = f.fixed_rows or rng.random() < 0.5
                break
    usurped = [i for i in range(n) if t.witness[i] != i]

    merges: list[tuple[int, int]] = []
    additives = [j for j in t.declared if is_additive(t.columns[j].variable)]
    if additives and f.ej is not None and not f.fixed_rows:
        rng = t.draw("sites_fusionnes")
        sisters: dict[tuple[object, ...], list[int]] = {}
        for i in sorted(free):
            if not group[i]:
                sisters.setdefault((f.ej[i], f.millesimes[i]), []).append(i)
        pairs = [(m[0], m[1]) for m in sisters.values() if len(m) > 1 and f.units[m[0]] != f.units[m[1]]]
        merges = rng.sample(pairs, min(len(pairs), how_many(t.rates.sites_fusionnes, n)))
    for _, k in merges:
        t.kept[k] = False
    for i in usurped:
        t.ledger.record(
            f.name, int(t.lines[i]), t.titles[f.key], "finess_d_un_autre", str(f.units[i]), t.keys[i], t.question(i)
        )
    for i, k in merges:
        _merge(t, i, k, additives)


def _merge(t: _Work, i: int, k: int, additives: list[int]) -> None:
    for j in additives:
        before, other = t.columns[j].known_numbers()[i], t.columns[j].known_numbers()[k]
        if np.isnan(before) or np.isnan(other) or other == 0:
            continue
        numbers = t.columns[j].known_numbers().copy()
        numbers[i] = before + other
        t.columns[j] = replace(t.columns[j], numbers=numbers)
        true = float(t.sheet.columns[j].known_numbers()[i])
        right, wrong = render_numbers(np.array([true, before + other]), t.columns[j].decimals, t.sheet.decimal_mark)
        if right != wrong:
            t.record(i, j, "sites_fusionnes", right, wrong)
    t.taken |= {(i, j) for j in range(len(t.columns))}


def _faults(t: _Work) -> list[Fault]:
    """Plan the wrong values, one cell each."""
    columns, n = t.columns, len(t.sheet)

    def number(i: int, j: int) -> float:
        values = columns[j].numbers
        return float("nan") if values is None else float(values[i])

    def outdated(i: int, j: int, _rng: random.Random) -> float | None:
        before = columns[j].before
        older = float("nan") if before is None else float(before[i])
        text = render_numbers(np.array([older, number(i, j)]), columns[j].decimals)
        return older if text[0] and text[1] and text[0] != text[1] else None

    def mistyped(i: int, j: int, rng: random.Random) -> float | None:
        x = number(i, j)
        if not abs(x) >= 10:
            return None
        whole = str(int(abs(x)))
        if rng.random() < 0.5 and whole[0] != whole[1] and whole[1] != "0":
            wrong = float(whole[1] + whole[0] + whole[2:]) + abs(x) % 1
        else:
            wrong = abs(x) * 10
        return wrong if x > 0 else -wrong

    def fraction(i: int, j: int, _rng: random.Random) -> float | None:
        x = number(i, j)
        # Written as a fraction at two decimals, a small percentage would vanish: only larger ones are chosen.
        return round(x / 100, max(columns[j].decimals, 0)) if columns[j].is_percentage and x >= 5 else None

    kinds: list[tuple[str, Callable[[int, int, random.Random], float | None], list[int]]] = [
        ("valeur_perimee", outdated, [j for j in t.declared if columns[j].before is not None]),
        ("faute_de_frappe", mistyped, t.declared),
        ("fraction_pour_pourcent", fraction, [j for j in t.declared if columns[j].is_percentage]),
    ]
    faults: list[Fault] = []
    for nature, kind, candidates in kinds:
        for rng in t.draws(nature, n) if candidates else ():
            for _attempt in range(200):
                i, j = rng.randrange(n), rng.choice(candidates)
                wrong = None if (i, j) in t.taken or not t.kept[i] else kind(i, j, rng)
                if wrong is not None and _is_wrong(t.sheet.columns[j], i, wrong):
                    t.taken.add((i, j))
                    faults.append(Fault(i, j, nature, wrong))
                    break
    return faults + _zeros(t) + _swapped(t)


def _is_wrong(true: Column, i: int, value: float) -> bool:
    """Whether a number, once written, differs from what is true."""
    right, written = render_numbers(np.array([true.known_numbers()[i], value]), true.decimals)
    return right != written


def _zeros(t: _Work) -> list[Fault]:
    """Plan zeros where the sender left empty something that exists; where nothing exists, 0 would not be wrong."""
    if t.rates.zero_pour_manquant <= 0:
        return []
    empty_cells = [
        (i, j)
        for j in t.declared
        for i in np.flatnonzero(_wrongly_empty(t.sheet.columns[j], t.columns[j]) & t.kept).tolist()
    ]
    t.draw("zero_pour_manquant").shuffle(empty_cells)
    chosen = [c for c in empty_cells if c not in t.taken][: how_many(t.rates.zero_pour_manquant, len(t.sheet))]
    t.taken |= set(chosen)
    return [Fault(i, j, "zero_pour_manquant", 0.0) for i, j in chosen]


def _wrongly_empty(true: Column, delivered: Column) -> np.ndarray:
    return ~np.isnan(true.known_numbers()) & (true.known_numbers() != 0) & np.isnan(delivered.known_numbers())


def _swapped(t: _Work) -> list[Fault]:
    """Plan pairs of neighbouring numbers of a row, each written in the cell of the other."""
    n = len(t.sheet)
    neighbours = [
        (j, j + 1) for j in t.declared if j + 1 in t.declared and t.columns[j].decimals == t.columns[j + 1].decimals
    ]
    faults: list[Fault] = []
    for rng in t.draws("colonnes_interverties", n) if neighbours else ():
        for _attempt in range(200):
            i, (g, d) = rng.randrange(n), rng.choice(neighbours)
            a, b = float(t.columns[g].known_numbers()[i]), float(t.columns[d].known_numbers()[i])
            free = t.kept[i] and not {(i, g), (i, d)} & t.taken
            known = not np.isnan(a) and not np.isnan(b)
            wrong = _is_wrong(t.sheet.columns[g], i, b) and _is_wrong(t.sheet.columns[d], i, a)
            if free and known and wrong:
                t.taken |= {(i, g), (i, d)}
                faults += [Fault(i, g, "colonnes_interverties", b), Fault(i, d, "colonnes_interverties", a)]
                break
    return faults


def _apply(t: _Work, faults: list[Fault]) -> list[list[str]]:
    """Write the wrong values in the columns, which carry them from now on, and render every cell."""
    for j in {f.column: None for f in faults}:
        # The columns are copied, so that the answers before defects stay as they were.
        t.columns[j] = replace(t.columns[j], numbers=t.columns[j].known_numbers().copy())
    for fault in faults:
        true = t.sheet.columns[fault.column]
        t.columns[fault.column].known_numbers()[fault.row] = fault.number
        before_after = np.array([true.known_numbers()[fault.row], fault.number])
        right, wrong = render_numbers(before_after, true.decimals, t.sheet.decimal_mark)
        t.record(fault.row, fault.column, fault.nature, right, wrong)
    texts = replace(t.sheet, columns=t.columns).texts()
    for i in np.flatnonzero(t.witness != np.arange(len(t.sheet))).tolist():
        texts[t.sheet.key][i] = str(t.keys[i])
    return texts


def _wrong_texts(t: _Work, texts: list[list[str]]) -> None:
    """Make the defects of writing: placeholder dates, decimal commas, rates flagged KO, mistyped FINESS numbers."""
    sheet, columns = t.sheet, t.columns

    def mark(i: int, j: int, nature: str, wrong: str) -> None:
        t.record(i, j, nature, texts[j][i], wrong)
        texts[j][i] = wrong
        t.taken.add((i, j))

    def pick(nature: str, cells: list[tuple[int, int]]) -> list[tuple[int, int]]:
        n = how_many(getattr(t.rates, nature), len(sheet))
        # Four times as many as needed are drawn, for some cells are taken already.
        candidates = t.draw(nature).sample(cells, min(len(cells), 4 * n + 20))
        return [c for c in candidates if t.kept[c[0]] and c not in t.taken][:n]

    dates = [(i, j) for j, c in enumerate(columns) if c.is_date for i, text in enumerate(texts[j]) if text]
    for i, j in pick("date_bouche_trou", dates):
        mark(i, j, "date_bouche_trou", PLACEHOLDER_DATE)
        t.destroyed[i, j] = "date_bouche_trou"
    if sheet.decimal_mark == ".":
        decimal_columns = [j for j, c in enumerate(columns) if c.numbers is not None and c.decimals]
        chosen = t.draw("virgule_decimale/colonnes").sample(decimal_columns, min(3, len(decimal_columns)))
        with_point = [(i, j) for j in chosen for i, text in enumerate(texts[j]) if "." in text]
        for i, j in pick("virgule_decimale", with_point):
            mark(i, j, "virgule_decimale", texts[j][i].replace(".", ","))
    for rate_j, state_j in sheet.ko:
        computed = [(i, rate_j) for i in range(len(sheet)) if texts[rate_j][i] and not texts[state_j][i]]
        for i, _ in pick("taux_ko", computed):
            # The rate was computed although one of its terms was missing: it is only a part of the true rate.
            partial = np.array([0.37 * float(texts[rate_j][i].replace(",", "."))])
            t.taken.add((i, state_j))
            mark(i, rate_j, "taux_ko", render_numbers(partial, columns[rate_j].decimals, sheet.decimal_mark)[0])
            t.destroyed[i, rate_j] = "taux_ko"
            texts[state_j][i] = "KO"
    key = sheet.key
    losable = [(i, key) for i, text in enumerate(texts[key]) if text.startswith("0")]
    for i, _ in pick("zero_initial_perdu", losable):
        mark(i, key, "zero_initial_perdu", texts[key][i][1:])
    for i, _ in pick("finess_malforme", [(i, key) for i, text in enumerate(texts[key]) if "0" in text[2:8]]):
        rank = texts[key][i].index("0", 2)
        mark(i, key, "finess_malforme", texts[key][i][:rank] + "O" + texts[key][i][rank + 1 :])
        t.unreadable.add(i)


def _wrong_rows(t: _Work, rows: list[list[str]]) -> None:
    """Add rows at the end (unknown FINESS, closed ET, exact duplicates), then cut some rows short."""
    sheet, n = t.sheet, len(rows)
    touched = {i for i, _ in t.taken}
    written_rank = np.cumsum(t.kept) - 1

    def models(nature: str) -> list[int]:
        return t.sound(nature, touched)[: how_many(getattr(t.rates, nature), n)]

    def add(model: int, nature: str, unit: str, witness: int, true_value: str) -> None:
        row = list(rows[written_rank[model]])
        row[sheet.key] = unit if witness < 0 else row[sheet.key]
        rows.append(row)
        t.added.append((model, unit, witness))
        t.record_added(nature, unit, true_value, row[sheet.key])

    for rank, model in enumerate(models("finess_inconnu")):
        true = str(sheet.units[model])
        root = true[:4] if true[:2] in ("97", "98") else true[:3]
        base = FIRST_UNKNOWN_RANK // 10 ** (len(root) - 3)
        add(model, "finess_inconnu", finess_number(root, base + rank % (10 ** (7 - len(root)) // 2)), -1, "")
    rng = t.draw("et_ferme/unite")
    for model in models("et_ferme") if sheet.unite == "ET" else ():
        closed = sheet.closed.get(int(sheet.millesimes[model]), [])
        if closed:
            add(model, "et_ferme", rng.choice(closed), -1, str(sheet.units[model]))
    doubles = models("ligne_en_double")
    touched |= set(doubles)  # a row is not both repeated and cut
    for model in doubles:
        add(model, "ligne_en_double", str(t.keys[model]), model, f"ligne {t.lines[model]}")
    if len(sheet.columns) >= 6:
        rng = t.draw("ligne_tronquee")
        for model in models("ligne_tronquee"):
            kept = len(sheet.columns) - rng.randrange(1, 4)
            row = rows[written_rank[model]]
            lost = sheet.separator.join(row[kept:])
            rows[written_rank[model]] = row[:kept]
            t.unreadable.add(model)
            t.ledger.record(
                sheet.name, int(t.lines[model]), t.titles[sheet.key], "ligne_tronquee", lost, "",
                t.question(model),
            )  # fmt: skip
