{{ last_version(source('raw', 'dui__projet_elements'), ['finess_et', 'projet_element_id']) }}

select
    finess_et,
    projet_element_id,
    projet_id,
    usager_id,
    nature,
    code,
    statut,
    date_debut,
    date_fin
from dernieres
where {{ is_fact() }}
