{{ last_version(source('raw', 'dui__evaluation_reponses'), ['finess_et', 'evaluation_id', 'question_code']) }}

select
    finess_et,
    evaluation_id,
    question_code,
    reponse_code
from dernieres
where {{ is_fact() }}
