{# One row per territory, year and figure from outside: populations under the column that holds them, the others under their code
   (dictionary/externes.csv), whole: their components are of those who read them. #}
{% for population in ['population_0_19', 'population_20_59', 'population_75_plus'] -%}
select
    niveau,
    territoire_code,
    millesime,
    '{{ population }}' as grandeur,
    cast({{ population }} as {{ type_double() }}) as valeur
from {{ ref('stg_insee__population_par_age') }}
where {{ population }} is not null
union all
{% endfor -%}
select niveau, territoire_code, millesime, externe_code as grandeur, cast(valeur as {{ type_double() }}) as valeur
from {{ ref('int_territoires__externes') }}
where valeur is not null and coalesce(composante, '') = ''
