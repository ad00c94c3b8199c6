{# Steps. 1. What the layer gives each collection and what it received (int_formulaires__fournitures), counted by column. 2. Its rows: the ESMS that it
   heard, the rows that validation rejected in the deliveries that still speak, the ESMS of whom something is given. 3. Labels. #}
with fournitures as (
    select
        formulaire, millesime, champ, rang, element_id, finess_et, source, est_repondant, est_recue, est_mise_de_cote, est_fournie, est_corrigee,
        est_en_accord
    from {{ ref('int_formulaires__fournitures') }}
),

champs as (
    select
        formulaire,
        millesime,
        champ,
        rang,
        element_id,
        count(case when est_recue or est_mise_de_cote then 1 end) as n_recues,
        count(case when est_mise_de_cote and not est_recue then 1 end) as n_mises_de_cote,
        count(case when est_fournie and est_repondant then 1 end) as n_fournies_repondants,
        count(case when est_fournie then 1 end) as n_fournies,
        count(case when est_fournie and source <> formulaire then 1 end) as n_dune_autre_source,
        count(case when est_recue and est_fournie and est_corrigee then 1 end) as n_corrigees,
        count(est_en_accord) as n_comparables,
        count(case when est_en_accord then 1 end) as n_en_accord
    from fournitures
    group by formulaire, millesime, champ, rang, element_id
),

lignes as (
    select
        formulaire,
        count(distinct case when est_repondant then finess_et end) as n_repondants,
        count(distinct case when est_repondant and est_fournie then finess_et end) as n_repondants_fournis,
        count(distinct case when est_fournie then finess_et end) as n_esms_fournis
    from fournitures
    group by formulaire
),

livraisons as (
    select distinct o.source as formulaire, o.delivery_id
    from {{ ref('int_observations') }} as o
    inner join champs as c on o.source = c.formulaire and o.millesime = c.millesime and o.champ = c.champ
    where o.unite = 'ET' and o.est_courante
),

rejetees as (
    select l.formulaire, count(distinct r.delivery_id || '-' || cast(r.ligne as {{ dbt.type_string() }})) as n_lignes_rejetees
    from {{ source('raw', 'rejets') }} as r
    inner join livraisons as l on r.source = l.formulaire and r.delivery_id = l.delivery_id
    group by l.formulaire
)

select
    c.formulaire,
    s.libelle as formulaire_libelle,
    c.champ,
    cast(c.rang as {{ dbt.type_int() }}) as rang,
    c.element_id,
    e.libelle as element_libelle,
    cast(c.millesime as {{ dbt.type_int() }}) as millesime,
    cast(n.n_repondants as {{ dbt.type_int() }}) as n_repondants,
    cast(coalesce(r.n_lignes_rejetees, 0) as {{ dbt.type_int() }}) as n_lignes_rejetees,
    cast(n.n_repondants_fournis as {{ dbt.type_int() }}) as n_repondants_fournis,
    cast(n.n_esms_fournis as {{ dbt.type_int() }}) as n_esms_fournis,
    cast(c.n_recues as {{ dbt.type_int() }}) as n_recues,
    cast(c.n_mises_de_cote as {{ dbt.type_int() }}) as n_mises_de_cote,
    cast(c.n_fournies_repondants as {{ dbt.type_int() }}) as n_fournies_repondants,
    cast(c.n_fournies as {{ dbt.type_int() }}) as n_fournies,
    cast(c.n_dune_autre_source as {{ dbt.type_int() }}) as n_dune_autre_source,
    cast(c.n_corrigees as {{ dbt.type_int() }}) as n_corrigees,
    cast(c.n_comparables as {{ dbt.type_int() }}) as n_comparables,
    cast(c.n_en_accord as {{ dbt.type_int() }}) as n_en_accord
from champs as c
inner join lignes as n on c.formulaire = n.formulaire
left join rejetees as r on c.formulaire = r.formulaire
left join {{ ref('sources') }} as s on c.formulaire = s.source
left join {{ ref('elements') }} as e on c.element_id = e.element_id
