{{ config(materialized="view") }}
{# One row per datum of an establishment: the retained value, with what the dictionary says of its element. A view: the
   layer stands once in the warehouse. #}
select
    v.unite_id as finess_et,
    v.perimetre,
    cast(v.millesime as {{ dbt.type_int() }}) as millesime,
    v.element_id,
    d.libelle as element_libelle,
    d.groupe,
    v.composante,
    v.base_temporelle,
    v.valeur,
    cast(v.valeur_nombre as {{ type_double() }}) as valeur_nombre,
    v.unite_mesure,
    v.source,
    v.collecte,
    v.regle,
    v.statut,
    cast(v.n_reponses as {{ dbt.type_int() }}) as n_reponses,
    cast(v.n_collectes as {{ dbt.type_int() }}) as n_collectes,
    v.collecte_le,
    v.alerte,
    d.classe_donnee,
    d.ouverture
from {{ ref('dlnuf_valeurs') }} as v
left join {{ ref('elements') }} as d on v.element_id = d.element_id
where v.unite = 'ET'
