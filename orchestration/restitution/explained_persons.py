"""Why two records are one person or two: what they share, the step that joined them, what forbids it.

Belongs here: reading it in the warehouse, under pseudonyms, and tracing who asked. Does not belong here: matching (dbt
does), printing (`cli.person_commands`). Nothing here is an identity; a record is named by its delivery and line, and
told by its source, its ESMS, the rule that placed it and the nature of its number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from ingest import owner_only
from ingest.home import Home
from orchestration.restitution import named_files
from orchestration.restitution.warehouse import NotReady

# What two records may share, from the surest; and what it is, in words.
_SHARED = {
    "cle_ins": "la même INS qualifiée",
    "cle_traits": "les cinq traits stricts",
    "cle_sans_lieu": "nom, prénom et naissance",
    "cle_sans_nom": "prénom, naissance et département de naissance",
    "cle_sans_prenom": "nom, naissance, sexe et département de naissance",
    "cle_sans_naissance": "nom, prénom et département de naissance",
    "cle_numero": "le même numéro (NIR, NIA ou INS)",
    "cle_nir": "le même NIR, avec prénom et naissance",
    "cle_mdph": "le même numéro de la MDPH",
}
_NEAR = {
    "cles_nom": "une écriture voisine du nom", "cles_prenom": "une écriture voisine du prénom",
    "cles_deux_prenoms": "deux prénoms",
    "cles_naissance": "une écriture voisine de la naissance",
    "cles_naissance_parties": "deux des trois parties de la naissance", "cles_numero": "le numéro avec un prénom",
    "cles_numero_traits": "le numéro, le prénom et une naissance voisine",
}  # fmt: skip
_PART = "une partie du nom, qui est le nom de l'autre"
_STEPS = {
    "1_traits": "traits", "2_nom_prenom": "nom_prenom", "3_nir": "nir", "4_proches": "proche, par les écritures",
    "5_sejours": "proche, par les séjours", "6_dossiers": "dossier", "7_entrees": "entree",
}  # fmt: skip
_PIECE = 16


class NoSuchRecord(LookupError):
    """A record that the warehouse does not hold; the message says how records are named."""


@dataclass(frozen=True)
class Named:
    """How a record is named: `delivery:line`, as rejects and manifests say it."""

    delivery: str
    line: int

    @classmethod
    def read(cls, text: str) -> Named:
        """Raises NoSuchRecord."""
        delivery, _, line = text.rpartition(":")
        if not delivery or not line.isdigit():
            raise NoSuchRecord(
                f"« {text} » : une fiche se nomme LIVRAISON:LIGNE (dlnuf status --json dit les livraisons)."
            )
        return cls(delivery, int(line))


def explain(home: Home, first: str, second: str, now: datetime) -> dict[str, Any]:
    """What the warehouse knows of two records; the question is written in the journal of preparations.

    Returns: `records` (source, ESMS, rule, `ambigu`), `one` (whether they are one person), `shared`, `step` (the one
    that joined them), `forbidden`, `pending` (pairs that look like one and were left apart).

    Raises:
        NotReady: nothing was matched yet.
        NoSuchRecord: one of them is not held.
    """
    if not home.warehouse.exists():
        raise NotReady("L'entrepôt est vide. Lancez d'abord : dlnuf run")
    named = [Named.read(text) for text in (first, second)]
    establishments: list[str] = []
    try:
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            a, b = (_record(connection, each) for each in named)
            establishments = [a["finess_et"], b["finess_et"]]
            return _explained(connection, a, b)
    finally:  # who asks about a record that is not held has asked too
        asked = {"nature": "explication", "fiches": [first, second], "finess": establishments}
        owner_only.append(named_files.journal(home), asked, now)


def _explained(connection: duckdb.DuckDBPyConnection, a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    opposed = "opposition" in (a["regle"], b["regle"])  # of who opposes matching, nothing that was compared is told
    keys = a["fiche_cle"], b["fiche_cle"]
    return {
        "records": [{name: each[name] for name in _TOLD} for each in (a, b)],
        "one": a["personne_id"] == b["personne_id"],
        "shared": [] if opposed else _shared(a, b),
        "step": None if opposed else _step(connection, *keys),
        "forbidden": ["opposition au rapprochement"] if opposed else _forbidden(a, b),
        "pending": [] if opposed else _pending(connection, *keys),
    }


_TOLD = ("source", "finess_et", "delivery_id", "ligne", "personne_id", "regle", "ambigu", "qualite_numero")


def _record(connection: duckdb.DuckDBPyConnection, named: Named) -> dict[str, Any]:
    try:
        cursor = connection.execute(
            """SELECT f.*, g.personne_id, g.regle, g.ambigu
               FROM intermediate.int_personnes__fiches f JOIN intermediate.int_personnes__groupes g USING (fiche_cle)
               WHERE f.delivery_id = ? AND f.ligne = ?""",
            [named.delivery, named.line],
        )
    except duckdb.CatalogException as error:
        raise NotReady("Aucune personne n'a encore été rapprochée. Lancez d'abord : dlnuf run") from error
    row = cursor.fetchone()
    if row is None:
        raise NoSuchRecord(f"Aucune fiche de personne à la ligne {named.line} de la livraison {named.delivery}.")
    return dict(zip([column[0] for column in cursor.description or ()], row, strict=True))


def _shared(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    whole = [said for key, said in _SHARED.items() if a[key] is not None and a[key] == b[key]]
    near = [said for key, said in _NEAR.items() if _pieces(a[key]) & _pieces(b[key])]
    parts = [(x["cles_nom_parties"], y["cles_nom"]) for x, y in ((a, b), (b, a))]
    return whole + near + [_PART] * any(_pieces(part) & _pieces(name) for part, name in parts)


def _pieces(keys: str | None) -> set[str]:
    text = keys or ""
    return {text[i : i + _PIECE] for i in range(0, len(text), _PIECE)}


def _step(connection: duckdb.DuckDBPyConnection, a: int, b: int) -> str | None:
    """The first step after which both are of one group."""
    for name, said in _STEPS.items():
        groups = connection.execute(
            f"SELECT count(DISTINCT groupe) FROM intermediate.int_personnes__etape_{name} WHERE fiche_cle IN (?, ?)",
            [a, b],
        ).fetchone()
        if groups == (1,):
            return said
    return None


def _forbidden(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    reasons = [
        f"deux {nature.upper()} propres qui se contredisent"
        for nature in ("nir", "nia")
        if None not in (numbers := {each[f"numero_{nature}"] for each in (a, b)}) and len(numbers) > 1
    ]
    given_names = [_pieces(each["cles_deux_prenoms"]) for each in (a, b)]
    same_beside = any(a[key] == b[key] is not None for key in ("cle_sans_prenom", "cle_sans_lieu"))
    if all(given_names) and not given_names[0] & given_names[1] and same_beside:
        reasons.append("deux seconds prénoms différents")
    return reasons


def _pending(connection: duckdb.DuckDBPyConnection, a: int, b: int) -> list[str]:
    """Why a pair of groups that look like one was left apart."""
    found = connection.execute(
        """SELECT p.est_interdite, p.est_separee, p.est_gemellaire
           FROM intermediate.int_personnes__paires_proches p
           JOIN intermediate.int_personnes__etape_3_nir x ON x.fiche_cle = ?
           JOIN intermediate.int_personnes__etape_3_nir y ON y.fiche_cle = ?
           WHERE NOT p.est_retenue AND p.groupe_a = least(x.groupe, y.groupe)
             AND p.groupe_b = greatest(x.groupe, y.groupe)""",
        [a, b],
    ).fetchone()
    if found is None:
        return []
    said = ("un numéro le défend", "un DUI tient les deux dossiers", "mêmes traits de jumeaux, deux prénoms")
    return [words for words, holds in zip(said, found, strict=True) if holds] or ["plusieurs fiches se ressemblent"]
