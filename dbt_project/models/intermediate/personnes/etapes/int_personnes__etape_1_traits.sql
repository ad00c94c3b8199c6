{# Rules « ins » and « traits ». #}
{%- set start -%}
(
        select
            fiche_cle,
            coalesce({{ pseudonym_number('cle_ins') }}, fiche_cle) as groupe,
            numero_nir,
            numero_nia,
            case when cle_ins is not null then 'ins' else 'seule' end as regle,
            false as est_ambigu
        from {{ ref('int_personnes__fiches') }}
    )
{%- endset -%}
{%- set clues -%}
select fiche_cle, cle_traits as cle, cle_deux_prenoms as ecarte
    from {{ ref('int_personnes__fiches') }}
    where cle_traits is not null
    union all
    -- Beside a twin whose first given name is the same, or a record that tells one only: the two given names.
    select fiche_cle, {{ columns_hash(['cle_traits', 'cle_deux_prenoms']) }}, null
    from {{ ref('int_personnes__fiches') }}
    where cle_traits is not null and cle_deux_prenoms is not null
{%- endset -%}
{{ match_records(start, 'traits', clues) }}
