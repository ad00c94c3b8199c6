"""What the warehouse knows of a few ESMS at a time: who they are, what their columns may hold, who said what.

Belongs here: SQL that reads. Does not belong here: deciding the state of a column (the models of
`intermediate/formulaires`), writing it (`filled`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb

from data_contracts.collection_forms import Form
from ingest.home import Home
from orchestration.forms.cells import Value, text_of

RUN = "Remède : « dlnuf run », puis relancer."


class NotReady(RuntimeError):
    """The warehouse does not hold what is needed; the message says the remedy."""


class NobodyAsked(ValueError):
    """No ESMS of those named is asked by this collection; the message says why."""


@dataclass(frozen=True)
class Esms:
    """Whom a form is for. public: the domain of its category; None when it is of several, or unknown."""

    finess: str
    nom: str | None
    categorie: str | None
    departement: str | None
    public: str | None


@dataclass(frozen=True)
class Said:
    """One answer to the question of a column: what, who, for which year, when, and the row that it stands on."""

    value: Value
    source: str
    collecte: str
    millesime: int
    collecte_le: date | None
    delivery: str
    line: int
    alerte: str | None = None
    reserved: bool = False


@dataclass(frozen=True)
class Column:
    """What a column may hold: its state, why, the answer that comes first, and all of them, that one first."""

    state: str
    reason: str
    first: Said
    candidates: tuple[Said, ...]


@contextmanager
def opened(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, to be read.

    Raises:
        NotReady: there is none, it was built by an earlier version, or it is in use.
    """
    if not home.warehouse.exists():
        raise NotReady(f"L'entrepôt n'est pas construit : rien n'y est connu des établissements. {RUN}")
    try:
        connection = duckdb.connect(str(home.warehouse), read_only=True)
    except duckdb.IOException as error:
        raise NotReady("L'entrepôt est ouvert par un autre processus. Remède : attendre sa fin, relancer.") from error
    with connection:
        there = connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_name = 'int_formulaires__champs'"
        ).fetchone()
        if not there or not there[0]:
            raise NotReady(f"L'entrepôt ne prépare pas encore les formulaires : il est d'avant eux. {RUN}")
        yield connection


def last_year(connection: duckdb.DuckDBPyConnection, form: Form) -> int | None:
    """The last year about which an answer of the collection is held, else about which any ESMS answered anything."""
    row = connection.execute(
        """SELECT coalesce(max(millesime) FILTER (WHERE source = ?), max(millesime)) FROM dlnuf.dlnuf_valeurs
           WHERE unite = 'ET' AND source <> 'finess'""",
        [form.contract.id],
    ).fetchone()
    return row[0] if row else None


def version(connection: duckdb.DuckDBPyConnection) -> str:
    """What tells one state of the layer from another: a form made from the same one need not be made again."""
    row = connection.execute(
        """SELECT count(*) || '-' || coalesce(max(recu_le)::VARCHAR, '') FROM raw.livraisons"""
    ).fetchone()
    return row[0] if row else ""


def asked(
    connection: duckdb.DuckDBPyConnection,
    form: Form,
    *,
    finess: str | None = None,
    departement: str | None = None,
) -> list[Esms]:
    """The open ESMS that the collection asks, in the order of their numbers: one, those of a département, or all.

    Raises:
        NobodyAsked: there is none.
    """
    rows = connection.execute(
        """SELECT e.finess_et, e.raison_sociale, e.categorie_code, e.departement_code,
                  CASE WHEN c.domaine IN ('PA', 'PH_ENFANT', 'PH_ADULTE') THEN c.domaine END, e.est_ouvert
           FROM intermediate.int_finess__et_courant e
           LEFT JOIN seeds.categories_finess c ON e.categorie_code = c.code
           WHERE ($1 IS NULL OR e.finess_et = $1) AND ($2 IS NULL OR e.departement_code = $2)
             AND ($1 IS NOT NULL OR (e.est_ouvert AND c.est_esms))
           ORDER BY e.finess_et""",
        [finess, departement],
    ).fetchall()
    wanted = form.contract.respondents
    found = [Esms(*row[:5]) for row in rows if row[5] and (not wanted or row[2] in wanted)]
    if found:
        return found
    if finess and rows:
        closed = "" if rows[0][5] else " Il est fermé d'après FINESS."
        raise NobodyAsked(
            f"« {form.contract.name} » n'est pas demandé à l'établissement {finess} (catégorie {rows[0][2]}).{closed}"
        )
    where = f"établissement {finess}" if finess else f"établissement du département {departement}"
    raise NobodyAsked(f"Aucun {where} n'est connu de FINESS, ou n'est interrogé par « {form.contract.name} ».")


