"""The gate in: the rows of a file are judged against the contract of its source.

Belongs here: types, numbers, codes, places, keys, rules; what is set aside and what is rejected. Does not belong here:
opening files (`ingest.read`), hiding identities (`ingest.protect`), writing rows (`ingest.store`).
"""
