"""What the command writes at its end, in French, from the objects that the other modules return.

Belongs here: wording. Does not belong here: counting (`status`, `explain`), the terminal (`console`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_contracts.disclosure import HIDDEN
from data_contracts.figures import rounded, trimmed, written
from orchestration.cli.console import number, plural

if TYPE_CHECKING:
    from ingest.protect.landed_keys import Recovery
    from ingest.receive.delivery import Receipt
    from orchestration.demo import Plan, Played
    from orchestration.run import RunOutcome
    from witness.generate import Summary

# What a right system does with the errors that were sown (`witness.generate.EFFECTS`): the effects that are named here.
_SOWN = {
    "ligne_a_rejeter": ("ligne à rejeter", "lignes à rejeter"),
    "valeur_fausse": ("valeur fausse", "valeurs fausses"),
    "identite": ("identité mal écrite", "identités mal écrites"),
}
_RECEIPT = {"received": "reçu", "known": "déjà reçu", "refused": "refusé", "ignored": "ignoré"}


def short(path: Path) -> str:
    """A path as one would type it from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def of_status(status: dict[str, Any]) -> str:
    """The state of an installation."""
    files, rows = status["deliveries"], status["rows"]
    waiting = f", {number(files['pending'])} en attente" if files["pending"] else ""
    lines = [
        (
            "Livraisons",
            f"{plural(files['received'], 'reçue')} : {plural(files['accepted'], 'acceptée')}, "
            f"{plural(files['refused'], 'refusée')}{waiting}",
        ),
        (
            "Lignes",
            f"{plural(rows['read'], 'lue')} = "
            f"{plural(rows['accepted'], 'acceptée')} + {plural(rows['rejected'], 'rejetée')}",
        ),
    ]
    if status["version"]:
        lines += [
            (
                "Observations",
                f"{number(status['observations'])} = {plural(status['retained'], 'valeur retenue', 'valeurs retenues')}"
                f" + {plural(status['losers'], 'réponse écartée', 'réponses écartées')}",
            ),
            ("Conflits", number(status["conflicts"])),
            ("Saisies évitées", number(status["entries_avoided"])),
        ]
    lines.append(("Publication", status["version"] or "aucune"))
    incomplete = [f"  {each['filename']} : {_titles(each['missing_columns'])}" for each in status.get("incomplete", ())]
    if incomplete:
        incomplete.insert(0, "Colonnes absentes, dont les valeurs sont inconnues :")
    stopped = [f"  {each['reason']}" for each in status.get("quarantine", ())]
    if stopped:
        stopped.insert(
            0, "En quarantaine (« dlnuf run --retry » les relit, comme un logiciel ou une limite qui change) :"
        )
    damaged = [f"  {each}" for each in status.get("damaged", ())]
    if damaged:
        damaged.insert(0, "Abîmé, que « dlnuf run » refait :")
    return "\n".join([_table(lines), *incomplete, *stopped, *damaged])


def _titles(titles: Sequence[str], at_most: int = 6) -> str:
    others = f" et {number(len(titles) - at_most)} autres" if len(titles) > at_most else ""
    return ", ".join(title or "(sans titre)" for title in titles[:at_most]) + others


def of_sources(status: dict[str, Any]) -> str:
    """One line a source."""
    rows = [("Source", "Livraisons", "Lues", "Acceptées", "Rejetées")]
    rows += [
        (code, *(number(counts[name]) for name in ("deliveries", "read", "accepted", "rejected")))
        for code, counts in status["sources"].items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )


def of_run(outcome: RunOutcome) -> str:
    """What a run did."""
    if outcome.nothing_new:
        return f"Rien de nouveau : la publication {outcome.version} est à jour, rien n'est publié."
    done = (
        f"Publié : {outcome.version}" if outcome.published else f"Contenu inchangé : {outcome.version} reste courante"
    )
    if outcome.forgotten is not None:
        again = plural(outcome.forgotten, "livraison relue", "livraisons relues")
        done = f"Refait : {again} depuis ce qui a été reçu, l'entrepôt reconstruit. {done}"
    return "\n".join(
        [f"{done} (en {number(outcome.seconds)} s).", *(f"Attention : {text}" for text in outcome.warnings)]
    )


