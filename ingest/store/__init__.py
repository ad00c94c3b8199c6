"""The lake, and the warehouse that is made from it: accepted rows, rejects, signalements, results, and what changed.

Belongs here: writing Parquet, loading the schema `raw`, telling which units a run has to redo. Does not belong here:
deciding what is accepted (`ingest.validate`), resolving answers (the dbt project).
"""
