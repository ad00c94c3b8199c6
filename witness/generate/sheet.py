"""One table as a collection asks for it: titles, what each cell truly is, how it is written.

Belongs here: columns, their true content in the unit of the file, their rendering as text, the bytes of a CSV.
Does not belong here: disagreements and defects (`injection`), and which columns a given collection has (`collectes`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.streams import Entiers, Flottants

BRUT = -1  # 17 significant digits, as DIAMANT exports its doubles
FRACTION_POINT = -2  # « .081800000000000000000000000 »


@dataclass
class Colonne:
    """A column. `nombres` (NaN: empty) or `textes` (None: empty). `facteur` times a number is canonical."""

    titre: str
    nombres: Flottants | None = None
    textes: np.ndarray | None = None
    decimales: int = 0
    variable: str | None = None
    facteur: float = 1.0
    verite: Flottants | None = None  # what is true, when the sender cannot but say otherwise
    avant: Flottants | None = None  # what the same sender would have written a year before
    repondu: Flottants | None = None  # answer already given to another channel of the same collection
    retardable: bool = False  # a capacity, which the sender may not have updated
    est_pourcent: bool = False
    est_date: bool = False

    def connus(self) -> Flottants:
        """Numbers of a column of numbers."""
        if self.nombres is None:
            raise TypeError(f"la colonne « {self.titre} » n'est pas numérique")
        return self.nombres

    def choisir(self, masque: np.ndarray) -> Colonne:
        """The column of some rows."""
        parts = {nom: getattr(self, nom) for nom in ("nombres", "textes", "verite", "avant", "repondu")}
        return replace(self, **{nom: None if part is None else part[masque] for nom, part in parts.items()})

    def tolerance(self) -> Flottants | None:
        """Tolerance of the element, cell by cell in the unit of the file ; None when no number is compared."""
        if self.nombres is None or self.variable is None:
            return None
        return largeur(self.variable, self.nombres, self.facteur)

    @property
    def arrondi(self) -> float:
        """Half of the last digit that the column writes."""
        if self.decimales == BRUT:
            return 1e-6
        return 0.5 * 10.0 ** -(4 if self.decimales == FRACTION_POINT else self.decimales)

    def ecrits(self) -> Flottants:
        """Numbers as the file carries them, once rounded by their writing."""
        if self.decimales == BRUT:
            return self.connus()
        return np.round(self.connus(), 4 if self.decimales == FRACTION_POINT else self.decimales)


@dataclass
class Feuille:
    """A table to deliver. `cle`: rank of the column that holds the FINESS of the unit."""

    nom: str
    colonnes: list[Colonne]
    cle: int
    unites: np.ndarray  # FINESS of the unit of each row
    millesimes: Entiers
    separateur: str = ";"
    decimale: str = "."
    encodage: str = "utf-8"
    fin_de_ligne: str = "\n"
    unite: str = "ET"
    collecte: str = ""  # names the random streams: a redelivery has those of the first delivery
    table: str = ""
    source: str = ""  # the collection, when several tables make it
    document: str = ""  # what the sender filled in, when the collection is a channel of it
    depots: list[str] | None = None  # deposit number of each row
    ko: list[tuple[int, int]] = field(default_factory=list)  # (column of a rate, column of its « Etat »)
    groupees: np.ndarray | None = None  # rows that answer for several sites
    lignes_fixes: bool = False  # no row may go: another delivery, or the ledger already, speaks of them by line
    intouchables: frozenset[int] = frozenset()  # rows that already are a defect
    ej: np.ndarray | None = None  # FINESS of the EJ of each row
    fermes: dict[int, list[str]] = field(default_factory=dict)  # FINESS of the ET asked, closed before each year

    def __len__(self) -> int:
        return len(self.unites)

    @property
    def source_code(self) -> str:
        """Code of the collection."""
        return self.source or self.collecte

    def titres_distincts(self) -> list[str]:
        """Titles, those already met followed by their rank: « titre (2) »."""
        vus: dict[str, int] = {}
        resultat = []
        for colonne in self.colonnes:
            vus[colonne.titre] = vus.get(colonne.titre, 0) + 1
            rang = vus[colonne.titre]
            resultat.append(colonne.titre if rang == 1 else f"{colonne.titre} ({rang})")
        return resultat

    def choisir(self, masque: np.ndarray) -> Feuille:
        """Some rows of the table, in their order."""
        return replace(
            self,
            colonnes=[c.choisir(masque) for c in self.colonnes],
            unites=self.unites[masque],
            millesimes=self.millesimes[masque],
            depots=None if self.depots is None else [d for d, garde in zip(self.depots, masque, strict=True) if garde],
            groupees=None if self.groupees is None else self.groupees[masque],
            intouchables=frozenset(np.flatnonzero(np.isin(np.flatnonzero(masque), list(self.intouchables))).tolist()),
            ej=None if self.ej is None else self.ej[masque],
        )

    def textes(self) -> list[list[str]]:
        """Cells as they will be written, column by column."""
        return [rendre(c, self.decimale) for c in self.colonnes]


@cache
def tolerances() -> dict[str, tuple[str, float]]:
    """Kind and value of the tolerance of each variable of `faits/elements.csv`."""
    t = facts.table("elements").select("variable", "tolerance_type", "tolerance")
    return {v: (nature, float(valeur) if valeur else float("nan")) for v, nature, valeur in t.iter_rows()}


@cache
def cles() -> dict[str, tuple[str, str, str]]:
    """Element, component and time basis of each variable of `faits/elements.csv`."""
    t = facts.table("elements").select("variable", "element_id", "composante", "base_temporelle")
    return {v: (element, composante, base) for v, element, composante, base in t.iter_rows()}


@cache
def _unites() -> dict[str, str]:
    return dict(facts.table("elements").select("variable", "unite_mesure").iter_rows())


def unite_mesure(variable: str | None) -> str:
    """Canonical unit of a variable of `faits/elements.csv`."""
    return _unites().get(variable or "", "")


def declaree(variable: str | None) -> str | None:
    """The variable when it answers a question of the dictionary."""
    return variable if variable in _unites() else None


def est_additive(variable: str | None) -> bool:
    """Whether what two sites answer adds up: counts and amounts, not rates nor prices."""
    nom = variable or ""
    compte = unite_mesure(nom) in ("places", "personnes", "eur", "etp", "nombre", "m2", "kwh")
    unitaire = nom.startswith(("prix_", "tarif_", "redevance")) or nom in ("energie_par_m2", "tdb_313")
    return (compte or nom.startswith("journees_")) and not unitaire


def largeur(variable: str, vrais: Flottants, facteur: float = 1.0) -> Flottants | None:
    """How far from true numbers an answer may be, in the unit of the file ; None when no number is compared."""
    nature, valeur = tolerances()[variable]
    if nature == "relatif":
        return np.abs(vrais) * valeur / 100
    if nature in ("entier", "effectif", "absolu", "points"):
        return np.full(len(vrais), valeur / abs(facteur))
    return None


def rendre(colonne: Colonne, decimale: str) -> list[str]:
    """Text of each cell of a column ; unknown is empty."""
    if colonne.textes is not None:
        return ["" if t is None else str(t) for t in colonne.textes]
    return rendre_nombres(colonne.connus(), colonne.decimales, decimale)


def rendre_nombres(valeurs: Flottants, decimales: int, decimale: str = ".") -> list[str]:
    """Numbers as text with a fixed number of decimals (or BRUT, FRACTION_POINT)."""
    connus = ~np.isnan(valeurs)
    nombres = valeurs[connus]
    if decimales == BRUT:
        textes = [f"{x:.17g}" for x in nombres.tolist()]
    elif decimales == FRACTION_POINT:
        textes = [_point(f"{x:.4f}") for x in nombres.tolist()]
    elif decimales == 0:
        textes = [str(x) for x in np.rint(nombres).astype(np.int64).tolist()]
    else:
        textes = [f"{x:.{decimales}f}" for x in nombres.tolist()]
    if decimale != ".":
        textes = [t.replace(".", decimale) for t in textes]
    resultat = np.full(len(valeurs), "", dtype=object)
    resultat[connus] = textes
    return resultat.tolist()


def _point(texte: str) -> str:
    signe, reste = ("-", texte[1:]) if texte.startswith("-") else ("", texte)
    return signe + reste.removeprefix("0") + "0" * 23


def dates(valeurs: np.ndarray, forme: str = "%d/%m/%Y") -> np.ndarray:
    """Dates (datetime64) as text, None where unknown."""
    serie = pl.Series(valeurs.astype("datetime64[D]")).dt.to_string(forme)
    return np.array(serie.to_list(), dtype=object)


def csv_texte(lignes: list[list[str]], separateur: str, fin_de_ligne: str) -> list[str]:
    """Rows as CSV lines, each with its end of line ; quoted only where the format requires it."""

    def cellule(texte: str) -> str:
        speciale = separateur in texte or '"' in texte or "\n" in texte or "\r" in texte
        return '"' + texte.replace('"', '""') + '"' if speciale else texte

    def en_ligne(cellules: list[str]) -> str:
        brute = separateur.join(cellules)
        simple = (
            brute.count(separateur) == len(cellules) - 1
            and '"' not in brute
            and "\n" not in brute
            and "\r" not in brute
        )
        return (brute if simple else separateur.join(map(cellule, cellules))) + fin_de_ligne

    return [en_ligne(ligne) for ligne in lignes]
