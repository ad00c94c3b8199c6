{{ config(materialized='table', post_hook="{{ note_changes_of_diffusion() }}") }}
{# One row per ET and dimension (TOTAUX: present, file active, entries, exits; each distribution) whose figures may leave: all of its years
   and components together, or none. Never a part: what is hidden would be the difference with the rest, or with the year after.

   Steps. 1. Held back: a count under the threshold in any year, an answer that is not sure; of a distribution, whoever is held back for the
   totals. 2. In each département and public, the smallest others with them, until those held back are two ESMS at least each year, and that
   together they count nobody or the threshold, in every component that the products or the ESMS count: a territory less what leaves gives
   no small number. Or all that the territory has: what leaves counts zero, the territory itself is protected at the exit. 3. The same in
   each region, then in France. ESMS that are not held back for themselves have no small count: one more never undoes what was enough. #}
{%- set seuil = seuil_personnes() %}
{%- set elements = ['NB_PERS_3112', 'FILE_ACTIVE', 'NB_ENTREES', 'NB_SORTIES', 'REPART_GIR', 'REPART_AGE', 'REPART_SEXE', 'REPART_PROVENANCE', 'REPART_SORTIE'] %}
{%- set distributions = elements[4:] %}
{%- set niveaux = [('departement', 'c.departement_code'), ('region', 'c.region_code'), ('france', "'FR'")] %}
with reponses as (
    select
        i.unite_id,
        case when i.indicateur like 'REPART_%' then i.indicateur else 'TOTAUX' end as dimension,
        max(case when not coalesce({{ is_known('i', 'e') }}, false) or i.effectif between 1 and {{ seuil - 1 }} then 1 else 0 end) as est_retenu
    from {{ ref('int_dui__indicateurs') }} as i
    inner join {{ ref('elements') }} as e on i.indicateur = e.element_id
    where i.indicateur in ('{{ elements | join("', '") }}')
    group by i.unite_id, case when i.indicateur like 'REPART_%' then i.indicateur else 'TOTAUX' end
),

petits as (
    select unite_id, dimension, max(case when n between 1 and {{ seuil - 1 }} then 1 else 0 end) as est_retenu
    from {{ ref('int_dui__comptes') }}
    group by unite_id, dimension
),

-- Every ET with every dimension; who does not answer one is held back.
esms as (
    select distinct unite_id from {{ ref('int_dui__comptes') }}
),

-- Counts, and the ESMS themselves as one more, of which two are needed.
comptes as (
    select unite_id, departement_code, region_code, domaine, annee, dimension, composante, n, {{ seuil }} as minimum
    from {{ ref('int_dui__comptes') }}
    where domaine is not null
    union all
    select distinct c.unite_id, c.departement_code, c.region_code, c.domaine, c.annee, d.dimension, '*', 1, 2
    from {{ ref('int_dui__comptes') }} as c
    cross join (
        {% for dimension in ['TOTAUX'] + distributions -%}
        select '{{ dimension }}' as dimension {{ 'union all ' if not loop.last }}
        {%- endfor %}
    ) as d
    where c.domaine is not null
),

tailles as (
    select unite_id, sum(n) as taille
    from {{ ref('int_dui__comptes') }}
    where dimension = 'TOTAUX' and composante = 'FILE'
    group by unite_id
),
{% for etape, dimensions in [('totaux', ['TOTAUX']), ('repartitions', distributions)] %}
retenus_{{ etape }}_0 as (
    select
        e.unite_id,
        d.dimension,
        case when r.est_retenu = 0 and coalesce(p.est_retenu, 0) = 0 {{ 'and t.est_retenu = 0' if etape != 'totaux' }} then 0 else 1 end as est_retenu
    from esms as e
    cross join (
        {% for dimension in dimensions -%}
        select '{{ dimension }}' as dimension {{ 'union all ' if not loop.last }}
        {%- endfor %}
    ) as d
    left join reponses as r on e.unite_id = r.unite_id and d.dimension = r.dimension
    left join petits as p on e.unite_id = p.unite_id and d.dimension = p.dimension
    {% if etape != 'totaux' -%}
    left join retenus_totaux_3 as t on e.unite_id = t.unite_id
    {%- endif %}
),
{% for niveau, territoire in niveaux %}
{%- set avant = 'retenus_' ~ etape ~ '_' ~ loop.index0 %}
{%- set suffixe = etape ~ '_' ~ loop.index %}
-- {{ niveau }}: the held back first, then the smallest.
rangs_{{ suffixe }} as (
    select
        c.unite_id,
        c.domaine,
        c.dimension,
        {{ territoire }} as territoire,
        min(a.est_retenu) as est_retenu,
        row_number() over (
            partition by {{ territoire }}, c.domaine, c.dimension order by min(a.est_retenu) desc, min(t.taille), c.unite_id
        ) as rang
    from comptes as c
    inner join {{ avant }} as a on c.unite_id = a.unite_id and c.dimension = a.dimension
    inner join tailles as t on c.unite_id = t.unite_id
    where c.composante = '*'
    group by c.unite_id, c.domaine, c.dimension, {{ territoire }}
),

cumuls_{{ suffixe }} as (
    select
        r.territoire,
        c.domaine,
        c.dimension,
        c.annee,
        c.composante,
        c.minimum,
        r.rang,
        sum(c.n) over (
            partition by r.territoire, c.domaine, c.dimension, c.annee, c.composante order by r.rang rows between unbounded preceding and current row
        ) as cumul,
        sum(c.n) over (partition by r.territoire, c.domaine, c.dimension, c.annee, c.composante) as total,
        sum(c.n * r.est_retenu) over (partition by r.territoire, c.domaine, c.dimension, c.annee, c.composante) as au_depart
    from comptes as c
    inner join rangs_{{ suffixe }} as r on c.unite_id = r.unite_id and c.domaine = r.domaine and c.dimension = r.dimension
),

suffisants_{{ suffixe }} as (
    select territoire, domaine, dimension, max(rang) as rang
    from (
        select territoire, domaine, dimension, annee, composante, min(rang) as rang
        from cumuls_{{ suffixe }}
        where (cumul >= minimum or cumul = total) and (au_depart > 0 or composante = '*')
        group by territoire, domaine, dimension, annee, composante
    ) as par_composante
    group by territoire, domaine, dimension
),

retenus_{{ suffixe }} as (
    select
        a.unite_id,
        a.dimension,
        max(case when a.est_retenu = 1 or r.rang <= s.rang then 1 else 0 end) as est_retenu
    from {{ avant }} as a
    left join rangs_{{ suffixe }} as r on a.unite_id = r.unite_id and a.dimension = r.dimension
    left join suffisants_{{ suffixe }} as s
        on r.domaine = s.domaine and r.dimension = s.dimension and coalesce(r.territoire, '') = coalesce(s.territoire, '')
    group by a.unite_id, a.dimension
),
{% endfor %}
{%- endfor %}
retenus as (
    select unite_id, dimension, est_retenu from retenus_totaux_3
    union all
    select unite_id, dimension, est_retenu from retenus_repartitions_3
)

select 'ET' as unite, unite_id, dimension
from retenus
where est_retenu = 0
