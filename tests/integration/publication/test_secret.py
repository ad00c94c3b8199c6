"""Products about persons, through the front door: what leaves, what blocks, who is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_contracts.loading import Product, load_products
from ingest.home import Home
from orchestration.publication import PublicationBlocked, acceptance, small_numbers
from orchestration.publication.declared import Declarations
from orchestration.publication.store import Publication
from tests.integration.publication.trial_warehouse import LATER, build_warehouse, publish_trial

REPARTITION = load_products()["mart_publics__repartition"]
# GIR 1-2, 3-4, 5-6 of the persons of three départements of one region: 7 in one cell.
GIR = {"59": (400, 300, 100), "62": (200, 150, 7), "02": (120, 60, 40)}


def rows(gir: Mapping[str, tuple[int, ...]] = GIR, nowhere: tuple[int, ...] = (0, 0, 0)) -> list[dict[str, Any]]:
    """nowhere: persons of France whose département is not known."""
    whole = {("departement", code): counts for code, counts in gir.items()}
    total = tuple(map(sum, zip(*gir.values(), strict=True)))
    whole |= {("region", "32"): total, ("france", "FR"): tuple(map(sum, zip(total, nowhere, strict=True)))}
    return [
        {
            "niveau": level, "territoire_code": code, "domaine": "PA", "annee": 2024, "dimension": "gir",
            "composante": f"gir_{i}", "composante_libelle": f"GIR {2 * i + 1} et {2 * i + 2}", "ordre": i,
            "n_personnes": n, "part_pct": 100 * n / sum(counts),
        }
        for (level, code), counts in whole.items()
        for i, n in enumerate(counts)
    ]  # fmt: skip


def declared(product: Product = REPARTITION) -> Declarations:
    return Declarations(products={product.id: product})


def published(home: Home, **options: Any) -> Publication:
    options.setdefault("declared", declared())
    return publish_trial(home, **options)


def table(publication: Publication) -> pl.DataFrame:
    return pl.read_parquet(publication.path / "marts" / f"{REPARTITION.id}.parquet")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv(small_numbers.SETTING, raising=False)
    home = Home(tmp_path / "var")
    build_warehouse(home, {REPARTITION.id: REPARTITION}, {REPARTITION.id: rows()})
    return home


def test_a_former_publication_that_was_damaged_is_made_again_without_being_compared_with(home: Home) -> None:
    first = published(home)
    spoilt = first.path / "marts" / f"{REPARTITION.id}.parquet"
    spoilt.chmod(0o644)
    spoilt.write_bytes(b"ce n'est plus du Parquet")
    again = published(home, now=LATER)
    assert again.published
    assert again.version != first.version
    assert table(again).height == len(rows())


def test_small_counts_and_what_would_give_them_stay_in_the_warehouse(home: Home) -> None:
    done = published(home, gate=acceptance.evaluate)
    found = table(done)
    hidden = found.filter(pl.col("n_personnes").is_null())
    assert hidden.select("territoire_code", "composante").rows() == [
        ("02", "gir_1"), ("02", "gir_2"), ("62", "gir_1"), ("62", "gir_2"),
    ]  # fmt: skip
    assert set(hidden["secret"]) == {"n_personnes, part_pct"}
    assert hidden["part_pct"].null_count() == 4
    assert found["secret"].null_count() == found.height - 4
    report = (done.path / "acceptation.html").read_text(encoding="utf-8")
    assert "ne compte de 1 à 10 personnes" in report
    assert "Publics accompagnés : répartitions : secret" in report


def test_the_same_rows_give_the_same_bytes(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "autre")
    build_warehouse(other, {REPARTITION.id: REPARTITION}, {REPARTITION.id: rows()[::-1]})
    assert published(home).manifest.contenu_sha256 == published(other).manifest.contenu_sha256


def hides_nothing(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.lit(None, pl.String).alias("secret"))


def hides_the_small_one_only(frame: pl.DataFrame) -> pl.DataFrame:
    small = pl.col("n_personnes").is_between(1, 10)
    kept = [pl.when(small).then(None).otherwise(pl.col(c)).alias(c) for c in ("n_personnes", "part_pct")]
    return frame.with_columns(*kept, pl.when(small).then(pl.lit("n_personnes, part_pct")).alias("secret"))


@pytest.mark.parametrize(
    ("forget", "told"),
    [
        (hides_nothing, "Aucun effectif publié de « n_personnes » ne compte de 1 à 10 personnes"),
        (hides_the_small_one_only, "Aucun effectif retiré n'est seul dans une somme dont le reste est publié"),
        (hides_the_small_one_only, "Aucune différence entre ce qui est publié ne compte de 1 à 10 personnes"),
    ],
)
def test_a_file_that_gives_a_small_count_away_is_not_published(
    home: Home, monkeypatch: pytest.MonkeyPatch, forget: Callable[[pl.DataFrame], pl.DataFrame], told: str
) -> None:
    """The controls look at the file, whatever wrote it."""
    monkeypatch.setattr(
        small_numbers,
        "protected",
        lambda products, frames, minimum: {name: forget(frame) for name, frame in frames.items()},
    )
    with pytest.raises(PublicationBlocked, match=told):
        published(home, gate=acceptance.evaluate)
    assert not list(home.publication.glob("*/marts"))


def test_those_of_no_known_territory_are_not_had_from_the_others(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """France counts three more in GIR 5 and 6 than its only region: of an ESMS whose commune could not be read."""
    strange = rows({**GIR, "62": (200, 150, 70)}, nowhere=(30, 20, 3))
    build_warehouse(home, {REPARTITION.id: REPARTITION}, {REPARTITION.id: strange})
    hidden = table(published(home, gate=acceptance.evaluate)).filter(pl.col("n_personnes").is_null())
    assert {("32", "gir_2"), ("FR", "gir_2")} <= set(hidden.select("territoire_code", "composante").iter_rows())
    monkeypatch.setattr(
        small_numbers,
        "protected",
        lambda products, frames, minimum: {name: hides_nothing(frame) for name, frame in frames.items()},
    )
    with pytest.raises(PublicationBlocked, match="Aucune différence entre ce qui est publié"):
        published(home, gate=acceptance.evaluate, now=LATER, fingerprint="autre")


def test_a_product_about_persons_that_says_nothing_is_refused(home: Home) -> None:
    fields = tuple(f for f in REPARTITION.fields if f.name not in ("arrete_le", "secret"))
    silent = replace(REPARTITION, disclosure=None, fields=fields)
    with pytest.raises(PublicationBlocked, match="compte des personnes sans dire ce qui est masqué"):
        published(home, declared=declared(silent))


def test_a_pseudonym_in_a_text_is_not_published(home: Home) -> None:
    """Whatever the column is called."""
    strange = [{**r, "composante_libelle": f"GIR de {'0123456789abcdef' * 2}"} for r in rows()]
    build_warehouse(home, {REPARTITION.id: REPARTITION}, {REPARTITION.id: strange})
    with pytest.raises(PublicationBlocked, match="composante_libelle : des valeurs ont la forme d'un pseudonyme"):
        published(home)


def test_a_product_with_a_column_that_points_at_a_person_is_refused(home: Home) -> None:
    """Even one that was not read from a contract."""
    spoilt = replace(REPARTITION, fields=(replace(REPARTITION.fields[0], name="personne_id"), *REPARTITION.fields))
    build_warehouse(home, {spoilt.id: spoilt}, {})
    with pytest.raises(PublicationBlocked, match="personne_id : désigne une personne"):
        published(home, declared=declared(spoilt))


def test_a_column_of_the_witness_in_the_warehouse_is_refused(home: Home) -> None:
    """A table that would say itself that it is hidden must not be believed."""
    spoilt = replace(REPARTITION, disclosure=None, personal=False)
    build_warehouse(home, {spoilt.id: spoilt}, {})
    with pytest.raises(PublicationBlocked, match=r"secret : colonne que le contrat ne déclare pas"):
        published(home)


def test_a_territory_that_is_not_known_blocks(home: Home) -> None:
    strange = [{**r, "territoire_code": "99"} if r["territoire_code"] == "62" else r for r in rows()]
    build_warehouse(home, {REPARTITION.id: REPARTITION}, {REPARTITION.id: strange})
    with pytest.raises(PublicationBlocked, match="« departement/99 » n'est pas connu"):
        published(home)


CHANGED = {"59": (403, 321, 100), "62": (200, 150, 9), "02": (120, 60, 40)}  # 3, 21 and, hidden, 2 more


def counts(publication: Publication) -> dict[tuple[str, str], int | None]:
    found = table(publication)
    return {(r["territoire_code"], r["composante"]): r["n_personnes"] for r in found.to_dicts()}


def test_what_few_persons_changed_stays_as_it_was_published(home: Home) -> None:
    """To the reader who kept both, 400 then 403 would be three persons."""
    first = published(home, gate=acceptance.evaluate)
    build_warehouse(home, {REPARTITION.id: REPARTITION}, {REPARTITION.id: rows(CHANGED)})
    second = published(home, gate=acceptance.evaluate, now=LATER, fingerprint="autre")
    was, now = counts(first), counts(second)
    moved = {cell for cell in now if now[cell] != was[cell]}
    assert moved == {("59", "gir_1"), ("32", "gir_1"), ("FR", "gir_1")}
    assert now["59", "gir_1"] == 321
    days = {(r["territoire_code"], r["composante"]): r["arrete_le"].isoformat() for r in table(second).to_dicts()}
    assert days["59", "gir_1"] == "2026-11-22"
    assert days["62", "gir_0"] == "2026-11-21"
    report = (second.path / "acceptation.html").read_text(encoding="utf-8")
    assert "changé de 1 à 10 personnes depuis la publication précédente" in report
    assert "departement · 59" not in report


def test_what_is_held_stands_beside_the_warehouse_and_not_in_what_is_published(home: Home) -> None:
    first = published(home)
    kept = home.held / first.version / f"{REPARTITION.id}.parquet"
    assert pl.read_parquet(kept)["n_personnes"].min() == 7
    assert not list(home.publication.rglob(f"*{home.held.name}*"))
    second = published(home, now=LATER, fingerprint="autre")
    assert {p.name for p in home.held.iterdir()} == {first.version, second.version}


def test_what_is_held_and_cannot_be_read_publishes_nothing(home: Home) -> None:
    """Publishing what is known instead would tell what changed."""
    first = published(home)
    (home.held / first.version / f"{REPARTITION.id}.parquet").write_bytes(b"ce n'est plus du Parquet")
    with pytest.raises(PublicationBlocked, match=r"illisibles[\s\S]*supprimez le dossier"):
        published(home, now=LATER, fingerprint="autre")


def test_where_nothing_is_held_what_changed_by_few_is_told_to_who_publishes(home: Home) -> None:
    """Of a publication made before counts were held, or whose folder was removed."""
    first = published(home, gate=acceptance.evaluate)
    shutil.rmtree(home.held / first.version)
    build_warehouse(home, {REPARTITION.id: REPARTITION}, {REPARTITION.id: rows(CHANGED)})
    second = published(home, gate=acceptance.evaluate, now=LATER, fingerprint="autre")
    assert counts(second)["59", "gir_0"] == 403
    report = (second.path / "acceptation.html").read_text(encoding="utf-8")
    assert "departement · 59 · PA · 2024 · gir · gir_0" in report


def test_another_threshold_publishes_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    first = published(home)
    assert first.manifest.software["seuil_personnes"] == "11"
    assert not published(home, now=LATER).published
    monkeypatch.setenv(small_numbers.SETTING, "5")
    second = published(home, now=LATER)
    assert second.published
    assert table(second)["n_personnes"].null_count() == 0


def test_a_threshold_that_is_not_one_publishes_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(small_numbers.SETTING, "3")
    with pytest.raises(PublicationBlocked, match="au moins 5"):
        published(home)


def test_an_empty_table_is_published_empty(home: Home) -> None:
    build_warehouse(home, {REPARTITION.id: REPARTITION}, {})
    done = published(home, gate=acceptance.evaluate)
    assert table(done).columns == [f.name for f in REPARTITION.fields]
    assert table(done).is_empty()
