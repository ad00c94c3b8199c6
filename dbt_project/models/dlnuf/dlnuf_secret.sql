{{ config(materialized='table') }}
{# One row per unit and element, or indicator, whose values stay in the warehouse: they would give a small number of the persons accompanied,
   whichever collection told them. Not published: the publication hides what stands here, in the layer, the losers, and what comes of them.

   A count and what rests on it leave together for all years and components, or not at all, as int_dui__diffusion does: totals (`total`),
   each distribution, each other count. Steps. 1. Answers, retained or not, to the elements that count persons; the totals that bear them.
   2. Held back: a count under the threshold; a share that stands for one, or leaves one of its total, or whose total is not known; two totals of one
   source and year that differ by one; what the DUI knows and does not tell. 3. With the totals, everything; with a distribution, what
   rests on it. #}
{%- set seuil = seuil_personnes() %}
with elements as (
    select
        element_id,
        personnes,
        case when personnes = 'total' then 'TOTAUX' else element_id end as groupe,
        case when personnes like 'part:%' then substr(personnes, 6) when personnes like 'porte:%' then substr(personnes, 7) end as porteur
    from {{ ref('elements') }}
    where personnes = 'total' or personnes = 'compte' or personnes like 'part:%' or personnes like 'porte:%'
),

-- The unit of a component is that of its retained values.
unites as (
    select v.element_id, v.composante, max(v.unite_mesure) as unite_mesure
    from {{ ref('dlnuf_valeurs') }} as v
    inner join elements as e on v.element_id = e.element_id
    group by v.element_id, v.composante
),

reponses as (
    {% for relation in ['dlnuf_valeurs', 'dlnuf_reponses_ecartees'] -%}
    select r.unite, r.unite_id, r.millesime, r.element_id, r.composante, r.source, r.valeur_nombre
    from {{ ref(relation) }} as r
    inner join elements as e on r.element_id = e.element_id
    where r.valeur_nombre is not null and e.personnes not like 'porte:%'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

comptes as (
    select r.*, e.groupe, e.porteur, coalesce(u.unite_mesure, '') = 'pct' as est_part
    from reponses as r
    inner join elements as e on r.element_id = e.element_id
    left join unites as u on r.element_id = u.element_id and r.composante = u.composante
),

totaux as (
    select unite, unite_id, millesime, element_id, source, valeur_nombre as n
    from comptes
    where groupe = 'TOTAUX' and composante = ''
),

parts as (
    select
        c.unite,
        c.unite_id,
        c.groupe,
        t.n as tout,
        case when c.est_part then greatest(1, round(c.valeur_nombre * t.n / 100)) else c.valeur_nombre end as n
    from comptes as c
    left join totaux as t
        on c.unite = t.unite and c.unite_id = t.unite_id and c.millesime = t.millesime and c.porteur = t.element_id
    where c.porteur is not null and c.valeur_nombre > 0 and not (c.est_part and c.valeur_nombre >= 100)
),

retenus as (
    select unite, unite_id, groupe
    from comptes
    where not est_part and valeur_nombre > 0 and valeur_nombre < {{ seuil }}
    union
    select unite, unite_id, groupe
    from parts
    where n is null or (n > 0 and n < {{ seuil }}) or (tout - n > 0 and tout - n < {{ seuil }})
    union
    select a.unite, a.unite_id, 'TOTAUX'
    from totaux as a
    inner join totaux as b on a.unite = b.unite and a.unite_id = b.unite_id and a.millesime = b.millesime and a.source = b.source
    where a.element_id = 'FILE_ACTIVE' and a.n - b.n > 0 and a.n - b.n < {{ seuil }}
    union
    select c.unite, c.unite_id, c.dimension
    from {{ ref('int_dui__comptes') }} as c
    left join {{ ref('int_dui__diffusion') }} as d on c.unite_id = d.unite_id and c.dimension = d.dimension
    where d.unite_id is null
),

caches as (
    select r.unite, r.unite_id, e.element_id
    from retenus as r
    inner join elements as e on r.groupe in ('TOTAUX', e.groupe, e.porteur)
    group by r.unite, r.unite_id, e.element_id
)

select unite, unite_id, 'element' as genre, element_id as code
from caches
union all
select c.unite, c.unite_id, 'indicateur', i.code
from caches as c
inner join {{ ref('indicateurs_esms') }} as i on c.element_id = i.element_id
group by c.unite, c.unite_id, i.code
