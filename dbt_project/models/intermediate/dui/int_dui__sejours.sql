{{ par_unite() }}
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
    from {{ des_et_a_refaire(ref('stg_dui__sejours')) }} as s
    inner join {{ des_unites_a_refaire(ref('int_dui__usagers')) }} as u on s.finess_et = u.unite_id and s.usager_id = u.usager_id
    left join {{ ref('modes_entree') }} as e on s.mode_entree = e.code
    left join {{ ref('motifs_sortie') }} as m on s.motif_sortie_code = m.code
),

tolerance as (
    select cast(tolerance_valeur as {{ dbt.type_int() }}) as jours
    from {{ ref('elements') }}
    where element_id = 'DATE_ENTREE'
),

paires as (
    select
        b.finess_et,
        b.sejour_id,
        row_number() over (
            partition by b.finess_et, b.sejour_id, a.usager_id
            order by abs({{ dbt.datediff('a.date_entree', 'b.date_entree', 'day') }}), a.sejour_id
        ) as rang_de_b,
        row_number() over (
            partition by a.finess_et, a.sejour_id, b.usager_id
            order by abs({{ dbt.datediff('a.date_entree', 'b.date_entree', 'day') }}), b.sejour_id
        ) as rang_de_a
    from (select * from sejours where usager_id <> personne) as b
    inner join sejours as a
        on b.finess_et = a.finess_et and b.personne = a.personne and coalesce(b.modalite, '') = coalesce(a.modalite, '')
    cross join tolerance
    where a.usager_id < b.usager_id
        and abs({{ dbt.datediff('a.date_entree', 'b.date_entree', 'day') }}) <= tolerance.jours
        and {{ se_recouvrent('a.date_entree', 'a.date_sortie', 'b.date_entree', 'b.date_sortie') }}
),

-- The first file is the one kept: of what several repeat, one always is.
redits as (
    select distinct finess_et, sejour_id from paires where rang_de_b = 1 and rang_de_a = 1
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
