{# One row per record that a source keeps of a person, with what the record says of who it is. Keys are numbers drawn from the pseudonyms:
   sixty-four bits, enough to set two persons apart, and three times faster to compare than their text. A source that keeps no records has
   one for each of its statements. A record that only a stay names is a record too, of which nothing is known: no stay is lost.
   numero_nir, numero_nia: the number of the record, when it is the person's own and its key is right. nir_sans_cle: the same of a NIR whose
   key is not written: a digit of it may be mistyped. systeme: the system whose record it is. est_muette: nothing says who it is, because its
   source tells no trait of anybody, or because only a stay names it. A name that no key could be made of is said: it is no silent record. #}
{%- set keys = [
    'cle_traits', 'cle_nom_prenom', 'cle_nir', 'cle_sans_lieu', 'cle_sans_nom', 'cle_sans_prenom', 'cle_sans_naissance', 'cle_deux_prenoms',
    'cle_numero', 'cle_mdph',
] -%}
{%- set lists = [
    'cles_nom', 'cles_nom_parties', 'cles_prenom', 'cles_deux_prenoms', 'cles_naissance', 'cles_naissance_parties', 'cles_numero',
    'cles_numero_traits',
] -%}
{%- set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' -%}
{%- set records = person_roles(['record', 'stay', 'demand', 'orientation']) | rejectattr('record.relation') | list -%}
{%- set named = person_roles(['stay', 'demand', 'orientation']) | selectattr('record.relation') | list -%}
{%- set systems = {} -%}
{%- for role in person_roles(['record', 'stay', 'demand', 'orientation']) if role.system -%}
{%- do systems.update({role.source: role.system}) -%}
{%- endfor -%}

{% for role in records %}
select
    {{ record_key(role) }} as fiche_cle,
    '{{ role.source }}' as source,
    '{{ systems[role.source] or role.source }}' as systeme,
    finess_et,
    {{ role.record.column }} as fiche_id,
    {{ role.birth_year or 'cast(null as ' ~ dbt.type_int() ~ ')' }} as annee_naissance,
    {{ 'cle_ins' if 'cle_ins' in role['keys'] else nothing }} as cle_ins,
    {% for key in keys -%}
    {{ pseudonym_number(key) if key in role['keys'] else pseudonym_number('null') }} as {{ key }},
    {% endfor -%}
    {%- set numbered = 'qualite_numero' in role['keys'] -%}
    {% for nature in ['NIR', 'NIA'] -%}
    {{ "case when qualite_numero in ('" ~ nature ~ "_INS', '" ~ nature ~ "_PROPRE') then " ~ pseudonym_number('cle_numero') ~ " end" if numbered else pseudonym_number('null') }} as numero_{{ nature | lower }},
    {% endfor -%}
    {{ "case when qualite_numero = 'NIR_SANS_CLE' then " ~ pseudonym_number('cle_numero') ~ " end" if numbered else pseudonym_number('null') }} as nir_sans_cle,
    {{ 'qualite_numero' if numbered else nothing }} as qualite_numero,
    {% for list in lists -%}
    {{ list if list in role['keys'] else nothing }} as {{ list }},
    {% endfor -%}
    {{ 'false' if role.tells_who else 'true' }} as est_muette,
    delivery_id,
    ligne
from {{ ref(role.relation) }}
{{ 'union all' if named or not loop.last }}
{% endfor %}
{%- for role in named %}
select
    {{ record_key(role, 's') }},
    '{{ role.record.source }}',
    '{{ systems[role.record.source] or role.record.source }}',
    s.finess_et,
    s.{{ role.record.column }},
    cast(null as {{ dbt.type_int() }}),
    {{ nothing }},
    {% for key in keys + ['nir', 'nia', 'nir_sans_cle'] -%}
    {{ pseudonym_number('null') }},
    {% endfor -%}
    {% for list in ['qualite_numero'] + lists -%}
    {{ nothing }},
    {% endfor -%}
    true,
    min(s.delivery_id),
    min(s.ligne)
from {{ ref(role.relation) }} as s
left join {{ ref(role.record.relation) }} as u on s.finess_et = u.finess_et and s.{{ role.record.column }} = u.{{ role.record.number }}
where u.{{ role.record.number }} is null
group by s.finess_et, s.{{ role.record.column }}
{{ 'union all' if not loop.last }}
{% endfor %}
