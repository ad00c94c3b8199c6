{# One row per form, ESMS that it asks and element: how many columns are prefilled, to be confirmed, to be asked, before anyone answers, and
   how many are not asked because they are about another public.

   Steps. 1. The last year that collections told. 2. The open ESMS that each form asks, its columns about their public and the others. 3. What is known
   of them (macro prefilled_columns, without what a DUI keeps for its ESMS). 4. The rest is to be asked. #}
{%- set demandes -%}
    select max(millesime) as millesime_demande from {{ ref('dlnuf_valeurs') }} where unite = 'ET' and source <> 'finess'
{%- endset %}
{%- set concerne -%} {{ form_column_concerns('f.publics', 'c.domaine') }} {%- endset %}
with champs as (
    {{ prefilled_columns(demandes, [('true', 'false')]) }}
),

connus as (
    select
        formulaire,
        finess_et,
        element_id,
        count(case when etat = 'prerempli' then 1 end) as n_preremplis,
        count(case when etat = 'a_confirmer' then 1 end) as n_a_confirmer,
        count(case when etat = 'prerempli' and collecte = 'DUI' then 1 end) as n_depuis_dui,
        count(case when etat = 'a_confirmer' and collecte = 'DUI' then 1 end) as n_dui_a_confirmer
    from champs
    where perimetre = 'site'
    group by formulaire, finess_et, element_id
),

demandees as (
    select
        f.formulaire,
        f.element_id,
        e.finess_et,
        e.departement_code,
        count(case when {{ concerne }} then 1 end) as n_champs,
        count(case when not ({{ concerne }}) then 1 end) as n_non_demandes
    from {{ ref('champs_formulaires') }} as f
    inner join {{ ref('formulaires_categories') }} as r on f.formulaire = r.formulaire
    inner join {{ ref('int_finess__et_courant') }} as e on r.categorie_code = e.categorie_code and e.est_ouvert
    left join {{ ref('categories_finess') }} as c on e.categorie_code = c.code
    group by f.formulaire, f.element_id, e.finess_et, e.departement_code
)

select
    a.millesime_demande as millesime,
    d.formulaire,
    d.finess_et,
    d.departement_code,
    d.element_id,
    d.n_champs,
    d.n_non_demandes,
    coalesce(k.n_preremplis, 0) as n_preremplis,
    coalesce(k.n_a_confirmer, 0) as n_a_confirmer,
    d.n_champs - coalesce(k.n_preremplis, 0) - coalesce(k.n_a_confirmer, 0) as n_a_demander,
    coalesce(k.n_depuis_dui, 0) as n_depuis_dui,
    coalesce(k.n_dui_a_confirmer, 0) as n_dui_a_confirmer
from demandees as d
cross join (
    {{ demandes }}
) as a
left join connus as k on d.formulaire = k.formulaire and d.finess_et = k.finess_et and d.element_id = k.element_id and d.n_champs > 0
where a.millesime_demande is not null
