"""What the contracts of the collections say: that they are true to the real headers, complete, and comparable.

Belongs here: the content of tdb_esms, tdb_diamant, errd, ca, cnsa_occupation, cnsa_gmp_pmp, cnsa_prix_ehpad and
drees_ehpa. Does not belong here: how contracts are parsed, how rows are validated, FINESS and INSEE.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from datetime import date
from functools import lru_cache
from pathlib import Path

import open_data_contract_standard
import polars as pl
import pytest
import yaml
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

from data_contracts import nomenclatures
from data_contracts.dictionary import elements
from data_contracts.loading import SOURCES, Contract, Entity, Field, load_contracts
from data_contracts.titles import normalise_title
from ingest.validate.chunk import DeliveryFacts, Validated, validate_chunk

COLLECTIONS = {
    "TDB_ATIH": ("tdb_esms", "tdb_diamant"),
    "DREES_EHPA": ("drees_ehpa",),
    "CNSA_EPRD_ERRD": ("errd", "ca", "cnsa_occupation"),
    "CNSA_PRIXESMS": ("cnsa_prix_ehpad",),
    "GALAAD": ("cnsa_gmp_pmp",),
}
IDS = tuple(source for sources in COLLECTIONS.values() for source in sources)
TO_CONFIRM = "confirmer par le propriétaire"

# Questions that one collection asks twice: the same key on purpose, so that the two answers meet.
ASKED_TWICE = {
    ("tdb_esms", "NB_PERS_3112", ""): "columns 319 and 322, the same title",
    ("tdb_esms", "BATI", "SURFACE_M2"): "columns 114 and 329",
    ("ca", "RESULTAT_NET", ""): "frames PH and PA: one is empty; when both are filled none is used",
}

# Core elements that a collection asks for and its contracts do not carry: why, then which.
NOT_CARRIED = {
    "TDB_ATIH": {
        "the key of the row: it cannot disagree with itself": ("FINESS_ET",),
        "contact of the respondent: not in the export": ("TELEPHONE", "COURRIEL"),
        "numerator or term of a rate: the export has the rate only": (
            "JOURNEES_REAL", "JOURNEES_REAL_HP", "JOURNEES_REAL_HT", "JOURNEES_REAL_AJ", "NB_SORTIES", "CAP_MODE_PH",
            "EFFECTIF_PHYSIQUE",
        ),
        "asked since December 2022, after the last export seen": ("IDE_NUIT",),
        "deduced from the ETP of the coordinating doctor (column 252, ETP_MEDCO)": ("MEDCO_PRESENCE",),
        "sum of the eleven functions (ETP_FONCTION): no column of its own": ("ETP_TOTAL",),
        "columns 209 and 210 are carried as TX_REALISATION": ("TX_OCC_PH",),
        "column 95 is carried as CDD_REMPLACEMENT": ("NATURE_CONTRAT",),
    },
    "DREES_EHPA": {
        "the key of the row: it cannot disagree with itself": ("FINESS_ET",),
        "contact of the respondent, a person": ("COURRIEL",),
        "block of the staff, one row a person: not the structure block": (
            "PYRAMIDE_AGE_RH", "SEXE_RH", "DIPLOME_RH", "NATURE_CONTRAT",
        ),
        "only the theme is known, no item: nothing honest to declare": (
            "PRESTATIONS_DIRECTES", "PRESTATIONS_INCLUSES", "DEVELOPPEMENT_DURABLE",
        ),
    },
    "CNSA_EPRD_ERRD": {
        "the key of the row: it cannot disagree with itself": ("FINESS_ET",),
        "in the Excel frame deposited by the ESMS, not in what DIAMANT gives back": (
            "RAISON_SOCIALE_EJ", "SIRET", "CATEGORIE_ET", "STATUT_JURIDIQUE", "COURRIEL", "STRUCTURATION_SITES",
            "CAP_AUT_TOT", "CAP_INST_TOT", "CAP_AUT_HP", "CAP_AUT_HT", "CAP_INST_HT", "CAP_AUT_AJ", "CAP_INST_AJ",
            "CAP_AUT_NUIT", "CAP_MODE_PH", "PLACES_ASH", "HAB_ASH", "UNITES_SPECIFIQUES", "BATI", "GMP_VALIDE",
            "PMP_VALIDE", "ORIGINE_DEPT", "REPART_GIR", "ABSENCES_PERS", "TX_ENDETTEMENT", "PRIX_HP_CS_ASH",
            "TARIF_GIR12", "TARIF_GIR34", "TARIF_GIR56", "PRIX_JOURNEE_PH", "SI_BUDGET", "EFFECTIF_PHYSIQUE",
            "DIPLOME_RH", "NATURE_CONTRAT",
        ),
        "annex 9a-9d: DIAMANT gives the rate, not the days": (
            "JOURNEES_REAL", "JOURNEES_REAL_HP", "JOURNEES_REAL_HT", "JOURNEES_REAL_AJ",
        ),
        "in the CA&ERRD base of the CNSA, which is another file": (
            "ETP_FONCTION", "ETP_IDE", "ETP_AS", "ETP_MEDCO", "MASSE_SALARIALE", "SECTIONS_HDS", "DOTATION_SOINS",
        ),
        "the column is a rate: carried as TX_OCC_PH, component SEANCES": ("SEANCES_ACTES",),
    },
    "CNSA_PRIXESMS": {
        "the key of the row: it cannot disagree with itself": ("FINESS_ET",),
        "in the public directory, which is another file than the prices": (
            "FINESS_EJ", "RAISON_SOCIALE_EJ", "CATEGORIE_ET", "STATUT_JURIDIQUE", "ADRESSE", "COMMUNE_INSEE", "GEOLOC",
            "TELEPHONE", "COURRIEL", "SITE_WEB", "ETAT_FERMETURE", "STRUCTURATION_SITES", "CAP_AUT_TOT", "CAP_AUT_HP",
            "CAP_INST_HP", "CAP_AUT_HT", "CAP_INST_HT", "CAP_AUT_AJ", "CAP_INST_AJ", "CAP_AUT_NUIT", "HAB_ASH",
            "HAB_APL", "UNITES_SPECIFIQUES", "LOGEMENTS_RA", "PRIX_RA",
        ),
        "indicators of the decree of 13/12/2022, published apart": (
            "PLACES_ASH", "NB_CHAMBRES_TOT", "NB_CHAMBRES_IND", "NB_CHAMBRES_DBL", "PLATEAU_TECHNIQUE", "IDE_NUIT",
            "MEDCO_PRESENCE", "PARTENARIATS",
        ),
        "services included in the price are carried as PRESTATIONS_INCLUSES": ("PRESTATIONS_DIRECTES",),
    },
    "GALAAD": {
        "the key of the row: it cannot disagree with itself": ("FINESS_ET",),
        "the file that circulates has three columns": ("RAISON_SOCIALE_ET", "NB_PERS_3112", "REPART_GIR"),
    },
}  # fmt: skip

# (element, component, time basis): the sources whose answers must meet.
MUST_MEET = [
    ("TX_OCC_HP", "", "flux_annee", {"tdb_esms", "errd", "cnsa_occupation"}),
    ("TX_OCC_HT", "", "flux_annee", {"tdb_esms", "errd"}),
    ("TX_OCC_PH", "INTERNAT", "flux_annee", {"errd", "ca"}),
    ("CAP_INST_HP", "", "stock_3112", {"tdb_esms", "drees_ehpa", "cnsa_occupation"}),
    ("NB_PERS_3112", "", "stock_3112", {"tdb_esms", "drees_ehpa"}),
    ("REPART_GIR", "GIR_1", "stock_3112", {"tdb_esms", "drees_ehpa"}),
    ("REPART_SORTIE", "DECES", "flux_annee", {"tdb_esms", "drees_ehpa"}),
    ("ETP_FONCTION", "PARAMEDICAL", "stock_3112", {"tdb_esms", "drees_ehpa"}),
    ("ETP_TOTAL", "", "flux_annee", {"errd", "ca"}),
    ("GMP_VALIDE", "", "coupe", {"cnsa_gmp_pmp", "tdb_esms", "drees_ehpa"}),
    ("PMP_VALIDE", "", "coupe", {"cnsa_gmp_pmp", "tdb_esms", "drees_ehpa"}),
    ("PRIX_HP_CS", "", "stock_3112", {"cnsa_prix_ehpad", "drees_ehpa"}),
    ("TARIF_GIR12", "", "stock_3112", {"cnsa_prix_ehpad", "drees_ehpa"}),
    ("CHARGES_G2", "", "exercice", {"tdb_esms", "errd", "ca"}),
    ("RESULTAT_NET", "", "exercice", {"errd", "ca"}),
    ("TX_CAF", "", "exercice", {"tdb_esms", "ca"}),
    ("CPOM", "DATE_EFFET", "validite", {"tdb_esms", "tdb_diamant"}),
    ("OPTION_TARIFAIRE", "", "validite", {"tdb_esms", "cnsa_occupation", "drees_ehpa"}),
]

HEADERS = [
    ("cnsa_gmp_pmp", "trois_colonnes", "cnam_cnsa_errd_headers/cnsa_gmp_pmp.header.csv"),
    ("cnsa_prix_ehpad", "hebergement_2_colonnes", "cnam_cnsa_errd_headers/cnsa_hebergement.header.csv"),
    ("cnsa_prix_ehpad", "parquet_2023", "prix_ehpad_cnsa/prix_ehpad_2023.parquet"),
    ("cnsa_occupation", "large_2019_2021", "cnam_cnsa_errd_headers/cnsa_occupation_2019_2020.header.csv"),
    ("cnsa_occupation", "annuel_2021", "cnam_cnsa_errd_headers/cnsa_occupation_2021.header.csv"),
    ("cnsa_occupation", "t3_2022", "cnam_cnsa_errd_headers/cnsa_occupation_2022.header.csv"),
    ("tdb_esms", "export_2020", "tdb_ms_headers/export-tdbesms-2020-region-agg.header.csv"),
    ("tdb_esms", "export_2021_2022", "tdb_ms_headers/export-tdbesms-2021-region-agg.header.csv"),
    ("tdb_esms", "export_2021_2022", "tdb_ms_headers/export-tdbesms-2022-region-agg.header.csv"),
    ("tdb_diamant", "ann_ms_tdp_et", "diamant_fixtures/ANN_MS_TDP_ET_2022_06_07.CSV"),
    ("errd", "ann_errd_ej_et", "diamant_fixtures/ANN_ERRD_EJ_ET_2022_06_07.CSV"),
    ("errd", "ann_errd_ej", "diamant_fixtures/ANN_ERRD_EJ_2022_09_01.CSV"),
    ("errd", "ann_per_errd_eprd", "diamant_fixtures/ANN_PER_ERRD_EPRD_2022_09_01.CSV"),
    ("ca", "ann_ca_ej_et", "diamant_fixtures/ANN_CA_EJ_ET_2022_09_01.CSV"),
]


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return load_contracts()


@lru_cache(maxsize=1)
def odcs_validator() -> Validator:
    schema = json.loads((Path(open_data_contract_standard.__file__).parent / "schema.json").read_text(encoding="utf-8"))
    return validator_for(schema)(schema)


def pairs(contracts: dict[str, Contract], sources: tuple[str, ...] = IDS) -> list[tuple[str, Entity, Field]]:
    return [(s, e, f) for s in sources for e in contracts[s].entities for f in e.fields]


def basis(entity: Entity, field: Field) -> str | None:
    return field.time_basis or entity.time_basis


# ---------------------------------------------------------------------------------------------- the standard


@pytest.mark.parametrize("source", IDS)
def test_a_contract_is_valid_odcs(source: str) -> None:
    node = yaml.safe_load((SOURCES / f"{source}.odcs.yaml").read_text(encoding="utf-8"))
    problems = [f"{list(e.absolute_path)} : {e.message[:150]}" for e in odcs_validator().iter_errors(node)]
    assert problems == []
    assert all(node["description"].get(part) for part in ("purpose", "limitations", "usage"))


def test_a_contract_belongs_to_its_collection(contracts: dict[str, Contract]) -> None:
    declared = {source: contracts[source].collection for source in IDS}
    assert declared == {source: token for token, sources in COLLECTIONS.items() for source in sources}


def test_every_field_is_described_and_says_its_proof(contracts: dict[str, Contract]) -> None:
    silent = [
        f"{s}.{f.name}" for s, _, f in pairs(contracts) if len(f.description) < 10 or f.proof not in ("S", "C", "K")
    ]
    assert silent == []


def test_every_rule_gives_a_remedy(contracts: dict[str, Contract]) -> None:
    rules = [(s, r) for s in IDS for e in contracts[s].entities for r in e.rules]
    assert rules
    assert [f"{s}.{r.name}" for s, r in rules if not (r.description and r.remedy)] == []


# ------------------------------------------------------------------------------------------- the real headers


def real_header(path: Path) -> list[str]:
    """Titles of a real file: a header file (position;sheet;title), a CSV of DIAMANT, or a Parquet."""
    if path.suffix == ".parquet":
        return list(pl.read_parquet_schema(path))
    text = path.read_text(encoding="utf-8-sig")
    if path.name.endswith(".header.csv"):
        return [row["column_name_verbatim"] for row in csv.DictReader(io.StringIO(text), delimiter=";")]
    return next(csv.reader(io.StringIO(text), delimiter=";"))


def numbered(titles: list[str]) -> list[str]:
    """Titles as readers name them: the second « titre » is « titre (2) »."""
    seen: Counter[str] = Counter()
    named: list[str] = []
    for title in map(normalise_title, titles):
        seen[title] += 1
        named.append(title if seen[title] == 1 else f"{title} ({seen[title]})")
    return named


@pytest.mark.parametrize(("source", "layout", "file"), HEADERS, ids=[f"{s}/{x}/{Path(f).name}" for s, x, f in HEADERS])
def test_a_layout_has_the_titles_of_the_real_file(
    contracts: dict[str, Contract], shared_data: Path, source: str, layout: str, file: str
) -> None:
    contract = contracts[source]
    shape = contract.layout(layout)
    entity = contract.entity(shape.entities[0])
    carried = contract.fields_in(shape, entity)
    if all(isinstance(column, int) for column in carried.values()):
        columns = sorted((column, entity.field(name)) for name, column in carried.items() if isinstance(column, int))
        accepted = [{normalise_title(t) for t in (f.title, *f.aliases)} for _, f in columns]
    else:
        accepted = [{normalise_title(str(column))} for column in carried.values()]
    titles = numbered(real_header(shared_data / file))
    assert len(titles) == len(accepted)
    assert [t for t, known in zip(titles, accepted, strict=True) if t not in known] == []


def test_the_331_columns_of_the_dashboard_are_each_mapped_once(contracts: dict[str, Contract]) -> None:
    contract = contracts["tdb_esms"]
    entity = contract.entity("tableau_de_bord")
    newest = contract.fields_in(contract.layout("export_2021_2022"), entity)
    oldest = contract.fields_in(contract.layout("export_2020"), entity)
    assert sorted(newest.values()) == list(range(1, 332))
    assert sorted(oldest.values()) == list(range(1, 333))
    assert {name: int(column) + 1 for name, column in newest.items()} | {"numero_ligne": 1} == oldest


def test_the_fourteen_repeated_titles_of_the_dashboard_are_told_apart(contracts: dict[str, Contract]) -> None:
    titles = [f.title for f in contracts["tdb_esms"].entity("tableau_de_bord").fields]
    assert len(set(titles)) == len(titles)
    assert sum(1 for t in titles if t.endswith(" (2)")) == 14


def test_the_dashboard_of_a_campaign_speaks_of_the_year_before(contracts: dict[str, Contract]) -> None:
    for layout in contracts["tdb_esms"].layouts:
        found = re.search(layout.filename or "", "recu/export-tdbesms-2022-region-agg.csv")
        assert found is not None
        assert int(found["millesime"]) + layout.millesime["offset"] == 2021


# ----------------------------------------------------------------------------------------------- the elements


def test_every_element_is_in_the_dictionary(contracts: dict[str, Contract]) -> None:
    assert {f.element for _, _, f in pairs(contracts) if f.element} - set(elements()) == set()


def test_components_are_codes(contracts: dict[str, Contract]) -> None:
    components = {f.component for _, _, f in pairs(contracts) if f.component}
    assert [c for c in components if not re.fullmatch(r"[A-Z0-9]+(_[A-Z0-9]+)*", c)] == []


def test_two_fields_answer_the_same_question_only_where_the_collection_asks_twice(
    contracts: dict[str, Contract],
) -> None:
    keys = Counter((s, f.element, f.component, basis(e, f)) for s, e, f in pairs(contracts) if f in e.observed)
    assert {key[:3] for key, n in keys.items() if n > 1} == set(ASKED_TWICE)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_core_element_a_collection_asks_is_carried_or_excused(
    contracts: dict[str, Contract], collection: str
) -> None:
    asked = {
        element_id
        for element_id, row in elements().items()
        if row["noyau"] == "1"
        and row["unite_observation"] in ("ET", "EJ", "CRP (ET)", "EJ/CRP", "ET/EJ")
        and not row["niveau"].startswith("individu")
        and row[collection].startswith(("S:", "C:", "K:"))
    }
    carried = {f.element for _, _, f in pairs(contracts, COLLECTIONS[collection]) if f.element}
    excused = [element_id for group in NOT_CARRIED[collection].values() for element_id in group]
    assert len(excused) == len(set(excused))
    assert asked - carried == set(excused)


@pytest.mark.parametrize(
    ("element", "component", "time_basis", "sources"), MUST_MEET, ids=[f"{m[0]}-{m[1]}" for m in MUST_MEET]
)
def test_collections_that_ask_the_same_thing_can_be_compared(
    contracts: dict[str, Contract], element: str, component: str, time_basis: str, sources: set[str]
) -> None:
    found = {
        s
        for s, e, f in pairs(contracts)
        if (f.element, f.component, basis(e, f)) == (element, component, time_basis) and e.unit == "ET"
    }
    assert found == sources


def test_the_extract_of_diamant_meets_the_export_of_the_platform_everywhere(contracts: dict[str, Contract]) -> None:
    def keys(source: str) -> set[tuple[str | None, str, str | None]]:
        return {(f.element, f.component, basis(e, f)) for _, e, f in pairs(contracts, (source,)) if f in e.observed}

    assert keys("tdb_diamant")
    assert keys("tdb_diamant") - keys("tdb_esms") == set()


def test_a_stock_of_staff_is_never_compared_with_a_flow(contracts: dict[str, Contract]) -> None:
    etp = {(s, basis(e, f)) for s, e, f in pairs(contracts) if f.element == "ETP_TOTAL"}
    assert etp == {("errd", "flux_annee"), ("ca", "flux_annee"), ("drees_ehpa", "stock_3112")}


# --------------------------------------------------------------------------------------- units and plausibility


def test_rates_are_percent_on_the_platform_and_fractions_in_diamant(contracts: dict[str, Contract]) -> None:
    units = {s: {f.unit for _, _, f in pairs(contracts, (s,))} & {"pct", "fraction"} for s in IDS}
    assert {s for s, u in units.items() if u == {"fraction"}} == {"tdb_diamant", "errd", "ca"}
    assert {s for s, u in units.items() if u == {"pct"}} == {"tdb_esms", "drees_ehpa", "cnsa_occupation"}


def test_every_number_that_is_observed_has_bounds(contracts: dict[str, Contract]) -> None:
    numbers = [(s, f) for s, e, f in pairs(contracts) if f in e.observed and f.value_kind == "nombre"]
    assert [f"{s}.{f.name}" for s, f in numbers if not f.plausible] == []


def test_an_occupation_rate_in_the_wrong_unit_is_recognised(contracts: dict[str, Contract]) -> None:
    rates = [
        (s, f)
        for s, _, f in pairs(contracts, ("tdb_esms", "tdb_diamant", "errd", "ca", "cnsa_occupation"))
        if f.element and f.element.startswith(("TX_OCC_", "TX_REALISATION"))
    ]
    assert rates
    unguarded = [f"{s}.{f.name}" for s, f in rates if (f.suspect_below or f.suspect_above) is None]
    assert unguarded == []


def test_every_code_list_exists_and_has_no_code_twice(contracts: dict[str, Contract]) -> None:
    for name in {f.nomenclature for _, _, f in pairs(contracts) if f.nomenclature}:
        codes = [row["code"] for row in nomenclatures.read_list(name)]
        assert codes, name
        assert len(codes) == len(set(codes)), name


def test_a_grouped_answer_is_a_code_of_the_list(contracts: dict[str, Contract]) -> None:
    for source in ("tdb_esms", "drees_ehpa"):
        entity = contracts[source].entities[0]
        assert entity.perimeter_field == "structuration"
        assert entity.perimeter_grouped
        assert set(entity.perimeter_grouped) < nomenclatures.codes("tdb_structuration")


def test_the_survey_says_which_fields_are_a_proposal(contracts: dict[str, Contract]) -> None:
    fields = [f for _, _, f in pairs(contracts, ("drees_ehpa",)) if f.element]
    assert len(fields) >= 40
    for field in fields:
        sourced = elements()[field.element or ""]["DREES_EHPA"].startswith("S:")
        assert (field.proof == "S") == sourced, field.name
        assert sourced or TO_CONFIRM in field.description, field.name


# -------------------------------------------------------------------------------------------- what rows become


def validated(contracts: dict[str, Contract], source: str, layout: str, *rows: dict[str, str]) -> Validated:
    """Rows given by field name, as a file of that layout would bring them."""
    contract = contracts[source]
    shape = contract.layout(layout)
    entity = contract.entity(shape.entities[0])
    carried = contract.fields_in(shape, entity)
    frame = pl.DataFrame(
        [{str(column): row.get(name) for name, column in carried.items()} for row in rows],
        schema={str(column): pl.String for column in carried.values()},
    ).with_columns(
        _ligne=pl.int_range(2, len(rows) + 2, dtype=pl.Int64),
        _chemin=pl.lit(None, pl.String),
        _defaut=pl.lit(None, pl.String),
    )
    return validate_chunk(frame, contract, shape, entity, FACTS)


FACTS = DeliveryFacts(delivery_id="d", source="essai", millesime=2022, collecte_le=date(2023, 6, 30))
ERRD = {"finess_ej": "010008407", "finess_et": "010003598", "annee": "2021", "id_depot": "104836"}
CA = {"finess_ej": "010000735", "finess_et": "010003598", "annee": "2021"}


def test_a_ko_flag_voids_only_its_own_rate(contracts: dict[str, Contract]) -> None:
    voided, kept = "taux_occupation_global_errd", "taux_occupation_global_autres_esms"
    answer = {voided: "0.95", kept: "0.80", "taux_occupation_hp": ".97", "etat_taux_occupation_global_errd": "KO"}
    done = validated(contracts, "errd", "ann_errd_ej_et", ERRD | answer)
    row = done.accepted.to_dicts()[0]
    assert (row[voided], row[kept], row["taux_occupation_hp"]) == (None, 0.80, 0.97)
    assert done.flags.select("champ", "valeur", "effet").rows() == [(voided, "0.95", "non_utilisee")]


def test_an_empty_price_is_accepted_as_unknown(contracts: dict[str, Contract]) -> None:
    done = validated(contracts, "cnsa_prix_ehpad", "parquet_2023", {"finess_et": "010002228"})
    assert done.rejects.height == 0
    assert done.accepted["prix_hp_cs_eur"].to_list() == [None]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ({"resultat_net_ca_ph": "95999.21"}, (95999.21, None)),
        ({"resultat_net_ca_pa": "18887.13"}, (None, 18887.13)),
        ({"resultat_net_ca_ph": "95999.21", "resultat_net_ca_pa": "18887.13", "recettes_groupe_1": "1"}, (None, None)),
    ],
    ids=["PH only", "PA only", "both: none is used"],
)
def test_the_result_of_an_administrative_account_comes_from_the_only_frame_filled(
    contracts: dict[str, Contract], results: dict[str, str], expected: tuple[float | None, float | None]
) -> None:
    done = validated(contracts, "ca", "ann_ca_ej_et", CA | results)
    row = done.accepted.to_dicts()[0]
    assert (row["resultat_net_ca_ph"], row["resultat_net_ca_pa"]) == expected
    assert (done.flags.filter(pl.col("effet") == "non_utilisee").height > 0) == (len(results) > 1)


def test_a_share_where_euros_are_read_is_not_used(contracts: dict[str, Contract]) -> None:
    answer = {"finess_et": "010002228", "depenses_groupe_1": "23,5", "depenses_groupe_2": "812345"}
    done = validated(contracts, "tdb_esms", "export_2021_2022", answer)
    row = done.accepted.to_dicts()[0]
    assert (row["depenses_groupe_1"], row["depenses_groupe_2"]) == (None, 812345.0)


def test_not_concerned_is_unknown_and_not_false(contracts: dict[str, Contract]) -> None:
    answer = {"finess_et": "010002228", "a_cpom": "Non concerné", "a_dpo": "Non", "nb_gir_1": "NC"}
    row = validated(contracts, "tdb_esms", "export_2021_2022", answer).accepted.to_dicts()[0]
    assert (row["a_cpom"], row["a_dpo"], row["nb_gir_1"]) == (None, False, None)


def test_two_answers_to_one_question_are_flagged_and_both_kept(contracts: dict[str, Contract]) -> None:
    answer = {"finess_et": "010002228", "nb_personnes_3112": "80", "nb_personnes_3112_redemande": "78"}
    done = validated(contracts, "tdb_esms", "export_2021_2022", answer)
    assert done.accepted.select("nb_personnes_3112", "nb_personnes_3112_redemande").rows() == [(80, 78)]
    assert "colonnes 319 et 322" in " ".join(done.flags["regle"])


def test_an_unfinished_year_gives_no_annual_rate(contracts: dict[str, Contract]) -> None:
    contract = contracts["cnsa_occupation"]
    entity = contract.entity("occupation")
    carried = contract.fields_in(contract.layout("t3_2022"), entity)
    assert {(f.element, f.time_basis) for f in entity.observed if f.name in carried} == {
        ("TX_OCC_HP", "trimestre_3"),
        ("CAP_INST_HP", "stock_3112"),
    }
