"""The RESID-ESMS file of a month, prepared from the DUI of the ESMS.

Belongs here: its columns, what fills each, and what the ESMS must confirm before it sends the file. Does not belong
here: reading the DUI (`dui_told`), writing files (`named_files`).

Fields: CASF R314-105-3 (decree 2018-173). The format of the Cnam is not public: columns are those of the contract
`resid_esms`, to be confirmed. DATE_ENTREE is the administrative entry, never the admission.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from ingest.validate.identifiers import nir_key_holds
from orchestration.restitution.known import (
    ATTRIBUTION,
    OTHER_REASON,
    PA,
    PH,
    Decision,
    Dossier,
    Doubt,
    Etablissement,
    Identity,
    Stay,
    day,
    same_day,
)

COLUMNS = (
    "FINESS", "MOIS", "NIR", "TYPE_NIR", "ORGANISME", "NOM", "PRENOMS", "DATE_NAISSANCE", "SEXE", "LIEU_NAISSANCE",
    "DEPT_DOMICILE", "DEPT_SECOURS", "GIR", "HANDICAP", "DECISION_CDAPH", "DATE_DECISION", "MODALITE", "DATE_ENTREE",
    "PROVENANCE", "PRISE_EN_CHARGE_ANTERIEURE", "DATE_SORTIE", "MOTIF_SORTIE",
)  # fmt: skip
EVERYBODY = "(tous)"
# RESID-ESMS is an obligation of the ESMS (CASF R314-105-3): whether an opposition lifts it is not for this file to say.
OPPOSED = "Voir le registre des oppositions ; déclarer autrement celles que la loi oblige à déclarer."
_SEXES = {"M": "1", "F": "2"}
_OF_PH = {"INT", "SEMI", "EXT", "SEA"}  # modalities that no service for the elderly has
_SOON_MONTHS = 3  # ViaTrajectoire says that a decision expires three months before it does (collections.md §5)
_OLD_GIR_MONTHS = 12
# What the DUI does not hold (TDDUI): column -> attribute of what was declared last.
_FROM_RESID = {
    "ORGANISME": "organisme",
    "DEPT_SECOURS": "departement_secours",
    "HANDICAP": "handicap",
    "PRISE_EN_CHARGE_ANTERIEURE": "prise_en_charge_anterieure",
}


@dataclass(frozen=True)
class Prepared:
    """The rows of the file, in order of entry, and what is to be confirmed."""

    rows: list[tuple[str, ...]]
    doubts: list[Doubt]


@dataclass(frozen=True)
class Month:
    """A month of declaration."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """« 2026-10 ». Raises ValueError."""
        year, _, month = text.partition("-")
        found = cls(int(year), int(month))
        date(found.year, found.month, 1)
        return found

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    def plus(self, months: int) -> date:
        """The last day of the month so many months later (before, when negative)."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return date(year, month + 1, monthrange(year, month + 1)[1])

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def prepare(esms: Etablissement, month: Month) -> Prepared:
    """One row a stay that covers some of the month, in the order of entries and local numbers."""
    rows: list[tuple[str, ...]] = []
    doubts: list[Doubt] = []
    carried: Counter[tuple[str, str]] = Counter()
    present = [
        (dossier, stay) for dossier in esms.dossiers for stay in dossier.sejours if stay.covers(month.first, month.last)
    ]
    for dossier, stay in sorted(present, key=lambda pair: (pair[1].entree or date.min, pair[0].identity.dossier)):
        cells, found = _row(esms, dossier, stay, month)
        rows.append(tuple(cells[name] for name in COLUMNS))
        doubts += [replace(doubt, ligne=str(len(rows) + 1)) for doubt in found]  # the titles are line 1
        for column, attribute in _FROM_RESID.items():
            known = getattr(dossier.resid, attribute) if dossier.resid else None
            carried[column, dossier.resid.mois if dossier.resid and known else ""] += 1
    doubts += [doubt for dossier in esms.dossiers for doubt in _not_entered(dossier, month)]
    doubts += [
        Doubt("", stay.number, "NOM", "Séjour dont la personne n'a pas de fiche en usage : non porté dans le fichier",
              f"entrée le {day(stay.entree)}", "Remettre la fiche en usage dans le DUI, ou dire de qui est ce séjour.")
        for stay in esms.sans_fiche
        if stay.covers(month.first, month.last)
    ]  # fmt: skip
    return Prepared(rows, [*_about_everybody(esms, month, carried), *doubts])


