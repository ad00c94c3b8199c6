{# Nothing disappears: for each key, answers received = the one retained + those set aside. Returns the keys where they do not. #}
with comptes as (
    select unite, unite_id, perimetre, millesime, element_id, composante, base_temporelle, 1 as n_recues, 0 as n_retenues, 0 as n_ecartees
    from {{ ref('int_observations') }}
    union all
    select unite, unite_id, perimetre, millesime, element_id, composante, base_temporelle, 0 as n_recues, 1 as n_retenues, 0 as n_ecartees
    from {{ ref('dlnuf_valeurs') }}
    union all
    select unite, unite_id, perimetre, millesime, element_id, composante, base_temporelle, 0 as n_recues, 0 as n_retenues, 1 as n_ecartees
    from {{ ref('dlnuf_reponses_ecartees') }}
)

select
    unite, unite_id, perimetre, millesime, element_id, composante, base_temporelle,
    sum(n_recues) as n_recues,
    sum(n_retenues) as n_retenues,
    sum(n_ecartees) as n_ecartees
from comptes
group by unite, unite_id, perimetre, millesime, element_id, composante, base_temporelle
having sum(n_recues) <> sum(n_retenues) + sum(n_ecartees) or sum(n_retenues) > 1
