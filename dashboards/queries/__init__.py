"""Every query of the application: the only package that speaks SQL, the only one that opens the snapshot's Parquet.

Belongs here: one module by subject, all of them through `connection`, which applies the perimeter of the user.
Does not belong here: layout, labels, number formats (pages and their helpers).
"""

from dashboards.queries.admissions import delais, listes_attente, parcours_places, parcours_synthese, refus
from dashboards.queries.collectes import (
    conflit_balance,
    conflit_choices,
    conflits,
    dlnuf_balance,
    millesimes_dlnuf,
    redondance,
    redundant_collectes,
)
from dashboards.queries.connection import Base, current_base
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
from dashboards.queries.livraisons import livraison_balance, livraisons, open_dataset, regles
from dashboards.queries.populations import (
    Place,
    publics_places,
    publics_repartition,
    publics_synthese,
    publics_voisins,
)
from dashboards.queries.territoires import (
    Filters,
    categories,
    class_bounds,
    comparison,
    etablissement_cells,
    etablissement_points,
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
    "categories",
    "class_bounds",
    "comparison",
    "conflit_balance",
    "conflit_choices",
    "conflits",
    "current_base",
    "delais",
    "dlnuf_balance",
    "etablissement",
    "etablissement_cells",
    "etablissement_points",
    "etablissements_du_departement",
    "etablissements_par_departement",
    "exactitude",
    "has_values",
    "historique",
    "key_figures",
    "listes_attente",
    "livraison_balance",
    "livraisons",
    "located",
    "map_values",
    "millesimes_dlnuf",
    "narrowest_territory",
    "open_dataset",
    "parcours_places",
    "parcours_synthese",
    "place_names",
    "publics_places",
    "publics_repartition",
    "publics_synthese",
    "publics_voisins",
    "redondance",
    "redundant_collectes",
    "refus",
    "regles",
    "reponses",
    "search",
    "territoire_indicateurs",
    "territoires",
    "valeurs",
]
