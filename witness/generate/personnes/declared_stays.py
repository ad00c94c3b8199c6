"""What ESMS tell the national systems about their stays: RESID-ESMS of December, ViaTrajectoire for both publics.

Belongs here: who is told, with which dates and states, and what is forgotten. Does not belong here: what the ESMS keeps
(`records`), the columns of a file (`channels`), who the persons are (`spellings`).
An ET tells what it was late to tell, never what it does not know. States of requests for the elderly are those of the
contract of ViaTrajectoire ; for disabled people, the codes J252 (ESMS) and J253 (unit), whose reasons follow ASS_A32.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate.personnes import waiting as att
from witness.generate.personnes.decisions import Decisions
from witness.generate.personnes.et_facts import Etablissements
from witness.generate.personnes.person_defects import Journal
from witness.generate.personnes.record_keeping import PA, PH
from witness.generate.personnes.sejours import ADMIS, JOURS, RESTE, Sejours
from witness.generate.personnes.waiting import Attentes
from witness.generate.streams import Entiers, Hasard, rang_dans

RESID, VT, DOSSIERS, SDO = "resid", "vt", "dossiers_vt", "sdo"  # tables of records, for the ledger
DECEMBRE = JOURS - 31
PART_PAPIER = 0.08
TOLERANCE = 3  # days between two dates of one entry
# State told for each state of a request, the elderly: label of the contract, and of the MDPH side: ESMS, unit.
ETATS_PA = ("ENVOYEE", "CONSULTEE", "EN_ANALYSE", "LISTE_ATTENTE", "ACCEPTEE", "REFUSEE", "ANNULEE", "ARCHIVEE")
_ETATS_PH = np.array([(39, 0), (40, 0), (42, 182), (72, 183), (71, 184), (46, 0), (49, 180), (49, 180)])
_MOTIFS_PA = ("PLACES", "PROFIL", "AGE", "RESSOURCES", "USAGER", "DOSSIER", "AUTRE")
_MOTIFS_REFUS_PH = (86, 113, 114, 115, 116, 117, 118, 119, 120, 122, 148)
# Reason of the unit (J250) by reason of exit: death, hospital, home, another ESMS, unknown (none is said).
_MOTIFS_SORTIE_PH = (124, 157, 147, 91, 0)


@dataclass
class Declarations:
    """Records told, as polars tables, days as whole numbers.

    resid: rang, sejour, et, personne, modalite, entree, sortie.
    vt: rang, sejour (-1: a request only), et, personne, dossier (rank), papier, modalite, gir, demande, etat, etat_le,
    refus, admission, entree, sortie, est_double (paper file beside another). dossiers: rang, personne, papier.
    sdo: rang, sejour, et, personne, decision (row), esms, unite, motif_esms, motif_unite, esms_le, unite_le.
    """

    resid: pl.DataFrame
    vt: pl.DataFrame
    dossiers: pl.DataFrame
    sdo: pl.DataFrame


def construire(
    hasard: Hasard, nom: str, e: Etablissements, s: Sejours, rang: Entiers, attentes: Attentes, decisions: Decisions,
    journal: Journal,
) -> Declarations:  # fmt: skip
    """Everything told about a département. `rang`: person of each stay."""
    vt, dossiers = _viatrajectoire_pa(hasard.flux(f"personnes/vt_pa/{nom}"), e, s, rang, attentes, journal)
    return Declarations(
        _resid(hasard.flux(f"personnes/resid/{nom}"), e, s, rang, journal),
        vt,
        dossiers,
        _sdo(hasard.flux(f"personnes/sdo/{nom}"), e, s, rang, attentes, decisions, journal),
    )


def _resid(rng: np.random.Generator, e: Etablissements, s: Sejours, rang: Entiers, journal: Journal) -> pl.DataFrame:
    suivi = e.resid[s.et] & (s.genre != ADMIS)
    actif = suivi & (s.sortie >= DECEMBRE)
    # Told a month too many: who left before is still there.
    tardifs = journal.tirer("sortie_non_dite_resid", RESID, suivi & (s.sortie < RESTE))
    dits = actif.copy()
    dits[tardifs] = True
    muets = journal.tirer("entree_non_dite_resid", RESID, actif & s.arrive & ~np.isin(np.arange(len(s)), tardifs))
    dits[muets] = False
    journal.noter_manques("entree_non_dite_resid", RESID, len(muets), "DATE_ENTREE")
    sejour = np.flatnonzero(dits)
    oublies = np.isin(sejour, tardifs)
    journal.noter("sortie_non_dite_resid", RESID, np.flatnonzero(oublies), "DATE_SORTIE")
    entree = _dates_d_entree(RESID, s, sejour, s.entree[sejour].copy(), journal, "DATE_ENTREE")
    sortie = np.where(oublies, RESTE, s.sortie[sejour])
    sortie = np.where(sortie < RESTE, np.maximum(sortie, entree), RESTE)
    return pl.DataFrame(
        {
            "rang": np.arange(len(sejour)),
            "sejour": sejour,
            "et": s.et[sejour],
            "personne": rang[sejour],
            "modalite": s.modalite[sejour],
            "entree": entree,
            "sortie": sortie,
            "organisme": rng.integers(11, 985, len(sejour)),
        }
    ).with_columns(_ou_rien("sortie", pl.col("sortie") < RESTE))


def _dates_d_entree(
    ou: str, s: Sejours, sejour: Entiers, entree: Entiers, journal: Journal, champ: str, dits: np.ndarray | None = None
) -> Entiers:
    """Entries as told: shifted, or the admission in their place."""
    pris = np.zeros(len(sejour), dtype=bool) if dits is None else ~dits

    def choisis(nature: str, possibles: np.ndarray) -> Entiers:
        rangs = journal.choisir(nature, ou, possibles & ~pris, champ)
        pris[rangs] = True
        return rangs

    rng = journal.flux("entree/jours", ou)
    parti = s.sortie[sejour] < RESTE
    admission = s.admission[sejour]
    rangs = choisis("admission_pour_entree", entree - admission > TOLERANCE)
    entree[rangs] = admission[rangs]
    long = ~parti | (s.sortie[sejour] - entree > 60)
    rangs = choisis("entree_decalee", long & (entree < JOURS - 50))
    entree[rangs] += rng.integers(TOLERANCE + 7, 45, len(rangs)) * rng.choice(np.array([-1, 1]), len(rangs))
    rangs = choisis("entree_decalee_toleree", long & (entree < JOURS - TOLERANCE))
    entree[rangs] += rng.integers(1, TOLERANCE + 1, len(rangs)) * rng.choice(np.array([-1, 1]), len(rangs))
    return entree


def _viatrajectoire_pa(
    rng: np.random.Generator, e: Etablissements, s: Sejours, rang: Entiers, attentes: Attentes, journal: Journal
) -> tuple[pl.DataFrame, pl.DataFrame]:
    suivi = e.vt[s.et] == PA
    muets = journal.tirer("entree_non_dite_vt", VT, suivi & s.arrive)
    absents = muets[journal.flux("entree_non_dite_vt/absents", VT).random(len(muets)) < 0.4]
    suivi[absents] = False
    sejour = np.flatnonzero(suivi)
    n = len(sejour)
    muet = np.isin(sejour, muets)
    journal.noter("entree_non_dite_vt", VT, np.flatnonzero(muet), "Statut")
    journal.noter_manques("entree_non_dite_vt", VT, len(absents), "Statut")
    genre = s.genre[sejour]
    parti = (s.sortie[sejour] < RESTE) & ~muet
    oublies = journal.choisir("sortie_non_dite_vt", VT, parti, "Date de sortie")
    dit_sorti = parti.copy()
    dit_sorti[oublies] = False
    entre = (genre != ADMIS) & ~muet
    entree = _dates_d_entree(VT, s, sejour, s.entree[sejour].copy(), journal, "Date d'entrée", entre)
    sortie = np.where(dit_sorti, np.maximum(s.sortie[sejour], entree), RESTE)
    admission = s.admission[sejour]
    demande = admission - 5 - np.minimum(rng.exponential(75.0, n), 700).astype(np.int64)
    etat = np.select(
        [dit_sorti, entre, genre == ADMIS, rng.random(n) < 0.5],
        ["SORTIE", "ENTREE", "ADMISSION", "LISTE_ATTENTE"], "ADMISSION",
    ).astype(object)  # fmt: skip
    admis = np.isin(etat, ("SORTIE", "ENTREE", "ADMISSION"))
    etat_le = np.select([dit_sorti, entre, admis], [sortie, entree, admission], (demande + admission) // 2)
    papier = rng.random(n) < PART_PAPIER
    episode = rang_dans(rang[sejour] * 100_000 + s.et[sejour])
    des_sejours = {
        "sejour": sejour, "et": s.et[sejour], "personne": rang[sejour], "papier": papier,
        "modalite": s.modalite[sejour], "gir": np.maximum(s.gir[sejour], 1), "demande": demande,
        "etat": _textes(etat), "etat_le": np.minimum(etat_le, JOURS - 1),
        "refus": _textes(np.full(n, None, dtype=object)), "admission": np.where(admis, admission, RESTE),
        "entree": np.where(entre, entree, RESTE), "sortie": sortie,
        "episode": np.where(papier, 1000 + s.et[sejour], episode),
        "est_double": np.zeros(n, dtype=bool),
    }  # fmt: skip
    demandes = [pl.DataFrame(des_sejours), *_demandes_pa(rng, e, attentes, journal, n)]
    table = pl.concat(demandes, how="vertical_relaxed").with_columns(
        *(_ou_rien(c, pl.col(c) < RESTE) for c in ("admission", "entree", "sortie"))
    )
    cle = (table["personne"] * 1_000_000 + table["episode"]).to_numpy()
    uniques, dossier = np.unique(cle, return_inverse=True)
    dossiers = pl.DataFrame(
        {
            "rang": np.arange(len(uniques)),
            "personne": uniques // 1_000_000,
            "papier": uniques % 1_000_000 >= 1000,
            "numero": rng.permutation(len(uniques)) + 1,
        }
    )
    table = table.drop("episode").with_columns(pl.Series("dossier", dossier)).with_row_index("rang")
    return table.with_columns(pl.col("rang").cast(pl.Int64)), dossiers


def _demandes_pa(
    rng: np.random.Generator, e: Etablissements, attentes: Attentes, journal: Journal, depart: int
) -> list[pl.DataFrame]:
    """Requests without a stay, then paper files beside some of them ; `depart`: rank of the first."""
    lignes = np.flatnonzero(~attentes.ph)
    n = len(lignes)
    etat = attentes.etat[lignes]
    refus = np.array(_MOTIFS_PA, dtype=object)[
        rng.choice(len(_MOTIFS_PA), n, p=[0.42, 0.2, 0.03, 0.08, 0.15, 0.07, 0.05])
    ]
    refus[etat != att.REFUSEE] = None
    papier = rng.random(n) < PART_PAPIER / 2
    gir_par_personne = 1 + rng.choice(
        6, int(attentes.personne.max(initial=0)) + 1, p=[0.06, 0.24, 0.2, 0.3, 0.12, 0.08]
    )
    demandes = pl.DataFrame(
        {
            "sejour": np.full(n, -1), "et": attentes.et[lignes], "personne": attentes.personne[lignes],
            "papier": papier,
            "modalite": attentes.modalite[lignes], "gir": gir_par_personne[attentes.personne[lignes]],
            "demande": attentes.demande[lignes], "etat": _textes(np.array(ETATS_PA, dtype=object)[etat]),
            "etat_le": attentes.statut_le[lignes], "refus": _textes(refus), "admission": np.full(n, RESTE),
            "entree": np.full(n, RESTE), "sortie": np.full(n, RESTE),
            "episode": np.where(papier, 1000 + attentes.et[lignes], 0), "est_double": np.zeros(n, dtype=bool),
        }
    )  # fmt: skip
    vives = np.isin(etat, (att.ENVOYEE, att.CONSULTEE, att.ANALYSE, att.LISTE, att.ACCEPTEE)) & ~papier
    doubles = journal.tirer("papier_en_double", VT, vives & (rang_dans(attentes.personne[lignes]) == 0))
    copie = demandes[doubles]
    # Half of the paper files are at the ET that has the electronic one, half at another.
    voisins = np.flatnonzero(e.vt == PA)
    ailleurs = voisins[(np.searchsorted(voisins, copie["et"].to_numpy()) + 1) % max(len(voisins), 1)]
    et = np.where(rng.random(len(copie)) < 0.5, copie["et"].to_numpy(), ailleurs)
    copie = copie.with_columns(
        pl.Series("et", et), pl.Series("episode", 500_000 + et), papier=pl.lit(True), etat=pl.lit("LISTE_ATTENTE"),
        est_double=pl.lit(True), etat_le=pl.col("demande"),
    )  # fmt: skip
    journal.noter("papier_en_double", VT, depart + n + np.arange(len(copie)), "Dossier papier")
    return [demandes, copie.select(demandes.columns)]


def _sdo(
    rng: np.random.Generator, e: Etablissements, s: Sejours, rang: Entiers, attentes: Attentes, decisions: Decisions,
    journal: Journal,
) -> pl.DataFrame:  # fmt: skip
    suivi = (e.vt[s.et] == PH) & (decisions.du_sejour >= 0)
    muets = journal.tirer("entree_non_dite_vt", SDO, suivi & s.arrive)
    absents = muets[journal.flux("entree_non_dite_vt/absents", SDO).random(len(muets)) < 0.4]
    suivi[absents] = False
    sejour = np.flatnonzero(suivi)
    genre = s.genre[sejour]
    muet = np.isin(sejour, muets)
    journal.noter("entree_non_dite_vt", SDO, np.flatnonzero(muet), "statutESMS")
    journal.noter_manques("entree_non_dite_vt", SDO, len(absents), "statutESMS")
    parti = (s.sortie[sejour] < RESTE) & ~muet
    oublies = journal.choisir("sortie_non_dite_vt", SDO, parti, "statutESMS")
    sorti = parti.copy()
    sorti[oublies] = False
    entre = (genre != ADMIS) & ~muet
    entree = _dates_d_entree(SDO, s, sejour, s.entree[sejour].copy(), journal, "dateStatutESMS", entre & ~sorti)
    esms = np.select([sorti, entre, genre == ADMIS], [48, 47, 71], 72)
    unite = np.select([sorti, entre, genre == ADMIS], [188, 186, 184], 183)
    le = np.select([sorti, entre], [np.minimum(s.sortie[sejour], JOURS - 1), entree], s.admission[sejour])
    motif_unite = np.array(_MOTIFS_SORTIE_PH)[s.motif[sejour]]
    motif_unite = np.where(sorti, motif_unite, 0)

    lignes = np.flatnonzero(attentes.ph & (decisions.de_l_attente >= 0))
    etats = _ETATS_PH[attentes.etat[lignes]]
    refuse = etats[:, 0] == 46
    etats[refuse & (rng.random(len(lignes)) < 0.4), 0] = 45
    motif_esms = np.where(refuse, rng.choice(np.array(_MOTIFS_REFUS_PH), len(lignes)), 0)
    motif_esms = np.where(etats[:, 0] == 49, 100, motif_esms)
    n = len(sejour) + len(lignes)
    table = pl.DataFrame(
        {
            "rang": np.arange(n),
            "sejour": np.concatenate([sejour, np.full(len(lignes), -1)]),
            "et": np.concatenate([s.et[sejour], attentes.et[lignes]]),
            "personne": np.concatenate([rang[sejour], attentes.personne[lignes]]),
            "decision": np.concatenate([decisions.du_sejour[sejour], decisions.de_l_attente[lignes]]),
            "modalite": np.concatenate([s.modalite[sejour], attentes.modalite[lignes]]),
            "esms": np.concatenate([esms, etats[:, 0]]),
            "unite": np.concatenate([unite, etats[:, 1]]),
            "motif_esms": np.concatenate([np.zeros(len(sejour), dtype=np.int64), motif_esms]),
            "motif_unite": np.concatenate([motif_unite, np.where(etats[:, 1] == 180, 100, 0)]),
            "esms_le": np.concatenate([le, attentes.statut_le[lignes]]),
            "numero": rng.permutation(n) + 1,
        }
    )
    faux = journal.choisir("couple_statut_motif", SDO, np.isin(table["esms"].to_numpy(), (47, 71)), "motifESMS")
    motif = table["motif_esms"].to_numpy().copy()
    motif[faux] = 113  # too far: only for a refusal
    return table.with_columns(pl.Series("motif_esms", motif)).with_columns(
        *(_ou_rien(c, pl.col(c) > 0) for c in ("unite", "motif_esms", "motif_unite"))
    )


def _ou_rien(colonne: str, connue: pl.Expr) -> pl.Expr:
    return pl.when(connue).then(colonne).alias(colonne)


def _textes(valeurs: np.ndarray) -> pl.Series:
    return pl.Series(valeurs.tolist(), dtype=pl.String)
