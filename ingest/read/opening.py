"""Opening a delivered file whatever its wrapping, and recognising its family from its first bytes.

Belongs here: gzip, files encrypted at rest (their plain bytes stay in memory), magic numbers, HTML pages saved as data,
empty and truncated wrappings. Does not belong here: reading a family (one module each), counting what a wrapping gives
(`bounds`).
"""

from __future__ import annotations

import codecs
import gzip
import os
import re
import resource
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from data_contracts.limits import limit
from ingest.protect import encryption, keyrings
from ingest.read import bounds
from ingest.read.frames import Over, UnreadableFile

HEAD = 65_536
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_GZIP = b"\x1f\x8b"
_RESEND = "télécharger ou exporter de nouveau le fichier, puis le redéposer entier"
_RECEIVE_AGAIN = "redéposer le fichier d'origine : il remplacera celui-ci"
_KEPT = "la livraison reste en attente, rien n'est perdu"
# What people send by mistake, none of which is a table: its first bytes, what it is, what to do.
_CALC = "l'ouvrir dans un tableur, puis l'enregistrer au format « Classeur Excel (.xlsx) » ou en CSV"
_TABLE_ITSELF = "déposer le fichier de données lui-même (CSV, classeur .xlsx…), non un document qui le montre"
_MAGIC = (
    (b"%PDF", "c'est un document PDF", _TABLE_ITSELF),
    (b"\x89PNG", "c'est une image (PNG)", _TABLE_ITSELF),
    (b"\xff\xd8\xff", "c'est une image (JPEG)", _TABLE_ITSELF),
    (b"GIF8", "c'est une image (GIF)", _TABLE_ITSELF),
    (b"II*\x00", "c'est une image (TIFF)", _TABLE_ITSELF),
    (b"MM\x00*", "c'est une image (TIFF)", _TABLE_ITSELF),
    (b"{\\rtf", "c'est un document de traitement de texte (RTF)", _TABLE_ITSELF),
    (b"7z\xbc\xaf", "c'est une archive 7z", "décompresser l'archive et déposer les fichiers qu'elle contient"),
    (b"Rar!", "c'est une archive RAR", "décompresser l'archive et déposer les fichiers qu'elle contient"),
    (b"BZh", "c'est une archive bzip2", "décompresser l'archive et déposer les fichiers qu'elle contient"),
    (b"\xfd7zXZ", "c'est une archive xz", "décompresser l'archive et déposer les fichiers qu'elle contient"),
    (b"SQLite format 3", "c'est une base de données SQLite", "en exporter les tables en CSV"),
)
# What a zip archive is, by a file that it holds or by the type that it states.
_ZIPPED = (
    ("word/document.xml", "c'est un document Word", _TABLE_ITSELF),
    ("ppt/presentation.xml", "c'est une présentation PowerPoint", _TABLE_ITSELF),
    ("xl/workbook.bin", "c'est un classeur Excel binaire (.xlsb)", _CALC),
    ("opendocument.spreadsheet", "c'est un classeur LibreOffice (.ods)", _CALC),
    ("opendocument.text", "c'est un document de traitement de texte (.odt)", _TABLE_ITSELF),
)
# Streams of an OLE file, in UTF-16 in its directory.
_OLE = (
    ("EncryptedPackage", "c'est un classeur protégé par mot de passe", "l'ouvrir, l'enregistrer sans mot de passe"),
    ("WordDocument", "c'est un document Word ancien (.doc)", _TABLE_ITSELF),
    ("PowerPoint Document", "c'est une présentation PowerPoint ancienne (.ppt)", _TABLE_ITSELF),
    ("Workbook", "c'est un classeur Excel ancien (.xls)", _CALC),
    ("Book", "c'est un classeur Excel ancien (.xls)", _CALC),
    ("__substg1.0_", "c'est un message Outlook (.msg)", "enregistrer la pièce jointe du message, puis la déposer"),
)
_HTML = re.compile(
    r"^(<\?xml[^>]*>\s*)?(<!--(?:(?!-->).)*-->\s*)*<(!doctype\s+html|html|head|body|script|meta|title|div|center|h1|p)\b",
    re.S,
)
_XML = re.compile(r"^<(\?xml|!--|!doctype|[a-z_][\w:.-]*[\s/>])")
_JSON = re.compile(r'^(\{\s*["}]|\[\s*[\[{\]])')


