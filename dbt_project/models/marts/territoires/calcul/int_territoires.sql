{# One row per territory: France, regions, départements, with its label and its region. #}
select 'departement' as niveau, departement_code as territoire_code, departement_libelle as territoire_libelle, region_code
from {{ ref('stg_insee__departements') }}
union all
select 'region' as niveau, region_code as territoire_code, region_libelle as territoire_libelle, region_code
from {{ ref('stg_insee__regions') }}
union all
select 'france' as niveau, 'FR' as territoire_code, 'France' as territoire_libelle, cast(null as {{ dbt.type_string() }}) as region_code
