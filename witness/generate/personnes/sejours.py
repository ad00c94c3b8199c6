"""True stays of the last year in the ET of a département: who comes, who leaves, when.

Belongs here: one row per stay, its dates, age and sex of who stays, so that each ET counts what the panel says of it.
Does not belong here: identities (`etat_civil`), stays of one person put together (`several_stays`), what is told
(`channels`).

Days are counted from the first of January of the year (0), negative before. A stay is there on the days d such that
entree <= d < sortie. Exact: people present, entries and exits, ages, sexes, ways of being received, GIR, provenances,
reasons of exit. Near: days in housing places, permanent or temporary (when neither entries nor exits leave enough
play), mean length of the stays that end, neither temporary nor of the day (bounded by ages and by the opening).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from witness.generate.personnes.et_facts import ANNEE, MODALITES, Etablissements
from witness.generate.personnes.record_keeping import PROFILS_PA, PROFILS_PH
from witness.generate.streams import Entiers, Flottants, Hasard, tirer
from witness.generate.usagers import BORNES_AGE

PREMIER_JOUR = np.datetime64(f"{ANNEE}-01-01")
JOURS = int((np.datetime64(f"{ANNEE + 1}-01-01") - PREMIER_JOUR).astype(int))
RESTE = 10_000  # « day » of exit of who is still there
# Kinds of stays: all the year, came, left, came and left, admitted but not there yet.
STABLE, ENTRE, SORTI, PASSE, ADMIS = range(5)
PART_PASSAGES = 0.16  # of the entries, those that also end in the year
PART_ADMIS = 0.012
AGE_MAXIMAL = 108
_AGE_ENTREE = {"EHPAD": 60, "HEBERGEMENT_PA": 60, "JOUR_PA": 60, "ADULTE_SOINS": 18, "ADULTE_VIE": 18, "TRAVAIL": 18,
               "ADULTE_SERVICE": 18, "SOINS_DOMICILE": 18, "AIDE_DOMICILE": 18, "ENFANT_ETAB": 3}  # fmt: skip
_GIR_DEFAUT = np.array([6.0, 24, 20, 30, 12, 8])
_HT = MODALITES.index("HT")
_HP = MODALITES.index("HP")
_AJ = MODALITES.index("AJ")
# Length of a stay in temporary housing: 90 days a year at most (CASF, D. 312-10), longer where too few come for the
# days that the panel says.
SEJOUR_HT = (7, 85)
SEJOUR_HT_COURANT = 60
PART_PASSAGES_HT = 0.8  # at most, of the entries that can also end: others come for permanent places


@dataclass
class Sejours:
    """Columns of the stays ; `et` is the row in `Etablissements`, rows of one ET follow each other."""

    et: Entiers
    genre: Entiers
    naissance: Entiers  # day
    femme: np.ndarray
    modalite: Entiers
    gir: Entiers  # 0: not of those who are rated
    provenance: Entiers  # rank in PROVENANCES
    motif: Entiers  # rank in SORTIES, -1 while it lasts
    oriente: np.ndarray
    admission: Entiers
    entree: Entiers  # planned, for those admitted
    sortie: Entiers
    fixe: np.ndarray  # dates of the year that must not move any more

    def __len__(self) -> int:
        return len(self.et)

    @property
    def present(self) -> np.ndarray:
        """There at the end of the year."""
        return (self.genre == STABLE) | (self.genre == ENTRE)

    @property
    def arrive(self) -> np.ndarray:
        """Came in the year."""
        return (self.genre == ENTRE) | (self.genre == PASSE)

    @property
    def parti(self) -> np.ndarray:
        """Left in the year."""
        return (self.genre == SORTI) | (self.genre == PASSE)

    @property
    def jours(self) -> Entiers:
        """Days there in the year."""
        duree = np.minimum(self.sortie, JOURS) - np.maximum(self.entree, 0)
        return np.where(self.genre == ADMIS, 0, np.maximum(duree, 0))


def construire(hasard: Hasard, nom: str, e: Etablissements) -> Sejours:
    """Stays of the ET `e` (those of the département `nom`), their dates of the year not settled yet (see `dater`)."""
    rng = hasard.flux(f"personnes/sejours/{nom}")
    passages, temporaires = _passages(rng, e)
    admis = np.where(e.vt != "", rng.binomial(e.presents, PART_ADMIS), 0)
    comptes = np.stack(
        [e.presents - e.entrees + passages, e.entrees - passages, e.sorties - passages, passages, admis], axis=1
    )
    n_et = len(e)
    et = np.repeat(np.arange(n_et), comptes.sum(axis=1))
    genre = np.repeat(np.tile(np.arange(5), n_et), comptes.ravel())
    n = len(et)
    s = Sejours(
        et=et,
        genre=genre,
        naissance=np.zeros(n, dtype=np.int64),
        femme=np.zeros(n, dtype=bool),
        modalite=np.zeros(n, dtype=np.int64),
        gir=np.zeros(n, dtype=np.int64),
        provenance=np.zeros(n, dtype=np.int64),
        motif=np.full(n, -1),
        oriente=np.zeros(n, dtype=bool),
        admission=np.zeros(n, dtype=np.int64),
        entree=np.zeros(n, dtype=np.int64),
        sortie=np.full(n, RESTE),
        fixe=np.zeros(n, dtype=bool),
    )
    _qui(rng, e, s)
    _comment(rng, e, s, temporaires)
    _quand(rng, s)
    return s


def dater(hasard: Hasard, nom: str, e: Etablissements, s: Sejours) -> None:
    """Settle the dates: days in housing places, then entries of the years before."""
    rng = hasard.flux(f"personnes/dates/{nom}")
    _caler_journees(e, s)
    _caler_temporaire(e, s)
    _entrees_anciennes(rng, e, s)
    # The admission is decided before the entry: at once at home, in a few days for the elderly, in months for others.
    delai = rng.exponential(
        np.select([np.isin(e.profil, PROFILS_PH), np.isin(e.profil, PROFILS_PA)], [32.0, 8.0], 2.0)[s.et]
    )
    s.admission = np.minimum(s.entree - np.minimum(delai, 200).astype(np.int64), JOURS - 1)
    # Nobody enters before being born: a few infants are a little older than the panel says.
    s.naissance = np.minimum(s.naissance, np.minimum(s.admission, s.entree - 1))


def absences(e: Etablissements) -> Entiers:
    """Days away in the year, by ET."""
    return np.rint(e.absences * (e.presents + e.sorties)).astype(np.int64)


def distribuer(groupe: Entiers, cle: Flottants, comptes: Entiers) -> Entiers:
    """Classes of rows such that each group has exactly its counts (groups, classes), the smallest keys first served."""
    ordre = np.lexsort((cle, groupe))
    classes = np.repeat(np.tile(np.arange(comptes.shape[1]), len(comptes)), comptes.ravel())
    resultat = np.zeros(len(groupe), dtype=np.int64)
    resultat[ordre] = classes
    return resultat


def _passages(rng: np.random.Generator, e: Etablissements) -> tuple[Entiers, Entiers]:
    """Stays that start and end in the year, and those of them that are temporary.

    Enough for those present not to be fewer than those who came and stayed, and for the days of temporary housing.
    """
    possibles = np.minimum(e.entrees, e.sorties)
    autres = rng.binomial(possibles, PART_PASSAGES)
    presents = e.modalites[:, _HT]
    voulus = np.ceil(np.nan_to_num(e.journees_ht) / SEJOUR_HT_COURANT).astype(np.int64) - presents
    # Those in temporary housing at the end of the year came in the year too.
    restants = np.maximum(np.minimum(possibles, e.entrees - presents) - autres, 0)
    temporaires = np.clip(voulus, 0, np.floor(PART_PASSAGES_HT * restants).astype(np.int64))
    passages = np.maximum(autres + temporaires, e.entrees - e.presents)
    return passages, temporaires


def _qui(rng: np.random.Generator, e: Etablissements, s: Sejours) -> None:
    """Age, sex. Who is not there at the end of the year resembles who is, but that the eldest leave first."""
    present = s.present
    cle = rng.random(len(s))
    # Born in the year: came in the year.
    classe = np.zeros(len(s), dtype=np.int64)
    hasard_des_ages = np.where(s.genre == ENTRE, 0.0, 1.0)
    classe[present] = _ages_des_presents(rng, e.ages, s.et[present], hasard_des_ages[present])
    femmes = np.stack([e.femmes, e.presents - e.femmes], axis=1)
    s.femme[present] = distribuer(s.et[present], cle[present], femmes) == 0
    autres = np.flatnonzero(~present)
    debut = np.searchsorted(s.et, np.arange(len(e)))
    rang_present = np.flatnonzero(present)
    debut_present = np.searchsorted(rang_present, debut)
    modeles = [
        rang_present[debut_present[s.et[autres]] + (rng.random(len(autres)) * e.presents[s.et[autres]]).astype(int)]
        for _ in range(2)
    ]
    plus_vieux = np.isin(e.profil[s.et[autres]], (*PROFILS_PH, "SEANCES")) & (s.genre[autres] == SORTI)
    modele = np.where(plus_vieux, np.maximum(classe[modeles[0]], classe[modeles[1]]), classe[modeles[0]])
    classe[autres] = np.maximum(modele, 1)
    s.femme[autres] = s.femme[modeles[0]]
    bornes = np.array([*BORNES_AGE, AGE_MAXIMAL])
    bas, haut = bornes[classe], bornes[classe + 1]
    # From 96 on, fewer and fewer ; elsewhere any age of the class.
    tirage = rng.random(len(s))
    tirage = np.where(classe == len(BORNES_AGE) - 1, tirage**3, tirage)
    age = bas + np.floor(tirage * (haut - bas)).astype(np.int64)
    annee = ANNEE - age
    premier = (np.array([f"{a}-01-01" for a in range(ANNEE - AGE_MAXIMAL, ANNEE + 1)], dtype="datetime64[D]")
               - PREMIER_JOUR).astype(int)  # fmt: skip
    # One in two hundred was given the first of January, for want of a known day.
    jour = np.where(rng.random(len(s)) < 0.005, 0, rng.integers(0, 365, len(s)))
    s.naissance = premier[annee - (ANNEE - AGE_MAXIMAL)] + jour


def _ages_des_presents(rng: np.random.Generator, comptes: Entiers, et: Entiers, ancien: Flottants) -> Entiers:
    """Age classes, in exact counts ; those born in the year go to those who came in the year, as long as there are."""
    naissances = comptes.copy()
    naissances[:, 1:] = 0
    bebes = np.stack([comptes[:, 0], comptes.sum(axis=1) - comptes[:, 0]], axis=1)
    tirage = rng.random(len(et))
    est_bebe = distribuer(et, ancien + tirage, bebes) == 0
    classes = np.zeros(len(et), dtype=np.int64)
    autres = comptes.copy()
    autres[:, 0] = 0
    classes[~est_bebe] = distribuer(et[~est_bebe], tirage[~est_bebe][::-1].copy(), autres)
    return classes


def _comment(rng: np.random.Generator, e: Etablissements, s: Sejours, temporaires: Entiers) -> None:
    """Way of being received, GIR, where from, why out, decision of the MDPH."""
    present = s.present
    # Temporary places are for those who came last.
    cle = rng.random(len(s)) - 0.8 * (s.genre == ENTRE)
    rangs = np.array([_HT, *(i for i in range(len(MODALITES)) if i != _HT)])
    s.modalite[present] = rangs[distribuer(s.et[present], cle[present], e.modalites[:, rangs])]
    autres = np.flatnonzero(~present)
    poids = e.modalites[s.et[autres]].astype(float)
    poids[:, _HT] *= np.array([1.0, 1.0, 1.5, 9.0, 3.0])[s.genre[autres]]
    # Passages in temporary housing are counted where the days are known.
    comptes = np.isfinite(e.journees_ht)[s.et[autres]] & (s.genre[autres] == PASSE)
    poids[:, _HT] = np.where(comptes & (poids.sum(axis=1) > poids[:, _HT]), 0.0, poids[:, _HT])
    s.modalite[autres] = tirer(rng, poids)
    passe = s.genre == PASSE
    groupes = np.stack([temporaires, np.bincount(s.et[passe], minlength=len(e)) - temporaires], axis=1)
    rangs_passes = np.flatnonzero(passe)
    s.modalite[rangs_passes[distribuer(s.et[passe], rng.random(len(rangs_passes)), groupes) == 0]] = _HT
    _evaluer(rng, e, s)
    for cible, concernes, comptes in (
        ("provenance", s.arrive, e.provenances),
        ("motif", s.parti, e.motifs_sortie),
    ):
        getattr(s, cible)[concernes] = distribuer(s.et[concernes], rng.random(int(concernes.sum())), comptes)
    anciens = ~s.arrive
    poids = e.provenances[s.et[anciens]].astype(np.float64) + np.array([0.5, 0.3, 0.2, 0.02])
    s.provenance[anciens] = tirer(rng, poids)
    orientes = np.stack([e.orientes, e.presents - e.orientes], axis=1)
    s.oriente[present] = distribuer(s.et[present], rng.random(int(present.sum())), orientes) == 0
    s.oriente[autres] = rng.random(len(autres)) < (e.orientes / e.presents)[s.et[autres]]


def _evaluer(rng: np.random.Generator, e: Etablissements, s: Sejours) -> None:
    """GIR: exact for those present in a permanent place of the ET that rate ; near for the others of old age."""
    evalue = e.gir.sum(axis=1) > 0
    permanent = evalue[s.et] & s.present & ~np.isin(s.modalite, (_HT, MODALITES.index("AJ")))
    s.gir[permanent] = 1 + distribuer(s.et[permanent], rng.random(int(permanent.sum())), e.gir[evalue])
    age = ANNEE - 1970 - (s.naissance + PREMIER_JOUR.astype(int)) / 365.25
    autres = ~permanent & np.isin(
        e.profil[s.et], ("EHPAD", "HEBERGEMENT_PA", "JOUR_PA", "SOINS_DOMICILE", "AIDE_DOMICILE")
    )
    autres &= age >= 0
    poids = np.where(evalue[s.et[autres], None], e.gir[s.et[autres]] + 0.2, _GIR_DEFAUT)
    s.gir[autres] = 1 + tirer(rng, poids)


def _quand(rng: np.random.Generator, s: Sejours) -> None:
    """Days of the year, before they are adjusted."""
    n = len(s)
    temporaire = s.modalite == _HT
    tot = np.floor(rng.random(n) ** np.where(temporaire, 0.25, 1.0) * JOURS).astype(np.int64)
    s.entree = np.where(s.genre == ENTRE, np.minimum(tot, JOURS - 1), s.entree)
    tard = 1 + np.floor(rng.random(n) ** np.where(temporaire, 4.0, 1.0) * (JOURS - 1)).astype(np.int64)
    s.sortie = np.where(s.genre == SORTI, tard, s.sortie)
    # A passage: temporary housing for weeks, otherwise from a month to the whole year.
    entree = np.floor(rng.random(n) * (JOURS - SEJOUR_HT[0] - 1)).astype(np.int64)
    courte = rng.integers(SEJOUR_HT[0], SEJOUR_HT[1], n)
    longue = 5 + np.floor(rng.random(n) * (JOURS - entree - 5)).astype(np.int64)
    sortie = np.minimum(entree + np.where(temporaire, courte, longue), JOURS - 1)
    passe = s.genre == PASSE
    s.entree = np.where(passe, entree, s.entree)
    s.sortie = np.where(passe, sortie, s.sortie)


def _caler_journees(e: Etablissements, s: Sejours) -> None:
    """Move the entries and exits of the year so that days in housing places, absences out, are those of the panel."""
    cible = e.journees_hp + absences(e)
    connue = ~np.isnan(cible)
    concerne = (s.modalite == _HP) & connue[s.et] & (s.genre != ADMIS)
    libre = concerne & ~s.fixe & ((s.genre == ENTRE) | (s.genre == SORTI))
    n_libres = np.bincount(s.et[libre], minlength=len(e))
    acquis = np.bincount(s.et[concerne & ~libre], s.jours[concerne & ~libre], len(e))
    with np.errstate(invalid="ignore", divide="ignore"):
        moyenne = np.clip((cible - acquis) / np.maximum(n_libres, 1) / JOURS, 0.04, 0.97)[s.et]
    # u ** (1/m - 1) has mean m when u is uniform.
    part = np.where(s.genre == ENTRE, 1 - s.entree / JOURS, s.sortie / JOURS)
    part = np.clip(part, 0.001, 0.999) ** (1 / np.where(libre, moyenne, 0.5) - 1)
    jours = np.clip(np.rint(part * JOURS), 1, JOURS - 1)
    for _ in range(3):
        fait = acquis + np.bincount(s.et[libre], jours[libre], len(e))
        reste = np.where(connue & (n_libres > 0), cible - fait, 0.0) / np.maximum(n_libres, 1)
        jours = np.where(libre, np.clip(np.rint(jours + reste[s.et]), 1, JOURS - 1), jours)
    jours = jours.astype(np.int64)
    s.entree = np.where(libre & (s.genre == ENTRE), JOURS - jours, s.entree)
    s.sortie = np.where(libre & (s.genre == SORTI), jours, s.sortie)


def _caler_temporaire(e: Etablissements, s: Sejours) -> None:
    """Lengthen or shorten the stays in temporary housing so that their days are those of the panel."""
    n_et = len(e)
    concerne = (s.modalite == _HT) & np.isfinite(e.journees_ht)[s.et] & (s.genre != ADMIS)
    libres = np.flatnonzero(concerne & ~s.fixe & (s.genre != STABLE))
    if len(libres) == 0:
        return
    tenus = concerne.copy()
    tenus[libres] = False
    et = s.et[libres]
    cible = np.maximum(np.nan_to_num(e.journees_ht) - np.bincount(s.et[tenus], s.jours[tenus], n_et), 0)
    moyenne = cible / np.maximum(np.bincount(et, minlength=n_et), 1)
    limite = np.clip(1.3 * moyenne, SEJOUR_HT[1], JOURS - 2)[et]
    base = np.clip(s.jours[libres], *SEJOUR_HT).astype(float)
    echelle = np.ones(n_et)
    for _ in range(12):
        fait = np.bincount(et, np.clip(base * echelle[et], 1, limite), n_et)
        echelle *= np.clip(cible / np.maximum(fait, 1), 1e-3, 1e3)
    cumul = np.rint(np.cumsum(np.clip(base * echelle[et], 1, limite))).astype(np.int64)
    jours = np.maximum(np.diff(cumul, prepend=0), 1)
    genre = s.genre[libres]
    entree = np.minimum(s.entree[libres], JOURS - 1 - jours)
    s.entree[libres] = np.select([genre == ENTRE, genre == PASSE], [JOURS - jours, entree], s.entree[libres])
    s.sortie[libres] = np.select([genre == SORTI, genre == PASSE], [jours, entree + jours], s.sortie[libres])


def _entrees_anciennes(rng: np.random.Generator, e: Etablissements, s: Sejours) -> None:
    """Entries of the years before, such that the stays that end in the year last what the panel says on average."""
    ouverture = (e.ouverture - PREMIER_JOUR).astype(int)[s.et]
    age_entree = np.array([_AGE_ENTREE.get(p, 0) for p in e.profil])[s.et]
    jours_age = np.maximum(-s.naissance / 365.25 - 1, 0)
    plus_tot = s.naissance + 20 + np.floor(np.minimum(age_entree, jours_age) * 365.25).astype(np.int64)
    plus_tot = np.maximum(plus_tot, ouverture)
    limite = np.maximum(-plus_tot, 1)  # days before the year
    limite = np.where(s.modalite == _HT, np.minimum(limite, SEJOUR_HT[1]), limite)
    moyenne = np.nan_to_num(e.dms, nan=900.0)[s.et]
    stable = s.genre == STABLE
    u = rng.random(len(s))
    # Exponential cut at the limit.
    avant = 1 + np.floor(-moyenne * np.log1p(-u * (1 - np.exp(-limite / moyenne))))
    s.entree = np.where(stable, -np.minimum(avant, limite).astype(np.int64), s.entree)

    sorti = s.genre == SORTI
    # Neither temporary nor of the day (TDB), but where nobody comes otherwise.
    durable = ~np.isin(s.modalite, (_HT, _AJ))
    durable |= (np.bincount(s.et[durable & s.parti], minlength=len(e)) == 0)[s.et]
    parti = s.parti & durable
    voulu = np.nan_to_num(e.dms) * np.bincount(s.et[parti], minlength=len(e))
    fait = np.bincount(s.et[parti], np.where(s.genre == PASSE, s.sortie - s.entree, s.sortie)[parti], len(e))
    base = rng.standard_gamma(1.3, len(s))
    echelle = np.ones(len(e))
    extra = np.ones(len(s))
    for _ in range(12):
        extra = np.clip(base * echelle[s.et], 1, limite)
        somme = np.bincount(s.et[sorti & durable], extra[sorti & durable], len(e))
        echelle *= np.clip((voulu - fait) / np.maximum(somme, 1), 1e-3, 1e4)
    s.entree = np.where(sorti, -np.rint(np.clip(base * echelle[s.et], 1, limite)).astype(np.int64), s.entree)
    # Admitted: the entry is planned in the weeks that follow the year.
    s.entree = np.where(s.genre == ADMIS, JOURS + rng.integers(2, 45, len(s)), s.entree)
