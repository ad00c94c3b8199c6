{# One row per person that a decision of the CDAPH is known of in an ESMS: by a record of it, by a right that it opens, or by the follow-up of
   its orientation. #}
{%- set unknown = 'cast(null as date)' -%}
{%- set rights = person_roles(['right']) -%}
with decisions as (
    {% for role in person_roles(['decision']) -%}
    {%- set opened = rights | selectattr('source', 'equalto', role.source) | list -%}
    select {{ record_key(role, 'd') }} as fiche_cle, d.{{ role.fields.date_decision }} as date_decision, {{ 'droits.date_echeance' if opened else unknown }} as date_echeance
    from {{ ref(role.relation) }} as d
    {% for right in opened -%}
    left join (
        select finess_et, {{ right.fields.decision }} as decision, max({{ right.fields.date_echeance }}) as date_echeance
        from {{ ref(right.relation) }}
        group by finess_et, {{ right.fields.decision }}
    ) as droits on d.finess_et = droits.finess_et and d.{{ role.number }} = droits.decision
    {% endfor -%}
    where d.{{ role.record.column }} is not null
    union all
    {% endfor -%}
    {% for role in rights -%}
    select {{ record_key(role) }}, {{ unknown }}, {{ role.fields.date_echeance }}
    from {{ ref(role.relation) }}
    where {{ role.record.column }} is not null
    union all
    {% endfor -%}
    {% for role in person_roles(['orientation']) -%}
    select {{ record_key(role) }}, {{ unknown }}, {{ unknown }}
    from {{ ref(role.relation) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    {{ columns_hash(['g.personne_numero', 'g.finess_et']) }} as lieu,
    g.finess_et,
    g.personne_id,
    max(d.date_decision) as date_decision,
    max(d.date_echeance) as date_echeance
from decisions as d
inner join {{ ref('int_personnes__groupes') }} as g on d.fiche_cle = g.fiche_cle
group by g.personne_numero, g.finess_et, g.personne_id
