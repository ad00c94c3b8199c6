"""FHIR bundles: TDDUI v2 (the DUI) and SDO (ViaTrajectoire handicap), streamed entry by entry.

Belongs here: `elements` reads the parts of a resource, `classes` says which of our classes it is, `rows` makes its row,
`references` finds what it points to, `held` completes the rows, `bundle` goes through the file. docs/formats/tddui.md
and docs/formats/sdo.md say where each field is read. Does not belong here: types, code lists, rules (the contracts);
the CDA form (`cda`).
"""

from __future__ import annotations

from ingest.read.fhir.bundle import read, sniff

__all__ = ["read", "sniff"]
