{# One row per decision of the CDAPH that an ESMS knows: whether it attributes something (TRE_R327: 1), and from which day it does no longer.
   `date_cloture`: its own, when it closes (type 5); else the first day on which another closes it, or replaces it (an attribution that
   names it, `idDecisionMAJ`: it opens the day the new right does). A refusal, a deferment or « nothing more » closes nothing. A type that is not
   told leaves unknown what the decision does. #}
{{ last_version(source('raw', 'dui__decisions'), ['finess_et', 'decision_id']) }},

remplacements as (
    select distinct finess_et, decision_id, decision_remplacee_id
    from {{ source('raw', 'dui__decisions_remplacees') }}
    where _est_courante
),

ouvertures as (
    select finess_et, decision_id, min(date_ouverture) as date_ouverture
    from {{ source('raw', 'dui__droits_prestations') }}
    where _est_courante
    group by finess_et, decision_id
),

fins as (
    select
        r.finess_et,
        r.decision_remplacee_id as decision_id,
        min(case when d.type_decision = '5' then coalesce(d.date_effet_cloture, d.date_decision) else coalesce(o.date_ouverture, d.date_decision) end) as date_cloture,
        max(case when d.type_decision = '5' then coalesce(d.date_effet_cloture, d.date_decision) else coalesce(o.date_ouverture, d.date_decision) end) is null as est_sans_jour
    from dernieres as d
    inner join remplacements as r on d.finess_et = r.finess_et and d.decision_id = r.decision_id
    left join ouvertures as o on d.finess_et = o.finess_et and d.decision_id = o.decision_id
    where d.type_decision in ('1', '5') and r.decision_remplacee_id <> d.decision_id
    group by r.finess_et, r.decision_remplacee_id
)

select
    d.finess_et,
    d.decision_id,
    d.id_nat_decision,
    d.usager_id,
    d.date_decision,
    d.type_decision,
    case when d.type_decision is not null then d.type_decision = '1' end as est_attribution,
    case
        when d.type_decision = '5' then coalesce(d.date_effet_cloture, d.date_decision, d._collecte_le)
        -- Closed or replaced, nobody says when: it is no longer a right when the document is written.
        when f.est_sans_jour then d._collecte_le
        else f.date_cloture
    end as date_cloture,
    d._delivery_id as delivery_id,
    d._ligne as ligne,
    d._collecte_le as collecte_le,
    d._recu_le as recu_le,
    cast(d.millesime as {{ dbt.type_int() }}) as millesime
from dernieres as d
left join fins as f on d.finess_et = f.finess_et and d.decision_id = f.decision_id
