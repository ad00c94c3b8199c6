{# Rule « proche », inside one establishment: keys that would be too weak over a country. #}
{%- set indices -%}
select fiche_cle, {{ empreinte(["'T'", 'finess_et', 'cle_nom_prenom']) }} as cle, cast(null as {{ dbt.type_int() }}) as ecarte
    from {{ ref('int_personnes__fiches') }}
    where cle_nom_prenom is not null
    union all
    select fiche_cle, {{ empreinte(["'N'", 'finess_et', 'cle_sans_nom']) }} as cle, cast(null as {{ dbt.type_int() }}) as ecarte
    from {{ ref('int_personnes__fiches') }}
    where cle_sans_nom is not null
    union all
    select fiche_cle, {{ empreinte(["'D'", 'finess_et', 'cle_sans_naissance', 'annee_naissance']) }} as cle, cast(null as {{ dbt.type_int() }}) as ecarte
    from {{ ref('int_personnes__fiches') }}
    where cle_sans_naissance is not null and annee_naissance is not null
{%- endset -%}
{{ rapprocher(ref('int_personnes__etape_3_nir'), 'proche', indices) }}
