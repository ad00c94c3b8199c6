"""What each ET keeps about the persons it receives: files, and what is in them.

Belongs here: the true content of the records of a software: files and their local numbers, ratings, projects and
reviews, days there and away, visits at home. Does not belong here: the columns of a product (`channels`), mistakes
about identity (`spellings`).
Days are counted from the first of January of the year, as everywhere in this package ; hours are those of `HEURES`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate.personnes.et_facts import MODALITES, Etablissements
from witness.generate.personnes.person_defects import Journal
from witness.generate.personnes.record_keeping import DOMICILIA, HANDISOFT, PROFILS_PH, RESIDALIA, SANS, TDDUI
from witness.generate.personnes.sejours import ADMIS, JOURS, PREMIER_JOUR, RESTE, SORTI, STABLE, Sejours, absences
from witness.generate.streams import Entiers, Hasard, rang_dans

FICHES, SEJOURS, PRESENCES = "fiches", "sejours", "presences"  # tables of records, for the ledger
MOIS_ABSENCE = 24  # mean days of an absence: short ones of one person are told together
PART_AU_JOUR = 0.5  # of the ET that tell the days of day care one by one: all of them would be too many rows
PART_SERAFIN, PART_PROJET, PART_REVU, PART_VISITES = 0.35, 0.86, 0.74, 0.25
# Needs of SERAFIN-PH (J285), finest level, and how often each is met.
BESOINS = {"1.1.1": 9.0, "1.1.2": 2, "1.1.4": 3, "1.1.8": 3, "1.1.10": 6, "1.2.1.1": 8, "1.2.1.2": 9, "1.2.1.3": 6,
           "1.2.1.4": 7, "1.3.2.2": 5, "1.3.3.1": 4, "1.3.3.2": 4, "1.3.4.1": 6, "1.3.5.1": 3}  # fmt: skip
_HT, _AJ, _DOM, _SEA = (MODALITES.index(m) for m in ("HT", "AJ", "DOM", "SEA"))


@dataclass
class Dossiers:
    """Records of a département, as polars tables ; ranks point to the rows of the others.

    fiches: rang, personne (rank), et, canal, numero (in the ET).
    sejours: rang, sejour, fiche, et, canal, numero, admission, entree, sortie (None: goes on), attendu (day planned),
    est_double (the stay of a file made twice), est_illisible, code_inconnu, sans_modalite (mistakes), modalite,
    motif (-1: none), provenance, evalue (GIR told).
    evaluations (AGGIR): fiche, sejour, et, canal, gir, jour. besoins: fiche, et, canal, evaluation, jour, code, valeur.
    projets, bilans, presences, visites: see `_projets`, `_presences`, `_visites`.
    """

    fiches: pl.DataFrame
    sejours: pl.DataFrame
    besoins: pl.DataFrame
    projets: pl.DataFrame
    bilans: pl.DataFrame
    presences: pl.DataFrame
    visites: pl.DataFrame


def construire(
    hasard: Hasard, nom: str, e: Etablissements, s: Sejours, rang: Entiers, suite: Entiers, journal: Journal
) -> Dossiers:
    """Files of the ET that have a software. `rang`: person of each stay ; `suite`: the stay that follows it, or -1."""
    rng = hasard.flux(f"personnes/dossiers/{nom}")
    tenus = np.flatnonzero(e.canal[s.et] != SANS)
    cle = rang[tenus] * 100_000 + s.et[tenus]
    uniques, fiche = np.unique(cle, return_inverse=True)
    ordre = rng.permutation(len(uniques))  # local numbers tell nothing of persons
    fiche_personne, fiche_et = uniques // 100_000, uniques % 100_000
    doubles = journal.tirer("fiche_en_double", FICHES, np.isin(np.arange(len(uniques)), fiche[s.present[tenus]]))
    journal.noter("fiche_en_double", FICHES, len(uniques) + np.arange(len(doubles)), "identifiant")
    # The second file follows all others, with a stay of its own.
    fiche_personne = np.concatenate([fiche_personne, fiche_personne[doubles]])
    fiche_et = np.concatenate([fiche_et, fiche_et[doubles]])
    numero = np.empty(len(fiche_et), dtype=np.int64)
    ordre = np.concatenate([ordre, np.arange(len(uniques), len(fiche_et))])
    numero[ordre] = rang_dans(fiche_et[ordre]) + 1
    fiches = pl.DataFrame(
        {
            "rang": np.arange(len(fiche_et)),
            "personne": fiche_personne,
            "et": fiche_et,
            "canal": pl.Series(e.canal[fiche_et].tolist(), dtype=pl.String),
            "numero": numero,
        }
    )
    doubles_de = np.full(len(uniques), -1)
    doubles_de[doubles] = len(uniques) + np.arange(len(doubles))
    sejours = _sejours(rng, e, s, tenus, fiche, doubles_de, suite, journal)
    return Dossiers(
        fiches,
        sejours,
        _besoins(rng, e, s, sejours),
        *_projets(rng, e, s, sejours),
        _presences(rng, e, s, sejours, journal),
        _visites(rng, e, s, rang, sejours),
    )


def _sejours(
    rng: np.random.Generator, e: Etablissements, s: Sejours, tenus: Entiers, fiche: Entiers, doubles: Entiers,
    suite: Entiers, journal: Journal,
) -> pl.DataFrame:  # fmt: skip
    """Stays as the software has them, with the mistakes about their dates."""
    repris = np.flatnonzero((doubles[fiche] >= 0) & s.present[tenus])
    sejour = np.concatenate([tenus, tenus[repris]])
    fiche = np.concatenate([fiche, doubles[fiche[repris]]])
    est_double = np.arange(len(sejour)) >= len(tenus)
    et, genre = s.et[sejour], s.genre[sejour]
    admission, entree, sortie = s.admission[sejour].copy(), s.entree[sejour].copy(), s.sortie[sejour].copy()
    entree[est_double] += rng.integers(0, 3, int(est_double.sum()))
    admis = genre == ADMIS
    parti = sortie < RESTE
    lisible = ~est_double & ~admis
    pris = np.zeros(len(sejour), dtype=bool)

    def choisis(nature: str, possibles: np.ndarray, champ: str) -> Entiers:
        rangs = journal.choisir(nature, SEJOURS, possibles & lisible & ~pris, champ)
        pris[rangs] = True
        return rangs

    suivant = suite[sejour]
    ailleurs = (suivant >= 0) & (s.et[np.maximum(suivant, 0)] != et) & ~np.isin(s.modalite[sejour], (_DOM, _SEA, _AJ))
    oubliees = choisis(
        "sortie_oubliee", ailleurs & ~np.isin(s.modalite[np.maximum(suivant, 0)], (_DOM, _SEA, _AJ)), "sortie"
    )
    sortie[oubliees] = RESTE
    meme = (suivant >= 0) & (s.et[np.maximum(suivant, 0)] == et)
    chevauche = choisis("sejours_chevauchants", meme, "sortie")
    sortie[chevauche] = np.minimum(s.entree[suivant[chevauche]] + rng.integers(5, 40, len(chevauche)), JOURS - 1)
    envers = choisis("fin_avant_debut", parti, "sortie")
    sortie[envers] = entree[envers] - rng.integers(1, 30, len(envers))
    futures = choisis("date_future", genre == STABLE, "sortie")
    sortie[futures] = JOURS + 365 * rng.integers(8, 40, len(futures))
    inconnus = choisis("code_inconnu", np.isin(e.canal[et], (HANDISOFT, RESIDALIA)), "modalite")
    sans_modalite = choisis("modalite_absente", np.isin(e.canal[et], (HANDISOFT, RESIDALIA, TDDUI)), "modalite")
    oublie = np.zeros(len(sejour), dtype=bool)
    oublie[oubliees] = True
    permanent = ~np.isin(s.modalite[sejour], (_HT, _AJ)) | (e.profil[et] == "JOUR_PA")
    evalue = (s.gir[sejour] > 0) & permanent & ~est_double & ~admis
    evalue &= rang_dans(np.where(evalue, fiche, -1 - np.arange(len(fiche)))) == 0
    dernier = np.minimum(np.where(sortie < RESTE, sortie, JOURS), JOURS) - 1
    premier = np.maximum(entree, -420)
    table = pl.DataFrame(
        {
            "rang": np.arange(len(sejour)),
            "sejour": sejour,
            "fiche": fiche,
            "et": et,
            "canal": pl.Series(e.canal[et].tolist(), dtype=pl.String),
            "numero": rang_dans(et) + 1,
            "admission": admission,
            "entree": pl.Series(np.where(admis, 0, entree)),
            "attendu": entree,
            "est_admis": admis,
            "sortie": sortie,
            "est_double": est_double,
            "est_illisible": np.isin(np.arange(len(sejour)), envers),
            "code_inconnu": np.isin(np.arange(len(sejour)), inconnus),
            "sans_modalite": np.isin(np.arange(len(sejour)), sans_modalite),
            "sortie_oubliee": oublie,
            "modalite": s.modalite[sejour],
            "motif": np.where(oublie | est_double, -1, s.motif[sejour]),
            "provenance": s.provenance[sejour],
            "evalue": evalue,
            "gir": s.gir[sejour],
            "gir_le": premier + np.floor(rng.random(len(sejour)) * np.maximum(dernier - premier, 1)).astype(np.int64),
        }
    )
    return table.with_columns(
        pl.when("est_admis").then(None).otherwise("entree").alias("entree"),
        pl.when(pl.col("sortie") >= RESTE).then(None).otherwise("sortie").alias("sortie"),
        pl.when("evalue").then("gir").alias("gir"),
        pl.when("evalue").then("gir_le").alias("gir_le"),
    )


def _suivis(e: Etablissements, s: Sejours, sejours: pl.DataFrame) -> np.ndarray:
    """Stays of disabled people that last enough to have a project."""
    sejour = sejours["sejour"].to_numpy()
    longs = (s.jours[sejour] > 120) & (s.modalite[sejour] != _HT) & ~sejours["est_double"].to_numpy()
    return longs & np.isin(e.profil[s.et[sejour]], PROFILS_PH) & np.isin(e.canal[s.et[sejour]], (HANDISOFT, TDDUI))


def _besoins(rng: np.random.Generator, e: Etablissements, s: Sejours, sejours: pl.DataFrame) -> pl.DataFrame:
    """SERAFIN-PH: needs met by an assessment, each with a level from 1 to 4."""
    lignes = np.flatnonzero(_suivis(e, s, sejours) & (rng.random(len(sejours)) < PART_SERAFIN))
    lignes = lignes[rang_dans(sejours["fiche"].to_numpy()[lignes]) == 0]
    combien = rng.integers(2, 7, len(lignes))
    poids = np.array(list(BESOINS.values()))
    # The needs that come first in a weighted random order.
    ordre = np.argsort(rng.exponential(1.0, (len(lignes), len(poids))) / poids, axis=1)
    choisis = np.arange(len(poids))[None, :] < combien[:, None]
    codes = np.array(list(BESOINS), dtype=object)[ordre[choisis]]
    fin = np.minimum(np.where(s.genre[sejours["sejour"].to_numpy()[lignes]] == SORTI, 60, JOURS - 5), JOURS)
    repete = np.repeat(np.arange(len(lignes)), combien)
    base = sejours[lignes].select("fiche", "et", "canal")
    return base[repete].with_columns(
        pl.Series("evaluation", repete),
        pl.Series("jour", (fin - rng.integers(1, 500, len(lignes)))[repete]),
        pl.Series("code", codes.tolist(), dtype=pl.String),
        pl.Series("valeur", rng.integers(1, 5, len(codes))),
    )


def _projets(
    rng: np.random.Generator, e: Etablissements, s: Sejours, sejours: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Projects (projet, fiche, et, canal, type, est_fini, debut, fin, accord_usager, accord_structure) and reviews.

    Reviews: projet, fiche, et, canal, jour, categorie, prochain. A project is reviewed once a year (R1.1.7), most are.
    """
    lignes = np.flatnonzero(_suivis(e, s, sejours) & (rng.random(len(sejours)) < PART_PROJET))
    lignes = lignes[rang_dans(sejours["fiche"].to_numpy()[lignes]) == 0]
    n = len(lignes)
    sejour = sejours["sejour"].to_numpy()[lignes]
    fini = ~s.present[sejour]
    fin = np.where(fini, np.minimum(s.sortie[sejour], JOURS - 1), 0)
    limite = np.where(fini, fin, JOURS - 1)
    debut = np.minimum(np.maximum(s.entree[sejour], -1400) + rng.integers(40, 200, n), limite - 30)
    projets = sejours[lignes].select("fiche", "et", "canal").with_columns(
        pl.Series("projet", np.arange(n)),
        pl.Series("type", rng.choice(np.array([1, 2, 4, 7]), n, p=[0.2, 0.4, 0.3, 0.1])),
        pl.Series("est_fini", fini),
        pl.Series("debut", debut),
        pl.Series("fin", fin),
        pl.Series("accord_usager", rng.random(n) < 0.93),
        pl.Series("accord_structure", rng.random(n) < 0.98),
    )  # fmt: skip
    revu = rng.random(n) < PART_REVU
    jour = np.where(revu, np.maximum(debut, 0), debut)
    borne = np.where(revu, limite, np.minimum(limite, -1))
    possible = borne - jour > 20
    jour = jour + 10 + np.floor(rng.random(n) * np.maximum(borne - jour - 10, 1)).astype(np.int64)
    bilans = projets.select("projet", "fiche", "et", "canal").with_columns(
        pl.Series("jour", jour),
        pl.Series("categorie", np.where(fini, 3, rng.integers(1, 3, n))),
        pl.Series("prochain", jour + 365),
    )
    return projets, bilans.filter(pl.Series(possible))


