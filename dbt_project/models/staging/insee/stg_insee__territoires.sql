{# Communes of the latest code delivered, one row per code, with their département and region. Empty without a delivery. #}
with communes as (
    select
        commune_code,
        libelle,
        departement_code,
        case
            when commune_type in ('commune-actuelle', 'COM') then 'actuelle'
            when commune_type in ('arrondissement-municipal', 'ARM') then 'arrondissement'
            else 'ancienne'
        end as commune_type,
        coalesce(commune_arrondissement_code, commune_parente_code) as commune_parente_code,
        -- A commune nouvelle often has the code of one of its delegated communes: the living one is the one meant.
        row_number() over (
            partition by commune_code
            order by
                case when commune_type in ('commune-actuelle', 'COM') then 0 when commune_type in ('arrondissement-municipal', 'ARM') then 1 else 2 end,
                commune_type
        ) as rang
    from {{ source('raw', 'insee_cog__communes') }}
    where _est_courante and millesime = (select max(tous.millesime) from {{ source('raw', 'insee_cog__communes') }} as tous)
),

rattachees as (
    select
        c.commune_code,
        c.libelle,
        c.commune_type,
        case when c.commune_type = 'actuelle' then c.commune_code else c.commune_parente_code end as commune_actuelle_code,
        coalesce(c.departement_code, p.departement_code) as departement_code
    from communes as c
    left join communes as p on c.commune_parente_code = p.commune_code and p.rang = 1
    where c.rang = 1
)

select
    c.commune_code,
    c.libelle as commune_libelle,
    c.commune_type,
    c.commune_actuelle_code,
    c.departement_code,
    d.departement_libelle,
    d.region_code,
    d.region_libelle
from rattachees as c
left join {{ ref('stg_insee__departements') }} as d on c.departement_code = d.departement_code
