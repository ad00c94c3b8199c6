{{ derniere_version(source('raw', 'consentements__registre'), ['finess_et', 'usager_id', 'finalite', 'nature', 'date_effet']) }}

select
    finess_et,
    usager_id,
    finalite,
    nature,
    date_effet,
    retire_le,
    _delivery_id as delivery_id,
    _ligne as ligne
from dernieres
