"""How long the system takes, how much memory, and beside what: `dlnuf bench`.

Belongs here: measuring commands from outside, comparing them, writing it down.
Does not belong here: the work that is measured. Each scale is generated, delivered and run by the `dlnuf` command, in
processes of their own; what runs inside says only which stage it is at (`ingest.stages`, dbt's `run_results.json`).
"""
