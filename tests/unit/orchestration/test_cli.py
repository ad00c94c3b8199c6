"""The command: JSON shapes, exit codes, and one readable message when something expected goes wrong."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from data_contracts import loading
from data_contracts.loading import ContractError
from ingest.home import Home
from ingest.receive.delivery import Receipt
from orchestration.cli import command
from orchestration.dbt_runtime import DbtFailed
from orchestration.lock import HomeBusy
from orchestration.publication import PublicationBlocked
from orchestration.run import Anew, RunFailed, RunOutcome, UnknownDelivery, UnknownMillesime, _reason
from tests.unit.orchestration.samples import EHPAD, land, process


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Dlnuf = Callable[..., Said]


@pytest.fixture
def dlnuf(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Dlnuf:
    """Calls the command as a shell would, in the home of the test."""
    monkeypatch.setenv("DLNUF_HOME", str(home.root))

    def call(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["dlnuf", *arguments])
        try:
            command.main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        told = capsys.readouterr()
        return Said(code, told.out, told.err)

    return call


STATUS = {"deliveries", "rows", "observations", "retained", "losers", "conflicts", "version", "sources"}


def test_status_json_has_the_promised_shape(dlnuf: Dlnuf, published: Home) -> None:
    process(published, land(published, "bon.csv"), lues=10, acceptees=8)
    said = dlnuf("status", "--json")
    assert said.code == 0
    assert set(said.json) >= STATUS
    assert set(said.json["deliveries"]) >= {"received", "accepted", "refused"}
    assert set(said.json["rows"]) == {"read", "accepted", "rejected"}
    assert set(said.json["sources"]["cnsa_occupation"]) >= {"deliveries", "read", "accepted", "rejected"}
    assert all(isinstance(said.json[key], int) for key in ("observations", "retained", "losers", "conflicts"))
    assert isinstance(said.json["version"], str)


def test_status_of_an_empty_home(dlnuf: Dlnuf) -> None:
    said = dlnuf("status", "--json")
    assert said.code == 0
    assert said.json["version"] is None
    assert dlnuf("status").out.startswith("Livraisons       0 reçue")


def test_status_in_words(dlnuf: Dlnuf, published: Home) -> None:
    process(published, land(published, "bon.csv"), lues=1234, acceptees=1230)
    words = dlnuf("status").out.replace("\u202f", " ")
    assert "1 234 lues = 1 230 acceptées + 4 rejetées" in words
    assert "4 = 3 valeurs retenues + 1 réponse écartée" in words
    assert "cnsa_occupation" in words


def test_explain_json_has_the_promised_shape(dlnuf: Dlnuf, published: Home) -> None:
    said = dlnuf("explain", EHPAD, "TX_OCC_HP", "--json")
    assert said.code == 0
    assert set(said.json) >= {"unite_id", "element_id", "millesime", "retained", "answers"}
    assert set(said.json["retained"]) >= {"value", "source", "rule", "status"}
    for answer in said.json["answers"]:
        assert set(answer) >= {"source", "value", "delivery_id", "collected_on", "lost_because"}


def test_explain_in_words_tells_the_winner_and_the_losers(dlnuf: Dlnuf, published: Home) -> None:
    words = dlnuf("explain", EHPAD, "TX_OCC_HP").out
    assert "97,5 pct" in words
    assert "92 pct, cnsa_occupation, date inconnue (écartée : source moins prioritaire pour cette donnée)" in words
    assert "Autres millésimes : 2021" in words


def test_explain_what_nobody_answered_fails_in_words(dlnuf: Dlnuf, published: Home) -> None:
    said = dlnuf("explain", EHPAD, "INCONNU", "--json")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("Erreur : Aucune réponse ne porte l'élément INCONNU.")


@pytest.fixture
def delivery(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """Two files: one is received, the other refused."""
    files = [tmp_path / "bon.csv", tmp_path / "mauvais.csv"]

    def deliver(paths: list[Path], home: Home, **_: Any) -> list[Receipt]:
        return [
            Receipt(str(path), None, None, "refused", "En-tête inconnu.")
            if path.name == "mauvais.csv"
            else Receipt(str(path), "finess", "finess-1", "received", None)
            for path in paths
        ]

    monkeypatch.setattr("ingest.receive.delivery.deliver", deliver)
    for file in files:
        file.write_text("a;b\n", encoding="utf-8")
    return files


def test_deliver_json_is_one_record_a_file(dlnuf: Dlnuf, delivery: list[Path]) -> None:
    said = dlnuf("deliver", str(delivery[0]), "--json")
    assert said.code == 0
    assert said.json == [
        {
            "path": str(delivery[0]),
            "source": "finess",
            "delivery_id": "finess-1",
            "status": "received",
            "reason": None,
            "name": None,
        }
    ]


def test_a_refused_file_fails_and_stops_no_other(dlnuf: Dlnuf, delivery: list[Path]) -> None:
    said = dlnuf("deliver", *(str(path) for path in reversed(delivery)), "--json")
    assert said.code == 1
    assert [record["status"] for record in said.json] == ["refused", "received"]
    words = dlnuf("deliver", *(str(path) for path in delivery))
    assert words.code == 1
    assert words.out.splitlines() == [
        f"reçu        {delivery[0]}  finess",
        f"refusé      {delivery[1]}  En-tête inconnu.",
    ]


def played(monkeypatch: pytest.MonkeyPatch, answer: RunOutcome | Exception) -> list[int | None]:
    """Replaces the run by an answer; returns the years it was asked."""
    asked: list[int | None] = []

    def run(
        home: Home, millesime: int | None, progress: Any, *, now: datetime, allow_shrink: bool, retry: bool
    ) -> RunOutcome:
        asked.append(millesime)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("orchestration.run.run", run)
    return asked


def test_run_says_what_was_published(dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = played(monkeypatch, RunOutcome(False, True, "v2", 12.4, ["Contrôle x (raw) : a.csv"]))
    said = dlnuf("run", "--millesime", "2022")
    assert (said.code, asked) == (0, [2022])
    assert said.out == "Publié : v2 (en 12 s).\nAttention : Contrôle x (raw) : a.csv\n"


def test_logs_go_to_standard_error_when_asked(dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, RunOutcome(True, False, "v1", 0.4))
    assert dlnuf("run").err == ""
    monkeypatch.setenv("DLNUF_LOG", "INFO")
    said = dlnuf("run")
    line = json.loads(said.err)
    assert (line["event"], line["level"], line["nothing_new"], line["version"]) == ("run", "info", True, "v1")
    assert said.out.startswith("Rien de nouveau")


def test_run_with_nothing_new_says_so(dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, RunOutcome(True, False, "v1", 0.4))
    said = dlnuf("run")
    assert (said.code, said.out) == (0, "Rien de nouveau : la publication v1 est à jour, rien n'est publié.\n")


@pytest.mark.parametrize("named", [(), ("dui-1",)])
def test_rebuild_says_what_was_made_again(
    dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch, named: tuple[str, ...]
) -> None:
    asked: list[Anew] = []

    def run(home: Home, millesime: int | None, progress: Any, *, now: datetime, anew: Anew) -> RunOutcome:
        asked.append(anew)
        return RunOutcome(False, False, "v1", 3.2, forgotten=2)

    monkeypatch.setattr("orchestration.run.run", run)
    said = dlnuf("rebuild", *named)
    assert (said.code, asked) == (0, [Anew(*named)])
    assert said.out == (
        "Refait : 2 livraisons relues depuis ce qui a été reçu, l'entrepôt reconstruit. Contenu inchangé : v1 reste "
        "courante (en 3 s).\n"
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (HomeBusy("Un autre traitement écrit déjà."), 1),
        (RunFailed("contrôle x"), 1),
        (DbtFailed("dbt ne peut pas lire le projet"), 1),
        (PublicationBlocked("l'entrepôt n'existe pas.", ["lancez dlnuf run"]), 1),
        (ContractError(["a : champ inconnu"]), 1),
        (UnknownDelivery("Rien à refaire."), 2),
        (UnknownMillesime("Le millésime 1999 n'est pas traité."), 2),
    ],
)
def test_an_expected_error_is_one_message(
    dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    played(monkeypatch, error)
    said = dlnuf("run")
    assert (said.code, said.out) == (code, "")
    assert said.err == f"Erreur : {error}\n"


MEND = "Rien n'est perdu : remédiez-y, puis relancez la même commande."


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (PermissionError(13, "Permission denied", "var"), 1, f"L'accès est refusé (var). {MEND}"),
        (OSError(28, "No space left on device"), 1, f"Le disque est plein. {MEND}"),
        (duckdb.IOException("IO Error: Could not write: No space left on device"), 1, f"Le disque est plein. {MEND}"),
        # Our own words are not searched for what the machine lacks: a name may hold them.
        (RunFailed("« No space left on device.csv » : refusé"), 1, "« No space left on device.csv » : refusé"),
        (FileNotFoundError(2, "No such file or directory", "x"), 1, "rien ne porte ce nom (x)"),
    ],
)
def test_what_the_machine_lacks_is_said_in_french_whoever_met_it(
    dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, words: str
) -> None:
    played(monkeypatch, error)
    said = dlnuf("run")
    assert (said.code, said.out, said.err) == (code, "", f"Erreur : {words}\n")


def test_what_a_library_met_in_a_step_is_said_in_french() -> None:
    error = SimpleNamespace(cause=None, cls_name="IOException", message="IO Error: Read-only file system")
    event = SimpleNamespace(step_key="raw", event_specific_data=SimpleNamespace(user_failure_data=None, error=error))
    assert _reason(event) == f"Le disque est en lecture seule. {MEND}"


def test_an_error_that_has_its_words_keeps_them_whatever_caused_it(
    dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = PublicationBlocked("le trousseau ne se lit pas.", ["remettez-le"])
    error.__cause__ = PermissionError(13, "Permission denied")
    played(monkeypatch, error)
    assert dlnuf("run").err == f"Erreur : {error}\n"


def test_a_defect_keeps_its_stack(dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, KeyError("oubli"))
    with pytest.raises(KeyError):
        dlnuf("run")


@pytest.mark.parametrize(
    "arguments",
    [
        ["inconnue"],
        ["deliver"],
        ["deliver", "/nulle/part.csv"],
        ["explain", EHPAD],
        ["run", "--millesime", "hier"],
        ["demo", "--scale", "monde"],
        ["status", "--xml"],
    ],
)
def test_wrong_use_is_code_2_and_says_how(dlnuf: Dlnuf, arguments: list[str]) -> None:
    said = dlnuf(*arguments)
    assert (said.code, said.out) == (2, "")
    assert "Usage" in said.err


def test_an_unknown_source_is_wrong_use_and_lists_the_known_ones(dlnuf: Dlnuf, delivery: list[Path]) -> None:
    said = dlnuf("deliver", str(delivery[0]), "--source", "inconnue")
    assert said.code == 2
    assert "finess" in said.err


@pytest.mark.parametrize(("drifts", "code"), [([], 0), (["dbt_project/models/staging/_sources.yml"], 1)])
def test_contracts_check_fails_on_drift(
    dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch, drifts: list[str], code: int
) -> None:
    asked: list[bool] = []

    def generate_all(write: bool) -> list[str]:
        asked.append(write)
        return drifts

    monkeypatch.setattr("data_contracts.derive.generate_all", generate_all)
    said = dlnuf("contracts", "check")
    assert (said.code, asked) == (code, [False])
    assert all(drift in said.err for drift in drifts)
    assert dlnuf("contracts", "generate").code == 0
    assert asked == [False, True]


@pytest.mark.parametrize("command", ["compare", "comparer"])
def test_compare_says_what_changed_and_writes_the_column(
    dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    sources = tmp_path / "sources"
    shutil.copytree(loading.SOURCES, sources)
    monkeypatch.setattr(loading, "SOURCES", sources)
    table = sources / "cnsa_occupation.columns.csv"
    file = tmp_path / "occupation_2023.csv"
    contract = loading.load_contracts()["cnsa_occupation"]
    known = map(str, contract.fields_in(contract.layout("t3_2022"), contract.entity("occupation")).values())
    file.write_text(";".join([*known, "Places d'accueil de nuit"]) + "\n", encoding="utf-8")
    before = table.read_text(encoding="utf-8")
    said = dlnuf("contracts", command, str(file))
    assert said.code == 0
    assert "forme t3_2022" in said.out
    assert "« Places d'accueil de nuit »" in said.out
    assert "{code: t3_2023, like: t3_2022, version: " in said.out
    assert table.read_text(encoding="utf-8") == before
    facts = dlnuf("contracts", command, str(file), "--json", "--layout", "annee_2023").json
    assert (facts["source"], facts["status"], facts["proposed"]["layout"]) == (
        "cnsa_occupation",
        "nouvelle",
        "annee_2023",
    )
    assert "Le contrat doit suivre" not in said.out
    done = dlnuf("contracts", command, str(file), "--write")
    assert done.code == 0
    assert "Le contrat doit suivre : tant que cnsa_occupation.odcs.yaml n'a pas les lignes ci-dessous" in done.out
    assert "dlnuf contracts generate" in done.out
    after = table.read_text(encoding="utf-8").splitlines()
    assert [line.rpartition(";")[0] for line in after if "accueil" not in line] == before.splitlines()
    assert after[0].endswith(";t3_2023")
    assert "occupation;places_d_accueil_de_nuit;;;;Places d'accueil de nuit" in after


def test_compare_says_in_one_message_why_it_cannot(dlnuf: Dlnuf, tmp_path: Path) -> None:
    empty = tmp_path / "vide.csv"
    empty.touch()
    assert "le fichier est vide" in (said := dlnuf("contracts", "compare", str(empty))).err
    assert said.code == 1
    empty.write_text("Objet;Dossier\n", encoding="utf-8")
    assert "aucune source n'a d'intitulés proches" in (said := dlnuf("contracts", "compare", str(empty))).err
    assert said.code == 1
    assert "source inconnue" in (said := dlnuf("contracts", "compare", str(empty), "--source", "tbd")).err
    assert said.code == 2


def test_dashboard_gives_its_exit_code(dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch) -> None:
    ports: list[int | None] = []

    def start(port: int | None) -> int:
        ports.append(port)
        return 0

    monkeypatch.setattr("dashboards.start", start)
    assert dlnuf("dashboard", "--port", "8600").code == 0
    assert ports == [8600]


@pytest.mark.parametrize(
    ("former", "current"),
    [
        (("cles", "etat", "--json"), ("keys", "state", "--json")),
        (("conservation", "etat"), ("retention", "state")),
        (("conservation", "approuver", "B1", "--visa", "V", "--par", "DPO", "--le", "2026-11-30"),
         ("retention", "approve", "B1", "--visa", "V", "--by", "DPO", "--on", "2026-11-30")),
        (("generate", "--taux=nimporte=0.1", "DIR"), ("generate", "--rate=nimporte=0.1", "DIR")),
    ],
)  # fmt: skip
def test_a_former_name_does_the_same_and_says_the_new_one(
    dlnuf: Dlnuf, former: tuple[str, ...], current: tuple[str, ...]
) -> None:
    before, now = dlnuf(*former), dlnuf(*current)
    assert (before.code, before.out) == (now.code, now.out)
    for old, new in zip(former, current, strict=True):
        if old != new:
            assert f"« {old.split('=')[0]} » s'appelle maintenant « {new.split('=')[0]} »" in before.err
    assert "s'appelle maintenant" not in now.err


def test_a_value_that_looks_like_a_former_option_stays_as_it_was_typed(dlnuf: Dlnuf) -> None:
    said = dlnuf("retention", "approve", "B1", "--visa", "--le", "--by", "DPO", "--on", "2026-11-30")
    assert "s'appelle maintenant" not in said.err
    foreign = dlnuf("status", "--sortie", "x")  # no option of this command was ever called so
    assert (foreign.code, "s'appelle maintenant" in foreign.err) == (2, False)


def test_no_help_shows_a_former_name() -> None:
    import typer

    from orchestration.cli.renamed import COMMANDS, OPTIONS

    def names(group: Any) -> set[str]:
        own = {option for p in group.params for option in p.opts} | set(getattr(group, "commands", ()))
        return own.union(*(names(each) for each in getattr(group, "commands", {}).values()))

    shown = names(typer.main.get_command(command.app))
    assert shown & {*COMMANDS, *OPTIONS} == set()
    assert set(OPTIONS.values()) | set(COMMANDS.values()) <= shown


@pytest.mark.parametrize("code", ["x;y", "2023", "Été", "a b", "a\x1b[31m"])
def test_a_name_that_no_layout_can_have_is_refused_before_anything_is_written(
    dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str
) -> None:
    sources = tmp_path / "sources"
    shutil.copytree(loading.SOURCES, sources)
    monkeypatch.setattr(loading, "SOURCES", sources)
    file = tmp_path / "occupation_2023.csv"
    contract = loading.load_contracts()["cnsa_occupation"]
    known = map(str, contract.fields_in(contract.layout("t3_2022"), contract.entity("occupation")).values())
    file.write_text(";".join([*known, "Accueil de nuit"]) + "\n", encoding="utf-8")
    before = (sources / "cnsa_occupation.columns.csv").read_bytes()
    said = dlnuf("contracts", "compare", str(file), "--write", "--layout", code)
    assert (said.code, said.out) == (1, "")
    assert "ne peut pas être le nom d'une forme" in said.err
    assert "\x1b[31m" not in said.err
    assert (sources / "cnsa_occupation.columns.csv").read_bytes() == before


def test_what_would_act_on_a_terminal_is_shown_escaped(dlnuf: Dlnuf, tmp_path: Path) -> None:
    file = tmp_path / "occupation_2023.csv"
    contract = loading.load_contracts()["cnsa_occupation"]
    known = [*map(str, contract.fields_in(contract.layout("t3_2022"), contract.entity("occupation")).values())]
    file.write_text(";".join([*known, "Rouge \x1b[31m\u202etitre"]) + "\n", encoding="utf-8")
    for arguments in (("contracts", "compare", str(file)), ("deliver", str(file))):
        said = dlnuf(*arguments)
        assert not set("\x1b\u202e") & set(said.out + said.err)
        assert "Rouge \\x1b[31m\\u202etitre" in said.out + said.err
