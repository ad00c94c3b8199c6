"""A generation read back: the one asked for or not, and what it spoiled on purpose."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from witness.generate import ECHELLES, a_refuser, decrire, effets, est_faite, facts, reread


@pytest.fixture(scope="module")
def copie(departement, tmp_path_factory) -> Path:
    """What a test may spoil."""
    return Path(shutil.copytree(departement.folder, tmp_path_factory.mktemp("relecture") / "faite"))


def test_a_generation_is_found_as_it_was_made(departement):
    assert est_faite(departement.folder, scale="departement", seed=1)
    assert not est_faite(departement.folder, scale="departement", seed=2)
    assert not est_faite(departement.folder, scale="region", seed=1)


def test_there_is_none_in_an_empty_folder(tmp_path):
    assert not est_faite(tmp_path, scale="departement", seed=1)


def _sans_fichier(dossier: Path) -> None:
    next((dossier / "livraisons").rglob("*.csv")).unlink()


def _fichier_coupe(dossier: Path) -> None:
    chemin = next((dossier / "livraisons").rglob("*.csv"))
    chemin.write_bytes(chemin.read_bytes()[:-1])


def _autre_generateur(dossier: Path) -> None:
    chemin = dossier / reread.MANIFESTE
    chemin.write_text(json.dumps(json.loads(chemin.read_text("utf-8")) | {"logiciel": "autre"}), encoding="utf-8")


def _autres_taux(dossier: Path) -> None:
    chemin = dossier / reread.MANIFESTE
    ecrit = json.loads(chemin.read_text("utf-8"))
    ecrit["taux"]["faute_de_frappe"] = 0.5
    chemin.write_text(json.dumps(ecrit), encoding="utf-8")


def _abime(dossier: Path) -> None:
    (dossier / reread.MANIFESTE).write_text("[", encoding="utf-8")


def _sans_manifeste(dossier: Path) -> None:
    (dossier / reread.MANIFESTE).unlink()


@pytest.mark.parametrize(
    "change", [_sans_fichier, _fichier_coupe, _autre_generateur, _autres_taux, _abime, _sans_manifeste]
)
def test_a_generation_that_is_not_whole_or_not_of_this_generator_is_to_be_made_again(
    copie: Path, change: Callable[[Path], None]
):
    saved = {p: p.read_bytes() for p in [copie / reread.MANIFESTE, *(copie / "livraisons").rglob("*.csv")]}
    assert est_faite(copie, scale="departement", seed=1)
    change(copie)
    assert not est_faite(copie, scale="departement", seed=1)
    for path, content in saved.items():
        path.write_bytes(content)


def test_what_must_be_refused_is_what_the_deliveries_say(departement):
    expected = departement.truth("livraisons").filter(attendue="refusee")["livraison"].to_list()
    assert [each.livraison for each in a_refuser(departement.folder)] == expected
    assert [(each.nature, each.champ) for each in a_refuser(departement.folder)] == [("colonne_manquante", "Finess")]


def test_every_error_sown_is_counted_once(departement):
    counted = effets(departement.folder)
    assert sum(counted.values()) == sum(departement.bilan.defauts.values())
    assert counted["livraison_a_refuser"] == 1
    assert counted["ligne_a_rejeter"] > 10


@pytest.mark.parametrize(
    ("scale", "said"),
    [
        ("departement", "Ain"),
        ("demonstration", "Centre-Val de Loire (6 départements)"),
        ("region", "Grand Est (10 départements)"),
        ("national", "France (101 départements)"),
    ],
)
def test_a_scale_is_a_departement_or_whole_regions(scale: str, said: str):
    assert decrire(scale) == said
    if len(ECHELLES[scale]) > 1:
        places = facts.table("departements")
        regions = places.filter(places["code"].is_in(list(ECHELLES[scale])))["region"].unique()
        assert set(places.filter(places["region"].is_in(regions.to_list()))["code"]) == set(ECHELLES[scale])
