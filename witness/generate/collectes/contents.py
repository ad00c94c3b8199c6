"""The small language that says what each column of a questionnaire holds: its questions are facts, not code.

Belongs here: the words of that language, found in the column « contenu » of a fact table. `v:variable:decimals`,
`t:text`, `d:date` and `i:identity` take a value of the truth. `oui_non:share`, `choix:a|b`, `entier:low-high`,
`decimal:low-high`, `date` and `vide` are questions that the questionnaire alone asks (`attributes` draws their
answers). Does not belong here: any question.
"""

from __future__ import annotations

from witness.generate import facts
from witness.generate.attributes import own_question
from witness.generate.collectes.questionnaire import Questionnaire
from witness.generate.et_identity import identities, short_names


def fill(q: Questionnaire, name: str) -> None:
    """Add to `q` every column of the fact table `name` (position;titre;contenu)."""
    places = {m: q.world.panel.v[f"cap_inst_{m}"][q.rows] for m in ("permanent", "ht", "aj")}
    texts = identities(q.et, q.ej, places) | short_names(q.et, q.ej)
    texts["annee"] = q.years.astype(str).astype(object)
    for position, title, content in facts.table(name).iter_rows():
        kind, _, rest = content.partition(":")
        match kind:
            case "v":
                variable, decimals = rest.split(":")
                q.number(title, variable, int(decimals))
            case "t":
                q.panel_text(title, rest)
            case "d":
                q.date(title, rest)
            case "i":
                # The number of the ET is the key of the row, not an answer.
                q.text(title, texts[rest], None if rest == "id_finess_et" else rest)
            case "oui_non" | "choix":
                q.panel_text(title, own_question(position))
            case "date":
                q.date(title, own_question(position))
            case "entier" | "decimal" | "vide":
                q.number(title, own_question(position), 2 if kind == "decimal" else 0)
            case _:
                raise ValueError(f"contenu inconnu pour « {title} » : {content}")
