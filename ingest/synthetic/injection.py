"""Errors: what is delivered and should not have been, in any table.

Belongs here: the defects that any table can carry, each recorded where it is made, and the bytes that come out.
Does not belong here: what the table asks, natural disagreements (`desaccords`), the defects of the FINESS JSON
(`collectes.finess`). Order: natural disagreements → wrong values → text → wrong rows, those added being at the end so
that no other line moves. A row carries at most one kind of wrong row, and its cells at most one defect each.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ingest.synthetic.defauts import Fidelite, Registre, TauxDefauts, combien
from ingest.synthetic.desaccords import desaccords
from ingest.synthetic.feuille import Colonne, Feuille, csv_texte, rendre_nombres
from ingest.synthetic.hasard import Flottants, Hasard
from ingest.synthetic.identifiants import numero_finess

DATE_BOUCHE_TROU = "04/04/1904"
PREMIER_RANG_INCONNU = 65_000


@dataclass(frozen=True)
class Faute:
    """A wrong value planned in a cell: the number delivered, and the text that was right."""

    ligne: int
    colonne: int
    nature: str
    nombre: float


@dataclass(frozen=True)
class Livraison:
    """A rendered table: its bytes, and the answers it carries (one row per known number of a declared variable)."""

    nom: str
    octets: bytes
    reponses: pl.DataFrame
    repondu: dict[str, Flottants]  # answers before any injected defect, by variable


def livrer(
    feuille: Feuille,
    hasard: Hasard,
    fidelite: Fidelite,
    taux: TauxDefauts,
    registre: Registre,
    *,
    corrige: bool = False,
) -> Livraison:
    """Render a table with its disagreements and defects.

    `corrige`: the redelivery of the same table — same draws, but a share `taux.redressement` of its wrong values is
    right, and no row is wrong any more. The streams depend on the collection and its years, not on the file name.
    """
    graine = f"{feuille.collecte}/{feuille.millesimes.min()}-{feuille.millesimes.max()}"
    colonnes = desaccords(feuille, hasard.flux(f"desaccords/{graine}"), fidelite, registre)
    repondu = {c.variable: c.nombres for c in colonnes if c.variable is not None and c.nombres is not None}
    rng = random.Random(int(hasard.flux(f"defauts/{graine}").integers(2**62)))
    pris = {(i, j) for i in feuille.intouchables for j in range(len(feuille.colonnes))}
    fautes = _fautes(feuille, colonnes, rng, taux, pris)
    if corrige:
        tri = random.Random(int(hasard.flux(f"redressement/{graine}").integers(2**62)))
        fautes = [f for f in fautes if tri.random() >= taux.redressement]
    textes = _appliquer(feuille, colonnes, fautes, registre)
    _textes_fautifs(feuille, colonnes, textes, rng, TauxDefauts.aucun() if corrige else taux, pris, registre)
    lignes = [list(ligne) for ligne in zip(*textes, strict=True)]
    _lignes_fautives(feuille, lignes, rng, TauxDefauts.aucun() if corrige else taux, pris, registre)
    entete = csv_texte([[c.titre for c in feuille.colonnes]], feuille.separateur, feuille.fin_de_ligne)
    corps = csv_texte(lignes, feuille.separateur, feuille.fin_de_ligne)
    octets = "".join(entete + corps).encode(feuille.encodage)
    return Livraison(feuille.nom, octets, _reponses(feuille, colonnes), repondu)


def _fautes(
    feuille: Feuille, colonnes: list[Colonne], rng: random.Random, taux: TauxDefauts, pris: set[tuple[int, int]]
) -> list[Faute]:
    """Wrong values, one cell each."""
    declarees = [j for j, c in enumerate(colonnes) if c.nombres is not None and c.variable is not None]

    def nombre(i: int, j: int) -> float:
        valeurs = colonnes[j].nombres
        return float("nan") if valeurs is None else float(valeurs[i])

    def perimee(i: int, j: int) -> float | None:
        avant = colonnes[j].avant
        ancien = float("nan") if avant is None else float(avant[i])
        texte = rendre_nombres(np.array([ancien, nombre(i, j)]), colonnes[j].decimales)
        return ancien if texte[0] and texte[1] and texte[0] != texte[1] else None

    def frappe(i: int, j: int) -> float | None:
        x = nombre(i, j)
        if not abs(x) >= 10:
            return None
        entier = str(int(abs(x)))
        if rng.random() < 0.5 and entier[0] != entier[1] and entier[1] != "0":
            faux = float(entier[1] + entier[0] + entier[2:]) + abs(x) % 1
        else:
            faux = abs(x) * 10
        return faux if x > 0 else -faux

    def fraction(i: int, j: int) -> float | None:
        x = nombre(i, j)
        # At two decimals a small percentage would vanish: only a fraction that can still be read counts as one.
        return round(x / 100, max(colonnes[j].decimales, 0)) if colonnes[j].est_pourcent and x >= 5 else None

    # Where the sender left empty something that exists ; for what does not exist, 0 would not be wrong.
    vides = [(i, j) for j in declarees for i in np.flatnonzero(_vide_a_tort(feuille.colonnes[j], colonnes[j])).tolist()]
    genres: list[tuple[str, float, Callable[[int, int], float | None], list[int]]] = [
        ("valeur_perimee", taux.valeur_perimee, perimee, [j for j in declarees if colonnes[j].avant is not None]),
        ("faute_de_frappe", taux.faute_de_frappe, frappe, declarees),
        (
            "fraction_pour_pourcent",
            taux.fraction_pour_pourcent,
            fraction,
            [j for j in declarees if colonnes[j].est_pourcent],
        ),
    ]
    fautes: list[Faute] = []
    for nature, part, genre, candidates in genres:
        for _ in range(combien(part, len(feuille)) if candidates else 0):
            for _essai in range(200):
                i, j = rng.randrange(len(feuille)), rng.choice(candidates)
                faux = None if (i, j) in pris else genre(i, j)
                if faux is not None:
                    pris.add((i, j))
                    fautes.append(Faute(i, j, nature, faux))
                    break
    rng.shuffle(vides)
    for i, j in vides[: combien(taux.zero_pour_manquant, len(feuille))]:
        pris.add((i, j))
        fautes.append(Faute(i, j, "zero_pour_manquant", 0.0))
    return fautes


def _vide_a_tort(vrai: Colonne, livre: Colonne) -> np.ndarray:
    return ~np.isnan(vrai.connus()) & (vrai.connus() != 0) & np.isnan(livre.connus())


def _appliquer(feuille: Feuille, colonnes: list[Colonne], fautes: list[Faute], registre: Registre) -> list[list[str]]:
    """Write the wrong values in the columns (which carry them from now on) and render every cell."""
    titres = feuille.titres_distincts()
    for j in {f.colonne: None for f in fautes}:
        colonnes[j] = replace(
            colonnes[j], nombres=colonnes[j].connus().copy()
        )  # the answers before defects stay as they were
    for faute in fautes:
        vrai = feuille.colonnes[faute.colonne]
        livre = colonnes[faute.colonne]
        livre.connus()[faute.ligne] = faute.nombre
        avant_apres = np.array([vrai.connus()[faute.ligne], faute.nombre])
        juste, faux = rendre_nombres(avant_apres, vrai.decimales, feuille.decimale)
        registre.noter(feuille.nom, faute.ligne + 2, titres[faute.colonne], faute.nature, juste, faux)
    return replace(feuille, colonnes=colonnes).textes()


def _textes_fautifs(
    feuille: Feuille,
    colonnes: list[Colonne],
    textes: list[list[str]],
    rng: random.Random,
    taux: TauxDefauts,
    pris: set[tuple[int, int]],
    registre: Registre,
) -> None:
    """Defects of writing: dates that fill a hole, decimal commas, rates flagged KO, FINESS mistyped."""
    titres = feuille.titres_distincts()

    def marquer(i: int, j: int, nature: str, faux: str) -> None:
        registre.noter(feuille.nom, i + 2, titres[j], nature, textes[j][i], faux)
        textes[j][i] = faux
        pris.add((i, j))

    def tirer(cellules: list[tuple[int, int]], part: float) -> list[tuple[int, int]]:
        libres = [c for c in cellules if c not in pris]
        return rng.sample(libres, min(len(libres), combien(part, len(feuille))))

    dates = [(i, j) for j, c in enumerate(colonnes) if c.est_date for i, t in enumerate(textes[j]) if t]
    for i, j in tirer(dates, taux.date_bouche_trou):
        marquer(i, j, "date_bouche_trou", DATE_BOUCHE_TROU)
    if feuille.decimale == ".":
        decimaux = [j for j, c in enumerate(colonnes) if c.nombres is not None and c.decimales]
        cellules = [
            (i, j) for j in rng.sample(decimaux, min(3, len(decimaux))) for i, t in enumerate(textes[j]) if "." in t
        ]
        for i, j in tirer(cellules, taux.virgule_decimale):
            marquer(i, j, "virgule_decimale", textes[j][i].replace(".", ","))
    for taux_j, etat_j in feuille.ko:
        calcules = [(i, etat_j) for i in range(len(feuille)) if textes[taux_j][i] and not textes[etat_j][i]]
        for i, _ in tirer(calcules, taux.taux_ko):
            # The rate is there but one of its sides was missing: it is only a part of the true rate.
            partiel = np.array([0.37 * float(textes[taux_j][i].replace(",", "."))])
            pris.add((i, etat_j))
            marquer(i, taux_j, "taux_ko", rendre_nombres(partiel, colonnes[taux_j].decimales, feuille.decimale)[0])
            textes[etat_j][i] = "KO"
    cle = feuille.cle
    for i, _ in tirer([(i, cle) for i, t in enumerate(textes[cle]) if t.startswith("0")], taux.zero_initial_perdu):
        marquer(i, cle, "zero_initial_perdu", textes[cle][i][1:])
    for i, _ in tirer([(i, cle) for i, t in enumerate(textes[cle]) if "0" in t[2:8]], taux.finess_malforme):
        rang = textes[cle][i].index("0", 2)
        marquer(i, cle, "finess_malforme", textes[cle][i][:rang] + "O" + textes[cle][i][rang + 1 :])


def _lignes_fautives(
    feuille: Feuille,
    lignes: list[list[str]],
    rng: random.Random,
    taux: TauxDefauts,
    pris: set[tuple[int, int]],
    registre: Registre,
) -> None:
    """Rows added at the end (unknown FINESS, exact duplicates), then rows cut short."""
    n, titre = len(lignes), feuille.titres_distincts()[feuille.cle]
    touchees = {i for i, _ in pris}
    saines = [i for i in range(n) if i not in touchees]
    rng.shuffle(saines)
    if not saines:
        return
    for rang in range(combien(taux.finess_inconnu, n)):
        modele = rng.choice(saines)
        vrai = str(feuille.unites[modele])
        racine = vrai[:4] if vrai[:2] in ("97", "98") else vrai[:3]
        base = PREMIER_RANG_INCONNU // 10 ** (len(racine) - 3)
        inconnu = numero_finess(racine, base + rang % (10 ** (7 - len(racine)) // 2))
        lignes.append([inconnu if j == feuille.cle else t for j, t in enumerate(lignes[modele])])
        registre.noter(feuille.nom, len(lignes) + 1, titre, "finess_inconnu", "", inconnu)
    for modele in saines[: combien(taux.ligne_en_double, n)]:
        lignes.append(list(lignes[modele]))
        registre.noter(
            feuille.nom, len(lignes) + 1, titre, "ligne_en_double", f"ligne {modele + 2}", lignes[modele][feuille.cle]
        )
    if len(feuille.colonnes) >= 6:
        for modele in saines[::-1][: min(len(saines) // 2, combien(taux.ligne_tronquee, n))]:
            garde = len(feuille.colonnes) - rng.randrange(1, 4)
            perdues = feuille.separateur.join(lignes[modele][garde:])
            lignes[modele] = lignes[modele][:garde]
            registre.noter(feuille.nom, modele + 2, titre, "ligne_tronquee", perdues, "")


def _reponses(feuille: Feuille, colonnes: list[Colonne]) -> pl.DataFrame:
    """Answers to the declared variables, line by line of the file: numbers (canonical unit), texts, dates as text.

    Wrong numbers are in; defects of writing and wrong rows are not: the ledger has them, by line.
    """
    groupees = np.zeros(len(feuille), dtype=bool) if feuille.groupees is None else feuille.groupees
    vide = {"ligne": pl.Int64, "unite_id": pl.String, "perimetre": pl.String, "millesime": pl.Int64,
            "variable": pl.String, "valeur": pl.Float64, "texte": pl.String}  # fmt: skip
    morceaux = [pl.DataFrame(schema=vide)]
    for colonne in colonnes:
        if colonne.variable is None:
            continue
        if colonne.textes is not None:
            lignes = np.flatnonzero(np.array([t is not None for t in colonne.textes], dtype=bool))
            reponse = {"valeur": None, "texte": pl.Series(colonne.textes[lignes].tolist(), dtype=pl.String)}
        else:
            lignes = np.flatnonzero(~np.isnan(colonne.connus()))
            reponse = {"valeur": colonne.connus()[lignes] * colonne.facteur, "texte": None}
        table = pl.DataFrame(
            {
                "ligne": lignes + 2,
                "unite_id": feuille.unites[lignes].astype(str),
                "perimetre": np.where(groupees[lignes], "groupe", "site"),
                "millesime": feuille.millesimes[lignes],
                "variable": pl.repeat(colonne.variable, len(lignes), eager=True),
                **reponse,
            },
            schema=vide,
        )
        morceaux.append(table)
    return pl.concat(morceaux)
