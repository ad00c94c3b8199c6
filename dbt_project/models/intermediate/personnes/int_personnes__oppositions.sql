{{ config(post_hook="{{ mark_esms_of_opponents() }}") }}
{# One row per person with an opposition in force, wherever it was recorded. Who opposes matching stands alone in each source: each of
   these records is a person that opposes. The ETs where that changes are marked as to be redone: their answers leave these persons out. #}
with opposants as (
    select
        e.groupe,
        max(case when o.est_sans_pilotage then 1 else 0 end) = 1 as est_sans_pilotage,
        max(case when o.est_sans_appariement then 1 else 0 end) = 1 as est_sans_appariement,
        min(o.date_effet) as date_effet
    from {{ ref('int_personnes__opposants') }} as o
    inner join {{ ref('int_personnes__etape_7_entrees') }} as e on o.fiche_cle = e.fiche_cle
    group by e.groupe
)

select distinct g.personne_id, o.est_sans_pilotage, o.est_sans_appariement, o.date_effet
from opposants as o
inner join {{ ref('int_personnes__etape_7_entrees') }} as e on o.groupe = e.groupe
inner join {{ ref('int_personnes__groupes') }} as g on e.fiche_cle = g.fiche_cle
