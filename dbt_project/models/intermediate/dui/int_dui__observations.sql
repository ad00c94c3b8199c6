{{ config(materialized='view') }}
{# The answers of the DUI to the dictionary: what int_dui__indicateurs says of an ET, as far as it can leave the warehouse.

   Steps. 1. What may be wrong by more than the tolerance of its element is no answer: persons not known, or who oppose steering. 2. Totals and
   distributions leave whole or not at all, where int_dui__diffusion says so; with the totals, what rests on them; with the GIR, the GMP,
   which would give them back. 3. Of those, a value about fewer persons than the threshold is hidden; nobody is not: 0 is said.
   4. Persons without an orientation are the rest of those present: a small rest hides the count. #}
{%- set seuil = seuil_personnes() %}
{%- set elements = ['NB_PERS_3112', 'FILE_ACTIVE', 'NB_ENTREES', 'NB_SORTIES', 'DMS', 'REPART_GIR', 'GMP_CONNU', 'REPART_AGE', 'REPART_SEXE',
    'JOURNEES_REAL_HP', 'JOURNEES_REAL_HT', 'JOURNEES_REAL_AJ', 'NB_ORIENTATION_MDPH', 'REPART_PROVENANCE', 'REPART_SORTIE'] %}
with connus as (
    select i.*
    from {{ ref('int_dui__indicateurs') }} as i
    inner join {{ ref('elements') }} as e on i.indicateur = e.element_id
    where i.indicateur in ('{{ elements | join("', '") }}') and {{ is_known('i', 'e') }}
),

presents as (
    select unite_id, annee, effectif from {{ ref('int_dui__indicateurs') }} where indicateur = 'NB_PERS_3112'
),

diffuses as (
    select c.*
    from connus as c
    inner join {{ ref('int_dui__diffusion') }} as d
        on c.unite_id = d.unite_id
        and d.dimension = case
            when c.indicateur = 'GMP_CONNU' then 'REPART_GIR'
            when c.indicateur like 'REPART_%' then c.indicateur
            else 'TOTAUX'
        end
    left join presents as p on c.unite_id = p.unite_id and c.annee = p.annee
    where not c.effectif between 1 and {{ seuil - 1 }}
        and not (c.indicateur = 'NB_ORIENTATION_MDPH' and coalesce(p.effectif - c.effectif between 1 and {{ seuil - 1 }}, false))
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
from diffuses as c
inner join {{ ref('int_dui__annees') }} as a on c.unite_id = a.unite_id and c.annee = a.annee
