{# One row per file received. #}
select
    delivery_id,
    source,
    contrat_version,
    forme,
    nom_fichier,
    recu_le,
    collecte_le,
    statut,
    motif,
    cast(n_lues as {{ dbt.type_int() }}) as n_lues,
    cast(n_acceptees as {{ dbt.type_int() }}) as n_acceptees,
    cast(n_rejetees as {{ dbt.type_int() }}) as n_rejetees,
    cast(n_signalements as {{ dbt.type_int() }}) as n_signalements,
    millesimes
from {{ source('raw', 'livraisons') }}