def _presences(
    rng: np.random.Generator, e: Etablissements, s: Sejours, sejours: pl.DataFrame, journal: Journal
) -> pl.DataFrame:
    """One period there per stay of the year, and the periods away within it ; of day care, each day in some ET.

    Columns: rang, sejour_dit (rank), fiche, et, canal, debut, fin (days), absent, motif (1, 2 or None), prevue,
    facturee.
    A day of day care starts and ends the same day. None at home nor for sessions, where no one is « there ». The days
    away of an ET, and its days of day care told one by one, are those of the panel.
    """
    sejour = sejours["sejour"].to_numpy()
    la = (s.jours[sejour] > 0) & ~np.isin(s.modalite[sejour], (_DOM, _SEA)) & ~sejours["est_double"].to_numpy()
    au_jour = np.isin(e.canal, (RESIDALIA, HANDISOFT)) & (e.journees_aj > 0) & (rng.random(len(e)) < PART_AU_JOUR)
    de_jour = la & (s.modalite[sejour] == _AJ) & au_jour[s.et[sejour]]
    venus, jour = _journees(rng, e, s, sejour, np.flatnonzero(de_jour))
    lignes = np.flatnonzero(la & ~de_jour)
    sejour = sejour[lignes]
    debut, jours = np.maximum(s.entree[sejour], 0), s.jours[sejour]
    heberge = ~np.isin(s.modalite[sejour], (_HT, _AJ))
    qui, depart, duree = _absences(rng, e, s.et[sejour], np.where(heberge, jours, 0))
    hopital = rng.random(len(qui)) < np.where(np.isin(e.profil[s.et[sejour[qui]]], PROFILS_PH), 0.18, 0.6)
    n = len(lignes)
    ligne = np.concatenate([lignes, lignes[qui], venus])
    absent = (np.arange(len(ligne)) >= n) & (np.arange(len(ligne)) < n + len(qui))
    motif = np.zeros(len(ligne), dtype=np.int64)
    motif[absent] = np.where(hopital, 1, 2)
    sans_motif = journal.choisir("absence_sans_motif", PRESENCES, absent, "motif")
    motif[sans_motif] = 0
    table = sejours[ligne].select(pl.col("rang").alias("sejour_dit"), "fiche", "et", "canal").with_columns(
        pl.Series("rang", np.arange(len(ligne))),
        pl.Series("debut", np.concatenate([debut, debut[qui] + depart, jour])),
        pl.Series("fin", np.concatenate([debut + jours, debut[qui] + depart + duree, jour])),
        pl.Series("absent", absent),
        pl.Series("motif", motif),
        pl.Series("prevue", absent & (motif == 2)),
        pl.Series("facturee", ~absent | (rng.random(len(ligne)) < 0.4)),
    )  # fmt: skip
    return table.with_columns(pl.when(pl.col("motif") > 0).then("motif").alias("motif"))


