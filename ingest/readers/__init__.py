"""Readers: from a delivered file to text frames, each row with the line or path it came from.

Belongs here: file families, encodings, truncation, raggedness; values exactly as delivered, as text.
Does not belong here: types, code lists, units (`ingest.values`, `ingest.validate`), which source a file is
(`ingest.recognise`).

`sniff(path)` says what a file is; `read(path, layout)` yields its rows. Both raise `UnreadableFile`, whose message is
written for the sender. `read` streams: it may raise after some tables were yielded, and then none of them counts.
"""

from __future__ import annotations

from ingest.readers.model import Document, LayoutLike, Table, UnreadableFile
from ingest.readers.reading import FAMILIES, read, sniff

__all__ = ["FAMILIES", "Document", "LayoutLike", "Table", "UnreadableFile", "read", "sniff"]