def columns(
    connection: duckdb.DuckDBPyConnection, form: Form, finess: Sequence[str], millesime: int, *, before: bool
) -> dict[str, dict[str, Column]]:
    """FINESS -> field -> what its column may hold, for the ESMS named. A field that is not there is to be asked.

    before: as before anybody answered this campaign. What a grouped answer says is for the ESMS that answers so.
    """
    found: dict[str, dict[str, Column]] = {}
    if not finess:
        return found
    among = _among(finess)
    said = _said(connection, form, among)
    rows = connection.execute(
        f"""SELECT unite_id, champ, perimetre, etat, raison, element_id, composante, base_temporelle, {_SAID}
            FROM intermediate.int_formulaires__champs
            WHERE formulaire = {_listed([form.contract.id])} AND millesime_demande = {int(millesime)}
              AND avant_reponses = {bool(before)} AND avec_reservees AND {among}
            ORDER BY unite_id, rang_champ"""
    ).fetchall()
    grouped = _grouped(rows, form)
    for unit, champ, perimeter, state, reason, element, component, basis, *answer in rows:
        if perimeter != ("groupe" if unit in grouped and basis != "validite" else "site"):
            continue
        first = _read(answer)
        question = (unit, perimeter, first.millesime, element, component, basis)
        others = [one for one in said.get(question, []) if one != first]
        if before:
            others = [one for one in others if (one.source, one.millesime) != (form.contract.id, millesime)]
        found.setdefault(unit, {})[champ] = Column(state, reason, first, (first, *others))
    return found


def told(
    connection: duckdb.DuckDBPyConnection, form: Form, finess: Sequence[str], millesime: int
) -> dict[str, dict[str, str]]:
    """FINESS -> field -> what the ESMS itself told the collection about the year, as the cells of its form write it.

    The last row that it sent, of the channel that the form is in.
    """
    entity = form.entity
    fields = list({field.name: field for field in form.columns.values()}.values())
    rank = f'"{entity.tie_break_field}" DESC NULLS LAST, ' if entity.tie_break_field else ""
    names = ", ".join(f'"{field.name}"' for field in fields)
    rows = connection.execute(
        f"""SELECT "{entity.unit_field}", {names} FROM raw."{form.contract.id}__{entity.name}"
            WHERE "{entity.unit_field}" IN ({_listed(finess)}) AND millesime = ? AND _est_courante
            QUALIFY row_number() OVER (
                PARTITION BY "{entity.unit_field}"
                ORDER BY {rank}_collecte_le DESC NULLS LAST, _recu_le DESC, _ligne DESC
            ) = 1""",
        [millesime],
    ).fetchall()
    return {
        unit: {field.name: text_of(field, cell) for field, cell in zip(fields, row, strict=True) if cell is not None}
        for unit, *row in rows
    }


def _among(finess: Sequence[str]) -> str:
    """Which ESMS, as SQL says it: the bounds go through the windows of views, a list of names does not.

    A batch whose numbers follow each other is read for the price of what it holds.
    """
    first, last = (_listed([bound]) for bound in (min(finess), max(finess)))
    return f"unite_id BETWEEN {first} AND {last} AND unite_id IN ({_listed(finess)})"


def _listed(texts: Iterable[str]) -> str:
    """Texts as SQL writes them: filters go through views when they are constants, not parameters."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)


_SAID = """valeur_nombre, valeur_texte, valeur_date, source, collecte, millesime, collecte_le, delivery_id, ligne,
           alerte, est_reservee"""


def _read(answer: Sequence[object]) -> Said:
    number, text, day, *rest = answer
    return Said(Value(number, text, day), *rest)  # type: ignore[arg-type]  # as the query gives them


def _grouped(rows: Sequence[Sequence[object]], form: Form) -> set[object]:
    """The ESMS whose last answer to the collection was for several sites."""
    field = form.entity.perimeter_field
    return {row[0] for row in rows if row[1] == field and row[2] == "groupe"}


def _said(connection: duckdb.DuckDBPyConnection, form: Form, among: str) -> dict[tuple[object, ...], list[Said]]:
    """Question -> every voice that answers it, the retained one first."""
    rows = connection.execute(
        f"""SELECT v.unite_id, v.perimetre, v.millesime, v.element_id, v.composante, v.base_temporelle, {_SAID}
            FROM intermediate.int_formulaires__voix v
            WHERE {among}
              AND v.element_id IN ({_listed({each.element for each in form.asked.values() if each.element})})
            ORDER BY v.rang, v.source, v.delivery_id, v.ligne"""
    ).fetchall()
    found: dict[tuple[object, ...], list[Said]] = {}
    for *question, number, text, day, source, collecte, year, on, delivery, line, alert, reserved in rows:
        answer = Said(Value(number, text, day), source, collecte, year, on, delivery, line, alert, reserved)
        found.setdefault(tuple(question), []).append(answer)
    return found
