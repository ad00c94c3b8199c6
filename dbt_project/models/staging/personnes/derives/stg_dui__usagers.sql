-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- The last word of dui on each row of usagers.
{{ last_version(source('raw', 'dui__usagers'), ['finess_et', 'usager_id']) }}

select
    finess_et,
    ins_type,
    ins_statut,
    sexe,
    protection_juridique,
    date_deces,
    etat,
    usager_id,
    cast(annee_naissance as {{ dbt.type_int() }}) as annee_naissance,
    departement_domicile,
    cle_ins,
    cle_traits,
    cle_nom_prenom,
    cle_nir,
    cle_sans_lieu,
    cle_sans_nom,
    cle_sans_prenom,
    cle_sans_naissance,
    cle_deux_prenoms,
    cle_numero,
    qualite_numero,
    cles_nom,
    cles_nom_parties,
    cles_prenom,
    cles_deux_prenoms,
    cles_naissance,
    cles_naissance_parties,
    cles_numero,
    cles_numero_traits,
    cle_mdph,
    version_cle,
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    cast(millesime as {{ dbt.type_int() }}) as millesime
from dernieres
where {{ is_fact('etat') }}
