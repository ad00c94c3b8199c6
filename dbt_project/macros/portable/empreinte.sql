{#- A number drawn from several columns: the same columns give the same number; two different ones nearly never do. Only ever
    used to set apart what is surely different: what shares a number is compared column by column. -#}
{% macro empreinte(colonnes) -%}{{ return(adapter.dispatch('empreinte', 'dlnuf')(colonnes)) }}{%- endmacro %}

{% macro default__empreinte(colonnes) -%}hash({{ colonnes | join(', ') }}){%- endmacro %}

{% macro spark__empreinte(colonnes) -%}xxhash64({{ colonnes | join(', ') }}){%- endmacro %}

{% macro postgres__empreinte(colonnes) -%}hashtextextended(concat_ws('|', {{ colonnes | join(', ') }}), 0){%- endmacro %}
