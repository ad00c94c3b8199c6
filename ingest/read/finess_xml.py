"""FINESS XML of the standard flow (root `fluxfiness`), streamed with expat.

Belongs here: from blocks to rows. Does not belong here: the meaning of the tags (the contract). A document type
declaration, hence any entity, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.parsers import expat

from data_contracts.limits import limit
from ingest.read.frames import Document, LayoutLike, Over, Rows, Table, UnreadableFile
from ingest.read.opening import opened

_ROOT, _STAMP = "fluxfiness", "horodatage"
_BLOCK_BYTES = 1 << 18
_FLOWS = {"structureej": "cs1400101", "structureet": "cs1400102", "equipementsocial": "cs1400105"}
_BLOCKS = {"ej": "structureej", "et": "structureet", "equipements": "equipementsocial", "capacites": "equipementsocial"}
_FILE_ITSELF = "déposer le fichier de données lui-même (CSV, classeur .xlsx…)"
_NAMESPACES = {
    "http://hl7.org/fhir": (
        "c'est du FHIR écrit en XML, alors que seule sa forme JSON est lue ici", "demander l'export en JSON",
    ),
    "urn:schemas-microsoft-com:office:spreadsheet": (
        "c'est un classeur Excel d'une forme ancienne, écrite en XML",
        "l'ouvrir dans un tableur, puis l'enregistrer au format « Classeur Excel (.xlsx) » ou en CSV",
    ),
    "http://schemas.xmlsoap.org/soap/envelope/": ("c'est la réponse d'un service web (SOAP)", _FILE_ITSELF),
    "http://www.w3.org/2003/05/soap-envelope": ("c'est la réponse d'un service web (SOAP)", _FILE_ITSELF),
    "http://www.opengis.net/kml/2.2": ("c'est une carte (KML)", _FILE_ITSELF),
    "http://www.w3.org/2000/svg": ("c'est une image (SVG)", _FILE_ITSELF),
}  # fmt: skip
_ROOTS = {
    "rss": ("c'est un fil d'actualité (RSS)", _FILE_ITSELF), "feed": ("c'est un fil d'actualité (Atom)", _FILE_ITSELF),
    "kml": ("c'est une carte (KML)", _FILE_ITSELF), "svg": ("c'est une image (SVG)", _FILE_ITSELF),
    "Envelope": ("c'est la réponse d'un service web (SOAP)", _FILE_ITSELF),
}  # fmt: skip
# cs1400103 to 105 open with blocks of these names that only recall who the file speaks of (number, EJ, name).
_RECALLED = {"structureej": {"nofiness", "rs"}, "structureet": {"nofinesset", "nofinessej", "rs"}}
# Tags of the XSD of the flow (ANS, 2025-12).
# fmt: off
_TAGS = {
    "structureej": """
        nofiness rs rslongue complrs numvoie typvoie voie compvoie compldistrib lieuditbp libellepays commune
        ligneacheminement libcommune departement libdepartement codepostal codepays telephone telecopie
        statutjuridique libstatutjuridique libcourtstatutjuridique categetab libcategetab libcourtcategetab siren
        datemodifsiren originemodifsiren codeape datecrea datemaj datefermeture typefermeture qualifcreation""",
    "structureet": """
        nofinesset nofinessej rs rslongue complrs compldistrib numvoie typvoie voie compvoie lieuditbp commune
        libcommune departement libdepartement codepostal ligneacheminement codepays libellepays telephone telecopie
        courriel categetab libcategetab libcourtcategetab categagretab libcategagretab libcourtcategagretab typeet
        nofinessppal natureet siret datemodifsiret originemodifsiret codeape codemft libmft libcourtmft codesph
        libsph libcourtsph dateouv datelimite indcaduc typefermeture datefermeture dateautor datemaj numuai""",
    "equipementsocial": """
        nofinesset de libde libcourtde ta libta libcourtta client libclient libcourtclient sourceinfo libsourceinfo
        capinstot capinstm capinstf capinsthab ageminiinst agemaxiinst indsupinst datederinst datepremautor capautot
        capautm capautf capauthab ageminiaut agemaxiaut indsupaut dateautor datemajaut datemajinst""",
}
# fmt: on


def sniff(path: Path) -> Document:
    """facts: root, flow (which file of the flow), blocks met so far, and the stamp (datemaj...) when there is one."""
    facts = {"root": _ROOT}
    blocks: list[str] = []
    header: tuple[str, ...] | None = None
    for block in _blocks(path):
        if block.name == _STAMP:
            facts |= {tag: text for tag, text in block.values.items() if text}
            continue
        if block.name not in blocks:
            blocks.append(block.name)
        if block.values.keys() != _RECALLED.get(block.name):
            header = tuple(block.values)
            facts["flow"] = _FLOWS.get(block.name, block.name)
            break
    return Document("xml", None, header, {**facts, "blocks": ",".join(blocks)})


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """Rows of the blocks of each entity; `_ligne` is the rank of the block among its kind, `_chemin` its XPath."""
    names = {**_BLOCKS, **layout.options.get("blocks", {})}
    collected = {names[e]: Rows(e, _TAGS.get(names[e], "").split()) for e in entities}
    known = {_STAMP, *_RECALLED, *_TAGS, *names.values()}
    for block in _blocks(path):
        if block.name not in known:
            strange = collected[names[entities[0]]]
            reason = f"bloc inconnu du flux standard FINESS : « {block.name} »"
            strange.add({}, path=f"/{_ROOT}/{block.name}", defect=reason)
            continue
        if (rows := collected.get(block.name)) is None:
            continue
        defect = f"balise répétée dans le bloc : {', '.join(sorted(block.repeated))}" if block.repeated else None
        rows.add(block.values, path=f"/{_ROOT}/{block.name}[{rows.count + 1}]", defect=defect)
        if rows.full:
            yield rows.take()
    for rows in collected.values():
        if not rows.empty or not rows.count:
            yield rows.take()


class _Block:
    """One child of the root: its leaves by tag (dotted when nested), null when `xsi:nil` or empty."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: dict[str, str | None] = {}
        self.repeated: set[str] = set()

    def set(self, tag: str, text: str) -> None:
        if tag in self.values:
            self.repeated.add(tag)
        self.values[tag] = text or None


