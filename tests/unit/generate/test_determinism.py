"""The same seed gives the same bytes; nothing else does."""

from __future__ import annotations

import csv
import hashlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.shared import SEED
from tests.unit.generate.conftest import Generation
from witness.generate import SCALES, DefectRates, Summary, generate


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_seed_same_bytes_truth_and_deliveries_alike(lozere, tmp_path):
    generate(tmp_path, departements=("48",), seed=SEED)
    assert _hashes(tmp_path) == _hashes(lozere.folder)


def test_another_seed_is_another_world(lozere, tmp_path):
    generate(tmp_path, departements=("48",), seed=SEED + 1)
    first, second = _hashes(lozere.folder), _hashes(tmp_path)
    same = {name for name, digest in second.items() if first.get(name) == digest}
    # Only what is fact, or empty of draws, may coincide.
    assert {Path(name).name for name in same} <= {
        "regions.json",
        "departements.json",
        "communes.json",
        "communes.parquet",
        "communes_epci.parquet",
        "Intercommunalite_Metropole_au_01-01-2025.xlsx",
        "departements_fictifs.geojson",
        "communes_fictifs.geojson",
        "ANN_PER_ERRD_EPRD_2025_06_07.parquet",
    }


@dataclass(frozen=True)
class Again:
    """A generation over another one, and every step that it told of."""

    stray: Path
    summary: Summary
    seen: list[tuple[str, int, int]]


@pytest.fixture(scope="module")
def again(lozere: Generation, tmp_path_factory: pytest.TempPathFactory) -> Again:
    folder = tmp_path_factory.mktemp("deux_fois")
    shutil.copytree(lozere.folder, folder, dirs_exist_ok=True)
    stray = folder / "livraisons" / "reste.csv"
    stray.write_text("x", encoding="utf-8")
    seen: list[tuple[str, int, int]] = []
    summary = generate(folder, departements=("48",), seed=SEED, progress=lambda *step: seen.append(step))
    return Again(stray, summary, seen)


def test_generating_again_leaves_nothing_of_before(again: Again) -> None:
    assert not again.stray.exists()


@pytest.fixture(scope="module")
def none_wrong(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """The same département, without a defect."""
    folder = tmp_path_factory.mktemp("sans_defaut")
    return Generation(folder, generate(folder, departements=("48",), seed=SEED, rates=DefectRates.none()))


def test_no_defect_when_none_is_asked(none_wrong):
    assert none_wrong.summary.defects == {}
    assert (none_wrong.folder / "verite" / "defauts.csv").read_text(encoding="utf-8").count("\n") == 1


def test_rates_multiply_the_defects_but_not_the_share_put_right():
    more = DefectRates().times(3)
    assert more.faute_de_frappe == pytest.approx(3 * DefectRates().faute_de_frappe)
    assert more.redressement == DefectRates().redressement


def test_truth_does_not_depend_on_the_defects(lozere, none_wrong):
    before, after = _hashes(lozere.folder), _hashes(none_wrong.folder)
    told = ("personnes", "declarations_sejours", "statuts_sejours", "visites", "defauts_personnes", "oppositions")
    of_deliveries = {f"verite/{name}.parquet" for name in ("ecarts", "livraisons", "vides", *told)}
    tables = {n for n in before if n.startswith("verite/") and n.count("/") == 1 and n.endswith(".parquet")}
    assert len(tables - of_deliveries) > 8
    assert {n: after[n] for n in tables - of_deliveries} == {n: before[n] for n in tables - of_deliveries}


def test_changing_one_rate_leaves_the_other_defects_where_they_were(departement, tmp_path):
    kind = "faute_de_frappe"
    generate(tmp_path, seed=1, rates=replace(DefectRates(), **{kind: 0.0}))
    before, after = (_ledger(folder) for folder in (departement.folder, tmp_path))
    assert not {row for row in after if row[3] == kind}
    others = {row for row in before if row[3] != kind}
    # A cell or a row that a typing error no longer takes may be free for another kind: rarely, and nothing else moves.
    assert max(len(after - others), len(others - after)) <= 0.02 * len(others)


def _ledger(folder: Path) -> set[tuple[str, ...]]:
    with (folder / "verite" / "defauts.csv").open(encoding="utf-8", newline="") as stream:
        return {tuple(row) for row in csv.reader(stream, delimiter=";")}


def test_progress_counts_every_file(again: Again) -> None:
    assert [name for name, _, _ in again.seen] == list(again.summary.deliveries)
    assert [done for _, done, _ in again.seen] == list(range(1, len(again.seen) + 1))
    assert {total for _, _, total in again.seen} == {len(again.seen)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": "canton"}, "échelle inconnue : canton"),
        ({"departements": ("99", "01")}, "départements inconnus : 99"),
    ],
)
def test_unknown_territory_is_refused_in_words(arguments, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        generate(tmp_path, **arguments)


def test_default_departement_can_lose_a_leading_zero():
    assert all(code.startswith("0") for code in SCALES["departement"])
    assert any(code.startswith("0") for code in SCALES["region"])
