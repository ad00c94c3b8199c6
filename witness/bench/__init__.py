"""How long the system takes, how much memory, and how that compares: `dlnuf bench`.

Belongs here: measuring commands from outside, comparing them, writing the figures down. Does not belong here: the work
that is measured.

Each scale is generated, delivered and run by the `dlnuf` command, in processes of their own. What runs inside says only
which stage it is at, in the files that it leaves (the journal of the run, `run_results.json` of dbt).
"""
