"""What protects persons between a delivered file and the lake: keys, encryption at rest, pseudonyms, masks.

Belongs here: the keyring (`trousseau`), the bytes at rest (`chiffrement`), identities replaced in validated rows
(`pseudonymes`), findings and messages without values (`masques`), what the keys do to landed files (`cles`).
Does not belong here: what is private (the contracts say it), reading files, deciding what is accepted.
"""
