"""How a system writes who a person is: capitals or accents, and the mistakes made while typing.

Belongs here: the identity of records, right or wrong. Does not belong here: the true one (`etat_civil`), the columns of
a given file (`channels`). A record has at most one mistake about its traits, and one about its numbers.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.et_facts import ANNEE
from witness.generate.personnes.invented_names import majuscules
from witness.generate.personnes.person_defects import Journal
from witness.generate.personnes.person_numbers import ETRANGER, matricules
from witness.generate.streams import Entiers

AGE_OUVRANT_DROIT = 16


def ecrire(
    journal: Journal,
    ou: str,
    personnes: pl.DataFrame,
    rangs: Entiers,
    capitales: np.ndarray,
    *,
    ins: bool = False,
    nir: bool = False,
) -> pl.DataFrame:
    """Identity of the records `ou`, whose persons are `rangs` in `personnes`.

    Columns: personne, nom, nom_usage, prenom, prenoms, naissance, sexe, lieu, nir (13), cle, ins (13), ins_cle,
    ins_statut, est_nia, and those of `etat_civil` that nobody gets wrong. `capitales`: the records written as
    registers do. `ins`, `nir`: the records carry an INS, the NIR of who is insured.
    """
    t = personnes[rangs].with_columns(
        pl.when("femme").then(pl.lit("F")).otherwise(pl.lit("M")).alias("sexe"),
        pl.col("nir").alias("ins"),
        pl.col("cle").alias("ins_cle"),
        pl.lit("VALI").alias("ins_statut"),
    )
    t = t.rename({"date_naissance": "naissance"})
    brut = t["nom"]
    grand = pl.lit(pl.Series(capitales))
    noms = ("nom", "nom_usage", "prenom", "prenoms")
    t = t.with_columns(pl.when(grand).then(majuscules(pl.col(c))).otherwise(c).alias(c) for c in noms)
    t = _traits(journal, ou, t, brut, capitales, avec_sexe=not nir)
    if ins:
        t = _ins(journal, ou, t)
    if nir:
        t = _nir(journal, ou, t)
    return t


def remplacer(table: pl.DataFrame, colonne: str, rangs: Entiers, valeurs: pl.Series | None) -> pl.DataFrame:
    """A table some cells of which are others (None: empty)."""
    if len(rangs) == 0:
        return table
    if valeurs is None:
        valeurs = pl.Series([None] * len(rangs), dtype=table.schema[colonne])
    return table.with_columns(table[colonne].scatter(rangs.tolist(), valeurs).alias(colonne))


def _traits(
    journal: Journal, ou: str, t: pl.DataFrame, brut: pl.Series, capitales: np.ndarray, *, avec_sexe: bool
) -> pl.DataFrame:
    libre = np.ones(len(t), dtype=bool)

    def choisis(nature: str, possibles: pl.Series, champ: str) -> Entiers:
        rangs = journal.choisir(nature, ou, possibles.fill_null(False).to_numpy() & libre, champ)
        libre[rangs] = False
        return rangs

    rangs = choisis("nom_marital", t["nom_usage"].is_not_null() & (t["nom_usage"] != t["nom"]), "nom")
    t = remplacer(t, "nom", rangs, t["nom_usage"].gather(rangs))
    compose = t["prenom"].str.contains("-", literal=True)
    rangs = choisis("prenom_compose_coupe", compose, "prenom")
    seul = journal.flux("prenom_compose_coupe/forme", ou).random(len(rangs)) < 0.5
    for colonne in ("prenom", "prenoms"):
        mots = t[colonne].gather(rangs)
        court = pl.select(pl.when(pl.Series(seul)).then(mots.str.replace(r"-.*", "")).otherwise(
            mots.str.replace("-", " ", literal=True))).to_series()  # fmt: skip
        t = remplacer(t, colonne, rangs, court)
    rangs = choisis("faute_dans_le_nom", pl.Series(np.ones(len(t), dtype=bool)), "nom")
    tirages = journal.flux("faute_dans_le_nom/place", ou).random(len(rangs))
    t = remplacer(t, "nom", rangs, pl.Series(
        [_intervertir(nom, u) for nom, u in zip(t["nom"].gather(rangs), tirages, strict=True)], dtype=pl.String
    ))  # fmt: skip
    jour, mois = t["naissance"].dt.day(), t["naissance"].dt.month()
    rangs = choisis("jour_mois_inverses", (jour <= 12) & (jour != mois), "date de naissance")
    inverses = t[rangs].select(pl.date(pl.col("naissance").dt.year(), pl.col("naissance").dt.day(),
                                       pl.col("naissance").dt.month())).to_series()  # fmt: skip
    t = remplacer(t, "naissance", rangs, inverses)
    if avec_sexe:
        t = remplacer(t, "sexe", choisis("sexe_absent", pl.Series(np.ones(len(t), dtype=bool)), "sexe"), None)
    rangs = choisis("accents", brut.str.contains("[^A-Za-z]"), "nom")
    autres = pl.DataFrame({"nom": brut.gather(rangs), "grand": capitales[rangs]}).with_columns(
        pl.col("nom").str.to_uppercase().str.replace_all("-", " ")
    )
    autrement = autres.select(pl.when("grand").then("nom").otherwise(majuscules(pl.col("nom")))).to_series()
    return remplacer(t, "nom", rangs, autrement)


def _intervertir(nom: str, tirage: float) -> str:
    """Two neighbouring letters swapped, not the first, and different."""
    places = [i for i in range(1, len(nom) - 1) if nom[i] != nom[i + 1] and nom[i : i + 2].isalpha()]
    i = places[int(tirage * len(places))]
    return nom[:i] + nom[i + 1] + nom[i] + nom[i + 2 :]


def _ins(journal: Journal, ou: str, t: pl.DataFrame) -> pl.DataFrame:
    rangs = journal.choisir("identite_non_qualifiee", ou, np.ones(len(t), dtype=bool), "statut INS")
    statuts = np.array(["PROV", "RECUP", None], dtype=object)
    choix = statuts[journal.flux("identite_non_qualifiee/statut", ou).choice(3, len(rangs), p=[0.6, 0.15, 0.25])]
    t = remplacer(t, "ins_statut", rangs, pl.Series(choix.tolist(), dtype=pl.String))
    for colonne in ("ins", "ins_cle"):
        t = t.with_columns(pl.when(pl.col("ins_statut").is_not_null()).then(colonne).alias(colonne))
    porte = t["ins_statut"].is_not_null().to_numpy()
    rangs = journal.choisir("ins_d_un_autre", ou, porte, "INS")
    autre = np.roll(rangs, 1) if len(rangs) > 1 else (rangs + 1) % max(len(t), 1)
    autre = np.where(porte[autre] & (autre != rangs), autre, (rangs + 7) % max(len(t), 1))
    for colonne in ("ins", "ins_cle"):
        t = remplacer(t, colonne, rangs, t[colonne].gather(autre))
    t = remplacer(t, "ins_statut", rangs, pl.Series(["PROV"] * len(rangs)))
    libre = porte.copy()
    libre[rangs] = False
    rangs = journal.choisir("cle_fausse", ou, libre, "INS")
    return remplacer(t, "ins_cle", rangs, _cle_voisine(t["ins_cle"].gather(rangs)))


def _nir(journal: Journal, ou: str, t: pl.DataFrame) -> pl.DataFrame:
    """The number of who is insured: a parent's, for some children."""
    enfant = (ANNEE - t["naissance"].dt.year() < AGE_OUVRANT_DROIT).to_numpy()
    rangs = journal.choisir("nir_du_parent", ou, enfant, "NIR")
    if len(rangs) == 0:
        return t
    # One parent for the children of one family: drawn from the name and the day, so that twins share it.
    famille = (pl.col("naissance").cast(pl.Int32).cast(pl.Int64) * 7919 + pl.col("nom").str.len_chars() * 131) % 100_003
    graine = t[rangs].select(famille).to_series().to_numpy().astype(np.int64)
    annee = t["naissance"].gather(rangs).dt.year().to_numpy() - 24 - graine % 16
    lieu = np.full(len(rangs), ETRANGER)
    parents = matricules(1 + graine % 2, annee, graine % 12 + 1, lieu, graine % 10, 500 + graine % 499)
    for colonne in ("nir", "cle"):
        t = remplacer(t, colonne, rangs, parents[colonne])
    return t.with_columns((pl.col("est_nia") & ~pl.Series(np.isin(np.arange(len(t)), rangs))).alias("est_nia"))


def _cle_voisine(cles: pl.Series) -> pl.Series:
    """A key that is not the right one."""
    return ((cles.cast(pl.Int64) + 13) % 97 + 1).cast(pl.String).str.zfill(2)
