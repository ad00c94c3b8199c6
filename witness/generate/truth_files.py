"""The truth written down: one Parquet per subject, and the long table that answers are compared with.

Belongs here: `verite/*.parquet` but for what deliveries say. Does not belong here: deliveries, and the judgement of
their answers (`answers`).
`elements.parquet` has the key of the resolved layer (unite, unite_id, perimetre, millesime, element_id, composante,
base_temporelle) ; what does not exist is absent from it. A year is told by its last day ; the year of the last FINESS
extraction, by the day of that extraction.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.activite import places
from witness.generate.answers import CLE, VALEUR, valeurs_texte
from witness.generate.attributes import GROUPEE
from witness.generate.capacites import ANNEES
from witness.generate.et_identity import identites
from witness.generate.parquet_pieces import Parquet
from witness.generate.sheet import cles, est_additive, largeur, tolerances, unite_mesure
from witness.generate.streams import Flottants
from witness.generate.structures import EXTRACTIONS, MILLESIMES
from witness.generate.world import Monde

# FINESS dates each change of places: an extraction tells the places of the 31 December of six years.
ANNEES_PLACES = tuple(range(EXTRACTIONS[0].year - 6, EXTRACTIONS[-1].year))
SCHEMA = {**CLE, **VALEUR, "unite_mesure": pl.String, "tolerance_type": pl.String, "tolerance": pl.Float64}
_COMPTES_EJ = ("tx_caf", "tx_vetuste_autres_immo", "tx_vetuste_constructions", "tx_vetuste_installations", "frng")
_DATES_IDENTITE = ("date_autorisation", "date_ouverture")


def ecrire(monde: Monde, dossier: Path) -> int:
    """Write every truth table ; returns the number of rows of `elements.parquet`."""
    for nom, table in _tables(monde).items():
        table.write_parquet(dossier / f"{nom}.parquet")
    with Parquet(dossier / "elements.parquet", SCHEMA) as sortie:
        sortie.ajouter(elements(monde))
    return sortie.n


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


def elements(monde: Monde) -> Iterator[pl.DataFrame]:
    """Long truth, one frame per question: one row per key that has a value."""
    yield from _du_panel(monde)
    yield from _des_places(monde)
    for annee in (*MILLESIMES, EXTRACTIONS[-1].year):
        yield from _des_identites(monde, annee)
    comptes = monde.comptes_ej.filter(pl.col("millesime").is_in(list(MILLESIMES)))
    for variable in _COMPTES_EJ:
        yield _table(variable, "EJ", comptes["finess_ej"], comptes["millesime"], comptes[variable])


def reference(millesime: int) -> date:
    """The day that tells a year."""
    return date(millesime, 12, 31) if millesime in MILLESIMES else EXTRACTIONS[-1]


def identites_au(monde: Monde, jour: date) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """ET that have opened by a day, and what identifies them that day, by variable of `faits/elements.csv`."""
    s = monde.structures
    et = s.et.filter(pl.col("date_ouverture") <= jour)
    change = (pl.col("date_changement_ej") > jour).fill_null(False)
    et = et.with_columns(
        pl.when(change).then("ej_id_avant").otherwise("ej_id").alias("ej_id"),
        pl.when(change).then("siret_avant").otherwise("siret").alias("siret"),
    )
    rang = ANNEES.index(min(jour.year, ANNEES[-1]))
    installees = places(s.et, monde.capacites)
    presentes = {m: installees[f"cap_inst_{m}"][et["et_id"].to_numpy(), rang] for m in ("permanent", "ht", "aj")}
    textes = identites(et, s.ej[et["ej_id"].to_list()], presentes)
    series = {nom: pl.Series(valeurs.tolist(), dtype=pl.String) for nom, valeurs in textes.items()}
    return et, series | {"id_siret": et["siret"]} | {nom: et[nom] for nom in _DATES_IDENTITE}


def _des_identites(monde: Monde, annee: int) -> Iterator[pl.DataFrame]:
    et, textes = identites_au(monde, reference(annee))
    groupes = et["finess_et"].is_in(_groupes(monde, annee).implode())
    for variable, valeurs in textes.items():
        yield _table(variable, "ET", et["finess_et"], annee, valeurs)
        yield _table(variable, "ET", et["finess_et"].filter(groupes), annee, valeurs.filter(groupes), "groupe")
    ej = monde.structures.ej
    for variable, colonne in (
        ("id_raison_sociale_ej", "raison_sociale"),
        ("id_siren", "siren"),
        ("id_statut_code", "statut"),
    ):
        yield _table(variable, "EJ", ej["finess_ej"], annee, ej[colonne])


def _groupes(monde: Monde, annee: int) -> pl.Series:
    """FINESS of the ET that answer for their sites together."""
    p = monde.panel
    return p.table_et["finess_et"].gather(p.et[_groupees(monde) & (p.annee == annee)].tolist())


def _groupees(monde: Monde) -> np.ndarray:
    return monde.panel.t["structuration"] == GROUPEE


def _du_panel(monde: Monde) -> Iterator[pl.DataFrame]:
    """What each ET that is open at the end of a year could answer of it, alone and for its sites together."""
    p = monde.panel
    garde = np.isin(p.annee, MILLESIMES)
    groupe = garde & _groupees(monde)
    unites = p.table_et["finess_et"].gather(p.et.tolist())
    annees = pl.Series(p.annee)
    installees = places(p.table_et, monde.capacites)
    for variable, nature in facts.table("elements").select("variable", "nature").iter_rows():
        if variable == "frng" or variable.startswith("id_") or variable in _DATES_IDENTITE:
            continue
        brutes = {"n": p.v, "t": p.t, "d": p.d}[nature][variable]
        valeurs = pl.Series(brutes.tolist(), dtype=pl.String) if nature == "t" else pl.Series(brutes)
        if variable not in installees:
            yield _table(variable, "ET", unites.filter(garde), annees.filter(garde), valeurs.filter(garde))
        double = valeurs * 2 if est_additive(variable) else valeurs
        yield _table(variable, "ET", unites.filter(groupe), annees.filter(groupe), double.filter(groupe), "groupe")


def _des_places(monde: Monde) -> Iterator[pl.DataFrame]:
    """Places of the ET open at the end of each year, and on the day of each extraction of FINESS."""
    et = monde.structures.et
    jours = [(date(a, 12, 31), a, "stock_3112") for a in ANNEES_PLACES] + [(j, j.year, "jour") for j in EXTRACTIONS]
    ouverts = [
        ((et["date_ouverture"] <= j) & (et["date_fermeture"].is_null() | (et["date_fermeture"] > j))).to_numpy()
        for j, _, _ in jours
    ]
    for variable, valeurs in places(et, monde.capacites).items():
        if variable in cles():
            for (jour, annee, base), ouvert in zip(jours, ouverts, strict=True):
                rang = ANNEES.index(min(max(etat_annuel(jour), ANNEES[0]), ANNEES[-1]))
                connues = pl.Series(valeurs[ouvert, rang])
                yield _table(variable, "ET", et["finess_et"].filter(ouvert), annee, connues, base=base)


def etat_annuel(jour: date) -> int:
    """The last year that is over on a day."""
    return jour.year if (jour.month, jour.day) == (12, 31) else jour.year - 1


def _table(
    variable: str,
    unite: str,
    unites: pl.Series,
    annees: pl.Series | int,
    valeurs: pl.Series,
    perimetre: str = "site",
    base: str | None = None,
) -> pl.DataFrame:
    element, composante, base_declaree = cles()[variable]
    nature, seuil = tolerances()[variable]
    table = pl.DataFrame(
        {
            "unite_id": unites,
            "millesime": annees if isinstance(annees, pl.Series) else pl.repeat(annees, len(unites), eager=True),
            "v": valeurs.fill_nan(None) if valeurs.dtype.is_float() else valeurs,
        }
    ).drop_nulls("v")
    v = table["v"]
    nombres: Flottants | None = v.to_numpy() if v.dtype.is_float() else None
    ecart = None if nombres is None else largeur(variable, nombres)
    tolerance = pl.lit(seuil if nature == "date" and v.dtype == pl.Date else None)
    return table.select(
        pl.lit(unite).alias("unite"),
        "unite_id",
        pl.lit(perimetre).alias("perimetre"),
        pl.col("millesime").cast(pl.Int32),
        pl.lit(element).alias("element_id"),
        pl.lit(composante).alias("composante"),
        pl.lit(base or base_declaree).alias("base_temporelle"),
        pl.lit(None if nombres is None else v, dtype=pl.Float64).alias("valeur_nombre"),
        pl.lit(valeurs_texte(variable, v) if v.dtype == pl.String else None, dtype=pl.String).alias("valeur_texte"),
        (pl.col("v") if v.dtype == pl.Date else pl.lit(None, dtype=pl.Date)).alias("valeur_date"),
        pl.lit(unite_mesure(variable)).alias("unite_mesure"),
        pl.lit(nature).alias("tolerance_type"),
        (tolerance if ecart is None else pl.lit(pl.Series(ecart))).cast(pl.Float64).alias("tolerance"),
    )
