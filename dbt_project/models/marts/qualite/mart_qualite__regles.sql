{# One row per rule that rejected or flagged something, by source, entity, field and effect. #}
with constats as (
    select delivery_id, source, entite, champ, regle, 'rejet' as effet, ligne, valeur, remede
    from {{ source('raw', 'rejets') }}
    union all
    select delivery_id, source, entite, champ, regle, effet, ligne, valeur, remede
    from {{ source('raw', 'signalements') }}
)

select
    source,
    coalesce(entite, '(fichier)') as entite,
    coalesce(nullif(champ, ''), '(ligne)') as champ,
    regle,
    effet,
    cast(count(*) as {{ dbt.type_int() }}) as n_lignes,
    cast(count(distinct delivery_id) as {{ dbt.type_int() }}) as n_livraisons,
    min(valeur) as exemple_valeur,
    min(remede) as remede
from constats
group by source, coalesce(entite, '(fichier)'), coalesce(nullif(champ, ''), '(ligne)'), regle, effet
