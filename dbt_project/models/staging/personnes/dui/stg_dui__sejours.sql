{{ last_version(source('raw', 'dui__sejours'), ['finess_et', 'sejour_id']) }}

select
    d.finess_et,
    d.sejour_id,
    -- A stay that names nobody is of somebody.
    coalesce(d.usager_id, '?' || d.sejour_id) as usager_id,
    d.modalite,
    d.date_admission,
    d.date_entree_previsionnelle,
    d.date_entree,
    d.date_sortie_previsionnelle,
    d.date_sortie,
    coalesce(d.mode_entree, d.mode_entree_libelle_code) as mode_entree,
    -- What its words say is finer than the six destinations that are coded.
    coalesce(nullif(d.motif_sortie_code, 'AUTRE'), m.motif, d.motif_sortie_code) as motif_sortie_code,
    d.finess_provenance,
    d._delivery_id as delivery_id,
    d._ligne as ligne,
    d._collecte_le as collecte_le,
    d._recu_le as recu_le,
    cast(d.millesime as {{ dbt.type_int() }}) as millesime
from dernieres as d
left join {{ ref('modes_sortie') }} as m on d.mode_sortie = m.code
where {{ is_fact('d.etat', plans=true) }}
