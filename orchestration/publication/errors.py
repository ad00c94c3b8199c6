"""Why a publication does not take place.

Belongs here: the errors that callers catch. Does not belong here: deciding that there is one.
"""

from __future__ import annotations

from pathlib import Path


class PublicationDamaged(RuntimeError):
    """A file of a publication cannot be read any more. The message names it and says what to do."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Publication endommagée : {path.name} ne se lit pas ({path.parent}). "
            "Relancez « dlnuf run » : elle sera publiée de nouveau."
        )


class PublicationBlocked(RuntimeError):
    """Nothing was published; the previous publication stays current. The message lists every reason, one a line.

    Attributes:
        problems: the reasons, in French, each with its remedy.
        report: the page that tells them, when acceptance got as far as writing it.
    """

    def __init__(self, heading: str, problems: list[str], report: Path | None = None) -> None:
        self.problems = problems
        self.report = report
        lines = [f"Publication bloquée : {heading}", *(f"  - {p}" for p in problems)]
        if report is not None:
            lines.append(f"Rapport : {report}")
        super().__init__("\n".join(lines))
