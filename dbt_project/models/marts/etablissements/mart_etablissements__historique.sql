{# One row per dated event of an establishment. #}
select
    {{ dbt.hash("finess_et || '|' || evenement || '|' || coalesce(cast(date_evenement as " ~ dbt.type_string() ~ "), '') || '|' || coalesce(discipline_code, '') || '|' || coalesce(mode_fonctionnement_code, '') || '|' || coalesce(clientele_code, '') || '|' || coalesce(valeur_avant, '') || '|' || coalesce(valeur_apres, '')") }} as evenement_id,
    finess_et,
    evenement,
    date_evenement,
    discipline_code,
    mode_fonctionnement_code,
    clientele_code,
    valeur_avant,
    valeur_apres,
    source,
    delivery_id
from {{ ref('int_finess__historique') }}
