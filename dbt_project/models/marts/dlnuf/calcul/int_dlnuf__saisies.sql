{# One row per datum that an ESMS entered: in how many questions. A collection received through two channels (export of the
   platform, DIAMANT) or deposited twice asked once; one that asks the same datum in two columns asked twice. #}
with par_source as (
    select
        unite, unite_id, millesime, perimetre, element_id, composante, base_temporelle, collecte, source,
        count(distinct champ) as n_questions
    from {{ ref('int_observations') }}
    where est_courante and {{ est_saisie_par_esms('collecte') }}
    group by unite, unite_id, millesime, perimetre, element_id, composante, base_temporelle, collecte, source
),

par_collecte as (
    select
        unite, unite_id, millesime, perimetre, element_id, composante, base_temporelle, collecte,
        max(n_questions) as n_questions
    from par_source
    group by unite, unite_id, millesime, perimetre, element_id, composante, base_temporelle, collecte
)

select
    unite, unite_id, millesime, perimetre, element_id, composante, base_temporelle,
    sum(n_questions) as n_saisies
from par_collecte
group by unite, unite_id, millesime, perimetre, element_id, composante, base_temporelle
