"""Bad input about persons, one test a defect: each has a clear end, counts that balance, and says nothing of anybody.

The encrypted landing whose key is lost: tests/integration/protection/test_keys.py.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.integration.ingest.conftest import Guichet
from tests.patience import PATIENCE_S
from tests.unit.readers import examples as ex
from tests.unit.readers.examples import Node
from tests.unit.readers.test_csv_products import HANDISOFT, PERSON, RESIDALIA, STAY, encoded

NAME = "tddui_2024-12-31_a.json"
SECRETS = (
    ex.NOM,
    ex.NOM.upper(),
    ex.PRENOM,
    ex.INS,
    ex.INS[:13],
    "Farfadet",
    "Lutinerie",
    "1937-11-23",
    "DOS-1",
    ex.RPPS,
)


def file(*entries: Node) -> bytes:
    return ex.as_bytes(ex.bundle(*entries))


def nobody(guichet: Guichet, *texts: str | None) -> None:
    said = guichet.said() + "\n".join(t for t in texts if t)
    assert [secret for secret in SECRETS if secret in said] == []


def refused(guichet: Guichet, name: str, content: bytes, *words: str) -> None:
    """Refused, on reception or on reading: one French message with these words, and nothing in the lake."""
    receipt = guichet.deliver(name, content)
    reason = receipt.reason or ""
    if receipt.status == "received":
        (result,) = guichet.process()
        assert (result.statut, result.lues) == ("refused", 0)
        reason = result.motif or ""
    for word in (*words, "Fichier «"):
        assert word in reason
    assert "Traceback" not in reason
    assert guichet.rows("raw").height == guichet.rows("rejects").height == 0
    nobody(guichet, reason)


def counts(guichet: Guichet, *entries: Node) -> dict[str, tuple[int, int, int]]:
    """entity -> read, accepted, rejected, of a bundle."""
    result = guichet.take(NAME, file(*entries))
    nobody(guichet, result.motif)
    return {e: (c["lues"], c["acceptees"], c["rejetees"]) for e, c in result.entities.items() if c["lues"]}


@pytest.mark.parametrize(
    "content",
    [
        file(*ex.dossier()).replace(b'"entry":', b'"entry"', 1),
        file(*ex.dossier()).replace(b"}, {", b"} {", 1),
        file(*ex.dossier()) + b"]",
        file(*ex.dossier()).replace(ex.NOM.encode(), ex.NOM.encode("cp1252")),
        file(*ex.dossier()).replace(b'"gender": "male"', b'"gender": male', 1),
        b'{"resourceType": "Bundle", "entry": [' + b"[" * 5000,
    ],
    ids=["colon", "comma", "surplus", "cp1252", "bare word", "nesting"],
)
def test_malformed_json(guichet: Guichet, content: bytes) -> None:
    refused(guichet, NAME, content, "Remède")


def test_no_entry_at_all(guichet: Guichet) -> None:
    refused(guichet, NAME, file(), "sans aucune ressource", "Remède")


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_bundle_cut_in_half(guichet: Guichet, share: float) -> None:
    content = file(*(e for n in range(1, 9) for e in ex.dossier(n)))
    refused(guichet, NAME, content[: int(len(content) * share)], "tronqué", "Remède")


def test_a_reference_to_an_absent_resource_rejects_its_row_and_no_other(guichet: Guichet) -> None:
    lost = ex.entry("sejour-9", ex.sejour(9, to="nobody", hospitalization={}))
    assert counts(guichet, *ex.plain(1), lost, *ex.plain(2)) == {"usagers": (2, 2, 0), "sejours": (3, 2, 1)}
    (reject,) = guichet.rows("rejects").to_dicts()
    assert (reject["champ"], reject["ligne"], reject["chemin"]) == ("(ligne)", 3, "entry[2].resource")
    assert reject["remede"]
    assert reject["ligne_complete"] is None


def test_two_patients_with_one_id_and_different_traits(guichet: Guichet) -> None:
    """Neither is right: both are rejected, and the stay of one of them, nobody knows whose."""
    other = ex.entry("patient-1", ex.patient(gender="female", birthDate="1940-01-01"))
    found = counts(guichet, *ex.plain(1), other, *ex.plain(2))
    assert found == {"usagers": (3, 1, 2), "sejours": (2, 1, 1)}
    assert "clé en double, valeurs contradictoires" in guichet.rows("rejects", "usagers")["regle"].to_list()


def test_the_same_patient_twice_is_kept_once(guichet: Guichet) -> None:
    assert counts(guichet, *ex.plain(1), ex.plain(1)[0]) == {"usagers": (2, 1, 1), "sejours": (1, 1, 0)}
    assert guichet.rows("rejects")["regle"].to_list() == ["ligne répétée à l'identique"]


def test_the_same_bytes_under_a_name_that_says_no_date_are_not_of_today(guichet: Guichet) -> None:
    content = file(*ex.plain(1))
    first = guichet.deliver(NAME, content)
    again = guichet.deliver("export.json", content)
    assert (first.status, again.status, again.delivery_id) == ("received", "known", first.delivery_id)
    (result,) = guichet.process()
    assert result.millesimes == [2024]


def test_a_stay_that_ends_before_it_starts(guichet: Guichet) -> None:
    wrong = ex.entry("s", ex.sejour(period={"start": "2024-05-02", "end": "2024-05-01"}, hospitalization={}))
    assert counts(guichet, ex.plain(1)[0], wrong, *ex.plain(2))["sejours"] == (2, 1, 1)
    (reject,) = guichet.rows("rejects").to_dicts()
    assert reject["regle"] == "Séjour qui finit avant de commencer."
    assert "Corriger la date" in reject["remede"]


def test_overlapping_stays_are_both_kept_for_matching_to_judge(guichet: Guichet) -> None:
    second = ex.sejour(
        identifier=[ex.number("sejour", "DOS-1-SEJOUR-2")], period={"start": "2024-06-01"}, hospitalization={}
    )
    assert counts(guichet, *ex.plain(1), ex.entry("s2", second))["sejours"] == (2, 2, 0)
    assert guichet.rows("raw", "sejours")["sejour_id"].n_unique() == 2


@pytest.mark.parametrize("changed", [{"birthDate": "2999-01-01"}, {"deceasedDateTime": "2999-01-01T10:00:00Z"}])
def test_dates_in_the_future_of_a_person_are_signalled(guichet: Guichet, changed: dict[str, Any]) -> None:
    told = ex.entry("p", {**ex.patient(), **changed})
    assert counts(guichet, told)["usagers"] == (1, 1, 0)
    assert any("à venir" in rule for rule in guichet.rows("signalements")["regle"])


def test_dates_in_the_future_of_a_stay_are_signalled(guichet: Guichet) -> None:
    wrong = ex.entry("s", ex.sejour(period={"start": "2999-05-02"}, hospitalization={}))
    assert counts(guichet, ex.plain(1)[0], wrong)["sejours"] == (1, 1, 0)
    assert any("à venir" in rule for rule in guichet.rows("signalements", "sejours")["regle"])


def test_unknown_codes_are_not_kept_and_their_rows_are(guichet: Guichet) -> None:
    """An unknown code could name someone: its shape is signalled, the row stays. A status is another matter."""
    event = ex.evenement(type=[ex.concept(ex.NOM)])
    person = ex.entry("patient-1", ex.patient(gender=ex.NOM))
    found = counts(guichet, person, ex.plain(1)[1], ex.entry("e", event))
    assert found == {"usagers": (1, 1, 0), "sejours": (1, 1, 0), "evenements": (1, 1, 0)}
    assert guichet.rows("raw", "usagers")["sexe"].to_list() == [None]
    assert guichet.rows("raw", "evenements").select("type_evenement", "statut").rows() == [(None, "ANNULE")]
    assert {"sexe", "type_evenement"} <= set(guichet.rows("signalements")["champ"])


def test_a_row_whose_status_is_unknown_is_no_fact(guichet: Guichet) -> None:
    event = ex.entry("e", ex.evenement(status=ex.PRENOM))
    assert counts(guichet, *ex.plain(1), event)["evenements"] == (1, 0, 1)
    assert "statut inconnu" in guichet.rows("rejects")["regle"][0]
    assert ex.PRENOM not in guichet.said()


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("residalia_sejours_20241231_a.csv", RESIDALIA.replace("Prénoms", "prenom_1").replace("Civilité", "sexe")),
        ("handisoft_usagers_20241231_a.csv", HANDISOFT.replace(",", ";").replace("id_usager", "N° dossier")),
    ],
)
def test_a_csv_that_is_not_quite_of_a_product(guichet: Guichet, name: str, titles: str) -> None:
    content = encoded("\r\n".join((titles, f"{PERSON};{STAY}", "")), "residalia")
    refused(guichet, name, content, "colonne attendue absente", "Remède", "en-tête")


def test_a_csv_under_the_name_of_another_product_is_read_for_what_it_is(guichet: Guichet) -> None:
    content = encoded("\r\n".join((RESIDALIA, f"{PERSON};{STAY}", "")), "residalia")
    result = guichet.take("handisoft_usagers_20241231_a.csv", content)
    assert result.acceptees == 3


def test_rows_of_another_product_under_the_titles_of_one_are_all_accounted_for(guichet: Guichet) -> None:
    """Titles that match and cells that do not: every row is rejected with its reason."""
    rows = [";".join(["x"] * 22), f"{PERSON};{STAY}", "10;20"]
    result = guichet.take("residalia_sejours_20241231_a.csv", encoded("\r\n".join((RESIDALIA, *rows, "")), "residalia"))
    assert result.entities["usagers"] == {"lues": 3, "acceptees": 1, "rejetees": 2}
    assert result.entities["sejours"] == {"lues": 2, "acceptees": 1, "rejetees": 1}


_MEASURE = """
import resource, sys, tempfile
from pathlib import Path
from ingest.home import Home
from ingest.receive.delivery import deliver
from ingest.pipeline import process_pending
from tests.instants import now
root = Path(tempfile.mkdtemp(dir=sys.argv[1]))
deliver([Path(sys.argv[2])], Home(root), now=now())
(result,) = process_pending(Home(root))
print(result.lues, result.acceptees, result.rejetees, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def _run(tmp_path: Path, path: Path) -> tuple[int, ...]:
    command = [sys.executable, "-c", _MEASURE, str(tmp_path), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    return tuple(map(int, done.stdout.split()))


@pytest.mark.lent
def test_100_000_entries_in_one_bundle_are_streamed(tmp_path: Path) -> None:
    """The peak of memory hardly depends on the number of entries: a file of 100 000 takes far less than its objects."""

    def written(count: int) -> Path:
        path = tmp_path / f"tddui_2024-12-31_{count}.json"
        event: dict[str, Any] = ex.evenement(participant=[])
        with path.open("w", encoding="utf-8") as out:
            out.write('{"resourceType": "Bundle", "type": "transaction", "entry": [')
            out.write(", ".join(json.dumps(e) for e in ex.plain(1)))
            for n in range(count - 2):
                event["identifier"] = [ex.number("evenement", f"DOS-1-EVN-{n}")]
                out.write(", " + json.dumps({"resource": event}))
            out.write("]}")
        return path

    small, large = written(1_000), written(100_000)
    *read, base = _run(tmp_path, small)
    assert read == [1_000, 1_000, 0]
    *read, peak = _run(tmp_path, large)
    assert read == [100_000, 100_000, 0]
    size = large.stat().st_size / 2**20
    assert size > 80
    assert peak - base < 2 * size, f"{peak - base} Mo de plus pour un fichier de {size:.0f} Mo"


def test_what_a_workbook_holds_beside_its_table_names_nobody(guichet: Guichet) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Séjours"
    for row in (
        ["Suivi par Farfadet"],
        [],
        RESIDALIA.split(";"),
        f"{PERSON};{STAY}".split(";"),
        [],
        ["Vu avec Lutinerie"],
    ):
        sheet.append(row)
    sheet.row_dimensions[4].hidden = True
    for title in ("Mme Farfadet", "Lutinerie"):
        other = book.create_sheet(title)
        other.append(["Zorglubéllin", "née le 1937-11-23"])
    book["Lutinerie"].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    result = guichet.take("residalia_sejours_20241231_a.xlsx", out.getvalue())
    assert (result.lues, result.rejetees) == (7, 4)  # a person, a stay, a GIR; two sheets, a line above, a note
    nobody(guichet, result.motif)
    rules = " ".join(guichet.rows("rejects")["regle"])
    assert "elle n'est pas lue" in rules
    assert "ligne au-dessus des titres" in rules
    assert "ligne hors du tableau" in rules
    assert any("ligne masquée dans le classeur" in rule for rule in guichet.rows("signalements")["regle"])
