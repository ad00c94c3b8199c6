"""What is said of a file that no source takes: what it looks like, where it differs, what to do.

Belongs here: the wording of refusals, and looking into a refused file for what would help its sender. Does not belong
here: choosing a source (`ingest.receive.recognise`), comparing headers (`ingest.receive.headers`), files that cannot be
opened (`ingest.read`).

A refused file may be about persons, whatever its sender believes. Its titles are therefore quoted only as
`ingest.protect.vocabulary` allows, unless its header is nearly that of a source of open data. Places (« colonne 3 »)
always say where to look.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_contracts.figures import written
from data_contracts.loading import Contract, Entity, Layout
from data_contracts.titles import shown
from ingest.protect import masks
from ingest.protect.vocabulary import Quoting, looks_like_titles, quoting
from ingest.read import FAMILIES, Document, crosstab
from ingest.read.cda_header import CODE, TEMPLATE
from ingest.read.preview import LINES, Line, lines
from ingest.receive.headers import Difference, difference, expected, folded, nearness, written_otherwise

_NEAR = 0.5  # share of common titles from which a file is said to be « that source, with another header »
_SURE = 0.8  # from which a line of a file is said to be the header of a source
_ALIKE = 4  # common titles from which a source is named at all: keys alone are common to many
_SHOWN = 15  # differences said in full; beyond, their number
_NAMED = 6  # titles named in passing
_PLACE = re.compile(r" \(colonne \d+\)$")


class DeliveryRefused(Exception):
    """A delivery that cannot be taken. The message is for the sender, in French: what, where, remedy.

    nearest: the contract whose header the file has, or of which it has at least half of the titles. is_quoted: what
    the message quotes of a file that may be about persons names nobody.
    """

    def __init__(self, message: str, nearest: Contract | None = None, *, is_quoted: bool = False) -> None:
        super().__init__("\n".join(map(shown, message.split("\n"))))
        self.nearest = nearest
        self.is_quoted = is_quoted


def is_readable_as(layout: Layout, document: Document) -> bool:
    """Whether the family of the file is that of the layout; a table is the same in a text file and in a workbook."""
    return document.family in FAMILIES[layout.reader] or {document.family, layout.reader} == {"csv", "xlsx"}


def has_header(layout: Layout) -> bool:
    """Whether a file of this layout begins with titles. A file without header does not, nor does a tree (JSON, XML)."""
    return layout.reader in ("csv", "xlsx", "parquet", "csv_produit") and layout.options.get("header") is not False


@dataclass(frozen=True)
class _Candidate:
    """A layout, and the share of titles that a line of a file has in common with it."""

    share: float
    contract: Contract
    layout: Layout

    def common(self, header: Sequence[str]) -> int:
        """How many titles a header has in common with the layout."""
        declared = {folded(written[0]) for written in expected(self.contract, self.layout).values()}
        return len(declared & {folded(title) for title in header})


def of_unknown(path: Path, document: Document, contracts: dict[str, Contract]) -> DeliveryRefused:
    """The refusal of a file that no layout takes.

    It says the first that is known of: another kind of document; the layout that the header is near, and how they
    differ; a header that stands elsewhere in the file; else that nothing is known.
    """
    name = f"Fichier « {path.name} »"
    if another := _of_another_kind(document):
        what, remedy = another
        return DeliveryRefused(f"{name} : {what}. Remède : {remedy}.", is_quoted=True)
    for contract in contracts.values():
        for layout in contract.layouts:
            if layout.reader == "crosstab" and (reason := crosstab.refusal(document, layout.options)):
                return DeliveryRefused(f"{name} : {reason}", contract)
    header, candidates = max(
        ((titles, _candidates(document, contracts, titles)) for titles in document.headers),
        key=lambda pair: max((near.share for near in pair[1]), default=0.0),
    )
    nearest = max(candidates, key=lambda c: c.share, default=None)
    whole = max((c for c in candidates if _is_less_of(c, header)), key=lambda c: c.share, default=None)
    if nearest and nearest.share < _NEAR and whole:
        return _of_differences(name, whole, header, contracts.values())
    if nearest and nearest.share >= _NEAR and header:
        return _of_differences(name, nearest, header, contracts.values())
    if elsewhere := _elsewhere(path, document, contracts):
        near, what, remedy = elsewhere
        return DeliveryRefused(f"{name} : {what}. Remède : {remedy}.", near.contract, is_quoted=True)
    if nearest and header and len(contracts) == 1:
        return _of_differences(name, nearest, header, contracts.values())
    return DeliveryRefused(_of_nothing_known(name, document, nearest, contracts.values()), is_quoted=True)


def _candidates(document: Document, contracts: dict[str, Contract], header: Sequence[str]) -> list[_Candidate]:
    """Every layout that a file of this family may follow, with the share of titles it has in common with a header."""
    return [
        _Candidate(nearness(contract, layout, header), contract, layout)
        for contract in contracts.values()
        for layout in contract.layouts
        if is_readable_as(layout, document) and (has_header(layout) or layout.reader == "json_records")
    ]


def of_several_sources(path: Path, matches: Sequence[tuple[Contract, Layout, Difference]]) -> DeliveryRefused:
    """The refusal of a header that two sources take equally well: only the sender can tell which it is."""
    first = max((contract for contract, _, _ in matches), key=lambda contract: contract.personal)
    fewest: dict[str, int] = {}
    for contract, _, diff in matches:
        fewest[contract.id] = min(fewest.get(contract.id, len(diff.missing)), len(diff.missing))
    named = ", ".join(
        f"{source} ({_columns(count)} en moins)" if count else source for source, count in sorted(fewest.items())
    )
    message = (
        f"Fichier « {path.name} » : plusieurs sources ont cet en-tête : {named}. Préciser la source avec --source."
    )
    return DeliveryRefused(message, first, is_quoted=True)


def of_several_layouts(path: Path, matches: Sequence[tuple[Contract, Layout, Difference]]) -> DeliveryRefused:
    """The refusal of a header that two layouts of one source take, and would not read in the same way."""
    contract = matches[0][0]
    missing_by_layout = {layout.code: set(diff.missing) for _, layout, diff in matches}
    common = set.intersection(*missing_by_layout.values())
    lines_of_diff = [
        f"  · forme {code}, s'il y avait : {_named(sorted(missing - common or missing))}"
        for code, missing in missing_by_layout.items()
    ]
    return DeliveryRefused(
        "\n".join(
            [
                f"Fichier « {path.name} » : l'en-tête peut être celui de plusieurs formes de « {contract.name} », qui "
                "ne se lisent pas de la même façon.",
                *lines_of_diff,
                "  Remède : exporter au moins une des colonnes qui les distinguent, ou garder le nom d'origine du "
                "fichier.",
            ]
        ),
        contract,
        is_quoted=True,
    )


def of_columns(contract: Contract, layout: Layout, entity: Entity, diff: Difference) -> DeliveryRefused:
    """The refusal of a table that turns out, while it is read, not to have the columns of its layout."""
    show: Quoting = quoting([contract]) if contract.personal else str
    faults = [f"colonnes inconnues : {', '.join(map(show, diff.unknown))}"] if diff.unknown else []
    faults += [f"colonnes indispensables absentes : {', '.join(diff.needed)}"] if diff.needed else []
    faults += [f"colonnes en double : {', '.join(map(show, diff.repeated))}"] if diff.repeated else []
    faults += [f"titres répétés dont une colonne manque : {', '.join(diff.doubtful)}"] if diff.doubtful else []
    faults += [f"colonnes sans titre et non vides : {', '.join(str(rank + 1) for rank in diff.untitled)}"] * bool(
        diff.untitled
    )
    return DeliveryRefused(
        f"{contract.name} ({layout.code}), table {entity.name} : {' ; '.join(faults)}. Remède : déclarer cette version "
        "dans le contrat, ou corriger les titres, puis renvoyer ou relancer.",
        contract,
        is_quoted=True,
    )


def absent(titles: Sequence[str]) -> str:
    """What is said of a file that is received without some columns."""
    return f"colonnes absentes : {_named(titles, _SHOWN)} (leurs valeurs sont inconnues)"


def _is_less_of(candidate: _Candidate, header: Sequence[str]) -> bool:
    """Whether every column of a file is one of the layout, which has more of them."""
    if not candidate.share or not any(header):
        return False
    diff = difference(candidate.contract, candidate.layout, header)
    return bool(diff.missing) and not (diff.unknown or diff.untitled)


def _of_differences(
    name: str, candidate: _Candidate, header: Sequence[str], contracts: Iterable[Contract]
) -> DeliveryRefused:
    """The refusal of a header that is nearly that of a layout: its sender is told each difference.

    The header is quoted as it is, and the file named, only when half of the titles are those of an open source.
    """
    contract, layout = candidate.contract, candidate.layout
    is_near = candidate.share >= _NEAR
    show: Quoting = str if is_near and not contract.personal else quoting(contracts, header)
    diff = difference(contract, layout, header)
    known = contract if is_near or (contract.personal and not diff.unknown) else None
    form = f"« {contract.name} » (la plus proche : {layout.code}, version {layout.version})"
    if diff.is_covered and not diff.tells:
        return DeliveryRefused(
            f"{name} : il n'a aucune valeur de {form}, seulement les colonnes qui disent de qui l'on parle. Remède : "
            f"exporter aussi au moins une des colonnes attendues : {_named(list(filter(None, diff.missing)))}.",
            known,
            is_quoted=True,
        )
    lines_of_message = [
        f"{name} : l'en-tête n'est celui d'aucune version connue de {form}.",
        *_shortened(list(_differences(diff, header, show))),
        f"  Remède : {_remedy(diff)}.",
    ]
    return DeliveryRefused("\n".join(lines_of_message), known, is_quoted=True)


def _differences(diff: Difference, header: Sequence[str], show: Quoting) -> Iterable[str]:
    """One line a difference, the needed columns first. A title that is only written otherwise takes one line."""
    unknown = {_PLACE.sub("", title): title for title in diff.unknown}
    ranks, needed, written = _ranks(header), set(diff.needed), _written_otherwise(diff)

    def quoted(title: str) -> str:
        place = _PLACE.search(unknown[title])
        return f"{show(title) or '(sans titre)'}{place[0] if place else f' (colonne {ranks[title]})'}"

    for title, (here, way) in written.items():
        yield f"  ≈ même titre, écrit autrement ({way}) : attendu {title}, reçu {quoted(here)}"
    left = {folded(t): t for t in unknown if t not in {here for here, _ in written.values()}}
    for title in sorted(diff.missing, key=lambda t: t not in needed):
        if title in written:
            continue
        close = difflib.get_close_matches(folded(_PLACE.sub("", title)), list(left), n=1, cutoff=0.75)
        hint = f" (renommée « {show(left[close[0]])} » ?)" if close else ""
        yield f"  − colonne attendue absente : {title or '(sans titre)'}{hint}{' — indispensable' * (title in needed)}"
    yield from (f"  + colonne inconnue : {quoted(title)}" for title in left.values())
    yield from (f"  + colonne sans titre, et qui n'est pas vide (colonne {rank})" for rank in diff.untitled)
    yield from (f"  × colonne en double : {show(title)}" for title in diff.repeated)
    for title in diff.doubtful:
        yield f"  ? titre répété dans cette forme, et dont il manque une colonne : on ne sait pas laquelle : {title}"


def _written_otherwise(diff: Difference) -> dict[str, tuple[str, str]]:
    """Missing title -> the unknown one that reads the same to a person, and how its writing differs."""
    by_fold = {folded(bare): bare for bare in (_PLACE.sub("", title) for title in diff.unknown)}
    pairs: dict[str, tuple[str, str]] = {}
    for title in diff.missing:
        bare = _PLACE.sub("", title)
        here = by_fold.get(folded(bare))
        if bare and here is not None and (way := written_otherwise(bare, here)):
            pairs[title] = (here, way)
    return pairs


def _ranks(header: Sequence[str]) -> dict[str, int]:
    """Title -> the first place that it has in a header, counted from 1."""
    return {title: rank for rank, title in reversed(list(enumerate(header, start=1)))}


def _remedy(diff: Difference) -> str:
    written = _written_otherwise(diff)
    here = {title for title, _ in written.values()}
    steps: list[str] = []
    if written:
        steps.append("écrire les titres comme ils sont attendus")
    if diff.doubtful or set(diff.needed) - written.keys():
        steps.append("rétablir les colonnes indispensables")
    if any(_PLACE.sub("", title) not in here for title in diff.unknown):
        steps.append("retirer ou renommer les colonnes inconnues, ou les déclarer dans le contrat (forme ou alias)")
    if diff.untitled:
        steps.append("donner un titre à la colonne qui n'en a pas, ou la retirer")
    if diff.repeated:
        steps.append("ne garder qu'une fois chaque colonne")
    return " ; ".join(steps)


def _shortened(differences: list[str]) -> list[str]:
    return (
        differences
        if len(differences) <= _SHOWN
        else [*differences[:_SHOWN], f"  … et {len(differences) - _SHOWN} autres différences"]
    )


def _elsewhere(path: Path, document: Document, contracts: dict[str, Contract]) -> tuple[_Candidate, str, str] | None:
    """The header of a source that is not on the first line: lower, cut by another separator, or down a column."""
    layouts = [
        (contract, layout, {folded(written[0]) for written in expected(contract, layout).values()})
        for contract in contracts.values()
        for layout in contract.layouts
        if has_header(layout) and is_readable_as(layout, document)
    ]

    def best(titles: Iterable[str]) -> _Candidate:
        given = {folded(t) for t in titles}
        return max(
            (_Candidate(len(given & t) / max(1, len(given | t)), c, x) for c, x, t in layouts),
            key=lambda near: near.share,
            default=_Candidate(0.0, next(iter(contracts.values())), next(iter(contracts.values())).layouts[0]),
        )

    seen = list(lines(path, document))
    nearest = max(((best(line.cells), line) for line in seen), key=lambda pair: pair[0].share, default=None)
    if nearest and nearest[0].share >= _SURE:
        near, line = nearest
        return near, *_where(near, line, document, seen)
    separator = document.facts.get("separator")
    first = [line.cells[0] for line in seen if line.separator in (None, separator)]
    near = best(first)
    if near.share >= _SURE and len(first) < LINES:
        what = f"tableau couché : les titres de « {near.contract.name} » sont dans la première colonne"
        return near, what, "transposer le tableau, un titre par colonne et une ligne par établissement"
    return None


def _where(near: _Candidate, line: Line, document: Document, seen: Sequence[Line]) -> tuple[str, str]:
    name = f"« {near.contract.name} »"
    above = len({other.number for other in seen if other.number < line.number})
    if not above:
        cut = f"le séparateur « {'espace' if line.separator == ' ' else line.separator} » n'est pas reconnu"
        return f"l'en-tête est celui de {name}, mais {cut}", "exporter avec des points-virgules"
    lines_above = "la ligne 1" if above == 1 else f"les {above} lignes"
    what = f"l'en-tête de {name} n'est pas sur la première ligne, mais ligne {line.number}"
    return what, f"supprimer {lines_above} au-dessus de l'en-tête, puis redéposer le fichier"


def _of_nothing_known(name: str, document: Document, nearest: _Candidate | None, contracts: Iterable[Contract]) -> str:
    contracts = list(contracts)
    header = document.titles
    if not header:
        return (
            f"{name} : aucune source déclarée ne correspond à ce fichier (famille {document.family}). Remède : "
            "vérifier que c'est bien le fichier à livrer, ou déclarer un contrat dans data_contracts/sources/."
        )
    if not looks_like_titles(header, contracts) and len(header) > 1:
        return (
            f"{name} : la première ligne ne ressemble pas à des titres de colonnes ({_columns(len(header))}). Remède : "
            "mettre la ligne de titres en première ligne du fichier ; si elle y est, la source n'est pas déclarée "
            "(data_contracts/sources/)."
        )
    show = quoting(contracts, header)
    titles = ", ".join(show(title) or "(sans titre)" for title in header[:_NAMED])
    more = f"… et {len(header) - _NAMED} autres" if len(header) > _NAMED else ""
    alone = (
        " Une seule colonne : le séparateur est-il un point-virgule, une tabulation, une virgule ou une barre ?"
        if len(header) == 1 and document.family == "csv"
        else ""
    )
    near = (
        f" La plus proche est « {nearest.contract.name} », {written(100 * nearest.share, 0)} % de titres communs."
        if nearest and nearest.common(header) >= _ALIKE
        else ""
    )
    return (
        f"{name} : aucune source déclarée n'a cet en-tête ({titles}{more}).{alone}{near} Remède : vérifier que c'est "
        "bien le fichier à livrer, sans ligne au-dessus de l'en-tête ; sinon déclarer un contrat dans "
        "data_contracts/sources/."
    )


_ASK_TDDUI = (
    "demander à l'éditeur du DUI un export « Transfert de données DUI » de l'ANS (TDDUI), ou déposer l'export d'un "
    "produit dont la correspondance est déclarée"
)
# Guides of the ANS that files of the sector may follow, and what one does about each.
_GUIDES = {
    "ror": (
        "du répertoire de l'offre et des ressources (ROR)",
        "aucune collecte d'ici ne lit le ROR ; pour les capacités, livrer les fichiers FINESS",
    ),
    "sdo": (
        "du suivi des décisions d'orientation (SDO, ViaTrajectoire)",
        "livrer la réponse à la recherche de tâches du SDO (Task, flux 5), seule lue ici",
    ),
    "annuaire": ("de l'annuaire santé", "aucune collecte d'ici ne lit l'annuaire santé"),
    "tddui": ("d'un transfert TDDUI", _ASK_TDDUI),
}
_TERMINOLOGY = {"CodeSystem", "ValueSet", "ConceptMap", "NamingSystem"}
_CONFORMANCE = {"StructureDefinition", "ImplementationGuide", "CapabilityStatement", "SearchParameter"}
# Types that may be named: no other word of a file is.
_TYPES = _TERMINOLOGY | _CONFORMANCE | {
    "Bundle", "Patient", "Encounter", "Organization", "Practitioner", "PractitionerRole", "Location", "Task",
    "HealthcareService", "DocumentReference", "Binary", "Observation", "Condition", "CarePlan", "Goal", "Slot",
    "ServiceRequest", "QuestionnaireResponse", "Questionnaire", "Consent", "Schedule", "Basic", "RelatedPerson",
    "Provenance", "OperationOutcome", "Coverage", "Group", "Device", "Composition", "Appointment", "Procedure",
    "MedicationRequest", "MedicationStatement", "DiagnosticReport", "Immunization", "AllergyIntolerance", "Endpoint",
    "EpisodeOfCare", "Claim", "Account", "Communication", "List", "Parameters", "Subscription", "Person",
}  # fmt: skip
# Codes of documents (LOINC, JDV_J07), as the field calls them.
_DOCUMENTS = {
    "11490-0": "une lettre de liaison à la sortie", "18842-5": "un compte rendu de sortie",
    "11502-2": "un compte rendu de biologie", "60591-5": "une synthèse médicale",
    "57833-6": "une prescription de médicaments", "11369-6": "un historique de vaccination",
    "18748-4": "un compte rendu d'imagerie", "57830-2": "une décision d'orientation ou une demande d'admission",
    "28653-4": "une note du secteur social ou médico-social",
}  # fmt: skip


def _of_another_kind(document: Document) -> tuple[str, str] | None:
    """What a health document that no source reads is, and what to do about it; None for any other file."""
    facts = document.facts
    if facts.get("content") != "" or not ({"document", "types"} & facts.keys()):
        return None
    if facts.get("document") is not None and document.family == "xml":
        return _of_document(facts["document"], "c'est"), _ASK_TDDUI
    types = [kind for kind in facts["types"].split(",") if kind in _TYPES]
    shown = f" de ressources {_named(types)}" if types else ""
    bundle = (
        f"un Bundle FHIR{_type_of_bundle(facts['type'])}" if facts["resourceType"] == "Bundle" else "une ressource FHIR"
    )
    guide = next((g for g in facts["guides"].split(",") if g in _GUIDES), None) or next(
        (known for known in _GUIDES for g in facts["guides"].split(",") if g.startswith(known)), None
    )
    if facts.get("document") is not None:
        return f"{_of_document(facts['document'], f'c’est {bundle} qui porte')}", _ASK_TDDUI
    if facts["type"].endswith("-response"):
        return f"c'est {bundle}, l'accusé de réception d'un serveur : il ne porte aucune donnée", _ASK_TDDUI
    if types and set(types) <= {"OperationOutcome"}:
        return "c'est un message d'erreur d'un serveur FHIR (OperationOutcome), pas des données", _ASK_TDDUI
    if types and set(types) <= _TERMINOLOGY | _CONFORMANCE:
        remedy = "une nomenclature s'ajoute dans data_contracts/nomenclatures/, non par une livraison"
        return f"c'est {bundle}{shown} : des nomenclatures ou des profils, pas des données d'usagers", remedy
    if guide:
        whose, remedy = _GUIDES[guide]
        return f"c'est {bundle}{shown} {whose}, pas un transfert TDDUI ni des tâches du SDO", remedy
    if not facts["types"]:
        return f"c'est {bundle} sans aucune ressource", "vérifier l'export, puis redéposer le fichier entier"
    return (
        f"c'est {bundle}{shown}, dont rien ne dit qu'il est un transfert TDDUI : ni profil (meta.profile de "
        "https://interop.esante.gouv.fr/ig/fhir/tddui), ni identifiant du secteur (identifiant-medicosocial-…), ni "
        "extension ou questionnaire de ce guide"
    ), _ASK_TDDUI


def _type_of_bundle(kind: str) -> str:
    known = ("transaction", "batch", "collection", "searchset", "document", "message", "history",
             "transaction-response", "batch-response")  # fmt: skip
    return f" ({kind})" if kind in known else ""


def _of_document(code: str, verb: str) -> str:
    what = _DOCUMENTS.get(code)
    named = f"{what} ({code})" if what else "un document médical"
    return (
        f"{verb} {named}, au format CDA, et non un export de DUI : ni le modèle {TEMPLATE}, ni le type {CODE} n'y sont"
    )


def _named(titles: Sequence[str], at_most: int = _NAMED) -> str:
    others = f" et {len(titles) - at_most} autres" if len(titles) > at_most else ""
    return ", ".join(title or "(sans titre)" for title in titles[:at_most]) + others


def _columns(count: int) -> str:
    return f"{count} colonne{'s' if count > 1 else ''}"


def without_content(reason: str, path: Path, filename: str, contracts: Iterable[Contract]) -> str:
    """The reason of a refusal, without anything quoted of the file, which gets its neutral name."""
    known = list(contracts)
    parts = reason.split(f"« {path.name} »")
    return f"« {filename} »".join(masks.message(part, known) for part in parts)
