{# One row per territory, public and year: persons whose entry, or exit, the other systems were not told, who are in two places, without a
   decision, or with two files. A status that no ESMS of the territory can have (it feeds no such system) is unknown, not zero. #}
{%- set statuts = {
    'entree_non_dite_vt': 'n_entrees_non_dites_vt', 'entree_non_dite_resid': 'n_entrees_non_dites_resid',
    'sortie_non_dite_vt': 'n_sorties_non_dites_vt', 'sortie_non_dite_resid': 'n_sorties_non_dites_resid',
    'deux_lieux': 'n_deux_lieux', 'sans_decision': 'n_sejours_sans_decision', 'decision_expirant': 'n_decisions_expirant',
} %}
with personnes as (
    select
        niveau,
        territoire_code,
        domaine,
        annee,
        count(*) as n_personnes,
        sum(case when n_entrees > 0 then 1 else 0 end) as n_entrees_dui,
        sum(case when n_sorties > 0 then 1 else 0 end) as n_sorties_dui,
        {% for statut, colonne in statuts.items() -%}
        sum({{ statut }}) as {{ colonne }}{{ ',' if not loop.last }}
        {% endfor -%}
    from {{ ref('int_dui__par_territoire') }}
    group by niveau, territoire_code, domaine, annee
),

attentes as (
    select * from {{ ref('int_dui__demandes') }} where est_en_attente
),

papiers as (
    select niveau, territoire_code, domaine, annee, sum(est_double) as n_dossiers_papier_en_double
    from (
        select
            niveau, territoire_code, domaine, annee, personne_numero,
            case when max(case when est_papier then 1 else 0 end) = 1 and min(case when est_papier then 1 else 0 end) = 0 then 1 else 0 end as est_double
        from ({{ by_territory('attentes', ['domaine', 'annee', 'personne_numero', 'est_papier']) }}) as a
        group by niveau, territoire_code, domaine, annee, personne_numero
    ) as par_personne
    group by niveau, territoire_code, domaine, annee
)

select
    p.niveau,
    p.territoire_code,
    p.domaine,
    cast(p.annee as {{ dbt.type_int() }}) as annee,
    {% for colonne in ['n_entrees_dui', 'n_entrees_non_dites_vt', 'n_entrees_non_dites_resid', 'n_sorties_dui', 'n_sorties_non_dites_vt',
        'n_sorties_non_dites_resid', 'n_deux_lieux', 'n_sejours_sans_decision', 'n_decisions_expirant'] -%}
    cast(p.{{ colonne }} as {{ dbt.type_int() }}) as {{ colonne }},
    {% endfor -%}
    cast(d.n_dossiers_papier_en_double as {{ dbt.type_int() }}) as n_dossiers_papier_en_double,
    cast(p.n_personnes as {{ dbt.type_int() }}) as n_personnes
from personnes as p
left join papiers as d
    on p.niveau = d.niveau and p.territoire_code = d.territoire_code and p.domaine = d.domaine and p.annee = d.annee
