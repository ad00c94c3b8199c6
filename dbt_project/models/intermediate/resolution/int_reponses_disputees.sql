{{ par_unite() }}

-- The answers that resolution has something to decide about: several to one question, or one that its sender took back.
-- Nine questions in ten have one answer: they go straight to the layer (`dlnuf_valeurs`). Two questions that share a number
-- by chance come here together, and are told apart there.
with questions as (
    select {{ empreinte(colonnes_question()) }} as question
    from {{ des_unites_a_refaire(ref('int_observations')) }} as observations
    group by 1
    having count(*) > 1 or min(case when est_courante then 1 else 0 end) = 0
),

reponses as (
    select *, {{ empreinte(colonnes_question()) }} as question
    from {{ des_unites_a_refaire(ref('int_observations')) }} as observations
)

select reponses.*
from reponses
inner join questions on reponses.question = questions.question
