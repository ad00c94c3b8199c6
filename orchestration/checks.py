"""What must be true on every run, as Dagster asset checks: counts balance, deliveries pass, publication accepted.

Belongs here: turning counts (`orchestration.status`) into check results. Does not belong here: counting, and the tests
of the models, which stand in the dbt project and become checks by themselves.
"""

from collections.abc import Sequence
from datetime import datetime

import dagster as dg
import duckdb

from ingest.home import Home
from orchestration import status
from orchestration.assets import POOL, PUBLICATION, RAW
from orchestration.publication import read_current
from orchestration.publication.manifest import damage
from orchestration.resources import Warehouse

VALEURS = dg.AssetKey(["dlnuf", "dlnuf_valeurs"])


@dg.asset_check(
    name="bilan_des_lignes",
    asset=RAW,
    blocking=True,
    description="Pour chaque livraison : lignes lues = lignes acceptées + lignes rejetées.",
)
def rows_balance(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    deliveries = status.deliveries(warehouse.home)
    wrong = status.unbalanced(deliveries)
    rows = status.row_counts(deliveries)
    return dg.AssetCheckResult(
        passed=not wrong,
        description="" if not wrong else f"Des lignes manquent : {status.named(wrong)}",
        metadata={"lues": rows["read"], "acceptees": rows["accepted"], "rejetees": rows["rejected"]},
    )


@dg.asset_check(
    name="livraisons_acceptees",
    asset=RAW,
    description="Aucune livraison refusée depuis la publication précédente ; sinon, lesquelles et pourquoi.",
)
def deliveries_accepted(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    previous = read_current(warehouse.home)
    since = datetime.fromisoformat(previous.published_at) if previous else None
    watched = (d for d in status.deliveries(warehouse.home) if d.digest not in warehouse.to_refuse)
    refused = [delivery for delivery in watched if delivery.refused_since(since)]
    return dg.AssetCheckResult(
        passed=not refused,
        severity=dg.AssetCheckSeverity.WARN,  # only its sender can mend a refused file: the others are published
        description=status.named(
            [f"{delivery.filename} ({delivery.source or 'source inconnue'})" for delivery in refused]
        ),
        metadata={
            "refusees": len(refused),
            # As text: Dagster would render Markdown, and these are words of senders.
            "motifs": dg.MetadataValue.text("\n".join(f"- {d.filename} : {d.reason}" for d in refused)),
        },
    )


@dg.asset_check(
    name="bilan_des_observations",
    asset=VALEURS,
    additional_deps=[["dlnuf", "dlnuf_reponses_ecartees"], ["intermediate", "int_observations"]],
    blocking=True,
    pool=POOL,
    description="Observations = valeurs retenues + réponses écartées.",
)
def observations_balance(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    with warehouse.writing() as home:
        observations, retained, losers = layer_counts(home)
    return dg.AssetCheckResult(
        passed=observations == retained + losers,
        metadata={"observations": observations, "retenues": retained, "ecartees": losers},
    )


def layer_counts(home: Home) -> tuple[int, int, int]:
    """Rows of the layer in the warehouse, before publication: observations, retained values, answers set aside."""
    tables = ("intermediate.int_observations", "dlnuf.dlnuf_valeurs", "dlnuf.dlnuf_reponses_ecartees")
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        rows = [connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in tables]
    observations, retained, losers = (int(row[0]) if row else 0 for row in rows)
    return observations, retained, losers


@dg.asset_check(
    name="acceptation",
    asset=PUBLICATION,
    description="Great Expectations a accepté la version courante, et ses fichiers sont intacts.",
)
def publication_accepted(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    current = read_current(warehouse.home)
    if current is None:
        return dg.AssetCheckResult(passed=False, description="Rien n'est publié.")
    manifest = current.manifest
    problems = damage(current.path, manifest, decode=False)
    report = current.path / "acceptation.html"  # a version that was not accepted never gets one
    figures = {name: value for name, value in manifest.key_figures.items() if value is not None}
    return dg.AssetCheckResult(
        passed=report.exists() and not problems,
        description="\n".join(problems),
        metadata={"version": current.version, "rapport": dg.MetadataValue.path(report), **figures},
    )


def all_checks(models: Sequence[dg.AssetKey]) -> list[dg.AssetChecksDefinition]:
    """The checks whose asset is in the graph."""
    checks = [rows_balance, deliveries_accepted, publication_accepted]
    return [*checks, observations_balance] if VALEURS in models else checks
