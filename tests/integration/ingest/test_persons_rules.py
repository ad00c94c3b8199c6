"""The rules of the standards, case by case: what is rejected, what is only signalled, what is sound.

Sources: TDDUI guide (§1 of the standards), SDO guide and its legal pairs ASS_A32 (§2), keys of identifiers (§5), the
referential of national health identity: a matricule is an identity only when its status is VALI.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.ingest.conftest import Guichet
from tests.unit.readers import examples as ex
from tests.unit.readers.examples import ET, Node
from tests.unit.readers.test_csv_products import RESID, VT

WRONG_INS = ex.INS[:13] + "00"
FEMININE = "237119935100194"


@dataclass(frozen=True)
class Case:
    """A resource among sound ones; what must be said of its row."""

    name: str
    resource: Node
    entity: str
    said: str | None  # rule of the finding; None: nothing is said
    rejected: bool = False


def person(*identifiers: Node, status: str | None = "VALI", **changed: Any) -> Node:
    told = ex.patient(identifier=[ex.number("localusager", "DOS-1"), *identifiers], **changed)
    if status != "VALI":
        coded = [] if status is None else [{"url": "identityStatus", "valueCoding": {"code": status}}]
        told["extension"] = [{"url": f"{ex.CORE}identity-reliability", "extension": coded}, *told["extension"][1:]]
    return told


def ins(value: str, kind: str = "8") -> Node:
    return {"system": f"urn:oid:1.2.250.1.213.1.4.{kind}", "value": value}


def slot(*, code: str = "2", motive: str | None = "1", planned: bool | None = True, **changed: Any) -> Node:
    told = ex.absence(serviceType=[ex.concept(code)], **changed)
    told["extension"] = [
        *([] if planned is None else [{"url": f"{ex.SD}tddui-planned-absence", "valueBoolean": planned}])
    ]
    told.pop("appointmentType")
    return told if motive is None else {**told, "appointmentType": ex.concept(motive)}


def stay(start: str | None, end: str | None, admission: str | None = None) -> Node:
    period = {key: value for key, value in (("start", start), ("end", end)) if value}
    said = [] if admission is None else [{"url": f"{ex.SD}tddui-admission-date", "valueDateTime": admission}]
    return ex.sejour(period=period, extension=said, hospitalization={})


def event(**changed: Any) -> Node:
    told = ex.evenement(**changed)
    return told


KEY = "clé de contrôle NIR inexacte"
NOT_AN_IDENTITY = "Matricule INS sans statut VALI : il ne vaut pas identité et n'est pas utilisé comme tel."
FHIR = [
    # INS: identity only when VALI; INS-NIR and INS-NIA are two spaces; keys warn (the examples of the ANS break them)
    Case("qualified INS", person(ins(ex.INS)), "usagers", None),
    Case("provisional INS", person(ins(ex.INS), status="PROV"), "usagers", NOT_AN_IDENTITY),
    Case("INS without status", person(ins(ex.INS), status=None), "usagers", NOT_AN_IDENTITY),
    Case("INS-NIA", person(ins(ex.INS, "9")), "usagers", None),
    Case("INS whose key is wrong", person(ins(WRONG_INS)), "usagers", KEY),
    Case("NIR whose key is wrong", person(ins(WRONG_INS, "13")), "usagers", KEY),
    Case("thirteen characters, no key", person(ins(ex.INS[:13])), "usagers", None),
    Case("INS of the other sex", person(ins(ex.INS), gender="female"), "usagers", "premier chiffre du matricule INS"),
    Case("NIR of the other sex", person(ins(FEMININE, "13")), "usagers", "premier chiffre du NIR"),
    Case("INS-NIA of the other sex", person(ins(ex.INS, "9"), gender="female"), "usagers", None),
    Case(
        "dead before birth", ex.patient(birthDate="1987-11-23", deceasedDateTime="1980-01-01"), "usagers",
        "décédée avant sa naissance",
    ),
    Case("unknown sex", ex.patient(gender="unknown"), "usagers", None),
    # TDDUI, PresenceAbsence: motive and planned are required when absent; without them, it is an absence all the same
    Case("absence", slot(), "presences_absences", None),
    Case("absence without motive", slot(motive=None), "presences_absences", "Absence sans motif"),
    Case("absence of an unknown motive", slot(motive="999"), "presences_absences", "nomenclature absences_motifs"),
    Case("absence planned or not?", slot(planned=None), "presences_absences", "Absence dont on ne dit pas"),
    Case("presence without motive", slot(code="1", motive=None, planned=None), "presences_absences", None),
    Case("type unknown", slot(code="3"), "presences_absences", "nomenclature presences_types", rejected=True),
    Case("ends first", slot(end="2024-02-01T00:00:00Z"), "presences_absences", "finit avant", rejected=True),
    # stays and events
    Case("still there", stay("2024-01-02", None), "sejours", None),
    Case("one day", stay("2024-01-02", "2024-01-02"), "sejours", None),
    Case("ends before it starts", stay("2024-01-02", "2024-01-01"), "sejours", "finit avant", rejected=True),
    Case("left before admission", stay("2024-01-02", "2024-01-05", "2024-01-06"), "sejours", "précède l'admission"),
    Case("entry long before", stay("2022-01-02", None, "2024-01-06"), "sejours", "de plus d'un an"),
    Case("left, never entered", stay(None, "2024-01-05", "2024-01-01"), "sejours", "dont l'entrée n'est pas dite"),
    Case("no date", stay(None, None), "sejours", "Séjour sans aucune date"),
    Case("in the future", stay("2999-01-01", None), "sejours", "à venir"),
    Case("event", event(), "evenements", None),
    Case("RPPS whose key is wrong",
         event(participant=[{"individual": {"identifier":
               {"system": "https://rpps.esante.gouv.fr", "value": ex.WRONG_RPPS}}}]),
         "evenements", "clé de contrôle RPPS inexacte"),
    Case("motive of an event that took place", event(status="finished"), "evenements", "qui n'est pas annulé"),
    Case("event that ends first", event(period={"start": "2024-02-02", "end": "2024-02-01"}), "evenements",
         "Événement qui finit avant"),
    Case("code of an event that is on no list", event(type=[ex.concept("MED-0")]), "evenements", "code absent"),
    Case("GIR of an evaluation that is not AGGIR",
         ex.aggir(questionnaire="tddui-questionnaire-serafin"), "evaluations", "qui n'est pas AGGIR"),
]  # fmt: skip
PAIR = "Couple statut et motif"
SDO = [
    # ASS_A32: the legal pairs
    Case("unit: end of support, legal motive", ex.orientation(), "orientations", None),
    Case("unit: illegal pair", ex.orientation(motifUnite="95"), "orientations", f"{PAIR} de l'unité"),
    Case("ESMS: legal pair", ex.orientation(statutESMS="45", motifESMS="113"), "orientations", None),
    Case("ESMS: illegal pair", ex.orientation(statutESMS="47", motifESMS="113"), "orientations", f"{PAIR} de l'ESMS"),
    Case("ESMS: status without motive", ex.orientation(statutESMS="47"), "orientations", None),
    Case("unknown status", ex.orientation(statutESMS="999"), "orientations", "code absent de la nomenclature"),
    Case("no structure", ex.orientation(finess=""), "orientations", "FINESS", rejected=True),
]


def told(guichet: Guichet, entity: str) -> dict[str, list[str]]:
    """kind of finding -> rules, of a table; the key of the FINESS apart."""
    found = {}
    for kind in ("rejects", "signalements"):
        frame = guichet.rows(kind, entity)
        found[kind] = [r for r in frame["regle"].to_list() if "FINESS" not in r] if frame.height else []
    return found


def _only(said: str | None, rules: list[str]) -> None:
    """What is found says that, and nothing else; or nothing is found."""
    assert bool(rules) == (said is not None), rules
    assert all(said in rule for rule in rules if said), rules


def check(guichet: Guichet, case: Case) -> None:
    found = told(guichet, case.entity)
    if case.rejected:
        assert guichet.rows("raw", case.entity).height == 0
        assert guichet.rows("rejects", case.entity).height > 0
        return
    assert guichet.rows("raw", case.entity).height == 1
    assert found["rejects"] == []
    _only(case.said, found["signalements"])


@pytest.mark.parametrize("case", FHIR, ids=lambda c: c.name)
def test_rules_of_tddui(guichet: Guichet, case: Case) -> None:
    kept = [e for e in ex.dossier() if e["resource"].get("identifier") != case.resource.get("identifier")]
    if case.entity == "usagers":
        kept = []
    elif case.entity == "evenements":
        kept = [e for e in kept if not e["fullUrl"].endswith("evenement-1")]
    elif case.entity == "sejours":
        kept = [e for e in kept if e["fullUrl"].endswith(("patient-1", "structure"))]
    guichet.take("tddui_2024-12-31_a.json", ex.as_bytes(ex.bundle(*kept, ex.entry("cas", case.resource))))
    check(guichet, case)
    if case.rejected:
        assert any(case.said in rule for rule in told(guichet, case.entity)["rejects"] if case.said)


@pytest.mark.parametrize("case", SDO, ids=lambda c: c.name)
def test_rules_of_sdo(guichet: Guichet, case: Case) -> None:
    guichet.take("sdo_2024-12-31_a.json", ex.as_bytes(ex.bundle(ex.entry("cas", case.resource), kind="searchset")))
    check(guichet, case)


@pytest.mark.parametrize(
    ("status", "kind", "identity"),
    [("VALI", "8", True), ("VALI", "9", True), ("PROV", "8", False), (None, "8", False), ("QUAL", "8", False)],
)
def test_a_matricule_is_an_identity_only_when_vali(
    guichet: Guichet, status: str | None, kind: str, identity: bool
) -> None:
    told = person(ins(ex.INS, kind), status=status)
    guichet.take("tddui_2024-12-31_a.json", ex.as_bytes(ex.bundle(ex.entry("p", told))))
    (key,) = guichet.rows("raw", "usagers")["cle_ins"].to_list()
    assert (key is not None) is identity


def test_the_same_number_as_ins_nir_and_as_ins_nia_is_two_identities(guichet: Guichet) -> None:
    for n, kind in ((1, "8"), (2, "9")):
        told = ex.patient(n, identifier=[ex.number("localusager", f"DOS-{n}"), ins(ex.INS, kind)])
        guichet.take(f"tddui_2024-12-31_{n}.json", ex.as_bytes(ex.bundle(ex.entry("p", told))))
    keys = guichet.rows("raw", "usagers")["cle_ins"]
    assert keys.null_count() == 0
    assert keys.n_unique() == 2


def resid(**cells: str) -> bytes:
    sound = {
        "FINESS": ET, "MOIS": "2024-12", "NIR": ex.INS, "TYPE_NIR": "NIR", "ORGANISME": "01", "NOM": "Zorglub",
        "PRENOMS": "Ysm", "DATE_NAISSANCE": "23/11/1937", "SEXE": "1", "LIEU_NAISSANCE": "99351",
        "DEPT_DOMICILE": "01", "MODALITE": "HP", "DATE_ENTREE": "02/01/2024",
    }  # fmt: skip
    row = dict.fromkeys(RESID.split(";"), "") | sound | cells
    return "\n".join((RESID, ";".join(row.values()), "")).encode()


def demande(**cells: str) -> bytes:
    titles = VT.split(";")
    sound = {
        "N° dossier": "V1", "Dossier papier": "Non", "FINESS établissement": ET, "Nom de naissance": "Zorglub",
        "Prénom": "Ysm", "Date de naissance": "23/11/1937", "Sexe": "F", "Date de la demande": "01/10/2024",
        "Statut": "Liste d'attente", "Date du statut": "02/10/2024",
    }  # fmt: skip
    row = dict.fromkeys(titles, "") | sound | cells
    return "\n".join((VT, ";".join(row[t] for t in titles), "")).encode("utf-8-sig")


@pytest.mark.parametrize(
    ("name", "content", "entity", "said", "rejected"),
    [
        ("resid_esms_2024-12_a.csv", resid(), "residents", None, False),
        ("resid_esms_2024-12_a.csv", resid(NIR=WRONG_INS), "residents", KEY, False),
        ("resid_esms_2024-12_a.csv", resid(SEXE="2"), "residents", "premier chiffre du NIR", False),
        ("resid_esms_2024-12_a.csv", resid(SEXE="2", TYPE_NIR="NIA"), "residents", None, False),
        ("resid_esms_2024-12_a.csv", resid(DECISION_CDAPH="O"), "residents", "sans sa date", False),
        ("resid_esms_2024-12_a.csv", resid(DATE_SORTIE="01/01/2024"), "residents", "finit avant", True),
        ("resid_esms_2024-12_a.csv", resid(DATE_ENTREE="02/01/2999"), "residents", "à venir", False),
        ("resid_esms_2024-12_a.csv", resid(DATE_ENTREE=""), "residents", "obligatoire absente", True),
        # an exit that cannot be read is not « still there »; any other date that cannot be read costs itself
        ("resid_esms_2024-12_a.csv", resid(DATE_SORTIE="2 janvier"), "residents", "type attendu", True),
        ("resid_esms_2024-12_a.csv", resid(GIR="douze"), "residents", "type attendu", False),
        (
            "viatrajectoire_ga_2024-12-31_a.csv",
            demande(**{"Date de sortie": "hier"}), "demandes", "type attendu", True,
        ),
        (
            "viatrajectoire_ga_2024-12-31_a.csv",
            demande(**{"Date d'entrée": "hier"}), "demandes", "type attendu", False,
        ),
        ("viatrajectoire_ga_2024-12-31_a.csv", demande(), "demandes", None, False),
        ("viatrajectoire_ga_2024-12-31_a.csv", demande(Statut="Refus"), "demandes", "Refus sans motif", False),
        (
            "viatrajectoire_ga_2024-12-31_a.csv",
            demande(Statut="Refus", **{"Motif de refus": "Âge"}), "demandes", None, False,
        ),
        (
            "viatrajectoire_ga_2024-12-31_a.csv",
            demande(**{"Date du statut": "30/09/2024"}), "demandes", "avant la demande", False,
        ),
    ],
)  # fmt: skip
def test_rules_of_resid_esms_and_viatrajectoire(
    guichet: Guichet, name: str, content: bytes, entity: str, said: str | None, rejected: bool
) -> None:
    guichet.take(name, content)
    found = told(guichet, entity)
    assert guichet.rows("raw", entity).height == (0 if rejected else 1)
    rules = found["rejects" if rejected else "signalements"]
    _only(said, rules)
