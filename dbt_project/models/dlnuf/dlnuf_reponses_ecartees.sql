-- One row = one answer that was received and not retained, with the reason.
select
    {{ cle_reponse() }},
    source,
    collecte,
    valeur_nombre,
    valeur_texte,
    valeur_date,
    {{ valeur_affichee('comparees') }} as valeur,
    delivery_id,
    cast(ligne as {{ dbt.type_int() }}) as ligne,
    champ,
    collecte_le,
    case
        when not est_courante then 'remplacee'
        when alerte is not null and alerte_retenue is null then 'atypique'
        when source <> source_retenue then 'rang_inferieur'
        when coalesce(rang_depot, '') <> coalesce(rang_depot_retenu, '') then 'depot_anterieur'
        when collecte_le < collecte_le_retenu then 'plus_ancienne'
        else 'repetition'
    end as motif,
    ecart,
    est_dans_tolerance,
    alerte
from {{ ref('int_reponses_comparees') }} as comparees
