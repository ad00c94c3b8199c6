"""The keyring: secrets that never stand in the home, their versions, and the keys derived from them.

Belongs here: where the keyring is, its file, its versions, one derived key a purpose.
Does not belong here: what the keys are used for (`encryption`, `pseudonyms`).

    DLNUF_CLE                          the key itself, in base64: one version, nothing on disk
    DLNUF_CLES                         path of the keyring file
    $XDG_CONFIG_HOME/dlnuf/cles.json   its path when nothing says otherwise (~/.config)

The two families of secrets are separate. Encryption keys are renewed often, and leave pseudonyms as they are. The
secret of pseudonyms is renewed only when somebody decides it, and everything about persons is then read again.

Whoever holds the keyring can open every file and recompute every pseudonym. No secret is therefore ever shown in a
repr, a log or an error.
"""

from __future__ import annotations

import base64
import json
import os
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data_contracts.system_errors import said
from ingest import remains
from ingest.home import Home

KEY_BYTES = 32
IN_ENVIRONMENT = "DLNUF_CLE"
_withdrawn: dict[str, str] = {}  # what `withdraw` took out of the environment
CREATE = "créer un trousseau avec « dlnuf keys create »"
RESTORE = (
    "remettre la sauvegarde du trousseau à sa place (ou définir DLNUF_CLES), puis relancer ; si elle est perdue, "
    "redemander le fichier à son expéditeur"
)
ELSEWHERE = (
    "définir DLNUF_CLES, le chemin d'un fichier hors du dossier des données, là où ce compte peut écrire (par exemple "
    "« export DLNUF_CLES=/chemin/sûr/cles.json »), puis relancer"
)
_FORMAT = 1


class KeyringProblem(Exception):
    """No usable keyring. What, where, remedy, in French; never a secret."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(f"{what}. Remède : {remedy}.")


class NoKeyring(KeyringProblem):
    """There is none at all."""


def derived(secret: bytes, purpose: str) -> bytes:
    """The key of one purpose: HKDF-SHA256 (RFC 5869), so that no key serves two uses."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"dlnuf/{purpose}".encode()).derive(secret)


