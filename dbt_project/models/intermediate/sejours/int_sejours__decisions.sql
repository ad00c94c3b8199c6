{# One row per person that a decision of the CDAPH is known of in an ESMS: in its DUI, or by the follow-up of its orientation. #}
with decisions as (
    select {{ columns_hash(["'dui'", 'd.finess_et', 'd.usager_id']) }} as fiche_cle, d.date_decision, droits.date_echeance
    from {{ ref('stg_dui__decisions') }} as d
    left join (
        select finess_et, decision_id, max(date_echeance) as date_echeance
        from {{ ref('stg_dui__droits') }}
        group by finess_et, decision_id
    ) as droits on d.finess_et = droits.finess_et and d.decision_id = droits.decision_id
    where d.usager_id is not null
    union all
    select {{ columns_hash(["'dui'", 'finess_et', 'usager_id']) }}, cast(null as date), date_echeance
    from {{ ref('stg_dui__droits') }}
    where usager_id is not null
    union all
    select {{ columns_hash(["'viatrajectoire_ph'", 'finess_et', 'tache_id']) }}, cast(null as date), cast(null as date)
    from {{ ref('stg_viatrajectoire_ph__orientations') }}
)

select
    {{ columns_hash(['g.personne_numero', 'g.finess_et']) }} as lieu,
    g.finess_et,
    g.personne_id,
    max(d.date_decision) as date_decision,
    max(d.date_echeance) as date_echeance
from decisions as d
inner join {{ ref('int_personnes__groupes') }} as g on d.fiche_cle = g.fiche_cle
group by g.personne_numero, g.finess_et, g.personne_id
