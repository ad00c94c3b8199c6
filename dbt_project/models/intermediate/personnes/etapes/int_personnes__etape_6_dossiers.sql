{# Rule « dossier ». #}
{%- set clues -%}
select fiche_cle, cle, cast(null as {{ dbt.type_int() }}) as ecarte from {{ ref('int_personnes__dossiers') }}
{%- endset -%}
{{ match_records(ref('int_personnes__etape_5_sejours'), 'dossier', clues) }}
