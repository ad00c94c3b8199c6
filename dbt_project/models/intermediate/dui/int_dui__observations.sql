{# The answers of the DUI to the dictionary. #}
select
    cast(null as {{ dbt.type_string() }}) as unite,
    cast(null as {{ dbt.type_string() }}) as unite_id,
    cast(null as {{ dbt.type_string() }}) as perimetre,
    cast(null as {{ dbt.type_int() }}) as millesime,
    cast(null as {{ dbt.type_string() }}) as element_id,
    cast(null as {{ dbt.type_string() }}) as composante,
    cast(null as {{ dbt.type_string() }}) as base_temporelle,
    cast(null as {{ dbt.type_string() }}) as source,
    cast(null as {{ dbt.type_string() }}) as collecte,
    cast(null as {{ dbt.type_string() }}) as entite,
    cast(null as {{ dbt.type_string() }}) as champ,
    cast(null as {{ dbt.type_string() }}) as delivery_id,
    cast(null as {{ dbt.type_bigint() }}) as ligne,
    cast(null as date) as collecte_le,
    cast(null as timestamp) as recu_le,
    cast(null as {{ dbt.type_string() }}) as rang_depot,
    cast(null as boolean) as est_courante,
    cast(null as {{ type_double() }}) as valeur_nombre,
    cast(null as {{ dbt.type_string() }}) as valeur_texte,
    cast(null as date) as valeur_date,
    cast(null as {{ dbt.type_string() }}) as unite_mesure
where false
