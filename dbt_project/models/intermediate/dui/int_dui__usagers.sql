{{ par_unite() }}
{# One row per file of a person in an ET: whose it is in that ET. Two files of one ET that share name, first name, birth and sex (the key
   by which ViaTrajectoire knows its own doubles) are of one person, unless two INS say otherwise. Nothing outside the ET is looked at:
   an ET is redone alone. Who opposes the use of its data for steering is told by `est_oppose`. #}
with usagers as (
    select finess_et, usager_id, annee_naissance, sexe, cle_ins, coalesce(cle_nom_prenom, cle_traits) as cle
    from {{ des_et_a_refaire(ref('stg_dui__usagers')) }} as fiches
),

repetees as (
    select finess_et, cle, min(usager_id) as usager_id, max(annee_naissance) as annee_naissance, max(sexe) as sexe
    from usagers
    where cle is not null
    group by finess_et, cle
    having count(*) > 1 and coalesce(min(cle_ins) = max(cle_ins), true)
),

reunis as (
    select
        u.finess_et,
        u.usager_id,
        coalesce(r.usager_id, u.usager_id) as personne,
        coalesce(u.annee_naissance, r.annee_naissance) as annee_naissance,
        coalesce(u.sexe, r.sexe) as sexe
    from usagers as u
    left join repetees as r on u.finess_et = r.finess_et and u.cle = r.cle
),

opposants as (
    select r.finess_et, r.personne
    from reunis as r
    inner join {{ ref('int_personnes__opposants') }} as o on r.finess_et = o.finess_et and r.usager_id = o.usager_id
    where o.est_sans_pilotage
    group by r.finess_et, r.personne
)

select
    'ET' as unite,
    r.finess_et as unite_id,
    r.usager_id,
    r.personne,
    r.annee_naissance,
    r.sexe,
    o.personne is not null as est_oppose
from reunis as r
left join opposants as o on r.finess_et = o.finess_et and r.personne = o.personne
