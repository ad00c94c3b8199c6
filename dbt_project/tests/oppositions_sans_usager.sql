{# Warns of usagers who oppose, and of whom their ESMS has no record (in its DUI): the opposition protects nobody. How many, by ESMS: nobody is named. #}
{{ config(severity='warn') }}
with dossiers as (
    {% for role in person_roles(['record']) -%}
    select {{ record_key(role) }} as fiche_cle from {{ ref(role.relation) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select o.finess_et, count(*) as n_oppositions
from {{ ref('int_personnes__opposants') }} as o
left join dossiers on o.fiche_cle = dossiers.fiche_cle
where dossiers.fiche_cle is null
group by o.finess_et
