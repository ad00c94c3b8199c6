"""What goes wrong in deliveries: the rates, and the ledger of all that separates the deliveries from the truth.

Belongs here: the kinds of defects, their default rates, what a right system does of each, and how each one is recorded.
Does not belong here: making them in a given file (`injection`, and the modules of `collectes` for the defects that one
format alone can carry).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, fields, replace
from pathlib import Path
from typing import NamedTuple

import polars as pl
import yaml

from witness.generate.personnes.rates import PersonRates


@dataclass(frozen=True)
class DefectRates:
    """Share of the rows of a delivery that each kind of defect touches.

    Above 0, at least one row is touched whenever one can be. `encodage_cp1252` and `colonne_manquante` touch one whole
    delivery as soon as they are above 0. `fermeture_tardive` is a share of the closures of a year, and `redressement` a
    share of the wrong values, which a redelivery puts right.
    """

    valeur_perimee: float = 0.010  # last year's value sent again
    faute_de_frappe: float = 0.010  # two digits swapped, or one too many
    fraction_pour_pourcent: float = 0.008  # 0.945 where 94.5 is asked
    zero_pour_manquant: float = 0.008  # 0 where nothing is known
    colonnes_interverties: float = 0.004  # two neighbouring numbers of a row, each in the other's place
    sites_fusionnes: float = 0.003  # counts of two sites of an EJ given as one's, without saying so
    zero_initial_perdu: float = 0.008  # 8-character FINESS of départements 01 to 09
    finess_inconnu: float = 0.006  # valid key, unknown to FINESS
    finess_malforme: float = 0.003  # a letter O for a zero
    finess_d_un_autre: float = 0.003  # the number of another ET, which exists
    et_ferme: float = 0.003  # a row for an ET closed before the year
    ligne_en_double: float = 0.006
    ligne_tronquee: float = 0.002  # cells missing at the end
    double_depot: float = 0.020  # ERRD and CA for one ET and year, or two ERRD
    taux_ko: float = 0.012  # a rate that its own « Etat » column says KO
    date_bouche_trou: float = 0.010  # 1904-04-04
    virgule_decimale: float = 0.010  # decimal comma in a file with decimal points
    encodage_cp1252: float = 1.0  # one file expected in UTF-8 is not
    colonne_manquante: float = 1.0  # one delivery lacks the column of its key; a complete one follows
    fermeture_tardive: float = 0.15  # closures of the year that FINESS only learns of a year later
    redressement: float = 0.6
    personnes: PersonRates = field(default_factory=PersonRates)  # those of persons and stays, by the same names

    @classmethod
    def natures(cls) -> tuple[str, ...]:
        """Names of the rates, without those of persons."""
        return tuple(f.name for f in fields(cls) if f.name != "personnes")

    @classmethod
    def none(cls) -> DefectRates:
        """Rates without any injected defect; natural disagreements remain."""
        zeros = dict.fromkeys((n for n in cls.natures() if n != "redressement"), 0.0)
        return cls(**zeros, personnes=PersonRates.none())

    def times(self, factor: float) -> DefectRates:
        """The same kinds of defects, as many times more frequent; no rate passes 1."""
        natures = (n for n in self.natures() if n != "redressement")
        rates = {n: min(1.0, getattr(self, n) * factor) for n in natures}
        return replace(self, **rates, personnes=self.personnes.times(factor))


# What a right system does of each kind of defect:
# ligne_a_rejeter: it rejects the line;
# ligne_en_trop: it rejects the line, because it repeats another;
# valeur_fausse: it cannot know better, and the value is wrong whatever it does;
# valeur_inconnue: it leaves the datum unknown;
# ecriture: it reads the value right, which is only oddly written;
# livraison, livraison_a_refuser: of a whole delivery, it reads it right all the same, or refuses it.
EFFECTS = {
    "valeur_perimee": "valeur_fausse",
    "faute_de_frappe": "valeur_fausse",
    "fraction_pour_pourcent": "valeur_fausse",
    "zero_pour_manquant": "valeur_fausse",
    "colonnes_interverties": "valeur_fausse",
    "sites_fusionnes": "valeur_fausse",
    "zero_initial_perdu": "ecriture",
    "finess_inconnu": "ligne_a_rejeter",
    "finess_malforme": "ligne_a_rejeter",
    "finess_d_un_autre": "valeur_fausse",
    "et_ferme": "ligne_a_rejeter",
    "ligne_en_double": "ligne_en_trop",
    "ligne_tronquee": "ligne_a_rejeter",
    "double_depot": "valeur_fausse",
    "taux_ko": "valeur_inconnue",
    "date_bouche_trou": "valeur_inconnue",
    "virgule_decimale": "ecriture",
    "encodage_cp1252": "livraison",
    "colonne_manquante": "livraison_a_refuser",
    "fermeture_tardive": "valeur_fausse",
}


@dataclass(frozen=True)
class Fidelity:
    """How faithfully a collection is answered when nothing goes wrong: the shares of its natural disagreements."""

    answering: float = 0.95  # share of the ET that answer at all
    empty: float = 0.02  # share of the questions left empty
    tolerated: float = 0.05  # answers off by less than the tolerance of the element
    beyond_tolerance: float = 0.012  # answers off by more
    late: float = 0.35  # answers that ignore a change of capacity of the year


# One row for each answer that is not the truth for a natural reason; its values are numbers in the unit of the file, or
# texts.
DISAGREEMENTS_SCHEMA = {
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
EXACT = Fidelity(answering=1.0, empty=0.0, tolerated=0.0, beyond_tolerance=0.0, late=0.0)


class Question(NamedTuple):
    """The key of the resolved layer, as texts. Empty texts mean that the defect is not about one question."""

    unite: str = ""
    unite_id: str = ""
    perimetre: str = ""
    millesime: str = ""
    element_id: str = ""
    composante: str = ""
    base_temporelle: str = ""


@dataclass(frozen=True)
class Defect:
    """One injected defect.

    `ligne` is the physical line of a CSV (1 holds the titles), or the rank of the record in a JSON file.
    """

    livraison: str
    ligne: int
    champ: str
    nature: str
    valeur_vraie: str
    valeur_livree: str
    question: Question


@dataclass
class Ledger:
    """Everything that separates the deliveries from the truth: the injected defects and the natural disagreements."""

    defects: list[Defect] = field(default_factory=list)
    disagreements: list[pl.DataFrame] = field(default_factory=list)

    def record(
        self,
        delivery: str,
        line: int,
        column_name: str,
        nature: str,
        true_value: str,
        delivered: str,
        question: Question | None = None,
    ) -> None:
        """Record one injected defect."""
        self.defects.append(Defect(delivery, line, column_name, nature, true_value, delivered, question or Question()))

    def write(self, folder: Path) -> None:
        """Write `defauts.csv` (injected) and `ecarts.parquet` (natural), in the order of files and lines."""
        names = [f.name for f in fields(Defect)[:-1]]
        with (folder / "defauts.csv").open("w", encoding="utf-8", newline="") as stream:
            out = csv.writer(stream, delimiter=";", lineterminator="\n")
            out.writerow([*names, "effet", *Question._fields])
            for d in sorted(self.defects, key=lambda d: (d.livraison, d.ligne, d.champ, d.nature)):
                out.writerow([*astuple(d)[:-1], EFFECTS[d.nature], *d.question])
        pl.concat([pl.DataFrame(schema=DISAGREEMENTS_SCHEMA), *self.disagreements]).sort(
            "livraison", "ligne", "champ"
        ).write_parquet(folder / "ecarts.parquet")


def how_many(share: float, n: int) -> int:
    """Number of rows that a share of `n` touches: at least one when the share is above 0."""
    return 0 if share <= 0 or n == 0 else max(1, round(share * n))


def read_rates(requests: Sequence[str] = (), file: Path | None = None, factor: float = 1.0) -> DefectRates:
    """The rates that a user asks for.

    Each of `requests` is « nature=taux ». A YAML file (nature: taux) gives the rates that they do not name, and
    `factor` multiplies all of them. Raises ValueError, which lists every problem: a kind that does not exist, a rate
    that is not a number between 0 and 1.
    """
    problems = [] if factor >= 0 else [f"multiplicateur négatif : {factor}"]
    asked: dict[str, object] = {}
    if file is not None:
        try:
            content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ValueError(f"{file} ne se lit pas : {error}") from error
        if isinstance(content, dict):
            asked |= {str(nature): rate for nature, rate in content.items()}
        else:
            problems.append(f"{file} : une ligne par défaut est attendue, « nature: taux »")
    for request in requests:
        nature, sign, rate = request.partition("=")
        if sign:
            asked[nature.strip()] = rate
        else:
            problems.append(f"« {request} » : attendu « nature=taux »")
    known = (*DefectRates.natures(), *PersonRates.natures())
    read: dict[str, float] = {}
    for nature, raw in asked.items():
        value = _rate(raw)
        if nature not in known:
            problems.append(f"défaut inconnu : {nature}")
        elif value is None:
            problems.append(f"{nature} : « {raw} » n'est pas un taux entre 0 et 1")
        else:
            read[nature] = value
    if problems:
        raise ValueError("\n".join([*problems, f"Défauts connus : {', '.join(known)}."]))
    of_persons = {n: read.pop(n) for n in PersonRates.natures() if n in read}
    return replace(DefectRates(), **read, personnes=replace(PersonRates(), **of_persons)).times(factor)


def _rate(raw: object) -> float | None:
    try:
        number = float(raw if isinstance(raw, bool) else str(raw))
    except ValueError:
        return None
    return number if 0 <= number <= 1 else None
