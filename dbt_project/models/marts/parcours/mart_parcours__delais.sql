{# One row per territory, public, year and step: how long the persons who came to the end of the step in that year took. A person who did it
   several times counts for its mean. #}
with personnes as (
    select niveau, territoire_code, domaine, annee, etape, ordre, personne, avg(jours) as jours
    from ({{ by_territory(ref('int_dui__delais'), ['domaine', 'annee', 'etape', 'ordre', 'personne', 'jours']) }}) as d
    group by niveau, territoire_code, domaine, annee, etape, ordre, personne
)

select
    niveau,
    territoire_code,
    domaine,
    cast(annee as {{ dbt.type_int() }}) as annee,
    etape,
    ordre,
    cast(count(*) as {{ dbt.type_int() }}) as n_personnes,
    cast({{ median_of('jours') }} as {{ type_double() }}) as mediane_jours,
    cast({{ quantile('jours', 0.25) }} as {{ type_double() }}) as q1_jours,
    cast({{ quantile('jours', 0.75) }} as {{ type_double() }}) as q3_jours
from personnes
group by niveau, territoire_code, domaine, annee, etape, ordre
