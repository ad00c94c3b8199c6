{# One row per region and for France: of how many of its départements establishments were received, and in words when some are missing. A
   figure of some départements is not that of the whole, and does not bear its name. #}
with recus as (
    select distinct departement_code
    from {{ ref('int_territoires__parc') }}
    where est_esms and departement_code is not null
),

departements as (
    select d.departement_code, d.region_code, r.departement_code is not null as est_recu
    from {{ ref('stg_insee__departements') }} as d
    left join recus as r on d.departement_code = r.departement_code
    where d.est_departement
),

comptes as (
    select
        niveau,
        territoire_code,
        count(*) as n_departements,
        count(case when est_recu then 1 end) as n_recus
    from ({{ by_territory('departements', ['est_recu']) }}) as d
    where niveau <> 'departement'
    group by niveau, territoire_code
)

select
    niveau,
    territoire_code,
    cast(n_departements as {{ dbt.type_int() }}) as n_departements,
    cast(n_recus as {{ dbt.type_int() }}) as n_recus,
    case
        when n_recus < n_departements
            then cast(n_recus as {{ dbt.type_string() }})
                || case when n_recus > 1 then ' départements reçus sur ' else ' département reçu sur ' end
                || cast(n_departements as {{ dbt.type_string() }})
    end as perimetre
from comptes
