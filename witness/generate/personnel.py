"""True staff: full-time equivalents by job, vacancies, absences, turnover.

Belongs here: who works, in ETP. Does not belong here: what they cost (`comptes`).
ETP are whole hundredths: each function is the exact sum of its jobs, the total the exact sum of the functions.
"""

from __future__ import annotations

import numpy as np

from witness.generate import facts
from witness.generate.panel import Panel
from witness.generate.streams import Hasard, bruit, parts, proportions_en_pourcent

POSTES = tuple(facts.textes("personnel", "poste"))
GROUPES = tuple(dict.fromkeys(facts.textes("personnel", "groupe")))
MOTIFS_ABSENCE = ("courte", "moyenne", "longue", "maternite", "at_mp", "conges")
CLASSES_AGE_RH = 8


def remplir(hasard: Hasard, p: Panel) -> None:
    """Fill the panel with staff. Every ET has staff ; the size follows its places, or its profile when it has none."""
    rng = hasard.flux("personnel")
    n_et = len(p.table_et)
    places = np.nan_to_num(p.v["cap_inst_total"])
    taille = np.maximum(places * p.fait("etp_pour_100") / 100, p.fait("etp_minimum"))
    total = taille * p.par_et(bruit(rng, n_et, 0.16)) * bruit(rng, len(p), 0.02)
    esperance = facts.matrice("personnel", list(facts.profils())).T[p.profil]
    part_et = parts(rng, facts.matrice("personnel", list(facts.profils())).T[p.table_et["profil_id"].to_numpy()], 220)
    part = 0.85 * p.par_et(part_et) + 0.15 * parts(rng, esperance, 220)
    centiemes = np.rint(total[:, None] * part * 100)
    groupes = facts.textes("personnel", "groupe")
    for i, poste in enumerate(POSTES):
        p.v[f"etp_{poste.lower()}"] = centiemes[:, i] / 100
    for groupe in GROUPES:
        membres = [i for i, g in enumerate(groupes) if g == groupe]
        p.v[f"etp_groupe_{groupe.lower()}"] = centiemes[:, membres].sum(axis=1) / 100
    somme = centiemes.sum(axis=1) / 100
    p.v["etp_total"] = somme
    p.v["etp_moyen_annuel"] = np.round(somme * bruit(rng, len(p), 0.008), 2)
    soignants = ("etp_groupe_paramedical", "etp_groupe_medical")
    p.v["etp_soins"] = sum((p.v[s] for s in soignants), np.zeros(len(p)))
    p.v["effectif_physique"] = np.ceil(somme * p.par_et(rng.uniform(1.08, 1.28, n_et)))

    for nom, centre in (("tx_etp_vacants", 0.038), ("tx_etp_vacants_soins", 0.055), ("tx_etp_vacants_socio", 0.03)):
        p.v[nom] = np.round(100 * rng.beta(centre * 30, (1 - centre) * 30, len(p)), 2)
    p.v["tx_prestations_externes"] = np.round(100 * rng.beta(1.6, 40, len(p)), 2)
    p.v["tx_management"] = np.round(100 * rng.beta(3, 45, len(p)), 2)
    p.v["tx_rotation_rh"] = np.round(100 * rng.beta(5, 30, len(p)), 2)
    p.v["cdd_remplacement"] = rng.poisson(somme * p.fait("cdd_par_etp")).astype(float)

    moyenne = p.fait("taux_absenteisme") * p.par_et(bruit(rng, n_et, 0.3)) * bruit(rng, len(p), 0.1)
    motifs = np.round(100 * moyenne[:, None] * parts(rng, np.tile([26.0, 18, 33, 10, 9, 4], (len(p), 1)), 60), 2)
    for i, motif in enumerate(MOTIFS_ABSENCE):
        p.v[f"absence_{motif}"] = motifs[:, i]
    p.v["tx_absenteisme"] = np.round(motifs.sum(axis=1), 2)
    p.v["tx_absenteisme_motifs"] = p.v["tx_absenteisme"]  # asked again at the head of its motives

    pyramide = np.tile([0.6, 15, 23, 26, 14, 12, 7.5, 1.9], (len(p), 1))
    effectifs = np.rint(p.v["effectif_physique"][:, None] * parts(rng, pyramide, 70))
    classes = proportions_en_pourcent(effectifs)
    for i in range(CLASSES_AGE_RH):
        p.v[f"age_rh_{i + 1}_pct"] = np.round(classes[:, i], 2)
