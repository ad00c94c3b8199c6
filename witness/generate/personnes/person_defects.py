"""What goes wrong when persons and stays are told: what a right system does of each kind, the ledger.

Belongs here: the effect of each kind, the draw of the records it touches, the ledger. Does not belong here: their rates
(`rates`), making them.
`verite/defauts_personnes.parquet` has one row per defect: livraison, ligne (None: the record is not there), entite,
champ, nature, effet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from witness.generate.defects import combien
from witness.generate.personnes.rates import TauxPersonnes
from witness.generate.streams import Entiers, Hasard

# What a right system does of each kind: reject the line ; whatever it does, the value is wrong ; leave it unknown ;
# read it right, it is only written oddly ; know the person all the same, by what else is written, and merge nobody
# else ; say that a system was not told ; signal the record, and keep it.
EFFETS = {
    "identite_non_qualifiee": "identite",
    "ins_d_un_autre": "identite",
    "cle_fausse": "a_signaler",
    "faute_dans_le_nom": "identite",
    "nom_marital": "identite",
    "accents": "ecriture",
    "prenom_compose_coupe": "identite",
    "jour_mois_inverses": "identite",
    "sexe_absent": "identite",
    "nir_du_parent": "identite",
    "fiche_en_double": "identite",
    "entree_decalee_toleree": "ecriture",
    "entree_decalee": "valeur_fausse",
    "admission_pour_entree": "valeur_fausse",
    "entree_non_dite_vt": "non_dit",
    "entree_non_dite_resid": "non_dit",
    "sortie_non_dite_vt": "non_dit",
    "sortie_non_dite_resid": "non_dit",
    "sortie_oubliee": "valeur_fausse",
    "sejours_chevauchants": "valeur_fausse",
    "fin_avant_debut": "ligne_a_rejeter",
    "date_future": "valeur_fausse",
    "code_inconnu": "valeur_inconnue",
    "modalite_absente": "valeur_inconnue",
    "absence_sans_motif": "a_signaler",
    "couple_statut_motif": "a_signaler",
    "papier_en_double": "a_signaler",
}
SCHEMA = {"livraison": pl.String, "ligne": pl.Int64, "entite": pl.String, "champ": pl.String, "nature": pl.String,
          "effet": pl.String}  # fmt: skip


@dataclass
class Journal:
    """Defects of one département while it is written, and the draws that make them.

    A defect is noted with the table of records it is in and its row there: its file and line are known once written.
    """

    hasard: Hasard
    nom: str
    taux: TauxPersonnes
    notes: list[tuple[str, str, str, Entiers]] = field(default_factory=list)
    manques: list[tuple[str, str, str, int]] = field(default_factory=list)

    def flux(self, nature: str, ou: str) -> np.random.Generator:
        """Stream of a kind, in a table of records."""
        return self.hasard.flux(f"personnes/defauts/{self.nom}/{nature}/{ou}")

    def tirer(self, nature: str, ou: str, possibles: np.ndarray) -> Entiers:
        """Ranks touched by a kind among those that can be: a mask."""
        rangs = np.flatnonzero(possibles)
        n = combien(getattr(self.taux, nature), len(rangs))
        return np.sort(self.flux(nature, ou).permutation(rangs)[:n])

    def choisir(self, nature: str, ou: str, possibles: np.ndarray, champ: str = "") -> Entiers:
        """The same, noted: these are the rows of the table."""
        choisis = self.tirer(nature, ou, possibles)
        self.noter(nature, ou, choisis, champ)
        return choisis

    def noter(self, nature: str, ou: str, rangs: Entiers, champ: str = "") -> None:
        if len(rangs):
            self.notes.append((nature, ou, champ, rangs))

    def noter_manques(self, nature: str, ou: str, n: int, champ: str = "") -> None:
        """Note records that are not there: a file, and no line."""
        if n:
            self.manques.append((nature, ou, champ, n))

    def table(self, lignes: dict[str, pl.DataFrame]) -> pl.DataFrame:
        """Rows of the ledger. `lignes`: by table of records, livraison, ligne and entite of its rows, by `rang`."""
        morceaux = [pl.DataFrame(schema=SCHEMA)]
        for nature, ou, champ, rangs in self.notes:
            if ou not in lignes:  # no file was written of these records
                continue
            note = pl.DataFrame({"rang": rangs.astype(np.int64)}).join(lignes[ou], on="rang", how="inner")
            morceaux.append(
                note.select("livraison", pl.col("ligne").cast(pl.Int64), "entite", *_constat(nature, champ))
            )
        for nature, ou, champ, n in self.manques:
            if ou in lignes:
                fichier = lignes[ou].head(1).select("livraison", pl.lit(None, pl.Int64).alias("ligne"), "entite")
                morceaux += [fichier.with_columns(*_constat(nature, champ))] * n
        return pl.concat(morceaux).sort("livraison", "ligne", "nature", "champ")


def _constat(nature: str, champ: str) -> tuple[pl.Expr, ...]:
    textes = {"champ": champ, "nature": nature, "effet": EFFETS[nature]}
    return tuple(pl.lit(texte).alias(colonne) for colonne, texte in textes.items())
