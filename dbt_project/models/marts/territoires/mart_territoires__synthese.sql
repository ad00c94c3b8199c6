{# Steps: what stands in each territory today; what the layer holds of its establishments each year; medians over the
   establishments that have a value; population. Counts that are 0 are known zeros; sums and medians over nothing are NULL. #}
with fiches as (
    select finess_et, finess_ej, departement_code, region_code, est_ouvert, est_esms, cap_autorisee_totale, cap_installee_totale
    from {{ ref('mart_etablissements__fiche') }}
),

parc as (
    select
        niveau,
        territoire_code,
        count(*) as n_et,
        count(case when est_ouvert then 1 end) as n_et_ouverts,
        count(distinct case when est_ouvert then finess_ej end) as n_ej,
        sum(case when est_ouvert then cap_autorisee_totale end) as cap_autorisee,
        count(case when est_ouvert then cap_autorisee_totale end) as n_et_cap_autorisee,
        sum(case when est_ouvert then cap_installee_totale end) as cap_installee,
        count(case when est_ouvert then cap_installee_totale end) as n_et_cap_installee
    from ({{ par_territoire('fiches', ['finess_ej', 'est_ouvert', 'est_esms', 'cap_autorisee_totale', 'cap_installee_totale']) }}) as f
    where est_esms
    group by niveau, territoire_code
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

-- One price and one GMP per establishment and year, whatever the time base of the collection that gave them.
mesures as (
    select
        unite_id as finess_et,
        millesime,
        element_id,
        valeur_nombre,
        row_number() over (
            partition by unite_id, millesime, element_id
            order by case perimetre when 'site' then 0 else 1 end, base_temporelle desc
        ) as rang
    from {{ ref('dlnuf_valeurs') }}
    where unite = 'ET' and composante = '' and element_id in ('PRIX_HP_CS', 'GMP_VALIDE') and valeur_nombre is not null
),

par_etablissement as (
    select
        v.millesime,
        f.departement_code,
        f.region_code,
        v.n_valeurs,
        v.n_conflits,
        s.n_reponses as n_saisies_demandees,
        s.n_saisies_evitees,
        o.valeur as taux_occupation,
        p.valeur_nombre as prix_hp_cs,
        g.valeur_nombre as gmp
    from valeurs as v
    left join fiches as f on v.finess_et = f.finess_et
    left join {{ ref('mart_dlnuf__saisies_evitees') }} as s on v.finess_et = s.finess_et and v.millesime = s.millesime
    left join {{ ref('mart_indicateurs__esms') }} as o
        on v.finess_et = o.finess_et and v.millesime = o.millesime and o.indicateur_code = 'TO_HP'
    left join mesures as p
        on v.finess_et = p.finess_et and v.millesime = p.millesime and p.element_id = 'PRIX_HP_CS' and p.rang = 1
    left join mesures as g
        on v.finess_et = g.finess_et and v.millesime = g.millesime and g.element_id = 'GMP_VALIDE' and g.rang = 1
),

annees as (
    select
        niveau,
        territoire_code,
        millesime,
        sum(n_valeurs) as n_valeurs,
        sum(n_conflits) as n_conflits,
        coalesce(sum(n_saisies_demandees), 0) as n_saisies_demandees,
        coalesce(sum(n_saisies_evitees), 0) as n_saisies_evitees,
        {{ mediane('taux_occupation') }} as taux_occupation_median,
        count(taux_occupation) as n_taux_occupation,
        {{ mediane('prix_hp_cs') }} as prix_hp_cs_median,
        count(prix_hp_cs) as n_prix_hp_cs,
        {{ mediane('gmp') }} as gmp_median,
        count(gmp) as n_gmp
    from ({{ par_territoire('par_etablissement', ['millesime', 'n_valeurs', 'n_conflits', 'n_saisies_demandees', 'n_saisies_evitees', 'taux_occupation', 'prix_hp_cs', 'gmp']) }}) as e
    group by niveau, territoire_code, millesime
)

select
    a.niveau,
    a.territoire_code,
    t.territoire_libelle,
    t.region_code,
    cast(a.millesime as {{ dbt.type_int() }}) as millesime,
    {% for colonne in ['n_et', 'n_et_ouverts', 'n_ej'] -%}
    cast(coalesce(p.{{ colonne }}, 0) as {{ dbt.type_int() }}) as {{ colonne }},
    {% endfor -%}
    cast(p.cap_autorisee as {{ type_double() }}) as cap_autorisee,
    cast(coalesce(p.n_et_cap_autorisee, 0) as {{ dbt.type_int() }}) as n_et_cap_autorisee,
    cast(p.cap_installee as {{ type_double() }}) as cap_installee,
    cast(coalesce(p.n_et_cap_installee, 0) as {{ dbt.type_int() }}) as n_et_cap_installee,
    {% for colonne in ['n_valeurs', 'n_conflits', 'n_saisies_demandees', 'n_saisies_evitees'] -%}
    cast(a.{{ colonne }} as {{ dbt.type_int() }}) as {{ colonne }},
    {% endfor -%}
    {% for mesure, effectif in [('taux_occupation_median', 'n_taux_occupation'), ('prix_hp_cs_median', 'n_prix_hp_cs'), ('gmp_median', 'n_gmp')] -%}
    cast(a.{{ mesure }} as {{ type_double() }}) as {{ mesure }},
    cast(a.{{ effectif }} as {{ dbt.type_int() }}) as {{ effectif }},
    {% endfor -%}
    cast(pop.population_75_plus as {{ type_double() }}) as population_75_plus,
    cast(pop.millesime_population as {{ dbt.type_int() }}) as millesime_population
from annees as a
left join {{ ref('int_territoires') }} as t on a.niveau = t.niveau and a.territoire_code = t.territoire_code
left join parc as p on a.niveau = p.niveau and a.territoire_code = p.territoire_code
left join {{ ref('int_territoires__population') }} as pop
    on a.niveau = pop.niveau and a.territoire_code = pop.territoire_code and a.millesime = pop.millesime
