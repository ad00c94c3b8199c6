"""`dlnuf run`: the assets of the code location, executed in this process, and what they did.

Belongs here: whether there is anything to do, executing the graph, and saying in words why it failed.
Does not belong here: the steps themselves (`assets`), printing (`orchestration.cli`).
"""

from __future__ import annotations

import contextlib
import io
import logging
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from data_contracts import checking
from ingest import clock
from ingest.guard import guarded, shortages
from ingest.home import Home
from ingest.stages import journal
from orchestration import dbt_kept, interruption, warehouse_state, whole
from orchestration.dbt_runtime import prepare_manifest, test_descriptions
from orchestration.instance import without_history
from orchestration.lock import writing
from orchestration.partitions import all_years_tags, years
from orchestration.progress import Progress, silent


class RunFailed(RuntimeError):
    """A step or a check failed; the message lists every reason. The previous publication stays current."""


@dataclass(frozen=True)
class Anew:
    """What is forgotten before a run, to be made again: of a delivery, or of all of them, and the warehouse."""

    delivery: str | None = None


class UnknownDelivery(ValueError):
    """No delivery of this home has that name, or nothing of it can be read again."""


class UnknownMillesime(ValueError):
    """The year asked for is not a partition."""


@dataclass(frozen=True)
class RunOutcome:
    """What a run did. `published` is False when there was nothing new."""

    nothing_new: bool
    published: bool
    version: str | None
    seconds: float
    warnings: list[str] = field(default_factory=list)
    forgotten: int | None = None  # deliveries whose derived files were forgotten first, when that was asked


def nothing_new(home: Home, today: date, millesime: int | None = None) -> bool:
    """Whether no delivery waits, nothing derived is damaged, and the current publication is whole, made by this
    software from today's inputs."""
    from ingest.fingerprint import inputs_fingerprint
    from ingest.pipeline import pending
    from orchestration.publication import read_current
    from orchestration.publication.publisher import up_to_date

    current = read_current(home)
    if current is None or pending(home, millesime=millesime) or warehouse_state.damage(home):
        return False
    return up_to_date(current, inputs_fingerprint(home, today))


def run(
    home: Home,
    millesime: int | None = None,
    progress: Progress = silent,
    *,
    now: datetime,
    allow_shrink: bool = False,
    to_refuse: frozenset[str] = frozenset(),
    retry: bool = False,
    anew: Anew | None = None,
) -> RunOutcome:
    """Processes what is new, resolves and publishes; does nothing when nothing is new.

    now: the instant of the run; all its steps use the day of that instant, even when midnight passes meanwhile.
    allow_shrink: let volumes and key figures fall below those of the current publication. to_refuse: digests of
    deliveries whose refusal is wanted, and causes no warning. retry: read again the deliveries in quarantine.
    anew: what is forgotten first. What is found damaged is among the warnings.

    Raises HomeBusy, UnknownMillesime, UnknownDelivery, WarehouseHeld, RunFailed, DbtFailed (the dbt project cannot be
    read), DeclarationError (before anything is built).
    """
    start = time.monotonic()
    checking.check()
    every = years(clock.day(now))
    if millesime is not None and str(millesime) not in every:
        raise UnknownMillesime(f"Le millésime {millesime} n'est pas traité : de {every[0]} à {every[-1]}.")
    with writing(home), journal(home), guarded.readers():
        if retry:
            from ingest.pipeline import ask_again

            ask_again(home)
        forgotten = _forget(home, anew) if anew else None
        if nothing_new(home, clock.day(now), millesime):
            return RunOutcome(True, False, _version(home), time.monotonic() - start)
        damaged = [] if anew else [*whole.damaged(home), *dbt_kept.mend(home)]
        guarded.start()  # while Dagster is imported
        warehouse_state.wait(home)
        progress("Préparation", 0, None)
        before = _version(home)
        try:
            warnings = [*damaged, *execute(home, millesime, progress, now, allow_shrink, to_refuse)]
        finally:
            version = _version(home)
            if version is not None and version != before:
                interruption.already_published(version)
    return RunOutcome(False, version != before, version, time.monotonic() - start, warnings, forgotten)


