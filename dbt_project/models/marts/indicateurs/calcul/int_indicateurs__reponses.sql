{# One row per establishment, millésime and indicator of territories to which it has an answer: its part of the figure.
   Steps: places that the layer retained, known when each of those that a figure adds up is; answers that are a word or a day, held against
   the one declared; values of ESMS that are published,
   so that nothing of a territory tells what is kept back of one of them. #}
with declarees as (
    select distinct element_id, coalesce(composante, '') as composante
    from {{ ref('indicateurs_places') }}
),

reponses as (
    select
        v.unite_id as finess_et,
        v.millesime,
        v.element_id,
        v.composante,
        v.valeur_nombre,
        v.base_temporelle,
        case v.perimetre when 'site' then 0 when 'groupe' then 1 else 2 end as ordre
    from {{ ref('dlnuf_valeurs') }} as v
    inner join declarees as d on v.element_id = d.element_id and v.composante = d.composante
    where v.unite = 'ET' and v.base_temporelle in ('stock_3112', 'jour') and v.valeur_nombre is not null

    union all

    -- A mode that FINESS shows the establishment not to have holds no place, unless somebody answered that it does.
    select finess_et, millesime, element_id, composante, valeur, base_temporelle, 3
    from {{ ref('int_finess__capacites_datees') }}
    where est_modalite_absente and est_courante
),

capacites as (
    select
        *,
        -- A sum of places reads those of 31 December; FINESS, which speaks of a day, stands in for it.
        row_number() over (
            partition by finess_et, millesime, element_id, composante
            order by case base_temporelle when 'stock_3112' then 0 else 1 end, ordre
        ) as rang
    from reponses
),

places as (
    select
        c.finess_et,
        c.millesime,
        p.indicateur_code,
        {{ exact_sum('c.valeur_nombre') }} as numerateur,
        count(*) as n_connues
    from capacites as c
    inner join {{ ref('indicateurs_places') }} as p
        on c.element_id = p.element_id and c.composante = coalesce(p.composante, '')
    where c.rang = 1
    group by c.finess_et, c.millesime, p.indicateur_code
),

jugees as (
    select
        v.unite_id as finess_et,
        v.millesime,
        i.code as indicateur_code,
        case
            when i.attendue is not null then case when v.valeur = i.attendue then 1 else 0 end
            when i.exclue is not null then case when v.valeur <> i.exclue then 1 else 0 end
            when v.valeur_date is not null
                then case when v.valeur_date < cast(cast(v.millesime as {{ dbt.type_string() }}) || '-' || i.avant as date) then 1 else 0 end
        end as numerateur,
        row_number() over (
            partition by v.unite_id, v.millesime, i.code
            order by {{ dbt.position('v.base_temporelle', 'i.bases') }}, case v.perimetre when 'site' then 0 when 'groupe' then 1 else 2 end
        ) as rang
    from {{ ref('dlnuf_valeurs') }} as v
    inner join {{ ref('indicateurs_territoires') }} as i
        on v.element_id = i.element_id
        and v.composante = coalesce(i.composante, '')
        and {{ dbt.position('v.base_temporelle', 'i.bases') }} > 0
    where v.unite = 'ET' and v.valeur is not null
)

select
    p.finess_et,
    p.millesime,
    p.indicateur_code,
    p.numerateur,
    cast(null as {{ type_double() }}) as denominateur,
    cast(null as {{ type_double() }}) as valeur
from places as p
inner join (
    select indicateur_code, count(*) as n_attendues from {{ ref('indicateurs_places') }} group by indicateur_code
) as a
    on p.indicateur_code = a.indicateur_code and p.n_connues = a.n_attendues

union all

select finess_et, millesime, indicateur_code, numerateur, 1, cast(null as {{ type_double() }})
from jugees
where rang = 1 and numerateur is not null

union all

select
    e.finess_et,
    e.millesime,
    i.code as indicateur_code,
    case i.mesure
        when 'rapport' then e.numerateur
        when 'part' then case when e.valeur < i.limite then 1 else 0 end
    end as numerateur,
    case i.mesure when 'rapport' then e.denominateur when 'part' then 1 end as denominateur,
    e.valeur
from {{ ref('mart_indicateurs__esms') }} as e
inner join {{ ref('indicateurs_territoires') }} as i
    on e.indicateur_code = i.source_code and e.modalite = coalesce(i.source_modalite, '')
left join {{ ref('dlnuf_secret') }} as s
    on e.finess_et = s.unite_id and s.unite = 'ET' and s.genre = 'indicateur' and e.indicateur_code = s.code
where e.valeur is not null
    and (i.mesure <> 'rapport' or (e.numerateur is not null and e.denominateur > 0))
    -- One figure a thousand times too large would be the sum: an unlikely fraction is no answer. A median does not mind it.
    and (i.source_min is null or e.valeur >= i.source_min)
    and (i.source_max is null or e.valeur <= i.source_max)
    and s.code is null
