"""Which form the folders of a home have, and whether this software reads it.

Belongs here: the number of that form, where a home declares it, refusing a newer one. Does not belong here: the form
itself (each room reads what earlier versions wrote).

A home without number is of before there was one: all that this software reads. Its number is written by whoever first
writes in it. To raise `FORMAT` is to say that software of before would misread what is written from now on.
"""

from __future__ import annotations

import json

from ingest.home import Home
from ingest.receive.landing import write_json

FORMAT = 1
NAME = "format.json"


class HomeTooNew(RuntimeError):
    """This software cannot tell what is in this home. The message says what to do."""


def check(home: Home) -> int | None:
    """The number that a home declares; None when it declares none.

    Raises HomeTooNew: a later version of the software wrote in it, or its number cannot be read.
    """
    path = home.root / NAME
    try:
        found = int(json.loads(path.read_text(encoding="utf-8"))["format"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError, OverflowError):
        raise HomeTooNew(
            f"Le numéro de forme de ce dossier ne se lit pas ({path}). Rien n'y est touché. Remède : reprendre ce "
            f'fichier d\'une sauvegarde, ou y écrire {{"format": {FORMAT}}} si aucune version plus récente du logiciel '
            "n'a servi ici."
        ) from None
    if found > FORMAT:
        raise HomeTooNew(
            f"Ce dossier a été écrit par une version plus récente du logiciel (forme {found}, celle-ci lit jusqu'à la "
            f"forme {FORMAT}) : {home.root}. Rien n'y est touché. Remède : installer la version qui l'a écrit, ou "
            "désigner un autre dossier (DLNUF_HOME)."
        )
    return found


def declare(home: Home) -> None:
    """Checks a home that is about to be written in, and writes its number when it has none, or an earlier one.

    Raises HomeTooNew.
    """
    if check(home) != FORMAT:
        write_json(home.root / NAME, {"format": FORMAT})