def _row(esms: Etablissement, dossier: Dossier, stay: Stay, month: Month) -> tuple[dict[str, str], list[Doubt]]:
    who = dossier.identity
    number, kind = _nir(who)
    gir = _gir(dossier, month)
    decision = _decision(dossier, month)
    resid = dossier.resid
    cells = {
        "FINESS": esms.finess,
        "MOIS": str(month),
        "NIR": number,
        "TYPE_NIR": kind,
        "NOM": who.nom or "",
        "PRENOMS": who.prenoms or "",
        "DATE_NAISSANCE": day(who.naissance),
        "SEXE": _SEXES.get(who.sexe or "", ""),
        "LIEU_NAISSANCE": who.lieu or "",
        "DEPT_DOMICILE": dossier.departement_domicile or "",
        "GIR": str(gir[1]) if gir and 1 <= gir[1] <= 6 else "",
        "DECISION_CDAPH": "O" if decision else "",
        "DATE_DECISION": day(decision.date_decision) if decision else "",
        "MODALITE": stay.modalite or "",
        "DATE_ENTREE": day(stay.entree),
        "PROVENANCE": stay.mode_entree if stay.mode_entree and stay.mode_entree != OTHER_REASON else "",
        "DATE_SORTIE": day(stay.sortie) if stay.sortie and stay.sortie <= month.last else "",
        **{column: (getattr(resid, name) if resid else None) or "" for column, name in _FROM_RESID.items()},
    }
    left = bool(cells["DATE_SORTIE"])
    cells["MOTIF_SORTIE"] = stay.motif_sortie or "" if left and stay.motif_sortie != OTHER_REASON else ""
    found = [*_doubts_on_who(dossier, cells), *_doubts_on_needs(esms, dossier, month, cells)]
    found += _doubts_on_stay(dossier, stay, cells)
    return cells, [Doubt(who.dossier, stay.number, *said) for said in found]


Said = tuple[str, str, str, str]  # champ, constat, valeur, à faire


def _nir(who: Identity) -> tuple[str, str]:
    """The number, and whether it is a NIR or a NIA: the one of the DUI, else a qualified INS, which is made of it."""
    if who.nir:
        return who.nir.replace(" ", ""), "NIR"
    if who.ins and who.ins_is_qualified and who.ins_type in ("INS-NIR", "INS-NIA"):
        return who.ins.replace(" ", ""), who.ins_type.removeprefix("INS-")
    return "", ""


def _doubts_on_who(dossier: Dossier, cells: dict[str, str]) -> Iterator[Said]:
    who = dossier.identity
    number = cells["NIR"]
    if not number:
        yield "NIR", "NIR absent", "", "Demander l'attestation de droits, ou qualifier l'INS (téléservice INSi)."
    elif not nir_key_holds(number):
        yield "NIR", "NIR dont la clé est fausse", "", "Vérifier le numéro sur l'attestation de droits."
    elif cells["SEXE"] and cells["TYPE_NIR"] == "NIR" and number[0] in "12" and number[0] != cells["SEXE"]:
        yield "NIR", "Le NIR et le sexe ne s'accordent pas", "", "Vérifier le sexe et le numéro (ouvrant droit ?)."
    if who.ins and not who.ins_is_qualified:
        said = f"INS non qualifiée (statut {who.ins_statut or 'absent'})"
        yield (
            "INS",
            said,
            "",
            "Qualifier l'identité par le téléservice INSi : une INS sans statut VALI n'en est pas une.",
        )
    for column, label in (("NOM", "Nom de naissance"), ("PRENOMS", "Prénoms"), ("DATE_NAISSANCE", "Date de naissance"),
                          ("SEXE", "Sexe"), ("LIEU_NAISSANCE", "Lieu de naissance"),
                          ("DEPT_DOMICILE", "Département du domicile")):  # fmt: skip
        if not cells[column]:
            yield column, f"{label} : rien dans le DUI", "", "Compléter le dossier."
    if dossier.deces and not cells["DATE_SORTIE"]:
        yield "DATE_SORTIE", "Décès connu, séjour sans sortie", day(dossier.deces), "Saisir la sortie dans le DUI."


def _doubts_on_needs(esms: Etablissement, dossier: Dossier, month: Month, cells: dict[str, str]) -> Iterator[Said]:
    gir = _gir(dossier, month)
    if gir is None:
        if esms.domaine != PH:
            yield "GIR", "Aucun GIR connu", "", "Évaluer l'autonomie (AGGIR)."
    elif not cells["GIR"]:
        yield "GIR", "GIR hors de 1 à 6", str(gir[1]), "Vérifier l'évaluation."
    elif gir[0] is None or gir[0] < month.plus(-_OLD_GIR_MONTHS):
        since = f"du {day(gir[0])}" if gir[0] else "sans date"
        yield "GIR", f"GIR de plus de douze mois ({since})", cells["GIR"], "Confirmer le GIR, ou le réévaluer."
    decision = _decision(dossier, month)
    if decision is None:
        other = max((d for d in dossier.decisions if d.date_decision), key=_decided_on, default=None)
        if other:
            yield ("DECISION_CDAPH", "La dernière décision connue n'est pas une attribution",
                   f"type {other.type_decision or 'inconnu'}, {day(other.date_decision)}",
                   "Confirmer qu'aucune orientation n'est en cours.")  # fmt: skip
        elif esms.domaine == PH or cells["MODALITE"] in _OF_PH:
            yield (
                "DECISION_CDAPH",
                "Décision de la CDAPH inconnue",
                "",
                "Saisir la décision, ou dire qu'il n'y en a pas.",
            )
        return
    end = decision.echeance
    if end and end < month.first:
        yield "DATE_DECISION", "Décision échue", day(end), "Demander le renouvellement à la MDPH."
    elif end and end <= month.plus(_SOON_MONTHS):
        yield "DATE_DECISION", "Décision qui expire dans les trois mois", day(end), "Préparer le renouvellement."


