"""Bundles altered at random, through the whole chain: no traceback, counts that balance, nobody named anywhere."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from data_contracts.loading import load_contracts
from ingest.read import UnreadableFile, tables_of
from tests.integration.ingest.conftest import Guichet
from tests.unit.readers import examples as ex
from tests.unit.readers.examples import Node

WHOLE = ex.bundle(*ex.dossier(1), *ex.plain(2))
TASKS = ex.bundle(*(ex.entry(f"t{n}", ex.orientation(n)) for n in (1, 2)), kind="searchset")
# Names, numbers and addresses: nothing of them may be written, wherever an alteration puts them.
SECRETS = (
    ex.NOM,
    ex.PRENOM,
    ex.INS,
    ex.INS[:13],
    "Farfadet",
    "Lutinerie",
    "Barnabothe",
    ex.RPPS,
    "MDPH-1",
    "DOS-1",
    "DEC-1",
)
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 10**40, 1.5, 1e300, "", " ", "\x00", ex.NOM, ex.INS, "2024-13-45", "9999-12-31T25:61:00+99:00",
    "0000-00-00", [], {}, [[]], [None], {"coding": "x"}, {"reference": 7}, {"extension": {"url": []}}, "é" * 5_000,
    "urn:uuid:patient-1", "Patient?identifier=|",
)  # fmt: skip
KINDS = ("delete", "replace", "swap", "repeat", "wrap", "unwrap", "move", "deepen")
Alteration = tuple[str, int, int, int]
ALTERATIONS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, len(ODD) - 1)),
    min_size=1,
    max_size=8,
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"])
FLIPS = st.lists(st.tuples(st.integers(0, 1_000_000), st.integers(0, 255)), max_size=2)
CUTS = st.one_of(st.none(), st.none(), st.none(), st.floats(0, 1))


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of every value of a tree, in order."""
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield node, key
        yield from places(node[key])


def altered(document: Node, alterations: list[Alteration]) -> Node:
    document = copy.deepcopy(document)
    for kind, first, second, odd in alterations:
        found = list(places(document))
        if not found:
            break
        node, key = found[first % len(found)]
        other, where = found[second % len(found)]
        match kind:
            case "delete":
                del node[key]
            case "replace":
                node[key] = copy.deepcopy(ODD[odd])
            case "swap":
                node[key], other[where] = copy.deepcopy(other[where]), copy.deepcopy(node[key])
            case "move":
                other[where] = copy.deepcopy(node[key])
            case "repeat" if isinstance(node, list):
                node.append(copy.deepcopy(node[key]))
            case "wrap":
                node[key] = [node[key]]
            case "unwrap" if isinstance(node[key], list) and node[key]:
                node[key] = node[key][0]
            case "deepen":
                for _ in range(30):
                    node[key] = {"extension": [node[key]]}
    return document


def content(document: Node, encoding: str, flips: list[tuple[int, int]], cut: float | None) -> bytes:
    raw = bytearray(json.dumps(document, ensure_ascii=False).encode(encoding, "replace"))
    for place, value in flips:
        raw[place % len(raw)] = value
    return bytes(raw if cut is None else raw[: int(cut * len(raw))])


WHAT_TO_DO = ("remède", "corriger", "renvoyer", "vérifier")


def judged(name: str, raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as root:
        guichet = Guichet(Path(root))
        receipt = guichet.deliver(name, raw)
        results = guichet.process()  # balances are checked there
        reasons = [receipt.reason or "", *(r.motif or "" for r in results)]
        assert [r for r in reasons if "inattendue" in r or "Traceback" in r] == []
        assert [r for r in reasons if r and not any(word in r.lower() for word in WHAT_TO_DO)] == []
        told = guichet.said() + "\n".join(reasons)
        assert [s for s in SECRETS if s in told] == []


SETTINGS = settings(  # not shrunk: an example takes a third of a second
    max_examples=12, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@pytest.mark.lent
@SETTINGS
@given(ALTERATIONS, ENCODINGS, FLIPS, CUTS)
def test_an_altered_tddui_bundle(
    alterations: list[Alteration], encoding: str, flips: list[tuple[int, int]], cut: float | None
) -> None:
    judged("tddui_2024-12-31_a.json", content(altered(WHOLE, alterations), encoding, flips, cut))


@SETTINGS
@given(ALTERATIONS)
def test_an_altered_sdo_bundle(alterations: list[Alteration]) -> None:
    judged("sdo_2024-12-31_a.json", ex.as_bytes(altered(TASKS, alterations)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(ALTERATIONS)
def test_the_reader_alone_reads_or_refuses(alterations: list[Alteration]) -> None:
    layout = load_contracts()["dui"].layout("fhir")
    said, entities = "Remède", set(layout.entities)
    with tempfile.TemporaryDirectory() as root:
        path = Path(root) / "tddui_2024-12-31_a.json"
        path.write_bytes(ex.as_bytes(altered(WHOLE, alterations)))
        try:
            entities = {table.entity for table in tables_of(path, layout)}
        except UnreadableFile as refusal:
            said = refusal.message
    assert "Remède" in said
    assert [s for s in SECRETS if s in said] == []
    assert entities == set(layout.entities)
