{# One row per ET, public, year, dimension and component: the persons, or stays, that the territories and the ET count there. Components are
   those of the products (last provenance, code of the last reason, published age classes) and those of the answers of the ET (its stays,
   classes of the tableau de bord): a figure of an ET can be taken off that of a territory in either. The public is that of the products. #}
{%- set totaux = [
    ('PRESENTS', 'est_present', '1'), ('FILE', 'true', '1'), ('ENTRES', 'n_entrees > 0', '1'), ('SORTIS', 'n_sorties > 0', '1'),
    ('ENTREES', 'n_entrees > 0', 'n_entrees'), ('SORTIES', 'n_sorties > 0', 'n_sorties'),
] %}
with esms as (
    {{ esms_by_public() }}
),

personnes as (
    select
        p.*,
        e.departement_code,
        e.region_code,
        {{ public('e.domaine', 'p.age', 'e.est_a_domicile') }} as domaine,
        coalesce(nullif(substr(p.derniere_provenance, 11), ''), 'INCONNUE') as provenance,
        coalesce(nullif(substr(p.dernier_motif, 11), ''), 'INCONNUE') as motif,
        coalesce(m.composante, 'INCONNUE') as destination
    from {{ of_units_to_redo(ref('int_dui__personnes')) }} as p
    left join esms as e on p.unite_id = e.finess_et
    left join {{ ref('motifs_sortie') }} as m on substr(p.dernier_motif, 11) = m.code
    where not p.est_oppose
),

lignes as (
    {% for composante, condition, n in totaux -%}
    select unite_id, departement_code, region_code, domaine, annee, 'TOTAUX' as dimension, '{{ composante }}' as composante, {{ n }} as n
    from personnes where {{ condition }}
    union all
    {% endfor -%}
    -- What the file active less the entries gives: those who were there the year before.
    select unite_id, departement_code, region_code, domaine, annee, 'TOTAUX', 'AVANT', case when est_present then 1 else 0 end + n_sorties - n_entrees
    from personnes
    union all
    select unite_id, departement_code, region_code, domaine, annee, 'TOTAUX', 'FILE_ACTIVE', case when est_present then 1 else 0 end + n_sorties
    from personnes
    {% for dimension, composante, condition in [
        ('REPART_GIR', "'GIR_' || cast(gir as " ~ dbt.type_string() ~ ")", 'est_present and gir is not null'),
        ('REPART_GIR', "'PERMANENT_' || cast(gir as " ~ dbt.type_string() ~ ")", 'est_permanent and gir is not null'),
        ('REPART_AGE', tranche_age_mart('age'), 'est_present and age is not null'),
        ('REPART_AGE', tranche_age_tdb('age'), 'est_present and age is not null'),
        ('REPART_SEXE', "case when sexe in ('F', 'M') then sexe else 'RESTE' end", 'est_present'),
        ('REPART_PROVENANCE', 'provenance', 'n_entrees > 0'),
        ('REPART_SORTIE', "'CODE_' || motif", 'n_sorties > 0'),
        ('REPART_SORTIE', 'destination', 'n_sorties > 0'),
    ] -%}
    union all
    select unite_id, departement_code, region_code, domaine, annee, '{{ dimension }}', {{ composante }}, 1
    from personnes where {{ condition }}
    {% endfor -%}
)

select
    'ET' as unite,
    unite_id,
    departement_code,
    region_code,
    domaine,
    annee,
    dimension,
    composante,
    case when sum(n) > 0 then cast(sum(n) as {{ dbt.type_int() }}) else 0 end as n
from lignes
group by unite_id, departement_code, region_code, domaine, annee, dimension, composante
{{ by_unit() }}
