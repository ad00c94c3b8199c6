"""What a delivery states once written: its answers, what they are worth, its questions left empty.

Belongs here: the rows of `verite/reponses/` and `verite/vides.parquet`, and the judgement of an answer against the
truth. Does not belong here: the truth itself (`truth_files`), what spoilt the answers (`disagreements`, `injection`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from witness.generate.defects import Question
from witness.generate.injection import Ecrites
from witness.generate.sheet import Colonne, Feuille, cles, largeur, tolerances, unite_mesure
from witness.generate.streams import Flottants

CLE = {
    "unite": pl.String,
    "unite_id": pl.String,
    "perimetre": pl.String,
    "millesime": pl.Int32,
    "element_id": pl.String,
    "composante": pl.String,
    "base_temporelle": pl.String,
}
VALEUR = {"valeur_nombre": pl.Float64, "valeur_texte": pl.String, "valeur_date": pl.Date}
SCHEMA = {
    "livraison": pl.String,
    "ligne": pl.Int64,
    "source": pl.String,
    "document": pl.String,
    **CLE,
    "champ": pl.String,
    **VALEUR,
    "rang_depot": pl.String,
    "recu_rang": pl.Int32,
    "est_juste": pl.Boolean,
}
SCHEMA_VIDES = {"livraison": pl.String, "ligne": pl.Int64, **CLE, "champ": pl.String, "motif": pl.String}
assert tuple(CLE) == Question._fields


class Origine(NamedTuple):
    """Where an answer comes from."""

    livraison: str
    source: str
    document: str
    recu_rang: int


def valeurs_texte(variable: str, textes: pl.Series) -> pl.Series:
    """Texts in their canonical writing: yes and no in small letters."""
    return textes.str.to_lowercase() if unite_mesure(variable) == "booleen" else textes


def justes(variable: str, reponses: Flottants, vrais: Flottants, arrondi: float = 0.0) -> np.ndarray:
    """Numbers within the tolerance of the element of what is true (canonical unit) ; false when nothing is true.

    An element without a tolerance in numbers is right to the rounding of its column.
    """
    ecart = largeur(variable, vrais)
    with np.errstate(invalid="ignore"):
        permis = np.maximum(arrondi, 0.0 if ecart is None else ecart) + 1e-6
        return np.abs(reponses - vrais) <= permis


def jours_justes(variable: str, reponses: pl.Series, vrais: pl.Series) -> np.ndarray:
    """Dates within the days that the element tolerates."""
    nature, valeur = tolerances()[variable]
    jours = valeur if nature == "date" else 0.0
    ecart = (reponses - vrais).dt.total_days().abs()
    return (ecart <= jours).fill_null(False).to_numpy()


def textes_justes(variable: str, reponses: pl.Series, vrais: pl.Series) -> np.ndarray:
    """Texts that say the same: equal but for case, or sets that share enough."""
    egaux = (reponses.str.to_lowercase() == vrais.str.to_lowercase()).fill_null(False).to_numpy().copy()
    nature, valeur = tolerances()[variable]
    if nature == "ensemble":
        for i in np.flatnonzero(~egaux).tolist():
            a, b = (set((s[i] or "").lower().split(",")) - {""} for s in (reponses, vrais))
            egaux[i] = bool(a and b) and len(a & b) >= valeur * len(a | b)
    return egaux


def reponses(feuille: Feuille, colonnes: list[Colonne], ecrites: Ecrites, origine: Origine) -> Iterator[pl.DataFrame]:
    """Answers of a table, one frame per column that puts a question ; rows that writing destroyed are not answers."""
    for colonne, vrai, lignes, champ, connues in _cellules(feuille, colonnes, ecrites):
        garde = connues & ecrites.lisible
        rangs, temoins = ecrites.rangs[garde], ecrites.temoin[garde]
        variable = colonne.variable or ""
        sans_temoin = temoins < 0
        if colonne.textes is None:
            nombres = colonne.ecrits()[rangs] * colonne.facteur
            vrais = vrai.connus() if vrai.verite is None else vrai.verite
            verite = np.where(sans_temoin, np.nan, vrais[temoins] * vrai.facteur)
            valeurs = {"valeur_nombre": nombres}
            juste = justes(variable, nombres, verite, colonne.arrondi * abs(colonne.facteur))
        else:
            assert vrai.textes is not None
            textes, verite = (_serie(c, r) for c, r in ((colonne.textes, rangs), (vrai.textes, temoins)))
            if colonne.est_date:
                jours, verite = (x.str.to_date("%d/%m/%Y") for x in (textes, verite))
                valeurs = {"valeur_date": jours}
                juste = jours_justes(variable, jours, verite)
            else:
                valeurs = {"valeur_texte": valeurs_texte(variable, textes)}
                juste = textes_justes(variable, textes, verite)
        depots = None if feuille.depots is None else pl.Series(feuille.depots).gather(rangs.tolist())
        yield _table(
            SCHEMA,
            origine._asdict()
            | _questions(feuille, ecrites, garde, variable)
            | valeurs
            | {"ligne": lignes[garde], "champ": champ, "rang_depot": depots, "est_juste": juste & ~sans_temoin},
        )


def vides(feuille: Feuille, colonnes: list[Colonne], ecrites: Ecrites) -> Iterator[pl.DataFrame]:
    """Questions put to a unit and left empty, or that the file itself calls unusable ; once, when put in two columns.

    `motif`: « vide » when something exists to be answered, « sans_objet » when nothing does, or the kind of the defect.
    """
    position = {id(c): j for j, c in enumerate(colonnes)}
    repondues: dict[tuple[str, str, str], np.ndarray] = {}
    for colonne, _, _, _, connues in _cellules(feuille, colonnes, ecrites):
        cle = cles()[colonne.variable or ""]
        repondues[cle] = connues | repondues.get(cle, np.zeros(len(connues), dtype=bool))
    for colonne, vrai, lignes, champ, _ in _cellules(feuille, colonnes, ecrites):
        connues = repondues.pop(cles()[colonne.variable or ""], None)
        if connues is None:
            continue
        garde = ~connues & ecrites.lisible
        rangs = ecrites.rangs[garde]
        temoins = ecrites.temoin[garde]
        existe = _existe(vrai)[temoins] & (temoins >= 0)
        motif = np.where(existe, "vide", "sans_objet").astype(object)
        detruites = [ecrites.detruites.get((int(i), position[id(colonne)])) for i in rangs] if len(rangs) else []
        motif = [d or m for d, m in zip(detruites, motif.tolist(), strict=True)]
        yield _table(
            SCHEMA_VIDES,
            _questions(feuille, ecrites, garde, colonne.variable or "")
            | {"livraison": feuille.nom, "ligne": lignes[garde], "champ": champ, "motif": motif},
        )


def identites_de(
    variable: str, unite: str, unite_id: pl.Series, annee: int, ecrits: pl.Series, vrais: pl.Series, champ: str,
    lignes: pl.Series, origine: Origine,
) -> pl.DataFrame:  # fmt: skip
    """Answers of a referential about a text or a date, those that are known."""
    dates = ecrits.dtype == pl.Date
    juste = (jours_justes if dates else textes_justes)(variable, ecrits, vrais)
    element, composante, base = cles()[variable]
    table = _table(
        SCHEMA,
        origine._asdict()
        | {"unite": unite, "unite_id": unite_id, "perimetre": "site", "millesime": annee, "element_id": element}
        | {"composante": composante, "base_temporelle": base, "champ": champ, "ligne": lignes, "est_juste": juste}
        | {"valeur_date" if dates else "valeur_texte": ecrits},
    )
    return table.filter(pl.any_horizontal(pl.col("valeur_texte", "valeur_date").is_not_null()))


def _cellules(
    feuille: Feuille, colonnes: list[Colonne], ecrites: Ecrites
) -> Iterator[tuple[Colonne, Colonne, np.ndarray, str, np.ndarray]]:
    """Each column that puts a question: as written, as true, lines, title, and which of the rows written are known."""
    lignes = np.arange(len(ecrites.rangs)) + 2
    for j, (colonne, vrai, champ) in enumerate(
        zip(colonnes, feuille.colonnes, feuille.titres_distincts(), strict=True)
    ):
        if colonne.variable is None:
            continue
        connues = _existe(colonne)
        perdues = [i for i, jj in ecrites.detruites if jj == j]
        connues[perdues] = False
        yield colonne, vrai, lignes, champ, connues[ecrites.rangs]


def _existe(colonne: Colonne) -> np.ndarray:
    return colonne.textes != None if colonne.textes is not None else ~np.isnan(colonne.connus())  # noqa: E711 (per cell)


def _serie(textes: np.ndarray, rangs: np.ndarray) -> pl.Series:
    return pl.Series(textes[rangs].tolist(), dtype=pl.String)


def _questions(feuille: Feuille, ecrites: Ecrites, garde: np.ndarray, variable: str) -> dict[str, Any]:
    rangs = ecrites.rangs[garde]
    groupees = np.zeros(len(feuille), dtype=bool) if feuille.groupees is None else feuille.groupees
    element, composante, base = cles()[variable]
    return {
        "unite": feuille.unite,
        "unite_id": ecrites.unites[garde].astype(str),
        "perimetre": np.where(groupees[rangs], "groupe", "site"),
        "millesime": feuille.millesimes[rangs],
        "element_id": element,
        "composante": composante,
        "base_temporelle": base,
    }


def _table(schema: dict, valeurs: Mapping[str, Any]) -> pl.DataFrame:
    """A frame of a schema ; a lone value fills its column, an absent one is unknown."""
    n = next(len(v) for v in valeurs.values() if isinstance(v, np.ndarray | pl.Series | list))
    colonnes = []
    for nom, nature in schema.items():
        valeur = valeurs.get(nom)
        if valeur is None or isinstance(valeur, str | int):
            colonnes.append(pl.Series(nom, [valeur], dtype=nature).new_from_index(0, n))
        else:
            colonnes.append(pl.Series(nom, valeur).cast(nature))
    return pl.DataFrame(colonnes)
