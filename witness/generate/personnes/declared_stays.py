"""What ESMS tell the national systems about their stays: RESID-ESMS of December, ViaTrajectoire for both publics.

Belongs here: who is told, with which dates and states, and what is forgotten. Does not belong here: what the ESMS keeps
(`records`), the columns of a file (`channels`), who the persons are (`spellings`).

The states of requests for the elderly are those of the contract of ViaTrajectoire. Those for disabled people are the
codes J252 (ESMS) and J253 (unit), whose reasons follow ASS_A32.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate.personnes import waiting
from witness.generate.personnes.decisions import Decisions
from witness.generate.personnes.et_facts import Etablissements
from witness.generate.personnes.person_defects import Journal
from witness.generate.personnes.record_keeping import PA, PH
from witness.generate.personnes.sejours import ADMITTED, DAYS, STILL_THERE, Sejours
from witness.generate.personnes.waiting import Requests
from witness.generate.streams import Integers, Streams, rank_within

RESID, VT, DOSSIERS, SDO = "resid", "vt", "dossiers_vt", "sdo"  # tables of records, for the ledger
DECEMBER = DAYS - 31
PAPER_SHARE = 0.08
TOLERANCE = 3  # days between two dates of one entry that are still the same entry
# What is told for each state of a request (`waiting`): the label of the contract for the elderly; for disabled people,
# the codes of the ESMS and of the unit.
STATES_PA = ("ENVOYEE", "CONSULTEE", "EN_ANALYSE", "LISTE_ATTENTE", "ACCEPTEE", "REFUSEE", "ANNULEE", "ARCHIVEE")
_STATES_PH = np.array([(39, 0), (40, 0), (42, 182), (72, 183), (71, 184), (46, 0), (49, 180), (49, 180)])
_MOTIFS_PA = ("PLACES", "PROFIL", "AGE", "RESSOURCES", "USAGER", "DOSSIER", "AUTRE")
_MOTIFS_REFUS_PH = (86, 113, 114, 115, 116, 117, 118, 119, 120, 122, 148)
# Reason of the unit (J250) for each reason of exit: death, hospital, home, another ESMS, unknown (nothing is told).
_MOTIFS_SORTIE_PH = (124, 157, 147, 91, 0)


@dataclass
class Declarations:
    """Records told to the national systems, as polars tables, with days as whole numbers.

    - resid: rang, sejour, et, personne, modalite, entree, sortie, organisme.
    - vt: rang, sejour (-1: only a request), et, personne, dossier (rank), papier, modalite, gir, demande, etat,
      etat_le, refus, admission, entree, sortie, est_double (a paper file beside another one).
    - dossiers: rang, personne, papier, numero.
    - sdo: rang, sejour, et, personne, decision (row), modalite, esms, unite, motif_esms, motif_unite, esms_le, numero.
    """

    resid: pl.DataFrame
    vt: pl.DataFrame
    dossiers: pl.DataFrame
    sdo: pl.DataFrame


def build(
    streams: Streams, name: str, e: Etablissements, s: Sejours, rank: Integers, requests: Requests,
    decisions: Decisions, journal: Journal,
) -> Declarations:  # fmt: skip
    """Everything that is told about a département. `rank`: the person of each stay."""
    vt, dossiers = _viatrajectoire_pa(streams.stream(f"personnes/vt_pa/{name}"), e, s, rank, requests, journal)
    return Declarations(
        _resid(streams.stream(f"personnes/resid/{name}"), e, s, rank, journal),
        vt,
        dossiers,
        _sdo(streams.stream(f"personnes/sdo/{name}"), e, s, rank, requests, decisions, journal),
    )


def _resid(rng: np.random.Generator, e: Etablissements, s: Sejours, rank: Integers, journal: Journal) -> pl.DataFrame:
    followed = e.resid[s.et] & (s.kind != ADMITTED)
    active = followed & (s.sortie >= DECEMBER)
    # The exit was not told in time: the person who left before December is still in the file.
    late_ones = journal.pick("sortie_non_dite_resid", RESID, followed & (s.sortie < STILL_THERE))
    told = active.copy()
    told[late_ones] = True
    untold = journal.pick("entree_non_dite_resid", RESID, active & s.arrived & ~np.isin(np.arange(len(s)), late_ones))
    told[untold] = False
    journal.record_missing("entree_non_dite_resid", RESID, len(untold), "DATE_ENTREE")
    sejour = np.flatnonzero(told)
    forgotten = np.isin(sejour, late_ones)
    journal.record("sortie_non_dite_resid", RESID, np.flatnonzero(forgotten), "DATE_SORTIE")
    entree = _entry_dates(RESID, s, sejour, s.entree[sejour].copy(), journal, "DATE_ENTREE")
    sortie = np.where(forgotten, STILL_THERE, s.sortie[sejour])
    sortie = np.where(sortie < STILL_THERE, np.maximum(sortie, entree), STILL_THERE)
    return pl.DataFrame(
        {
            "rang": np.arange(len(sejour)),
            "sejour": sejour,
            "et": s.et[sejour],
            "personne": rank[sejour],
            "modalite": s.modalite[sejour],
            "entree": entree,
            "sortie": sortie,
            "organisme": rng.integers(11, 985, len(sejour)),
        }
    ).with_columns(_or_none("sortie", pl.col("sortie") < STILL_THERE))


def _entry_dates(
    where: str,
    s: Sejours,
    sejour: Integers,
    entree: Integers,
    journal: Journal,
    field_name: str,
    told: np.ndarray | None = None,
) -> Integers:
    """The entries as they are told: some are shifted, some are replaced by the admission."""
    taken = np.zeros(len(sejour), dtype=bool) if told is None else ~told

    def chosen(nature: str, possible: np.ndarray) -> Integers:
        ranks = journal.spoil(nature, where, possible & ~taken, field_name)
        taken[ranks] = True
        return ranks

    rng = journal.stream("entree/jours", where)
    left = s.sortie[sejour] < STILL_THERE
    admission = s.admission[sejour]
    ranks = chosen("admission_pour_entree", entree - admission > TOLERANCE)
    entree[ranks] = admission[ranks]
    long = ~left | (s.sortie[sejour] - entree > 60)
    ranks = chosen("entree_decalee", long & (entree < DAYS - 50))
    entree[ranks] += rng.integers(TOLERANCE + 7, 45, len(ranks)) * rng.choice(np.array([-1, 1]), len(ranks))
    ranks = chosen("entree_decalee_toleree", long & (entree < DAYS - TOLERANCE))
    entree[ranks] += rng.integers(1, TOLERANCE + 1, len(ranks)) * rng.choice(np.array([-1, 1]), len(ranks))
    return entree


def _viatrajectoire_pa(
    rng: np.random.Generator, e: Etablissements, s: Sejours, rank: Integers, requests: Requests, journal: Journal
) -> tuple[pl.DataFrame, pl.DataFrame]:
    followed = e.vt[s.et] == PA
    untold = journal.pick("entree_non_dite_vt", VT, followed & s.arrived)
    missing = untold[journal.stream("entree_non_dite_vt/absents", VT).random(len(untold)) < 0.4]
    followed[missing] = False
    sejour = np.flatnonzero(followed)
    n = len(sejour)
    is_untold = np.isin(sejour, untold)
    journal.record("entree_non_dite_vt", VT, np.flatnonzero(is_untold), "Statut")
    journal.record_missing("entree_non_dite_vt", VT, len(missing), "Statut")
    kind = s.kind[sejour]
    left = (s.sortie[sejour] < STILL_THERE) & ~is_untold
    forgotten = journal.spoil("sortie_non_dite_vt", VT, left, "Date de sortie")
    told_left = left.copy()
    told_left[forgotten] = False
    entered = (kind != ADMITTED) & ~is_untold
    entree = _entry_dates(VT, s, sejour, s.entree[sejour].copy(), journal, "Date d'entrée", entered)
    sortie = np.where(told_left, np.maximum(s.sortie[sejour], entree), STILL_THERE)
    admission = s.admission[sejour]
    demande = admission - 5 - np.minimum(rng.exponential(75.0, n), 700).astype(np.int64)
    state = np.select(
        [told_left, entered, kind == ADMITTED, rng.random(n) < 0.5],
        ["SORTIE", "ENTREE", "ADMISSION", "LISTE_ATTENTE"], "ADMISSION",
    ).astype(object)  # fmt: skip
    admitted = np.isin(state, ("SORTIE", "ENTREE", "ADMISSION"))
    state_day = np.select([told_left, entered, admitted], [sortie, entree, admission], (demande + admission) // 2)
    on_paper = rng.random(n) < PAPER_SHARE
    episode = rank_within(rank[sejour] * 100_000 + s.et[sejour])
    of_sejours = {
        "sejour": sejour, "et": s.et[sejour], "personne": rank[sejour], "papier": on_paper,
        "modalite": s.modalite[sejour], "gir": np.maximum(s.gir[sejour], 1), "demande": demande,
        "etat": _texts(state), "etat_le": np.minimum(state_day, DAYS - 1),
        "refus": _texts(np.full(n, None, dtype=object)), "admission": np.where(admitted, admission, STILL_THERE),
        "entree": np.where(entered, entree, STILL_THERE), "sortie": sortie,
        "episode": np.where(on_paper, 1000 + s.et[sejour], episode),
        "est_double": np.zeros(n, dtype=bool),
    }  # fmt: skip
    demandes = [pl.DataFrame(of_sejours), *_requests_pa(rng, e, requests, journal, n)]
    table = pl.concat(demandes, how="vertical_relaxed").with_columns(
        *(_or_none(c, pl.col(c) < STILL_THERE) for c in ("admission", "entree", "sortie"))
    )
    key = (table["personne"] * 1_000_000 + table["episode"]).to_numpy()
    distinct, dossier = np.unique(key, return_inverse=True)
    dossiers = pl.DataFrame(
        {
            "rang": np.arange(len(distinct)),
            "personne": distinct // 1_000_000,
            "papier": distinct % 1_000_000 >= 1000,
            "numero": rng.permutation(len(distinct)) + 1,
        }
    )
    table = table.drop("episode").with_columns(pl.Series("dossier", dossier)).with_row_index("rang")
    return table.with_columns(pl.col("rang").cast(pl.Int64)), dossiers


def _requests_pa(
    rng: np.random.Generator, e: Etablissements, requests: Requests, journal: Journal, first_rank: int
) -> list[pl.DataFrame]:
    """Requests that led to no stay, then the paper files that stand beside some of them.

    `first_rank` is the rank of the first one in the table.
    """
    rows = np.flatnonzero(~requests.ph)
    n = len(rows)
    state = requests.etat[rows]
    refusal = np.array(_MOTIFS_PA, dtype=object)[
        rng.choice(len(_MOTIFS_PA), n, p=[0.42, 0.2, 0.03, 0.08, 0.15, 0.07, 0.05])
    ]
    refusal[state != waiting.REFUSED] = None
    on_paper = rng.random(n) < PAPER_SHARE / 2
    gir_by_person = 1 + rng.choice(6, int(requests.personne.max(initial=0)) + 1, p=[0.06, 0.24, 0.2, 0.3, 0.12, 0.08])
    demandes = pl.DataFrame(
        {
            "sejour": np.full(n, -1), "et": requests.et[rows], "personne": requests.personne[rows],
            "papier": on_paper,
            "modalite": requests.modalite[rows], "gir": gir_by_person[requests.personne[rows]],
            "demande": requests.demande[rows], "etat": _texts(np.array(STATES_PA, dtype=object)[state]),
            "etat_le": requests.statut_le[rows], "refus": _texts(refusal), "admission": np.full(n, STILL_THERE),
            "entree": np.full(n, STILL_THERE), "sortie": np.full(n, STILL_THERE),
            "episode": np.where(on_paper, 1000 + requests.et[rows], 0), "est_double": np.zeros(n, dtype=bool),
        }
    )  # fmt: skip
    live = (
        np.isin(state, (waiting.SENT, waiting.SEEN, waiting.UNDER_REVIEW, waiting.WAITING_LIST, waiting.ACCEPTED))
        & ~on_paper
    )
    doubles = journal.pick("papier_en_double", VT, live & (rank_within(requests.personne[rows]) == 0))
    copies = demandes[doubles]
    # Half of the paper files are at the ET that has the electronic one, half at another.
    neighbours = np.flatnonzero(e.vt == PA)
    elsewhere = neighbours[(np.searchsorted(neighbours, copies["et"].to_numpy()) + 1) % max(len(neighbours), 1)]
    et = np.where(rng.random(len(copies)) < 0.5, copies["et"].to_numpy(), elsewhere)
    copies = copies.with_columns(
        pl.Series("et", et), pl.Series("episode", 500_000 + et), papier=pl.lit(True), etat=pl.lit("LISTE_ATTENTE"),
        est_double=pl.lit(True), etat_le=pl.col("demande"),
    )  # fmt: skip
    journal.record("papier_en_double", VT, first_rank + n + np.arange(len(copies)), "Dossier papier")
    return [demandes, copies.select(demandes.columns)]


def _sdo(
    rng: np.random.Generator, e: Etablissements, s: Sejours, rank: Integers, requests: Requests, decisions: Decisions,
    journal: Journal,
) -> pl.DataFrame:  # fmt: skip
    followed = (e.vt[s.et] == PH) & (decisions.of_sejour >= 0)
    untold = journal.pick("entree_non_dite_vt", SDO, followed & s.arrived)
    missing = untold[journal.stream("entree_non_dite_vt/absents", SDO).random(len(untold)) < 0.4]
    followed[missing] = False
    sejour = np.flatnonzero(followed)
    kind = s.kind[sejour]
    is_untold = np.isin(sejour, untold)
    journal.record("entree_non_dite_vt", SDO, np.flatnonzero(is_untold), "statutESMS")
    journal.record_missing("entree_non_dite_vt", SDO, len(missing), "statutESMS")
    left = (s.sortie[sejour] < STILL_THERE) & ~is_untold
    forgotten = journal.spoil("sortie_non_dite_vt", SDO, left, "statutESMS")
    told_left = left.copy()
    told_left[forgotten] = False
    entered = (kind != ADMITTED) & ~is_untold
    entree = _entry_dates(SDO, s, sejour, s.entree[sejour].copy(), journal, "dateStatutESMS", entered & ~told_left)
    esms = np.select([told_left, entered, kind == ADMITTED], [48, 47, 71], 72)
    unit = np.select([told_left, entered, kind == ADMITTED], [188, 186, 184], 183)
    told_on = np.select([told_left, entered], [np.minimum(s.sortie[sejour], DAYS - 1), entree], s.admission[sejour])
    motif_unite = np.array(_MOTIFS_SORTIE_PH)[s.motif[sejour]]
    motif_unite = np.where(told_left, motif_unite, 0)

    rows = np.flatnonzero(requests.ph & (decisions.of_request >= 0))
    states = _STATES_PH[requests.etat[rows]]
    refused = states[:, 0] == 46
    states[refused & (rng.random(len(rows)) < 0.4), 0] = 45
    motif_esms = np.where(refused, rng.choice(np.array(_MOTIFS_REFUS_PH), len(rows)), 0)
    motif_esms = np.where(states[:, 0] == 49, 100, motif_esms)
    n = len(sejour) + len(rows)
    table = pl.DataFrame(
        {
            "rang": np.arange(n),
            "sejour": np.concatenate([sejour, np.full(len(rows), -1)]),
            "et": np.concatenate([s.et[sejour], requests.et[rows]]),
            "personne": np.concatenate([rank[sejour], requests.personne[rows]]),
            "decision": np.concatenate([decisions.of_sejour[sejour], decisions.of_request[rows]]),
            "modalite": np.concatenate([s.modalite[sejour], requests.modalite[rows]]),
            "esms": np.concatenate([esms, states[:, 0]]),
            "unite": np.concatenate([unit, states[:, 1]]),
            "motif_esms": np.concatenate([np.zeros(len(sejour), dtype=np.int64), motif_esms]),
            "motif_unite": np.concatenate([motif_unite, np.where(states[:, 1] == 180, 100, 0)]),
            "esms_le": np.concatenate([told_on, requests.statut_le[rows]]),
            "numero": rng.permutation(n) + 1,
        }
    )
    wrong = journal.spoil("couple_statut_motif", SDO, np.isin(table["esms"].to_numpy(), (47, 71)), "motifESMS")
    motif = table["motif_esms"].to_numpy().copy()
    motif[wrong] = 113  # a reason that is allowed for a refusal only
    return table.with_columns(pl.Series("motif_esms", motif)).with_columns(
        *(_or_none(c, pl.col(c) > 0) for c in ("unite", "motif_esms", "motif_unite"))
    )


def _or_none(column: str, known: pl.Expr) -> pl.Expr:
    return pl.when(known).then(column).alias(column)


def _texts(values: np.ndarray) -> pl.Series:
    return pl.Series(values.tolist(), dtype=pl.String)
