{# Steps: what establishments make, by its measure, when enough of them answered; figures from outside, alone or over another one; how far a
   region or France was received; the rank among the territories of the level that were received whole. #}
with etablissements as (
    select
        a.*,
        i.mesure,
        i.facteur,
        i.couverture,
        coalesce(d.valeur, a.denominateur) as diviseur,
        d.millesime_population as millesime_denominateur,
        p.perimetre,
        a.n_concernes > 0 and a.n_repondants >= coalesce(i.couverture, 0) * a.n_concernes as est_couvert,
        a.n_repondants < i.effectif_minimal as est_trop_peu
    from {{ ref('int_indicateurs__agregats') }} as a
    inner join {{ ref('indicateurs_territoires') }} as i on a.indicateur_code = i.code
    left join {{ ref('int_territoires__denominateurs') }} as d
        on a.niveau = d.niveau
        and a.territoire_code = d.territoire_code
        and a.millesime = d.millesime
        and i.grandeur_denominateur = d.grandeur
    left join {{ ref('int_territoires__perimetres') }} as p on a.niveau = p.niveau and a.territoire_code = p.territoire_code
),

{%- set connus = "cast(n_repondants as " ~ dbt.type_string() ~ ") || case when n_repondants < 2 then ' établissement sur ' else ' établissements sur ' end || cast(n_concernes as " ~ dbt.type_string() ~ ")" %}

mesures as (
    select
        niveau,
        territoire_code,
        millesime,
        indicateur_code,
        case
            when not est_couvert or est_trop_peu then null
            when mesure = 'mediane' then mediane
            when mesure = 'nombre' then n_concernes
            when mesure = 'somme' then numerateur
            else facteur * cast(numerateur as {{ type_double() }}) / nullif(diviseur, 0)
        end as valeur,
        case when not est_trop_peu or mesure in ('taux', 'somme') then numerateur end as numerateur,
        case when mesure = 'taux' then diviseur when not est_trop_peu then denominateur end as denominateur,
        millesime_denominateur,
        n_repondants,
        n_concernes,
        part_places_pct,
        est_couvert,
        case
            when n_concernes = 0 then 'Aucun établissement concerné dans les extractions reçues : offre inconnue.'
            when n_repondants = 0 then 'Aucune réponse connue pour ' || cast(n_concernes as {{ dbt.type_string() }}) || case when n_concernes < 2 then ' établissement : valeur inconnue.' else ' établissements : valeur inconnue.' end
            when not est_couvert then 'Réponse connue pour ' || {{ connus }} || ' seulement : valeur non publiée.'
            when est_trop_peu then 'Réponse connue pour ' || {{ connus }} || ' : trop peu pour être publiée.'
            when mesure = 'taux' and diviseur is null then 'Population inconnue : taux inconnu.'
            when mesure in ('taux', 'somme') and n_repondants < n_concernes
                then 'Partiel : places connues pour ' || {{ connus }} || ' ; la valeur est un minimum.'
        end as alerte,
        perimetre,
        date_parc as date_reference
    from etablissements
),

-- The divisor of a figure from outside is the latest known that is not later than it.
externes as (
    select
        n.niveau,
        n.territoire_code,
        n.millesime,
        i.code as indicateur_code,
        i.facteur,
        i.grandeur_denominateur,
        n.valeur as numerateur,
        d.valeur as denominateur,
        d.millesime as millesime_denominateur,
        row_number() over (
            partition by n.niveau, n.territoire_code, n.millesime, i.code order by d.millesime desc nulls last
        ) as recence
    from {{ ref('int_territoires__grandeurs') }} as n
    inner join {{ ref('indicateurs_territoires') }} as i on n.grandeur = i.grandeur and i.mesure = 'externe'
    left join {{ ref('int_territoires__grandeurs') }} as d
        on n.niveau = d.niveau
        and n.territoire_code = d.territoire_code
        and i.grandeur_denominateur = d.grandeur
        and d.millesime <= n.millesime
),

reunis as (
    select * from mesures
    union all
    select
        niveau,
        territoire_code,
        millesime,
        indicateur_code,
        case
            when grandeur_denominateur is null then numerateur
            else facteur * cast(numerateur as {{ type_double() }}) / nullif(denominateur, 0)
        end as valeur,
        case when grandeur_denominateur is not null then numerateur end as numerateur,
        denominateur,
        millesime_denominateur,
        cast(null as {{ dbt.type_int() }}) as n_repondants,
        cast(null as {{ dbt.type_int() }}) as n_concernes,
        cast(null as {{ type_double() }}) as part_places_pct,
        true as est_couvert,
        case when grandeur_denominateur is not null and denominateur is null then 'Dénominateur inconnu : valeur inconnue.' end as alerte,
        cast(null as {{ dbt.type_string() }}) as perimetre,
        cast(null as date) as date_reference
    from externes
    where recence = 1
),

classes as (
    select *, valeur is not null and perimetre is null as est_classe
    from reunis
)

select
    c.niveau,
    c.territoire_code,
    n.territoire_libelle,
    n.region_code,
    n.departement_code,
    cast(c.millesime as {{ dbt.type_int() }}) as millesime,
    c.indicateur_code,
    i.libelle as indicateur_libelle,
    cast(c.valeur as {{ type_double() }}) as valeur,
    i.unite_mesure,
    cast(c.numerateur as {{ type_double() }}) as numerateur,
    cast(c.denominateur as {{ type_double() }}) as denominateur,
    cast(c.millesime_denominateur as {{ dbt.type_int() }}) as millesime_denominateur,
    cast(c.n_repondants as {{ dbt.type_int() }}) as n_repondants,
    cast(c.n_concernes as {{ dbt.type_int() }}) as n_concernes,
    cast(c.part_places_pct as {{ type_double() }}) as part_places_pct,
    cast(i.couverture * 100 as {{ type_double() }}) as couverture_minimale_pct,
    c.est_couvert,
    c.alerte,
    c.perimetre,
    cast(case when c.est_classe then rank() over (partition by c.niveau, c.millesime, c.indicateur_code, c.est_classe order by c.valeur desc) end as {{ dbt.type_int() }}) as rang,
    cast(case when c.est_classe then count(*) over (partition by c.niveau, c.millesime, c.indicateur_code, c.est_classe) end as {{ dbt.type_int() }}) as n_rangs,
    c.date_reference,
    case
        when c.valeur is null then null
        when c.valeur < i.min_plausible or c.valeur > i.max_plausible then true
        else false
    end as est_atypique
from classes as c
inner join {{ ref('indicateurs_territoires') }} as i on c.indicateur_code = i.code
left join {{ ref('int_territoires') }} as n on c.niveau = n.niveau and c.territoire_code = n.territoire_code
