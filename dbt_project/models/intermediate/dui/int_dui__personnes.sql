{{ by_unit() }}
{# One row per ET, year and person of its file active: who the person is, how it is received, what is known of its needs at the end of the
   year. Steps: the stays of the year; the last AGGIR rating; the orientation in force; the project in force and its last review. #}
{%- set rangs = ['HP', 'INT', 'SEMI', 'EXT', 'DOM', 'SEA', 'AN', 'HT', 'AJ'] %}
with sejours as (
    select
        *,
        case
            when not est_present then null
            {%- for modalite in rangs %}
            when modalite = '{{ modalite }}' then {{ loop.index }}
            {%- endfor %}
        end as rang_modalite,
        modalite in ('HT', 'AJ') as est_temporaire
    from {{ of_units_to_redo(ref('int_dui__sejours_annuels')) }} as sejours
),

personnes as (
    select
        unite_id,
        annee,
        personne,
        max(case when est_present then 1 else 0 end) = 1 as est_present,
        -- The way of being received that counts, when there are several: housing before day care.
        min(rang_modalite) as rang_modalite,
        -- Rated among those of a permanent place: who comes for a rest or for the day is not. Unknown when the modality is.
        case
            when max(case when est_present and not est_temporaire then 1 else 0 end) = 1 then true
            when max(case when est_present and est_temporaire is null then 1 else 0 end) = 0 then false
        end as est_permanent,
        max(case when modalite = 'HT' then 1 else 0 end) = 1 as a_ete_temporaire,
        sum(case when est_entre then 1 else 0 end) as n_entrees,
        sum(case when est_sorti then 1 else 0 end) as n_sorties,
        sum(case when not est_temporaire and duree_jours is not null then 1 else 0 end) as n_sorties_datees,
        sum(case when not est_temporaire then duree_jours end) as duree_jours,
        sum(case when est_temporaire is null and est_sorti then 1 else 0 end) as n_sorties_sans_modalite,
        max(case when est_temporaire is null then 1 else 0 end) = 1 as est_sans_modalite,
        max(case when est_entre then cast(date_entree as {{ dbt.type_string() }}) || coalesce(provenance, '') end) as derniere_provenance,
        max(case when est_sorti then cast(date_sortie as {{ dbt.type_string() }}) || coalesce(motif_sortie_code, '') end) as dernier_motif,
        sum(jours_absents) as jours_absents
    from sejours
    group by unite_id, annee, personne
),

fiches as (
    select unite_id, personne, max(annee_naissance) as annee_naissance, max(sexe) as sexe, max(case when est_oppose then 1 else 0 end) = 1 as est_oppose
    from {{ of_units_to_redo(ref('int_dui__usagers')) }} as usagers
    group by unite_id, personne
),

annees as (
    select * from {{ of_units_to_redo(ref('int_dui__annees')) }} as annees
),

girs as (
    select
        u.unite_id,
        u.personne,
        a.annee,
        e.gir,
        row_number() over (partition by u.unite_id, u.personne, a.annee order by e.date_evaluation desc nulls last, e.evaluation_id desc) as rang
    from {{ of_esms_to_redo(ref('stg_dui__evaluations')) }} as e
    inner join {{ of_units_to_redo(ref('int_dui__usagers')) }} as u on e.finess_et = u.unite_id and e.usager_id = u.usager_id
    inner join annees as a on e.finess_et = a.unite_id and coalesce(e.date_evaluation <= a.dernier_jour, true)
    where e.gir is not null
),

-- A right to a place in an ESMS (J401: orientation of children, work and training, orientation of adults), in force on 31 December.
orientes as (
    select distinct u.unite_id, u.personne, a.annee
    from {{ of_esms_to_redo(ref('stg_dui__droits_prestations')) }} as d
    inner join {{ of_units_to_redo(ref('int_dui__usagers')) }} as u on d.finess_et = u.unite_id and d.usager_id = u.usager_id
    inner join annees as a
        on d.finess_et = a.unite_id
        and coalesce(d.date_ouverture <= a.dernier_jour, true)
        and coalesce(d.date_echeance >= a.dernier_jour, true)
    where d.categorie in ('7', '11', '13', '14')
),

projets as (
    select
        u.unite_id,
        u.personne,
        a.annee,
        max(case when b.date_bilan > {{ dbt.dateadd('month', -12, 'a.dernier_jour') }} then 1 else 0 end) = 1 as est_revu
    from {{ of_esms_to_redo(ref('stg_dui__projets')) }} as p
    inner join {{ of_units_to_redo(ref('int_dui__usagers')) }} as u on p.finess_et = u.unite_id and p.usager_id = u.usager_id
    inner join annees as a
        on p.finess_et = a.unite_id
        and coalesce(p.date_debut <= a.dernier_jour, true)
        and coalesce(p.date_fin > a.dernier_jour, true)
    left join {{ of_esms_to_redo(ref('stg_dui__bilans')) }} as b
        on p.finess_et = b.finess_et and p.projet_id = b.projet_id and b.date_bilan <= a.dernier_jour
    where coalesce(p.statut, '') not in ('ANNULE', 'NONDEBUTE', 'ENPREPARATION', 'CREATION')
    group by u.unite_id, u.personne, a.annee
)

select
    'ET' as unite,
    p.unite_id,
    p.annee,
    p.personne,
    f.est_oppose,
    p.est_present,
    case p.rang_modalite
        {%- for modalite in rangs %}
        when {{ loop.index }} then '{{ modalite }}'
        {%- endfor %}
    end as modalite,
    p.est_permanent,
    p.a_ete_temporaire,
    f.sexe,
    case when p.annee - f.annee_naissance between 0 and 130 then p.annee - f.annee_naissance end as age,
    case when p.est_present then g.gir end as gir,
    p.n_entrees,
    p.n_sorties,
    p.n_sorties_datees,
    p.duree_jours,
    p.n_sorties_sans_modalite,
    p.est_sans_modalite,
    -- Of the last entry, and of the last exit, of the year: after the day (ten characters).
    p.derniere_provenance,
    p.dernier_motif,
    p.jours_absents,
    o.personne is not null as a_orientation,
    j.personne is not null as a_projet,
    j.est_revu as a_projet_revu
from personnes as p
left join fiches as f on p.unite_id = f.unite_id and p.personne = f.personne
left join (select * from girs where rang = 1) as g on p.unite_id = g.unite_id and p.personne = g.personne and p.annee = g.annee
left join orientes as o on p.unite_id = o.unite_id and p.personne = o.personne and p.annee = o.annee
left join projets as j on p.unite_id = j.unite_id and p.personne = j.personne and p.annee = j.annee
