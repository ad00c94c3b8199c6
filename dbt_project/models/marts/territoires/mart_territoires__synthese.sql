{# Steps: for each year, the establishments that stood on 31 December and their places (for the year that the last extraction
   has not seen the end of: on the day of that extraction); what the layer holds of the ESMS that year; medians over those
   that have a value; population. Counts that are 0 are known zeros; sums and medians over nothing are NULL. #}
with fiches as (
    select
        finess_et, finess_ej, departement_code, region_code, date_ouverture, date_fermeture, est_ouvert, date_extraction,
        cap_autorisee_totale, cap_installee_totale
    from {{ ref('mart_etablissements__fiche') }}
    where est_esms
),

derniere_extraction as (
    select max(date_extraction) as jour from fiches
),

millesimes as (
    select
        m.millesime,
        -- 31 December has not been seen yet: the park is that of the last extraction.
        {{ year_end('m.millesime') }} > d.jour as est_du_jour,
        case when {{ year_end('m.millesime') }} > d.jour then d.jour else {{ year_end('m.millesime') }} end as date_parc
    from (select distinct millesime from {{ ref('dlnuf_valeurs') }} where unite = 'ET') as m
    cross join derniere_extraction as d
),

capacites as (
    select
        unite_id as finess_et,
        millesime,
        max(case when element_id = 'CAP_AUT_TOT' then valeur_nombre end) as cap_autorisee,
        max(case when element_id = 'CAP_INST_TOT' then valeur_nombre end) as cap_installee
    from {{ ref('dlnuf_valeurs') }}
    where unite = 'ET'
        and perimetre = 'site'
        and element_id in ('CAP_AUT_TOT', 'CAP_INST_TOT')
        and composante = ''
        and base_temporelle = 'stock_3112'
    group by unite_id, millesime
),

situations as (
    select
        m.millesime,
        m.date_parc,
        f.finess_et,
        f.finess_ej,
        f.departement_code,
        f.region_code,
        case when m.est_du_jour then coalesce(f.est_ouvert, false) else {{ is_open_on_3112('f', 'm.millesime') }} end as est_ouvert,
        case when m.est_du_jour then f.cap_autorisee_totale else c.cap_autorisee end as cap_autorisee,
        case when m.est_du_jour then f.cap_installee_totale else c.cap_installee end as cap_installee
    from millesimes as m
    cross join fiches as f
    left join capacites as c on f.finess_et = c.finess_et and m.millesime = c.millesime
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

-- One price and one GMP per establishment and year, whatever the time base of the collection that gave them.
mesures as (
    select
        unite_id as finess_et,
        millesime,
        element_id,
        valeur_nombre,
        row_number() over (
            partition by unite_id, millesime, element_id
            order by case perimetre when 'site' then 0 when 'groupe' then 1 else 2 end, base_temporelle desc
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
    inner join fiches as f on v.finess_et = f.finess_et
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
        {{ median_of('taux_occupation') }} as taux_occupation_median,
        count(taux_occupation) as n_taux_occupation,
        {{ median_of('prix_hp_cs') }} as prix_hp_cs_median,
        count(prix_hp_cs) as n_prix_hp_cs,
        {{ median_of('gmp') }} as gmp_median,
        count(gmp) as n_gmp
    from ({{ by_territory('par_etablissement', ['millesime', 'n_valeurs', 'n_conflits', 'n_saisies_demandees', 'n_saisies_evitees', 'taux_occupation', 'prix_hp_cs', 'gmp']) }}) as e
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
    {% for mesure, effectif in [('taux_occupation_median', 'n_taux_occupation'), ('prix_hp_cs_median', 'n_prix_hp_cs'), ('gmp_median', 'n_gmp')] -%}
    cast(a.{{ mesure }} as {{ type_double() }}) as {{ mesure }},
    cast(coalesce(a.{{ effectif }}, 0) as {{ dbt.type_int() }}) as {{ effectif }},
    {% endfor -%}
    cast(pop.population_75_plus as {{ type_double() }}) as population_75_plus,
    cast(pop.millesime_population as {{ dbt.type_int() }}) as millesime_population
from parc as p
left join annees as a on p.niveau = a.niveau and p.territoire_code = a.territoire_code and p.millesime = a.millesime
left join {{ ref('int_territoires') }} as t on p.niveau = t.niveau and p.territoire_code = t.territoire_code
left join {{ ref('int_territoires__population') }} as pop
    on p.niveau = pop.niveau and p.territoire_code = pop.territoire_code and p.millesime = pop.millesime
