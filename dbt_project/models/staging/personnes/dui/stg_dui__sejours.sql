{{ last_version(source('raw', 'dui__sejours'), ['finess_et', 'sejour_id']) }}

select
    d.finess_et,
    d.sejour_id,
    -- A stay that names nobody is of somebody.
    coalesce(d.usager_id, '?' || d.sejour_id) as usager_id,
    modalite,
    date_admission,
    date_entree_previsionnelle,
    date_entree,
    date_sortie_previsionnelle,
    date_sortie,
    coalesce(mode_entree, mode_entree_libelle_code) as mode_entree,
    -- What its words say is finer than the six destinations that are coded.
    coalesce(nullif(d.motif_sortie_code, 'AUTRE'), m.motif, d.motif_sortie_code) as motif_sortie_code,
    finess_provenance,
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    cast(millesime as {{ dbt.type_int() }}) as millesime
from dernieres as d
left join {{ ref('modes_sortie') }} as m on d.mode_sortie = m.code
where {{ is_fact('d.etat', plans=true) }}
