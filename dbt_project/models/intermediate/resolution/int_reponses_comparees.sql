{{ par_unite() }}

-- Every answer that was not retained, against the one that was.
with retenues as (
    select * from {{ des_unites_a_refaire(ref('int_reponses_classees')) }} as classees where est_retenue
),

autres as (
    select * from {{ des_unites_a_refaire(ref('int_reponses_classees')) }} as classees where not est_retenue
)

select
    autres.*,
    retenues.source as source_retenue,
    retenues.alerte as alerte_retenue,
    retenues.rang_source as rang_source_retenu,
    {{ reponses_egales('retenues', 'autres') }} as est_egale,
    case
        when retenues.unite_id is not null
            then {{ dans_tolerance('retenues', 'autres', 'autres.tolerance_type', 'autres.tolerance_valeur') }}
    end as est_dans_tolerance,
    {{ ecart_reponses('autres', 'retenues') }} as ecart
from autres
left join retenues
    on {{ meme_question('autres', 'retenues') }}
