{{ by_unit() }}

-- One row = one answer that was received and not retained, with the reason.
select
    {{ question_key() }},
    source,
    collecte,
    valeur_nombre,
    valeur_texte,
    valeur_date,
    {{ shown_value('comparees') }} as valeur,
    delivery_id,
    cast(ligne as {{ dbt.type_int() }}) as ligne,
    champ,
    collecte_le,
    case
        when est_retiree then 'retiree'
        when not est_courante then 'remplacee'
        when rang_dans_source > 1 and coalesce(rang_depot, '') <> coalesce(depot_de_la_source, '') then 'depot_anterieur'
        when rang_dans_source > 1 and collecte_le < date_de_la_source then 'plus_ancienne'
        when rang_dans_source > 1 then 'repetition'
        when rang_dans_document > 1 then 'autre_canal'
        when alerte is not null and alerte_retenue is null and rang_source < rang_source_retenu then 'atypique'
        else 'rang_inferieur'
    end as motif,
    ecart,
    est_dans_tolerance,
    alerte
from {{ of_units_to_redo(ref('int_reponses_comparees')) }} as comparees
