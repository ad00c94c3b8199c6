-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- The last word of consentements on each row of registre.
{{ last_version(source('raw', 'consentements__registre'), ['finess_et', 'usager_id', 'finalite', 'nature', 'date_effet']) }}

select
    finess_et,
    finalite,
    nature,
    date_effet,
    retire_le,
    usager_id,
    preuve_ref,
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    cast(millesime as {{ dbt.type_int() }}) as millesime
from dernieres
