{#- What may be written in each column of each form, and why: one row per form, column, ESMS, perimeter, year asked about, point of view.

    demandes: SQL that gives the years asked about (millesime_demande). vues: (avant_reponses, avec_reservees).
    avant_reponses: as before anyone answers that campaign (what others say of the year, and what was said before); else with the
    answers of the form itself. avec_reservees: with what the DUI of the ESMS knows and does not tell.

    Steps. 1. The voices that answer the question of the column, of the latest year that has any, three years back at most. 2. The first
    of them, and whether another of that year disagrees. 3. The state: to be confirmed when they disagree, when validation doubts the first,
    when it is older than the element allows, when it speaks alone and is not one that may; else prefilled. A column that is not
    here is to be asked. -#}
{% macro prefilled_columns(demandes, vues) -%}
{%- set champ = 'formulaire, champ, unite_id, perimetre, millesime_demande, avant_reponses, avec_reservees' -%}
with demandes as (
    {{ demandes }}
),

vues as (
    {%- for avant, reservees in vues %}
    select {{ avant }} as avant_reponses, {{ reservees }} as avec_reservees {{ 'union all' if not loop.last }}
    {%- endfor %}
),

possibles as (
    select
        c.formulaire,
        c.document as document_du_formulaire,
        c.champ,
        c.rang as rang_champ,
        c.fraicheur_mois,
        c.seules,
        d.millesime_demande,
        vues.avant_reponses,
        vues.avec_reservees,
        v.*,
        cast(12 * (d.millesime_demande - v.millesime) as {{ dbt.type_int() }}) as age_mois
    from {{ ref('champs_formulaires') }} as c
    inner join {{ ref('int_formulaires__voix') }} as v
        on c.element_id = v.element_id
        and coalesce(c.composante, '') = v.composante
        and c.base_temporelle = v.base_temporelle
    inner join demandes as d on 12 * (d.millesime_demande - v.millesime) between 0 and c.confirmation_mois
    inner join vues on (vues.avec_reservees or not v.est_reservee)
    where not (vues.avant_reponses and v.document = c.document and v.millesime = d.millesime_demande)
),

classees as (
    select
        possibles.*,
        max(millesime) over (partition by {{ champ }}) as millesime_connu,
        row_number() over (partition by {{ champ }} order by millesime desc, rang asc, source asc, delivery_id asc, ligne asc) as rang_candidat
    from possibles
),

dernieres as (
    select * from classees where millesime = millesime_connu
),

premieres as (
    select * from dernieres where rang_candidat = 1
),

accords as (
    select
        {% for colonne in champ.split(', ') %}p.{{ colonne }}, {% endfor -%}
        count(distinct d.document) as n_documents,
        max(case when {{ within_tolerance('p', 'd', 'e.tolerance_type', 'coalesce(e.tolerance_valeur, 0)') }} then 0 else 1 end) as a_divergence
    from premieres as p
    inner join dernieres as d
        on {% for colonne in champ.split(', ') %}p.{{ colonne }} = d.{{ colonne }}{{ ' and ' if not loop.last }}{% endfor %}
    left join {{ ref('elements') }} as e on p.element_id = e.element_id
    group by {% for colonne in champ.split(', ') %}p.{{ colonne }}{{ ', ' if not loop.last }}{% endfor %}
),

-- What its ESMS confirmed, or corrected, on a form that came back: it was shown the others, and is not asked again.
confirmees as (
    select origine_livraison as delivery_id, origine_ligne as ligne, element_id, composante
    from {{ source('raw', 'retours') }}
    where nature = 'confirmation'
    union
    select delivery_id, ligne, element_id, composante
    from {{ source('raw', 'retours') }}
    where nature = 'correction'
)

select
    p.formulaire,
    p.champ,
    p.rang_champ,
    p.unite_id,
    p.unite_id as finess_et,
    p.perimetre,
    p.millesime_demande,
    p.avant_reponses,
    p.avec_reservees,
    p.element_id,
    p.composante,
    p.base_temporelle,
    p.millesime,
    p.valeur_nombre,
    p.valeur_texte,
    p.valeur_date,
    {{ shown_value('p') }} as valeur,
    p.source,
    p.collecte,
    p.delivery_id,
    p.ligne,
    p.collecte_le,
    p.alerte,
    p.est_reservee,
    a.n_documents,
    case
        when p.age_mois > p.fraicheur_mois then 'perime'
        when c.delivery_id is not null then 'confirme'
        when a.a_divergence = 1 then 'divergent'
        when p.alerte is not null then 'douteux'
        when p.document = p.document_du_formulaire and p.age_mois = 0 then 'deja_repondu'
        when a.n_documents > 1 then 'concordant'
        when '>' || p.seules || '>' like '%>' || p.source || '>%' then 'source_sure'
        else 'seul'
    end as raison,
    case
        when p.age_mois > p.fraicheur_mois then 'a_confirmer'
        when c.delivery_id is not null then 'prerempli'
        when a.a_divergence = 1 or p.alerte is not null then 'a_confirmer'
        when a.n_documents > 1 then 'prerempli'
        when p.document = p.document_du_formulaire and p.age_mois = 0 then 'prerempli'
        when '>' || p.seules || '>' like '%>' || p.source || '>%' then 'prerempli'
        else 'a_confirmer'
    end as etat
from premieres as p
inner join accords as a
    on {% for colonne in champ.split(', ') %}p.{{ colonne }} = a.{{ colonne }}{{ ' and ' if not loop.last }}{% endfor %}
left join confirmees as c
    on p.delivery_id = c.delivery_id
    and p.ligne = c.ligne
    and p.element_id = c.element_id
    and p.composante = c.composante
{%- endmacro %}
