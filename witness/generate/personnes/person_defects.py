"""What goes wrong when persons and stays are told: what a right system does of each kind, and the ledger.

Belongs here: the effect of each kind, the draw of the records that it touches, the ledger. Does not belong here: the
rates (`rates`), making the mistakes.

`verite/defauts_personnes.parquet` has one row a defect: livraison, ligne (None: the record is not in the file), entite,
champ, nature, effet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from witness.generate.defects import how_many
from witness.generate.personnes.rates import PersonRates
from witness.generate.streams import Integers, Streams

# What a right system does of each kind of defect:
# identite: it knows the person all the same, by what else is written, and merges nobody else;
# ecriture: it reads the value right, which is only oddly written;
# valeur_fausse: it cannot know better, and the value is wrong whatever it does;
# valeur_inconnue: it leaves the datum unknown;
# ligne_a_rejeter: it rejects the line;
# non_dit: it says that a system was not told;
# a_signaler: it signals the record, and keeps it.
EFFECTS = {
    "identite_non_qualifiee": "identite",
    "ins_d_un_autre": "identite",
    "cle_fausse": "a_signaler",
    "accents": "ecriture",
    "nom_marital": "identite",
    "nom_epouse": "identite",
    "nom_double_coupe": "identite",
    "particule_omise": "identite",
    "particule_rejetee": "identite",
    "nom_tronque": "identite",
    "faute_dans_le_nom": "identite",
    "faute_dans_la_seconde_fiche": "identite",
    "faute_dans_le_prenom": "identite",
    "prenom_compose_coupe": "identite",
    "prenoms_permutes": "identite",
    "jour_mois_inverses": "identite",
    "faute_dans_la_naissance": "identite",
    "annee_inversee": "identite",
    "naissance_premier_janvier": "identite",
    "naissance_sans_jour": "identite",
    "nom_et_naissance_faux": "identite",
    "sexe_absent": "identite",
    "sexe_inverse": "identite",
    "lieu_corse": "identite",
    "lieu_fusionne": "identite",
    "lieu_arrondissement": "identite",
    "lieu_outre_mer": "identite",
    "lieu_pays": "identite",
    "lieu_code_postal": "identite",
    "lieu_absent": "identite",
    "nia_puis_nir": "identite",
    "nir_mal_saisi": "identite",
    "nir_du_conjoint": "identite",
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
    """The defects of one département while it is written, and the draws that make them.

    A defect is noted with the table of records that it is in and its row there. Its file and its line are known only
    once the table is written.
    """

    streams: Streams
    name: str
    rates: PersonRates
    notes: list[tuple[str, str, str, Integers]] = field(default_factory=list)
    missing: list[tuple[str, str, str, int]] = field(default_factory=list)

    def stream(self, nature: str, where: str) -> np.random.Generator:
        """The stream of a kind of defect in a table of records."""
        return self.streams.stream(f"personnes/defauts/{self.name}/{nature}/{where}")

    def pick(self, nature: str, where: str, possible: np.ndarray, free: np.ndarray | None = None) -> Integers:
        """The rows that a kind of defect touches, among those that can be (a mask).

        As many as its rate asks of those, taken among the `free` ones, which no other kind has.
        """
        n = how_many(getattr(self.rates, nature), int(possible.sum()))
        ranks = np.flatnonzero(possible if free is None else possible & free)
        return np.sort(self.stream(nature, where).permutation(ranks)[:n])

    def spoil(
        self, nature: str, where: str, possible: np.ndarray, column_name: str = "", free: np.ndarray | None = None
    ) -> Integers:
        """Pick rows and record them as defects."""
        chosen = self.pick(nature, where, possible, free)
        self.record(nature, where, chosen, column_name)
        return chosen

    def record(self, nature: str, where: str, ranks: Integers, column_name: str = "") -> None:
        if len(ranks):
            self.notes.append((nature, where, column_name, ranks))

    def record_missing(self, nature: str, where: str, n: int, column_name: str = "") -> None:
        """Record defects that consist in a record that is not there: they have a file, and no line."""
        if n:
            self.missing.append((nature, where, column_name, n))

    def table(self, rows: dict[str, pl.DataFrame]) -> pl.DataFrame:
        """Rows of the ledger.

        `rows` says, for each table of records, where its records are: livraison, ligne, entite, by `rang`.
        """
        pieces = [pl.DataFrame(schema=SCHEMA)]
        for nature, where, column_name, ranks in self.notes:
            if where not in rows:  # no file was written of these records
                continue
            note = pl.DataFrame({"rang": ranks.astype(np.int64)}).join(rows[where], on="rang", how="inner")
            pieces.append(
                note.select("livraison", pl.col("ligne").cast(pl.Int64), "entite", *_finding(nature, column_name))
            )
        for nature, where, column_name, n in self.missing:
            if where in rows:
                file = rows[where].head(1).select("livraison", pl.lit(None, pl.Int64).alias("ligne"), "entite")
                pieces += [file.with_columns(*_finding(nature, column_name))] * n
        return pl.concat(pieces).sort("livraison", "ligne", "nature", "champ")


def _finding(nature: str, column_name: str) -> tuple[pl.Expr, ...]:
    texts = {"champ": column_name, "nature": nature, "effet": EFFECTS[nature]}
    return tuple(pl.lit(text).alias(column) for column, text in texts.items())
