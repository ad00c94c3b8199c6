{{ last_version(source('raw', 'dui__bilans'), ['finess_et', 'bilan_id']) }}

select
    finess_et,
    bilan_id,
    projet_id,
    usager_id,
    date_bilan,
    date_prochain_bilan
from dernieres
where {{ is_fact() }}
