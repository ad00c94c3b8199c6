"""One form of one ESMS: its columns in order, the state of each, what its cell holds, and what it says on return.

Belongs here: putting together the layout of the contract and what is known. Does not belong here: deciding between
answers (dbt), writing files (`workbook`, `production`).

    prefilled    somebody said it: the cell holds it
    to confirm   answers disagree, or the only one is doubtful, old, or alone: the cell is empty, all are shown
    to ask       nobody knows
    not asked    the column is not for an ESMS of this public, or is not for an ESMS to fill
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache

from data_contracts.collection_forms import Form, heading, rule
from data_contracts.contract import Field
from data_contracts.loading import load_contracts
from ingest import clock
from ingest.returned_forms import PREFILLED, TO_CONFIRM, Proposed, State
from orchestration.forms import cells
from orchestration.forms.cells import Typed
from orchestration.forms.known_columns import Column, Esms, Said

TO_ASK, NOT_ASKED = "a_demander", "non_demande"
STATES = (PREFILLED, TO_CONFIRM, TO_ASK, NOT_ASKED)
IDENTITY = "identite"  # the number of the establishment and the year: not a question
_REASONS = {
    "divergent": "les réponses diffèrent",
    "douteux": "la valeur est hors de ce qui est vraisemblable",
    "perime": "la réponse est trop ancienne pour être reprise",
    "seul": "une seule source répond",
    "incoherent": "sa ligne ne respecte pas une règle de cohérence de sa collecte",
    "autre_gestionnaire": "sa ligne nomme un autre gestionnaire que FINESS",
    "evolution": "la réponse s'écarte beaucoup de celle de l'année précédente",
    "inchange": "la réponse est exactement celle de l'année précédente",
    "confirme": "confirmé par l'établissement",
    "deja_repondu": "déjà répondu à cette campagne",
    "concordant": "plusieurs sources s'accordent",
    "source_sure": "source de référence",
    "autre_forme": "la réponse n'entre pas dans la forme de cette colonne",
}


@dataclass(frozen=True)
class Candidate:
    """An answer that is shown: as the cell would hold it (None: it cannot), as people read it, and where it is from."""

    cell: Typed | None
    shown: str
    origin: str
    said: Said


@dataclass(frozen=True)
class Filled:
    """One column of a form. cell: what it holds; None when it is empty. reason: why its state, in French."""

    title: str
    field: Field
    state: str
    cell: Typed | None = None
    reason: str = ""
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class FilledForm:
    """A form for one ESMS and one campaign, which asks about a year.

    own: by field, what the ESMS itself already told this campaign, as its cells write it.
    """

    form: Form
    esms: Esms
    campaign: int
    made_on: date
    columns: tuple[Filled, ...] = field(default_factory=tuple)
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def millesime(self) -> int:
        return self.campaign - 1

    @cached_property
    def number(self) -> str:
        """Tells a form from another of the same ESMS and campaign, filled otherwise."""
        held = repr([(each.title, each.state, each.cell) for each in self.columns]).encode()
        return f"{self.form.contract.id}-{self.campaign}-{self.esms.finess}-{hashlib.sha256(held).hexdigest()[:8]}"

    def count(self, state: str) -> int:
        return sum(each.state == state for each in self.columns)

    @property
    def from_dui(self) -> int:
        """The prefilled columns that its own DUI gives: counts of persons that it need not make again."""
        return sum(each.state == PREFILLED and each.candidates[0].said.collecte == "DUI" for each in self.columns)

    def state(self) -> State:
        """What travels with the form, to be compared on return."""
        contract, layout, makes_row = self.form.contract, self.form.layout, self.form.entity.makes_row
        proposed = {
            each.field.name: Proposed(
                state=each.state,
                text=cells.text_of(each.field, first.cell),
                source=first.said.source,
                delivery=first.said.delivery,
                line=first.said.line,
                kept=each.field.name in self.form.needed  # without it there is no row, or another meaning
                or (first.said.source, first.said.millesime) == (contract.id, self.millesime),
            )
            for each in self.columns
            if each.state in (PREFILLED, TO_CONFIRM) and each.candidates
            if (first := each.candidates[0]).cell is not None
        }
        return State(
            number=self.number,
            source=contract.id,
            layout=layout.code,
            campaign=self.campaign,
            millesime=self.millesime,
            finess=self.esms.finess,
            made_on=self.made_on.isoformat(),
            cells=proposed,
            held={
                each.field.name: text
                for each in self.columns
                if (text := self.own.get(each.field.name))
                and self._is_another(each, proposed)
                and not makes_row(each.field)
            },
        )

    def _is_another(self, each: Filled, proposed: Mapping[str, Proposed]) -> bool:
        """Whether a cell was not filled with the own word of the ESMS."""
        held = proposed.get(each.field.name)
        return each.cell is None or (held is not None and not held.kept)


def fill(
    form: Form,
    esms: Esms,
    campaign: int,
    known: Mapping[str, Column],
    now: datetime,
    own: Mapping[str, str] | None = None,
) -> FilledForm:
    """The form of an ESMS. known: field -> what its column may hold. own: what it already told this campaign."""
    year_field = form.layout.millesime.get("field")
    columns: list[Filled] = []
    for key, each in form.columns.items():
        title = heading(key)
        if each.name == form.entity.unit_field:
            columns.append(Filled(title, each, IDENTITY, esms.finess))
        elif each.name == year_field:
            columns.append(Filled(title, each, IDENTITY, campaign - 1))
        elif each.name not in form.asked and form.entity.makes_row(each):
            columns.append(Filled(title, each, TO_ASK))  # the number of a deposit: there is no row without it
        elif each.name not in form.asked or not _concerns(each, esms):
            columns.append(Filled(title, each, NOT_ASKED))
        elif (column := known.get(each.name)) is None:
            columns.append(Filled(title, each, TO_ASK))
        else:
            columns.append(_proposed(title, each, column))
    return FilledForm(form, esms, campaign, clock.day(now), tuple(columns), own or {})


def _concerns(each: Field, esms: Esms) -> bool:
    """Whether a column is about the public of an ESMS; one of several publics, or unknown, is asked everything."""
    publics = rule(each.element or "").publics
    return not publics or esms.public is None or esms.public in publics


def _proposed(title: str, each: Field, column: Column) -> Filled:
    candidates = _distinct([_candidate(each, said) for said in column.candidates])
    first = candidates[0]
    if first.cell is None:
        return Filled(title, each, TO_CONFIRM, None, _REASONS["autre_forme"], candidates)
    reason = _REASONS.get(column.reason, column.reason)
    return Filled(title, each, column.state, first.cell if column.state == PREFILLED else None, reason, candidates)


def _candidate(each: Field, said: Said) -> Candidate:
    cell = cells.written(each, said.value)
    value = said.value
    raw = cell if cell is not None else value.texte or value.jour or value.nombre or 0
    on = f", reçu le {said.collecte_le:%d/%m/%Y}" if said.collecte_le else ""
    doubt = " (douteux)" if said.alerte else ""
    return Candidate(cell, cells.shown(each, raw), f"{_name(said)}, année {said.millesime}{on}{doubt}", said)


@lru_cache
def _names() -> dict[str, str]:
    """Source -> what people call it: its name up to what specifies it."""
    return {source: re.split(r" ?[(,:]", contract.name)[0].strip() for source, contract in load_contracts().items()}


def _name(said: Said) -> str:
    return _names().get(said.source, said.collecte)


def _distinct(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    """One candidate a value, the first to say it; the others that say it are named with it."""
    merged: dict[str, Candidate] = {}
    for each in candidates:
        before = merged.get(each.shown)
        if before is None:
            merged[each.shown] = each
        elif each.origin not in before.origin:
            merged[each.shown] = Candidate(before.cell, before.shown, f"{before.origin} ; {each.origin}", before.said)
    return tuple(merged.values())
