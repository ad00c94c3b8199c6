{# One row per event of a diary, as a software tells it, with the event it is about. Two services, or two channels, that write one visit give it
   their own numbers: one person, one beginning, one end, and no type that says otherwise, are one event. #}
with enonces as (
    select
        {{ columns_hash(['e.finess_et', 'e.evenement_id']) }} as enonce_cle,
        e.finess_et,
        e.evenement_id,
        g.personne_id,
        case
            when g.personne_numero is null then {{ columns_hash(['e.finess_et', 'e.evenement_id']) }}
            else {{ columns_hash(['g.personne_numero', 'e.date_debut', "coalesce(e.date_fin, e.date_debut)"]) }}
        end as moment,
        e.type_evenement,
        e.date_debut,
        e.date_fin,
        e.statut,
        e.usager_present,
        e.delivery_id,
        e.ligne
    from {{ ref('stg_dui__evenements') }} as e
    left join {{ ref('int_personnes__groupes') }} as g on {{ columns_hash(["'dui'", 'e.finess_et', 'e.usager_id']) }} = g.fiche_cle
),

-- Of several types at one moment, those of whom nothing is said go with none: who is there twice is asked of nobody.
moments as (
    select moment, min(type_evenement) as premier_type, max(type_evenement) as dernier_type
    from enonces
    group by moment
)

select
    d.enonce_cle,
    {{ dbt.hash("cast(d.moment as " ~ dbt.type_string() ~ ") || '|' || case when m.premier_type = m.dernier_type or m.premier_type is null then '' else coalesce(d.type_evenement, cast(d.enonce_cle as " ~ dbt.type_string() ~ ")) end") }} as evenement_dlnuf_id,
    'dui' as source,
    d.finess_et,
    d.evenement_id,
    d.personne_id,
    d.type_evenement,
    d.date_debut,
    d.date_fin,
    d.statut,
    d.usager_present,
    d.delivery_id,
    d.ligne
from enonces as d
inner join moments as m on d.moment = m.moment
