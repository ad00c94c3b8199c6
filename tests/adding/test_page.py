"""docs/adding/page.md: a page that a view and a query make is in the menu, and shows the figures of the publication."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

from tests.adding.pages import Copy, Page
from tests.dashboards.publication_example import write_publication
from tests.patience import PATIENCE_S

# Streamlit's own test engine, in the copy: the home, then the page.
VISIT = f"""
    import json
    from pathlib import Path
    from streamlit.testing.v1 import AppTest

    home = AppTest.from_file(str(Path("dashboards/app.py").resolve()), default_timeout={PATIENCE_S}).run()
    page = AppTest.from_string(
        "from dashboards.views import fraicheur_sources\\nfraicheur_sources.show()", default_timeout={PATIENCE_S}
    ).run()
    print(json.dumps({{
        "errors": [e.message for test in (home, page) for e in test.exception],
        "purposes": [m.value for m in home.markdown],
        "title": page.title[0].value,
        "rows": page.table[0].value.values.tolist(),
    }}))
"""


def test_a_page_is_four_files_and_shows_what_was_published(tmp_path: Path) -> None:
    copy = Copy.make(tmp_path)
    copy.follow("page")
    assert copy.touched() == {
        "dashboards/app.py", "dashboards/queries/__init__.py", "dashboards/queries/fraicheur.py",
        "dashboards/views/fraicheur_sources.py",
    }  # fmt: skip
    assert Page.read("page").files == 4
    write_publication(copy.home)
    seen = json.loads(copy.python(textwrap.dedent(VISIT)))
    assert seen["errors"] == []
    assert "La dernière livraison de chaque source." in seen["purposes"]
    assert seen["title"] == "Fraîcheur des sources"
    assert seen["rows"] == [
        ["FINESS", 1, "02/11/2026"],
        ["Tableau de bord ESMS", 1, "03/11/2026"],
        ["ERRD", 2, "05/11/2026"],  # one, then its correction
        ["Prix ESMS", 1, "06/11/2026"],
        ["Enquête EHPA", 1, "07/11/2026"],
    ]
