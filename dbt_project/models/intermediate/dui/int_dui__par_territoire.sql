{{ config(materialized='table') }}
{# One row per territory, public, year and person whom several ESMS accompany in that year, or whom one does: what the person counts for in
   that territory. Nearly everybody is in one ESMS: those are taken as they are, only the others are put together. #}
{%- set un_oui = ['est_present', 'a_ete_temporaire', 'a_projet', 'a_projet_revu'] %}
{%- set sommes = ['n_entrees', 'n_sorties', 'n_sorties_datees', 'duree_jours', 'jours_absents'] %}
{%- set maxima = ['sexe', 'age', 'derniere_provenance', 'dernier_motif', 'entree_non_dite_vt', 'entree_non_dite_resid', 'sortie_non_dite_vt',
    'sortie_non_dite_resid', 'deux_lieux', 'sans_decision', 'decision_expirant'] %}
{%- set minima = ['gir', 'modalite_rang'] %}
{%- set colonnes = ['domaine', 'annee', 'personne_numero'] + un_oui + sommes + maxima + minima %}
with lignes as (
    select
        a.*,
        m.rang as modalite_rang
    from {{ ref('int_dui__accompagnements') }} as a
    left join (
        {% for modalite in ['HP', 'INT', 'SEMI', 'EXT', 'DOM', 'SEA', 'AN', 'HT', 'AJ'] -%}
        select '{{ modalite }}' as modalite, {{ loop.index }} as rang {{ 'union all ' if not loop.last }}
        {%- endfor %}
    ) as m on a.modalite = m.modalite
),

repetees as (
    select domaine, annee, personne_numero
    from lignes
    group by domaine, annee, personne_numero
    having count(*) > 1
),

seules as (
    select l.*
    from lignes as l
    left join repetees as r on l.personne_numero = r.personne_numero and l.annee = r.annee and l.domaine = r.domaine
    where r.personne_numero is null
),

plusieurs as (
    select l.*
    from lignes as l
    inner join repetees as r on l.personne_numero = r.personne_numero and l.annee = r.annee and l.domaine = r.domaine
),

reunies as (
    select
        niveau,
        territoire_code,
        domaine,
        annee,
        personne_numero,
        {% for colonne in un_oui -%}
        max(case when {{ colonne }} then 1 else 0 end) = 1 as {{ colonne }},
        {% endfor -%}
        {% for colonne in sommes -%}
        sum({{ colonne }}) as {{ colonne }},
        {% endfor -%}
        {% for colonne in maxima -%}
        max({{ colonne }}) as {{ colonne }},
        {% endfor -%}
        {% for colonne in minima -%}
        min({{ colonne }}) as {{ colonne }}{{ ',' if not loop.last }}
        {% endfor -%}
    from ({{ by_territory('plusieurs', colonnes) }}) as p
    group by niveau, territoire_code, domaine, annee, personne_numero
)

select niveau, territoire_code, {{ colonnes | join(', ') }} from ({{ by_territory('seules', colonnes) }}) as s
union all
select niveau, territoire_code, {{ colonnes | join(', ') }} from reunies
