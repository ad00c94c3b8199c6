{{ derniere_version(source('raw', 'dui__sejours'), ['finess_et', 'sejour_id']) }}

select
    finess_et,
    sejour_id,
    -- A stay that names nobody is of somebody.
    coalesce(usager_id, '?' || sejour_id) as usager_id,
    modalite,
    date_admission,
    date_entree_previsionnelle,
    date_entree,
    date_sortie_previsionnelle,
    date_sortie,
    coalesce(mode_entree, mode_entree_libelle_code) as mode_entree,
    motif_sortie_code,
    finess_provenance,
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    cast(millesime as {{ dbt.type_int() }}) as millesime
from dernieres
where {{ is_fact(plans=true) }}
