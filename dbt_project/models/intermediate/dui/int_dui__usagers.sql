{{ by_unit() }}
{# One row per file of a person in an ET: whose it is in that ET. Two files of one ET that share name, given names, birth and sex (the
   key by which ViaTrajectoire knows its own doubles) are of one person, unless two INS say otherwise. A file that only a stay names stands for
   itself. Who opposes the use of its data for steering, in this ET or in another, is told by `est_oppose`: nothing else outside the ET is
   looked at, and `int_personnes__oppositions` marks the ET where that changes, so that an ET is redone alone. #}
with usagers as (
    select finess_et, usager_id, annee_naissance, sexe, cle_ins, coalesce(cle_nom_prenom, cle_traits) as cle
    from {{ of_esms_to_redo(ref('stg_dui__usagers')) }} as fiches
    union all
    select distinct s.finess_et, s.usager_id, cast(null as {{ dbt.type_int() }}), cast(null as {{ dbt.type_string() }}), cast(null as {{ dbt.type_string() }}), cast(null as {{ dbt.type_string() }})
    from {{ of_esms_to_redo(ref('stg_dui__sejours')) }} as s
    left join {{ ref('stg_dui__usagers') }} as u on s.finess_et = u.finess_et and s.usager_id = u.usager_id
    where u.usager_id is null
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
    inner join (
        select g.finess_et, g.fiche_id
        from {{ ref('int_personnes__groupes') }} as g
        inner join {{ ref('int_personnes__oppositions') }} as o on g.personne_id = o.personne_id
        where g.source = 'dui' and o.est_sans_pilotage
    ) as o on r.finess_et = o.finess_et and r.usager_id = o.fiche_id
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
