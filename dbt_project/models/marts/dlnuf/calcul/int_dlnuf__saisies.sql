{{ by_unit() }}
{# One row per unit, millésime and element that an ESMS entered: its data, in how many questions. A collection received through
   two channels (export of the platform, DIAMANT) or deposited twice asked once; one that asks the same datum in two columns
   asked twice. A datum with one answer was entered once. #}
{% set donnee = question_columns() | join(', ') %}
{% set grain = 'unite, unite_id, millesime, element_id' %}
with seules as (
    select {{ grain }}, count(*) as n_valeurs
    from {{ undisputed_answers() }}
    where {{ is_entered_by_esms('collecte') }}
    group by {{ grain }}
),

questions as (
    select distinct {{ donnee }}, collecte, source, champ
    from {{ of_units_to_redo(ref('int_reponses_disputees')) }} as disputees
    where est_courante and {{ is_entered_by_esms('collecte') }}
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
),

par_donnee as (
    select
        {{ donnee }},
        sum(n_questions) as n_saisies,
        count(*) - 1 as n_repetees_entre_collectes,
        sum(n_questions - 1) as n_repetees_dans_collecte
    from par_collecte
    group by {{ donnee }}
),

reunies as (
    select {{ grain }}, n_valeurs, n_valeurs as n_saisies, 0 as n_repetees_entre_collectes, 0 as n_repetees_dans_collecte
    from seules
    union all
    select {{ grain }}, 1, n_saisies, n_repetees_entre_collectes, n_repetees_dans_collecte
    from par_donnee
)

select
    {{ grain }},
    sum(n_valeurs) as n_valeurs,
    sum(n_saisies) as n_saisies,
    sum(n_repetees_entre_collectes) as n_repetees_entre_collectes,
    sum(n_repetees_dans_collecte) as n_repetees_dans_collecte
from reunies
group by {{ grain }}
