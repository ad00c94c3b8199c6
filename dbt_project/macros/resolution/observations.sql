{#- Long form of a table: one row an answer. Unknown values give no answer.
    champs: (field, element, component, time basis, kind nombre|texte|date|booleen, factor to the canonical unit, that unit). -#}
{% macro observations(relation, source, collecte, entite, unite, unite_id, champs, perimetre_champ=none, perimetre_groupe=[], depot=none) %}
with lignes as (
    select * from {{ relation }} where {{ unite_id }} is not null
)
{% for champ, element, composante, base, genre, facteur, unite_mesure in champs %}
select
    '{{ unite }}' as unite,
    cast({{ unite_id }} as {{ dbt.type_string() }}) as unite_id,
    {% if perimetre_champ -%}
    case when {{ perimetre_champ }} in ({% for valeur in perimetre_groupe %}'{{ valeur | replace("'", "''") }}'{{ ", " if not loop.last }}{% endfor %}) then 'groupe' else 'site' end
    {%- else -%} 'site' {%- endif %} as perimetre,
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
    {{ rang_depot(depot) }} as rang_depot,
    _est_courante as est_courante,
    {% if genre == 'nombre' %}round(cast({{ champ }} as {{ type_double() }}){% if facteur != 1 %} * {{ facteur }}{% endif %}, 6){% else %}cast(null as {{ type_double() }}){% endif %} as valeur_nombre,
    {% if genre == 'texte' %}cast({{ champ }} as {{ dbt.type_string() }}){% elif genre == 'booleen' %}case when {{ champ }} then 'oui' else 'non' end{% else %}cast(null as {{ dbt.type_string() }}){% endif %} as valeur_texte,
    {% if genre == 'date' %}cast({{ champ }} as date){% else %}cast(null as date){% endif %} as valeur_date,
    {% if unite_mesure %}'{{ unite_mesure }}'{% else %}cast(null as {{ dbt.type_string() }}){% endif %} as unite_mesure
from lignes
where {{ champ }} is not null
{{ "union all" if not loop.last }}
{% endfor %}
{% endmacro %}

{#- Deposits are compared as numbers: left-padded, so that text order is number order. -#}
{% macro rang_depot(depot) %}
{%- if depot -%}
lpad(cast({{ depot }} as {{ dbt.type_string() }}), 20, '0')
{%- else -%}
cast(null as {{ dbt.type_string() }})
{%- endif -%}
{% endmacro %}

{% macro colonnes_observation() %}
    unite, unite_id, perimetre, millesime, element_id, composante, base_temporelle, source, collecte, entite, champ,
    delivery_id, ligne, collecte_le, recu_le, rang_depot, est_courante, valeur_nombre, valeur_texte, valeur_date, unite_mesure
{% endmacro %}

{#- Every answer of every collection, with the alert that validation raised on it (a doubtful value is kept). -#}
{% macro toutes_les_observations(relations) %}
with reponses as (
    {% for relation in relations %}
    select {{ colonnes_observation() }} from {{ relation }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

alertes as (
    select delivery_id, entite, ligne, champ, min(regle) as alerte
    from {{ source('raw', 'signalements') }}
    where effet = 'conservee' and champ <> '(ligne)'
    group by delivery_id, entite, ligne, champ
)

select
    reponses.*,
    alertes.alerte
from reponses
left join alertes
    on reponses.delivery_id = alertes.delivery_id
    and reponses.entite = alertes.entite
    and reponses.ligne = alertes.ligne
    and reponses.champ = alertes.champ
{% endmacro %}
