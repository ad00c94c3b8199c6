{# Rule « nom_prenom »: with the département of birth, then without it, unless two are told; and by two given names however they are
   written, unless two sexes or two départements are told. #}
{%- set clues -%}
select
        fiche_cle,
        {{ columns_hash(["'D'", 'cle_sans_lieu', 'cle_sans_nom']) }} as cle,
        cast(null as {{ dbt.type_bigint() }}) as ecarte_lieu,
        cle_deux_prenoms as ecarte_prenoms
    from {{ ref('int_personnes__fiches') }}
    where cle_sans_lieu is not null and cle_sans_nom is not null
    union all
    select fiche_cle, {{ columns_hash(["'2P'", 'cle_deux_prenoms', 'cle_sans_nom']) }}, null, null
    from {{ ref('int_personnes__fiches') }}
    where cle_deux_prenoms is not null and cle_sans_nom is not null
    union all
    -- All given names, however their words are parted.
    select fiche_cle, {{ columns_hash(["'N'", 'cle_nom_prenom', 'cle_sans_prenom']) }}, null, null
    from {{ ref('int_personnes__fiches') }}
    where cle_nom_prenom is not null and cle_sans_prenom is not null
    union all
    select fiche_cle, {{ columns_hash(["'P'", 'cle_deux_prenoms']) }}, cle_sans_prenom, null
    from {{ ref('int_personnes__fiches') }}
    where cle_deux_prenoms is not null
    union all
    select fiche_cle, {{ columns_hash(["'L'", 'cle_sans_lieu']) }}, cle_sans_nom, cle_deux_prenoms
    from {{ ref('int_personnes__fiches') }}
    where cle_sans_lieu is not null
{%- endset -%}
{{ match_records(ref('int_personnes__etape_1_traits'), 'nom_prenom', clues, apart=['ecarte_lieu', 'ecarte_prenoms']) }}
