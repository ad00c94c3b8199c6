"""What is true of each stay beside what was told of it: not told, without a decision, in two places at once.

Belongs here: the statuses of a stay, from the truth and from what was written. Does not belong here: writing, matching.

A software « tells » a stay when one of its rows about it can be read. A status compares a system with the DUI: it is
given only to stays that a DUI tells, at an ET that feeds the system.

`deux_lieux`: two stays of one person in housing (HP, HT, INT), in two ET, overlap by more than three days. The dates of
each are those of the DUI, or else those of RESID, or else those of ViaTrajectoire. `dossier_papier_double` is about a
request, not about a stay. `annee` is the year of the entry for an entry that was not told, and the last year for all
other statuses.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.channels.channel_file import Departement
from witness.generate.personnes.declared_stays import DECEMBER, TOLERANCE
from witness.generate.personnes.et_facts import MODALITES, YEAR
from witness.generate.personnes.record_keeping import HANDISOFT, PROFILS_PH, TDDUI
from witness.generate.personnes.sejours import ADMITTED, DAYS, FIRST_DAY, STILL_THERE
from witness.generate.streams import Integers

SCHEMA = {
    "sejour_vrai": pl.Int64,
    "personne_vraie": pl.Int64,
    "finess_et": pl.String,
    "statut": pl.String,
    "annee": pl.Int64,
}
HEBERGEMENTS = tuple(MODALITES.index(m) for m in ("HP", "HT", "INT"))


def statuts(d: Departement, sejour_id: np.ndarray, personne_id: np.ndarray) -> pl.DataFrame:
    """One row for each stay (or request) and status that is true of it."""
    s, e, n = d.s, d.e, len(d.s)
    dui = d.dossiers.sejours.filter(~pl.col("est_double") & ~pl.col("est_illisible"))
    dui_entree, dui_sortie = _told(dui, n, "entree"), _told(dui, n, "sortie")
    told_by_dui = dui_entree < STILL_THERE
    left_in_dui = (dui_sortie < DAYS) & told_by_dui
    resid, vt, sdo = d.declarations.resid, d.declarations.vt.filter(pl.col("sejour") >= 0), d.declarations.sdo
    sdo = sdo.filter(pl.col("sejour") >= 0).with_columns(
        pl.when(pl.col("esms") == 47).then("esms_le").alias("entree"),
        pl.when(pl.col("esms") == 48).then("esms_le").alias("sortie"),
    )
    vt_entree = np.minimum(_told(vt, n, "entree"), np.minimum(_told(sdo, n, "entree"), _told(sdo, n, "sortie")))
    vt_sortie = np.minimum(_told(vt, n, "sortie"), _told(sdo, n, "sortie"))
    resid_entree, resid_sortie = _told(resid, n, "entree"), _told(resid, n, "sortie")
    followed_vt, followed_resid = e.vt[s.et] != "", e.resid[s.et]
    entry_year = (FIRST_DAY + s.entree).astype("datetime64[Y]").astype(int) + 1970
    last = np.full(n, YEAR)
    handicap = np.isin(e.profil, PROFILS_PH)[s.et] & np.isin(e.channel, (HANDISOFT, TDDUI))[s.et]
    expiring = np.append(d.decisions.table["expirant"].to_numpy(), False)[d.decisions.of_sejour]
    known_to_dui = told_by_dui | ((s.kind == ADMITTED) & (_told(dui, n, "admission") < STILL_THERE))
    in_resid, in_vt = resid_entree < STILL_THERE, vt_entree < STILL_THERE
    retained = [
        np.where(told_by_dui, of_dui, np.where(in_resid, of_resid, of_vt))
        for of_dui, of_resid, of_vt in ((dui_entree, resid_entree, vt_entree), (dui_sortie, resid_sortie, vt_sortie))
    ]
    cases = {
        "entree_non_dite_vt": (told_by_dui & followed_vt & ~in_vt, entry_year),
        "entree_non_dite_resid": (
            told_by_dui & followed_resid & ~in_resid & (s.sortie >= DECEMBER), entry_year,
        ),
        "sortie_non_dite_vt": (left_in_dui & followed_vt & in_vt & (vt_sortie >= STILL_THERE), last),
        "sortie_non_dite_resid": (
            left_in_dui & followed_resid & in_resid & (resid_sortie >= STILL_THERE), last,
        ),
        "sans_decision": (known_to_dui & handicap & ~s.oriente, last),
        "decision_expirant": (told_by_dui & handicap & s.present & expiring, last),
        "deux_lieux": (_deux_lieux(d, *retained), last),
    }  # fmt: skip
    finess = d.finess
    rows = [pl.DataFrame(schema=SCHEMA)]
    for statut, (mask, year) in cases.items():
        ranks = np.flatnonzero(mask)
        rows.append(
            _rows(
                statut,
                pl.Series(sejour_id[ranks]),
                personne_id[d.rank[ranks]],
                finess.gather(s.et[ranks]),
                year[ranks],
            )
        )
    on_paper = d.declarations.vt.filter("est_double")
    who = personne_id[on_paper["personne"].to_numpy()]
    no_sejour = pl.Series([None] * len(on_paper), dtype=pl.Int64)
    rows.append(
        _rows("dossier_papier_double", no_sejour, who, finess.gather(on_paper["et"]), np.full(len(on_paper), YEAR))
    )
    return pl.concat(rows)


def _rows(statut: str, sejour: pl.Series, personne: Integers, finess: pl.Series, year: Integers) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "sejour_vrai": sejour,
            "personne_vraie": personne,
            "finess_et": finess,
            "statut": pl.repeat(statut, len(finess), eager=True),
            "annee": year,
        },
        schema=SCHEMA,
    )


def _told(table: pl.DataFrame, n: int, column: str) -> Integers:
    """A date that a table tells about each stay, `STILL_THERE` when it tells none."""
    dates = np.full(n, STILL_THERE)
    known = table.filter(pl.col(column).is_not_null())
    dates[known["sejour"].to_numpy()] = known[column].to_numpy()
    return dates


def _deux_lieux(d: Departement, entree: Integers, sortie: Integers) -> np.ndarray:
    """Mask of the stays in housing that overlap another of the same person in another ET, beyond the tolerance."""
    s = d.s
    lodged = np.flatnonzero(np.isin(s.modalite, HEBERGEMENTS) & (entree < STILL_THERE) & (s.kind != ADMITTED))
    t = pl.DataFrame(
        {
            "rang": lodged,
            "personne": d.rank[lodged],
            "et": s.et[lodged],
            "entree": entree[lodged],
            "sortie": sortie[lodged],
        }
    )
    several = t.filter(pl.len().over("personne") > 1)
    pairs = several.join(several, on="personne", suffix="_b").filter(
        (pl.col("et") != pl.col("et_b"))
        & (pl.min_horizontal("sortie", "sortie_b", pl.lit(DAYS)) - pl.max_horizontal("entree", "entree_b") > TOLERANCE)
    )
    mask = np.zeros(len(s), dtype=bool)
    mask[pairs["rang"].to_numpy()] = True
    return mask