def _doubts_on_stay(dossier: Dossier, stay: Stay, cells: dict[str, str]) -> Iterator[Said]:
    if not cells["MODALITE"]:
        yield "MODALITE", "Modalité d'accueil inconnue", "", "La saisir dans le DUI."
    for name, other in (("RESID-ESMS", stay.resid_entree), ("ViaTrajectoire", stay.vt_entree)):
        if not same_day(stay.entree, other):
            said = f"Date d'entrée divergente : {day(other)} dans {name}"
            yield (
                "DATE_ENTREE",
                said,
                cells["DATE_ENTREE"],
                "Vérifier l'entrée administrative et corriger là où elle est fausse.",
            )
    if not cells["PROVENANCE"]:
        yield "PROVENANCE", "Provenance inconnue", "", "La saisir dans le DUI."
    if cells["DATE_SORTIE"]:
        if not same_day(stay.sortie, stay.resid_sortie):
            said = f"Date de sortie divergente : {day(stay.resid_sortie)} dans RESID-ESMS"
            yield "DATE_SORTIE", said, cells["DATE_SORTIE"], "Vérifier la sortie."
        if not cells["MOTIF_SORTIE"]:
            yield "MOTIF_SORTIE", "Motif de sortie absent, ou texte non reconnu", "", "Choisir un motif."
    others = [s for s in dossier.sejours if s is not stay and s.entree and stay.entree and s.modalite == stay.modalite]
    if any(_overlap(stay, other) for other in others):
        yield "DATE_ENTREE", "Deux séjours de même modalité se recouvrent", cells["DATE_ENTREE"], "Clore l'un des deux."


def _overlap(first: Stay, second: Stay) -> bool:
    starts = [s.entree for s in (first, second) if s.entree]
    ends = [s.sortie or date.max for s in (first, second)]
    return max(starts) < min(ends)


def _not_entered(dossier: Dossier, month: Month) -> Iterator[Doubt]:
    """Admitted and neither entered nor gone: not declared, since admission is not entry."""
    for stay in dossier.sejours:
        if stay.entree is None and stay.sortie is None and stay.admission and stay.admission <= month.last:
            yield Doubt(
                dossier.identity.dossier,
                stay.number,
                "DATE_ENTREE",
                f"Admission le {day(stay.admission)}, entrée inconnue : non porté dans le fichier",
                "",
                "Saisir l'entrée si la personne est là.",
            )


def _about_everybody(esms: Etablissement, month: Month, carried: Counter[tuple[str, str]]) -> list[Doubt]:
    """What the DUI holds of nobody: taken again from the last declaration, or to be filled in."""
    found: list[Doubt] = []
    if not esms.compared:
        said = "Rien n'est comparé à ViaTrajectoire ni aux déclarations précédentes : la couche n'est pas construite"
        found.append(Doubt(EVERYBODY, "", "", said, "", "Lancer « dlnuf run », puis recommencer."))
    if esms.exporte_le and esms.exporte_le < month.last:
        said = f"Le dernier export du DUI est du {day(esms.exporte_le)}, avant la fin du mois déclaré"
        found.append(Doubt(EVERYBODY, "", "MOIS", said, str(month), "Livrer un export plus récent, puis recommencer."))
    for (column, told_in), count in sorted(carried.items()):
        if column == "HANDICAP" and esms.domaine == PA and not told_in:
            continue
        said = f"repris de la déclaration de {told_in}" if told_in else "absent du DUI (TDDUI ne le porte pas)"
        todo = "Vérifier." if told_in else "À compléter."
        found.append(Doubt(EVERYBODY, "", column, f"{count} ligne(s) : {said}", "", todo))
    if esms.opposed:
        said = f"{esms.opposed} personne(s) en opposition, non portée(s) dans le fichier"
        found.append(Doubt(EVERYBODY, "", "", said, "", OPPOSED))
    return found


def _gir(dossier: Dossier, month: Month) -> tuple[date | None, int] | None:
    """The last GIR known at the end of the month; one without date when there is no other."""
    known = [(on, gir) for on, gir in dossier.girs if on is None or on <= month.last]
    return max(known, key=lambda pair: pair[0] or date.min, default=None)


def _decision(dossier: Dossier, month: Month) -> Decision | None:
    """The last decision that grants something at the end of the month: neither closed nor replaced by then."""
    granted = [
        d
        for d in dossier.decisions
        if d.type_decision == ATTRIBUTION
        and (d.date_decision is None or d.date_decision <= month.last)
        and (d.cloture is None or d.cloture > month.last)
    ]
    return max(granted, key=_decided_on, default=None)


def _decided_on(decision: Decision) -> date:
    return decision.date_decision or date.min
