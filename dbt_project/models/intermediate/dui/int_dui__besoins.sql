{{ by_unit() }}
{# One row per ET, year, person present on 31 December and need of SERAFIN-PH: those of the last assessment, and those that the project in
   force answers. A need is told at the third level of the nomenclature (1.2.1 for 1.2.1.3), at which two ESMS compare. #}
with presents as (
    select p.unite_id, p.annee, p.personne, a.dernier_jour
    from {{ of_units_to_redo(ref('int_dui__personnes')) }} as p
    inner join {{ of_units_to_redo(ref('int_dui__annees')) }} as a on p.unite_id = a.unite_id and p.annee = a.annee
    where p.est_present and not p.est_oppose
),

usagers as (
    select unite_id, usager_id, personne
    from {{ of_units_to_redo(ref('int_dui__usagers')) }} as usagers
),

evaluations as (
    select
        p.unite_id,
        p.annee,
        p.personne,
        e.evaluation_id,
        row_number() over (partition by p.unite_id, p.annee, p.personne order by e.date_evaluation desc nulls last, e.evaluation_id desc) as rang
    from {{ of_esms_to_redo(ref('stg_dui__evaluations')) }} as e
    inner join usagers as u on e.finess_et = u.unite_id and e.usager_id = u.usager_id
    inner join presents as p on u.unite_id = p.unite_id and u.personne = p.personne and coalesce(e.date_evaluation <= p.dernier_jour, true)
    where e.type_evaluation = 'MED-1291'
),

besoins as (
    select e.unite_id, e.annee, e.personne, r.question_code as code
    from {{ of_esms_to_redo(ref('stg_dui__evaluation_reponses')) }} as r
    inner join evaluations as e on r.finess_et = e.unite_id and r.evaluation_id = e.evaluation_id
    where e.rang = 1 and r.question_code like '1.%' and coalesce(r.reponse_code, '0') not in ('0', 'false')
    union all
    select p.unite_id, p.annee, p.personne, b.code
    from {{ of_esms_to_redo(ref('stg_dui__projet_elements')) }} as b
    inner join usagers as u on b.finess_et = u.unite_id and b.usager_id = u.usager_id
    inner join presents as p
        on u.unite_id = p.unite_id
        and u.personne = p.personne
        and coalesce(b.date_debut <= p.dernier_jour, true)
        and coalesce(b.date_fin > p.dernier_jour, true)
    left join {{ of_esms_to_redo(ref('stg_dui__projets')) }} as j
        on b.finess_et = j.finess_et
        and b.projet_id = j.projet_id
        and coalesce(j.date_debut <= p.dernier_jour, true)
        and coalesce(j.date_fin > p.dernier_jour, true)
        and coalesce(j.statut, '') not in ('ANNULE', 'NONDEBUTE', 'ENPREPARATION', 'CREATION')
    -- A need of a project that was taken back, or is over, is none that a project answers; one that names no project stands by itself.
    where (b.projet_id is null or j.projet_id is not null) and b.nature = 'BESOIN' and b.code like '1.%'
)

select distinct
    'ET' as unite,
    unite_id,
    annee,
    personne,
    case
        when code like '%.%.%.%' then {{ dbt.split_part('code', "'.'", 1) }} || '.' || {{ dbt.split_part('code', "'.'", 2) }} || '.' || {{ dbt.split_part('code', "'.'", 3) }}
        else code
    end as besoin_code
from besoins
