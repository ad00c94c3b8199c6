{# Rules « ins » and « traits ». #}
{%- set depart -%}
(
        select
            fiche_cle,
            coalesce({{ numero('cle_ins') }}, fiche_cle) as groupe,
            cle_ins is not null as a_ins,
            case when cle_ins is not null then 'ins' else 'seule' end as regle,
            false as est_ambigu
        from {{ ref('int_personnes__fiches') }}
    )
{%- endset -%}
{%- set indices -%}
select fiche_cle, cle_traits as cle, cast(null as {{ dbt.type_int() }}) as ecarte
    from {{ ref('int_personnes__fiches') }}
    where cle_traits is not null
{%- endset -%}
{{ rapprocher(depart, 'traits', indices) }}
