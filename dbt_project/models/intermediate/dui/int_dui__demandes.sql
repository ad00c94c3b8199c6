{{ config(materialized='table') }}
{# One row per request that the last export of its source holds for an ESMS, both publics, under the number that the person has
   everywhere: what the lists of those who wait, and the refusals, are counted from. What an export no longer holds is over. #}
with demandes as (
    {% for role in person_roles(['demand', 'orientation']) -%}
    select
        finess_et,
        '{{ role.public }}' as domaine,
        {{ role.number }} as dossier_id,
        {{ 'false' if role.kind == 'orientation' else told(role, 'est_papier', 'boolean') }} as est_papier,
        {{ told(role, 'statut', dbt.type_string()) }} as statut,
        {{ told(role, 'date_statut', 'date') }} as date_statut,
        {{ told(role, 'motif', dbt.type_string()) }} as motif_refus,
        {{ told(role, 'date_demande', 'date') }} as date_demande,
        {{ told(role, 'date_admission', 'date') }} as date_admission,
        {{ role.birth_year or 'cast(null as ' ~ dbt.type_int() ~ ')' }} as annee_naissance,
        {{ record_key(role) }} as fiche_cle,
        millesime as annee,
        max(collecte_le) over (partition by finess_et) as derniere_collecte,
        collecte_le
    from {{ ref(role.relation) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

courantes as (
    select d.*, g.personne_id, g.personne_numero
    from demandes as d
    inner join {{ ref('int_personnes__groupes') }} as g on d.fiche_cle = g.fiche_cle
    left join {{ ref('int_personnes__oppositions') }} as o on g.personne_id = o.personne_id and o.est_sans_pilotage
    where d.collecte_le = d.derniere_collecte and d.annee is not null and o.personne_id is null
),

-- What a follow-up of orientation does not say of the person, its other records do.
sans_age as (
    select distinct personne_numero from courantes where annee_naissance is null
),

naissances as (
    select g.personne_numero, max(f.annee_naissance) as annee_naissance
    from {{ ref('int_personnes__groupes') }} as g
    inner join sans_age as s on g.personne_numero = s.personne_numero
    inner join {{ ref('int_personnes__fiches') }} as f on g.fiche_cle = f.fiche_cle
    group by g.personne_numero
)

select
    c.finess_et,
    c.domaine,
    e.departement_code,
    e.region_code,
    c.annee,
    c.personne_numero,
    c.dossier_id,
    c.est_papier,
    c.statut,
    coalesce(s.est_en_attente, false) as est_en_attente,
    c.date_statut,
    c.motif_refus,
    c.date_demande,
    c.date_admission,
    case when c.annee - coalesce(c.annee_naissance, n.annee_naissance) between 0 and 130 then c.annee - coalesce(c.annee_naissance, n.annee_naissance) end as age
from courantes as c
left join {{ ref('int_finess__et_courant') }} as e on c.finess_et = e.finess_et
left join naissances as n on c.personne_numero = n.personne_numero
left join (
    select statut, max(case when est_en_attente then 1 else 0 end) = 1 as est_en_attente
    from {{ ref('statuts_viatrajectoire') }}
    group by statut
) as s on c.statut = s.statut
