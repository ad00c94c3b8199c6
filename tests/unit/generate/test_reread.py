"""A generation read back: the one asked for or not, and what it spoiled on purpose."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from witness.generate import SCALES, describe, effects, facts, is_done, reread, to_be_refused


@pytest.fixture(scope="module")
def copied(departement, tmp_path_factory) -> Path:
    """What a test may spoil."""
    return Path(shutil.copytree(departement.folder, tmp_path_factory.mktemp("relecture") / "faite"))


def test_a_generation_is_found_as_it_was_made(departement):
    assert is_done(departement.folder, scale="departement", seed=1)
    assert not is_done(departement.folder, scale="departement", seed=2)
    assert not is_done(departement.folder, scale="region", seed=1)


def test_there_is_none_in_an_empty_folder(tmp_path):
    assert not is_done(tmp_path, scale="departement", seed=1)


def _without_a_file(folder: Path) -> None:
    next((folder / "livraisons").rglob("*.csv")).unlink()


def _file_cut_short(folder: Path) -> None:
    path = next((folder / "livraisons").rglob("*.csv"))
    path.write_bytes(path.read_bytes()[:-1])


def _other_generator(folder: Path) -> None:
    path = folder / reread.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"logiciel": "autre"}), encoding="utf-8")


def _other_rates(folder: Path) -> None:
    path = folder / reread.MANIFEST
    written = json.loads(path.read_text("utf-8"))
    written["taux"]["faute_de_frappe"] = 0.5
    path.write_text(json.dumps(written), encoding="utf-8")


def _damaged(folder: Path) -> None:
    (folder / reread.MANIFEST).write_text("[", encoding="utf-8")


def _without_manifest(folder: Path) -> None:
    (folder / reread.MANIFEST).unlink()


@pytest.mark.parametrize(
    "change", [_without_a_file, _file_cut_short, _other_generator, _other_rates, _damaged, _without_manifest]
)
def test_a_generation_that_is_not_whole_or_not_of_this_generator_is_to_be_made_again(
    copied: Path, change: Callable[[Path], None]
):
    saved = {p: p.read_bytes() for p in [copied / reread.MANIFEST, *(copied / "livraisons").rglob("*.csv")]}
    assert is_done(copied, scale="departement", seed=1)
    change(copied)
    assert not is_done(copied, scale="departement", seed=1)
    for path, content in saved.items():
        path.write_bytes(content)


def test_what_must_be_refused_is_what_the_deliveries_say(departement):
    expected = departement.truth("livraisons").filter(attendue="refusee")["livraison"].to_list()
    assert [each.livraison for each in to_be_refused(departement.folder)] == expected
    assert [(each.nature, each.champ) for each in to_be_refused(departement.folder)] == [
        ("colonne_manquante", "Finess")
    ]


def test_every_error_sown_is_counted_once(departement):
    counted = effects(departement.folder)
    assert sum(counted.values()) == sum(departement.summary.defects.values())
    assert counted["livraison_a_refuser"] == 1
    assert counted["ligne_a_rejeter"] > 10


@pytest.mark.parametrize(
    ("scale", "said"),
    [
        ("petit", "Lozère"),
        ("departement", "Ain"),
        ("demonstration", "Centre-Val de Loire (6 départements)"),
        ("region", "Grand Est (10 départements)"),
        ("national", "France (101 départements)"),
    ],
)
def test_a_scale_is_a_departement_or_whole_regions(scale: str, said: str):
    assert describe(scale) == said
    if len(SCALES[scale]) > 1:
        places = facts.table("departements")
        regions = places.filter(places["code"].is_in(list(SCALES[scale])))["region"].unique()
        assert set(places.filter(places["region"].is_in(regions.to_list()))["code"]) == set(SCALES[scale])
