{# One row per entry that a record of a person tells. #}
select {{ columns_hash(["'dui'", 'finess_et', 'usager_id']) }} as fiche_cle, 'dui' as systeme, finess_et, date_entree
from {{ ref('stg_dui__sejours') }}
where date_entree is not null
union all
select {{ columns_hash(["'resid_esms'", 'finess_et', 'fiche_id']) }}, 'resid', finess_et, date_entree
from {{ ref('stg_resid__sejours') }}
where date_entree is not null
union all
select {{ columns_hash(["'viatrajectoire_pa'", 'finess_et', 'dossier_id']) }}, 'vt', finess_et, date_entree
from {{ ref('stg_viatrajectoire_pa__demandes') }}
where date_entree is not null
