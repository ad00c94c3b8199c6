{# One row per gestionnaire, establishment and millésime: where the ratios of a gestionnaire are shown.
   The table of deposits says which establishments an ERRD covers (`ANN_PER_ERRD_EPRD`); where it says nothing of a
   gestionnaire for a year, its ESMS that were open that year stand in. #}
with depots as (
    select distinct finess_ej, finess_et, annee as millesime
    from {{ source('raw', 'errd__depots') }}
    where _est_courante
),

sans_depot as (
    select distinct v.unite_id as finess_ej, v.millesime
    from {{ ref('int_indicateurs__livres') }} as v
    left join depots as d on v.unite_id = d.finess_ej and v.millesime = d.millesime
    where v.unite = 'EJ' and d.finess_ej is null
    union
    select distinct v.unite_id as finess_ej, v.millesime
    from {{ ref('int_indicateurs__calcules') }} as v
    left join depots as d on v.unite_id = d.finess_ej and v.millesime = d.millesime
    where v.unite = 'EJ' and d.finess_ej is null
)

select finess_ej, finess_et, millesime from depots
union all
select s.finess_ej, et.finess_et, s.millesime
from sans_depot as s
inner join {{ ref('mart_etablissements__fiche') }} as et
    on s.finess_ej = et.finess_ej and et.est_esms and {{ is_open_on_3112('et', 's.millesime') }}
