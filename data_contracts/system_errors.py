"""What the system answers when a file cannot be opened or written, in French.

Belongs here: the answers that people meet. Does not belong here: what is lacking to the machine as a whole, and what is
done about it (`ingest.guard.shortages`).
"""

from __future__ import annotations

import errno

_SAID = {
    errno.EACCES: "l'accès est refusé",
    errno.EPERM: "l'accès est refusé",
    errno.ENOENT: "rien ne porte ce nom",
    errno.ENOTDIR: "un des dossiers du chemin n'en est pas un",
    errno.EISDIR: "c'est un dossier",
    errno.EEXIST: "il y a déjà quelque chose de ce nom",
    errno.ENOTEMPTY: "le dossier n'est pas vide",
    errno.ENAMETOOLONG: "le nom est trop long",
    errno.ELOOP: "des liens y tournent en rond",
    errno.EINVAL: "le système n'admet pas ce nom ou cette opération",
    errno.EBUSY: "un autre programme s'en sert",
    errno.ETXTBSY: "un autre programme s'en sert",
    errno.ESTALE: "le dossier partagé ne le retrouve plus",
    errno.ENOSPC: "le disque est plein",
    errno.EDQUOT: "la place accordée sur le disque est épuisée",
    errno.EFBIG: "un fichier dépasse la taille que le système permet",
    errno.EROFS: "le disque est en lecture seule",
    errno.EIO: "le disque répond par une erreur",
    errno.EMFILE: "trop de fichiers sont ouverts",
    errno.ENFILE: "la machine a trop de fichiers ouverts",
}


def said(error: OSError) -> str:
    """What an error of the system says, without its place; its number, when it is not one that people meet."""
    if error.errno is None:
        return str(error) or "le système ne dit pas pourquoi"
    return _SAID.get(error.errno, f"erreur {error.errno} du système")


def said_of(error: OSError) -> str:
    """The same, and the place when it is known."""
    return f"{said(error)} ({error.filename})" if error.filename else said(error)
