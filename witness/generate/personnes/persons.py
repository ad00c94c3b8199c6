"""Persons and stays, département by département: the truth first, then what each system is told, then the files.

Belongs here: the order of things, the tables of the truth, and keeping one département in memory at a time. Does not
belong here: what is true, what is told, how it is written.

    livraisons/personnes/<département>/   one file a channel and class
    suite/personnes/                      one ESMS sends its bundle again, a month later (`next_delivery`)
    verite/                               personnes, sejours, declarations_sejours, statuts_sejours, visites,
                                          situations_personnes, defauts_personnes, oppositions (Parquet),
                                          identites.csv;
                                          suite/personnes.parquet
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from witness.generate.parquet_pieces import Parquet
from witness.generate.personnes import decisions as _decisions
from witness.generate.personnes import (
    declared_stays,
    et_facts,
    etat_civil,
    invented_names,
    next_delivery,
    person_defects,
    person_files,
    record_keeping,
    records,
    sejours,
    several_stays,
    situations,
    stay_statuses,
    waiting,
)
from witness.generate.personnes.channels import (
    consentements,
    domicilia,
    handisoft,
    resid,
    residalia,
    sdo,
    tddui,
    viatrajectoire,
)
from witness.generate.personnes.channels.channel_file import COMPACT, EXPORT, FRENCH, ISO, ChannelFile, Departement
from witness.generate.personnes.et_facts import MODALITES, Etablissements
from witness.generate.personnes.invented_names import Names
from witness.generate.personnes.person_defects import Journal, PersonRates
from witness.generate.personnes.record_keeping import (
    DOMICILIA,
    HANDISOFT,
    NO_SOFTWARE,
    PA,
    PH,
    PROFILS_PA,
    PROFILS_PH,
    RESIDALIA,
    TDDUI,
)
from witness.generate.personnes.sejours import ADMITTED, STILL_THERE
from witness.generate.personnes.spellings import write as write_identity
from witness.generate.streams import Streams
from witness.generate.world import World

FOLDER = "personnes"
FIRST_KNOWN_YEAR = 1945  # only births are dated before it
_WHERE = {"source": pl.String, "livraison": pl.String, "ligne": pl.Int64, "entite": pl.String}
SCHEMAS = {
    "personnes": {**_WHERE, "finess_et": pl.String, "identifiant": pl.String, "personne_vraie": pl.Int64},
    "sejours": {"sejour_vrai": pl.Int64, "personne_vraie": pl.Int64, "finess_et": pl.String, "modalite": pl.String,
                "date_admission": pl.Date, "date_entree": pl.Date, "date_sortie": pl.Date},
    "declarations_sejours": {**_WHERE, "sejour_vrai": pl.Int64, "date_admission": pl.Date, "date_entree": pl.Date,
                             "date_sortie": pl.Date},
    "statuts_sejours": stay_statuses.SCHEMA,
    "situations_personnes": situations.SCHEMA,
    "visites": {**_WHERE, "finess_et": pl.String, "identifiant": pl.String, "visite_vraie": pl.Int64,
                "personne_vraie": pl.Int64},
    "defauts_personnes": person_defects.SCHEMA,
    "oppositions": {"personne_vraie": pl.Int64, "finalite": pl.String},
}  # fmt: skip
Deliver = Callable[[str, ChannelFile], None]


@dataclass(frozen=True)
class Counts:
    """Counts of what was made."""

    n_personnes: int
    n_sejours: int
    defects: dict[str, int]


def planned(world: World) -> tuple[Etablissements, list[str]]:
    """The ET that have people, and the files that will be delivered, by path relative to `livraisons/`."""
    e = et_facts.build(world, record_keeping.build(world.streams, world.structures.et))
    codes = _codes(world, e)
    date = EXPORT.replace("-", "")
    files: list[str] = []
    for code in world.territoire.departements["code"]:
        here = codes == code
        channels = set(e.channel[here])
        names_here = {
            TDDUI: (f"tddui_{EXPORT}_{code}.json",),
            RESIDALIA: tuple(f"residalia_{c}_{date}_{code}.csv" for c in ("sejours", "mouvements")),
            HANDISOFT: tuple(f"handisoft_{c}_{date}_{code}.csv" for c in handisoft.CLASSES),
            DOMICILIA: tuple(f"DOMICILIA_{c}{date}_{code}.txt" for c in ("", "INTERVENTIONS_")),
        }
        written = [name for channel, listed in names_here.items() if channel in channels for name in listed]
        written += [f"consentements_{EXPORT}_{code}.csv"] if channels - {NO_SOFTWARE} else []
        written += [f"resid_esms_{EXPORT[:7]}_{code}.csv"] if e.resid[here].any() else []
        written += [f"viatrajectoire_ga_{EXPORT}_{code}.csv"] if (e.vt[here] == PA).any() else []
        written += [f"sdo_{EXPORT}_{code}.json"] if (e.vt[here] == PH).any() else []
        files += [f"{FOLDER}/{code}/{name}" for name in written]
    return e, files


def write(
    world: World, e: Etablissements, rates: PersonRates, truth: Path, deliver: Deliver, deliver_later: Deliver
) -> Counts:
    """Write the persons and stays of every département.

    Files are given to `deliver(path, file)`, the one that comes later to `deliver_later`. The truth is written in the
    folder `truth`.
    """
    words = invented_names.build(world.streams)
    codes = _codes(world, e)
    n_personnes = n_sejours = 0
    natures: list[str] = []
    change = pl.DataFrame(schema=next_delivery.SCHEMA)
    with ExitStack() as stack:
        outputs = {n: stack.enter_context(Parquet(truth / f"{n}.parquet", c)) for n, c in SCHEMAS.items()}
        text = stack.enter_context((truth / "identites.csv").open("w", encoding="utf-8", newline=""))
        text.write("nature;texte;certaine\n")
        for code in world.territoire.departements["code"]:
            here = e.choose(codes == code)
            if len(here) == 0:
                continue
            d = departement(world.streams, words, code, here, rates)
            files = list(_files(d))
            for file in files:
                deliver(f"{FOLDER}/{code}/{file.name}", file)
            if len(change) == 0 and (later := next_delivery.write(world.streams, d)) is not None:
                file, change = later
                deliver_later(f"{FOLDER}/{file.name}", file)
            tables = _truth(d, files)
            for name, table in tables.items():
                outputs[name].add([table.select(list(SCHEMAS[name]))])
            text.write(_written_identities(d).write_csv(include_header=False, separator=";"))
            n_personnes += len(d.personnes)
            n_sejours += len(d.s)
            natures += tables["defauts_personnes"]["nature"].to_list()
    change.write_parquet(truth / "suite" / "personnes.parquet")
    return Counts(n_personnes, n_sejours, {n: natures.count(n) for n in sorted(set(natures))})


def departement(streams: Streams, words: Names, code: str, e: Etablissements, rates: PersonRates) -> Departement:
    """What is true and what is told in a département."""
    s = sejours.build(streams, code, e)
    ties = several_stays.build(streams, code, e, s)
    sejours.set_dates(streams, code, e, s)
    several_stays.reconcile(s, ties)
    first_sejours, rank = np.unique(ties.personne, return_inverse=True)
    requests = waiting.build(streams, code, e, s, rank)
    personnes, pairs = etat_civil.build(streams, words, code, _personnes(e, s, ties, first_sejours, rank, requests))
    decisions = _decisions.build(streams, code, e, s, rank, requests)
    journal = Journal(streams, code, rates)
    dossiers = records.build(streams, code, e, s, rank, ties.following, journal)
    declarations = declared_stays.build(streams, code, e, s, rank, requests, decisions, journal)
    return Departement(code, e, s, rank, personnes, pairs, requests, decisions, dossiers, declarations, journal)


def _personnes(
    e: Etablissements,
    s: sejours.Sejours,
    ties: several_stays.Ties,
    first_sejours: np.ndarray,
    rank: np.ndarray,
    a: waiting.Requests,
) -> etat_civil.Personnes:
    """The persons of the stays, then those who only wait for a place."""
    new_persons = len(a.birth)
    n = len(first_sejours) + new_persons
    protected, elsewhere, handicap = np.zeros(n), np.full(n, 0.02), np.zeros(n, dtype=bool)
    np.maximum.at(protected, rank, e.protected_share[s.et])
    np.maximum.at(elsewhere, rank, e.outside_share[s.et])
    handicap[rank[np.isin(e.profil, PROFILS_PH)[s.et]]] = True
    handicap[a.personne[a.ph]] = True
    twin = np.full(n, -1)
    siblings = np.flatnonzero(ties.twin >= 0)
    twin[rank[siblings]] = rank[ties.twin[siblings]]
    known_at, elderly = np.full(n, -1), np.zeros(n, dtype=bool)
    known_at[a.personne[::-1]] = a.et[::-1]
    known_at[: len(first_sejours)] = s.et[first_sejours]
    elderly[rank[np.isin(e.profil, PROFILS_PA)[s.et]]] = True
    return etat_civil.Personnes(
        birth=np.concatenate([s.birth[first_sejours], a.birth]),
        woman=np.concatenate([s.woman[first_sejours], a.woman]),
        protected=protected,
        elsewhere=elsewhere,
        handicap=handicap,
        twin=twin,
        et=known_at,
        applicant=np.arange(n) >= len(first_sejours),
        elderly=elderly,
    )


def _codes(world: World, e: Etablissements) -> np.ndarray:
    return world.structures.et["departement"].to_numpy()[e.et_id]


def _files(d: Departement) -> Iterator[ChannelFile]:
    """Every file of a département."""
    fiches = d.dossiers.fiches
    written = person_files.written(d.journal, records.FICHES, d.personnes, fiches, d.dossiers.sejours)
    for channel in (tddui, residalia, handisoft, domicilia):
        yield from channel.write(d, written)
    if len(fiches):
        yield from consentements.write(d, written)
    told = d.declarations.resid["personne"].to_numpy()
    upper = np.ones(len(told), dtype=bool)
    written_resid = write_identity(d.journal, declared_stays.RESID, d.personnes, told, upper, nir=True)
    yield from resid.write(d, written_resid)
    dossiers = d.declarations.dossiers["personne"].to_numpy()
    upper = np.ones(len(dossiers), dtype=bool)
    written_vt = write_identity(d.journal, declared_stays.DOSSIERS, d.personnes, dossiers, upper)
    yield from viatrajectoire.write(d, written_vt)
    yield from sdo.write(d)
    d.written.extend((written, written_resid, written_vt))


def _truth(d: Departement, files: list[ChannelFile]) -> dict[str, pl.DataFrame]:
    sejour_id = (
        d.personnes["personne"][0] // etat_civil.PER_DEPARTEMENT * etat_civil.PER_DEPARTEMENT + np.arange(len(d.s)) + 1
    )
    personne_id = d.personnes["personne"].to_numpy()
    admitted = d.s.kind == ADMITTED
    true_values = pl.DataFrame(
        {
            "sejour_vrai": sejour_id,
            "personne_vraie": personne_id[d.rank],
            "finess_et": d.finess.gather(d.s.et),
            "modalite": pl.Series(MODALITES).gather(d.s.modalite),
            "date_admission": _date(d.s.admission),
            "date_entree": _date(d.s.entree, ~admitted),
            "date_sortie": _date(d.s.sortie, d.s.sortie < STILL_THERE),
        }
    )
    fiches, declared, visites, oppositions, by_table = [], [], [], [], {}
    for file in files:
        where = {
            "source": pl.lit(file.source),
            "livraison": pl.lit(f"{FOLDER}/{d.code}/{file.name}"),
        }
        fiches += [t.with_columns(pl.col("personne").alias("personne_vraie"), **where) for t in file.fiches]
        for t in file.sejours:
            declared.append(
                t.with_columns(
                    pl.Series("sejour_vrai", sejour_id[t["sejour"].to_numpy()]),
                    *(_day(c).alias(f"date_{c}") for c in ("admission", "entree", "sortie")),
                    **where,
                )
            )  # fmt: skip
        visites += [
            t.with_columns(
                pl.Series("personne_vraie", personne_id[t["personne"].to_numpy()]),
                (pl.col("vraie") + (sejour_id[0] - 1)).alias("visite_vraie"),
                pl.lit("evenements").alias("entite"),
                **where,
            )
            for t in file.visites
        ]
        oppositions += [t.rename({"personne": "personne_vraie"}) for t in file.oppositions]
        for table, locations in file.locations.items():
            by_table.setdefault(table, []).append(locations.with_columns(where["livraison"].alias("livraison")))
    return {
        "personnes": _gathered(fiches, "personnes"),
        "sejours": true_values,
        "declarations_sejours": _gathered(declared, "declarations_sejours"),
        "statuts_sejours": stay_statuses.statuts(d, sejour_id, personne_id),
        "situations_personnes": situations.table(d.pairs, personne_id),
        "visites": _gathered(visites, "visites"),
        "defauts_personnes": d.journal.table({t: pl.concat(r) for t, r in by_table.items()}),
        "oppositions": _gathered(oppositions, "oppositions"),
    }


def _gathered(pieces: list[pl.DataFrame], name: str) -> pl.DataFrame:
    schema = SCHEMAS[name]
    empty = pl.DataFrame(schema=schema)
    return pl.concat([empty, *(m.select(pl.col(c).cast(t) for c, t in schema.items()) for m in pieces)])


def _day(column: str) -> pl.Expr:
    return (pl.col(column) + int(sejours.FIRST_DAY.astype(int))).cast(pl.Int32).cast(pl.Date)


def _date(days: np.ndarray, known: np.ndarray | None = None) -> pl.Series:
    dates = sejours.FIRST_DAY + days
    return pl.Series(dates if known is None else np.where(known, dates, np.datetime64("NaT")))


def _written_identities(d: Departement) -> pl.DataFrame:
    """What must be found nowhere once the files are received.

    These are names, numbers, numbers of files, and days of birth in each of their three writings. `certain` means that
    the text can only be an identity; a recent day of birth may also be the day of something else.
    """
    tables: list[pl.DataFrame] = [_texts("mdph", d.personnes["mdph"])]
    tables += [_texts("decision", d.decisions.table[c]) for c in ("decision", "decision_nationale")]
    tables.append(_texts("dossier", d.declarations.dossiers.select(viatrajectoire.number(d)).to_series()))
    for written in d.written:
        for column in ("nom", "nom_usage", "prenom", "nir", "ins"):
            nature = {"nom_usage": "nom", "ins": "nir"}.get(column, column)
            tables.append(_texts(nature, written[column]))
        for pattern in (ISO, FRENCH, COMPACT):
            days = written.select(pl.col("naissance").dt.to_string(pattern)).to_series()
            tables.append(_texts("date_naissance", days, written["naissance"].dt.year() < FIRST_KNOWN_YEAR))
    return pl.concat(tables).drop_nulls().unique(maintain_order=True)


def _texts(nature: str, texts: pl.Series, certain: pl.Series | None = None) -> pl.DataFrame:
    n = len(texts)
    certainty = pl.repeat(1, n, eager=True, dtype=pl.Int8) if certain is None else certain.cast(pl.Int8)
    return pl.DataFrame({"nature": pl.repeat(nature, n, eager=True), "texte": texts, "certaine": certainty})
