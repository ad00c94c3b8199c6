{# Rule « nir ». A parent's number beside two twins whose first given name is the same, which a DUI keeps apart, is of neither. #}
{%- set clues -%}
select f.fiche_cle, f.cle_nir as cle, case when jumeaux.cle_sans_lieu is not null then f.cle_deux_prenoms end as ecarte
    from {{ ref('int_personnes__fiches') }} as f
    left join (
        select distinct cle_sans_lieu
        from {{ ref('int_personnes__fiches') }}
        where source in ('{{ person_roles(['record']) | map(attribute='source') | unique | join("', '") }}')
        group by source, finess_et, cle_sans_lieu
        having min(cle_deux_prenoms) <> max(cle_deux_prenoms)
    ) as jumeaux on f.cle_sans_lieu = jumeaux.cle_sans_lieu
    where f.cle_nir is not null
{%- endset -%}
{{ match_records(ref('int_personnes__etape_2_nom_prenom'), 'nir', clues) }}
