{# Steps: the values of ESMS that are published and open that year; their quartiles by category and territory, with how many ESMS of the
   category there are; never of fewer than the minimum, which would be the figures of one of them. #}
with esms as (
    select millesime, finess_et, categorie_code, departement_code, region_code
    from {{ ref('int_territoires__parc') }}
    where est_esms and est_ouvert and categorie_code is not null
),

valeurs as (
    select
        p.millesime,
        p.categorie_code,
        p.departement_code,
        p.region_code,
        e.indicateur_code,
        e.modalite,
        e.valeur
    from {{ ref('mart_indicateurs__esms') }} as e
    inner join esms as p on e.finess_et = p.finess_et and e.millesime = p.millesime
    left join {{ ref('dlnuf_secret') }} as s
        on e.finess_et = s.unite_id and s.unite = 'ET' and s.genre = 'indicateur' and e.indicateur_code = s.code
    where e.valeur is not null and s.code is null
),

quartiles as (
    select
        niveau,
        territoire_code,
        millesime,
        categorie_code,
        indicateur_code,
        modalite,
        count(*) as n_repondants,
        {{ quantile('valeur', 0.25) }} as q1,
        {{ median_of('valeur') }} as mediane,
        {{ quantile('valeur', 0.75) }} as q3
    from ({{ by_territory('valeurs', ['millesime', 'categorie_code', 'indicateur_code', 'modalite', 'valeur']) }}) as v
    group by niveau, territoire_code, millesime, categorie_code, indicateur_code, modalite
    having count(*) >= {{ effectif_minimal() }}
),

concernes as (
    select niveau, territoire_code, millesime, categorie_code, count(*) as n_concernes
    from ({{ by_territory('esms', ['millesime', 'categorie_code']) }}) as e
    group by niveau, territoire_code, millesime, categorie_code
)

select
    q.niveau,
    q.territoire_code,
    t.territoire_libelle,
    cast(q.millesime as {{ dbt.type_int() }}) as millesime,
    q.categorie_code,
    f.libelle as categorie_libelle,
    q.indicateur_code,
    i.libelle as indicateur_libelle,
    q.modalite,
    i.modalite_libelle,
    i.unite_mesure,
    cast(q.n_repondants as {{ dbt.type_int() }}) as n_repondants,
    cast(c.n_concernes as {{ dbt.type_int() }}) as n_concernes,
    cast(q.q1 as {{ type_double() }}) as q1,
    cast(q.mediane as {{ type_double() }}) as mediane,
    cast(q.q3 as {{ type_double() }}) as q3,
    p.perimetre
from quartiles as q
inner join concernes as c
    on q.niveau = c.niveau
    and q.territoire_code = c.territoire_code
    and q.millesime = c.millesime
    and q.categorie_code = c.categorie_code
inner join {{ ref('indicateurs_esms') }} as i on q.indicateur_code = i.code and q.modalite = coalesce(i.modalite, '')
left join {{ ref('categories_finess') }} as f on q.categorie_code = f.code
left join {{ ref('int_territoires') }} as t on q.niveau = t.niveau and q.territoire_code = t.territoire_code
left join {{ ref('int_territoires__perimetres') }} as p on q.niveau = p.niveau and q.territoire_code = p.territoire_code