def of_receipts(receipts: Sequence[Receipt]) -> str:
    """One line a file."""
    lines = []
    for receipt in receipts:
        detail = receipt.reason_for_sender if receipt.status in ("refused", "ignored") else receipt.source
        if receipt.status == "received" and receipt.reason:
            detail = f"{detail}  {receipt.reason_for_sender}"
        lines.append(f"{_RECEIPT[receipt.status]:10}  {receipt.path}  {detail or ''}".rstrip())
    return "\n".join(lines)


def of_new_keyring(path: Path, closed: int = 0) -> str:
    """Where a keyring was created, and what its owner must know. closed: encrypted files that were there before it."""
    lost = (
        f"\nAttention : {plural(closed, 'fichier chiffré était', 'fichiers chiffrés étaient')} déjà là, que ce "
        "trousseau n'ouvre pas. Si l'ancien est sauvegardé, remettez-le à sa place au lieu de celui-ci avant de livrer."
    )
    return (
        f"Trousseau créé, hors du dossier des données : {path} (lisible par ce compte seul). Sauvegardez-le à part : "
        f"sans lui, les livraisons de personnes ne se lisent plus.{lost if closed else ''}"
    )


def of_keys(state: dict[str, Any]) -> str:
    """The keyring without its secrets."""
    lines = [("Trousseau", state["trousseau"])]
    for version in state["versions"]:
        current = ", courante" if version["courante"] else ""
        lines.append(
            (
                f"Chiffrement {version['version']}",
                f"empreinte {version['empreinte']}{current}, {plural(version['fichiers'], 'livraison')}",
            )
        )
    secret = state["pseudonymes"]
    lines.append((f"Pseudonymes {secret['version']}", f"empreinte {secret['empreinte']}"))
    if state["fichiers_sans_cle"]:
        lines.append(
            ("Sans clé", f"{plural(state['fichiers_sans_cle'], 'livraison')} : remettre la sauvegarde du trousseau")
        )
    return _table(lines)


def of_recovery(done: Recovery) -> str:
    """What re-wrapping did."""
    heading = (
        f"{plural(done.recovered, 'livraison mise', 'livraisons mises')} sous la clé {done.version}, "
        f"{plural(done.current, 'y était', 'y étaient')} déjà."
    )
    return "\n".join([heading, *(f"Laissée : {delivery} : {why}." for delivery, why in done.left.items())])


def of_explanation(story: dict[str, Any]) -> str:
    """Every answer to every facet, the winner first."""
    lines = [f"{story['element_id']} pour {story['unite_id']} en {story['millesime']}"]
    for facet in story["values"]:
        lines += ["", f"{_facet(facet)} : {_told(facet['answers'][0], facet['unit'])}"]
        lines.append(f"  règle    {facet['retained']['rule']} ({facet['retained']['status']})")
        for answer in facet["answers"]:
            why = f"écartée : {answer['lost_because']}" if answer["lost_because"] else "retenue"
            value = _told(answer, facet["unit"])
            lines.append(f"  réponse  {value}, {answer['source']}, {answer['collected_on'] or 'date inconnue'} ({why})")
            lines.append(f"           livraison {answer['delivery_id']}")
    others = [str(year) for year in story["millesimes"] if year != story["millesime"]]
    return "\n".join([*lines, *(["", f"Autres millésimes : {', '.join(others)}"] if others else [])])


def of_generation(made: Summary) -> str:
    """What was invented, and where."""
    lines = [
        ("Livraisons", f"{plural(len(made.deliveries), 'fichier')} dans {short(made.folder / 'livraisons')}"),
        ("Vérité", short(made.folder / "verite")),
        ("Établissements", f"{number(made.n_et)}, dont {plural(made.n_open_et, 'ouvert')}"),
        ("Gestionnaires", number(made.n_ej)),
        ("Défauts semés", number(sum(made.defects.values()))),
    ]
    return _table(lines)


