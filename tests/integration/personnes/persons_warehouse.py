"""A warehouse with the few persons that a test says, and dbt run on it.

Belongs here: rows of the stored tables, as ingestion leaves them (keys, no identity), and running dbt. Does not belong
here: assertions. Keys are those that ingestion makes of invented traits, with a secret of the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl
import pytest

from ingest.home import Home
from ingest.pipeline import load_warehouse
from ingest.protect.keyrings import Secret
from ingest.protect.pseudonyms import identity_keys
from tests import dbt_here
from tests.instants import TODAY

LE_31 = date(2024, 12, 31)
MODELES = ("intermediate.personnes+", "intermediate.sejours", "dlnuf_sejours", "intermediate.evenements")


SECRET = Secret("p1", "", b"\5" * 32)
TRAITS = {"nom": "nom", "prenoms": "prenom", "naissance": "naissance", "sexe": "sexe", "lieu": "lieu"}


@dataclass(frozen=True)
class Personne:
    """An invented person. ins: only when qualified. ins, nir: what tells two numbers of one sex and month apart."""

    nom: str | None = None
    prenom: str | None = None
    naissance: str | None = None
    sexe: str | None = None
    lieu: str | None = None
    ins: str | None = None
    nir: str | None = None
    mdph: str | None = None

    def cles(self, *, avec_ins: bool = False, avec_nir: bool = False, avec_mdph: bool = False) -> dict[str, Any]:
        """The stored columns of a source that declares these roles."""
        roles = dict(TRAITS)
        if avec_ins:
            roles |= {"ins": "ins", "ins_type": "ins_type", "ins_statut": "ins_statut"}
        if avec_nir:
            roles |= {"nir": "nir"}
        if avec_mdph:
            roles |= {"mdph": "mdph"}
        row = {
            **vars(self), "naissance": date.fromisoformat(self.naissance) if self.naissance else None,
            "ins": self._number(self.ins), "nir": self._number(self.nir), "ins_type": "INS-NIR", "ins_statut": "VALI",
        }  # fmt: skip
        schema = {name: pl.Date if name == "naissance" else pl.String for name in row}
        keys = identity_keys(pl.DataFrame([row], schema=schema), roles, SECRET)
        year = {"annee_naissance": int(self.naissance[:4]) if self.naissance else None, "sexe": self.sexe}
        return {**year, **{name: column[0] for name, column in keys.items()}}

    def _number(self, rank: str | None) -> str | None:
        """Thirteen characters that agree with the sex and birth of the person."""
        if rank is None or self.naissance is None:
            return None
        first = "1" if self.sexe == "M" else "2"
        return f"{first}{self.naissance[2:4]}{self.naissance[5:7]}01999{int(rank):03d}"


class Entrepot:
    """A warehouse whose tables of persons hold what is told to it."""

    def __init__(self, home: Home, factory: pytest.TempPathFactory) -> None:
        self.home = home
        self._factory = factory
        self._lines = 0
        self._told: list[tuple[str, dict[str, Any]]] = []  # written when somebody looks
        load_warehouse(home)

    @contextmanager
    def ouvert(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, with every row that was told."""
        with duckdb.connect(str(self.home.warehouse)) as connection:
            for table, row in self._told:
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" for _ in row)
                connection.execute(f'INSERT INTO raw."{table}" ({names}) VALUES ({marks})', list(row.values()))
            self._told.clear()
            yield connection

    def ajoute(self, table: str, delivery: str = "livraison", **values: Any) -> int:
        """A row of a stored table, in force; returns its line."""
        self._lines += 1
        row = {
            "_delivery_id": delivery, "_ligne": self._lines, "_collecte_le": LE_31, "millesime": 2024,
            "_recu_le": datetime(2025, 1, 2, 8), "_est_courante": True, **values,
        }  # fmt: skip
        self._told.append((table, row))
        return self._lines

    def usager(self, et: str, usager: str, personne: Personne, **values: Any) -> None:
        keys = personne.cles(avec_ins=True, avec_nir=True, avec_mdph=True)
        self.ajoute("dui__usagers", **{"finess_et": et, "usager_id": usager, **keys, **values})

    def sejour(self, et: str, usager: str, sejour: str, **values: Any) -> None:
        self.ajoute("dui__sejours", **{"finess_et": et, "usager_id": usager, "sejour_id": sejour, **values})

    def resident(self, et: str, personne: Personne, entree: str, **values: Any) -> None:
        row = {"finess_et": et, "mois": "2024-12", "modalite": "HP", "date_entree": entree}
        self.ajoute("resid_esms__residents", **{**row, **personne.cles(avec_nir=True), **values})

    def demande(self, et: str, dossier: str, personne: Personne, statut: str, **values: Any) -> None:
        row = {"finess_et": et, "dossier_id": dossier, "statut": statut, "modalite": "HP", "papier": False}
        self.ajoute("viatrajectoire_pa__demandes", **{**row, **personne.cles(), **values})

    def orientation(self, et: str, tache: str, entree: str, **values: Any) -> None:
        """The follow-up of an orientation, which names nobody."""
        row = {"finess_et": et, "tache_id": tache, "statut_esms": "47", "date_statut_esms": entree}
        self.ajoute("viatrajectoire_ph__orientations", **{**row, **values})

    def dbt(self, *arguments: str, jour: date = TODAY) -> None:
        """Raises AssertionError when dbt fails, with what it says."""
        with self.ouvert():  # closed before dbt opens it
            pass
        dbt_here.dbt(self.home, arguments, jour, self._factory)

    def lire(self, query: str) -> list[tuple[Any, ...]]:
        with self.ouvert() as connection:
            return connection.execute(query).fetchall()
