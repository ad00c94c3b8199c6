{{ config(materialized='table') }}
{# One row per unit and element, or indicator, whose values stay in the warehouse: they would give a small number of the persons accompanied,
   whichever collection told them. Not published: the publication hides what stands here, in the layer, the losers, and what comes of them.

   A count and what rests on it leave together for all years and components, or not at all, as int_dui__diffusion does: totals (`total`),
   each distribution, each other count. Steps. 1. Answers, retained or not, to the elements that count persons; the figures that their
   percentages are of: a total, published places. 2. Held back: a count under the threshold; a percentage that stands for one, or leaves one of its
   total, or is of a figure that nobody gives; a rate of rotation that, less the entries, leaves one of exits; two totals of one source that differ by one, within a year or from the persons present a year
   before; a value borne by a count that nobody gives; what the DUI knows and does not tell. 3. With the totals, everything; with a distribution,
   what rests on it. #}
{%- set seuil = seuil_personnes() %}
with declares as (
    select
        element_id,
        {{ dbt.split_part('personnes', "'/'", 1) }} as compte,
        nullif({{ dbt.split_part('personnes', "'/'", 2) }}, '') as places
    from {{ ref('elements') }}
    where personnes is not null and personnes not in ('', 'non')
),

elements as (
    select
        element_id,
        places,
        {{ dbt.split_part('compte', "':'", 1) }} as sorte,
        nullif({{ dbt.split_part('compte', "':'", 2) }}, '') as porteur,
        case when compte = 'total' then 'TOTAUX' else element_id end as groupe
    from declares
),

-- What a percentage is of: the persons that it is a part of, those whom it makes move, the places that it is told over.
bases as (
    select element_id, sorte as genre, porteur as base
    from elements
    where sorte in ('part', 'taux')
    union all
    select element_id, 'places', places
    from elements
    where places is not null
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
    select unite, unite_id, millesime, element_id, composante, source, valeur_nombre
    from {{ ref(relation) }}
    where
        valeur_nombre is not null
        and (element_id in (select e.element_id from elements as e) or element_id in (select b.base from bases as b))
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

comptes as (
    select r.*, e.groupe, coalesce(u.unite_mesure, '') = 'pct' as est_part
    from reponses as r
    inner join elements as e on r.element_id = e.element_id
    left join unites as u on r.element_id = u.element_id and r.composante = u.composante
    where e.sorte <> 'porte'
),

-- A rate of rotation is half the entries and exits over the persons present, of a component over those of that component; any other percentage is
-- of the whole of its figure.
parts as (
    select
        c.unite,
        c.unite_id,
        c.millesime,
        c.element_id,
        c.source,
        c.groupe,
        b.genre,
        case when b.genre = 'part' then t.valeur_nombre end as tout,
        case
            when b.genre = 'taux' then c.valeur_nombre * t.valeur_nombre / 100
            when c.est_part then greatest(1, round(c.valeur_nombre * t.valeur_nombre / 100))
            else c.valeur_nombre
        end as n
    from comptes as c
    inner join bases as b on c.element_id = b.element_id
    left join reponses as t
        on
            c.unite = t.unite
            and c.unite_id = t.unite_id
            and c.millesime = t.millesime
            and b.base = t.element_id
            and t.composante = case when b.genre = 'taux' then c.composante else '' end
    where
        c.valeur_nombre > 0
        and (c.est_part or b.genre = 'part')
        and not (b.genre = 'part' and c.est_part and c.valeur_nombre >= 100)
),

-- A total told as a percentage of places is told.
totaux as (
    select unite, unite_id, millesime, element_id, source, valeur_nombre as n
    from comptes
    where groupe = 'TOTAUX' and composante = ''
    union all
    select unite, unite_id, millesime, element_id, source, n
    from parts
    where groupe = 'TOTAUX' and n is not null
),

-- What a total leaves of the file active, and which total that is.
differences as (
    select
        a.unite,
        a.unite_id,
        a.millesime,
        case
            when b.element_id = 'NB_PERS_3112' and a.millesime = b.millesime then 'NB_SORTIES'
            when b.element_id = 'NB_PERS_3112' then 'NB_ENTREES'
        end as element_id,
        a.n - b.n as n
    from totaux as a
    inner join totaux as b
        on
            a.unite = b.unite
            and a.unite_id = b.unite_id
            and a.source = b.source
            and (a.millesime = b.millesime or (a.millesime = b.millesime + 1 and b.element_id = 'NB_PERS_3112'))
    where a.element_id = 'FILE_ACTIVE' and a.n > b.n
),

connus as (
    select unite, unite_id, millesime, element_id
    from comptes
    where valeur_nombre > 0 and (composante = '' or groupe <> 'TOTAUX')
    union
    select unite, unite_id, millesime, element_id
    from differences
    where element_id is not null
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
    select p.unite, p.unite_id, p.groupe
    from parts as p
    inner join totaux as t on p.unite = t.unite and p.unite_id = t.unite_id and p.millesime = t.millesime
    where
        p.genre = 'taux'
        and t.element_id in ('NB_ENTREES', 'NB_SORTIES')
        and round(2 * p.n - t.n) > 0
        and round(2 * p.n - t.n) < {{ seuil }}
    union
    select unite, unite_id, 'TOTAUX'
    from differences
    where n < {{ seuil }}
    union
    select r.unite, r.unite_id, r.element_id
    from reponses as r
    inner join elements as e on r.element_id = e.element_id and e.sorte = 'porte'
    left join connus as k
        on r.unite = k.unite and r.unite_id = k.unite_id and r.millesime = k.millesime and e.porteur = k.element_id
    where k.element_id is null
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
select c.unite, c.unite_id, 'indicateur', i.indicateur_code
from caches as c
inner join {{ ref('indicateurs_elements') }} as i on c.element_id = i.element_id
group by c.unite, c.unite_id, i.indicateur_code
