{# One row per right that a decision opens. A decision that attributes nothing opens none, whatever stands in it; one that closes tells the
   right that it ends. `date_echeance`: its end, which is that of its decision when that one is closed or replaced before. #}
{{ last_version(source('raw', 'dui__droits_prestations'), ['finess_et', 'droit_id']) }}

select
    r.finess_et,
    r.droit_id,
    r.decision_id,
    r.usager_id,
    r.categorie,
    r.type_droit,
    r.nature,
    r.date_ouverture,
    case when d.date_cloture < r.date_echeance or r.date_echeance is null then d.date_cloture else r.date_echeance end as date_echeance,
    d.date_cloture,
    r.existence_pag,
    r.motif_fin_pag,
    r.creton,
    r.temporalite,
    r.qualification,
    r._delivery_id as delivery_id,
    r._ligne as ligne,
    r._collecte_le as collecte_le,
    r._recu_le as recu_le,
    cast(r.millesime as {{ dbt.type_int() }}) as millesime
from dernieres as r
left join {{ ref('stg_dui__decisions') }} as d on r.finess_et = d.finess_et and r.decision_id = d.decision_id
where coalesce(d.type_decision in ('1', '5'), true)
