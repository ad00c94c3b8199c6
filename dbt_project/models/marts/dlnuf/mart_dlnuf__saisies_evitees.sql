{# The entries of an establishment beyond the first for each datum: those of other collections, and those that one
   collection asks again. Derived rates are left out: their terms are counted. #}
select
    s.unite_id as finess_et,
    cast(s.millesime as {{ dbt.type_int() }}) as millesime,
    cast(sum(s.n_saisies) as {{ dbt.type_int() }}) as n_reponses,
    cast(sum(s.n_valeurs) as {{ dbt.type_int() }}) as n_valeurs,
    cast(sum(s.n_saisies - s.n_valeurs) as {{ dbt.type_int() }}) as n_saisies_evitees,
    cast(sum(s.n_repetees_entre_collectes) as {{ dbt.type_int() }}) as n_saisies_evitees_entre_collectes,
    cast(sum(s.n_repetees_dans_collecte) as {{ dbt.type_int() }}) as n_saisies_evitees_dans_collecte,
    cast(100.0 * sum(s.n_saisies - s.n_valeurs) / sum(s.n_saisies) as {{ type_double() }}) as part_evitee_pct
from {{ ref('int_dlnuf__saisies') }} as s
inner join {{ ref('elements') }} as d on s.element_id = d.element_id
where s.unite = 'ET' and d.est_ratio_derive = 0
group by s.unite_id, s.millesime
