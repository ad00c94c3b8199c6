{{ derniere_version(source('raw', 'dui__droits_prestations'), ['finess_et', 'droit_id']) }}

select
    finess_et,
    droit_id,
    decision_id,
    usager_id,
    categorie,
    type_droit,
    date_ouverture,
    date_echeance
from dernieres
