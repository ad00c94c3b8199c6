{#- The long form of a table: one row for each answer. An unknown value gives no answer.
    champs: (field, element, component, time basis, kind nombre|texte|commune|date|booleen, factor to the canonical unit, that unit). -#}
{% macro observations(relation, source, collecte, entite, unite, unite_id, champs, perimetre_champ=none, perimetre_groupe=[], perimetre_site=[], perimetre_du_document=false, depot=none) %}
with lignes as (
    select * from {{ relation }} where {{ unite_id }} is not null
)
{% for champ, element, composante, base, kind, factor, unite_mesure in champs %}
select
    '{{ unite }}' as unite,
    cast({{ unite_id }} as {{ dbt.type_string() }}) as unite_id,
    {{ answered_perimeter(perimetre_champ, perimetre_groupe, perimetre_site, perimetre_du_document) }} as perimetre,
    cast(millesime as {{ dbt.type_int() }}) as millesime,
    '{{ element }}' as element_id,
    '{{ composante | replace("'", "''") }}' as composante,
    '{{ base }}' as base_temporelle,
    '{{ source }}' as source,
    '{{ collecte }}' as collecte,
    '{{ entite }}' as entite,
    '{{ champ }}' as champ,
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    {{ deposit_rank(depot) }} as rang_depot,
    _est_courante as est_courante,
    {% if kind == 'nombre' %}round(cast({{ champ }} as {{ type_double() }}){% if factor != 1 %} * {{ factor }}{% endif %}, 6){% else %}cast(null as {{ type_double() }}){% endif %} as valeur_nombre,
    {% if kind == 'commune' %}coalesce(actuelles.code_actuel, lignes.{{ champ }}){% elif kind == 'texte' %}cast({{ champ }} as {{ dbt.type_string() }}){% elif kind == 'booleen' %}case when {{ champ }} then 'oui' else 'non' end{% else %}cast(null as {{ dbt.type_string() }}){% endif %} as valeur_texte,
    {% if kind == 'date' %}cast({{ champ }} as date){% else %}cast(null as date){% endif %} as valeur_date,
    {% if unite_mesure %}'{{ unite_mesure }}'{% else %}cast(null as {{ dbt.type_string() }}){% endif %} as unite_mesure
from lignes
{%- if kind == 'commune' %}
-- Answers are compared in today's code: a merged commune, then its new one, are one answer.
left join {{ ref('communes_actuelles') }} as actuelles on lignes.{{ champ }} = actuelles.code
{%- endif %}
where {{ champ }} is not null
{{ "union all" if not loop.last }}
{% endfor %}
{% endmacro %}

{#- Whether an answer is about one site or several. NULL when another channel of the same document says it. -#}
{% macro answered_perimeter(champ, groupe, site, du_document) %}
{%- if champ -%}
case
        when lower(trim({{ champ }})) in ({{ quoted_texts(groupe) }}) then 'groupe'
        when lower(trim({{ champ }})) in ({{ quoted_texts(site) }}) then 'site'
        else 'inconnu'
    end
{%- elif du_document -%}
cast(null as {{ dbt.type_string() }})
{%- else -%}
'site'
{%- endif -%}
{% endmacro %}

{% macro quoted_texts(values) -%}
{% for value in values %}'{{ value | lower | replace("'", "''") }}'{{ ", " if not loop.last }}{% endfor %}
{%- endmacro %}

{#- The number of a deposit padded on the left, so that deposits sort as numbers though they are texts. -#}
{% macro deposit_rank(depot) %}
{%- if depot -%}
lpad(cast({{ depot }} as {{ dbt.type_string() }}), 20, '0')
{%- else -%}
cast(null as {{ dbt.type_string() }})
{%- endif -%}
{% endmacro %}

{% macro observation_columns() %}
    unite, unite_id, perimetre, millesime, element_id, composante, base_temporelle, source, collecte, entite, champ,
    delivery_id, ligne, collecte_le, recu_le, rang_depot, est_courante, valeur_nombre, valeur_texte, valeur_date, unite_mesure
{% endmacro %}

{#- Every answer of every collection, with the alert that validation raised on it, if any: a doubtful value is kept. -#}
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
)

select
    reponses.unite,
    reponses.unite_id,
    coalesce(reponses.perimetre, case when groupes.document is not null then 'groupe' else 'site' end) as perimetre,
    {% for column in ['millesime', 'element_id', 'composante', 'base_temporelle', 'source', 'collecte', 'entite', 'champ',
        'delivery_id', 'ligne', 'collecte_le', 'recu_le', 'rang_depot', 'est_courante', 'valeur_nombre', 'valeur_texte',
        'valeur_date', 'unite_mesure'] -%}
    reponses.{{ column }},
    {% endfor -%}
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
{% endmacro %}
