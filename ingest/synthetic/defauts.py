"""What goes wrong in deliveries: rates, ledger of what was done, ledger of natural disagreements.

Belongs here: the kinds of defects, their default rates, and the record of each. Does not belong here: their injection
in a given file (`injection`, and the modules of `collectes` for those that only one format knows).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import polars as pl


@dataclass(frozen=True)
class TauxDefauts:
    """Share of the rows of a delivery touched by each kind of defect ; above 0, at least one row is when it can."""

    valeur_perimee: float = 0.010  # last year's value sent again
    faute_de_frappe: float = 0.010  # two digits swapped, or one too many
    fraction_pour_pourcent: float = 0.008  # 0.945 where 94.5 is asked
    zero_pour_manquant: float = 0.008  # 0 where nothing is known
    zero_initial_perdu: float = 0.008  # 8-character FINESS of départements 01 to 09
    finess_inconnu: float = 0.006  # valid key, unknown to FINESS
    finess_malforme: float = 0.003  # a letter O for a zero
    ligne_en_double: float = 0.006
    ligne_tronquee: float = 0.002  # cells missing at the end
    double_depot: float = 0.020  # ERRD and CA for one ET and year, or two ERRD
    taux_ko: float = 0.012  # a rate that its own « Etat » column says KO
    date_bouche_trou: float = 0.010  # 1904-04-04
    virgule_decimale: float = 0.010  # decimal comma in a file with decimal points
    encodage_cp1252: bool = True  # one file expected in UTF-8 is not
    redressement: float = 0.6  # share of the wrong values that the corrected redelivery puts right

    @classmethod
    def aucun(cls) -> TauxDefauts:
        """No injected defect at all (natural disagreements remain)."""
        taux = {f.name: 0.0 for f in fields(cls) if f.type == "float"}
        return replace(cls(), encodage_cp1252=False, **taux)

    def fois(self, facteur: float) -> TauxDefauts:
        """The same kinds, more or less frequent."""
        taux = {f.name: min(1.0, getattr(self, f.name) * facteur) for f in fields(self) if f.type == "float"}
        return replace(self, **{k: v for k, v in taux.items() if k != "redressement"})


@dataclass(frozen=True)
class Fidelite:
    """How faithfully a collection is answered when nothing goes wrong: its natural disagreements."""

    reponse: float = 0.95  # share of the ET that answer at all
    vide: float = 0.02  # share of the questions left empty
    tolere: float = 0.05  # answers off by less than the tolerance of the element
    hors_tolerance: float = 0.012  # answers off by more
    retard: float = 0.35  # answers that ignore a change of capacity of the year


# Natural disagreements: one row per answer that is not the truth ; numbers in the unit of the file, or texts.
SCHEMA_ECARTS = {
    "livraison": pl.String,
    "ligne": pl.Int64,
    "champ": pl.String,
    "variable": pl.String,
    "nature": pl.String,
    "valeur_vraie": pl.Float64,
    "valeur_livree": pl.Float64,
    "texte_vrai": pl.String,
    "texte_livre": pl.String,
}
EXACTE = Fidelite(reponse=1.0, vide=0.0, tolere=0.0, hors_tolerance=0.0, retard=0.0)


@dataclass(frozen=True)
class Defaut:
    """One injected defect. `ligne`: physical line of a CSV (1 = titles), rank of the record in a JSON file."""

    livraison: str
    ligne: int
    champ: str
    nature: str
    valeur_vraie: str
    valeur_livree: str


@dataclass
class Registre:
    """Everything that separates the deliveries from the truth."""

    defauts: list[Defaut] = field(default_factory=list)
    ecarts: list[pl.DataFrame] = field(default_factory=list)

    def noter(self, livraison: str, ligne: int, champ: str, nature: str, vraie: str, livree: str) -> None:
        """Record one injected defect."""
        self.defauts.append(Defaut(livraison, ligne, champ, nature, vraie, livree))

    def ecrire(self, dossier: Path) -> None:
        """Write `defauts.csv` (injected) and `ecarts.parquet` (natural), in the order of files and lines."""
        noms = [f.name for f in fields(Defaut)]
        with (dossier / "defauts.csv").open("w", encoding="utf-8", newline="") as flux:
            sortie = csv.writer(flux, delimiter=";", lineterminator="\n")
            sortie.writerow(noms)
            for d in sorted(self.defauts, key=lambda d: (d.livraison, d.ligne, d.champ, d.nature)):
                sortie.writerow([getattr(d, n) for n in noms])
        pl.concat([pl.DataFrame(schema=SCHEMA_ECARTS), *self.ecarts]).sort("livraison", "ligne", "champ").write_parquet(
            dossier / "ecarts.parquet"
        )


def combien(part: float, n: int) -> int:
    """Number of rows touched among `n`: the share, at least one when the share is not zero."""
    return 0 if part <= 0 or n == 0 else max(1, round(part * n))
