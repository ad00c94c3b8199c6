{# One row per record and number that says whose file it is: file of ViaTrajectoire, decision of the CDAPH, file of the MDPH. #}
select {{ columns_hash(["'viatrajectoire_pa'", 'finess_et', 'dossier_id']) }} as fiche_cle, {{ columns_hash(["'dossier'", 'dossier_id']) }} as cle
from {{ ref('stg_viatrajectoire_pa__demandes') }}
{% for nature, colonne_sdo, colonne_dui in [('decision', 'id_decision', 'decision_id'), ('nationale', 'id_nat_decision', 'id_nat_decision')] %}
union all
select {{ columns_hash(["'viatrajectoire_ph'", 'finess_et', 'tache_id']) }}, {{ columns_hash(["'" ~ nature ~ "'", colonne_sdo]) }}
from {{ ref('stg_viatrajectoire_ph__orientations') }}
where {{ colonne_sdo }} is not null
union all
select {{ columns_hash(["'dui'", 'finess_et', 'usager_id']) }}, {{ columns_hash(["'" ~ nature ~ "'", colonne_dui]) }}
from {{ ref('stg_dui__decisions') }}
where {{ colonne_dui }} is not null and usager_id is not null
{% endfor %}
union all
select fiche_cle, {{ columns_hash(["'mdph'", 'cle_mdph']) }}
from {{ ref('int_personnes__fiches') }}
where cle_mdph is not null
union all
select fiche_cle, {{ columns_hash(["'mdph'", 'finess_et', 'cle_mdph']) }}
from {{ ref('int_personnes__fiches') }}
where cle_mdph is not null