def of_plan(plan: Plan) -> str:
    """What a demonstration is about to make, what it takes, and the keyring that was just made for it."""
    from orchestration.demo import COSTS
    from witness.generate import describe

    cost = COSTS[plan.scale]
    minutes = max(1, int(rounded(cost.seconds / 60, 0)))
    made = f"{of_new_keyring(plan.keyring)}\n" if plan.keyring is not None else ""
    return (
        f"{made}Démonstration : {describe(plan.scale)}, environ {plural(cost.establishments, 'établissement')} et "
        f"{plural(cost.persons, 'personne')}, tous inventés.\n"
        f"Compter {plural(minutes, 'minute')} sur deux cœurs libres, {_gigabytes(cost.memory_mb)} de mémoire et "
        f"{_gigabytes(cost.disk_mb)} de disque dans {short(plan.home.root)} ; rien ne quitte cette machine."
    )


def of_demo(status: dict[str, Any], plan: Plan, played: Played, published: Path | None) -> str:
    """The end of `make run`: what happened, what had been planned to go wrong, and where to look."""
    outcome = played.outcome
    paragraphs = [of_run(replace(outcome, warnings=[]))]
    if not outcome.nothing_new:
        paragraphs += _as_planned(played, plan.folder)
    paragraphs += [f"Attention : {text}" for text in (*outcome.warnings, *played.faults)]
    lines = [("Exactitude", f"{_percent(played.right)} des valeurs sont justes")] if played.right is not None else []
    lines += [("Dossier", short(published))] if published is not None else []
    lines += [("Trousseau", f"{plan.keyring} (créé ; hors du dossier des données)")] if plan.keyring is not None else []
    lines.append(("Tableau de bord", "make dashboard, puis http://127.0.0.1:8501"))
    return "\n".join([*paragraphs, "", of_status(status), _table(lines)])


def _as_planned(played: Played, generation: Path) -> list[str]:
    """What went wrong as planned: the errors that the generator sowed, the deliveries that it spoiled to be refused."""
    lines = []
    if played.refused:
        files = ", ".join(map(str, played.refused))
        count = len(played.refused)
        verb = "a été refusé" if count < 2 else "ont été refusés"
        lines.append(
            f"Comme prévu : {plural(count, 'fichier incomplet', 'fichiers incomplets')} à dessein {verb} : {files}."
        )
    if played.sown:
        total = plural(sum(played.sown.values()), "erreur semée", "erreurs semées")
        kinds = [plural(count, *_SOWN[effect]) for effect, count in played.sown.items() if effect in _SOWN]
        lines.append(
            f"Comme prévu : {total} à dessein ({', '.join([*kinds, '…'])}). La liste : "
            f"{short(generation / 'verite')} (defauts…) ; ce qu'elles deviennent : pages « Qualité des livraisons » et "
            "« Exactitude »."
        )
    return lines


def _gigabytes(megabytes: int) -> str:
    return f"{trimmed(written(megabytes / 1000, 1))} Go"


def _percent(share: float) -> str:
    return f"{written(100 * share, 2)} %"


def _facet(facet: dict[str, Any]) -> str:
    parts = [facet["base_temporelle"], facet["composante"], "" if facet["perimetre"] == "site" else facet["perimetre"]]
    return ", ".join(part for part in parts if part) or "valeur"


def _told(answer: dict[str, Any], unit: str | None) -> str:
    return HIDDEN if answer["is_secret"] else _with_unit(answer["value"], unit)


def _with_unit(value: float | str | None, unit: str | None) -> str:
    if value is None:
        return "inconnue"
    text = f"{value:.12g}".replace(".", ",") if isinstance(value, float) else str(value)
    return f"{text} {unit}" if unit else text


def _table(lines: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"{name:<16} {text}" for name, text in lines)
