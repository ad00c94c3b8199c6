"""An invented EHPAD and an invented IME: one resident of whom everything is known, and how to change one thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from orchestration.restitution.known import (
    PA,
    PH,
    Decision,
    Dossier,
    Droit,
    Etablissement,
    Identity,
    Orientation,
    Resid,
    Stay,
)
from orchestration.restitution.resid_file import Month

FINESS = "010000001"
OCTOBER = Month(2026, 10)


def nir(first_thirteen: str) -> str:
    """A number with its key: of nobody, month 99 and commune 999 do not exist."""
    return first_thirteen + f"{97 - int(first_thirteen) % 97:02d}"


WHO = Identity(
    dossier="D-17",
    nom="ZZEXEMPLE",
    prenoms="Aubépine, Marie",
    naissance=date(1938, 2, 3),
    sexe="F",
    lieu="01004",
    nir=nir("2389999999001"),
    ins=nir("2389999999001"),
    ins_type="INS-NIR",
    ins_statut="VALI",
)
STAY = Stay(
    number="S-1", modalite="HP", admission=date(2026, 9, 25), entree=date(2026, 10, 2), mode_entree="DOMICILE",
    resid_entree=None, vt_entree=None,
)  # fmt: skip
RESIDENT = Dossier(
    identity=WHO,
    departement_domicile="01",
    sejours=(STAY,),
    girs=((date(2026, 9, 28), 2),),
    resid=Resid("2026-09", "011", "01", None, "SAAD"),
)
EHPAD = Etablissement(FINESS, "EHPAD DES EXEMPLES", PA, date(2026, 11, 5), (RESIDENT,))
TASK = Orientation(
    tache_id="tache-5", decision_id="DEC-9", id_nat="N-9", unite_id="OI-3", nom_unite="Les Lilas",
    categorie_organisation="48", temporalite="02", accueil_sequentiel=False, mode_prise_en_charge="46",
    type_droit="7.1", statut_esms="71",
)  # fmt: skip
DECISION = Decision("DEC-9", "N-9", date(2025, 6, 1), "1", (Droit("7.1", date(2025, 9, 1), date(2030, 8, 31)),))
CHILD = replace(
    RESIDENT,
    identity=replace(WHO, dossier="E-4", naissance=date(2014, 2, 3)),
    girs=(),
    decisions=(DECISION,),
    orientations=(TASK,),
)
IME = Etablissement(FINESS, "IME DES EXEMPLES", PH, date(2026, 11, 5), (CHILD,))


def with_who(esms: Etablissement, **changes: Any) -> Etablissement:
    """The same ESMS, its only person otherwise."""
    only = esms.dossiers[0]
    return replace(esms, dossiers=(replace(only, identity=replace(only.identity, **changes)),))


def with_stay(esms: Etablissement, **changes: Any) -> Etablissement:
    """The same ESMS, the only stay of its only person otherwise."""
    only = esms.dossiers[0]
    return replace(esms, dossiers=(replace(only, sejours=(replace(only.sejours[0], **changes),)),))


def with_file(esms: Etablissement, **changes: Any) -> Etablissement:
    """The same ESMS, the file of its only person otherwise."""
    return replace(esms, dossiers=(replace(esms.dossiers[0], **changes),))
