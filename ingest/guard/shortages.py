"""What of an error is of the machine, and says nothing of the file that was being read.

Belongs here: recognising it, its words. Does not belong here: what is done about it (`child` tells, `guarded` decides,
the command and the assets say).
"""

from __future__ import annotations

import errno
import os
import re

# What the machine lacks, as the command tells it.
_LACKS = {
    errno.ENOSPC: "le disque est plein",
    errno.EDQUOT: "la place accordée sur le disque est épuisée",
    errno.EFBIG: "un fichier dépasse la taille que le système permet",
    errno.EROFS: "le disque est en lecture seule",
    errno.EIO: "le disque répond par une erreur",
    errno.ENFILE: "la machine a trop de fichiers ouverts",
}
# The same for what we write, and not only read: the right to do so may be lacking.
_REFUSED = {errno.EACCES: "l'accès est refusé", errno.EPERM: "l'accès est refusé", errno.EMFILE: _LACKS[errno.ENFILE]}
OF_A_LIMIT = (errno.EMFILE,)  # too many files opened by the process: the limit that it was given
_IN_WORDS = re.compile(r"os error (\d+)")  # polars, and what it panics with
_OURS = ("dashboards", "data_contracts", "ingest", "orchestration", "witness")  # whose errors speak our words
_REMEDY = "Rien n'est perdu : remédiez-y, puis relancez la même commande."


class MachineFails(OSError):
    """The machine lacks something: nothing is said of the file, which waits."""

    def __str__(self) -> str:
        return f"{_LACKS[self.errno or errno.EIO]}. {_REMEDY}"


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


def told(error: BaseException, *, of_access: bool = True) -> str | None:
    """An error of the machine in one French sentence: what, where when it is known, remedy; None for any other.

    For errors of what we write: the words by which libraries tell what the system told them quote no file that was
    delivered. Our own words are not searched: what they quote is not what failed.

    of_access: a right that lacks is told too.
    """
    known = _LACKS | _REFUSED if of_access else _LACKS
    seen: set[int] = set()
    link: BaseException | None = error
    words: list[str] = []
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        if isinstance(link, MachineFails):
            return _sentence(_LACKS[link.errno or errno.EIO], None)
        if isinstance(link, OSError) and (what := known.get(link.errno or 0)):
            return _sentence(what, link.filename)
        if type(link).__module__.partition(".")[0] not in _OURS:
            words.append(str(link))
        link = link.__cause__ or link.__context__
    return next((told for each in words if (told := told_by_library(each))), None)


def told_by_library(words: str) -> str | None:
    """The same, of what a library or dbt says that the system told it."""
    what = next((what for number, what in _LACKS.items() if os.strerror(number) in words), None)
    return what and _sentence(what, None)


def _sentence(what: str, where: object) -> str:
    return f"{what[0].upper()}{what[1:]}{f' ({where})' if where else ''}. {_REMEDY}"
