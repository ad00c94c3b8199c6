{# Rule « proche », by the stays. #}
{%- set clues -%}
select fiche_a as fiche_cle, {{ columns_hash(['fiche_a', 'fiche_b']) }} as cle, cast(null as {{ dbt.type_int() }}) as ecarte
    from {{ ref('int_personnes__entrees_proches') }}
    union all
    select fiche_b, {{ columns_hash(['fiche_a', 'fiche_b']) }}, cast(null as {{ dbt.type_int() }})
    from {{ ref('int_personnes__entrees_proches') }}
{%- endset -%}
{{ match_records(ref('int_personnes__etape_4_etablissement'), 'proche', clues) }}
