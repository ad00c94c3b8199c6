{{ by_unit() }}
{# One row per stay and year: days there and days away, from présence-absence. A period is as many days as it has nights: it starts and
   ends at any hour. A day of accueil de jour is a presence of less than a day; a longer one says that the person is followed, not on which
   days: the days are then unknown. The guide TDDUI ties a period to its person alone: it is of the only stay of the person that it falls in;
   of two, nobody knows which, and the period is of nobody's days. #}
with annees as (
    select
        unite_id,
        annee,
        cast(premier_jour as timestamp) as debut,
        cast(cast(cast(annee + 1 as {{ dbt.type_string() }}) || '-01-01' as date) as timestamp) as fin
    from {{ of_units_to_redo(ref('int_dui__annees')) }} as annees
),

seules as (
    select p.finess_et, p.presence_id, min(s.sejour_id) as sejour_id
    from {{ of_esms_to_redo(ref('stg_dui__presences')) }} as p
    inner join {{ of_esms_to_redo(ref('stg_dui__sejours')) }} as s
        on p.finess_et = s.finess_et
        and p.usager_id = s.usager_id
        and cast(p.debut as date) >= s.date_entree
        and (s.date_sortie is null or cast(p.debut as date) <= s.date_sortie)
    where p.sejour_id is null
    group by p.finess_et, p.presence_id
    having min(s.sejour_id) = max(s.sejour_id)
),

presences as (
    select p.finess_et, coalesce(p.sejour_id, s.sejour_id) as sejour_id, p.type_presence, p.debut, p.fin
    from {{ of_esms_to_redo(ref('stg_dui__presences')) }} as p
    left join seules as s on p.finess_et = s.finess_et and p.presence_id = s.presence_id
),

periodes as (
    select
        p.finess_et,
        p.sejour_id,
        a.annee,
        p.type_presence,
        {{ dbt.datediff("case when p.debut > a.debut then p.debut else a.debut end", "case when p.fin < a.fin then p.fin else a.fin end", "minute") }} as minutes
    from presences as p
    inner join annees as a on p.finess_et = a.unite_id and p.debut < a.fin and p.fin > a.debut
    where p.sejour_id is not null and p.type_presence in ('1', '2')
)

select
    'ET' as unite,
    finess_et as unite_id,
    sejour_id,
    annee,
    sum(case when type_presence = '1' then round(minutes / 1440.0) end) as jours_presents,
    coalesce(sum(case when type_presence = '2' then round(minutes / 1440.0) end), 0) as jours_absents,
    sum(case when type_presence = '1' and minutes < 1440 then 1 end) as journees_courtes,
    max(case when type_presence = '1' and minutes >= 1440 then 1 else 0 end) = 1 as a_periode_longue
from periodes
group by finess_et, sejour_id, annee
