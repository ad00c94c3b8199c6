"""Making forms: one ESMS, a département, or everybody, one after the other, and going on where it stopped.

Belongs here: the names of files, the batches, what is made again. Does not belong here: what stands in a form
(`filled`, `workbook`).

Three files a form: the workbook, which comes back; what it holds as a table, for people (CSV), and for machines (JSON).
The table is one line a column: in the layout of the collection it would be taken for answers if it were delivered.
Memory holds one batch of ESMS, whatever their number. The workbook is written last: a form whose workbook is there is
made, unless the layer changed since.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from data_contracts.collection_forms import Form, forms
from data_contracts.loading import load_contracts
from ingest import clock, owner_only, remains, returned_forms
from ingest.home import Home
from orchestration.forms import known_columns
from orchestration.forms.filled import STATES, FilledForm, fill
from orchestration.forms.form_frame import WORDS
from orchestration.forms.form_workbook import FormWorkbooks
from orchestration.forms.known_columns import Esms
from orchestration.progress import Progress, silent
from orchestration.restitution import named_files

if TYPE_CHECKING:
    import duckdb

_BATCH = 250  # ESMS read at once: what is known of them fits in little memory
_WRITERS = 4


class UnknownForm(ValueError):
    """No form has this name; the message lists those there are."""


@dataclass
class Made:
    """What was made. counts: columns by state, over all forms. from_dui: prefilled columns that the DUI gives."""

    collection: str
    campaign: int
    forms: int = 0
    already: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))
    from_dui: int = 0
    folder: Path | None = None


def form_of(name: str) -> Form:
    """The form of a collection, by its source or by its collection when it has one form alone.

    Raises:
        UnknownForm: none, or several; or one about persons, which `dlnuf prepare` gives back.
    """
    contracts = load_contracts()
    known_forms = forms(contracts)
    wanted = name.casefold().replace("-", "_")
    found = [f for s, f in known_forms.items() if wanted in (s, f.contract.collection.casefold())]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{s} ({f.contract.collection})" for s, f in known_forms.items())
    if any(c.personal and wanted in (s, c.collection.casefold()) for s, c in contracts.items()):
        raise UnknownForm(
            f"« {name} » porte des personnes : « dlnuf prepare » prépare ce qu'elle attend, un établissement à la fois."
        )
    what = "désigne plusieurs formulaires" if found else "n'est pas un formulaire"
    raise UnknownForm(f"« {name} » {what}. Formulaires : {listed}.")


def make(
    home: Home,
    name: str,
    *,
    now: datetime,
    finess: str | None = None,
    departement: str | None = None,
    campaign: int | None = None,
    before: bool = False,
    out: Path | None = None,
    progress: Progress = silent,
) -> Made:
    """Makes forms, of one ESMS, of a département, or of everybody. out: where; None: they are only counted.

    campaign: by default the one after the last year that the collection told. before: as before any answer to it.

    Raises:
        UnknownForm, WrongFolder: wrong use. NotReady, NobodyAsked: nothing can be made.
    """
    form = form_of(name)
    folder = named_files.folder(out, home) if out else None
    key = returned_forms.key(home, make=True)
    with known_columns.opened(home) as connection:
        last = known_columns.last_year(connection, form)
        if campaign is None and last is None:
            raise known_columns.NotReady(
                f"Aucune réponse n'est connue : rien ne préremplirait un formulaire. {known_columns.RUN}"
            )
        asked_campaign = campaign or (last or 0) + 1
        esms = known_columns.asked(connection, form, finess=finess, departement=departement)
        made = Made(form.contract.id, asked_campaign, folder=folder)
        begun = _begun(folder, made, f"{known_columns.version(connection)}-{before}", now) if folder else set[str]()
        todo = [each for each in esms if each.finess not in begun]
        made.already = len(esms) - len(todo)
        workbooks = FormWorkbooks(form, key)
        with _writers() as pool:
            for start in range(0, len(todo), _BATCH):
                batch = todo[start : start + _BATCH]
                numbers = [each.finess for each in batch]
                columns, own = _known(connection, form, numbers, asked_campaign - 1, before=before)

                def one(each: Esms, columns=columns, own=own) -> FilledForm:  # of this batch
                    known, told = columns.get(each.finess, {}), own.get(each.finess)
                    filled = fill(form, each, asked_campaign, known, now, told)
                    if folder:
                        _write(folder, filled, workbooks, now)
                    return filled

                for filled in pool.map(one, batch):
                    _count(made, filled)
                    progress("Formulaires", made.forms + made.already, len(esms))
    return made


@contextmanager
def _writers() -> Iterator[ThreadPoolExecutor]:
    """Those who fill and write: while one waits for the disk, another goes on. Whoever stops waits for none."""
    pool = ThreadPoolExecutor(_WRITERS)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _known(
    connection: duckdb.DuckDBPyConnection, form: Form, numbers: list[str], millesime: int, *, before: bool
) -> tuple[dict[str, dict[str, known_columns.Column]], dict[str, dict[str, str]]]:
    """What the columns of a batch of ESMS may hold, and what those told themselves."""
    if not numbers:
        return {}, {}
    columns = known_columns.columns(connection, form, numbers, millesime, before=before)
    return columns, known_columns.told(connection, form, numbers, millesime)


def _count(made: Made, filled: FilledForm) -> None:
    made.forms += 1
    made.from_dui += filled.from_dui
    for state in STATES:
        made.counts[state] += filled.count(state)


def stem(source: str, campaign: int, finess: str) -> str:
    """The name of the files of a form; that of the workbook is what its collection calls its files, where it must."""
    return f"{source.replace('_', '-')}-{campaign}_finess-{finess}"


def _begun(folder: Path, made: Made, version: str, now: datetime) -> set[str]:
    """The ESMS whose form is in the folder already, made of the same layer; none when it is of another.

    What a process that died was writing is removed.
    """
    remains.sweep(folder, stem(made.collection, made.campaign, ""))
    mark = folder / f".{made.collection}-{made.campaign}.json"
    content = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else {}
    if content.get("couche") != version:
        owner_only.write(mark, json.dumps({"couche": version, "etabli_le": clock.written(now)}).encode())
        return set()
    begun_at = mark.stat().st_mtime
    prefix = stem(made.collection, made.campaign, "")
    return {
        path.stem.removeprefix(prefix) for path in folder.glob(f"{prefix}*.xlsx") if path.stat().st_mtime >= begun_at
    }


def _write(folder: Path, filled: FilledForm, workbooks: FormWorkbooks, now: datetime) -> None:
    name = stem(filled.form.contract.id, filled.campaign, filled.esms.finess)
    owner_only.write(folder / f"{name}_colonnes.csv", owner_only.table(_HEADER, _lines(filled)))
    content = msgspec.json.format(msgspec.json.encode(as_json(filled)), indent=1)
    owner_only.write(folder / f"{name}.json", content + b"\n")
    owner_only.write(folder / f"{name}.xlsx", workbooks.of(filled, now))


_HEADER = ("Rang", "Intitulé", "Champ", "Élément", "État", "Valeur", "Pourquoi", "Source", "Année", "Reçu le", "Autres")


def _lines(filled: FilledForm) -> Iterator[Sequence[str]]:
    for rank, each in enumerate(filled.columns, start=1):
        first, *others = each.candidates or (None,)
        said = first.said if first else None
        yield (
            str(rank), each.title, each.field.name, each.field.element or "", WORDS[each.state],
            first.shown if first else str(each.cell or ""), each.reason, said.collecte if said else "",
            str(said.millesime) if said else "", f"{said.collecte_le:%d/%m/%Y}" if said and said.collecte_le else "",
            " | ".join(f"{other.shown} ({other.origin})" for other in others if other),
        )  # fmt: skip


def as_json(filled: FilledForm) -> dict[str, Any]:
    """A form for machines: the same content, each value typed, each candidate with its source."""
    return {
        "formulaire": filled.number,
        "collecte": filled.form.contract.collection,
        "source": filled.form.contract.id,
        "forme": filled.form.layout.code,
        "campagne": filled.campaign,
        "millesime": filled.millesime,
        "finess_et": filled.esms.finess,
        "etabli_le": filled.made_on.isoformat(),
        "champs": [
            {
                "intitule": each.title,
                "champ": each.field.name,
                "element_id": each.field.element,
                "composante": each.field.component,
                "etat": each.state,
                "valeur": _plain(each.cell),
                "pourquoi": each.reason,
                "candidats": [
                    {
                        "valeur": _plain(c.cell), "lue": c.shown, "source": c.said.source, "collecte": c.said.collecte,
                        "millesime": c.said.millesime, "recu_le": _plain(c.said.collecte_le),
                    }
                    for c in each.candidates
                ],
            }
            for each in filled.columns
        ],
    }  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
