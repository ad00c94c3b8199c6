{# Départements of the latest code delivered, those it lacks from the nomenclature, with their region and their tile. #}
with cog as (
    select departement_code, libelle, region_code
    from {{ source('raw', 'insee_cog__departements') }}
    where _est_courante and millesime = (select max(tous.millesime) from {{ source('raw', 'insee_cog__departements') }} as tous)
),

departements as (
    select departement_code, libelle, region_code
    from cog
    union all
    select s.code, s.libelle, s.region_code
    from {{ ref('departements') }} as s
    left join cog on s.code = cog.departement_code
    where cog.departement_code is null
)

select
    d.departement_code,
    d.libelle as departement_libelle,
    d.region_code,
    r.region_libelle,
    g.grille_x,
    g.grille_y,
    -- Collectivities of overseas have a code in this list without being départements: they have no tile.
    g.grille_x is not null as est_departement
from departements as d
left join {{ ref('stg_insee__regions') }} as r on d.region_code = r.region_code
left join {{ ref('departements') }} as g on d.departement_code = g.code
