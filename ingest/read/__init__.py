"""Readers: from a delivered file to text frames, each row with the line or path it came from.

Belongs here: file families, encodings, truncation, raggedness; values exactly as delivered, as text.
Does not belong here: types, code lists, units (`ingest.validate.values`, `ingest.validate.chunk`), which source a file
is (`ingest.receive.recognise`).

`sniff(path)` says what a file is; `tables_of(path, layout, …)` yields its rows. Both raise `UnreadableFile`, whose
message is written for the sender. `tables_of` streams: it may raise after some tables were yielded, and then none of
them counts.
"""

from __future__ import annotations

from ingest.read.frames import Document, LayoutLike, Table, UnreadableFile
from ingest.read.reading import FAMILIES, sniff, tables_of

__all__ = ["FAMILIES", "Document", "LayoutLike", "Table", "UnreadableFile", "sniff", "tables_of"]
