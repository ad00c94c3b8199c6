{# Rule « nom_prenom ». #}
{%- set clues -%}
select fiche_cle, cle_nom_prenom as cle, cle_traits as ecarte
    from {{ ref('int_personnes__fiches') }}
    where cle_nom_prenom is not null
{%- endset -%}
{{ match_records(ref('int_personnes__etape_1_traits'), 'nom_prenom', clues) }}
