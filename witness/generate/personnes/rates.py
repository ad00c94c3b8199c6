"""How often things go wrong when persons and stays are told.

Belongs here: the kinds of defects and their default rates. Does not belong here: what a right system does of each, and
making them (`person_defects`, `spellings`).
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
    faute_dans_le_nom: float = 0.006  # two letters swapped
    nom_marital: float = 0.012  # married name written as the birth name; of those who have one
    accents: float = 0.05  # accents, hyphens, capitals written otherwise; of those that can be
    prenom_compose_coupe: float = 0.08  # of compound given names
    jour_mois_inverses: float = 0.004
    sexe_absent: float = 0.004
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
