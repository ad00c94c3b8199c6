"""Glossary: the words of the pages, then every indicator with its definition.

Belongs here: layout, and the words that no declaration defines. Does not belong here: the indicators
(`data_contracts.indicators`).
"""

from __future__ import annotations

from dashboards.components import Export, empty, heading, sheet
from dashboards.controls import typed
from dashboards.formats import folded, unit_sign
from dashboards.themes import THEMES
from data_contracts.indicators import Indicator

WORDS = {
    "AJ": "Accueil de jour.",
    "APA": "Allocation personnalisée d'autonomie, versée par le département à domicile ou en établissement.",
    "ARS": "Agence régionale de santé.",
    "ASH": "Aide sociale à l'hébergement, versée par le département.",
    "Atypique": "Valeur qui sort de ce qui est vraisemblable. Elle est gardée, montrée, et marquée ▲.",
    "CAF": "Capacité d'autofinancement.",
    "Concernés": "Établissements ouverts à la date de référence, des catégories sur lesquelles porte l'indicateur.",
    "Couverture": "Ceux qui ont répondu parmi les concernés, en nombre et en part de leurs places.",
    "DUI": "Dossier de l'usager informatisé, tenu par l'établissement ou le service.",
    "EHPAD": "Établissement d'hébergement pour personnes âgées dépendantes.",
    "EJ": "Entité juridique : le gestionnaire d'un ou de plusieurs établissements.",
    "ERRD, EPRD, CA": "Documents budgétaires que l'établissement remet chaque année à l'ARS et au département.",
    "ESMS": "Établissement ou service social ou médico-social.",
    "ET": "Établissement : un site, avec son numéro FINESS.",
    "FINESS": "Répertoire national des établissements ; le numéro à neuf chiffres qu'il leur donne.",
    "GIR": "Groupe iso-ressources : degré de dépendance, de 1 (le plus dépendant) à 6.",
    "GMP": "GIR moyen pondéré : dépendance moyenne des résidents d'un EHPAD, en points.",
    "HP, HT": "Hébergement permanent, hébergement temporaire.",
    "Inconnu": "Aucune source livrée n'a donné l'information. Ce n'est ni zéro, ni non ; rien n'est estimé.",
    "Médiane": "La moitié des valeurs sont au-dessus, la moitié en dessous.",
    "Millésime": "L'année que la valeur décrit, qui n'est pas celle où elle a été recueillie.",
    "PMP": "PATHOS moyen pondéré : besoins de soins des résidents d'un EHPAD, en points.",
    "Quartile": "Un quart des valeurs sont sous le premier quartile, un quart au-dessus du troisième.",
    "Rang": "Place parmi les territoires du même niveau dont le chiffre est connu, du plus élevé au plus faible.",
    "SAD, SSIAD, SAVS": "Services à domicile : aide, soins infirmiers, accompagnement à la vie sociale.",
    "Secret": "Effectif connu, mais trop petit pour être publié, ou qui permettrait d'en retrouver un tel.",
}


def show() -> None:
    heading("Glossaire", "Les mots, les sigles et les indicateurs de ces pages.")
    asked = folded(typed("Chercher un mot", "mot", placeholder="Exemple : occupation"))
    words = [{"Mot": word, "Sens": meaning} for word, meaning in WORDS.items() if asked in folded(f"{word} {meaning}")]
    if words:
        sheet(words, "Mots et sigles", "mots", about=Export("Glossaire : mots et sigles"))
    declared = {i.code: _indicator(i) for theme in THEMES for i in theme.indicators}
    rows = [row for row in declared.values() if asked in folded(" ".join(row.values()))]
    if rows:
        sheet(rows, "Indicateurs", "indicateurs", about=Export("Glossaire : indicateurs"))
    if not words and not rows:
        empty("Aucun mot ne répond à cette recherche.", "Essayez-en un autre, ou effacez-la.")


def _indicator(indicator: Indicator) -> dict[str, str]:
    return {
        "Indicateur": indicator.label,
        "Définition": indicator.definition or "–",
        "Unité": unit_sign(indicator.unit) or "nombre",
        "Échelle": indicator.granularity,
        "Source de la définition": indicator.source,
        "Publié": "oui" if indicator.product else "pas encore",
    }
