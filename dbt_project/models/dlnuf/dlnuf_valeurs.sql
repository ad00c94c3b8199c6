{{ by_unit() }}

-- One row = one datum, once: its value, its source, the rule that chose it, how the answers agreed.
{%- set observees -%}
    {{ question_key() }}, valeur_nombre, valeur_texte, valeur_date, unite_mesure, source, collecte, delivery_id, ligne, collecte_le, alerte
{%- endset %}

-- One answer, still in force: nothing to decide.
with seules as (
    select
        {{ observees }},
        'Seule réponse reçue.' as regle,
        'unique' as statut,
        1 as n_reponses,
        1 as n_collectes
    from {{ undisputed_answers() }}
),

-- One voice a document: its sender's last word, whatever the channels through which it was heard.
accords as (
    select
        {{ question_key() }},
        sum(case when est_courante then 1 else 0 end) as n_reponses,
        count(*) as n_recues,
        count(distinct case when est_voix then collecte end) as n_collectes,
        sum(case when est_voix then 1 else 0 end) as n_voix
    from {{ of_units_to_redo(ref('int_reponses_classees')) }} as classees
    group by {{ question_key() }}
),

comparaisons as (
    select
        {{ question_key() }},
        max(case when est_dans_tolerance then 0 else 1 end) as a_divergence,
        max(case when est_egale then 0 else 1 end) as a_difference
    from {{ of_units_to_redo(ref('int_reponses_comparees')) }} as comparees
    where est_voix
    group by {{ question_key() }}
),

retenues as (
    select
        classees.*,
        case
            when accords.n_recues = 1 then 'Seule réponse reçue.'
            when accords.n_voix = 1 then 'Seule réponse en vigueur : la dernière de la source ' || classees.source || '.'
            when classees.corrige then 'Correction de l''établissement, rendue sur un formulaire prérempli.'
            when classees.source_prioritaire <> classees.source
                then 'Première réponse sans doute dans l''ordre ' || coalesce(ordres.ordre, classees.source) || ' ; '
                || classees.source_prioritaire || ', mieux placée, porte une alerte.'
            else 'Première source à avoir répondu dans l''ordre ' || coalesce(ordres.ordre, classees.source) || '.'
        end as regle,
        case
            when comparaisons.a_divergence = 1 then 'divergent'
            when comparaisons.a_difference = 1 then 'tolere'
            when accords.n_voix > 1 then 'concordant'
            else 'unique'
        end as statut,
        accords.n_reponses,
        accords.n_collectes
    from {{ of_units_to_redo(ref('int_reponses_classees')) }} as classees
    inner join accords on {{ same_question('classees', 'accords') }}
    left join comparaisons on {{ same_question('classees', 'comparaisons') }}
    left join {{ ref('ordres') }} as ordres on classees.element_id = ordres.element_id
    where classees.est_retenue
),

valeurs as (
    select {{ observees }}, regle, statut, n_reponses, n_collectes from seules
    union all
    select {{ observees }}, regle, statut, n_reponses, n_collectes from retenues
)

select
    {{ question_key('valeurs') }},
    valeurs.valeur_nombre,
    valeurs.valeur_texte,
    valeurs.valeur_date,
    {{ shown_value('valeurs') }} as valeur,
    coalesce(valeurs.unite_mesure, case when elements.type like 'entier%' then 'nombre' end) as unite_mesure,
    valeurs.source,
    valeurs.collecte,
    valeurs.regle,
    valeurs.statut,
    cast(valeurs.n_reponses as {{ dbt.type_int() }}) as n_reponses,
    cast(valeurs.n_collectes as {{ dbt.type_int() }}) as n_collectes,
    valeurs.delivery_id,
    cast(valeurs.ligne as {{ dbt.type_int() }}) as ligne,
    valeurs.collecte_le,
    valeurs.alerte,
    elements.dictionnaire_version
from valeurs
left join {{ ref('elements') }} as elements on valeurs.element_id = elements.element_id
