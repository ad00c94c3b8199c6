{# Steps: the capacity that the layer retained for each establishment open on 31 December; its sum by indicator and territory;
   the population of the age class; the rate, when enough capacities are known, said partial when some are not. #}
with declarees as (
    select distinct element_id, coalesce(composante, '') as composante
    from {{ ref('indicateurs_equipement') }}
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
        -- A rate of equipment reads the places on 31 December; FINESS, which speaks of a day, stands in for it.
        row_number() over (
            partition by finess_et, millesime, element_id, composante
            order by case base_temporelle when 'stock_3112' then 0 else 1 end, ordre
        ) as rang
    from reponses
),

etablissements as (
    select m.millesime, f.finess_et, f.categorie_code, f.departement_code, f.region_code
    from (select distinct millesime from capacites) as m
    cross join {{ ref('mart_etablissements__fiche') }} as f
    where {{ is_open_on_3112('f', 'm.millesime') }}
),

places as (
    select
        e.millesime,
        r.indicateur_code,
        e.finess_et,
        e.departement_code,
        e.region_code,
        -- The places of an establishment are known when each of the figures that make them up is.
        case when count(*) = count(c.valeur_nombre) then sum(c.valeur_nombre) end as places
    from etablissements as e
    inner join {{ ref('indicateurs_equipement') }} as r on e.categorie_code = r.categorie_code
    left join capacites as c
        on e.finess_et = c.finess_et
        and e.millesime = c.millesime
        and r.element_id = c.element_id
        and coalesce(r.composante, '') = c.composante
        and c.rang = 1
    group by e.millesime, r.indicateur_code, e.finess_et, e.departement_code, e.region_code
),

sommes as (
    select
        niveau,
        territoire_code,
        millesime,
        indicateur_code,
        sum(places) as numerateur,
        count(*) as n_et_concernes,
        count(places) as n_et_renseignes
    from ({{ by_territory('places', ['millesime', 'indicateur_code', 'places']) }}) as p
    group by niveau, territoire_code, millesime, indicateur_code
),

-- A territory that has establishments, but none of the categories of an indicator, gets a row that says so.
attendus as (
    select distinct t.niveau, t.territoire_code, t.millesime, r.indicateur_code, r.population
    from ({{ by_territory('etablissements', ['millesime']) }}) as t
    cross join (select distinct indicateur_code, population from {{ ref('indicateurs_equipement') }}) as r
),

termes as (
    select
        a.niveau,
        a.territoire_code,
        a.millesime,
        a.indicateur_code,
        s.numerateur,
        case a.population
            when 'population_0_19' then p.population_0_19
            when 'population_20_59' then p.population_20_59
            when 'population_75_plus' then p.population_75_plus
        end as denominateur,
        p.millesime_population,
        coalesce(s.n_et_concernes, 0) as n_et_concernes,
        coalesce(s.n_et_renseignes, 0) as n_et_renseignes,
        coalesce(s.n_et_renseignes >= {{ var('couverture_minimale_equipement') }} * s.n_et_concernes, false) as est_couvert
    from attendus as a
    left join sommes as s
        on a.niveau = s.niveau
        and a.territoire_code = s.territoire_code
        and a.millesime = s.millesime
        and a.indicateur_code = s.indicateur_code
    left join {{ ref('int_territoires__population') }} as p
        on a.niveau = p.niveau and a.territoire_code = p.territoire_code and a.millesime = p.millesime
),

taux as (
    select
        *,
        case
            when est_couvert then {{ taux_equipement('numerateur', 'denominateur').valeur }}
        end as valeur
    from termes
)

{%- set connus = "cast(t.n_et_renseignes as " ~ dbt.type_string() ~ ") || ' établissement(s) sur ' || cast(t.n_et_concernes as " ~ dbt.type_string() ~ ")" %}

select
    t.niveau,
    t.territoire_code,
    n.territoire_libelle,
    cast(t.millesime as {{ dbt.type_int() }}) as millesime,
    t.indicateur_code,
    i.libelle as indicateur_libelle,
    cast(t.valeur as {{ type_double() }}) as valeur,
    'pour_mille' as unite_mesure,
    cast(t.numerateur as {{ type_double() }}) as numerateur,
    cast(t.denominateur as {{ type_double() }}) as denominateur,
    cast(t.millesime_population as {{ dbt.type_int() }}) as millesime_population,
    cast(t.n_et_concernes as {{ dbt.type_int() }}) as n_et_concernes,
    cast(t.n_et_renseignes as {{ dbt.type_int() }}) as n_et_renseignes,
    t.n_et_renseignes < t.n_et_concernes as est_partiel,
    case
        when t.n_et_concernes = 0 then 'Aucun établissement concerné dans les extractions reçues : offre inconnue.'
        when t.n_et_renseignes = 0 then 'Aucune capacité connue : taux inconnu.'
        when not t.est_couvert then 'Places connues pour ' || {{ connus }} || ' seulement : taux non publié.'
        when t.denominateur is null then 'Population inconnue : taux inconnu.'
        when t.n_et_renseignes < t.n_et_concernes then 'Partiel : places connues pour ' || {{ connus }} || ' ; le taux est un minimum.'
    end as alerte,
    case
        when t.valeur is null then null
        when t.valeur < i.min_plausible or t.valeur > i.max_plausible then true
        else false
    end as est_atypique
from taux as t
left join {{ ref('int_territoires') }} as n on t.niveau = n.niveau and t.territoire_code = n.territoire_code
left join {{ ref('indicateurs') }} as i on t.indicateur_code = i.code
