"""What is true of each stay beside what was told of it: who was not told, what is missing, who is in two places.

Belongs here: the statuses of the issue, from the stays and what was written. Does not belong here: writing, matching.

A stay is « told » by a software when a row of it can be read. Statuses compare a system with the DUI: only stays that
a DUI tells have them, and only at ET that feed the system (they have other rows in it). `deux_lieux`: two stays of one
person in housing (HP, HT, INT), in two ET, overlap by more than three days, taking for each the dates of the DUI, else
of RESID, else of
ViaTrajectoire. `dossier_papier_double` is about a request, not a stay. `annee`: of the entry, of the exit, or the last.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.channels.channel_file import Departement
from witness.generate.personnes.declared_stays import DECEMBRE, TOLERANCE
from witness.generate.personnes.et_facts import ANNEE, MODALITES
from witness.generate.personnes.record_keeping import HANDISOFT, PROFILS_PH, TDDUI
from witness.generate.personnes.sejours import ADMIS, JOURS, PREMIER_JOUR, RESTE
from witness.generate.streams import Entiers

SCHEMA = {
    "sejour_vrai": pl.Int64,
    "personne_vraie": pl.Int64,
    "finess_et": pl.String,
    "statut": pl.String,
    "annee": pl.Int64,
}
HEBERGEMENTS = tuple(MODALITES.index(m) for m in ("HP", "HT", "INT"))


def statuts(d: Departement, sejour_id: np.ndarray, personne_id: np.ndarray) -> pl.DataFrame:
    """One row per stay (or request) and status that is true of it."""
    s, e, n = d.s, d.e, len(d.s)
    dui = d.dossiers.sejours.filter(~pl.col("est_double") & ~pl.col("est_illisible"))
    dui_entree, dui_sortie = _dit(dui, n, "entree"), _dit(dui, n, "sortie")
    dans_dui = dui_entree < RESTE
    sorti_dui = (dui_sortie < JOURS) & dans_dui
    resid, vt, sdo = d.declarations.resid, d.declarations.vt.filter(pl.col("sejour") >= 0), d.declarations.sdo
    sdo = sdo.filter(pl.col("sejour") >= 0).with_columns(
        pl.when(pl.col("esms") == 47).then("esms_le").alias("entree"),
        pl.when(pl.col("esms") == 48).then("esms_le").alias("sortie"),
    )
    vt_entree = np.minimum(_dit(vt, n, "entree"), np.minimum(_dit(sdo, n, "entree"), _dit(sdo, n, "sortie")))
    vt_sortie = np.minimum(_dit(vt, n, "sortie"), _dit(sdo, n, "sortie"))
    resid_entree, resid_sortie = _dit(resid, n, "entree"), _dit(resid, n, "sortie")
    suivi_vt, suivi_resid = e.vt[s.et] != "", e.resid[s.et]
    an_entree = (PREMIER_JOUR + s.entree).astype("datetime64[Y]").astype(int) + 1970
    derniere = np.full(n, ANNEE)
    handicap = np.isin(e.profil, PROFILS_PH)[s.et] & np.isin(e.canal, (HANDISOFT, TDDUI))[s.et]
    expirant = np.append(d.decisions.table["expirant"].to_numpy(), False)[d.decisions.du_sejour]
    in_dui = dans_dui | ((s.genre == ADMIS) & (_dit(dui, n, "admission") < RESTE))
    retenue = [np.where(dans_dui, dui_entree, np.where(resid_entree < RESTE, resid_entree, vt_entree)),
               np.where(dans_dui, dui_sortie, np.where(resid_entree < RESTE, resid_sortie, vt_sortie))]  # fmt: skip
    cas = {
        "entree_non_dite_vt": (dans_dui & suivi_vt & (vt_entree >= RESTE), an_entree),
        "entree_non_dite_resid": (
            dans_dui & suivi_resid & (resid_entree >= RESTE) & (s.sortie >= DECEMBRE), an_entree,
        ),
        "sortie_non_dite_vt": (sorti_dui & suivi_vt & (vt_entree < RESTE) & (vt_sortie >= RESTE), derniere),
        "sortie_non_dite_resid": (
            sorti_dui & suivi_resid & (resid_entree < RESTE) & (resid_sortie >= RESTE), derniere,
        ),
        "sans_decision": (in_dui & handicap & ~s.oriente, derniere),
        "decision_expirant": (dans_dui & handicap & s.present & expirant, derniere),
        "deux_lieux": (_deux_lieux(d, *retenue), derniere),
    }  # fmt: skip
    finess = d.finess
    lignes = [pl.DataFrame(schema=SCHEMA)]
    for statut, (masque, annee) in cas.items():
        rangs = np.flatnonzero(masque)
        lignes.append(
            _lignes(
                statut,
                pl.Series(sejour_id[rangs]),
                personne_id[d.rang[rangs]],
                finess.gather(s.et[rangs]),
                annee[rangs],
            )
        )
    papiers = d.declarations.vt.filter("est_double")
    qui = personne_id[papiers["personne"].to_numpy()]
    rien = pl.Series([None] * len(papiers), dtype=pl.Int64)
    lignes.append(
        _lignes("dossier_papier_double", rien, qui, finess.gather(papiers["et"]), np.full(len(papiers), ANNEE))
    )
    return pl.concat(lignes)


def _lignes(statut: str, sejour: pl.Series, personne: Entiers, finess: pl.Series, annee: Entiers) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "sejour_vrai": sejour,
            "personne_vraie": personne,
            "finess_et": finess,
            "statut": pl.repeat(statut, len(finess), eager=True),
            "annee": annee,
        },
        schema=SCHEMA,
    )


def _dit(table: pl.DataFrame, n: int, colonne: str) -> Entiers:
    """A date told about each stay, `RESTE` when none is."""
    dates = np.full(n, RESTE)
    connues = table.filter(pl.col(colonne).is_not_null())
    dates[connues["sejour"].to_numpy()] = connues[colonne].to_numpy()
    return dates


def _deux_lieux(d: Departement, entree: Entiers, sortie: Entiers) -> np.ndarray:
    """Stays in housing that overlap another of the same person in another ET, of more than the tolerance."""
    s = d.s
    loges = np.flatnonzero(np.isin(s.modalite, HEBERGEMENTS) & (entree < RESTE) & (s.genre != ADMIS))
    t = pl.DataFrame(
        {"rang": loges, "personne": d.rang[loges], "et": s.et[loges], "entree": entree[loges], "sortie": sortie[loges]}
    )
    a_plusieurs = t.filter(pl.len().over("personne") > 1)
    paires = a_plusieurs.join(a_plusieurs, on="personne", suffix="_b").filter(
        (pl.col("et") != pl.col("et_b"))
        & (pl.min_horizontal("sortie", "sortie_b", pl.lit(JOURS)) - pl.max_horizontal("entree", "entree_b") > TOLERANCE)
    )
    masque = np.zeros(len(s), dtype=bool)
    masque[paires["rang"].to_numpy()] = True
    return masque
