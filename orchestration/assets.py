"""The assets, in the order in which data travel: sources, raw, dbt, publication.

Belongs here: which plain function each asset calls, and what it reports to Dagster.
Does not belong here: those functions (`ingest`, the dbt project, `orchestration.publication`), and checks (`checks`).
"""

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, build_dbt_asset_selection, dbt_assets
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from data_contracts.loading import Contract
from ingest.fingerprint import declarations_digest
from ingest.guard import guarded, shortages
from ingest.pipeline import damaged, load_warehouse, process_pending
from ingest.store.lake import BeyondRepair, Result
from orchestration import dbt_kept, dbt_runtime, layer_build, warehouse_state
from orchestration.partitions import wanted
from orchestration.publication import acceptance
from orchestration.resources import Dbt, Warehouse
from orchestration.warehouse_state import WarehouseHeld

# Backfill policies are a beta parameter in this version of Dagster. The version is pinned, and the graph has a test.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

# Every asset that touches the lake or the warehouse is in this pool, which lets one run work at a time (`instance`).
POOL = "entrepot"
RAW = dg.AssetKey(["raw"])
PUBLICATION = dg.AssetKey(["publication"])


def source_key(source: str) -> dg.AssetKey:
    """Key of a source's asset."""
    return dg.AssetKey(["sources", source])


