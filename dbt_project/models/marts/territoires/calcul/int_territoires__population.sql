{# One row per territory and millésime of the layer: the latest published population that is not later than it. #}
with millesimes as (
    select distinct millesime from {{ ref('dlnuf_valeurs') }} where unite = 'ET'
),

candidates as (
    select
        p.niveau,
        p.territoire_code,
        m.millesime,
        p.millesime as millesime_population,
        p.population_0_19,
        p.population_20_59,
        p.population_75_plus,
        row_number() over (partition by p.niveau, p.territoire_code, m.millesime order by p.millesime desc) as rang
    from {{ ref('stg_insee__population_par_age') }} as p
    inner join millesimes as m on p.millesime <= m.millesime
)

select niveau, territoire_code, millesime, millesime_population, population_0_19, population_20_59, population_75_plus
from candidates
where rang = 1
