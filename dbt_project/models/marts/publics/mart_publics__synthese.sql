{# One row per territory, public and year: whom the ESMS accompany. Steps: persons, each once in a territory; days done and places, by ESMS;
   ratios. Counts are of persons; a mean is unknown when nobody bears it. #}
{%- set girs = gmp('gir_1', 'gir_2', 'gir_3', 'gir_4', 'gir_5', 'gir_6') %}
with personnes as (
    select
        niveau,
        territoire_code,
        domaine,
        annee,
        sum(case when est_present then 1 else 0 end) as n_personnes,
        count(*) as n_file_active,
        sum(case when n_entrees > 0 then 1 else 0 end) as n_entrees,
        sum(case when n_sorties > 0 then 1 else 0 end) as n_sorties,
        sum(case when est_present then age end) as ages,
        count(case when est_present then age end) as n_age,
        {% for gir in range(1, 7) -%}
        sum(case when est_present and gir = {{ gir }} then 1 else 0 end) as gir_{{ gir }},
        {% endfor -%}
        sum(duree_jours) as duree_jours,
        sum(n_sorties_datees) as sorties_datees,
        sum(case when n_sorties_datees > 0 then 1 else 0 end) as n_sorties_datees,
        sum(jours_absents) as jours_absents,
        sum(case when jours_absents > 0 then 1 else 0 end) as n_absents,
        sum(case when modalite_rang = 1 then 1 else 0 end) as n_hp,
        sum(case when est_present and a_projet then 1 else 0 end) as n_projets,
        sum(case when est_present and a_projet_revu then 1 else 0 end) as n_projets_revus,
        sum(case when a_ete_temporaire then 1 else 0 end) as n_personnes_ht
    from {{ ref('int_dui__par_territoire') }}
    group by niveau, territoire_code, domaine, annee
),

esms as (
    select finess_et, domaine, annee, departement_code, region_code
    from {{ ref('int_dui__accompagnements') }}
    group by finess_et, domaine, annee, departement_code, region_code
),

-- Occupancy: days done, where they are known, over the days that the places allow.
journees as (
    select unite_id as finess_et, annee, valeur as journees_hp
    from {{ ref('int_dui__indicateurs') }}
    where indicateur = 'JOURNEES_REAL_HP' and manquants <= 0.05 * concernes
),

places as (
    select
        unite_id as finess_et,
        millesime as annee,
        {{ journees_theoriques(
            indicator_term('JOURNEES_THEO', 'HP', ['exercice', 'flux_annee']),
            indicator_term('CAP_AUT_HP', '', ['stock_3112', 'exercice']),
            '(' ~ dbt.datediff("cast(cast(millesime as " ~ dbt.type_string() ~ ") || '-01-01' as date)", year_end('millesime'), 'day') ~ ' + 1)',
        ) }} as journees_theo_hp,
        coalesce({{ indicator_term('CAP_INST_HT', '', ['stock_3112', 'exercice']) }}, {{ indicator_term('CAP_AUT_HT', '', ['stock_3112', 'exercice']) }}) as places_temporaires
    from {{ ref('dlnuf_valeurs') }}
    where unite = 'ET'
        and perimetre = 'site'
        and element_id in ('JOURNEES_THEO', 'CAP_AUT_HP', 'CAP_INST_HT', 'CAP_AUT_HT')
        and valeur_nombre is not null
    group by unite_id, millesime
),

offres as (
    select
        e.*,
        case when p.journees_theo_hp > 0 then j.journees_hp end as journees_hp,
        case when j.journees_hp is not null then p.journees_theo_hp end as journees_theo_hp,
        p.places_temporaires
    from esms as e
    left join journees as j on e.finess_et = j.finess_et and e.annee = j.annee
    left join places as p on e.finess_et = p.finess_et and e.annee = p.annee
),

par_esms as (
    select
        niveau,
        territoire_code,
        domaine,
        annee,
        count(*) as n_esms,
        sum(journees_hp) as journees_hp,
        sum(journees_theo_hp) as journees_theo_hp,
        sum(places_temporaires) as places_temporaires
    from ({{ by_territory('offres', ['domaine', 'annee', 'journees_hp', 'journees_theo_hp', 'places_temporaires']) }}) as o
    group by niveau, territoire_code, domaine, annee
)

select
    p.niveau,
    p.territoire_code,
    p.domaine,
    cast(p.annee as {{ dbt.type_int() }}) as annee,
    cast(e.n_esms as {{ dbt.type_int() }}) as n_esms,
    {% for colonne in ['n_personnes', 'n_file_active', 'n_entrees', 'n_sorties'] -%}
    cast(p.{{ colonne }} as {{ dbt.type_int() }}) as {{ colonne }},
    {% endfor -%}
    cast(1.0 * p.ages / nullif(p.n_age, 0) as {{ type_double() }}) as age_moyen_annees,
    cast(p.n_age as {{ dbt.type_int() }}) as n_age,
    cast({{ girs.valeur }} as {{ type_double() }}) as gmp,
    cast({{ girs.denominateur }} as {{ dbt.type_int() }}) as n_gir,
    cast(100.0 * (p.gir_1 + p.gir_2) / nullif({{ girs.denominateur }}, 0) as {{ type_double() }}) as part_gir_1_2_pct,
    cast({{ duree_moyenne_sejour('p.duree_jours', 'p.sorties_datees').valeur }} as {{ type_double() }}) as duree_moyenne_sejour_jours,
    cast(p.n_sorties_datees as {{ dbt.type_int() }}) as n_sorties_datees,
    cast({{ absences_moyennes('p.jours_absents', 'p.n_absents').valeur }} as {{ type_double() }}) as absence_moyenne_jours,
    cast(p.n_absents as {{ dbt.type_int() }}) as n_absents,
    cast({{ taux_occupation('e.journees_hp', 'e.journees_theo_hp').valeur }} as {{ type_double() }}) as taux_occupation_hp_pct,
    cast(p.n_hp as {{ dbt.type_int() }}) as n_hp,
    cast(100.0 * p.n_projets_revus / nullif(p.n_projets, 0) as {{ type_double() }}) as projets_revus_pct,
    cast(p.n_projets as {{ dbt.type_int() }}) as n_projets,
    cast(e.places_temporaires as {{ type_double() }}) as places_temporaires,
    cast(p.n_personnes_ht as {{ dbt.type_int() }}) as n_personnes_ht
from personnes as p
left join par_esms as e
    on p.niveau = e.niveau and p.territoire_code = e.territoire_code and p.domaine = e.domaine and p.annee = e.annee