def _journees(
    rng: np.random.Generator, e: Etablissements, s: Sejours, sejour: Entiers, lignes: Entiers
) -> tuple[Entiers, Entiers]:
    """Rows and days of day care, as many by ET as the panel says: the same days of the week, rarely a week-end."""
    jours = s.jours[sejour[lignes]]
    rang = np.repeat(np.arange(len(lignes)), jours)
    ordre = rang_dans(rang)
    jour = np.maximum(s.entree[sejour[lignes]], 0)[rang] + ordre
    semaine = (jour + int(PREMIER_JOUR.astype(int)) + 3) % 7  # 0: Monday
    cle = rng.random((len(lignes), 7))[rang, semaine] + 0.1 * rng.random(len(rang)) + 2 * (semaine >= 5)
    # Everybody comes at least once: the first day of the week that is theirs.
    meilleurs = np.lexsort((cle, rang))
    cle[meilleurs[rang_dans(rang[meilleurs]) == 0]] = -1
    et = s.et[sejour[lignes]][rang]
    rangs = np.lexsort((cle, et))
    pris = np.sort(rangs[rang_dans(et[rangs]) < np.nan_to_num(e.journees_aj)[et[rangs]]])
    return lignes[rang[pris]], jour[pris]


def _absences(
    rng: np.random.Generator, e: Etablissements, et: Entiers, jours: Entiers
) -> tuple[Entiers, Entiers, Entiers]:
    """Rows that are away once in the year, the day it starts (from the start of the stay), and its length."""
    possibles = np.flatnonzero(jours >= 10)
    n_et = len(e)
    total = absences(e)
    combien = np.minimum(np.bincount(et[possibles], minlength=n_et), np.maximum(np.rint(total / MOIS_ABSENCE), 1))
    cle = rng.random(len(possibles)) ** (1 / jours[possibles])
    ordre = possibles[np.lexsort((-cle, et[possibles]))]
    qui = np.sort(ordre[rang_dans(et[ordre]) < combien[et[ordre]]])
    limite = jours[qui] - 4
    base = rng.standard_gamma(1.4, len(qui)) + 0.05
    echelle = np.ones(n_et)
    duree = np.ones(len(qui))
    for _ in range(6):
        duree = np.clip(base * echelle[et[qui]], 1, limite)
        fait = np.bincount(et[qui], duree, n_et)
        echelle *= np.clip(total / np.maximum(fait, 1), 1e-3, 1e3)
    cumul = np.rint(np.cumsum(np.clip(base * echelle[et[qui]], 1, limite))).astype(np.int64)
    entiers = np.maximum(np.diff(cumul, prepend=0), 1)
    depart = 1 + np.floor(rng.random(len(qui)) * np.maximum(jours[qui] - entiers - 2, 1)).astype(np.int64)
    return qui, depart, entiers


