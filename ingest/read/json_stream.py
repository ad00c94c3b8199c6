"""The bytes of a JSON file, and the message when they are not whole JSON.

Belongs here: opening, the byte-order mark, the message. Does not belong here: what the JSON holds (`json_file`,
`finess_json`, `fhir`). The message quotes nothing of the file, which may be about persons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ijson
import msgspec

from ingest.read.bounds import JsonBytes
from ingest.read.frames import UnreadableFile
from ingest.read.opening import opened

_BOM = b"\xef\xbb\xbf"
# Fixed words of yajl and of msgspec, never those of the file.
_REASON = re.compile(r"(?:parse|lexical) error: [A-Za-z0-9 ,.'-]*|JSON is malformed: [a-z ]*\(byte \d+\)")


@contextmanager
def json_stream(path: Path) -> Iterator[JsonBytes]:
    """The bytes of a JSON file after its byte-order mark; a file that is not whole JSON becomes `UnreadableFile`."""
    with whole_json(path), opened(path) as stream:
        if stream.read(len(_BOM)) != _BOM:
            stream.seek(0)
        yield JsonBytes(stream)


@contextmanager
def whole_json(path: Path) -> Iterator[None]:
    """What says that bytes are not whole JSON becomes `UnreadableFile`."""
    try:
        yield
    except (ijson.JSONError, msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        reason = _REASON.match(str(error))
        raise UnreadableFile(
            path,
            f"JSON tronqué ou mal formé ({reason[0].strip() if reason else 'fin prématurée ou signe inattendu'})",
            "télécharger ou exporter de nouveau le fichier, puis le redéposer entier",
        ) from error
