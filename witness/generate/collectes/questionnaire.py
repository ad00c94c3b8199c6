"""The columns of a questionnaire, taken from the panel.

Belongs here: choosing the rows (who answers) and turning a variable of the truth into a column of a file.
Does not belong here: which columns a collection has.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from witness.generate.attributes import GROUPEE
from witness.generate.sheet import Colonne, dates, declaree, est_additive, unite_mesure
from witness.generate.streams import Entiers, Flottants
from witness.generate.world import Monde


def repondants(
    monde: Monde,
    collecte: str,
    categories: list[str] | None,
    annees: tuple[int, ...],
    part: float,
    cadre: str | None = None,
) -> Entiers:
    """Rows of the panel that answer a collection: categories, years and account asked, minus those who do not answer.

    An ET that does not answer one year may answer the next ; the draw belongs to the collection and the year.
    """
    p = monde.panel
    demande = np.isin(p.annee, annees)
    if categories is not None:
        demande &= np.isin(p.par_et(p.table_et["categorie"].to_numpy().astype(str)), categories)
    if cadre is not None:
        demande &= np.array([c == cadre for c in p.t["cadre"]])
    repond = monde.hasard.flux(f"reponse/{collecte}").random(len(p)) < part
    return np.flatnonzero(demande & repond)


@dataclass
class Questionnaire:
    """Columns under construction for some rows of the panel."""

    monde: Monde
    lignes: Entiers
    colonnes: list[Colonne] = field(default_factory=list)

    def __post_init__(self) -> None:
        p = self.monde.panel
        self.avant = p.precedent()[self.lignes]
        self.et = p.table_et[p.et[self.lignes].tolist()]
        self.ej = self.monde.structures.ej[p.ej[self.lignes].tolist()]
        self.finess_et = self.et["finess_et"].to_numpy().astype(str)
        self.finess_ej = self.ej["finess_ej"].to_numpy().astype(str)
        self.annees = p.annee[self.lignes]

    def nombre(self, titre: str, variable: str | None, decimales: int, facteur: float = 1.0) -> Questionnaire:
        """A number of the panel, divided by `facteur` to be in the unit of the file."""
        assert variable is not None
        valeurs = self.monde.panel.v[variable]
        return self.valeurs(titre, valeurs, variable, decimales, facteur)

    def valeurs(
        self, titre: str, panel: Flottants, variable: str | None, decimales: int, facteur: float = 1.0
    ) -> Questionnaire:
        """A number given for every row of the panel, tied to a variable of `faits/elements.csv` (or none)."""
        avant = np.where(self.avant >= 0, panel[self.avant], np.nan) / facteur
        self.colonnes.append(
            Colonne(
                titre,
                nombres=panel[self.lignes] / facteur + 0.0,  # never « -0 »
                decimales=decimales,
                variable=declaree(variable),
                facteur=facteur,
                avant=avant,
                retardable=variable is not None and variable.startswith("cap_"),
                est_pourcent=facteur == 1 and unite_mesure(variable) == "pct",
            )
        )
        return self

    def caractere(self, titre: str, variable: str) -> Questionnaire:
        """A text of the panel."""
        textes = self.monde.panel.t[variable][self.lignes]
        self.colonnes.append(Colonne(titre, textes=textes, variable=declaree(variable)))
        return self

    def date(self, titre: str, variable: str, forme: str = "%d/%m/%Y") -> Questionnaire:
        """A date of the panel."""
        valeurs = dates(self.monde.panel.d[variable][self.lignes], forme)
        self.colonnes.append(Colonne(titre, textes=valeurs, variable=declaree(variable), est_date=True))
        return self

    def texte(self, titre: str, valeurs: np.ndarray | pl.Series | list, variable: str | None = None) -> Questionnaire:
        """Any text, one per row ; tied to a variable of `faits/elements.csv` when it answers a question."""
        self.colonnes.append(Colonne(titre, textes=np.array(list(valeurs), dtype=object), variable=declaree(variable)))
        return self

    @property
    def groupees(self) -> np.ndarray:
        """Rows whose ET answers for its sites together."""
        return self.monde.panel.t["structuration"][self.lignes] == GROUPEE

    def regrouper(self) -> None:
        """A grouped answer covers a principal site and a secondary one of the same size: counts and amounts double."""
        for colonne in self.colonnes:
            if colonne.nombres is not None and est_additive(colonne.variable):
                colonne.nombres = np.where(self.groupees, 2 * colonne.nombres, colonne.nombres)
                if colonne.avant is not None:
                    colonne.avant = np.where(self.groupees, 2 * colonne.avant, colonne.avant)
