"""The panel: one row per ET and year, a plain bag of named arrays that each subject fills.

Belongs here: the rows (who exists at 31/12 of which year) and access to them. Does not belong here: any subject's rule.
A value is NaN (or None for texts) when it does not apply or nobody knows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.capacites import ANNEES
from witness.generate.streams import Entiers, Flottants


@dataclass
class Panel:
    """Rows sorted by year then ET ; `et` and `annee` index them ; `v` holds numbers, `t` texts, `d` dates."""

    et: Entiers
    rang_annee: Entiers
    table_et: pl.DataFrame
    v: dict[str, Flottants] = field(default_factory=dict)
    t: dict[str, np.ndarray] = field(default_factory=dict)
    d: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.et)

    @property
    def annee(self) -> Entiers:
        """Millésime of each row."""
        return np.array(ANNEES)[self.rang_annee]

    @cached_property
    def ej(self) -> Entiers:
        """EJ that runs the ET at 31/12 of the year."""
        fin = np.array([np.datetime64(f"{a}-12-31") for a in ANNEES])[self.rang_annee]
        change = self.par_et(self.table_et["date_changement_ej"].to_numpy().astype("datetime64[D]"))
        avant = self.par_et(self.table_et["ej_id_avant"].to_numpy())
        return np.where(change > fin, avant, self.par_et(self.table_et["ej_id"].to_numpy()))

    @property
    def profil(self) -> Entiers:
        """Operating profile (index in `faits.profils()`) of each row."""
        return self.table_et["profil_id"].to_numpy()[self.et]

    def est(self, *profils: str) -> np.ndarray:
        """Rows of the given profiles."""
        rangs = [facts.profils().index(p) for p in profils]
        return np.isin(self.profil, rangs)

    def fait(self, colonne: str) -> Flottants:
        """A number of `faits/profils.csv`, for each row."""
        return facts.nombres("profils", colonne)[self.profil]

    def par_et(self, valeurs: np.ndarray) -> np.ndarray:
        """An array (n_et, …) seen from each row."""
        return valeurs[self.et]

    def par_et_annee(self, valeurs: Flottants) -> Flottants:
        """An array (n_et, years) seen from each row."""
        return valeurs[self.et, self.rang_annee]

    def precedent(self) -> Entiers:
        """Row of the same ET a year before, -1 when there is none."""
        position = np.full((len(self.table_et), len(ANNEES)), -1, dtype=np.int64)
        position[self.et, self.rang_annee] = np.arange(len(self))
        return np.where(self.rang_annee > 0, position[self.et, np.maximum(self.rang_annee - 1, 0)], -1)


def construire(table_et: pl.DataFrame) -> Panel:
    """Rows of the ET that are open at 31/12 of each year."""
    morceaux_et: list[Entiers] = []
    morceaux_an: list[Entiers] = []
    ouverture, fermeture = table_et["date_ouverture"], table_et["date_fermeture"]
    for rang, annee in enumerate(ANNEES):
        fin = date(annee, 12, 31)
        ouverts = ((ouverture <= fin) & (fermeture.is_null() | (fermeture > fin))).to_numpy()
        ids = np.flatnonzero(ouverts)
        morceaux_et.append(ids)
        morceaux_an.append(np.full(len(ids), rang))
    return Panel(np.concatenate(morceaux_et), np.concatenate(morceaux_an), table_et)
