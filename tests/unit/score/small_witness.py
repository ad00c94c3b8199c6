"""A truth, deliveries and a publication of a few answers, judged by hand in the tests of the score."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from ingest.home import Home
from ingest.receive import landing
from ingest.store import lake
from tests.unit.orchestration.samples import loser, publish, value
from witness.score import score, truth_tables

ET = "010000001"
DOCUMENTS = {"tdb_esms": "tdb", "tdb_diamant": "tdb"}
KEY = {
    "unite": "ET",
    "unite_id": ET,
    "perimetre": "site",
    "millesime": 2023,
    "element_id": "TX_OCC_HP",
    "composante": "",
    "base_temporelle": "flux_annee",
}
VALUE = {"valeur_nombre": pl.Float64, "valeur_texte": pl.String, "valeur_date": pl.Date}
TYPES = dict.fromkeys(KEY, pl.String) | {"millesime": pl.Int32}
LINE = {"livraison": pl.String, "ligne": pl.Int64}
ANSWER = LINE | TYPES | {"champ": pl.String} | VALUE
SCHEMAS = {
    "elements": TYPES | VALUE,
    "reponses/tout": ANSWER
    | {"source": pl.String, "document": pl.String, "rang_depot": pl.String, "recu_rang": pl.Int32}
    | {"est_juste": pl.Boolean},
    "vides": LINE | TYPES | {"champ": pl.String, "motif": pl.String},
    "ecarts": LINE | {"champ": pl.String, "nature": pl.String},
    "livraisons": {"livraison": pl.String, "source": pl.String, "table": pl.String, "recu_rang": pl.Int32}
    | {"n_lignes": pl.Int64, "encodage": pl.String, "attendue": pl.String, "sha256": pl.String},
}
DEFECT = ["livraison", "ligne", "champ", "nature", "valeur_vraie", "valeur_livree", "effet", *KEY]
Said = float | str | date


def typed(said: Said) -> dict[str, Any]:
    """A value in its column."""
    columns: dict[str, Any] = dict.fromkeys(VALUE)
    kind = "valeur_nombre" if isinstance(said, float) else "valeur_texte" if isinstance(said, str) else "valeur_date"
    return columns | {kind: said}


def _table(rows: list[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)


@dataclass
class SmallWitness:
    """What is true, what files state, what the layer made of it; a call adds one row."""

    root: Path
    format: int = truth_tables.FORMAT
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in SCHEMAS})
    defects: list[dict[str, Any]] = field(default_factory=list)
    retained: list[dict[str, Any]] = field(default_factory=list)
    losers: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, tuple[str, str]] = field(default_factory=dict)  # name → source, delivery id

    @property
    def home(self) -> Home:
        return Home(self.root / "var")

    @property
    def truth(self) -> Path:
        return self.root / "verite"

    def file(
        self, name: str, source: str, n: int = 10, *, read: int | None = None, rejects: dict[int, str] | None = None,
        expected: str = "acceptee", kept_as: str | None = None,
    ) -> None:  # fmt: skip
        """A file of `n` rows, `read` by the system (all), some rejected: line → rule. kept_as: its new name."""
        rank, rejects, read = len(self.files) + 1, rejects or {}, n if read is None else read
        delivery = f"{source}-{rank}"
        self.files[name] = (source, delivery)
        self.rows["livraisons"].append(
            {"livraison": name, "source": source, "table": "t", "recu_rang": rank, "n_lignes": n, "attendue": expected,
             "sha256": str(rank) if kept_as else None}
        )  # fmt: skip
        landing.write_json(
            self.home.landing / source / f"{rank}.json",
            {
                "delivery_id": delivery, "source": source, "layout": "t", "reader": "csv", "contract_version": "1",
                "filename": kept_as or name, "sha256": str(rank), "size": 1, "millesime": None,
                "received_at": f"2025-06-{rank:02}T00:00:00+00:00", "collecte_le": None,
            },
        )  # fmt: skip
        result = lake.Result(delivery, source, lake.ACCEPTED if expected == "acceptee" else lake.REFUSED)
        result.entities = {"t": {"lues": read, "acceptees": read - len(rejects), "rejetees": len(rejects)}}
        if rejects:
            path = self.home.lake / "rejects" / f"{delivery}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            broken = {"delivery_id": delivery, "entite": "t", "ligne": list(rejects), "regle": list(rejects.values())}
            pl.DataFrame(broken).write_parquet(path)
            result.files = {"rejects": [str(path.relative_to(self.home.lake))]}
        lake.write_result(self.home, result)

    def true(self, said: Said, **key: Any) -> None:
        self.rows["elements"].append(KEY | typed(said) | key)

    def said(
        self, name: str, said: Said, *, right: bool, line: int = 2, deposit: int | None = None, **key: Any
    ) -> None:
        """An answer of a file, as the witness judges it."""
        source = self.files[name][0]
        told = {
            "livraison": name, "ligne": line, "champ": "C", "source": source, "est_juste": right,
            "document": DOCUMENTS.get(source, source), "rang_depot": None if deposit is None else str(deposit),
            "recu_rang": list(self.files).index(name) + 1,
        }  # fmt: skip
        self.rows["reponses/tout"].append(KEY | typed(said) | told | key)

    def empty(self, name: str, motif: str = "vide", line: int = 2, **key: Any) -> None:
        self.rows["vides"].append(KEY | {"livraison": name, "ligne": line, "champ": "C", "motif": motif} | key)

    def defect(self, name: str, nature: str, effect: str, line: int = 2, **key: Any) -> None:
        """About a whole line, or about the question of `key`."""
        self.defects.append({"livraison": name, "ligne": line, "nature": nature, "effet": effect} | key)

    def kept(self, name: str, said: Said, statut: str = "unique", line: int = 2, **key: Any) -> None:
        """What the layer retains."""
        source, delivery = self.files[name]
        self.retained.append(
            value(source=source, delivery_id=delivery, ligne=line, statut=statut)
            | KEY | typed(said) | {"valeur": str(said)} | key
        )  # fmt: skip

    def lost(self, name: str, said: Said, motif: str = "rang_inferieur", line: int = 2, **key: Any) -> None:
        """What the layer sets aside."""
        source, delivery = self.files[name]
        self.losers.append(
            loser(source=source, delivery_id=delivery, ligne=line, motif=motif)
            | KEY | typed(said) | {"valeur": str(said)} | key
        )  # fmt: skip

    def hidden(self, name: str, line: int = 2, **key: Any) -> None:
        """What the layer retains, and the publication hides."""
        source, delivery = self.files[name]
        said = value(source=source, delivery_id=delivery, ligne=line, statut="unique")
        self.retained.append(said | KEY | {"valeur": "secret", "secret": "valeur_nombre, valeur"} | key)

    def write(self) -> None:
        """The folder of the truth, and the publication."""
        self.write_truth()
        columns = value(ligne=1) | typed(0.0)
        types = dict.fromkeys([*columns, "secret"], pl.String) | TYPES | VALUE
        types |= {"ligne": pl.Int32, "collecte_le": pl.Date}
        tables = {
            "dlnuf_valeurs": _table(self.retained, types),
            "dlnuf_reponses_ecartees": _table(self.losers, types | {"motif": pl.String}),
        }
        publish(self.home, "v1", tables)

    def write_truth(self) -> None:
        (self.truth / "reponses").mkdir(parents=True, exist_ok=True)
        (self.truth / "generation.json").write_text(json.dumps({"format": self.format}), encoding="utf-8")
        for name, schema in SCHEMAS.items():
            _table(self.rows[name], schema).write_parquet(self.truth / f"{name}.parquet")
        defects = [{column: str(row.get(column, "")) for column in DEFECT} for row in self.defects]
        _table(defects, dict.fromkeys(DEFECT, pl.String)).write_csv(self.truth / "defauts.csv", separator=";")

    def score(self) -> dict[str, Any]:
        """What the judge says of it all."""
        self.write()
        return score(self.home.root, self.truth)
