"""The keyring: where it may be, who may read it, what changes when a key is renewed, and what is never said."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from ingest.home import Home
from ingest.protect import keyrings
from ingest.protect.keyrings import KeyringProblem, NoKeyring
from tests.instants import now


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "ailleurs" / "cles.json"
    monkeypatch.setenv("DLNUF_CLES", str(path))
    monkeypatch.delenv("DLNUF_CLE", raising=False)
    return path


def test_its_place_is_said_by_the_environment_else_in_the_configuration_of_the_account(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DLNUF_CLES", str(tmp_path / "a.json"))
    assert keyrings.path_of_file() == tmp_path / "a.json"
    monkeypatch.delenv("DLNUF_CLES")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert keyrings.path_of_file() == tmp_path / "config" / "dlnuf" / "cles.json"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert keyrings.path_of_file() == tmp_path / ".config" / "dlnuf" / "cles.json"


def test_a_new_keyring_is_for_its_owner_alone_and_replaces_no_other(place: Path) -> None:
    with pytest.raises(NoKeyring, match="dlnuf keys create"):
        keyrings.load()
    assert keyrings.create(now=now()) == place
    assert place.stat().st_mode & 0o777 == 0o600
    keyring = keyrings.load()
    assert [s.version for s in keyring.encryption] == ["v1"]
    before = place.read_bytes()
    with pytest.raises(KeyringProblem, match="existe déjà"):
        keyrings.create(now=now())
    assert place.read_bytes() == before


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HOME", "/dev/null"),  # what accounts of services have
        ("HOME", "{fichier}"),
        ("XDG_CONFIG_HOME", "/proc/nulle/part"),  # nobody writes there, not even root
        ("DLNUF_CLES", "{fichier}/cles.json"),
        ("DLNUF_CLES", "/proc/cles.json"),
    ],
)
def test_where_no_keyring_can_be_written_the_message_says_where_one_may_stand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str
) -> None:
    file = tmp_path / "fichier"
    file.touch()
    for name in ("DLNUF_CLE", "DLNUF_CLES", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value.format(fichier=file))
    with pytest.raises(NoKeyring):
        keyrings.load()
    with pytest.raises(
        KeyringProblem, match=r"ne peut pas être écrit .*cles\.json : .*Remède : définir DLNUF_CLES"
    ) as told:
        keyrings.create(now=now())
    assert not isinstance(told.value, NoKeyring)


def test_rotating_adds_a_version_and_leaves_pseudonyms_as_they_are(place: Path) -> None:
    keyrings.create(now=now())
    first = keyrings.load()
    second = keyrings.rotate(now=now())
    assert [s.version for s in second.encryption] == ["v1", "v2"]
    assert second.current.version == "v2"
    assert second.with_fingerprint(first.current.fingerprint) == first.current
    assert second.pseudonyms == first.pseudonyms
    assert place.stat().st_mode & 0o777 == 0o600


def test_renewing_pseudonyms_leaves_the_files_readable_and_forgets_the_old_secret(place: Path) -> None:
    keyrings.create(now=now())
    first = keyrings.load()
    second = keyrings.renew_pseudonyms(now=now())
    assert second.encryption == first.encryption
    assert (second.pseudonyms.version, second.pseudonyms.fingerprint) != ("p1", first.pseudonyms.fingerprint)
    assert base64.b64encode(first.pseudonyms._bytes).decode() not in place.read_text(encoding="utf-8")


def test_a_keyring_inside_the_home_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "var")
    monkeypatch.setenv("DLNUF_CLES", str(home.root / "config" / "cles.json"))
    with pytest.raises(KeyringProblem, match="dans le dossier des données"):
        keyrings.create(home, now=now())
    keyrings.create(now=now())
    with pytest.raises(KeyringProblem, match="dans le dossier des données"):
        keyrings.load(home)
    (tmp_path / "lien").symlink_to(home.root)
    monkeypatch.setenv("DLNUF_CLES", str(tmp_path / "lien" / "config" / "cles.json"))
    with pytest.raises(KeyringProblem, match="dans le dossier des données"):
        keyrings.load(home)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660])
def test_a_keyring_that_others_can_reach_is_not_used(place: Path, mode: int) -> None:
    keyrings.create(now=now())
    place.chmod(mode)
    with pytest.raises(KeyringProblem, match="chmod 600"):
        keyrings.load()


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"format": 2}', '{"format": 1, "chiffrement": []}', "\0",
     json.dumps({"format": 1, "chiffrement": [{"version": "v1", "creee_le": "", "cle": "c2VjcmV0"}]})],
)  # fmt: skip
def test_a_damaged_keyring_says_so_and_none_of_its_content(place: Path, content: str) -> None:
    place.parent.mkdir(parents=True)
    place.write_text(content, encoding="utf-8")
    place.chmod(0o600)
    with pytest.raises(KeyringProblem, match="abîmé") as raised:
        keyrings.load()
    assert "c2VjcmV0" not in str(raised.value)


def test_a_key_in_the_environment_is_a_keyring_of_one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_CLE", base64.b64encode(b"k" * 32).decode())
    keyring = keyrings.load()
    assert keyring.current.key("chiffrement") != keyring.pseudonyms.key("chiffrement")
    for change in (keyrings.create, keyrings.rotate, keyrings.renew_pseudonyms):
        with pytest.raises(KeyringProblem, match="DLNUF_CLE"):
            change(now=now())


@pytest.mark.parametrize("given", ["court", "a" * 44, base64.b64encode(b"k" * 16).decode(), "ééé"])
def test_a_key_of_the_environment_that_is_not_one_is_refused_without_being_said(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("DLNUF_CLE", given)
    with pytest.raises(KeyringProblem) as raised:
        keyrings.load()
    assert given not in str(raised.value)


def test_each_purpose_has_its_own_key_and_no_secret_is_ever_shown(place: Path) -> None:
    keyrings.create(now=now())
    keyring = keyrings.rotate(now=now())
    keys = {s.key(p) for s in (*keyring.encryption, keyring.pseudonyms) for p in ("chiffrement", "personnes", "autre")}
    assert len(keys) == 9
    secrets = [s._bytes for s in (*keyring.encryption, keyring.pseudonyms)]
    shown = repr(keyring) + str(keyring) + repr(keyring.current)
    for secret in secrets:
        assert repr(secret) not in shown
        assert secret.hex() not in shown
        assert base64.b64encode(secret).decode() not in shown


def test_derivation_is_hkdf_sha256() -> None:
    """RFC 5869, extract then expand, written with the standard library."""
    import hmac

    secret = os.urandom(32)
    extracted = hmac.digest(bytes(32), secret, "sha256")
    assert keyrings.derived(secret, "personnes") == hmac.digest(extracted, b"dlnuf/personnes\x01", "sha256")
