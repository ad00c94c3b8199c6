"""True stays of the last year in the ET of a département: who comes, who leaves, when.

Belongs here: one row a stay, its dates, the age and sex of the person, so that each ET counts what the panel says of
it. Does not belong here: identities (`etat_civil`), which stays are of one person (`several_stays`), what is told
(`channels`).

Days are counted from the first of January of the year (0), and are negative before. A stay covers the days d such that
entree <= d < sortie.

Agreement with the panel is exact for people present, entries and exits, ages, sexes, modalites, GIR, provenances and
reasons of exit. It is near for the days in permanent or temporary housing (the entries and exits may leave too little
play) and for the mean length of the stays that end, other than temporary or day care (ages and openings bound it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from witness.generate.personnes.et_facts import MODALITES, YEAR, Etablissements
from witness.generate.personnes.record_keeping import PROFILS_PA, PROFILS_PH
from witness.generate.streams import Floats, Integers, Streams, pick
from witness.generate.usagers import AGE_BOUNDS

FIRST_DAY = np.datetime64(f"{YEAR}-01-01")
DAYS = int((np.datetime64(f"{YEAR + 1}-01-01") - FIRST_DAY).astype(int))
STILL_THERE = 10_000  # « day » of exit of a person who is still there
# Kinds of stays: all year long, came in the year, left in the year, came and left, admitted but not there yet.
STABLE, CAME, LEFT, PASSED, ADMITTED = range(5)
PASSAGE_SHARE = 0.16  # of the entries, those whose stay also ends in the year
ADMITTED_SHARE = 0.012
MAX_AGE = 108
_ENTRY_AGE = {"EHPAD": 60, "HEBERGEMENT_PA": 60, "JOUR_PA": 60, "ADULTE_SOINS": 18, "ADULTE_VIE": 18, "TRAVAIL": 18,
               "ADULTE_SERVICE": 18, "SOINS_DOMICILE": 18, "AIDE_DOMICILE": 18, "ENFANT_ETAB": 3}  # fmt: skip
_DEFAULT_GIR = np.array([6.0, 24, 20, 30, 12, 8])
_HT = MODALITES.index("HT")
_HP = MODALITES.index("HP")
_AJ = MODALITES.index("AJ")
# Length of a stay in temporary housing: 90 days a year at most (CASF, D. 312-10). It is longer where too few people
# come to make the days that the panel says.
SEJOUR_HT = (7, 85)
USUAL_SEJOUR_HT = 60
PASSAGE_SHARE_HT = 0.8  # at most, of the entries whose stay can also end: the others come for permanent places


@dataclass
class Sejours:
    """Columns of the stays. `et` is the row in `Etablissements`; the rows of one ET follow each other."""

    et: Integers
    kind: Integers
    birth: Integers  # day
    woman: np.ndarray
    modalite: Integers
    gir: Integers  # 0: the person is not rated
    provenance: Integers  # rank in PROVENANCES
    motif: Integers  # rank in SORTIES, -1 while it lasts
    oriente: np.ndarray
    admission: Integers
    entree: Integers  # planned, for those admitted
    sortie: Integers
    fixed: np.ndarray  # dates of the year that must not move any more

    def __len__(self) -> int:
        return len(self.et)

    @property
    def present(self) -> np.ndarray:
        """Mask of the stays that go on at the end of the year."""
        return (self.kind == STABLE) | (self.kind == CAME)

    @property
    def arrived(self) -> np.ndarray:
        """Mask of the stays that started in the year."""
        return (self.kind == CAME) | (self.kind == PASSED)

    @property
    def left(self) -> np.ndarray:
        """Mask of the stays that ended in the year."""
        return (self.kind == LEFT) | (self.kind == PASSED)

    @property
    def days(self) -> Integers:
        """Days of each stay in the year."""
        length = np.minimum(self.sortie, DAYS) - np.maximum(self.entree, 0)
        return np.where(self.kind == ADMITTED, 0, np.maximum(length, 0))


def build(streams: Streams, name: str, e: Etablissements) -> Sejours:
    """Stays of the ET `e` of the département `name`. Their dates of the year are settled later (see `set_dates`)."""
    rng = streams.stream(f"personnes/sejours/{name}")
    passages, temporary = _passages(rng, e)
    admitted = np.where(e.vt != "", rng.binomial(e.presents, ADMITTED_SHARE), 0)
    counts = np.stack(
        [e.presents - e.entrees + passages, e.entrees - passages, e.sorties - passages, passages, admitted], axis=1
    )
    n_et = len(e)
    et = np.repeat(np.arange(n_et), counts.sum(axis=1))
    kind = np.repeat(np.tile(np.arange(5), n_et), counts.ravel())
    n = len(et)
    s = Sejours(
        et=et,
        kind=kind,
        birth=np.zeros(n, dtype=np.int64),
        woman=np.zeros(n, dtype=bool),
        modalite=np.zeros(n, dtype=np.int64),
        gir=np.zeros(n, dtype=np.int64),
        provenance=np.zeros(n, dtype=np.int64),
        motif=np.full(n, -1),
        oriente=np.zeros(n, dtype=bool),
        admission=np.zeros(n, dtype=np.int64),
        entree=np.zeros(n, dtype=np.int64),
        sortie=np.full(n, STILL_THERE),
        fixed=np.zeros(n, dtype=bool),
    )
    _who(rng, e, s)
    _how(rng, e, s, temporary)
    _when(rng, s)
    return s


def set_dates(streams: Streams, name: str, e: Etablissements, s: Sejours) -> None:
    """Settle the dates: first the days in housing, then the entries of the years before."""
    rng = streams.stream(f"personnes/dates/{name}")
    _adjust_journees(e, s)
    _adjust_temporary(e, s)
    _earlier_entrees(rng, e, s)
    # The admission is decided before the entry: at once at home, in a few days for the elderly, in months for others.
    delay = rng.exponential(
        np.select([np.isin(e.profil, PROFILS_PH), np.isin(e.profil, PROFILS_PA)], [32.0, 8.0], 2.0)[s.et]
    )
    s.admission = np.minimum(s.entree - np.minimum(delay, 200).astype(np.int64), DAYS - 1)
    # Nobody enters before being born: a few infants are a little older than the panel says.
    s.birth = np.minimum(s.birth, np.minimum(s.admission, s.entree - 1))


def absences(e: Etablissements) -> Integers:
    """Days of absence in the year, by ET."""
    return np.rint(e.absences * (e.presents + e.sorties)).astype(np.int64)


def distribute(group: Integers, key: Floats, counts: Integers) -> Integers:
    """Give a class to each row, so that each group has exactly its counts (groups, classes).

    Rows are served in the order of their keys, the smallest first.
    """
    order = np.lexsort((key, group))
    classes = np.repeat(np.tile(np.arange(counts.shape[1]), len(counts)), counts.ravel())
    result = np.zeros(len(group), dtype=np.int64)
    result[order] = classes
    return result


def _passages(rng: np.random.Generator, e: Etablissements) -> tuple[Integers, Integers]:
    """How many stays start and end in the year, and how many of these are temporary, by ET.

    There are enough of them for two things: the people present are at least as many as those who came and stayed, and
    the days of temporary housing are reached.
    """
    possible = np.minimum(e.entrees, e.sorties)
    others = rng.binomial(possible, PASSAGE_SHARE)
    presents = e.modalites[:, _HT]
    wanted = np.ceil(np.nan_to_num(e.journees_ht) / USUAL_SEJOUR_HT).astype(np.int64) - presents
    # Those in temporary housing at the end of the year came in the year too.
    remaining = np.maximum(np.minimum(possible, e.entrees - presents) - others, 0)
    temporary = np.clip(wanted, 0, np.floor(PASSAGE_SHARE_HT * remaining).astype(np.int64))
    passages = np.maximum(others + temporary, e.entrees - e.presents)
    return passages, temporary


def _who(rng: np.random.Generator, e: Etablissements, s: Sejours) -> None:
    """Draw ages and sexes.

    Those who left resemble those who are present at the end of the year, except that the eldest leave first where
    people age out.
    """
    present = s.present
    key = rng.random(len(s))
    # Whoever was born in the year came in the year.
    age_class = np.zeros(len(s), dtype=np.int64)
    age_noise = np.where(s.kind == CAME, 0.0, 1.0)
    age_class[present] = _ages_of_those_present(rng, e.ages, s.et[present], age_noise[present])
    women = np.stack([e.women, e.presents - e.women], axis=1)
    s.woman[present] = distribute(s.et[present], key[present], women) == 0
    others = np.flatnonzero(~present)
    start = np.searchsorted(s.et, np.arange(len(e)))
    present_ranks = np.flatnonzero(present)
    first_present = np.searchsorted(present_ranks, start)
    models = [
        present_ranks[first_present[s.et[others]] + (rng.random(len(others)) * e.presents[s.et[others]]).astype(int)]
        for _ in range(2)
    ]
    elder = np.isin(e.profil[s.et[others]], (*PROFILS_PH, "SEANCES")) & (s.kind[others] == LEFT)
    model = np.where(elder, np.maximum(age_class[models[0]], age_class[models[1]]), age_class[models[0]])
    age_class[others] = np.maximum(model, 1)
    s.woman[others] = s.woman[models[0]]
    bounds = np.array([*AGE_BOUNDS, MAX_AGE])
    low, high = bounds[age_class], bounds[age_class + 1]
    # From 96 on there are fewer and fewer; in the other classes every age is as frequent.
    draw = rng.random(len(s))
    draw = np.where(age_class == len(AGE_BOUNDS) - 1, draw**3, draw)
    age = low + np.floor(draw * (high - low)).astype(np.int64)
    year = YEAR - age
    first = (np.array([f"{a}-01-01" for a in range(YEAR - MAX_AGE, YEAR + 1)], dtype="datetime64[D]")
               - FIRST_DAY).astype(int)  # fmt: skip
    s.birth = first[year - (YEAR - MAX_AGE)] + rng.integers(0, 365, len(s))


def _ages_of_those_present(rng: np.random.Generator, counts: Integers, et: Integers, older: Floats) -> Integers:
    """Age classes, with exact counts.

    Those born in the year are taken among those who came in the year, as far as possible.
    """
    births = counts.copy()
    births[:, 1:] = 0
    infants = np.stack([counts[:, 0], counts.sum(axis=1) - counts[:, 0]], axis=1)
    draw = rng.random(len(et))
    is_infant = distribute(et, older + draw, infants) == 0
    classes = np.zeros(len(et), dtype=np.int64)
    others = counts.copy()
    others[:, 0] = 0
    classes[~is_infant] = distribute(et[~is_infant], draw[~is_infant][::-1].copy(), others)
    return classes


def _how(rng: np.random.Generator, e: Etablissements, s: Sejours, temporary: Integers) -> None:
    """Draw the modalite, the provenance, the reason of exit and the decision of the MDPH."""
    present = s.present
    # Temporary places are for those who came last.
    key = rng.random(len(s)) - 0.8 * (s.kind == CAME)
    ranks = np.array([_HT, *(i for i in range(len(MODALITES)) if i != _HT)])
    s.modalite[present] = ranks[distribute(s.et[present], key[present], e.modalites[:, ranks])]
    others = np.flatnonzero(~present)
    weights = e.modalites[s.et[others]].astype(float)
    weights[:, _HT] *= np.array([1.0, 1.0, 1.5, 9.0, 3.0])[s.kind[others]]
    # Passages in temporary housing are counted where the days are known.
    counts = np.isfinite(e.journees_ht)[s.et[others]] & (s.kind[others] == PASSED)
    weights[:, _HT] = np.where(counts & (weights.sum(axis=1) > weights[:, _HT]), 0.0, weights[:, _HT])
    s.modalite[others] = pick(rng, weights)
    passed = s.kind == PASSED
    groups = np.stack([temporary, np.bincount(s.et[passed], minlength=len(e)) - temporary], axis=1)
    passed_ranks = np.flatnonzero(passed)
    s.modalite[passed_ranks[distribute(s.et[passed], rng.random(len(passed_ranks)), groups) == 0]] = _HT
    _rate_gir(rng, e, s)
    for target, concerned, counts in (
        ("provenance", s.arrived, e.provenances),
        ("motif", s.left, e.motifs_sortie),
    ):
        getattr(s, target)[concerned] = distribute(s.et[concerned], rng.random(int(concerned.sum())), counts)
    earlier = ~s.arrived
    weights = e.provenances[s.et[earlier]].astype(np.float64) + np.array([0.5, 0.3, 0.2, 0.02])
    s.provenance[earlier] = pick(rng, weights)
    orientes = np.stack([e.orientes, e.presents - e.orientes], axis=1)
    s.oriente[present] = distribute(s.et[present], rng.random(int(present.sum())), orientes) == 0
    s.oriente[others] = rng.random(len(others)) < (e.orientes / e.presents)[s.et[others]]


def _rate_gir(rng: np.random.Generator, e: Etablissements, s: Sejours) -> None:
    """Draw the GIR.

    They are exact for those present in a permanent place of an ET that rates, and near for the other elderly people.
    """
    rated = e.gir.sum(axis=1) > 0
    permanent = rated[s.et] & s.present & ~np.isin(s.modalite, (_HT, MODALITES.index("AJ")))
    s.gir[permanent] = 1 + distribute(s.et[permanent], rng.random(int(permanent.sum())), e.gir[rated])
    age = YEAR - 1970 - (s.birth + FIRST_DAY.astype(int)) / 365.25
    others = ~permanent & np.isin(
        e.profil[s.et], ("EHPAD", "HEBERGEMENT_PA", "JOUR_PA", "SOINS_DOMICILE", "AIDE_DOMICILE")
    )
    others &= age >= 0
    weights = np.where(rated[s.et[others], None], e.gir[s.et[others]] + 0.2, _DEFAULT_GIR)
    s.gir[others] = 1 + pick(rng, weights)


def _when(rng: np.random.Generator, s: Sejours) -> None:
    """Draw the days of the year, before they are adjusted."""
    n = len(s)
    temporary = s.modalite == _HT
    early = np.floor(rng.random(n) ** np.where(temporary, 0.25, 1.0) * DAYS).astype(np.int64)
    s.entree = np.where(s.kind == CAME, np.minimum(early, DAYS - 1), s.entree)
    late = 1 + np.floor(rng.random(n) ** np.where(temporary, 4.0, 1.0) * (DAYS - 1)).astype(np.int64)
    s.sortie = np.where(s.kind == LEFT, late, s.sortie)
    # A passage lasts some weeks in temporary housing, elsewhere from some days to the whole year.
    entree = np.floor(rng.random(n) * (DAYS - SEJOUR_HT[0] - 1)).astype(np.int64)
    short = rng.integers(SEJOUR_HT[0], SEJOUR_HT[1], n)
    long = 5 + np.floor(rng.random(n) * (DAYS - entree - 5)).astype(np.int64)
    sortie = np.minimum(entree + np.where(temporary, short, long), DAYS - 1)
    passed = s.kind == PASSED
    s.entree = np.where(passed, entree, s.entree)
    s.sortie = np.where(passed, sortie, s.sortie)


def _adjust_journees(e: Etablissements, s: Sejours) -> None:
    """Move the entries and exits of the year so that the days in housing, less absences, are those of the panel."""
    target = e.journees_hp + absences(e)
    known = ~np.isnan(target)
    concerned = (s.modalite == _HP) & known[s.et] & (s.kind != ADMITTED)
    free = concerned & ~s.fixed & ((s.kind == CAME) | (s.kind == LEFT))
    n_free = np.bincount(s.et[free], minlength=len(e))
    settled = np.bincount(s.et[concerned & ~free], s.days[concerned & ~free], len(e))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.clip((target - settled) / np.maximum(n_free, 1) / DAYS, 0.04, 0.97)[s.et]
    # u ** (1/m - 1) has mean m when u is uniform.
    share = np.where(s.kind == CAME, 1 - s.entree / DAYS, s.sortie / DAYS)
    share = np.clip(share, 0.001, 0.999) ** (1 / np.where(free, mean, 0.5) - 1)
    days = np.clip(np.rint(share * DAYS), 1, DAYS - 1)
    for _ in range(3):
        done = settled + np.bincount(s.et[free], days[free], len(e))
        rest = np.where(known & (n_free > 0), target - done, 0.0) / np.maximum(n_free, 1)
        days = np.where(free, np.clip(np.rint(days + rest[s.et]), 1, DAYS - 1), days)
    days = days.astype(np.int64)
    s.entree = np.where(free & (s.kind == CAME), DAYS - days, s.entree)
    s.sortie = np.where(free & (s.kind == LEFT), days, s.sortie)


def _adjust_temporary(e: Etablissements, s: Sejours) -> None:
    """Lengthen or shorten the stays in temporary housing so that their days are those of the panel."""
    n_et = len(e)
    concerned = (s.modalite == _HT) & np.isfinite(e.journees_ht)[s.et] & (s.kind != ADMITTED)
    free = np.flatnonzero(concerned & ~s.fixed & (s.kind != STABLE))
    if len(free) == 0:
        return
    recorded = concerned.copy()
    recorded[free] = False
    et = s.et[free]
    target = np.maximum(np.nan_to_num(e.journees_ht) - np.bincount(s.et[recorded], s.days[recorded], n_et), 0)
    mean = target / np.maximum(np.bincount(et, minlength=n_et), 1)
    limit = np.clip(1.3 * mean, SEJOUR_HT[1], DAYS - 2)[et]
    base = np.clip(s.days[free], *SEJOUR_HT).astype(float)
    scale = np.ones(n_et)
    for _ in range(12):
        done = np.bincount(et, np.clip(base * scale[et], 1, limit), n_et)
        scale *= np.clip(target / np.maximum(done, 1), 1e-3, 1e3)
    cumulated = np.rint(np.cumsum(np.clip(base * scale[et], 1, limit))).astype(np.int64)
    days = np.maximum(np.diff(cumulated, prepend=0), 1)
    kind = s.kind[free]
    entree = np.minimum(s.entree[free], DAYS - 1 - days)
    s.entree[free] = np.select([kind == CAME, kind == PASSED], [DAYS - days, entree], s.entree[free])
    s.sortie[free] = np.select([kind == LEFT, kind == PASSED], [days, entree + days], s.sortie[free])


def _earlier_entrees(rng: np.random.Generator, e: Etablissements, s: Sejours) -> None:
    """Draw the entries of the years before.

    The stays that end in the year then last, on average, what the panel says.
    """
    opening = (e.opening - FIRST_DAY).astype(int)[s.et]
    entry_age = np.array([_ENTRY_AGE.get(p, 0) for p in e.profil])[s.et]
    days_of_age = np.maximum(-s.birth / 365.25 - 1, 0)
    earliest = s.birth + 20 + np.floor(np.minimum(entry_age, days_of_age) * 365.25).astype(np.int64)
    earliest = np.maximum(earliest, opening)
    limit = np.maximum(-earliest, 1)  # days before the year
    limit = np.where(s.modalite == _HT, np.minimum(limit, SEJOUR_HT[1]), limit)
    mean = np.nan_to_num(e.dms, nan=900.0)[s.et]
    stable = s.kind == STABLE
    u = rng.random(len(s))
    # An exponential law, cut at the limit.
    before = 1 + np.floor(-mean * np.log1p(-u * (1 - np.exp(-limit / mean))))
    s.entree = np.where(stable, -np.minimum(before, limit).astype(np.int64), s.entree)

    leaving = s.kind == LEFT
    # As in the tableau de bord, temporary and day care are left out, except in the ET that have nothing else.
    lasting = ~np.isin(s.modalite, (_HT, _AJ))
    lasting |= (np.bincount(s.et[lasting & s.left], minlength=len(e)) == 0)[s.et]
    left = s.left & lasting
    wanted = np.nan_to_num(e.dms) * np.bincount(s.et[left], minlength=len(e))
    done = np.bincount(s.et[left], np.where(s.kind == PASSED, s.sortie - s.entree, s.sortie)[left], len(e))
    base = rng.standard_gamma(1.3, len(s))
    scale = np.ones(len(e))
    extra = np.ones(len(s))
    for _ in range(12):
        extra = np.clip(base * scale[s.et], 1, limit)
        summed = np.bincount(s.et[leaving & lasting], extra[leaving & lasting], len(e))
        scale *= np.clip((wanted - done) / np.maximum(summed, 1), 1e-3, 1e4)
    s.entree = np.where(leaving, -np.rint(np.clip(base * scale[s.et], 1, limit)).astype(np.int64), s.entree)
    # The entry of those admitted is planned in the weeks that follow the year.
    s.entree = np.where(s.kind == ADMITTED, DAYS + rng.integers(2, 45, len(s)), s.entree)
