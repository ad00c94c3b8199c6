"""What is prepared for one ESMS, from reading its rows to writing the files and their trace.

Belongs here: the four preparations, the names of their files. Does not belong here: what stands in each (`resid_file`,
`sdo_tasks`, `viatrajectoire_table`, `work_list`), the command.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from data_contracts.guides import guide
from data_contracts.person_role import GIVE_BACKS
from data_contracts.profiles import ESMS, profiles
from ingest import clock
from ingest.home import Home
from orchestration.restitution import dui_told, named_files, resid_file, sdo_tasks, viatrajectoire_table, work_list
from orchestration.restitution.known import PA, PH, Doubt, Etablissement
from orchestration.restitution.named_files import Written
from orchestration.restitution.resid_file import EVERYBODY, Month
from orchestration.restitution.warehouse import RUN, NotReady

KINDS = GIVE_BACKS


class NotAllowed(NotReady):
    """Nobody declared that an ESMS may read what it is given back."""

    def __init__(self) -> None:
        super().__init__(
            "Le profil « esms » de data_contracts/profiles.yaml ne lit pas les nombres exacts de personnes : "
            "rien n'est préparé."
        )


@dataclass(frozen=True)
class Prepared:
    """What was prepared: rows by file, what is to be confirmed by subject; nothing nominative.

    nothing: why no row is there, in French; empty when there is one. files: what was written, empty when no folder was
    named. notes: what the ESMS must know, in French.
    """

    kind: str
    finess: str
    month: str | None
    rows: dict[str, int]
    to_confirm: dict[str, int]
    opposed: int
    nothing: str = ""
    files: list[Written] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Content:
    """A file to be: its name, how many rows, and how it is written."""

    name: str
    rows: int
    write: Callable[[Path], Written]


def prepare(
    home: Home,
    kind: str,
    finess: str,
    *,
    now: datetime,
    month: Month | None = None,
    out: Path | None = None,
) -> Prepared:
    """Prepares one kind for an ESMS. out: where to write; None: nothing is written. The caller holds the home's lock.

    month: of RESID-ESMS only; by default the last one that was over when the DUI was exported.

    Raises:
        NotAllowed: profiles do not say that an ESMS reads the exact numbers of its persons.
        WrongFolder: the folder cannot receive names; nothing was read.
        NoNames, Unreadable: names cannot be read.
        NotReady: the DUI of the ESMS was never received, or (but for RESID-ESMS) the layer was not built.
    """
    if not profiles()[ESMS].reads_exact_persons:
        raise NotAllowed
    folder = named_files.folder(out, home) if out else None
    on = clock.day(now)
    esms = dui_told.read(home, finess, on, kind)
    if not esms.compared and kind != "resid":
        raise NotReady(f"L'entrepôt n'a pas encore rapproché les personnes et les séjours des systèmes. {RUN}")
    chosen = (month or _last_month(esms.exporte_le or on)) if kind == "resid" else None
    contents, doubts = _prepared(kind, esms, chosen, now)
    outcome = Prepared(
        kind=kind,
        finess=finess,
        month=str(chosen) if chosen else None,
        rows={content.name: content.rows for content in contents},
        to_confirm=_by_subject(doubts),
        opposed=esms.opposed,
        nothing="" if any(content.rows for content in contents) else nothing(kind, esms, doubts),
        notes=_notes(kind, esms),
    )
    if folder is None:
        return outcome
    names = {d.identity.dossier: d.identity.full_name for d in esms.dossiers}
    outcome.files.extend(content.write(folder / content.name) for content in contents if content.rows)
    if doubts:
        lines = [
            (d.ligne, d.dossier, names.get(d.dossier, d.personne), d.sejour, d.champ, d.constat, d.valeur, d.todo)
            for d in doubts
        ]
        label = str(chosen or f"{on:%Y-%m-%d}")
        path = folder / f"a_confirmer_{kind}_{label}_{finess}.csv"
        outcome.files.append(named_files.table(path, named_files.HEADER_OF_DOUBTS, lines))
    named_files.trace(home, finess, kind, outcome.files, now, mois=outcome.month, oppositions=esms.opposed)
    return outcome


def _prepared(
    kind: str, esms: Etablissement, month: Month | None, now: datetime
) -> tuple[list[_Content], Sequence[Doubt]]:
    on = clock.day(now)
    if month is not None:
        made = resid_file.prepare(esms, month)
        # The name and the form that our own reader expects: no mark before the first title.
        return [_table(f"resid_esms_{month}_{esms.finess}.csv", resid_file.COLUMNS, made.rows, mark=False)], made.doubts
    if kind == "viatrajectoire":
        lines = viatrajectoire_table.prepare(esms) if esms.domaine != PH else viatrajectoire_table.Prepared([], [])
        name = f"mises_a_jour_viatrajectoire_{on}_{esms.finess}.csv"
        return [_table(name, viatrajectoire_table.COLUMNS, lines.rows)], lines.doubts
    if kind == "sdo":
        tasks = sdo_tasks.prepare(esms, now) if esms.domaine != PA else sdo_tasks.Prepared([], [])
        # One file a task, for each is posted by itself; their names say the order.
        return [
            _task(f"sdo_{on}_{esms.finess}_{rank:03d}_{message.event}.json", message.task)
            for rank, message in enumerate(tasks.messages, 1)
        ], tasks.doubts
    return [_table(f"ecarts_{on}_{esms.finess}.csv", work_list.COLUMNS, work_list.prepare(esms))], []


def nothing(kind: str, esms: Etablissement, doubts: Sequence[Doubt]) -> str:
    """Why no row of a kind is there, in French."""
    if (kind, esms.domaine) in (("sdo", PA), ("viatrajectoire", PH)):
        return "rien à préparer par cette commande."
    if any(doubt.dossier != EVERYBODY for doubt in doubts):
        return "rien n'est prêt à envoyer : ce qui est à confirmer dit ce qui manque."
    if kind == "resid":
        return "rien à préparer : aucun séjour ne couvre ce mois."
    if kind != "ecarts" and not esms.vt_compared:
        return (
            "rien à préparer : rien de reçu de ViaTrajectoire ne dit ce qu'il sait de ces séjours. Remède : livrer son "
            "dernier export, puis « dlnuf run »."
        )
    return "rien à préparer : les systèmes disent la même chose, ou aucun séjour ne les concerne."


def _table(name: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, mark: bool = True) -> _Content:
    return _Content(name, len(rows), lambda path: named_files.table(path, header, rows, mark=mark))


def _task(name: str, task: dict[str, object]) -> _Content:
    return _Content(name, 1, lambda path: named_files.document(path, task, 1))


def _last_month(on: date) -> Month:
    """The last month that is over on a day: its own last day counts."""
    this = Month(on.year, on.month)
    if on == this.last:
        return this
    before = this.plus(-1)
    return Month(before.year, before.month)


def _by_subject(doubts: Sequence[Doubt]) -> dict[str, int]:
    """Field -> lines to be confirmed, those about one person only."""
    found: dict[str, int] = {}
    for doubt in doubts:
        if doubt.dossier != EVERYBODY:
            found[doubt.champ] = found.get(doubt.champ, 0) + 1
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _notes(kind: str, esms: Etablissement) -> list[str]:
    """What is not done for this ESMS, and why."""
    notes: list[str] = []
    if kind == "viatrajectoire" and esms.domaine == PH:
        notes.append("Établissement pour personnes handicapées : ses statuts se préparent avec « dlnuf prepare sdo ».")
    if kind == "sdo" and esms.domaine == PA:
        notes.append("Établissement pour personnes âgées : voir « dlnuf prepare viatrajectoire ».")
    if kind == "resid":
        notes.append(
            "Format : le nôtre. Celui de la Cnam n'est pas public : ces colonnes sont celles que fixe le CASF "
            "R314-105-3, à adapter à son dépôt."
        )
    if kind == "viatrajectoire" and esms.domaine != PH:
        notes.append("Format : le nôtre. ViaTrajectoire grand âge n'en publie pas : ces lignes sont à y saisir.")
    if kind == "sdo" and esms.domaine != PA:
        followed = guide("sdo").declared
        notes.append(f"Format public : guide « {followed.title} » de l'ANS, version {followed.version} (POST Task).")
    return notes
