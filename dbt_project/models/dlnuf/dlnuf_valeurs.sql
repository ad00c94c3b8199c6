-- One row = one datum, once: its value, its source, the rule that chose it, how the answers agreed.
with retenues as (
    select * from {{ ref('int_reponses_classees') }} where est_retenue
),

-- One voice a document: its sender's last word, whatever the channels through which it was heard.
accords as (
    select
        {{ cle_reponse() }},
        sum(case when est_courante then 1 else 0 end) as n_reponses,
        count(*) as n_recues,
        count(distinct case when est_voix then collecte end) as n_collectes,
        sum(case when est_voix then 1 else 0 end) as n_voix
    from {{ ref('int_reponses_classees') }}
    group by {{ cle_reponse() }}
),

comparaisons as (
    select
        {{ cle_reponse() }},
        max(case when est_dans_tolerance then 0 else 1 end) as a_divergence,
        max(case when est_egale then 0 else 1 end) as a_difference
    from {{ ref('int_reponses_comparees') }}
    where est_voix
    group by {{ cle_reponse() }}
)

select
    {{ cle_reponse('retenues') }},
    retenues.valeur_nombre,
    retenues.valeur_texte,
    retenues.valeur_date,
    {{ valeur_affichee('retenues') }} as valeur,
    coalesce(retenues.unite_mesure, case when elements.type like 'entier%' then 'nombre' end) as unite_mesure,
    retenues.source,
    retenues.collecte,
    case
        when accords.n_recues = 1 then 'Seule réponse reçue.'
        when accords.n_voix = 1 then 'Seule réponse en vigueur : la dernière de la source ' || retenues.source || '.'
        when retenues.source_prioritaire <> retenues.source
            then 'Première réponse sans doute dans l''ordre ' || coalesce(ordres.ordre, retenues.source) || ' ; ' || retenues.source_prioritaire
            || ', mieux placée, porte une alerte.'
        else 'Première source à avoir répondu dans l''ordre ' || coalesce(ordres.ordre, retenues.source) || '.'
    end as regle,
    case
        when comparaisons.a_divergence = 1 then 'divergent'
        when comparaisons.a_difference = 1 then 'tolere'
        when accords.n_voix > 1 then 'concordant'
        else 'unique'
    end as statut,
    cast(accords.n_reponses as {{ dbt.type_int() }}) as n_reponses,
    cast(accords.n_collectes as {{ dbt.type_int() }}) as n_collectes,
    retenues.delivery_id,
    cast(retenues.ligne as {{ dbt.type_int() }}) as ligne,
    retenues.collecte_le,
    retenues.alerte,
    elements.dictionnaire_version
from retenues
inner join accords
    on {{ meme_question('retenues', 'accords') }}
left join comparaisons
    on {{ meme_question('retenues', 'comparaisons') }}
left join {{ ref('elements') }} as elements on retenues.element_id = elements.element_id
left join {{ ref('ordres') }} as ordres on retenues.element_id = ordres.element_id
