"""Who asks for a place without staying there: persons, the ET asked, the answer so far.

Belongs here: requests that did not lead to a stay, for the elderly and for disabled people, and the persons nobody
receives yet. Does not belong here: requests that led to a stay (they are the stays), how ViaTrajectoire says it.
A person asks several ET. Some of those who got a place are still on the lists of others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from witness.generate.personnes.et_facts import Etablissements
from witness.generate.personnes.record_keeping import PA, PH
from witness.generate.personnes.sejours import JOURS, PASSE, Sejours
from witness.generate.streams import Entiers, Hasard, tirer

ENVOYEE, CONSULTEE, ANALYSE, LISTE, ACCEPTEE, REFUSEE, ANNULEE, ARCHIVEE = range(8)
PART_ATTENTE_PA, PART_ATTENTE_PH = 0.2, 0.12  # persons who wait, per person present
PART_CHEZ_EUX = 0.55  # of those who wait for an elderly's place, helped at home meanwhile
DELAI_MAX = 730


@dataclass
class Attentes:
    """Requests: `personne` (rank), `et` asked, `modalite`, state, day asked, day of the state ; `ph`: of a MDPH.

    `naissance`, `femme`: persons that no stay knows, whose ranks follow those of the stays.
    """

    personne: Entiers
    et: Entiers
    modalite: Entiers
    etat: Entiers
    demande: Entiers
    statut_le: Entiers
    ph: np.ndarray
    naissance: Entiers
    femme: np.ndarray


@dataclass
class _Demandes:
    personne: list[Entiers]
    et: list[Entiers]
    modalite: list[Entiers]
    etat: list[Entiers]
    demande: list[Entiers]
    statut_le: list[Entiers]
    ph: list[np.ndarray]


def construire(hasard: Hasard, nom: str, e: Etablissements, s: Sejours, rang: Entiers) -> Attentes:
    """Requests of a département. `rang`: rank of the person of each stay."""
    rng = hasard.flux(f"personnes/attentes/{nom}")
    d = _Demandes([], [], [], [], [], [], [])
    n_personnes = int(rang.max()) + 1 if len(rang) else 0
    naissances: list[Entiers] = []
    femmes: list[np.ndarray] = []
    pa, ph = (np.flatnonzero(e.vt == v) for v in (PA, PH))
    if len(pa):
        _restees(rng, d, e, s, rang, pa)
    for asked, part, est_ph in ((pa, PART_ATTENTE_PA, False), (ph, PART_ATTENTE_PH, True)):
        if len(asked) == 0:
            continue
        n = round(part * e.presents[asked].sum())
        connus, nouveaux = _qui(rng, e, s, rang, asked, n, est_ph)
        naissances.append(s.naissance[nouveaux] + rng.integers(-300, 301, len(nouveaux)))
        femmes.append(s.femme[nouveaux])
        qui = np.concatenate([connus, n_personnes + np.arange(len(nouveaux))])
        n_personnes += len(nouveaux)
        n_demandes = np.minimum(1 + tirer(rng, np.array([34.0, 30, 22, 14]), len(qui)), len(asked))
        _ajouter(rng, d, e, qui, n_demandes, asked, est_ph)
    vide = np.array([], dtype=np.int64)
    champs = {c: np.concatenate(v) if v else vide for c, v in vars(d).items()}
    return _sans_doublon(
        Attentes(
            **champs,
            naissance=np.minimum(np.concatenate(naissances), -400) if naissances else vide,
            femme=np.concatenate(femmes) if femmes else vide.astype(bool),
        ),
        s,
        rang,
    )


def _qui(
    rng: np.random.Generator, e: Etablissements, s: Sejours, rang: Entiers, asked: Entiers, n: int, est_ph: bool
) -> tuple[Entiers, Entiers]:
    """Ranks of persons already known, and stays after which those nobody knows are modelled."""
    profils = (
        ("ENFANT_ETAB", "ENFANT_SERVICE", "ADULTE_SERVICE", "TRAVAIL")
        if est_ph
        else ("SOINS_DOMICILE", "AIDE_DOMICILE")
    )
    chez_eux = np.isin(e.profil, profils)[s.et] & s.present
    if not est_ph:
        chez_eux &= s.naissance < -70 * 365
    connus = np.unique(rng.permutation(rang[chez_eux])[: round(n * (0.3 if est_ph else PART_CHEZ_EUX))])
    modeles = np.flatnonzero(np.isin(s.et, asked))
    return connus, rng.choice(modeles, max(n - len(connus), 0)) if len(modeles) else modeles


def _ajouter(
    rng: np.random.Generator, d: _Demandes, e: Etablissements, qui: Entiers, combien: Entiers, asked: Entiers, ph: bool
) -> None:
    """Requests of persons who wait, to ET that differ for each."""
    personne = np.repeat(qui, combien)
    n = len(personne)
    et = _differents(rng, combien, asked)
    delai = np.minimum(rng.exponential(210.0, len(qui)), DELAI_MAX).astype(np.int64) + 3
    demande = JOURS - 1 - np.repeat(delai, combien)
    etat = tirer(rng, np.array([10.0, 8, 20, 38, 8, 14, 2, 0]), n)
    etat = np.where(ph & (etat == ANNULEE), REFUSEE, etat)
    statut_le = demande + np.floor(rng.random(n) * (JOURS - demande)).astype(np.int64)
    d.personne.append(personne)
    d.et.append(et)
    d.modalite.append(_modalites(rng, e, et))
    d.etat.append(etat)
    d.demande.append(demande)
    d.statut_le.append(np.where(etat == ENVOYEE, demande, statut_le))
    d.ph.append(np.full(n, ph))


def _restees(
    rng: np.random.Generator, d: _Demandes, e: Etablissements, s: Sejours, rang: Entiers, asked: Entiers
) -> None:
    """Other requests of those who entered, or were admitted, since two years: withdrawn, refused, or forgotten."""
    recents = np.flatnonzero(np.isin(s.et, asked) & (s.entree >= -JOURS) & (s.genre != PASSE))
    combien = np.minimum(tirer(rng, np.array([35.0, 30, 22, 13]), len(recents)), len(asked) - 1)
    et = _differents(rng, combien, asked)
    sejour = np.repeat(recents, combien)
    n = len(sejour)
    entree = np.minimum(s.entree[sejour], JOURS - 1)
    demande = entree - rng.integers(20, 300, n)
    # « Liste » : forgotten there, the list is longer than it should be.
    etat = np.array([ANNULEE, REFUSEE, ARCHIVEE, LISTE])[tirer(rng, np.array([44.0, 34, 14, 8]), n)]
    apres = np.minimum(entree + rng.integers(0, 30, n), JOURS - 1)
    avant = demande + np.floor(rng.random(n) * (entree - demande)).astype(np.int64)
    d.personne.append(rang[sejour])
    d.et.append(et)
    d.modalite.append(_modalites(rng, e, et))
    d.etat.append(etat)
    d.demande.append(demande)
    d.statut_le.append(np.where(np.isin(etat, (ANNULEE, ARCHIVEE)), apres, avant))
    d.ph.append(np.full(n, False))


def _differents(rng: np.random.Generator, combien: Entiers, asked: Entiers) -> Entiers:
    """ET asked by each, all different: some that follow each other on a circle, from anywhere."""
    depart = rng.integers(0, len(asked), len(combien))
    pas = np.arange(combien.sum()) - np.repeat(np.cumsum(combien) - combien, combien)
    return asked[(np.repeat(depart, combien) + pas) % len(asked)]


def _modalites(rng: np.random.Generator, e: Etablissements, et: Entiers) -> Entiers:
    """What is asked of an ET: what it offers."""
    return tirer(rng, e.modalites[et] + 1e-9)


def _sans_doublon(a: Attentes, s: Sejours, rang: Entiers) -> Attentes:
    """One request per person and ET, and none to an ET where the person stays, or stayed in the year."""
    sejour = rang * 100_000 + s.et
    cle = a.personne * 100_000 + a.et
    _, premiers = np.unique(cle, return_index=True)
    garde = np.zeros(len(cle), dtype=bool)
    garde[premiers] = True
    garde &= ~np.isin(cle, sejour)
    lignes = {c: getattr(a, c)[garde] for c in ("personne", "et", "modalite", "etat", "demande", "statut_le", "ph")}
    return Attentes(**lignes, naissance=a.naissance, femme=a.femme)
