"""How often things go wrong when persons and stays are told.

Belongs here: the kinds of defects and their default rates. Does not belong here: what a right system does of each, and
making them (`person_defects`, `spellings`), what is true and hard to tell apart (`situations`).

What is published gives the order of magnitude. Two collections of one British cohort disagree on the family name of
18 % of the persons and on the given name of 12 % (ALSPAC, International Journal of Population Data Science, 2023), when
people tell it themselves. In English hospitals, which check a national number, sex or birth date is wrong or missing in
0.11 % of the records (BMC Medical Research Methodology, 2017). An ESMS copies an identity card more often than not: the
rates below are between the two, and where nothing else is said they are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class PersonRates:
    """Share of the records that each kind touches, among those that it can touch.

    Above 0, at least one record is touched in each file whenever one can be.
    """

    # Identity, in any record of a person.
    identite_non_qualifiee: float = 0.12  # an INS that is not VALI: not an identity
    ins_d_un_autre: float = 0.002  # another person's INS, not qualified
    cle_fausse: float = 0.004  # key of the NIR or of the INS
    # The family name. A use name alone and « LOUIS, née DARK » are what the guides of identitovigilance warn of (RNIV).
    nom_marital: float = 0.025  # married name written as the birth name; of those who have one
    nom_epouse: float = 0.010  # « LENOIR EPOUSE BLANC »; of those who have a married name
    nom_double_coupe: float = 0.10  # the first of two names; of double names
    particule_omise: float = 0.12  # of names with a particle
    particule_rejetee: float = 0.08  # « BROSSE (DE LA) »; of names with a particle
    nom_tronque: float = 0.30  # of names longer than the columns of twenty characters that older software has
    faute_dans_le_nom: float = 0.008  # one letter: two swapped, one left out, doubled, or taken for another
    faute_dans_la_seconde_fiche: float = 0.25  # the same, of second files: an exact one would have been found
    accents: float = 0.05  # accents, hyphens, capitals written otherwise; of those that can be
    # Given names.
    faute_dans_le_prenom: float = 0.005
    prenom_compose_coupe: float = 0.08  # first part alone, space, or one word; of compound given names
    prenoms_permutes: float = 0.010  # the usual one first, which is not the first; of those who have several
    # Birth.
    jour_mois_inverses: float = 0.003
    faute_dans_la_naissance: float = 0.0015  # the tens of the day
    annee_inversee: float = 0.0008  # 1937 for 1973
    naissance_premier_janvier: float = 0.02  # the year alone is known there; of those born abroad on another day
    # « 00/00/1937 », as registers write an unknown day (19370000 in the file of deaths of INSEE); of those born abroad,
    # RESID-ESMS: elsewhere a date is asked, and 1 January is given.
    naissance_sans_jour: float = 0.03
    nom_et_naissance_faux: float = 0.0005  # family name and day, which leaves the number; RESID-ESMS
    # Sex.
    sexe_absent: float = 0.004
    sexe_inverse: float = 0.001
    # The place of birth, under another code that it has or had (`births`); of those that have one.
    lieu_corse: float = 0.30
    lieu_fusionne: float = 0.35
    lieu_arrondissement: float = 0.30
    lieu_outre_mer: float = 0.30
    lieu_pays: float = 0.30
    lieu_code_postal: float = 0.02  # of those born in France
    lieu_absent: float = 0.02
    # Numbers.
    nia_puis_nir: float = 0.25  # this record has the NIR that replaced the NIA; of those who had one
    nir_mal_saisi: float = 0.003  # two digits of the rank; RESID-ESMS, where no key tells
    nir_du_conjoint: float = 0.10  # RESID-ESMS, wives in couple: number of the one who is insured, until 2019 (PUMa)
    nir_du_parent: float = 0.30  # RESID-ESMS, children under 16: number of the parent who is insured
    fiche_en_double: float = 0.003  # two files of one person in one DUI
    # Stays.
    entree_decalee_toleree: float = 0.04  # one to three days
    entree_decalee: float = 0.006  # more
    admission_pour_entree: float = 0.008  # the date of the admission where the entry is asked
    entree_non_dite_vt: float = 0.04  # of the entries of the year
    entree_non_dite_resid: float = 0.03
    sortie_non_dite_vt: float = 0.05
    sortie_non_dite_resid: float = 0.02
    sortie_oubliee: float = 0.08  # of those who went from a house to another: the DUI of the first still has them
    sejours_chevauchants: float = 0.10  # of the temporary stays followed by another in the same ET
    fin_avant_debut: float = 0.0008
    date_future: float = 0.0008
    code_inconnu: float = 0.0010
    modalite_absente: float = 0.0030
    absence_sans_motif: float = 0.0020
    couple_statut_motif: float = 0.0030  # SDO: reason that ASS_A32 does not allow for the status
    papier_en_double: float = 0.030  # of those who wait: a paper file beside the electronic one

    @classmethod
    def natures(cls) -> tuple[str, ...]:
        """Names of the rates."""
        return tuple(f.name for f in fields(cls))

    @classmethod
    def none(cls) -> PersonRates:
        """Rates without any injected defect."""
        return cls(**dict.fromkeys(cls.natures(), 0.0))

    def times(self, factor: float) -> PersonRates:
        """The same kinds, as many times more frequent; no rate passes 1."""
        return replace(self, **{n: min(1.0, getattr(self, n) * factor) for n in self.natures()})
