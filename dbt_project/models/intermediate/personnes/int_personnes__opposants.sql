{# One row per usager with an opposition in force at the day of the run, and what it forbids. A consent given since lifts it, for the same
   purpose or for all; both given the same day, the opposition holds. Research is no use of this warehouse. #}
with registres as (
    {% for role in person_roles(['register']) -%}
    select
        {{ record_key(role) }} as fiche_cle,
        finess_et,
        {{ role.record.column }} as usager_id,
        {{ role.fields.finalite }} as finalite,
        {{ role.fields.nature }} as nature,
        {{ role.fields.date_effet }} as date_effet,
        {{ role.fields.retire_le }} as retire_le
    from {{ ref(role.relation) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

en_vigueur as (
    select fiche_cle, finess_et, usager_id, finalite, nature, date_effet
    from registres
    where date_effet <= {{ run_day() }} and (retire_le is null or retire_le > {{ run_day() }})
),

consentements as (
    select fiche_cle, finalite, max(date_effet) as date_effet
    from en_vigueur
    where nature = 'consentement'
    group by fiche_cle, finalite
),

oppositions as (
    select o.fiche_cle, o.finess_et, o.usager_id, o.finalite, o.date_effet
    from en_vigueur as o
    left join consentements as c on o.fiche_cle = c.fiche_cle and o.finalite = c.finalite
    left join consentements as t on o.fiche_cle = t.fiche_cle and t.finalite = 'toutes'
    where o.nature = 'opposition'
        and o.finalite in ('pilotage', 'appariement', 'toutes')
        and coalesce(c.date_effet <= o.date_effet, true)
        and coalesce(t.date_effet <= o.date_effet, true)
)

select
    fiche_cle,
    finess_et,
    usager_id,
    max(case when finalite in ('pilotage', 'toutes') then 1 else 0 end) = 1 as est_sans_pilotage,
    max(case when finalite in ('appariement', 'toutes') then 1 else 0 end) = 1 as est_sans_appariement,
    min(date_effet) as date_effet
from oppositions
group by fiche_cle, finess_et, usager_id
