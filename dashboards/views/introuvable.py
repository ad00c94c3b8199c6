"""An address that leads to no page.

Belongs here: saying so in French. Does not belong here: which pages exist (`dashboards.app`).
"""

from __future__ import annotations

from dashboards.components import empty, heading
from dashboards.formats import plain


def show(asked: str) -> None:
    heading("Page introuvable", f"L'adresse « {plain(asked[:80])} » n'est celle d'aucune page.")
    empty("Cette page n'existe pas, ou n'existe plus.", "Choisissez une page dans le menu.")
