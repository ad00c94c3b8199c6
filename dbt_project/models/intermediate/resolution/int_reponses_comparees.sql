{{ by_unit() }}

-- Every answer that was not retained, against the one that was.
with retenues as (
    select * from {{ of_units_to_redo(ref('int_reponses_classees')) }} as classees where est_retenue
),

autres as (
    select * from {{ of_units_to_redo(ref('int_reponses_classees')) }} as classees where not est_retenue
)

select
    autres.*,
    retenues.source as source_retenue,
    retenues.alerte as alerte_retenue,
    retenues.rang_source as rang_source_retenu,
    {{ answers_equal('retenues', 'autres') }} as est_egale,
    case
        when retenues.unite_id is not null
            then {{ within_tolerance('retenues', 'autres', 'autres.tolerance_type', 'autres.tolerance_valeur') }}
    end as est_dans_tolerance,
    {{ answers_gap('autres', 'retenues') }} as ecart
from autres
left join retenues
    on {{ same_question('autres', 'retenues') }}
