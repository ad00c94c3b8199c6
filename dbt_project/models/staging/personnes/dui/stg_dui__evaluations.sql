{{ last_version(source('raw', 'dui__evaluations'), ['finess_et', 'evaluation_id']) }}

select
    finess_et,
    evaluation_id,
    usager_id,
    type_evaluation,
    date_evaluation,
    case when gir between 1 and 6 then cast(gir as {{ dbt.type_int() }}) end as gir,
    statut
from dernieres
where {{ is_fact() }}
