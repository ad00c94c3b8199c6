"""dbt seeds derived from the dictionary, the indicators and the nomenclatures.

Belongs here: writing them as CSV text. Does not belong here: their content, which is in `data_contracts/dictionary` and
`data_contracts/nomenclatures`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from data_contracts import collection_forms, dictionary, nomenclatures, territoires
from data_contracts.contract import Contract
from data_contracts.derive import indicators
from data_contracts.loading import load_contracts

FOLDER = "dbt_project/seeds"
# What models read of an element; what only people read stays in the dictionary.
_ELEMENT_COLUMNS = (
    "element_id", "groupe", "libelle", "type", "est_ratio_derive", "ordre_survivance_codes", "tolerance_type",
    "tolerance_valeur", "tolerance_unite", "action_conflit", "classe_donnee", "niveau", "ouverture", "personnes",
)  # fmt: skip
# nomenclature -> seed, with the columns that models use
_LISTS = {
    "finess_categories": (
        "categories_finess",
        ("code", "libelle", "domaine", "financeur", "est_esms", "est_a_domicile"),
    ),
    "finess_statuts_juridiques": ("statuts_juridiques", ("code", "libelle", "statut_agrege")),
    "finess_modes_tarification": ("modes_tarification", ("code", "libelle", "est_habilite_aide_sociale")),
    "finess_disciplines": ("disciplines_finess", ("code", "libelle", "est_accueil_pa", "est_capacite_comptee")),
    "finess_modes_fonctionnement": ("modes_fonctionnement_finess", ("code", "libelle", "modalite_pa", "modalite_ph")),
    "finess_departements": ("departements_finess", ("code", "departement_code")),
    "insee_departements": ("departements", ("code", "libelle", "region_code", "grille_x", "grille_y")),
    "insee_regions": ("regions", ("code", "libelle")),
    "insee_tranches_age": ("tranches_age", ("libelle", "age_min", "age_max", "bandes", "maille")),
    "drees_aide_sociale_mesures": ("mesures_aide_sociale", ("code", "libelle", "unite", "facteur")),
    "drees_collectivites": ("collectivites_drees", ("code", "collectivite_code")),
    "statuts_viatrajectoire": ("statuts_viatrajectoire", ("code", "libelle", "statut", "ordre", "est_en_attente")),
    "modalites_accueil": ("modalites_accueil", ("code", "libelle", "est_hebergement")),
    "modes_entree": ("modes_entree", ("code", "libelle", "composante")),
    "modes_sortie": ("modes_sortie", ("code", "libelle", "motif")),
    "motifs_sortie_libelles": ("motifs_sortie", ("code", "libelle", "composante")),
    "serafin_besoins": ("besoins_serafin", ("code", "libelle")),
}
_FORM_COLUMNS = (
    "formulaire", "document", "champ", "rang", "element_id", "composante", "base_temporelle", "fraicheur_mois",
    "confirmation_mois", "seules", "publics", "evolution_pct",
)  # fmt: skip
# Reasons of refusal: of an elderly's request, of an ESMS (J251), of a unit (J250). A code means the same in both lists.
_REFUSALS = ("vt_motifs_refus", "sdo_motifs_esms", "sdo_motifs_unite")


def seed_files() -> dict[str, str]:
    """Path -> CSV text of every derived seed."""
    contracts = load_contracts()
    version = dictionary.precedence().version
    elements = dictionary.elements().values()
    files = {
        "elements": _table(
            (*_ELEMENT_COLUMNS, "n_demande_aux_esms", "dictionnaire_version"),
            ((*(row[c] for c in _ELEMENT_COLUMNS), row["n_demande_aux_esms"], version) for row in elements),
        ),
        "precedence": _table(("element_id", "source", "rang"), dictionary.ranks(contracts)),
        "sources": _table(
            ("source", "libelle", "collecte", "document", "nature", "domaine", "version", "est_personnelle"),
            (
                (c.id, c.name, c.collection, c.document, c.nature, c.domain, c.version, str(c.personal).lower())
                for c in contracts.values()
            ),
        ),
        # the fields whose values count persons, or rest on such a count: none of them is shown as an example
        "champs_personnes": _table(
            ("source", "entite", "champ"),
            (
                (c.id, e.name, f.name)
                for c in contracts.values()
                for e in c.entities
                for f in e.observed
                if f.element and dictionary.elements()[f.element]["personnes"] not in ("", "non")
            ),
        ),
        "externes": _table(
            ("externe_code", "composante", "source", "mesure_code"),
            ((*key, *found) for key, found in dictionary.outside_measures().items()),
        ),
        "ordres": _table(("element_id", "ordre"), _orders(dictionary.ranks(contracts))),
        "champs_formulaires": _table(_FORM_COLUMNS, _form_fields(contracts)),
        "regles_de_ligne": _table(
            ("source", "entite", "regle", "element_id", "composante", "base_temporelle"),
            (
                (source, entity, rule, field.element, field.component, basis)
                for source, entity, rule, field, basis in collection_forms.cells_of_rules(contracts)
            ),
        ),
        "formulaires_categories": _table(("formulaire", "categorie_code"), _form_respondents(contracts)),
        **{name: _table(header, rows) for name, (header, rows) in indicators.seed_rows().items()},
    }
    for name, (seed, columns) in _LISTS.items():
        rows = nomenclatures.read_list(name)
        files[seed] = _table(columns, ([row.get(c, "") for c in columns] for row in rows))
    files["communes_actuelles"] = _table(("code", "code_actuel"), territoires.carried().items())
    refusals = {row["code"]: row["libelle"] for name in reversed(_REFUSALS) for row in nomenclatures.read_list(name)}
    files["motifs_refus"] = _table(("code", "libelle"), sorted(refusals.items()))
    return {f"{FOLDER}/{name}.csv": content for name, content in files.items()}


def _form_fields(contracts: Mapping[str, Contract]) -> Iterator[tuple[object, ...]]:
    """The questions of each form, with the rule of their element; a collection whose word is enough, as its sources."""
    for source, form in collection_forms.forms(contracts).items():
        for rank, field in enumerate(form.columns.values(), start=1):
            if field.name not in form.asked or not field.element:
                continue
            rule = collection_forms.rule(field.element)
            alone = (c.id for c in contracts.values() if {c.id, c.collection} & {*rule.alone})
            yield (
                source, form.contract.document, field.name, rank, field.element, field.component, form.basis(field),
                rule.fresh_months, collection_forms.CONFIRMED_UNTIL_MONTHS, ">".join(alone), ">".join(rule.publics),
                "" if rule.evolution_pct is None else rule.evolution_pct,
            )  # fmt: skip


def _form_respondents(contracts: Mapping[str, Contract]) -> Iterator[tuple[str, str]]:
    """The categories that each form asks: those of its contract, else every category of ESMS."""
    listed = nomenclatures.read_list("finess_categories")
    everybody = tuple(row["code"] for row in listed if row["est_esms"] == "true")
    for source, form in collection_forms.forms(contracts).items():
        yield from ((source, code) for code in form.contract.respondents or everybody)


def _orders(ranks: list[tuple[str, str, int]]) -> list[tuple[str, str]]:
    """The order of sources of each element, as a person reads it."""
    orders: dict[str, list[tuple[int, str]]] = {}
    for element_id, source, rank in ranks:
        orders.setdefault(element_id, []).append((rank, source))
    return [(element_id, " > ".join(source for _, source in sorted(found))) for element_id, found in orders.items()]


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()
