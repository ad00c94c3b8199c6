"""The navigation of the documentation site: « folder/* » stands for the pages of a folder.

Belongs here: filling in the navigation, so that a new page, decision or source is in the site without being listed.
Does not belong here: the order of the sections (mkdocs.yml); what pages say (docs/).
"""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig

Nav = list["str | dict[str, str | Nav]"]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """mkdocs calls this once it has read mkdocs.yml."""
    if config.nav:
        config.nav = filled(config.nav, Path(config.docs_dir), named(config.nav))
    return config


def named(nav: Nav) -> set[str]:
    """The pages that a navigation names one by one."""
    found: set[str] = set()
    for entry in nav:
        for item in entry.values() if isinstance(entry, dict) else [entry]:
            found |= {item} if isinstance(item, str) else named(item)
    return found


def filled(nav: Nav, docs: Path, but: set[str]) -> Nav:
    """The same navigation, in which each « folder/* » gives way to the pages of that folder, `but` those."""
    pages: Nav = []
    for entry in nav:
        if isinstance(entry, dict):
            pages.append({t: filled(item, docs, but) if isinstance(item, list) else item for t, item in entry.items()})
        elif entry.endswith("/*"):
            found = sorted(path.relative_to(docs).as_posix() for path in docs.glob(f"{entry}.md"))
            pages += [page for page in found if page not in but]
        else:
            pages.append(entry)
    return pages
