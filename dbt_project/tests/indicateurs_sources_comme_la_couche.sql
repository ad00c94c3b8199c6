{# The order of sources of an indicator does not contradict the one by which the layer chose between the same two sources. #}
{{ config(severity='warn') }}
with rangs as (
    select i.code, coalesce(i.modalite, '') as modalite, i.element_id, p.source, p.rang, {{ source_rank('p.source', 'i.sources') }} as rang_definition
    from {{ ref('indicateurs_esms') }} as i
    inner join {{ ref('precedence') }} as p on i.element_id = p.element_id
)

select a.code, a.modalite, a.source as premiere_source, b.source as seconde_source
from rangs as a
inner join rangs as b
    on a.code = b.code and a.modalite = b.modalite and a.element_id = b.element_id
    and a.rang_definition < b.rang_definition and a.rang > b.rang
