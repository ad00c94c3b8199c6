"""Orchestration: the Dagster code location, publication, giving back, and the `dlnuf` command.

Belongs here: what calls the work, in which order, and what is done with its results. Does not belong here: rules about
data (`ingest`, the dbt project), declarations (`data_contracts`).

Importing this package switches off the usage statistics of every tool, whether the command, Dagster or a test imports
it.
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
