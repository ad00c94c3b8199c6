"""What the panel says of each ET in the last year, and that its persons must agree with.

Belongs here: the counts to respect, by ET of a département. Does not belong here: any person, any draw.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from witness.generate import facts
from witness.generate.activite import PROVENANCES, SORTIES
from witness.generate.capacites import YEARS
from witness.generate.personnes.record_keeping import RecordKeeping
from witness.generate.streams import Floats, Integers
from witness.generate.usagers import AGE_BOUNDS
from witness.generate.world import World

YEAR = YEARS[-1]
MODALITES = ("HP", "HT", "AJ", "INT", "SEMI", "EXT", "SEA", "DOM")
_WITHOUT_PLACES = {"SEANCES": "SEA", "AIDE_DOMICILE": "DOM"}
_ORDINARY = {"SOINS_DOMICILE": "DOM", "ADULTE_SERVICE": "DOM", "ENFANT_SERVICE": "SEA", "ENFANT_ETAB": "SEA"}


@dataclass(frozen=True)
class Etablissements:
    """The ET whose people exist, in the order of `et_id`; every array has one row an ET."""

    et_id: Integers
    finess: np.ndarray
    categorie: np.ndarray
    profil: np.ndarray
    channel: np.ndarray
    resid: np.ndarray
    vt: np.ndarray
    opening: np.ndarray  # date
    before: Integers  # people present a year before
    presents: Integers
    entrees: Integers
    sorties: Integers
    ages: Integers  # (n, 22) of those present
    women: Integers
    modalites: Integers  # (n, 8) of those present
    gir: Integers  # (n, 6) of those present in a permanent place, zeros when nobody is rated
    provenances: Integers  # (n, 4), sums to `entrees`
    motifs_sortie: Integers  # (n, 5), sums to `sorties`
    dms: Floats  # mean length in days of the stays that ended, neither temporary nor in day care
    journees_hp: Floats
    journees_ht: Floats
    journees_aj: Floats
    absences: Floats  # mean days away of each person in the year
    orientes: Integers  # of those present, how many have a decision of the MDPH; all of them where none is needed
    protected_share: Floats
    outside_share: Floats

    def __len__(self) -> int:
        return len(self.et_id)

    def choose(self, mask: np.ndarray) -> Etablissements:
        """Some of the ET."""
        return Etablissements(**{f.name: getattr(self, f.name)[mask] for f in fields(self)})


def build(world: World, keeping: RecordKeeping) -> Etablissements:
    """The counts of the ET that are open at the end of the last year and whose people exist in this world."""
    p = world.panel
    rows = np.flatnonzero(
        (p.year_rank == len(YEARS) - 1) & keeping.has_people[p.et] & (np.nan_to_num(p.v["presents"]) > 0)
    )
    rows = rows[np.argsort(p.et[rows], kind="stable")]
    et = p.et[rows]
    profil = np.array(facts.profils(), dtype=object)[p.profil[rows]]

    def numbers(*names: str) -> Integers:
        return np.stack([np.nan_to_num(p.v[n][rows]) for n in names], axis=-1).astype(np.int64)

    def count(name: str) -> Integers:
        return numbers(name)[:, 0]

    presents, entrees, sorties = count("presents"), count("entrees"), count("sorties")
    modalites = _modalites(numbers, count, profil, presents)
    gir = numbers(*(f"gir_{i + 1}" for i in range(6)))
    orientes = np.where(np.isnan(p.v["nb_orientation_mdph"][rows]), presents, count("nb_orientation_mdph"))
    return Etablissements(
        et_id=et,
        finess=p.table_et["finess_et"].to_numpy()[et].astype(object),
        categorie=p.table_et["categorie"].to_numpy()[et].astype(object),
        profil=profil,
        channel=keeping.channel[et],
        resid=keeping.resid[et],
        vt=keeping.vt[et],
        opening=p.table_et["date_ouverture"].to_numpy().astype("datetime64[D]")[et],
        before=count("presents_avant"),
        presents=presents,
        entrees=entrees,
        sorties=sorties,
        ages=numbers(*(f"age_{i + 1:02d}" for i in range(len(AGE_BOUNDS)))),
        women=count("femmes"),
        modalites=modalites,
        gir=gir,
        provenances=_counts(p.v, "provenance", PROVENANCES, rows, entrees),
        motifs_sortie=_counts(p.v, "sortie", SORTIES, rows, sorties),
        dms=p.v["dms_jours"][rows],
        journees_hp=p.v["journees_real_hp"][rows],
        journees_ht=p.v["journees_real_ht"][rows],
        journees_aj=p.v["journees_real_aj"][rows],
        absences=np.nan_to_num(p.v["absences_moyennes"][rows]),
        orientes=orientes,
        protected_share=np.nan_to_num(p.v["tx_protection"][rows]) / 100,
        outside_share=np.nan_to_num(p.v["nb_hors_departement"][rows]) / np.maximum(presents, 1),
    )


def _counts(v: dict[str, Floats], name: str, classes: tuple[str, ...], rows: Integers, total: Integers) -> Integers:
    """The counts behind the percentages of the panel.

    They are found exactly, since the panel computed its percentages from whole numbers.
    """
    counts = np.stack([np.nan_to_num(v[f"{name}_{c}"][rows]) for c in classes], axis=1) * total[:, None] / 100
    counts = np.rint(counts).astype(np.int64)
    counts[:, -1] += total - counts.sum(axis=1)
    return counts


def _modalites(numbers, count, profil: np.ndarray, presents: Integers) -> Integers:
    """People present by modalite of accueil; those of permanent places are shared as the places are."""
    counts = np.zeros((len(profil), len(MODALITES)), dtype=np.int64)
    rank = {m: i for i, m in enumerate(MODALITES)}
    counts[:, rank["HT"]] = np.rint(count("cap_inst_ht") * 0.7)
    counts[:, rank["AJ"]] = np.rint(count("cap_inst_aj") * 2.4)
    places = numbers("cap_inst_hp", "cap_inst_internat", "cap_inst_semi_internat", "cap_inst_externat",
                     "cap_inst_milieu_ordinaire")  # fmt: skip
    permanents = presents - counts.sum(axis=1)
    shares = places / np.maximum(places.sum(axis=1, keepdims=True), 1)
    cumulated = np.rint(np.cumsum(shares, axis=1) * permanents[:, None]).astype(np.int64)
    by_place = np.diff(cumulated, axis=1, prepend=0)
    ordinary = np.array([rank[_ORDINARY.get(q, "EXT")] for q in profil])
    for i, modalite in enumerate(("HP", "INT", "SEMI", "EXT")):
        counts[:, rank[modalite]] += by_place[:, i]
    np.add.at(counts, (np.arange(len(profil)), ordinary), by_place[:, -1])
    for name, modalite in _WITHOUT_PLACES.items():
        counts[profil == name] = np.eye(len(MODALITES), dtype=np.int64)[rank[modalite]] * presents[profil == name, None]
    return counts
