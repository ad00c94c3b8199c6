{#- The long form of a table: one row for each answer. An unknown value gives no answer.
    fields: (field, element, component, time basis, kind nombre|texte|commune|date|booleen, factor to the canonical unit, that unit). -#}
{% macro observations(relation, source, collecte, entity, unit, unit_field, fields, perimeter_field=none, perimeter_grouped=[], perimeter_single=[], perimeter_elsewhere=false, tie_break_field=none) %}
with lignes as (
    select * from {{ relation }} where {{ unit_field }} is not null
)
{% for field, element, component, basis, kind, factor, unit_of_measure in fields %}
select
    '{{ unit }}' as unite,
    cast({{ unit_field }} as {{ dbt.type_string() }}) as unite_id,
    {{ answered_perimeter(perimeter_field, perimeter_grouped, perimeter_single, perimeter_elsewhere) }} as perimetre,
    cast(millesime as {{ dbt.type_int() }}) as millesime,
    '{{ element }}' as element_id,
    '{{ component | replace("'", "''") }}' as composante,
    '{{ basis }}' as base_temporelle,
    '{{ source }}' as source,
    '{{ collecte }}' as collecte,
    '{{ entity }}' as entite,
    '{{ field }}' as champ,
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    {{ deposit_rank(tie_break_field) }} as rang_depot,
    _est_courante as est_courante,
    {% if kind == 'nombre' %}round(cast({{ field }} as {{ type_double() }}){% if factor != 1 %} * {{ factor }}{% endif %}, 6) + 0.0{# no zero has a sign #}{% else %}cast(null as {{ type_double() }}){% endif %} as valeur_nombre,
    {% if kind == 'commune' %}coalesce(actuelles.code_actuel, lignes.{{ field }}){% elif kind == 'texte' %}cast({{ field }} as {{ dbt.type_string() }}){% elif kind == 'booleen' %}case when {{ field }} then 'oui' else 'non' end{% else %}cast(null as {{ dbt.type_string() }}){% endif %} as valeur_texte,
    {% if kind == 'date' %}cast({{ field }} as date){% else %}cast(null as date){% endif %} as valeur_date,
    {% if unit_of_measure %}'{{ unit_of_measure }}'{% else %}cast(null as {{ dbt.type_string() }}){% endif %} as unite_mesure
from lignes
{%- if kind == 'commune' %}
-- Answers are compared in today's code: a merged commune, then its new one, are one answer.
left join {{ ref('communes_actuelles') }} as actuelles on lignes.{{ field }} = actuelles.code
{%- endif %}
where {{ field }} is not null
{{ "union all" if not loop.last }}
{% endfor %}
{% endmacro %}

{#- Whether an answer is about one site or several. NULL when another channel of the same document says it. -#}
{% macro answered_perimeter(field, grouped, single, elsewhere) %}
{%- if field -%}
case
        when lower(trim({{ field }})) in ({{ quoted_texts(grouped) }}) then 'groupe'
        when lower(trim({{ field }})) in ({{ quoted_texts(single) }}) then 'site'
        else 'inconnu'
    end
{%- elif elsewhere -%}
cast(null as {{ dbt.type_string() }})
{%- else -%}
'site'
{%- endif -%}
{% endmacro %}

{% macro quoted_texts(values) -%}
{% for value in values %}'{{ value | lower | replace("'", "''") }}'{{ ", " if not loop.last }}{% endfor %}
{%- endmacro %}

{#- The number of a deposit padded on the left, so that deposits sort as numbers though they are texts. -#}
{% macro deposit_rank(field) %}
{%- if field -%}
lpad(cast({{ field }} as {{ dbt.type_string() }}), 20, '0')
{%- else -%}
cast(null as {{ dbt.type_string() }})
{%- endif -%}
{% endmacro %}

{% macro observation_columns() %}
    unite, unite_id, perimetre, millesime, element_id, composante, base_temporelle, source, collecte, entite, champ,
    delivery_id, ligne, collecte_le, recu_le, rang_depot, est_courante, valeur_nombre, valeur_texte, valeur_date, unite_mesure
{% endmacro %}

{#- Every answer of every collection, with the alert that validation raised on it, if any: a doubtful value is kept. Of forms that
    came back filled: an answer that its ESMS took back is no longer in force; one by which it corrects another says so. -#}
{% macro all_observations(relations) %}
with reponses as (
    {% for relation in relations %}
    select {{ observation_columns() }} from {{ of_units_to_redo(relation) }} as reponses_{{ loop.index }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- A document that several channels bring has one perimeter, which any of them may say.
groupes as (
    select distinct sources.document, reponses.unite, reponses.unite_id, reponses.millesime
    from reponses
    inner join {{ ref('sources') }} as sources on reponses.source = sources.source
    where reponses.perimetre = 'groupe' and reponses.est_courante
),

alertes as (
    select delivery_id, entite, ligne, champ, min(regle) as alerte
    from {{ source('raw', 'signalements') }}
    where effet = 'conservee' and champ <> '(ligne)'
    group by delivery_id, entite, ligne, champ
),

-- The last word of an ESMS on each cell of a form, however many times it was delivered.
rendues as (
    select r.*, row_number() over (partition by r.formulaire, r.champ order by l.recu_le desc, r.delivery_id desc) as rang_retour
    from {{ source('raw', 'retours') }} as r
    inner join {{ source('raw', 'livraisons') }} as l on r.delivery_id = l.delivery_id
),

retraits as (
    select distinct origine_livraison, origine_ligne, element_id, composante
    from rendues
    where rang_retour = 1 and nature = 'retrait'
),

corrections as (
    select distinct delivery_id, entite, ligne, champ
    from rendues
    where rang_retour = 1 and nature = 'correction'
)

select
    reponses.unite,
    reponses.unite_id,
    coalesce(reponses.perimetre, case when groupes.document is not null then 'groupe' else 'site' end) as perimetre,
    {% for column in ['millesime', 'element_id', 'composante', 'base_temporelle', 'source', 'collecte', 'entite', 'champ',
        'delivery_id', 'ligne', 'collecte_le', 'recu_le', 'rang_depot', 'valeur_nombre', 'valeur_texte', 'valeur_date',
        'unite_mesure'] -%}
    reponses.{{ column }},
    {% endfor -%}
    (reponses.est_courante and retraits.origine_livraison is null) as est_courante,
    retraits.origine_livraison is not null as est_retiree,
    corrections.delivery_id is not null as est_correction,
    sources.document,
    alertes.alerte
from reponses
left join {{ ref('sources') }} as sources on reponses.source = sources.source
left join groupes
    on sources.document = groupes.document
    and reponses.unite = groupes.unite
    and reponses.unite_id = groupes.unite_id
    and reponses.millesime = groupes.millesime
left join alertes
    on reponses.delivery_id = alertes.delivery_id
    and reponses.entite = alertes.entite
    and reponses.ligne = alertes.ligne
    and reponses.champ = alertes.champ
left join corrections
    on reponses.delivery_id = corrections.delivery_id
    and reponses.entite = corrections.entite
    and reponses.ligne = corrections.ligne
    and reponses.champ = corrections.champ
left join retraits
    on reponses.delivery_id = retraits.origine_livraison
    and reponses.ligne = retraits.origine_ligne
    and reponses.element_id = retraits.element_id
    and reponses.composante = retraits.composante
{% endmacro %}