class LostKey(UnreadableFile):
    """The key of this file is not there. The file itself is whole, and can be read once the key is back."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, decrypted and gunzipped when needed. A damaged wrapping becomes `UnreadableFile`.

    Raises:
        LostKey: the file is encrypted, and its key is not there.
        UnreadableFile: at once, or while it is read, at the place where it is damaged.
    """
    try:
        with path.open("rb") as raw:
            stream = _decrypted(path, raw)
            start = stream.read(2)
            stream.seek(0)
            if start != _GZIP:
                yield stream
                return
            with bounds.Inflated(stream) as unzipped:
                yield unzipped
    except encryption.Damaged as error:
        raise UnreadableFile(path, "fichier chiffré abîmé ou modifié", _RECEIVE_AGAIN) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFile(path, "archive gzip tronquée ou abîmée", _RESEND) from error
    except FileNotFoundError as error:
        raise UnreadableFile(path, "fichier introuvable", "vérifier le chemin") from error
    except (IsADirectoryError, PermissionError) as error:
        what = "lecture impossible (dossier, ou droits insuffisants)"
        raise UnreadableFile(path, what, "déposer un fichier lisible") from error


def _decrypted(path: Path, raw: BinaryIO) -> BinaryIO:
    """The stream itself, or its plain bytes when it is encrypted."""
    if not encryption.begins_encrypted(raw):
        return raw
    try:
        stream = encryption.decrypting(raw, keyrings.load())
    except keyrings.KeyringProblem as problem:
        what = f"fichier chiffré, et pas de clé pour l'ouvrir ({problem.what})"
        raise LostKey(path, what, f"{problem.remedy} ; {_KEPT}") from problem
    except encryption.WrongKey as wrong:
        what = f"fichier chiffré par la clé {wrong.version} (empreinte {wrong.fingerprint}), absente du trousseau"
        raise LostKey(path, what, f"{keyrings.RESTORE} ; {_KEPT}") from wrong
    if path.suffix == ".enc" and encryption.header_of(path).name != path.stem:
        raise encryption.Damaged
    return stream


@contextmanager
def on_disk(path: Path) -> Iterator[Path]:
    """A path to the bytes inside the wrapping, for libraries that seek: the file itself, or a copy held in memory.

    While a file is being recognised, nobody knows yet whether it is about persons: no file is ever unwrapped on a disk.

    Raises:
        Over: more than may be held in memory.
    """
    with opened(path) as stream:
        if not encryption.is_encrypted(path) and not isinstance(stream, bounds.Inflated):
            yield path
            return
        with _in_memory(path, stream) as copy:
            yield copy


@contextmanager
def _in_memory(path: Path, stream: BinaryIO) -> Iterator[Path]:
    """A path to an anonymous file that only memory holds (Linux)."""
    if not hasattr(os, "memfd_create"):
        raise UnreadableFile(
            path,
            "compressé ou chiffré, ce format se lit ici depuis le disque, où personne ne doit être en clair",
            "livrer le fichier en CSV ou en JSON, ou traiter sous Linux",
        )
    most = limit("en_memoire") << 20
    with os.fdopen(os.memfd_create("dlnuf"), "wb") as copy:
        while block := stream.read(1 << 20):
            copy.write(block)
            if copy.tell() > most:
                raise Over("en_memoire")
        copy.flush()
        with _counted(copy.tell()):
            yield Path(f"/proc/self/fd/{copy.fileno()}")


@contextmanager
def _counted(size: int) -> Iterator[None]:
    """Takes these bytes off what this process may hold: the kernel does not count an anonymous file among its data."""
    allowed, most = resource.getrlimit(resource.RLIMIT_DATA)
    if allowed == resource.RLIM_INFINITY:  # no reader: nothing limits this process
        yield
        return
    resource.setrlimit(resource.RLIMIT_DATA, (max(0, allowed - size), most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, most))


