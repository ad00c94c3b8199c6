{# One row per event, told once. Its status is the most advanced that is told: done, then confirmed, planned, cancelled. #}
select
    evenement_dlnuf_id,
    min(personne_id) as personne_id,
    min(date_debut) as date_debut,
    max(date_fin) as date_fin,
    min(type_evenement) as type_evenement,
    case min(case statut when 'REALISE' then 1 when 'VALIDE' then 2 when 'PLANIFIE' then 3 when 'ANNULE' then 4 end)
        when 1 then 'REALISE' when 2 then 'VALIDE' when 3 then 'PLANIFIE' when 4 then 'ANNULE'
    end as statut,
    max(case when usager_present then 1 when not usager_present then 0 end) = 1 as usager_present,
    count(*) as n_declarations,
    count(distinct finess_et) as n_esms
from {{ ref('int_evenements__declarations') }}
group by evenement_dlnuf_id
