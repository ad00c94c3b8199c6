"""What the panel says of each ET in the last year, that its persons must agree with.

Belongs here: the counts to respect, by ET of a département. Does not belong here: any person, any draw.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from witness.generate import facts
from witness.generate.activite import PROVENANCES, SORTIES
from witness.generate.capacites import ANNEES
from witness.generate.personnes.record_keeping import Tenue
from witness.generate.streams import Entiers, Flottants
from witness.generate.usagers import BORNES_AGE
from witness.generate.world import Monde

ANNEE = ANNEES[-1]
MODALITES = ("HP", "HT", "AJ", "INT", "SEMI", "EXT", "SEA", "DOM")
_SANS_PLACE = {"SEANCES": "SEA", "AIDE_DOMICILE": "DOM"}
_ORDINAIRE = {"SOINS_DOMICILE": "DOM", "ADULTE_SERVICE": "DOM", "ENFANT_SERVICE": "SEA", "ENFANT_ETAB": "SEA"}


@dataclass(frozen=True)
class Etablissements:
    """ET whose people exist, in the order of `et_id` ; every array has one row per ET."""

    et_id: Entiers
    finess: np.ndarray
    categorie: np.ndarray
    profil: np.ndarray
    canal: np.ndarray
    resid: np.ndarray
    vt: np.ndarray
    ouverture: np.ndarray  # date
    avant: Entiers  # people present a year before
    presents: Entiers
    entrees: Entiers
    sorties: Entiers
    ages: Entiers  # (n, 22) of those present
    femmes: Entiers
    modalites: Entiers  # (n, 8) of those present
    gir: Entiers  # (n, 6) of those present in a permanent place, zeros when nobody is rated
    provenances: Entiers  # (n, 4), sums to `entrees`
    motifs_sortie: Entiers  # (n, 5), sums to `sorties`
    dms: Flottants  # mean stay of those who left, neither temporary nor of the day, days
    journees_hp: Flottants
    journees_ht: Flottants
    journees_aj: Flottants
    absences: Flottants  # mean days away by person of the year
    orientes: Entiers  # of those present, with a decision of the MDPH ; all where none is needed
    part_protegee: Flottants
    part_hors_departement: Flottants

    def __len__(self) -> int:
        return len(self.et_id)

    def choisir(self, masque: np.ndarray) -> Etablissements:
        """Some of the ET."""
        return Etablissements(**{f.name: getattr(self, f.name)[masque] for f in fields(self)})


def construire(monde: Monde, tenue: Tenue) -> Etablissements:
    """Counts of the ET open at the end of the last year, that have people of this world."""
    p = monde.panel
    lignes = np.flatnonzero(
        (p.rang_annee == len(ANNEES) - 1) & tenue.peuple[p.et] & (np.nan_to_num(p.v["presents"]) > 0)
    )
    lignes = lignes[np.argsort(p.et[lignes], kind="stable")]
    et = p.et[lignes]
    profil = np.array(facts.profils(), dtype=object)[p.profil[lignes]]

    def nombres(*noms: str) -> Entiers:
        return np.stack([np.nan_to_num(p.v[n][lignes]) for n in noms], axis=-1).astype(np.int64)

    def compte(nom: str) -> Entiers:
        return nombres(nom)[:, 0]

    presents, entrees, sorties = compte("presents"), compte("entrees"), compte("sorties")
    modalites = _modalites(nombres, compte, profil, presents)
    gir = nombres(*(f"gir_{i + 1}" for i in range(6)))
    orientes = np.where(np.isnan(p.v["nb_orientation_mdph"][lignes]), presents, compte("nb_orientation_mdph"))
    return Etablissements(
        et_id=et,
        finess=p.table_et["finess_et"].to_numpy()[et].astype(object),
        categorie=p.table_et["categorie"].to_numpy()[et].astype(object),
        profil=profil,
        canal=tenue.canal[et],
        resid=tenue.resid[et],
        vt=tenue.vt[et],
        ouverture=p.table_et["date_ouverture"].to_numpy().astype("datetime64[D]")[et],
        avant=compte("presents_avant"),
        presents=presents,
        entrees=entrees,
        sorties=sorties,
        ages=nombres(*(f"age_{i + 1:02d}" for i in range(len(BORNES_AGE)))),
        femmes=compte("femmes"),
        modalites=modalites,
        gir=gir,
        provenances=_effectifs(p.v, "provenance", PROVENANCES, lignes, entrees),
        motifs_sortie=_effectifs(p.v, "sortie", SORTIES, lignes, sorties),
        dms=p.v["dms_jours"][lignes],
        journees_hp=p.v["journees_real_hp"][lignes],
        journees_ht=p.v["journees_real_ht"][lignes],
        journees_aj=p.v["journees_real_aj"][lignes],
        absences=np.nan_to_num(p.v["absences_moyennes"][lignes]),
        orientes=orientes,
        part_protegee=np.nan_to_num(p.v["tx_protection"][lignes]) / 100,
        part_hors_departement=np.nan_to_num(p.v["nb_hors_departement"][lignes]) / np.maximum(presents, 1),
    )


def _effectifs(v: dict[str, Flottants], nom: str, classes: tuple[str, ...], lignes: Entiers, total: Entiers) -> Entiers:
    """Counts behind the percentages of the panel, exactly: it made them of whole numbers."""
    comptes = np.stack([np.nan_to_num(v[f"{nom}_{c}"][lignes]) for c in classes], axis=1) * total[:, None] / 100
    comptes = np.rint(comptes).astype(np.int64)
    comptes[:, -1] += total - comptes.sum(axis=1)
    return comptes


def _modalites(nombres, compte, profil: np.ndarray, presents: Entiers) -> Entiers:
    """People present by way of being received: those of permanent places shared as the places are."""
    comptes = np.zeros((len(profil), len(MODALITES)), dtype=np.int64)
    rang = {m: i for i, m in enumerate(MODALITES)}
    comptes[:, rang["HT"]] = np.rint(compte("cap_inst_ht") * 0.7)
    comptes[:, rang["AJ"]] = np.rint(compte("cap_inst_aj") * 2.4)
    places = nombres("cap_inst_hp", "cap_inst_internat", "cap_inst_semi_internat", "cap_inst_externat",
                     "cap_inst_milieu_ordinaire")  # fmt: skip
    permanents = presents - comptes.sum(axis=1)
    parts = places / np.maximum(places.sum(axis=1, keepdims=True), 1)
    cumul = np.rint(np.cumsum(parts, axis=1) * permanents[:, None]).astype(np.int64)
    par_place = np.diff(cumul, axis=1, prepend=0)
    ordinaire = np.array([rang[_ORDINAIRE.get(q, "EXT")] for q in profil])
    for i, modalite in enumerate(("HP", "INT", "SEMI", "EXT")):
        comptes[:, rang[modalite]] += par_place[:, i]
    np.add.at(comptes, (np.arange(len(profil)), ordinaire), par_place[:, -1])
    for nom, modalite in _SANS_PLACE.items():
        comptes[profil == nom] = np.eye(len(MODALITES), dtype=np.int64)[rang[modalite]] * presents[profil == nom, None]
    return comptes
