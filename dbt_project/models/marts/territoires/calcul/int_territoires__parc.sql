{# One row per millésime of the layer and establishment that is an ESMS, or of the champ of an indicator: whether it was open on the day that the
   park of that year is counted (31 December; the day of the last extraction, when it has not seen that day), where it stands, its places. #}
with fiches as (
    select
        f.finess_et, f.finess_ej, f.categorie_code, f.est_esms, f.epci_code, f.departement_code, f.region_code,
        f.date_ouverture, f.date_fermeture, f.est_ouvert, f.date_extraction, f.cap_autorisee_totale, f.cap_installee_totale
    from {{ ref('mart_etablissements__fiche') }} as f
    left join (select distinct categorie_code from {{ ref('indicateurs_champ') }}) as c on f.categorie_code = c.categorie_code
    where f.est_esms or c.categorie_code is not null
),

derniere_extraction as (
    select max(date_extraction) as jour from fiches where est_esms
),

millesimes as (
    select
        m.millesime,
        -- 31 December has not been seen yet: the park is that of the last extraction.
        {{ year_end('m.millesime') }} > d.jour as est_du_jour,
        case when {{ year_end('m.millesime') }} > d.jour then d.jour else {{ year_end('m.millesime') }} end as date_parc
    from (select distinct millesime from {{ ref('dlnuf_valeurs') }} where unite = 'ET') as m
    cross join derniere_extraction as d
),

capacites as (
    select
        unite_id as finess_et,
        millesime,
        max(case when element_id = 'CAP_AUT_TOT' then valeur_nombre end) as cap_autorisee,
        max(case when element_id = 'CAP_INST_TOT' then valeur_nombre end) as cap_installee
    from {{ ref('dlnuf_valeurs') }}
    where unite = 'ET'
        and perimetre = 'site'
        and element_id in ('CAP_AUT_TOT', 'CAP_INST_TOT')
        and composante = ''
        and base_temporelle = 'stock_3112'
    group by unite_id, millesime
)

select
    m.millesime,
    m.date_parc,
    f.finess_et,
    f.finess_ej,
    f.categorie_code,
    coalesce(f.est_esms, false) as est_esms,
    f.departement_code,
    f.region_code,
    f.epci_code,
    case when m.est_du_jour then coalesce(f.est_ouvert, false) else {{ is_open_on_3112('f', 'm.millesime') }} end as est_ouvert,
    case when m.est_du_jour then f.cap_autorisee_totale else c.cap_autorisee end as cap_autorisee,
    case when m.est_du_jour then f.cap_installee_totale else c.cap_installee end as cap_installee
from millesimes as m
cross join fiches as f
left join capacites as c on f.finess_et = c.finess_et and m.millesime = c.millesime
