{# One row per territory: France, regions, départements, EPCI, with its label and where it is. An EPCI over several départements is of the one
   that has most of its communes. #}
with epci as (
    select epci_code, departement_code, max(epci_libelle) as epci_libelle, count(*) as n_communes
    from {{ ref('int_territoires__communes_epci') }}
    group by epci_code, departement_code
),

classes as (
    select *, row_number() over (partition by epci_code order by n_communes desc, departement_code asc) as rang
    from epci
)

select
    'departement' as niveau,
    departement_code as territoire_code,
    departement_libelle as territoire_libelle,
    region_code,
    departement_code
from {{ ref('stg_insee__departements') }}
union all
select 'region', region_code as territoire_code, region_libelle, region_code, cast(null as {{ dbt.type_string() }})
from {{ ref('stg_insee__regions') }}
union all
select 'france', 'FR', 'France', cast(null as {{ dbt.type_string() }}), cast(null as {{ dbt.type_string() }})
union all
select 'epci', e.epci_code, e.epci_libelle, d.region_code, e.departement_code
from classes as e
left join {{ ref('stg_insee__departements') }} as d on e.departement_code = d.departement_code
where e.rang = 1
