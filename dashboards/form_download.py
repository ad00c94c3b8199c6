"""The form of one ESMS, made for the page that asks for it, by the command: `dlnuf forms --as-published`.

Belongs here: asking the command, and what it answers. Does not belong here: what a form holds, the page.

The one place where a page is given more than a publication holds: a form needs who said what, which publications do not
tell. The command leaves to be asked what they hide, whoever asks.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

_COMMAND = (sys.executable, "-m", "orchestration.cli", "forms")
_LONGEST_S = 120


def make(form: str, finess: str, campaign: int) -> tuple[str, bytes] | str:
    """The name of the file and its content; or why there is none, in French."""
    with TemporaryDirectory(prefix="formulaire-") as folder:
        asked = ("--finess", finess, "--campagne", str(campaign), "--as-published", "--out", folder)
        try:
            done = subprocess.run(
                [*_COMMAND, form, *asked], capture_output=True, text=True, check=False, timeout=_LONGEST_S
            )
        except subprocess.TimeoutExpired:
            return "Le formulaire n'a pas pu être préparé à temps : la machine est trop occupée. Recommencez."
        if done.returncode:
            return done.stderr.strip().rpartition("Erreur : ")[2] or "Le formulaire n'a pas pu être préparé."
        path = Path(done.stdout.strip())
        return path.name, path.read_bytes()
