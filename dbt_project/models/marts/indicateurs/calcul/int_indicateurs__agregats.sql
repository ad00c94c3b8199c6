{# One row per territory, millésime and indicator that establishments make: the sums and the median of what those of its champ answered, and how
   many they are. Steps: the establishments of the champ, open that year; their answers; their territories. A territory that has establishments,
   but none of the champ, gets a row that says so. #}
with concernes as (
    select
        p.millesime,
        p.date_parc,
        p.finess_et,
        p.departement_code,
        p.region_code,
        p.epci_code,
        i.code as indicateur_code,
        coalesce(p.cap_installee, p.cap_autorisee) as places,
        i.mesure
    from {{ ref('int_territoires__parc') }} as p
    inner join {{ ref('indicateurs_champ') }} as c on p.categorie_code = c.categorie_code
    inner join {{ ref('indicateurs_territoires') }} as i on c.indicateur_code = i.code
    where p.est_ouvert
),

repondants as (
    select
        c.*,
        r.numerateur,
        r.denominateur,
        r.valeur,
        c.mesure = 'nombre' or r.finess_et is not null as est_renseigne
    from concernes as c
    left join {{ ref('int_indicateurs__reponses') }} as r
        on c.finess_et = r.finess_et and c.millesime = r.millesime and c.indicateur_code = r.indicateur_code
),

sommes as (
    select
        niveau,
        territoire_code,
        millesime,
        indicateur_code,
        {{ exact_sum('numerateur') }} as numerateur,
        {{ exact_sum('denominateur') }} as denominateur,
        {{ median_of('valeur') }} as mediane,
        count(*) as n_concernes,
        count(case when est_renseigne then 1 end) as n_repondants,
        sum(places) as places,
        sum(case when est_renseigne then places end) as places_repondants
    from ({{ by_territory('repondants', ['millesime', 'indicateur_code', 'numerateur', 'denominateur', 'valeur', 'est_renseigne', 'places'], epci=true) }}) as r
    group by niveau, territoire_code, millesime, indicateur_code
),

parc as (
    select * from {{ ref('int_territoires__parc') }} where est_ouvert
),

attendus as (
    select distinct t.niveau, t.territoire_code, t.millesime, t.date_parc, i.code as indicateur_code
    from ({{ by_territory('parc', ['millesime', 'date_parc'], epci=true) }}) as t
    cross join (select code from {{ ref('indicateurs_territoires') }} where mesure <> 'externe') as i
)

select
    a.niveau,
    a.territoire_code,
    a.millesime,
    a.date_parc,
    a.indicateur_code,
    s.numerateur,
    s.denominateur,
    s.mediane,
    coalesce(s.n_concernes, 0) as n_concernes,
    coalesce(s.n_repondants, 0) as n_repondants,
    100.0 * coalesce(s.places_repondants, 0) / nullif(s.places, 0) as part_places_pct
from attendus as a
left join sommes as s
    on a.niveau = s.niveau
    and a.territoire_code = s.territoire_code
    and a.millesime = s.millesime
    and a.indicateur_code = s.indicateur_code
