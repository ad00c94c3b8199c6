{{ by_unit() }}
{# One row per unit, perimeter, millésime, indicator and modality: the delivered value that the layer retained.
   Where several time bases are admitted, the source of the definition comes first, then the first base of the declaration. #}
with candidats as (
    select
        v.unite,
        v.unite_id,
        v.perimetre,
        v.millesime,
        i.code as indicateur_code,
        coalesce(i.modalite, '') as modalite,
        v.valeur_nombre as valeur,
        v.source,
        v.statut,
        v.alerte,
        row_number() over (
            partition by v.unite, v.unite_id, v.perimetre, v.millesime, i.code, i.modalite
            order by {{ source_rank('v.source', 'i.sources') }}, {{ dbt.position('v.base_temporelle', 'i.bases') }}
        ) as rang
    from {{ of_units_to_redo(ref('dlnuf_valeurs')) }} as v
    inner join {{ ref('indicateurs_esms') }} as i
        on v.element_id = i.element_id
        and v.composante = coalesce(i.composante, '')
        and {{ dbt.position('v.base_temporelle', 'i.bases') }} > 0
    where v.valeur_nombre is not null
        and (v.unite = 'ET' or (v.unite = 'EJ' and i.admet_gestionnaire))
)

select unite, unite_id, perimetre, millesime, indicateur_code, modalite, valeur, source, statut, alerte
from candidats
where rang = 1
