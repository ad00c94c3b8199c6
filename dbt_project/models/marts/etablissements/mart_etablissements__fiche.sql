{# Steps: the latest state of FINESS; its latest known capacities in the layer; the labels of its codes; the EPCI of its commune. #}
with capacites as (
    select
        unite_id as finess_et,
        element_id,
        valeur_nombre,
        -- The latest year; for one year, today's capacity before that of 31 December.
        row_number() over (
            partition by unite_id, element_id
            order by millesime desc, case base_temporelle when 'jour' then 0 when 'validite' then 1 when 'stock_3112' then 2 else 3 end asc, base_temporelle asc
        ) as rang
    from {{ ref('dlnuf_valeurs') }}
    where unite = 'ET'
        and perimetre = 'site'
        and element_id in ('CAP_AUT_TOT', 'CAP_INST_TOT')
        and composante = ''
        and valeur_nombre is not null
),

totaux as (
    select
        finess_et,
        max(case when element_id = 'CAP_AUT_TOT' then valeur_nombre end) as cap_autorisee_totale,
        max(case when element_id = 'CAP_INST_TOT' then valeur_nombre end) as cap_installee_totale
    from capacites
    where rang = 1
    group by finess_et
)

select
    f.finess_et,
    f.finess_ej,
    f.raison_sociale,
    f.raison_sociale_ej,
    f.siret,
    f.categorie_code,
    c.libelle as categorie_libelle,
    c.domaine,
    c.financeur,
    f.statut_juridique_code,
    s.statut_agrege,
    f.mode_tarification_code,
    f.adresse,
    f.code_postal,
    f.commune_code,
    f.commune_declaree as commune_declaree_code,
    f.commune_libelle,
    e.epci_code,
    e.epci_libelle,
    f.departement_code,
    f.departement_libelle,
    f.region_code,
    f.region_libelle,
    cast(f.longitude as {{ type_double() }}) as longitude,
    cast(f.latitude as {{ type_double() }}) as latitude,
    f.date_ouverture,
    f.date_fermeture,
    f.est_ouvert,
    c.est_esms,
    cast(k.cap_autorisee_totale as {{ type_double() }}) as cap_autorisee_totale,
    cast(k.cap_installee_totale as {{ type_double() }}) as cap_installee_totale,
    f.date_extraction
from {{ ref('int_finess__et_courant') }} as f
left join {{ ref('categories_finess') }} as c on f.categorie_code = c.code
left join {{ ref('statuts_juridiques') }} as s on f.statut_juridique_code = s.code
left join totaux as k on f.finess_et = k.finess_et
left join {{ ref('int_territoires__communes_epci') }} as e on f.commune_code = e.commune_code
