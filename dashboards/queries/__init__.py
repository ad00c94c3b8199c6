"""Every query of the application: the only package that speaks SQL, the only one that opens the snapshot's Parquet.

Belongs here: one module by subject, all of them through `connection`, which applies the perimeter of the user.
Does not belong here: layout, labels, number formats (pages and their helpers).
"""

from dashboards.queries.admissions import (
    delais,
    delais_voisins,
    listes_attente,
    parcours_places,
    parcours_synthese,
    refus,
)
from dashboards.queries.cartes import offer, outlines
from dashboards.queries.chiffres import (
    annees,
    chiffres,
    esms_connus,
    evenements,
    nouveautes,
    par_annee,
    semblables,
    serie,
    valeurs_esms,
)
from dashboards.queries.collectes import (
    conflit_balance,
    conflit_choices,
    conflits,
    dlnuf_balance,
    millesimes_dlnuf,
    redondance,
    redundant_collectes,
)
from dashboards.queries.connection import Base, current_base, previous_base
from dashboards.queries.etablissements import (
    etablissement,
    etablissements_du_departement,
    etablissements_par_departement,
    has_values,
    historique,
    reponses,
    search,
    valeurs,
)
from dashboards.queries.exactitude import exactitude
from dashboards.queries.formulaires import (
    non_regression,
    parts_d_un_esms,
    parts_par_departement,
    parts_par_formulaire,
    questions,
)
from dashboards.queries.livraisons import livraison_balance, livraisons, open_dataset, regles
from dashboards.queries.populations import (
    Place,
    publics_places,
    publics_repartition,
    publics_synthese,
    publics_voisins,
)
from dashboards.queries.recommandations import mesures, parcours_publie
from dashboards.queries.territoires import (
    Filters,
    categories,
    class_bounds,
    etablissement_cells,
    key_figures,
    located,
    map_values,
    narrowest_territory,
    place_names,
    territoire_indicateurs,
    territoires,
)

__all__ = [
    "Base",
    "Filters",
    "Place",
    "annees",
    "categories",
    "chiffres",
    "class_bounds",
    "conflit_balance",
    "conflit_choices",
    "conflits",
    "current_base",
    "delais",
    "delais_voisins",
    "dlnuf_balance",
    "esms_connus",
    "etablissement",
    "etablissement_cells",
    "etablissements_du_departement",
    "etablissements_par_departement",
    "evenements",
    "exactitude",
    "has_values",
    "historique",
    "key_figures",
    "listes_attente",
    "livraison_balance",
    "livraisons",
    "located",
    "map_values",
    "mesures",
    "millesimes_dlnuf",
    "narrowest_territory",
    "non_regression",
    "nouveautes",
    "offer",
    "open_dataset",
    "outlines",
    "par_annee",
    "parcours_places",
    "parcours_publie",
    "parcours_synthese",
    "parts_d_un_esms",
    "parts_par_departement",
    "parts_par_formulaire",
    "place_names",
    "previous_base",
    "publics_places",
    "publics_repartition",
    "publics_synthese",
    "publics_voisins",
    "questions",
    "redondance",
    "redundant_collectes",
    "refus",
    "regles",
    "reponses",
    "search",
    "semblables",
    "serie",
    "territoire_indicateurs",
    "territoires",
    "valeurs",
    "valeurs_esms",
]
