{# One row per commune of the latest composition delivered, with its EPCI; none for a commune that has no EPCI. #}
select
    commune_code,
    epci_code,
    epci_libelle,
    epci_nature,
    -- A code of commune begins with that of its département: three characters overseas.
    coalesce(departement_code, case when commune_code like '97%' then substring(commune_code, 1, 3) else substring(commune_code, 1, 2) end) as departement_code,
    cast(millesime as {{ dbt.type_int() }}) as millesime
from {{ source('raw', 'insee_epci__communes') }}
where
    _est_courante
    and epci_code is not null
    and millesime = (select max(tous.millesime) from {{ source('raw', 'insee_epci__communes') }} as tous)
