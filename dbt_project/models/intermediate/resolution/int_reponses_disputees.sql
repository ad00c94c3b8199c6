{{ by_unit() }}

-- The answers that resolution has something to decide about: several to one question, or one that its sender took back.
-- Nine questions in ten have one answer: they go straight to the layer (`dlnuf_valeurs`). Two questions of one unit that share
-- a number by chance come here together, and are told apart there; those of two units never meet.
with questions as (
    select unite, unite_id, {{ columns_hash(question_columns()) }} as question
    from {{ of_units_to_redo(ref('int_observations')) }} as observations
    group by unite, unite_id, {{ columns_hash(question_columns()) }}
    having count(*) > 1 or min(case when est_courante then 1 else 0 end) = 0
),

reponses as (
    select *, {{ columns_hash(question_columns()) }} as question
    from {{ of_units_to_redo(ref('int_observations')) }} as observations
)

select reponses.*
from reponses
inner join questions
    on reponses.question = questions.question
    and reponses.unite = questions.unite
    and reponses.unite_id = questions.unite_id
