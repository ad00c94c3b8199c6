{{ last_version(source('raw', 'dui__projets'), ['finess_et', 'projet_id']) }}

select
    finess_et,
    projet_id,
    usager_id,
    statut,
    date_debut,
    date_fin
from dernieres
where {{ is_fact() }}
