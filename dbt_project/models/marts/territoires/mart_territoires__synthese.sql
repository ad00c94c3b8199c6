{# Steps: for each year, the establishments that stood on 31 December and their places (for the year that the last extraction
   has not seen the end of: on the day of that extraction); what the layer holds of the ESMS that year; population.
   Counts that are 0 are known zeros; sums over nothing are NULL. Indicators stand in mart_indicateurs__territoires. #}
with situations as (
    select * from {{ ref('int_territoires__parc') }} where est_esms
),

parc as (
    select
        niveau,
        territoire_code,
        millesime,
        max(date_parc) as date_parc,
        count(*) as n_et,
        count(case when est_ouvert then 1 end) as n_et_ouverts,
        count(distinct case when est_ouvert then finess_ej end) as n_ej,
        sum(case when est_ouvert then cap_autorisee end) as cap_autorisee,
        count(case when est_ouvert then cap_autorisee end) as n_et_cap_autorisee,
        sum(case when est_ouvert then cap_installee end) as cap_installee,
        count(case when est_ouvert then cap_installee end) as n_et_cap_installee
    from ({{ by_territory('situations', ['millesime', 'date_parc', 'finess_ej', 'est_ouvert', 'cap_autorisee', 'cap_installee']) }}) as f
    group by niveau, territoire_code, millesime
),

valeurs as (
    select
        unite_id as finess_et,
        millesime,
        count(*) as n_valeurs,
        count(case when statut = 'divergent' then 1 end) as n_conflits
    from {{ ref('dlnuf_valeurs') }}
    where unite = 'ET'
    group by unite_id, millesime
),

par_etablissement as (
    select
        v.millesime,
        f.departement_code,
        f.region_code,
        v.n_valeurs,
        v.n_conflits,
        s.n_reponses as n_saisies_demandees,
        s.n_saisies_evitees
    from valeurs as v
    inner join situations as f on v.finess_et = f.finess_et and v.millesime = f.millesime
    left join {{ ref('mart_dlnuf__saisies_evitees') }} as s on v.finess_et = s.finess_et and v.millesime = s.millesime
),

annees as (
    select
        niveau,
        territoire_code,
        millesime,
        sum(n_valeurs) as n_valeurs,
        sum(n_conflits) as n_conflits,
        coalesce(sum(n_saisies_demandees), 0) as n_saisies_demandees,
        coalesce(sum(n_saisies_evitees), 0) as n_saisies_evitees
    from ({{ by_territory('par_etablissement', ['millesime', 'n_valeurs', 'n_conflits', 'n_saisies_demandees', 'n_saisies_evitees']) }}) as e
    group by niveau, territoire_code, millesime
)

select
    p.niveau,
    p.territoire_code,
    t.territoire_libelle,
    t.region_code,
    cast(p.millesime as {{ dbt.type_int() }}) as millesime,
    p.date_parc,
    {% for colonne in ['n_et', 'n_et_ouverts', 'n_ej'] -%}
    cast(p.{{ colonne }} as {{ dbt.type_int() }}) as {{ colonne }},
    {% endfor -%}
    cast(p.cap_autorisee as {{ type_double() }}) as cap_autorisee,
    cast(p.n_et_cap_autorisee as {{ dbt.type_int() }}) as n_et_cap_autorisee,
    cast(p.cap_installee as {{ type_double() }}) as cap_installee,
    cast(p.n_et_cap_installee as {{ dbt.type_int() }}) as n_et_cap_installee,
    {% for colonne in ['n_valeurs', 'n_conflits', 'n_saisies_demandees', 'n_saisies_evitees'] -%}
    cast(coalesce(a.{{ colonne }}, 0) as {{ dbt.type_int() }}) as {{ colonne }},
    {% endfor -%}
    cast(pop.population_75_plus as {{ type_double() }}) as population_75_plus,
    cast(pop.millesime_population as {{ dbt.type_int() }}) as millesime_population
from parc as p
left join annees as a on p.niveau = a.niveau and p.territoire_code = a.territoire_code and p.millesime = a.millesime
left join {{ ref('int_territoires') }} as t on p.niveau = t.niveau and p.territoire_code = t.territoire_code
left join {{ ref('int_territoires__population') }} as pop
    on p.niveau = pop.niveau and p.territoire_code = pop.territoire_code and p.millesime = pop.millesime
