{# One row per territory, millésime of the layer and population: what the places of the territory are divided by. Steps: the latest published that is
   not later; of a region or of France of which some départements were not received, that of those that were. #}
{%- set populations = ['population_0_19', 'population_20_59', 'population_75_plus'] %}
with publiees as (
    {% for population in populations -%}
    select niveau, territoire_code, millesime, '{{ population }}' as grandeur, {{ population }} as valeur, millesime_population
    from {{ ref('int_territoires__population') }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

recus as (
    select distinct p.departement_code, d.region_code
    from {{ ref('int_territoires__parc') }} as p
    inner join {{ ref('stg_insee__departements') }} as d on p.departement_code = d.departement_code and d.est_departement
    where p.est_esms
),

attendues as (
    select r.departement_code, r.region_code, m.millesime, m.grandeur
    from recus as r
    cross join (select distinct millesime, grandeur from publiees) as m
),

partielles as (
    select a.departement_code, a.region_code, a.millesime, a.grandeur, p.valeur, p.millesime_population
    from attendues as a
    left join publiees as p
        on p.niveau = 'departement'
        and a.departement_code = p.territoire_code
        and a.millesime = p.millesime
        and a.grandeur = p.grandeur
),

recues as (
    select
        niveau,
        territoire_code,
        millesime,
        grandeur,
        case when count(*) = count(valeur) then {{ exact_sum('valeur') }} end as valeur,
        max(millesime_population) as millesime_population
    from ({{ by_territory('partielles', ['millesime', 'grandeur', 'valeur', 'millesime_population']) }}) as p
    where niveau <> 'departement'
    group by niveau, territoire_code, millesime, grandeur
)

select p.niveau, p.territoire_code, p.millesime, p.grandeur, cast(p.valeur as {{ type_double() }}) as valeur, p.millesime_population
from publiees as p
left join {{ ref('int_territoires__perimetres') }} as t
    on p.niveau = t.niveau and p.territoire_code = t.territoire_code
where t.perimetre is null
union all
select r.niveau, r.territoire_code, r.millesime, r.grandeur, cast(r.valeur as {{ type_double() }}), r.millesime_population
from recues as r
inner join {{ ref('int_territoires__perimetres') }} as t
    on r.niveau = t.niveau and r.territoire_code = t.territoire_code
where t.perimetre is not null
