{# Steps: entries by element and millésime; how the retained values agree; the dictionary. #}
with saisies as (
    select
        element_id,
        millesime,
        sum(n_saisies) as n_reponses,
        sum(n_saisies - n_valeurs) as n_saisies_evitables
    from {{ ref('int_dlnuf__saisies') }}
    group by element_id, millesime
),

accords as (
    select
        element_id,
        millesime,
        count(distinct unite || ':' || unite_id) as n_unites,
        count(case when statut = 'concordant' then 1 end) as n_concordant,
        count(case when statut = 'tolere' then 1 end) as n_tolere,
        count(case when statut = 'divergent' then 1 end) as n_divergent
    from {{ ref('dlnuf_valeurs') }}
    group by element_id, millesime
)

select
    a.element_id,
    d.libelle as element_libelle,
    d.groupe,
    d.est_ratio_derive = 1 as est_ratio_derive,
    cast(a.millesime as {{ dbt.type_int() }}) as millesime,
    cast(d.n_demande_aux_esms as {{ dbt.type_int() }}) as n_collectes_qui_demandent,
    cast(a.n_unites as {{ dbt.type_int() }}) as n_unites,
    -- No entry at all is a count that is known: the collections of this element are not filled in by ESMS.
    cast(coalesce(s.n_reponses, 0) as {{ dbt.type_int() }}) as n_reponses,
    cast(case when d.est_ratio_derive = 0 then coalesce(s.n_saisies_evitables, 0) end as {{ dbt.type_int() }}) as n_saisies_evitables,
    cast(a.n_concordant as {{ dbt.type_int() }}) as n_concordant,
    cast(a.n_tolere as {{ dbt.type_int() }}) as n_tolere,
    cast(a.n_divergent as {{ dbt.type_int() }}) as n_divergent
from accords as a
left join saisies as s on a.element_id = s.element_id and a.millesime = s.millesime
left join {{ ref('elements') }} as d on a.element_id = d.element_id
