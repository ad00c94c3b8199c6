{# One row per territory whose outline was delivered. Steps: the latest outline of each code; its level, from the shape of the code; a
   code of two digits is a département only when it has its name (a region may have the same code); points put on a grid, coarse
   for the map of the country, fine for that of a département. #}
with recents as (
    select
        territoire_code,
        libelle,
        millesime,
        geometrie,
        _delivery_id as delivery_id,
        case length(territoire_code) when 5 then 'commune' when 9 then 'epci' else 'departement' end as niveau,
        row_number() over (partition by territoire_code order by millesime desc) as rang
    from {{ source('raw', 'contours__territoires') }}
    where _est_courante
),

nommes as (
    select
        r.niveau,
        r.territoire_code,
        r.millesime,
        r.geometrie,
        r.delivery_id,
        coalesce(d.departement_libelle, r.libelle) as territoire_libelle,
        -- An overseas commune begins with the three signs of its département.
        case
            when r.niveau = 'departement' then r.territoire_code
            when r.niveau = 'commune' then left(r.territoire_code, case when r.territoire_code like '97%' then 3 else 2 end)
        end as departement_code
    from recents as r
    left join {{ ref('stg_insee__departements') }} as d on r.niveau = 'departement' and r.territoire_code = d.departement_code
    where r.rang = 1
        and (r.niveau <> 'departement' or {{ normalised_text('r.libelle') }} = {{ normalised_text('d.departement_libelle') }})
),

traces as (
    select
        niveau,
        territoire_code,
        territoire_libelle,
        departement_code,
        delivery_id,
        cast(millesime as {{ dbt.type_int() }}) as millesime,
        case niveau
            when 'departement' then {{ outline('geometrie', '0.005') }}
            else {{ outline('geometrie', '0.001') }}
        end as polygones
    from nommes
)

select niveau, territoire_code, territoire_libelle, departement_code, millesime, polygones, delivery_id
from traces
where polygones is not null
