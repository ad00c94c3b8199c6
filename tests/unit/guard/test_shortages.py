"""What of an error is of the machine: by its number or the words of the library that met it, never by our own words."""

from __future__ import annotations

import errno
import os

import pytest

from data_contracts import system_errors
from ingest.guard import shortages
from ingest.protect.keyrings import KeyringProblem

FULL = os.strerror(errno.ENOSPC)


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except Exception as met:
        return met


@pytest.mark.parametrize(
    ("error", "what"),
    [
        pytest.param(OSError(errno.ENOSPC, FULL), "Le disque est plein", id="par son numéro"),
        pytest.param(RuntimeError(f"IO Error: {FULL}"), "Le disque est plein", id="par les mots d'une bibliothèque"),
        pytest.param(
            raised(KeyringProblem("Le trousseau ne s'écrit pas", "rien"), OSError(errno.EROFS, "")),
            "Le disque est en lecture seule",
            id="par la cause de la nôtre",
        ),
        pytest.param(KeyringProblem(f"Le fichier « {FULL} » manque", "rien"), None, id="pas par ce que nous citons"),
        pytest.param(OSError(errno.ENOENT, ""), None, id="rien ne manque à la machine"),
    ],
)
def test_what_the_machine_lacks_is_told_by_who_met_it(error: Exception, what: str | None) -> None:
    told = shortages.told(error)
    assert told is None if what is None else (told or "").startswith(what)


def test_a_right_that_lacks_is_told_by_our_own_error_where_it_says_more() -> None:
    error = raised(KeyringProblem("Trousseau illisible", "en vérifier les droits"), PermissionError(errno.EACCES, ""))
    assert shortages.told(error)
    assert shortages.told(error, of_access=False) is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/ici"), "rien ne porte ce nom (/ici)"),
        (IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)), "c'est un dossier"),
        (OSError(errno.EXDEV, os.strerror(errno.EXDEV)), f"erreur {errno.EXDEV} du système"),
        (OSError("dit par nous"), "dit par nous"),
    ],
)
def test_what_the_system_answers_is_read_in_french(error: OSError, said: str) -> None:
    assert system_errors.said_of(error) == said
