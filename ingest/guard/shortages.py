"""What of an error is of the machine, and says nothing of the file that was being read.

Belongs here: recognising it, its words. Does not belong here: what is done about it (`child` tells, `guarded` decides).
"""

from __future__ import annotations

import errno
import re

# What the machine lacks, as the command tells it.
_LACKS = {
    errno.ENOSPC: "le disque est plein",
    errno.EDQUOT: "la place accordée sur le disque est épuisée",
    errno.EROFS: "le disque est en lecture seule",
    errno.EIO: "le disque répond par une erreur",
    errno.ENFILE: "la machine a trop de fichiers ouverts",
}
OF_A_LIMIT = (errno.EMFILE,)  # too many files opened by the process: the limit that it was given
_IN_WORDS = re.compile(r"os error (\d+)")  # polars, and what it panics with


class MachineFails(OSError):
    """The machine lacks something: nothing is said of the file, which waits."""

    def __str__(self) -> str:
        return f"{_LACKS[self.errno or errno.EIO]}. Rien n'est perdu : remédiez-y, puis relancez la même commande."


def cause(error: BaseException | None) -> int | None:
    """The number of what the machine lacks, or of the limit that was met, when an error comes from there."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        number = error.errno if isinstance(error, OSError) else None
        if number is None and (told := _IN_WORDS.search(str(error))):
            number = int(told[1])
        if number in _LACKS or number in OF_A_LIMIT:
            return number
        error = error.__cause__ or error.__context__
    return None
