{# One row per mesure of the aide sociale, territory and year. A département has the figure that the Drees gives of it; where that is
   not the sum of its parts, as 0 beside the figures of Lyon and of the rest of the Rhône, the sum is kept, and said. A region and France are the sums of their départements, when all are known; those that the Drees only gives together (Corse since
   2018) are known together. Beside a sum stands the one that the source publishes, with the name that it gives to its territory. #}
with chiffres as (
    select * from {{ ref('stg_drees__aide_sociale') }} where partie = 1
),

mesures as (
    select mesure_code, millesime, max(livraison) as livraison
    from chiffres
    where valeur is not null
    group by mesure_code, millesime
),

parties as (
    select
        m.mesure_code,
        m.millesime,
        g.collectivite_code,
        case when count(*) = count(c.valeur) then {{ exact_sum('c.valeur') }} end as valeur
    from mesures as m
    cross join {{ ref('collectivites_drees') }} as g
    left join chiffres as c on m.mesure_code = c.mesure_code and m.millesime = c.millesime and g.code = c.territoire_code
    group by m.mesure_code, m.millesime, g.collectivite_code
),

attendus as (
    select
        m.mesure_code,
        m.millesime,
        coalesce(c.livraison, m.livraison) as livraison,
        d.departement_code,
        d.region_code,
        g.collectivite_code,
        case when abs(c.valeur - p.valeur) > 0.5 then p.valeur else coalesce(c.valeur, p.valeur) end as valeur,
        case when abs(c.valeur - p.valeur) > 0.5 then 1 else 0 end as est_contredit,
        e.valeur as valeur_ensemble
    from mesures as m
    cross join {{ ref('stg_insee__departements') }} as d
    left join {{ ref('collectivites_drees') }} as g on d.departement_code = g.code
    left join chiffres as c
        on m.mesure_code = c.mesure_code and m.millesime = c.millesime and d.departement_code = c.territoire_code
    left join chiffres as e
        on m.mesure_code = e.mesure_code and m.millesime = e.millesime and g.collectivite_code = e.territoire_code
    left join parties as p
        on m.mesure_code = p.mesure_code and m.millesime = p.millesime and d.departement_code = p.collectivite_code
    where d.est_departement
),

-- A figure given of several départements together is counted once, and only when none of them has its own.
ensembles as (
    select mesure_code, millesime, collectivite_code, min(departement_code) as departement_code
    from attendus
    where collectivite_code is not null
    group by mesure_code, millesime, collectivite_code
    having count(valeur) = 0 and count(valeur_ensemble) > 0
),

departements as (
    select
        a.mesure_code,
        a.millesime,
        a.livraison,
        a.departement_code,
        a.region_code,
        a.valeur,
        a.est_contredit,
        coalesce(a.valeur, case when e.departement_code = a.departement_code then a.valeur_ensemble end) as part,
        case when a.valeur is not null or e.departement_code is not null then 1 else 0 end as connu,
        case when e.departement_code is not null then 1 else 0 end as est_donne_ensemble
    from attendus as a
    left join ensembles as e
        on a.mesure_code = e.mesure_code and a.millesime = e.millesime and a.collectivite_code = e.collectivite_code
),

territoires as (
    select 'region' as niveau, region_code as territoire_code, * from departements
    union all
    select 'france', 'FR', * from departements
),

sommes as (
    select
        mesure_code,
        niveau,
        territoire_code,
        millesime,
        max(livraison) as livraison,
        case when sum(connu) = count(*) then {{ exact_sum('part') }} end as valeur,
        sum(connu) as n_connus,
        count(*) as n_departements
    from territoires
    group by mesure_code, niveau, territoire_code, millesime
),

-- The Drees has its own codes of regions overseas: its table by département says which is which.
regions as (
    select distinct c.region_drees_code, d.region_code
    from chiffres as c
    inner join {{ ref('stg_insee__departements') }} as d on c.territoire_code = d.departement_code
    where c.region_drees_code is not null
),

publies as (
    select p.mesure_code, 'region' as niveau, r.region_code as territoire_code, p.millesime, p.valeur, cast(null as {{ dbt.type_string() }}) as perimetre, 1 as rang
    from {{ ref('stg_drees__aide_sociale') }} as p
    inner join regions as r on p.territoire_code = r.region_drees_code
    where p.partie = 2 and p.maille = 'region'
    union all
    select
        mesure_code,
        'france',
        'FR',
        millesime,
        valeur,
        territoire_code,
        row_number() over (
            partition by mesure_code, millesime
            order by case when lower(territoire_code) like '%hors mayotte%' then 1 else 0 end, territoire_code
        )
    from chiffres
    where maille = 'regroupement' and valeur is not null and (lower(territoire_code) like '%entière%' or lower(territoire_code) like '%et drom%')
)

select
    mesure_code,
    'departement' as niveau,
    departement_code as territoire_code,
    millesime,
    valeur,
    cast(case when valeur is null then 0 else 1 end as {{ dbt.type_int() }}) as n_connus,
    cast(1 as {{ dbt.type_int() }}) as n_departements,
    cast(null as {{ type_double() }}) as valeur_publiee,
    cast(null as {{ dbt.type_string() }}) as perimetre_publie,
    case
        when est_contredit = 1 then 'La source donne un autre chiffre que la somme de ceux des parties du département : la somme est retenue.'
        when valeur is not null then null
        when est_donne_ensemble = 1 then 'La source ne distingue plus ce département de la collectivité dont il fait partie.'
        else 'La source ne donne pas ce chiffre.'
    end as alerte,
    livraison
from departements
union all
select
    s.mesure_code,
    s.niveau,
    s.territoire_code,
    s.millesime,
    s.valeur,
    cast(s.n_connus as {{ dbt.type_int() }}) as n_connus,
    cast(s.n_departements as {{ dbt.type_int() }}) as n_departements,
    p.valeur as valeur_publiee,
    p.perimetre as perimetre_publie,
    case
        when s.n_connus < s.n_departements
            then
                cast(s.n_connus as {{ dbt.type_string() }}) || ' département' || case when s.n_connus > 1 then 's connus' else ' connu' end
                || ' sur ' || cast(s.n_departements as {{ dbt.type_string() }}) || '.'
    end as alerte,
    s.livraison
from sommes as s
left join publies as p
    on s.mesure_code = p.mesure_code and s.niveau = p.niveau and s.territoire_code = p.territoire_code and s.millesime = p.millesime and p.rang = 1
