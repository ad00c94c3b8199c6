{# Rule « proche », inside one establishment: keys that would be too weak over a country. But for the name, or the birth, they are the same:
   two records of one source that keeps records (a DUI), which tells them apart, stay two; so do two different numbers of one given name
   and birth. #}
{%- set nothing = 'cast(null as ' ~ dbt.type_int() ~ ')' -%}
{#- What sets two records apart: the source that keeps both, one column a source; then their numbers. -#}
{%- set sources = person_roles(['record']) | map(attribute='source') | list -%}
{%- set apart = [] -%}
{%- set by_source = [] -%}
{%- set by_nothing = [] -%}
{%- for source in sources -%}
{%- do apart.append('ecarte_' ~ source) -%}
{%- do by_source.append("case when source = '" ~ source ~ "' then fiche_cle end as ecarte_" ~ source) -%}
{%- do by_nothing.append(nothing ~ ' as ecarte_' ~ source) -%}
{%- endfor -%}
{%- do apart.append('ecarte_nir') -%}
{%- set clues -%}
select fiche_cle, {{ columns_hash(["'T'", 'finess_et', 'cle_nom_prenom']) }} as cle, {{ nothing }} as ecarte_nir, {{ by_nothing | join(', ') }}
    from {{ ref('int_personnes__fiches') }}
    where cle_nom_prenom is not null
    union all
    select fiche_cle, {{ columns_hash(["'N'", 'finess_et', 'cle_sans_nom']) }} as cle, cle_nir as ecarte_nir, {{ by_source | join(', ') }}
    from {{ ref('int_personnes__fiches') }}
    where cle_sans_nom is not null
    union all
    select fiche_cle, {{ columns_hash(["'D'", 'finess_et', 'cle_sans_naissance', 'annee_naissance']) }} as cle, {{ nothing }} as ecarte_nir, {{ by_source | join(', ') }}
    from {{ ref('int_personnes__fiches') }}
    where cle_sans_naissance is not null and annee_naissance is not null
{%- endset -%}
{{ match_records(ref('int_personnes__etape_3_nir'), 'proche', clues, apart=apart) }}
