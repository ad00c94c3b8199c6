"""The sectoral framework: each recommendation, how it is measured here, and the result.

Belongs here: the recommendations in our words, and which measure answers each. Does not belong here: the measures
(`dashboards.queries.recommandations`).

Source: ANS, « cadre d'urbanisation sectoriel du secteur médico-social » (October 2022), domain sheets 1, 4 and 8
(February 2024).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboards import queries
from dashboards.components import Export, heading, open_base, secrecy, sheet, shown, withheld
from dashboards.formats import INCONNU, SECRET, count, whole, with_unit
from dashboards.labels import label
from data_contracts.dictionary import elements
from data_contracts.nomenclatures import names
from data_contracts.supply_rules import verdicts

NOT_YET = "Pas mesuré"
Measures = dict[str, Any]


@dataclass(frozen=True)
class Recommendation:
    """What is asked, how it is measured, and what computes the result; without it, nothing received measures it."""

    ref: str
    asked: str
    how: str
    result: Callable[[Measures], str] | None = None


def _persons(told: Callable[[dict[str, Any]], str]) -> Callable[[Measures], str]:
    """The result by public: « Personnes âgées, en établissement (2024) : 63,2 % »."""

    def result(measures: Measures) -> str:
        rows = measures["publics"]
        said = [f"{label('public', row['domaine'])} ({row['annee']}) : {told(row)}" for row in rows]
        return " ; ".join(said) or INCONNU

    return result


def _part(row: dict[str, Any], part: str, of: str) -> str:
    if {part, of} & withheld(row):
        return SECRET
    return with_unit(100 * row[part] / row[of], "pct") if row[of] and row[part] is not None else INCONNU


RECOMMENDATIONS = (
    Recommendation("R8.1.1", "Une plateforme qui échange par des interfaces standard, collecte et met à disposition.",
        "Livraisons acceptées, et sources dont elles viennent.",
        lambda m: f"{count(m['n_livraisons'], 'livraison', 'livraisons')} de "
                  f"{count(m['n_sources'], 'source', 'sources')}"
                  f", {count(m['n_refusees'], 'refusée', 'refusées')}"),
    Recommendation("R8.1.2", "Chaque acteur sous une politique d'accès, par droits et usages.",
        "Pages ouvertes sur ce poste seulement, sans connexion : aucun droit n'est encore distingué."),
    Recommendation("R8.1.3", "Garder la trace des données échangées.",
        "Valeurs retenues dont la source et la règle de choix sont écrites.",
        lambda m: f"{with_unit(100 * m['n_tracees'] / m['n_valeurs'], 'pct')} de {whole(m['n_valeurs'])}"
                  if m["n_valeurs"] else INCONNU),
    Recommendation("R8.1.4", "PGSSI-S ; les systèmes s'identifient au niveau voulu.",
        "Aucune livraison n'est signée par son expéditeur à ce jour."),
    Recommendation("R8.1.5", "Pas de régression pour les consommateurs.",
        "Ce que la couche rendrait à chaque collecte, champ par champ, face à ce qu'elle a reçu : complétude, accord, "
        "volume. Une collecte qui y perdrait n'est pas rendue.",
        lambda m: f"{count(m['n_jugees'], 'collecte comparée', 'collectes comparées')}, "
                  f"{count(m['n_bloquees'], 'bloquée', 'bloquées')}" if m["n_jugees"] else INCONNU),
    Recommendation("§1.2", "Un dictionnaire des données du secteur.",
        "Données du dictionnaire, et celles qui ont au moins une valeur publiée.",
        lambda m: f"{whole(len(elements()))} données, {whole(m['n_elements'])} renseignées"),
    Recommendation("§1.2.3", "Ne demander que ce qui manque aux autres.",
        "Réponses qu'une autre collecte donnait déjà, parmi toutes les réponses des établissements.",
        lambda m: f"{with_unit(100 * m['n_evitees'] / m['n_reponses'], 'pct')} ({whole(m['n_evitees'])} réponses)"
                  if m["n_reponses"] else INCONNU),
    Recommendation("8.2", "Nomenclatures communes et datées.",
        "Listes de codes contrôlées à la réception.",
        lambda _: count(len(names()), "liste", "listes")),
    Recommendation("8.3", "Archivage et portabilité des données du DUI.",
        "Durées de conservation appliquées par une commande, avec registre des éliminations ; pas de chiffre publié."),
    Recommendation("R1.1.7", "Projet personnalisé revu au moins une fois par an.",
        "Part des séjours dont le projet a été revu dans les douze mois.",
        _persons(lambda row: shown(row, "projets_revus_pct", "pct"))),
    Recommendation("§1.3, §1.4", "Un parcours sans couture : de la demande à l'entrée.",
        "Durée médiane de la demande à l'entrée.",
        _persons(lambda row: shown(row, "mediane_jours", "jours", 0))),
    Recommendation("§1.3, §1.4", "L'entrée est redite à ViaTrajectoire.",
        "Part des entrées connues du DUI que ViaTrajectoire ignore.",
        _persons(lambda row: _part(row, "n_entrees_non_dites_vt", "n_entrees_dui"))),
    Recommendation("§1.3, §1.4", "La sortie est redite à ViaTrajectoire.",
        "Part des sorties connues du DUI que ViaTrajectoire ignore.",
        _persons(lambda row: _part(row, "n_sorties_non_dites_vt", "n_sorties_dui"))),
    Recommendation("R1.1.1 à R1.1.3", "Agenda, cercle de santé, cahier de liaison, notifications, rendez-vous.",
        "Aucune source livrée ne dit quels DUI alimentent chaque bloc."),
    Recommendation("R1.1.4", "Les échanges suivent les volets du CI-SIS.",
        "Chaque fichier TDDUI ou SDO reçu est lu selon son guide ; la part conforme n'est pas publiée."),
    Recommendation("R1.1.5, R1.1.6", "Projet construit ensemble ; chaque enrichissement est une version.",
        "Aucune source livrée ne donne les versions d'un projet."),
    Recommendation("R1.1.8 à R1.1.11", "Un agenda de l'usager sans doublon ; un cahier de liaison partagé.",
        "Aucune source livrée ne donne les évènements ni les transmissions."),
    Recommendation("§1.2.6", "Fiche de liaison avec la MDPH.", "Aucune source livrée ne donne ces fiches."),
    Recommendation("R4.1, R4.2", "Portails d'information et de services.",
        "Aucune source livrée ne décrit les portails des établissements."),
)  # fmt: skip


def show() -> None:
    heading(
        "Cadre d'urbanisation",
        "Chaque recommandation du cadre d'urbanisation sectoriel du médico-social (ANS, 2022 et 2024) : comment elle "
        "est mesurée ici, et le résultat sur tout ce qui est publié.",
    )
    base = open_base()
    judged = [verdict.blocked for verdict in verdicts(queries.non_regression(base))]
    measures = queries.mesures(base) | {
        "publics": queries.parcours_publie(base).to_dicts(),
        "n_jugees": len(judged),
        "n_bloquees": sum(judged),
    }
    rows = [
        {
            "Référence": r.ref,
            "Ce qui est demandé": r.asked,
            "Comment c'est mesuré": r.how,
            "Résultat": r.result(measures) if r.result else NOT_YET,
        }
        for r in RECOMMENDATIONS
    ]
    measured = sum(r.result is not None for r in RECOMMENDATIONS)
    secrecy(base)
    about = Export(
        "Cadre d'urbanisation sectoriel",
        f"{measured} recommandations mesurées sur {len(rows)}. Source : ANS, 2022 et 2024.",
    )
    sheet(rows, "Recommandations du cadre d'urbanisation", "cadre", about=about)
