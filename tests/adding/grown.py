"""A copy of the project to which a collection, one about persons and a product were added by their pages; then one run.

Belongs here: what is delivered to it, and what came of it. Does not belong here: reading pages (`pages`), assertions.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.adding.pages import Copy
from tests.integration.conservation.test_elimination_chain import TITLES
from tests.shared import once

BAROMETER = "Numéro;Année;Occupation;Remplacements\n010002228;2022;0,90;7\n"
ERRD_TITLES = (
    "Finess EJ", "Finess", "Année", "Id Dépôt", "MS Résultat net comptable ERRD", "Nombre ETP total réalisé ERRD",
    "655 Quotes-parts de résultat sur opérations faites en commun", "Dépenses Groupe I ERRD", "Dépenses Groupe II ERRD",
    "Dépenses Groupe III ERRD", "Recettes Groupe I ERRD", "Recettes Groupe II ERRD", "Recettes Groupe III ERRD",
    "Taux d'occupation des places autorisées en hébergement permanent",
    "Taux d'occupation des lits autorisés en hébergement temporaire",
    "Taux d'occupation des lits autorisés en accueil de jour",
    "Type dépot ERRD", "Taux d'occupation Externat Autres ESMS",
    "Taux d'occupation Semi-internat Autres ESMS", "Taux d'occupation Internat Autres ESMS",
    "Taux d'occupation Autre 1, 2 et 3 Autres ESMS", "Taux d'occupation global ERRD",
    "Taux d'occupation global Autres ESMS",
    "Etat taux d'occupation global Autres ESMS",
    "Etat taux d'occupation global ERRD",
)  # fmt: skip
ERRD_ROW = {"Finess EJ": "010008407", "Finess": "010002228", "Année": "2022", "Id Dépôt": "7", ERRD_TITLES[13]: ".962"}
ERRD = "\n".join([";".join(ERRD_TITLES), ";".join(ERRD_ROW.get(title, "") for title in ERRD_TITLES), ""])

ET, AILLEURS = "010000001", "010000002"
# Aubépine left long ago: both tell it, a day apart. Bleuet opposes. Camomille: the DUI was not told of her exit.
# Dahlia is in no DUI, and in two places at once. Of dossier 9, only a stay is told.
DUI = (
    f"{ET};D1;;;Mme;ZZEXEMPLE;;Aubépine;03/02/1938;01004;01000;;;S1;25/09/2015;02/10/2015;Domicile;05/05/2018;;"
    "Hébergement permanent;;",
    f"{ET};D2;;;M.;ZZMODELE;;Bleuet;03/02/1930;01004;01000;;;S2;;02/10/2016;Domicile;;;Hébergement permanent;;",
    f"{ET};D3;;;Mme;ZZTIERCE;;Camomille;04/05/1941;01004;01000;;;S3;;10/01/2020;Domicile;;;Hébergement permanent;;",
)
DOSSIERS = f"""Numéro FINESS;Dossier;Nom;Prénoms;Naissance;Sexe;Lieu de naissance
{ET};1;Zzexemple;Aubepine;03/02/1938;F;01004
{ET};2;Zzmodele;Bleuet;03/02/1930;M;01004
{ET};4;Zzdouble;Dahlia;06/07/1935;F;01004
"""
ACCUEILS = f"""Numéro FINESS;Accueil;Dossier;Modalité;Arrivée;Départ
{ET};1;1;HP;03/10/2015;05/05/2018
{ET};2;2;HP;02/10/2016;
{ET};4;4;HP;01/01/2020;
{AILLEURS};2;9;HT;05/06/2024;12/06/2024
"""
INVENTIA = f"""Site|Dossier|Réf|NomUsager|PrenomUsager|NeLe|Civ|Insee|Type|Du|Au
{ET}|3|3|ZZTIERCE|CAMOMILLE|04.05.1941|Mme|01004|Permanent|10.01.2020|01.03.2024
{AILLEURS}|1|1|ZZDOUBLE|DAHLIA|06.07.1935|Mme|01004|Permanent|01.02.2021|
"""
OPPOSED = (
    f"finess_et;usager_id;finalite;nature;date_effet;retire_le;preuve_ref\n{ET};D2;toutes;opposition;2020-01-01;;R1\n"
)
FILES = {
    "barometre.csv": BAROMETER.encode(),
    "ANN_ERRD_EJ_ET_2023_06_07.CSV": ERRD.encode(),
    "residalia_sejours_20241201_export.csv": "\r\n".join([TITLES, *DUI, ""]).encode("cp1252"),
    "suivi_dossiers_2024-12-01.csv": DOSSIERS.encode(),
    "suivi_accueils_2024-12-01.csv": ACCUEILS.encode(),
    "inventia_20241201.csv": INVENTIA.encode(),
    "consentements_2024-12-01_ar.csv": OPPOSED.encode(),
}


@dataclass(frozen=True)
class Grown:
    """The copy after its run. Nobody changes it, nor its home.

    written: the files that following each page made or changed.
    derived: those that `contracts generate` then wrote, and that were still as in the project.
    """

    copy: Copy
    written: dict[str, set[str]]
    derived: dict[str, set[str]]
    receipts: list[dict[str, str]]


def grow(factory: pytest.TempPathFactory) -> Grown:
    """Once a session, whoever asks first."""
    folder = once(factory, "projet_augmente", lambda folder: _made(folder, Copy.make(folder)))
    return pickle.loads((folder / "fait.pickle").read_bytes())


def _made(folder: Path, copy: Copy) -> None:
    written, derived = {}, {}
    for page in ("collection", "product", "persons"):
        written[page] = copy.follow(page)
        before = copy.touched()
        copy.dlnuf("contracts", "generate")
        derived[page] = copy.touched() - before
    sent = folder / "envoi"
    sent.mkdir()
    for name, content in FILES.items():
        (sent / name).write_bytes(content)
    receipts = json.loads(copy.dlnuf("deliver", str(sent), "--json"))
    copy.dlnuf("run")
    (folder / "fait.pickle").write_bytes(pickle.dumps(Grown(copy, written, derived, receipts)))
