"""Persons and stays, département by département: truth first, then what each system is told, then where it stands.

Belongs here: the order of things, the tables of the truth, one département in memory at a time. Does not belong here:
what is true, what is told, how it is written.

    livraisons/personnes/<département>/   one file per channel and class
    suite/personnes/                      one ESMS sends its bundle again, a month later (`next_delivery`)
    verite/                               personnes, sejours, declarations_sejours, statuts_sejours, visites,
                                          defauts_personnes (Parquet), identites.csv ; suite/personnes.parquet
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
from witness.generate.personnes import declared_stays as _declarations
from witness.generate.personnes import et_facts as _etablissements
from witness.generate.personnes import (
    etat_civil,
    invented_names,
    person_defects,
    record_keeping,
    several_stays,
    stay_statuses,
)
from witness.generate.personnes import next_delivery as _suite
from witness.generate.personnes import person_files as _fiches
from witness.generate.personnes import records as _dossiers
from witness.generate.personnes import sejours as _sejours
from witness.generate.personnes import waiting as _attentes
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
from witness.generate.personnes.channels.channel_file import COMPACT, EXPORT, FRANCAIS, ISO, Departement, Fichier
from witness.generate.personnes.et_facts import MODALITES, Etablissements
from witness.generate.personnes.invented_names import Noms
from witness.generate.personnes.person_defects import Journal, TauxPersonnes
from witness.generate.personnes.record_keeping import DOMICILIA, HANDISOFT, PA, PH, PROFILS_PH, RESIDALIA, SANS, TDDUI
from witness.generate.personnes.sejours import ADMIS, RESTE
from witness.generate.personnes.spellings import ecrire as identites
from witness.generate.streams import Hasard
from witness.generate.world import Monde

DOSSIER = "personnes"
PREMIERE_ANNEE_CONNUE = 1945  # before it, no date is said of anything but births
_OU = {"source": pl.String, "livraison": pl.String, "ligne": pl.Int64, "entite": pl.String}
SCHEMAS = {
    "personnes": {**_OU, "finess_et": pl.String, "identifiant": pl.String, "personne_vraie": pl.Int64},
    "sejours": {"sejour_vrai": pl.Int64, "personne_vraie": pl.Int64, "finess_et": pl.String, "modalite": pl.String,
                "date_admission": pl.Date, "date_entree": pl.Date, "date_sortie": pl.Date},
    "declarations_sejours": {**_OU, "sejour_vrai": pl.Int64, "date_admission": pl.Date, "date_entree": pl.Date,
                             "date_sortie": pl.Date},
    "statuts_sejours": stay_statuses.SCHEMA,
    "visites": {**_OU, "finess_et": pl.String, "identifiant": pl.String, "visite_vraie": pl.Int64,
                "personne_vraie": pl.Int64},
    "defauts_personnes": person_defects.SCHEMA,
}  # fmt: skip
Deposer = Callable[[str, Fichier], None]


@dataclass(frozen=True)
class Bilan:
    """Counts of what was made."""

    n_personnes: int
    n_sejours: int
    defauts: dict[str, int]


def prevus(monde: Monde) -> tuple[Etablissements, list[str]]:
    """ET that have people, and the files to be delivered, by path relative to `livraisons/`."""
    e = _etablissements.construire(monde, record_keeping.construire(monde.hasard, monde.structures.et))
    codes = _codes(monde, e)
    date = EXPORT.replace("-", "")
    fichiers: list[str] = []
    for code in monde.territoire.departements["code"]:
        ici = codes == code
        canaux = set(e.canal[ici])
        noms_ici = {
            TDDUI: (f"tddui_{EXPORT}_{code}.json",),
            RESIDALIA: tuple(f"residalia_{c}_{date}_{code}.csv" for c in ("sejours", "mouvements")),
            HANDISOFT: tuple(f"handisoft_{c}_{date}_{code}.csv" for c in handisoft.CLASSES),
            DOMICILIA: tuple(f"DOMICILIA_{c}{date}_{code}.txt" for c in ("", "INTERVENTIONS_")),
        }
        ecrits = [nom for canal, liste in noms_ici.items() if canal in canaux for nom in liste]
        ecrits += [f"consentements_{EXPORT}_{code}.csv"] if canaux - {SANS} else []
        ecrits += [f"resid_esms_{EXPORT[:7]}_{code}.csv"] if e.resid[ici].any() else []
        ecrits += [f"viatrajectoire_ga_{EXPORT}_{code}.csv"] if (e.vt[ici] == PA).any() else []
        ecrits += [f"sdo_{EXPORT}_{code}.json"] if (e.vt[ici] == PH).any() else []
        fichiers += [f"{DOSSIER}/{code}/{nom}" for nom in ecrits]
    return e, fichiers


def ecrire(
    monde: Monde, e: Etablissements, taux: TauxPersonnes, verite: Path, deposer: Deposer, ensuite: Deposer
) -> Bilan:
    """Write the persons and stays of every département: files through `deposer(path, file)`, truth in `verite`.

    `ensuite`: the same, for the delivery that comes later.
    """
    mots = invented_names.construire(monde.hasard)
    codes = _codes(monde, e)
    n_personnes = n_sejours = 0
    natures: list[str] = []
    change = pl.DataFrame(schema=_suite.SCHEMA)
    with ExitStack() as pile:
        sorties = {n: pile.enter_context(Parquet(verite / f"{n}.parquet", c)) for n, c in SCHEMAS.items()}
        texte = pile.enter_context((verite / "identites.csv").open("w", encoding="utf-8", newline=""))
        texte.write("nature;texte;certaine\n")
        for code in monde.territoire.departements["code"]:
            ici = e.choisir(codes == code)
            if len(ici) == 0:
                continue
            d = departement(monde.hasard, mots, code, ici, taux)
            fichiers = list(_fichiers(d))
            for fichier in fichiers:
                deposer(f"{DOSSIER}/{code}/{fichier.nom}", fichier)
            if len(change) == 0 and (plus_tard := _suite.ecrire(monde.hasard, d)) is not None:
                fichier, change = plus_tard
                ensuite(f"{DOSSIER}/{fichier.nom}", fichier)
            tables = _verite(d, fichiers)
            for nom, table in tables.items():
                sorties[nom].ajouter([table.select(list(SCHEMAS[nom]))])
            texte.write(_identites_ecrites(d).write_csv(include_header=False, separator=";"))
            n_personnes += len(d.personnes)
            n_sejours += len(d.s)
            natures += tables["defauts_personnes"]["nature"].to_list()
    change.write_parquet(verite / "suite" / "personnes.parquet")
    return Bilan(n_personnes, n_sejours, {n: natures.count(n) for n in sorted(set(natures))})


def departement(hasard: Hasard, mots: Noms, code: str, e: Etablissements, taux: TauxPersonnes) -> Departement:
    """What is true and told in a département."""
    s = _sejours.construire(hasard, code, e)
    tenants = several_stays.construire(hasard, code, e, s)
    _sejours.dater(hasard, code, e, s)
    several_stays.accorder(s, tenants)
    tetes, rang = np.unique(tenants.personne, return_inverse=True)
    attentes = _attentes.construire(hasard, code, e, s, rang)
    personnes = etat_civil.construire(hasard, mots, code, _personnes(e, s, tenants, tetes, rang, attentes))
    decisions = _decisions.construire(hasard, code, e, s, rang, attentes)
    journal = Journal(hasard, code, taux)
    dossiers = _dossiers.construire(hasard, code, e, s, rang, tenants.suite, journal)
    declarations = _declarations.construire(hasard, code, e, s, rang, attentes, decisions, journal)
    return Departement(code, e, s, rang, personnes, attentes, decisions, dossiers, declarations, journal)


def _personnes(
    e: Etablissements,
    s: _sejours.Sejours,
    tenants: several_stays.Liens,
    tetes: np.ndarray,
    rang: np.ndarray,
    a: _attentes.Attentes,
) -> etat_civil.Personnes:
    """Persons of the stays, then those that only wait."""
    nouveaux = len(a.naissance)
    n = len(tetes) + nouveaux
    protegee, ailleurs, handicap = np.zeros(n), np.full(n, 0.02), np.zeros(n, dtype=bool)
    np.maximum.at(protegee, rang, e.part_protegee[s.et])
    np.maximum.at(ailleurs, rang, e.part_hors_departement[s.et])
    handicap[rang[np.isin(e.profil, PROFILS_PH)[s.et]]] = True
    handicap[a.personne[a.ph]] = True
    jumeau = np.full(n, -1)
    freres = np.flatnonzero(tenants.jumeau >= 0)
    jumeau[rang[freres]] = rang[tenants.jumeau[freres]]
    return etat_civil.Personnes(
        naissance=np.concatenate([s.naissance[tetes], a.naissance]),
        femme=np.concatenate([s.femme[tetes], a.femme]),
        protegee=protegee,
        ailleurs=ailleurs,
        handicap=handicap,
        jumeau=jumeau,
    )


def _codes(monde: Monde, e: Etablissements) -> np.ndarray:
    return monde.structures.et["departement"].to_numpy()[e.et_id]


def _fichiers(d: Departement) -> Iterator[Fichier]:
    """Every file of a département."""
    fiches = d.dossiers.fiches
    ecrites = _fiches.ecrites(d.journal, _dossiers.FICHES, d.personnes, fiches, d.dossiers.sejours)
    for canal in (tddui, residalia, handisoft, domicilia):
        yield from canal.ecrire(d, ecrites)
    if len(fiches):
        yield from consentements.ecrire(d, ecrites)
    dits = d.declarations.resid["personne"].to_numpy()
    grands = np.ones(len(dits), dtype=bool)
    ecrites_resid = identites(d.journal, _declarations.RESID, d.personnes, dits, grands, nir=True)
    yield from resid.ecrire(d, ecrites_resid)
    dossiers = d.declarations.dossiers["personne"].to_numpy()
    grands = np.ones(len(dossiers), dtype=bool)
    ecrites_vt = identites(d.journal, _declarations.DOSSIERS, d.personnes, dossiers, grands)
    yield from viatrajectoire.ecrire(d, ecrites_vt)
    yield from sdo.ecrire(d)
    d.ecrites.extend((ecrites, ecrites_resid, ecrites_vt))


def _verite(d: Departement, fichiers: list[Fichier]) -> dict[str, pl.DataFrame]:
    sejour_id = (
        d.personnes["personne"][0] // etat_civil.PAR_DEPARTEMENT * etat_civil.PAR_DEPARTEMENT + np.arange(len(d.s)) + 1
    )
    personne_id = d.personnes["personne"].to_numpy()
    admis = d.s.genre == ADMIS
    vrais = pl.DataFrame(
        {
            "sejour_vrai": sejour_id,
            "personne_vraie": personne_id[d.rang],
            "finess_et": d.finess.gather(d.s.et),
            "modalite": pl.Series(MODALITES).gather(d.s.modalite),
            "date_admission": _date(d.s.admission),
            "date_entree": _date(d.s.entree, ~admis),
            "date_sortie": _date(d.s.sortie, d.s.sortie < RESTE),
        }
    )
    fiches, declares, visites, lieux = [], [], [], {}
    for fichier in fichiers:
        ou = {
            "source": pl.lit(fichier.source),
            "livraison": pl.lit(f"{DOSSIER}/{d.code}/{fichier.nom}"),
        }
        fiches += [t.with_columns(pl.col("personne").alias("personne_vraie"), **ou) for t in fichier.fiches]
        for t in fichier.sejours:
            declares.append(
                t.with_columns(
                    pl.Series("sejour_vrai", sejour_id[t["sejour"].to_numpy()]),
                    *(_jour(c).alias(f"date_{c}") for c in ("admission", "entree", "sortie")),
                    **ou,
                )
            )  # fmt: skip
        visites += [
            t.with_columns(
                pl.Series("personne_vraie", personne_id[t["personne"].to_numpy()]),
                (pl.col("vraie") + (sejour_id[0] - 1)).alias("visite_vraie"),
                pl.lit("evenements").alias("entite"),
                **ou,
            )
            for t in fichier.visites
        ]
        for table, reperes in fichier.reperes.items():
            lieux.setdefault(table, []).append(reperes.with_columns(ou["livraison"].alias("livraison")))
    return {
        "personnes": _ensemble(fiches, "personnes"),
        "sejours": vrais,
        "declarations_sejours": _ensemble(declares, "declarations_sejours"),
        "statuts_sejours": stay_statuses.statuts(d, sejour_id, personne_id),
        "visites": _ensemble(visites, "visites"),
        "defauts_personnes": d.journal.table({t: pl.concat(r) for t, r in lieux.items()}),
    }


def _ensemble(morceaux: list[pl.DataFrame], nom: str) -> pl.DataFrame:
    schema = SCHEMAS[nom]
    vide = pl.DataFrame(schema=schema)
    return pl.concat([vide, *(m.select(pl.col(c).cast(t) for c, t in schema.items()) for m in morceaux)])


def _jour(colonne: str) -> pl.Expr:
    return (pl.col(colonne) + int(_sejours.PREMIER_JOUR.astype(int))).cast(pl.Int32).cast(pl.Date)


def _date(jours: np.ndarray, connus: np.ndarray | None = None) -> pl.Series:
    dates = _sejours.PREMIER_JOUR + jours
    return pl.Series(dates if connus is None else np.where(connus, dates, np.datetime64("NaT")))


def _identites_ecrites(d: Departement) -> pl.DataFrame:
    """What must be found nowhere once received: names, numbers, days of birth in the three ways of writing them, files.

    `certaine`: the text can only be an identity ; a recent day of birth may also be the day of something else.
    """
    tables: list[pl.DataFrame] = [_textes("mdph", d.personnes["mdph"])]
    tables += [_textes("decision", d.decisions.table[c]) for c in ("decision", "decision_nationale")]
    tables.append(_textes("dossier", d.declarations.dossiers.select(viatrajectoire.numero(d)).to_series()))
    for ecrites in d.ecrites:
        for colonne in ("nom", "nom_usage", "prenom", "nir", "ins"):
            nature = {"nom_usage": "nom", "ins": "nir"}.get(colonne, colonne)
            tables.append(_textes(nature, ecrites[colonne]))
        for forme in (ISO, FRANCAIS, COMPACT):
            jours = ecrites.select(pl.col("naissance").dt.to_string(forme)).to_series()
            tables.append(_textes("date_naissance", jours, ecrites["naissance"].dt.year() < PREMIERE_ANNEE_CONNUE))
    return pl.concat(tables).drop_nulls().unique(maintain_order=True)


def _textes(nature: str, textes: pl.Series, certaine: pl.Series | None = None) -> pl.DataFrame:
    n = len(textes)
    sur = pl.repeat(1, n, eager=True, dtype=pl.Int8) if certaine is None else certaine.cast(pl.Int8)
    return pl.DataFrame({"nature": pl.repeat(nature, n, eager=True), "texte": textes, "certaine": sur})
