{# Every statement of the four sources is there, once, with or without a stay. #}
with dits as (
    {% for relation in ['stg_dui__sejours', 'stg_resid__sejours', 'stg_viatrajectoire_pa__demandes', 'stg_viatrajectoire_ph__orientations'] -%}
    select count(*) as n from {{ ref(relation) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

declarations as (
    select count(*) as n from {{ ref('int_sejours__declarations') }}
)

select dits.n as n_dits, declarations.n as n_declarations
from (select sum(n) as n from dits) as dits
cross join declarations
where dits.n <> declarations.n
