"""Which publication is read: the current one, or a message that says what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboards import queries
from dashboards.current import NoPublicationError, current_publication
from ingest.home import Home
from tests.dashboards.publication_example import write_publication


def test_the_current_publication_is_the_one_of_the_pointer(home: Path) -> None:
    publication = current_publication()
    assert publication.version == "2026-11-20T180000Z-ab12cd34"
    assert publication.published_at is not None
    assert publication.published_at.isoformat() == "2026-11-20T18:00:00+00:00"
    assert {d["name"] for d in publication.open_datasets()} == {
        "mart_etablissements__fiche", "mart_territoires__synthese",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "Aucune publication"),
        ("{", "illisible"),
        ("[]", "illisible"),
        ("{}", "illisible"),
        (json.dumps({"version": "absente"}), "ses fichiers manquent"),
        (json.dumps({"version": "../ailleurs"}), "ses fichiers manquent"),
    ],
)
def test_a_pointer_that_leads_nowhere_is_explained(tmp_path: Path, content: str | None, said: str) -> None:
    (tmp_path / "publication").mkdir()
    (tmp_path / "ailleurs" / "marts").mkdir(parents=True)
    if content is not None:
        (tmp_path / "publication" / "current.json").write_text(content, encoding="utf-8")
    with pytest.raises(NoPublicationError, match=said):
        current_publication(Home(tmp_path))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("changed", "marts/mart_etablissements__fiche.parquet, le contenu relu"),
        ("cut", "marts/mart_etablissements__fiche.parquet, 10 octets lus"),
        ("lost", "marts/mart_etablissements__fiche.parquet, fichier absent"),
        ("added", "marts/autre.parquet n'est pas d'elle"),
        ("manifest lost", "manifest.json ne se lit pas"),
        ("manifest changed", "manifest.json ne se lit pas"),
    ],
)
def test_a_publication_that_somebody_touched_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, said: str
) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    folder = write_publication(tmp_path)
    path, manifest = folder / "marts" / "mart_etablissements__fiche.parquet", folder / "manifest.json"
    content = path.read_bytes()
    {"changed": lambda: path.write_bytes(content[:-20] + b"x" + content[-19:]),
     "cut": lambda: path.write_bytes(content[:10]),
     "lost": path.unlink,
     "added": lambda: path.with_name("autre.parquet").write_bytes(content),
     "manifest lost": manifest.unlink,
     "manifest changed": lambda: manifest.write_text('{"files": 3}', encoding="utf-8")}[kind]()  # fmt: skip
    with pytest.raises(NoPublicationError, match=f"La publication est endommagée : {said}"):
        queries.current_base()


def test_a_dataset_whose_file_is_missing_is_not_offered(tmp_path: Path) -> None:
    folder = write_publication(tmp_path)
    (folder / "open_data" / "mart_etablissements__fiche.parquet").unlink()
    names = [d["name"] for d in current_publication(Home(tmp_path)).open_datasets()]
    assert names == ["mart_territoires__synthese"]
