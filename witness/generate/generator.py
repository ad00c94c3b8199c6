"""The whole generation: the truth first, then what each collection says of it.

Belongs here: which files are delivered, in which order, and where things are written. Does not belong here: what is
true, what a collection asks, what goes wrong.

    out_dir/livraisons/             what the pipeline receives, in the real formats
    out_dir/livraisons/personnes/   persons and stays, by département (`personnes.persons`)
    out_dir/suite/                  what comes later: a département sends its answers again, an ESMS its bundle
    out_dir/verite/                 what was true (`truth_files`), what each file states (`answers`), and what separates
                                    the two (`ecarts.parquet`: natural disagreements; `defauts.csv`: injected defects)
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from witness.generate import reread, truth_files
from witness.generate.answers import SCHEMA, UNANSWERED_SCHEMA, Origin, answers, unanswered
from witness.generate.collectes import (
    aide_sociale,
    cnsa,
    contours,
    diamant,
    drees,
    epci,
    finess,
    finess_activites,
    finess_answers,
    insee,
    tdb,
)
from witness.generate.defects import EXACT, DefectRates, Fidelity, Ledger
from witness.generate.geography import SCALES
from witness.generate.injection import Delivery, deliver
from witness.generate.parquet_pieces import Parquet
from witness.generate.personnes.channels.channel_file import ChannelFile
from witness.generate.personnes.persons import planned
from witness.generate.personnes.persons import write as write_persons
from witness.generate.sheet import Sheet
from witness.generate.streams import Floats
from witness.generate.structures import EXTRACTIONS, MILLESIMES
from witness.generate.world import World
from witness.generate.world import build as build_world

FORMAT = 6
FLOW = f"{MILLESIMES[-1] + 1}_06_07"
CORRECTED_FLOW = f"{MILLESIMES[-1] + 1}_09_06"
POPULATION = "insee_estim_pop_dep_sexe_age_quinq.csv.gz"
MISSING_COLUMN = "Finess"  # it says what a row is about: without it, nothing of the file can be used

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Summary:
    """What a generation made. `deliveries`: the size in bytes of each file, by path relative to `livraisons/`."""

    folder: Path
    scale: str
    seed: int
    departements: tuple[str, ...]
    n_et: int
    n_open_et: int
    n_ej: int
    n_elements: int
    deliveries: dict[str, int]
    defects: dict[str, int]
    n_personnes: int = 0
    n_sejours: int = 0


@dataclass
class _Output:
    """Writes the deliveries, one at a time, and what each of them states."""

    folder: Path
    world: World
    rates: DefectRates
    ledger: Ledger
    progress: Progress | None
    ranks: dict[str, int]  # order of reception
    unanswered: Parquet
    sizes: dict[str, int] = field(default_factory=dict)
    received: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        s = self.world.structures
        self.ej = dict(s.et.select("finess_et", "finess_ej").iter_rows())
        self.categories = dict(s.et.select("finess_et", "categorie").iter_rows())

    def origin(self, name: str, source: str, document: str = "") -> Origin:
        return Origin(name, source, document or source, self.ranks[name])

    def plain(self, name: str, content: bytes) -> None:
        """Deliver a file as it is."""
        path = self.folder / "livraisons" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self._done(name, path)

    def gzipped(self, name: str, blocks: Iterable[str]) -> None:
        """Deliver a text compressed by gzip, without a date nor a name inside: the same text gives the same bytes."""
        path = self.folder / "livraisons" / name
        with (
            path.open("wb") as raw,
            gzip.GzipFile("", "wb", 6, raw, mtime=0) as stream,
            io.TextIOWrapper(stream, encoding="utf-8", newline="") as text,
        ):
            text.writelines(blocks)
        self._done(name, path)

    def sheet(self, sheet: Sheet, fidelity: Fidelity, *, corrected: bool = False) -> dict[str, Floats]:
        """Deliver a table; returns what it answers, by variable, before any injected defect."""
        sheet = replace(sheet, closed=self._closed(sheet), ej=np.array([self.ej.get(u) for u in sheet.units]))
        delivery = deliver(sheet, self.world.streams, fidelity, self.rates, self.ledger, corrected=corrected)
        origin = self.origin(sheet.name, sheet.source_code, sheet.document)
        self.answers(sheet.name, answers(sheet, delivery.columns, delivery.written, origin))
        self.unanswered.add(unanswered(sheet, delivery.columns, delivery.written))
        self._deliver(delivery, sheet)
        return delivery.answered

    def incomplete(self, sheet: Sheet, title: str) -> None:
        """Deliver a table without the column of its key: it cannot be received, so what it states is lost."""
        sheet.columns.pop([c.title for c in sheet.columns].index(title))
        delivery = deliver(sheet, self.world.streams, EXACT, DefectRates.none(), Ledger())
        self.ledger.record(sheet.name, 1, title, "colonne_manquante", title, "")
        self._deliver(delivery, sheet, expected="refusee")

    def count_rows(
        self, name: str, source: str, table: str, n_rows: int, encoding: str = "utf-8", expected: str = "acceptee",
        sha256: str | None = None,
    ) -> None:  # fmt: skip
        """Note how many records a table of a delivery really has.

        `sha256` finds the file again when the system gives it another name.
        """
        self.received.append(
            {
                "livraison": name,
                "source": source,
                "table": table,
                "recu_rang": self.ranks[name],
                "n_lignes": n_rows,
                "encodage": encoding,
                "attendue": expected,
                "sha256": sha256,
            }
        )

    def personnes(self, name: str, file: ChannelFile) -> None:
        """Deliver a file about persons."""
        sha256 = hashlib.sha256(file.content).hexdigest()
        for table, n_rows in file.tables.items():
            self.count_rows(name, file.source, table, n_rows, file.encoding, sha256=sha256)
        self.plain(name, file.content)

    def later(self, name: str, file: ChannelFile) -> None:
        """Write a file about persons that comes after all others."""
        path = self.folder / "suite" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)

    def answers(self, name: str, tables: Iterable[pl.DataFrame], folder: str = "reponses") -> None:
        """Write what a delivery states."""
        with Parquet(self.folder / "verite" / folder / f"{Path(name).name.split('.')[0]}.parquet", SCHEMA) as out:
            out.add(tables)

    def _deliver(self, delivery: Delivery, sheet: Sheet, expected: str = "acceptee") -> None:
        source, table = sheet.source_code, sheet.table
        self.count_rows(delivery.name, source, table, delivery.n_rows, sheet.encoding, expected)
        self.plain(delivery.name, delivery.content)

    def _closed(self, sheet: Sheet) -> dict[int, list[str]]:
        """ET of the categories asked, closed before each year."""
        asked = sorted({self.categories.get(u, "") for u in sheet.units.tolist()})
        et = self.world.structures.et.filter(pl.col("categorie").is_in(asked))
        return {
            a: et.filter(pl.col("date_fermeture").dt.year() < a)["finess_et"].to_list()
            for a in np.unique(sheet.millesimes).tolist()
        }

    def _done(self, name: str, path: Path) -> None:
        self.sizes[name] = path.stat().st_size
        if self.progress is not None:
            self.progress(name, len(self.sizes), len(self.ranks))


def generate(
    out_dir: Path | str,
    *,
    scale: str = "departement",
    seed: int = 1,
    departements: tuple[str, ...] | None = None,
    rates: DefectRates | None = None,
    personnes: bool = True,
    progress: Progress | None = None,
) -> Summary:
    """Generate deliveries and their truth in `out_dir`, whose folders `livraisons`, `suite` and `verite` are replaced.

    `scale` is a name of `SCALES`, unless `departements` chooses the départements instead. The same seed gives the same
    bytes. `personnes` tells whether persons and stays are made too; everything else is the same without them.
    `progress(file, done, total)` is called after each file. Raises ValueError on an unknown scale or département.
    """
    if departements is None:
        if scale not in SCALES:
            raise ValueError(f"échelle inconnue : {scale} (attendu : {', '.join(SCALES)})")
        departements = SCALES[scale]
    folder = Path(out_dir)
    # `verite` goes first: its manifest is what says that the rest is whole.
    for subfolder in ("verite", "livraisons", "suite"):
        shutil.rmtree(folder / subfolder, ignore_errors=True)
    for subfolder in ("livraisons", "suite", "verite/reponses", "verite/suite"):
        (folder / subfolder).mkdir(parents=True)

    world = build_world(seed, tuple(departements))
    n_elements = truth_files.write(world, folder / "verite")
    ledger = Ledger()
    rates = rates or DefectRates()
    et_with_people, of_persons = planned(world) if personnes else (None, [])
    ranks = {name: rank for rank, name in enumerate(_names(rates, of_persons), start=1)}
    with Parquet(folder / "verite" / "vides.parquet", UNANSWERED_SCHEMA) as unanswered_file:
        out = _Output(folder, world, rates, ledger, progress, ranks, unanswered_file)
        _referentials(out)
        _collectes(out)
    persons_made = None
    if et_with_people is not None:
        persons_made = write_persons(
            world, et_with_people, rates.personnes, folder / "verite", out.personnes, out.later
        )
    _later(out)
    ledger.write(folder / "verite")
    pl.DataFrame(out.received, schema_overrides={"sha256": pl.String}).sort("recu_rang", "table").write_parquet(
        folder / "verite" / "livraisons.parquet"
    )
    reread.record(folder, _request(scale, seed, tuple(departements), rates, personnes), out.sizes)
    natures = [d.nature for d in ledger.defects]
    defects = {n: natures.count(n) for n in sorted(set(natures))}
    et = world.structures.et
    return Summary(
        folder=folder,
        scale=scale,
        seed=seed,
        departements=tuple(departements),
        n_et=len(et),
        n_open_et=int(et["date_fermeture"].is_null().sum()),
        n_ej=len(world.structures.ej),
        n_elements=n_elements,
        deliveries=out.sizes,
        defects=defects | (persons_made.defects if persons_made else {}),
        n_personnes=persons_made.n_personnes if persons_made else 0,
        n_sejours=persons_made.n_sejours if persons_made else 0,
    )


def is_done(folder: Path, *, scale: str, seed: int) -> bool:
    """Whether `generate(folder, scale=…, seed=…)` would change nothing: same generator, every file there."""
    request = _request(scale, seed, SCALES.get(scale, ()), DefectRates(), personnes=True)
    return reread.is_done(folder, request)


def _request(
    scale: str, seed: int, departements: tuple[str, ...], rates: DefectRates, personnes: bool
) -> dict[str, object]:
    """The arguments to give again in order to get the same bytes."""
    return {
        "format": FORMAT,
        "echelle": scale,
        "graine": seed,
        "departements": departements,
        "millesimes": MILLESIMES,
        "personnes": personnes,
        "taux": asdict(rates),
    }


def _names(rates: DefectRates, of_persons: list[str]) -> list[str]:
    """Every delivery in the order of reception, which is that of the names, since a whole folder is received."""
    names = [f"cog/{insee.MILLESIME_COG}/{name}.json" for name in ("regions", "departements", "communes")]
    names += [POPULATION, f"drees_ehpa_{drees.YEAR}_structure.csv", diamant.filename("MS_TDP_ET", CORRECTED_FLOW)]
    names += contours.NAMES.values()
    names += [*aide_sociale.FILES.values(), epci.FILE]
    names += [finess.filename(document, day) for document in ("structures", "activites") for day in EXTRACTIONS]
    for year in MILLESIMES:
        names += [f"cnsa_occupation_{year}.csv", f"cnsa_gmp_pmp_{year}.csv", f"cnsa_prix_ehpad_{year}-12-31.csv"]
        names.append(tdb.filename(year))
    names += [diamant.filename(flow, FLOW) for flow in ("ERRD_EJ_ET", "ERRD_EJ", "PER_ERRD_EPRD", "CA_EJ_ET")]
    names.append(diamant.filename("ERRD_EJ_ET", CORRECTED_FLOW))
    if rates.colonne_manquante > 0:
        names.append(diamant.filename("MS_TDP_ET", FLOW))
    return sorted([*names, *of_persons], key=lambda name: Path(name).parts)


def _referentials(s: _Output) -> None:
    for name, text in insee.cog(s.world).items():
        s.count_rows(name, "insee_cog", Path(name).stem, len(json.loads(text)))
        s.plain(name, text.encode())
    for name, text in contours.maps(s.world).items():
        s.count_rows(name, "contours", "territoires", len(json.loads(text)["features"]))
        s.plain(name, text.encode())
    population = insee.population(s.world)
    s.count_rows(POPULATION, "insee_population", "population", population.count("\n") - 1)
    s.gzipped(POPULATION, [population])
    for kind, name in aide_sociale.FILES.items():
        content, n_figures = aide_sociale.workbook(kind, s.world.streams)
        s.count_rows(name, "drees_aide_sociale", "series", n_figures)
        s.plain(name, content)
    content, n_rows = epci.workbook(s.world)
    s.count_rows(epci.FILE, "insee_epci", "communes", n_rows)
    s.plain(epci.FILE, content)
    for day in EXTRACTIONS:
        et = finess.delivered(s.world, day, s.rates, s.ledger)
        name = finess.filename("structures", day)
        origin = s.origin(name, "finess")
        s.answers(name, finess_answers.identities(s.world, day, et, origin))
        s.unanswered.add(finess_answers.unanswered(s.world, day, et, origin))
        s.count_rows(name, "finess", "ej", len(s.world.structures.ej))
        s.count_rows(name, "finess", "et", len(et))
        s.gzipped(name, finess.write(s.world, day, et))
        triplets = finess_activites.delivered(s.world, et, day)
        name = finess.filename("activites", day)
        s.answers(name, finess_answers.capacites(s.world, day, triplets, s.origin(name, "finess")))
        for table, n in finess_activites.counts(triplets).items():
            s.count_rows(name, "finess", table, n)
        s.gzipped(name, finess_activites.write(s.world, day, triplets))


def _collectes(s: _Output) -> None:
    for year in MILLESIMES:
        s.sheet(cnsa.occupation(s.world, year), cnsa.OCCUPATION)
        s.sheet(cnsa.gmp_pmp(s.world, year), cnsa.GMP)
        s.sheet(cnsa.prix(s.world, year), cnsa.PRIX)
    s.sheet(drees.ehpa(s.world), drees.EHPA)
    answered = {year: s.sheet(tdb.export(s.world, year), tdb.TABLEAU) for year in MILLESIMES}
    if s.rates.colonne_manquante > 0:
        s.incomplete(diamant.tdb(s.world, FLOW, answered), MISSING_COLUMN)
    s.sheet(diamant.tdb(s.world, CORRECTED_FLOW, answered), diamant.EXTRACT)
    errd = diamant.errd(s.world, FLOW, s.rates, s.ledger)
    s.sheet(errd, diamant.ACCOUNTS)
    s.sheet(diamant.errd(s.world, CORRECTED_FLOW, s.rates, s.ledger), diamant.ACCOUNTS, corrected=True)
    s.sheet(diamant.errd_ej(s.world, FLOW), diamant.RATIOS_EJ)
    s.sheet(diamant.depots(s.world, FLOW, errd), EXACT)
    s.sheet(diamant.ca(s.world, FLOW, s.rates, s.ledger), diamant.ACCOUNTS)


def _later(s: _Output) -> None:
    """Deliver again the last campaign of the tableau de bord, for the first département alone.

    Its wrong values are put right.
    """
    sheet = tdb.export(s.world, MILLESIMES[-1])
    departement = s.world.territoire.departements["code"][0]
    members = set(s.world.structures.et.filter(pl.col("departement") == departement)["finess_et"])
    only = np.array([u in members for u in sheet.units.tolist()], dtype=bool)
    delivery = deliver(sheet, s.world.streams, tdb.TABLEAU, s.rates, Ledger(), only=only)
    origin = Origin(sheet.name, sheet.source_code, sheet.document, len(s.ranks) + 1)
    s.answers(sheet.name, answers(sheet, delivery.columns, delivery.written, origin), "suite")
    (s.folder / "suite" / sheet.name).write_bytes(delivery.content)
