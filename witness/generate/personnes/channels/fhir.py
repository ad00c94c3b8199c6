"""FHIR resources written from columns: a template whose leaves are expressions becomes the JSON text of all rows.

Belongs here: templates, bundles, the ways of saying common to TDDUI and SDO. Does not belong here: any resource.
A part whose expressions are all unknown on a row is left out of it, as FHIR has no null ; a list keeps its constant
parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

Modele = Mapping[str, Any]
_NU = "@nu"  # name of the leaves that are written without quotes


@dataclass
class _Requis:
    """Text there on every row: constants and columns, in order."""

    morceaux: list[str | pl.Expr]


@dataclass
class _Option:
    """Text that is null on the rows where the part is left out."""

    texte: pl.Expr


_Noeud = str | _Requis | _Option | None


def ecrire(table: pl.DataFrame, modele: Modele) -> pl.Series:
    """JSON text of each row. Leaves: constants, or expressions of text ; of anything else, see `nu`."""
    if len(table) == 0:
        return pl.Series(dtype=pl.String)
    feuilles: list[pl.Expr] = []
    numerote = _numeroter(modele, feuilles)
    valeurs = table.select(feuilles)
    vides = valeurs.null_count().row(0)
    noeud = _texte(numerote, dict(zip(valeurs.columns, vides, strict=True)), len(valeurs))
    if not isinstance(noeud, _Requis):
        raise ValueError("un modèle a au moins une feuille connue sur toutes les lignes")
    return valeurs.select(_concat(noeud.morceaux)).to_series()


def nu(valeur: pl.Expr) -> pl.Expr:
    """A leaf that is written without quotes: number, Boolean, or JSON already."""
    return valeur.cast(pl.String).alias(_NU)


def bundle(genre: str, entrees: Iterable[pl.Series]) -> tuple[bytes, int]:
    """A Bundle of entries already written, and how many there are."""
    morceaux = [s for s in entrees if len(s)]
    corps = ",\n".join(s.str.join(",\n").item() for s in morceaux)
    return f'{{"resourceType":"Bundle","type":"{genre}","entry":[\n{corps}\n]}}\n'.encode(), sum(map(len, morceaux))


def entree(modele: Modele) -> Modele:
    """Entry of a transaction: the resource, and that it is to be created."""
    url = pl.concat_str(pl.lit("urn:uuid:"), modele["id"])
    return {"fullUrl": url, "resource": modele, "request": {"method": "POST", "url": modele["resourceType"]}}


def concept(systeme: str, code: pl.Expr | str) -> Modele:
    """CodeableConcept of one coding."""
    return {"coding": [{"system": systeme, "code": code}]}


def extension(url: str, nature: str, valeur: Any) -> Modele:
    """Extension of a simple value."""
    return {"url": url, f"value{nature}": valeur}


def reference(vers: pl.Expr) -> Modele:
    return {"reference": pl.concat_str(pl.lit("urn:uuid:"), vers)}


@dataclass
class _Feuille:
    nom: str
    nue: bool


def _numeroter(noeud: Any, feuilles: list[pl.Expr]) -> Any:
    """The template with the name of a column in the place of each expression."""
    if isinstance(noeud, pl.Expr):
        nue = noeud.meta.output_name(raise_if_undetermined=False) == _NU
        feuilles.append(noeud.alias(f"f{len(feuilles)}"))
        return _Feuille(f"f{len(feuilles) - 1}", nue)
    if isinstance(noeud, Mapping):
        return {cle: _numeroter(valeur, feuilles) for cle, valeur in noeud.items()}
    if isinstance(noeud, list | tuple):
        return [_numeroter(valeur, feuilles) for valeur in noeud]
    return noeud


def _texte(noeud: Any, vides: Mapping[str, int], n: int) -> _Noeud:
    """Text of a part ; None when it is left out everywhere."""
    if isinstance(noeud, _Feuille):
        if vides[noeud.nom] == n:
            return None
        marque = "" if noeud.nue else '"'
        morceaux: list[str | pl.Expr] = [marque, pl.col(noeud.nom), marque]
        return _Option(_concat(morceaux)) if vides[noeud.nom] else _Requis(morceaux)
    if isinstance(noeud, Mapping):
        return _assembler([(f"{json.dumps(c)}:", _texte(v, vides, n)) for c, v in noeud.items()], "{}")
    if isinstance(noeud, list):
        return _assembler([("", _texte(v, vides, n)) for v in noeud], "[]")
    return json.dumps(noeud, ensure_ascii=False)


def _assembler(enfants: list[tuple[str, _Noeud]], bords: str) -> _Noeud:
    restent = [(cle, e) for cle, e in enfants if e is not None]
    connus = [e for _, e in restent]
    if all(isinstance(e, str) for e in connus):
        if len(connus) < len(enfants) and bords == "{}":
            return None  # nothing varies in it any more
        return bords[0] + ",".join(f"{cle}{e}" for cle, e in restent) + bords[1] if connus or not enfants else None
    toujours = any(isinstance(e, _Requis) for e in connus) or (
        bords == "[]" and any(isinstance(e, str) for e in connus)
    )
    if toujours:
        return _Requis([bords[0], *_virgules(restent), bords[1]])
    options = [e.texte for e in connus if isinstance(e, _Option)]
    if len(options) == 1:  # null where its only varying part is
        morceaux: list[str | pl.Expr] = [bords[0]]
        for i, (cle, e) in enumerate(restent):
            morceaux += ["," if i else "", cle, e.texte if isinstance(e, _Option) else str(e)]
        return _Option(_concat([*morceaux, bords[1]]))
    parties = [_concat([cle, e.texte if isinstance(e, _Option) else str(e)]) for cle, e in restent]
    corps = pl.concat_str(parties, separator=",", ignore_nulls=True)
    existe = pl.any_horizontal(o.is_not_null() for o in options)
    return _Option(pl.when(existe).then(pl.concat_str(pl.lit(bords[0]), corps, pl.lit(bords[1]))))


def _virgules(enfants: Sequence[tuple[str, _Noeud]]) -> list[str | pl.Expr]:
    """Parts and their commas: an optional one brings its own, before the first that is always there, or after it."""
    morceaux: list[str | pl.Expr] = []
    commence = False
    for cle, e in enfants:
        if isinstance(e, _Option):
            bouts = [",", cle, e.texte] if commence else [cle, e.texte, ","]
            morceaux.append(_concat(bouts).fill_null(""))
            continue
        morceaux += [",", cle] if commence else [cle]
        morceaux += e.morceaux if isinstance(e, _Requis) else [str(e)]
        commence = True
    return morceaux


def _concat(morceaux: list[str | pl.Expr]) -> pl.Expr:
    """Pieces in order, the constants that follow each other as one."""
    reunis: list[str | pl.Expr] = []
    for m in morceaux:
        if isinstance(m, str) and reunis and isinstance(reunis[-1], str):
            reunis[-1] += m
        elif not isinstance(m, str) or m:
            reunis.append(m)
    return pl.concat_str(pl.lit(m) if isinstance(m, str) else m for m in reunis)
