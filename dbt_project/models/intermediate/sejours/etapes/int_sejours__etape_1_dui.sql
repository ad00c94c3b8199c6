{# Stays of the DUI: two that different files of one person tell with one modality and the same entry, within the tolerance, are one. #}
with dui as (
    select dit_cle, fiche_cle, lieu, modalite, coalesce(date_entree, date_admission) as debut
    from {{ ref('int_sejours__dits') }}
    where systeme = 'dui'
),

repetes as (
    select lieu from dui group by lieu having min(fiche_cle) <> max(fiche_cle)
),

candidats as (
    select dui.* from dui inner join repetes on dui.lieu = repetes.lieu
),

tolerance as (
    select cast(tolerance_valeur as {{ dbt.type_int() }}) as jours
    from {{ ref('elements') }}
    where element_id = 'DATE_ENTREE'
),

doubles as (
    select a.dit_cle, min(b.dit_cle) as premier
    from candidats as a
    inner join candidats as b on a.lieu = b.lieu and a.fiche_cle <> b.fiche_cle and a.dit_cle > b.dit_cle
    cross join tolerance as t
    where coalesce(a.modalite, b.modalite, '') = coalesce(b.modalite, a.modalite, '')
        and abs({{ dbt.datediff('a.debut', 'b.debut', 'day') }}) <= t.jours
    group by a.dit_cle
)

select dui.dit_cle, coalesce(doubles.premier, dui.dit_cle) as sejour_cle
from dui
left join doubles on dui.dit_cle = doubles.dit_cle
