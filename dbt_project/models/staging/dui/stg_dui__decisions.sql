{{ derniere_version(source('raw', 'dui__decisions'), ['finess_et', 'decision_id']) }}

select
    finess_et,
    decision_id,
    id_nat_decision,
    usager_id,
    date_decision,
    type_decision
from dernieres
