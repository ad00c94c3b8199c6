"""Encodings of text files: pure ones are always read, mixed ones never silently."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.read import UnreadableFile, sniff
from ingest.read.encoding import encoding_of

MIXED = {
    "one cp1252 byte in a UTF-8 file": (
        "nom;ville\n" + "Hébé;Nîmes\n" * 50 + "x;S\ue000te\n",
        "UTF-8 (« é », octets C3 A9, à la ligne 2) et Windows-1252 (octet 0xE8 à la ligne 52",
    ),
    "one UTF-8 line in a cp1252 file": (
        "nom;ville\n" + "\ue000t\ue000;x\n" * 50 + "DÉ;y\n",
        "UTF-8 (« É », octets C3 89, à la ligne 52) et Windows-1252 (octet 0xE8 à la ligne 2",
    ),
    "an apostrophe is enough": ("nom;ville\nl’oie;x\r\nm\ue000re;y\n", "« ’ », octets E2 80 99, à la ligne 2"),
    "a ligature is enough": ("nom;ville\r\rsœur;x\rm\ue000re;y\r", "« œ », octets C5 93, à la ligne 3"),
    "a no-break space is enough": ("a;b\n1\u00a0000;m\ue000re\n", "espace insécable"),
    "a narrow no-break space is enough": ("a;b\n1\u202f000;m\ue000re\n", "espace insécable"),
    "a dash is enough": ("a;b\nx – y;m\ue000re\n", "« – »"),
    "UTF-8 cut in the middle of its last letter": ("a;b\né;\ue001", "octet 0xC3 à la ligne 2"),
    "a byte that cp1252 lacks": ("a;b\n”à”;m\ue000re\n", "encodages mêlés"),  # ” ends in 0x9D
}


@pytest.mark.parametrize(("text", "said"), MIXED.values(), ids=MIXED.keys())
def test_mixed_encodings_are_refused_with_the_first_line_of_each(
    write: Callable[..., Path], text: str, said: str
) -> None:
    content = text.encode().replace("\ue000".encode(), b"\xe8").replace("\ue001".encode(), b"\xc3")
    with pytest.raises(UnreadableFile) as refusal:
        sniff(write(content))
    assert "encodages mêlés" in refusal.value.message
    assert said in refusal.value.message
    assert " Remède : " in refusal.value.message


# Bytes that are well-formed UTF-8, but of letters that no French text holds: ɠ, ɒ, 頻, Ʌ, ٠, ˠ...
GENUINE = [
    "QUALITÉ\u00a0: « santé\u00a0» ; CAFÉ’ ; CAFÉ… ; CAFÉ™ ; « CAFÉ» ; É–é",
    "OÙ\u00a0? CANOË\u00a0! ÎÏ’ Ô» Û° Ü… AÈ’ Ç»",
    "à\u00a0» è\u00a0– ê’… î\u00a0» ï«» â\u00a0» ô€’ œ’ ž",
    "CHÂTEAU, BÂTIMENT, ÂGE, SÃO PAULO, ÅLAND",
]


@pytest.mark.parametrize("text", GENUINE)
def test_cp1252_that_happens_to_be_well_formed_utf_8_is_read_as_cp1252(write: Callable[..., Path], text: str) -> None:
    path = write(f"titre\nété\n{text}\n".encode("cp1252"))
    assert encoding_of(path) == "cp1252"


def test_mojibake_saved_as_utf_8_is_left_as_the_sender_wrote_it(write: Callable[..., Path]) -> None:
    assert encoding_of(write("titre\nDÃ©jÃ\u00a0 ; été\n")) == "utf-8"


LETTERS = "aeiounrstlàâäéèêëîïôöùûüÿçœæAEIOUNRSTLÀÂÄÉÈÊËÎÏÔÖÙÛÜŸÇŒÆñÑãÃåÅß"
SIGNS = " \u00a0’‘“”«»–—…•°²³½€™®§·.,;:!?()'\"-/0123456789\n"
# In French no word ends in Â, Ã or Å, and « â€ » is no text: the rule rests on that alone.
IMPROBABLE = re.compile(rf"[ÂÃÅ](?=[{re.escape(SIGNS)}ŒœŸ]|$)|â€")
french = st.text(LETTERS + SIGNS, max_size=60).map(lambda t: IMPROBABLE.sub("A", t))


def _encoding(content: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "depot.csv"
        path.write_bytes(content)
        return encoding_of(path)


@given(french)
@settings(max_examples=120, deadline=None)
def test_pure_french_cp1252_is_never_refused(text: str) -> None:
    assert _encoding(f"année\n{text}".encode("cp1252")) == "cp1252"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60))
@settings(max_examples=80, deadline=None)
def test_pure_utf_8_is_never_refused(text: str) -> None:
    assert _encoding(f"année\n{text}".encode()) == "utf-8"


@given(french, french)
@settings(max_examples=80, deadline=None)
def test_a_line_of_each_encoding_is_never_read(first: str, second: str) -> None:
    for lines in (("à é" + first, "utf-8"), ("année" + second, "cp1252")), (("année", "cp1252"), ("à", "utf-8")):
        with pytest.raises(UnreadableFile, match="encodages mêlés"):
            _encoding(b"\n".join(text.encode(encoding) for text, encoding in lines))
