{# One row per rule that rejected or flagged something, by source, entity, field and effect. Of a source about persons, a count of
   too few rows, or deliveries (some hold one person), is not told; nor, of any source, a value that counts persons. #}
with constats as (
    select delivery_id, source, entite, champ, regle, 'rejet' as effet, ligne, valeur, remede
    from {{ source('raw', 'rejets') }}
    union all
    select delivery_id, source, entite, champ, regle, effet, ligne, valeur, remede
    from {{ source('raw', 'signalements') }}
),

comptes as (
    select
        source,
        coalesce(entite, '(fichier)') as entite,
        coalesce(nullif(champ, ''), '(ligne)') as champ,
        regle,
        effet,
        count(*) as n_lignes,
        count(distinct delivery_id) as n_livraisons,
        min(valeur) as exemple_valeur,
        min(remede) as remede
    from constats
    group by source, coalesce(entite, '(fichier)'), coalesce(nullif(champ, ''), '(ligne)'), regle, effet
)

select
    c.source,
    c.entite,
    c.champ,
    c.regle,
    c.effet,
    {{ if_enough_persons('c.n_lignes', 's.est_personnelle') }} as n_lignes,
    {{ if_enough_persons('c.n_livraisons', 's.est_personnelle') }} as n_livraisons,
    case when p.champ is null then c.exemple_valeur end as exemple_valeur,
    c.remede
from comptes as c
left join {{ ref('sources') }} as s on c.source = s.source
left join {{ ref('champs_personnes') }} as p on c.source = p.source and c.entite = p.entite and c.champ = p.champ
