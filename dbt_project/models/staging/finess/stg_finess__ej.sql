{# Entités juridiques, one row per extraction, whatever the file family. #}
select
    finess_ej,
    coalesce(raison_sociale_longue, raison_sociale) as raison_sociale,
    siren,
    statut_juridique_code,
    date_creation,
    date_fermeture,
    not coalesce(etat_code = 'I' or date_fermeture <= _collecte_le, false) as est_ouverte,
    millesime,
    _delivery_id,
    _ligne,
    _collecte_le,
    _recu_le,
    _est_courante
from {{ source('raw', 'finess__ej') }}
