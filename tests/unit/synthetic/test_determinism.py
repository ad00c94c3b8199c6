"""The same seed gives the same bytes; nothing else does."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ingest.synthetic import ECHELLES, TauxDefauts, generate


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_seed_same_bytes_truth_and_deliveries_alike(departement, tmp_path):
    generate(tmp_path, seed=1)
    assert _hashes(tmp_path) == _hashes(departement.folder)


def test_another_seed_is_another_world(departement, tmp_path):
    generate(tmp_path, seed=2)
    first, second = _hashes(departement.folder), _hashes(tmp_path)
    same = {name for name, digest in second.items() if first.get(name) == digest}
    # Only what is fact, or empty of draws, may coincide.
    assert {Path(name).name for name in same} <= {"regions.json", "departements.json"}


def test_generating_again_leaves_nothing_of_before(tmp_path):
    generate(tmp_path, departements=("48",), seed=1)
    stray = tmp_path / "livraisons" / "reste.csv"
    stray.write_text("x", encoding="utf-8")
    generate(tmp_path, departements=("48",), seed=1)
    assert not stray.exists()


def test_no_defect_when_none_is_asked(tmp_path):
    bilan = generate(tmp_path, departements=("48",), seed=1, taux=TauxDefauts.aucun())
    assert bilan.defauts == {}
    assert (tmp_path / "verite" / "defauts.csv").read_text(encoding="utf-8").count("\n") == 1


def test_rates_multiply_the_defects_but_not_the_share_put_right():
    more = TauxDefauts().fois(3)
    assert more.faute_de_frappe == pytest.approx(3 * TauxDefauts().faute_de_frappe)
    assert more.redressement == TauxDefauts().redressement


def test_truth_does_not_depend_on_the_defects(departement, tmp_path):
    generate(tmp_path, seed=1, taux=TauxDefauts.aucun())
    before, after = _hashes(departement.folder), _hashes(tmp_path)
    tables = [
        name for name in before if name.startswith("verite/") and name.count("/") == 1 and name.endswith(".parquet")
    ]
    assert len(tables) > 8
    assert {n: after[n] for n in tables if "ecarts" not in n} == {n: before[n] for n in tables if "ecarts" not in n}


def test_progress_counts_every_file(tmp_path):
    seen: list[tuple[str, int, int]] = []
    bilan = generate(tmp_path, departements=("48",), seed=1, progress=lambda *step: seen.append(step))
    assert [name for name, _, _ in seen] == list(bilan.livraisons)
    assert [done for _, done, _ in seen] == list(range(1, len(seen) + 1))
    assert {total for _, _, total in seen} == {len(seen)}


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
    assert all(code.startswith("0") for code in ECHELLES["departement"])
    assert any(code.startswith("0") for code in ECHELLES["region"])
