"""What processes that died were writing, when a kill or a power cut ended them: temporary files that nothing reads.

Belongs here: removing them. Does not belong here: how files are written (each room: `.<name>.<process>.tmp`, then one
replacement).
"""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path

_OF_A_PROCESS = re.compile(r"\..+\.(\d+)\.tmp")


def sweep(folder: Path, names: str = "") -> None:
    """Removes, anywhere under a folder, the temporary files of processes that live no more.

    names: of those files alone whose name begins so.
    """
    for path in folder.rglob(f".{glob.escape(names)}*.tmp"):
        if (named := _OF_A_PROCESS.fullmatch(path.name)) and not _lives(int(named[1])):
            path.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
