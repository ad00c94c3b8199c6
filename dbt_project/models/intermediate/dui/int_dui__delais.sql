{# One row per end of a step by a person in an ESMS: how long it took, in the years that a DUI or ViaTrajectoire describe. A step whose end comes
   before its start is none: a decision renewed since the entry did not open it.

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
)

select
    e.domaine,
    e.departement_code,
    e.region_code,
    e.finess_et,
    coalesce(f.categorie_code, 'inconnue') as categorie_code,
    e.personne,
    e.etape,
    cast(case e.etape when 'demande_decision' then 1 when 'decision_admission' then 2 when 'admission_entree' then 3 else 4 end as {{ dbt.type_int() }}) as ordre,
    a.annee,
    e.fin,
    {{ dbt.datediff('e.debut', 'e.fin', 'day') }} as jours
from etapes as e
inner join annees as a on e.finess_et = a.finess_et and extract(year from e.fin) = a.annee
left join {{ ref('int_finess__et_courant') }} as f on e.finess_et = f.finess_et
where e.debut <= e.fin
