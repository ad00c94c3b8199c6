"""True staff: full-time equivalents by job, vacancies, absences, turnover.

Belongs here: who works, in ETP. Does not belong here: what they cost (`comptes`).

ETP are whole hundredths: each function is the exact sum of its jobs, and the total is the exact sum of the functions.
"""

from __future__ import annotations

import numpy as np

from witness.generate import facts
from witness.generate.panel import Panel
from witness.generate.streams import Streams, noise, percentages, shares

JOBS = tuple(facts.texts("personnel", "poste"))
GROUPES = tuple(dict.fromkeys(facts.texts("personnel", "groupe")))
MOTIFS_ABSENCE = ("courte", "moyenne", "longue", "maternite", "at_mp", "conges")
CLASSES_AGE_RH = 8


def fill(streams: Streams, p: Panel) -> None:
    """Fill the panel with staff.

    Every ET has some: as many as its places call for, or as its profile does when it has no places.
    """
    rng = streams.stream("personnel")
    n_et = len(p.table_et)
    places = np.nan_to_num(p.v["cap_inst_total"])
    size = np.maximum(places * p.fact("etp_pour_100") / 100, p.fact("etp_minimum"))
    total = size * p.by_et(noise(rng, n_et, 0.16)) * noise(rng, len(p), 0.02)
    expected = facts.matrix("personnel", list(facts.profils())).T[p.profil]
    et_shares = shares(rng, facts.matrix("personnel", list(facts.profils())).T[p.table_et["profil_id"].to_numpy()], 220)
    share = 0.85 * p.by_et(et_shares) + 0.15 * shares(rng, expected, 220)
    hundredths = np.rint(total[:, None] * share * 100)
    groups = facts.texts("personnel", "groupe")
    for i, job in enumerate(JOBS):
        p.v[f"etp_{job.lower()}"] = hundredths[:, i] / 100
    for group in GROUPES:
        members = [i for i, g in enumerate(groups) if g == group]
        p.v[f"etp_groupe_{group.lower()}"] = hundredths[:, members].sum(axis=1) / 100
    summed = hundredths.sum(axis=1) / 100
    p.v["etp_total"] = summed
    p.v["etp_moyen_annuel"] = np.round(summed * noise(rng, len(p), 0.008), 2)
    carers = ("etp_groupe_paramedical", "etp_groupe_medical")
    p.v["etp_soins"] = sum((p.v[s] for s in carers), np.zeros(len(p)))
    p.v["effectif_physique"] = np.ceil(summed * p.by_et(rng.uniform(1.08, 1.28, n_et)))

    for name, centre in (("tx_etp_vacants", 0.038), ("tx_etp_vacants_soins", 0.055), ("tx_etp_vacants_socio", 0.03)):
        p.v[name] = np.round(100 * rng.beta(centre * 30, (1 - centre) * 30, len(p)), 2)
    p.v["tx_prestations_externes"] = np.round(100 * rng.beta(1.6, 40, len(p)), 2)
    p.v["tx_management"] = np.round(100 * rng.beta(3, 45, len(p)), 2)
    p.v["tx_rotation_rh"] = np.round(100 * rng.beta(5, 30, len(p)), 2)
    p.v["cdd_remplacement"] = rng.poisson(summed * p.fact("cdd_par_etp")).astype(float)

    mean = p.fact("taux_absenteisme") * p.by_et(noise(rng, n_et, 0.3)) * noise(rng, len(p), 0.1)
    motifs = np.round(100 * mean[:, None] * shares(rng, np.tile([26.0, 18, 33, 10, 9, 4], (len(p), 1)), 60), 2)
    for i, motif in enumerate(MOTIFS_ABSENCE):
        p.v[f"absence_{motif}"] = motifs[:, i]
    p.v["tx_absenteisme"] = np.round(motifs.sum(axis=1), 2)
    p.v["tx_absenteisme_motifs"] = p.v["tx_absenteisme"]  # the questionnaire asks it again, above its reasons

    pyramid = np.tile([0.6, 15, 23, 26, 14, 12, 7.5, 1.9], (len(p), 1))
    headcounts = np.rint(p.v["effectif_physique"][:, None] * shares(rng, pyramid, 70))
    classes = percentages(headcounts)
    for i in range(CLASSES_AGE_RH):
        p.v[f"age_rh_{i + 1}_pct"] = np.round(classes[:, i], 2)
