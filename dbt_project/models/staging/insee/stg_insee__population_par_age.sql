{# Population at 1 January by territory and year, for the age classes of the rates of equipment. A class is known when all its
   five-year bands are, alone or together (« 75 ans et plus » is five of them), a territory when all its départements are. Five-year
   bands and the larger classes of Insee are two tables of one population: each class comes from the first where it is whole. #}
{%- set classes = {
    'population_75_plus': ('t.age_min >= 75', 5),
    'population_60_plus': ('t.age_min >= 60', 8),
    'population_20_59': ('t.age_min between 20 and 55', 8),
    'population_0_19': ('t.age_min < 20', 4),
    'population_totale': ('true', 20),
} %}
with tranches as (
    select p.territoire_code as departement_code, p.annee as millesime, p.population, t.age_min, t.bandes, t.maille
    from {{ source('raw', 'insee_population__population') }} as p
    inner join {{ ref('tranches_age') }} as t on p.tranche_age = t.libelle
    where p._est_courante and p.sexe = 'Ensemble'
),

mailles as (
    select
        departement_code,
        millesime,
        maille,
        {% for classe, (condition, n) in classes.items() -%}
        case when sum(case when {{ condition }} and population is not null then bandes end) = {{ n }}
            then sum(case when {{ condition }} then population end) end as {{ classe }}{{ "," if not loop.last }}
        {% endfor %}
    from tranches as t
    group by departement_code, millesime, maille
),

departements as (
    select
        d.departement_code,
        d.region_code,
        a.millesime,
        {% for classe in classes -%}
        coalesce(
            max(case when m.maille = 'quinquennale' then m.{{ classe }} end), max(m.{{ classe }})
        ) as {{ classe }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ ref('stg_insee__departements') }} as d
    cross join (select distinct millesime from tranches) as a
    left join mailles as m on d.departement_code = m.departement_code and a.millesime = m.millesime
    where d.est_departement
    group by d.departement_code, d.region_code, a.millesime
),

territoires as (
    select 'departement' as niveau, departement_code as territoire_code, * from departements
    union all
    select 'region', region_code, * from departements
    union all
    select 'france', 'FR', * from departements
),

sommes as (
    select
        niveau,
        territoire_code,
        cast(millesime as {{ dbt.type_int() }}) as millesime,
        {% for classe in classes -%}
        cast(case when count(*) = count({{ classe }}) then sum({{ classe }}) end as {{ dbt.type_bigint() }}) as {{ classe }}{{ "," if not loop.last }}
        {% endfor %}
    from territoires
    group by niveau, territoire_code, millesime
)

select *
from sommes
where coalesce({{ classes | join(', ') }}) is not null
