"""Orchestration: the Dagster code location, publication, and the `dlnuf` command.

Belongs here: when and in which order things run, and what calls them. Does not belong here: any rule of the field,
which is in `data_contracts`, `ingest` or `dbt_project`.

Importing it switches off the usage statistics of every tool, whoever calls: command, Dagster, tests.
"""

import os

for _name, _value in {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}.items():
    os.environ.setdefault(_name, _value)
