{{ by_unit() }}
{# One row per stay and year that its ET describes, when it lasts at least a day of it: there at the end, entered, left, days.
   There on 31 December: entered by then, not left by then (who leaves that day is not there at night). #}
with annuels as (
    select
        s.*,
        a.annee,
        a.premier_jour,
        a.dernier_jour
    from {{ of_units_to_redo(ref('int_dui__sejours')) }} as s
    inner join {{ of_units_to_redo(ref('int_dui__annees')) }} as a
        on s.unite_id = a.unite_id
        and coalesce(s.date_entree, s.date_sortie) <= a.dernier_jour
        and (s.date_sortie is null or s.date_sortie >= a.premier_jour)
),

jours as (
    select
        *,
        coalesce(date_entree <= dernier_jour and (date_sortie is null or date_sortie > dernier_jour), false) as est_present,
        coalesce(date_entree >= premier_jour, false) as est_entre,
        coalesce(date_sortie <= dernier_jour, false) as est_sorti,
        {{ dbt.datediff(
            "case when date_entree > premier_jour then date_entree else premier_jour end",
            "case when date_sortie <= dernier_jour then date_sortie else " ~ dbt.dateadd('day', 1, 'dernier_jour') ~ " end",
            "day",
        ) }} as jours_annee
    from annuels
)

select
    s.unite,
    s.unite_id,
    s.annee,
    s.sejour_id,
    s.personne,
    s.est_oppose,
    s.modalite,
    s.date_entree,
    s.date_sortie,
    s.provenance,
    s.destination,
    s.motif_sortie_code,
    s.est_present,
    s.est_entre,
    s.est_sorti,
    case when s.est_sorti and s.date_entree is not null then {{ dbt.datediff('s.date_entree', 's.date_sortie', 'day') }} end as duree_jours,
    s.jours_annee,
    -- Days there: never more than the stay lasted without the days away, whether or not the presences say the absences apart.
    case
        when s.modalite in ('AJ', 'AN') then case when not j.a_periode_longue then j.journees_courtes end
        when j.jours_presents < s.jours_annee - j.jours_absents then j.jours_presents
        when j.jours_presents is not null then s.jours_annee - j.jours_absents
    end as journees,
    j.jours_absents
from jours as s
left join {{ of_units_to_redo(ref('int_dui__journees')) }} as j
    on s.unite_id = j.unite_id and s.sejour_id = j.sejour_id and s.annee = j.annee
