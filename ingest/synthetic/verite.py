"""The truth written down: one Parquet per subject, and the long table that answers are compared with.

Belongs here: `verite/*.parquet`. Does not belong here: deliveries.
`elements.parquet` has the key of the resolved layer (unite, unite_id, millesime, element_id, composante,
base_temporelle) ; what does not exist is absent from it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from ingest.synthetic import faits
from ingest.synthetic.monde import Monde
from ingest.synthetic.structures import MILLESIMES

_IDENTITES = (
    ("FINESS_EJ", "finess_ej"),
    ("RAISON_SOCIALE_ET", "raison_sociale_courte"),
    ("RAISON_SOCIALE_EJ", "raison_sociale_ej"),
    ("SIRET", "siret"),
    ("CATEGORIE_ET", "categorie"),
    ("STATUT_JURIDIQUE", "statut"),
    ("COMMUNE_INSEE", "commune_code"),
    ("TELEPHONE", "telephone"),
    ("MODE_TARIFICATION", "mft"),
)


def ecrire(monde: Monde, dossier: Path) -> int:
    """Write every truth table ; returns the number of rows of `elements.parquet`."""
    tables = _tables(monde)
    tables["elements"] = elements(monde)
    for nom, table in tables.items():
        table.write_parquet(dossier / f"{nom}.parquet")
    return len(tables["elements"])


def _tables(monde: Monde) -> dict[str, pl.DataFrame]:
    s, t = monde.structures, monde.territoire
    cle = s.et.select("et_id", "finess_et")
    ej = s.ej.select("ej_id", "finess_ej")
    internes = ["ej_id", "ej_id_avant", "profil_id", "categorie_id", "et_id"]
    triplets = monde.capacites.triplets.join(cle, on="et_id", maintain_order="left")
    return {
        "ej": s.ej.drop("ej_id"),
        "et": s.et.drop(internes),
        "rattachements": s.rattachements.join(cle, on="et_id", maintain_order="left")
        .join(ej, on="ej_id", maintain_order="left")
        .select("finess_et", "finess_ej", "debut", "fin"),
        "communes": t.communes,
        "population": t.population,
        "capacites": triplets.with_columns(pl.selectors.float().fill_nan(None)).drop("et_id"),
        "panel": panel(monde),
        "coupes": monde.coupes.join(cle, on="et_id", maintain_order="left").drop("et_id"),
        "comptes_ej": monde.comptes_ej.drop("ej_id"),
    }


def panel(monde: Monde) -> pl.DataFrame:
    """Every variable of every ET and year (the year before the campaigns included), one column each."""
    p = monde.panel
    colonnes: dict[str, object] = {
        "finess_et": p.par_et(p.table_et["finess_et"].to_numpy()),
        "millesime": p.annee,
        "finess_ej": monde.structures.ej["finess_ej"].gather(p.ej.tolist()),
    }
    colonnes |= {k: pl.Series(v).fill_nan(None) for k, v in p.v.items()}
    colonnes |= {k: pl.Series(v.tolist(), dtype=pl.String) for k, v in p.t.items()}
    colonnes |= {k: v.astype("datetime64[D]") for k, v in p.d.items()}
    return pl.DataFrame(colonnes)


def elements(monde: Monde) -> pl.DataFrame:
    """Long truth of the campaigns: one row per key that has a value."""
    p = monde.panel
    garde = np.isin(p.annee, MILLESIMES)
    unite_id = p.par_et(p.table_et["finess_et"].to_numpy())[garde]
    annee = p.annee[garde]
    morceaux = []
    for v, nature, element, composante, base, unite, *_ in faits.table("elements").iter_rows():
        if v == "frng":
            continue
        sources = {"n": p.v, "t": p.t, "d": p.d}[nature]
        valeurs = pl.Series(sources[v][garde].tolist() if nature == "t" else sources[v][garde])
        table = _long("ET", unite_id, annee, nature, valeurs)
        morceaux.append(_cle(table, element, composante, base, unite))
    et = p.table_et[p.et[garde].tolist()]
    ej = monde.structures.ej[p.ej[garde].tolist()]
    du_gestionnaire = {"finess_ej": "finess_ej", "raison_sociale_ej": "raison_sociale_courte", "statut": "statut"}
    for element, colonne in _IDENTITES:
        valeurs = ej[du_gestionnaire[colonne]] if colonne in du_gestionnaire else et[colonne]
        morceaux.append(_cle(_long("ET", unite_id, annee, "t", valeurs), element, "", "validite", "texte"))
    for annee_ej in MILLESIMES:
        table_ej = monde.structures.ej
        annees = np.full(len(table_ej), annee_ej)
        for element, colonne in (
            ("RAISON_SOCIALE_EJ", "raison_sociale_courte"),
            ("SIREN", "siren"),
            ("STATUT_JURIDIQUE", "statut"),
        ):
            longue = _long("EJ", table_ej["finess_ej"].to_numpy(), annees, "t", table_ej[colonne])
            morceaux.append(_cle(longue, element, "", "validite", "texte"))
    comptes = monde.comptes_ej.filter(pl.col("millesime").is_in(list(MILLESIMES)))
    declares = {ligne[0]: ligne for ligne in faits.table("elements").iter_rows()}
    for v in ("tx_caf", "tx_vetuste_autres_immo", "tx_vetuste_constructions", "tx_vetuste_installations", "frng"):
        _, _, element, composante, base, unite, *_ = declares[v]
        table = _long("EJ", comptes["finess_ej"].to_numpy(), comptes["millesime"].to_numpy(), "n", comptes[v])
        morceaux.append(_cle(table, element, composante, base, unite))
    return pl.concat(morceaux)


def _long(unite: str, unite_id: np.ndarray, annee: np.ndarray, nature: str, valeurs: pl.Series) -> pl.DataFrame:
    vide = {"valeur_nombre": pl.Float64, "valeur_texte": pl.String, "valeur_date": pl.Date}
    colonne = {"n": "valeur_nombre", "t": "valeur_texte", "d": "valeur_date"}[nature]
    if nature == "n":
        valeurs = valeurs.cast(pl.Float64).fill_nan(None)
    table = pl.DataFrame(
        {"unite_id": unite_id.astype(str), "millesime": annee.astype(np.int32), colonne: valeurs.cast(vide[colonne])}
    )
    table = table.filter(pl.col(colonne).is_not_null())
    return table.with_columns(
        pl.lit(unite).alias("unite"), *(pl.lit(None, dtype=d).alias(c) for c, d in vide.items() if c != colonne)
    )


def _cle(table: pl.DataFrame, element: str, composante: str, base: str, unite: str) -> pl.DataFrame:
    return table.select(
        "unite",
        "unite_id",
        "millesime",
        pl.lit(element).alias("element_id"),
        pl.lit(composante).alias("composante"),
        pl.lit(base).alias("base_temporelle"),
        "valeur_nombre",
        "valeur_texte",
        "valeur_date",
        pl.lit(unite).alias("unite_mesure"),
    )
