{# One row per person that a decision of the CDAPH attributes something to in an ESMS, or may: by a record of it, by a right that it opens, or
   by the follow-up of its orientation. What is refused, deferred, closed or replaced when its document is written is no right;
   `est_incertaine`: only decisions whose type is not told are known. #}
{%- set unknown = 'cast(null as date)' -%}
{%- set yes = 'cast(true as boolean)' -%}
{%- set rights = person_roles(['right']) -%}
with decisions as (
    {% for role in person_roles(['decision']) -%}
    {%- set opened = rights | selectattr('source', 'equalto', role.source) | list -%}
    {%- set attributes = 'd.' ~ role.fields.est_attribution if 'est_attribution' in role.fields else yes -%}
    select {{ record_key(role, 'd') }} as fiche_cle, d.{{ role.fields.date_decision }} as date_decision, {{ 'droits.date_echeance' if opened else unknown }} as date_echeance, {{ attributes }} as est_attribution
    from {{ ref(role.relation) }} as d
    {% for right in opened -%}
    left join (
        select finess_et, {{ right.fields.decision }} as decision, max({{ right.fields.date_echeance }}) as date_echeance
        from {{ ref(right.relation) }}
        group by finess_et, {{ right.fields.decision }}
    ) as droits on d.finess_et = droits.finess_et and d.{{ role.number }} = droits.decision
    {% endfor -%}
    where d.{{ role.record.column }} is not null and coalesce({{ attributes }}, true){{ still_stands(role, 'd') }}
    union all
    {% endfor -%}
    {% for role in rights -%}
    select {{ record_key(role, 'r') }}, {{ unknown }}, r.{{ role.fields.date_echeance }}, {{ yes }}
    from {{ ref(role.relation) }} as r
    where r.{{ role.record.column }} is not null{{ still_stands(role, 'r') }}
    union all
    {% endfor -%}
    {% for role in person_roles(['orientation']) -%}
    select {{ record_key(role) }}, {{ unknown }}, {{ unknown }}, {{ yes }}
    from {{ ref(role.relation) }}
    where coalesce({{ told(role, 'statut', dbt.type_string()) }}, '') <> 'annule'
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    {{ columns_hash(['g.personne_numero', 'g.finess_et']) }} as lieu,
    g.finess_et,
    g.personne_id,
    max(d.date_decision) as date_decision,
    max(d.date_echeance) as date_echeance,
    max(case when d.est_attribution then 1 else 0 end) = 0 as est_incertaine
from decisions as d
inner join {{ ref('int_personnes__groupes') }} as g on d.fiche_cle = g.fiche_cle
group by g.personne_numero, g.finess_et, g.personne_id
