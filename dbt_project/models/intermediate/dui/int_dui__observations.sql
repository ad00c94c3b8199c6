{{ config(materialized='view') }}
{# The answers of the DUI to the dictionary: what int_dui__indicateurs says of an ET, as far as it can leave the warehouse.

   Steps. 1. What may be wrong by more than the tolerance of its element is no answer: persons not known, or who oppose steering. 2. A value about
   fewer persons than the threshold is hidden; nobody is not: 0 is said. 3. Within a distribution, hidden components are at least two, of
   at least the threshold together: the smallest others go with them, so that no total (of the distribution, NB_PERS_3112, NB_ENTREES,
   NB_SORTIES) gives one back. 4. People present, entries and exits make the file active and the people present the year after: when one of
   the three is hidden, so are entries, exits and file active. 5. A distribution goes with the count it is a share of, and the GMP with the
   GIR, which it would give back. 6. Persons without an orientation are the rest of those present: a small rest hides the count. #}
{%- set seuil = seuil_personnes() %}
{%- set elements = ['NB_PERS_3112', 'FILE_ACTIVE', 'NB_ENTREES', 'NB_SORTIES', 'DMS', 'REPART_GIR', 'GMP_CONNU', 'REPART_AGE', 'REPART_SEXE',
    'JOURNEES_REAL_HP', 'JOURNEES_REAL_HT', 'JOURNEES_REAL_AJ', 'NB_ORIENTATION_MDPH', 'REPART_PROVENANCE', 'REPART_SORTIE'] %}
with indicateurs as (
    select i.*, i.effectif > 0 and i.effectif < {{ seuil }} as est_petit, e.tolerance_type, e.tolerance_valeur
    from {{ ref('int_dui__indicateurs') }} as i
    inner join {{ ref('elements') }} as e on i.indicateur = e.element_id
    where i.indicateur in ('{{ elements | join("', '") }}')
),

-- Persons left out that an answer bears: as many as its tolerance counts, or the share of it. A tolerance in whole numbers is also of so
-- many in a hundred (« ±2 ou 2 % »); one in points of GMP, of so many in a thousand.
connus as (
    select *
    from indicateurs
    where manquants = 0
        or manquants <= case tolerance_type
            when 'effectif' then tolerance_valeur
            when 'entier' then case when 0.01 * tolerance_valeur * concernes > tolerance_valeur then 0.01 * tolerance_valeur * concernes else tolerance_valeur end
            when 'relatif' then 0.01 * tolerance_valeur * concernes
            when 'points' then 0.01 * tolerance_valeur * concernes
            when 'absolu' then 0.001 * tolerance_valeur * concernes
            else 0
        end
),

-- Of each ET and year: what the counts that depend on one another hide, whether or not they are answers.
liens as (
    select
        unite_id,
        annee,
        max(case when indicateur in ('NB_PERS_3112', 'NB_ENTREES', 'NB_SORTIES') and est_petit then 1 else 0 end) as flux_est_cache,
        max(case when indicateur = 'REPART_GIR' and est_petit then 1 else 0 end) as gir_est_cache,
        max(case when indicateur = 'NB_PERS_3112' then effectif end) - max(case when indicateur = 'NB_ORIENTATION_MDPH' then effectif end) as n_sans_orientation
    from indicateurs
    group by unite_id, annee
),

-- The components of a distribution that are not empty, the smallest first: how many are small, what those before hold.
rangs as (
    select
        unite_id,
        annee,
        indicateur,
        composante,
        row_number() over (partition by unite_id, annee, indicateur order by effectif, composante) as rang,
        sum(case when est_petit then 1 else 0 end) over (partition by unite_id, annee, indicateur) as n_petits,
        coalesce(
            sum(effectif) over (
                partition by unite_id, annee, indicateur order by effectif, composante rows between unbounded preceding and 1 preceding
            ), 0
        ) as effectif_avant
    from connus
    where indicateur like 'REPART_%' and effectif > 0
),

caches as (
    select
        c.*,
        c.est_petit
        or coalesce(r.n_petits > 0 and (r.rang <= 2 or r.rang <= r.n_petits or r.effectif_avant < {{ seuil }}), false)
        or (l.flux_est_cache = 1 and c.indicateur in ('FILE_ACTIVE', 'NB_ENTREES', 'NB_SORTIES', 'REPART_PROVENANCE', 'REPART_SORTIE'))
        or (l.gir_est_cache = 1 and c.indicateur = 'GMP_CONNU')
        or (c.indicateur = 'NB_ORIENTATION_MDPH' and coalesce(l.n_sans_orientation between 1 and {{ seuil - 1 }}, false)) as est_cache
    from connus as c
    inner join liens as l on c.unite_id = l.unite_id and c.annee = l.annee
    left join rangs as r
        on c.unite_id = r.unite_id and c.annee = r.annee and c.indicateur = r.indicateur and c.composante = r.composante
)

select
    c.unite,
    c.unite_id,
    'site' as perimetre,
    c.annee as millesime,
    c.indicateur as element_id,
    c.composante,
    c.base_temporelle,
    'dui' as source,
    'DUI' as collecte,
    'sejours' as entite,
    'sejour_id' as champ,
    a.delivery_id,
    cast(a.ligne as {{ dbt.type_bigint() }}) as ligne,
    a.collecte_le,
    a.recu_le,
    cast(null as {{ dbt.type_string() }}) as rang_depot,
    true as est_courante,
    round(c.valeur, 6) as valeur_nombre,
    cast(null as {{ dbt.type_string() }}) as valeur_texte,
    cast(null as date) as valeur_date,
    c.unite_mesure
from caches as c
inner join {{ ref('int_dui__annees') }} as a on c.unite_id = a.unite_id and c.annee = a.annee
where not c.est_cache
