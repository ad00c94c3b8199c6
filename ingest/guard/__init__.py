"""Reading in a child process: whatever parses bytes from outside runs there, and its death is a refusal in words.

Belongs here: starting, limiting, feeding and replacing the processes that read (`guarded`), what such a process does
(`child`). Does not belong here: reading (`ingest.read`), what becomes of a file whose reading was stopped
(`ingest.receive.delivery`, `ingest.pipeline`). docs/adr/0031 says why; docs/limits.md lists the limits.
"""

from __future__ import annotations
