{# Établissements, one row per extraction: the commune in today's code, one address, coordinates in the right order. #}
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
        *,
        case
            -- CNSA: the arrondissements of Paris, Lyon and Marseille are their commune.
            when commune_declaree between '75101' and '75120' then '75056'
            when commune_declaree between '69381' and '69389' then '69123'
            when commune_declaree between '13201' and '13216' then '13055'
            -- Saint-Barthélemy and Saint-Martin left Guadeloupe's codes in 2007; FINESS still writes them.
            when commune_declaree = '97123' then '97701'
            when commune_declaree = '97127' then '97801'
            else commune_declaree
        end as commune_code
    from lignes
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
    coalesce(code_postal, case when ligne_acheminement like '_____ %' then substring(ligne_acheminement, 1, 5) end) as code_postal,
    case when ligne_acheminement like '_____ %' and substring(ligne_acheminement, 1, 1) between '0' and '9'
        then substring(ligne_acheminement, 7) else ligne_acheminement end as acheminement_libelle,
    commune_declaree,
    commune_code,
    case
        when commune_code is null then departement_du_finess
        when substring(commune_code, 1, 2) in ('97', '98') then substring(commune_code, 1, 3)
        else substring(commune_code, 1, 2)
    end as departement_code,
    -- Editions of FINESS+ exchange the two pairs (ansforge/finess, issue 24): degrees tell which one is WGS84.
    case
        when abs(coordonnee_x) <= 180 and abs(coordonnee_y) <= 90 then coordonnee_x
        when abs(direction_longitude) <= 180 and abs(direction_latitude) <= 90 then direction_longitude
    end as longitude,
    case
        when abs(coordonnee_x) <= 180 and abs(coordonnee_y) <= 90 then coordonnee_y
        when abs(direction_longitude) <= 180 and abs(direction_latitude) <= 90 then direction_latitude
    end as latitude,
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
