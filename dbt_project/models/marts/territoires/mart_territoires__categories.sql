{# One row per territory and category: the establishments open today and their known capacities. #}
with ouverts as (
    select departement_code, region_code, epci_code, categorie_code, categorie_libelle, domaine, financeur, cap_autorisee_totale, cap_installee_totale
    from {{ ref('mart_etablissements__fiche') }}
    where est_ouvert and categorie_code is not null
)

select
    o.niveau,
    o.territoire_code,
    t.territoire_libelle,
    t.departement_code,
    o.categorie_code,
    o.categorie_libelle,
    o.domaine,
    o.financeur,
    cast(count(*) as {{ dbt.type_int() }}) as n_et_ouverts,
    cast(sum(o.cap_autorisee_totale) as {{ type_double() }}) as cap_autorisee,
    cast(count(o.cap_autorisee_totale) as {{ dbt.type_int() }}) as n_et_cap_autorisee,
    cast(sum(o.cap_installee_totale) as {{ type_double() }}) as cap_installee,
    cast(count(o.cap_installee_totale) as {{ dbt.type_int() }}) as n_et_cap_installee
from ({{ by_territory('ouverts', ['categorie_code', 'categorie_libelle', 'domaine', 'financeur', 'cap_autorisee_totale', 'cap_installee_totale'], epci=true) }}) as o
left join {{ ref('int_territoires') }} as t on o.niveau = t.niveau and o.territoire_code = t.territoire_code
group by o.niveau, o.territoire_code, t.territoire_libelle, t.departement_code, o.categorie_code, o.categorie_libelle, o.domaine, o.financeur
