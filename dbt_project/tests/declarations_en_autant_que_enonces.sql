{# Every statement of every source is there, once, with or without a stay. #}
with enonces as (
    {% for role in person_roles(['stay', 'demand', 'orientation']) -%}
    select count(*) as n from {{ ref(role.relation) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

declarations as (
    select count(*) as n from {{ ref('int_sejours__declarations') }}
)

select enonces.n as n_enonces, declarations.n as n_declarations
from (select sum(n) as n from enonces) as enonces
cross join declarations
where enonces.n <> declarations.n
