{# One row per record that a source keeps of a person, with what the record says of who it is. Keys are numbers drawn from the pseudonyms:
   sixty-four bits, enough to set two persons apart, and three times faster to compare than their text. A source that keeps no records has
   one for each of its statements. A record that only a stay names is a record too, of which nothing is known: no stay is lost. #}
{%- set keys = ['cle_traits', 'cle_nom_prenom', 'cle_nir', 'cle_sans_nom', 'cle_sans_prenom', 'cle_sans_naissance', 'cle_mdph'] -%}
{%- set records = person_roles(['record', 'stay', 'demand', 'orientation']) | rejectattr('record.relation') | list -%}
{%- set named = person_roles(['stay', 'demand', 'orientation']) | selectattr('record.relation') | list -%}

{% for role in records %}
select
    {{ record_key(role) }} as fiche_cle,
    '{{ role.source }}' as source,
    finess_et,
    {{ role.record.column }} as fiche_id,
    {{ role.birth_year or 'cast(null as ' ~ dbt.type_int() ~ ')' }} as annee_naissance,
    {{ 'cle_ins' if 'cle_ins' in role['keys'] else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as cle_ins,
    {% for key in keys -%}
    {{ pseudonym_number(key) if key in role['keys'] else pseudonym_number('null') }} as {{ key }},
    {% endfor -%}
    delivery_id,
    ligne
from {{ ref(role.relation) }}
{{ 'union all' if named or not loop.last }}
{% endfor %}
{%- for role in named %}
select
    {{ record_key(role, 's') }},
    '{{ role.record.source }}',
    s.finess_et,
    s.{{ role.record.column }},
    cast(null as {{ dbt.type_int() }}),
    cast(null as {{ dbt.type_string() }}),
    {% for key in keys -%}
    {{ pseudonym_number('null') }},
    {% endfor -%}
    min(s.delivery_id),
    min(s.ligne)
from {{ ref(role.relation) }} as s
left join {{ ref(role.record.relation) }} as u on s.finess_et = u.finess_et and s.{{ role.record.column }} = u.{{ role.record.number }}
where u.{{ role.record.number }} is null
group by s.finess_et, s.{{ role.record.column }}
{{ 'union all' if not loop.last }}
{% endfor %}
