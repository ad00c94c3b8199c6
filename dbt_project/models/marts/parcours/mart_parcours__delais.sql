{# One row per territory, public, year and step: how long the persons who came to the end of the step in that year took. A person who did it
   several times counts for its mean. A step whose end comes before its start is none: a decision renewed since the entry did not open it.

   Request to decision: what the ESMS answered (agreement, refusal, admission) to a request for the elderly; the requests made to an MDPH are in
   no delivery. Decision to admission: the decision of the CDAPH, for disabled people. #}
with annees as (
    select unite_id as finess_et, annee from {{ ref('int_dui__annees') }}
    union
    select finess_et, annee from {{ ref('int_dui__demandes') }}
),

sejours as (
    select s.*
    from {{ ref('dlnuf_sejours') }} as s
    left join {{ ref('int_personnes__oppositions') }} as o on s.personne_id = o.personne_id and o.est_sans_pilotage
    where o.personne_id is null and s.domaine is not null
),

etapes as (
    select
        domaine, departement_code, region_code, finess_et, cast(personne_numero as {{ dbt.type_string() }}) as personne, 'demande_decision' as etape,
        date_demande as debut, coalesce(date_admission, case when statut in ('admissible', 'refus') then date_statut end) as fin
    from {{ ref('int_dui__demandes') }}
    where domaine = 'PA'
    {% for etape, debut, fin, condition in [
        ('decision_admission', 'date_decision', 'date_admission', "domaine = 'PH'"),
        ('admission_entree', 'date_admission', 'date_entree', 'true'),
        ('demande_entree', 'vt_date_demande', 'date_entree', 'true'),
    ] -%}
    union all
    select domaine, departement_code, region_code, finess_et, personne_id, '{{ etape }}', {{ debut }}, {{ fin }}
    from sejours
    where {{ condition }}
    {% endfor %}
),

durees as (
    select e.domaine, e.departement_code, e.region_code, e.personne, e.etape, a.annee, {{ dbt.datediff('e.debut', 'e.fin', 'day') }} as jours
    from etapes as e
    inner join annees as a on e.finess_et = a.finess_et and extract(year from e.fin) = a.annee
    where e.debut <= e.fin
),

personnes as (
    select niveau, territoire_code, domaine, annee, etape, personne, avg(jours) as jours
    from ({{ by_territory('durees', ['domaine', 'annee', 'etape', 'personne', 'jours']) }}) as d
    group by niveau, territoire_code, domaine, annee, etape, personne
)

select
    niveau,
    territoire_code,
    domaine,
    cast(annee as {{ dbt.type_int() }}) as annee,
    etape,
    cast(case etape when 'demande_decision' then 1 when 'decision_admission' then 2 when 'admission_entree' then 3 else 4 end as {{ dbt.type_int() }}) as ordre,
    cast(count(*) as {{ dbt.type_int() }}) as n_personnes,
    cast({{ median_of('jours') }} as {{ type_double() }}) as mediane_jours,
    cast({{ quantile('jours', 0.25) }} as {{ type_double() }}) as q1_jours,
    cast({{ quantile('jours', 0.75) }} as {{ type_double() }}) as q3_jours
from personnes
group by niveau, territoire_code, domaine, annee, etape
