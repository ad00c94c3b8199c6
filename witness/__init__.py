"""The witness: deliveries made from a known truth, the judge of what the pipeline makes of them, and the bench.

Belongs here: `generate`, `score`, `bench`. Does not belong here: anything that a run needs. Nothing of the pipeline is
imported: the witness meets it through its files and its command, as anyone else does.
"""
