{# Nothing disappears: for each question, answers received = the one retained + those set aside. Returns the numbers of the
   questions where they do not (two questions that share a number by chance balance together). #}
{% set question = columns_hash(question_columns()) %}
with comptes as (
    select {{ question }} as question, 1 as n_recues, 0 as n_retenues, 0 as n_ecartees
    from {{ ref('int_observations') }}
    union all
    select {{ question }}, 0, 1, 0
    from {{ ref('dlnuf_valeurs') }}
    union all
    select {{ question }}, 0, 0, 1
    from {{ ref('dlnuf_reponses_ecartees') }}
)

select
    question,
    sum(n_recues) as n_recues,
    sum(n_retenues) as n_retenues,
    sum(n_ecartees) as n_ecartees
from comptes
group by question
having sum(n_recues) <> sum(n_retenues) + sum(n_ecartees)
