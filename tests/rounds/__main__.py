"""`make rounds`: the forms of a thousand invented ESMS, given out, delivered back as they came, then run.

Belongs here: the region that it is done on, counting, the report. Does not belong here: what ESMS do with their forms
(`tests/integration/forms`), giving them out (`tests.given_back`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

from ingest import pipeline
from ingest.guard import guarded
from ingest.home import Home
from ingest.receive.delivery import deliver
from ingest.store import lake
from orchestration.forms import known_columns, production
from tests import given_back
from witness.generate import generate

DLNUF = str(Path(sys.executable).with_name("dlnuf"))


def main() -> int:
    """Runs; the exit code is 1 when a cell differs, or a row is lost."""
    arguments = argparse.ArgumentParser(prog="make rounds")
    arguments.add_argument("--esms", type=int, default=1000)
    arguments.add_argument("--collection", default="tdb_esms")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--scale", default="region")
    arguments.add_argument("--folder", type=Path, default=Path("build/rounds"))
    asked = arguments.parse_args()
    root = asked.folder.resolve()
    home = Home(root / "var")
    os.environ |= {"DLNUF_CLES": str(root / "cles.json"), "DLNUF_HOME": str(home.root)}
    _prepare(root, home, asked.scale, asked.seed)

    form = production.form_of(asked.collection)
    with known_columns.opened(home) as connection:
        campaign = (known_columns.last_year(connection, form) or 0) + 1
    esms = given_back.asked(home, form, asked.esms)
    on = given_back.later(home)
    folder, before = root / "rendus", root / "avant.duckdb"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copy2(home.warehouse, before)
    begun = time.monotonic()
    cells = sum(len(filled.columns) for _, filled in given_back.given_out(home, form, esms, campaign, on, folder))
    made = time.monotonic() - begun
    with guarded.readers():
        receipts = deliver([folder], home, now=on)
        pipeline.process_pending(home)
    _let("run")

    numbers, year = [each.finess for each in esms], campaign - 1
    was, is_now = (given_back.layer(path, numbers, year) for path in (before, home.warehouse))
    differ = [question for question in {*was, *is_now} if was.get(question) != is_now.get(question)]
    mine = {receipt.delivery_id for receipt in receipts if receipt.status == "received"}
    results = [result for result in lake.results(home) if result.delivery_id in mine]
    rows = [(result.lues, result.acceptees, result.rejetees) for result in results]
    lost = len(esms) - sum(accepted for _, accepted, _ in rows)
    said = pl.concat([pl.read_parquet(home.lake / f) for r in results for f in r.files.get("retours", [])])
    natures = dict(said.group_by("nature").len().iter_rows())
    print(
        f"{form.contract.id}, campagne {campaign} : {len(esms)} formulaires, {cells} cellules, faits en {made:.0f} s ; "
        f"{natures} ; {len(was)} valeurs de la couche, {len(differ)} différentes ; {lost} lignes perdues"
    )
    for question in sorted(differ)[:20]:
        print(" ", question, was.get(question), "→", is_now.get(question))
    return 1 if differ or lost or set(natures) - {"confirmation"} else 0


def _prepare(root: Path, home: Home, scale: str, seed: int) -> None:
    """The region, delivered and run, once."""
    done = root / f"{scale}-{seed}.fait"
    if not done.exists():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        _let("keys", "create")
        generate(root / "generation", scale=scale, seed=seed, personnes=False)
        subprocess.run([DLNUF, "deliver", str(root / "generation" / "livraisons")], check=False)  # one is to be refused
        _let("run")
        done.touch()


def _let(*command: str) -> None:
    subprocess.run([DLNUF, *command], check=True)


if __name__ == "__main__":
    sys.exit(main())
