{# One row per territory, year and figure from outside that a source about territories gives (dictionary/externes.csv): none does yet. #}
select
    cast(null as {{ dbt.type_string() }}) as niveau,
    cast(null as {{ dbt.type_string() }}) as territoire_code,
    cast(null as {{ dbt.type_int() }}) as millesime,
    cast(null as {{ dbt.type_string() }}) as externe_code,
    cast(null as {{ type_double() }}) as valeur,
    cast(null as {{ dbt.type_string() }}) as source
where false
