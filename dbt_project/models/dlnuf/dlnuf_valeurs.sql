-- One row = one datum, once: its value, its source, the rule that chose it, how the answers agreed.
with retenues as (
    select * from {{ ref('int_reponses_classees') }} where est_retenue
),

accords as (
    select
        {{ cle_reponse() }},
        count(*) as n_reponses,
        count(distinct collecte) as n_collectes
    from {{ ref('int_reponses_classees') }}
    where est_courante
    group by {{ cle_reponse() }}
),

comparaisons as (
    select
        {{ cle_reponse() }},
        max(case when est_dans_tolerance then 0 else 1 end) as a_divergence,
        max(case when est_egale then 0 else 1 end) as a_difference
    from {{ ref('int_reponses_comparees') }}
    where est_courante
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
        when coalesce(accords.n_reponses, 1) = 1 then 'Seule réponse reçue.'
        when retenues.rang_source >= 900
            then 'Aucune source de l''ordre n''a répondu ; première autre source (' || retenues.source || ').'
        else 'Première source à avoir répondu dans l''ordre ' || coalesce(elements.ordre_survivance_codes, '') || '.'
    end as regle,
    case
        when comparaisons.a_divergence = 1 then 'divergent'
        when comparaisons.a_difference = 1 then 'tolere'
        when coalesce(accords.n_collectes, 1) > 1 then 'concordant'
        else 'unique'
    end as statut,
    cast(coalesce(accords.n_reponses, 1) as {{ dbt.type_int() }}) as n_reponses,
    cast(coalesce(accords.n_collectes, 1) as {{ dbt.type_int() }}) as n_collectes,
    retenues.delivery_id,
    cast(retenues.ligne as {{ dbt.type_int() }}) as ligne,
    retenues.collecte_le,
    retenues.alerte,
    elements.dictionnaire_version
from retenues
left join accords
    on {{ meme_question('retenues', 'accords') }}
left join comparaisons
    on {{ meme_question('retenues', 'comparaisons') }}
left join {{ ref('elements') }} as elements on retenues.element_id = elements.element_id
