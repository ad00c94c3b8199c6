{# Steps. 1. The columns of each form and element, over the ESMS that it asks. 2. The collections that answered the element for an ESMS, that year or
   the three before. 3. The forms that ask for it, its label, who may answer. 4. What the owners can do about it. #}
with par_formulaire as (
    select
        element_id,
        formulaire,
        max(millesime) as millesime,
        count(distinct finess_et) as n_esms,
        sum(n_champs) as n_champs,
        sum(n_preremplis) as n_preremplis,
        sum(n_a_confirmer) as n_a_confirmer,
        sum(n_a_demander) as n_a_demander,
        sum(n_depuis_dui) as n_depuis_dui
    from {{ ref('int_dlnuf__preremplissage') }}
    where n_champs > 0
    group by element_id, formulaire
),

demandees as (
    select
        p.element_id,
        max(p.millesime) as millesime,
        count(*) as n_formulaires,
        {{ dbt.listagg("p.formulaire", "' ; '", "order by p.formulaire") }} as formulaires,
        sum(p.n_champs) as n_champs,
        sum(p.n_preremplis) as n_preremplis,
        sum(p.n_a_confirmer) as n_a_confirmer,
        sum(p.n_a_demander) as n_a_demander,
        sum(p.n_depuis_dui) as n_depuis_dui
    from par_formulaire as p
    group by p.element_id
),

entendues as (
    select distinct o.element_id, o.collecte, o.document
    from {{ ref('int_observations') }} as o
    inner join demandees as d on o.element_id = d.element_id and o.millesime between d.millesime - 3 and d.millesime
    where o.unite = 'ET' and o.est_courante
),

reponses as (
    select element_id, {{ dbt.listagg("collecte", "' ; '", "order by collecte") }} as collectes
    from (select distinct element_id, collecte from entendues) as collectes_entendues
    group by element_id
),

-- Documents that are not the form which asks: a form that is alone to ask may be alone to know.
autres as (
    select e.element_id, count(distinct e.document) as n_autres
    from entendues as e
    left join (
        select distinct element_id, document from {{ ref('champs_formulaires') }}
    ) as f on e.element_id = f.element_id and e.document = f.document
    where f.document is null
    group by e.element_id
)

select
    d.element_id as question_code,
    e.libelle as element_libelle,
    e.groupe,
    cast(d.millesime as {{ dbt.type_int() }}) as millesime,
    d.formulaires,
    cast(d.n_formulaires as {{ dbt.type_int() }}) as n_formulaires,
    cast(e.n_demande_aux_esms as {{ dbt.type_int() }}) as n_collectes_qui_demandent,
    replace(e.ordre_survivance_codes, '>', ' ; ') as peuvent_repondre,
    r.collectes as ont_repondu,
    cast(d.n_champs as {{ dbt.type_int() }}) as n_champs,
    cast(d.n_preremplis as {{ dbt.type_int() }}) as n_preremplis,
    cast(d.n_a_confirmer as {{ dbt.type_int() }}) as n_a_confirmer,
    cast(d.n_a_demander as {{ dbt.type_int() }}) as n_a_demander,
    cast(d.n_depuis_dui as {{ dbt.type_int() }}) as n_depuis_dui,
    cast(100.0 * d.n_preremplis / d.n_champs as {{ type_double() }}) as part_preremplie_pct,
    cast(100.0 * d.n_a_confirmer / d.n_champs as {{ type_double() }}) as part_a_confirmer_pct,
    cast(100.0 * d.n_a_demander / d.n_champs as {{ type_double() }}) as part_a_demander_pct,
    d.n_formulaires = 1 and coalesce(a.n_autres, 0) = 0 as est_sans_autre_source,
    d.n_formulaires > 1 as est_demandee_plusieurs_fois
from demandees as d
left join {{ ref('elements') }} as e on d.element_id = e.element_id
left join reponses as r on d.element_id = r.element_id
left join autres as a on d.element_id = a.element_id
