"""One publication from end to end: it is written, described, accepted, checked again, frozen and made current.

Belongs here: the order of the steps. Does not belong here: what each step does (its own module).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from data_contracts.supply_rules import MART
from ingest.home import Home
from orchestration.lock import writing
from orchestration.publication import (
    acceptance,
    consumers_report,
    datapackage,
    held_store,
    html_pages,
    lost_manifest,
    non_regression,
    open_data,
    rules,
    secret_controls,
    small_numbers,
    snapshot,
    store,
)
from orchestration.publication.acceptance import RuleOutcome
from orchestration.publication.declared import Declarations
from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.manifest import NAME, DataFile, Manifest, content_digest, damage, documents_of
from orchestration.publication.rules import Rule
from orchestration.publication.samples import Frame
from orchestration.publication.store import Publication, Step

Gate = Callable[[Sequence[Rule], Mapping[str, Frame]], list[RuleOutcome]]

# Names given to `on_step`, in order (with one `table:<name>` for each table before `tables`).
STEPS = ("tables", "donnees_ouvertes", "acceptation", "manifeste", "relecture", "dossier", "pointeur_pret", "pointeur")


def _silent(step: str, path: Path) -> None:
    """No hook."""


def run(
    home: Home,
    declared: Declarations,
    fingerprint: str,
    *,
    now: datetime,
    allow_shrink: bool = False,
    gate: Gate = acceptance.evaluate,
    on_step: Step = _silent,
) -> Publication:
    """Publishes what the warehouse holds, unless its inputs are those of the current publication.

    `on_step(step, path)` is called after each step, for progress, and for tests that break things at a known place.

    Raises:
        PublicationBlocked: nothing changed for readers; the message lists every reason.
        HomeBusy: another process writes in this home.
    """
    minimum = small_numbers.threshold()
    with writing(home):
        current = store.current(home.publication)
        if current is not None and up_to_date(current, fingerprint):
            return current
        if (waiting := _interrupted(home.publication, current, fingerprint)) is not None:
            published_at = _iso(now)
            store.point_to(home.publication, waiting, published_at, on_step)
            return Publication(waiting, home.publication / waiting, published_at, published=True)
        product_rules = _product_rules(declared, minimum)
        staging = store.open_staging(home.publication, f"{now:%Y%m%dT%H%M%SZ}")
        previous = lost_manifest.manifest_of(current) if current else None
        publishing = _Publishing(
            home.publication,
            home.held,
            declared,
            fingerprint,
            now,
            allow_shrink,
            gate,
            on_step,
            previous,
            staging,
            minimum,
        )
        try:
            return publishing.publish(home.warehouse, product_rules)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise


@dataclass(frozen=True)
class _Publishing:
    """One attempt to publish, with all that it works with. It lives as long as its staging folder."""

    folder: Path
    held: Path  # what publications hold of the counts of persons
    declared: Declarations
    fingerprint: str
    now: datetime
    allow_shrink: bool
    gate: Gate
    on_step: Step
    previous: Manifest | None
    staging: Path
    minimum: int  # under how many persons a count is hidden

    def publish(self, warehouse: Path, product_rules: list[Rule]) -> Publication:
        opened = open_data.open_datasets(self.declared)
        files = self._write(warehouse, opened)
        content = content_digest(files)
        version_id = self._free_version(content)
        figures = non_regression.key_figures(self.staging, files)
        self._describe(opened, files, _iso(self.now))
        self._accept(version_id, content, figures, files, product_rules, opened)
        self._judge_supplies(files)
        self.on_step("acceptation", self.staging)
        manifest = Manifest(
            version=version_id,
            created_at=_iso(self.now),
            contenu_sha256=content,
            inputs_fingerprint=self.fingerprint,
            previous_version=self.previous.version if self.previous else None,
            dictionary_version=self.declared.dictionary_version,
            software=software(),
            key_figures=figures,
            files=tuple(files),
            documents=documents_of(self.staging, files),
        )
        (self.staging / NAME).write_text(manifest.to_json(), encoding="utf-8")
        self.on_step("manifeste", self.staging)
        if problems := damage(self.staging, Manifest.read(self.staging)):
            raise PublicationBlocked(
                "ce qui a été relu n'est pas ce qui a été écrit. Vérifiez le disque, puis relancez.", problems
            )
        self.on_step("relecture", self.staging)
        held_store.keep(self._holding, self.held / version_id)
        final = self.folder / version_id
        store.seal(self.staging, final)
        self.on_step("dossier", final)
        store.point_to(self.folder, version_id, manifest.created_at, self.on_step)
        held_store.prune(self.held, store.versions(self.folder))
        self.on_step("pointeur", final)
        return Publication(version_id, final, manifest.created_at, published=True)

    @property
    def _holding(self) -> Path:
        """Where what is held is written until the publication has a name."""
        return self.held / self.staging.name

    def _write(self, warehouse: Path, opened: list[open_data.OpenDataset]) -> list[DataFile]:
        with snapshot.open_warehouse(warehouse) as connection:
            products = self.declared.products.values()
            snapshot.check_tables(connection, products)
            former = held_store.read(self.held, self.previous, self.minimum)
            holding = held_store.Holding(former, self.now.astimezone(UTC).date(), self._holding)
            files = snapshot.write(connection, products, self.staging, self.on_step, holding, minimum=self.minimum)
        self.on_step("tables", self.staging)
        files += open_data.write(opened, self.staging)
        self.on_step("donnees_ouvertes", self.staging)
        return files

    def _free_version(self, content: str) -> str:
        """The version name of this content at this second, or at the first later second that no version has."""
        moment = self.now
        taken = set(store.versions(self.folder))
        while (name := store.version_id(moment, content)) in taken:
            moment += timedelta(seconds=1)
        return name

    def _describe(self, opened: list[open_data.OpenDataset], files: list[DataFile], created_at: str) -> None:
        """Writes everything that goes with the open files."""
        by_path = {f.path: f for f in files}
        covered = datapackage.coverages(self.staging, [by_path[d.path] for d in opened])
        texts = {
            "datapackage.json": _json(datapackage.datapackage(opened, by_path, created_at)),
            "catalogue.jsonld": _json(datapackage.catalogue(opened, by_path, covered, created_at)),
            "AVERTISSEMENTS.md": html_pages.usage_warnings(opened),
            **html_pages.dictionary_pages(self.declared, opened),
        }
        for name, text in texts.items():
            (self.staging / open_data.FOLDER / name).write_text(text, encoding="utf-8")

    def _accept(
        self,
        version_id: str,
        content: str,
        figures: dict[str, float | None],
        files: list[DataFile],
        product_rules: list[Rule],
        opened: list[open_data.OpenDataset],
    ) -> None:
        """Evaluates every rule and writes the report, whatever the outcome. Raises when a rule blocks."""
        comparisons = non_regression.compare(files, figures, self.previous, allow_shrink=self.allow_shrink)
        hidden, changed = self._secret(files), self._changes(files)
        both = [*hidden.values(), *changed.values()]
        every = product_rules + [r for c in both for r in c.rules]
        every += [r for d in opened for r in open_data.rules(d)] + [c.rule for c in comparisons]
        frames = {c.rule.scope: c.frame for c in comparisons} | {c.frame.scope: c.frame for c in both}
        for file in files:
            scope = file.table if file.path.startswith("marts/") else f"{open_data.FOLDER}/{file.table}"
            names = tuple(c.name for c in file.columns)
            frames[scope] = Frame(scope, names, file.primary_key, self.staging / file.path)
        outcomes = self.gate(every, frames)
        attempt = html_pages.Attempt(
            version=version_id,
            at=self.now,
            previous_version=self.previous.version if self.previous else None,
            contenu_sha256=content,
            dictionary_version=self.declared.dictionary_version,
            software=software(),
            allow_shrink=self.allow_shrink,
        )
        titles = {p.id: p.title for p in self.declared.products.values()}
        titles |= {c.frame.scope: f"{titles[name]} : secret" for name, c in hidden.items()}
        titles |= {c.frame.scope: f"{titles[name]} : depuis la précédente" for name, c in changed.items()}
        html = html_pages.acceptance_report(attempt, outcomes, comparisons, figures, titles)
        report = store.save_report(self.folder, version_id, html)
        if failed := [o for o in outcomes if o.blocks]:
            kept = f"La version {self.previous.version} reste en place." if self.previous else "Rien n'est publié."
            count = f"{len(failed)} règle(s) bloquante(s) non tenue(s) sur {len(every)} vérifiées."
            raise PublicationBlocked(f"{count} {kept}", [o.sentence for o in failed], report)
        (self.staging / "acceptation.html").write_text(html, encoding="utf-8")

    def _judge_supplies(self, files: list[DataFile]) -> None:
        """Writes what each collection would lose by being given the layer: that blocks its delivery alone."""
        path = next((f.path for f in files if f.table == MART and f.path.startswith("marts/")), None)
        if path is None:
            return
        judged = consumers_report.of_mart(self.staging / path)
        for name, write in (
            (consumers_report.HTML, consumers_report.as_html),
            (consumers_report.JSON, consumers_report.as_json),
        ):
            (self.staging / name).write_text(write(judged, self.now), encoding="utf-8")

    def _secret(self, files: list[DataFile]) -> dict[str, secret_controls.Control]:
        """The controls of what the written files give away about the persons that they count, by table."""
        controls: dict[str, secret_controls.Control] = {}
        for file in (f for f in files if f.path.startswith("marts/")):
            control = secret_controls.control(
                self.declared.products[file.table], self.staging / file.path, self.minimum
            )
            if control is not None:
                controls[file.table] = control
        return controls

    def _changes(self, files: list[DataFile]) -> dict[str, secret_controls.Control]:
        """What the former publication adds to what the written files give away, by table; of its whole files."""
        if self.previous is None:
            return {}
        former = self.folder / self.previous.version
        spoilt = {problem.split(" : ")[0] for problem in damage(former, self.previous, decode=False)}
        marts = [
            f
            for f in files
            if f.path.startswith("marts/") and f.table in self.declared.products and f.path not in spoilt
        ]
        told = {
            f.table: secret_controls.changes(
                self.declared.products[f.table], self.staging / f.path, former / f.path, self.minimum
            )
            for f in marts
        }
        return {table: control for table, control in told.items() if control is not None}


def up_to_date(current: Publication, fingerprint: str) -> bool:
    """Whether the current publication was made of these inputs by this software, and is still whole."""
    try:
        manifest = current.manifest
    except PublicationBlocked:
        return False
    return (
        manifest.inputs_fingerprint == fingerprint
        and manifest.software == software()
        and not damage(current.path, manifest, decode=False)
    )


def _interrupted(folder: Path, current: Publication | None, fingerprint: str) -> str | None:
    """A whole version of these inputs that follows the current one: its publication died before it became current."""
    for name in reversed(store.versions(folder)):
        try:
            manifest = Manifest.read(folder / name)
        except (OSError, ValueError, KeyError, TypeError):
            continue  # an unreadable old version is reported when somebody opens it
        follows = manifest.previous_version == (current.version if current else None)
        if follows and (manifest.inputs_fingerprint, manifest.software) == (fingerprint, software()):
            return name if not damage(folder / name, manifest) else None
    return None


def _product_rules(declared: Declarations, minimum: int) -> list[Rule]:
    listed: list[Rule] = []
    problems: list[str] = []
    for product in declared.products.values():
        try:
            listed += [*rules.rules_of(product), *secret_controls.rules(product, minimum)]
        except rules.UnknownRuleError as error:
            problems.append(str(error))
    if problems:
        raise PublicationBlocked("des règles de contrat ne sont pas comprises.", problems)
    return listed


def software() -> dict[str, str]:
    """The software that made the files, and would make the same bytes again."""
    versions: dict[str, str] = {}
    for name in ("dlnuf", "duckdb", "pyarrow", "great-expectations"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "non installé"
    versions["publication"] = _own_digest()
    versions["seuil_personnes"] = str(small_numbers.threshold())  # another threshold publishes other bytes
    return versions


@lru_cache(maxsize=1)
def _own_digest() -> str:
    """Changes with the code and the templates that make a publication, so that what they change is published again."""
    folder = Path(__file__).parent
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".py", ".html", ".css"))
    return hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest()[:16]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(node: dict[str, Any]) -> str:
    return json.dumps(node, ensure_ascii=False, indent=2) + "\n"
