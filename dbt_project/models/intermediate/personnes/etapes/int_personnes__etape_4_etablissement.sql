{# Rule « proche », inside one establishment: keys that would be too weak over a country. But for the name, or the birth, they are the same:
   two files of the DUI, which tells them apart, stay two; so do two different numbers of one given name and birth. #}
{%- set rien = 'cast(null as ' ~ dbt.type_int() ~ ')' -%}
{%- set du_dui = "case when source = 'dui' then fiche_cle end" -%}
{%- set indices -%}
select fiche_cle, {{ columns_hash(["'T'", 'finess_et', 'cle_nom_prenom']) }} as cle, {{ rien }} as ecarte_dui, {{ rien }} as ecarte_nir
    from {{ ref('int_personnes__fiches') }}
    where cle_nom_prenom is not null
    union all
    select fiche_cle, {{ columns_hash(["'N'", 'finess_et', 'cle_sans_nom']) }} as cle, {{ du_dui }} as ecarte_dui, cle_nir as ecarte_nir
    from {{ ref('int_personnes__fiches') }}
    where cle_sans_nom is not null
    union all
    select fiche_cle, {{ columns_hash(["'D'", 'finess_et', 'cle_sans_naissance', 'annee_naissance']) }} as cle, {{ du_dui }} as ecarte_dui, {{ rien }} as ecarte_nir
    from {{ ref('int_personnes__fiches') }}
    where cle_sans_naissance is not null and annee_naissance is not null
{%- endset -%}
{{ rapprocher(ref('int_personnes__etape_3_nir'), 'proche', indices, ecartes=['ecarte_dui', 'ecarte_nir']) }}