def family(path: Path) -> str:
    """csv, xlsx, parquet, json or xml, from the content.

    Raises:
        UnreadableFile: empty, truncated, a web page, or of no family that is read here.
    """
    head, tail = _ends(path)
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf\xfe\xff"):
        raise UnreadableFile(path, "le fichier est vide", "vérifier l'export, puis redéposer le fichier")
    if head.startswith(b"PAR1"):
        if not tail.endswith(b"PAR1"):
            raise UnreadableFile(path, "fichier Parquet tronqué (fin absente)", _RESEND)
        return "parquet"
    if head.startswith(b"PK"):
        return _workbook(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(path, *_in_ole(path))
    for magic, what, remedy in _MAGIC:
        if head.startswith(magic):
            raise UnreadableFile(path, what, remedy)
    if head.startswith(_GZIP):
        raise UnreadableFile(path, "archive gzip dans une archive gzip", "décompresser une fois puis redéposer")
    return _text_family(path, head, tail)


def _text_family(path: Path, head: bytes, tail: bytes) -> str:
    start = _start_of(head)
    if _HTML.match(start) and "<table" in start:
        raise UnreadableFile(path, "c'est un tableau HTML, que certains outils nomment « .xls »", _CALC)
    if _HTML.match(start):
        raise UnreadableFile(
            path,
            "c'est une page web enregistrée à la place des données",
            "se connecter au site d'origine, télécharger le fichier lui-même, puis le redéposer",
        )
    if _XML.match(start):
        if not tail.rstrip(b"\x00 \t\r\n").endswith(b">"):
            raise UnreadableFile(path, "fichier XML tronqué (dernière balise non fermée)", _RESEND)
        return "xml"
    if _JSON.match(start):
        if not tail.rstrip().endswith((b"]", b"}")):
            raise UnreadableFile(path, "fichier JSON tronqué (dernier crochet non refermé)", _RESEND)
        return "json"
    return "csv"


def _start_of(head: bytes) -> str:
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return head.decode(encoding, "ignore").lstrip("\ufeff \t\r\n").lower()
    return head.decode("latin-1").lstrip().lower()


def _ends(path: Path) -> tuple[bytes, bytes]:
    """The first and last bytes. A gzip file is read to its end, which alone proves that it is whole."""
    with opened(path) as stream:
        head = stream.read(HEAD)
        tail = head[-64:]
        if isinstance(stream, bounds.Inflated):
            while block := stream.read(1 << 20):
                tail = (tail + block)[-64:]
        elif len(head) == HEAD:
            stream.seek(-64, 2)
            tail = stream.read()
        return head, tail


def _in_ole(path: Path) -> tuple[str, str]:
    """What an OLE file is (an old workbook, one with a password, another office document), and what to do."""
    with opened(path) as stream:
        content = bounds.whole(stream)
    for name, what, remedy in _OLE:
        if name.encode("utf-16-le") in content:
            return what, remedy
    return "c'est un document bureautique d'un format ancien", _CALC


def _workbook(path: Path) -> str:
    stated = ""
    try:
        with on_disk(path) as plain, zipfile.ZipFile(plain) as archive:
            bounds.members(archive, plain.stat().st_size)
            names = set(archive.namelist())
            stated = archive.read("mimetype")[:100].decode("latin-1") if "mimetype" in names else ""
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UnreadableFile(path, "archive zip ou classeur Excel tronqué ou abîmé", _RESEND) from error
    if "xl/workbook.xml" in names:
        return "xlsx"
    for sign, what, remedy in _ZIPPED:
        if sign in names or sign in stated:
            raise UnreadableFile(path, what, remedy)
    raise UnreadableFile(
        path,
        "archive zip qui n'est pas un classeur Excel (.xlsx)",
        "décompresser l'archive et déposer les fichiers qu'elle contient",
    )
