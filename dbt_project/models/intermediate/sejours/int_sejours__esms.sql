{# One row per ESMS that a system speaks of: what each delivered of it, and up to when. What a system was never sent, or not yet, is not a
   failure to tell it: statuses are then unknown. Of a system that writes a file a month: the months told. #}
{%- set systems = stay_systems() -%}
{%- set monthly = [] -%}
{%- for s in systems if 'mois' in s.fields %}{% do monthly.append(s.name) %}{% endfor -%}
with enonces as (
    select
        {% for s in systems -%}
        max(case when systeme = '{{ s.name }}' then collecte_le end) as {{ s.name }}_collecte_le,
        {% endfor -%}
        {% for name in monthly -%}
        cast(min(case when systeme = '{{ name }}' then mois end) || '-01' as date) as {{ name }}_du,
        cast(max(case when systeme = '{{ name }}' then mois end) || '-01' as date) as {{ name }}_dernier_mois,
        {% endfor -%}
        finess_et
    from {{ ref('int_sejours__enonces') }}
    group by finess_et
),

decisions as (
    select distinct finess_et
    from (
        {% for role in person_roles(['decision']) -%}
        select finess_et from {{ ref(role.relation) }}
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as toutes
)

select
    d.finess_et,
    {% for s in systems -%}
    d.{{ s.name }}_collecte_le,
    {% endfor -%}
    {% for name in monthly -%}
    d.{{ name }}_du,
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'd.' ~ name ~ '_dernier_mois')) }} as date) as {{ name }}_au,
    {% endfor -%}
    -- A decision of the CDAPH opens the way to services for disabled people alone, and is missed only where others are told.
    coalesce(c.domaine like 'PH%' and decisions.finess_et is not null, false) as a_des_decisions,
    case when c.domaine = 'PA' then 'PA' when c.domaine like 'PH%' then 'PH' end as domaine,
    e.departement_code,
    e.region_code
from enonces as d
left join decisions on d.finess_et = decisions.finess_et
left join {{ ref('int_finess__et_courant') }} as e on d.finess_et = e.finess_et
left join {{ ref('categories_finess') }} as c on e.categorie_code = c.code
