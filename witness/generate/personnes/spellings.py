"""How a system writes who a person is: in capitals or with accents, and with the mistakes made while typing.

Belongs here: the identity of records, right or wrong. Does not belong here: the true one (`etat_civil`), the columns of
a given file (`channels`).

A record has at most one mistake about its traits, and one about its numbers.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.et_facts import YEAR
from witness.generate.personnes.invented_names import capitals
from witness.generate.personnes.person_defects import Journal
from witness.generate.personnes.person_numbers import ABROAD, matricules
from witness.generate.streams import Integers

ENTITLED_AGE = 16


def write(
    journal: Journal,
    where: str,
    personnes: pl.DataFrame,
    ranks: Integers,
    in_capitals: np.ndarray,
    *,
    ins: bool = False,
    nir: bool = False,
) -> pl.DataFrame:
    """Identity of the records of the table `where`, whose persons are the rows `ranks` of `personnes`.

    `in_capitals` is the mask of the records written as the registers do. `ins` and `nir` tell whether the records carry
    an INS, and the NIR of the person who is insured.

    Columns: personne, nom, nom_usage, prenom, prenoms, naissance, sexe, lieu, nir (13), cle, ins (13), ins_cle,
    ins_statut, est_nia, and those of `etat_civil` that nobody gets wrong.
    """
    t = personnes[ranks].with_columns(
        pl.when("femme").then(pl.lit("F")).otherwise(pl.lit("M")).alias("sexe"),
        pl.col("nir").alias("ins"),
        pl.col("cle").alias("ins_cle"),
        pl.lit("VALI").alias("ins_statut"),
    )
    t = t.rename({"date_naissance": "naissance"})
    raw = t["nom"]
    upper = pl.lit(pl.Series(in_capitals))
    names = ("nom", "nom_usage", "prenom", "prenoms")
    t = t.with_columns(pl.when(upper).then(capitals(pl.col(c))).otherwise(c).alias(c) for c in names)
    t = _traits(journal, where, t, raw, in_capitals, with_sex=not nir)
    if ins:
        t = _ins(journal, where, t)
    if nir:
        t = _nir(journal, where, t)
    return t


def replaced(table: pl.DataFrame, column: str, ranks: Integers, values: pl.Series | None) -> pl.DataFrame:
    """A table with some cells of a column replaced by `values` (None: emptied)."""
    if len(ranks) == 0:
        return table
    if values is None:
        values = pl.Series([None] * len(ranks), dtype=table.schema[column])
    return table.with_columns(table[column].scatter(ranks.tolist(), values).alias(column))


def _traits(
    journal: Journal, where: str, t: pl.DataFrame, raw: pl.Series, in_capitals: np.ndarray, *, with_sex: bool
) -> pl.DataFrame:
    free = np.ones(len(t), dtype=bool)

    def chosen(nature: str, possible: pl.Series, field_name: str) -> Integers:
        ranks = journal.spoil(nature, where, possible.fill_null(False).to_numpy() & free, field_name)
        free[ranks] = False
        return ranks

    ranks = chosen("nom_marital", t["nom_usage"].is_not_null() & (t["nom_usage"] != t["nom"]), "nom")
    t = replaced(t, "nom", ranks, t["nom_usage"].gather(ranks))
    compound = t["prenom"].str.contains("-", literal=True)
    ranks = chosen("prenom_compose_coupe", compound, "prenom")
    alone = journal.stream("prenom_compose_coupe/forme", where).random(len(ranks)) < 0.5
    for column in ("prenom", "prenoms"):
        words = t[column].gather(ranks)
        short = pl.select(pl.when(pl.Series(alone)).then(words.str.replace(r"-.*", "")).otherwise(
            words.str.replace("-", " ", literal=True))).to_series()  # fmt: skip
        t = replaced(t, column, ranks, short)
    ranks = chosen("faute_dans_le_nom", pl.Series(np.ones(len(t), dtype=bool)), "nom")
    draws = journal.stream("faute_dans_le_nom/place", where).random(len(ranks))
    t = replaced(t, "nom", ranks, pl.Series(
        [_swap(name, u) for name, u in zip(t["nom"].gather(ranks), draws, strict=True)], dtype=pl.String
    ))  # fmt: skip
    day, month = t["naissance"].dt.day(), t["naissance"].dt.month()
    ranks = chosen("jour_mois_inverses", (day <= 12) & (day != month), "date de naissance")
    inverted = t[ranks].select(pl.date(pl.col("naissance").dt.year(), pl.col("naissance").dt.day(),
                                       pl.col("naissance").dt.month())).to_series()  # fmt: skip
    t = replaced(t, "naissance", ranks, inverted)
    if with_sex:
        t = replaced(t, "sexe", chosen("sexe_absent", pl.Series(np.ones(len(t), dtype=bool)), "sexe"), None)
    ranks = chosen("accents", raw.str.contains("[^A-Za-z]"), "nom")
    others = pl.DataFrame({"nom": raw.gather(ranks), "grand": in_capitals[ranks]}).with_columns(
        pl.col("nom").str.to_uppercase().str.replace_all("-", " ")
    )
    otherwise = others.select(pl.when("grand").then("nom").otherwise(capitals(pl.col("nom")))).to_series()
    return replaced(t, "nom", ranks, otherwise)


def _swap(name: str, draw: float) -> str:
    """A name with two of its letters swapped: neighbours, different, the first letter excepted."""
    places = [i for i in range(1, len(name) - 1) if name[i] != name[i + 1] and name[i : i + 2].isalpha()]
    i = places[int(draw * len(places))]
    return name[:i] + name[i + 1] + name[i] + name[i + 2 :]


def _ins(journal: Journal, where: str, t: pl.DataFrame) -> pl.DataFrame:
    ranks = journal.spoil("identite_non_qualifiee", where, np.ones(len(t), dtype=bool), "statut INS")
    statuts = np.array(["PROV", "RECUP", None], dtype=object)
    choice = statuts[journal.stream("identite_non_qualifiee/statut", where).choice(3, len(ranks), p=[0.6, 0.15, 0.25])]
    t = replaced(t, "ins_statut", ranks, pl.Series(choice.tolist(), dtype=pl.String))
    for column in ("ins", "ins_cle"):
        t = t.with_columns(pl.when(pl.col("ins_statut").is_not_null()).then(column).alias(column))
    carries = t["ins_statut"].is_not_null().to_numpy()
    ranks = journal.spoil("ins_d_un_autre", where, carries, "INS")
    other = np.roll(ranks, 1) if len(ranks) > 1 else (ranks + 1) % max(len(t), 1)
    other = np.where(carries[other] & (other != ranks), other, (ranks + 7) % max(len(t), 1))
    for column in ("ins", "ins_cle"):
        t = replaced(t, column, ranks, t[column].gather(other))
    t = replaced(t, "ins_statut", ranks, pl.Series(["PROV"] * len(ranks)))
    free = carries.copy()
    free[ranks] = False
    ranks = journal.spoil("cle_fausse", where, free, "INS")
    return replaced(t, "ins_cle", ranks, _wrong_key(t["ins_cle"].gather(ranks)))


def _nir(journal: Journal, where: str, t: pl.DataFrame) -> pl.DataFrame:
    """Put in place the number of the person who is insured: for some children, it is that of a parent."""
    child = (YEAR - t["naissance"].dt.year() < ENTITLED_AGE).to_numpy()
    ranks = journal.spoil("nir_du_parent", where, child, "NIR")
    if len(ranks) == 0:
        return t
    # The parent is drawn from the name and the birth day, so that twins share theirs.
    family = (pl.col("naissance").cast(pl.Int32).cast(pl.Int64) * 7919 + pl.col("nom").str.len_chars() * 131) % 100_003
    seed = t[ranks].select(family).to_series().to_numpy().astype(np.int64)
    year = t["naissance"].gather(ranks).dt.year().to_numpy() - 24 - seed % 16
    birth_place = np.full(len(ranks), ABROAD)
    parents = matricules(1 + seed % 2, year, seed % 12 + 1, birth_place, seed % 10, 500 + seed % 499)
    for column in ("nir", "cle"):
        t = replaced(t, column, ranks, parents[column])
    return t.with_columns((pl.col("est_nia") & ~pl.Series(np.isin(np.arange(len(t)), ranks))).alias("est_nia"))


def _wrong_key(keys: pl.Series) -> pl.Series:
    """Keys that are not the right ones."""
    return ((keys.cast(pl.Int64) + 13) % 97 + 1).cast(pl.String).str.zfill(2)
