"""A desk to which deliveries about persons are brought, under the real contracts; what became of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.home import Home
from ingest.pipeline import process_pending
from ingest.receive import landing
from ingest.receive.delivery import Receipt, deliver
from ingest.store import lake
from tests.instants import now


class Guichet:
    """One home, one folder of files; every result is checked to balance."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root / "var")
        self.folder = root / "envoi"
        self.folder.mkdir(parents=True)

    def deliver(self, name: str, content: bytes, **options: Any) -> Receipt:
        path = self.folder / name
        path.write_bytes(content)
        (receipt,) = deliver([path], self.home, **options, now=now())
        return receipt

    def process(self) -> list[lake.Result]:
        results = process_pending(self.home)
        assert all(r.balances and r.lues == r.acceptees + r.rejetees for r in results)
        return results

    def take(self, name: str, content: bytes) -> lake.Result:
        """Delivers and processes one file that must be received."""
        receipt = self.deliver(name, content)
        assert receipt.status == "received", receipt.reason
        (result,) = self.process()
        return result

    def rows(self, kind: str, entity: str | None = None) -> pl.DataFrame:
        """Accepted rows of a table (`raw`), `rejects` or `signalements`, of every delivery."""
        files = sorted((self.home.lake / kind).rglob("*.parquet"))
        files = [f for f in files if entity is None or entity in f.parts]
        return pl.concat([pl.read_parquet(f) for f in files], how="diagonal") if files else pl.DataFrame()

    def said(self) -> str:
        """Everything that is said of what was delivered: receipts, reasons, findings, and the rows kept."""
        frames = [pl.read_parquet(f) for f in sorted(self.home.lake.rglob("*.parquet"))]
        texts = [json.dumps(asdict(r), ensure_ascii=False) for r in lake.results(self.home)]
        texts += [json.dumps(r, ensure_ascii=False, default=str) for r in landing.refusals(self.home)]
        texts += [str(value) for frame in frames for row in frame.iter_rows() for value in row if value is not None]
        return "\n".join(texts)


@pytest.fixture
def guichet(tmp_path: Path) -> Guichet:
    return Guichet(tmp_path)
