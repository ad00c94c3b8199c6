"""What protects persons between a delivered file and the lake: keys, encryption at rest, pseudonyms, masks.

Belongs here: the keyring (`keyrings`), the bytes at rest (`encryption`), identities replaced in validated rows
(`pseudonyms`), findings and messages without values (`masks`), what the keys do to landed files (`landed_keys`).
Does not belong here: what is private (the contracts say it), reading files, deciding what is accepted.
"""
