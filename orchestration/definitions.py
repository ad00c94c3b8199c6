"""The code location: what Dagster loads (`make dagster`), and what `dlnuf run` executes in process.

Belongs here: putting the pieces together. Does not belong here: the pieces (`assets`, `checks`, `automation`…).
"""

from __future__ import annotations

import dagster as dg

from data_contracts import checking
from data_contracts.loading import load_contracts
from ingest import home_format
from ingest.clock import ZONE
from ingest.home import Home, reserve
from orchestration import assets, checks, dbt_runtime
from orchestration.automation import every_day, inbox_sensor, whole_job
from orchestration.partitions import AHEAD, FIRST_MILLESIME
from orchestration.resources import Warehouse, dbt, served

# The same years as `partitions.years`, computed on the day when they are asked for, because the code location stays
# loaded across New Year. Dagster makes a window once its year is over; `end_offset` adds the current year, and those
# ahead.
MILLESIMES = dg.TimeWindowPartitionsDefinition(
    start=str(FIRST_MILLESIME), fmt="%Y", cron_schedule="0 0 1 1 *", timezone=ZONE, end_offset=1 + AHEAD
)


def build(home: Home, warehouse: Warehouse | dg.ResourceDefinition) -> dg.Definitions:
    """The whole graph over one home."""
    checking.check()
    home_format.check(home)
    dbt_runtime.export(home)
    manifest = dbt_runtime.prepare_manifest(home)
    contracts = load_contracts()
    published = assets.published_models(manifest)
    return dg.Definitions(
        assets=[
            *(assets.source_asset(contract, MILLESIMES) for contract in contracts.values()),
            assets.raw_asset(list(contracts)),
            assets.models_asset(manifest),
            assets.publication_asset(published),
        ],
        asset_checks=checks.all_checks(published),
        jobs=[whole_job()],
        schedules=[every_day],
        sensors=[inbox_sensor],
        # One writer: steps follow one another in the process of the run, which loads this module once.
        executor=dg.in_process_executor,
        resources={
            "warehouse": warehouse,
            "dbt": dbt(),
        },
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The home of the environment (`DLNUF_HOME`, or `var/`)."""
    reserve()
    home = Home.from_env()
    return build(home, served(home))
