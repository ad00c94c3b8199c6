"""Documentation pages derived from the contracts.

Belongs here: the data dictionary of the sources, as Markdown. Does not belong here: the dictionary of what is
published, which goes with each publication (`orchestration.publication`).
"""

from __future__ import annotations

from data_contracts.loading import Contract, Entity, Field, load_contracts


def documentation_files() -> dict[str, str]:
    """Path -> Markdown of the dictionary of sources, one page a contract."""
    return {f"docs/dictionnaire/{c.id}.md": _page(c) for c in load_contracts().values()}


def _page(contract: Contract) -> str:
    lines = [
        f"# {contract.name}",
        "",
        "<!-- Derived from data_contracts by `dlnuf contracts generate`: do not edit. -->",
        "",
        contract.description,
        "",
        f"Contrat `{contract.id}`, version {contract.version} · collecte `{contract.collection}`"
        f" · classe {contract.domain}.",
        "",
        "| forme | version | lecteur | tables |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{x.code}` | {x.version} | {x.reader} | {', '.join(x.entities)} |" for x in contract.layouts]
    for entity in contract.entities:
        lines += ["", f"## {entity.name}", "", entity.description, ""]
        if entity.grain:
            lines += [f"Grain : {entity.grain}.", ""]
        lines += [
            "| champ | intitulé | type | élément | base | preuve | description |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [_row(entity, field) for field in entity.stored.fields]
        lines += _private(entity)
    return "\n".join(lines) + "\n"


def _private(entity: Entity) -> list[str]:
    """What is delivered and not kept as it is: the table above is what is stored."""
    private = [f for f in entity.fields if f.privacy]
    if not private:
        return []
    lines = [
        "",
        "Lu, contrôlé, et jamais conservé tel quel :",
        "",
        "| champ livré | intitulé | ce qu'il devient |",
        "|---|---|---|",
    ]
    roles = {field for _, field in entity.identity}
    for field in private:
        becomes = "rien"
        if field.privacy and field.privacy.is_stored:
            becomes = f"`{field.privacy.name}` : {field.privacy.description}"
        elif field.name in roles:
            becomes = "sa part des clés de l'identité"
        lines.append(f"| `{field.name}` | {field.title} | {becomes} |")
    return lines


def _row(entity: Entity, field: Field) -> str:
    kind = field.logical_type + (f" ({field.unit})" if field.unit else "") + (" *" if field.required else "")
    element = f"{field.element}{' · ' + field.component if field.component else ''}" if field.element else ""
    basis = (field.time_basis or entity.time_basis or "") if field.element else ""
    cells = (f"`{field.name}`", field.title, kind, element, basis, field.proof or "", field.description)
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"
