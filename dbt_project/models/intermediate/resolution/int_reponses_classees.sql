{{ config(materialized="table") }}

-- Every answer, ranked among the answers to the same question; the first current one is retained.
-- When a later delivery took an answer back without giving another, nothing is retained: unknown stays unknown.
-- A current answer comes before one that a later delivery replaced; a plausible one before one that validation flagged;
-- then the order of sources of the dictionary; then the latest deposit, document, delivery.
with observations as (
    select
        o.*,
        coalesce(p.rang, 900) as rang_source,
        e.tolerance_type,
        coalesce(e.tolerance_valeur, 0) as tolerance_valeur
    from {{ ref('int_observations') }} as o
    left join {{ ref('precedence') }} as p on o.element_id = p.element_id and o.source = p.source
    left join {{ ref('elements') }} as e on o.element_id = e.element_id
),

classees as (
    select
        observations.*,
        row_number() over (
            partition by {{ cle_reponse() }}
            order by
                case when est_courante then 0 else 1 end,
                case when alerte is null then 0 else 1 end,
                rang_source,
                source,
                case when rang_depot is null then 1 else 0 end,
                rang_depot desc,
                collecte_le desc,
                recu_le desc,
                delivery_id,
                ligne,
                champ,
                valeur_nombre,
                valeur_texte,
                valeur_date
        ) as rang
    from observations
)

select
    classees.*,
    (rang = 1 and est_courante) as est_retenue
from classees
