{# One row per datum that an ESMS entered: in how many questions. A collection received through two channels (export of the
   platform, DIAMANT) or deposited twice asked once; one that asks the same datum in two columns asked twice. #}
{% set donnee = 'unite, unite_id, millesime, perimetre, element_id, composante, base_temporelle' %}
with questions as (
    select distinct {{ donnee }}, collecte, source, champ
    from {{ ref('int_observations') }}
    where est_courante and {{ est_saisie_par_esms('collecte') }}
),

par_source as (
    select {{ donnee }}, collecte, source, count(*) as n_questions
    from questions
    group by {{ donnee }}, collecte, source
),

par_collecte as (
    select {{ donnee }}, collecte, max(n_questions) as n_questions
    from par_source
    group by {{ donnee }}, collecte
)

select
    {{ donnee }},
    sum(n_questions) as n_saisies,
    count(*) - 1 as n_repetees_entre_collectes,
    sum(n_questions - 1) as n_repetees_dans_collecte
from par_collecte
group by {{ donnee }}