def _visites(
    rng: np.random.Generator, e: Etablissements, s: Sejours, rang: Entiers, sejours: pl.DataFrame
) -> pl.DataFrame:
    """Visits at home of the last fortnight.

    Columns: sejour_dit, fiche, et, canal, jour, debut, fin (minutes), etat, vraie, uid_commun.
    `vraie` numbers the true visits: one made by two services together is told by both, under one number of the shared
    diary (`uid_commun`) or under two.
    """
    sejour = sejours["sejour"].to_numpy()
    domicile = np.isin(e.profil[s.et[sejour]], ("SOINS_DOMICILE", "AIDE_DOMICILE")) & s.present[sejour]
    domicile &= ~sejours["est_double"].to_numpy() & np.isin(e.canal[s.et[sejour]], (DOMICILIA, TDDUI))
    lignes = np.flatnonzero(domicile & (rng.random(len(sejours)) < PART_VISITES))
    lignes = np.repeat(lignes, 2)
    n = len(lignes)
    jour = np.maximum(JOURS - rng.integers(1, 15, n), s.entree[sejour[lignes]])
    debut = 7 * 60 + 15 * rng.integers(0, 48, n)
    duree = 15 * rng.integers(1, 7, n)
    etat = rng.choice(np.array(["R", "V", "P", "A"], dtype=object), n, p=[0.82, 0.08, 0.04, 0.06])
    base = pl.DataFrame(
        {
            "ligne": lignes,
            "jour": jour,
            "debut": debut,
            "fin": debut + duree,
            "etat": pl.Series(etat.tolist(), dtype=pl.String),
            "present": etat == "R",
            "vraie": np.arange(n),
            "uid_commun": np.zeros(n, dtype=bool),
        }
    )
    # Visits made by the nurses and the home help together: told again by the other service.
    autre = np.full(int(rang.max()) + 1 if len(rang) else 1, -1)
    dits = np.flatnonzero(domicile & (e.profil[s.et[sejour]] == "AIDE_DOMICILE"))
    autre[rang[sejour[dits]]] = dits
    soins = e.profil[s.et[sejour[lignes]]] == "SOINS_DOMICILE"
    ailleurs = autre[rang[sejour[lignes]]]
    communes = np.flatnonzero(soins & (ailleurs >= 0) & (rng.random(n) < 0.3))
    meme_numero = rng.random(len(communes)) < 0.5
    base = base.with_columns(pl.Series("uid_commun", np.isin(np.arange(n), communes[meme_numero])))
    redites = base[communes].with_columns(pl.Series("ligne", ailleurs[communes]))
    visites = pl.concat([base, redites])
    dit = sejours.select(pl.col("rang").alias("sejour_dit"), "fiche", "et", "canal")[visites["ligne"].to_numpy()]
    visites = dit.hstack(visites.drop("ligne")).with_row_index("rang")
    # One service cannot tell twice the same visit under the same number.
    return visites.with_columns(
        pl.col("rang").cast(pl.Int64), numero=pl.Series(rang_dans(visites["et"].to_numpy()) + 1)
    )
