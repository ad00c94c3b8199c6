{# The entries avoided are those of other collections and those that one collection asks again, no more and no less. #}
select finess_et, millesime, n_saisies_evitees, n_saisies_evitees_entre_collectes, n_saisies_evitees_dans_collecte
from {{ ref('mart_dlnuf__saisies_evitees') }}
where n_saisies_evitees <> n_saisies_evitees_entre_collectes + n_saisies_evitees_dans_collecte
