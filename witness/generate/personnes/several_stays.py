"""Stays of one person: who has several of them, at once or one after the other.

Belongs here: which stays are the same person's, and the dates that follow from it. Does not belong here: the other
dates (`sejours`), the identity of the person (`etat_civil`).
At once: home help and home nursing or day care, work (ESAT) and lodging or support, consultations and a school. One
after the other: home then housing, temporary then permanent housing, one house then another, childhood then adulthood.
Where both are counted by the panel at the end of the year, they have the same sex and the same year of birth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from witness.generate.personnes.et_facts import MODALITES, Etablissements
from witness.generate.personnes.record_keeping import PROFILS_PA
from witness.generate.personnes.sejours import ADMIS, ENTRE, PASSE, PREMIER_JOUR, SEJOUR_HT, SORTI, STABLE, Sejours
from witness.generate.streams import Entiers, Hasard, rang_dans

_HP, _HT, _AJ, _INT = (MODALITES.index(m) for m in ("HP", "HT", "AJ", "INT"))
_ESMS, _DOMICILE = 3, 0  # ranks among the reasons of exit, and the provenances
_VIENT_D_ESMS = 2
_MAISON = ("SOINS_DOMICILE", "AIDE_DOMICILE")
_ENFANTS = ("ENFANT_ETAB", "ENFANT_SERVICE")
PART_JUMEAUX = 0.012  # of the children


@dataclass
class Liens:
    """`personne`: rank of the first stay of the same person ; `suite`: rank of the stay that follows, or -1.

    `jumeau`: rank of the stay of a twin, or -1.
    """

    personne: Entiers
    suite: Entiers
    jumeau: Entiers


@dataclass
class _Etat:
    rng: np.random.Generator
    e: Etablissements
    s: Sejours
    personne: Entiers
    suite: Entiers
    tete: np.ndarray  # another stay was tied to this one

    def ou(self, profils: tuple[str, ...], *genres: int, modalites: tuple[int, ...] = ()) -> np.ndarray:
        """Stays of some ET and kinds."""
        choix = np.isin(self.e.profil, profils)[self.s.et] & np.isin(self.s.genre, genres)
        return choix & np.isin(self.s.modalite, modalites) if modalites else choix

    def libres(self, masque: np.ndarray, part: float = 1.0, *, second: bool = False) -> Entiers:
        """Stays not tied yet, a share of them, in any order."""
        seuls = ~self.tete & ((self.personne == np.arange(len(self.s))) if second else True)
        rangs = self.rng.permutation(np.flatnonzero(masque & seuls))
        return rangs[: round(part * len(rangs))]

    def lier(self, a: Entiers, b: Entiers) -> None:
        """`b` is the same person as `a`."""
        self.personne[b] = self.personne[a]
        self.tete[a] = True

    def ensemble(self, a: Entiers, b: Entiers) -> None:
        """Tie stays that go on together, of the same sex and year of birth, in two ET."""
        s = self.s
        annee = (s.naissance + PREMIER_JOUR).astype("datetime64[Y]").astype(int)
        cle = annee * 2 + s.femme
        codes = [cle[x] * 100_000 + rang_dans(cle[x]) for x in (a, b)]
        _, i, j = np.intersect1d(codes[0], codes[1], assume_unique=True, return_indices=True)
        garde = s.et[a[i]] != s.et[b[j]]
        a, b = a[i][garde], b[j][garde]
        s.naissance[b] = s.naissance[a]
        self.lier(a, b)

    def apres(self, a: Entiers, b: Entiers, ecart: tuple[int, int], *, meme_et: bool = False) -> None:
        """Tie stays that follow each other: `a` ends some days before `b` starts ; `a` takes the sex and age of `b`."""
        s = self.s
        if meme_et:
            codes = [s.et[x] * 10_000 + rang_dans(s.et[x]) for x in (a, b)]
            _, i, j = np.intersect1d(codes[0], codes[1], assume_unique=True, return_indices=True)
        else:
            i = j = np.arange(min(len(a), len(b)))
        a, b = a[i], b[j]
        fin = s.entree[b] - self.rng.integers(ecart[0], ecart[1] + 1, len(b))
        possible = (fin > np.where(s.genre[a] == PASSE, s.entree[a], 0)) & (a != b)
        possible &= (s.et[a] == s.et[b]) if meme_et else (s.et[a] != s.et[b])
        a, b, fin = a[possible], b[possible], fin[possible]
        s.sortie[a] = fin
        # Temporary housing stays short, however late what follows.
        courts = a[(s.modalite[a] == _HT) & (s.genre[a] == PASSE)]
        s.entree[courts] = np.maximum(s.entree[courts], s.sortie[courts] - SEJOUR_HT[1])
        s.fixe[a] = s.fixe[b] = True
        # Who was tied to `a` before is the same person too.
        groupe = np.full(len(s), -1)
        groupe[self.personne[a]] = b
        suit = groupe[self.personne] >= 0
        s.naissance[suit] = s.naissance[groupe[self.personne[suit]]]
        s.femme[suit] = s.femme[groupe[self.personne[suit]]]
        self.suite[a] = b
        self.lier(a, b)


def construire(hasard: Hasard, nom: str, e: Etablissements, s: Sejours) -> Liens:
    """Tie the stays of a département ; dates of the year that follow from it are set and fixed."""
    rng = hasard.flux(f"personnes/liens/{nom}")
    n = len(s)
    t = _Etat(rng, e, s, np.arange(n), np.full(n, -1), np.zeros(n, dtype=bool))
    partis, venus, la = (SORTI, PASSE), (ENTRE, PASSE), (STABLE, ENTRE)
    heberges = ("EHPAD", "HEBERGEMENT_PA")

    ht = t.ou(PROFILS_PA, PASSE, modalites=(_HT,))
    t.apres(t.libres(ht, 0.12), t.libres(t.ou(PROFILS_PA, ENTRE, modalites=(_HP,)), second=True), (0, 2), meme_et=True)
    t.apres(
        t.libres(ht, 0.1), t.libres(t.ou(PROFILS_PA, *venus, modalites=(_HT,)), second=True), (10, 60), meme_et=True
    )
    vers_esms = s.motif == _ESMS
    for profils, lieu in ((heberges, _HP), (("ADULTE_VIE", "ADULTE_SOINS"), _INT)):
        logees = t.ou(profils, SORTI, modalites=(lieu,)) & vers_esms
        reprises = t.ou(profils, *venus, modalites=(lieu,)) & (s.provenance == _VIENT_D_ESMS)
        t.apres(t.libres(logees, 0.7), t.libres(reprises, second=True), (0, 4))
    venus_de_chez_eux = t.ou(heberges, *venus, modalites=(_HP,)) & (s.provenance == _DOMICILE)
    t.apres(t.libres(t.ou(_MAISON, *partis) & vers_esms), t.libres(venus_de_chez_eux, second=True), (0, 9))
    jeunes = t.ou(("TRAVAIL", "ADULTE_VIE", "ADULTE_SERVICE"), *venus) & (s.naissance > -26 * 365)
    t.apres(t.libres(t.ou(_ENFANTS, SORTI) & vers_esms), t.libres(jeunes, second=True), (0, 40))

    aide = t.ou(("AIDE_DOMICILE",), *la)
    t.ensemble(t.libres(aide), t.libres(t.ou(("SOINS_DOMICILE",), *la), 0.55, second=True))
    t.ensemble(t.libres(aide), t.libres(t.ou(PROFILS_PA, *la, modalites=(_AJ,)), 0.6, second=True))
    travail = t.ou(("TRAVAIL",), *la)
    t.ensemble(t.libres(travail), t.libres(t.ou(("ADULTE_VIE",), *la, modalites=(_INT,)), 0.6, second=True))
    t.ensemble(t.libres(travail), t.libres(t.ou(("ADULTE_SERVICE",), *la), 0.4, second=True))
    t.ensemble(t.libres(t.ou(("SEANCES",), *la)), t.libres(t.ou(_ENFANTS, *la), 0.1, second=True))
    # Admitted elsewhere while they are helped at home.
    t.ensemble(t.libres(t.ou(_MAISON, *la)), t.libres(t.ou(heberges, ADMIS), 0.6, second=True))
    return Liens(t.personne, t.suite, _jumeaux(rng, e, s, t))


def accorder(s: Sejours, liens: Liens) -> None:
    """One birth date for the stays of one person, and of twins: the earliest."""
    premiere = np.full(len(s), np.iinfo(np.int64).max)
    np.minimum.at(premiere, liens.personne, s.naissance)
    s.naissance = premiere[liens.personne]
    a = np.flatnonzero(liens.jumeau >= 0)
    s.naissance[a] = np.minimum(s.naissance[a], s.naissance[liens.jumeau[a]])


def _jumeaux(rng: np.random.Generator, e: Etablissements, s: Sejours, t: _Etat) -> Entiers:
    """Twins: children of one ET, of the same year of birth, and each with this stay alone."""
    jumeau = np.full(len(s), -1)
    enfants = t.libres(t.ou((*_ENFANTS, "SEANCES"), STABLE, ENTRE), second=True)
    annee = (s.naissance[enfants] + PREMIER_JOUR).astype("datetime64[Y]").astype(int)
    cle = s.et[enfants] * 1000 + annee
    ordre = np.argsort(cle, kind="stable")
    enfants, cle = enfants[ordre], cle[ordre]
    paires = np.flatnonzero((cle[:-1] == cle[1:]) & (rang_dans(cle)[:-1] % 2 == 0))
    paires = rng.permutation(paires)[: round(PART_JUMEAUX / 2 * len(enfants))]
    a, b = enfants[paires], enfants[paires + 1]
    jumeau[a], jumeau[b] = b, a
    s.naissance[b] = s.naissance[a]
    return jumeau
