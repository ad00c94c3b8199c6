{# What FINESS last said of each establishment. An establishment that a later extraction leaves out keeps its last state. #}
with et as (
    select
        *,
        row_number() over (partition by finess_et order by _collecte_le desc, _recu_le desc, _delivery_id desc) as rang
    from {{ ref('stg_finess__et') }}
),

ej as (
    select
        *,
        row_number() over (partition by finess_ej order by _collecte_le desc, _recu_le desc, _delivery_id desc) as rang
    from {{ ref('stg_finess__ej') }}
)

select
    et.finess_et,
    et.finess_ej,
    et.raison_sociale,
    ej.raison_sociale as raison_sociale_ej,
    et.siret,
    ej.siren,
    et.categorie_code,
    ej.statut_juridique_code,
    et.mode_tarification_code,
    et.et_type_code,
    et.finess_et_principal,
    et.adresse,
    et.code_postal,
    et.commune_declaree,
    et.commune_code,
    coalesce(c.commune_libelle, et.acheminement_libelle) as commune_libelle,
    et.departement_code,
    d.departement_libelle,
    d.region_code,
    d.region_libelle,
    et.longitude,
    et.latitude,
    et.telephone,
    et.courriel,
    et.date_ouverture,
    et.date_autorisation,
    et.date_fermeture,
    et.fermeture_type_code,
    et.est_ouvert,
    et._collecte_le as date_extraction,
    'finess' as source,
    et._delivery_id as delivery_id
from et
left join ej on et.finess_ej = ej.finess_ej and ej.rang = 1
left join {{ ref('stg_insee__territoires') }} as c on et.commune_code = c.commune_code
left join {{ ref('stg_insee__departements') }} as d on et.departement_code = d.departement_code
where et.rang = 1