@dataclass(frozen=True)
class Secret:
    """One version of a key. Its fingerprint identifies it and reveals nothing of it."""

    version: str
    created_at: str
    _bytes: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal characters, derived like any other purpose."""
        return derived(self._bytes, "empreinte")[:8].hex()

    def key(self, purpose: str) -> bytes:
        """The 32 bytes of one purpose: chiffrement, traits, identifiants, livraisons."""
        return derived(self._bytes, purpose)


@dataclass(frozen=True)
class Keyring:
    """Encryption secrets, the current one last, and the secret of pseudonyms."""

    place: str
    encryption: tuple[Secret, ...]
    pseudonyms: Secret

    @property
    def current(self) -> Secret:
        return self.encryption[-1]

    def with_fingerprint(self, fingerprint: str) -> Secret | None:
        """The encryption secret that has this fingerprint, whatever its name."""
        return next((s for s in self.encryption if s.fingerprint == fingerprint), None)


def path_of_file() -> Path:
    """Where the keyring file is, or would be.

    Raises:
        KeyringProblem: this account has no folder of its own.
    """
    if named := os.environ.get("DLNUF_CLES"):
        return Path(named).expanduser().resolve()
    if configured := os.environ.get("XDG_CONFIG_HOME"):
        return (Path(configured) / "dlnuf" / "cles.json").resolve()
    try:
        return (Path.home() / ".config" / "dlnuf" / "cles.json").resolve()
    except RuntimeError as error:
        raise KeyringProblem("Ce compte n'a pas de dossier personnel où garder un trousseau", ELSEWHERE) from error


def load(home: Home | None = None) -> Keyring:
    """The keyring of this installation. home: when given, the keyring must not stand in it.

    Raises:
        NoKeyring: there is none.
        KeyringProblem: there is one, which cannot be used (in the home, readable by others, damaged).
    """
    if given := of_environment().get(IN_ENVIRONMENT):
        return _from_environment(given)
    path = path_of_file()
    _refuse_inside(path, home)
    try:
        facts = path.stat()
        content = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:  # HOME=/dev/null, as accounts of services have it
        raise _none(path, home) from error
    except (OSError, UnicodeDecodeError) as error:
        raise KeyringProblem(
            f"Trousseau illisible ({path})", f"en vérifier les droits et le contenu ; sans accès, {ELSEWHERE}"
        ) from error
    if facts.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyringProblem(
            f"Trousseau lisible par d'autres comptes ({path}) : il n'est pas utilisé",
            f"chmod 600 {path}, puis « dlnuf keys rotate » s'il a pu être lu",
        )
    try:
        return _parsed(json.loads(content), str(path))
    except (ValueError, KeyError, TypeError, AttributeError):
        # The text of such an error may hold a piece of the file: it is not carried over.
        raise KeyringProblem(f"Trousseau abîmé ({path})", RESTORE) from None


def closed_files(home: Home) -> int:
    """How many encrypted files a home holds, whichever keys open them."""
    return sum(1 for _ in home.landing.glob("*/*.enc"))


def _none(path: Path, home: Home | None) -> NoKeyring:
    """That there is no keyring: of a home that holds encrypted files, what that costs, and what it does not."""
    closed = closed_files(home) if home else 0
    if not closed:
        return NoKeyring(f"Aucun trousseau de clés ({path})", f"{CREATE}, ou {RESTORE}")
    several = "s" if closed > 1 else ""
    return NoKeyring(
        f"Aucun trousseau de clés ({path}) : {closed} fichier{several} chiffré{several} de « landing » ne s'ouvre"
        f"{'nt' if closed > 1 else ''} pas ; ce qui en a été lu reste publié, rien n'est détruit, et les sources sans "
        "données de personnes se traitent comme avant",
        RESTORE,
    )


def withdraw() -> None:
    """Takes the key out of the environment and keeps it in memory: what this process starts does not receive it, not
    even what libraries start. The command does so first of all."""
    if given := os.environ.pop(IN_ENVIRONMENT, None):
        _withdrawn[IN_ENVIRONMENT] = given


def of_environment() -> dict[str, str]:
    """The key that the environment gave, for the processes that must have it; empty when it gave none."""
    given = os.environ.get(IN_ENVIRONMENT)
    return {IN_ENVIRONMENT: given} if given else dict(_withdrawn)


def if_any(home: Home | None = None) -> Keyring | None:
    """The keyring, or None when there is none that can be used."""
    try:
        return load(home)
    except KeyringProblem:
        return None


def create(home: Home | None = None, *, now: datetime) -> Path:
    """A new keyring, readable by this account alone.

    Raises:
        KeyringProblem: one is there already, its place is in the home, or it cannot be written there.
    """
    if of_environment().get(IN_ENVIRONMENT):
        raise KeyringProblem("La clé vient de l'environnement (DLNUF_CLE)", "rien à créer ; ou retirer DLNUF_CLE")
    path = path_of_file()
    _refuse_inside(path, home)
    if path.exists():
        raise KeyringProblem(
            f"Un trousseau existe déjà ({path})",
            "« dlnuf keys rotate » pour une nouvelle version ; ne jamais l'effacer, il ouvre les livraisons reçues",
        )
    try:
        _write(path, {"format": _FORMAT, "chiffrement": [_new("v1", now)], "pseudonymes": _new("p1", now)}, new=True)
    except OSError as error:
        raise KeyringProblem(f"Le trousseau ne peut pas être écrit ({path} : {said(error)})", ELSEWHERE) from error
    return path


def rotate(home: Home | None = None, *, now: datetime) -> Keyring:
    """Adds an encryption version, for the files to come. Files already there keep theirs. Raises KeyringProblem."""
    content, path = _content(home)
    content["chiffrement"].append(_new(_next(content["chiffrement"][-1]["version"]), now))
    _write(path, content)
    return load(home)


def renew_pseudonyms(home: Home | None = None, *, now: datetime) -> Keyring:
    """Replaces the secret of pseudonyms. The old one is not kept, so nothing links old pseudonyms to new ones.

    Raises KeyringProblem.
    """
    content, path = _content(home)
    content["pseudonymes"] = _new(_next(content["pseudonymes"]["version"]), now)
    _write(path, content)
    return load(home)


def _refuse_inside(path: Path, home: Home | None) -> None:
    if home is not None and path.is_relative_to(home.root.resolve()):
        raise KeyringProblem(
            f"Le trousseau ({path}) est dans le dossier des données ({home.root}) : une copie de ce dossier "
            "emporterait la clé avec ce qu'elle ferme",
            "le déplacer ailleurs et définir DLNUF_CLES",
        )


def _from_environment(given: str) -> Keyring:
    """One version, from which both families are derived."""
    try:
        secret = base64.b64decode(given, validate=True)
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise KeyringProblem(
            f"DLNUF_CLE n'est pas une clé de {KEY_BYTES} octets en base64",
            "en produire une avec « openssl rand -base64 32 », ou utiliser un trousseau (DLNUF_CLES)",
        )
    return Keyring(
        IN_ENVIRONMENT,
        (Secret("environnement", "", secret),),
        Secret("environnement", "", derived(secret, "pseudonymes")),
    )


def _parsed(content: Any, place: str) -> Keyring:
    if content["format"] != _FORMAT:
        raise ValueError
    encryption = tuple(_secret(node) for node in content["chiffrement"])
    if not encryption:
        raise ValueError
    return Keyring(place, encryption, _secret(content["pseudonymes"]))


def _secret(node: Any) -> Secret:
    key = base64.b64decode(node["cle"], validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError
    return Secret(str(node["version"]), str(node["creee_le"]), key)


def _content(home: Home | None) -> tuple[dict[str, Any], Path]:
    """The file as it is, once it is known to be usable."""
    if of_environment().get(IN_ENVIRONMENT):
        raise KeyringProblem(
            "La clé vient de l'environnement (DLNUF_CLE), qui n'en porte qu'une version",
            "passer à un trousseau (DLNUF_CLES) pour faire tourner les clés",
        )
    load(home)
    path = path_of_file()
    return json.loads(path.read_text(encoding="utf-8")), path


def _new(version: str, now: datetime) -> dict[str, str]:
    return {
        "version": version,
        "creee_le": now.astimezone(UTC).isoformat(timespec="seconds"),
        "cle": base64.b64encode(os.urandom(KEY_BYTES)).decode(),
    }


def _next(version: str) -> str:
    return f"{version[0]}{int(version[1:]) + 1}"


def _write(path: Path, content: dict[str, Any], *, new: bool = False) -> None:
    """Writes the keyring, 0600 from its first byte. A reader sees the old file or the whole new one.

    new: refuse to replace a keyring that is already there.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = remains.temporary(path)
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            json.dump(content, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        if new:
            os.link(temporary, path)
        else:
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
