{# One row per file received. Of a source about persons, a count of too few rows is not told; neither are accepted and rejected
   rows when one of the two is of too few: the rows read would tell it by subtraction. #}
select
    l.delivery_id,
    l.source,
    l.contrat_version,
    l.forme,
    l.nom_fichier,
    l.recu_le,
    l.collecte_le,
    l.statut,
    l.motif,
    {{ if_enough_persons('l.n_lues', 's.est_personnelle') }} as n_lues,
    {{ if_enough_persons('l.n_acceptees', 's.est_personnelle', ['l.n_acceptees', 'l.n_rejetees']) }} as n_acceptees,
    {{ if_enough_persons('l.n_rejetees', 's.est_personnelle', ['l.n_acceptees', 'l.n_rejetees']) }} as n_rejetees,
    {{ if_enough_persons('l.n_signalements', 's.est_personnelle') }} as n_signalements,
    l.millesimes,
    l.colonnes_absentes
from {{ source('raw', 'livraisons') }} as l
left join {{ ref('sources') }} as s on l.source = s.source
