"""Reading the « contenu » of a questionnaire's columns, so that its questions are facts and not code.

Belongs here: the few words of that language — `v:variable:decimals`, `t:text`, `d:date`, `i:identity`, and those of
the questions that the questionnaire alone asks (`oui_non:share`, `choix:a|b`, `entier:low-high`, `decimal:low-high`,
`date`, `vide`: `attributes` draws them). Does not belong here: any question.
"""

from __future__ import annotations

from witness.generate import facts
from witness.generate.attributes import propre
from witness.generate.collectes.questionnaire import Questionnaire
from witness.generate.et_identity import courtes, identites


def remplir(q: Questionnaire, nom: str) -> None:
    """Add to `q` every column of the fact table `nom` (position;titre;contenu)."""
    places = {m: q.monde.panel.v[f"cap_inst_{m}"][q.lignes] for m in ("permanent", "ht", "aj")}
    textes = identites(q.et, q.ej, places) | courtes(q.et, q.ej)
    textes["annee"] = q.annees.astype(str).astype(object)
    for position, titre, contenu in facts.table(nom).iter_rows():
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
                # The number of the ET is the key of the row, not an answer.
                q.texte(titre, textes[reste], None if reste == "id_finess_et" else reste)
            case "oui_non" | "choix":
                q.caractere(titre, propre(position))
            case "date":
                q.date(titre, propre(position))
            case "entier" | "decimal" | "vide":
                q.nombre(titre, propre(position), 2 if genre == "decimal" else 0)
            case _:
                raise ValueError(f"contenu inconnu pour « {titre} » : {contenu}")
