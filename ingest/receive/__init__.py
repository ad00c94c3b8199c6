"""Receiving: which source a delivered file is of, or why it is refused, and keeping its bytes.

Belongs here: recognising a file, comparing its header with the contracts, wording refusals, the landing. Does not
belong here: reading rows (`ingest.read`), judging them (`ingest.validate`).
"""
