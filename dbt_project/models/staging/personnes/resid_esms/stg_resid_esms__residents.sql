{# One row per stay that RESID-ESMS tells. A stay is in the file of every month that it lasts; its last row is in force. The contract
   knows it by its person (pseudonym), entry and modality; a person without pseudonym is known by the line alone. #}
{%- set residents -%}
(
        select *, coalesce(cle_nom_prenom, _delivery_id || '-' || cast(_ligne as {{ dbt.type_string() }})) as personne
        from {{ source('raw', 'resid_esms__residents') }}
    )
{%- endset -%}
{{ last_version(residents, ['finess_et', 'personne', 'date_entree', 'modalite']) }}

select
    finess_et,
    {{ dbt.hash("finess_et || '|' || personne || '|' || cast(date_entree as " ~ dbt.type_string() ~ ") || '|' || modalite") }} as fiche_id,
    mois,
    sexe,
    cast(annee_naissance as {{ dbt.type_int() }}) as annee_naissance,
    departement_domicile,
    case when gir between 1 and 6 then cast(gir as {{ dbt.type_int() }}) end as gir,
    decision_cdaph,
    date_decision_cdaph,
    modalite,
    date_entree,
    {{ past_day('date_sortie', '_collecte_le') }} as date_sortie,
    mode_entree,
    motif_sortie,
    cle_traits,
    cle_nom_prenom,
    cle_nir,
    cle_sans_lieu,
    cle_sans_nom,
    cle_sans_prenom,
    cle_sans_naissance,
    cle_deux_prenoms,
    cle_numero,
    qualite_numero,
    cles_nom,
    cles_nom_parties,
    cles_prenom,
    cles_deux_prenoms,
    cles_naissance,
    cles_naissance_parties,
    cles_numero,
    cles_numero_traits,
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    cast(millesime as {{ dbt.type_int() }}) as millesime
from dernieres
