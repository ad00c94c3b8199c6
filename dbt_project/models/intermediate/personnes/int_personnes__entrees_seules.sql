{# One row per pair of groups of step 6, one of which tells nothing of who the person is (the follow-ups of an orientation have the number
   of a file alone), whose entries in one establishment are near, told by two systems, each lacking in the other. It is believed when they
   are of the same day, both with a night in the establishment or both without, no file of the MDPH contradicts it, and nobody else comes
   in question on either side. #}
{%- set before = ref('int_personnes__etape_6_dossiers') -%}
{%- set traits = ['cle_nom_prenom', 'cle_sans_lieu', 'cle_sans_naissance', 'cle_sans_nom', 'cle_numero', 'annee_naissance'] -%}
with groupes as (
    select
        e.groupe,
        max(case when coalesce(f.{{ traits | join(', f.') }}) is not null then 1 else 0 end) = 1 as a_des_traits,
        min(f.cle_mdph) as cle_mdph
    from {{ before }} as e
    inner join {{ ref('int_personnes__fiches') }} as f on e.fiche_cle = f.fiche_cle
    group by e.groupe
),

entrees as (
    select n.fiche_cle, n.systeme, n.finess_et, n.date_entree, m.est_hebergement, g.groupe, g.a_des_traits, g.cle_mdph
    from {{ ref('int_personnes__entrees') }} as n
    inner join {{ before }} as e on n.fiche_cle = e.fiche_cle
    inner join groupes as g on e.groupe = g.groupe
    left join {{ ref('modalites_accueil') }} as m on n.modalite = m.code
),

tolerance as (
    select cast(tolerance_valeur as {{ dbt.type_int() }}) as jours
    from {{ ref('elements') }}
    where element_id = 'DATE_ENTREE'
),

muettes as (
    select * from entrees where not a_des_traits
),

nommees as (
    select e.*
    from entrees as e
    inner join (select distinct finess_et from muettes) as m on e.finess_et = m.finess_et
    where e.a_des_traits
),

-- Entries that the system of the other tells already, of the same person.
dites as (
    select distinct a.groupe, a.finess_et, a.date_entree, b.systeme
    from nommees as a
    inner join nommees as b on a.groupe = b.groupe and a.finess_et = b.finess_et and a.systeme <> b.systeme
    cross join tolerance
    where abs({{ dbt.datediff('a.date_entree', 'b.date_entree', 'day') }}) <= tolerance.jours
),

paires as (
    select
        a.groupe as groupe_a,
        b.groupe as groupe_b,
        min(a.fiche_cle) as fiche_a,
        min(b.fiche_cle) as fiche_b,
        max(case when a.date_entree = b.date_entree and coalesce(a.est_hebergement = b.est_hebergement, true) then 1 else 0 end) = 1 as est_du_jour
    from muettes as a
    inner join nommees as b on a.finess_et = b.finess_et and a.systeme <> b.systeme and coalesce(a.cle_mdph = b.cle_mdph, true)
    cross join tolerance
    left join dites on b.groupe = dites.groupe and b.finess_et = dites.finess_et and b.date_entree = dites.date_entree and a.systeme = dites.systeme
    where dites.groupe is null
        and abs({{ dbt.datediff('a.date_entree', 'b.date_entree', 'day') }}) <= tolerance.jours
    group by a.groupe, b.groupe
),

cotes as (
    select groupe, count(*) as nombre
    from (
        select groupe_a as groupe from paires
        union all
        select groupe_b from paires
    ) as partenaires
    group by groupe
)

select
    paires.groupe_a,
    paires.groupe_b,
    paires.fiche_a,
    paires.fiche_b,
    paires.est_du_jour and a.nombre = 1 and b.nombre = 1 as est_retenue
from paires
inner join cotes as a on paires.groupe_a = a.groupe
inner join cotes as b on paires.groupe_b = b.groupe
