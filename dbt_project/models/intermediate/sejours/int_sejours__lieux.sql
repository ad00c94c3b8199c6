{# One row per stay in lodging that overlaps another of the same person in another ESMS by more than the tolerance of an entry. Each is taken as
   the first system tells it that knows when it began (`stay_systems`): a stay that the DUI has not closed goes on, whatever the others say. #}
{%- set systems = stay_systems() -%}
with loges as (
    select
        r.sejour_cle,
        r.personne_id,
        r.finess_et,
        case{% for s in systems if 'entree' in s.dates %} when r.est_dit_{{ s.name }} then r.{{ s.name }}_date_entree{% endfor %} end as date_entree,
        case
            {% for s in systems if 'entree' in s.dates -%}
            when r.est_dit_{{ s.name }} then {{ "coalesce(r." ~ s.name ~ "_date_sortie, e." ~ s.name ~ "_collecte_le)" if 'sortie' in s.dates else "e." ~ s.name ~ "_collecte_le" }}
            {% endfor -%}
        end as date_fin
    from {{ ref('int_sejours__retenus') }} as r
    inner join {{ ref('modalites_accueil') }} as m on r.modalite = m.code
    left join {{ ref('int_sejours__esms') }} as e on r.finess_et = e.finess_et
    where m.est_hebergement
),

a_plusieurs as (
    select personne_id from loges group by personne_id having min(finess_et) <> max(finess_et)
),

candidats as (
    select loges.* from loges inner join a_plusieurs on loges.personne_id = a_plusieurs.personne_id
),

tolerance as (
    select cast(tolerance_valeur as {{ dbt.type_int() }}) as jours from {{ ref('elements') }} where element_id = 'DATE_ENTREE'
)

select distinct a.sejour_cle
from candidats as a
inner join candidats as b on a.personne_id = b.personne_id and a.finess_et <> b.finess_et
cross join tolerance as t
where {{ dbt.datediff('case when a.date_entree > b.date_entree then a.date_entree else b.date_entree end', 'case when a.date_fin < b.date_fin then a.date_fin else b.date_fin end', 'day') }} > t.jours
