{# Steps: the columns of each form, over its elements, for each ESMS that it asks. #}
select
    p.formulaire,
    s.libelle as formulaire_libelle,
    p.finess_et,
    p.departement_code,
    cast(p.millesime as {{ dbt.type_int() }}) as millesime,
    cast(sum(p.n_champs) as {{ dbt.type_int() }}) as n_champs,
    cast(sum(p.n_preremplis) as {{ dbt.type_int() }}) as n_preremplis,
    cast(sum(p.n_a_confirmer) as {{ dbt.type_int() }}) as n_a_confirmer,
    cast(sum(p.n_a_demander) as {{ dbt.type_int() }}) as n_a_demander,
    cast(sum(p.n_non_demandes) as {{ dbt.type_int() }}) as n_non_demandes,
    cast(sum(p.n_depuis_dui) as {{ dbt.type_int() }}) as n_depuis_dui,
    cast(sum(p.n_dui_a_confirmer) as {{ dbt.type_int() }}) as n_dui_a_confirmer,
    cast(100.0 * sum(p.n_preremplis) / sum(p.n_champs) as {{ type_double() }}) as part_preremplie_pct
from {{ ref('int_dlnuf__preremplissage') }} as p
left join {{ ref('sources') }} as s on p.formulaire = s.source
group by p.formulaire, s.libelle, p.finess_et, p.departement_code, p.millesime
having sum(p.n_champs) > 0
