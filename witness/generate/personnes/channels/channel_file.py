"""What every channel has in common: a file with its rows located, dates and hours as text.

Belongs here: the shape of a written file and the helpers of its writing. Does not belong here: any format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from witness.generate.personnes.decisions import Decisions
from witness.generate.personnes.declared_stays import Declarations
from witness.generate.personnes.et_facts import ANNEE, Etablissements
from witness.generate.personnes.person_defects import Journal
from witness.generate.personnes.records import Dossiers
from witness.generate.personnes.sejours import JOURS, PREMIER_JOUR, Sejours
from witness.generate.personnes.waiting import Attentes

ISO, FRANCAIS, COMPACT = "%Y-%m-%d", "%d/%m/%Y", "%Y%m%d"
EXPORT = str(PREMIER_JOUR + JOURS - 1)  # the last day of the year: what is told is the state of that evening
_EPOQUE = int(PREMIER_JOUR.astype(int))
# Summer time: its first day and the first that is not of it, the last Sundays of March and October.
HEURE_D_ETE = tuple(
    int(
        (np.busday_offset(np.datetime64(f"{ANNEE}-{mois}-31"), 0, "backward", weekmask="Sun") - PREMIER_JOUR).astype(
            int
        )
    )
    for mois in ("03", "10")
)
# Reasons of exit as people type them, by rank in `activite.SORTIES`.
_MOTIFS = (
    ("Décès", "Décédée à l'hôpital", "Décès dans l'établissement", "décédé", "DECES"),
    ("Hospitalisation", "Hospitalisation longue", "Hospitalisé, ne reviendra pas"),
    ("Retour à domicile", "Retour au domicile", "retour domicile"),
    ("Admission dans un autre établissement", "Réorientation", "Transfert vers un autre établissement", "Autre ESMS"),
    ("",),
)
PART_NOM_DANS_LE_MOTIF = 0.01  # a free text that names someone


@dataclass
class Departement:
    """Everything that is true and told about a département ; `rang`: person of each stay."""

    code: str
    e: Etablissements
    s: Sejours
    rang: np.ndarray
    personnes: pl.DataFrame
    attentes: Attentes
    decisions: Decisions
    dossiers: Dossiers
    declarations: Declarations
    journal: Journal
    ecrites: list[pl.DataFrame] = field(default_factory=list)  # identities, as each system writes them

    @property
    def finess(self) -> pl.Series:
        """Number of each ET, by its row."""
        return pl.Series(self.e.finess.tolist(), dtype=pl.String)


@dataclass
class Fichier:
    """A file to deliver. `tables`: rows it has for each entity ; the other frames say on which line each record is.

    reperes: by table of records of the ledger, (rang, ligne, entite). fiches: (entite, ligne, finess_et, identifiant,
    personne). sejours: (entite, ligne, sejour, admission, entree, sortie). visites: (ligne, finess_et, identifiant,
    vraie, personne).
    """

    nom: str
    source: str
    octets: bytes
    tables: Mapping[str, int]
    encodage: str = "utf-8"
    reperes: dict[str, pl.DataFrame] = field(default_factory=dict)
    fiches: list[pl.DataFrame] = field(default_factory=list)
    sejours: list[pl.DataFrame] = field(default_factory=list)
    visites: list[pl.DataFrame] = field(default_factory=list)


def jour(colonne: str | pl.Expr, forme: str = ISO) -> pl.Expr:
    """A day of this package, written ; nothing when unknown."""
    c = pl.col(colonne) if isinstance(colonne, str) else colonne
    return (c + _EPOQUE).cast(pl.Int32).cast(pl.Date).dt.to_string(forme)


def heure(jours: pl.Expr, minutes: pl.Expr, forme: str) -> pl.Expr:
    """A day and minutes since midnight, written."""
    instant = ((jours.cast(pl.Int64) + _EPOQUE) * 1440 + minutes.cast(pl.Int64)) * 60_000
    return instant.cast(pl.Datetime("ms")).dt.to_string(forme)


def bornes_presence(forme: str) -> tuple[pl.Expr, pl.Expr]:
    """Start and end of a period: there (ten to eleven, or the bounds of the year), of the day or away (ten to five)."""
    premier, dernier = pl.col("debut") == 0, pl.col("fin") >= JOURS
    de_jour = pl.col("absent") | (pl.col("debut") == pl.col("fin"))
    debut = pl.when(premier & ~de_jour).then(0).otherwise(600)
    fin = pl.when(de_jour).then(1020).when(dernier).then(1439).otherwise(660)
    return (
        heure(pl.col("debut"), debut, forme),
        heure(pl.when(dernier).then(JOURS - 1).otherwise(pl.col("fin")), fin, forme),
    )


def chiffres(colonne: str, n: int) -> pl.Expr:
    """A number on n digits."""
    return pl.col(colonne).cast(pl.String).str.zfill(n)


def choix(colonne: str, valeurs: list[str] | tuple[str | None, ...]) -> pl.Expr:
    """The text of a rank ; nothing for an empty text or an unknown rank."""
    paires = {i: v for i, v in enumerate(valeurs) if v}
    return pl.col(colonne).replace_strict(list(paires), list(paires.values()), default=None, return_dtype=pl.String)


def modalite(valeurs: list[str] | tuple[str | None, ...], inconnue: str) -> pl.Expr:
    """Way of being received as a product writes it: nothing, or a code that no list has, where a mistake was made."""
    ecrite = pl.when("code_inconnu").then(pl.lit(inconnue)).otherwise(choix("modalite", valeurs))
    return pl.when(~pl.col("sans_modalite")).then(ecrite)


def motifs(d: Departement, table: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """Free text of the exits of some stays (columns motif, nom) ; now and then it names someone."""
    textes = [t for liste in _MOTIFS for t in liste]
    debuts = np.cumsum([0, *(len(liste) for liste in _MOTIFS)])
    rang = table["motif"].to_numpy()
    n_textes = np.diff(debuts)[np.maximum(rang, 0)]
    tirage = debuts[np.maximum(rang, 0)] + (rng.random(len(rang)) * n_textes).astype(int)
    texte = pl.Series(textes, dtype=pl.String).gather(tirage)
    nomme = pl.Series((rng.random(len(rang)) < PART_NOM_DANS_LE_MOTIF) & (rang == 0))
    ligne = table.with_columns(texte.alias("t"), nomme.alias("n"), pl.Series("dit", (rang >= 0)))
    dit = pl.when("n").then(pl.concat_str("t", pl.lit(", famille "), "nom", pl.lit(" prévenue"))).otherwise("t")
    return ligne.select(pl.when(pl.col("dit") & (pl.col("t") != "")).then(dit)).to_series()


def csv(
    table: pl.DataFrame, separateur: str, *, encodage: str = "utf-8", marque: bytes = b"", fin: str = "\n"
) -> bytes:
    """A CSV: titles, then rows."""
    octets = table.write_csv(separator=separateur, line_terminator=fin, quote_style="necessary").encode(encodage)
    return marque + octets


def lignes_csv(table: pl.DataFrame) -> pl.Series:
    """Physical line of each row: the first is that of the titles."""
    return pl.Series("ligne", np.arange(len(table)) + 2)


def reperes(rangs: pl.Series, lignes: pl.Series, entite: str) -> pl.DataFrame:
    """Where the records of a table are."""
    return pl.DataFrame(
        {"rang": rangs.cast(pl.Int64), "ligne": lignes, "entite": pl.repeat(entite, len(lignes), eager=True)}
    )


def fiches(
    entite: str, lignes: pl.Series, finess: pl.Series, identifiants: pl.Series, personnes: pl.Series
) -> pl.DataFrame:
    """Records of persons, for the truth."""
    return pl.DataFrame(
        {
            "entite": pl.repeat(entite, len(lignes), eager=True),
            "ligne": lignes,
            "finess_et": finess,
            "identifiant": identifiants,
            "personne": personnes,
        }
    )


def sejours(entite: str, lignes: pl.Series, table: pl.DataFrame) -> pl.DataFrame:
    """Statements about stays, for the truth (columns sejour, admission, entree, sortie of `table`)."""
    return table.select(
        pl.lit(entite).alias("entite"), lignes.alias("ligne"),
        *(pl.col(c).cast(pl.Int64) for c in ("sejour", "admission", "entree", "sortie")),
    )  # fmt: skip