def source_asset(contract: Contract, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The asset of one source: what was delivered, read and validated against its contract."""

    @dg.asset(
        key=source_key(contract.id),
        group_name="sources",
        description=f"{contract.name}\n\n{contract.description}",
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
        kinds={"polars", "parquet"},
        metadata={"contrat": contract.version, "collecte": contract.collection, "classe": contract.domain},
    )
    def source(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
        results: list[Result] = []
        guarded.keep()

        def tell(_file: str, done: int, total: int) -> None:
            warehouse.progress(f"Lecture et validation : {contract.id}", done, total)

        with warehouse.writing() as home:
            for what in damaged(home, source=contract.id):
                context.log.warning(what)
            for millesime in wanted(context.partition_keys, warehouse.today):
                results += process_pending(home, source=contract.id, millesime=millesime, progress=tell)
        return dg.MaterializeResult(metadata=source_metadata(results, home.lake / "raw" / contract.id))

    return source


def source_metadata(results: Sequence[Result], path: Path) -> dict[str, Any]:
    """What a run reports of a source: deliveries, rows, the reasons of refusals, where the accepted rows are."""
    refused = [result for result in results if result.statut == "refused"]
    metadata: dict[str, Any] = {
        "livraisons": len(results),
        "livraisons_refusees": len(refused),
        "lignes_lues": sum(result.lues for result in results),
        "lignes_acceptees": sum(result.acceptees for result in results),
        "lignes_rejetees": sum(result.rejetees for result in results),
        "signalements": sum(result.signalements for result in results),
        "millesimes": ", ".join(str(year) for year in sorted({year for r in results for year in r.millesimes})),
        "chemin": dg.MetadataValue.path(path),
    }
    if refused:
        # As text: Dagster would render Markdown, and a reason may quote the file.
        metadata["motifs_de_refus"] = dg.MetadataValue.text(
            "\n".join(f"- {result.delivery_id} : {result.motif}" for result in refused)
        )
    return metadata


def raw_asset(sources: Sequence[str]) -> dg.AssetsDefinition:
    """The step that makes the accepted rows visible to dbt."""

    @dg.asset(
        key=RAW,
        group_name="entrepot",
        description="Les lignes acceptées, les rejets et les signalements, vus par dbt (schéma raw).",
        deps=[source_key(source) for source in sources],
        pool=POOL,
        kinds={"duckdb"},
    )
    def raw(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
        warehouse.progress("Chargement de l'entrepôt", 0, None)
        with warehouse.writing() as home:
            try:
                if what := warehouse_state.wait(home):
                    context.log.warning(warehouse_state.sentence(what))
                load_warehouse(home)
            except (WarehouseHeld, BeyondRepair) as error:
                raise dg.Failure(str(error), allow_retries=False) from error
        return dg.MaterializeResult(metadata={"entrepot": dg.MetadataValue.path(home.warehouse)})

    return raw


class Translator(DagsterDbtTranslator):
    """Ties the graph of dbt to ours: a dbt source `raw.<source>__<entity>` is the asset of that source."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        """Makes a model that reads a source wait for `raw` too, which makes the rows visible to it."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        props = self.get_resource_props(manifest, unique_id)
        upstream = props.get("depends_on", {}).get("nodes", [])
        if any(node.startswith("source.") for node in upstream) and all(dep.asset_key != RAW for dep in spec.deps):
            spec = spec.replace_attributes(deps=[*spec.deps, dg.AssetDep(RAW)])
            self._resolved_specs[id(manifest), unique_id, id(project)] = spec
        return spec

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`raw.<source>__<entity>` -> sources/<source>; the other raw tables (livraisons, rejets...) -> raw."""
        if dbt_resource_props["resource_type"] != "source":
            return super().get_asset_key(dbt_resource_props)
        source, separator, _ = dbt_resource_props["name"].partition("__")
        return source_key(source) if separator else RAW

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The schema: seeds, staging, intermediate, dlnuf, marts."""
        return dbt_resource_props["config"].get("schema")


def models_asset(manifest_path: Path) -> dg.AssetsDefinition:
    """Every seed and model of the dbt project, its tests as asset checks."""

    @dbt_assets(manifest=manifest_path, dagster_dbt_translator=Translator(), name="modeles_dbt", pool=POOL)
    def models(context: dg.AssetExecutionContext, dbt: Dbt, warehouse: dg.ResourceParam[Warehouse]) -> Iterator[Any]:
        total = len(context.selected_asset_keys) + len(context.selected_asset_check_keys)
        with warehouse.writing() as home:
            if what := warehouse_state.damage(home):  # since it was loaded, or when it was not asked for
                raise dg.Failure(
                    f"{what}. Remède : lancer le traitement entier, qui le refait depuis le lac.", allow_retries=False
                )
            for said in dbt_kept.mend(home):
                context.log.warning(said)
            target = Path(dbt_runtime.environment(home)["DBT_TARGET_PATH"])
            (target / "run_results.json").unlink(missing_ok=True)
            declarations = declarations_digest()
            whole = not context.assets_def.is_subset  # building a part alone does not bring the layer up to date
            build = layer_build.to_do(home, declarations, warehouse.today, whole_graph=whole)
            dbt_runtime.export_day(warehouse.today)
            acceptance.preload()
            yield from _as_they_are(context.assets_def, build.unchanged)
            try:
                with dbt_kept.in_use(home):
                    events = dbt.cli(build.command, context=context, target_path=target).stream()
                    for done, event in enumerate(events, 1):
                        warehouse.progress("Résolution et indicateurs (dbt)", min(done, total), total)
                        yield event
            except DagsterDbtCliRuntimeError as error:
                layer_build.failed(home)
                reasons = dbt_runtime.failures(home) or [str(error)]
                told = shortages.told_by_library("\n".join(reasons))
                listed = "dbt n'a pas abouti :\n" + "\n".join(f"  - {reason}" for reason in reasons)
                raise dg.Failure(told or listed, allow_retries=False) from error
            if whole:
                layer_build.built(home, declarations)

    return models


def _as_they_are(models: dg.AssetsDefinition, unchanged: str) -> Iterator[dg.MaterializeResult]:
    """A result for each model that dbt is not asked for, in the order of the graph.

    Without these results, Dagster would skip whatever waits for them.
    """
    if not unchanged:
        return
    keys = build_dbt_asset_selection([models], dbt_select=unchanged).resolve([models])
    upstream = {key: [dep.asset_key for dep in models.specs_by_key[key].deps] for key in sorted(keys)}
    for key in TopologicalSorter(upstream).static_order():
        if key in keys:
            yield dg.MaterializeResult(asset_key=key, metadata={"inchange": True})


def published_models(manifest_path: Path) -> list[dg.AssetKey]:
    """Keys of the models that are published: the marts and the resolved layer they come from."""
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    translator = Translator()
    nodes = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return sorted(
        translator.get_asset_key(node) for node in nodes if node["config"].get("schema") in ("dlnuf", "marts")
    )


def publication_asset(upstream: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The immutable snapshot that readers open."""

    @dg.asset(
        key=PUBLICATION,
        group_name="publication",
        description="L'instantané publié : marts, données ouvertes, manifeste, et le pointeur de la version courante.",
        deps=list(upstream),
        pool=POOL,
        kinds={"parquet", "greatexpectations"},
    )
    def publication(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
        # Imported here: Great Expectations takes seconds to load and nothing else needs it.
        from orchestration.publication import PublicationBlocked, publish

        warehouse.progress("Contrôle et publication", 0, None)
        with warehouse.writing() as home:
            try:
                published = publish(home, now=warehouse.now, allow_shrink=warehouse.allow_shrink)
            except PublicationBlocked as error:
                raise dg.Failure(str(error), allow_retries=False) from error
        return dg.MaterializeResult(
            metadata={
                "version": published.version,
                "nouvelle": published.published,
                "chemin": dg.MetadataValue.path(published.path),
            }
        )

    return publication
