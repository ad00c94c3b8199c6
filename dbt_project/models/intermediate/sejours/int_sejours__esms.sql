{# One row per ESMS that a system speaks of: what each delivered of it, and up to when. What a system was never sent, or not yet, is not a
   failure to tell it: statuses are then unknown. #}
with dits as (
    select
        finess_et,
        max(case when systeme = 'dui' then collecte_le end) as dui_collecte_le,
        max(case when systeme = 'resid' then collecte_le end) as resid_collecte_le,
        max(case when systeme = 'vt' then collecte_le end) as vt_collecte_le
    from {{ ref('int_sejours__dits') }}
    group by finess_et
),

mois as (
    select finess_et, cast(min(mois) || '-01' as date) as resid_du, cast(max(mois) || '-01' as date) as resid_dernier_mois
    from {{ ref('stg_resid__sejours') }}
    group by finess_et
),

decisions as (
    select distinct finess_et from {{ ref('stg_dui__decisions') }}
)

select
    d.finess_et,
    d.dui_collecte_le,
    d.resid_collecte_le,
    d.vt_collecte_le,
    m.resid_du,
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'm.resid_dernier_mois')) }} as date) as resid_au,
    -- A decision of the CDAPH opens the way to services for disabled people alone, and is missed only where others are told.
    coalesce(c.domaine like 'PH%' and decisions.finess_et is not null, false) as a_des_decisions,
    case when c.domaine = 'PA' then 'PA' when c.domaine like 'PH%' then 'PH' end as domaine,
    e.departement_code,
    e.region_code
from dits as d
left join mois as m on d.finess_et = m.finess_et
left join decisions on d.finess_et = decisions.finess_et
left join {{ ref('int_finess__et_courant') }} as e on d.finess_et = e.finess_et
left join {{ ref('categories_finess') }} as c on e.categorie_code = c.code
