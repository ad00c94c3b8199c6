{# One row per usager with an opposition in force at the day of the run, and what it forbids. A consent given since lifts it, for the same
   purpose or for all; both given the same day, the opposition holds. Research is no use of this warehouse. #}
with en_vigueur as (
    select finess_et, usager_id, finalite, nature, date_effet
    from {{ ref('stg_consentements__registre') }}
    where date_effet <= {{ jour() }} and (retire_le is null or retire_le > {{ jour() }})
),

consentements as (
    select finess_et, usager_id, finalite, max(date_effet) as date_effet
    from en_vigueur
    where nature = 'consentement'
    group by finess_et, usager_id, finalite
),

oppositions as (
    select o.finess_et, o.usager_id, o.finalite, o.date_effet
    from en_vigueur as o
    left join consentements as c
        on o.finess_et = c.finess_et and o.usager_id = c.usager_id and o.finalite = c.finalite
    left join consentements as t
        on o.finess_et = t.finess_et and o.usager_id = t.usager_id and t.finalite = 'toutes'
    where o.nature = 'opposition'
        and o.finalite in ('pilotage', 'appariement', 'toutes')
        and coalesce(c.date_effet <= o.date_effet, true)
        and coalesce(t.date_effet <= o.date_effet, true)
)

select
    {{ columns_hash(["'dui'", 'finess_et', 'usager_id']) }} as fiche_cle,
    finess_et,
    usager_id,
    max(case when finalite in ('pilotage', 'toutes') then 1 else 0 end) = 1 as est_sans_pilotage,
    max(case when finalite in ('appariement', 'toutes') then 1 else 0 end) = 1 as est_sans_appariement,
    min(date_effet) as date_effet
from oppositions
group by finess_et, usager_id
