{{ last_version(source('raw', 'dui__evenements'), ['finess_et', 'evenement_id']) }}

select
    finess_et,
    evenement_id,
    usager_id,
    sejour_id,
    type_evenement,
    date_debut,
    date_fin,
    statut,
    usager_present,
    _delivery_id as delivery_id,
    _ligne as ligne
from dernieres
-- An event that was cancelled is told as such: its status says so. One entered in error never was.
where coalesce(etat, 'FAIT') <> 'ERREUR'
