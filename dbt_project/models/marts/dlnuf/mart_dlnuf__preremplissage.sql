{# Steps: the columns of each form and element, over the ESMS of a département; the forms that ask for the element; its label. #}
with demandeurs as (
    select element_id, count(distinct formulaire) as n_formulaires
    from {{ ref('champs_formulaires') }}
    group by element_id
)

select
    p.formulaire,
    s.libelle as formulaire_libelle,
    p.element_id,
    e.libelle as element_libelle,
    e.groupe,
    p.departement_code,
    cast(p.millesime as {{ dbt.type_int() }}) as millesime,
    cast(max(d.n_formulaires) as {{ dbt.type_int() }}) as n_formulaires,
    cast(count(distinct p.finess_et) as {{ dbt.type_int() }}) as n_esms,
    cast(sum(p.n_champs) as {{ dbt.type_int() }}) as n_champs,
    cast(sum(p.n_preremplis) as {{ dbt.type_int() }}) as n_preremplis,
    cast(sum(p.n_a_confirmer) as {{ dbt.type_int() }}) as n_a_confirmer,
    cast(sum(p.n_a_demander) as {{ dbt.type_int() }}) as n_a_demander,
    cast(sum(p.n_depuis_dui) as {{ dbt.type_int() }}) as n_depuis_dui,
    cast(sum(p.n_dui_a_confirmer) as {{ dbt.type_int() }}) as n_dui_a_confirmer,
    cast(100.0 * sum(p.n_preremplis) / sum(p.n_champs) as {{ type_double() }}) as part_preremplie_pct
from {{ ref('int_dlnuf__preremplissage') }} as p
inner join demandeurs as d on p.element_id = d.element_id
left join {{ ref('sources') }} as s on p.formulaire = s.source
left join {{ ref('elements') }} as e on p.element_id = e.element_id
where p.departement_code is not null and p.n_champs > 0
group by p.formulaire, s.libelle, p.element_id, e.libelle, e.groupe, p.departement_code, p.millesime