class _Parser:
    """Collects the blocks that expat goes through."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._deepest, self._longest = limit("profondeur"), limit("texte")
        self._tags: list[str] = []
        self._text: list[str] = []
        self._leaf = False
        self._block: _Block | None = None
        self.ready: list[_Block] = []
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.CharacterDataHandler = self._text.append
        self.expat.StartDoctypeDeclHandler = self._doctype

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._tags.append(tag)
        if len(self._tags) > self._deepest:
            raise Over("profondeur")
        self._text.clear()
        self._leaf = True
        if len(self._tags) == 1 and tag != _ROOT:
            if other := _other(tag, attributes):
                raise UnreadableFile(self._path, *other)
            raise UnreadableFile(
                self._path,
                f"XML de racine « {tag} », qui n'est pas un flux standard FINESS (« {_ROOT} »)",
                "déposer le fichier finess_cs140010x du flux standard",
            )
        if len(self._tags) == 2:
            self._block = _Block(tag)

    def feed(self, data: bytes) -> None:
        """Goes through the next bytes of the file."""
        self.expat.Parse(data, False)
        if sum(map(len, self._text)) > self._longest:
            raise Over("texte")

    def _end(self, _tag: str) -> None:
        if self._block is not None and self._leaf and len(self._tags) > 2:
            self._block.set(".".join(self._tags[2:]), "".join(self._text))
        if self._block is not None and len(self._tags) == 2:
            self.ready.append(self._block)
            self._block = None
        self._tags.pop()
        self._leaf = False

    def _doctype(self, *_: object) -> None:
        raise UnreadableFile(
            self._path,
            "XML avec une déclaration DOCTYPE, refusée par sécurité",
            "déposer le fichier d'origine, sans DOCTYPE",
        )


def _other(tag: str, attributes: dict[str, str]) -> tuple[str, str] | None:
    """What an XML file that is not of FINESS is, by its root or its namespace, and what to do; None when unknown."""
    spaces = {value for name, value in attributes.items() if name.split(":")[0] == "xmlns"}
    named = (_NAMESPACES[space] for space in sorted(spaces) if space in _NAMESPACES)
    return next(named, _ROOTS.get(tag.rsplit(":", 1)[-1]))


def _blocks(path: Path) -> Iterator[_Block]:
    parser = _Parser(path)
    with opened(path) as stream:
        try:
            while data := stream.read(_BLOCK_BYTES):
                parser.feed(data)
                yield from parser.ready
                parser.ready.clear()
            parser.expat.Parse(b"", True)
        except expat.ExpatError as error:
            raise UnreadableFile(
                path,
                f"XML tronqué ou mal formé à la ligne {error.lineno} ({expat.ErrorString(error.code)})",
                "télécharger de nouveau le fichier, puis le redéposer entier",
            ) from error
        except (LookupError, ValueError) as error:  # of Python, not of expat
            what = "XML dont l'encodage annoncé est inconnu ou n'est pas le sien"
            raise UnreadableFile(path, what, "l'enregistrer en UTF-8, puis le redéposer") from error
    yield from parser.ready
