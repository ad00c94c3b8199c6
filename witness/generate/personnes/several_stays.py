"""Stays of one person: who has several of them, at the same time or one after the other.

Belongs here: which stays are of the same person, and the dates that follow from it. Does not belong here: the other
dates (`sejours`), the identity of the person (`etat_civil`).

- At the same time: home help and home nursing or day care; work (ESAT) and lodging or support; consultations and a
  school.
- One after the other: home then housing; temporary then permanent housing; one house then another; childhood then
  adulthood.

Two stays that the panel counts at the end of the year are tied only when they have the same sex and the same year of
birth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from witness.generate.personnes.et_facts import MODALITES, Etablissements
from witness.generate.personnes.record_keeping import PROFILS_PA
from witness.generate.personnes.sejours import ADMITTED, CAME, FIRST_DAY, LEFT, PASSED, SEJOUR_HT, STABLE, Sejours
from witness.generate.streams import Integers, Streams, rank_within

_HP, _HT, _AJ, _INT = (MODALITES.index(m) for m in ("HP", "HT", "AJ", "INT"))
_ESMS, _DOMICILE = 3, 0  # ranks among the reasons of exit, and the provenances
_FROM_ESMS = 2
_AT_HOME = ("SOINS_DOMICILE", "AIDE_DOMICILE")
_CHILDREN = ("ENFANT_ETAB", "ENFANT_SERVICE")
TWIN_SHARE = 0.012  # of the children


@dataclass
class Ties:
    """For each stay, the other stays that it is tied to.

    `personne` is the rank of the first stay of the same person, `following` that of the next one or -1, `twin` that of
    a stay of a twin or -1.
    """

    personne: Integers
    following: Integers
    twin: Integers


@dataclass
class _Tying:
    """The stays of a département while they are being tied."""

    rng: np.random.Generator
    e: Etablissements
    s: Sejours
    personne: Integers
    following: Integers
    tied: np.ndarray  # mask of the stays that another one was tied to

    def where(self, profils: tuple[str, ...], *kinds: int, modalites: tuple[int, ...] = ()) -> np.ndarray:
        """Mask of the stays of some profiles and kinds."""
        choice = np.isin(self.e.profil, profils)[self.s.et] & np.isin(self.s.kind, kinds)
        return choice & np.isin(self.s.modalite, modalites) if modalites else choice

    def free(self, mask: np.ndarray, share: float = 1.0, *, second: bool = False) -> Integers:
        """A share of the stays of a mask that are not tied yet, in a random order."""
        alone = ~self.tied & ((self.personne == np.arange(len(self.s))) if second else True)
        ranks = self.rng.permutation(np.flatnonzero(mask & alone))
        return ranks[: round(share * len(ranks))]

    def tie(self, a: Integers, b: Integers) -> None:
        """Note that `b` is a stay of the same person as `a`."""
        self.personne[b] = self.personne[a]
        self.tied[a] = True

    def together(self, a: Integers, b: Integers) -> None:
        """Tie stays that go on at the same time in two ET, of the same sex and year of birth."""
        s = self.s
        year = (s.birth + FIRST_DAY).astype("datetime64[Y]").astype(int)
        key = year * 2 + s.woman
        codes = [key[x] * 100_000 + rank_within(key[x]) for x in (a, b)]
        _, i, j = np.intersect1d(codes[0], codes[1], assume_unique=True, return_indices=True)
        kept = s.et[a[i]] != s.et[b[j]]
        a, b = a[i][kept], b[j][kept]
        s.birth[b] = s.birth[a]
        self.tie(a, b)

    def after(self, a: Integers, b: Integers, gap: tuple[int, int], *, same_et: bool = False) -> None:
        """Tie stays that follow each other: `a` ends some days before `b` starts.

        The stay `a` takes the sex and the age of `b`.
        """
        s = self.s
        if same_et:
            codes = [s.et[x] * 10_000 + rank_within(s.et[x]) for x in (a, b)]
            _, i, j = np.intersect1d(codes[0], codes[1], assume_unique=True, return_indices=True)
        else:
            i = j = np.arange(min(len(a), len(b)))
        a, b = a[i], b[j]
        end = s.entree[b] - self.rng.integers(gap[0], gap[1] + 1, len(b))
        possible = (end > np.where(s.kind[a] == PASSED, s.entree[a], 0)) & (a != b)
        possible &= (s.et[a] == s.et[b]) if same_et else (s.et[a] != s.et[b])
        a, b, end = a[possible], b[possible], end[possible]
        s.sortie[a] = end
        # Temporary housing stays short, however late the next stay starts.
        short = a[(s.modalite[a] == _HT) & (s.kind[a] == PASSED)]
        s.entree[short] = np.maximum(s.entree[short], s.sortie[short] - SEJOUR_HT[1])
        s.fixed[a] = s.fixed[b] = True
        # The stays that were tied to `a` before are of the same person too.
        group = np.full(len(s), -1)
        group[self.personne[a]] = b
        follows = group[self.personne] >= 0
        s.birth[follows] = s.birth[group[self.personne[follows]]]
        s.woman[follows] = s.woman[group[self.personne[follows]]]
        self.following[a] = b
        self.tie(a, b)


def build(streams: Streams, name: str, e: Etablissements, s: Sejours) -> Ties:
    """Tie the stays of a département. The dates of the year that follow from it are set, and fixed."""
    rng = streams.stream(f"personnes/liens/{name}")
    n = len(s)
    t = _Tying(rng, e, s, np.arange(n), np.full(n, -1), np.zeros(n, dtype=bool))
    left, came, there = (LEFT, PASSED), (CAME, PASSED), (STABLE, CAME)
    housed = ("EHPAD", "HEBERGEMENT_PA")

    ht = t.where(PROFILS_PA, PASSED, modalites=(_HT,))
    t.after(t.free(ht, 0.12), t.free(t.where(PROFILS_PA, CAME, modalites=(_HP,)), second=True), (0, 2), same_et=True)
    t.after(t.free(ht, 0.1), t.free(t.where(PROFILS_PA, *came, modalites=(_HT,)), second=True), (10, 60), same_et=True)
    to_esms = s.motif == _ESMS
    for profils, housing in ((housed, _HP), (("ADULTE_VIE", "ADULTE_SOINS"), _INT)):
        lodged = t.where(profils, LEFT, modalites=(housing,)) & to_esms
        resumed = t.where(profils, *came, modalites=(housing,)) & (s.provenance == _FROM_ESMS)
        t.after(t.free(lodged, 0.7), t.free(resumed, second=True), (0, 4))
    came_from_home = t.where(housed, *came, modalites=(_HP,)) & (s.provenance == _DOMICILE)
    t.after(t.free(t.where(_AT_HOME, *left) & to_esms), t.free(came_from_home, second=True), (0, 9))
    young = t.where(("TRAVAIL", "ADULTE_VIE", "ADULTE_SERVICE"), *came) & (s.birth > -26 * 365)
    t.after(t.free(t.where(_CHILDREN, LEFT) & to_esms), t.free(young, second=True), (0, 40))

    home_help = t.where(("AIDE_DOMICILE",), *there)
    t.together(t.free(home_help), t.free(t.where(("SOINS_DOMICILE",), *there), 0.55, second=True))
    t.together(t.free(home_help), t.free(t.where(PROFILS_PA, *there, modalites=(_AJ,)), 0.6, second=True))
    working = t.where(("TRAVAIL",), *there)
    t.together(t.free(working), t.free(t.where(("ADULTE_VIE",), *there, modalites=(_INT,)), 0.6, second=True))
    t.together(t.free(working), t.free(t.where(("ADULTE_SERVICE",), *there), 0.4, second=True))
    t.together(t.free(t.where(("SEANCES",), *there)), t.free(t.where(_CHILDREN, *there), 0.1, second=True))
    # Some are admitted to a house while they are helped at home.
    t.together(t.free(t.where(_AT_HOME, *there)), t.free(t.where(housed, ADMITTED), 0.6, second=True))
    return Ties(t.personne, t.following, _twins(rng, e, s, t))


def reconcile(s: Sejours, ties: Ties) -> None:
    """Give one birth date, the earliest, to the stays of one person and to twins."""
    first = np.full(len(s), np.iinfo(np.int64).max)
    np.minimum.at(first, ties.personne, s.birth)
    s.birth = first[ties.personne]
    a = np.flatnonzero(ties.twin >= 0)
    s.birth[a] = np.minimum(s.birth[a], s.birth[ties.twin[a]])


def _twins(rng: np.random.Generator, e: Etablissements, s: Sejours, t: _Tying) -> Integers:
    """Choose twins: two children of one ET, born in the same year, who each have this stay alone."""
    twin = np.full(len(s), -1)
    children = t.free(t.where((*_CHILDREN, "SEANCES"), STABLE, CAME), second=True)
    year = (s.birth[children] + FIRST_DAY).astype("datetime64[Y]").astype(int)
    key = s.et[children] * 1000 + year
    order = np.argsort(key, kind="stable")
    children, key = children[order], key[order]
    pairs = np.flatnonzero((key[:-1] == key[1:]) & (rank_within(key)[:-1] % 2 == 0))
    pairs = rng.permutation(pairs)[: round(TWIN_SHARE / 2 * len(children))]
    a, b = children[pairs], children[pairs + 1]
    twin[a], twin[b] = b, a
    s.birth[b] = s.birth[a]
    return twin
