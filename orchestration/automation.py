"""When the work is done: the job, the daily schedule, the sensor on the inbox.

Belongs here: what starts a run. Does not belong here: what a run does (`assets`), the inbox itself (`inbox`).
"""

from typing import TYPE_CHECKING

import dagster as dg

from ingest import clock
from orchestration import inbox
from orchestration.lock import HomeBusy
from orchestration.partitions import all_years_tags
from orchestration.resources import Warehouse

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

WHOLE_JOB = "traitement_complet"


def whole_job() -> "UnresolvedAssetJobDefinition":
    """Everything, from what was delivered to the publication."""
    return dg.define_asset_job(
        WHOLE_JOB,
        selection=dg.AssetSelection.all(),
        description="Lire ce qui est nouveau, résoudre, publier.",
    )


@dg.schedule(
    job_name=WHOLE_JOB,
    name="tous_les_jours",
    cron_schedule="30 5 * * *",
    execution_timezone=clock.ZONE,
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Chaque matin à 5 h 30, heure de Paris.",
)
def every_day(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    return dg.RunRequest(tags=all_years_tags(clock.day(context.scheduled_execution_time)))


@dg.sensor(
    job_name=WHOLE_JOB,
    name="boite_de_depot",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Prend les fichiers déposés dans inbox/<source>/, les livre, et demande un traitement.",
)
def inbox_sensor(context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.SensorResult:
    waiting = inbox.scan(warehouse.home)
    ready = inbox.settled(waiting, context.cursor)
    try:
        receipts = inbox.take(warehouse.home, ready, warehouse.now)
    except HomeBusy as busy:  # keys are being renewed: the files wait for the next look
        return dg.SensorResult(skip_reason=str(busy), cursor=inbox.cursor(waiting))
    cursor = inbox.cursor([file for file in waiting if file not in ready])
    new = sorted(receipt.delivery_id for receipt in receipts if receipt.status == "received" and receipt.delivery_id)
    refused = [receipt for receipt in receipts if receipt.status == "refused"]
    for receipt in refused:
        context.log.warning("Fichier refusé : %s : %s", receipt.logged, receipt.reason)
    if not new:
        return dg.SensorResult(skip_reason=_why_nothing(len(waiting) - len(ready), len(refused)), cursor=cursor)
    request = dg.RunRequest(run_key="|".join(new), tags=all_years_tags(warehouse.today))
    return dg.SensorResult(run_requests=[request], cursor=cursor)


def _why_nothing(unsettled: int, refused: int) -> str:
    if unsettled:
        return f"{unsettled} fichier(s) en cours de dépôt : pris au prochain passage."
    return f"{refused} fichier(s) refusé(s), aucun reçu." if refused else "Aucun nouveau fichier."
