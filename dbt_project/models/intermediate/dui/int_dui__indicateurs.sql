{{ by_unit() }}
{# One row per ET, year, indicator and component: the value, and the persons that it is about. Full values: they stay in the warehouse.
   An indicator that is an element of the dictionary bears its name, and means what the tableau de bord and the ERRD ask under it.

   File active = present on 31 December + definitive exits; entries and exits are stays (who comes twice enters twice); mean stay:
   days of the stays ended in the year, neither temporary nor of the day / these stays; GIR: those of a permanent place; days of a
   modality: known when the days of all its stays are. `effectif`: persons behind the value (of a component: in it). `concernes`: the persons,
   or stays, that it should be about; `manquants`: those of them that it does not know, or that oppose steering and are left out. #}
{%- set provenances = ['DOMICILE', 'ETABLISSEMENT_SANTE', 'ESMS', 'INCONNUE'] %}
{%- set destinations = ['DECES', 'HOSPITALISATION', 'DOMICILE', 'ESMS', 'INCONNUE'] %}
{%- set modalites = ['HP', 'HT', 'AJ', 'AN', 'INT', 'SEMI', 'EXT', 'SEA', 'DOM'] %}
{%- set girs = gmp('gir_1', 'gir_2', 'gir_3', 'gir_4', 'gir_5', 'gir_6') %}
with sejours as (
    select * from {{ of_units_to_redo(ref('int_dui__sejours_annuels')) }} as sejours where not est_oppose
),

personnes as (
    select *, {{ tranche_age_tdb('age') }} as tranche_age
    from {{ of_units_to_redo(ref('int_dui__personnes')) }} as personnes
    where not est_oppose
),

opposants as (
    select
        unite_id,
        annee,
        count(*) as opposants_file,
        sum(case when est_present then 1 else 0 end) as opposants_presents,
        sum(case when est_permanent then 1 else 0 end) as opposants_permanents,
        sum(n_entrees) as entrees_opposants,
        sum(n_sorties) as sorties_opposants
    from {{ of_units_to_redo(ref('int_dui__personnes')) }} as opposants
    where est_oppose
    group by unite_id, annee
),

sejours_des_opposants as (
    select
        unite_id,
        annee,
        {% for modalite in modalites -%}
        sum(case when modalite = '{{ modalite }}' then 1 else 0 end) as opposants_{{ modalite | lower }}{{ ',' if not loop.last }}
        {% endfor -%}
    from {{ of_units_to_redo(ref('int_dui__sejours_annuels')) }} as opposants
    where est_oppose and jours_annee > 0
    group by unite_id, annee
),

par_personne as (
    select
        unite_id,
        annee,
        count(*) as n_file,
        sum(case when est_present then 1 else 0 end) as n_presents,
        sum(n_entrees) as entrees,
        sum(case when n_entrees > 0 then 1 else 0 end) as n_entres,
        sum(n_sorties) as sorties,
        sum(case when n_sorties > 0 then 1 else 0 end) as n_sortis,
        sum(n_sorties_datees) as sorties_datees,
        sum(case when n_sorties_datees > 0 then 1 else 0 end) as n_sortis_dates,
        sum(duree_jours) as duree_jours,
        sum(case when est_permanent then 1 else 0 end) as n_permanents,
        -- Present, and nobody knows whether in a permanent place.
        sum(case when est_present and est_permanent is null then 1 else 0 end) as n_peut_etre_permanents,
        coalesce(sum(n_sorties_sans_modalite), 0) as sorties_sans_modalite,
        sum(case when est_sans_modalite then 1 else 0 end) as n_sans_modalite,
        {% for gir in range(1, 7) -%}
        sum(case when est_permanent and gir = {{ gir }} then 1 else 0 end) as gir_{{ gir }},
        {% endfor -%}
        {% for borne, composante in tranches_age_tdb() -%}
        sum(case when est_present and tranche_age = '{{ composante }}' then 1 else 0 end) as {{ composante | lower }},
        {% endfor -%}
        sum(case when est_present then age end) as ages,
        sum(case when est_present and age is not null then 1 else 0 end) as n_age,
        sum(case when est_present and sexe = 'F' then 1 else 0 end) as femmes,
        sum(case when est_present and sexe = 'M' then 1 else 0 end) as hommes,
        {% for modalite in modalites -%}
        sum(case when est_present and modalite = '{{ modalite }}' then 1 else 0 end) as presents_{{ modalite | lower }},
        {% endfor -%}
        sum(case when a_ete_temporaire then 1 else 0 end) as n_temporaires,
        sum(case when est_present and a_orientation then 1 else 0 end) as n_orientes,
        max(case when a_orientation then 1 else 0 end) as dit_les_orientations,
        sum(jours_absents) as jours_absents,
        sum(case when jours_absents > 0 then 1 else 0 end) as n_absents,
        sum(case when jours_absents is not null then 1 else 0 end) as n_suivis,
        sum(case when est_present and a_projet then 1 else 0 end) as n_projets,
        sum(case when est_present and a_projet_revu then 1 else 0 end) as n_projets_revus
    from personnes
    group by unite_id, annee
),

journees as (
    select
        unite_id,
        annee,
        -- Days of a stay whose modality is not known may be of any.
        sum(case when modalite is null then n else 0 end) as sejours_sans_modalite,
        {% for modalite in modalites -%}
        sum(case when modalite = '{{ modalite }}' then n end) as sejours_{{ modalite | lower }},
        sum(case when modalite = '{{ modalite }}' then n_connus end) as connus_{{ modalite | lower }},
        sum(case when modalite = '{{ modalite }}' then jours end) as journees_{{ modalite | lower }},
        sum(case when modalite = '{{ modalite }}' then 1 end) as personnes_{{ modalite | lower }}{{ ',' if not loop.last }}
        {% endfor -%}
    from (
        select unite_id, annee, modalite, personne, count(*) as n, count(journees) as n_connus, sum(journees) as jours
        from sejours
        where jours_annee > 0
        group by unite_id, annee, modalite, personne
    ) as par_modalite
    group by unite_id, annee
),

-- Who does not say where people come from, or go to, for anybody has no such field: the distribution is unknown. Who says it for most
-- leaves out those of whom nobody knows.
mouvements as (
    select
        unite_id,
        annee,
        sum(case when sens = 'entree' then n_dits else 0 end) as provenances_dites,
        sum(case when sens = 'sortie' then n_dits else 0 end) as destinations_dites,
        {% for composante in provenances -%}
        sum(case when sens = 'entree' and composante = '{{ composante }}' then n else 0 end) as entrees_{{ composante | lower }},
        sum(case when sens = 'entree' and composante = '{{ composante }}' then 1 else 0 end) as entres_{{ composante | lower }},
        {% endfor -%}
        {% for composante in destinations -%}
        sum(case when sens = 'sortie' and composante = '{{ composante }}' then n else 0 end) as sorties_{{ composante | lower }},
        sum(case when sens = 'sortie' and composante = '{{ composante }}' then 1 else 0 end) as sortis_{{ composante | lower }}{{ ',' if not loop.last }}
        {% endfor -%}
    from (
        select unite_id, annee, 'entree' as sens, coalesce(provenance, 'INCONNUE') as composante, personne, count(*) as n, count(provenance) as n_dits
        from sejours where est_entre group by unite_id, annee, coalesce(provenance, 'INCONNUE'), personne
        union all
        select unite_id, annee, 'sortie', coalesce(destination, 'INCONNUE'), personne, count(*), count(destination)
        from sejours where est_sorti group by unite_id, annee, coalesce(destination, 'INCONNUE'), personne
    ) as dits
    group by unite_id, annee
),

comptes as (
    select
        p.*,
        coalesce(j.sejours_sans_modalite, 0) as sejours_sans_modalite,
        p.gir_1 + p.gir_2 + p.gir_3 + p.gir_4 + p.gir_5 + p.gir_6 as n_gir
        {%- for modalite in modalites %},
        j.sejours_{{ modalite | lower }}, j.connus_{{ modalite | lower }}, j.journees_{{ modalite | lower }}, j.personnes_{{ modalite | lower }}
        {%- endfor %}
        {%- for composante in provenances %},
        m.entrees_{{ composante | lower }}, m.entres_{{ composante | lower }}
        {%- endfor %}
        {%- for composante in destinations %},
        m.sorties_{{ composante | lower }}, m.sortis_{{ composante | lower }}
        {%- endfor %},
        -- What a side that says nothing of most does not know.
        case when m.provenances_dites >= 0.5 * p.entrees then 0 else p.entrees - m.provenances_dites end as provenances_tues,
        case when m.destinations_dites >= 0.5 * p.sorties then 0 else p.sorties - m.destinations_dites end as destinations_tues,
        {% for colonne in ['opposants_file', 'opposants_presents', 'opposants_permanents', 'entrees_opposants', 'sorties_opposants'] -%}
        coalesce(o.{{ colonne }}, 0) as {{ colonne }},
        {% endfor -%}
        {% for modalite in modalites -%}
        coalesce(s.opposants_{{ modalite | lower }}, 0) as opposants_{{ modalite | lower }}{{ ',' if not loop.last }}
        {% endfor %}
    from par_personne as p
    left join journees as j on p.unite_id = j.unite_id and p.annee = j.annee
    left join mouvements as m on p.unite_id = m.unite_id and p.annee = m.annee
    left join opposants as o on p.unite_id = o.unite_id and p.annee = o.annee
    left join sejours_des_opposants as s on p.unite_id = s.unite_id and p.annee = s.annee
)
{# (indicator, component, time base, value, persons behind it, [those that it should be about, those that it misses], measure) -#}
{%- set presents = ['n_presents + opposants_presents', 'opposants_presents'] %}
{%- set entres = ['entrees + entrees_opposants', 'entrees_opposants'] %}
{%- set sortis = ['sorties + sorties_opposants', 'sorties_opposants'] %}
{%- set permanents = ['n_permanents + n_peut_etre_permanents + opposants_permanents', 'n_permanents - n_gir + n_peut_etre_permanents + opposants_permanents'] %}
{%- set d_age_connu = ['n_presents + opposants_presents', 'n_presents - n_age + opposants_presents'] %}
{%- set de_sexe_connu = ['n_presents + opposants_presents', 'n_presents - femmes - hommes + opposants_presents'] %}
{%- set file = ['n_file + opposants_file', 'opposants_file'] %}
{%- set valeurs = [
    ('NB_PERS_3112', '', 'stock_3112', 'n_presents', 'n_presents', presents, 'personnes'),
    ('FILE_ACTIVE', '', 'flux_annee', file_active('n_presents', 'sorties').valeur, 'n_file', file, 'personnes'),
    ('NB_ENTREES', '', 'flux_annee', 'entrees', 'n_entres', entres, 'personnes'),
    ('NB_SORTIES', '', 'flux_annee', 'sorties', 'n_sortis', sortis, 'personnes'),
    ('DMS', '', 'flux_annee', duree_moyenne_sejour('duree_jours', 'sorties_datees').valeur, 'n_sortis_dates', [sortis[0], 'sorties_sans_modalite + ' ~ sortis[1]], 'jours'),
    ('GMP_CONNU', '', 'stock_3112', girs.valeur, 'n_gir', permanents, 'points'),
    ('NB_ORIENTATION_MDPH', '', 'stock_3112', 'case when dit_les_orientations = 1 then n_orientes end', 'n_orientes', presents, 'personnes'),
    ('AGE_MOYEN', '', 'stock_3112', '1.0 * ages / nullif(n_age, 0)', 'n_age', d_age_connu, 'annees'),
    ('ABSENCE_MOYENNE', '', 'flux_annee', absences_moyennes('jours_absents', 'n_absents').valeur, 'n_absents', ['n_file + opposants_file', 'n_file - n_suivis + opposants_file'], 'jours'),
    ('PROJETS_REVUS', '', 'stock_3112', '100.0 * n_projets_revus / nullif(n_projets, 0)', 'n_projets', presents, 'pct'),
    ('PERSONNES_HT', '', 'flux_annee', 'n_temporaires', 'n_temporaires', [file[0], 'n_sans_modalite + ' ~ file[1]], 'personnes'),
] -%}
{%- for gir in range(1, 7) -%}
    {%- do valeurs.append(('REPART_GIR', 'GIR_' ~ gir, 'stock_3112', 'case when n_gir > 0 then gir_' ~ gir ~ ' end', 'gir_' ~ gir, permanents, 'personnes')) -%}
{%- endfor -%}
{%- for borne, composante in tranches_age_tdb() -%}
    {%- do valeurs.append(('REPART_AGE', composante, 'stock_3112', 'case when n_age > 0 then ' ~ composante | lower ~ ' end', composante | lower, d_age_connu, 'personnes')) -%}
{%- endfor -%}
{%- for composante in ['FEMMES', 'HOMMES'] -%}
    {%- do valeurs.append(('REPART_SEXE', composante, 'stock_3112', 'case when femmes + hommes > 0 then ' ~ composante | lower ~ ' end', composante | lower, de_sexe_connu, 'personnes')) -%}
{%- endfor -%}
{%- for modalite in modalites -%}
    {%- set m = modalite | lower -%}
    {%- set suivis = ['sejours_' ~ m ~ ' + sejours_sans_modalite + opposants_' ~ m, 'sejours_' ~ m ~ ' - connus_' ~ m ~ ' + sejours_sans_modalite + opposants_' ~ m] -%}
    {%- do valeurs.append(('PRESENTS', modalite, 'stock_3112', 'presents_' ~ m, 'presents_' ~ m, presents, 'personnes')) -%}
    {%- do valeurs.append(('JOURNEES_REAL_' ~ modalite, '', 'flux_annee', 'journees_' ~ m, 'personnes_' ~ m, suivis, 'jours')) -%}
{%- endfor -%}
{%- for composante in provenances -%}
    {%- set c = composante | lower -%}
    {%- do valeurs.append(('REPART_PROVENANCE', composante, 'flux_annee', '100.0 * entrees_' ~ c ~ ' / nullif(entrees, 0)', 'entres_' ~ c, [entres[0], 'provenances_tues + ' ~ entres[1]], 'pct')) -%}
{%- endfor -%}
{%- for composante in destinations -%}
    {%- set c = composante | lower -%}
    {%- do valeurs.append(('REPART_SORTIE', composante, 'flux_annee', '100.0 * sorties_' ~ c ~ ' / nullif(sorties, 0)', 'sortis_' ~ c, [sortis[0], 'destinations_tues + ' ~ sortis[1]], 'pct')) -%}
{%- endfor %}

{% for indicateur, composante, base, valeur, effectif, dits, mesure in valeurs %}
select
    'ET' as unite,
    unite_id,
    annee,
    '{{ indicateur }}' as indicateur,
    '{{ composante }}' as composante,
    '{{ base }}' as base_temporelle,
    cast({{ valeur }} as {{ type_double() }}) as valeur,
    cast({{ effectif }} as {{ dbt.type_int() }}) as effectif,
    cast({{ dits[0] }} as {{ dbt.type_int() }}) as concernes,
    cast({{ dits[1] }} as {{ dbt.type_int() }}) as manquants,
    '{{ mesure }}' as unite_mesure
from comptes
where {{ valeur }} is not null
{{ 'union all' if not loop.last }}
{% endfor %}
