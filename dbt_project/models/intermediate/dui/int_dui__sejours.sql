{{ by_unit() }}
{# One row per stay that the DUI of an ET tells, once: the stay that a second file of the same person repeats (same modality, entries within
   the tolerance of DATE_ENTREE, each the nearest of the other, days in common) is left out. A stay whose dates contradict each other was rejected before the lake. #}
with sejours as (
    select
        s.finess_et,
        s.sejour_id,
        u.personne,
        s.usager_id,
        u.est_oppose,
        s.modalite,
        s.date_admission,
        s.date_entree,
        s.date_sortie,
        e.composante as provenance,
        -- The tableau de bord has five destinations: a reason that names none of the four others leaves the destination unknown.
        case when m.composante in ('DECES', 'HOSPITALISATION', 'DOMICILE', 'ESMS') then m.composante when m.composante is not null then 'INCONNUE' end as destination,
        s.motif_sortie_code
    from {{ of_esms_to_redo(ref('stg_dui__sejours')) }} as s
    inner join {{ of_units_to_redo(ref('int_dui__usagers')) }} as u on s.finess_et = u.unite_id and s.usager_id = u.usager_id
    left join {{ ref('modes_entree') }} as e on s.mode_entree = e.code
    left join {{ ref('motifs_sortie') }} as m on s.motif_sortie_code = m.code
),

tolerance as (
    select cast(tolerance_valeur as {{ dbt.type_int() }}) as jours
    from {{ ref('elements') }}
    where element_id = 'DATE_ENTREE'
),

-- Of stays told twice, the one that is kept says when it ended, else has presences, else began first: not the one that a key sorts first.
repetables as (
    select
        s.*,
        row_number() over (
            partition by s.finess_et, s.personne
            order by
                case when s.date_sortie is null then 1 else 0 end,
                case when j.sejour_id is null then 1 else 0 end,
                s.date_entree,
                s.date_admission,
                s.sejour_id
        ) as rang
    from sejours as s
    inner join (select distinct finess_et, personne from sejours where usager_id <> personne) as p
        on s.finess_et = p.finess_et and s.personne = p.personne
    left join (select distinct finess_et, sejour_id from {{ of_esms_to_redo(ref('stg_dui__presences')) }} as presences) as j
        on s.finess_et = j.finess_et and s.sejour_id = j.sejour_id
),

paires as (
    select
        b.finess_et,
        b.sejour_id,
        a.rang < b.rang as est_redit,
        row_number() over (
            partition by b.finess_et, b.sejour_id, a.usager_id
            order by abs({{ dbt.datediff('a.date_entree', 'b.date_entree', 'day') }}), a.rang
        ) as rang_de_b,
        row_number() over (
            partition by a.finess_et, a.sejour_id, b.usager_id
            order by abs({{ dbt.datediff('a.date_entree', 'b.date_entree', 'day') }}), b.rang
        ) as rang_de_a
    from repetables as b
    inner join repetables as a
        on b.finess_et = a.finess_et and b.personne = a.personne and coalesce(b.modalite, '') = coalesce(a.modalite, '')
    cross join tolerance
    where a.usager_id <> b.usager_id
        and abs({{ dbt.datediff('a.date_entree', 'b.date_entree', 'day') }}) <= tolerance.jours
        and {{ overlap('a.date_entree', 'a.date_sortie', 'b.date_entree', 'b.date_sortie') }}
),

redits as (
    select distinct finess_et, sejour_id from paires where rang_de_b = 1 and rang_de_a = 1 and est_redit
)

select
    'ET' as unite,
    s.finess_et as unite_id,
    s.sejour_id,
    s.personne,
    s.est_oppose,
    s.modalite,
    s.date_admission,
    s.date_entree,
    s.date_sortie,
    s.provenance,
    s.destination,
    s.motif_sortie_code
from sejours as s
left join redits as r on s.finess_et = r.finess_et and s.sejour_id = r.sejour_id
where r.sejour_id is null
