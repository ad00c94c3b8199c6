{# One row per ET, year and person of its file active, under the number that the person has everywhere, with the territory and the public of
   the ET, and what the other systems were not told. Who opposes steering, in any ESMS, is left out. #}
with esms as (
    {{ esms_by_public() }}
),

personnes as (
    select
        p.*,
        g.personne_id,
        g.personne_numero,
        e.departement_code,
        e.region_code,
        {{ public('e.domaine', 'p.age', 'e.est_a_domicile') }} as domaine
    from {{ ref('int_dui__personnes') }} as p
    inner join esms as e on p.unite_id = e.finess_et
    inner join {{ ref('int_personnes__groupes') }} as g on {{ columns_hash(["'dui'", 'p.unite_id', 'p.personne']) }} = g.fiche_cle
    where not p.est_oppose
),

-- What was not told of the stays of a person in an ET: of those that begin, or end, in the year; of those that last, of the others.
statuts as (
    select
        s.finess_et,
        s.personne_id,
        a.annee,
        {% for statut in ['entree_non_dite_vt', 'entree_non_dite_resid'] -%}
        max(case when s.dui_date_entree between a.premier_jour and a.dernier_jour then case when s.{{ statut }} then 1 when not s.{{ statut }} then 0 end end) as {{ statut }},
        {% endfor -%}
        {% for statut in ['sortie_non_dite_vt', 'sortie_non_dite_resid'] -%}
        max(case when s.dui_date_sortie between a.premier_jour and a.dernier_jour then case when s.{{ statut }} then 1 when not s.{{ statut }} then 0 end end) as {{ statut }},
        {% endfor -%}
        {% for statut in ['deux_lieux', 'sans_decision', 'decision_expirant'] -%}
        max(case when s.{{ statut }} then 1 when not s.{{ statut }} then 0 end) as {{ statut }}{{ ',' if not loop.last }}
        {% endfor -%}
    from {{ ref('dlnuf_sejours') }} as s
    inner join {{ ref('int_dui__annees') }} as a
        on s.finess_et = a.unite_id
        and s.date_entree <= a.dernier_jour
        and (s.date_sortie is null or s.date_sortie >= a.premier_jour)
    group by s.finess_et, s.personne_id, a.annee
)

select
    p.unite_id as finess_et,
    p.departement_code,
    p.region_code,
    p.domaine,
    p.annee,
    p.personne_numero,
    p.personne,
    p.est_present,
    p.modalite,
    p.a_ete_temporaire,
    p.sexe,
    p.age,
    p.gir,
    p.n_entrees,
    p.n_sorties,
    p.n_sorties_datees,
    p.duree_jours,
    p.derniere_provenance,
    p.dernier_motif,
    p.jours_absents,
    p.a_projet,
    p.a_projet_revu,
    case when p.n_entrees > 0 then s.entree_non_dite_vt end as entree_non_dite_vt,
    case when p.n_entrees > 0 then s.entree_non_dite_resid end as entree_non_dite_resid,
    case when p.n_sorties > 0 then s.sortie_non_dite_vt end as sortie_non_dite_vt,
    case when p.n_sorties > 0 then s.sortie_non_dite_resid end as sortie_non_dite_resid,
    s.deux_lieux,
    s.sans_decision,
    s.decision_expirant
from personnes as p
left join {{ ref('int_personnes__oppositions') }} as o on p.personne_id = o.personne_id and o.est_sans_pilotage
left join statuts as s on p.unite_id = s.finess_et and p.personne_id = s.personne_id and p.annee = s.annee
where o.personne_id is null and p.domaine is not null
