{# Regions of the latest code delivered, those it lacks from the project's nomenclature. #}
with cog as (
    select region_code, libelle
    from {{ source('raw', 'insee_cog__regions') }}
    where _est_courante and millesime = (select max(tous.millesime) from {{ source('raw', 'insee_cog__regions') }} as tous)
)

select region_code, libelle as region_libelle
from cog
union all
select s.code, s.libelle
from {{ ref('regions') }} as s
left join cog on s.code = cog.region_code
where cog.region_code is null
