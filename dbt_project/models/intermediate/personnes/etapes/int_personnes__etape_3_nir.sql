{# Rule « nir ». #}
{%- set clues -%}
select fiche_cle, cle_nir as cle, cast(null as {{ dbt.type_int() }}) as ecarte
    from {{ ref('int_personnes__fiches') }}
    where cle_nir is not null
{%- endset -%}
{{ match_records(ref('int_personnes__etape_2_nom_prenom'), 'nir', clues) }}
