"""Reading the « contenu » of a questionnaire's columns, so that its questions are facts and not code.

Belongs here: the few words of that language — `v:variable:decimals`, `t:text`, `d:date`, `i:identity`, `oui_non:share`,
`choix:a|b`, `entier:low-high`, `decimal:low-high`, `date`, `vide`. Does not belong here: any question.
"""

from __future__ import annotations

import numpy as np

from ingest.synthetic import faits
from ingest.synthetic.collectes.questionnaire import Questionnaire
from ingest.synthetic.feuille import Colonne, dates


def remplir(q: Questionnaire, nom: str, rng: np.random.Generator) -> None:
    """Add to `q` every column of the fact table `nom` (position;titre;contenu)."""
    identites = _identites(q)
    for _, titre, contenu in faits.table(nom).iter_rows():
        genre, _, reste = contenu.partition(":")
        match genre:
            case "v":
                variable, decimales = reste.split(":")
                q.nombre(titre, variable, int(decimales))
            case "t":
                q.caractere(titre, reste)
            case "d":
                q.date(titre, reste)
            case "i":
                q.texte(titre, identites[reste])
            case _:
                q.colonnes.append(_libre(titre, genre, reste, len(q.lignes), q, rng))


def _libre(titre: str, genre: str, reste: str, n: int, q: Questionnaire, rng: np.random.Generator) -> Colonne:
    """A question that only this collection asks: any plausible answer is the truth."""
    match genre:
        case "oui_non":
            return Colonne(titre, textes=np.where(rng.random(n) < float(reste), "Oui", "Non").astype(object))
        case "choix":
            choix = np.array(reste.split("|"), dtype=object)
            return Colonne(titre, textes=choix[rng.integers(0, len(choix), n)])
        case "entier":
            bas, haut = map(int, reste.split("-"))
            return Colonne(titre, nombres=rng.integers(bas, haut + 1, n).astype(float))
        case "decimal":
            bas, haut = map(float, reste.split("-"))
            return Colonne(titre, nombres=rng.uniform(bas, haut, n), decimales=2)
        case "date":
            fin = np.array([np.datetime64(f"{a}-12-31") for a in q.annees])
            return Colonne(titre, textes=dates(fin - rng.integers(20, 3000, n)), est_date=True)
        case "vide":
            return Colonne(titre, textes=np.full(n, None, dtype=object))
    raise ValueError(f"contenu inconnu pour « {titre} » : {genre}")


def _identites(q: Questionnaire) -> dict[str, np.ndarray]:
    regions = dict(faits.table("regions").iter_rows())
    departements = dict(faits.table("departements").select("code", "nom").iter_rows())
    statuts = dict(faits.table("statuts").select("code", "libelle_tdb").iter_rows())
    adresses = [f"{n} {t} {v}".removeprefix("0 ") for n, t, v in
                q.et.select("numero_voie", "type_voie", "libelle_voie").iter_rows()]  # fmt: skip
    v = q.monde.panel.v
    temporalites = [
        ",".join(nom for nom, places in (("HP", hp), ("HT", ht), ("AJ", aj)) if places > 0)
        for hp, ht, aj in zip(*(v[f"cap_inst_{m}"][q.lignes] for m in ("permanent", "ht", "aj")), strict=True)
    ]
    return {
        "annee": q.annees.astype(str).astype(object),
        "region": np.array([regions[r] for r in q.et["region"]], dtype=object),
        "departement": np.array([departements[d] for d in q.et["departement"]], dtype=object),
        "categorie": q.et["categorie_libelle"].to_numpy(),
        "categorie_code": q.et["categorie"].to_numpy(),
        "finess_et": q.finess_et.astype(object),
        "finess_ej": q.finess_ej.astype(object),
        "raison_sociale": q.et["raison_sociale_courte"].to_numpy(),
        "raison_sociale_ej": q.ej["raison_sociale_courte"].to_numpy(),
        "statut": np.array([statuts[s] for s in q.ej["statut"]], dtype=object),
        "statut_code": q.ej["statut"].to_numpy(),
        "ville": q.et["commune"].to_numpy(),
        "adresse": np.array(adresses, dtype=object),
        "commune_code": q.et["commune_code"].to_numpy(),
        "telephone": q.et["telephone"].to_numpy(),
        "temporalites": np.array(temporalites, dtype=object),
    }
