-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- The last word of dui on each row of decisions.
{{ last_version(source('raw', 'dui__decisions'), ['finess_et', 'decision_id']) }}

select
    finess_et,
    date_decision,
    type_decision,
    decision_id,
    id_nat_decision,
    usager_id,
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    cast(millesime as {{ dbt.type_int() }}) as millesime
from dernieres
