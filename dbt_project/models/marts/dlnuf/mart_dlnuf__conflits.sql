{# One row per answer set aside beyond the tolerance of its element. An answer that its own sender replaced, a former deposit, or
   the same document heard through another channel is no disagreement between collections. #}
select
    e.unite,
    e.unite_id,
    e.perimetre,
    cast(e.millesime as {{ dbt.type_int() }}) as millesime,
    e.element_id,
    e.composante,
    e.base_temporelle,
    e.source as source_ecartee,
    e.delivery_id,
    cast(e.ligne as {{ dbt.type_int() }}) as ligne,
    e.champ,
    case when e.unite = 'ET' then e.unite_id end as finess_et,
    coalesce(f.departement_code, case when e.unite = 'DEP' then e.unite_id end) as departement_code,
    f.region_code,
    d.libelle as element_libelle,
    d.groupe,
    d.classe_donnee,
    d.ouverture,
    v.valeur as valeur_retenue,
    v.source as source_retenue,
    e.valeur as valeur_ecartee,
    v.unite_mesure,
    cast(e.ecart as {{ type_double() }}) as ecart,
    d.tolerance_type || coalesce(' ' || cast(d.tolerance_valeur as {{ dbt.type_string() }}), '') || coalesce(' ' || d.tolerance_unite, '')
        as tolerance,
    d.action_conflit,
    e.motif
from {{ ref('dlnuf_reponses_ecartees') }} as e
inner join {{ ref('dlnuf_valeurs') }} as v
    on e.unite = v.unite
    and e.unite_id = v.unite_id
    and e.perimetre = v.perimetre
    and e.millesime = v.millesime
    and e.element_id = v.element_id
    and e.composante = v.composante
    and e.base_temporelle = v.base_temporelle
left join {{ ref('elements') }} as d on e.element_id = d.element_id
left join {{ ref('mart_etablissements__fiche') }} as f on case when e.unite = 'ET' then e.unite_id end = f.finess_et
where not e.est_dans_tolerance and e.motif in ('rang_inferieur', 'atypique')