def _forget(home: Home, anew: Anew) -> int:
    """Forgets what a run must make again; returns of how many deliveries."""
    from ingest.pipeline import forget

    forgotten = forget(home, anew.delivery)
    if anew.delivery is not None and not forgotten:
        raise UnknownDelivery(
            f"Rien à refaire de la livraison « {anew.delivery} » : elle n'a pas été reçue ici, ou ses octets ne se "
            "lisent plus (détruits, ou sans leur clé). Remède : l'identifiant est celui des noms de lake/deliveries."
        )
    warehouse_state.wait(home)
    warehouse_state.remove(home)
    return len(forgotten)


def _version(home: Home) -> str | None:
    from orchestration.publication import read_current

    current = read_current(home)
    return current.version if current else None


def execute(
    home: Home,
    millesime: int | None,
    progress: Progress,
    now: datetime,
    allow_shrink: bool = False,
    to_refuse: frozenset[str] = frozenset(),
) -> list[str]:
    """Executes the job in this process, and returns the warnings of the checks.

    Raises RunFailed, DbtFailed.
    """
    with ThreadPoolExecutor(1) as background:  # dbt reads its project while Dagster is imported
        parsed = background.submit(prepare_manifest, home)
        import dagster as dg

        from orchestration.automation import WHOLE_JOB
        from orchestration.definitions import build
        from orchestration.resources import Warehouse

        parsed.result()

    with _own_output(home):
        warehouse = Warehouse(home, now, progress, allow_shrink, to_refuse)
        job = build(home, warehouse).resolve_job_def(WHOLE_JOB)
        with without_history() as instance:
            result = job.execute_in_process(
                instance=instance,
                partition_key=str(millesime) if millesime is not None else None,
                tags=all_years_tags(warehouse.today) if millesime is None else None,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
            )
    if not result.success and interruption.asked():
        raise KeyboardInterrupt
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    reasons = [_reason(event) for event in result.all_events if event.is_step_failure]
    if not reasons:  # a step that is skipped although no other failed must not go unnoticed
        reasons += [f"{event.step_key} : étape sautée." for event in result.all_events if event.is_step_skipped]
    # One of our checks failed. The checks of dbt are named in the failure of its step.
    if None in reasons or (failed and result.success):
        reasons += [_check(check) for check in failed if check.severity == dg.AssetCheckSeverity.ERROR]
    causes = [reason for reason in dict.fromkeys(reasons) if reason]
    if causes or not result.success:
        raise RunFailed("\n".join(causes) or "Le traitement n'a pas abouti.")
    described = test_descriptions(home) if failed else {}
    return [_check(check, described) for check in failed]


class _Log(io.TextIOBase):
    """A log that loses what a full disk refuses: a run never fails for it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._file.write(text.encode("utf-8", "replace"))
        return len(text)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        super().close()


@contextlib.contextmanager
def _own_output(home: Home) -> Iterator[None]:
    """Sends what dbt and Dagster write to a log of the run, because the output is for the command."""
    folder = home.root / "journaux"
    folder.mkdir(parents=True, exist_ok=True)
    dagster = logging.getLogger("dagster")
    with _Log(folder / "dernier_traitement.log") as log, contextlib.redirect_stdout(log):
        handler = logging.StreamHandler(log)
        dagster.addHandler(handler)
        dagster.propagate = False
        try:
            yield
        finally:
            dagster.removeHandler(handler)
            dagster.propagate = True


def _reason(event: Any) -> str | None:
    """Why a step failed, without its stack: the description that the asset gives, else the error; None for a check."""
    data = event.event_specific_data
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error
    while error.cause is not None:
        error = error.cause
    if error.cls_name == "DagsterAssetCheckFailedError":
        return None
    # Not one of ours, which the assets would have described: a library's words.
    return shortages.told_by_library(error.message) or f"{event.step_key} : {error.message.strip()}"


def _check(check: Any, described: Mapping[str, str] | None = None) -> str:
    """A check that did not pass: what it verifies, when somebody described it, else its name; then what it found."""
    where = "/".join(check.asset_key.path)
    rows = check.metadata.get("dagster_dbt/failed_row_count")  # what a dbt test says
    finding = check.description or (f"{rows.value} lignes concernées" if rows else "non respecté")
    subject = (described or {}).get(check.check_name) or f"Contrôle {check.check_name} ({where})"
    return f"{subject} : {finding}"
