{# Établissements, one row per extraction: the commune in today's code, one address. #}
with lignes as (
    select
        et.*,
        d.departement_code as departement_du_finess,
        -- XML and CSV give the last three characters of the commune, and a département that overseas is FINESS's own:
        -- 9A + 101 is 97101. 2A and 2B are the same in both.
        coalesce(et.commune_cog, substring(d.departement_code, 1, 2) || et.commune_finess) as commune_declaree
    from {{ source('raw', 'finess__et') }} as et
    left join {{ ref('departements_finess') }} as d on et.departement_finess = d.code
),

communes as (
    select
        lignes.*,
        -- Merged communes, arrondissements of Paris, Lyon and Marseille (CNSA: they are their commune), Saint-Martin.
        coalesce(a.code_actuel, lignes.commune_declaree) as commune_code
    from lignes
    left join {{ ref('communes_actuelles') }} as a on lignes.commune_declaree = a.code
)

select
    finess_et,
    finess_ej,
    coalesce(raison_sociale_longue, raison_sociale) as raison_sociale,
    siret,
    categorie_code,
    mode_tarification_code,
    et_type_code,
    finess_et_principal,
    coalesce(
        ligne_quatre,
        nullif(trim(concat_ws(' ', voie_numero, voie_complement, voie_type, voie_libelle)), '')
    ) as adresse,
    coalesce(code_postal, case when {{ begins_with_postal_code('ligne_acheminement') }} then substring(ligne_acheminement, 1, 5) end) as code_postal,
    case when {{ begins_with_postal_code('ligne_acheminement') }} then substring(ligne_acheminement, 7) else ligne_acheminement end as acheminement_libelle,
    commune_declaree,
    commune_code,
    case
        when commune_code is null then departement_du_finess
        when substring(commune_code, 1, 2) in ('97', '98') then substring(commune_code, 1, 3)
        else substring(commune_code, 1, 2)
    end as departement_code,
    -- The gate in put the pairs that FINESS+ exchanges in their places: these are degrees.
    coordonnee_x as longitude,
    coordonnee_y as latitude,
    telephone,
    courriel,
    date_ouverture,
    date_autorisation,
    date_fermeture,
    fermeture_type_code,
    not coalesce(etat_code = 'I', false)
    and not coalesce(date_fermeture <= _collecte_le, false)
    and not coalesce(est_caduc, false) as est_ouvert,
    millesime,
    _delivery_id,
    _ligne,
    _collecte_le,
    _recu_le,
    _est_courante
from communes
