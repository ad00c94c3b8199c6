{# One row per pair of groups of step 6, one of which tells nothing of who the person is (the follow-ups of an orientation have the number
   of a file alone), whose entries in one establishment are near, told by two systems. No system has a record of both in that establishment, of whatever date: it
   keeps them apart. It is believed when they are of the same day, both with a night in the establishment or both without, no file of the
   MDPH contradicts it, and nobody else comes in question on either side. #}
{%- set before = ref('int_personnes__etape_6_dossiers') -%}
with groupes as (
    select
        e.groupe,
        min(case when f.est_muette then 1 else 0 end) = 1 as est_muet,
        min(f.cle_mdph) as cle_mdph
    from {{ before }} as e
    inner join {{ ref('int_personnes__fiches') }} as f on e.fiche_cle = f.fiche_cle
    group by e.groupe
),

entrees as (
    select n.fiche_cle, n.systeme, n.finess_et, n.date_entree, m.est_hebergement, g.groupe, g.est_muet, g.cle_mdph
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
    select * from entrees where est_muet
),

nommees as (
    select e.*
    from entrees as e
    inner join (select distinct finess_et from muettes) as m on e.finess_et = m.finess_et
    where not e.est_muet
),

voisines as (
    select
        a.groupe as groupe_a,
        b.groupe as groupe_b,
        a.finess_et,
        a.fiche_cle as fiche_a,
        b.fiche_cle as fiche_b,
        a.date_entree = b.date_entree and coalesce(a.est_hebergement = b.est_hebergement, true) as est_du_jour
    from muettes as a
    inner join nommees as b on a.finess_et = b.finess_et and a.systeme <> b.systeme and coalesce(a.cle_mdph = b.cle_mdph, true)
    cross join tolerance
    where abs({{ dbt.datediff('a.date_entree', 'b.date_entree', 'day') }}) <= tolerance.jours
),

-- The systems that have a record of a group, by establishment: whatever its date, and even without any.
tenus as (
    select distinct e.groupe, f.finess_et, f.systeme
    from {{ before }} as e
    inner join {{ ref('int_personnes__fiches') }} as f on e.fiche_cle = f.fiche_cle
),

distinctes as (
    select distinct v.groupe_a, v.groupe_b
    from voisines as v
    inner join tenus as a on v.groupe_a = a.groupe and v.finess_et = a.finess_et
    inner join tenus as b on v.groupe_b = b.groupe and v.finess_et = b.finess_et and a.systeme = b.systeme
),

paires as (
    select
        v.groupe_a,
        v.groupe_b,
        min(v.fiche_a) as fiche_a,
        min(v.fiche_b) as fiche_b,
        max(case when v.est_du_jour then 1 else 0 end) = 1 as est_du_jour
    from voisines as v
    left join distinctes as d on v.groupe_a = d.groupe_a and v.groupe_b = d.groupe_b
    where d.groupe_a is null
    group by v.groupe_a, v.groupe_b
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
