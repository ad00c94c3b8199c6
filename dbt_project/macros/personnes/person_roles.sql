{#- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
    What each table about persons tells, and the systems that tell stays, in the order in which they are
    believed: the property `person` of the contracts (docs/adding/persons.md). -#}
{% macro person_roles(kinds) -%}
{%- set roles = [
    {"source": "dui", "kind": "record", "relation": "stg_dui__usagers", "system": "dui", "rank": 1, "number": "usager_id", "record": {"source": "dui", "column": "usager_id"}, "keys": ["cle_ins", "cle_traits", "cle_nom_prenom", "cle_nir", "cle_sans_nom", "cle_sans_prenom", "cle_sans_naissance", "cle_mdph"], "birth_year": "annee_naissance"},
    {"source": "dui", "kind": "stay", "relation": "stg_dui__sejours", "system": "dui", "rank": 1, "number": "sejour_id", "record": {"source": "dui", "column": "usager_id", "relation": "stg_dui__usagers", "number": "usager_id"}, "fields": {"modalite": "modalite", "date_admission": "date_admission", "date_entree": "date_entree", "date_sortie": "date_sortie", "motif": "motif_sortie_code", "mode_entree": "mode_entree"}},
    {"source": "dui", "kind": "decision", "relation": "stg_dui__decisions", "system": "dui", "rank": 1, "number": "decision_id", "record": {"source": "dui", "column": "usager_id", "relation": "stg_dui__usagers", "number": "usager_id"}, "fields": {"date_decision": "date_decision", "est_attribution": "est_attribution", "date_cloture": "date_cloture"}, "numbers": {"decision": "decision_id", "nationale": "id_nat_decision"}},
    {"source": "dui", "kind": "right", "relation": "stg_dui__droits_prestations", "system": "dui", "rank": 1, "number": "droit_id", "record": {"source": "dui", "column": "usager_id", "relation": "stg_dui__usagers", "number": "usager_id"}, "fields": {"decision": "decision_id", "date_echeance": "date_echeance", "date_cloture": "date_cloture"}},
    {"source": "resid_esms", "kind": "stay", "relation": "stg_resid_esms__residents", "system": "resid", "rank": 2, "number": "fiche_id", "record": {"source": "resid_esms", "column": "fiche_id"}, "fields": {"modalite": "modalite", "date_entree": "date_entree", "date_sortie": "date_sortie", "mois": "mois", "motif": "motif_sortie", "mode_entree": "mode_entree"}, "keys": ["cle_traits", "cle_nom_prenom", "cle_nir", "cle_sans_nom", "cle_sans_prenom", "cle_sans_naissance"], "birth_year": "annee_naissance"},
    {"source": "viatrajectoire_pa", "kind": "demand", "relation": "stg_viatrajectoire_pa__demandes", "system": "vt", "rank": 3, "number": "dossier_id", "record": {"source": "viatrajectoire_pa", "column": "dossier_id"}, "fields": {"modalite": "modalite", "date_demande": "date_demande", "date_admission": "date_admission", "date_entree": "date_entree", "date_sortie": "date_sortie", "statut": "statut", "date_statut": "date_statut", "est_papier": "est_papier", "motif": "motif_refus"}, "numbers": {"dossier": "dossier_id"}, "public": "PA", "keys": ["cle_traits", "cle_nom_prenom", "cle_sans_nom", "cle_sans_prenom", "cle_sans_naissance"], "birth_year": "annee_naissance"},
    {"source": "viatrajectoire_ph", "kind": "orientation", "relation": "stg_viatrajectoire_ph__orientations", "system": "vt", "rank": 3, "number": "tache_id", "record": {"source": "viatrajectoire_ph", "column": "tache_id"}, "fields": {"modalite": "modalite", "date_admission": "date_admission", "date_entree": "date_entree", "date_sortie": "date_sortie", "statut": "statut", "date_statut": "date_statut", "motif": "motif_refus"}, "numbers": {"decision": "id_decision", "nationale": "id_nat_decision"}, "public": "PH", "keys": ["cle_mdph"]},
    {"source": "consentements", "kind": "register", "relation": "stg_consentements__registre", "record": {"source": "dui", "column": "usager_id", "relation": "stg_dui__usagers", "number": "usager_id"}, "fields": {"finalite": "finalite", "nature": "nature", "date_effet": "date_effet", "retire_le": "retire_le"}},
] -%}
{{ return(roles | selectattr('kind', 'in', kinds) | list) }}
{%- endmacro %}

{% macro stay_systems() -%}
{{ return([
    {"name": "dui", "rank": 1, "kinds": ["stay"], "fields": ["date_admission", "date_entree", "date_sortie", "modalite", "mode_entree", "motif"], "dates": ["admission", "entree", "sortie"]},
    {"name": "resid", "rank": 2, "kinds": ["stay"], "fields": ["date_entree", "date_sortie", "modalite", "mode_entree", "mois", "motif"], "dates": ["entree", "sortie"]},
    {"name": "vt", "rank": 3, "kinds": ["demand", "orientation"], "fields": ["date_admission", "date_demande", "date_entree", "date_sortie", "date_statut", "est_papier", "modalite", "motif", "statut"], "dates": ["demande", "admission", "entree", "sortie"]},
]) }}
{%- endmacro %}
