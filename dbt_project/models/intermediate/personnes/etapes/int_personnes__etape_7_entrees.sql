{# Rule « entree ». #}
{%- set clues -%}
select fiche_a as fiche_cle, {{ columns_hash(['fiche_a', 'fiche_b']) }} as cle, cast(null as {{ dbt.type_int() }}) as ecarte
    from {{ ref('int_personnes__entrees_seules') }}
    where est_retenue
    union all
    select fiche_b, {{ columns_hash(['fiche_a', 'fiche_b']) }}, cast(null as {{ dbt.type_int() }})
    from {{ ref('int_personnes__entrees_seules') }}
    where est_retenue
{%- endset -%}
{{ match_records(ref('int_personnes__etape_6_dossiers'), 'entree', clues) }}
