"""A form opened and saved by LibreOffice says the same: what its cells hold, what travels hidden with them.

Skipped where LibreOffice is not installed (Debian: apt-get install --no-install-recommends libreoffice-calc).
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ingest.home import Home
from ingest.returned_forms import CONFIRMED, PREFILLED
from orchestration.forms.form_frame import TABLE
from orchestration.forms.known_columns import Esms
from tests.unit.forms.invented import EHPAD, IME, filled, returned, saved

SOFFICE = shutil.which("soffice")
pytestmark = [
    pytest.mark.lent,
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice n'est pas installé (soffice) : l'installer pour l'essayer"),
]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, tuple[Path, Path]]]:
    """The form of an EHPAD and that of an IME, as they were made, and as LibreOffice saves them without a change."""
    folder = tmp_path_factory.mktemp("libreoffice")
    home = Home(folder / "var")
    made = {esms.finess: saved(filled("tdb_esms", esms), home, folder / "faits") for esms in (EHPAD, IME)}
    done = subprocess.run(
        [
            str(SOFFICE), "--headless", f"-env:UserInstallation={(folder / 'profil').as_uri()}",
            "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "rendus"), *map(str, made.values()),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return home, {finess: (path, folder / "rendus" / path.name) for finess, path in made.items()}


@pytest.mark.parametrize("esms", [EHPAD, IME], ids=["EHPAD", "IME"])
def test_it_comes_back_as_it_was_given_out(opened: tuple[Home, dict[str, tuple[Path, Path]]], esms: Esms) -> None:
    home, paths = opened
    finess = esms.finess
    made, back = paths[finess]
    receipt, rows, told = returned(home, back)
    form = filled("tdb_esms", esms)
    assert receipt.status == "received", receipt.reason
    assert set(told["champ"]) == {each.field.name for each in form.columns if each.state == PREFILLED}
    assert set(told["nature"]) == {CONFIRMED}
    assert rows["finess_et"].to_list() == [finess]
    before, after = (load_workbook(path) for path in (made, back))
    assert after.sheetnames == before.sheetnames
    assert [c.value for row in after[TABLE].iter_rows() for c in row] == [
        c.value for row in before[TABLE].iter_rows() for c in row
    ]
    assert after[TABLE].protection.sheet
    assert len(after[TABLE].data_validations.dataValidation) > 100
