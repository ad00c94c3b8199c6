{#- A number computed from several columns. Equal columns give equal numbers; different columns hardly ever do. It only serves
    to separate rows that certainly differ: rows with the same number are then compared column by column. -#}
{% macro columns_hash(columns) -%}{{ return(adapter.dispatch('columns_hash', 'dlnuf')(columns)) }}{%- endmacro %}

{% macro default__columns_hash(columns) -%}hash({{ columns | join(', ') }}){%- endmacro %}

{% macro spark__columns_hash(columns) -%}xxhash64({{ columns | join(', ') }}){%- endmacro %}

{% macro postgres__columns_hash(columns) -%}hashtextextended(concat_ws('|', {{ columns | join(', ') }}), 0){%- endmacro %}
