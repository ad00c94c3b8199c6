-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- The last word of dui on each row of droits_prestations.
{{ last_version(source('raw', 'dui__droits_prestations'), ['finess_et', 'droit_id']) }}

select
    finess_et,
    categorie,
    type_droit,
    nature,
    date_ouverture,
    date_echeance,
    existence_pag,
    motif_fin_pag,
    creton,
    droit_id,
    decision_id,
    usager_id,
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    cast(millesime as {{ dbt.type_int() }}) as millesime
from dernieres
