"""How a system writes who a person is: in capitals or with accents, and with the mistakes made while typing.

Belongs here: the identity of records, right or wrong. Does not belong here: the true one (`etat_civil`), the columns of
a given file (`channels`).

A record has at most one mistake about its traits, and one about its numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from witness.generate.personnes.et_facts import YEAR
from witness.generate.personnes.invented_names import capitals
from witness.generate.personnes.person_defects import Journal
from witness.generate.personnes.person_numbers import ABROAD, matricules
from witness.generate.streams import Integers

ENTITLED_AGE = 16
NAME_WIDTH = 20
UNKNOWN_PLACE = "99999"
_BARE = str.maketrans("éèêëïîôöûüàâçÉÈÊËÏÎÔÖÛÜÀÂÇ", "eeeeiioouuaacEEEEIIOOUUAAC")
_NEAR = str.maketrans("aeiouybdpqmnstzcAEIOUYBDPQMNSTZC", "eaouiidbqpnmzdscEAOUIIDBQPNMZDSC")


def write(
    journal: Journal,
    where: str,
    personnes: pl.DataFrame,
    ranks: Integers,
    in_capitals: np.ndarray,
    *,
    ins: bool = False,
    nir: bool = False,
    second: np.ndarray | None = None,
) -> pl.DataFrame:
    """Identity of the records of the table `where`, whose persons are the rows `ranks` of `personnes`.

    `in_capitals` is the mask of the records written as the registers do, `second` that of the second files of somebody
    in one ET. `ins` and `nir` tell whether the records carry an INS, and the NIR of the person who is insured.

    Columns: personne, nom, nom_usage, prenom, prenoms, naissance, jour_inconnu (the year alone is written), sexe, lieu,
    nir (13), cle, ins (13), ins_cle, ins_statut, est_nia, and those of `etat_civil` that nobody gets wrong.
    """
    t = personnes[ranks].with_columns(
        pl.when("femme").then(pl.lit("F")).otherwise(pl.lit("M")).alias("sexe"),
        pl.lit("VALI").alias("ins_statut"),
    )
    t = t.rename({"date_naissance": "naissance"})
    raw = t["nom"]
    upper = pl.lit(pl.Series(in_capitals))
    names = ("nom", "nom_usage", "prenom", "prenoms")
    t = t.with_columns(pl.when(upper).then(capitals(pl.col(c))).otherwise(c).alias(c) for c in names)
    t = _Traits(journal, where, t, raw, in_capitals, second, is_resid=nir).spoilt()
    free = np.ones(len(t), dtype=bool)
    if ins or nir:
        t, free = _nia(journal, where, t)
    t = t.with_columns(pl.col("nir").alias("ins"), pl.col("cle").alias("ins_cle"))
    if ins:
        t = _ins(journal, where, t, free)
    if nir:
        t = _nir(journal, where, t, free)
    return t


def replaced(table: pl.DataFrame, column: str, ranks: Integers, values: pl.Series | None) -> pl.DataFrame:
    """A table with some cells of a column replaced by `values` (None: emptied)."""
    if len(ranks) == 0:
        return table
    if values is None:
        values = pl.Series([None] * len(ranks), dtype=table.schema[column])
    return table.with_columns(table[column].clone().scatter(ranks.tolist(), values).alias(column))


@dataclass
class _Traits:
    """The traits of the records of a table while they are spoilt, one kind after another.

    `raw`: the names before capitals. `right`: the table without mistakes, which says whom a kind can touch. `free`: the
    records without any mistake so far.
    """

    journal: Journal
    where: str
    t: pl.DataFrame
    raw: pl.Series
    in_capitals: np.ndarray
    second: np.ndarray | None
    is_resid: bool
    right: pl.DataFrame = field(init=False)
    free: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.right = self.t
        self.free = np.ones(len(self.t), dtype=bool)

    def spoilt(self) -> pl.DataFrame:
        """The table with all its mistakes about traits."""
        self._family_names()
        self._given_names()
        self._births()
        self._sexes()
        self._places()
        self._accents()
        return self.t

    def _chosen(self, nature: str, possible: pl.Expr | None, field_name: str) -> Integers:
        """The records that a kind touches, among those that it can (None: all)."""
        mask = np.ones(len(self.t), dtype=bool)
        if possible is not None:
            mask = self.right.select(possible.fill_null(False).alias("_"))["_"].to_numpy()
        ranks = self.journal.spoil(nature, self.where, mask, field_name, self.free)
        self.free[ranks] = False
        return ranks

    def _draws(self, nature: str, ranks: Integers) -> list[float]:
        return self.journal.stream(f"{nature}/forme", self.where).random(len(ranks)).tolist()

    def _set(self, ranks: Integers, **expressions: pl.Expr) -> None:
        """Cells of the chosen records, as expressions over their rows."""
        if len(ranks):
            values = self.t[ranks].select(**expressions)
            for column in expressions:
                self.t = replaced(self.t, column, ranks, values[column])

    def _set_texts(self, ranks: Integers, column: str, texts: list[str]) -> None:
        self.t = replaced(self.t, column, ranks, pl.Series(texts, dtype=pl.String))

    def _mistype(self, nature: str, ranks: Integers) -> None:
        names = self.t["nom"].gather(ranks)
        self._set_texts(ranks, "nom", [mistyped(n, u) for n, u in zip(names, self._draws(nature, ranks), strict=True)])

    def _family_names(self) -> None:
        nom, usage, particle = pl.col("nom"), pl.col("nom_usage"), pl.col("particule")
        married = usage.is_not_null() & (usage != nom)
        self._set(self._chosen("nom_marital", married, "nom"), nom=usage)
        spouse = pl.when(pl.lit(pl.Series(self.in_capitals))).then(pl.lit(" EPOUSE ")).otherwise(pl.lit(" épouse "))
        self.t = self.t.with_columns(spouse.alias("_epouse"))
        self._set(self._chosen("nom_epouse", married, "nom"), nom=pl.concat_str("nom", "_epouse", "nom_usage"))
        self.t = self.t.drop("_epouse")
        hyphen = nom.str.contains("-", literal=True)
        self._set(self._chosen("nom_double_coupe", hyphen, "nom"), nom=nom.str.replace(r"-.*", ""))
        bare = nom.str.slice(particle.str.len_chars())
        self._set(self._chosen("particule_omise", particle.is_not_null(), "nom"), nom=bare)
        told = nom.str.slice(0, particle.str.len_chars()).str.strip_chars()
        rejected = pl.concat_str(bare, pl.lit(" ("), told, pl.lit(")"))
        self._set(self._chosen("particule_rejetee", particle.is_not_null(), "nom"), nom=rejected)
        long = nom.str.len_chars() > NAME_WIDTH
        self._set(self._chosen("nom_tronque", long, "nom"), nom=nom.str.slice(0, NAME_WIDTH))
        if self.second is not None:
            second = pl.lit(pl.Series(self.second))
            nature = "faute_dans_la_seconde_fiche"
            self._mistype(nature, self._chosen(nature, second, "nom"))
        self._mistype("faute_dans_le_nom", self._chosen("faute_dans_le_nom", None, "nom"))

    def _given_names(self) -> None:
        prenom, prenoms = pl.col("prenom"), pl.col("prenoms")
        compound = prenom.str.contains("-", literal=True)
        ranks = self._chosen("prenom_compose_coupe", compound, "prenom")
        self._rename(ranks, "prenom_compose_coupe", _cut)
        ranks = self._chosen("faute_dans_le_prenom", None, "prenom")
        self._rename(ranks, "faute_dans_le_prenom", mistyped)
        ranks = self._chosen("prenoms_permutes", compound | prenoms.str.contains(" ", literal=True), "prenom")
        several = [_permuted(text) for text in self.t["prenoms"].gather(ranks)]
        self._set_texts(ranks, "prenoms", several)
        self._set_texts(ranks, "prenom", [text.split(" ")[0] for text in several])

    def _rename(self, ranks: Integers, nature: str, change: Callable[[str, float], str]) -> None:
        """The first given name, alone and at the head of the others."""
        rows = self.t.select("prenom", "prenoms")[ranks].iter_rows()
        texts = [(change(a, u), b[len(a) :]) for (a, b), u in zip(rows, self._draws(nature, ranks), strict=True)]
        self._set_texts(ranks, "prenom", [head for head, _ in texts])
        self._set_texts(ranks, "prenoms", [head + tail for head, tail in texts])

    def _births(self) -> None:
        birth = pl.col("naissance")
        year, month, day = birth.dt.year(), birth.dt.month().cast(pl.Int32), birth.dt.day().cast(pl.Int32)
        ranks = self._chosen("jour_mois_inverses", (day <= 12) & (day != month), "date de naissance")
        self._set(ranks, naissance=pl.date(year, day, month))
        decade, unit = year // 10 % 10, year % 10
        reversible = (year < 2000) & (decade != unit) & ~((month == 2) & (day == 29))
        ranks = self._chosen("annee_inversee", reversible, "date de naissance")
        self._set(ranks, naissance=pl.date(year - year % 100 + 10 * unit + decade, month, day))
        january = (month == 1) & (day == 1)
        ranks = self._chosen("naissance_premier_janvier", pl.col("a_l_etranger") & ~january, "date de naissance")
        self._set(ranks, naissance=pl.date(year, 1, 1))
        tens = pl.when(day <= 18).then(day + 10).otherwise(day - 10)
        ranks = self._chosen("faute_dans_la_naissance", None, "date de naissance")
        self._set(ranks, naissance=pl.date(year, month, tens))
        self.t = self.t.with_columns(jour_inconnu=pl.lit(False))
        if self.is_resid:
            ranks = self._chosen("naissance_sans_jour", pl.col("a_l_etranger"), "date de naissance")
            self._set(ranks, naissance=pl.date(year, 1, 1), jour_inconnu=pl.lit(True))
            ranks = self._chosen("nom_et_naissance_faux", None, "nom, date de naissance")
            self._set(ranks, naissance=pl.date(year, month, tens))
            self._mistype("nom_et_naissance_faux", ranks)

    def _sexes(self) -> None:
        other = pl.when(pl.col("sexe") == "F").then(pl.lit("M")).otherwise(pl.lit("F"))
        if not self.is_resid:  # there it is asked
            self._set(self._chosen("sexe_absent", None, "sexe"), sexe=pl.lit(None, pl.String))
        self._set(self._chosen("sexe_inverse", None, "sexe"), sexe=other)

    def _places(self) -> None:
        for nature in ("lieu_corse", "lieu_fusionne", "lieu_arrondissement", "lieu_outre_mer", "lieu_pays"):
            ranks = self._chosen(nature, pl.col("lieu_cas") == nature, "lieu de naissance")
            self._set(ranks, lieu=pl.col("lieu_autre"))
        postal = pl.col("lieu_postal")
        ranks = self._chosen("lieu_code_postal", postal.is_not_null() & (postal != pl.col("lieu")), "lieu de naissance")
        self._set(ranks, lieu=postal)
        unknown = pl.lit(UNKNOWN_PLACE if self.is_resid else None, pl.String)
        self._set(self._chosen("lieu_absent", None, "lieu de naissance"), lieu=unknown)

    def _accents(self) -> None:
        special = pl.lit(self.raw).str.contains("[^A-Za-z]")
        ranks = self._chosen("accents", special, "nom")
        others = pl.DataFrame({"nom": self.raw.gather(ranks), "grand": self.in_capitals[ranks]}).with_columns(
            pl.col("nom").str.to_uppercase().str.replace_all("-", " ")
        )
        otherwise = others.select(pl.when("grand").then("nom").otherwise(capitals(pl.col("nom")))).to_series()
        self.t = replaced(self.t, "nom", ranks, otherwise)


def mistyped(name: str, draw: float) -> str:
    """A name with one mistake, never in its first letter: two swapped, one left out, doubled, or taken for another."""
    form, place = divmod(draw * 4, 1)
    if form == 0:
        bare = name.translate(_BARE)
        places = [i for i in range(1, len(name) - 1) if bare[i] != bare[i + 1] and name[i : i + 2].isalpha()]
        i = places[int(place * len(places))]
        return name[:i] + name[i + 1] + name[i] + name[i + 2 :]
    places = [i for i in range(1, len(name)) if name[i].isalpha() and (form < 3 or name[i].translate(_NEAR) != name[i])]
    i = places[int(place * len(places))]
    return name[:i] + {1: "", 2: name[i] * 2, 3: name[i].translate(_NEAR)}[int(form)] + name[i + 1 :]


def _cut(compound: str, draw: float) -> str:
    """« Jean-Pierre » as « Jean », « Jean Pierre » or « JeanPierre »."""
    head, _, tail = compound.partition("-")
    return (head, f"{head} {tail}", f"{head} {tail}", f"{head}{tail}")[int(draw * 4)]


def _permuted(texts: str) -> str:
    """The second given name before the first; of a compound that is alone, its second part."""
    first, *others = texts.split(" ")
    if others:
        return " ".join([others[0], first, *others[1:]])
    return "-".join(reversed(first.split("-")))


def _nia(journal: Journal, where: str, t: pl.DataFrame) -> tuple[pl.DataFrame, np.ndarray]:
    """The NIR of those who had a NIA, where it has come; and the records whose numbers are untouched so far."""
    waiting = t["est_nia"].to_numpy()
    ranks = journal.spoil("nia_puis_nir", where, waiting, "NIR")
    t = replaced(t, "nir", ranks, t["nir_definitif"].gather(ranks))
    t = replaced(t, "cle", ranks, t["cle_definitive"].gather(ranks))
    now = np.zeros(len(t), dtype=bool)
    now[ranks] = True
    return t.with_columns(est_nia=pl.col("est_nia") & ~pl.Series(now)), ~now


def _ins(journal: Journal, where: str, t: pl.DataFrame, free: np.ndarray) -> pl.DataFrame:
    ranks = journal.spoil("identite_non_qualifiee", where, np.ones(len(t), dtype=bool), "statut INS")
    statuts = np.array(["PROV", "RECUP", None], dtype=object)
    choice = statuts[journal.stream("identite_non_qualifiee/statut", where).choice(3, len(ranks), p=[0.6, 0.15, 0.25])]
    t = replaced(t, "ins_statut", ranks, pl.Series(choice.tolist(), dtype=pl.String))
    for column in ("ins", "ins_cle"):
        t = t.with_columns(pl.when(pl.col("ins_statut").is_not_null()).then(column).alias(column))
    carries = t["ins_statut"].is_not_null().to_numpy() & free
    ranks = journal.spoil("ins_d_un_autre", where, carries, "INS")
    other = np.roll(ranks, 1) if len(ranks) > 1 else (ranks + 1) % max(len(t), 1)
    other = np.where(carries[other] & (other != ranks), other, (ranks + 7) % max(len(t), 1))
    for column in ("ins", "ins_cle"):
        t = replaced(t, column, ranks, t[column].gather(other))
    t = replaced(t, "ins_statut", ranks, pl.Series(["PROV"] * len(ranks)))
    carries[ranks] = False
    ranks = journal.spoil("cle_fausse", where, carries, "INS")
    return replaced(t, "ins_cle", ranks, _wrong_key(t["ins_cle"].gather(ranks)))


def _nir(journal: Journal, where: str, t: pl.DataFrame, free: np.ndarray) -> pl.DataFrame:
    """The number of the person who is insured (for some children that of a parent, for some wives that of the husband),
    and numbers mistyped."""
    ranks = journal.spoil("nir_du_conjoint", where, t["nir_conjoint"].is_not_null().to_numpy(), "NIR", free)
    free[ranks] = False
    t = replaced(t, "nir", ranks, t["nir_conjoint"].gather(ranks))
    t = replaced(t, "est_nia", ranks, pl.Series([False] * len(ranks)))
    child = (YEAR - t["naissance"].dt.year() < ENTITLED_AGE).to_numpy()
    ranks = journal.spoil("nir_du_parent", where, child, "NIR", free)
    free[ranks] = False
    t = _of_parents(t, ranks) if len(ranks) else t
    rank_of_birth = t["nir"].str.slice(10)
    swappable = (rank_of_birth.str.slice(1, 1) != rank_of_birth.str.slice(2, 1)).to_numpy()
    ranks = journal.spoil("nir_mal_saisi", where, swappable, "NIR", free)
    return replaced(t, "nir", ranks, t["nir"].gather(ranks).str.replace(r"(.)(.)$", "${2}${1}"))


def _of_parents(t: pl.DataFrame, ranks: Integers) -> pl.DataFrame:
    # The parent is drawn from the name and the birth day, so that twins share theirs.
    family = (pl.col("naissance").cast(pl.Int32).cast(pl.Int64) * 7919 + pl.col("nom").str.len_chars() * 131) % 100_003
    seed = t[ranks].select(family).to_series().to_numpy().astype(np.int64)
    year = t["naissance"].gather(ranks).dt.year().to_numpy() - 24 - seed % 16
    birth_place = np.full(len(ranks), ABROAD)
    parents = matricules(1 + seed % 2, year, seed % 12 + 1, birth_place, seed % 10, 500 + seed % 499)
    for column in ("nir", "cle"):
        t = replaced(t, column, ranks, parents[column])
    return replaced(t, "est_nia", ranks, pl.Series([False] * len(ranks)))


def _wrong_key(keys: pl.Series) -> pl.Series:
    """Keys that are not the right ones."""
    return ((keys.cast(pl.Int64) + 13) % 97 + 1).cast(pl.String).str.zfill(2)
