"""From a delivered file to accepted and rejected rows: one room for each step of the way of a datum.

Belongs here: `receive`, `read`, `validate`, `protect`, `store`, `retain`, what chains them (`pipeline`, `judging`), and
what they all use (`clock`, `home`, `parallel`, `stages`, `fingerprint`, `owner_only`). Does not belong here: matching
persons, resolving answers (the dbt project), publishing (`orchestration.publication`).
"""
