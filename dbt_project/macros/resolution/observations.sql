{#- Long form of a table: one row an answer. Unknown values give no answer.
    champs: (field, element, component, time basis, kind nombre|texte|commune|date|booleen, factor to the canonical unit, that unit). -#}
{% macro observations(relation, source, collecte, entite, unite, unite_id, champs, perimetre_champ=none, perimetre_groupe=[], perimetre_site=[], perimetre_du_document=false, depot=none) %}
with lignes as (
    select * from {{ relation }} where {{ unite_id }} is not null
)
{% for champ, element, composante, base, genre, facteur, unite_mesure in champs %}
select
    '{{ unite }}' as unite,
    cast({{ unite_id }} as {{ dbt.type_string() }}) as unite_id,
    {{ perimetre_repondu(perimetre_champ, perimetre_groupe, perimetre_site, perimetre_du_document) }} as perimetre,
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
    {% if genre == 'commune' %}coalesce(actuelles.code_actuel, lignes.{{ champ }}){% elif genre == 'texte' %}cast({{ champ }} as {{ dbt.type_string() }}){% elif genre == 'booleen' %}case when {{ champ }} then 'oui' else 'non' end{% else %}cast(null as {{ dbt.type_string() }}){% endif %} as valeur_texte,
    {% if genre == 'date' %}cast({{ champ }} as date){% else %}cast(null as date){% endif %} as valeur_date,
    {% if unite_mesure %}'{{ unite_mesure }}'{% else %}cast(null as {{ dbt.type_string() }}){% endif %} as unite_mesure
from lignes
{%- if genre == 'commune' %}
-- Answers are compared in today's code: a merged commune, then its new one, are one answer.
left join {{ ref('communes_actuelles') }} as actuelles on lignes.{{ champ }} = actuelles.code
{%- endif %}
where {{ champ }} is not null
{{ "union all" if not loop.last }}
{% endfor %}
{% endmacro %}

{#- Whether an answer is about one site or several. NULL: another channel of the same document says it. -#}
{% macro perimetre_repondu(champ, groupe, site, du_document) %}
{%- if champ -%}
case
        when lower(trim({{ champ }})) in ({{ textes(groupe) }}) then 'groupe'
        when lower(trim({{ champ }})) in ({{ textes(site) }}) then 'site'
        else 'inconnu'
    end
{%- elif du_document -%}
cast(null as {{ dbt.type_string() }})
{%- else -%}
'site'
{%- endif -%}
{% endmacro %}

{% macro textes(valeurs) -%}
{% for valeur in valeurs %}'{{ valeur | lower | replace("'", "''") }}'{{ ", " if not loop.last }}{% endfor %}
{%- endmacro %}

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
    select {{ colonnes_observation() }} from {{ des_unites_a_refaire(relation) }} as reponses_{{ loop.index }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- A document heard through several channels has one perimeter: the one that a channel says.
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
    {% for colonne in ['millesime', 'element_id', 'composante', 'base_temporelle', 'source', 'collecte', 'entite', 'champ',
        'delivery_id', 'ligne', 'collecte_le', 'recu_le', 'rang_depot', 'est_courante', 'valeur_nombre', 'valeur_texte',
        'valeur_date', 'unite_mesure'] -%}
    reponses.{{ colonne }},
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
