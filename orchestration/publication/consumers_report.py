"""No regression for the owners of collections: the verdicts of `data_contracts.supply_rules`, for people and machines.

Belongs here: their HTML and their JSON. Does not belong here: the measures (dbt), the judgement (`supply_rules`), what
is given to collections (`orchestration.supply`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from data_contracts.supply_rules import Verdict, agreement, completeness, verdicts
from orchestration.publication import html_pages

HTML, JSON = "non_regression.html", "non_regression.json"
WORDS = {"completude": "complétude", "accord": "accord", "volume": "volume"}


def of_mart(path: Path) -> list[Verdict]:
    """The verdicts on what a published table measures."""
    with duckdb.connect() as connection:
        return verdicts(connection.read_parquet(str(path)).pl().iter_rows(named=True))


def as_json(judged: Sequence[Verdict], at: datetime) -> str:
    """Every measure of every field, and what blocks."""
    content = {
        "etabli_le": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "collectes": [
            {
                "source": each.source,
                "libelle": each.label,
                "millesime": each.millesime,
                "bloquee": each.blocked,
                "constats": [
                    {
                        "nature": found.kind, "champ": found.field or None, "element_id": found.element or None,
                        "recu": found.received, "rendu": found.given, "limite": found.limit, "texte": found.text,
                    }
                    for found in each.findings
                ],
                "champs": [_measured(row) for row in each.fields],
            }
            for each in judged
        ],
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def as_html(judged: Sequence[Verdict], at: datetime) -> str:
    """The page that says, collection by collection, what it would lose or gain."""
    return html_pages.page(
        "non_regression.html",
        at=at.astimezone(UTC),
        verdicts=[
            {"of": each, "rows": [(_measured(row), each.of(row["champ"])) for row in each.fields]} for each in judged
        ],
        blocked=[each for each in judged if each.blocked],
        words=WORDS,
    )


def _measured(row: dict[str, Any] | Any) -> dict[str, Any]:
    received, given = completeness(row)
    shares = {"completude_recue_pct": received, "completude_rendue_pct": given, "accord_pct": agreement(row)}
    return {k: v for k, v in row.items() if k not in ("formulaire", "formulaire_libelle", "millesime")} | shares
