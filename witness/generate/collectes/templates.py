"""JSON templates filled column-wise: a record per row of a frame, without building one Python object.

Belongs here: turning a nested template into a polars expression, Lambert-93. Does not belong here: FINESS.
Texts put in a template must not hold a quote or a backslash: the generator's never do.
"""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl

from witness.generate.streams import Flottants

_MARQUE = "\x00{}\x00"


class Champ(str):
    """Place of a column in a template: text between quotes, or `null`."""


def gabarit(modele: object) -> pl.Expr:
    """Expression that writes a template: a `Champ` leaf is the text of a column, an expression already is JSON."""
    champs: list[pl.Expr] = []

    def feuille(objet: object) -> object:
        if isinstance(objet, Champ):
            colonne = pl.col(str(objet)).cast(pl.String)
            champs.append(pl.when(colonne.is_null()).then(pl.lit("null")).otherwise(pl.concat_str(
                pl.lit('"'), colonne, pl.lit('"'))))  # fmt: skip
            return _MARQUE
        if isinstance(objet, pl.Expr):
            champs.append(objet)
            return _MARQUE
        if isinstance(objet, dict):
            return {cle: feuille(valeur) for cle, valeur in objet.items()}
        if isinstance(objet, list):
            return [feuille(valeur) for valeur in objet]
        return objet

    texte = json.dumps(feuille(modele), ensure_ascii=False, separators=(",", ":"))
    morceaux = texte.split(json.dumps(_MARQUE, ensure_ascii=False))
    parties: list[pl.Expr] = [pl.lit(morceaux[0])]
    for champ, morceau in zip(champs, morceaux[1:], strict=True):
        parties += [champ, pl.lit(morceau)]
    return pl.concat_str(parties)


def tableau(*elements: pl.Expr) -> pl.Expr:
    """JSON array of the elements that are not null."""
    return pl.concat_str(pl.lit("["), pl.concat_str(elements, separator=",", ignore_nulls=True), pl.lit("]"))


def lambert_93(longitude: Flottants, latitude: Flottants) -> tuple[Flottants, Flottants]:
    """Projected X, Y (metres) of WGS84 coordinates in metropolitan France (IGN, parallels 44° and 49°)."""
    e, n, c = 0.0818191910428158, 0.7256077650532670, 11754255.4260960
    lambda0, xs, ys = math.radians(3.0), 700_000.0, 12_655_612.0498760
    phi, lam = np.radians(latitude), np.radians(longitude)
    iso = np.arctanh(np.sin(phi)) - e * np.arctanh(e * np.sin(phi))
    rayon = c * np.exp(-n * iso)
    gamma = n * (lam - lambda0)
    return xs + rayon * np.sin(gamma), ys - rayon * np.cos(gamma)
