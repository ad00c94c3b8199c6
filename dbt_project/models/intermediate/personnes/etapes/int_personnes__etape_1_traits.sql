{# Rules « ins » and « traits ». #}
{%- set start -%}
(
        select
            fiche_cle,
            coalesce({{ pseudonym_number('cle_ins') }}, fiche_cle) as groupe,
            cle_ins is not null as a_ins,
            case when cle_ins is not null then 'ins' else 'seule' end as regle,
            false as est_ambigu
        from {{ ref('int_personnes__fiches') }}
    )
{%- endset -%}
{%- set clues -%}
select fiche_cle, cle_traits as cle, cast(null as {{ dbt.type_int() }}) as ecarte
    from {{ ref('int_personnes__fiches') }}
    where cle_traits is not null
{%- endset -%}
{{ match_records(start, 'traits', clues) }}
