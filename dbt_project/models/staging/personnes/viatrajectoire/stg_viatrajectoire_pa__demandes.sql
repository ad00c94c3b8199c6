{# One row per request for admission (a file and an establishment), its status in the words common to both ViaTrajectoire. #}
{{ last_version(source('raw', 'viatrajectoire_pa__demandes'), ['finess_et', 'dossier_id']) }}

select
    d.finess_et,
    d.dossier_id,
    d.papier as est_papier,
    d.sexe,
    cast(d.annee_naissance as {{ dbt.type_int() }}) as annee_naissance,
    d.departement_domicile,
    case when d.gir between 1 and 6 then cast(d.gir as {{ dbt.type_int() }}) end as gir,
    d.modalite,
    d.date_demande,
    s.statut,
    d.date_statut,
    case when s.statut = 'refus' then d.motif_refus end as motif_refus,
    {{ past_day('d.date_admission', 'd._collecte_le') }} as date_admission,
    -- The date of the status says the entry, or the exit, that the file does not date.
    {{ past_day("coalesce(d.date_entree, case when s.statut = 'entre' then d.date_statut end)", 'd._collecte_le') }} as date_entree,
    {{ past_day("coalesce(d.date_sortie, case when s.statut = 'sorti' then d.date_statut end)", 'd._collecte_le') }} as date_sortie,
    d.cle_traits,
    d.cle_nom_prenom,
    d.cle_sans_lieu,
    d.cle_sans_nom,
    d.cle_sans_prenom,
    d.cle_sans_naissance,
    d.cle_deux_prenoms,
    d.cles_nom,
    d.cles_nom_parties,
    d.cles_prenom,
    d.cles_deux_prenoms,
    d.cles_naissance,
    d.cles_naissance_parties,
    d._delivery_id as delivery_id,
    d._ligne as ligne,
    d._collecte_le as collecte_le,
    d._recu_le as recu_le,
    cast(d.millesime as {{ dbt.type_int() }}) as millesime
from dernieres as d
left join {{ ref('statuts_viatrajectoire') }} as s on d.statut = s.code
